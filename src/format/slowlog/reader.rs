//! All forms but the raw one: what a block holds, piece by piece, each to one call of the sink.
//!
//! A piece is one entry with the brackets and commas around it, or a line. So a poll that is one line of
//! JSON is as many pieces as it has entries.

use memchr::{memchr, memchr_iter, memmem};

use super::Slowlog;
use super::csv;
use super::entry::{At, Decoded, Parted, emit};
use super::json::{Flaw, Notation, is_quoted};
use super::noise::is_noise;
use super::object::{Found, Objects, looks_like_entry};
use super::terminal::{self, trim_end};
use super::words::{self, Buffers};
use crate::error::Reject;
use crate::event::{Args, Place, Sink, Skipped, Span};
use crate::format::monitor::wrap;

/// What a piece was found to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Form {
    Terminal,
    /// With carriage returns or control sequences.
    Recorded,
    Csv,
    Json,
    QuotedJson,
    Aws,
    AwsText,
    Objects,
    Python,
    /// What tools print.
    Noise,
    /// Text of no known tool.
    Text,
    Rejected,
    Truncated,
}

/// A piece's form, and how many elements its entry has where that is plain.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    pub(super) form: Form,
    pub(super) elements: Option<u8>,
    /// Whether some of it was cut off.
    torn: bool,
}

impl Piece {
    fn of(form: Form) -> Self {
        Piece { form, elements: None, torn: form == Form::Truncated }
    }
}

pub(super) struct Reader {
    format: Slowlog,
    start: u64,
    place: Place,
    spans: Vec<Span>,
    decoded: Decoded,
    clean: Vec<u8>,
    shown: Vec<u8>,
    line: csv::Line,
    objects: Objects,
    buffers: Buffers,
    /// Up to where the present line is in the notation of `--quoted-json`.
    quoted: u64,
    /// Up to where its notation was told.
    told: u64,
}

/// Where the last piece of `bytes` starts that is sure to be one and stands behind a whole one; 0 if there
/// is none. What is not whole must not end a block: only at the input's end it is cut off.
pub(super) fn last_start(format: Slowlog, bytes: &[u8]) -> usize {
    let mut end = previous_start(bytes, bytes.len());
    while end > 0 {
        let start = previous_start(bytes, end);
        if is_whole(format, bytes.get(start..end).unwrap_or_default()) {
            break;
        }
        end = start;
    }
    end
}

/// The last sure start in front of `end`, 0 if there is none.
fn previous_start(bytes: &[u8], mut end: usize) -> usize {
    while let Some(at) = memchr::memrchr(b'\n', bytes.get(..end).unwrap_or_default()) {
        if at + 1 < end && starts_piece(bytes.get(at + 1..).unwrap_or_default()) {
            return at + 1;
        }
        end = at;
    }
    0
}

/// Whether nothing in `bytes` would be taken for cut off at their end.
fn is_whole(format: Slowlog, bytes: &[u8]) -> bool {
    let mut whole = true;
    // Not the input's start, where the rest of an entry can stand.
    Reader::new(format, 1).read(bytes, &mut Nowhere, &mut |piece| {
        whole = !piece.torn;
        whole
    });
    whole
}

/// Looking at pieces must not count them.
pub(super) struct Nowhere;

