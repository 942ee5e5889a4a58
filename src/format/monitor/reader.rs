//! The lines of one block, each to exactly one call of the sink.

use memchr::memchr;

use super::fast::{self, Line, Second};
use super::line::{self, Flaw, Header};
use super::noise::{is_noise, is_start, is_start_behind};
use super::wrap::{self, Outer};
use crate::error::Reject;
use crate::event::{Args, Command, Database, Exactness, Place, Sink, Skipped, Span};
use crate::format::lexical::{stamp, whole_number};
use crate::format::python::{self, Value};

/// What a line was found to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Form {
    Plain,
    /// Redis 2.0 to 2.4: no client.
    Old,
    /// Kvrocks prints a namespace where Redis prints the database.
    Kvrocks,
    /// Carriage returns or control sequences: a terminal's recording.
    Terminal,
    Resp,
    Quoted,
    QuotedJson,
    Docker,
    Cri,
    Prefixed,
    Insight,
    Python,
    /// Unescaped quotes.
    Tolerant,
    /// No record: the server's `OK`.
    Start,
    /// What tools print around records.
    Noise,
    /// Text of no known tool.
    Text,
    /// No record, though it looks like one.
    Rejected,
    Truncated,
}

/// Times before this are no server's clock but a first line whose leading digits were cut off
/// (ten digits of seconds began in September 2001).
const CUT_TIME: i64 = 1_000_000_000_000_000;

/// A line's place, and the bytes that its record takes.
#[derive(Clone, Copy)]
struct At {
    place: Place,
    bytes: u64,
}

/// A record of which only the first parts were seen.
struct Joined {
    at: At,
    text: Vec<u8>,
}

pub(super) struct Reader {
    insight: bool,
    start: u64,
    spans: Vec<Span>,
    second: Second,
    buffer: Vec<u8>,
    joined: Option<Joined>,
}

impl Reader {
    /// Reads a block that starts `start` bytes into its input.
    pub(super) fn new(insight: bool, start: u64) -> Self {
        Reader {
            insight,
            start,
            spans: Vec::with_capacity(64),
            second: Second::default(),
            buffer: Vec::new(),
            joined: None,
        }
    }

    /// Gives the number of lines.
    pub(super) fn read(&mut self, block: &[u8], sink: &mut dyn Sink) -> u64 {
        self.lines(block, sink, |_| true)
    }

    /// Reads lines and tells the form of each, until `go_on` says no; gives the number of those read.
    pub(super) fn lines(
        &mut self,
        block: &[u8],
        sink: &mut dyn Sink,
        mut go_on: impl FnMut(Form) -> bool,
    ) -> u64 {
        let mut rest = block;
        let mut place = Place { offset: self.start, line: 0 };
        while !rest.is_empty() {
            let common = self.common(rest);
            // By reference: a copy would wait for what was just written.
            let common = common.as_ref().filter(|line| line.end < rest.len());
            let end = match common {
                Some(line) => Some(line.end),
                None => memchr(b'\n', rest),
            };
            let (whole, left) = rest.split_at(end.map_or(rest.len(), |end| end + 1));
            let at = At { place, bytes: whole.len() as u64 };
            let line = whole.get(..end.unwrap_or_default()).unwrap_or_default();
            let form = match (common, end) {
                (Some(line), _) => {
                    let (header, payload) = (line.header(rest), line.payload);
                    let args = line.args(rest, &self.spans);
                    let read = Read { header, args, payload, exactness: Exactness::Exact };
                    hand_on(&read, at, sink, Form::Plain)
                }
                (None, Some(_)) => self.line(line, at, sink),
                (None, None) => self.unended(whole, at, sink),
            };
            place.offset += at.bytes;
            place.line += 1;
            rest = left;
            if !go_on(form) {
                return place.line;
            }
        }
        if let Some(joined) = self.joined.take() {
            sink.skip(joined.at.place, joined.at.bytes, Skipped::Truncated);
        }
        place.line
    }

