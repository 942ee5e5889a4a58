//! Keys as the report's tables.

use std::cmp::{Ordering, Reverse};

use super::gather::gather;
use super::{HotThere, Key, Keys, MOST, Origin};
use crate::pattern::Patterns as FinalPatterns;
use crate::report::{Bytes, Collections, HotKeyRow, Other, PatternRow, Rows, Table};
use crate::statistic::clients::Clients;
use crate::statistic::habits::{self, Flushed};
use crate::statistic::patterns::{PatternIndex, Patterns, SAMPLES};
use crate::statistic::share;

/// Rows of the tables of hot keys and of collections.
const ROWS: usize = 1_000;

/// A key by its name.
type Row<'k> = (&'k [u8], &'k Key, &'k Origin);

/// What the keys of a run show.
pub struct Tables {
    /// References by pattern.
    pub patterns: Table<PatternRow>,
    /// The most used keys of the run.
    pub hot: Rows<HotKeyRow>,
    /// Those that take much of one input.
    pub there: Vec<HotThere>,
    /// Keys whose calls add elements.
    pub collections: Collections,
    /// In words, which bounds took over.
    pub bounds: Vec<String>,
}

impl Keys {
    /// The report's tables. `names` tells the pattern of each shape, `flushed` when databases were emptied.
    /// `clients` and `paths` are those of the run.
    pub fn finish(
        &mut self,
        names: &FinalPatterns,
        clients: &Clients,
        flushed: &Flushed,
        paths: &[Bytes],
    ) -> Tables {
        self.settle();
        let numbers = self.patterns.rename(|shape, out| names.apply(shape, out));
        self.renumber(&numbers);
        let total = self.patterns.calls();
        let names: Vec<&[u8]> =
            std::iter::once(&b""[..]).chain(self.patterns.iter().map(|(_, name, _)| name)).collect();
        let single = || (self.hot_rows(total, &names, paths), self.collections(&names, flushed));
        let (((hot, there), collections), patterns) =
            rayon::join(single, || self.pattern_rows(total, clients, flushed, paths));
        Tables { patterns, hot, there, collections, bounds: self.bounds() }
    }

    fn pattern_rows(
        &self,
        total: u64,
        clients: &Clients,
        flushed: &Flushed,
        paths: &[Bytes],
    ) -> Table<PatternRow> {
        let mut habits = gather(self, numbers_of(&self.patterns), clients, flushed, paths);
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
                habits: habits.get_mut(index as usize).map(std::mem::take).unwrap_or_default(),
            })
            .collect();
        rows.sort_by(|a, b| (Reverse(a.calls), &a.pattern).cmp(&(Reverse(b.calls), &b.pattern)));
        let rest = self.patterns.rest().map_or(0, |rest| rest.calls);
        Table { total, rows, other: (rest > 0).then_some(Other { rows: None, calls: rest }) }
    }

    /// The keys used most in the run, and in single inputs.
    fn hot_rows(&self, total: u64, names: &[&[u8]], paths: &[Bytes]) -> (Rows<HotKeyRow>, Vec<HotThere>) {
        let rank = |a: &Row<'_>, b: &Row<'_>| (Reverse(a.1.calls), a.0).cmp(&(Reverse(b.1.calls), b.0));
        let all = self.keys.iter().zip(self.rows.iter().zip(&self.origins));
        let order = foremost(all.map(|((_, key), (row, origin))| (key, row, origin)), rank);
        let hot = |(key, row, origin): Row<'_>| HotKeyRow {
            key: Bytes::from(key),
            pattern: Bytes::from(names.get(row.pattern as usize).copied().unwrap_or_default()),
            calls: row.calls,
            share: share(row.calls, total),
            clients: self.sets.len(row.users),
            count_is_exact: row.missed == 0,
            is_queue: self.habits.get(row.habit).is_some_and(|habit| habit.removed * 4 >= row.calls),
            is_stream: row.is_stream,
            is_growing: self.habits.get(row.habit).is_some_and(|habit| habit.kept() * 2 >= row.calls),
            is_lock: u64::from(origin.tried) * 2 >= row.calls,
            call: Some(origin.spot.example(key, paths)),
        };
        let there = |number: u32| {
            let at = number as usize;
            Some(hot((self.keys.get(number), self.rows.get(at)?, self.origins.get(at)?)))
        };
        let there = self.hot_there(there, paths);
        (Rows { rows: order.into_iter().map(hot).collect() }, there)
    }

    fn bounds(&self) -> Vec<String> {
        let mut bounds = Vec::new();
        if self.door.is_some() {
            let mut bound = format!(
                "more than {MOST} different keys: numbers of distinct keys are estimates (standard error 1.6 %)"
            );
            let missed = self.rows.iter().map(|row| row.missed).max().unwrap_or_default();
            if missed > 0 {
                bound.push_str(&format!(", and a hot key marked so may have had up to {missed} more calls"));
            }
            bounds.push(bound);
        }
        if self.sets.are_frozen() {
            bounds.push(
                "too many clients of too many keys: numbers of a hot key's clients can be lower bounds"
                    .to_owned(),
            );
        }
        if self.habits.overflowed {
            bounds.push(format!(
                "more than {} different keys with collections, large values or reads of whole collections: what is \
                 done to the later ones is counted, and neither shown by key nor judged",
                habits::MOST
            ));
        }
        if self.patterns.overflowed {
            bounds.push("more key patterns than are held: the later ones are counted together".to_owned());
        }
        bounds
    }
}

/// The first [`ROWS`] of `rows` in the order of `rank`.
pub(super) fn foremost<R: Copy>(rows: impl Iterator<Item = R>, rank: impl Fn(&R, &R) -> Ordering) -> Vec<R> {
    let mut order = Vec::new();
    // As soon as there are so many, which of them is the last.
    let mut last = None;
    for row in rows {
        if last.is_some_and(|last| rank(&last, &row).is_lt()) {
            continue;
        }
        order.push(row);
        if order.len() == 2 * ROWS {
            last = Some(*order.select_nth_unstable_by(ROWS - 1, &rank).1);
            order.truncate(ROWS);
        }
    }
    order.sort_unstable_by(rank);
    order.truncate(ROWS);
    order
}

fn numbers_of(patterns: &Patterns) -> usize {
    patterns.iter().last().map_or(1, |(index, _, _)| index as usize + 1)
}
