//! Lines as servers print most of them, read by position:
//!
//! ```text
//! 1795174465.516601 [0 127.0.0.1:34446] "CLIENT" "SETNAME" "webapp-1"
//! ```
//!
//! What it reads it reads as [`super::line::strict`] does, the grammar; what is any different (fewer digits,
//! a namespace, a flaw) it leaves to that.

use memchr::memchr3;

use super::escapes;
use super::line::{Header, LONGEST};
use super::marks::{Chunk, STEP};
use crate::event::{Args, Database, Span};
use crate::format::bits::WIDTH;
use crate::format::lexical::eight_digits;

/// Bytes up to the database's first digit.
const HEAD: usize = 20;

/// A line that is nothing but a record; its arguments are where [`record`] was told to put them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// As in [`Header`].
    time: i64,
    database: u32,
    /// Where the address starts and ends: a slice would be put together from its parts and copied before they have
    /// left the processor's buffer of stores.
    client: (u32, u32),
    /// Where it ends, with a line end or with the block.
    pub end: usize,
    /// Decoded bytes of the arguments after the name.
    pub payload: u64,
    /// How many arguments there are, the name included: as with the address, where they stand would be copied together
    /// with what was just written.
    args: usize,
}

impl Line {
    /// What stands in front of the arguments; `block` is what the line was read from.
    #[inline]
    pub(super) fn header<'a>(&self, block: &'a [u8]) -> Header<'a> {
        let (from, to) = self.client;
        let client = block.get(from as usize..to as usize);
        Header { time: self.time, database: Database::Number(self.database), client }
    }

    /// The arguments; `block` and `spans` are what the line was read from and to.
    #[inline]
    pub(super) fn args<'a>(&self, block: &'a [u8], spans: &'a [Span]) -> Args<'a> {
        Args::new(block, spans.get(..self.args).unwrap_or_default())
    }
}

/// The line at the start of `block`; `None` where the grammar has to say what it is. `second` is that of the line before.
// As a call it would hand on the line in memory.
#[inline(always)]
pub(super) fn record(block: &[u8], spans: &mut Vec<Span>, second: &mut Second) -> Option<Line> {
    // Spans count in 32 bits.
    let block = block.get(..u32::MAX as usize).unwrap_or(block);
    let (head, rest) = block.split_first_chunk::<HEAD>()?;
    let (time, first) = time(head, second)?;
    let digit = |byte: u8| byte.is_ascii_digit().then(|| u32::from(byte & 0x0f));
    let first = digit(first)?;
    let (number, context) = match rest {
        [b' ', ..] => (first, HEAD + 1),
        [second, b' ', ..] => (first * 10 + digit(*second)?, HEAD + 2),
        _ => return None,
    };
    let mut base = context;
    let mut chunk = Chunk::at(block, base)?;
    while chunk.quotes == 0 && chunk.ends == 0 {
        base += WIDTH;
        chunk = Chunk::at(block, base)?;
    }
    let quote = chunk.quotes.trailing_zeros();
    if chunk.ends.trailing_zeros() < quote {
        return None;
    }
    // The address ends at the first `] "`, and no quote stands before it.
    let address = context..(base + quote as usize).checked_sub(2)?;
    if address.len() >= LONGEST || block.get(address.end..address.end + 2) != Some(b"] ") {
        return None;
    }
    chunk.quotes &= behind(quote);
    let (end, escapes) = arguments(block, base, chunk, base + quote as usize + 1, spans)?;
    let payload = if escapes { Args::new(block, spans).payload() } else { plain_payload(spans) };
    // The block is shorter than 4 GiB.
    let client = (address.start as u32, address.end as u32);
    Some(Line { time, database: number, client, end, payload, args: spans.len() })
}

/// Whether a line begins as a record does, up to the space behind the database: no line of another kind does.
#[inline]
pub(super) fn begins(line: &[u8], second: &mut Second) -> bool {
    let Some((head, rest)) = line.split_first_chunk::<HEAD>() else { return false };
    let number = |byte: u8| byte.is_ascii_digit();
    let is_database = match rest {
        [b' ', ..] => true,
        [second, b' ', ..] => number(*second),
        _ => false,
    };
    is_database && time(head, second).is_some_and(|(_, first)| number(first))
}

/// The second of the line before: most lines are of the same.
#[derive(Default)]
pub(super) struct Second {
    digits: [u8; 10],
    micros: i64,
}

