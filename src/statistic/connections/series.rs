//! A series of snapshots, folded one by one: what each holds, every connection as last seen, and how the
//! groups grow.
//!
//! Snapshots are ordered by time, whatever the order of their files; the first of a file that has none stands
//! before the time behind it. Where there is no clock, they are ordered by when the file was written and by their
//! place in it. Everything kept is a least, a most or a sum, so files may come in any order.

use std::collections::BTreeMap;
use std::hash::BuildHasher;

use foldhash::fast::FixedState;
use hashbrown::HashTable;

use super::Item;
use super::groups::{self, Groups, is_unix};
use super::held::{Connection, Group, Position, Sight, Snapshot, Timed};
use super::name;
use super::row::Row;
use super::runs::{Home, Runs, SLACK};
use super::splitter::{Dump, Splitter};
use crate::event::Place;
use crate::format::client_list::field::Field;
use crate::intern::{Interner, SPREAD, Slot, spread};

/// Connections that are kept; later new ones are counted in snapshots only. About 110 MB.
pub const MOST_CONNECTIONS: usize = 262_144;

/// Connections that there is room for at first.
const FEW: usize = 1 << 10;

/// Snapshots that are kept; later ones only count for growth. About 70 MB.
pub const MOST_SNAPSHOTS: usize = 262_144;

/// Runs in which a client is looked for.
const RUNS_BACK: usize = 16;

#[derive(Clone, Copy, Debug, Default)]
struct InputTimes {
    named: Option<i64>,
    modified: Option<i64>,
    /// Of its last snapshot.
    order: Option<i64>,
}

/// What tells connections of a run apart: id, address, and where there is no id the descriptor.
type Key = (Option<u64>, u32, i64);

/// The number of no connection.
const NONE: u32 = u32::MAX;

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
    runs: Runs,
    /// Of each key of a connection the last that was met; those of other runs follow in [`Connection::before`].
    numbers: HashTable<Slot>,
    connections: Vec<Connection>,
    lost: bool,
    groups: Groups,
    ends: Option<(Sight, Sight)>,
}

impl Series {
    /// What is known of an input that begins.
    pub fn input(&mut self, input: u32, path: &[u8], modified: Option<i64>) {
        let named = name::time(path);
        self.fold.inputs.insert(input, InputTimes { named, modified, order: None });
        self.fold.runs.input(input, name::folder(path));
    }

    /// Whether [`Series::input`] told of it.
    pub fn knows(&self, input: u32) -> bool {
        self.fold.inputs.contains_key(&input)
    }

    /// The next item of the capture.
    pub fn take(&mut self, item: Item, texts: &mut Interner) {
        let Series { splitter, input, fold } = self;
        let number = item.input();
        let mark = match &item {
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
            (Item::Row(row), Some(mark)) => splitter.row(mark, row, &mut out),
            (Item::Sign { time, .. }, _) => splitter.sign(time),
            (Item::Row(_), None) => {}
        }
    }

    /// The last snapshot ends.
    pub fn close(&mut self, texts: &mut Interner) {
        let Series { splitter, fold, .. } = self;
        splitter.close(&mut |dump: Dump<'_, Row>| fold.dump(&dump, texts));
        fold.snapshots.sort_by_key(|snapshot| snapshot.position);
        fold.settle();
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
            let rows = dump.rows.iter().map(|(_, row)| row);
            let known = self.known(&snapshot, rows.clone(), texts);
            snapshot.run = self.runs.of(&snapshot, rows.clone(), known);
            snapshot.elapsed = self.elapsed(&snapshot, rows);
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
        if self.snapshots.len() < MOST_SNAPSHOTS {
            self.snapshots.push(snapshot);
        } else {
            self.beyond += 1;
        }
    }

    fn start(&mut self, dump: &Dump<'_, Row>, input: u32, place: Place) -> Snapshot {
        let times = self.inputs.entry(input).or_default();
        let time = dump.time;
        let order = time
            .or(times.order)
            .or(times.named)
            .or(dump.until)
            .or(times.modified)
            .or(self.order)
            .unwrap_or(i64::MIN);
        times.order = Some(order);
        self.order = Some(order);
        Snapshot {
            position: Position { order, input, number: dump.number },
            time,
            place,
            ..Snapshot::default()
        }
    }

    /// The run of a client that was seen before, of the first that was. A socket's path is the address of every local
    /// client, so there its age must tell that it is the same.
    fn known<'r>(
        &self,
        snapshot: &Snapshot,
        mut rows: impl Iterator<Item = &'r Row>,
        texts: &Interner,
    ) -> Option<u32> {
        let position = snapshot.position;
        rows.find_map(|row| {
            let is_path = is_unix(texts.get(row.text(Field::Addr)));
            let mut held = self.chain(row).map(|(_, held)| held);
            held.find(|held| !is_path || is_older(held, row, position, snapshot.time)).map(|held| held.run)
        })
    }

