//! A series of snapshots, folded one by one: what each holds, every connection as last seen, and how the
//! groups grow.
//!
//! Snapshots are ordered by time, whatever the order of their files; where there is no clock, by when the
//! file was written and by their place in it. Everything kept is a least, a most or a sum, so files may come
//! in any order.

use std::collections::BTreeMap;
use std::hash::BuildHasher;

use foldhash::fast::FixedState;
use hashbrown::HashTable;

use super::Item;
use super::groups::{self, Groups, is_unix};
use super::held::{Connection, Group, Position, Sight, Snapshot, Timed};
use super::row::Row;
use super::splitter::{Dump, Splitter};
use crate::event::Place;
use crate::format::client_list::field::Field;
use crate::intern::{Interner, SPREAD};
use crate::statistic::slot::{Slot, spread};

/// Connections that are kept; later new ones are counted in snapshots only. About 110 MB.
pub const MOST_CONNECTIONS: usize = 262_144;

/// Snapshots that are kept; later ones only count for growth. About 70 MB.
pub const MOST_SNAPSHOTS: usize = 262_144;

/// Runs in which a snapshot of another file is looked for.
const RUNS_BACK: usize = 16;

/// Ages are whole seconds and clocks of scripts a little late.
const SLACK: i64 = 2;

#[derive(Clone, Copy, Debug, Default)]
struct InputTimes {
    named: Option<i64>,
    modified: Option<i64>,
    /// Of its last snapshot.
    order: Option<i64>,
}

/// What tells connections apart.
type Key = (u32, Option<u64>, u32, i64);

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Series {
    splitter: Splitter<Row>,
    input: Option<u32>,
    fold: Fold,
}

#[derive(Clone, Debug, Default)]
struct Fold {
    inputs: BTreeMap<u32, InputTimes>,
    /// Of the snapshot before, whatever its input.
    order: Option<i64>,
    snapshots: Vec<Snapshot>,
    beyond: u64,
    open: Option<Snapshot>,
    /// Whether there was a snapshot without a clock.
    timeless: bool,
    /// The last snapshot of each run.
    runs: Vec<Snapshot>,
    /// The numbers of connections, by their keys.
    numbers: HashTable<Slot>,
    connections: Vec<Connection>,
    lost: bool,
    groups: Groups,
    ends: Option<(Sight, Sight)>,
}

impl Series {
    /// What is known of an input that begins.
    pub fn input(&mut self, input: u32, named: Option<i64>, modified: Option<i64>) {
        self.fold.inputs.insert(input, InputTimes { named, modified, order: None });
    }

    /// Whether [`Series::input`] told of it.
    pub fn knows(&self, input: u32) -> bool {
        self.fold.inputs.contains_key(&input)
    }

    /// The next item of the capture.
    pub fn take(&mut self, item: &Item, texts: &mut Interner) {
        let Series { splitter, input, fold } = self;
        let number = item.input();
        let mark = match item {
            Item::Row(row) => Some(row.mark(texts)),
            Item::Sign { .. } => None,
        };
        let named = fold.inputs.get(&number).and_then(|times| times.named);
        let mut out = |dump: Dump<'_, Row>| fold.dump(&dump, texts);
        if *input != Some(number) {
            // The snapshot that this closes is of the input before, as its rows tell.
            splitter.start_input(named, &mut out);
            *input = Some(number);
        }
        match (item, mark) {
            (Item::Row(row), Some(mark)) => splitter.row(mark, *row, &mut out),
            (Item::Sign { time, .. }, _) => splitter.sign(*time, &mut out),
            (Item::Row(_), None) => {}
        }
    }

