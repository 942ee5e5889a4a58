//! Where quotes, spaces, backslashes and line ends stand, 64 bytes at once.

use memchr::memchr3;
use wide::u8x16;

/// Bytes that are looked at together.
pub(super) const WIDTH: usize = 64;

/// Bytes of these for which the two that follow are there too.
pub(super) const STEP: usize = WIDTH - 2;

/// What stands where among [`WIDTH`] bytes, a bit for each; past the end of the block stand line ends.
#[derive(Clone, Copy)]
pub(super) struct Chunk {
    pub quotes: u64,
    pub spaces: u64,
    /// Line ends and backslashes.
    pub ends: u64,
}

impl Chunk {
    /// The bytes from `from` on; `None` where there are none.
    #[inline]
    pub fn at(bytes: &[u8], from: usize) -> Option<Chunk> {
        let rest = bytes.get(from..)?;
        match rest.first_chunk() {
            Some(chunk) => Some(Chunk::of(chunk)),
            None => Chunk::of_tail(rest),
        }
    }

    #[inline]
    fn of(chunk: &[u8; WIDTH]) -> Chunk {
        let (parts, _) = chunk.as_chunks::<16>();
        parts.iter().rev().fold(Chunk { quotes: 0, spaces: 0, ends: 0 }, |held, part| {
            let part = u8x16::new(*part);
            let is = |byte| part.simd_eq(u8x16::splat(byte));
            let bits = |marks: u8x16| u64::from(marks.to_bitmask());
            Chunk {
                quotes: held.quotes << 16 | bits(is(b'"')),
                spaces: held.spaces << 16 | bits(is(b' ')),
                ends: held.ends << 16 | bits(is(b'\\') | is(b'\n')),
            }
        })
    }

    /// At the end of a block alone.
    #[cold]
    fn of_tail(rest: &[u8]) -> Option<Chunk> {
        let mut chunk = [b'\n'; WIDTH];
        chunk.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        (!rest.is_empty()).then(|| Chunk::of(&chunk))
    }
}

/// The places of quotes, backslashes and line ends, one after the other.
#[derive(Clone, Copy)]
pub(super) struct Marks {
    /// Where the present [`WIDTH`] bytes start.
    base: usize,
    /// A bit for each of these that is a mark not yet told.
    bits: u64,
}

impl Marks {
    /// Those from `from` on.
    #[inline]
    pub fn from(block: &[u8], from: usize) -> Marks {
        let bits = Chunk::at(block, from).map_or(0, |chunk| chunk.quotes | chunk.ends);
        Marks { base: from, bits }
    }

    /// The next of them; `None` at the end of the block.
    #[inline]
    pub fn next(&mut self, block: &[u8]) -> Option<usize> {
        if self.bits == 0 {
            *self = Marks::from(block, self.base + WIDTH);
            if self.bits == 0 {
                // In a long value: a search over more bytes at once passes sooner.
                let rest = block.get(self.base..)?;
                *self = Marks::from(block, self.base + memchr3(b'"', b'\\', b'\n', rest)?);
            }
        }
        let at = self.base + self.bits.trailing_zeros() as usize;
        self.bits &= self.bits - 1;
        Some(at)
    }

    /// Passes over what stands before `to`.
    #[inline]
    pub fn skip(&mut self, block: &[u8], to: usize) {
        let passed = to - self.base;
        if passed < WIDTH {
            self.bits &= u64::MAX << passed;
        } else {
            *self = Marks::from(block, to);
        }
    }
}
