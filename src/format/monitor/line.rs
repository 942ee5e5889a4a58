//! One line of MONITOR: header and arguments, strictly and tolerantly.

use memchr::{memchr, memchr_iter};
use nom::branch::alt;
use nom::bytes::complete::{tag, take_till1, take_while_m_n};
use nom::combinator::{opt, peek};
use nom::error::ErrorKind;
use nom::sequence::{delimited, terminated};
use nom::{Err, IResult, Parser};

use super::fast::{self, Second};
use crate::event::{Database, Span};
use crate::format::lexical::{escapes, repr, stamp, whole_number};

/// What stands before the arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header<'a> {
    /// Microseconds since 1970.
    pub time: i64,
    /// The database, 0 where the line names none.
    pub database: Database<'a>,
    /// The address, `None` where the line has no context.
    pub client: Option<&'a [u8]>,
}

/// Why a line is no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// There is no time, database and client in front of a quote.
    Header,
    /// A quoted argument has no end.
    Unterminated,
    /// A backslash that starts none of Redis's escapes.
    Escape,
    /// Arguments are parted by something other than one space.
    Between,
    /// The line is longer than 4 GiB.
    Long,
}

impl Flaw {
    /// In words for a person.
    pub fn reason(self) -> &'static str {
        match self {
            Flaw::Header => "no time, database and client before the first argument",
            Flaw::Unterminated => "a quoted argument has no end",
            Flaw::Escape => "an escape that Redis does not write",
            Flaw::Between => "something other than one space between two arguments",
            Flaw::Long => "longer than 4 GiB",
        }
    }
}

/// Header and arguments of a line that is nothing but a record; the arguments go to `spans`.
pub fn record<'a>(line: &'a [u8], spans: &mut Vec<Span>) -> Result<Header<'a>, Flaw> {
    record_after(&mut Second::default(), line, spans)
}

/// The same; `second` is that of the line before.
pub(super) fn record_after<'a>(
    second: &mut Second,
    line: &'a [u8],
    spans: &mut Vec<Span>,
) -> Result<Header<'a>, Flaw> {
    match fast::record(line, spans, second) {
        Some(read) if read.end == line.len() => Ok(read.header(line)),
        _ => strict(line, spans),
    }
}

/// As [`record`], by the grammar alone.
pub fn strict<'a>(line: &'a [u8], spans: &mut Vec<Span>) -> Result<Header<'a>, Flaw> {
    let (rest, header) = header(line).map_err(|_| Flaw::Header)?;
    arguments(line, line.len() - rest.len(), spans)?;
    Ok(header)
}

/// Bytes that a database or an address takes at most: a unix socket's path has 108 (`sun_path`), names of
/// hosts and namespaces 255. Without a bound a long line of headers that never end would be searched
/// again from each of them.
pub(super) const LONGEST: usize = 512;

/// Everything up to the first argument's quote.
pub fn header(input: &[u8]) -> IResult<&[u8], Header<'_>> {
    let (rest, time) = terminated(stamp, opt(tag(&b" "[..]))).parse(input)?;
    let (rest, (database, client)) = alt((context, old_context)).parse(rest)?;
    Ok((rest, Header { time, database, client }))
}

/// `[db address] `, of which the end is the first `] "`: a unix path may hold spaces and brackets,
/// and quotes in data are escaped.
fn context(input: &[u8]) -> IResult<&[u8], (Database<'_>, Option<&[u8]>)> {
    let named = take_while_m_n(1, LONGEST, |byte| byte != b' ' && byte != b'"');
    let (rest, database) = delimited(tag(&b"["[..]), named, tag(&b" "[..])).parse(input)?;
    let database = whole_number(database).map_or(Database::Namespace(database), Database::Number);
    let near = rest.get(..LONGEST).unwrap_or(rest);
    let mut from = 0;
    while let Some(at) = memchr(b']', near.get(from..).unwrap_or_default()) {
        let end = from + at;
        if rest.get(end + 1..end + 3) == Some(b" \"") {
            let (client, tail) = rest.split_at(end);
            return Ok((tail.get(2..).unwrap_or_default(), (database, Some(client))));
        }
        from = end + 1;
    }
    Err(Err::Error(nom::error::Error::new(rest, ErrorKind::TakeUntil)))
}

