//! Entries that are kept one by one.

use hashbrown::HashTable;

use super::known::Known;
use super::{NONE, get};
use crate::intern::SPREAD;

/// An entry, beside its identity.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item {
    pub(super) id: Id,
    pub(super) time: i64,
    pub(super) us: u64,
    /// The number of its maker.
    pub(super) maker: u32,
    pub(super) keys: Keys,
}

/// What many entries share: who made which call, and where they stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Maker {
    pub(super) input: u32,
    pub(super) command: u32,
    pub(super) client: u32,
    pub(super) name: u32,
    /// How far the arguments are certain; the greater the better.
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

    /// The number, where there is just one.
    #[inline]
    pub(super) fn single(self) -> Option<u32> {
        (self.0 < LISTS).then_some(self.0)
    }
}

/// Entries in order of first appearance.
#[derive(Clone, Debug, Default)]
pub(super) struct Held {
    pub(super) items: Vec<Item>,
    /// Theirs, which only tell whether an entry is known.
    identities: Vec<u128>,
    pub(super) known: Known,
    makers: Makers,
    /// Of entries with several keys: how many, and their numbers.
    lists: Vec<u32>,
}

/// Entries that there is room for at first.
const FEW: usize = 1 << 12;

impl Held {
    /// The number of the entry of this identity, which has this id.
    #[inline]
    pub(super) fn find(&self, id: Id, identity: u128) -> Option<u32> {
        self.known.find(id.get()?, identity, &self.identities)
    }

    /// Adds an entry that is none of these.
    // What is put together here and now is not read back whole from the stack.
    #[inline(always)]
    pub(super) fn push(&mut self, identity: u128, item: Item) {
        if self.items.len() == self.items.capacity() {
            self.grow(FEW);
        }
        self.items.push(item);
        self.identities.push(identity);
        if let Some(id) = item.id.get() {
            let ids = self.items.iter().map(|item| item.id);
            self.known.add(id, &self.identities, ids);
        }
    }

    /// Adds the entries there from the number `from` on, whose ids are above those here; `renumber` and `shape` give
    /// the numbers here. Nothing is added, and it says so, where that cannot be done with all at once.
    pub(super) fn append(
        &mut self,
        later: &Held,
        from: usize,
        renumber: impl Fn(Maker) -> Maker,
        shape: impl Fn(u32) -> u32,
    ) -> bool {
        if !self.known.append(&later.known, from, self.items.len()) {
            return false;
        }
        let makers: Vec<u32> = later.makers().iter().map(|maker| self.number(renumber(*maker))).collect();
        let items = later.items.get(from..).unwrap_or_default();
        if self.items.capacity() - self.items.len() < items.len() {
            self.grow(items.len());
        }
        for item in items {
            let keys = self.renumbered(later, item.keys, &shape);
            self.items.push(Item { maker: get(&makers, item.maker), keys, ..*item });
        }
        self.identities.extend_from_slice(later.identities.get(from..).unwrap_or_default());
        true
    }

    /// An entry's keys there by their numbers here.
    #[inline]
    pub(super) fn renumbered(&mut self, there: &Held, keys: Keys, shape: impl Fn(u32) -> u32) -> Keys {
        match keys.single() {
            Some(key) => Keys(shape(key)),
            None if keys == Keys::NONE => Keys::NONE,
            None => {
                let numbers = there.keys(&keys).iter().map(|number| shape(*number));
                self.list(numbers.filter(|number| *number != NONE))
            }
        }
    }

    /// Makes room for so many and more, in few steps, as each moves all; what is not used takes hardly any memory.
    #[inline(never)]
    fn grow(&mut self, least: usize) {
        let more = least.max(15 * self.items.len());
        self.items.reserve_exact(more);
        self.identities.reserve_exact(more);
    }

    /// The entries with their identities.
    pub(super) fn all(&self) -> impl Iterator<Item = (u128, &Item)> {
        self.identities.iter().copied().zip(&self.items)
    }

    /// The entries with their makers.
    pub(super) fn made(&self) -> impl Iterator<Item = (&Item, Maker)> + Clone {
        self.items.iter().map(|item| (item, self.maker(item)))
    }

