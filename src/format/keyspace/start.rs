//! What starts at a line, which in raw output only the lines behind it tell.

use memchr::memchr;

use super::look::{Head, clocked, holds_channel, look};
use super::message::{self, Word};
use super::{channel, line};

/// How the lines of a message stand in the file, as its first one tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// Lines end with a carriage return and a line feed.
    pub crlf: bool,
    /// Each line has a clock in front.
    pub clock: bool,
}

impl Frame {
    /// A line of a message by itself.
    pub fn strip(self, line: &[u8]) -> &[u8] {
        let line = if self.crlf { line.strip_suffix(b"\r").unwrap_or(line) } else { line };
        match clocked(line) {
            Some((_, text)) if self.clock => text,
            _ => line,
        }
    }

    /// Whether nothing is put around the lines.
    pub fn is_plain(self) -> bool {
        self == Frame::default()
    }
}

/// The next whole line, and what follows its line end.
pub fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = memchr(b'\n', bytes)?;
    Some((bytes.get(..end)?, bytes.get(end + 1..)?))
}

/// What starts at a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// A notification.
    Message,
    /// The server's answer to a subscription.
    Answer,
    /// A message of another channel that the same subscriber listens to.
    Foreign,
}

/// What starts at the first line of `bytes`, in any form; the line must be whole.
pub fn start(bytes: &[u8], buffer: &mut Vec<u8>) -> Option<Start> {
    let (line, rest) = split(bytes)?;
    let look = look(line, buffer);
    let of = |word| if is_message(word) { Start::Message } else { Start::Answer };
    match look.head {
        Head::Csv(word) | Head::Json(word) => Some(of(word)),
        Head::Object => holds_channel(look.text).then_some(Start::Message),
        Head::Element(1) => match line::element(look.text, 1)? {
            line::Element::Text(text) => message::word(text).map(of),
            line::Element::Other(_) => None,
        },
        Head::Bare(word) => {
            let frame = Frame { crlf: line.ends_with(b"\r"), clock: !look.prefix.is_empty() };
            bare(word, rest, frame)
        }
        Head::Element(_) | Head::Other => None,
    }
}

/// What starts at a bare word that `rest` follows.
pub fn bare(word: Word, rest: &[u8], frame: Frame) -> Option<Start> {
    let (first, after) = split(rest)?;
    let first = frame.strip(first);
    match word {
        Word::Plain => channel::start(first).is_ok().then_some(Start::Message),
        Word::Patterned => {
            let channel = frame.strip(split(after)?.0);
            // Where a word stands the message was cut off, and something else starts.
            let fits = channel::admits(first, channel) && message::word(channel).is_none();
            let start = if channel::start(channel).is_ok() { Start::Message } else { Start::Foreign };
            fits.then_some(start)
        }
        Word::Subscribed | Word::Unsubscribed => {
            let count = frame.strip(split(after)?.0);
            matches!(line::integer(count), Ok(([], _))).then_some(Start::Answer)
        }
    }
}

/// Whether something was published.
pub fn is_message(word: Word) -> bool {
    matches!(word, Word::Patterned | Word::Plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_in_a_key_starts_nothing() {
        for (text, start_found) in [
            ("pmessage\n*\n__keyspace@0__:k\nset\n", Some(Start::Message)),
            ("pmessage\n*\n__keyspace@0__:k", None),
            ("pmessage\n__keyevent@*\n__keyspace@0__:k\nset\n", None),
            ("pmessage\n*\nnews\nx\n", Some(Start::Foreign)),
            ("pmessage\nn*\nusers\nx\n", None),
            ("message\n__keyspace@0__:k\nset\n", Some(Start::Message)),
            ("message\nhello\n", None),
            ("psubscribe\n*\n1\n", Some(Start::Answer)),
            ("psubscribe\n*\nx\n", None),
            ("1) \"pmessage\"\n", Some(Start::Message)),
            ("1) \"other\"\n", None),
            ("2) \"pmessage\"\n", None),
            ("\"psubscribe\",\"*\",1\n", Some(Start::Answer)),
            ("{\"channel\":\"__keyspace@0__:k\"}\n", Some(Start::Message)),
            ("{\"channel\":\"news\"}\n", None),
        ] {
            assert_eq!(start(text.as_bytes(), &mut Vec::new()), start_found, "{text}");
        }
    }
}