    /// The last snapshot ends.
    pub fn close(&mut self, texts: &mut Interner) {
        let Series { splitter, fold, .. } = self;
        splitter.close(&mut |dump: Dump<'_, Row>| fold.dump(&dump, texts));
        fold.snapshots.sort_by_key(|snapshot| snapshot.position);
    }

    /// In order, once closed.
    pub fn snapshots(&self) -> &[Snapshot] {
        &self.fold.snapshots
    }

    /// Every connection.
    pub fn connections(&self) -> &[Connection] {
        &self.fold.connections
    }

    /// Every group.
    pub fn groups(&self) -> &[Group] {
        self.fold.groups.all()
    }

    /// The first and the last snapshot.
    pub fn ends(&self) -> Option<(Sight, Sight)> {
        self.fold.ends
    }

    /// For the line of least squares.
    pub fn timed(&self) -> Timed {
        self.fold.groups.timed()
    }

    /// Bounds that took over, in words.
    pub fn bounds(&self) -> impl Iterator<Item = String> {
        let told = [
            (
                self.fold.lost,
                format!("more than {MOST_CONNECTIONS} connections: later ones are counted only"),
            ),
            (
                self.fold.beyond > 0,
                format!("more than {MOST_SNAPSHOTS} snapshots: {} are not listed", self.fold.beyond),
            ),
            (
                self.fold.groups.lost(),
                format!("more than {} names, IPs, users and libraries of connections", groups::MOST),
            ),
        ];
        told.into_iter().filter_map(|(is, text)| is.then_some(text))
    }
}

impl Fold {
    /// Counts rows of one snapshot.
    fn dump(&mut self, dump: &Dump<'_, Row>, texts: &mut Interner) {
        let mut snapshot = match self.open.take().filter(|_| dump.continued) {
            Some(open) => open,
            None => match dump.rows.first() {
                Some((_, row)) => self.start(dump, row.input, row.place),
                None => return,
            },
        };
        for (_, row) in dump.rows {
            snapshot.add(row, texts);
        }
        if !dump.continued {
            self.find_run(&mut snapshot, dump.rows.iter().map(|(_, row)| row), texts);
            snapshot.elapsed = self.elapsed(&snapshot, dump.rows.iter().map(|(_, row)| row));
        }
        let sight = Sight { position: snapshot.position, time: snapshot.time, elapsed: snapshot.elapsed };
        for (_, row) in dump.rows {
            self.see(row, snapshot.run, sight, texts);
        }
        if dump.more {
            self.open = Some(snapshot);
            return;
        }
        self.groups.close(sight);
        let (first, last) = self.ends.get_or_insert((sight, sight));
        if sight.position < first.position {
            *first = sight;
        }
        if sight.position > last.position {
            *last = sight;
        }
        if let Some(run) = self.runs.get_mut(snapshot.run as usize)
            && run.position <= snapshot.position
        {
            run.clone_from(&snapshot);
        }
        if self.snapshots.len() < MOST_SNAPSHOTS {
            self.snapshots.push(snapshot);
        } else {
            self.beyond += 1;
        }
    }

    fn start(&mut self, dump: &Dump<'_, Row>, input: u32, place: Place) -> Snapshot {
        let times = self.inputs.entry(input).or_default();
        let time = dump.time;
        let order =
            time.or(times.order).or(times.named).or(times.modified).or(self.order).unwrap_or(i64::MIN);
        times.order = Some(order);
        self.order = Some(order);
        Snapshot {
            position: Position { order, input, number: dump.number },
            time,
            place,
            ..Snapshot::default()
        }
    }

    /// Which run of a server a snapshot is of: one in which a client was seen already, else the last one,
    /// unless the server started anew: then nobody is older than the time between, and ids went down. Where
    /// a clock tells that time, one id that is not higher is enough: within a run later clients have higher ones.
    fn find_run<'r>(
        &mut self,
        snapshot: &mut Snapshot,
        rows: impl Iterator<Item = &'r Row> + Clone,
        texts: &Interner,
    ) {
        let Some(last) = self.runs.len().checked_sub(1) else {
            self.runs.push(snapshot.clone());
            return;
        };
        // A socket's path is the same in every run, so it tells nothing where other addresses do.
        let is_path = |row: &Row| is_unix(texts.get(row.text(Field::Addr)));
        let paths_only = rows.clone().all(is_path);
        let runs = (0..=last).rev().take(RUNS_BACK).filter_map(|run| u32::try_from(run).ok());
        for run in runs {
            let known = |row: &Row| (paths_only || !is_path(row)) && self.number(&key(row, run)).is_some();
            if rows.clone().any(known) {
                snapshot.run = run;
                return;
            }
        }
        snapshot.run = u32::try_from(last).unwrap_or(u32::MAX);
        let Some(before) = self.runs.get(last) else { return };
        let is_later = before.position < snapshot.position;
        let (early, late) = if is_later { (before, &*snapshot) } else { (&*snapshot, before) };
        let Some(highest) = early.highest else { return };
        let anew = match (early.time.zip(late.time), early.oldest.zip(late.oldest)) {
            (Some((from, to)), Some((_, age))) => {
                let younger = age <= to.saturating_sub(from) / 1_000_000 + SLACK;
                younger && late.lowest.is_some_and(|id| id <= highest)
            }
            (None, Some((before, now))) => now < before && late.highest.is_some_and(|id| id < highest),
            (_, None) => false,
        };
        if !anew {
            return;
        }
        if is_later {
            snapshot.restarted = true;
        } else {
            let late = before.position;
            for held in self.snapshots.iter_mut().filter(|held| held.position == late) {
                held.restarted = true;
            }
        }
        snapshot.run = u32::try_from(self.runs.len()).unwrap_or(u32::MAX);
        self.runs.push(snapshot.clone());
    }