/// `(db 5) ` or nothing, as Redis 2.0 to 2.4 print.
fn old_context(input: &[u8]) -> IResult<&[u8], (Database<'_>, Option<&[u8]>)> {
    let number = delimited(tag(&b"(db "[..]), take_till1(|byte| byte == b')'), tag(&b") "[..]));
    let (rest, number) = terminated(opt(number), peek(tag(&b"\""[..]))).parse(input)?;
    let number = match number {
        Some(digits) => {
            whole_number(digits).ok_or_else(|| Err::Error(nom::error::Error::new(input, ErrorKind::Digit)))?
        }
        None => 0,
    };
    Ok((rest, (Database::Number(number), None)))
}

/// `repr *( " " repr )` from `start` to the end of the line.
fn arguments(line: &[u8], start: usize, spans: &mut Vec<Span>) -> Result<(), Flaw> {
    spans.clear();
    let mut rest = line.get(start..).unwrap_or_default();
    loop {
        let at = line.len() - rest.len() + 1;
        let (left, body) = repr(rest).map_err(|error| match error {
            Err::Error(error) if error.code == ErrorKind::Eof => Flaw::Unterminated,
            Err::Error(error) if error.code == ErrorKind::Escaped => Flaw::Escape,
            _ => Flaw::Between,
        })?;
        spans.push(span(at, body.raw.len(), body.escapes)?);
        rest = match left {
            [] => return Ok(()),
            [b' ', next @ ..] => next,
            _ => return Err(Flaw::Between),
        };
    }
}

fn span(start: usize, len: usize, escapes: usize) -> Result<Span, Flaw> {
    let narrow = |n: usize| u32::try_from(n).map_err(|_| Flaw::Long);
    Ok(Span { start: narrow(start)?, len: narrow(len)?, escapes: narrow(escapes)? })
}

/// Where in `line` a time may begin: digits that follow neither a digit nor a dot, with a dot behind.
fn candidates(line: &[u8]) -> impl Iterator<Item = usize> {
    memchr_iter(b'.', line).filter_map(move |dot| {
        let digits = line.get(..dot)?.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
        let start = dot - digits;
        let before = start.checked_sub(1).and_then(|at| line.get(at));
        (digits > 0 && before != Some(&b'.')).then_some(start)
    })
}

/// The leftmost place where a record begins that runs to the end of the line, behind a prefix that
/// some tool wrote. A prefix holds no quote, so that nothing inside an argument can pose as a record.
pub fn behind_prefix(line: &[u8], spans: &mut Vec<Span>) -> Result<usize, Flaw> {
    let quote = memchr(b'"', line).unwrap_or(0);
    let mut flaw = Flaw::Header;
    for start in candidates(line.get(..quote).unwrap_or_default()) {
        match record(line.get(start..).unwrap_or_default(), spans) {
            Ok(_) => return Ok(start),
            // The flaw of the arguments says more than the lack of a header elsewhere.
            Err(found) if found != Flaw::Header && flaw == Flaw::Header => flaw = found,
            Err(_) => {}
        }
    }
    Err(flaw)
}

/// Where the header of a line begins whose arguments cannot be read strictly.
pub fn header_start(line: &[u8]) -> Option<usize> {
    let quote = memchr(b'"', line).unwrap_or(0);
    candidates(line.get(..quote)?).find(|start| header(line.get(*start..).unwrap_or_default()).is_ok())
}

