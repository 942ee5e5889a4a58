//! What tools wrap around whole lines of MONITOR, and how it is taken off.

use memchr::{memchr, memrchr};
use nom::branch::alt;
use nom::bytes::complete::{tag, take_till1, take_until};
use nom::character::complete::{char, space0};
use nom::combinator::verify;
use nom::error::Error;
use nom::sequence::{delimited, preceded, terminated};
use nom::{IResult, Parser};

use super::line::header;
use crate::format::lexical::{json_unescape_into, repr, unescape_into};

/// One line of a Kubernetes log file: `TIME stdout F text`, or `P` where the text goes on in the next.
///
/// Source: the CRI logging format of the kubelet (`kuberuntime/logs`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CriLine<'a> {
    /// Whether the text ends with this line.
    pub whole: bool,
    /// What the program printed.
    pub text: &'a [u8],
}

/// Reads a CRI line's frame.
pub fn cri(line: &[u8]) -> Option<CriLine<'_>> {
    let time = verify(take_till1(|byte| byte == b' '), |time: &[u8]| {
        time.get(4) == Some(&b'-') && time.get(10) == Some(&b'T')
    });
    let stream = alt((tag(&b" stdout "[..]), tag(&b" stderr "[..])));
    let parsed: IResult<_, _, Error<&[u8]>> =
        preceded((time, stream), (alt((char('F'), char('P'))), char(' '))).parse(line);
    let (text, (part, _)) = parsed.ok()?;
    Some(CriLine { whole: part == 'F', text })
}

/// One line of docker's json-file driver, its `log` decoded into `out` without the line end.
/// Says whether the text ends with this line; docker splits lines of more than 16 KiB.
pub fn docker(line: &[u8], out: &mut Vec<u8>) -> Option<bool> {
    let start = out.len();
    json_unescape_into(docker_log(line)?, out)?;
    let whole = out.last() == Some(&b'\n');
    while out.len() > start && matches!(out.last(), Some(b'\n' | b'\r')) {
        out.pop();
    }
    Some(whole)
}

/// The still escaped body of `"log":"…"`.
fn docker_log(line: &[u8]) -> Option<&[u8]> {
    if line.first() != Some(&b'{') || line.last() != Some(&b'}') {
        return None;
    }
    let parsed: IResult<_, _, Error<&[u8]>> = preceded(
        (take_until(&b"\"log\""[..]), tag(&b"\"log\""[..]), space0, char(':'), space0),
        delimited(char('"'), json_body, char('"')),
    )
    .parse(line);
    parsed.ok().map(|(_, body)| body)
}

/// Up to the quote that ends a JSON string, which stays in the rest.
fn json_body(input: &[u8]) -> IResult<&[u8], &[u8]> {
    let mut at = 0;
    while let Some(found) = memchr::memchr2(b'"', b'\\', input.get(at..).unwrap_or_default()) {
        at += found;
        if input.get(at) == Some(&b'"') {
            let (body, rest) = input.split_at(at);
            return Ok((rest, body));
        }
        at += 2;
    }
    Err(nom::Err::Error(Error::new(input, nom::error::ErrorKind::Eof)))
}

/// Whether the record of this line goes on in the next one.
pub fn continues(line: &[u8]) -> bool {
    if cri(line).is_some_and(|line| !line.whole) {
        return true;
    }
    docker_log(trim_end(line)).is_some_and(|log| !ends_line(log))
}

/// Whether a JSON string's body ends with an escaped line end: the `\` of `\n` must not itself be escaped.
fn ends_line(body: &[u8]) -> bool {
    body.strip_suffix(b"n").is_some_and(|body| {
        let slashes = body.iter().rev().take_while(|byte| **byte == b'\\').count();
        !slashes.is_multiple_of(2)
    })
}

/// A line without the carriage returns at its end.
pub fn trim_end(mut line: &[u8]) -> &[u8] {
    while let Some(rest) = line.strip_suffix(b"\r") {
        line = rest;
    }
    line
}

/// How a whole line was wrapped in quotes once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outer {
    /// `redis-cli --csv` or `--json`: the same text for lines of MONITOR, which are printable ASCII.
    Once,
    /// `redis-cli --quoted-json`, which doubles every backslash again.
    Doubled,
}

/// Takes the quotes of redis-cli's `--csv`, `--json` and `--quoted-json` off a whole line, into `out`.
pub fn outer(line: &[u8], out: &mut Vec<u8>) -> Option<Outer> {
    if let Ok(([], body)) = repr(line) {
        unescape_into(body.raw, out);
        return Some(Outer::Once);
    }
    let inner = line.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    let mut halved = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = memchr(b'\\', rest) {
        let (plain, escape) = rest.split_at(at);
        halved.extend_from_slice(plain);
        rest = escape.strip_prefix(b"\\\\")?;
        halved.push(b'\\');
    }
    halved.extend_from_slice(rest);
    unescape_into(&halved, out);
    Some(Outer::Doubled)
}

