//! Key references by pattern: the rows behind [`super::keys`].

use datasketches::hll::{HllSketch, HllType};

use super::members::Members;
use crate::intern::{Interner, hash};
use crate::pattern::{Learnt, Rules};

/// A pattern's number.
pub type PatternIndex = u32;

/// The pattern of all keys whose pattern came past the bound.
pub const REST: PatternIndex = 0;

/// Shapes that are held before positions with many values are told to be ids.
const CROWDED: usize = 65_536;

/// Patterns that are held at most, about 100 MB.
const MOST: usize = 262_144;

/// Sketches of 2^12 registers: 1.6 % standard error (1.04 / sqrt(2^12), Flajolet et al. 2007).
const LG_K: u8 = 12;

/// Different keys that are kept as examples.
pub(super) const SAMPLES: usize = 3;

/// Keys of one pattern that are held although keys were let go: rules that judge by what single keys show have
/// thresholds of some hundred keys.
const WANTED: u32 = 1_000;

/// Counts of one pattern.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    /// References.
    pub calls: u64,
    /// By reading commands.
    pub reads: u64,
    /// By writing commands.
    pub writes: u64,
    /// By deleting commands.
    pub deletes: u64,
    /// Calls that gave a key a time to live.
    pub ttl_set: u64,
    /// Decoded bytes.
    pub payload: u64,
    /// Writes without a time to live on keys that are no longer told apart.
    pub unset: u64,
    /// Who.
    pub clients: Members,
    /// Numbers of the first few keys.
    pub samples: Vec<u32>,
    /// Keys that were wanted, see [`Counts::wants`].
    wanted: u32,
    /// Distinct keys, once they are too many to be held.
    pub distinct: Option<Box<HllSketch>>,
}

impl Counts {
    pub(super) fn add(&mut self, later: &Counts) {
        self.calls += later.calls;
        self.reads += later.reads;
        self.writes += later.writes;
        self.deletes += later.deletes;
        self.ttl_set += later.ttl_set;
        self.payload += later.payload;
        self.unset += later.unset;
        self.wanted = self.wanted.saturating_add(later.wanted);
    }

    /// Whether a key that comes once keys were let go is to be held in any case: of each pattern the first few.
    pub(super) fn wants(&mut self) -> bool {
        let wants = self.wanted < WANTED;
        self.wanted += u32::from(wants);
        wants
    }

    pub(super) fn sample(&mut self, key: u32) {
        if self.samples.len() < SAMPLES && !self.samples.contains(&key) {
            self.samples.push(key);
        }
    }

    /// Puts a key, by its hash, into the sketch of distinct keys.
    pub(super) fn sketch(&mut self, key: u64) {
        if self.distinct.is_none() {
            // The constant above is within the sketch's bounds of 4 to 21.
            self.distinct = HllSketch::new(LG_K, HllType::Hll8).ok().map(Box::new);
        }
        if let Some(sketch) = &mut self.distinct {
            sketch.update(key);
        }
    }
}

/// Patterns by name.
#[derive(Clone, Debug)]
pub struct Patterns {
    names: Interner,
    rows: Vec<Counts>,
    /// Table size at which looking for ids is worth its time again.
    crowded: usize,
    /// Whether a pattern was turned away at the bound.
    pub overflowed: bool,
}

impl Default for Patterns {
    fn default() -> Self {
        let mut patterns =
            Patterns { names: Interner::default(), rows: Vec::new(), crowded: CROWDED, overflowed: false };
        // The rest, which no name finds: its hash is not that of its name.
        patterns.names.intern(!hash(b""), b"");
        patterns.rows.push(Counts::default());
        patterns
    }
}

impl Patterns {
    /// The number of a pattern.
    pub fn number(&mut self, name: &[u8]) -> PatternIndex {
        let hash = hash(name);
        if self.rows.len() >= MOST {
            let found = self.names.find(hash, name);
            self.overflowed |= found.is_none();
            return found.unwrap_or(REST);
        }
        let index = self.names.intern(hash, name);
        if index as usize >= self.rows.len() {
            self.rows.push(Counts::default());
        }
        index
    }

