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

/// What is pushed is much at once: there is room for so many times as many next.
const PUSHED: usize = 4;

/// Bytes that room is made for ahead, at most.
const MUCH: usize = 64 << 20;

#[derive(Clone, Copy, Debug)]
struct Entry {
    hash: u64,
    /// Where the string starts, and in the lowest [`LENGTH`] bits how long it is: one look tells both.
    place: u64,
}

/// Bits of a length. The others can tell of 1 TiB of strings.
const LENGTH: u32 = 24;

/// So long or longer: such a string ends where the next one starts.
const LONG: usize = if cfg!(test) { 5 } else { (1 << LENGTH) - 1 };

impl Entry {
    fn new(hash: u64, start: usize, len: usize) -> Entry {
        Entry { hash, place: (start as u64) << LENGTH | len.min(LONG) as u64 }
    }

    fn start(&self) -> usize {
        (self.place >> LENGTH) as usize
    }

    fn len(&self) -> usize {
        (self.place & ((1 << LENGTH) - 1)) as usize
    }
}

/// What tables hold whose entries are kept elsewhere, in a row: the number of an entry, and so much of its hash that
/// hardly another one is looked at: nor is the entry itself where the table grows. No more than that: a large table is
/// looked into at random, and a processor knows where the pages of some megabytes are, not of more.
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
        self.entries.get(at).map_or(&[], |entry| self.text(at, entry))
    }

    fn text(&self, at: usize, entry: &Entry) -> &[u8] {
        let (start, len) = (entry.start(), entry.len());
        let end = if len < LONG { start + len } else { self.end(at) };
        self.arena.get(start..end).unwrap_or_default()
    }

    /// Where it ends.
    #[cold]
    fn end(&self, at: usize) -> usize {
        self.entries.get(at + 1).map_or(self.arena.len(), Entry::start)
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
        self.entries.iter().enumerate().map(|(at, entry)| (entry.hash, self.text(at, entry)))
    }

    /// The number of `bytes`, if they were interned.
    pub fn find(&self, hash: u64, bytes: &[u8]) -> Option<u32> {
        let part = part(hash);
        let number = self.table.find(spread(part), |slot| slot.part == part)?.number;
        let entry = self.entries.get(number as usize)?;
        let end = entry.start() + entry.len();
        if entry.len() == bytes.len()
            && let Some(text) = self.arena.get(entry.start()..end)
            && same(text, bytes)
        {
            return Some(number);
        }
        self.find_other(part, bytes)
    }

    /// The same where another string has this part of its hash, or the string is long.
    #[cold]
    #[inline(never)]
    fn find_other(&self, part: u32, bytes: &[u8]) -> Option<u32> {
        let is = |slot: &Slot| slot.part == part && self.get(slot.number) == bytes;
        self.table.find(spread(part), is).map(|slot| slot.number)
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
        if self.table.len() == self.table.capacity() {
            self.grow();
        }
        let number = self.push(hash, bytes);
        let slot = Slot { part: part(hash), number };
        // There is room, so nothing is moved.
        self.table.insert_unique(slot.spread(), slot, |_| 0);
        number
    }

    /// The same, but nothing is found or added by another way until [`Interner::index`]: looks into a table that is out
    /// of the cache wait for each other the least when nothing else is done between them.
    pub fn push(&mut self, hash: u64, bytes: &[u8]) -> u32 {
        // More than four thousand million distinct strings do not fit into memory anyway.
        let index = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        self.entries.push(Entry::new(hash, self.arena.len(), bytes.len()));
        self.arena.extend_from_slice(bytes);
        index
    }

    /// There is room for so many more that are pushed, if they are as long as those that are here: growing copies what
    /// is here, and what is not used takes no memory.
    pub fn make_room(&mut self, more: usize) {
        self.entries.reserve(more);
        let each = self.arena.len().checked_div(self.entries.len()).unwrap_or_default();
        self.arena.reserve((each + 1).saturating_mul(more).min(MUCH));
    }

    // Apart: the way of every string is shorter without it.
    #[cold]
    #[inline(never)]
    fn grow(&mut self) {
        let more = if self.entries.len() > MANY { 1 } else { 7 };
        self.table.reserve(FEW.max(self.entries.len() * more), Slot::spread);
        self.entries.reserve_exact(self.table.capacity().saturating_sub(self.entries.len()));
    }

    /// Keeps the strings of the numbers that `stays` answers for, in their order; the numbers after one that goes
    /// become less.
    pub fn retain(&mut self, mut stays: impl FnMut(u32) -> bool) {
        let (mut left, mut to) = (0, 0);
        for at in 0..self.entries.len() {
            let Some(entry) = self.entries.get(at).copied() else { break };
            if stays(at as u32) {
                let (start, len) = (entry.start(), self.text(at, &entry).len());
                if start != to {
                    self.arena.copy_within(start..start + len, to);
                }
                // Those behind are as they were.
                let kept = Entry::new(entry.hash, to, len);
                self.entries.get_mut(left).into_iter().for_each(|entry| *entry = kept);
                left += 1;
                to += len;
            }
        }
        self.entries.truncate(left);
        self.arena.truncate(to);
        // It has room for as many as there were.
        self.table.clear();
        self.index();
    }

    /// The first `strings` of these, without what only looking up needs: nothing is found or added there until
    /// [`Interner::index`]. This one is empty then, and has room for about as many.
    pub fn take(&mut self, strings: usize) -> Interner {
        self.arena.truncate(self.entries.get(strings).map_or(self.arena.len(), Entry::start));
        self.entries.truncate(strings);
        self.table.clear();
        let next = Interner {
            arena: Vec::with_capacity(self.arena.len() + self.arena.len() / 8),
            entries: Vec::with_capacity(strings),
            table: std::mem::take(&mut self.table),
        };
        std::mem::replace(self, next)
    }

    /// Forgets all, and keeps the room.
    pub fn clear(&mut self) {
        self.arena.clear();
        self.entries.clear();
        self.table.clear();
    }

    /// Makes what was taken or pushed ready for looking up.
    pub fn index(&mut self) {
        let from = self.table.len();
        let room = self.table.capacity();
        if self.entries.len() > room {
            self.table.reserve(self.entries.len().max(room * PUSHED) - from, Slot::spread);
        }
        let first = u32::try_from(from).unwrap_or(u32::MAX);
        for (number, entry) in (first..).zip(self.entries.iter().skip(from)) {
            let slot = Slot { part: part(entry.hash), number };
            // There is room, so nothing is moved.
            self.table.insert_unique(slot.spread(), slot, |_| 0);
        }
    }
}

/// Of a hash what stands in a [`Slot`].
fn part(hash: u64) -> u32 {
    hash as u32
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
        assert_eq!(names.find(7, b"c"), None);
    }

    #[test]
    fn strings_that_were_pushed_are_found_once_they_are_indexed() {
        let name = |n: u32| format!("name:{n}").into_bytes();
        let mut names = Interner::default();
        for (from, to) in [(0, 0), (0, 5), (5, 6), (6, 400)] {
            for n in from..to {
                assert_eq!(names.push(hash(&name(n)), &name(n)), n);
            }
            names.index();
            for n in 0..to + 3 {
                assert_eq!(names.find(hash(&name(n)), &name(n)), (n < to).then_some(n));
            }
        }
        assert_eq!(names.intern(hash(b"new"), b"new"), 400);
    }

    #[test]
    fn strings_are_found_after_the_table_grew() {
        let name = |n: u32| n.to_string().into_bytes();
        let mut names = Interner::default();
        for n in 0..3_000 {
            assert_eq!(names.intern(hash(&name(n)), &name(n)), n);
            let asked = n * 7 % (n + 1);
            assert_eq!(names.find(hash(&name(asked)), &name(asked)), Some(asked));
        }
    }
}
