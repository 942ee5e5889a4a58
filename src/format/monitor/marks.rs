//! Where quotes, spaces, backslashes and line ends stand, 64 bytes at once.

use crate::format::bits::{WIDTH, Wide, equal};

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
        Wide::at(bytes, from).map(Chunk::of)
    }

    #[inline]
    fn of(bytes: Wide) -> Chunk {
        Chunk {
            quotes: bytes.are(b'"'),
            spaces: bytes.are(b' '),
            ends: bytes.bits(|part| equal(part, b'\\') | equal(part, b'\n')),
        }
    }
}