/// Takes terminal control sequences (ECMA-48 CSI, OSC, single ESC) out of a line into `out`; of several
/// redraws parted by carriage returns the last one that shows something counts.
pub fn terminal(line: &[u8], out: &mut Vec<u8>) {
    let mut rest = line;
    while let Some(at) = memchr(0x1b, rest) {
        let (plain, sequence) = rest.split_at(at);
        out.extend_from_slice(plain);
        rest = match sequence {
            [_, b'[', tail @ ..] => {
                let end = tail.iter().position(|byte| (0x40..=0x7e).contains(byte));
                end.and_then(|end| tail.get(end + 1..)).unwrap_or_default()
            }
            [_, b']', tail @ ..] => {
                let end = memchr(0x07, tail);
                end.and_then(|end| tail.get(end + 1..)).unwrap_or_default()
            }
            [_, _, tail @ ..] => tail,
            _ => &[],
        };
    }
    out.extend_from_slice(rest);
    while out.last() == Some(&b'\r') {
        out.pop();
    }
    if let Some(at) = memrchr(b'\r', out) {
        out.drain(..=at);
    }
}

/// A line of RedisInsight's profiler log, rewritten into `out` as redis-cli prints it.
///
/// The log holds `JSON.stringify` of arguments of which ioredis had unescaped nothing but `\"`: so
/// JSON is decoded, and quotes are escaped again. `None` where that is not the line's form.
pub fn insight(line: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let (mut rest, _) = header(line).ok()?;
    out.extend_from_slice(line.get(..line.len() - rest.len())?);
    let mut value = Vec::new();
    loop {
        let string: IResult<_, _, Error<&[u8]>> =
            terminated(delimited(char('"'), json_body, char('"')), space0).parse(rest);
        let (left, body) = string.ok()?;
        value.clear();
        json_unescape_into(body, &mut value)?;
        out.push(b'"');
        for byte in &value {
            match byte {
                b'"' => out.extend_from_slice(b"\\\""),
                0x20..=0x7e => out.push(*byte),
                _ => hex(*byte, out),
            }
        }
        out.push(b'"');
        if left.is_empty() {
            return Some(());
        }
        out.push(b' ');
        rest = left;
    }
}

fn hex(byte: u8, out: &mut Vec<u8>) {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).map_or(b'0', |c| c as u8);
    out.extend_from_slice(&[b'\\', b'x', digit(byte >> 4), digit(byte & 0x0f)]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kubernetes_lines_tell_whether_they_go_on() {
        for (line, expected) in [
            (&b"2026-06-18T14:18:18.795951123Z stdout P first"[..], Some((false, &b"first"[..]))),
            (b"2026-06-18T14:18:18.795951123+02:00 stderr F rest", Some((true, b"rest"))),
            (b"2026-06-18T14:18:18Z stdout F ", Some((true, b""))),
            (b"2026-06-18T14:18:18Z stdout X a", None),
            (b"Jun 18 stdout F a", None),
            (b"", None),
        ] {
            assert_eq!(cri(line).map(|line| (line.whole, line.text)), expected);
        }
    }

    #[test]
    fn docker_lines_are_decoded() {
        let mut out = Vec::new();
        let line = br#"{"log":"1.2 \"GET\" \"a\\\"b\"\n","stream":"stdout","time":"2026"}"#;
        assert_eq!(docker(line, &mut out), Some(true));
        assert_eq!(out, br#"1.2 "GET" "a\"b""#);
        out.clear();
        assert_eq!(docker(br#"{"stream":"stdout","log":"part"}"#, &mut out), Some(false));
        assert_eq!(out, b"part");
        assert_eq!(docker(br#"{"msg":"x"}"#, &mut out), None);
        assert!(continues(br#"{"log":"part","stream":"stdout"}"#));
        assert!(!continues(br#"{"log":"all\n","stream":"stdout"}"#));
        assert!(continues(br#"{"log":"a value cut in its \\n","stream":"stdout"}"#));
    }

    #[test]
    fn quoted_lines_are_unwrapped() {
        for (line, expected) in [
            (&br#""1.2 [0 a:1] \"SET\" \"k\\\"\\n\"""#[..], Some(Outer::Once)),
            (br#""1.2 [0 a:1] \\"SET\\" \\"k\\\\\\"\\\\n\\"""#, Some(Outer::Doubled)),
            (br#""GET" "x""#, Some(Outer::Doubled)),
            (br#""a\qb""#, None),
            (b"x", None),
        ] {
            let mut out = Vec::new();
            assert_eq!(outer(line, &mut out), expected);
            if line.starts_with(b"\"1.2") {
                assert_eq!(out, br#"1.2 [0 a:1] "SET" "k\"\n""#);
            }
        }
    }

    #[test]
    fn terminals_are_read_as_they_show() {
        for (line, shown) in [
            (&b"\x1b[1;90mReading\x1b[0m\r\x1b[0mOK\r"[..], &b"OK"[..]),
            (b"\x1b]0;title\x07x", b"x"),
            (b"a\rb\rc", b"c"),
            (b"\x1b", b""),
            (b"\x1b[12", b""),
        ] {
            let mut out = Vec::new();
            terminal(line, &mut out);
            assert_eq!(out, shown);
        }
    }

    #[test]
    fn redisinsight_lines_become_redis_cli_lines() {
        let mut out = Vec::new();
        insight(br#"1.2 [5 1.1.1.1:1] "SET" "k\\n\"\\\\\\t\\x00\\xff" """#, &mut out).unwrap();
        assert_eq!(out, br#"1.2 [5 1.1.1.1:1] "SET" "k\n\"\\\t\x00\xff" """#);
        assert_eq!(insight(br#"1.2 [5 1.1.1.1:1] "SET" "\xff""#, &mut Vec::new()), None);
    }
}
