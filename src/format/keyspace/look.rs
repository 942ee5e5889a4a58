//! What a line is, by its start: the form it is in, behind whatever tools put around it.

use memchr::{memchr, memchr2, memmem};

use super::channel;
use super::clock::Clock;
use super::message::{self, Word};
use super::object::{self, Value};
use crate::format::clock;
use crate::format::monitor::wrap;

/// The form that a line is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Head {
    /// `"pmessage",` and the like.
    Csv(Word),
    /// `["pmessage",` and the like.
    Json(Word),
    /// `{`: JSON or Python.
    Object,
    /// `1) `: an element of a reply on a terminal, with its number.
    Element(u8),
    /// A word alone, as raw output starts.
    Bare(Word),
    /// None of these.
    Other,
}

/// A line without what stands around it.
#[derive(Clone, Copy, Debug)]
pub struct Look<'a> {
    /// Its form.
    pub head: Head,
    /// From the form's first byte on; the whole line where there is none.
    pub text: &'a [u8],
    /// What stands in front.
    pub prefix: &'a [u8],
    /// The clock of what stands around.
    time: Option<i64>,
}

impl Look<'_> {
    /// The clock of what stands around the line.
    pub fn time(&self, clock: &mut Clock) -> Option<i64> {
        self.time.or_else(|| prefix_time(self.prefix, clock))
    }
}

/// Looks at a line without its line end; `buffer` holds it where it has to be decoded.
pub fn look<'a>(line: &'a [u8], buffer: &'a mut Vec<u8>) -> Look<'a> {
    let head = head(line);
    if head != Head::Other
        && line.last() != Some(&b'\r')
        && memchr2(0x1b, b'\r', line).is_none()
        && (head != Head::Object || !line.starts_with(b"{\"log\""))
    {
        return Look { head, text: line, prefix: b"", time: None };
    }
    let mut shown = wrap::trim_end(line);
    let mut time = None;
    buffer.clear();
    if memchr2(0x1b, b'\r', shown).is_some() {
        wrap::terminal(shown, buffer);
        shown = buffer;
    } else if shown.starts_with(b"{\"log\"") && wrap::docker(shown, buffer).is_some() {
        let _ = object::pairs(shown, |key, value| {
            if let (b"time", Value::Text(text)) = (key, value) {
                time = clock::time(text)
            }
        });
        shown = buffer;
    }
    match self::head(shown) {
        Head::Other => behind_prefix(shown, time),
        head => Look { head, text: shown, prefix: b"", time },
    }
}

fn head(text: &[u8]) -> Head {
    match text {
        [b'"', rest @ ..] => quoted_word(rest).map_or(Head::Other, Head::Csv),
        [b'[', b'"', rest @ ..] => quoted_word(rest).map_or(Head::Other, Head::Json),
        [b'{', ..] => Head::Object,
        [digit @ b'1'..=b'9', b')', b' ', ..] => Head::Element(digit - b'0'),
        _ => message::word(text).map_or(Head::Other, Head::Bare),
    }
}

fn quoted_word(text: &[u8]) -> Option<Word> {
    let end = memchr(b'"', text.get(..16).unwrap_or(text))?;
    let (word, rest) = text.split_at(end);
    rest.starts_with(b"\",").then(|| message::word(word)).flatten()
}

/// The leftmost form behind a prefix. A prefix holds no quote and no brace, so that nothing within a
/// message can pose as one.
fn behind_prefix(text: &[u8], time: Option<i64>) -> Look<'_> {
    let other = Look { head: Head::Other, text, prefix: b"", time };
    let look = |at: usize| {
        let (prefix, text) = text.split_at(at);
        Look { head: head(text), text, prefix, time }
    };
    let found = match memchr2(b'"', b'{', text) {
        Some(at) if text.get(at) == Some(&b'{') => Some(look(at)),
        Some(at) => {
            let before = text.get(..at).unwrap_or_default();
            match before {
                [.., b'['] => Some(look(at - 1)),
                [.., b'1'..=b'9', b')', b' '] => Some(look(at - 3)),
                _ => Some(look(at)),
            }
        }
        None => memmem::find(text, b") (integer) ").and_then(|at| at.checked_sub(1)).map(look),
    };
    if let Some(found) = found.filter(|found| found.head != Head::Other) {
        return found;
    }
    match clocked(text) {
        Some((at, rest)) if message::word(rest).is_some() => {
            Look { time: time.or(Some(at)), ..look(text.len() - rest.len()) }
        }
        _ => other,
    }
}

/// The clock that a line starts with, and what follows it: `TIME text` or Kubernetes' `TIME stdout F text`.
pub fn clocked(text: &[u8]) -> Option<(i64, &[u8])> {
    let (time, rest) = clock::leading(text)?;
    match wrap::cri(text) {
        Some(line) => Some((time, line.text)),
        None => Some((time, rest.strip_prefix(b" ")?)),
    }
}

