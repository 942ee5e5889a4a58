//! Numbers and strings as nearly all entries have them, read by position; what is any different is left to the
//! grammars of the forms.

use wide::u8x16;

use super::entry::{At, Fields, Parted, emit, seconds_in, whole_in};
use crate::event::{Args, Sink, Span};
use crate::format::bits::{self, Wide, equal};

/// Digits of the longest number.
const DIGITS: usize = 19;

/// Where the number ends that starts at `at`.
#[inline]
pub(super) fn number(text: &[u8], at: usize) -> Option<usize> {
    let rest = text.get(at..)?;
    let digits = match rest.first_chunk() {
        Some(start) => leading_digits(*start),
        None => WIDTH,
    };
    let digits = if digits < WIDTH { digits } else { all_digits(rest) };
    (digits > 0).then_some(at + digits)
}

/// Bytes that are looked at together.
const WIDTH: usize = 16;

/// How many digits these bytes start with.
#[inline]
fn leading_digits(bytes: [u8; WIDTH]) -> usize {
    let above_zero = u8x16::new(bytes.map(|byte| byte.wrapping_sub(b'0')));
    let are = above_zero.min(u8x16::splat(9)).simd_eq(above_zero).to_bitmask();
    are.trailing_ones() as usize
}

/// The same of any bytes, up to as many as a number has.
#[inline(never)]
fn all_digits(text: &[u8]) -> usize {
    text.iter().take(DIGITS).take_while(|byte| byte.is_ascii_digit()).count()
}

/// Where quotes and backslashes stand in a text: those of [`bits::WIDTH`] bytes are found at once.
pub(super) struct Marks<'a> {
    text: &'a [u8],
    /// A bit for each byte from there on, the lowest for the first.
    from: usize,
    bits: u64,
}

impl<'a> Marks<'a> {
    pub(super) fn of(text: &'a [u8]) -> Self {
        Marks { text, from: 0, bits: marks(text) }
    }

    /// Where the string ends whose first byte is at `at`, if there is no backslash in it. Strings are asked for in their
    /// order.
    #[inline(always)]
    pub(super) fn string(&mut self, at: usize) -> Option<usize> {
        let end = match self.bits.checked_shr(u32::try_from(at.checked_sub(self.from)?).ok()?) {
            None | Some(0) => self.further(at)?,
            Some(bits) => at + bits.trailing_zeros() as usize,
        };
        (self.text.get(end) == Some(&b'"')).then_some(end)
    }

    /// The first mark at `at` or behind it, and none is known.
    #[inline(never)]
    fn further(&mut self, at: usize) -> Option<usize> {
        self.from = at.max(self.from + bits::WIDTH);
        loop {
            let rest = self.text.get(self.from..)?;
            self.bits = marks(rest);
            if self.bits != 0 {
                return Some(self.from + self.bits.trailing_zeros() as usize);
            }
            self.from += bits::WIDTH;
        }
    }
}

/// The marks of the first bytes.
#[inline]
fn marks(text: &[u8]) -> u64 {
    Wide::at(text, 0).map_or(0, |bytes| bytes.bits(|part| equal(part, b'"') | equal(part, b'\\')))
}

/// An entry as `redis-cli --json` prints it, with nothing escaped:
///
/// ```text
/// [8,1795173291,75,["EVAL","return 1","0"],"127.0.0.1:38562","my-app"]
/// ```
#[derive(Debug)]
pub(super) struct Array<'a> {
    fields: Fields<'a>,
    /// Bytes that it takes.
    pub(super) bytes: usize,
}

