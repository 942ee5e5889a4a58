//! The lines of one block, each to exactly one call of the sink.

use memchr::memchr;

use super::channel;
use super::clock::Clock;
use super::look::{Head, Look, holds_channel, look, trouble};
use super::message::{self, Line, Message, Notation, Word};
use super::raw;
use super::shape::{Plain, Shapes};
use super::start::{self, Frame, Start};
use super::{line, object};
use crate::error::Reject;
use crate::event::{Loss, Notice, Place, Sink, Skipped};
use crate::format::monitor::noise::is_noise;

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod printed;
mod terminal;

/// What a piece of a capture was found to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Form {
    /// `1) "pmessage"` and the lines behind it.
    Terminal,
    Raw,
    Csv,
    Json,
    QuotedJson,
    /// JSON objects.
    Objects,
    /// JSON objects behind what a logger writes.
    Logger,
    Python,
    /// The server's answer to a subscription, to channels of notifications or others.
    Answer,
    Noise,
    Rejected,
    Truncated,
}

/// Bytes and lines of a piece, and what it was.
struct Taken {
    bytes: usize,
    lines: u64,
    form: Form,
}

/// A piece as the sink is to be told of it.
#[derive(Clone, Copy)]
struct At {
    place: Place,
    bytes: u64,
}

impl Plain<'_> {
    /// Tells the sink of a message behind a prefix of so many bytes.
    fn tell(&self, place: Place, prefix: usize, time: Option<i64>, sink: &mut dyn Sink) -> Taken {
        let bytes = prefix + self.bytes;
        sink.notice(&Notice {
            place,
            bytes: bytes as u64,
            time,
            database: self.database,
            channel: self.channel,
            subscription: self.subscription,
            event: self.event,
            key: self.key,
            field: b"",
            exact: true,
        });
        Taken { bytes, lines: self.lines, form: self.form }
    }
}

/// Decoded strings of one message.
#[derive(Default)]
struct Decoded {
    subscription: Vec<u8>,
    channel: Vec<u8>,
    payload: Vec<u8>,
}

pub(super) struct Reader {
    /// JSON arrays are those of `--quoted-json`.
    doubled: bool,
    start: u64,
    /// Whether a loss was told since the last message: one is enough.
    told: bool,
    /// Those of the messages so far.
    shapes: Shapes,
    clock: Clock,
    buffer: Vec<u8>,
    strings: Decoded,
}

impl Reader {
    /// Reads a block that starts `start` bytes into its input.
    pub(super) fn new(doubled: bool, start: u64) -> Self {
        Reader {
            doubled,
            start,
            told: false,
            shapes: Shapes::default(),
            clock: Clock::default(),
            buffer: Vec::new(),
            strings: Decoded::default(),
        }
    }

    /// Reads pieces and tells the form of each, until `go_on` says no.
    pub(super) fn read(&mut self, block: &[u8], sink: &mut dyn Sink, go_on: &mut dyn FnMut(Form) -> bool) {
        let mut rest = block;
        let mut place = Place { offset: self.start, line: 0 };
        while !rest.is_empty() {
            let taken = self.piece(rest, place, sink);
            // Every piece has at least one byte.
            let bytes = taken.bytes.max(1);
            place.offset += bytes as u64;
            place.line += taken.lines;
            rest = rest.get(bytes..).unwrap_or_default();
            if !go_on(taken.form) {
                return;
            }
        }
    }

    fn piece(&mut self, rest: &[u8], place: Place, sink: &mut dyn Sink) -> Taken {
        match self.shapes.read(rest) {
            Some(plain) => {
                self.told = false;
                plain.tell(place, 0, None, sink)
            }
            None => self.judge(rest, place, sink),
        }
    }

