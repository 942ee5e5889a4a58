//! Entries that are kept one by one.

use hashbrown::HashTable;

use super::NONE;
use crate::statistic::slot::{Slot, spread};

/// An entry. A line of the cache holds one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item {
    pub(super) identity: u128,
    pub(super) id: Id,
    pub(super) time: i64,
    pub(super) us: u64,
    pub(super) input: u32,
    pub(super) command: u32,
    pub(super) client: u32,
    pub(super) name: u32,
    pub(super) keys: Keys,
    /// How far its arguments are certain; the greater the better.
    pub(super) certainty: u8,
}

/// An id, in less room than an `Option` takes: no server gives out the highest number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Id(u64);

impl Id {
    pub(super) fn new(id: Option<u64>) -> Self {
        Id(id.unwrap_or(u64::MAX))
    }

    pub(super) fn get(self) -> Option<u64> {
        (self.0 != u64::MAX).then_some(self.0)
    }
}

/// The numbers of an entry's keys' shapes, each once; while a block is read, of its keys. Mostly there is one or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Keys(u32);

/// Numbers from here on are places in the lists. There are fewer keys, since a block has fewer bytes.
const LISTS: u32 = 1 << 31;

impl Keys {
    pub(super) const NONE: Keys = Keys(NONE);
}

/// Entries in order of first appearance.
#[derive(Clone, Debug, Default)]
pub(super) struct Held {
    pub(super) items: Vec<Item>,
    /// By a part of their identities.
    known: HashTable<Slot>,
    /// Of entries with several keys: how many, and their numbers.
    lists: Vec<u32>,
}

/// Entries that there is room for at first.
const FEW: usize = 1 << 10;

impl Held {
    /// The number of the entry of this identity.
    #[inline]
    pub(super) fn find(&self, identity: u128) -> Option<u32> {
        let is = |slot: &Slot| {
            slot.part == identity as u32
                && self.items.get(slot.number as usize).is_some_and(|item| item.identity == identity)
        };
        self.known.find(spread(identity as u32), is).map(|slot| slot.number)
    }

    /// Adds an entry that is none of these.
    #[inline]
    pub(super) fn push(&mut self, item: Item) {
        if self.known.len() == self.known.capacity() {
            self.grow();
        }
        // Bounded by what fits into memory long before.
        let number = self.items.len() as u32;
        self.items.push(item);
        let slot = Slot { part: item.identity as u32, number };
        self.known.insert_unique(slot.spread(), slot, Slot::spread);
    }

    /// Makes room in few steps, as each moves all; what is not used takes hardly any memory.
    #[inline(never)]
    fn grow(&mut self) {
        let more = FEW.max(3 * self.known.len());
        self.known.reserve(more, Slot::spread);
        self.items.reserve(more);
    }

    /// Keeps each number once.
    #[inline]
    pub(super) fn list(&mut self, mut numbers: impl Iterator<Item = u32>) -> Keys {
        let Some(first) = numbers.next() else { return Keys::NONE };
        let Some(second) = numbers.find(|number| *number != first) else { return Keys(first) };
        let from = self.lists.len();
        self.lists.extend([2, first, second]);
        for number in numbers {
            if !self.lists.get(from + 1..).is_some_and(|held| held.contains(&number)) {
                self.lists.push(number);
            }
        }
        let count = self.lists.len() - from - 1;
        if let Some(held) = self.lists.get_mut(from) {
            *held = count as u32;
        }
        Keys(LISTS | from as u32)
    }

    /// The numbers of an entry.
    #[inline]
    pub(super) fn keys<'a>(&'a self, keys: &'a Keys) -> &'a [u32] {
        if keys.0 < LISTS {
            return std::slice::from_ref(&keys.0);
        }
        if *keys == Keys::NONE {
            return &[];
        }
        let list = self.lists.get((keys.0 & !LISTS) as usize..).unwrap_or_default();
        match list.split_first() {
            Some((count, list)) => list.get(..*count as usize).unwrap_or_default(),
            None => &[],
        }
    }

    /// The lists, which the entries no longer tell of.
    pub(super) fn take_lists(&mut self) -> Held {
        Held { lists: std::mem::take(&mut self.lists), ..Held::default() }
    }

    /// Keeps the room alone.
    pub(super) fn clear(&mut self) {
        self.items.clear();
        self.known.clear();
        self.lists.clear();
    }
}
