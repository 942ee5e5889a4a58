//! `--top`: what a table keeps, and what becomes of the rest.

use std::collections::HashMap;

use crate::report::connections::{ConnectionRow, GrowthRow};
use crate::report::events::{EventDatabaseRow, EventPatternRow, EventRow};
use crate::report::info::Info;
use crate::report::slowlog::Slowlog;
use crate::report::{
    ClientGroupRow, ClientRow, CollectionRow, CommandRow, DangerousRow, DatabaseRow, HotKeyRow, Other,
    PatternRow, Report, Table,
};

/// A row that counts calls.
pub trait Counted {
    /// Its calls.
    fn calls(&self) -> u64;
}

macro_rules! counted {
    ($($row:ty),+) => {
        $(impl Counted for $row {
            fn calls(&self) -> u64 {
                self.calls
            }
        })+
    };
}

counted!(CommandRow, ClientRow, ClientGroupRow, PatternRow, HotKeyRow, DangerousRow, DatabaseRow);
counted!(EventRow, EventPatternRow, EventDatabaseRow);

impl Counted for ConnectionRow {
    fn calls(&self) -> u64 {
        1
    }
}

impl Counted for CollectionRow {
    fn calls(&self) -> u64 {
        1
    }
}

impl Counted for GrowthRow {
    /// Its connections at the end.
    fn calls(&self) -> u64 {
        self.last_count
    }
}

impl<R: Counted> Counted for &R {
    fn calls(&self) -> u64 {
        (*self).calls()
    }
}

/// Keeps the first `n` rows of every table; where a table has a base, the rest goes into its `other`
/// so that it still sums to the base. Client groups keep `n` rows of each kind of group, because each
/// is a table of its own, and so do the growth of connections and the tables within INFO dumps. Inputs,
/// snapshots, timeline, the series of dumps and rejects stay as they are.
pub fn cut(report: &mut Report, n: usize) {
    cut_table(&mut report.commands, n);
    cut_table(&mut report.clients, n);
    cut_table(&mut report.key_patterns, n);
    cut_table(&mut report.dangerous, n);
    let events = &mut report.keyspace_events;
    events.other = rest(&events.rows, events.other, n);
    events.rows.truncate(n);
    events.patterns_other = rest(&events.patterns, events.patterns_other, n);
    events.patterns.truncate(n);
    events.databases.truncate(n);
    report.hot_keys.rows.truncate(n);
    report.collections.rows.truncate(n);
    cut_slowlog(&mut report.slowlog, n);
    report.databases.rows.truncate(n);
    info(&mut report.info, n);
    report.connections.rows.truncate(n);
    keep_each(&mut report.client_groups.rows, n, |row| row.by);
    keep_each(&mut report.connections.growth, n, |row| row.by);
}

/// Keeps the first `n` rows of each kind.
fn keep_each<R>(rows: &mut Vec<R>, n: usize, kind: impl Fn(&R) -> &'static str) {
    let mut kept: HashMap<&'static str, usize> = HashMap::new();
    rows.retain(|row| {
        let kept = kept.entry(kind(row)).or_default();
        *kept += 1;
        *kept <= n
    });
}

fn info(info: &mut Info, n: usize) {
    for dump in &mut info.snapshots {
        dump.commandstats.truncate(n);
        dump.errorstats.truncate(n);
        dump.latency.truncate(n);
        dump.replicas.truncate(n);
    }
    info.rates.iter_mut().for_each(|rate| rate.commandstats.truncate(n));
}

/// Its tables have no base: their rows are not of one sum.
fn cut_slowlog(log: &mut Slowlog, n: usize) {
    log.rows.truncate(n);
    log.patterns.truncate(n);
    log.clients.truncate(n);
    log.slowest.truncate(n);
    if let Some(large) = &mut log.large {
        large.rows.truncate(n);
        large.patterns.truncate(n);
        large.clients.truncate(n);
        large.biggest.truncate(n);
    }
}

fn cut_table<R: Counted>(table: &mut Table<R>, n: usize) {
    table.other = rest(&table.rows, table.other, n);
    table.rows.truncate(n);
}

/// What a table does not show when it shows `n` of `rows`: its `other` and the rows past `n`, summed.
pub fn rest<R: Counted>(rows: &[R], other: Option<Other>, n: usize) -> Option<Other> {
    let Some(hidden) = rows.get(n..).filter(|hidden| !hidden.is_empty()) else {
        return other;
    };
    let sum = Other {
        rows: Some(hidden.len() as u64),
        calls: hidden.iter().fold(0, |sum, row| u64::saturating_add(sum, row.calls())),
    };
    Some(other.map_or(sum, |other| Other {
        // Rows that could not be told apart stay uncounted.
        rows: other.rows.zip(sum.rows).map(|(a, b)| a.saturating_add(b)),
        calls: other.calls.saturating_add(sum.calls),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::sample;

    fn sum<R: Counted>(table: &Table<R>) -> u64 {
        table.rows.iter().map(Counted::calls).sum::<u64>() + table.other.map_or(0, |other| other.calls)
    }

    #[test]
    fn cutting_keeps_sums() {
        let whole = sample::incident();
        for n in 0..12 {
            let mut report = whole.clone();
            cut(&mut report, n);
            assert_eq!(sum(&report.commands), whole.commands.total);
            assert_eq!(sum(&report.clients), whole.clients.total);
            assert_eq!(sum(&report.key_patterns), whole.key_patterns.total);
            assert_eq!(sum(&report.dangerous), whole.dangerous.total);
            assert_eq!(report.commands.rows.len(), whole.commands.rows.len().min(n));
            assert_eq!(report.hot_keys.rows.len(), whole.hot_keys.rows.len().min(n));
            assert_eq!(report.collections.rows.len(), whole.collections.rows.len().min(n));
            assert_eq!(report.databases.rows.len(), whole.databases.rows.len().min(n));
            for by in ["ip", "name"] {
                let count =
                    |report: &Report| report.client_groups.rows.iter().filter(|row| row.by == by).count();
                assert_eq!(count(&report), count(&whole).min(n));
            }
            assert_eq!(report.timeline.rows.len(), whole.timeline.rows.len());
            // Cutting again changes nothing.
            let once = format!("{report:?}");
            cut(&mut report, n);
            assert_eq!(format!("{report:?}"), once);
        }
    }

    #[test]
    fn the_rest_adds_to_what_was_left_out_before() {
        let row = |calls| DatabaseRow { db: Default::default(), calls, share: 0.0 };
        let rows = [row(5), row(3), row(u64::MAX)];
        let other = |rows, calls| Some(Other { rows, calls });
        for (other_before, n, after) in [
            (None, 3, None),
            (None, 9, None),
            (None, 2, other(Some(1), u64::MAX)),
            (None, 1, other(Some(2), u64::MAX)),
            (other(Some(4), 7), 3, other(Some(4), 7)),
            (other(Some(4), 7), 2, other(Some(5), u64::MAX)),
            (other(None, 7), 3, other(None, 7)),
            (other(None, 7), 0, other(None, u64::MAX)),
        ] {
            assert_eq!(rest(&rows, other_before, n), after);
        }
    }
}
