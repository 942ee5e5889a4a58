//! Keys: how often each is used, by whom, and under which pattern it counts.
//!
//! While a block is read, [`OpenKeys`] counts by key alone. Every few thousand keys, while they are in the cache, and
//! at the block's end it finds the pattern of each key once and adds up by pattern; sealed keys merge.

mod collections;
mod door;
mod finish;
mod gather;
mod inputs;
mod lot;
mod open;
mod stay;
mod users;

pub use finish::Tables;
pub use inputs::HotThere;
pub use open::OpenKeys;

use door::{Door, Group};
use inputs::{Inputs, is_much};
use lot::Lot;
use users::{Sets, Users};

use super::clients::ClientIndex;
use super::habits::{Habits, NONE};
use super::patterns::{PatternIndex, Patterns, REST};
use super::spot::Spot;
use crate::intern::Interner;
use crate::pattern::{Learnt, Rules};

/// Keys that are held at most. Past it those used least are let go: their pattern's distinct keys are
/// then estimated, and counts of keys met later are lower bounds. About 200 MB with keys of 40 bytes.
pub const MOST: usize = 1 << 20;

/// Lots of a block from which on it has many keys.
const LARGE: usize = 4;

/// The number of a key that is not held.
const NOT_HELD: u32 = u32::MAX;

/// Words that the bitmaps of keys' clients may take together, 128 MB. Past it a key that is used by
/// more than a few clients keeps its number of clients as a lower bound.
const CLIENT_WORDS: usize = 16 << 20;

/// What is counted of one key.
#[derive(Clone, Copy, Debug)]
struct Key {
    calls: u64,
    /// Writes that left it without a time to live since a call last gave it one.
    unset: u64,
    /// Calls that were made while it was not held, at most.
    missed: u32,
    pattern: PatternIndex,
    /// The number of its habit, or [`NONE`].
    habit: u32,
    users: Users,
    /// Whether a call gave it a time to live.
    gave_ttl: bool,
    /// Whether a call deleted it, or what stood there.
    ended: bool,
    /// Whether a call wrote to it as a stream, or read on in it.
    is_stream: bool,
}

impl Key {
    /// Calls at most, with those that were not counted.
    fn most(&self) -> u64 {
        self.calls + u64::from(self.missed)
    }
}

/// A call on it. It stands apart, because of most keys of a capture with many nobody asks for it: they come once and
/// are not held. Copied as it is, so nothing is to be freed with a block's keys either.
#[derive(Clone, Copy, Debug)]
struct Origin {
    /// The first of the writes in `unset`; without one the call that last gave it a time to live; else the first.
    spot: Spot,
    /// Of the writes in `unset`, the ones that create it only where it is missing.
    absent: u32,
    /// All calls that do, with a time to live or without.
    tried: u32,
    /// The last input that had it.
    input: u32,
    /// Calls in it.
    here: u32,
}

/// What comes to be appended, of a lot or of a run.
struct Later<'l, R> {
    keys: &'l Interner,
    rows: &'l [R],
    sets: &'l Sets,
    patterns: &'l Patterns,
    habits: &'l mut Habits,
}

/// Counts by key and by pattern.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    keys: Interner,
    rows: Vec<Key>,
    origins: Vec<Origin>,
    sets: Sets,
    patterns: Patterns,
    habits: Habits,
    /// Once keys were let go.
    door: Option<Door>,
    /// How many keys were left when keys were let go the last time.
    kept: usize,
    learnt: Option<Learnt>,
    /// What is hot in single inputs.
    inputs: Inputs,
    /// Words that the bitmaps in `sets` take.
    words: usize,
    /// What comes behind these: of a block all of it.
    lots: Vec<Lot>,
}

