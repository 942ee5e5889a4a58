//! Which entries are known.
//!
//! Equal entries have equal ids, and a log gives these out one after the other. A poll shows the newest first, and only
//! what is new of it is kept: so the ids that are held are stretches, each above all before, and in each they go down.
//! While it is so, an entry is found by its id without a table. Where it is not, because there are several logs, a
//! restart, or inputs in another order, a table by identity takes over.

use hashbrown::HashTable;

use super::held::Id;
use crate::intern::{Slot, spread};

/// Tells entries that are known, by id and identity. Entries are in a row, whose identities are handed over.
#[derive(Clone, Debug)]
pub(super) enum Known {
    Stretches(Stretches),
    /// By a part of their identities.
    Table(HashTable<Slot>),
}

impl Default for Known {
    fn default() -> Self {
        Known::Stretches(Stretches::default())
    }
}

impl Known {
    /// The number of an entry.
    #[inline]
    pub(super) fn find(&self, id: u64, identity: u128, identities: &[u128]) -> Option<u32> {
        let is = |number: u32| identities.get(number as usize) == Some(&identity);
        match self {
            Known::Stretches(stretches) => stretches.find(id).filter(|number| is(*number)),
            Known::Table(table) => {
                let part = identity as u32;
                let is = |slot: &Slot| slot.part == part && is(slot.number);
                table.find(spread(part), is).map(|slot| slot.number)
            }
        }
    }

    /// Adds the last entry, which is not known. `ids` are those of all entries.
    #[inline]
    pub(super) fn add(&mut self, id: u64, identities: &[u128], ids: impl Iterator<Item = Id>) {
        // Bounded by what fits into memory long before.
        let number = identities.len().saturating_sub(1) as u32;
        match self {
            Known::Stretches(stretches) => {
                if !stretches.add(id, number) {
                    *self = Known::table(identities, ids);
                }
            }
            Known::Table(table) => {
                let part = identities.last().map_or(0, |identity| *identity as u32);
                if table.len() == table.capacity() {
                    // Each step moves all; what is not used takes hardly any memory.
                    table.reserve(3 * table.len(), Slot::spread);
                }
                let slot = Slot { part, number };
                table.insert_unique(slot.spread(), slot, Slot::spread);
            }
        }
    }

    #[cold]
    fn table(identities: &[u128], ids: impl Iterator<Item = Id>) -> Known {
        let mut table = HashTable::with_capacity(4 * identities.len());
        for ((number, identity), id) in (0..).zip(identities).zip(ids) {
            if id.get().is_some() {
                let slot = Slot { part: *identity as u32, number };
                table.insert_unique(slot.spread(), slot, Slot::spread);
            }
        }
        Known::Table(table)
    }

    /// The number of the first entry from which on all ids are above those of `others`, where none needs a table.
    pub(super) fn above(&self, others: [&Known; 2]) -> Option<usize> {
        let mut highest = None;
        for other in others {
            let Known::Stretches(other) = other else { return None };
            highest = highest.max(other.last.map(|last| last.high));
        }
        let Known::Stretches(here) = self else { return None };
        let above = |stretch: &&Stretch| Some(stretch.low) > highest;
        here.all().find(above).map(|stretch| stretch.first as usize)
    }

    /// Adds the entries there from the number `from` on, whose ids are above those here; the first of them has the
    /// number `number` here. Nothing is added, and it says so, where there is a table.
    pub(super) fn append(&mut self, later: &Known, from: usize, number: usize) -> bool {
        let (Known::Stretches(here), Known::Stretches(there)) = (self, later) else { return false };
        for stretch in there.all().filter(|stretch| stretch.first as usize >= from) {
            let first = (number + stretch.first as usize - from) as u32;
            here.before.extend(here.last.replace(Stretch { first, ..*stretch }));
        }
        true
    }

    /// Forgets all, and keeps the room.
    pub(super) fn clear(&mut self) {
        match self {
            Known::Stretches(stretches) => stretches.clear(),
            Known::Table(_) => *self = Known::default(),
        }
    }
}

/// Ids from `low` to `high`; the entry of the highest has the number `first`, and the others stand behind it.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    low: u64,
    high: u64,
    first: u32,
}

impl Stretch {
    fn find(&self, id: u64) -> Option<u32> {
        (self.low..=self.high).contains(&id).then(|| self.first + (self.high - id) as u32)
    }
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct Stretches {
    /// In their order, and so in that of their ids.
    before: Vec<Stretch>,
    last: Option<Stretch>,
}

impl Stretches {
    fn all(&self) -> impl Iterator<Item = &Stretch> {
        self.before.iter().chain(&self.last)
    }

    #[inline]
    fn find(&self, id: u64) -> Option<u32> {
        let last = self.last?;
        if id >= last.low {
            return last.find(id);
        }
        if self.before.last().is_none_or(|before| id > before.high) {
            return None;
        }
        let at = self.before.partition_point(|stretch| stretch.high < id);
        self.before.get(at)?.find(id)
    }

