//! Arguments with escapes, 64 bytes at once.
//!
//! ```text
//! escape = "\" ( %x22 / "\" / "n" / "r" / "t" / "a" / "b" / "x" 2HEXDIG )
//! ```

use memchr::memchr3;
use wide::u8x16;

use super::fast::{behind, span};
use crate::event::Span;
use crate::format::bits::{WIDTH, Wide, between, equal};

/// Bytes of [`WIDTH`] that are told together: those in front of which the longest escape may end.
const TOLD: usize = WIDTH - 4;

/// What backslashes do among [`WIDTH`] bytes, a bit for each.
#[derive(Clone, Copy, Default)]
struct Escapes {
    /// The bytes right behind a backslash that starts an escape.
    behind: u64,
    /// Those of them that are an `x`.
    hex: u64,
}

impl Escapes {
    /// The escapes that start at one of the bits of `told`, where `slashes` are backslashes and the first byte is behind
    /// no escape; `None` where one is none that the server writes.
    #[inline]
    fn of(bytes: &Wide, quotes: u64, slashes: u64, told: u64) -> Option<Escapes> {
        if slashes & told == 0 {
            return Some(Escapes::default());
        }
        let behind = escaped(slashes) & told << 1;
        let others = behind & !(quotes | slashes);
        if others == 0 {
            return Some(Escapes { behind, hex: 0 });
        }
        let hex = others & bytes.are(b'x');
        let letters = others & !hex;
        if letters != 0 && letters & !bytes.bits(is_letter) != 0 {
            return None;
        }
        if hex != 0 && (hex << 1 | hex << 2) & !bytes.bits(is_digit) != 0 {
            return None;
        }
        Some(Escapes { behind, hex })
    }

    /// Bytes that decoding takes from those at the bits of `range`.
    #[inline]
    fn within(self, range: u64) -> usize {
        if self.behind == 0 {
            return 0;
        }
        ((self.behind & range).count_ones() + 2 * (self.hex & range).count_ones()) as usize
    }

    /// The bytes that belong to an escape, its backslash left out.
    #[inline]
    fn bytes(self) -> u64 {
        self.behind | self.hex << 1 | self.hex << 2
    }
}

/// The bytes behind a backslash that starts an escape: of several in a row every other one does.
///
/// A backslash behind none starts one. Adding the backslashes to where rows of them start carries over to the first byte
/// behind each row: whether that is an even or an odd number of bytes away tells whether the last one starts an escape.
#[inline]
fn escaped(slashes: u64) -> u64 {
    const ODD: u64 = 0xaaaa_aaaa_aaaa_aaaa;
    let starts = (slashes << 1 | ODD).wrapping_sub(slashes) ^ ODD;
    starts ^ slashes
}

/// Marks what stands for one byte behind a backslash, but quotes and backslashes.
#[inline]
fn is_letter(part: u8x16) -> u8x16 {
    equal(part, b'n') | equal(part, b'r') | equal(part, b't') | between(part, b'a', b'b')
}

/// Marks hexadecimal digits.
#[inline]
fn is_digit(part: u8x16) -> u8x16 {
    between(part, b'0', b'9') | between(part | u8x16::splat(0x20), b'a', b'f')
}

/// The arguments from the one that starts at `start` on; gives the line's end. That alone, as it is handed on in a
/// register.
#[inline(never)]
pub(super) fn arguments(block: &[u8], mut start: usize, spans: &mut Vec<Span>) -> Option<usize> {
    // Behind `base` what stands is never the rest of an escape, nor of what is between two arguments.
    let (mut base, mut escapes) = (start, 0);
    loop {
        let bytes = Wide::at(block, base)?;
        let (quotes, slashes, ends) = (bytes.are(b'"'), bytes.are(b'\\'), bytes.are(b'\n'));
        if quotes | slashes | ends == 0 {
            // In a long value: a search over more bytes at once passes sooner.
            base += WIDTH;
            base += memchr3(b'"', b'\\', b'\n', block.get(base..)?)?;
            continue;
        }
        // What stands behind the line's end is another line's.
        let end = (ends.trailing_zeros() as usize).min(TOLD);
        let told = (1_u64 << end) - 1;
        let found = Escapes::of(&bytes, quotes, slashes, told)?;
        let mut left = quotes & !found.behind & told;
        let starts = bytes.are(b' ') >> 1 & quotes >> 2;
        let mut passed = 0;
        while left != 0 {
            let bit = left.trailing_zeros();
            let at = base + bit as usize;
            let own = found.within(!behind(bit) & u64::MAX << passed);
            spans.push(span(start, at, escapes + own));
            if starts >> bit & 1 == 0 {
                return (ends >> bit & 2 != 0).then_some(at + 1);
            }
            (start, escapes, passed) = (at + 3, 0, bit + 3);
            left &= u64::MAX << passed;
        }
        if end < TOLD {
            return None;
        }
        escapes += found.within(u64::MAX << passed);
        // What is cut by the end of these bytes is passed over.
        base += (TOLD + (found.bytes() >> TOLD).trailing_ones() as usize).max(passed as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The arguments behind the quote of the first, as their raw text and the bytes that decoding takes from them.
    fn read(text: &str) -> Option<Vec<(&str, u32)>> {
        let mut spans = Vec::new();
        let end = arguments(text.as_bytes(), 0, &mut spans)?;
        assert_eq!(end, text.find('\n').unwrap_or(text.len()));
        let of = |span: &Span| (&text[span.start as usize..(span.start + span.len) as usize], span.escapes);
        Some(spans.iter().map(of).collect())
    }

    #[test]
    fn escapes_are_told_wherever_they_stand() {
        for before in 0..140 {
            let before = "a".repeat(before);
            for (raw, escapes) in [
                (r#"\""#, 1),
                (r"\\", 1),
                (r"\\\\\n", 3),
                (r#"\\\""#, 2),
                (r"\n\r\t\a\b", 5),
                (r"\x00", 3),
                (r"\xAf\x9a\\", 7),
                (r#"\" \" \""#, 3),
                (" ", 0),
                ("", 0),
            ] {
                let raw = format!("{before}{raw}");
                for behind in ["", "\n", "\n\\q\n"] {
                    let line = format!("{raw}\" \"{raw}\" \" \" \"{raw}\"{behind}");
                    let own = (raw.as_str(), escapes);
                    assert_eq!(read(&line), Some(vec![own, own, (" ", 0), own]), "{line}");
                }
            }
        }
    }

    #[test]
    fn what_the_server_does_not_write_is_not_read() {
        for before in 0..140 {
            let before = "a".repeat(before);
            for flaw in [
                r"\q", r"\X00", r"\x0", r"\xg0", r"\x0g", r"\x0:", r"\x@0", "\"", "\"b", "\"  \"", "\\\n",
                "\n",
            ] {
                for line in [format!("{before}{flaw}\"\n"), format!("\\n{before}{flaw}\" \"a\"\n")] {
                    assert_eq!(read(&line), None, "{line}");
                }
            }
        }
    }
}
