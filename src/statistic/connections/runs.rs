//! Which snapshots are of one run of a server, and which runs are of one server.
//!
//! A snapshot that shows a client of one before is of the same run. One that shows nobody again begins a run of its own
//! or goes on in the one before, as far as its file tells; what other files tell comes at the end, when it is known how
//! long each run lasted:
//!
//! - Runs of which each was there while the other was are of two servers.
//! - So are runs with no address of the server's in common (Redis 6.2 and later tell it), and those where a client was
//!   connected already when the run before was last seen, and is missing there.
//! - So are those of files in different folders, if no address of the server's tells that it is the same.
//! - Else the server started anew, if an id came again: within a run later clients have higher ones.
//! - Else everybody was gone, and the run went on.

use std::collections::BTreeMap;

use super::held::{Position, Snapshot};
use super::row::{NO_TEXT, Row};
use crate::format::client_list::field::Field;
use crate::intern::hash;

/// Servers to which a run may belong, those that were seen last.
const BACK: usize = 16;

/// The server's own addresses that are kept of a run. It has few.
const ADDRESSES: usize = 16;

/// Ages are whole seconds and clocks of scripts a little late.
pub const SLACK: i64 = 2;

/// What a run begins or ends with.
#[derive(Clone, Copy, Debug)]
struct Edge {
    position: Position,
    time: Option<i64>,
    lowest: Option<u64>,
    highest: Option<u64>,
    oldest: Option<i64>,
}

impl From<&Snapshot> for Edge {
    fn from(snapshot: &Snapshot) -> Self {
        let Snapshot { position, time, lowest, highest, oldest, .. } = *snapshot;
        Edge { position, time, lowest, highest, oldest }
    }
}

/// Snapshots of one run.
#[derive(Clone, Debug)]
struct Run {
    first: Edge,
    last: Edge,
    /// Of the server, as numbers of their texts.
    addresses: Vec<u32>,
}

/// How a run goes on in a later one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Then {
    Same,
    Anew,
    Other,
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Runs {
    all: Vec<Run>,
    /// The run of the snapshot before.
    before: Option<u32>,
    /// By number of the input, what tells its folder.
    folders: BTreeMap<u32, u64>,
}

/// Where a run belongs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Home {
    /// Its number, in order of time.
    pub run: u32,
    /// The number of its server, likewise.
    pub server: u32,
    /// Where the server started anew with it: its first snapshot.
    pub start: Option<Position>,
}

impl Runs {
    /// An input begins, whose file is in this folder.
    pub fn input(&mut self, input: u32, folder: &[u8]) {
        self.folders.insert(input, hash(folder));
    }

    /// The run of a snapshot, of which `known` is that of a client that was seen before.
    pub fn of<'r>(
        &mut self,
        snapshot: &Snapshot,
        rows: impl Iterator<Item = &'r Row>,
        known: Option<u32>,
    ) -> u32 {
        let edge = Edge::from(snapshot);
        let mut addresses = Vec::new();
        rows.for_each(|row| add(&mut addresses, row.text(Field::Laddr)));
        let here = Run { first: edge, last: edge, addresses };
        let goes_on = |run: &u32| {
            self.all.get(*run as usize).is_some_and(|run| {
                let last = run.last.position;
                (last.input, last < edge.position) == (edge.position.input, true)
                    && run.then(&here) == Then::Same
            })
        };
        let run = known.or(self.before.filter(goes_on));
        let run = match run.and_then(|number| Some((number, self.all.get_mut(number as usize)?))) {
            Some((number, run)) => {
                run.append(&here);
                number
            }
            None => {
                self.all.push(here);
                u32::try_from(self.all.len() - 1).unwrap_or(u32::MAX)
            }
        };
        self.before = Some(run);
        run
    }

    /// By number of the run, when all snapshots were seen.
    pub fn homes(&self) -> Vec<Home> {
        let mut order: Vec<_> = (0..self.all.len()).zip(&self.all).collect();
        order.sort_by_key(|(_, run)| run.first.position);
        let mut homes = vec![Home::default(); self.all.len()];
        // The last run of each server, by its end.
        let mut servers: BTreeMap<Position, (Run, Home)> = BTreeMap::new();
        let (mut runs, mut count) = (0, 0);
        for (number, run) in order {
            let start = run.first.position;
            let before = servers.range(..start).rev().take(BACK);
            let fits = before.map(|(end, (before, _))| {
                let is_apart = self.folders.get(&end.input) != self.folders.get(&start.input);
                let then = if is_apart && !before.shares(run) { Then::Other } else { before.then(run) };
                (then, end.input != start.input, *end)
            });
            let best = fits.filter(|(then, ..)| *then != Then::Other).min_by_key(|(then, is_far, end)| {
                // A file is of one server more likely than not.
                (*is_far, *then, std::cmp::Reverse(*end))
            });
            let taken = best.and_then(|(then, _, end)| Some((then, servers.remove(&end)?)));
            let (run, home) = match taken {
                Some((Then::Same, (mut before, home))) => {
                    before.append(run);
                    (before, home)
                }
                Some((_, (_, home))) => {
                    runs += 1;
                    (run.clone(), Home { run: runs - 1, server: home.server, start: Some(start) })
                }
                None => {
                    (runs, count) = (runs + 1, count + 1);
                    (run.clone(), Home { run: runs - 1, server: count - 1, start: None })
                }
            };
            if let Some(held) = homes.get_mut(number) {
                *held = home;
            }
            servers.insert(run.last.position, (run, home));
        }
        homes
    }
}

impl Run {
    fn append(&mut self, later: &Run) {
        if later.first.position < self.first.position {
            self.first = later.first;
        }
        if later.last.position > self.last.position {
            self.last = later.last;
        }
        later.addresses.iter().for_each(|address| add(&mut self.addresses, *address));
    }

    /// Whether an address of the server's is in both.
    fn shares(&self, later: &Run) -> bool {
        self.addresses.iter().any(|address| later.addresses.contains(address))
    }

    /// What a run is that begins behind the end of this one and shows nobody of it.
    fn then(&self, later: &Run) -> Then {
        let (end, start) = (self.last, later.first);
        if !self.addresses.is_empty() && !later.addresses.is_empty() && !self.shares(later) {
            return Then::Other;
        }
        let between = |from: i64, to: i64| to.saturating_sub(from) / 1_000_000;
        let orders = (end.position.order, start.position.order);
        let seconds = match end.time.zip(start.time) {
            Some((from, to)) => Some(between(from, to)),
            // When the files were written.
            None if end.position.input != start.position.input && orders.0 > i64::MIN => {
                Some(between(orders.0, orders.1))
            }
            None => None,
        };
        let ids = |of: Option<u64>| of.zip(end.highest);
        match (seconds, end.oldest.zip(start.oldest)) {
            (_, None) => Then::Same,
            (Some(seconds), Some((_, age))) if age > seconds.saturating_add(SLACK) => Then::Other,
            (Some(_), _) if ids(start.lowest).is_some_and(|(id, highest)| id <= highest) => Then::Anew,
            (None, Some((before, age)))
                if age < before && ids(start.highest).is_some_and(|(id, highest)| id <= highest) =>
            {
                Then::Anew
            }
            _ => Then::Same,
        }
    }
}

fn add(addresses: &mut Vec<u32>, address: u32) {
    if address != NO_TEXT && addresses.len() < ADDRESSES && !addresses.contains(&address) {
        addresses.push(address);
    }
}
