//! A poll as `redis-cli --csv` prints it: one line, its nesting lost.
//!
//! ```text
//! line  = entry *( "," entry )
//! entry = id "," seconds "," us 1*( "," repr ) [ "," argc ]       repr as in MONITOR, not as in RFC 4180
//! ```
//!
//! Only those numbers stand without quotes, so three of them in a row start an entry, and of four the first
//! is the argc of the entry before. Which strings are arguments is told by the whole line: where every
//! entry ends with an address and a name, these are the client's (Redis 4.0 and later).

use super::arities::Arities;
use super::entry::{
    Address, Decoded, Fields, address, complexity, decoded, is_name, seconds_in, span, whole, whole_in,
};
use super::fast::{Marks, number};
use crate::event::{Args, Span, Text};
use crate::format::lexical::repr;
use crate::intern::same;

/// Digits of a time at most.
const TIME: usize = 12;

/// Addresses in a poll, one an entry, from which it has clients though the first poll had none: the logs of
/// two servers in one file. Fewer may be arguments.
const LIKE_CLIENTS: usize = 3;

/// Which strings of an entry are not arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// None.
    Four,
    /// The last two: address and name.
    Six,
    /// The first: Redis Software's sizes.
    Sized,
}

/// An entry before it is known which of its strings are what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Where it starts in the line, and where what follows it does.
    pub(super) bytes: std::ops::Range<usize>,
    id: u64,
    time: i64,
    us: u64,
    strings: std::ops::Range<usize>,
    argc: Option<u64>,
}

/// A line, as far as it can be read.
#[derive(Debug, Default)]
pub(super) struct Line {
    spans: Vec<Span>,
    pub(super) entries: Vec<Entry>,
    /// Where reading stopped; the line's length if it did not.
    pub(super) end: usize,
    arities: Arities,
    /// Where the numbers of the entry end that starts at `end`, if they were read.
    ahead: Option<[usize; 3]>,
}

/// Whether a line starts like a poll.
pub(super) fn is_start(line: &[u8]) -> bool {
    let marked = |end: usize| line.get(end) == Some(&b',');
    let next = |end: usize| if marked(end) { number(line, end + 1) } else { None };
    number(line, 0)
        .and_then(next)
        .and_then(next)
        .is_some_and(|end| marked(end) && line.get(end + 1) == Some(&b'"'))
}

/// Where the numbers in front of an entry's strings end.
#[inline]
fn numbers(line: &[u8], from: usize) -> Option<[usize; 3]> {
    let next = |end: usize| if line.get(end) == Some(&b',') { number(line, end + 1) } else { None };
    let id = number(line, from)?;
    let time = next(id).filter(|time| time - id <= TIME + 1)?;
    Some([id, time, next(time)?])
}

/// The client of an entry; that of the next one is mostly the same.
struct Client<'a> {
    address: &'a [u8],
    name: &'a [u8],
    is: Address,
}

impl Default for Client<'_> {
    fn default() -> Self {
        Client { address: b"", name: b"", is: Address::Empty }
    }
}

impl<'a> Client<'a> {
    /// What these strings are: no address where the second is no name.
    fn tell(&mut self, text: &'a [u8], name: Text<'a>) {
        if !same(text, self.address) || !same(name.raw, self.name) {
            // A line end is printable as long as it is escaped.
            let is = if is_name(name.bytes(&mut Vec::new())) { address(text) } else { Address::No };
            *self = Client { address: text, name: name.raw, is };
        }
    }
}

impl Line {
    /// Reads a line without its end; `ended` says whether it had one.
    pub(super) fn read(&mut self, line: &[u8], ended: bool) {
        self.spans.clear();
        self.entries.clear();
        self.end = 0;
        self.ahead = None;
        let mut marks = Marks::of(line);
        while let Some(entry) = self.entry(line, self.end, ended, &mut marks) {
            self.end = entry.bytes.end;
            self.entries.push(entry);
            if self.end == line.len() {
                break;
            }
        }
    }

