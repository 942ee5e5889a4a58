//! Entries whose arguments are joined by spaces, and what prints them so: redis-py and ElastiCache.
//!
//! ```text
//! {'id': 8, 'start_time': 1795173291, 'duration': 75, 'command': b'GET 5', 'client_address': b'127.0.0.1:3', 'client_name': b'app'}
//! logslow,0001,1605631822,30,GET ... (1 more arguments),192.168.12.104:55452,name
//! ```

use std::ops::Range;

use super::entry::{Address, Fields, Parted, address, complexity, is_name, plain_span, whole};
use super::marker;
use crate::event::Span;
use crate::format::clock;
use crate::format::python::{self, Value};

/// Takes a command line in `range` of `text` apart at its spaces. Markers stay whole. Where ElastiCache
/// put the marker in place of all arguments, or there are none, nothing is in doubt.
pub(super) fn split(text: &[u8], range: Range<usize>, spans: &mut Vec<Span>) -> Option<Parted> {
    let mut line = text.get(range.clone())?;
    let mut last = None;
    if let Some(at) = memchr::memmem::rfind(line, b" ... (") {
        let (before, marker) = line.split_at(at);
        let marker = marker.get(1..).unwrap_or_default();
        if marker::more_arguments(marker).is_some() {
            last = Some(range.start + at + 1..range.end);
            line = before;
        }
    }
    let mut start = 0;
    loop {
        let rest = line.get(start..).unwrap_or_default();
        let mut end = start + memchr::memchr(b' ', rest).unwrap_or(rest.len());
        // `xx... (22 more bytes)` is one word.
        if let Some(marker) =
            line.get(end..).filter(|_| line.get(..end).is_some_and(|word| word.ends_with(b"...")))
        {
            let close = memchr::memchr(b')', marker).map_or(end, |close| end + close + 1);
            let word = line.get(start..close).unwrap_or_default();
            if marker::whole_length(word, word.len()).is_some() {
                end = close;
            }
        }
        spans.push(plain_span(range.start + start..range.start + end)?);
        if end >= line.len() {
            break;
        }
        start = end + 1;
    }
    let name_alone = spans.len() == 1;
    if let Some(last) = last {
        spans.push(plain_span(last)?);
    }
    Some(if name_alone { Parted::Quoted } else { Parted::Words })
}

/// Buffers for one entry.
#[derive(Debug, Default)]
pub(super) struct Buffers {
    pub(super) text: Vec<u8>,
    pub(super) spans: Vec<Span>,
}

/// What an entry holds; strings stand in the buffer.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    fields: Fields<'static>,
    client: Option<Range<usize>>,
    name: Option<Range<usize>>,
    complexity: Option<Range<usize>>,
}

impl Line {
    /// The fields; `text` is the buffer.
    pub(super) fn fields<'a>(&self, text: &'a [u8]) -> Fields<'a> {
        let get = |range: &Option<Range<usize>>| text.get(range.clone()?);
        Fields {
            client: get(&self.client),
            name: get(&self.name),
            complexity: get(&self.complexity).map(|sizes| complexity(sizes).unwrap_or(sizes)),
            ..self.fields
        }
    }
}

/// Reads redis-py's dict that `input` starts with; gives what follows it.
pub(super) fn dict<'a>(input: &'a [u8], buffers: &mut Buffers) -> Option<(&'a [u8], Line, Parted)> {
    let (mut id, mut time, mut us) = (None, None, None);
    let (mut command, mut client, mut name, mut sizes) = (None, None, None, None);
    let (rest, ()) = python::dict(input, |key, value| match (key, value) {
        (b"id", Value::Word(word)) => id = whole(word),
        (b"start_time", Value::Word(word)) => time = clock::time(word),
        (b"duration", Value::Word(word)) => us = whole(word),
        (b"command", text) => command = Some(text),
        (b"client_address", text) => client = Some(text),
        (b"client_name", text) => name = Some(text),
        (b"complexity", text) => sizes = Some(text),
        _ => {}
    })
    .ok()?;
    let Buffers { text, spans } = buffers;
    text.clear();
    spans.clear();
    // The server cuts arguments anywhere, so half a character is no reason to doubt the rest.
    let mut decode = |value: Value<'_>| {
        let start = text.len();
        match value {
            Value::Text(raw) => _ = python::unescape_text_into(raw, text),
            Value::Bytes(raw) => python::unescape_into(raw, text),
            Value::Word(_) => return None,
        }
        Some(start..text.len())
    };
    let words = decode(command?)?;
    let line = Line {
        fields: Fields { id: Some(id?), time: time?, us: us?, ..Fields::default() },
        client: client.and_then(&mut decode),
        name: name.and_then(&mut decode),
        complexity: sizes.and_then(&mut decode),
    };
    let parted = split(text, words, spans)?;
    Some((rest, line, parted))
}

