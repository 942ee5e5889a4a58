//! When the capture ends: the last snapshot of each server.
//!
//! A server that started anew took none of its connections along, so a run that another one follows is over. Snapshots
//! of several servers are runs too, as ids are unique within one only. What tells them from restarts: their snapshots
//! take turns, or they stand in files of their own and at other addresses.

use std::collections::{BTreeMap, HashMap};

use foldhash::fast::FixedState;

use crate::finding::Facts;
use crate::report::Bytes;
use crate::report::connections::{ConnectionRow, Connections};

/// The end of one run of a server.
pub struct End<'a> {
    /// The run.
    pub run: u32,
    /// Its snapshots, by number.
    pub snapshots: Vec<u64>,
    /// By the server's end of the connections (Redis 6.2): a run may be of several servers whose ids do not meet.
    newest: HashMap<Option<&'a Bytes>, Option<u64>, FixedState>,
}

impl<'a> End<'a> {
    /// Of the runs that are not over, in their order.
    pub fn all(connections: &'a Connections) -> Vec<Self> {
        let mut runs: BTreeMap<u32, End<'a>> = BTreeMap::new();
        let mut starts = Starts::default();
        for (row, at) in connections.snapshots.iter().zip(0..) {
            let end = runs.entry(row.run).or_insert_with(|| End {
                run: row.run,
                snapshots: Vec::new(),
                newest: HashMap::default(),
            });
            end.snapshots.push(at);
        }
        // Mostly all connections are of one server.
        for rows in connections.rows.chunk_by(|row, next| place(row) == place(next)) {
            let Some((run, address)) = rows.first().map(place) else { continue };
            let Some(end) = runs.get_mut(&run) else { continue };
            let held = end.newest.entry(address).or_default();
            *held = rows.iter().map(|row| row.last_snapshot).max().flatten().max(*held);
        }
        let places = |end: &End<'a>| {
            let rows =
                end.snapshots.iter().filter_map(|at| connections.snapshots.get(usize::try_from(*at).ok()?));
            let mut paths: Vec<_> = rows.map(|row| &row.path).collect();
            paths.dedup();
            paths
        };
        for end in runs.values() {
            starts.add(end, &places(end));
        }
        let mut ends: Vec<_> =
            runs.into_values().filter(|end| !starts.is_followed(end, &places(end))).collect();
        for end in &mut ends {
            // Where nothing tells servers apart it is the last snapshot, even if that shows no such connection.
            end.newest.insert(None, end.snapshots.last().copied());
        }
        ends
    }

    /// Whether a connection is there at the end.
    pub fn has(&self, row: &ConnectionRow) -> bool {
        row.run == self.run
            && self.newest.get(&row.laddr.as_ref()).is_some_and(|newest| *newest == row.last_snapshot)
    }
}

/// What tells a connection's server.
fn place(row: &ConnectionRow) -> (u32, Option<&Bytes>) {
    (row.run, row.laddr.as_ref())
}

/// The last start of a run, by what servers are told by.
#[derive(Default)]
struct Starts<'a> {
    all: Option<u64>,
    paths: HashMap<&'a Bytes, u64>,
    addresses: HashMap<Option<&'a Bytes>, u64>,
}

impl<'a> Starts<'a> {
    fn add(&mut self, end: &End<'a>, paths: &[&'a Bytes]) {
        let Some(start) = end.snapshots.first().copied() else { return };
        self.all = self.all.max(Some(start));
        for path in paths {
            let held = self.paths.entry(path).or_default();
            *held = start.max(*held);
        }
        for address in end.newest.keys() {
            let held = self.addresses.entry(*address).or_default();
            *held = start.max(*held);
        }
    }

    /// Whether a run of the same server starts behind this one. What has no address may be any server.
    fn is_followed(&self, end: &End<'a>, paths: &[&'a Bytes]) -> bool {
        let last = end.snapshots.last().copied();
        let nameless = self.addresses.get(&None).copied();
        let any = self.all.filter(|_| end.newest.contains_key(&None));
        let paths = paths.iter().filter_map(|path| self.paths.get(path).copied());
        let addresses = end.newest.keys().filter_map(|address| self.addresses.get(address).copied());
        nameless.into_iter().chain(any).chain(paths).chain(addresses).any(|start| Some(start) > last)
    }
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
