//! The report's part.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::{Events, REST};
use crate::notification;
use crate::output::notation::Time;
use crate::pattern::Patterns as FinalPatterns;
use crate::report;
use crate::report::events::{EventDatabaseRow, EventPatternRow, EventRow};
use crate::report::{Bytes, Other};
use crate::statistic::{Period, share};

impl Events {
    /// Counts what was held because messages before it might have told of the same change; `began` takes
    /// the times of these changes.
    pub fn settle(&mut self, began: impl FnMut(i64)) {
        if let Some(mut head) = self.base.edges.head.take() {
            // Nothing came before: the last change stays as it is.
            let open = std::mem::take(&mut self.base.edges.open);
            let rest = std::mem::take(&mut self.moments);
            let deliveries = std::mem::take(&mut head.deliveries);
            self.count(super::Head { deliveries, ..head }, began);
            self.base.edges.open = open;
            self.moments.merge(rest, |pattern| pattern, |_| 0);
        }
    }

    /// The report's part, once everything is settled. `names` tells the pattern of each shape, `paths` are
    /// the inputs'.
    pub fn finish(&mut self, names: &FinalPatterns, paths: &[Bytes]) -> report::events::Events {
        let numbers = self.patterns.rename(|shape, out| names.apply(shape, out));
        self.renumber(&numbers);
        let base = &self.base;
        let total = self.changes.values().sum();
        let mut counts: BTreeMap<(u32, u32), Vec<(u32, u64)>> = BTreeMap::new();
        for ((pattern, event, input), calls) in &self.changes {
            counts.entry((*pattern, *event)).or_default().push((*input, *calls));
        }
        counts.values_mut().for_each(|inputs| inputs.sort_unstable());
        let sum = |inputs: &[(u32, u64)]| inputs.iter().map(|(_, calls)| calls).sum::<u64>();

        let mut ends: BTreeMap<u32, u64> = BTreeMap::new();
        for (input, calls) in counts.values().flatten() {
            *ends.entry(*input).or_default() += calls;
        }
        // Changes are numbered over all inputs.
        let mut end = 0;
        ends.values_mut().for_each(|held| {
            end += *held;
            *held = end;
        });

        let mut events: BTreeMap<u32, (u64, u64)> = BTreeMap::new();
        for ((pattern, event), inputs) in &counts {
            let (changes, patterns) = events.entry(*event).or_default();
            *changes += sum(inputs);
            *patterns += u64::from(*pattern != REST);
        }
        let other = |calls: u64| (calls > 0).then_some(Other { rows: None, calls });
        let unnamed = events.remove(&0).map_or(0, |(changes, _)| changes);
        let mut rows: Vec<_> = events
            .into_iter()
            .map(|(event, (calls, patterns))| {
                let name = base.names.names.get(event);
                let class = notification::class(name);
                let (first, last) = times(base.names.periods.get(event as usize).copied());
                EventRow {
                    event: Bytes::from(name),
                    class: class.name,
                    letter: class.letter,
                    calls,
                    share: share(calls, total),
                    patterns,
                    first,
                    last,
                }
            })
            .collect();
        rows.sort_by(|a, b| (Reverse(a.calls), &a.event).cmp(&(Reverse(b.calls), &b.event)));

        let held: Vec<&[u8]> = std::iter::once(&b""[..]).chain(self.shapes()).collect();
        let is_held = |pattern: u32, event: u32| pattern != REST && event != 0;
        let unheld =
            counts.iter().filter(|((of, by), _)| !is_held(*of, *by)).map(|(_, inputs)| sum(inputs)).sum();
        let mut patterns: Vec<_> = counts
            .into_iter()
            .filter(|((pattern, event), _)| is_held(*pattern, *event))
            .map(|((pattern, event), inputs)| {
                let calls = sum(&inputs);
                EventPatternRow {
                    pattern: Bytes::from(held.get(pattern as usize).copied().unwrap_or_default()),
                    event: Bytes::from(base.names.names.get(event)),
                    calls,
                    share: share(calls, total),
                    inputs,
                }
            })
            .collect();
        patterns.sort_by(|a, b| {
            (Reverse(a.calls), &a.pattern, &a.event).cmp(&(Reverse(b.calls), &b.pattern, &b.event))
        });
        let mut databases: Vec<_> = base
            .databases
            .iter()
            .map(|(db, counts)| EventDatabaseRow {
                db: *db,
                messages: counts.messages,
                calls: counts.changes,
                share: share(counts.changes, total),
            })
            .collect();
        databases.sort_by_key(|row| (Reverse(row.calls), row.db));

        let (first, last) = times(Some(base.period));
        let micros = first.zip(last).map_or(0, |(first, last)| last.0.saturating_sub(first.0));
        let (gaps, gaps_total) = base.losses.finish(paths);
        let name = |pattern: u32| held.get(pattern as usize).map(|name| Bytes::from(*name));
        let bursts = self.moments.finish(name, &ends, paths);
        report::events::Events {
            messages: base.messages,
            total,
            timed: base.timed,
            first,
            last,
            per_second: (micros > 0).then(|| base.timed as f64 * 1e6 / micros as f64),
            rows,
            other: other(unnamed),
            patterns,
            patterns_other: other(unheld),
            databases,
            gaps,
            gaps_total,
            bursts,
            evicted: self.moments.evicted(paths),
        }
    }

    /// Bounds that took over, in words.
    pub fn bounds(&self) -> Vec<String> {
        let base = &self.base;
        let mut bounds = Vec::new();
        if self.patterns.overflowed {
            bounds.push(
                "more key patterns of events than are held: the later ones are counted together".into(),
            );
        }
        if self.changes.keys().any(|(_, event, _)| *event == 0) {
            bounds.push(format!(
                "more than {} different events: the later ones are counted together",
                super::MOST_EVENTS
            ));
        }
        if base.other_databases.messages > 0 {
            bounds.push(format!(
                "more than {} databases with events: the later ones are in no row",
                super::MOST_DATABASES
            ));
        }
        bounds
    }
}

fn times(period: Option<Period>) -> (Option<Time>, Option<Time>) {
    let some = period.filter(|period| period.first <= period.last);
    (some.map(|period| Time(period.first)), some.map(|period| Time(period.last)))
}
