//! Python's `repr` of flat dicts, as scripts around redis-py print them.
//!
//! ```text
//! {'time': 1795173280.199431, 'db': 0, 'client_type': 'tcp', 'command': "EVAL return 1 0"}
//! ```

use nom::branch::alt;
use nom::bytes::complete::{tag, take_till1};
use nom::character::complete::{char, multispace0};
use nom::combinator::opt;
use nom::error::{Error, ErrorKind};
use nom::sequence::{delimited, preceded, separated_pair, terminated};
use nom::{Err, IResult, Parser};

use super::lexical::{hex_digit, push_code, utf16_code};

/// A value of a dict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// The body of a string literal, still escaped ([`unescape_text_into`]).
    Text(&'a [u8]),
    /// The body of a bytes literal, still escaped ([`unescape_into`]).
    Bytes(&'a [u8]),
    /// Anything else that is one word: a number, `None`, `True`.
    Word(&'a [u8]),
}

/// The pairs of a dict literal, given to `take` in order; the rest is what follows the closing brace.
pub fn dict<'a>(input: &'a [u8], mut take: impl FnMut(&'a [u8], Value<'a>)) -> IResult<&'a [u8], ()> {
    let (mut rest, _) = terminated(char('{'), multispace0).parse(input)?;
    while rest.first() != Some(&b'}') {
        let pair = separated_pair(literal, (multispace0, char(':'), multispace0), alt((text, word)));
        let (left, (key, value)) =
            terminated(pair, (multispace0, opt(char(',')), multispace0)).parse(rest)?;
        take(key, value);
        rest = left;
    }
    char('}').map(|_| ()).parse(rest)
}

fn text(input: &[u8]) -> IResult<&[u8], Value<'_>> {
    let value = if input.first() == Some(&b'b') { Value::Bytes } else { Value::Text };
    literal.map(value).parse(input)
}

fn word(input: &[u8]) -> IResult<&[u8], Value<'_>> {
    take_till1(|byte: u8| matches!(byte, b',' | b'}' | b' ' | b'\'' | b'"')).map(Value::Word).parse(input)
}

/// A string or bytes literal in either quote; gives what stands between them.
pub fn literal(input: &[u8]) -> IResult<&[u8], &[u8]> {
    preceded(
        opt(tag(&b"b"[..])),
        alt((
            delimited(char('\''), |rest| body(rest, b'\''), char('\'')),
            delimited(char('"'), |rest| body(rest, b'"'), char('"')),
        )),
    )
    .parse(input)
}

fn body(input: &[u8], quote: u8) -> IResult<&[u8], &[u8]> {
    let mut at = 0;
    while let Some(found) = memchr::memchr2(quote, b'\\', input.get(at..).unwrap_or_default()) {
        at += found;
        if input.get(at) == Some(&quote) {
            let (raw, rest) = input.split_at(at);
            return Ok((rest, raw));
        }
        at += 2;
    }
    Err(Err::Error(Error::new(input, ErrorKind::Eof)))
}

/// Decodes the body of a string literal onto the end of `out`, as UTF-8; tells whether the bytes are known
/// ([`push_code`]). Unlike in bytes, `\xa0` is a character; `\uHHHH` and `\UHHHHHHHH` are others that Python does
/// not print.
pub fn unescape_text_into(raw: &[u8], out: &mut Vec<u8>) -> bool {
    let mut is_exact = true;
    let mut rest = raw;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        let (plain, escape) = rest.split_at(at);
        out.extend_from_slice(plain);
        let code = |digits: &[u8]| {
            digits.iter().try_fold(0_u32, |code, digit| Some(code << 4 | u32::from(hex_digit(*digit)?)))
        };
        let found = match escape {
            [_, b'x', digits @ ..] => digits.get(..2).and_then(code).map(|code| (code, 2)),
            [_, b'u', digits @ ..] => utf16_code(digits),
            [_, b'U', digits @ ..] => {
                digits.get(..8).and_then(code).filter(|code| *code < 0x11_0000).map(|code| (code, 8))
            }
            _ => None,
        };
        let used = match found {
            Some((code, used)) => {
                is_exact &= push_code(code, out);
                used + 2
            }
            None => {
                let used = escape.len().min(2);
                unescape_into(escape.get(..used).unwrap_or_default(), out);
                used
            }
        };
        rest = escape.get(used..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
    is_exact
}

/// Decodes the body of a bytes literal onto the end of `out`: `\xHH \n \r \t \\ \' \"`; other backslashes stay.
pub fn unescape_into(raw: &[u8], out: &mut Vec<u8>) {
    let mut rest = raw;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        let (plain, escape) = rest.split_at(at);
        out.extend_from_slice(plain);
        let (byte, used) = match escape {
            [_, b'n', ..] => (b'\n', 2),
            [_, b'r', ..] => (b'\r', 2),
            [_, b't', ..] => (b'\t', 2),
            [_, quoted @ (b'\\' | b'\'' | b'"'), ..] => (*quoted, 2),
            [_, b'x', high, low, ..] => match (hex_digit(*high), hex_digit(*low)) {
                (Some(high), Some(low)) => (high << 4 | low, 4),
                _ => (b'\\', 1),
            },
            _ => (b'\\', 1),
        };
        out.push(byte);
        rest = escape.get(used..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dicts_are_read_in_order() {
        let mut pairs = Vec::new();
        let line = br#"{'time': 17.5, 'db': 0, 'a': "it's", 'b': b'x\'\xff', 'n': None}rest"#;
        let (rest, ()) = dict(line, |key, value| pairs.push((key, value))).unwrap();
        assert_eq!(rest, b"rest");
        assert_eq!(
            pairs,
            [
                (&b"time"[..], Value::Word(b"17.5")),
                (b"db", Value::Word(b"0")),
                (b"a", Value::Text(b"it's")),
                (b"b", Value::Bytes(br"x\'\xff")),
                (b"n", Value::Word(b"None")),
            ]
        );
    }

    #[test]
    fn what_is_no_dict_is_an_error() {
        for line in [&b""[..], b"{", b"{'a'", b"{'a': ", b"{'a': 'x}", b"{\"log\":\"x\"", b"{'a': 1"] {
            assert!(dict(line, |_, _| ()).is_err(), "{}", line.escape_ascii());
        }
    }

    #[test]
    fn text_is_characters() {
        for (raw, decoded, exact) in [
            (&br"a\'b\\c\n\q"[..], &b"a'b\\c\n\\q"[..], true),
            (br"caf\xe9\xa0", "caf\u{e9}\u{a0}".as_bytes(), true),
            ("caf\u{e9}".as_bytes(), "caf\u{e9}".as_bytes(), true),
            (br"\u200b\U0001f600\ud83d\ude00", "\u{200b}\u{1f600}\u{1f600}".as_bytes(), true),
            (br"\udcff\udc80", b"\xff\x80", true),
            (br"\ud83d\\", b"\xed\xa0\xbd\\", false),
            (br"\ud83dx\ude00", b"\xed\xa0\xbdx\xed\xb8\x80", false),
            (br"\x4\u12\U00110000\", br"\x4\u12\U00110000\", true),
        ] {
            let mut out = Vec::new();
            assert_eq!(unescape_text_into(raw, &mut out), exact, "{}", raw.escape_ascii());
            assert_eq!(out, decoded, "{}", raw.escape_ascii());
        }
    }

    #[test]
    fn literals_decode() {
        let mut out = Vec::new();
        unescape_into(br#"a\'b\"c\\d\n\xff\q"#, &mut out);
        assert_eq!(out, b"a'b\"c\\d\n\xff\\q");
    }
}
