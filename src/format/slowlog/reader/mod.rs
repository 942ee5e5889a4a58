//! All forms but the raw one: what a block holds, piece by piece, each to one call of the sink.
//!
//! A piece is one entry with the brackets and commas around it, or a line. So a poll that is one line of
//! JSON is as many pieces as it has entries.

mod borders;
mod poll;
mod shown;
mod value;

use memchr::{memchr, memchr_iter, memchr3};

use super::Slowlog;
use super::csv;
use super::entry::{At, Decoded, emit};
use super::json::Notation;
use super::noise::is_noise;
use super::object::Objects;
use super::terminal::{self, trim_end};
use super::words::{self, Buffers};
use crate::error::Reject;
use crate::event::{Args, Place, Sink, Skipped, Span};
use crate::format::lexical;
use crate::format::monitor::wrap;

pub(super) use borders::last_start;

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
    /// Where the line ends whose end was looked for last: a poll in one line is many pieces.
    line_end: u64,
    /// Whether it holds neither control sequences nor carriage returns.
    is_plain: bool,
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
            line_end: start,
            is_plain: false,
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

    /// Lines of the block that was read, a last one without a line end included.
    pub(super) fn lines(&self, block: &[u8]) -> u64 {
        let read = usize::try_from(self.place.offset - self.start).unwrap_or(usize::MAX);
        match block.get(read..) {
            None | Some([]) => self.place.line + u64::from(block.last().is_some_and(|last| *last != b'\n')),
            Some(rest) => self.place.line + lexical::lines(rest),
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

    /// The same of bytes without a line end, but for one behind them where they are the line's last.
    fn take_within(&mut self, used: usize, is_last: bool) -> At {
        let at = At { place: self.place, bytes: used as u64 };
        self.place.offset += at.bytes;
        self.place.line += u64::from(is_last);
        at
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

    /// Bytes up to the end of the line that `rest` is in.
    fn line_length(&mut self, rest: &[u8]) -> usize {
        let here = self.place.offset;
        if self.line_end <= here {
            let first = memchr3(b'\n', 0x1b, b'\r', rest);
            self.is_plain = first.is_none_or(|at| rest.get(at) == Some(&b'\n'));
            let end = if self.is_plain { first } else { memchr(b'\n', rest) };
            self.line_end = here + end.map_or(rest.len(), |end| end + 1) as u64;
        }
        usize::try_from(self.line_end - here).unwrap_or(usize::MAX).min(rest.len())
    }

    /// One piece, of which `rest` has the first byte.
    fn piece(&mut self, rest: &[u8], sink: &mut dyn Sink) -> Piece {
        let length = self.line_length(rest);
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
        if !self.is_plain && (memchr(0x1b, line).is_some() || memchr(b'\r', line).is_some()) {
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
