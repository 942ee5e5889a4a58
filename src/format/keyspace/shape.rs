//! Messages of a shape that was met before: all but the key and the event is the same as last time.
//!
//! A subscriber has few patterns, and few channels come by each. So where a message starts with the very
//! bytes of an earlier one, up to the name in its channel, only the name and the payload are left to find. Both must stand there as they
//! are: at an escape, a control character or anything else that the grammar has to judge, it is asked.

use memchr::{memchr, memchr2, memchr3};

use super::channel;
use super::reader::Form;
use crate::event::Channel;

/// Shapes that are kept, for each block anew. Later ones are read by the grammar.
const MOST: usize = 24;

/// What a form puts around pattern, channel and payload.
#[derive(Debug)]
struct Frame {
    form: Form,
    /// Whether there is a pattern.
    patterned: bool,
    /// Before the pattern (or the channel), between the three, and at the end. Line ends are those of raw
    /// output only: any other form may have a carriage return in front of its last one.
    parts: [&'static [u8]; 4],
    /// What ends name and payload.
    quote: u8,
    lines: u64,
}

impl Frame {
    const fn new(form: Form, parts: [&'static [u8]; 4]) -> Self {
        let (quote, lines) = match form {
            Form::Python => (b'\'', 1),
            Form::Raw => (b'\n', 4),
            Form::Terminal => (b'"', 4),
            _ => (b'"', 1),
        };
        Frame { form, patterned: true, parts, quote, lines }
    }

    /// The same where `start` stands before the channel, of plain subscriptions.
    const fn plain(form: Form, start: &'static [u8], [_, _, between, end]: [&'static [u8]; 4]) -> Self {
        let frame = Frame::new(form, [start, b"", between, end]);
        let lines = if frame.lines == 4 { 3 } else { 1 };
        Frame { patterned: false, lines, ..frame }
    }
}

const TERMINAL: [&[u8]; 4] = [b"1) \"pmessage\"\n2) \"", b"\"\n3) \"", b"\"\n4) \"", b"\""];
const TERMINAL_CR: [&[u8]; 4] = [b"1) \"pmessage\"\r\n2) \"", b"\"\r\n3) \"", b"\"\r\n4) \"", b"\""];
const RAW: [&[u8]; 4] = [b"pmessage\n", b"\n", b"\n", b"\n"];
const RAW_CR: [&[u8]; 4] = [b"pmessage\r\n", b"\r\n", b"\r\n", b"\r\n"];
const CSV: [&[u8]; 4] = [b"\"pmessage\",\"", b"\",\"", b"\",\"", b"\""];
const JSON: [&[u8]; 4] = [b"[\"pmessage\",\"", b"\",\"", b"\",\"", b"\"]"];
/// Bytes as redis-py gives them, and text as it does with `decode_responses`.
const PYTHON: [[&[u8]; 4]; 2] = [
    [b"{'type': 'pmessage', 'pattern': b'", b"', 'channel': b'", b"', 'data': b'", b"'}"],
    [b"{'type': 'pmessage', 'pattern': '", b"', 'channel': '", b"', 'data': '", b"'}"],
];

static FRAMES: [Frame; 16] = [
    Frame::new(Form::Terminal, TERMINAL),
    Frame::new(Form::Terminal, TERMINAL_CR),
    // The channel is the second element there.
    Frame::plain(Form::Terminal, b"1) \"message\"\n2) \"", [b"", b"", b"\"\n3) \"", b"\""]),
    Frame::plain(Form::Terminal, b"1) \"message\"\r\n2) \"", [b"", b"", b"\"\r\n3) \"", b"\""]),
    Frame::new(Form::Raw, RAW),
    Frame::new(Form::Raw, RAW_CR),
    Frame::plain(Form::Raw, b"message\n", RAW),
    Frame::plain(Form::Raw, b"message\r\n", RAW_CR),
    Frame::new(Form::Csv, CSV),
    Frame::plain(Form::Csv, b"\"message\",\"", CSV),
    Frame::new(Form::Json, JSON),
    Frame::plain(Form::Json, b"[\"message\",\"", JSON),
    Frame::new(Form::Python, PYTHON[0]),
    Frame::plain(Form::Python, b"{'type': 'message', 'pattern': None, 'channel': b'", PYTHON[0]),
    Frame::new(Form::Python, PYTHON[1]),
    Frame::plain(Form::Python, b"{'type': 'message', 'pattern': None, 'channel': '", PYTHON[1]),
];

/// A frame, its pattern, and the channel up to its name.
#[derive(Debug)]
struct Shape {
    frame: &'static Frame,
    form: Form,
    /// The bytes that a message of this shape starts with.
    head: Vec<u8>,
    /// Where the channel starts in `head`.
    channel_at: usize,
    subscription: Vec<u8>,
    channel: Channel,
    database: u32,
    /// The shape that came after this one the last time.
    next: usize,
}

/// A message whose strings stand as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plain<'a> {
    /// The form it stands in.
    pub form: Form,
    /// The subscriber's pattern, empty for a plain subscription.
    pub subscription: &'a [u8],
    /// Which channel.
    pub channel: Channel,
    /// The channel's database.
    pub database: u32,
    /// The event.
    pub event: &'a [u8],
    /// The key.
    pub key: &'a [u8],
    /// Bytes, the last line end included.
    pub bytes: usize,
    /// Lines.
    pub lines: u64,
}