impl Sink for Nowhere {
    fn reject(&mut self, _: Reject<'_>) {}
    fn skip(&mut self, _: Place, _: u64, _: Skipped) {}
    fn gap(&mut self, _: Place) {}
}

/// Whether `text` starts with a line that no piece before it can hold.
fn starts_piece(text: &[u8]) -> bool {
    let line = text.get(..memchr(b'\n', text).unwrap_or(text.len())).unwrap_or_default();
    match line.first() {
        Some(b'{') => true,
        // An array of arguments starts with a text.
        Some(b'[') => {
            let within = text.get(1..).unwrap_or_default().trim_ascii_start();
            matches!(within.first(), Some(b'[' | b'{' | b']' | b'0'..=b'9'))
        }
        Some(b'0'..=b'9') if csv::is_start(line) => true,
        None | Some(b'"' | b'}' | b']' | b'\r') => false,
        Some(first) => {
            let line = trim_end(line);
            terminal_head(line)
                || (first.is_ascii_alphanumeric()
                    && (line.ends_with(b"}") && memchr(b'{', line).is_some() || is_delivered(line)))
        }
    }
}

fn terminal_head(line: &[u8]) -> bool {
    if memchr(0x1b, line).is_none() {
        return terminal::head(line).is_some();
    }
    let mut clean = Vec::new();
    wrap::terminal(line, &mut clean);
    terminal::head(&clean).is_some()
}

fn is_delivered(line: &[u8]) -> bool {
    words::delivered(line, &mut Buffers::default()).is_some()
}

impl Reader {
    /// Reads a block that starts `start` bytes into its input.
    pub(super) fn new(format: Slowlog, start: u64) -> Self {
        Reader {
            format,
            start,
            place: Place { offset: start, line: 0 },
            spans: Vec::new(),
            decoded: Decoded::default(),
            clean: Vec::new(),
            shown: Vec::new(),
            line: csv::Line::default(),
            objects: Objects::default(),
            buffers: Buffers::default(),
            quoted: 0,
            told: 0,
        }
    }

    /// Reads pieces until `go_on` says no.
    pub(super) fn read(&mut self, block: &[u8], sink: &mut dyn Sink, go_on: &mut dyn FnMut(Piece) -> bool) {
        let mut rest = block;
        while !rest.is_empty() {
            let before = self.place.offset;
            let piece = self.piece(rest, sink);
            let used = usize::try_from(self.place.offset - before).unwrap_or(usize::MAX);
            rest = rest.get(used..).unwrap_or_default();
            if used == 0 || !go_on(piece) {
                return;
            }
        }
    }

    /// Moves behind the first `used` bytes of `rest`; gives what the sink is told of them. The record
    /// itself starts `lead` bytes in.
    fn take(&mut self, rest: &[u8], used: usize, lead: usize) -> At {
        let bytes = rest.get(..used).unwrap_or(rest);
        let (before, record) = bytes.split_at_checked(lead).unwrap_or((&[], bytes));
        let ahead = memchr_iter(b'\n', before).count() as u64;
        let place = Place { offset: self.place.offset + lead as u64, line: self.place.line + ahead };
        self.place.line += ahead + memchr_iter(b'\n', record).count() as u64;
        self.place.offset += bytes.len() as u64;
        At { place, bytes: bytes.len() as u64 }
    }

    fn skip(&mut self, rest: &[u8], used: usize, form: Form, sink: &mut dyn Sink) -> Piece {
        let why = if form == Form::Truncated { Skipped::Truncated } else { Skipped::Noise };
        let at = self.take(rest, used, 0);
        sink.skip(at.place, at.bytes, why);
        Piece::of(form)
    }

    fn reject(&mut self, rest: &[u8], used: usize, reason: &'static str, sink: &mut dyn Sink) -> Piece {
        let at = self.take(rest, used, 0);
        let text = rest.get(..used).unwrap_or(rest);
        sink.reject(Reject { place: at.place, bytes: at.bytes, reason, text });
        Piece::of(Form::Rejected)
    }

