//! Byte strings as small numbers, in the order of their first appearance.

use hashbrown::HashTable;

/// The hash of a byte string: fixed, so that runs repeat, and computed once for all tables.
pub fn hash(bytes: &[u8]) -> u64 {
    use std::hash::BuildHasher;
    foldhash::fast::FixedState::with_seed(SEED).hash_one(bytes)
}

/// Any fixed number does; this one is the binary expansion of pi.
const SEED: u64 = 0x243f_6a88_85a3_08d3;

/// Spreads the differences of numbers over the highest bits of the product: 2⁶⁴ by the golden ratio (Knuth).
pub const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

#[derive(Clone, Copy, Debug)]
struct Entry {
    hash: u64,
    start: usize,
    len: usize,
}

/// Where a string stands, told in the table itself: a look at the entry would be one more that misses the cache.
#[derive(Clone, Copy, Debug)]
struct Slot {
    start: usize,
    len: u32,
    index: u32,
}

/// Distinct byte strings, numbered from 0.
#[derive(Clone, Debug, Default)]
pub struct Interner {
    arena: Vec<u8>,
    entries: Vec<Entry>,
    table: HashTable<Slot>,
}

impl Interner {
    /// An empty one with room for so many strings.
    pub fn with_room(strings: usize) -> Self {
        Interner {
            arena: Vec::new(),
            entries: Vec::with_capacity(strings),
            table: HashTable::with_capacity(strings),
        }
    }

    /// Makes room for so many more strings.
    pub fn reserve(&mut self, strings: usize) {
        self.entries.reserve(strings);
        let entries = &self.entries;
        self.table.reserve(strings, |slot| entries.get(slot.index as usize).map_or(0, |entry| entry.hash));
    }

    /// How many different strings there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The string of a number; empty for a number that was never given out.
    pub fn get(&self, index: u32) -> &[u8] {
        self.entries.get(index as usize).and_then(|entry| self.text(entry)).unwrap_or_default()
    }

    /// The hash of a number's string.
    pub fn hash_of(&self, index: u32) -> u64 {
        self.entries.get(index as usize).map_or(0, |entry| entry.hash)
    }

    /// All strings in order, with their hashes.
    pub fn iter(&self) -> impl Iterator<Item = (u64, &[u8])> + Clone {
        self.entries.iter().map(|entry| (entry.hash, self.text(entry).unwrap_or_default()))
    }

    /// The number of `bytes`, if they were interned.
    pub fn find(&self, hash: u64, bytes: &[u8]) -> Option<u32> {
        let is = |slot: &Slot| {
            let len = slot.len as usize;
            len == bytes.len()
                && self.arena.get(slot.start..slot.start + len).is_some_and(|text| same(text, bytes))
        };
        self.table.find(hash, is).map(|slot| slot.index)
    }

    /// The number of `bytes`, whose [`hash`] the caller knows; a new one if they are new.
    pub fn intern(&mut self, hash: u64, bytes: &[u8]) -> u32 {
        match self.find(hash, bytes) {
            Some(index) => index,
            None => self.add(hash, bytes),
        }
    }

    #[inline(never)]
    fn add(&mut self, hash: u64, bytes: &[u8]) -> u32 {
        // More than four thousand million distinct strings do not fit into memory anyway.
        let index = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        let start = self.arena.len();
        // A record, and so any part of it, is shorter than 4 GiB (`source::MAX_RECORD`).
        let slot = Slot { start, len: bytes.len() as u32, index };
        self.entries.push(Entry { hash, start, len: bytes.len() });
        self.arena.extend_from_slice(bytes);
        let entries = &self.entries;
        let hash_of = |slot: &Slot| entries.get(slot.index as usize).map_or(0, |entry| entry.hash);
        self.table.insert_unique(hash, slot, hash_of);
        index
    }

    fn text(&self, entry: &Entry) -> Option<&[u8]> {
        self.arena.get(entry.start..entry.start + entry.len)
    }
}

/// Whether two byte strings are equal: for short ones sooner than by the call that `==` of slices is.
#[inline]
pub fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len()
        && match a.len() {
            ..4 => a.iter().zip(b).all(|(a, b)| a == b),
            4..8 => same_ends::<4>(a, b),
            8..=16 => same_ends::<8>(a, b),
            17..=32 => same_ends::<16>(a, b),
            _ => {
                let (chunks, others) = (a.as_chunks::<16>().0, b.as_chunks::<16>().0);
                same_ends::<16>(a, b) && chunks.iter().zip(others).all(|(a, b)| a == b)
            }
        }
}

/// Whether the first bytes are equal, and the last.
#[inline]
fn same_ends<const N: usize>(a: &[u8], b: &[u8]) -> bool {
    a.first_chunk::<N>() == b.first_chunk() && a.last_chunk::<N>() == b.last_chunk()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn byte_strings_are_compared_to_their_ends() {
        let long: Vec<u8> = (0..40).collect();
        for len in 0..=long.len() {
            let one = &long[..len];
            let copy = one.to_vec();
            assert!(same(one, &copy));
            assert!(len == long.len() || !same(one, &long[..len + 1]));
            for at in 0..len {
                let mut other = one.to_vec();
                other[at] ^= 0x80;
                assert!(!same(one, &other), "{len} {at}");
            }
        }
    }

    #[test]
    fn strings_are_numbered_by_first_appearance() {
        let mut names = Interner::default();
        for (bytes, index) in [(&b"a"[..], 0), (b"", 1), (b"a", 0), (b"\0\xff", 2), (b"", 1)] {
            assert_eq!(names.intern(hash(bytes), bytes), index);
        }
        assert_eq!(names.len(), 3);
        assert_eq!((names.get(2), names.get(9)), (&b"\0\xff"[..], &b""[..]));
        assert_eq!(names.find(hash(b"b"), b"b"), None);
        let all: Vec<_> = names.iter().map(|(_, bytes)| bytes).collect();
        assert_eq!(all, [&b"a"[..], b"", b"\0\xff"]);
    }

    #[test]
    fn equal_hashes_of_different_strings_stay_apart() {
        let mut names = Interner::default();
        assert_eq!(names.intern(7, b"a"), 0);
        assert_eq!(names.intern(7, b"b"), 1);
        assert_eq!(names.find(7, b"b"), Some(1));
    }
}