impl Shape {
    /// Whether `bytes` start a message in raw output, as [`super::raw::start`] has it.
    fn starts_raw(&self, bytes: &[u8]) -> bool {
        let [.., between, _] = self.frame.parts;
        let Some(tail) = bytes.strip_prefix(self.head.as_slice()).filter(|_| self.form == Form::Raw) else {
            return false;
        };
        self.plain(tail).is_some_and(|end| {
            tail.get(end..).is_some_and(|rest| rest.starts_with(between))
                && self.is_admitted(bytes, self.head.len() + end)
        })
    }

    /// Whether the pattern admits the channel that ends at `end`.
    fn is_admitted(&self, bytes: &[u8], end: usize) -> bool {
        let channel = bytes.get(self.channel_at..end).unwrap_or_default();
        !self.frame.patterned || channel::admits(&self.subscription, channel)
    }

    /// How long the string at the start of `bytes` is; `None` where it does not stand there as it is.
    fn plain(&self, bytes: &[u8]) -> Option<usize> {
        if self.form == Form::Raw {
            let end = memchr(b'\n', bytes)?;
            let [.., line_end] = self.frame.parts;
            return end.checked_sub(line_end.len() - 1);
        }
        let end = memchr3(self.frame.quote, b'\\', b'\n', bytes)?;
        let (text, rest) = bytes.split_at(end);
        (rest.first() == Some(&self.frame.quote) && memchr2(b'\r', 0x1b, text).is_none()).then_some(end)
    }

    /// The message at the start of `bytes`, which start with `head`, and what follows it.
    fn read<'a>(&'a self, bytes: &'a [u8]) -> Option<(Plain<'a>, &'a [u8])> {
        let [.., between, end] = self.frame.parts;
        let tail = bytes.get(self.head.len()..)?;
        let (name, tail) = tail.split_at(self.plain(tail)?);
        if self.form == Form::Raw && !self.is_admitted(bytes, self.head.len() + name.len()) {
            return None;
        }
        let tail = tail.strip_prefix(between)?;
        let (payload, tail) = tail.split_at(self.plain(tail)?);
        let rest = match (self.form, tail.strip_prefix(end)?) {
            (Form::Raw, rest) | (_, [b'\n', rest @ ..] | [b'\r', b'\n', rest @ ..]) => rest,
            _ => return None,
        };
        let (event, key) = if self.channel == Channel::Keyspace { (payload, name) } else { (name, payload) };
        let message = Plain {
            form: self.form,
            subscription: &self.subscription,
            channel: self.channel,
            database: self.database,
            event,
            key,
            bytes: bytes.len() - rest.len(),
            lines: self.frame.lines,
        };
        (!event.is_empty()).then_some((message, rest))
    }
}

/// The shapes that were met.
#[derive(Debug, Default)]
pub struct Shapes {
    held: Vec<Shape>,
    /// That of the last message.
    last: usize,
}

impl Shapes {
    /// The message at the start of `bytes`, if it is of a shape that is held.
    pub fn read<'a>(&'a mut self, bytes: &'a [u8]) -> Option<Plain<'a>> {
        let found = self.find(self.last, |shape| bytes.starts_with(&shape.head))?;
        if let Some(last) = self.held.get_mut(self.last) {
            last.next = found;
        }
        self.last = found;
        let (message, rest) = self.held.get(found)?.read(bytes)?;
        // Only the next message ends one in raw output.
        let ends = message.form != Form::Raw
            || rest.is_empty()
            || self.find(found, |shape| shape.starts_raw(rest)).is_some();
        ends.then_some(message)
    }

    /// The shape that `is` true of. The one that came after `last` the last time goes first.
    fn find(&self, last: usize, is: impl Fn(&Shape) -> bool) -> Option<usize> {
        let next = self.held.get(last)?.next;
        if self.held.get(next).is_some_and(&is) {
            return Some(next);
        }
        self.held.iter().position(is)
    }

    /// Takes in the shapes of a message that the grammar read.
    pub fn learn(&mut self, form: Form, subscription: &[u8], channel: &[u8]) {
        let Ok((name, (kind, database))) = channel::start(channel) else { return };
        let start = channel.get(..channel.len() - name.len()).unwrap_or_default();
        let odd = |byte: &u8| byte.is_ascii_control() || matches!(byte, b'"' | b'\'' | b'\\');
        if !matches!(kind, Channel::Keyspace | Channel::Keyevent) || subscription.iter().any(odd) {
            return;
        }
        // What `--quoted-json` does to escapes is all that it does.
        let framed = if form == Form::QuotedJson { Form::Json } else { form };
        let patterned = !subscription.is_empty();
        for frame in FRAMES.iter().filter(|frame| frame.form == framed && frame.patterned == patterned) {
            let is_held = |shape: &Shape| {
                std::ptr::eq(shape.frame, frame)
                    && (shape.channel, shape.database) == (kind, database)
                    && shape.subscription == subscription
            };
            if self.held.len() < MOST && !self.held.iter().any(is_held) {
                let [first, second, ..] = frame.parts;
                let head = [first, subscription, second, start].concat();
                self.held.push(Shape {
                    frame,
                    form,
                    channel_at: head.len() - start.len(),
                    head,
                    subscription: subscription.to_vec(),
                    channel: kind,
                    database,
                    next: 0,
                });
            }
        }
    }
}