    /// The line that `rest` starts with, where it is nothing but a record in its commonest form; it may lack its end.
    #[inline(always)]
    fn common(&mut self, rest: &[u8]) -> Option<Line> {
        if self.joined.is_some() || self.insight {
            return None;
        }
        fast::record(rest, &mut self.spans, &mut self.second)
    }

    /// The last line, without a line end: nobody can tell what is missing.
    fn unended(&mut self, line: &[u8], at: At, sink: &mut dyn Sink) -> Form {
        if is_noise(line) {
            sink.skip(at.place, at.bytes, Skipped::noise(line));
            return Form::Noise;
        }
        let at = match self.joined.take() {
            Some(joined) => At { place: joined.at.place, bytes: joined.at.bytes + at.bytes },
            None => at,
        };
        sink.skip(at.place, at.bytes, Skipped::Truncated);
        Form::Truncated
    }

    fn line(&mut self, line: &[u8], at: At, sink: &mut dyn Sink) -> Form {
        if self.joined.is_none()
            && !self.insight
            && let Ok(header) = line::strict(line, &mut self.spans)
        {
            return self.emit(&header, line, Exactness::Exact, at, sink, Form::Plain);
        }
        let shown = wrap::trim_end(line);
        let form = if shown.len() < line.len() { Form::Terminal } else { Form::Plain };
        if memchr(0x1b, shown).is_some() || memchr(b'\r', shown).is_some() {
            let mut plain = self.buffer();
            wrap::terminal(shown, &mut plain);
            let form = self.unwrap(&plain, at, sink, Form::Terminal);
            self.buffer = plain;
            return form;
        }
        self.unwrap(shown, at, sink, form)
    }

    /// An empty buffer; whoever takes it puts it back, so that lines share its memory.
    fn buffer(&mut self) -> Vec<u8> {
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.clear();
        buffer
    }

    /// Takes off what tools wrap around a line, joins what they split.
    fn unwrap(&mut self, text: &[u8], at: At, sink: &mut dyn Sink, form: Form) -> Form {
        if let Some(part) = wrap::cri(text) {
            return self.part(part.text, part.whole, at, sink, Form::Cri);
        }
        if text.first() == Some(&b'{') {
            let mut log = self.buffer();
            let form =
                wrap::docker(text, &mut log).map(|whole| self.part(&log, whole, at, sink, Form::Docker));
            self.buffer = log;
            if let Some(form) = form {
                return form;
            }
        }
        self.drop_joined(sink);
        match text.first() {
            Some(b'+') => self.content(text.get(1..).unwrap_or_default(), at, sink, Form::Resp),
            Some(b'{') => self.dict(text, at, sink),
            Some(b'"') => {
                let mut inner = self.buffer();
                let form = match wrap::outer(text, &mut inner) {
                    Some(Outer::Once) => self.content(&inner, at, sink, Form::Quoted),
                    // What was no doubled notation after all must be judged as it stands.
                    Some(Outer::Doubled) if line::header(&inner).is_ok() => {
                        self.content(&inner, at, sink, Form::QuotedJson)
                    }
                    _ => self.content(text, at, sink, form),
                };
                self.buffer = inner;
                form
            }
            _ => self.content(text, at, sink, form),
        }
    }

    /// One part of a record that a container's log split.
    fn part(&mut self, text: &[u8], whole: bool, at: At, sink: &mut dyn Sink, form: Form) -> Form {
        let mut joined = match self.joined.take() {
            Some(joined) => joined,
            None if whole => return self.content(text, at, sink, form),
            None => Joined { at: At { place: at.place, bytes: 0 }, text: Vec::new() },
        };
        joined.at.bytes += at.bytes;
        joined.text.extend_from_slice(text);
        if !whole {
            self.joined = Some(joined);
            return form;
        }
        self.content(&joined.text, joined.at, sink, form)
    }

    /// What was joined so far has no end.
    fn drop_joined(&mut self, sink: &mut dyn Sink) {
        if let Some(Joined { at, text }) = self.joined.take() {
            let reason = "a record that the log split, without its last part";
            sink.reject(Reject { place: at.place, bytes: at.bytes, reason, text: &text });
        }
    }