impl Second {
    #[inline(never)]
    fn of(digits: [u8; 10]) -> Option<Second> {
        let [tens @ .., a, b] = digits;
        let (high, low) = (eight_digits(tens)?, eight_digits([b'0', b'0', b'0', b'0', b'0', b'0', a, b])?);
        Some(Second { digits, micros: i64::try_from((high * 100 + low) * 1_000_000).ok()? })
    }
}

/// Microseconds since 1970 of `1795174465.516601 [`, and the byte behind it.
#[inline(always)]
fn time(head: &[u8; HEAD], second: &mut Second) -> Option<(i64, u8)> {
    let [.., i, dot, k, l, m, n, o, p, space, bracket, database] = *head;
    let [digits @ .., _, _, _, _, _, _, _, _, _, _] = *head;
    if [dot, space, bracket] != *b". [" {
        return None;
    }
    if digits != second.digits {
        *second = Second::of(digits)?;
    }
    // One load: the second's last digit and the dot become zeros.
    let micros = u64::from_le_bytes([i, dot, k, l, m, n, o, p]) & !0xffff | 0x3030;
    Some((second.micros + i64::try_from(eight_digits(micros.to_le_bytes())?).ok()?, database))
}

/// `repr *( " " repr )` up to the line's end: the first argument starts at `start`, and `chunk` is what stands from
/// `base` on, the quotes up to `start` left out. Gives the end, and whether there are escapes.
///
/// In a line without escapes a quote ends an argument or starts one. Where a quote, a space and a quote follow each
/// other one argument ends and the next starts; of the other quotes there may be one alone, in front of the line end.
#[inline(always)]
fn arguments(
    block: &[u8],
    mut base: usize,
    mut chunk: Chunk,
    mut start: usize,
    spans: &mut Vec<Span>,
) -> Option<(usize, bool)> {
    spans.clear();
    loop {
        let Chunk { quotes, spaces, ends } = chunk;
        // Bits of quotes that end an argument before another.
        let mut between = quotes & spaces >> 1 & quotes >> 2;
        let starts = between << 2;
        if between & starts != 0 {
            // An argument may be a space.
            return escapes::arguments(block, start, spans).map(|end| (end, true));
        }
        let alone = quotes & !(between | starts);
        let end = ends.trailing_zeros();
        // What stands behind the end is another line's, or has to be looked at for escapes.
        between &= !behind(end.min(63));
        while between != 0 {
            let at = base + between.trailing_zeros() as usize;
            spans.push(span(start, at, 0));
            start = at + 3;
            between &= between - 1;
        }
        if ends != 0 {
            let at = base + end as usize;
            let alone = alone & !behind(end);
            if block.get(at) == Some(&b'\\') {
                return if alone == 0 {
                    escapes::arguments(block, start, spans).map(|end| (end, true))
                } else {
                    None
                };
            }
            // Nothing but the last quote is left over.
            let last = (1_u64 << end) >> 1;
            if last == 0 || alone != last {
                return None;
            }
            spans.push(span(start, at - 1, 0));
            return Some((at, false));
        }
        if quotes == 0 {
            // In a long value: a search over more bytes at once passes sooner.
            base += WIDTH;
            base += memchr3(b'"', b'\\', b'\n', block.get(base..)?)?;
            chunk = Chunk::at(block, base)?;
            continue;
        }
        // The last two bits cannot be told without what follows: they are looked at again, less the quotes that are
        // told to start an argument.
        if alone & !(3 << STEP) != 0 {
            return None;
        }
        base += STEP;
        chunk = Chunk::at(block, base)?;
        chunk.quotes &= !(starts >> STEP);
    }
}

/// The payload of arguments without escapes: what is from the second's start to the last's end, less three bytes between
/// any two.
#[inline]
fn plain_payload(spans: &[Span]) -> u64 {
    let ([_, second, ..], Some(last)) = (spans, spans.last()) else { return 0 };
    u64::from(last.start + last.len - second.start) - 3 * (spans.len() as u64 - 2)
}

/// The bits behind this one, which is below 64.
#[inline]
pub(super) fn behind(bit: u32) -> u64 {
    (u64::MAX << 1) << bit
}