    /// One piece, of which `rest` has the first byte.
    fn piece(&mut self, rest: &[u8], sink: &mut dyn Sink) -> Piece {
        let length = memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
        let whole = rest.get(..length).unwrap_or(rest);
        let line = trim_end(whole);
        let first = line.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'[' | b',' | b']' | b'\r'));
        match first.and_then(|at| Some((at, line.get(at..)?))) {
            Some((at, [b'{', ..])) => return self.braces(rest, length, at, sink),
            Some((at, [b'0'..=b'9', ..])) if at > 0 && line.get(at - 1) == Some(&b'[') => {
                return self.value(rest, length, at - 1, sink);
            }
            None if line.contains(&b'[') || line.contains(&b']') => return self.bracket(rest, length, sink),
            _ => {}
        }
        if memchr(0x1b, line).is_some() || memchr(b'\r', line).is_some() {
            let mut clean = std::mem::take(&mut self.clean);
            clean.clear();
            wrap::terminal(line, &mut clean);
            let is_head = terminal::head(&clean).is_some();
            let form = if is_noise(&clean) { Form::Noise } else { Form::Text };
            self.clean = clean;
            return if is_head { self.entry(rest, sink) } else { self.skip(rest, length, form, sink) };
        }
        if terminal::head(line).is_some() {
            return self.entry(rest, sink);
        }
        if csv::is_start(line) {
            return self.poll(rest, length, sink);
        }
        self.other(rest, length, sink)
    }

    /// An entry as terminals show it: its first line and all that belong to it.
    fn entry(&mut self, rest: &[u8], sink: &mut dyn Sink) -> Piece {
        let mut clean = std::mem::take(&mut self.clean);
        let mut shown = std::mem::take(&mut self.shown);
        clean.clear();
        let mut used = 0;
        let mut column = None;
        let mut recorded = false;
        for whole in rest.split_inclusive(|byte| *byte == b'\n') {
            let line = trim_end(whole);
            let drawn = memchr(0x1b, line).is_some() || memchr(b'\r', line).is_some();
            shown.clear();
            if drawn {
                wrap::terminal(line, &mut shown);
            }
            let line = if drawn { shown.as_slice() } else { line };
            let belongs = match column {
                None => {
                    column = terminal::head(line).map(|head| head.column());
                    column.is_some()
                }
                Some(column) => terminal::belongs(column, line),
            };
            if !belongs {
                break;
            }
            if drawn && !recorded {
                // What stood as it shows is copied only now.
                clean.extend_from_slice(rest.get(..used).unwrap_or_default());
                recorded = true;
            }
            if recorded {
                clean.extend_from_slice(line);
                clean.push(b'\n');
            }
            used += whole.len();
        }
        self.shown = shown;
        let returns = rest.get(..used).is_some_and(|text| text.ends_with(b"\r\n"));
        let mut spans = std::mem::take(&mut self.spans);
        let text = if recorded { clean.as_slice() } else { rest.get(..used).unwrap_or_default() };
        let piece = self.terminal(rest, used, text, recorded || returns, &mut spans, sink);
        self.spans = spans;
        self.clean = clean;
        piece
    }

    fn terminal(
        &mut self,
        rest: &[u8],
        used: usize,
        text: &[u8],
        recorded: bool,
        spans: &mut Vec<Span>,
        sink: &mut dyn Sink,
    ) -> Piece {
        let last = used == rest.len();
        let Some(parts) = terminal::entry(text, spans) else {
            if last {
                return self.skip(rest, used, Form::Truncated, sink);
            }
            return self.reject(rest, used, "an entry whose elements do not follow each other", sink);
        };
        if last && self.format.elements.is_some_and(|elements| parts.count < u64::from(elements)) {
            return self.skip(rest, used, Form::Truncated, sink);
        }
        let at = self.take(rest, used, 0);
        let mut decoded = std::mem::take(&mut self.decoded);
        emit(&parts.fields(&mut decoded), Args::new(text, spans), Parted::Quoted, at, sink);
        self.decoded = decoded;
        let form = if recorded { Form::Recorded } else { Form::Terminal };
        Piece { elements: u8::try_from(parts.count).ok(), ..Piece::of(form) }
    }

    /// A poll of `--csv`: one line.
    fn poll(&mut self, rest: &[u8], length: usize, sink: &mut dyn Sink) -> Piece {
        let whole = rest.get(..length).unwrap_or(rest);
        let ended = whole.ends_with(b"\n");
        let text = trim_end(whole);
        let mut line = std::mem::take(&mut self.line);
        let mut decoded = std::mem::take(&mut self.decoded);
        line.read(text, ended);
        let is_whole = ended && line.end == text.len();
        let shape = line.shape(text, self.format.shape(), is_whole);
        let is_short = !ended && line.end == text.len() && line.is_short(text, shape);
        let count = line.entries.len() - usize::from(is_short);
        let mut piece = Piece::of(Form::Csv);
        let mut left = rest;
        for (number, entry) in line.entries.iter().take(count).enumerate() {
            let last = number + 1 == line.entries.len() && line.end == text.len();
            let used = if last { whole.len() - entry.bytes.start } else { entry.bytes.len() };
            let at = self.take(left, used, 0);
            left = left.get(used..).unwrap_or_default();
            let (fields, args) = line.fields(text, entry, shape, &mut decoded);
            let more = usize::from(fields.client.is_some()) * 2 + usize::from(fields.argc.is_some());
            piece.elements = u8::try_from(4 + more + usize::from(fields.complexity.is_some())).ok();
            emit(&fields, args, Parted::Quoted, at, sink);
        }
        let behind =
            line.entries.get(..count).and_then(|entries| entries.last()).map_or(0, |last| last.bytes.end);
        if is_short || line.end < text.len() {
            let used = whole.len() - behind;
            let found = if ended {
                self.reject(left, used, "numbers and texts that are no entry", sink)
            } else {
                self.skip(left, used, Form::Truncated, sink)
            };
            if count == 0 {
                piece = found;
            }
            piece.torn = found.torn;
        }
        self.line = line;
        self.decoded = decoded;
        piece
    }

    /// A line that holds only brackets: what stands around the entries of an array.
    fn bracket(&mut self, rest: &[u8], length: usize, sink: &mut dyn Sink) -> Piece {
        let line = trim_end(rest.get(..length).unwrap_or(rest));
        let within = rest.get(length..).unwrap_or_default().trim_ascii_start();
        match (line.trim_ascii(), within.first()) {
            // An entry that goes on in the next line.
            ([.., b'['], Some(b'0'..=b'9')) => self.value(rest, length, line.len() - 1, sink),
            _ => self.skip(rest, length, Form::Noise, sink),
        }
    }

    /// A JSON object or redis-py's dict.
    fn braces(&mut self, rest: &[u8], length: usize, at: usize, sink: &mut dyn Sink) -> Piece {
        let within = rest.get(at + 1..length).unwrap_or_default().trim_ascii_start();
        if within.first() != Some(&b'\'') {
            return self.value(rest, length, at, sink);
        }
        let line = rest.get(at..length).unwrap_or_default();
        let mut buffers = std::mem::take(&mut self.buffers);
        let piece = match words::dict(line, &mut buffers) {
            Some((left, entry, parted)) => {
                let used = behind(rest, at + line.len() - left.len());
                let at = self.take(rest, used, at);
                emit(
                    &entry.fields(&buffers.text),
                    Args::new(&buffers.text, &buffers.spans),
                    parted,
                    at,
                    sink,
                );
                Piece::of(Form::Python)
            }
            None if length == rest.len() && !rest.ends_with(b"\n") => {
                self.skip(rest, length, Form::Truncated, sink)
            }
            None => self.reject(rest, length, "a dict that is no entry of the slow log", sink),
        };
        self.buffers = buffers;
        piece
    }

    /// A JSON value that starts `at` bytes into `rest`, whose first line has `length` bytes.
    fn value(&mut self, rest: &[u8], length: usize, at: usize, sink: &mut dyn Sink) -> Piece {
        let mut notation = self.notation(rest, length);
        let line = rest.get(at..length).unwrap_or_default();
        let mut window = length;
        let mut read = self.objects.read(line, notation);
        if read.is_err() && notation == Notation::Quoted && self.objects.read(line, Notation::Json).is_ok() {
            // Data with backslashes and nothing else that is escaped.
            notation = Notation::Json;
            read = self.objects.read(line, notation);
        }
        if read == Err(Flaw::Cut) {
            // It may go on in the lines below, up to what must be the next piece.
            window = window_end(rest, length);
            read = self.objects.read(rest.get(at..window).unwrap_or_default(), notation);
        }
        let text = rest.get(at..window).unwrap_or_default();
        match read {
            Ok(size) => {
                let used = behind(rest, at + size);
                let spot = self.take(rest, used, at);
                let form = match self.objects.emit(text, notation, spot, sink) {
                    Found::Array if notation == Notation::Quoted => Form::QuotedJson,
                    Found::Array => Form::Json,
                    Found::Aws => Form::Aws,
                    Found::Object => Form::Objects,
                    Found::Broken => Form::Rejected,
                    Found::Nothing => {
                        sink.skip(spot.place, spot.bytes, Skipped::Noise);
                        Form::Text
                    }
                };
                Piece::of(form)
            }
            Err(Flaw::Cut) if window == rest.len() => self.skip(rest, window, Form::Truncated, sink),
            Err(_) if looks_like_entry(text) || memmem::find(text, b"uration").is_some() => {
                self.reject(rest, window, "JSON that breaks off", sink)
            }
            Err(_) => self.skip(rest, window, Form::Text, sink),
        }
    }

    /// The notation of the line that `rest` is in, told once for each.
    fn notation(&mut self, rest: &[u8], length: usize) -> Notation {
        let here = self.place.offset;
        if here >= self.told {
            let line = rest.get(..length).unwrap_or(rest);
            self.told = here + length as u64;
            let is_array = trim_end(line).first() == Some(&b'[');
            if is_array && is_quoted(line) {
                self.quoted = self.told;
            }
        }
        if here < self.quoted { Notation::Quoted } else { Notation::Json }
    }

    /// Any other line.
    fn other(&mut self, rest: &[u8], length: usize, sink: &mut dyn Sink) -> Piece {
        let whole = rest.get(..length).unwrap_or(rest);
        let ended = whole.ends_with(b"\n");
        let line = trim_end(whole);
        if is_noise(line) {
            return self.skip(rest, length, Form::Noise, sink);
        }
        if ended {
            let mut buffers = std::mem::take(&mut self.buffers);
            let found = words::delivered(line, &mut buffers);
            if let Some((entry, parted)) = &found {
                let at = self.take(rest, length, 0);
                emit(
                    &entry.fields(&buffers.text),
                    Args::new(&buffers.text, &buffers.spans),
                    *parted,
                    at,
                    sink,
                );
            }
            self.buffers = buffers;
            if found.is_some() {
                return Piece::of(Form::AwsText);
            }
        }
        // A log's own words before its JSON.
        if let Some(brace) = memchr(b'{', line).filter(|_| line.ends_with(b"}"))
            && self.objects.read(line.get(brace..).unwrap_or_default(), Notation::Json)
                == Ok(line.len() - brace)
        {
            return self.value(rest, length, brace, sink);
        }
        let is_first = self.place.offset == 0 && self.start == 0;
        let is_part = terminal::is_part(line);
        if is_first && (is_part || words::ends_delivered(line)) {
            let used = if is_part { parts(rest) } else { length };
            return self.skip(rest, used, Form::Truncated, sink);
        }
        if is_part {
            return self.reject(rest, parts(rest), "elements of an entry without its first line", sink);
        }
        if !ended {
            return self.skip(rest, length, Form::Truncated, sink);
        }
        self.skip(rest, length, Form::Text, sink)
    }
}

/// Bytes of the lines that are parts of an entry.
fn parts(rest: &[u8]) -> usize {
    let lines = rest.split_inclusive(|byte| *byte == b'\n');
    lines.take_while(|line| terminal::is_part(trim_end(line))).map(<[u8]>::len).sum()
}

/// Where a value that goes on behind its first line must have ended.
fn window_end(rest: &[u8], first: usize) -> usize {
    let mut at = first;
    while at < rest.len() {
        let text = rest.get(at..).unwrap_or_default();
        if starts_piece(text) {
            return at;
        }
        at += memchr(b'\n', text).map_or(text.len(), |end| end + 1);
    }
    rest.len()
}

/// Behind a value that ends at `end`: commas and brackets that follow belong to it, up to the line's end.
fn behind(rest: &[u8], end: usize) -> usize {
    let tail = rest.get(end..).unwrap_or_default();
    let marks = tail.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b',' | b']')).count();
    end + marks + usize::from(tail.get(marks) == Some(&b'\n'))
}