    /// A line with nothing around it but, perhaps, a prefix.
    fn content(&mut self, text: &[u8], at: At, sink: &mut dyn Sink, form: Form) -> Form {
        if self.insight {
            let mut plain = self.buffer();
            let header =
                wrap::insight(text, &mut plain).and_then(|()| line::record(&plain, &mut self.spans).ok());
            let form =
                header.map(|header| self.emit(&header, &plain, Exactness::Exact, at, sink, Form::Insight));
            self.buffer = plain;
            if let Some(form) = form {
                return form;
            }
        }
        // In a file of RedisInsight's, a line in redis-cli's notation is a guess.
        let exactness = if self.insight { Exactness::Inexact } else { Exactness::Exact };
        let flaw = match line::behind_prefix(text, &mut self.spans) {
            Ok(start) => {
                let record = text.get(start..).unwrap_or_default();
                let form = if start > 0 && form == Form::Plain { Form::Prefixed } else { form };
                return match line::record(record, &mut self.spans) {
                    Ok(header) => self.emit(&header, record, exactness, at, sink, form),
                    Err(flaw) => give_up(text, flaw, at, sink),
                };
            }
            Err(flaw) => flaw,
        };
        if let Some(form) = self.quoted_behind_prefix(text, at, sink) {
            return form;
        }
        if is_start_behind(text) {
            sink.skip(at.place, at.bytes, Skipped::Noise);
            sink.gap(at.place);
            // Behind a prefix anybody may have said so.
            return if is_start(text) { Form::Start } else { Form::Noise };
        }
        if is_noise(text) {
            sink.skip(at.place, at.bytes, Skipped::noise(text));
            return Form::Noise;
        }
        let record = line::header_start(text).and_then(|start| text.get(start..)).unwrap_or_default();
        match line::tolerant(record, &mut self.spans) {
            Ok(header) => {
                let mut spans = Vec::new();
                if line::holds_another(record, &mut spans) {
                    let reason = "another record begins inside this one";
                    sink.reject(Reject { place: at.place, bytes: at.bytes, reason, text });
                    return Form::Rejected;
                }
                self.emit(&header, record, Exactness::Inexact, at, sink, Form::Tolerant)
            }
            Err(_) => give_up(text, flaw, at, sink),
        }
    }

    /// A whole line of redis-cli's `--csv` or `--json` behind a prefix, which holds no quote.
    fn quoted_behind_prefix(&mut self, text: &[u8], at: At, sink: &mut dyn Sink) -> Option<Form> {
        let quote = memchr(b'"', text).filter(|quote| *quote > 0)?;
        // A record's time; what stands in quotes elsewhere is mostly a command's name.
        text.get(quote + 1).filter(|first| first.is_ascii_digit())?;
        let mut inner = self.buffer();
        let record = text.get(quote..).and_then(|line| wrap::outer(line, &mut inner));
        let header = record.and_then(|_| line::record(&inner, &mut self.spans).ok());
        let form =
            header.map(|header| self.emit(&header, &inner, Exactness::Exact, at, sink, Form::Prefixed));
        self.buffer = inner;
        form
    }

    fn emit(
        &mut self,
        header: &Header<'_>,
        text: &[u8],
        exactness: Exactness,
        at: At,
        sink: &mut dyn Sink,
        form: Form,
    ) -> Form {
        let args = Args::new(text, &self.spans);
        hand_on(&Read { header: *header, args, payload: args.payload(), exactness }, at, sink, form)
    }