/// A line with unescaped quotes, as relays print it: an argument ends at a quote that is followed by
/// ` "` or by the end of the line. The reading is the likeliest one, not a certain one.
pub fn tolerant<'a>(line: &'a [u8], spans: &mut Vec<Span>) -> Result<Header<'a>, Flaw> {
    let (rest, header) = header(line).map_err(|_| Flaw::Header)?;
    spans.clear();
    let mut start = line.len() - rest.len() + 1;
    let mut at = start;
    loop {
        let tail = line.get(at..).unwrap_or_default();
        let Some(found) = memchr(b'"', tail) else { return Err(Flaw::Unterminated) };
        let end = at + found;
        let escaped = line.get(start..end).unwrap_or_default();
        let slashes = escaped.iter().rev().take_while(|byte| **byte == b'\\').count();
        at = end + 1;
        match line.get(at..).unwrap_or_default() {
            [] => {
                let raw = line.get(start..end).unwrap_or_default();
                spans.push(span(start, raw.len(), escapes(raw))?);
                return Ok(header);
            }
            [b' ', b'"', ..] if slashes % 2 == 0 => {
                let raw = line.get(start..end).unwrap_or_default();
                spans.push(span(start, raw.len(), escapes(raw))?);
                start = at + 2;
                at = start;
            }
            _ => {}
        }
    }
}