/// The clock in a prefix: at its start, or behind the name that compose and kubectl put in front.
fn prefix_time(prefix: &[u8], clock: &mut Clock) -> Option<i64> {
    if prefix.is_empty() {
        return None;
    }
    let behind = |mark: &[u8]| memmem::find(prefix, mark).and_then(|at| prefix.get(at + mark.len()..));
    [Some(prefix), behind(b"| "), behind(b"] ")].into_iter().flatten().find_map(|text| clock.leading(text))
}

/// Whether a line holds the channel of a notification.
pub fn holds_channel(text: &[u8]) -> bool {
    memmem::find_iter(text, b"__").any(|at| channel::start(text.get(at..).unwrap_or_default()).is_ok())
}

/// Signs in text that is no message, and what they mean: from then on messages may be missing.
const TROUBLE: [(&[u8], &str); 12] = [
    (b" - ERROR - ", "the logger tells an error"),
    (b" - CRITICAL - ", "the logger tells an error"),
    (b"Traceback (most recent call last)", "the subscriber's program failed"),
    (b"Error: Server closed the connection", "the server closed the connection"),
    (b"Connection closed by", "the connection was closed"),
    (b"Connection error", "the connection failed"),
    (b"Could not connect to Redis", "the subscriber could not connect"),
    (b"Connection refused", "the subscriber could not connect"),
    (b"Connection reset", "the connection was closed"),
    (b"Retrying in", "the subscriber connects anew"),
    (b"econnecting", "the subscriber connects anew"),
    (b"Attempting to connect", "the subscriber connects anew"),
];

/// Why messages may be missing from such a line on.
pub fn trouble(text: &[u8]) -> Option<&'static str> {
    TROUBLE.iter().find(|(sign, _)| memmem::find(text, sign).is_some()).map(|(_, reason)| *reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_told_behind_what_tools_put_around() {
        let at = Some(1_781_792_357_000_000);
        for (line, head, text, time) in [
            (&b"\"pmessage\",\"p\""[..], Head::Csv(Word::Patterned), &b"\"pmessage\",\"p\""[..], None),
            (b"[\"message\",\"c\"", Head::Json(Word::Plain), b"[\"message\",\"c\"", None),
            (b"{\"a\":1}", Head::Object, b"{\"a\":1}", None),
            (b"1) \"pmessage\"\r", Head::Element(1), b"1) \"pmessage\"", None),
            (b"smessage\r", Head::Bare(Word::Plain), b"smessage", None),
            (
                b"\x1b[1;90mReading messages... (press Ctrl-C)\r\x1b[0m\x1b[K1) \"pmessage\"\r",
                Head::Element(1),
                b"1) \"pmessage\"",
                None,
            ),
            (
                b"2026-06-18T14:19:17Z \"subscribe\",\"c\",1",
                Head::Csv(Word::Subscribed),
                b"\"subscribe\",\"c\",1",
                at,
            ),
            (b"2026-06-18 14:19:17,000 - INFO - {\"a\":1}", Head::Object, b"{\"a\":1}", at),
            (
                b"sub-1  | 2026-06-18T14:19:17Z [\"message\",\"c\"",
                Head::Json(Word::Plain),
                b"[\"message\",\"c\"",
                at,
            ),
            (b"[pod/x/c] 2026-06-18T14:19:17Z 2) \"x\"", Head::Element(2), b"2) \"x\"", at),
            (b"1781792357 3) (integer) 1", Head::Element(3), b"3) (integer) 1", at),
            (b"1781792357.0 pmessage", Head::Bare(Word::Patterned), b"pmessage", at),
            (b"2026-06-18T14:19:17Z stdout F pmessage", Head::Bare(Word::Patterned), b"pmessage", at),
            (
                b"{\"log\":\"1) \\\"message\\\"\\n\",\"time\":\"2026-06-18T14:19:17Z\"}",
                Head::Element(1),
                b"1) \"message\"",
                at,
            ),
            (b"Jun 18 14:18:17 [\"message\",\"c\"", Head::Json(Word::Plain), b"[\"message\",\"c\"", None),
            (b"a message of a kind", Head::Other, b"a message of a kind", None),
            (b"say \"hello\", you", Head::Other, b"say \"hello\", you", None),
            (b"", Head::Other, b"", None),
        ] {
            let mut buffer = Vec::new();
            let look = look(line, &mut buffer);
            assert_eq!(
                (look.head, look.text, look.time(&mut Clock::default())),
                (head, text, time),
                "{}",
                line.escape_ascii()
            );
        }
    }

    #[test]
    fn channels_are_found_anywhere() {
        assert!(holds_channel(b"x __a __keyspace@0__:k"));
        assert!(!holds_channel(b"psubscribe __key*@*__:*"));
    }
}
