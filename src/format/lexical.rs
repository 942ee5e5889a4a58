//! Redis's own notation of byte strings and times, shared by every format: nom parsers over bytes.
//!
//! ```text
//! repr  = '"' *( plain | esc ) '"'                    sdscatrepr, unchanged since Redis 2.4
//! esc   = '\\' | '\"' | '\n' | '\r' | '\t' | '\a' | '\b' | '\x' HEX HEX
//! stamp = 1*DIGIT "." 1*6DIGIT                        seconds "." microseconds, an integer
//! ```

use memchr::{memchr, memchr2};
use nom::bytes::complete::{tag, take_while_m_n, take_while1};
use nom::error::{Error, ErrorKind};
use nom::sequence::{delimited, separated_pair};
use nom::{Err, IResult, Parser};

/// Decodes one `sdscatrepr` body (what stands between the quotes) onto the end of `out`.
///
/// Any backslash that starts no escape stands for itself, so that a tolerant reading keeps its bytes.
pub fn unescape_into(raw: &[u8], out: &mut Vec<u8>) {
    let mut rest = raw;
    // Binary values are runs of escapes, as below.
    while let Some(at) = if rest.first() == Some(&b'\\') { Some(0) } else { memchr(b'\\', rest) } {
        let (plain, escape) = rest.split_at(at);
        out.extend_from_slice(plain);
        let (byte, used) = escaped(escape).unwrap_or((b'\\', 1));
        out.push(byte);
        rest = escape.get(used..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
}

/// The byte that the escape at the start of `text` stands for, and how many bytes it takes.
fn escaped(text: &[u8]) -> Option<(u8, usize)> {
    match text {
        [_, b'n', ..] => Some((b'\n', 2)),
        [_, b'r', ..] => Some((b'\r', 2)),
        [_, b't', ..] => Some((b'\t', 2)),
        [_, b'a', ..] => Some((0x07, 2)),
        [_, b'b', ..] => Some((0x08, 2)),
        [_, quoted @ (b'"' | b'\\'), ..] => Some((*quoted, 2)),
        [_, b'x', high, low, ..] => Some((hex_digit(*high)? << 4 | hex_digit(*low)?, 4)),
        _ => None,
    }
}

/// The value of a hexadecimal digit of either case.
pub fn hex_digit(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// How many bytes of `raw` vanish when [`unescape_into`] decodes it.
pub fn escapes(raw: &[u8]) -> usize {
    let mut vanish = 0;
    let mut rest = raw;
    while let Some(at) = memchr(b'\\', rest) {
        let escape = rest.get(at..).unwrap_or_default();
        let used = escaped(escape).map_or(1, |(_, used)| used);
        vanish += used - 1;
        rest = escape.get(used..).unwrap_or_default();
    }
    vanish
}

/// What stands between two quotes, with the number of bytes that decoding takes away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Body<'a> {
    /// The bytes between the quotes.
    pub raw: &'a [u8],
    /// As [`crate::event::Text::escapes`].
    pub escapes: usize,
}

/// One quoted string, strictly: an unknown escape is [`ErrorKind::Escaped`], a missing end [`ErrorKind::Eof`].
pub fn repr(input: &[u8]) -> IResult<&[u8], Body<'_>> {
    delimited(tag(&b"\""[..]), body, tag(&b"\""[..])).parse(input)
}

/// Up to the closing quote, which stays in the rest.
fn body(input: &[u8]) -> IResult<&[u8], Body<'_>> {
    let mut at = 0;
    let mut vanish = 0;
    loop {
        let rest = input.get(at..).unwrap_or_default();
        // Binary values are runs of escapes: look at the next byte before starting a search.
        let found = match rest.first() {
            Some(b'\\' | b'"') => Some(0),
            _ => memchr2(b'"', b'\\', rest),
        };
        let Some(found) = found else { return fail(rest, ErrorKind::Eof) };
        at += found;
        let tail = input.get(at..).unwrap_or_default();
        if tail.first() == Some(&b'"') {
            let raw = input.get(..at).unwrap_or_default();
            return Ok((tail, Body { raw, escapes: vanish }));
        }
        match escaped(tail) {
            Some((_, used)) => {
                at += used;
                vanish += used - 1;
            }
            // Cut inside an escape at the very end, or an escape that does not exist.
            None if tail.len() < 4 && !tail.contains(&b'"') => return fail(tail, ErrorKind::Eof),
            None => return fail(tail, ErrorKind::Escaped),
        }
    }
}

fn fail<T>(at: &[u8], kind: ErrorKind) -> IResult<&[u8], T> {
    Err(Err::Error(Error::new(at, kind)))
}