    /// Patterns with their counts, in order of first appearance, the rest apart.
    pub fn iter(&self) -> impl Iterator<Item = (PatternIndex, &[u8], &Counts)> + Clone {
        (0..)
            .zip(self.names.iter())
            .zip(&self.rows)
            .skip(1)
            .map(|((index, (_, name)), row)| (index, name, row))
    }

    /// The counts of a pattern.
    pub fn get(&self, index: PatternIndex) -> Option<&Counts> {
        self.rows.get(index as usize)
    }

    /// The same, to be changed.
    pub fn get_mut(&mut self, index: PatternIndex) -> Option<&mut Counts> {
        self.rows.get_mut(index as usize)
    }

    /// The counts of the keys whose pattern is not held.
    pub fn rest(&self) -> Option<&Counts> {
        self.rows.get(REST as usize)
    }

    /// References to keys of all patterns.
    pub fn calls(&self) -> u64 {
        self.rows.iter().map(|counts| counts.calls).sum()
    }

    /// Every row's counts, the rest first.
    pub fn rows(&self) -> &[Counts] {
        &self.rows
    }

    /// Puts a key, by its hash, into the sketch of its pattern's distinct keys.
    pub fn sketch(&mut self, index: PatternIndex, key: u64) {
        if let Some(counts) = self.get_mut(index) {
            counts.sketch(key);
        }
    }

    /// The same, to be changed.
    pub fn rows_mut(&mut self) -> &mut [Counts] {
        &mut self.rows
    }

    /// Takes in the names of what follows; gives the numbers here of the numbers there.
    pub fn merge_names(&mut self, later: &Patterns) -> Vec<PatternIndex> {
        self.overflowed |= later.overflowed;
        std::iter::once(REST).chain(later.iter().map(|(_, name, _)| self.number(name))).collect()
    }

    #[cfg(test)]
    pub(super) fn crowded_for_tests(&mut self) {
        self.crowded = 1;
    }

    /// Where shapes have become many, finds the positions that are ids and joins what became one
    /// pattern; gives the new numbers of the old ones. The final patterns are the same whenever this is done.
    pub fn compress(&mut self, rules: &Rules, learnt: &mut Option<Learnt>) -> Option<Vec<PatternIndex>> {
        if self.rows.len() <= self.crowded {
            return None;
        }
        let learnt = learnt.get_or_insert_with(|| Learnt::new(rules));
        learnt.learn(self.iter().map(|(_, name, _)| name));
        let numbers = self.rename(|name, out| learnt.apply(name, out));
        self.crowded = CROWDED.max(self.rows.len() * 2);
        Some(numbers)
    }

    /// Gives every pattern the name that `rename` writes and joins those that became one; gives the
    /// new numbers of the old ones.
    pub fn rename(&mut self, mut rename: impl FnMut(&[u8], &mut Vec<u8>)) -> Vec<PatternIndex> {
        let old = std::mem::take(self);
        self.overflowed = old.overflowed;
        let mut name = Vec::new();
        let mut numbers = vec![REST];
        numbers.extend(old.names.iter().skip(1).map(|(_, shape)| {
            name.clear();
            rename(shape, &mut name);
            self.number(&name)
        }));
        for (row, number) in old.rows.into_iter().zip(&numbers) {
            let Some(mine) = self.get_mut(*number) else { continue };
            mine.add(&row);
            mine.clients.union(&row.clients);
            row.samples.iter().for_each(|key| mine.sample(*key));
            if let Some(sketch) = row.distinct {
                mine.join(*sketch);
            }
        }
        numbers
    }
}

impl Counts {
    /// Unites the sketches of distinct keys.
    pub(super) fn join(&mut self, sketch: HllSketch) {
        let mine = self.distinct.take();
        let union = datasketches::hll::HllUnion::new(LG_K).map(|mut union| {
            mine.iter().for_each(|mine| union.update(mine));
            union.update(&sketch);
            union.to_sketch(HllType::Hll8)
        });
        self.distinct = Some(Box::new(union.unwrap_or(sketch)));
    }

    /// The estimated number of distinct keys; it depends on the keys alone, not on their order.
    pub(super) fn estimate(&self) -> Option<u64> {
        self.distinct.as_ref().map(|sketch| sketch.composite_estimate().round() as u64)
    }
}
