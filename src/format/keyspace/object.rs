//! Messages that are an object on one line: JSON, or a dict as Python prints it.
//!
//! ```text
//! object = "{" [ string ":" value *( "," string ":" value ) ] "}"
//! ```

use memchr::memchr2;
use nom::branch::alt;
use nom::bytes::complete::take_while1;
use nom::character::complete::{char, one_of, space0};
use nom::combinator::{opt, value};
use nom::error::{Error, ErrorKind};
use nom::sequence::{separated_pair, terminated};
use nom::{Err, IResult, Parser};

use super::clock::Clock;
use super::line::json_string;
use super::message::{Line, Message, Notation, Word, word};
use crate::format::python;

/// A value of a JSON object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// What stands between the quotes of a string.
    Text(&'a [u8]),
    /// A number, `null`, `true`.
    Word(&'a [u8]),
    /// An array or an object.
    Nested,
}

/// The pairs of a JSON object, given to `take` in order; the rest is what follows the closing brace.
pub fn pairs<'a>(input: &'a [u8], mut take: impl FnMut(&'a [u8], Value<'a>)) -> IResult<&'a [u8], ()> {
    let (mut rest, _) = (char('{'), space0).parse(input)?;
    while rest.first() != Some(&b'}') {
        let (left, (key, value)) = match text_pair(rest) {
            Some(found) => found,
            None => any_pair(rest)?,
        };
        take(key, value);
        rest = left;
    }
    value((), char('}')).parse(rest)
}

/// A key, its value, and what stands between them and the next.
type Pair<'a> = (&'a [u8], Value<'a>);

fn any_pair(input: &[u8]) -> IResult<&[u8], Pair<'_>> {
    let pair = separated_pair(json_string, (space0, char(':'), space0), json_value);
    terminated(pair, (space0, opt(char(',')), space0)).parse(input)
}

/// A pair of strings as they mostly are: no blank but one before the value and one behind the comma.
fn text_pair(input: &[u8]) -> Option<(&[u8], Pair<'_>)> {
    let (key, rest) = text(input)?;
    let rest = rest.strip_prefix(b":")?;
    let (value, rest) = text(rest.strip_prefix(b" ").unwrap_or(rest))?;
    let rest = match rest {
        [b',', b' ', rest @ ..] | [b',', rest @ ..] => rest,
        [b'}', ..] => rest,
        _ => return None,
    };
    (!rest.first()?.is_ascii_whitespace()).then_some((rest, (key, Value::Text(value))))
}

/// A JSON string without escapes, and what follows it.
fn text(input: &[u8]) -> Option<(&[u8], &[u8])> {
    let rest = input.strip_prefix(b"\"")?;
    let end = memchr2(b'"', b'\\', rest)?;
    let (text, rest) = rest.split_at(end);
    Some((text, rest.strip_prefix(b"\"")?))
}

fn json_value(input: &[u8]) -> IResult<&[u8], Value<'_>> {
    let word = take_while1(|byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.'));
    alt((json_string.map(Value::Text), word.map(Value::Word), nested)).parse(input)
}

/// An array or object, by its brackets alone.
fn nested(input: &[u8]) -> IResult<&[u8], Value<'_>> {
    let (mut rest, _) = one_of("[{").parse(input)?;
    let mut depth = 1_usize;
    while depth > 0 {
        rest = match rest {
            [b'"', ..] => json_string(rest)?.0,
            [byte, left @ ..] => {
                depth = match byte {
                    b'[' | b'{' => depth + 1,
                    b']' | b'}' => depth - 1,
                    _ => depth,
                };
                left
            }
            [] => return Err(Err::Error(Error::new(rest, ErrorKind::Eof))),
        };
    }
    Ok((rest, Value::Nested))
}

