//! Lines as servers print most of them, read by position:
//!
//! ```text
//! 1795174465.516601 [0 127.0.0.1:34446] "CLIENT" "SETNAME" "webapp-1"
//! ```
//!
//! What it reads it reads as [`super::line::strict`] does, the grammar; what is any different (fewer digits,
//! a namespace, a flaw) it leaves to that.

use memchr::memchr2;

use super::line::{Header, LONGEST};
use crate::event::{Database, Span};
use crate::format::lexical::{eight_digits, hex_digit};

/// Bytes up to the database's first digit.
const HEAD: usize = 20;

/// Words without a quote or backslash behind which a search over more of them at once pays.
const PLAIN: usize = 8;

/// Header and arguments; `None` where the grammar has to say what the line is.
#[inline]
pub(super) fn record<'a>(line: &'a [u8], spans: &mut Vec<Span>) -> Option<Header<'a>> {
    let (head, rest) = line.split_first_chunk::<HEAD>()?;
    let (time, first) = time(head)?;
    let digit = |byte: u8| byte.is_ascii_digit().then(|| u32::from(byte & 0x0f));
    let first = digit(first)?;
    let (number, context) = match rest {
        [b' ', ..] => (first, HEAD + 1),
        [second, b' ', ..] => (first * 10 + digit(*second)?, HEAD + 2),
        _ => return None,
    };
    if u32::try_from(line.len()).is_err() {
        return None;
    }
    let quote = mark(line, context).filter(|quote| line.get(*quote) == Some(&b'"'))?;
    // The address ends at the first `] "`, and no quote stands before it.
    let client = line.get(context..quote)?.strip_suffix(b"] ").filter(|client| client.len() < LONGEST)?;
    arguments(line, quote, spans)?;
    Some(Header { time, database: Database::Number(number), client: Some(client) })
}

/// Microseconds since 1970 of `1795174465.516601 [`, and the byte behind it.
fn time(head: &[u8; HEAD]) -> Option<(i64, u8)> {
    let [a, b, c, d, e, f, g, h, i, j, dot, k, l, m, n, o, p, space, bracket, database] = *head;
    if [dot, space, bracket] != *b". [" {
        return None;
    }
    let (high, low) = (eight_digits([a, b, c, d, e, f, g, h])?, eight_digits([i, j, k, l, m, n, o, p])?);
    Some((i64::try_from(high * 100_000_000 + low).ok()?, database))
}

/// `repr *( " " repr )` from the quote at `quote` up to the end of the line.
#[inline]
fn arguments(line: &[u8], quote: usize, spans: &mut Vec<Span>) -> Option<()> {
    spans.clear();
    let mut start = quote + 1;
    loop {
        let mut escapes = 0;
        let mut at = mark(line, start)?;
        let after = loop {
            let used = match line.get(at..)? {
                [b'"', after @ ..] => break after,
                [_, b'x', high, low, ..] if hex_digit(*high).and(hex_digit(*low)).is_some() => 4,
                [_, b'n' | b'r' | b't' | b'a' | b'b' | b'"' | b'\\', ..] => 2,
                _ => return None,
            };
            escapes += used - 1;
            at += used;
            // Binary values are runs of escapes.
            if !matches!(line.get(at), Some(b'\\' | b'"')) {
                at = mark(line, at)?;
            }
        };
        // The line is shorter than 4 GiB.
        spans.push(Span { start: start as u32, len: (at - start) as u32, escapes: escapes as u32 });
        match after {
            [] => return Some(()),
            [b' ', b'"', ..] => start = at + 3,
            _ => return None,
        }
    }
}

/// The first quote or backslash from `from` on.
#[inline]
fn mark(line: &[u8], from: usize) -> Option<usize> {
    let rest = line.get(from..)?;
    let (words, _) = rest.as_chunks::<8>();
    let mut at = 0;
    for word in words.iter().take(PLAIN) {
        let marks = marks(u64::from_le_bytes(*word));
        if marks != 0 {
            return Some(from + at + (marks.trailing_zeros() / 8) as usize);
        }
        at += 8;
    }
    let tail = rest.get(at..)?;
    let found = if tail.len() < 8 {
        tail.iter().position(|byte| matches!(byte, b'"' | b'\\'))
    } else {
        memchr2(b'"', b'\\', tail)
    };
    found.map(|found| from + at + found)
}

/// The highest bit of the bytes that are a quote or a backslash; the lowest of these is exact, which is all
/// that is looked at.
fn marks(word: u64) -> u64 {
    zeros(word ^ 0x2222_2222_2222_2222) | zeros(word ^ 0x5c5c_5c5c_5c5c_5c5c)
}

