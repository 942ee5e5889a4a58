//! Messages that stand on one line, and the lines of those that stand on several.
//!
//! ```text
//! csv    = repr "," [ repr "," ] repr "," ( repr / integer )
//! json   = "[" string "," [ string "," ] string "," ( string / integer ) "]"
//! group  = 1*DIGIT ") " ( repr / "(integer) " integer )
//! object = "{" [ string ":" value *( "," string ":" value ) ] "}"
//! ```
//!
//! The first string is `pmessage`, `message` or `smessage`; only the first has a pattern behind it.

use memchr::memchr2;
use nom::branch::alt;
use nom::bytes::complete::{tag, take, take_while1};
use nom::character::complete::{char, one_of, space0};
use nom::combinator::{eof, opt, recognize, value};
use nom::error::{Error, ErrorKind};
use nom::sequence::{delimited, preceded, separated_pair, terminated};
use nom::{Err, IResult, Parser};

use crate::format::clock;
use crate::format::lexical::{self, json_unescape_into, repr, unescape_into};
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
    /// Python literals.
    Python,
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

/// Decodes a string into `out`, or gives it back where nothing is escaped. `None` where an escape is not
/// of its notation.
pub fn decode<'s>(raw: &'s [u8], notation: Notation, out: &'s mut Vec<u8>) -> Option<&'s [u8]> {
    if notation == Notation::Bare || memchr::memchr(b'\\', raw).is_none() {
        return Some(raw);
    }
    out.clear();
    match notation {
        Notation::Bare => return Some(raw),
        Notation::Repr => unescape_into(raw, out),
        Notation::Json => json_unescape_into(raw, out)?,
        Notation::Python => python::unescape_into(raw, out),
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
    Some(out)
}

/// A line of `redis-cli --csv`.
pub fn csv(input: &[u8]) -> Option<Line<'_>> {
    let string = |input| repr(input).map(|(rest, body)| (rest, body.raw));
    let (rest, first) = string(input).ok()?;
    let (rest, line) = answer(first, rest, string, Notation::Repr).ok()?;
    rest.is_empty().then_some(line)
}

/// A line of `redis-cli --json`, or with `doubled` of `--quoted-json`.
pub fn json(input: &[u8], doubled: bool) -> Option<Line<'_>> {
    let string = |input| if doubled { doubled_string(input) } else { json_string(input) };
    let notation = if doubled { Notation::Doubled } else { Notation::Json };
    let (rest, first) = preceded((char('['), space0), string).parse(input).ok()?;
    let (rest, line) = answer(first, rest, string, notation).ok()?;
    matches!(rest, b"]").then_some(line)
}

/// What follows the first string, each after a comma.
fn answer<'a>(
    first: &[u8],
    input: &'a [u8],
    string: impl Fn(&'a [u8]) -> IResult<&'a [u8], &'a [u8]>,
    notation: Notation,
) -> IResult<&'a [u8], Line<'a>> {
    let next = |input: &'a [u8]| {
        let (rest, _) = (char(','), space0).parse(input)?;
        string(rest)
    };
    let (rest, subscription) = match word(first) {
        Some(Word::Patterned) => next(input)?,
        Some(Word::Plain) => (input, &b""[..]),
        Some(word) => return acknowledged(word, input, next),
        None => return Err(Err::Error(Error::new(input, ErrorKind::Tag))),
    };
    let (rest, channel) = next(rest)?;
    let (rest, payload) = next(rest)?;
    Ok((rest, Line::Message(Message { subscription, channel, payload, notation, time: None })))
}

/// Name (nil where there was nothing to end) and count of an answer to a subscription.
fn acknowledged<'a>(
    word: Word,
    input: &'a [u8],
    next: impl Fn(&'a [u8]) -> IResult<&'a [u8], &'a [u8]>,
) -> IResult<&'a [u8], Line<'a>> {
    let nil = preceded((char(','), space0), alt((tag(&b"null"[..]), tag(&b"NULL"[..]))));
    let (rest, _) = alt((next, nil)).parse(input)?;
    let (rest, count) = preceded((char(','), space0), integer).parse(rest)?;
    Ok((rest, Line::Answer { first: word == Word::Subscribed && count == b"1" }))
}

/// A whole number, with its sign.
pub fn integer(input: &[u8]) -> IResult<&[u8], &[u8]> {
    recognize((opt(char('-')), take_while1(|byte: u8| byte.is_ascii_digit()))).parse(input)
}