/// The block is shorter than 4 GiB.
#[inline]
pub(super) fn span(start: usize, end: usize, escapes: usize) -> Span {
    Span { start: start as u32, len: (end - start) as u32, escapes: escapes as u32 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::line::strict;
    use super::*;

    type Read<'a> = Option<(Header<'a>, Vec<Span>)>;

    /// What it reads, and what the grammar reads in the first line.
    fn both(line: &[u8]) -> (Read<'_>, Read<'_>) {
        let (mut fast, mut slow) = (Vec::new(), Vec::new());
        let end = memchr::memchr(b'\n', line).unwrap_or(line.len());
        // Behind a line of some second, and behind itself.
        let mut second = Second::of(*b"1795174465").unwrap();
        let by_position = record(line, &mut fast, &mut second);
        assert_eq!(record(line, &mut fast, &mut second), by_position);
        assert!(by_position.is_none() || begins(line, &mut second));
        let by_grammar = strict(&line[..end], &mut slow).ok();
        let by_position = by_position.map(|read| {
            assert_eq!(read.end, end);
            assert_eq!(read.payload, Args::new(line, &fast).payload());
            (read.header(line), fast)
        });
        (by_position, by_grammar.map(|header| (header, slow)))
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
            r#"1795174466.000001 [0 ] "PING""#,
            &long,
        ] {
            for behind in ["", "\n", "\n1795174465.516601 [0 lua] \"GET\" \"k\"\n"] {
                let lines = [line, behind].concat();
                let (fast, slow) = both(lines.as_bytes());
                assert!(fast.is_some(), "{line}");
                assert_eq!(fast, slow, "{line}");
            }
        }
    }

    #[test]
    fn other_kinds_lines_begin_otherwise() {
        for (line, is) in [
            (&br#"1795174465.516601 [0 127.0.0.1:34446] "GET" "k"#[..], true),
            (b"1795174465.516601 [15 ", true),
            (b"1795174465.516601 [0", false),
            (b"1795174465.516601 [0, 1]", false),
            (br#"1795174465.516601 ["pmessage", "a", "b", "c"]"#, false),
            (b"1795174465.516601 id=7 addr=127.0.0.1:1", false),
            (b"1795174465", false),
            (b"", false),
        ] {
            assert_eq!(begins(line, &mut Second::default()), is, "{}", line.escape_ascii());
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
            r#"1795174465.516601 [0 127.0.0.1:34446] "GET" k"" "\" "#,
            r#"1795174465.516601 [0 127.0.0.1:34446] "GET"" "\" ""#,
            r#"179517446:.516601 [0 127.0.0.1:34446] "GET" "k""#,
            r#"17951744/5.516601 [0 127.0.0.1:34446] "GET" "k""#,
            r#"1795174465.51660/ [0 127.0.0.1:34446] "GET" "k""#,
            r#"1795174465.:16601 [0 127.0.0.1:34446] "GET" "k""#,
            r#"1795174465.516601 [x 127.0.0.1:34446] "GET" "k""#,
            r#"1795174465.516601 "GET" "k" "and a long value""#,
        ] {
            assert_eq!(both(format!("{line}\n").as_bytes()).0, None, "{line}");
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
            "\n",
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
            let line = [head, &pieces.concat(), b"\n"].concat();
            let (fast, slow) = both(&line);
            if fast.is_some() {
                prop_assert_eq!(fast, slow);
            }
        }

        #[test]
        fn it_reads_every_value(values in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 1..6)) {
            prop_assert!(is_read(&values));
        }

        /// Marks beside each other, at any place among those that are looked at together.
        #[test]
        fn it_reads_what_looks_like_ends_of_arguments(
            values in prop::collection::vec(
                prop::collection::vec(prop::sample::select(b" \"\\\na".to_vec()), 0..5),
                1..40,
            ),
        ) {
            prop_assert!(is_read(&values));
        }
    }

    /// Whether a line of these arguments is read, and as the grammar reads it.
    fn is_read(values: &[Vec<u8>]) -> bool {
        let mut line = b"1795174465.516601 [3 10.0.0.1:34446]".to_vec();
        for value in values {
            line.extend_from_slice(b" \"");
            for byte in value {
                match byte {
                    b'"' | b'\\' => line.extend_from_slice(&[b'\\', *byte]),
                    b'\n' => line.extend_from_slice(b"\\n"),
                    b' '..=b'~' => line.push(*byte),
                    _ => line.extend_from_slice(format!("\\x{byte:02x}").as_bytes()),
                }
            }
            line.push(b'"');
        }
        line.push(b'\n');
        let (fast, slow) = both(&line);
        fast.is_some() && fast == slow
    }
}
