//! An entry as redis-cli prints it on a terminal, and with `--no-raw` or `-3` anywhere.
//!
//! ```text
//! line  = 1*( *" " number ") " ) value       value = "(integer) " number / repr
//!
//!  1) 1) (integer) 21                        the entry's number, id
//!     2) (integer) 1795172229                seconds since 1970
//!     3) (integer) 6                         microseconds
//!     4) 1) "ZRANGE"                         arguments; Redis Software puts a string before them
//!        2) "leaderboard:global"
//!     5) "127.0.0.1:40630"                   address and name: Redis 4.0 and later
//!     6) "slow-app"
//!     7) (integer) 2                         number of arguments: Redis 8.10
//! ```
//!
//! Numbers are aligned to the right, so that the column of the bracket tells the level.

use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while1};
use nom::combinator::{eof, map};
use nom::sequence::{preceded, terminated};
use nom::{IResult, Parser};

use super::entry::{Decoded, Fields, complexity, decoded, seconds, span, whole};
use crate::event::Span;
use crate::format::lexical::{Body, repr};

/// What stands behind the numbers of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Value<'a> {
    Number(&'a [u8]),
    Text(Body<'a>),
}

/// A line's first number, and the column of its bracket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Label {
    number: u64,
    column: usize,
}

/// An entry's first line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head<'a> {
    id: &'a [u8],
    /// Where the brackets of its fields stand.
    column: usize,
}

/// Reads an entry's first line.
pub(super) fn head(line: &[u8]) -> Option<Head<'_>> {
    // Most lines are none: look before parsing.
    if line.last().is_none_or(|last| !last.is_ascii_digit()) {
        return None;
    }
    let (inner, outer) = label(line).ok()?;
    let (value, field) = label(inner).ok()?;
    match terminated(number, eof).parse(value) {
        Ok((_, Value::Number(id))) if field.number == 1 => {
            Some(Head { id, column: outer.column + 2 + field.column })
        }
        _ => None,
    }
}

impl Head<'_> {
    /// Where the brackets of the entry's elements stand.
    pub(super) fn column(&self) -> usize {
        self.column
    }
}

/// Whether a line can belong to an entry whose elements' brackets stand in `column`.
pub(super) fn belongs(column: usize, line: &[u8]) -> bool {
    label(line).is_ok_and(|(_, label)| label.column >= column)
}

/// Whether a line is part of some entry, though not its first one.
pub(super) fn is_part(line: &[u8]) -> bool {
    line.first() == Some(&b' ')
        && head(line).is_none()
        && label(line).is_ok_and(|(inner, _)| {
            let inner = label(inner).map_or(inner, |(inner, _)| inner);
            matches!(inner.first(), Some(b'"' | b'('))
        })
}

fn label(input: &[u8]) -> IResult<&[u8], Label> {
    let spaces = take_while(|byte| byte == b' ');
    let digits = take_while1(|byte: u8| byte.is_ascii_digit());
    let (rest, (spaces, digits)) = terminated((spaces, digits), tag(&b") "[..])).parse(input)?;
    let column = spaces.len() + digits.len();
    Ok((rest, Label { number: whole(digits).unwrap_or(u64::MAX), column }))
}

fn number(input: &[u8]) -> IResult<&[u8], Value<'_>> {
    let digits = take_while1(|byte: u8| byte.is_ascii_digit());
    map(preceded(tag(&b"(integer) "[..]), digits), Value::Number).parse(input)
}

fn value(input: &[u8]) -> IResult<&[u8], Value<'_>> {
    terminated(alt((map(repr, Value::Text), number)), eof).parse(input)
}

/// What an entry holds, its strings still escaped.
#[derive(Debug, Default)]
pub(super) struct Parts<'a> {
    id: Option<u64>,
    time: Option<i64>,
    us: Option<u64>,
    before: Option<Body<'a>>,
    after: [Option<Body<'a>>; 2],
    argc: Option<u64>,
    /// How many fields there are.
    pub(super) count: u64,
}

/// Reads a whole entry; its arguments, as they stand in `text`, go to `spans`.
pub(super) fn entry<'a>(text: &'a [u8], spans: &mut Vec<Span>) -> Option<Parts<'a>> {
    spans.clear();
    let mut parts = Parts::default();
    let mut column = 0;
    let mut start = 0;
    // Number of the last argument while more can come.
    let mut last = None;
    for whole_line in text.split_inclusive(|byte| *byte == b'\n') {
        let line = trim_end(whole_line);
        let offset = start;
        start += whole_line.len();
        if parts.count == 0 {
            let head = head(line)?;
            parts.id = whole(head.id);
            parts.count = 1;
            column = head.column;
            continue;
        }
        let (inner, label) = label(line).ok()?;
        let at = |text: &[u8]| offset + (line.len() - text.len());
        if label.column > column {
            let expected = last.map(|last: u64| last + 1)?;
            let argument = (label.number == expected).then_some(inner)?;
            argument_at(argument, at(argument), spans)?;
            last = Some(expected);
            continue;
        }
        if label.column < column || label.number != parts.count + 1 {
            return None;
        }
        parts.count += 1;
        last = None;
        if let Ok((argument, first)) = self::label(inner) {
            if first.number != 1 || parts.count < 4 || !spans.is_empty() {
                return None;
            }
            argument_at(argument, at(argument), spans)?;
            last = Some(1);
            continue;
        }
        let (_, value) = value(inner).ok()?;
        parts.field(value, !spans.is_empty())?;
    }
    (!spans.is_empty() && parts.time.is_some() && parts.us.is_some() && parts.id.is_some()).then_some(parts)
}

