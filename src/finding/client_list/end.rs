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
pub struct End<'a> {
    /// The run.
    pub run: u32,
    /// Its snapshots, by number.
    pub snapshots: Vec<u64>,
    /// By the server's end of the connections (Redis 6.2): a run may be of several servers whose ids do not meet.
    newest: HashMap<Option<&'a Bytes>, Option<u64>, FixedState>,
    /// The least of these: most connections went before.
    least: Option<u64>,
}

impl<'a> End<'a> {
    /// Of the runs that are not over, in their order.
    pub fn all(connections: &'a Connections) -> Vec<Self> {
        let mut last: HashMap<u32, u32, FixedState> = HashMap::default();
        for row in &connections.snapshots {
            let held = last.entry(row.server).or_default();
            *held = row.run.max(*held);
        }
        let mut runs: BTreeMap<u32, End<'a>> = BTreeMap::new();
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
        // Mostly all connections are of one server.
        for rows in connections.rows.chunk_by(is_beside) {
            let Some(first) = rows.first() else { continue };
            let Some(end) = runs.get_mut(&first.run) else { continue };
            let held = end.newest.entry(address(first)).or_default();
            *held = rows.iter().map(|row| row.last_snapshot).max().flatten().max(*held);
        }
        let mut ends: Vec<_> = runs.into_values().collect();
        for end in &mut ends {
            // Where nothing tells servers apart it is the last snapshot, even if that shows no such connection.
            end.newest.insert(None, end.snapshots.last().copied());
            end.least = end.newest.values().min().copied().flatten();
        }
        ends
    }

    /// Whether a connection is there at the end.
    pub fn has(&self, row: &ConnectionRow) -> bool {
        row.run == self.run
            && row.last_snapshot >= self.least
            && self.newest.get(&address(row)).is_some_and(|newest| *newest == row.last_snapshot)
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
        let ends: HashMap<u32, End<'_>, FixedState> =
            End::all(connections).into_iter().map(|end| (end.run, end)).collect();
        let rows = (0..).zip(&connections.rows);
        rows.filter(|(_, row)| ends.get(&row.run).is_some_and(|end| end.has(row))).map(|(at, _)| at).collect()
    };
    facts.present(find).iter().filter_map(|at| connections.rows.get(*at)).collect()
}
