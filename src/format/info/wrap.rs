//! Whole dumps on one line: quoted as MULTI and Lua print them, or as a client library's dict.
//!
//! ```text
//! 1) "# Server\r\nredis_version:7.4.1\r\n…"                       redis-cli of an array; `QUEUED` may stand before it
//! ["OK","QUEUED",["# Server\r\n…"]]                               the same with --json; --quoted-json doubles backslashes
//! {'redis_version': '7.4.1', …, 'db0': {'keys': 1, 'expires': 0}}  redis-py's info(); its JSON reads the same
//! ```

use memchr::{memchr, memmem};
use nom::bytes::complete::{tag, take_till1, take_while1};
use nom::character::complete::{char, space0};
use nom::combinator::opt;
use nom::error::Error;
use nom::multi::many0;
use nom::sequence::{delimited, preceded, terminated};
use nom::{IResult, Parser};

use super::line::{Line, classify};
use crate::format::lexical::{json_unescape_into, repr, unescape_into};
use crate::format::python::{literal, unescape_into as python_unescape_into};

type Parsed<'a, T> = IResult<&'a [u8], T>;

/// What stands around a dump.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrapping {
    /// Quotes.
    Quoted,
    /// A dict.
    Dict,
}

/// A dump that a line holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Where it ends in what was written.
    pub end: usize,
    /// Where it ends in the line, white space around the line and doubled backslashes not counted.
    pub read: usize,
}

/// Writes the dumps that `line` holds, as the server prints them, into `out`, which is empty; only an array
/// holds more than one. `None` where the line is none, or not all of one.
pub fn unwrap(line: &[u8], out: &mut Vec<u8>) -> Option<(Wrapping, Vec<Part>)> {
    let line = line.trim_ascii();
    if line.first() == Some(&b'{') {
        let (left, ()) = dict(line, out).ok()?;
        let parts = vec![Part { end: out.len(), read: line.len() }];
        return (left.is_empty() && is_dump(out)).then_some((Wrapping::Dict, parts));
    }
    let halved = halved(line);
    let line = halved.as_deref().unwrap_or(line);
    if line.first() == Some(&b'[') {
        let parts = array(line, out)?;
        return (!parts.is_empty()).then_some((Wrapping::Quoted, parts));
    }
    quoted(behind_number(line).unwrap_or(line), out)?;
    let parts = vec![Part { end: out.len(), read: line.len() }];
    is_dump(out).then_some((Wrapping::Quoted, parts))
}

/// Whether a line of `text` is one that servers print.
fn is_dump(text: &[u8]) -> bool {
    text.split(|byte| *byte == b'\n')
        .any(|line| matches!(classify(line), Line::Section { known: true, .. } | Line::Known(..)))
}

/// A line of `redis-cli --quoted-json` with each of its doubled backslashes as one; `None` for other lines,
/// in which a line end has a backslash that stands alone.
fn halved(line: &[u8]) -> Option<Vec<u8>> {
    if !matches!(line.first(), Some(b'"' | b'[')) {
        return None;
    }
    memmem::find(line, b"\\\\r\\\\n")?;
    let mut out = Vec::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = memchr(b'\\', rest) {
        out.extend_from_slice(rest.get(..=at)?);
        rest = rest.get(at + 1..)?.strip_prefix(b"\\")?;
    }
    out.extend_from_slice(rest);
    Some(out)
}

/// The dumps among the strings of an array, which may hold arrays, numbers and `null`.
fn array(line: &[u8], out: &mut Vec<u8>) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    let mut open = 0_u32;
    let mut rest = line;
    while let Some(first) = rest.first() {
        rest = match first {
            b'"' => {
                let (left, body) = literal(rest).ok()?;
                let start = out.len();
                decode(rest.get(..rest.len() - left.len())?, body, out);
                match is_dump(out.get(start..)?) {
                    true => parts.push(Part { end: out.len(), read: line.len() - left.len() }),
                    false => out.truncate(start),
                }
                left
            }
            b'[' => {
                open += 1;
                rest.get(1..)?
            }
            b']' => {
                open = open.checked_sub(1)?;
                rest.get(1..)?
            }
            b',' | b' ' | b'.' | b'+' | b'-' => rest.get(1..)?,
            word if word.is_ascii_alphanumeric() => rest.get(1..)?,
            _ => return None,
        };
        if open == 0 && !rest.is_empty() {
            return None;
        }
    }
    (open == 0).then_some(parts)
}