/// A JSON string; gives what stands between the quotes.
fn json_string(input: &[u8]) -> IResult<&[u8], &[u8]> {
    delimited(char('"'), |input| body(input, |_| 2), char('"')).parse(input)
}

/// A string of `--quoted-json`: a doubled backslash takes the unit behind it along, be that a quote or
/// another doubled one.
fn doubled_string(input: &[u8]) -> IResult<&[u8], &[u8]> {
    let escape = |escape: &[u8]| match escape {
        [b'\\', b'\\', b'\\', ..] => 4,
        [b'\\', b'\\', ..] => 3,
        _ => 2,
    };
    delimited(char('"'), |input| body(input, escape), char('"')).parse(input)
}

/// Up to the quote that ends a string; `escape` says how long an escape is.
fn body(input: &[u8], escape: impl Fn(&[u8]) -> usize) -> IResult<&[u8], &[u8]> {
    let mut at = 0;
    while let Some(found) = memchr2(b'"', b'\\', input.get(at..).unwrap_or_default()) {
        at += found;
        let rest = input.get(at..).unwrap_or_default();
        if rest.first() == Some(&b'"') {
            return take(at).parse(input);
        }
        at += escape(rest);
    }
    Err(Err::Error(Error::new(input, ErrorKind::Eof)))
}