    /// The entry at `from`.
    fn entry(&mut self, line: &[u8], from: usize, ended: bool, marks: &mut Marks<'_>) -> Option<Entry> {
        let first = self.spans.len();
        let [id, time, us] = self.ahead.take().or_else(|| numbers(line, from))?;
        let (number_of, micros) = (whole_in(line, from, id)?, seconds_in(line, id + 1, time)?);
        let mut at = us;
        while line.get(at) == Some(&b',') && line.get(at + 1) == Some(&b'"') {
            let Some(end) = self.string(line, at + 2, marks) else { break };
            at = end + 1;
        }
        // Of more numbers than five none is the next entry's.
        let mut after = [at; 6];
        let mut run = 0;
        while let Some([before, next]) = after.get_mut(run..run + 2).and_then(|pair| pair.first_chunk_mut())
            && let Some(end) = line.get(*before).filter(|byte| **byte == b',').and(number(line, *before + 1))
        {
            *next = end;
            run += 1;
        }
        let rest = line.get(after.get(run).copied()?..)?;
        let counted = self.entries.last().is_some_and(|before| before.argc.is_some());
        let argc = match (run, rest.first()) {
            (0, None) | (3, Some(b',')) => None,
            (4, Some(b',')) => Some(line.get(at + 1..after[1])?),
            (1, None) if ended || counted => Some(line.get(at + 1..after[1])?),
            // The line is cut within the next entry's numbers.
            (1..4, None) if !ended => None,
            (1..3, Some(b',')) if !ended && rest.len() == 1 => None,
            _ => Some(&b"0"[..]),
        };
        let argc = argc.map(|argc| whole(argc).unwrap_or(0));
        if argc == Some(0) || self.spans.len() == first {
            self.spans.truncate(first);
            return None;
        }
        let (end, next) = if argc.is_some() { (after[1], 1) } else { (at, 0) };
        if let Some([id, time, us]) = after.get(next + 1..).and_then(|ends| ends.first_chunk().copied())
            && run == next + 3
            && time - id <= TIME + 1
        {
            self.ahead = Some([id, time, us]);
        }
        let end = end + usize::from(line.get(end) == Some(&b','));
        Some(Entry {
            bytes: from..end,
            id: number_of,
            time: micros,
            us: whole_in(line, time + 1, us)?,
            strings: first..self.spans.len(),
            argc,
        })
    }

    /// Adds the string whose first byte is at `start`; gives where it ends.
    #[inline]
    fn string(&mut self, line: &[u8], start: usize, marks: &mut Marks<'_>) -> Option<usize> {
        if let Some(end) = marks.string(start) {
            let (from, len) = (u32::try_from(start).ok()?, u32::try_from(end - start).ok()?);
            self.spans.push(Span { start: from, len, escapes: 0 });
            return Some(end);
        }
        let (_, body) = repr(line.get(start - 1..)?).ok()?;
        self.spans.push(span(start, body)?);
        Some(start + body.raw.len())
    }

    /// Which shape the entries have; `hint` where they fit two. Of a line that is not `whole` the last
    /// entry says nothing, unless it is alone.
    pub(super) fn shape(&self, line: &[u8], hint: Option<Shape>, whole: bool) -> Shape {
        let entries = match self.entries.split_last() {
            Some((_, before)) if !whole && !before.is_empty() => before,
            _ => self.entries.as_slice(),
        };
        let sized = |entry: &Entry| {
            let first = self.strings(line, entry).get(0);
            first.is_some_and(|first| first.escapes == 0 && complexity(first.raw).is_some())
        };
        if !entries.is_empty() && entries.iter().all(sized) {
            return Shape::Sized;
        }
        let mut sockets = 0;
        let mut before = Client::default();
        let six = entries.iter().all(|entry| {
            let client = self.client(line, entry, &mut before);
            sockets += usize::from(client == Address::Socket);
            client != Address::No
        });
        let least = if hint == Some(Shape::Four) { LIKE_CLIENTS } else { 0 };
        if six && sockets >= least { Shape::Six } else { Shape::Four }
    }