/// Whether another record begins behind the first quote of `line`: two writers met, or a capture
/// was cut and the next appended without a line end.
pub fn holds_another(line: &[u8], spans: &mut Vec<Span>) -> bool {
    let Some(quote) = memchr(b'"', line) else { return false };
    let rest = line.get(quote..).unwrap_or_default();
    candidates(rest).any(|start| record(rest.get(start..).unwrap_or_default(), spans).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &[u8]) -> Result<(Header<'_>, Vec<Vec<u8>>), Flaw> {
        let mut spans = Vec::new();
        let header = record(line, &mut spans)?;
        Ok((header, values(line, &spans)))
    }

    fn values(line: &[u8], spans: &[Span]) -> Vec<Vec<u8>> {
        crate::event::Args::new(line, spans).iter().map(|text| text.bytes(&mut Vec::new()).to_vec()).collect()
    }

    #[test]
    fn every_address_form_is_read() {
        for (context, database, client) in [
            (&b"[0 127.0.0.1:43758]"[..], Database::Number(0), Some(&b"127.0.0.1:43758"[..])),
            (b"[5 [::1]:45176]", Database::Number(5), Some(b"[::1]:45176")),
            (b"[0 fd40:1481::6:44426]", Database::Number(0), Some(b"fd40:1481::6:44426")),
            (b"[2 unix:/tmp/a] b.sock]", Database::Number(2), Some(b"unix:/tmp/a] b.sock")),
            (b"[2 unix:/tmp/]]", Database::Number(2), Some(b"unix:/tmp/]")),
            (b"[3 lua]", Database::Number(3), Some(b"lua")),
            (b"[0 ]", Database::Number(0), Some(b"")),
            (b"[0 ?:0]", Database::Number(0), Some(b"?:0")),
            (b"[0 REPLICATION:0]", Database::Number(0), Some(b"REPLICATION:0")),
            (b"[__namespace 1.2.3.4:5]", Database::Namespace(b"__namespace"), Some(b"1.2.3.4:5")),
            (b"(db 3)", Database::Number(3), None),
        ] {
            let line = [b"1718720297.795951 ", context, b" \"GET\" \"k\""].concat();
            let (header, values) = read(&line).unwrap();
            assert_eq!((header.database, header.client), (database, client));
            assert_eq!(header.time, 1_718_720_297_795_951);
            assert_eq!(values, [b"GET".to_vec(), b"k".to_vec()]);
        }
    }

    #[test]
    fn lines_without_context_and_without_space_are_read() {
        let (header, values) = read(b"1795173276.921474 \"SELECT\" \"0\"").unwrap();
        assert_eq!((header.client, values.len()), (None, 2));
        let (header, _) = read(b"1718720297.795951[0 10.1.1.1:4001] \"GET\" \"k\"").unwrap();
        assert_eq!(header.client, Some(&b"10.1.1.1:4001"[..]));
    }

    #[test]
    fn data_cannot_fake_a_header_or_an_end() {
        let (header, values) = read(br#"1.2 [5 1.1.1.1:1] "SET" "s" "\"] \" [0 lua] \"x""#).unwrap();
        assert_eq!(header.client, Some(&b"1.1.1.1:1"[..]));
        assert_eq!(values[2], b"\"] \" [0 lua] \"x");
        let (_, values) = read(br#"1.2 [5 1.1.1.1:1] "SET" "f" "1.5 [0 1.1.1.1:1] \"DEL\" \"x\"""#).unwrap();
        assert_eq!((values.len(), &values[0][..]), (3, &b"SET"[..]));
    }

    #[test]
    fn flaws_are_told() {
        for (line, flaw) in [
            (&b""[..], Flaw::Header),
            (b"OK", Flaw::Header),
            (b"1.2 [0 a:1]", Flaw::Header),
            (b"1.2 [0 a:1] GET", Flaw::Header),
            (b"1.2 (db x) \"GET\"", Flaw::Header),
            (b"1.2 [0 a:1] \"GET", Flaw::Unterminated),
            (b"1.2 [0 a:1] \"GET\" \"a\\x", Flaw::Unterminated),
            (b"1.2 [0 a:1] \"GET\" \"a\\q\"", Flaw::Escape),
            (b"1.2 [0 a:1] \"GET\"  \"a\"", Flaw::Between),
            (b"1.2 [0 a:1] \"GET\" ", Flaw::Between),
            (b"1.2 [0 a:1] \"GET\"x", Flaw::Between),
        ] {
            assert_eq!(read(line).unwrap_err(), flaw, "{}", line.escape_ascii());
        }
    }

    #[test]
    fn the_leftmost_whole_record_counts() {
        let mut spans = Vec::new();
        for (line, start) in [
            (&br#"redis-1  | 1718720297.895951 [0 10.0.0.5:1] "GET" "a""#[..], Ok(11)),
            (br#"17:1718720298.495951 [0 10.0.0.5:1] "GET" "a""#, Ok(3)),
            (br#"1718720298.300000 1718720298.295951 [0 10.0.0.5:1] "GET" "a""#, Ok(18)),
            (br#"10.0.0.5 - 1718720298.295951 [0 10.0.0.5:1] "GET" "a""#, Ok(11)),
            (br#"x 1.2 [0 a:1] "ECHO" "1.5 [9 b:1] \"FLUSHALL\"""#, Ok(2)),
            (br#"x "y" 1.2 [0 a:1] "GET" "k""#, Err(Flaw::Header)),
            (br#"x 1.2 [0 a:1] "GET" "k"#, Err(Flaw::Unterminated)),
            (b"x", Err(Flaw::Header)),
        ] {
            assert_eq!(behind_prefix(line, &mut spans), start, "{}", line.escape_ascii());
        }
    }

    #[test]
    fn unescaped_quotes_are_read_tolerantly() {
        let mut spans = Vec::new();
        for (line, expected) in [
            (
                &br#"1.2 [0 a:1] "ZADD" "an" "{"id":"9","r":null}""#[..],
                &[&b"ZADD"[..], b"an", br#"{"id":"9","r":null}"#][..],
            ),
            (
                br#"1.2 [0 a:1] "SET" "t:1" "a:1:{s:1:"d";s:0:"";}" "NX""#,
                &[b"SET", b"t:1", br#"a:1:{s:1:"d";s:0:"";}"#, b"NX"],
            ),
            (br#"1.2 [0 a:1] "SET" "k" "F\Bar it\'s ok""#, &[b"SET", b"k", br"F\Bar it\'s ok"]),
        ] {
            assert!(record(line, &mut spans).is_err());
            tolerant(line, &mut spans).unwrap();
            assert_eq!(values(line, &spans), expected);
        }
        assert_eq!(tolerant(br#"1.2 [0 a:1] "SET" "k"#, &mut spans), Err(Flaw::Unterminated));
    }

    #[test]
    fn two_records_on_one_line_are_noticed() {
        let mut spans = Vec::new();
        assert!(holds_another(br#"1.2 [0 a:1] "SET" "cut 1.5 [0 b:1] "GET" "x""#, &mut spans));
        assert!(!holds_another(br#"1.2 [0 a:1] "SET" "{"id":"9"}""#, &mut spans));
    }
}