    /// Who made an entry.
    #[inline]
    pub(super) fn maker(&self, item: &Item) -> Maker {
        self.makers.get(item.maker)
    }

    /// All makers by their numbers; some may have no entry any more.
    pub(super) fn makers(&self) -> &[Maker] {
        &self.makers.all
    }

    /// The number of a maker.
    #[inline(always)]
    pub(super) fn number(&mut self, maker: Maker) -> u32 {
        self.makers.number(maker)
    }

    /// Whether an entry that is held comes in a form that tells more.
    pub(super) fn is_better(&self, number: u32, certainty: u8) -> bool {
        self.items.get(number as usize).is_some_and(|item| self.maker(item).certainty < certainty)
    }

    /// Takes over what a form of an entry tells that tells more.
    pub(super) fn improve(&mut self, number: u32, certainty: u8, command: u32, keys: Keys) {
        if let Some(item) = self.items.get_mut(number as usize) {
            let maker = self.makers.get(item.maker);
            item.maker = self.makers.number(Maker { certainty, command, ..maker });
            item.keys = keys;
        }
    }

    /// Keeps each number once.
    #[inline]
    pub(super) fn list(&mut self, mut numbers: impl Iterator<Item = u32>) -> Keys {
        let Some(first) = numbers.next() else { return Keys::NONE };
        let Some(second) = numbers.find(|number| *number != first) else { return Keys(first) };
        let from = self.lists.len();
        self.lists.extend([2, first, second]);
        let mut highest = first.max(second);
        for number in numbers {
            // Mostly each is new, and numbers are given out in order.
            let is_held = || self.lists.get(from + 1..).is_some_and(|held| held.contains(&number));
            if number > highest || !is_held() {
                self.lists.push(number);
            }
            highest = highest.max(number);
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
        self.identities.clear();
        self.known.clear();
        self.makers.clear();
        self.lists.clear();
    }
}

/// Makers that have numbers: no more than there are entries.
#[derive(Clone, Debug, Default)]
struct Makers {
    all: Vec<Maker>,
    by: HashTable<u32>,
    /// Numbers by a few bits of the hash: mostly it is one of few makers.
    quick: Vec<u32>,
}

/// So many.
const QUICK: usize = 256;

impl Makers {
    fn get(&self, number: u32) -> Maker {
        const NOBODY: Maker = Maker { input: 0, command: NONE, client: NONE, name: NONE, certainty: 0 };
        self.all.get(number as usize).copied().unwrap_or(NOBODY)
    }

    // The hash is made of what is not in memory yet.
    #[inline(always)]
    fn number(&mut self, maker: Maker) -> u32 {
        let hash = maker.hash();
        let number = self.quick.get(hash as usize % QUICK).copied().unwrap_or(NONE);
        match self.all.get(number as usize) {
            Some(held) if *held == maker => number,
            _ => self.look_up(hash, maker),
        }
    }

    #[inline(never)]
    fn look_up(&mut self, hash: u64, maker: Maker) -> u32 {
        let number = self.find_or_add(hash, maker);
        self.quick.resize(QUICK, NONE);
        if let Some(quick) = self.quick.get_mut(hash as usize % QUICK) {
            *quick = number;
        }
        number
    }

    fn find_or_add(&mut self, hash: u64, maker: Maker) -> u32 {
        let is = |number: &u32| self.all.get(*number as usize) == Some(&maker);
        if let Some(number) = self.by.find(hash, is) {
            return *number;
        }
        let number = self.all.len() as u32;
        self.all.push(maker);
        let hash_of = |number: &u32| self.all.get(*number as usize).map_or(0, Maker::hash);
        self.by.insert_unique(hash, number, hash_of);
        number
    }

    fn clear(&mut self) {
        self.all.clear();
        self.by.clear();
        self.quick.clear();
    }
}

impl Maker {
    #[inline(always)]
    fn hash(&self) -> u64 {
        let who = u64::from(self.client) << 32 | u64::from(self.name);
        let what = u64::from(self.command) << 32 | u64::from(self.input) ^ u64::from(self.certainty) << 24;
        let both = u128::from(who ^ SPREAD) * u128::from(what.wrapping_mul(SPREAD) | 1);
        both as u64 ^ (both >> 64) as u64
    }
}
