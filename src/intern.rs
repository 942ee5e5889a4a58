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

/// Strings that there is room for at first.
const FEW: usize = 14;

/// Up to so many, there is room for eight times as many next, beyond for twice as many: making a table anew takes
/// longer than having one too large.
const MANY: usize = 1_000;

#[derive(Clone, Copy, Debug)]
struct Entry {
    hash: u64,
    /// Where the string ends; it starts where the one before ends.
    end: usize,
}

/// Where a string stands, told in the table itself: a look at the entry would be one more that misses the cache,
/// and so would one at the string of another that only has the few bits in common by which the table looks.
#[derive(Clone, Copy, Debug)]
struct Slot {
    /// [`START`] bits of where it starts, then as many of its hash as fit.
    at: u64,
    len: u32,
    index: u32,
}

/// Bits that tell where a string starts: a terabyte, which no machine has room for.
const START: u32 = 40;

impl Slot {
    fn new(hash: u64, start: usize, len: usize, index: u32) -> Slot {
        // A record, and so any part of it, is shorter than 4 GiB (`source::MAX_RECORD`).
        Slot { at: mark(hash) | start as u64, len: len as u32, index }
    }

    fn start(&self) -> usize {
        (self.at & !(u64::MAX << START)) as usize
    }

    fn has(&self, hash: u64) -> bool {
        mark(self.at) == mark(hash)
    }
}

fn mark(hash: u64) -> u64 {
    hash & u64::MAX << START
}

/// Distinct byte strings, numbered from 0.
#[derive(Clone, Debug, Default)]
pub struct Interner {
    arena: Vec<u8>,
    entries: Vec<Entry>,
    table: HashTable<Slot>,
}

impl Interner {
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
        let at = index as usize;
        let start =
            at.checked_sub(1).and_then(|before| self.entries.get(before)).map_or(0, |entry| entry.end);
        self.entries.get(at).and_then(|entry| self.arena.get(start..entry.end)).unwrap_or_default()
    }

    /// The hash of a number's string.
    pub fn hash_of(&self, index: u32) -> u64 {
        self.entries.get(index as usize).map_or(0, |entry| entry.hash)
    }

    /// The hashes of all strings in order.
    pub fn hashes(&self) -> impl Iterator<Item = u64> {
        self.entries.iter().map(|entry| entry.hash)
    }

    /// All strings in order, with their hashes.
    pub fn iter(&self) -> impl Iterator<Item = (u64, &[u8])> + Clone {
        let mut start = 0;
        self.entries.iter().map(move |entry| {
            let text = self.arena.get(start..entry.end).unwrap_or_default();
            start = entry.end;
            (entry.hash, text)
        })
    }

    /// The number of `bytes`, if they were interned.
    pub fn find(&self, hash: u64, bytes: &[u8]) -> Option<u32> {
        let is = |slot: &Slot| {
            let (start, len) = (slot.start(), slot.len as usize);
            slot.has(hash)
                && len == bytes.len()
                && self.arena.get(start..start + len).is_some_and(|text| same(text, bytes))
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

    /// The number of a string that is not in yet.
    #[inline(never)]
    pub fn add(&mut self, hash: u64, bytes: &[u8]) -> u32 {
        // More than four thousand million distinct strings do not fit into memory anyway.
        let index = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        let start = self.arena.len();
        if self.table.len() == self.table.capacity() {
            let growth = if self.entries.len() > MANY { 2 } else { 8 };
            self.make_table(FEW.max(self.entries.len() * growth));
            self.entries.reserve_exact(self.table.capacity() - self.entries.len());
        }
        self.arena.extend_from_slice(bytes);
        self.entries.push(Entry { hash, end: self.arena.len() });
        let slot = Slot::new(hash, start, bytes.len(), index);
        // There is room, so nothing is moved.
        self.table.insert_unique(hash, slot, |_| hash);
        index
    }

    /// Keeps the strings of the numbers that `stays` answers for, in their order; the numbers after one that goes
    /// become less.
    pub fn retain(&mut self, mut stays: impl FnMut(u32) -> bool) {
        let (mut number, mut start, mut to) = (0, 0, 0);
        self.entries.retain_mut(|entry| {
            let stays = stays(number);
            number += 1;
            let text = std::mem::replace(&mut start, entry.end)..entry.end;
            if stays {
                entry.end = to + text.len();
                self.arena.copy_within(text, to);
                to = entry.end;
            }
            stays
        });
        self.arena.truncate(to);
        self.table = HashTable::new();
        self.index();
    }

    /// The first `strings` of these, without what only looking up needs: nothing is found or added there until
    /// [`Interner::index`]. This one is empty then, and keeps its memory.
    pub fn take(&mut self, strings: usize) -> Interner {
        self.entries.truncate(strings);
        self.arena.truncate(self.entries.last().map_or(0, |entry| entry.end));
        let packed =
            Interner { arena: self.arena.clone(), entries: self.entries.clone(), table: HashTable::new() };
        self.entries.clear();
        self.arena.clear();
        self.table.clear();
        packed
    }

    /// Makes what was taken ready for looking up.
    pub fn index(&mut self) {
        if self.table.len() < self.entries.len() {
            self.make_table(self.entries.len());
        }
    }

    /// The table from the entries, which are read in their order; hashbrown would look them up in the table's.
    fn make_table(&mut self, room: usize) {
        // Not both at once.
        self.table = HashTable::new();
        self.table = HashTable::with_capacity(room);
        let mut start = 0;
        for (index, entry) in (0..).zip(&self.entries) {
            let slot = Slot::new(entry.hash, start, entry.end - start, index);
            self.table.insert_unique(entry.hash, slot, |_| entry.hash);
            start = entry.end;
        }
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
    fn what_stays_keeps_its_order() {
        let all: Vec<String> = (0..100).map(|n| "x".repeat(n % 7) + &n.to_string()).collect();
        for stays in [|n: u32| n % 3 == 1, |_| false, |_| true, |n| n >= 50] {
            let mut names = Interner::default();
            for (number, name) in (0..).zip(&all) {
                assert_eq!(names.intern(hash(name.as_bytes()), name.as_bytes()), number);
            }
            names.retain(stays);
            let left: Vec<&[u8]> =
                (0..).zip(&all).filter(|(n, _)| stays(*n)).map(|(_, name)| name.as_bytes()).collect();
            assert_eq!(names.iter().map(|(_, name)| name).collect::<Vec<_>>(), left);
            for (number, name) in (0..).zip(&left) {
                assert_eq!((names.get(number), names.find(hash(name), name)), (*name, Some(number)));
                assert_eq!(names.hash_of(number), hash(name));
            }
            assert_eq!(names.find(hash(b"0"), b"0").is_some(), stays(0));
            let mut taken = names.take(left.len());
            assert!(names.is_empty() && names.find(hash(b"1"), b"1").is_none());
            taken.index();
            std::mem::swap(&mut taken, &mut names);
            let next = names.len() as u32;
            assert_eq!((names.intern(hash(b"new"), b"new"), names.get(next)), (next, &b"new"[..]));
        }
    }

    #[test]
    fn equal_hashes_of_different_strings_stay_apart() {
        let mut names = Interner::default();
        assert_eq!(names.intern(7, b"a"), 0);
        assert_eq!(names.intern(7, b"b"), 1);
        assert_eq!(names.find(7, b"b"), Some(1));
    }
}
