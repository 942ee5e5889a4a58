//! What is left of entries that are no longer kept one by one.

use super::durations::Sketches;
use super::{Item, Maker, NONE, get};
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
    pub(super) fn add(&mut self, item: &Item, name: u32) {
        let one =
            ClientSum { calls: 1, total: item.us, max: item.us, name, last: (item.time, item.id.get()) };
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

/// Counts of such entries. What is told apart is so by its number.
#[derive(Clone, Debug, Default)]
pub(super) struct Settled {
    pub(super) calls: u64,
    pub(super) commands: Sketches,
    pub(super) shapes: Sketches,
    pub(super) clients: Vec<ClientSum>,
    pub(super) buckets: [u64; BORDERS.len()],
    pub(super) timeline: Timeline,
}

impl Settled {
    pub(super) fn add(&mut self, item: &Item, maker: &Maker, shapes: &[u32]) {
        self.calls += 1;
        self.commands.add(maker.command, item.us);
        for shape in shapes {
            self.shapes.add(*shape, item.us);
        }
        if maker.client != NONE
            && let Some(sum) = at(&mut self.clients, maker.client)
        {
            sum.add(item, maker.name);
        }
        if let Some(count) = self.buckets.get_mut(bucket(item.us)) {
            *count += 1;
        }
        self.timeline.slow(item.time);
    }

    /// Nothing is added for now.
    pub(super) fn close(&mut self) {
        self.commands.close();
        self.shapes.close();
    }

    /// Adds what follows; the tables tell the numbers here of the numbers there.
    pub(super) fn merge(
        &mut self,
        later: &Settled,
        commands: &[u32],
        clients: &[u32],
        names: &[u32],
        shapes: &[u32],
    ) {
        self.calls += later.calls;
        self.commands.merge(&later.commands, commands);
        self.shapes.merge(&later.shapes, shapes);
        for (sum, number) in later.clients.iter().zip(clients) {
            if sum.calls > 0
                && *number != NONE
                && let Some(mine) = at(&mut self.clients, *number)
            {
                mine.merge(&ClientSum { name: get(names, sum.name), ..*sum });
            }
        }
        for (mine, later) in self.buckets.iter_mut().zip(later.buckets) {
            *mine += later;
        }
        self.timeline.merge(later.timeline.clone());
    }
}

/// What has this number, for which room is made.
pub(super) fn at<T: Default>(all: &mut Vec<T>, number: u32) -> Option<&mut T> {
    let number = number as usize;
    if number >= all.len() {
        all.resize_with(number + 1, T::default);
    }
    all.get_mut(number)
}

/// The number of a duration's bucket.
pub(super) fn bucket(us: u64) -> usize {
    BORDERS.iter().take_while(|border| **border <= us).count().saturating_sub(1)
}