impl Keys {
    /// Appends what follows; `clients` rename its clients, and `lines` tells how many lines of an input came
    /// before.
    pub fn merge(
        &mut self,
        mut later: Keys,
        clients: &[ClientIndex],
        rules: &Rules,
        lines: impl Fn(u32) -> u64,
    ) {
        self.settle();
        if let Some(theirs) = &later.learnt {
            self.learnt.get_or_insert_with(|| Learnt::new(rules)).merge(theirs);
        }
        if let Some(theirs) = later.door.take() {
            later.keys.index();
            self.miss(&later.keys, &theirs);
        }
        let rows: Vec<(Key, Origin)> = later.rows.into_iter().zip(later.origins).collect();
        let Keys { keys, sets, patterns, mut habits, lots, .. } = later;
        let run = Later { keys: &keys, rows: &rows, sets: &sets, patterns: &patterns, habits: &mut habits };
        self.append(run, |row| *row, clients, &lines);
        lots.into_iter().for_each(|lot| self.append_lot(lot, clients, &lines));
        if let Some(numbers) = self.patterns.compress(rules, &mut self.learnt) {
            self.renumber(&numbers);
        }
        // Examples stay, so more than MOST / 2 can be left.
        if self.rows.len() > MOST.max(self.kept + MOST / 4) {
            self.let_go(MOST / 2);
        }
    }

    /// Whether a block comes to so much that it is best merged while it is in the cache.
    pub fn is_large(&self) -> bool {
        self.lots.len() >= LARGE
    }

    /// Makes a block's keys those of a run, to which others can be appended.
    fn settle(&mut self) {
        self.keys.index();
        for lot in std::mem::take(&mut self.lots) {
            let last = lot.patterns.rows().iter().filter_map(|counts| counts.clients.last()).max();
            let clients: Vec<ClientIndex> = (0..=last.unwrap_or_default()).collect();
            self.append_lot(lot, &clients, &|_| 0);
        }
    }

    fn append_lot(&mut self, mut lot: Lot, clients: &[ClientIndex], lines: &impl Fn(u32) -> u64) {
        let Lot { keys, rows, input, sets, patterns, habits } = &mut lot;
        self.append(Later { keys, rows, sets, patterns, habits }, |row| row.of(*input), clients, lines);
    }

    fn append<R>(
        &mut self,
        mut later: Later<'_, R>,
        row: impl Fn(&R) -> (Key, Origin),
        clients: &[ClientIndex],
        lines: &impl Fn(u32) -> u64,
    ) {
        self.habits.overflowed |= later.habits.overflowed;
        let patterns = self.patterns.merge_names(later.patterns);
        let keys = self.merge_keys(&mut later, row, clients, &patterns, lines);
        self.merge_patterns(later.patterns, clients, &patterns, &keys);
    }

    /// What follows let go of keys: those that are held here and not there can have been among them.
    fn miss(&mut self, later: &Interner, theirs: &Door) {
        self.door().merge(theirs);
        self.mark();
        for ((hash, bytes), row) in self.keys.iter().zip(&mut self.rows) {
            if later.find(hash, bytes).is_none() {
                row.missed = row.missed.saturating_add(theirs.missed(hash));
            }
        }
    }

    /// What is known of keys that are not held; until one is let go, that there are none.
    fn door(&mut self) -> &mut Door {
        if self.door.is_none() {
            for (hash, row) in self.keys.hashes().zip(&self.rows) {
                self.patterns.sketch(row.pattern, hash);
            }
        }
        self.door.get_or_insert_with(Door::new)
    }

    /// Has the door know the keys that are held.
    fn mark(&mut self) {
        if let Some(door) = &mut self.door {
            door.hold_none();
            self.keys.hashes().for_each(|hash| door.hold(hash));
        }
    }