    /// The connections of a row's key with their numbers, the last that was met first.
    fn chain(&self, row: &Row) -> impl Iterator<Item = (u32, &Connection)> {
        let at = |number: u32| Some((number, self.connections.get(number as usize)?));
        let first = self.number(&key(row)).and_then(at);
        std::iter::successors(first, move |(_, held)| at(held.before)).take(RUNS_BACK)
    }

    /// Each run gets its place among the servers.
    fn settle(&mut self) {
        let homes = self.runs.homes();
        let home = |run: u32| homes.get(run as usize).copied().unwrap_or_default();
        for snapshot in &mut self.snapshots {
            let Home { run, server, start } = home(snapshot.run);
            (snapshot.run, snapshot.server) = (run, server);
            snapshot.restarted = start == Some(snapshot.position);
        }
        for connection in &mut self.connections {
            Home { run: connection.run, server: connection.server, .. } = home(connection.run);
        }
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
            let (_, held) = self.chain(row).find(|(_, held)| held.run == snapshot.run)?;
            let (age, born) = (row.age()?, held.born?);
            Some((age, born.saturating_add(age)))
        };
        rows.filter_map(since).max().map(|(_, elapsed)| elapsed)
    }

    /// The number of the last connection that was met with this key.
    fn number(&self, wanted: &Key) -> Option<u32> {
        let part = part(wanted);
        let is = |slot: &Slot| slot.part == part && has_key(&self.connections, slot.number, wanted);
        self.numbers.find(spread(part), is).map(|slot| slot.number)
    }

    /// The connection of this number is from now on the last with its key.
    fn meet(&mut self, met: &Key, number: u32) {
        let slot = Slot { part: part(met), number };
        let is = |held: &Slot| held.part == slot.part && has_key(&self.connections, held.number, met);
        match self.numbers.find_mut(slot.spread(), is) {
            Some(held) => held.number = number,
            None => _ = self.numbers.insert_unique(slot.spread(), slot, Slot::spread),
        }
    }

    /// A connection is in a snapshot.
    fn see(&mut self, row: &Row, run: u32, sight: Sight, texts: &mut Interner) {
        let (met, same) = {
            let mut chain = self.chain(row).peekable();
            (chain.peek().map_or(NONE, |(last, _)| *last), chain.find(|(_, held)| held.run == run))
        };
        let number = same.map(|(number, _)| number);
        let groups = same.filter(|(_, held)| shares(&held.row, row)).map(|(_, held)| held.groups);
        let groups = groups.unwrap_or_else(|| self.groups.of(row, texts));
        self.groups.count(groups);
        let born = sight.elapsed.zip(row.age()).map(|(elapsed, age)| elapsed.saturating_sub(age));
        let Some(connection) = number.and_then(|number| self.connections.get_mut(number as usize)) else {
            if self.connections.len() >= MOST_CONNECTIONS {
                self.lost = true;
                return;
            }
            let number = u32::try_from(self.connections.len()).unwrap_or(NONE);
            self.meet(&key(row), number);
            let (row, peak_output, peak_query) = (row.clone(), row.output(), row.number(Field::Qbuf));
            if self.connections.len() == self.connections.capacity() {
                // In few steps, as each moves all; what is not used takes no memory.
                self.connections.reserve_exact(FEW.max(15 * self.connections.len()));
            }
            self.connections.push(Connection {
                run,
                server: 0,
                before: met,
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
            connection.row.clone_from(row);
            connection.groups = groups;
        }
    }
}

fn has_key(connections: &[Connection], number: u32, wanted: &Key) -> bool {
    connections.get(number as usize).is_some_and(|held| key(&held.row) == *wanted)
}

/// What stands of its hash in a [`Slot`].
fn part(key: &Key) -> u32 {
    FixedState::with_seed(SPREAD).hash_one(key) as u32
}

fn key(row: &Row) -> Key {
    // Before there were ids an address is used again, but hardly with the same descriptor.
    let fd = if row.id.is_none() { row.number(Field::Fd).unwrap_or(i64::MIN) } else { 0 };
    (row.id, row.text(Field::Addr), fd)
}

/// Whether a row is of a connection's age then: with a clock it connected at the same time, without one it became older.
fn is_older(held: &Connection, row: &Row, position: Position, time: Option<i64>) -> bool {
    let Some((before, now)) = held.row.age().zip(row.age()) else { return true };
    let older = now.saturating_sub(before);
    match held.last.time.zip(time) {
        Some((from, to)) => older.abs_diff(to.saturating_sub(from) / 1_000_000) <= SLACK.unsigned_abs(),
        None => (older >= 0) == (position >= held.last.position) || older == 0,
    }
}

/// Whether two rows are of the same groups.
fn shares(a: &Row, b: &Row) -> bool {
    let fields = [Field::Addr, Field::Name, Field::User, Field::LibName, Field::LibVer];
    fields.into_iter().all(|field| a.text(field) == b.text(field))
}
