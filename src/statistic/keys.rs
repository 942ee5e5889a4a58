//! Keys: how often each is used, by whom, and under which pattern it counts.
//!
//! While a block is read, [`OpenKeys`] counts by key alone. At the block's end [`OpenKeys::seal`] finds
//! the pattern of each key once and adds up by pattern; sealed keys merge.

use std::cmp::Reverse;

use super::Call;
use super::clients::ClientIndex;
use super::members::Members;
use super::patterns::{PatternIndex, Patterns, SAMPLES};
use super::share;
use crate::command::{self, Access, Ttl};
use crate::intern::{Interner, hash};
use crate::pattern::{Learnt, Patterns as FinalPatterns, Rules};
use crate::report::{Bytes, HotKeyRow, Other, PatternRow, Rows, Table};

/// Keys that are held at most. Past it those used least are let go: their pattern's distinct keys are
/// then estimated, and counts of keys met later are lower bounds. About 250 MB with keys of 40 bytes.
pub const MOST: usize = 1 << 21;

/// Rows of the table of hot keys.
const HOT: usize = 1_000;

/// What one block does with one key.
#[derive(Clone, Debug, Default)]
struct Use {
    calls: u64,
    reads: u64,
    writes: u64,
    deletes: u64,
    ttl_set: u64,
    payload: u64,
    unset: u64,
    clients: Members,
}

/// Counts by key while a block is read.
#[derive(Clone, Debug, Default)]
pub struct OpenKeys {
    keys: Interner,
    uses: Vec<Use>,
    scratch: Vec<u8>,
}

impl OpenKeys {
    /// Counts the keys of a call.
    pub fn observe(&mut self, call: &Call<'_>) {
        let args = call.args();
        let (Some(spec), false) = (call.spec, call.keys.is_empty()) else { return };
        let ttl = command::ttl(spec, &args);
        let (set, cleared) = match ttl {
            Ttl::Set => (true, &[][..]),
            Ttl::Cleared(target) => (false, target.of(call.keys)),
            Ttl::Untouched | Ttl::Expired => (false, &[][..]),
        };
        let mut from = 1;
        for (n, at) in call.keys.iter().enumerate() {
            // A key's own arguments reach to the next key; the first also has those in front of it.
            let to = call.keys.get(n + 1).copied().unwrap_or(args.len());
            let Some(text) = args.get(*at) else { continue };
            let key = text.bytes(&mut self.scratch);
            let index = self.keys.intern(hash(key), key) as usize;
            if index >= self.uses.len() {
                self.uses.push(Use::default());
            }
            let Some(used) = self.uses.get_mut(index) else { continue };
            used.calls += 1;
            match spec.access {
                Access::Read => used.reads += 1,
                Access::Write => used.writes += 1,
                Access::Delete => used.deletes += 1,
                _ => {}
            }
            if set {
                used.ttl_set += 1;
                used.unset = 0;
            } else if cleared.contains(at) {
                used.unset += 1;
            }
            used.payload += args.payload_of(from..to);
            used.clients.insert(call.client);
            from = to;
        }
    }

    /// Finds the pattern of each key and adds up by pattern.
    pub fn seal(self, rules: &Rules) -> Keys {
        let mut patterns = Patterns::default();
        let mut shape = Vec::new();
        let mut rows = Vec::with_capacity(self.uses.len());
        for ((key, (_, bytes)), used) in (0..).zip(self.keys.iter()).zip(self.uses) {
            rules.shape(bytes, &mut shape);
            let pattern = patterns.number(&shape);
            if let Some(counts) = patterns.get_mut(pattern) {
                counts.calls += used.calls;
                counts.reads += used.reads;
                counts.writes += used.writes;
                counts.deletes += used.deletes;
                counts.ttl_set += used.ttl_set;
                counts.payload += used.payload;
                counts.clients.union(&used.clients);
                counts.sample(key);
            }
            let gave_ttl = used.ttl_set > 0;
            let Use { calls, unset, clients, .. } = used;
            rows.push(Key { calls, unset, gave_ttl, late: false, pattern, clients });
        }
        Keys { keys: self.keys, rows, patterns, floor: None, learnt: None }
    }
}

/// One key.
#[derive(Clone, Debug)]
struct Key {
    calls: u64,
    /// Writes that left it without a time to live since a call last gave it one.
    unset: u64,
    /// Whether a call gave it a time to live.
    gave_ttl: bool,
    /// Whether it was first met after keys had been let go.
    late: bool,
    pattern: PatternIndex,
    clients: Members,
}

/// Counts by key and by pattern.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    keys: Interner,
    rows: Vec<Key>,
    patterns: Patterns,
    /// Once keys were let go: the most calls that any of them had.
    floor: Option<u64>,
    learnt: Option<Learnt>,
}