fn argument_at(text: &[u8], offset: usize, spans: &mut Vec<Span>) -> Option<()> {
    let (_, body) = terminated(repr, eof).parse(text).ok()?;
    spans.push(span(offset + 1, body)?);
    Some(())
}

impl<'a> Parts<'a> {
    /// A field other than the arguments.
    fn field(&mut self, value: Value<'a>, behind_arguments: bool) -> Option<()> {
        match (value, self.count, behind_arguments) {
            (Value::Number(text), 2, _) => self.time = Some(seconds(text)?),
            (Value::Number(text), 3, _) => self.us = Some(whole(text)?),
            (Value::Number(text), _, true) => self.argc = self.argc.or(whole(text)),
            (Value::Text(body), 4, false) => self.before = Some(body),
            (Value::Text(body), _, true) => {
                // More strings than two are a later server's.
                if let Some(free) = self.after.iter_mut().find(|field| field.is_none()) {
                    *free = Some(body);
                }
            }
            _ => return None,
        }
        Some(())
    }

    /// The fields, decoded.
    pub(super) fn fields<'b>(&self, buffers: &'b mut Decoded) -> Fields<'b>
    where
        'a: 'b,
    {
        let Decoded { client, name, complexity: sizes } = buffers;
        let [address, called] = self.after;
        Fields {
            id: self.id,
            time: self.time.unwrap_or_default(),
            us: self.us.unwrap_or_default(),
            argc: self.argc,
            client: address.map(|body| decoded(body.raw, body.escapes, client)),
            name: called.map(|body| decoded(body.raw, body.escapes, name)),
            complexity: self.before.map(|body| {
                let text = decoded(body.raw, body.escapes, sizes);
                complexity(text).unwrap_or(text)
            }),
        }
    }
}

/// A line without its end.
pub(super) fn trim_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    crate::format::monitor::wrap::trim_end(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_lines_are_told() {
        for (line, found) in [
            (&b"1) 1) (integer) 8"[..], Some((&b"8"[..], 4))),
            (b" 1) 1) (integer) 21", Some((b"21", 5))),
            (b"128) 1) (integer) 0", Some((b"0", 6))),
            (b"   2) (integer) 1795172229", None),
            (b"   4) 1) \"GET\"", None),
            (b"1) 2) (integer) 8", None),
            (b"1) 1) (integer) 8x", None),
            (b"1) \"pmessage\"", None),
            (b"", None),
        ] {
            assert_eq!(head(line).map(|head| (head.id, head.column)), found, "{}", line.escape_ascii());
        }
    }

    #[test]
    fn parts_are_told_from_first_lines() {
        for (line, is) in [
            (&b"    2) (integer) 1795983426"[..], true),
            (b"    4) 1) \"GET\"", true),
            (b"       2) \"k\"", true),
            (b" 2) 1) (integer) 818", false),
            (b"2) 1) (integer) 818", false),
            (b"  text", false),
        ] {
            assert_eq!(is_part(line), is, "{}", line.escape_ascii());
        }
    }

    #[test]
    fn entries_that_are_not_whole_are_none() {
        let whole = "1) 1) (integer) 8\n   2) (integer) 17\n   3) (integer) 5\n   4)  1) \"a\"\n       2) \"b\"\n   5) \"\"\n";
        let mut spans = Vec::new();
        assert_eq!(entry(whole.as_bytes(), &mut spans).unwrap().count, 5);
        assert_eq!(spans.len(), 2);
        for (from, to) in [
            ("(integer) 17", "(integer) x"),
            ("   3) (integer) 5\n", ""),
            ("       2) \"b\"", "       3) \"b\""),
            ("   4)  1) \"a\"\n       2) \"b\"\n", ""),
            ("\"b\"", "\"b"),
            ("   5) \"\"", " 5) \"\""),
            ("   2) (integer) 17", "   2) \"17\""),
        ] {
            let text = whole.replace(from, to);
            assert_ne!(text, whole);
            assert!(entry(text.as_bytes(), &mut spans).is_none(), "{text}");
        }
    }
}