    /// A piece of no known shape.
    fn judge(&mut self, rest: &[u8], place: Place, sink: &mut dyn Sink) -> Taken {
        let Some(end) = memchr(b'\n', rest) else {
            let shown = look(rest, &mut self.buffer);
            let form = if is_noise(shown.text) { Form::Noise } else { Form::Truncated };
            return self.skip(rest.len(), 1, form, place, sink);
        };
        let line = rest.get(..end).unwrap_or_default();
        let bytes = end + 1;
        let at = At { place, bytes: bytes as u64 };
        let mut buffer = std::mem::take(&mut self.buffer);
        let look = look(line, &mut buffer);
        if !look.prefix.is_empty()
            && line.get(look.prefix.len()..) == Some(look.text)
            && let Some(plain) = self.shapes.read(rest.get(look.prefix.len()..).unwrap_or_default())
            && plain.lines == 1
        {
            self.told = false;
            let taken = plain.tell(place, look.prefix.len(), look.time(&mut self.clock), sink);
            self.buffer = buffer;
            return taken;
        }
        let taken = match look.head {
            Head::Csv(_) => {
                let form = self.line(line::csv(look.text), &look, Form::Csv, at, sink);
                Taken { bytes, lines: 1, form }
            }
            Head::Json(_) => {
                let form = self.array(&look, at, sink);
                Taken { bytes, lines: 1, form }
            }
            Head::Object => {
                let form = match look.text {
                    [b'{', b'\'', ..] => Form::Python,
                    _ if look.prefix.is_empty() => Form::Objects,
                    _ => Form::Logger,
                };
                let form = match object::object(look.text, &mut self.clock) {
                    None if !holds_channel(look.text) => self.other(&look, at, sink),
                    found => self.line(found, &look, form, at, sink),
                };
                Taken { bytes, lines: 1, form }
            }
            Head::Element(1) => self.group(&look, rest, bytes, place, sink),
            Head::Element(index) => self.stray(&look, index, rest, bytes, place, sink),
            Head::Bare(word) => {
                let frame = Frame { crlf: line.ends_with(b"\r"), clock: !look.prefix.is_empty() };
                let time = look.time(&mut self.clock);
                self.bare(word, frame, time, rest, bytes, place, sink)
            }
            Head::Other => Taken { bytes, lines: 1, form: self.other(&look, at, sink) },
        };
        self.buffer = buffer;
        taken
    }

    /// A JSON array: the notation that the file was found to have goes first, the other one is tried.
    fn array(&mut self, look: &Look<'_>, at: At, sink: &mut dyn Sink) -> Form {
        let form = |doubled| if doubled { Form::QuotedJson } else { Form::Json };
        let doubled = match line::json(look.text, self.doubled) {
            Some(_) => self.doubled,
            None => !self.doubled,
        };
        self.line(line::json(look.text, doubled), look, form(doubled), at, sink)
    }

    /// What a form of one line says.
    fn line(
        &mut self,
        line: Option<Line<'_>>,
        look: &Look<'_>,
        form: Form,
        at: At,
        sink: &mut dyn Sink,
    ) -> Form {
        match line {
            Some(Line::Message(mut message)) => {
                message.time = message.time.or_else(|| look.time(&mut self.clock));
                self.message(&message, look.text, form, at, sink)
            }
            Some(Line::Answer { first }) => {
                let time = look.time(&mut self.clock);
                self.answer(first, time, at, sink)
            }
            None => reject("not of the form that its start promises", look.text, at, sink),
        }
    }

    /// The server's answer to a subscription. The first one of a connection says that it is new.
    fn answer(&mut self, first: bool, time: Option<i64>, at: At, sink: &mut dyn Sink) -> Form {
        sink.skip(at.place, at.bytes, Skipped::Noise);
        if first {
            self.lose("the subscriber subscribed anew", time, at.place, sink);
        }
        Form::Answer
    }

    fn lose(&mut self, reason: &'static str, time: Option<i64>, place: Place, sink: &mut dyn Sink) {
        if !std::mem::replace(&mut self.told, true) {
            sink.loss(&Loss { place, time, reason });
        }
    }