/// What follows `1) ` or `QUEUED1) `, the numbers of an array that redis-cli prints.
pub fn behind_number(line: &[u8]) -> Option<&[u8]> {
    let number = (take_while1(|b: u8| b.is_ascii_digit()), tag(&b") "[..]), space0);
    let parsed: IResult<_, _, Error<&[u8]>> =
        (opt(tag(&b"QUEUED"[..])), many0((space0, number)), space0).parse(line);
    let (left, (_, numbers, _)) = parsed.ok()?;
    (!numbers.is_empty()).then_some(left)
}

/// A string in Redis's own quotes, in JSON's or in Python's.
fn quoted(text: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let (left, body) = literal(text).ok()?;
    left.is_empty().then(|| decode(text, body, out))
}

/// Decodes `body`, which is what the quotes of `text` hold.
fn decode(text: &[u8], body: &[u8], out: &mut Vec<u8>) {
    if let Ok(([], body)) = repr(text) {
        return unescape_into(body.raw, out);
    }
    let start = out.len();
    if text.first() == Some(&b'"') && json_unescape_into(body, out).is_some() {
        return;
    }
    out.truncate(start);
    python_unescape_into(body, out);
}

/// A dict, as lines `key:value`; a dict within becomes `part=value,…`, each item of a list a line.
fn dict<'a>(input: &'a [u8], out: &mut Vec<u8>) -> Parsed<'a, ()> {
    let (mut rest, _) = open('{').parse(input)?;
    while rest.first() != Some(&b'}') {
        let (value, key) = terminated(literal, mark(':')).parse(rest)?;
        let mut line = |value: &'a [u8], read: fn(&'a [u8], &mut Vec<u8>) -> Parsed<'a, ()>| {
            one_line(key, out);
            out.push(b':');
            let (rest, ()) = read(value, out)?;
            out.push(b'\n');
            terminated(space0, opt(mark(','))).parse(rest).map(|(rest, _)| (rest, ()))
        };
        rest = match value.first() {
            Some(b'[') => {
                let (mut items, _) = open('[').parse(value)?;
                while items.first() != Some(&b']') {
                    items = line(items, parts_or_scalar)?.0;
                }
                terminated(char(']'), (space0, opt(mark(',')))).parse(items)?.0
            }
            _ => line(value, parts_or_scalar)?.0,
        };
    }
    char('}').map(|_| ()).parse(rest)
}

fn parts_or_scalar<'a>(input: &'a [u8], out: &mut Vec<u8>) -> Parsed<'a, ()> {
    if input.first() != Some(&b'{') {
        return scalar(input, out);
    }
    let (mut rest, _) = open('{').parse(input)?;
    while rest.first() != Some(&b'}') {
        let (value, key) = terminated(literal, mark(':')).parse(rest)?;
        one_line(key, out);
        out.push(b'=');
        let (left, ()) = scalar(value, out)?;
        let (left, more) = preceded(space0, opt(mark(','))).parse(left)?;
        if more.is_some() {
            out.push(b',');
        }
        rest = left;
    }
    char('}').map(|_| ()).parse(rest)
}

/// A string, or one word: a number, `None`, `true`.
fn scalar<'a>(input: &'a [u8], out: &mut Vec<u8>) -> Parsed<'a, ()> {
    if let Ok((rest, body)) = literal(input) {
        one_line(body, out);
        return Ok((rest, ()));
    }
    let end = |byte: u8| matches!(byte, b',' | b'}' | b']' | b'{' | b'[' | b' ' | b'\'' | b'"');
    let (rest, word) = take_till1(end).parse(input)?;
    out.extend_from_slice(word);
    Ok((rest, ()))
}

/// Decodes a literal; a line end in it would end the field.
fn one_line(body: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    python_unescape_into(body, out);
    out.iter_mut().skip(start).filter(|byte| **byte == b'\n').for_each(|byte| *byte = b' ');
}

fn open<'a>(bracket: char) -> impl Parser<&'a [u8], Output = char, Error = Error<&'a [u8]>> {
    terminated(char(bracket), space0)
}

