//! Calls over time.

use std::collections::BTreeMap;

use super::Call;
use super::manner::Class;
use crate::output::notation::Time;
use crate::report::{Timeline as Table, TimelineRow};

/// Widths a timeline can have, in seconds.
const WIDTHS: [i64; 7] = [1, 10, 60, 600, 3_600, 86_400, 864_000];

/// Buckets that are held at most; past it the next width takes over. About 70 MB.
const MOST: usize = 1_000_000;

/// Rows that an automatic width aims at: ten minutes by the second, a day by the minute.
const ROWS: i64 = 1_440;

const MICROS: i64 = 1_000_000;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    calls: u64,
    reads: u64,
    writes: u64,
    dangerous: u64,
    events: u64,
    /// Of the last snapshot.
    connections: Option<u64>,
    slow: u64,
}

impl Counts {
    fn merge(&mut self, later: &Counts) {
        self.calls += later.calls;
        self.reads += later.reads;
        self.writes += later.writes;
        self.dangerous += later.dangerous;
        self.events += later.events;
        self.connections = later.connections.or(self.connections);
        self.slow += later.slow;
    }
}

#[derive(Clone, Debug, Default)]
struct Open {
    bucket: i64,
    /// Its first microsecond, and the first one behind it: no time lies between where there is none.
    start: i64,
    end: i64,
    counts: Counts,
    /// Calls by [`Class`], which `counts` lacks.
    classes: [u64; 4],
}

/// Calls by bucket.
#[derive(Clone, Debug)]
pub struct Timeline {
    /// Present width in seconds.
    width: i64,
    /// By number of the bucket since 1970.
    buckets: BTreeMap<i64, Counts>,
    /// The bucket of the last call, not yet in `buckets`: calls come in order of time.
    open: Open,
    /// Whether there was an event.
    eventful: bool,
    /// Whether there was a slow call.
    has_slow: bool,
}

impl Default for Timeline {
    fn default() -> Self {
        Timeline {
            width: 1,
            buckets: BTreeMap::new(),
            open: Open::default(),
            eventful: false,
            has_slow: false,
        }
    }
}

impl Timeline {
    /// Counts a call.
    #[inline]
    pub fn observe(&mut self, call: &Call<'_>) {
        self.at(call.record.time).dangerous += u64::from(call.manner.is_dangerous);
        // Not a way for each: which comes next cannot be guessed.
        if let Some(calls) = self.open.classes.get_mut(call.manner.class as usize) {
            *calls += 1;
        }
    }

    /// Counts a change that a keyspace notification told of.
    pub fn event(&mut self, time: i64) {
        self.eventful = true;
        self.at(time).events += 1;
    }

    /// The counts of the bucket that a time is in.
    #[inline]
    fn at(&mut self, time: i64) -> &mut Counts {
        if time < self.open.start || time >= self.open.end {
            self.turn(time);
        }
        &mut self.open.counts
    }

    #[inline(never)]
    fn turn(&mut self, time: i64) {
        self.close();
        let width = self.width * MICROS;
        let bucket = time.div_euclid(width);
        let start = bucket.saturating_mul(width);
        self.open = Open { bucket, start, end: start.saturating_add(width), ..Open::default() };
    }

    /// Counts a slow call of that time.
    pub fn slow(&mut self, time: i64) {
        self.at(time).slow += 1;
        self.has_slow = true;
    }

    /// Calls in the second of a time, where it is still told apart.
    pub fn calls_at(&self, time: i64) -> Option<u64> {
        let counts = self.buckets.get(&time.div_euclid(MICROS))?;
        (self.width == 1).then_some(counts.calls)
    }

    fn close(&mut self) {
        let Open { bucket, mut counts, start, end, classes } = std::mem::take(&mut self.open);
        if start < end {
            let of = |class: Class| classes.get(class as usize).copied().unwrap_or_default();
            counts.calls += classes.iter().sum::<u64>();
            counts.reads += of(Class::Read);
            counts.writes += of(Class::Write) + of(Class::Delete);
            self.buckets.entry(bucket).or_default().merge(&counts);
        }
    }

    /// Appends what follows.
    pub fn merge(&mut self, mut later: Timeline) {
        self.close();
        later.close();
        self.eventful |= later.eventful;
        while self.width < later.width {
            self.widen();
        }
        while later.width < self.width {
            later.widen();
        }
        if self.buckets.is_empty() {
            self.buckets = later.buckets;
        } else {
            for (bucket, counts) in &later.buckets {
                self.buckets.entry(*bucket).or_default().merge(counts);
            }
        }
        self.has_slow |= later.has_slow;
        self.bound();
    }

