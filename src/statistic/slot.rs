//! What tables hold whose entries are kept elsewhere, in a row.

use crate::intern::SPREAD;

/// The number of an entry, and so much of its hash that hardly another one is looked at: nor is the entry itself
/// where the table grows.
#[derive(Clone, Copy, Debug)]
pub struct Slot {
    /// Of the hash.
    pub part: u32,
    /// Where the entry stands in its row.
    pub number: u32,
}

impl Slot {
    /// The hash by which it stands in the table.
    pub fn spread(&self) -> u64 {
        spread(self.part)
    }
}

/// The hash by which what has this part is looked for.
pub fn spread(part: u32) -> u64 {
    u64::from(part).wrapping_mul(SPREAD)
}