    /// Appends the keys that follow; gives their numbers here.
    fn merge_keys<R>(
        &mut self,
        later: &mut Later<'_, R>,
        row: impl Fn(&R) -> (Key, Origin),
        clients: &[ClientIndex],
        patterns: &[PatternIndex],
        lines: &impl Fn(u32) -> u64,
    ) -> Vec<u32> {
        // One thing after the other for all keys, not all things for one key after the other: looks into tables that
        // are out of the cache wait for each other the least.
        let mut numbers = self.find(later.keys);
        let (uses, mut much) = (later.patterns.calls(), Vec::new());
        let kept = self.admit(later, &row, patterns, &numbers);
        self.make_room(kept.len());
        let held = self.rows.len();
        let mut look = |number, row: &Key, origin: &Origin| {
            if is_much(row.calls, uses) {
                much.push((number, origin.spot.behind(lines)));
            }
        };
        for (at, missed) in &kept {
            let (Some(number), Some(counted)) = (numbers.get_mut(*at as usize), later.rows.get(*at as usize))
            else {
                continue;
            };
            if *number == NOT_HELD {
                // Found from the end on: no key comes twice in what follows.
                *number = self.keys.push(later.keys.hash_of(*at), later.keys.get(*at));
                let (row, origin) = row(counted);
                look(*number, &row, &origin);
                let pattern = renamed(patterns, row.pattern);
                let missed = row.missed.saturating_add(*missed);
                self.rows.push(Key { pattern, missed, habit: NONE, users: Users::NONE, ..row });
                self.origins.push(Origin { spot: origin.spot.behind(lines), ..origin });
            }
        }
        let kept = kept.iter().map(|(at, _)| *at as usize);
        let kept = || kept.clone().filter_map(|at| Some((*numbers.get(at)?, later.rows.get(at)?)));
        for (number, counted) in kept().filter(|(number, _)| (*number as usize) < held) {
            let at = number as usize;
            let (row, origin) = row(counted);
            look(number, &row, &origin);
            let (Some(mine), Some(first)) = (self.rows.get_mut(at), self.origins.get_mut(at)) else {
                continue;
            };
            mine.calls += row.calls;
            first.here = if first.input == origin.input { first.here } else { 0 }.saturating_add(origin.here);
            first.input = origin.input;
            first.tried = first.tried.saturating_add(origin.tried);
            mine.missed = mine.missed.saturating_add(row.missed);
            if row.gave_ttl || (mine.unset == 0 && row.unset > 0) {
                first.spot = origin.spot.behind(lines);
            }
            if row.gave_ttl {
                (mine.unset, first.absent) = (0, 0);
            }
            mine.unset += row.unset;
            first.absent = first.absent.saturating_add(origin.absent);
            mine.gave_ttl |= row.gave_ttl;
            mine.ended |= row.ended;
            mine.is_stream |= row.is_stream;
        }
        for (number, counted) in kept() {
            let (row, _) = row(counted);
            let Some(mine) = self.rows.get_mut(number as usize) else { continue };
            if row.habit != NONE {
                self.habits.merge(&mut mine.habit, later.habits, row.habit, clients, lines);
            }
            let held = self.sets.words(mine.users);
            self.sets.merge(&mut mine.users, later.sets, row.users, clients);
            let words = self.sets.words(mine.users);
            self.words = (self.words + words).saturating_sub(held);
            if self.words > CLIENT_WORDS && words > held {
                self.words -= words;
                self.sets.freeze(mine.users);
            }
        }
        self.keys.index();
        self.look(uses, &much);
        numbers
    }

    /// There is room for more keys. At once for as many as are held at most, where they are many: what is not used of it
    /// takes no memory, and growing would copy what is.
    fn make_room(&mut self, more: usize) {
        let held = self.rows.len();
        if more > self.rows.capacity() - held {
            let room = if held < MOST / 16 { MOST / 16 } else { MOST + MOST / 4 };
            let more = more.max(room.saturating_sub(held));
            self.rows.reserve(more);
            self.origins.reserve(more);
            self.keys.make_room(more);
        }
    }

