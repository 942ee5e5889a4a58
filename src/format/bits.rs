//! Which of 64 bytes are what, a bit for each: many bytes are looked at together, on any machine.

use wide::u8x16;

/// Bytes that are looked at together.
pub(super) const WIDTH: usize = 64;

/// [`WIDTH`] bytes; past the end of the text stand line ends.
#[derive(Clone, Copy)]
pub(super) struct Wide([u8x16; WIDTH / 16]);

impl Wide {
    /// The bytes from `from` on; `None` where there are none.
    #[inline]
    pub fn at(bytes: &[u8], from: usize) -> Option<Wide> {
        let rest = bytes.get(from..)?;
        match rest.first_chunk() {
            Some(chunk) => Some(Wide::of(chunk)),
            None => Wide::of_tail(rest),
        }
    }

    /// All of these.
    #[inline]
    pub fn of(chunk: &[u8; WIDTH]) -> Wide {
        let (parts, _) = chunk.as_chunks::<16>();
        let mut wide = Wide([u8x16::ZERO; WIDTH / 16]);
        wide.0.iter_mut().zip(parts).for_each(|(to, part)| *to = u8x16::new(*part));
        wide
    }

    /// At the end of a block alone.
    #[cold]
    fn of_tail(rest: &[u8]) -> Option<Wide> {
        let mut chunk = [b'\n'; WIDTH];
        chunk.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        (!rest.is_empty()).then(|| Wide::of(&chunk))
    }

    /// A bit for each byte, as `is` marks it.
    #[inline]
    pub fn bits(&self, is: impl Fn(u8x16) -> u8x16) -> u64 {
        self.0.iter().rev().fold(0, |held, part| held << 16 | u64::from(is(*part).to_bitmask()))
    }

    /// A bit for each byte that is this one.
    #[inline]
    pub fn are(&self, byte: u8) -> u64 {
        self.bits(|part| equal(part, byte))
    }
}

/// Marks the bytes that are this one.
#[inline]
pub(super) fn equal(part: u8x16, byte: u8) -> u8x16 {
    part.simd_eq(u8x16::splat(byte))
}

/// Marks the bytes that are in this range.
#[inline]
pub(super) fn between(part: u8x16, from: u8, to: u8) -> u8x16 {
    let above = part - u8x16::splat(from);
    above.min(u8x16::splat(to - from)).simd_eq(above)
}