/// A MONITOR time in microseconds since 1970.
///
/// What stands behind the dot is a number of microseconds, not a decimal fraction: Redis 2.0 and
/// Kvrocks print it without leading zeros, so `.7` is seven microseconds.
pub fn stamp(input: &[u8]) -> IResult<&[u8], i64> {
    let (rest, (seconds, micros)) = separated_pair(decimal(18), tag(&b"."[..]), decimal(6)).parse(input)?;
    match seconds.checked_mul(1_000_000).and_then(|time| time.checked_add(micros)) {
        Some(time) => Ok((rest, time)),
        None => fail(input, ErrorKind::TooLarge),
    }
}

/// A number of one to `most` decimal digits.
fn decimal<'a>(most: usize) -> impl Parser<&'a [u8], Output = i64, Error = Error<&'a [u8]>> {
    take_while_m_n(1, most, |byte: u8| byte.is_ascii_digit()).map(number)
}

/// Decimal digits, of which an `i64` holds at least eighteen.
fn number(digits: &[u8]) -> i64 {
    digits.iter().fold(0, |value: i64, digit| value.wrapping_mul(10).wrapping_add(i64::from(digit & 0x0f)))
}

/// How many lines there are, a last one without a line end included.
pub fn lines(block: &[u8]) -> u64 {
    let ended = usize::from(block.last().is_some_and(|last| *last != b'\n'));
    (memchr::memchr_iter(b'\n', block).count() + ended) as u64
}

/// The number of eight decimal digits, which are looked at together.
#[inline]
pub fn eight_digits(bytes: [u8; 8]) -> Option<u64> {
    let word = u64::from_le_bytes(bytes);
    let digits = word.wrapping_sub(0x3030_3030_3030_3030);
    // The highest bit of a byte: of what is less than a zero here, of what is more than a nine in the sum.
    if (digits | word.wrapping_add(0x4646_4646_4646_4646)) & 0x8080_8080_8080_8080 != 0 {
        return None;
    }
    // Neighbours are added up in pairs, then fours, then all.
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8) & 0x00ff_00ff_00ff_00ff;
    let fours = pairs.wrapping_mul(100).wrapping_add(pairs >> 16) & 0x0000_ffff_0000_ffff;
    Some(fours.wrapping_mul(10_000).wrapping_add(fours >> 32) & 0xffff_ffff)
}

/// A decimal number that fits 32 bits and fills `text`.
pub fn whole_number(text: &[u8]) -> Option<u32> {
    let (rest, digits) =
        take_while1::<_, _, Error<&[u8]>>(|byte: u8| byte.is_ascii_digit()).parse(text).ok()?;
    if !rest.is_empty() || digits.len() > 10 {
        return None;
    }
    u32::try_from(number(digits)).ok()
}

/// Decodes a JSON string's body (between its quotes) onto the end of `out`, byte by byte: what is not
/// an escape is copied, valid UTF-8 or not, because `redis-cli --json` prints bytes from 0x80 as they
/// are. `None` where an escape is not JSON's.
pub fn json_unescape_into(raw: &[u8], out: &mut Vec<u8>) -> Option<()> {
    json_unescape_all_into(raw, out)?.then_some(())
}

