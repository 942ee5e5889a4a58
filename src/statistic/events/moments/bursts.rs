//! What moments come to: of each pattern the most keys that expired together.

use std::collections::BTreeMap;

use super::{Extent, Group, Moments, greatest};
use crate::output::notation::Time;
use crate::report::Bytes;
use crate::report::events::{Burst, KeyChange};
use crate::statistic::patterns::{PatternIndex, REST};

/// Changes that may stand between two unbroken rows of one burst, as a part of the smaller row: a fifth of
/// a burst at most is something else.
const BETWEEN: u64 = 4;

/// A second next to the greatest one belongs to its burst where at least this part of its keys expired in it; rows
/// with less than this part of a burst are none like it.
const ALIKE: u64 = 4;

/// Rounds that a server makes in two seconds to delete what is over (redis.conf: hz 10).
const ROUNDS: usize = 20;

/// A moment as one pattern sees it.
type Seen<'a> = (&'a Extent, &'a Group);

impl Moments {
    /// The greatest burst of each pattern, by name. `name` tells a pattern's name, `ends` the number of changes up to
    /// the end of each input, `paths` are the inputs'.
    pub fn finish(
        &self,
        name: impl Fn(PatternIndex) -> Option<Bytes>,
        ends: &BTreeMap<u32, u64>,
        paths: &[Bytes],
    ) -> Vec<Burst> {
        let mut kept: Vec<_> = self.kept.iter().filter(|moment| !moment.extent.is_small()).collect();
        greatest(&mut kept);
        let mut by: BTreeMap<PatternIndex, Vec<Seen<'_>>> = BTreeMap::new();
        for moment in kept {
            for (pattern, group) in moment.by.iter().filter(|(pattern, _)| **pattern != REST) {
                by.entry(*pattern).or_default().push((&moment.extent, group));
            }
        }
        let mut bursts: Vec<_> = by
            .into_iter()
            .filter_map(|(pattern, seen)| {
                let name = name(pattern)?;
                let rows: Vec<_> = seen.chunk_by(is_near).map(greatest_part).collect();
                // Of equally great ones the first.
                let greatest = rows.iter().rev().max_by_key(|row| peak(row))?;
                Some(beside(&rows, burst(greatest, name, ends, paths)?))
            })
            .collect();
        bursts.sort_by(|a, b| a.pattern.cmp(&b.pattern));
        bursts
    }

    /// The first keys that were evicted.
    pub fn evicted(&self, paths: &[Bytes]) -> Vec<KeyChange> {
        self.evicted.iter().map(|(input, group)| change(*input, group, paths)).collect()
    }
}

/// Whether two moments, one after the other, may be of one burst.
fn is_near((a, _): &Seen<'_>, (b, _): &Seen<'_>) -> bool {
    a.input == b.input
        && match (a.second, b.second) {
            (Some(a), Some(b)) => b == a + 1,
            (None, None) => b.start - a.last - 1 <= a.keys.min(b.keys) / BETWEEN,
            _ => false,
        }
}

/// Of seconds one after the other, the greatest and those around that are like it; other rows as they are.
fn greatest_part<'a, 'b>(row: &'b [Seen<'a>]) -> &'b [Seen<'a>] {
    let keys = |at: usize| row.get(at).map_or(0, |(_, group): &Seen<'_>| group.keys);
    if row.first().is_none_or(|(extent, _)| extent.second.is_none()) {
        return row;
    }
    let greatest = (0..row.len()).rev().max_by_key(|at| keys(*at)).unwrap_or(0);
    let is_like = |at: &usize| keys(*at) * ALIKE >= keys(greatest);
    let from = greatest - (0..greatest).rev().take_while(is_like).count();
    let to = greatest + 1 + (greatest + 1..row.len()).take_while(is_like).count();
    row.get(from..to).unwrap_or(row)
}

/// The most keys of two seconds one after the other; without a clock of as many rows as a server makes in two seconds.
fn peak(row: &[Seen<'_>]) -> u64 {
    let keys = |row: &[Seen<'_>]| row.iter().map(|(_, group)| group.keys).sum();
    let most = if row.first().is_some_and(|(extent, _)| extent.second.is_none()) { ROUNDS } else { 2 };
    row.windows(most.min(row.len()).max(1)).map(keys).max().unwrap_or(0)
}

/// A burst with what its input's other rows are beside it.
fn beside(rows: &[&[Seen<'_>]], burst: Burst) -> Burst {
    let there = rows.iter().filter(|row| row.first().is_some_and(|(extent, _)| extent.input == burst.input));
    let keys = there.map(|row| row.iter().map(|(_, group)| group.keys).sum::<u64>());
    let (lesser, alike): (Vec<_>, Vec<_>) = keys.partition(|keys| keys * ALIKE < burst.keys);
    Burst {
        lesser: (lesser.len() as u64, lesser.iter().sum()),
        alike: alike.iter().sum::<u64>().saturating_sub(burst.keys),
        ..burst
    }
}

fn change(input: u32, group: &Group, paths: &[Bytes]) -> KeyChange {
    KeyChange {
        path: paths.get(input as usize).cloned().unwrap_or_default(),
        byte_offset: group.place.offset,
        line: group.place.line + 1,
        time: group.time.map(Time),
        key: Bytes::from(group.key.as_slice()),
    }
}

fn burst(row: &[Seen<'_>], pattern: Bytes, ends: &BTreeMap<u32, u64>, paths: &[Bytes]) -> Option<Burst> {
    let ((start, first), (end, _)) = (row.first()?, row.last()?);
    let until = ends.get(&start.input).copied().unwrap_or_default();
    let expired: u64 = row.iter().map(|(extent, _)| extent.keys).sum();
    Some(Burst {
        pattern,
        keys: row.iter().map(|(_, group)| group.keys).sum(),
        peak: peak(row),
        seconds: start.second.map(|_| row.len() as u64),
        density: expired as f64 / (end.last - start.start + 1) as f64,
        input: start.input,
        after: until.saturating_sub(end.last + 1),
        lesser: (0, 0),
        alike: 0,
        first: change(start.input, first, paths),
    })
}
