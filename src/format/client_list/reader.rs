//! The lines of one block, each to the sink.

use memchr::{memchr, memchr2};

use super::dict;
use super::field::Finder;
use super::fields::Fields;
use super::quoted::{Strings, is_answer};
use super::row::{self, Flaw, Pair};
use super::separator::{prefix_time, separator};
use crate::error::Reject;
use crate::event::{Again, ClientRow, Place, Sink, Skipped, SnapshotStart};
use crate::format::monitor::noise::is_noise;
use crate::format::monitor::wrap;

/// What a line was found to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Form {
    Plain,
    /// Carriage returns or control sequences: a terminal's recording.
    Terminal,
    /// Something stands in front of the row.
    Prefixed,
    /// One quoted string for all rows.
    Quoted,
    /// Dicts.
    Python,
    Docker,
    /// The length of a raw answer.
    Length,
    /// No row: it parts snapshots.
    Separator,
    Noise,
    /// No row, though it looks like one.
    Rejected,
    Truncated,
}

/// Where a line or a part of one starts, and its bytes.
#[derive(Clone, Copy)]
struct At {
    place: Place,
    bytes: u64,
}

impl At {
    /// The first `bytes` of it, and what is left.
    fn split(self, bytes: u64) -> (At, At) {
        let bytes = bytes.min(self.bytes);
        let place = Place { offset: self.place.offset + bytes, ..self.place };
        (At { bytes, ..self }, At { place, bytes: self.bytes - bytes })
    }
}

pub(super) struct Reader {
    start: u64,
    buffer: Vec<u8>,
    finder: Finder,
}

impl Reader {
    /// Reads a block that starts `start` bytes into its input.
    pub(super) fn new(start: u64) -> Self {
        Reader { start, buffer: Vec::new(), finder: Finder::default() }
    }

    /// Gives how many lines it has, a last one without a line end included.
    pub(super) fn read(&mut self, block: &[u8], sink: &mut dyn Sink) -> u64 {
        self.lines(block, sink, &mut |_| true)
    }

    /// Reads lines and tells the form of each, until `go_on` says no; gives how many were read.
    pub(super) fn lines(
        &mut self,
        block: &[u8],
        sink: &mut dyn Sink,
        go_on: &mut dyn FnMut(Form) -> bool,
    ) -> u64 {
        let mut fields = Fields::default();
        let mut rest = block;
        let mut place = Place { offset: self.start, line: 0 };
        while !rest.is_empty() {
            let (whole, lines, ended) = record(rest);
            let at = At { place, bytes: whole.len() as u64 };
            let text = whole.strip_suffix(b"\n").unwrap_or(whole);
            let form = if lines > 1 || (!ended && dict::start(text).is_some()) {
                self.dicts(text, at, ended, sink)
            } else if ended {
                self.line(text, at, sink, &mut fields)
            } else {
                self.unended(text, at, sink)
            };
            place.offset += at.bytes;
            place.line += lines;
            rest = rest.get(whole.len()..).unwrap_or_default();
            if !go_on(form) {
                break;
            }
        }
        place.line
    }