    /// redis-py's dict: only time, database, client and the first word can be known, because the
    /// library joins the arguments by spaces.
    fn dict(&mut self, text: &[u8], at: At, sink: &mut dyn Sink) -> Form {
        let (mut time, mut database) = (None, None);
        let (mut host, mut port, mut kind, mut words) = (None, None, None, None);
        let read = python::dict(text, |key, value| match (key, value) {
            (b"time", Value::Word(word)) => time = float_time(word),
            (b"db", Value::Word(word)) => database = whole_number(word),
            (b"client_address", Value::Text(raw) | Value::Bytes(raw)) => host = Some(raw),
            (b"client_port", Value::Text(raw) | Value::Bytes(raw)) => port = Some(raw),
            (b"client_type", Value::Text(raw) | Value::Bytes(raw)) => kind = Some(raw),
            (b"command", Value::Text(raw) | Value::Bytes(raw)) => words = Some(raw),
            _ => {}
        });
        let (Ok(_), Some(time), Some(host), Some(words)) = (read, time, host, words) else {
            return give_up(text, Flaw::Header, at, sink);
        };
        let mut buffer = self.buffer();
        match kind {
            Some(b"unknown") => {}
            Some(b"unix") => {
                buffer.extend_from_slice(b"unix:");
                python::unescape_into(port.unwrap_or_default(), &mut buffer);
            }
            _ => {
                python::unescape_into(host, &mut buffer);
                if let Some(port) = port.filter(|port| !port.is_empty()) {
                    buffer.push(b':');
                    python::unescape_into(port, &mut buffer);
                }
            }
        }
        let client = buffer.len();
        python::unescape_into(words.split(|byte| *byte == b' ').next().unwrap_or_default(), &mut buffer);
        let (client, name) = buffer.split_at(client);
        self.spans.clear();
        self.spans.push(Span { start: 0, len: u32::try_from(name.len()).unwrap_or(0), escapes: 0 });
        let header = Header { time, database: Database::Number(database.unwrap_or(0)), client: Some(client) };
        let form = self.emit(&header, name, Exactness::NameOnly, at, sink, Form::Python);
        self.buffer = buffer;
        form
    }
}

/// Python's `repr` of a float: a decimal fraction, unlike the server's own notation.
fn float_time(word: &[u8]) -> Option<i64> {
    let dot = memchr(b'.', word).unwrap_or(word.len());
    let fraction = word.get(dot + 1..).unwrap_or_default();
    let mut padded = word.get(..dot)?.to_vec();
    padded.push(b'.');
    padded.extend_from_slice(fraction.get(..6).unwrap_or(fraction));
    padded.resize(dot + 7, b'0');
    stamp(&padded).ok().filter(|(rest, _)| rest.is_empty()).map(|(_, time)| time)
}

/// What was read of a record.
struct Read<'a> {
    header: Header<'a>,
    args: Args<'a>,
    payload: u64,
    exactness: Exactness,
}

#[inline]
fn hand_on(read: &Read<'_>, at: At, sink: &mut dyn Sink, form: Form) -> Form {
    let Read { header, args, payload, exactness } = *read;
    if at.place.offset == 0 && header.time < CUT_TIME {
        sink.skip(at.place, at.bytes, Skipped::Truncated);
        return Form::Truncated;
    }
    sink.command(&Command {
        place: at.place,
        bytes: at.bytes,
        time: header.time,
        database: header.database,
        client: header.client,
        args,
        payload,
        exactness,
    });
    match (form, header) {
        (Form::Plain, Header { client: None, .. }) => Form::Old,
        (Form::Plain, Header { database: Database::Namespace(_), .. }) => Form::Kvrocks,
        (form, _) => form,
    }
}

/// A line that is no record: cut at the start of the capture, looking like a record, or other text.
fn give_up(text: &[u8], flaw: Flaw, at: At, sink: &mut dyn Sink) -> Form {
    let quoted = memchr(b'"', text).is_some();
    if at.place.offset == 0 && flaw == Flaw::Header && quoted {
        sink.skip(at.place, at.bytes, Skipped::Truncated);
        return Form::Truncated;
    }
    if flaw != Flaw::Header || quoted || stamp(text).is_ok() {
        sink.reject(Reject { place: at.place, bytes: at.bytes, reason: flaw.reason(), text });
        return Form::Rejected;
    }
    sink.skip(at.place, at.bytes, Skipped::Noise);
    Form::Text
}
