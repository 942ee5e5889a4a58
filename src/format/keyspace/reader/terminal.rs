//! Replies on a terminal, each element on a line of its own.

use memchr::memchr;

use super::{At, Decoded, Form, Reader, Taken, reject};
use crate::event::{Place, Sink, Skipped};
use crate::format::keyspace::line::{self, Element};
use crate::format::keyspace::look::{Head, Look, holds_channel, look};
use crate::format::keyspace::message::{self, Message, Notation, Word};
use crate::format::keyspace::start::is_message;
use crate::format::monitor::noise::is_noise;

impl Reader {
    /// A reply on a terminal, from its first line on.
    pub(super) fn group(
        &mut self,
        first: &Look<'_>,
        rest: &[u8],
        bytes: usize,
        place: Place,
        sink: &mut dyn Sink,
    ) -> Taken {
        let word = match line::element(first.text, 1) {
            Some(Element::Text(text)) => message::word(text),
            _ => None,
        };
        let Some(word) = word else {
            // Another command's reply; or a line that cannot be read.
            return self.run(1, Form::Noise, rest, place, sink);
        };
        let last = if word == Word::Patterned { 4 } else { 3 };
        let mut strings = std::mem::take(&mut self.strings);
        let mut parts = Parts::default();
        let mut buffer = Vec::new();
        let mut taken = Taken { bytes, lines: 1, form: Form::Truncated };
        let mut index = 2;
        while index <= last {
            let tail = rest.get(taken.bytes..).unwrap_or_default();
            let whole = memchr(b'\n', tail);
            let line = tail.get(..whole.unwrap_or(tail.len())).unwrap_or_default();
            let look = look(line, &mut buffer);
            if look.head != Head::Element(index) {
                // A line that was cut off belongs to what it was cut from.
                if whole.is_none() && !tail.is_empty() && !is_noise(tail) {
                    taken.bytes += tail.len();
                    taken.lines += 1;
                }
                break;
            }
            taken.bytes += whole.map_or(tail.len(), |end| end + 1);
            taken.lines += 1;
            if whole.is_none() {
                break;
            }
            let Some(element) = line::element(look.text, index) else {
                taken.form = Form::Rejected;
                break;
            };
            parts.take(word, index, element, &mut strings);
            index += 1;
        }
        let at = At { place, bytes: taken.bytes as u64 };
        taken.form = if index <= last {
            match taken.form {
                Form::Rejected => reject("a line of the reply cannot be read", first.text, at, sink),
                _ => {
                    sink.skip(at.place, at.bytes, Skipped::Truncated);
                    Form::Truncated
                }
            }
        } else if is_message(word) && parts.texts {
            let message = Message {
                subscription: if word == Word::Patterned { &strings.subscription } else { b"" },
                channel: &strings.channel,
                payload: &strings.payload,
                notation: Notation::Bare,
                time: first.time(&mut self.clock),
            };
            self.message(&message, first.text, Form::Terminal, at, sink)
        } else if is_message(word) {
            reject("a message without its texts", first.text, at, sink)
        } else {
            let time = first.time(&mut self.clock);
            self.answer(word == Word::Subscribed && parts.first, time, at, sink)
        };
        self.strings = strings;
        taken
    }

    /// Lines of a reply without its start: cut off at the start of the capture, or another command's.
    pub(super) fn stray(
        &mut self,
        first: &Look<'_>,
        index: u8,
        rest: &[u8],
        bytes: usize,
        place: Place,
        sink: &mut dyn Sink,
    ) -> Taken {
        if place.offset == 0 {
            return self.run(index, Form::Truncated, rest, place, sink);
        }
        let at = At { place, bytes: bytes as u64 };
        let form = if holds_channel(first.text) {
            reject("a line of a reply without its start", first.text, at, sink)
        } else {
            sink.skip(at.place, at.bytes, Skipped::Noise);
            Form::Noise
        };
        Taken { bytes, lines: 1, form }
    }

    /// Elements from the number `index` on, as one piece.
    fn run(&mut self, index: u8, form: Form, rest: &[u8], place: Place, sink: &mut dyn Sink) -> Taken {
        let mut buffer = Vec::new();
        let mut taken = Taken { bytes: 0, lines: 0, form };
        let mut index = index;
        while let Some(end) = memchr(b'\n', rest.get(taken.bytes..).unwrap_or_default()) {
            let line = rest.get(taken.bytes..taken.bytes + end).unwrap_or_default();
            if look(line, &mut buffer).head != Head::Element(index) {
                break;
            }
            taken.bytes += end + 1;
            taken.lines += 1;
            index = index.saturating_add(1);
        }
        self.skip(taken.bytes, taken.lines, form, place, sink)
    }
}

/// What the lines of a reply hold so far.
struct Parts {
    /// Whether all that have to be are texts.
    texts: bool,
    /// Whether the count of subscriptions is 1.
    first: bool,
}

impl Default for Parts {
    fn default() -> Self {
        Parts { texts: true, first: false }
    }
}

impl Parts {
    fn take(&mut self, word: Word, index: u8, element: Element<'_>, strings: &mut Decoded) {
        // Without a pattern the channel stands where the pattern would.
        let slot = match if word == Word::Patterned { index } else { index + 1 } {
            2 => &mut strings.subscription,
            3 => &mut strings.channel,
            _ => &mut strings.payload,
        };
        match element {
            Element::Text(raw) => {
                slot.clear();
                crate::format::lexical::unescape_into(raw, slot);
            }
            Element::Other(text) => {
                self.texts = false;
                self.first = text == b"1";
            }
        }
    }
}