    fn line<'b>(&mut self, line: &'b [u8], at: At, sink: &mut dyn Sink, fields: &mut Fields<'b>) -> Form {
        let shown = wrap::trim_end(line);
        if memchr2(0x1b, b'\r', shown).is_some() {
            let mut plain = self.buffer();
            wrap::terminal(shown, &mut plain);
            let form = self.content(&plain, at, sink, Form::Terminal, &mut Fields::default());
            self.buffer = plain;
            return form;
        }
        let form = if shown.len() < line.len() { Form::Terminal } else { Form::Plain };
        if shown.first() == Some(&b'{') {
            let mut log = self.buffer();
            let read = wrap::docker(shown, &mut log).is_some();
            let form = read.then(|| self.content(&log, at, sink, Form::Docker, &mut Fields::default()));
            self.buffer = log;
            if let Some(form) = form {
                return form;
            }
        }
        self.content(shown, at, sink, form, fields)
    }

    /// An empty buffer; whoever takes it puts it back, so that lines share its memory.
    fn buffer(&mut self) -> Vec<u8> {
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.clear();
        buffer
    }

    fn content<'t>(
        &mut self,
        text: &'t [u8],
        at: At,
        sink: &mut dyn Sink,
        form: Form,
        fields: &mut Fields<'t>,
    ) -> Form {
        let Some(start) = row::anchor(text) else {
            if dict::start(text).is_some() {
                return self.dicts(text, at, true, sink);
            }
            return other(text, at, sink);
        };
        let (prefix, row) = text.split_at(start);
        if prefix.last() == Some(&b'"') {
            return self.quoted(prefix, row, at, true, sink);
        }
        if let Err(flaw) = fields.read(row, at.place.offset, &mut self.finder) {
            return reject(text, flaw.reason(), at, sink);
        }
        let (again, fields) = (fields.again(), fields.pairs());
        if at.place.offset == 0 && is_cut(prefix, fields) {
            return truncated(at, sink);
        }
        let time = prefix_time(prefix);
        if prefix.ends_with(b"txt:") {
            sink.snapshot(&SnapshotStart { place: at.place, time: None });
        }
        sink.client(&ClientRow { place: at.place, bytes: at.bytes, time, fields, again });
        match form {
            Form::Plain if !prefix.is_empty() => Form::Prefixed,
            form => form,
        }
    }

    /// Quoted strings, of which `rows` is what follows the first one's opening quote. One that ends with
    /// the capture may lack its end.
    fn quoted(&mut self, prefix: &[u8], rows: &[u8], at: At, ended: bool, sink: &mut dyn Sink) -> Form {
        let (time, mut form, mut left) = (prefix_time(prefix), Form::Noise, at);
        let mut signed = false;
        let mut row = self.buffer();
        // Strings in front of the first row.
        if let Some(quote) = memchr(b'"', prefix) {
            let before = prefix.get(quote + 1..).unwrap_or_default();
            for string in Strings::new(before).filter(|string| row::is_part(string.body)) {
                let taken = (quote + 1 + string.end()) as u64 - (left.place.offset - at.place.offset);
                let (this, after) = left.split(taken);
                left = after;
                form = reject(string.body, Flaw::Short.reason(), this, sink);
            }
        }
        let mut strings = Strings::new(rows).peekable();
        while let Some(string) = strings.next() {
            // An answer is a snapshot, a row is a part of one.
            let several = string.pieces().nth(1).is_some();
            if several || (string.start == 0 && is_answer(prefix, string)) {
                let time = time.filter(|_| !signed);
                sink.snapshot(&SnapshotStart { place: left.place, time });
                signed = true;
            }
            let mut pieces = string.pieces().peekable();
            while let Some(piece) = pieces.next() {
                let end = prefix.len() + string.start + piece.end;
                let is_last = strings.peek().is_none() && pieces.peek().is_none() && piece.whole;
                let taken =
                    if is_last { left.bytes } else { end as u64 - (left.place.offset - at.place.offset) };
                let (this, after) = left.split(taken);
                left = after;
                if !piece.whole && !ended {
                    let ending = truncated(At { bytes: this.bytes + left.bytes, ..this }, sink);
                    form = if form == Form::Quoted { form } else { ending };
                    left.bytes = 0;
                    break;
                }
                row.clear();
                string.decode(piece.raw, &mut row);
                let mut fields = Fields::default();
                let read = match row::anchor(&row) {
                    Some(0) if piece.whole => fields.read(&row, this.place.offset, &mut self.finder),
                    // Another answer of the same transaction, or a name of an object's part.
                    None if !several && !row::is_part(&row) => {
                        sink.skip(this.place, this.bytes, Skipped::Noise);
                        continue;
                    }
                    _ => Err(Flaw::Short),
                };
                form = match read {
                    Ok(()) => {
                        let (place, bytes) = (this.place, this.bytes);
                        let time = time.filter(|_| !signed);
                        let (fields, again) = (fields.pairs(), Again::default());
                        sink.client(&ClientRow { place, bytes, time, fields, again });
                        Form::Quoted
                    }
                    Err(flaw) => {
                        // What the line is, its rows tell.
                        let flawed = reject(piece.raw, flaw.reason(), this, sink);
                        if form == Form::Quoted { form } else { flawed }
                    }
                };
            }
            if several {
                sink.snapshot(&SnapshotStart { place: left.place, time: None });
            }
        }
        self.buffer = row;
        if left.bytes > 0 {
            sink.skip(left.place, left.bytes, Skipped::Noise);
        }
        form
    }

    /// Dicts of one line or several; one that has no end was cut off if the capture ends there.
    fn dicts(&mut self, text: &[u8], at: At, ended: bool, sink: &mut dyn Sink) -> Form {
        let (mut left, mut rest) = (at, text);
        let mut form = Form::Noise;
        let mut buffer = self.buffer();
        let mut places = Vec::new();
        while let Some(start) = dict::start(rest) {
            let (prefix, dict) = rest.split_at(start);
            let Some(tail) = dict::dict(dict, &mut buffer, &mut places) else {
                let ending = if ended {
                    reject(rest, "a dict that has no end or is none", left, sink)
                } else {
                    truncated(left, sink)
                };
                // What the line is, its whole dicts tell.
                form = if form == Form::Python { form } else { ending };
                left.bytes = 0;
                break;
            };
            // What parts two dicts belongs to the first, the end of the list to the last.
            let gap = tail.iter().take_while(|byte| matches!(byte, b',' | b' ' | b'\r' | b'\n')).count();
            let tail = tail.get(gap..).unwrap_or_default();
            let more = dict::start(tail).is_some();
            let taken = if more { (rest.len() - tail.len()) as u64 } else { left.bytes };
            let (mut this, after) = left.split(taken);
            let lines = newlines(rest.get(..rest.len() - tail.len()).unwrap_or_default());
            left = At { place: Place { line: left.place.line + lines, ..after.place }, ..after };
            this.place.line = left.place.line - lines;
            let time = prefix_time(prefix);
            if memchr(b'[', prefix).is_some() {
                sink.snapshot(&SnapshotStart { place: this.place, time });
            }
            form = self::dict(&buffer, &places, this, time, sink);
            rest = tail;
        }
        self.buffer = buffer;
        // Lines of a dict whose first ones are missing.
        match left.bytes {
            0 => form,
            _ if left.place.offset == 0 || !ended => truncated(left, sink),
            _ => reject(rest, "fields of a dict without its start", left, sink),
        }
    }

    /// The last line, without a line end: nobody can tell what is missing, unless it is quoted or no row.
    fn unended(&mut self, line: &[u8], at: At, sink: &mut dyn Sink) -> Form {
        if let Some(time) = separator(line) {
            sink.snapshot(&SnapshotStart { place: at.place, time });
            sink.skip(at.place, at.bytes, Skipped::Noise);
            return Form::Separator;
        }
        if is_noise(line) {
            sink.skip(at.place, at.bytes, Skipped::noise(line));
            return Form::Noise;
        }
        match row::anchor(line) {
            Some(start) if start > 0 && line.get(start - 1) == Some(&b'"') => {
                let (prefix, rows) = line.split_at(start);
                self.quoted(prefix, rows, at, false, sink)
            }
            _ => truncated(at, sink),
        }
    }
}