impl<'a> Array<'a> {
    /// The entry that `text` starts with. It holds no line end, since `text` is a line.
    #[inline(always)]
    pub(super) fn read(text: &'a [u8], spans: &mut Vec<Span>) -> Option<Self> {
        // Spans count in 32 bits.
        let text = text.get(..u32::MAX as usize).unwrap_or(text);
        spans.clear();
        let get = |from: usize, to: usize| text.get(from..to);
        let is = |at: usize, byte: u8| (text.get(at) == Some(&byte)).then_some(at + 1);
        let start = is(0, b'[')?;
        let id = number(text, start)?;
        let time = number(text, is(id, b',')?)?;
        let us = number(text, is(time, b',')?)?;
        let mut at = is(is(us, b',')?, b'[')?;
        let mut marks = Marks::of(text);
        loop {
            let start = is(at, b'"')?;
            let end = marks.string(start)?;
            spans.push(Span { start: start as u32, len: (end - start) as u32, escapes: 0 });
            match text.get(end + 1)? {
                b',' => at = end + 2,
                b']' => break at = end + 2,
                _ => return None,
            }
        }
        let mut texts = [None; 2];
        for found in &mut texts {
            let Some(start) = is(at, b',').and_then(|at| is(at, b'"')) else { break };
            let end = marks.string(start)?;
            *found = Some(get(start, end)?);
            at = end + 1;
        }
        let [client, name] = texts;
        let mut argc = None;
        if let Some(start) = is(at, b',') {
            at = number(text, start)?;
            argc = Some(whole_in(text, start, at)?);
        }
        let bytes = is(at, b']')?;
        let fields = Fields {
            id: Some(whole_in(text, start, id)?),
            time: seconds_in(text, id + 1, time)?,
            us: whole_in(text, time + 1, us)?,
            argc,
            client,
            name,
            complexity: None,
        };
        Some(Array { fields, bytes })
    }

    /// Hands it on.
    #[inline(always)]
    pub(super) fn emit(&self, text: &[u8], spans: &[Span], at: At, sink: &mut dyn Sink) {
        emit(&self.fields, Args::new(text, spans), Parted::Quoted, at, sink);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Slowlog;
    use super::super::reader::Reader;
    use super::super::testing::Told;
    use super::*;

    fn told(line: &str) -> Vec<String> {
        let mut told = Told::default();
        Reader::new(Slowlog::default(), 0).read(line.as_bytes(), &mut told, &mut |_| true);
        told.words
    }

    proptest! {
        #[test]
        fn what_is_read_by_position_the_grammar_reads_too(
            pieces in prop::collection::vec(prop::sample::select(vec![
                "7", "1795173291", "0012", "99999999999999999999", "[\"GET\",\"k\"]", "[]", "[\"GET\"", "]", "\"\"",
                "\"10.0.0.7:40630\"", "\"a\\\"b\"", "\"\\\\\"", "\"é, x]\"", "null", "-1",
            ]), 0..9),
        ) {
            for start in [vec![], vec!["7", "1795173291", "5", "[\"GET\",\"k\"]"], vec!["7", "1795173291", "5"]] {
                let all = [start, pieces.clone()].concat();
                let Some((first, others)) = all.split_first() else { continue };
                let others: String = others.iter().map(|piece| format!(",{piece}")).collect();
                // What has a space in it is not read by position.
                let (plain, spaced) = (format!("[[{first}{others}],\n"), format!("[[{first} {others}],\n"));
                prop_assert_eq!(told(&plain), told(&spaced), "{}", plain);
            }
        }
    }

    #[test]
    fn numbers_end_behind_their_digits() {
        for text in
            ["", "7", "0129,", "/9", ":1", "1795173291,75", "123456789012345", "1234567890123456", "\u{ff}1"]
        {
            for behind in ["", ",", "x", "/:,\"1795173291\","] {
                let all = format!("{text}{behind}");
                let digits = all.bytes().take_while(u8::is_ascii_digit).count();
                assert_eq!(number(all.as_bytes(), 0), (digits > 0).then_some(digits), "{all}");
                assert_eq!(
                    number(format!("x{all}").as_bytes(), 1),
                    (digits > 0).then_some(digits + 1),
                    "{all}"
                );
            }
        }
        assert_eq!(number(&[b'7'; 40], 0), Some(DIGITS));
        assert_eq!((number(b"7", 1), number(b"7", 2)), (None, None));
    }

    #[test]
    fn strings_end_at_their_quote() {
        for length in 0..200 {
            let plain = [&b"x"[..], &b"y".repeat(length), b"\"z"].concat();
            assert_eq!(Marks::of(&plain).string(1), Some(length + 1));
            assert_eq!(Marks::of(&plain[..=length]).string(1), None);
            let escaped = [&b"x"[..], &b"y".repeat(length), b"\\\"z\""].concat();
            assert_eq!(Marks::of(&escaped).string(1), None);
            let mut marks = Marks::of(&escaped);
            assert_eq!((marks.string(1), marks.string(length + 3)), (None, Some(length + 4)));
            let several = plain.repeat(9);
            let mut marks = Marks::of(&several);
            for before in (0..9).map(|number| number * plain.len()) {
                assert_eq!(marks.string(before + 1), Some(before + length + 1));
            }
            assert_eq!(marks.string(several.len()), None);
        }
    }
}