    /// The numbers here of the keys that follow.
    fn find(&self, later: &Interner) -> Vec<u32> {
        let find = |(hash, bytes)| self.keys.find(hash, bytes).unwrap_or(NOT_HELD);
        let Some(door) = &self.door else { return later.iter().map(find).collect() };
        let groups: Vec<Group> = later.hashes().map(|hash| door.group(hash)).collect();
        let keys = groups.iter().zip(later.iter());
        keys.map(|(group, key)| if group.can_hold(key.0) { find(key) } else { NOT_HELD }).collect()
    }

    /// Which of the keys that come are held or are to be, by their number in `later`; with how many calls of those that
    /// are to be are missing at most.
    fn admit<R>(
        &mut self,
        later: &Later<'_, R>,
        row: impl Fn(&R) -> (Key, Origin),
        patterns: &[PatternIndex],
        numbers: &[u32],
    ) -> Vec<(u32, u32)> {
        let Some(door) = &mut self.door else {
            return (0..).zip(later.rows).map(|(at, _)| (at, 0)).collect();
        };
        let mut kept = Vec::new();
        let mut counts = None;
        for ((hash, counted), number) in later.keys.hashes().zip(later.rows).zip(numbers) {
            if *number != NOT_HELD {
                continue;
            }
            let pattern = row(counted).0.pattern;
            // Keys of one pattern mostly come together.
            if counts.as_ref().is_none_or(|(before, _)| *before != pattern) {
                counts = self.patterns.get_mut(renamed(patterns, pattern)).map(|counts| (pattern, counts));
            }
            counts.iter_mut().for_each(|(_, counts)| counts.sketch(hash));
        }
        // What rules judge is looked at as long as there is room for it.
        let has_room = self.habits.has_room();
        for (((at, hash), counted), number) in (0..).zip(later.keys.hashes()).zip(later.rows).zip(numbers) {
            if *number != NOT_HELD {
                kept.push((at, 0));
                continue;
            }
            let (row, _) = row(counted);
            let Some(counts) = self.patterns.get_mut(renamed(patterns, row.pattern)) else { continue };
            let is_judged = row.habit != NONE;
            self.habits.overflowed |= is_judged && !has_room;
            let missed = match counts.wants() || (is_judged && has_room) {
                true => Some(door.missed(hash)),
                false => door.knock(hash, row.most()),
            };
            match missed {
                Some(missed) => {
                    door.hold(hash);
                    kept.push((at, missed));
                }
                None => counts.unset += row.unset,
            }
        }
        kept
    }

    fn merge_patterns(
        &mut self,
        later: &Patterns,
        clients: &[ClientIndex],
        patterns: &[PatternIndex],
        keys: &[u32],
    ) {
        for (counts, number) in later.rows().iter().zip(patterns) {
            let Some(mine) = self.patterns.get_mut(*number) else { continue };
            mine.add(counts);
            mine.clients.merge(&counts.clients, clients);
            let samples = counts.samples.iter().filter_map(|key| keys.get(*key as usize));
            samples.filter(|key| **key != NOT_HELD).for_each(|key| mine.sample(*key));
            if let Some(sketch) = &counts.distinct {
                mine.join((**sketch).clone());
            }
        }
    }

    fn renumber(&mut self, numbers: &[PatternIndex]) {
        for row in &mut self.rows {
            row.pattern = renamed(numbers, row.pattern);
        }
    }

    /// What was learnt from shapes that are no longer held.
    pub fn learnt(&self) -> Option<&Learnt> {
        self.learnt.as_ref()
    }

    /// The shapes of all keys, or what they became.
    pub fn shapes(&self) -> impl Iterator<Item = &[u8]> + Clone {
        let parts = std::iter::once(&self.patterns).chain(self.lots.iter().map(|lot| &lot.patterns));
        parts.flat_map(|patterns| patterns.iter().map(|(_, name, _)| name))
    }
}

/// The new number of a pattern.
fn renamed(numbers: &[PatternIndex], pattern: PatternIndex) -> PatternIndex {
    numbers.get(pattern as usize).copied().unwrap_or(REST)
}

#[cfg(test)]
mod tests;