impl Keys {
    /// Appends what follows; `clients` rename its clients.
    pub fn merge(&mut self, later: &Keys, clients: &[ClientIndex], rules: &Rules) {
        let patterns = self.patterns.merge_names(&later.patterns);
        let keys = self.merge_keys(later, clients, &patterns);
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

    fn merge_keys(&mut self, later: &Keys, clients: &[ClientIndex], patterns: &[PatternIndex]) -> Vec<u32> {
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
                    gave_ttl: false,
                    late,
                    pattern,
                    clients: Members::default(),
                });
            }
            let Some(mine) = self.rows.get_mut(number as usize) else { continue };
            mine.calls += row.calls;
            mine.unset = if row.gave_ttl { row.unset } else { mine.unset + row.unset };
            mine.gave_ttl |= row.gave_ttl;
            mine.clients.merge(&row.clients, clients);
            if self.floor.is_some() {
                if let Some(counts) = self.patterns.get_mut(mine.pattern) {
                    counts.sketch(hash);
                }
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
        order.sort_by_key(|key| (Reverse(calls(key)), *key));
        let lost = order.get(most).map_or(0, calls);
        self.floor = Some(self.floor.unwrap_or(0).max(lost));
        let mut stays = vec![false; self.rows.len()];
        let samples = self.patterns.iter().flat_map(|(_, _, counts)| counts.samples.iter().copied());
        for key in order.into_iter().take(most).chain(samples) {
            if let Some(stays) = stays.get_mut(key as usize) {
                *stays = true;
            }
        }
        let old = std::mem::take(&mut self.keys);
        let rows = std::mem::take(&mut self.rows);
        let mut numbers = vec![u32::MAX; rows.len()];
        for ((((hash, bytes), row), stays), number) in old.iter().zip(rows).zip(stays).zip(&mut numbers) {
            if stays {
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

    /// From the shape of a key to its pattern in the whole capture; `others` are the shapes of keys that other
    /// records name.
    pub fn patterns<'a>(
        &'a mut self,
        rules: &Rules,
        others: impl Iterator<Item = &'a [u8]> + Clone,
    ) -> FinalPatterns {
        let learnt = self.learnt.take().unwrap_or_else(|| Learnt::new(rules));
        learnt.finish(self.patterns.iter().map(|(_, name, _)| name).chain(others))
    }

    /// The report's tables, and in words which bounds took over; `names` tell the patterns of keys.
    pub fn finish(&mut self, names: &FinalPatterns) -> (Table<PatternRow>, Rows<HotKeyRow>, Vec<String>) {
        let numbers = self.patterns.rename(|shape, out| names.apply(shape, out));
        self.renumber(&numbers);
        let total = self.total();
        (self.pattern_rows(total), self.hot_rows(total), self.bounds())
    }

    fn pattern_rows(&self, total: u64) -> Table<PatternRow> {
        let mut distinct = vec![0_u64; numbers_of(&self.patterns)];
        let mut unset = distinct.clone();
        for row in &self.rows {
            let at = row.pattern as usize;
            if let (Some(distinct), Some(unset)) = (distinct.get_mut(at), unset.get_mut(at)) {
                *distinct += 1;
                *unset += row.unset;
            }
        }
        let at = |counts: &[u64], index: PatternIndex| counts.get(index as usize).copied().unwrap_or(0);
        let mut rows: Vec<_> = self
            .patterns
            .iter()
            .filter(|(_, _, counts)| counts.calls > 0)
            .map(|(index, name, counts)| PatternRow {
                pattern: Bytes::from(name),
                calls: counts.calls,
                share: share(counts.calls, total),
                reads: counts.reads,
                writes: counts.writes,
                deletes: counts.deletes,
                distinct_keys: counts.estimate().unwrap_or_else(|| at(&distinct, index)),
                distinct_is_exact: counts.distinct.is_none(),
                ttl_set: counts.ttl_set,
                ttl_missing: counts.unset + at(&unset, index),
                payload_bytes: counts.payload,
                clients: counts.clients.len(),
                samples: counts
                    .samples
                    .iter()
                    .take(SAMPLES)
                    .map(|key| Bytes::from(self.keys.get(*key)))
                    .collect(),
            })
            .collect();
        rows.sort_by(|a, b| (Reverse(a.calls), &a.pattern).cmp(&(Reverse(b.calls), &b.pattern)));
        let rest = self.patterns.rest().map_or(0, |rest| rest.calls);
        Table { total, rows, other: (rest > 0).then_some(Other { rows: None, calls: rest }) }
    }

    fn hot_rows(&self, total: u64) -> Rows<HotKeyRow> {
        let mut order: Vec<(&[u8], &Key)> = self.keys.iter().map(|(_, key)| key).zip(&self.rows).collect();
        let rank = |(key, row): &(&[u8], &Key)| (Reverse(row.calls), key.to_vec());
        if order.len() > HOT {
            order.select_nth_unstable_by(HOT, |a, b| {
                (Reverse(a.1.calls), a.0).cmp(&(Reverse(b.1.calls), b.0))
            });
            order.truncate(HOT);
        }
        order.sort_by_cached_key(rank);
        let names: Vec<&[u8]> =
            std::iter::once(&b""[..]).chain(self.patterns.iter().map(|(_, name, _)| name)).collect();
        let rows = order
            .into_iter()
            .map(|(key, row)| HotKeyRow {
                key: Bytes::from(key),
                pattern: Bytes::from(names.get(row.pattern as usize).copied().unwrap_or_default()),
                calls: row.calls,
                share: share(row.calls, total),
                clients: row.clients.len(),
                count_is_exact: !row.late,
            })
            .collect();
        Rows { rows }
    }

    fn bounds(&self) -> Vec<String> {
        let mut bounds = Vec::new();
        if let Some(floor) = self.floor {
            bounds.push(format!(
                "more than {MOST} different keys: numbers of distinct keys are estimates (standard error 1.6 %), \
                 and a hot key marked so may have had up to {floor} more calls"
            ));
        }
        if self.patterns.overflowed {
            bounds.push("more key patterns than are held: the later ones are counted together".to_owned());
        }
        bounds
    }
}

fn numbers_of(patterns: &Patterns) -> usize {
    patterns.iter().last().map_or(1, |(index, _, _)| index as usize + 1)
}
