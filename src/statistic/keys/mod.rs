//! Keys: how often each is used, by whom, and under which pattern it counts.
//!
//! While a block is read, [`OpenKeys`] counts by key alone. At the block's end [`OpenKeys::seal`] finds
//! the pattern of each key once and adds up by pattern; sealed keys merge.

mod finish;
mod gather;
mod open;

use std::cmp::Reverse;

pub use open::OpenKeys;

use super::clients::ClientIndex;
use super::habits::{Habits, NONE};
use super::members::Members;
use super::patterns::{PatternIndex, Patterns};
use super::spot::Spot;
use crate::intern::Interner;
use crate::pattern::{Learnt, Rules};

/// Keys that are held at most. Past it those used least are let go: their pattern's distinct keys are
/// then estimated, and counts of keys met later are lower bounds. About 220 MB with keys of 40 bytes.
pub const MOST: usize = 1 << 20;

/// Words that the bitmaps of keys' clients may take together, 128 MB. Past it a key that is used by
/// more than a few clients keeps its number of clients as a lower bound.
const CLIENT_WORDS: usize = 16 << 20;

/// One key.
#[derive(Clone, Debug)]
struct Key {
    calls: u64,
    /// Writes that left it without a time to live since a call last gave it one.
    unset: u64,
    /// Of these, the ones that create it only where it is missing.
    absent: u32,
    /// Whether a call gave it a time to live.
    gave_ttl: bool,
    /// Whether it was first met after keys had been let go.
    late: bool,
    /// Whether a call deleted it, or what stood there.
    ended: bool,
    pattern: PatternIndex,
    /// The number of its habit, or [`NONE`].
    habit: u32,
    /// The first of the writes in `unset`; without one the call that last gave it a time to live; else the first.
    spot: Spot,
    clients: Members,
}

/// Counts by key and by pattern.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    keys: Interner,
    rows: Vec<Key>,
    patterns: Patterns,
    habits: Habits,
    /// Once keys were let go: the most calls that any of them had.
    floor: Option<u64>,
    learnt: Option<Learnt>,
    /// Words that the bitmaps of `rows` take.
    words: usize,
}

impl Keys {
    /// Appends what follows; `clients` rename its clients, and `lines` tells how many lines of an input came
    /// before.
    pub fn merge(
        &mut self,
        later: &Keys,
        clients: &[ClientIndex],
        rules: &Rules,
        lines: impl Fn(u32) -> u64,
    ) {
        let patterns = self.patterns.merge_names(&later.patterns);
        let keys = self.merge_keys(later, clients, &patterns, lines);
        self.merge_patterns(later, clients, &patterns, &keys);
        if let Some(theirs) = &later.learnt {
            self.learnt.get_or_insert_with(|| Learnt::new(rules)).merge(theirs);
        }
        if let Some(numbers) = self.patterns.compress(rules, &mut self.learnt) {
            self.renumber(&numbers);
        }
        if self.rows.len() > MOST {
            self.let_go(MOST / 2);
        }
    }

    fn merge_keys(
        &mut self,
        later: &Keys,
        clients: &[ClientIndex],
        patterns: &[PatternIndex],
        lines: impl Fn(u32) -> u64,
    ) -> Vec<u32> {
        self.habits.overflowed |= later.habits.overflowed;
        if later.floor.is_some() && self.floor.is_none() {
            self.start_sketches();
        }
        self.floor = self.floor.max(later.floor);
        let mut numbers = Vec::with_capacity(later.rows.len());
        for ((hash, bytes), row) in later.keys.iter().zip(&later.rows) {
            let number = self.keys.intern(hash, bytes);
            let pattern = patterns.get(row.pattern as usize).copied().unwrap_or(super::patterns::REST);
            if number as usize >= self.rows.len() {
                let late = row.late || self.floor.is_some();
                self.rows.push(Key {
                    calls: 0,
                    unset: 0,
                    absent: 0,
                    gave_ttl: false,
                    late,
                    ended: false,
                    pattern,
                    habit: NONE,
                    spot: row.spot.behind(&lines),
                    clients: Members::default(),
                });
            }
            let Some(mine) = self.rows.get_mut(number as usize) else { continue };
            mine.calls += row.calls;
            if row.gave_ttl || (mine.unset == 0 && row.unset > 0) {
                mine.spot = row.spot.behind(&lines);
            }
            if row.gave_ttl {
                (mine.unset, mine.absent) = (0, 0);
            }
            mine.unset += row.unset;
            mine.absent = mine.absent.saturating_add(row.absent);
            mine.gave_ttl |= row.gave_ttl;
            mine.ended |= row.ended;
            self.habits.merge(&mut mine.habit, &later.habits, row.habit, clients, &lines);
            let held = mine.clients.words();
            mine.clients.merge(&row.clients, clients);
            let words = mine.clients.words();
            self.words = (self.words + words).saturating_sub(held);
            if self.words > CLIENT_WORDS && words > held {
                self.words -= words;
                mine.clients.freeze();
            }
            if self.floor.is_some()
                && let Some(counts) = self.patterns.get_mut(mine.pattern)
            {
                counts.sketch(hash);
            }
            numbers.push(number);
        }
        numbers
    }