    /// Something was published: a notification, or what other publishers sent to the same subscriber.
    fn message(
        &mut self,
        message: &Message<'_>,
        text: &[u8],
        form: Form,
        at: At,
        sink: &mut dyn Sink,
    ) -> Form {
        let notation = message.notation;
        let strings = &mut self.strings;
        let parts = (
            message::decode(message.subscription, notation, &mut strings.subscription),
            message::decode(message.channel, notation, &mut strings.channel),
            message::decode(message.payload, notation, &mut strings.payload),
        );
        let (Some((subscription, _)), Some((channel, is_known)), Some((payload, is_payload_known))) = parts
        else {
            return reject("an escape that is not of the form's notation", text, at, sink);
        };
        let Some(told) = channel::told(channel, payload) else {
            if channel.starts_with(b"__key") || channel.starts_with(b"__subkey") {
                return reject("channel and message do not make a notification", text, at, sink);
            }
            sink.skip(at.place, at.bytes, Skipped::Noise);
            return Form::Noise;
        };
        self.told = false;
        let doubled = form == Form::QuotedJson;
        if doubled == self.doubled || !matches!(form, Form::Json | Form::QuotedJson) {
            self.shapes.learn(form, subscription, channel);
        }
        sink.notice(&Notice {
            place: at.place,
            bytes: at.bytes,
            time: message.time,
            database: told.database,
            channel: told.channel,
            subscription,
            event: told.event,
            key: told.key,
            field: told.field,
            exact: is_known && is_payload_known,
        });
        form
    }

    /// A word alone: raw output, if what follows fits.
    #[allow(clippy::too_many_arguments)]
    fn bare(
        &mut self,
        word: Word,
        frame: Frame,
        time: Option<i64>,
        rest: &[u8],
        bytes: usize,
        place: Place,
        sink: &mut dyn Sink,
    ) -> Taken {
        match start::bare(word, rest.get(bytes..).unwrap_or_default(), frame) {
            Some(Start::Message) => {
                let mut buffer = Vec::new();
                match raw::message(rest, word, frame, &mut buffer) {
                    Ok((raw, extent)) => {
                        let at = At { place, bytes: extent.bytes as u64 };
                        let message = Message {
                            subscription: raw.subscription,
                            channel: raw.channel,
                            payload: raw.payload,
                            notation: Notation::Bare,
                            time,
                        };
                        let form = self.message(&message, b"", Form::Raw, at, sink);
                        Taken { bytes: extent.bytes, lines: extent.lines, form }
                    }
                    Err(extent) => self.skip(extent.bytes, extent.lines, Form::Truncated, place, sink),
                }
            }
            Some(Start::Answer) => {
                let (bytes, lines) = raw::lines(rest, 3);
                let count = raw::last_line(rest, bytes);
                let first = word == Word::Subscribed && frame.strip(count) == b"1";
                let at = At { place, bytes: bytes as u64 };
                Taken { bytes, lines, form: self.answer(first, time, at, sink) }
            }
            Some(Start::Foreign) => {
                let (bytes, lines) = raw::foreign(rest, word);
                self.skip(bytes, lines, Form::Noise, place, sink)
            }
            None => {
                let (bytes, lines) = raw::cut_off(rest, word, frame);
                let form = if word == Word::Plain && lines == 1 && raw::goes_on(rest, bytes) {
                    // Another channel's message.
                    Form::Noise
                } else {
                    Form::Truncated
                };
                self.skip(bytes, lines, form, place, sink)
            }
        }
    }

    /// A line in none of the forms.
    fn other(&mut self, look: &Look<'_>, at: At, sink: &mut dyn Sink) -> Form {
        if holds_channel(look.text) {
            if at.place.offset == 0 {
                sink.skip(at.place, at.bytes, Skipped::Truncated);
                return Form::Truncated;
            }
            if memchr(b'"', look.text).is_some() {
                return reject("a channel of notifications in no known form", look.text, at, sink);
            }
        }
        sink.skip(at.place, at.bytes, Skipped::Noise);
        if let Some(reason) = trouble(look.text) {
            let time = look
                .time(&mut self.clock)
                .or_else(|| crate::format::clock::leading(look.text).map(|(time, _)| time));
            self.lose(reason, time, at.place, sink);
        }
        Form::Noise
    }

    fn skip(&mut self, bytes: usize, lines: u64, form: Form, place: Place, sink: &mut dyn Sink) -> Taken {
        let why = if form == Form::Truncated { Skipped::Truncated } else { Skipped::Noise };
        sink.skip(place, bytes as u64, why);
        Taken { bytes, lines, form }
    }
}

fn reject(reason: &'static str, text: &[u8], at: At, sink: &mut dyn Sink) -> Form {
    sink.reject(Reject { place: at.place, bytes: at.bytes, reason, text });
    Form::Rejected
}
