//! What is left of entries that are no longer kept one by one.

use std::collections::BTreeMap;

use super::durations::Sketch;
use super::{Item, NONE};
use crate::statistic::timeline::Timeline;

/// Where buckets of durations start, in microseconds.
pub(super) const BORDERS: [u64; 5] = [0, 10_000, 50_000, 100_000, 500_000];

/// Calls of one client.
#[derive(Clone, Copy, Debug)]
pub(super) struct ClientSum {
    pub(super) calls: u64,
    pub(super) total: u64,
    pub(super) max: u64,
    /// The name in its last entry, and when that was.
    pub(super) name: u32,
    last: (i64, Option<u64>),
}

impl Default for ClientSum {
    fn default() -> Self {
        ClientSum { calls: 0, total: 0, max: 0, name: NONE, last: (i64::MIN, None) }
    }
}

impl ClientSum {
    pub(super) fn add(&mut self, item: &Item) {
        let one =
            ClientSum { calls: 1, total: item.us, max: item.us, name: item.name, last: (item.time, item.id) };
        self.merge(&one);
    }

    fn merge(&mut self, later: &ClientSum) {
        self.calls += later.calls;
        self.total = self.total.saturating_add(later.total);
        self.max = self.max.max(later.max);
        if later.last >= self.last {
            self.last = later.last;
            self.name = later.name;
        }
    }
}

/// Counts of such entries.
#[derive(Clone, Debug, Default)]
pub(super) struct Settled {
    pub(super) calls: u64,
    pub(super) commands: BTreeMap<u32, Sketch>,
    pub(super) shapes: BTreeMap<u32, Sketch>,
    pub(super) clients: BTreeMap<u32, ClientSum>,
    pub(super) buckets: [u64; BORDERS.len()],
    pub(super) timeline: Timeline,
}

impl Settled {
    pub(super) fn add(&mut self, item: &Item, shapes: &[u32]) {
        self.calls += 1;
        self.commands.entry(item.command).or_default().add(item.us);
        for shape in shapes {
            self.shapes.entry(*shape).or_default().add(item.us);
        }
        if item.client != NONE {
            self.clients.entry(item.client).or_default().add(item);
        }
        if let Some(count) = self.buckets.get_mut(bucket(item.us)) {
            *count += 1;
        }
        self.timeline.slow(item.time);
    }

    pub(super) fn merge(
        &mut self,
        later: Settled,
        commands: &[u32],
        clients: &[u32],
        names: &[u32],
        shapes: &[u32],
    ) {
        let get = |numbers: &[u32], number: u32| numbers.get(number as usize).copied().filter(|n| *n != NONE);
        self.calls += later.calls;
        for (mine, later, numbers) in
            [(&mut self.commands, &later.commands, commands), (&mut self.shapes, &later.shapes, shapes)]
        {
            for (number, sketch) in later {
                if let Some(number) = get(numbers, *number) {
                    mine.entry(number).or_default().merge(sketch);
                }
            }
        }
        for (number, sum) in &later.clients {
            if let Some(number) = get(clients, *number) {
                let name = get(names, sum.name).unwrap_or(NONE);
                self.clients.entry(number).or_default().merge(&ClientSum { name, ..*sum });
            }
        }
        for (mine, later) in self.buckets.iter_mut().zip(later.buckets) {
            *mine += later;
        }
        self.timeline.merge(later.timeline);
    }
}

/// The number of a duration's bucket.
pub(super) fn bucket(us: u64) -> usize {
    BORDERS.iter().take_while(|border| **border <= us).count().saturating_sub(1)
}