    fn merge_patterns(
        &mut self,
        later: &Keys,
        clients: &[ClientIndex],
        patterns: &[PatternIndex],
        keys: &[u32],
    ) {
        let rest = later.patterns.rest().map(|rest| (super::patterns::REST, rest));
        let named = later.patterns.iter().map(|(index, _, counts)| (index, counts));
        for (index, counts) in rest.into_iter().chain(named) {
            let Some(mine) = patterns.get(index as usize).and_then(|number| self.patterns.get_mut(*number))
            else {
                continue;
            };
            mine.add(counts);
            mine.clients.merge(&counts.clients, clients);
            for key in counts.samples.iter().filter_map(|key| keys.get(*key as usize)) {
                mine.sample(*key);
            }
            if let Some(sketch) = &counts.distinct {
                mine.join((**sketch).clone());
            }
        }
    }

    fn renumber(&mut self, numbers: &[PatternIndex]) {
        for row in &mut self.rows {
            row.pattern = numbers.get(row.pattern as usize).copied().unwrap_or(super::patterns::REST);
        }
    }

    fn start_sketches(&mut self) {
        for ((hash, _), row) in self.keys.iter().zip(&self.rows) {
            if let Some(counts) = self.patterns.get_mut(row.pattern) {
                counts.sketch(hash);
            }
        }
    }

    /// Lets go of the keys used least until `most` are left; examples stay.
    fn let_go(&mut self, most: usize) {
        if self.floor.is_none() {
            self.start_sketches();
        }
        let mut order: Vec<u32> = (0..).take(self.rows.len()).collect();
        let calls = |key: &u32| self.rows.get(*key as usize).map_or(0, |row| row.calls);
        let mut lost = 0;
        if order.len() > most {
            let (_, first, _) = order.select_nth_unstable_by_key(most, |key| (Reverse(calls(key)), *key));
            lost = calls(first);
        }
        self.floor = Some(self.floor.unwrap_or(0).max(lost));
        let mut stays = vec![false; self.rows.len()];
        let samples = self.patterns.iter().flat_map(|(_, _, counts)| counts.samples.iter().copied());
        for key in order.into_iter().take(most).chain(samples) {
            if let Some(stays) = stays.get_mut(key as usize) {
                *stays = true;
            }
        }
        let old = std::mem::replace(&mut self.keys, Interner::with_room(MOST));
        let rows = std::mem::take(&mut self.rows);
        let mut habits = std::mem::take(&mut self.habits);
        self.habits.overflowed = habits.overflowed;
        self.words = 0;
        let mut numbers = vec![u32::MAX; rows.len()];
        for ((((hash, bytes), mut row), stays), number) in old.iter().zip(rows).zip(stays).zip(&mut numbers) {
            if stays {
                habits.keep(&mut row.habit, &mut self.habits);
                self.words += row.clients.words();
                *number = self.keys.intern(hash, bytes);
                self.rows.push(row);
            } else if let Some(counts) = self.patterns.get_mut(row.pattern) {
                counts.unset += row.unset;
            }
        }
        for counts in self.patterns.rows_mut() {
            for key in &mut counts.samples {
                *key = numbers.get(*key as usize).copied().unwrap_or(u32::MAX);
            }
        }
    }

    /// References to keys.
    fn total(&self) -> u64 {
        self.patterns.iter().map(|(_, _, counts)| counts.calls).sum::<u64>()
            + self.patterns.rest().map_or(0, |rest| rest.calls)
    }

    /// What was learnt from shapes that are no longer held.
    pub fn learnt(&self) -> Option<&Learnt> {
        self.learnt.as_ref()
    }

    /// The shapes of all keys, or what they became.
    pub fn shapes(&self) -> impl Iterator<Item = &[u8]> + Clone {
        self.patterns.iter().map(|(_, name, _)| name)
    }
}

#[cfg(test)]
mod tests;