    /// See [`Sight::elapsed`]. The oldest client that was seen before tells, so that errors of whole seconds do
    /// not add up.
    fn elapsed<'r>(&mut self, snapshot: &Snapshot, rows: impl Iterator<Item = &'r Row>) -> Option<i64> {
        if snapshot.time.is_some() {
            return None;
        }
        if !std::mem::replace(&mut self.timeless, true) {
            return Some(0);
        }
        let since = |row: &Row| {
            let held = self.number(&key(row, snapshot.run))?;
            let (age, born) = (row.age()?, self.connections.get(held as usize)?.born?);
            Some((age, born.saturating_add(age)))
        };
        rows.filter_map(since).max().map(|(_, elapsed)| elapsed)
    }

    /// The number of the connection with this key.
    fn number(&self, wanted: &Key) -> Option<u32> {
        let part = part(wanted);
        let is = |slot: &Slot| {
            let held = self.connections.get(slot.number as usize);
            slot.part == part && held.is_some_and(|held| key(&held.row, held.run) == *wanted)
        };
        self.numbers.find(spread(part), is).map(|slot| slot.number)
    }

    /// A connection is in a snapshot.
    fn see(&mut self, row: &Row, run: u32, sight: Sight, texts: &mut Interner) {
        let key = key(row, run);
        let held = self.number(&key);
        let same =
            held.and_then(|at| self.connections.get(at as usize)).filter(|held| shares(&held.row, row));
        let groups = match same {
            Some(same) => same.groups,
            None => self.groups.of(row, texts),
        };
        self.groups.count(groups);
        let born = sight.elapsed.zip(row.age()).map(|(elapsed, age)| elapsed.saturating_sub(age));
        let Some(connection) = held.and_then(|at| self.connections.get_mut(at as usize)) else {
            if self.connections.len() >= MOST_CONNECTIONS {
                self.lost = true;
                return;
            }
            let number = u32::try_from(self.connections.len()).unwrap_or(u32::MAX);
            let slot = Slot { part: part(&key), number };
            self.numbers.insert_unique(slot.spread(), slot, Slot::spread);
            let (row, peak_output, peak_query) = (*row, row.output(), row.number(Field::Qbuf));
            self.connections.push(Connection {
                run,
                first: sight,
                last: sight,
                born,
                row,
                snapshots: 1,
                peak_output,
                peak_query,
                groups,
            });
            return;
        };
        connection.snapshots += 1;
        connection.born = connection.born.or(born);
        connection.peak_output = connection.peak_output.max(row.output());
        connection.peak_query = connection.peak_query.max(row.number(Field::Qbuf));
        if sight.position < connection.first.position {
            connection.first = sight;
        }
        if sight.position >= connection.last.position {
            connection.last = sight;
            connection.row = *row;
            connection.groups = groups;
        }
    }
}

/// What stands of its hash in a [`Slot`].
fn part(key: &Key) -> u32 {
    FixedState::with_seed(SPREAD).hash_one(key) as u32
}

fn key(row: &Row, run: u32) -> Key {
    // Before there were ids an address is used again, but hardly with the same descriptor.
    let fd = if row.id.is_none() { row.number(Field::Fd).unwrap_or(i64::MIN) } else { 0 };
    (run, row.id, row.text(Field::Addr), fd)
}

/// Whether two rows are of the same groups.
fn shares(a: &Row, b: &Row) -> bool {
    let fields = [Field::Addr, Field::Name, Field::User, Field::LibName, Field::LibVer];
    fields.into_iter().all(|field| a.text(field) == b.text(field))
}