/// The same, halves of a surrogate pair that stand alone included ([`push_code`]); tells whether the bytes are
/// known.
pub fn json_unescape_all_into(raw: &[u8], out: &mut Vec<u8>) -> Option<bool> {
    let mut is_exact = true;
    let mut rest = raw;
    while let Some(at) = memchr(b'\\', rest) {
        let (plain, escape) = rest.split_at(at);
        out.extend_from_slice(plain);
        let used = match escape {
            [_, b'u', digits @ ..] => {
                let (code, used) = utf16_code(digits)?;
                is_exact &= push_code(code, out);
                used + 2
            }
            [_, plain, ..] => {
                out.push(match plain {
                    b'"' | b'\\' | b'/' => *plain,
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'b' => 0x08,
                    b'f' => 0x0c,
                    _ => return None,
                });
                2
            }
            _ => return None,
        };
        rest = escape.get(used..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
    Some(is_exact)
}

/// The code point of the four hexadecimal digits behind `\u`, and of another such escape behind them where the
/// two are a surrogate pair; and how many bytes they take.
pub fn utf16_code(digits: &[u8]) -> Option<(u32, usize)> {
    let code = utf16(digits)?;
    let low = match digits.get(4..) {
        Some([b'\\', b'u', low @ ..]) if (0xd800..0xdc00).contains(&code) => utf16(low),
        _ => None,
    };
    Some(match low.filter(|low| (0xdc00..0xe000).contains(low)) {
        Some(low) => (0x10000 + ((code - 0xd800) << 10 | (low - 0xdc00)), 10),
        None => (code, 4),
    })
}

/// Writes a code point as UTF-8; tells whether the bytes are known. From U+DC80 to U+DCFF Python keeps bytes that
/// are no UTF-8 (`surrogateescape`). Other halves of a pair stand for bytes that nobody can know, and are written
/// as UTF-8 would write them, were they characters: different ones stay different.
pub fn push_code(code: u32, out: &mut Vec<u8>) -> bool {
    let low = |bits: u32| 0x80 | (code >> bits & 0x3f) as u8;
    match (char::from_u32(code), code) {
        (Some(c), _) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        (None, 0xdc80..=0xdcff) => out.push((code & 0xff) as u8),
        (None, _) => out.extend_from_slice(&[0xe0 | (code >> 12 & 0x0f) as u8, low(6), low(0)]),
    }
    char::from_u32(code).is_some() || (0xdc80..=0xdcff).contains(&code)
}

/// Four hexadecimal digits.
fn utf16(digits: &[u8]) -> Option<u32> {
    digits.get(..4)?.iter().try_fold(0, |code, digit| Some(code << 4 | u32::from(hex_digit(*digit)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_strings_are_read_strictly() {
        for (input, decoded, rest) in [
            (&br#""""#[..], &b""[..], &b""[..]),
            (br#""GET" "x""#, b"GET", b" \"x\""),
            (br#""a\"b\\c""#, b"a\"b\\c", b""),
            (br#""\n\r\t\a\b""#, b"\n\r\t\x07\x08", b""),
            (br#""\x00\xff\xFFz""#, b"\0\xff\xffz", b""),
            (br#""\\x92""#, b"\\x92", b""),
            (b"\"\xc3\xa9\"", b"\xc3\xa9", b""),
        ] {
            let (left, body) = repr(input).unwrap();
            let mut out = Vec::new();
            unescape_into(body.raw, &mut out);
            assert_eq!(out, decoded, "{}", input.escape_ascii());
            assert_eq!(body.raw.len() - body.escapes, decoded.len());
            assert_eq!(escapes(body.raw), body.escapes);
            assert_eq!(left, rest);
        }
    }

    #[test]
    fn what_is_wrong_with_a_quoted_string_is_told() {
        for (input, kind) in [
            (&br#""abc"#[..], ErrorKind::Eof),
            (br#""abc\"#, ErrorKind::Eof),
            (br#""abc\x"#, ErrorKind::Eof),
            (br#""abc\xf"#, ErrorKind::Eof),
            (br#""abc\""#, ErrorKind::Eof),
            (br#""a\qb""#, ErrorKind::Escaped),
            (br#""a\0b""#, ErrorKind::Escaped),
            (br#""a\xzzb""#, ErrorKind::Escaped),
            (b"abc", ErrorKind::Tag),
        ] {
            match repr(input) {
                Err(Err::Error(error)) => assert_eq!(error.code, kind, "{}", input.escape_ascii()),
                other => panic!("{} gave {other:?}", input.escape_ascii()),
            }
        }
    }

    #[test]
    fn unknown_escapes_stay_in_a_tolerant_reading() {
        let mut out = Vec::new();
        unescape_into(br"Foo\Bar it\'s \xq \", &mut out);
        assert_eq!(out, br"Foo\Bar it\'s \xq \");
    }

    #[test]
    fn microseconds_are_an_integer() {
        for (input, time, rest) in [
            (&b"1718720297.795951 x"[..], 1_718_720_297_795_951, &b" x"[..]),
            (b"1718720297.5312", 1_718_720_297_005_312, b""),
            (b"1287654321.7", 1_287_654_321_000_007, b""),
            (b"1718720297.7959512", 1_718_720_297_795_951, b"2"),
            (b"0.0", 0, b""),
        ] {
            assert_eq!(stamp(input), Ok((rest, time)));
        }
        for input in [&b""[..], b".5", b"1718720297", b"1718720297.", b"x", b"9999999999999999999.1"] {
            assert!(stamp(input).is_err(), "{}", input.escape_ascii());
        }
    }

    #[test]
    fn json_strings_decode_to_bytes() {
        for (input, decoded) in [
            (&br#"a\"b\\c\/"#[..], Some(&b"a\"b\\c/"[..])),
            (br"\n\r\t\b\f", Some(b"\n\r\t\x08\x0c")),
            (br"\u00e9\u0001", Some(b"\xc3\xa9\x01")),
            (br"\ud83d\ude00", Some("😀".as_bytes())),
            (b"\xff", Some(b"\xff")),
            (br"\x41", None),
            (br"\ud83d", None),
            (br"\u12", None),
            (br"\", None),
        ] {
            let mut out = Vec::new();
            let done = json_unescape_into(input, &mut out);
            assert_eq!(done.map(|()| out.as_slice()), decoded, "{}", input.escape_ascii());
        }
    }

    #[test]
    fn whole_numbers_fill_their_text() {
        for (text, value) in [
            (&b"0"[..], Some(0)),
            (b"15", Some(15)),
            (b"4294967295", Some(u32::MAX)),
            (b"4294967296", None),
            (b"", None),
            (b"1x", None),
            (b"-1", None),
            (b"00000000001", None),
        ] {
            assert_eq!(whole_number(text), value);
        }
    }
}