/// The lines of the first record: more than one where a dict goes on. Their bytes, their number, and
/// whether the last one ends.
fn record(bytes: &[u8]) -> (&[u8], u64, bool) {
    let mut end = 0;
    let mut lines = 0;
    loop {
        let rest = bytes.get(end..).unwrap_or_default();
        let Some(at) = memchr(b'\n', rest) else {
            // A dict that waits for its next line has none at the end of the capture.
            let lines = lines + u64::from(!rest.is_empty());
            return (bytes, lines, false);
        };
        let line = rest.get(..at).unwrap_or_default();
        // Only the line that opens a dict can begin a record of several lines; its others follow.
        let follows = lines == 0 || dict::goes_on(line) || line.trim_ascii_start().starts_with(b"}");
        if !follows && !matches!(line.trim_ascii_start().first(), Some(b'\'' | b'"' | b'b')) {
            return (bytes.get(..end).unwrap_or_default(), lines, true);
        }
        end += at + 1;
        lines += 1;
        if !dict::goes_on(line) {
            return (bytes.get(..end).unwrap_or_default(), lines, true);
        }
    }
}

/// One decoded dict.
fn dict(buffer: &[u8], places: &[(usize, usize)], at: At, time: Option<i64>, sink: &mut dyn Sink) -> Form {
    let ends = places.iter().skip(1).map(|(start, _)| *start).chain([buffer.len()]);
    let fields: Vec<Pair<'_>> = places
        .iter()
        .zip(ends)
        .filter_map(|((start, middle), end)| Some((buffer.get(*start..*middle)?, buffer.get(*middle..end)?)))
        .collect();
    let is_client = fields.iter().any(|(key, _)| *key == b"addr" || *key == b"id") && fields.len() > 2;
    if !is_client {
        sink.skip(at.place, at.bytes, Skipped::Noise);
        return Form::Noise;
    }
    let (fields, again) = (&fields[..], Again::default());
    sink.client(&ClientRow { place: at.place, bytes: at.bytes, time, fields, again });
    Form::Python
}

/// A line without a row.
fn other(text: &[u8], at: At, sink: &mut dyn Sink) -> Form {
    if let Some(time) = separator(text) {
        sink.snapshot(&SnapshotStart { place: at.place, time });
        sink.skip(at.place, at.bytes, Skipped::Noise);
        let is_length =
            text.len() > 1 && matches!(text.first(), Some(b'$' | b'=')) && text.get(1) != Some(&b'=');
        return if is_length { Form::Length } else { Form::Separator };
    }
    if row::is_rest(text) {
        if at.place.offset == 0 {
            return truncated(at, sink);
        }
        return reject(text, "no id= or addr= at the start of the row", at, sink);
    }
    // The list around dicts.
    let is_bracket = text.trim_ascii() == b"[" && {
        sink.snapshot(&SnapshotStart { place: at.place, time: None });
        true
    };
    sink.skip(at.place, at.bytes, Skipped::noise(text));
    if is_bracket { Form::Separator } else { Form::Noise }
}

/// Whether the row at the start of the capture lacks its start: `id=` or a part of it was cut off.
fn is_cut(prefix: &[u8], fields: &[Pair<'_>]) -> bool {
    let has = |wanted: &[u8]| fields.iter().any(|(key, _)| *key == wanted);
    row::is_cut_id(prefix) || (!has(b"id") && (has(b"tot-mem") || has(b"user") || has(b"laddr")))
}

fn newlines(text: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', text).count() as u64
}

fn reject(text: &[u8], reason: &'static str, at: At, sink: &mut dyn Sink) -> Form {
    sink.reject(Reject { place: at.place, bytes: at.bytes, reason, text });
    Form::Rejected
}

fn truncated(at: At, sink: &mut dyn Sink) -> Form {
    sink.skip(at.place, at.bytes, Skipped::Truncated);
    Form::Truncated
}