/// An element of a reply on a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element<'a> {
    /// The body of a quoted string.
    Text(&'a [u8]),
    /// `(integer) 1`, `(nil)`.
    Other(&'a [u8]),
}

/// The line of a reply on a terminal that has the number `index`.
pub fn element(input: &[u8], index: u8) -> Option<Element<'_>> {
    let number = (opt(char(' ')), char(char::from(b'0' + index)), tag(&b") "[..]));
    let text = repr.map(|body: lexical::Body<'_>| Element::Text(body.raw));
    let count = preceded(tag(&b"(integer) "[..]), integer).map(Element::Other);
    let nil = tag(&b"(nil)"[..]).map(Element::Other);
    let parsed: IResult<&[u8], Element<'_>> = delimited(number, alt((text, count, nil)), eof).parse(input);
    parsed.ok().map(|(_, element)| element)
}

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
        let pair = separated_pair(json_string, (space0, char(':'), space0), json_value);
        let (left, (key, value)) = terminated(pair, (space0, opt(char(',')), space0)).parse(rest)?;
        take(key, value);
        rest = left;
    }
    value((), char('}')).parse(rest)
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
pub fn object(input: &[u8]) -> Option<Line<'_>> {
    let mut found = Found::default();
    let notation = if matches!(input, [b'{', b'\'', ..]) {
        let (rest, ()) = python::dict(input, |key, value| match value {
            python::Value::Text(text) => found.take(key, Value::Text(text)),
            python::Value::Word(b"None") => found.take(key, Value::Word(b"null")),
            python::Value::Word(word) => found.take(key, Value::Word(word)),
        })
        .ok()?;
        found.complete(rest)?;
        Notation::Python
    } else {
        let (rest, ()) = pairs(input, |key, value| found.take(key, value)).ok()?;
        found.complete(rest)?;
        Notation::Json
    };
    found.line(notation)
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

    fn line(self, notation: Notation) -> Option<Line<'a>> {
        let payload = self.payload.into_iter().flatten().find(|value| *value != Value::Nested)?;
        if let (Some(kind @ (Word::Subscribed | Word::Unsubscribed)), Value::Word(count)) =
            (self.kind.and_then(word), payload)
        {
            return Some(Line::Answer { first: kind == Word::Subscribed && count == b"1" });
        }
        let (Value::Text(payload) | Value::Word(payload)) = payload else { return None };
        let time = match self.time {
            Some(Value::Text(text) | Value::Word(text)) => clock::time(text),
            _ => None,
        };
        let subscription = self.subscription.unwrap_or_default();
        Some(Line::Message(Message { subscription, channel: self.channel?, payload, notation, time }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(line: Option<Line<'_>>) -> Option<[Vec<u8>; 3]> {
        let Some(Line::Message(message)) = line else { return None };
        let text = |raw| decode(raw, message.notation, &mut Vec::new()).unwrap().to_vec();
        Some([text(message.subscription), text(message.channel), text(message.payload)])
    }

    #[test]
    fn one_message_in_every_form() {
        let expected = [b"p\"".to_vec(), b"k\"1\n:\xc3\xa9\\".to_vec(), b"set".to_vec()];
        for line in [
            csv(br#""pmessage","p\"","k\"1\n:\xc3\xa9\\","set""#),
            json(b"[\"pmessage\",\"p\\\"\",\"k\\\"1\\n:\xc3\xa9\\\\\",\"set\"]", false),
            json(br#"["pmessage","p\\"","k\\"1\\n:\\xc3\\xa9\\\\","set"]"#, true),
            object(br#"{"pattern": "p\"", "channel": "k\"1\n:\u00e9\\", "data": "set"}"#),
            object(
                br#"{'type': 'pmessage', 'pattern': b'p"', 'channel': b'k"1\n:\xc3\xa9\\', 'data': b'set'}"#,
            ),
        ] {
            assert_eq!(told(line), Some(expected.clone()));
        }
        let plain = [b"".to_vec(), b"c".to_vec(), b"x".to_vec()];
        for line in [
            csv(br#""message","c","x""#),
            csv(br#""smessage","c","x""#),
            json(br#"["message","c","x"]"#, false),
            object(br#"{"channel":"c","message":"x","host":{"a":["}"]},"n":null}"#),
            object(br#"{"channel":"c","event":"x","message":["y"]}"#),
            object(br#"{'type': 'message', 'pattern': None, 'channel': 'c', 'data': 'x'}"#),
        ] {
            assert_eq!(told(line), Some(plain.clone()));
        }
    }

    #[test]
    fn bytes_that_are_no_utf8_stay() {
        let line = json(b"[\"message\",\"c\",\"\xff\\u0001\xc3\"]", false);
        assert_eq!(told(line).unwrap()[2], b"\xff\x01\xc3");
    }

    #[test]
    fn answers_are_told_from_messages() {
        for (line, first) in [
            (csv(br#""psubscribe","__key*__:*",1"#), true),
            (csv(br#""subscribe","a",2"#), false),
            (csv(br#""unsubscribe",NULL,0"#), false),
            (json(br#"["ssubscribe","a",1]"#, false), true),
            (json(br#"["punsubscribe",null,0]"#, true), false),
            (object(br#"{'type': 'psubscribe', 'pattern': None, 'channel': b'x', 'data': 1}"#), true),
            (object(br#"{"type": "subscribe", "channel": "x", "data": 2}"#), false),
        ] {
            assert_eq!(line, Some(Line::Answer { first }));
        }
    }

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
            let Some(Line::Message(message)) = object(text.as_bytes()) else { panic!("{text}") };
            assert_eq!(message.time, micros, "{text}");
        }
    }

    #[test]
    fn what_is_none_of_the_forms_is_refused() {
        for line in [
            &br#""pmessage","p","c","x"#[..],
            br#""pmessage","p","c""#,
            br#""pmessage","p","c","x","y""#,
            br#""message","c",1"#,
            br#""other","c","x""#,
            br#""psubscribe","c""#,
            b"",
            b"x",
            b"pmessage",
        ] {
            assert_eq!(csv(line), None, "{}", line.escape_ascii());
        }
        for line in
            [&br#"["message","c","x"#[..], br#"["message","c"]"#, br#"["message","c","x"] "#, b"[", b"[]"]
        {
            assert_eq!(json(line, false), None, "{}", line.escape_ascii());
        }
        for line in [
            &br#"{"channel":"c"}"#[..],
            br#"{"data":"x"}"#,
            br#"{"channel":"c","data":"x""#,
            b"{",
            b"{}",
            br#"{"channel":"c","data":"x"} tail"#,
            br#"{"channel":"c","data":["x"]}"#,
        ] {
            assert_eq!(object(line), None, "{}", line.escape_ascii());
        }
    }

    #[test]
    fn elements_fill_their_line() {
        for (line, index, expected) in [
            (&br#"1) "pmessage""#[..], 1, Some(Element::Text(b"pmessage"))),
            (br#" 2) "a\"b""#, 2, Some(Element::Text(br#"a\"b"#))),
            (b"3) (integer) 1", 3, Some(Element::Other(b"1"))),
            (b"2) (nil)", 2, Some(Element::Other(b"(nil)"))),
            (br#"1) "x""#, 2, None),
            (br#"1) "x" y"#, 1, None),
            (br#"1) "x"#, 1, None),
            (b"", 1, None),
        ] {
            assert_eq!(element(line, index), expected);
        }
    }
}