/// The highest bit of each zero byte; bytes above one may be marked too (the borrow).
fn zeros(word: u64) -> u64 {
    word.wrapping_sub(0x0101_0101_0101_0101) & !word & 0x8080_8080_8080_8080
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::line::strict;
    use super::*;

    type Read<'a> = Option<(Header<'a>, Vec<Span>)>;

    /// What it reads, and what the grammar reads.
    fn both(line: &[u8]) -> (Read<'_>, Read<'_>) {
        let (mut fast, mut slow) = (Vec::new(), Vec::new());
        let (by_position, by_grammar) = (record(line, &mut fast), strict(line, &mut slow).ok());
        (by_position.map(|header| (header, fast)), by_grammar.map(|header| (header, slow)))
    }

    #[test]
    fn common_lines_are_read_by_position_and_as_the_grammar_reads_them() {
        let long = format!(
            "1795174465.516601 [0 127.0.0.1:34446] \"SET\" \"k\" \"{}\\n{}\"",
            "v".repeat(300),
            "w".repeat(99)
        );
        for line in [
            r#"1795174465.516601 [0 127.0.0.1:34446] "CLIENT" "SETNAME" "webapp-1""#,
            r#"1795174465.516601 [15 [::1]:34446] "GET" "a\"b\\""#,
            r#"1795174465.000000 [0 lua] "SET" "" "\x00\xff\xAb\n\r\t\a\b""#,
            r#"1795174465.516601 [0 unix:/tmp/a] b.sock] "PING""#,
            r#"1795174465.516601 [0 ] "PING""#,
            &long,
        ] {
            let (fast, slow) = both(line.as_bytes());
            assert!(fast.is_some(), "{line}");
            assert_eq!(fast, slow, "{line}");
        }
    }

    #[test]
    fn the_rest_is_left_to_the_grammar() {
        for line in [
            "",
            r#"1795174465.516601 [0 127.0.0.1:34446]"#,
            r#"1795174465.516601 [0 127.0.0.1:34446] "#,
            r#"1795174465.516601 [0 127.0.0.1:34446] ""#,
            r#"1795174465.516601 [0 127.0.0.1:34446] "GET" "k"#,
            r#"1795174465.516601 [0 127.0.0.1:34446] "GET" "k" "#,
            r#"1795174465.516601 [0 127.0.0.1:34446] "GET" "k"x"#,
            r#"1795174465.516601 [0 127.0.0.1:34446] "GET"  "k""#,
            r#"1795174465.516601 [0 127.0.0.1:34446] "GET" "\q""#,
            r#"1795174465.516601 [0 127.0.0.1:34446] "GET" "\xg0""#,
            r#"1795174465.516601 [0 127.0.0.1:34446] \"GET""#,
            r#"179517446:.516601 [0 127.0.0.1:34446] "GET" "k""#,
            r#"1795174465.51660/ [0 127.0.0.1:34446] "GET" "k""#,
            r#"1795174465.516601 [x 127.0.0.1:34446] "GET" "k""#,
            r#"1795174465.516601 "GET" "k" "and a long value""#,
        ] {
            assert_eq!(both(line.as_bytes()).0, None, "{line}");
        }
    }

    /// Pieces that lines are made of, and that break them.
    fn piece() -> impl Strategy<Value = Vec<u8>> {
        let part = prop::sample::select(vec![
            r#"1795174465.516601 [0 127.0.0.1:1] "#,
            r#"1795174465.5166 [0 a] "#,
            "[12 ",
            "] \"",
            "\"",
            "\" \"",
            "\\",
            "\\x0a",
            "\\xZ",
            "\\n",
            "\\\"",
            " ",
            "GET",
            "key:1",
            "0",
            "9",
            ".",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        ]);
        prop_oneof![9 => part.prop_map(|part| part.as_bytes().to_vec()), 1 => prop::collection::vec(any::<u8>(), 0..9)]
    }

    proptest! {
        #[test]
        fn it_never_reads_what_the_grammar_does_not(pieces in prop::collection::vec(piece(), 0..16), headed: bool) {
            let head: &[u8] = if headed { b"1795174465.516601 [0 127.0.0.1:34446] \"" } else { b"" };
            let line = [head, &pieces.concat()].concat();
            let (fast, slow) = both(&line);
            if fast.is_some() {
                prop_assert_eq!(fast, slow);
            }
        }

        #[test]
        fn it_reads_every_value(values in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 1..6)) {
            let mut line = b"1795174465.516601 [3 10.0.0.1:34446]".to_vec();
            for value in &values {
                line.extend_from_slice(b" \"");
                for byte in value {
                    match byte {
                        b'"' | b'\\' => line.extend_from_slice(&[b'\\', *byte]),
                        b' '..=b'~' => line.push(*byte),
                        _ => line.extend_from_slice(format!("\\x{byte:02x}").as_bytes()),
                    }
                }
                line.push(b'"');
            }
            let (fast, slow) = both(&line);
            prop_assert!(fast.is_some());
            prop_assert_eq!(fast, slow);
        }
    }
}
