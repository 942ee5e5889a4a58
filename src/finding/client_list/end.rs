//! When the capture ends: the last snapshot of each server.
//!
//! A server that started anew took none of its connections along, so a run that another one of the same server follows
//! is over.

use std::collections::{BTreeMap, HashMap};

use foldhash::fast::FixedState;

use crate::finding::Facts;
use crate::intern::same;
use crate::report::Bytes;
use crate::report::connections::{ConnectionRow, Connections};
use crate::statistic::connections::host;

/// The end of one run of a server.
#[derive(Clone, Debug)]
pub struct End {
    /// The run.
    pub run: u32,
    /// Its snapshots, by number.
    pub snapshots: Vec<u64>,
    /// By the server's end of the connections (Redis 6.2): a run may be of several servers whose ids do not meet.
    newest: HashMap<Bytes, Option<u64>, FixedState>,
    /// The least of these: most connections went before.
    least: Option<u64>,
}

impl End {
    /// Of the runs that are not over, in their order.
    pub fn all<'f>(facts: &'f Facts<'_>) -> &'f [Self] {
        let connections = &facts.report.connections;
        facts.ends(|| End::of(connections))
    }

    fn of(connections: &Connections) -> Vec<Self> {
        let mut last: HashMap<u32, u32, FixedState> = HashMap::default();
        for row in &connections.snapshots {
            let held = last.entry(row.server).or_default();
            *held = row.run.max(*held);
        }
        let mut runs: BTreeMap<u32, End> = BTreeMap::new();
        for (row, at) in connections.snapshots.iter().zip(0..) {
            if last.get(&row.server) != Some(&row.run) {
                continue;
            }
            let end = runs.entry(row.run).or_insert_with(|| End {
                run: row.run,
                snapshots: Vec::new(),
                newest: HashMap::default(),
                least: None,
            });
            end.snapshots.push(at);
        }
        let mut keep = |first: &ConnectionRow, newest: Option<u64>| {
            if let Some((end, address)) = runs.get_mut(&first.run).zip(address(first)) {
                let held = end.newest.entry(address.clone()).or_default();
                *held = newest.max(*held);
            }
        };
        // Mostly all connections are of one server. They are many, so each is looked at once.
        let mut alike: Option<(&ConnectionRow, Option<u64>)> = None;
        for row in &connections.rows {
            match &mut alike {
                Some((first, newest)) if is_beside(first, row) => *newest = row.last_snapshot.max(*newest),
                _ => {
                    if let Some((first, newest)) = alike.replace((row, row.last_snapshot)) {
                        keep(first, newest);
                    }
                }
            }
        }
        if let Some((first, newest)) = alike {
            keep(first, newest);
        }
        let mut ends: Vec<_> = runs.into_values().collect();
        for end in &mut ends {
            end.least = end.newest.values().copied().min().map_or(end.last(), |least| least.min(end.last()));
        }
        ends
    }

    /// The last snapshot.
    fn last(&self) -> Option<u64> {
        self.snapshots.last().copied()
    }

    /// Whether a connection is there at the end.
    pub fn has(&self, row: &ConnectionRow) -> bool {
        if row.run != self.run || row.last_snapshot < self.least {
            return false;
        }
        let newest = match address(row) {
            Some(address) => self.newest.get(address).copied(),
            // Where nothing tells servers apart it is the last snapshot, even if that shows no such connection.
            None => Some(self.last()),
        };
        newest == Some(row.last_snapshot)
    }
}

/// What tells a connection's server: its own address, where that is no socket, which a server has beside others.
fn address(row: &ConnectionRow) -> Option<&Bytes> {
    row.laddr.as_ref().filter(|address| host(&address.0) != b"unix")
}

/// Whether two connections are of one run and have the same address there.
fn is_beside(row: &ConnectionRow, next: &ConnectionRow) -> bool {
    let is_same = match (&row.laddr, &next.laddr) {
        (Some(one), Some(other)) => same(&one.0, &other.0),
        (one, other) => one.is_none() && other.is_none(),
    };
    row.run == next.run && is_same
}

/// What is there when the capture ends.
pub fn present<'a>(facts: &Facts<'a>) -> Vec<&'a ConnectionRow> {
    let connections = &facts.report.connections;
    let find = || -> Vec<usize> {
        let ends: HashMap<u32, &End, FixedState> = End::all(facts).iter().map(|end| (end.run, end)).collect();
        let rows = (0..).zip(&connections.rows);
        rows.filter(|(_, row)| ends.get(&row.run).is_some_and(|end| end.has(row))).map(|(at, _)| at).collect()
    };
    facts.present(find).iter().filter_map(|at| connections.rows.get(*at)).collect()
}
