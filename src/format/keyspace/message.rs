//! What a subscriber prints, apart from the form it stands in, and how strings stand in forms.

use crate::format::lexical::{json_unescape_all_into, unescape_into};
use crate::format::python;

/// How strings stand in a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notation {
    /// As they are.
    Bare,
    /// `sdscatrepr`.
    Repr,
    /// JSON's escapes; other bytes as they are, valid UTF-8 or not.
    Json,
    /// `redis-cli --quoted-json`: `sdscatrepr` with each backslash doubled.
    Doubled,
    /// Python's string literals.
    Text,
    /// Python's bytes literals.
    Bytes,
}

/// A message of a subscription, its strings still escaped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// The subscriber's pattern, empty for a plain subscription.
    pub subscription: &'a [u8],
    /// The channel.
    pub channel: &'a [u8],
    /// What was published.
    pub payload: &'a [u8],
    /// How these stand here.
    pub notation: Notation,
    /// The form's own clock.
    pub time: Option<i64>,
}

/// What a subscriber prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line<'a> {
    /// Something was published.
    Message(Message<'a>),
    /// The server's answer to a (un)subscription; `first` where it is the connection's first one.
    Answer {
        /// Whether it is a subscription and the only one by now.
        first: bool,
    },
}

/// What the first string of an answer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// `pmessage`: pattern, channel and payload follow.
    Patterned,
    /// `message`, `smessage`: channel and payload follow.
    Plain,
    /// `subscribe` and its kin: name and count follow.
    Subscribed,
    /// `unsubscribe` and its kin.
    Unsubscribed,
}

/// Reads the first string of an answer.
pub fn word(text: &[u8]) -> Option<Word> {
    Some(match text {
        b"pmessage" => Word::Patterned,
        b"message" | b"smessage" => Word::Plain,
        b"psubscribe" | b"subscribe" | b"ssubscribe" => Word::Subscribed,
        b"punsubscribe" | b"unsubscribe" | b"sunsubscribe" => Word::Unsubscribed,
        _ => return None,
    })
}

/// Decodes a string into `out`, or gives it back where nothing is escaped; and whether its bytes are known.
/// `None` where an escape is not of its notation.
pub fn decode<'s>(raw: &'s [u8], notation: Notation, out: &'s mut Vec<u8>) -> Option<(&'s [u8], bool)> {
    if notation == Notation::Bare || memchr::memchr(b'\\', raw).is_none() {
        return Some((raw, true));
    }
    out.clear();
    let mut is_exact = true;
    match notation {
        Notation::Bare => return Some((raw, true)),
        Notation::Repr => unescape_into(raw, out),
        Notation::Json => is_exact = json_unescape_all_into(raw, out)?,
        Notation::Text => is_exact = python::unescape_text_into(raw, out),
        Notation::Bytes => python::unescape_into(raw, out),
        Notation::Doubled => {
            let mut halved = Vec::with_capacity(raw.len());
            let mut rest = raw;
            while let Some(at) = memchr::memchr(b'\\', rest) {
                let (plain, escape) = rest.split_at(at);
                halved.extend_from_slice(plain);
                halved.push(b'\\');
                rest = escape.strip_prefix(b"\\\\")?;
            }
            halved.extend_from_slice(rest);
            unescape_into(&halved, out);
        }
    }
    Some((out, is_exact))
}