    /// Whether the next entry, of which this is the number, goes on in a stretch or begins one.
    #[inline]
    fn add(&mut self, id: u64, number: u32) -> bool {
        match &mut self.last {
            Some(last) if id <= last.high => {
                let is_next = last.low.checked_sub(1) == Some(id)
                    && u64::from(number - last.first) == last.high - id
                    && self.before.last().is_none_or(|before| id > before.high);
                if is_next {
                    last.low = id;
                }
                is_next
            }
            last => {
                self.before.extend(last.replace(Stretch { low: id, high: id, first: number }));
                true
            }
        }
    }

    fn clear(&mut self) {
        self.before.clear();
        self.last = None;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn entries_are_found_as_in_a_list(
            polls in prop::collection::vec((0_u64..40, 0_u64..12, 0_u8..2), 0..20),
            is_one_log in any::<bool>(),
        ) {
            let mut known = Known::default();
            let mut held: Vec<(Id, u128)> = Vec::new();
            let mut newest = 0;
            for (start, length, server) in polls {
                // Of one log each poll shows something new, from the newest on.
                newest = if is_one_log { newest + start % 8 + 1 } else { start };
                for id in (newest.saturating_sub(length)..=newest).rev() {
                    // Parts of identities that several share.
                    let server = if is_one_log { 0 } else { server };
                    let identity = u128::from(id % 7) | u128::from(id << 1 | u64::from(server)) << 64;
                    let identities: Vec<u128> = held.iter().map(|(_, identity)| *identity).collect();
                    let number = identities.iter().position(|other| *other == identity).map(|at| at as u32);
                    prop_assert_eq!(known.find(id, identity, &identities), number);
                    if number.is_none() {
                        held.push((Id::new(Some(id)), identity));
                        let identities: Vec<u128> = held.iter().map(|(_, identity)| *identity).collect();
                        known.add(id, &identities, held.iter().map(|(id, _)| *id));
                    }
                }
            }
        }
    }

    /// Entries whose identity is their id.
    #[derive(Default)]
    struct Row {
        known: Known,
        ids: Vec<u128>,
    }

    impl Row {
        fn add(&mut self, id: u64) {
            if self.known.find(id, id.into(), &self.ids).is_none() {
                self.ids.push(id.into());
                self.known.add(id, &self.ids, self.ids.iter().map(|id| Id::new(Some(*id as u64))));
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_above_all_is_added_at_once(
            polls in prop::collection::vec((1_u64..9, 0_u64..12), 0..20),
            cut in any::<prop::sample::Index>(),
            swapped in prop::bool::weighted(0.1),
        ) {
            let mut newest = 0;
            let mut ids: Vec<u64> = Vec::new();
            for (ahead, length) in polls {
                newest += ahead;
                ids.extend((newest.saturating_sub(length)..=newest).rev());
            }
            let (before, behind) = ids.split_at(cut.index(ids.len() + 1));
            let (before, behind) = if swapped { (behind, before) } else { (before, behind) };
            let [mut row, mut later] = [Row::default(), Row::default()];
            before.iter().for_each(|id| row.add(*id));
            behind.iter().for_each(|id| later.add(*id));
            let from = later.known.above([&Known::default(), &row.known]);
            prop_assert_eq!(from, later.known.above([&row.known, &Known::default()]));
            let from = from.unwrap_or(later.ids.len());
            let (below, above) = later.ids.split_at(from);
            prop_assert!(above.iter().all(|id| row.ids.iter().chain(below).all(|lower| lower < id)));
            below.iter().for_each(|id| row.add(*id as u64));
            if row.known.append(&later.known, from, row.ids.len()) {
                row.ids.extend(above);
            } else {
                above.iter().for_each(|id| row.add(*id as u64));
            }
            for id in 0..=newest + 1 {
                let number = row.ids.iter().position(|held| *held == u128::from(id)).map(|at| at as u32);
                prop_assert_eq!(number.is_some(), ids.contains(&id));
                prop_assert_eq!(row.known.find(id, id.into(), &row.ids), number);
            }
        }
    }

    #[test]
    fn polls_of_one_log_need_no_table() {
        let mut known = Known::default();
        let mut ids = Vec::new();
        let mut identities = Vec::new();
        let mut poll = |newest: u64, oldest: u64| {
            for id in (oldest..=newest).rev() {
                if known.find(id, id.into(), &identities).is_none() {
                    ids.push(Id::new(Some(id)));
                    identities.push(id.into());
                    known.add(id, &identities, ids.iter().copied());
                }
            }
            (matches!(known, Known::Stretches(_)), identities.len())
        };
        assert_eq!(poll(5, 1), (true, 5));
        assert_eq!(poll(9, 3), (true, 9));
        assert_eq!(poll(30, 25), (true, 15));
        assert_eq!(poll(24, 22), (true, 18));
        assert_eq!(poll(30, 1), (true, 30));
        assert_eq!(poll(60, 55), (true, 36));
        assert_eq!(poll(50, 49), (false, 38));
        assert_eq!(poll(60, 1), (false, 60));
    }
}