/// Reads a line of ElastiCache's text: four fields from the left, two from the right. A name may hold
/// commas, so the client's address is the last field that is one.
pub(super) fn delivered(line: &[u8], buffers: &mut Buffers) -> Option<(Line, Parted)> {
    let mut left = line.splitn(5, |byte| *byte == b',');
    let (cluster, node) = (left.next()?, left.next()?);
    let (time, us) = (clock::time(left.next()?)?, whole(left.next()?)?);
    let rest = left.next()?;
    let (command, client, name) = client(rest, Address::Socket).or_else(|| client(rest, Address::Empty))?;
    if !is_name(cluster) || !is_name(node) || command.is_empty() {
        return None;
    }
    let Buffers { text, spans } = buffers;
    text.clear();
    spans.clear();
    let mut keep = |bytes: &[u8]| {
        text.extend_from_slice(bytes);
        text.len() - bytes.len()..text.len()
    };
    let words = keep(command);
    let line = Line {
        fields: Fields { time, us, ..Fields::default() },
        client: Some(keep(client)),
        name: Some(keep(name)),
        complexity: None,
    };
    let parted = split(text, words, spans)?;
    Some((line, parted))
}

/// Whether a line ends like one of ElastiCache's text.
pub(super) fn ends_delivered(line: &[u8]) -> bool {
    client(line, Address::Socket).is_some()
}

/// Takes the last two fields off, of which the first is an address of this kind.
fn client(rest: &[u8], kind: Address) -> Option<(&[u8], &[u8], &[u8])> {
    let mut end = rest.len();
    for comma in memchr::memrchr_iter(b',', rest) {
        let (before, field) = (rest.get(..comma)?, rest.get(comma + 1..end)?);
        let name = rest.get(end + 1..);
        if let Some(name) = name.filter(|name| address(field) == kind && is_name(name)) {
            return Some((before, field, name));
        }
        end = comma;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Args;

    fn shown(text: &[u8], spans: &[Span]) -> Vec<String> {
        Args::new(text, spans).iter().map(|arg| arg.raw.escape_ascii().to_string()).collect()
    }

    #[test]
    fn words_are_parted_and_markers_stay_whole() {
        for (line, words, parted) in [
            (&b"GET 5"[..], &["GET", "5"][..], Parted::Words),
            (b"SET empty ", &["SET", "empty", ""], Parted::Words),
            (b"PING", &["PING"], Parted::Quoted),
            (b"GET ... (1 more arguments)", &["GET", "... (1 more arguments)"], Parted::Quoted),
            (
                b"MSET a b ... (10 more arguments)",
                &["MSET", "a", "b", "... (10 more arguments)"],
                Parted::Words,
            ),
            (b"SET k xx... (22 more bytes) EX", &["SET", "k", "xx... (22 more bytes)", "EX"], Parted::Words),
            (b"SET k xx... (22 more)", &["SET", "k", "xx...", "(22", "more)"], Parted::Words),
            (b"", &[""], Parted::Quoted),
        ] {
            let mut spans = Vec::new();
            assert_eq!(split(line, 0..line.len(), &mut spans), Some(parted));
            assert_eq!(shown(line, &spans), words);
        }
    }

    #[test]
    fn dicts_of_redis_py_are_read() {
        let mut buffers = Buffers::default();
        let line =
            br#"{'id': 8, 'start_time': 17951732910, 'duration': 75, 'command': b'SET a\xff\'b x'}, {"#;
        assert!(dict(line, &mut buffers).is_none());
        let line = br#"{'id': 8, 'start_time': 1795173291, 'duration': 75, 'command': b'SET a\xff\'b x', 'client_name': b'n'}, {"#;
        let (rest, read, _) = dict(line, &mut buffers).unwrap();
        assert_eq!(rest, b", {");
        assert_eq!(shown(&buffers.text, &buffers.spans), ["SET", r"a\xff\'b", "x"]);
        let fields = read.fields(&buffers.text);
        assert_eq!((fields.id, fields.time, fields.us), (Some(8), 1_795_173_291_000_000, 75));
        assert_eq!((fields.client, fields.name), (None, Some(&b"n"[..])));
    }

    #[test]
    fn delivered_lines_are_read_from_both_ends() {
        let mut buffers = Buffers::default();
        let line = b"c,0001,1605631822,30,SET a,b,c d,192.168.12.104:55452,name##";
        let (read, parted) = delivered(line, &mut buffers).unwrap();
        assert_eq!(parted, Parted::Words);
        assert_eq!(shown(&buffers.text, &buffers.spans), ["SET", "a,b,c", "d"]);
        let fields = read.fields(&buffers.text);
        assert_eq!((fields.id, fields.time, fields.us), (None, 1_605_631_822_000_000, 30));
        assert_eq!((fields.client, fields.name), (Some(&b"192.168.12.104:55452"[..]), Some(&b"name##"[..])));
        let (read, _) = delivered(b"c,0001,1605631822,30,GET,10.0.0.1:5,a,b", &mut buffers).unwrap();
        assert_eq!(read.fields(&buffers.text).name, Some(&b"a,b"[..]));
        let (read, _) = delivered(b"c,0001,1605631822,30,get,,", &mut buffers).unwrap();
        assert_eq!(read.fields(&buffers.text).client, Some(&b""[..]));
        for line in [
            &b"c,0001,1605631822,30,GET,192.168.12.104:55452"[..],
            b"c,0001,1605631822,x,GET,192.168.12.104:55452,",
            b"c,0001,16056,30,GET,192.168.12.104:55452,",
            b"c,0001,1605631822,30,,192.168.12.104:55452,",
            b"c,0001,1605631822,30,GET,host,",
            b"",
        ] {
            assert!(delivered(line, &mut buffers).is_none(), "{}", line.escape_ascii());
        }
    }
}