    fn bound(&mut self) {
        while self.buckets.len() > MOST && self.next_width().is_some() {
            self.widen();
        }
    }

    fn next_width(&self) -> Option<i64> {
        WIDTHS.into_iter().find(|width| *width > self.width)
    }

    fn widen(&mut self) {
        if let Some(width) = self.next_width() {
            self.rebase(width);
        }
    }

    fn rebase(&mut self, width: i64) {
        let mut wide: Vec<(i64, Counts)> = Vec::new();
        for (bucket, counts) in &self.buckets {
            let start = bucket.saturating_mul(self.width).div_euclid(width);
            match wide.last_mut() {
                Some((last, sum)) if *last == start => sum.merge(counts),
                _ => wide.push((start, *counts)),
            }
        }
        self.width = width;
        self.buckets = wide.into_iter().collect();
    }

    /// Adds the times of snapshots, which come in order, with their connections.
    pub fn connections(&mut self, totals: impl Iterator<Item = (i64, u64)>) {
        self.close();
        let width = self.width * MICROS;
        let totals = totals.map(|(time, total)| (time.div_euclid(width), Some(total)));
        if self.buckets.is_empty() {
            // Of those of one bucket the last one stays.
            let counts = |connections| Counts { connections, ..Counts::default() };
            self.buckets = totals.map(|(bucket, total)| (bucket, counts(total))).collect();
            return;
        }
        for (bucket, total) in totals {
            self.buckets.entry(bucket).or_default().connections = total;
        }
    }

    /// The report's table. `bucket` is the asked width in seconds; a memory bound may have made it wider.
    pub fn finish(&mut self, bucket: Option<u64>) -> Table {
        self.close();
        let seconds = match (self.buckets.first_key_value(), self.buckets.last_key_value()) {
            (Some((first, _)), Some((last, _))) => (last - first + 1).saturating_mul(self.width),
            _ => 0,
        };
        let asked = bucket.and_then(|bucket| i64::try_from(bucket).ok());
        let fits = || WIDTHS.into_iter().find(|width| seconds / width <= ROWS).unwrap_or(864_000);
        let width = asked.unwrap_or_else(fits);
        if width > self.width && width % self.width == 0 {
            self.rebase(width);
        }
        let has_slow = self.has_slow;
        let rows = self.buckets.iter().map(|(bucket, counts)| TimelineRow {
            time: Time(bucket.saturating_mul(self.width).saturating_mul(MICROS)),
            calls: counts.calls,
            reads: counts.reads,
            writes: counts.writes,
            dangerous: counts.dangerous,
            slow: has_slow.then_some(counts.slow),
            events: self.eventful.then_some(counts.events),
            connections: counts.connections,
        });
        Table { bucket_seconds: self.width.unsigned_abs(), rows: rows.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(seconds: &[i64]) -> Timeline {
        let mut timeline = Timeline::default();
        for second in seconds {
            timeline.buckets.entry(*second).or_default().calls += 1;
        }
        timeline
    }

    #[test]
    fn widths_follow_the_length_of_the_capture() {
        for (seconds, asked, width, rows) in [
            (&[0, 1, 1][..], None, 1, 2),
            (&[0, 1_441], None, 10, 2),
            (&[0, 86_399], None, 60, 2),
            (&[0, 9, 10], Some(10), 10, 2),
            (&[-1, 0], Some(60), 60, 2),
            (&[], None, 1, 0),
        ] {
            let table = of(seconds).finish(asked);
            assert_eq!((table.bucket_seconds, table.rows.len()), (width, rows), "{seconds:?}");
            assert_eq!(table.rows.iter().map(|row| row.calls).sum::<u64>(), seconds.len() as u64);
        }
    }

    #[test]
    fn a_bound_makes_buckets_wider_and_loses_no_call() {
        let seconds: Vec<i64> = (0..=MOST as i64).collect();
        let mut timeline = of(&seconds[..10]);
        timeline.merge(of(&seconds[10..]));
        assert_eq!(timeline.width, 10);
        assert_eq!(timeline.buckets.values().map(|counts| counts.calls).sum::<u64>(), seconds.len() as u64);
    }
}