    fn strings<'a>(&'a self, line: &'a [u8], entry: &Entry) -> Args<'a> {
        Args::new(line, self.spans.get(entry.strings.clone()).unwrap_or_default())
    }

    /// What the last string but one is, if the last one can be a name and the others a call.
    fn client<'a>(&'a self, line: &'a [u8], entry: &Entry, before: &mut Client<'a>) -> Address {
        let strings = self.strings(line, entry);
        let Some(count) = strings.len().checked_sub(2).filter(|count| *count > 0) else { return Address::No };
        let (Some(address), Some(name)) = (strings.get(count), strings.get(count + 1)) else {
            return Address::No;
        };
        before.tell(address.raw, name);
        // Whether the strings in front can be a call of the command they name.
        let suffices = || self.arities.least(&strings.first(count)).is_none_or(|least| least <= count);
        if before.is != Address::No && suffices() { before.is } else { Address::No }
    }

    /// Whether the last entry of a line that is not whole lacks what the others have.
    pub(super) fn is_short(&self, line: &[u8], shape: Shape) -> bool {
        let Some((last, before)) = self.entries.split_last() else { return false };
        let counted = before.last().is_some_and(|before| before.argc.is_some());
        let client = || self.client(line, last, &mut Client::default());
        (shape == Shape::Six && client() == Address::No)
            || (shape == Shape::Sized && last.strings.len() < 2)
            || (counted && last.argc.is_none())
    }

    /// What an entry of this shape holds.
    #[inline(always)]
    pub(super) fn fields<'a>(
        &'a self,
        line: &'a [u8],
        entry: &Entry,
        shape: Shape,
        buffers: &'a mut Decoded,
    ) -> (Fields<'a>, Args<'a>) {
        let spans = self.spans.get(entry.strings.clone()).unwrap_or_default();
        let text = |at: Option<usize>| Args::new(line, spans).get(at?);
        let (from, to) = match shape {
            Shape::Four => (0, spans.len()),
            Shape::Six => (0, spans.len().saturating_sub(2)),
            Shape::Sized => (1, spans.len()),
        };
        let behind = |n: usize| (shape == Shape::Six).then_some(to + n);
        let Decoded { client, name, complexity: sizes } = buffers;
        let fields = Fields {
            id: Some(entry.id),
            time: entry.time,
            us: entry.us,
            argc: entry.argc,
            client: text(behind(0)).map(|text| decoded(text.raw, text.escapes as usize, client)),
            name: text(behind(1)).map(|text| decoded(text.raw, text.escapes as usize, name)),
            complexity: text((shape == Shape::Sized).then_some(0))
                .map(|text| complexity(decoded(text.raw, text.escapes as usize, sizes)).unwrap_or_default()),
        };
        (fields, Args::new(line, spans.get(from..to).unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each entry as its id, arguments and the rest.
    fn read(text: &str) -> (Vec<String>, usize) {
        let mut line = Line::default();
        line.read(text.as_bytes(), true);
        let shape = line.shape(text.as_bytes(), None, true);
        let entries = line.entries.iter().map(|entry| {
            let mut buffers = Decoded::default();
            let (fields, args) = line.fields(text.as_bytes(), entry, shape, &mut buffers);
            let args: Vec<_> = args.iter().map(|arg| arg.raw.escape_ascii().to_string()).collect();
            let shown =
                |bytes: Option<&[u8]>| bytes.map_or("-".into(), |bytes| bytes.escape_ascii().to_string());
            format!(
                "{} {} {:?} {} {} {}",
                entry.id,
                args.join("|"),
                fields.argc,
                shown(fields.client),
                shown(fields.name),
                shown(fields.complexity)
            )
        });
        (entries.collect(), text.len() - line.end)
    }

    #[test]
    fn entries_are_told_apart() {
        for (text, entries, unread) in [
            (
                r#"8,17,5,"SET","k","a,1,2,3","1.1.1.1:5","app",7,17,1,"get","x","","""#,
                &["8 SET|k|a,1,2,3 None 1.1.1.1:5 app -", "7 get|x None   -"][..],
                0,
            ),
            (r#"8,17,5,"SET","k","",7,17,1,"get","x""#, &["8 SET|k| None - - -", "7 get|x None - - -"], 0),
            // Fields of a hash that look like names, but keys that are no addresses.
            (r#"8,17,5,"HGET","user:1","name""#, &["8 HGET|user:1|name None - - -"], 0),
            (r#"8,17,5,"LSET","l","","x""#, &["8 LSET|l||x None - - -"], 0),
            (
                r#"8,17,5,"DEL","33","127.0.0.1:1","",2,7,17,1,"get","x","127.0.0.1:1","a",2"#,
                &["8 DEL|33 Some(2) 127.0.0.1:1  -", "7 get|x Some(2) 127.0.0.1:1 a -"],
                0,
            ),
            (
                r#"8,17,5,"Complexity info: N:1","KEYS","*",3,17,1,"","GET","x""#,
                &["8 KEYS|* None - - N:1", "3 GET|x None - - "],
                0,
            ),
            (r#"8,17,5,"GET","x",7,17,1,"get","#, &["8 GET|x None - - -"], 13),
            (r#"8,17,5"#, &[], 6),
            (r#"8,17,5,"GET",7,6"#, &[], 16),
        ] {
            let (found, left) = read(text);
            assert_eq!(
                (found.as_slice(), left),
                (&entries.iter().map(|e| e.to_string()).collect::<Vec<_>>()[..], unread),
                "{text}"
            );
        }
    }

    #[test]
    fn what_fits_two_shapes_is_as_the_first_poll() {
        let client = r#"8,17,5,"GET","k","1.1.1.1:5","app""#;
        for (entries, hint, shape) in [
            (1, None, Shape::Six),
            (1, Some(Shape::Six), Shape::Six),
            (1, Some(Shape::Four), Shape::Four),
            (2, Some(Shape::Four), Shape::Four),
            (3, Some(Shape::Four), Shape::Six),
        ] {
            let text = vec![client; entries].join(",");
            let mut line = Line::default();
            line.read(text.as_bytes(), true);
            assert_eq!(line.shape(text.as_bytes(), hint, true), shape, "{entries} {hint:?}");
        }
    }

    #[test]
    fn lines_that_are_cut_keep_their_whole_entries() {
        for (text, entries, unread) in [
            (r#"8,17,5,"A","b","1.1.1.1:5","app",7"#, 1, 1),
            (r#"8,17,5,"A","b","1.1.1.1:5","app",7,17"#, 1, 4),
            (r#"8,17,5,"A","b","1.1.1.1:5","app",7,17,1"#, 1, 6),
            (r#"8,17,5,"A","b","1.1.1.1:5","app",7,17,1,"B","#, 1, 11),
            (r#"8,17,5,"A","b","1.1.1.1:5","app",7,17,1,"B""#, 2, 0),
            (r#"8,17,5,"A","1.1.1.1:5","app",1,7,17,1,"B","1.1.1.1:5","app",1"#, 2, 0),
        ] {
            let mut line = Line::default();
            line.read(text.as_bytes(), false);
            assert_eq!((line.entries.len(), text.len() - line.end), (entries, unread), "{text}");
        }
        let text = br#"8,17,5,"A","b","1.1.1.1:5","app",7,17,1,"B""#;
        let mut line = Line::default();
        line.read(text, false);
        let shape = line.shape(text, None, false);
        assert_eq!((shape, line.is_short(text, shape)), (Shape::Six, true));
    }

    #[test]
    fn starts_of_polls_are_told() {
        for (line, starts) in [
            (&b"8,1795173291,75,\"EVAL\""[..], true),
            (b"8,1795173291,75", false),
            (b"a,0001,1605631822,30,GET", false),
            (b"", false),
        ] {
            assert_eq!(is_start(line), starts);
        }
    }
}