/// What an object says, in JSON or as Python prints a dict. `None` where it is none, or has no channel.
pub fn object<'a>(input: &'a [u8], clock: &mut Clock) -> Option<Line<'a>> {
    let mut found = Found::default();
    let notation = if matches!(input, [b'{', b'\'', ..]) {
        let mut notation = Notation::Text;
        let (rest, ()) = python::dict(input, |key, value| match value {
            python::Value::Text(text) => found.take(key, Value::Text(text)),
            python::Value::Bytes(text) => {
                // A subscriber decodes all strings or none, but for the message's type.
                notation = Notation::Bytes;
                found.take(key, Value::Text(text));
            }
            python::Value::Word(b"None") => found.take(key, Value::Word(b"null")),
            python::Value::Word(word) => found.take(key, Value::Word(word)),
        })
        .ok()?;
        found.complete(rest)?;
        notation
    } else {
        let (rest, ()) = pairs(input, |key, value| found.take(key, value)).ok()?;
        found.complete(rest)?;
        Notation::Json
    };
    found.line(notation, clock)
}

/// The fields of an object that mean something here.
#[derive(Default)]
struct Found<'a> {
    kind: Option<&'a [u8]>,
    subscription: Option<&'a [u8]>,
    channel: Option<&'a [u8]>,
    /// By the names that loggers use, the likeliest first.
    payload: [Option<Value<'a>>; 4],
    time: Option<Value<'a>>,
}

impl<'a> Found<'a> {
    fn take(&mut self, key: &[u8], value: Value<'a>) {
        let text = match value {
            Value::Text(text) => Some(text),
            Value::Word(_) | Value::Nested => None,
        };
        match key {
            b"type" => self.kind = text,
            b"pattern" => self.subscription = text,
            b"channel" => self.channel = text,
            b"data" => self.payload[0] = Some(value),
            b"message" => self.payload[1] = Some(value),
            b"payload" => self.payload[2] = Some(value),
            b"event" => self.payload[3] = Some(value),
            b"timestamp" | b"time" | b"ts" | b"@timestamp" if self.time.is_none() => self.time = Some(value),
            _ => {}
        }
    }

    /// Nothing but blanks may stand behind an object.
    fn complete(&self, rest: &[u8]) -> Option<()> {
        rest.trim_ascii().is_empty().then_some(())
    }

    fn line(self, notation: Notation, clock: &mut Clock) -> Option<Line<'a>> {
        let payload = self
            .payload
            .into_iter()
            .flatten()
            .find(|value| !matches!(value, Value::Nested | Value::Word(b"null")))?;
        if let (Some(kind @ (Word::Subscribed | Word::Unsubscribed)), Value::Word(count)) =
            (self.kind.and_then(word), payload)
        {
            return Some(Line::Answer { first: kind == Word::Subscribed && count == b"1" });
        }
        let (Value::Text(payload) | Value::Word(payload)) = payload else { return None };
        let time = match self.time {
            Some(Value::Text(text) | Value::Word(text)) => clock.time(text),
            _ => None,
        };
        let subscription = self.subscription.unwrap_or_default();
        Some(Line::Message(Message { subscription, channel: self.channel?, payload, notation, time }))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn objects_show_their_clock() {
        for (time, micros) in [
            (r#""timestamp": "2025-06-18T14:18:17.795951""#, Some(1_750_256_297_795_951)),
            (r#""time": 1718720297"#, Some(1_718_720_297_000_000)),
            (r#""ts": 1718720297123"#, Some(1_718_720_297_123_000)),
            (r#""@timestamp": "1718720297123456""#, Some(1_718_720_297_123_456)),
            (r#""ts": 1718720297.25"#, Some(1_718_720_297_250_000)),
            (r#""ts": null"#, None),
            (r#""when": 1718720297"#, None),
        ] {
            let text = format!(r#"{{"channel": "c", {time}, "data": "x"}}"#);
            let Some(Line::Message(message)) = object(text.as_bytes(), &mut Clock::default()) else {
                panic!("{text}")
            };
            assert_eq!(message.time, micros, "{text}");
        }
    }

    proptest! {
        #[test]
        fn pairs_of_strings_are_those_of_the_grammar(
            parts in proptest::collection::vec(prop_oneof!["[a-z]{0,3}", "[\"\\\\,:{} \t\r\n]"], 0..12),
            usual in any::<bool>(),
        ) {
            let text = if usual { format!("\"k\": \"{}", parts.concat()) } else { format!("\"{}", parts.concat()) };
            if let Some(found) = text_pair(text.as_bytes()) {
                prop_assert_eq!(any_pair(text.as_bytes()), Ok(found));
            }
        }
    }
}
