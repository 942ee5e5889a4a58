//! Messages that are lists on one line, and the lines of those that stand on several.
//!
//! ```text
//! csv    = repr "," [ repr "," ] repr "," ( repr / integer )
//! json   = "[" string "," [ string "," ] string "," ( string / integer ) "]"
//! group  = 1*DIGIT ") " ( repr / "(integer) " integer )
//! ```
//!
//! The first string is `pmessage`, `message` or `smessage`; only the first has a pattern behind it.

use memchr::memchr2;
use nom::branch::alt;
use nom::bytes::complete::{tag, take, take_while1};
use nom::character::complete::{char, space0};
use nom::combinator::{eof, opt, recognize};
use nom::error::{Error, ErrorKind};
use nom::sequence::{delimited, preceded};
use nom::{Err, IResult, Parser};

use super::message::{Line, Message, Notation, Word, word};
use crate::format::lexical::{self, repr};

/// A line of `redis-cli --csv`.
pub fn csv(input: &[u8]) -> Option<Line<'_>> {
    let string = |input| repr(input).map(|(rest, body)| (rest, body.raw));
    let (rest, first) = string(input).ok()?;
    let (rest, line) = answer(first, rest, string, Notation::Repr).ok()?;
    rest.is_empty().then_some(line)
}

/// Reads a quoted string and gives what stands between its quotes.
type Body = fn(&[u8]) -> IResult<&[u8], &[u8]>;

/// A line of `redis-cli --json`, or with `doubled` of `--quoted-json`.
pub fn json(input: &[u8], doubled: bool) -> Option<Line<'_>> {
    let (string, notation): (Body, _) =
        if doubled { (doubled_string, Notation::Doubled) } else { (json_string, Notation::Json) };
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
pub fn json_string(input: &[u8]) -> IResult<&[u8], &[u8]> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::keyspace::clock::Clock;
    use crate::format::keyspace::message::decode;
    use crate::format::keyspace::object;

    fn object(input: &[u8]) -> Option<Line<'_>> {
        object::object(input, &mut Clock::default())
    }

    fn told(line: Option<Line<'_>>) -> Option<[Vec<u8>; 3]> {
        let Some(Line::Message(message)) = line else { return None };
        let text = |raw| decode(raw, message.notation, &mut Vec::new()).unwrap().0.to_vec();
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