fn mark<'a>(sign: char) -> impl Parser<&'a [u8], Output = char, Error = Error<&'a [u8]>> {
    delimited(space0, char(sign), space0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dumps_are_unwrapped() {
        let quoted = Some(Wrapping::Quoted);
        let dict = Some(Wrapping::Dict);
        for (line, wrapping, dump) in [
            (&br##""# Server\r\nredis_version:7.4.1\r\n""##[..], quoted, &b"# Server\r\nredis_version:7.4.1\r\n"[..]),
            (br##"QUEUED1) "# CPU\r\n""##, quoted, b"# CPU\r\n"),
            (br##"2) 1) "# CPU\r\nx:\xff\"""##, quoted, b"# CPU\r\nx:\xff\""),
            (br##""# CPU\u000a""##, quoted, b"# CPU\n"),
            (br"'# CPU\n'", quoted, b"# CPU\n"),
            (br##"["OK","QUEUED",["# CPU\r\nx:\"y\r\n"]]"##, quoted, b"# CPU\r\nx:\"y\r\n"),
            (br##"["OK","QUEUED",["# CPU\\r\\nx:\\"y\\r\\n",7,null]]"##, quoted, b"# CPU\r\nx:\"y\r\n"),
            (br##""# CPU\\r\\nx:\\\\y\\r\\n""##, quoted, b"# CPU\r\nx:\\y\r\n"),
            (br##"[1, -2.5,"# CPU\r\n\u001b:",null,true]"##, quoted, b"# CPU\r\n\x1b:"),
            (b"{'redis_version': '5', 'config_file': 'C:\\\\r\\\\nodes'}", dict, br"redis_version:5
config_file:C:\r\nodes
"),
            (br##""# CPU\r\nx:\\r\\n""##, quoted, b"# CPU\r\nx:\\r\\n"),
            (br##"["# CPU\r\n"]]"##, None, b""),
            (br##"["# CPU\r\n"] x"##, None, b""),
            (br##"["# CPU\r\n" {}]"##, None, b""),
            (br##"["# CPU\r\n"##, None, b""),
            (br##"["# CPU\r\n"##, None, b""),
            (br##"["x"]"##, None, b""),
            (br##"[]"##, None, b""),
            (br#""hello""#, None, b""),
            (br##""# CPU\r\n" x"##, None, b""),
            (br##""# CPU\r"##, None, b""),
            (
                b"{'redis_version': '7.0', 'tcp_port': 6379, 'db0': {'keys': 1, 'expires': 0}, 'modules': [{'name': 'a', 'ver': 1}, {'name': 'b'}], 'x': None}",
                dict,
                b"redis_version:7.0\ntcp_port:6379\ndb0:keys=1,expires=0\nmodules:name=a,ver=1\nmodules:name=b\nx:None\n",
            ),
            (br#"{"redis_version": "7\n0", "a": [], "b": {}}"#, dict, b"redis_version:7 0\nb:\n"),
            (b"{'a': 1}", None, b""),
            (b"{'redis_version': '7.0'", None, b""),
            (b"{'redis_version': '7.0'} x", None, b""),
            (b"{'redis_version': {'a': {'b': 1}}}", None, b""),
        ] {
            let mut out = Vec::new();
            let read = unwrap(line, &mut out).map(|(wrapping, parts)| {
                assert!(matches!(parts[..], [Part { end, .. }] if end == out.len()), "{parts:?}");
                wrapping
            });
            assert_eq!(read, wrapping, "{}", line.escape_ascii());
            if wrapping.is_some() {
                assert_eq!(out, dump, "{}", line.escape_ascii());
            }
        }
    }
    #[test]
    fn dumps_of_an_array_stay_apart() {
        let mut out = Vec::new();
        let line = br##"["OK",["# CPU\r\n","# Memory\r\n"],"# CPU\r\n"]"##;
        let (_, parts) = unwrap(line, &mut out).unwrap();
        assert_eq!(out, b"# CPU\r\n# Memory\r\n# CPU\r\n");
        let expected = [(7, 18), (17, 33), (24, 46)].map(|(end, read)| Part { end, read });
        assert_eq!(parts, expected);
    }
}
