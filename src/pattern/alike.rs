//! Keys that have one shape because they differ only where it does not matter: told without finding their shapes.

use std::ops::Range;

/// What may stand in the place of each other in keys that surely have one shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alike {
    /// Nothing is known.
    Nothing,
    /// Digits.
    Digits,
    /// Digits, and in the bytes from the first of these to before the second also `a-f`.
    Hex(usize, usize),
    /// Digits, but nothing in the bytes from the first of these to before the second.
    Except(usize, usize),
}

impl Alike {
    /// What holds where this holds of one part of a key, and `other` of the next.
    pub(super) fn and(self, other: Alike) -> Alike {
        match (self, other) {
            (Alike::Digits, any) | (any, Alike::Digits) => any,
            _ => Alike::Nothing,
        }
    }

    /// Whether `other` differs from `key`, of which this is known, in nothing else.
    #[inline]
    pub fn holds(self, key: &[u8], other: &[u8]) -> bool {
        match self {
            Alike::Nothing => false,
            Alike::Digits => alike(key, other, digit),
            Alike::Hex(from, to) => but(key, other, from..to, hex),
            Alike::Except(from, to) => but(key, other, from..to, |_| 1),
        }
    }
}

/// 0 for `0-9`.
#[inline]
fn digit(byte: u8) -> u8 {
    byte.wrapping_sub(b'0').saturating_sub(9)
}

/// 0 for `0-9a-f`.
#[inline]
fn hex(byte: u8) -> u8 {
    digit(byte).min(byte.wrapping_sub(b'a').saturating_sub(5))
}

/// Whether two byte strings are as long as each other, and differ only where both are what `other` is 0 for.
#[inline]
fn alike(a: &[u8], b: &[u8], other: impl Fn(u8) -> u8 + Copy) -> bool {
    a.len() == b.len()
        && match a.len() {
            ..8 => a.iter().zip(b).all(|(a, b)| are_alike([*a], [*b], other)),
            8..16 => {
                a.first_chunk::<8>().zip(b.first_chunk()).is_some_and(|(a, b)| are_alike(*a, *b, other))
                    && last_alike::<8>(a, b, other)
            }
            _ => {
                let (chunks, others) = (a.as_chunks::<16>().0, b.as_chunks::<16>().0);
                last_alike::<16>(a, b, other)
                    && chunks.iter().zip(others).all(|(a, b)| are_alike(*a, *b, other))
            }
        }
}

/// The same with digits, and in one part of them with what `there` is 0 for.
#[inline]
fn but(a: &[u8], b: &[u8], part: Range<usize>, there: impl Fn(u8) -> u8 + Copy) -> bool {
    a.len() == b.len()
        && within(a, b, part.clone(), there)
        && within(a, b, part.end..a.len(), digit)
        && within(a, b, 0..part.start, digit)
}

/// The same of a part of each.
#[inline]
fn within(a: &[u8], b: &[u8], part: Range<usize>, other: impl Fn(u8) -> u8 + Copy) -> bool {
    a.get(part.clone()).zip(b.get(part)).is_some_and(|(a, b)| alike(a, b, other))
}

#[inline]
fn last_alike<const N: usize>(a: &[u8], b: &[u8], other: impl Fn(u8) -> u8) -> bool {
    a.last_chunk::<N>().zip(b.last_chunk()).is_some_and(|(a, b)| are_alike(*a, *b, other))
}

/// The same of so many bytes at once: without a jump for any of them.
#[inline]
fn are_alike<const N: usize>(a: [u8; N], b: [u8; N], other: impl Fn(u8) -> u8) -> bool {
    a.iter().zip(&b).map(|(a, b)| (a ^ b).min(other(*a) | other(*b))).fold(0, |all, differs| all | differs)
        == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_differ() {
        for (known, key, other, holds) in [
            (Alike::Nothing, "a:1", "a:1", false),
            (Alike::Digits, "a:1", "a:9", true),
            (Alike::Digits, "a:1", "b:1", false),
            (Alike::Digits, "a:1", "a:12", false),
            (Alike::Digits, "session:000000000001", "session:012345678999", true),
            (Alike::Digits, "session:00000000000a", "session:00000000000b", false),
            (Alike::Hex(2, 4), "a:1f:1", "a:c0:2", true),
            (Alike::Hex(2, 4), "a:1f:1", "a:C0:2", false),
            (Alike::Hex(2, 4), "a:1f:1", "a:g0:2", false),
            (Alike::Hex(2, 4), "a:1f:1", "b:1f:1", false),
            (Alike::Hex(2, 4), "a:1f:1", "a:1f:b", false),
            (Alike::Hex(2, 4), "a:1f", "a:1f:", false),
            (Alike::Hex(2, 5), "a:1-f", "a:b-0", true),
            (Alike::Hex(2, 5), "a:1-f", "a:b0-", false),
            (Alike::Hex(2, 9), "a:1", "a:1", false),
            (Alike::Except(2, 4), "1:v2:1", "7:v2:9", true),
            (Alike::Except(2, 4), "1:v2:1", "1:v3:1", false),
            (Alike::Except(2, 4), "1:v2:1", "1:w2:1", false),
            (Alike::Except(2, 4), "1:v2:a", "1:v2:b", false),
            (Alike::Except(2, 4), "1:v2", "1:v2:", false),
        ] {
            assert_eq!(known.holds(key.as_bytes(), other.as_bytes()), holds, "{known:?} {key} {other}");
        }
    }
}
