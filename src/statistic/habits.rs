//! What calls do to single keys beyond using them: how collections grow and are bounded, how much is read at
//! once, how large values are. Held apart from the keys, so that only keys that have one pay for it.

use std::collections::BTreeMap;

use super::Call;
use super::clients::{ClientIndex, Clients, shown};
use super::members::FREE;
use super::sketch::Sketch;
use super::spot::{Form, Spot};
use super::uses::database;
use crate::command::Done;
use crate::intern::hash;
use crate::output::notation::Time;
use crate::report::Bytes;
use crate::report::habits::Growing;

/// Habits that are held at most: about 30 MB, and 64 MB where all of them are of large sets. Keys that come later
/// have none.
pub const MOST: usize = 131_072;

/// Bytes from which on single values are noted.
pub const LARGE: u64 = 10_000;

/// The number of a key's habit where it has none.
pub const NONE: u32 = u32::MAX;

/// Clients that are named.
const NAMED: usize = 4;

/// By input and database ([`u64::MAX`] is all), when it was emptied the last time, in microseconds since 1970.
pub type Flushed = BTreeMap<(u32, u64), i64>;

/// What is done to one key. In this order, so that what most calls look at stands together.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub struct Habit {
    /// Elements in calls that add.
    pub added: u64,
    /// When elements were added last.
    pub last_added: i64,
    adders: Adders,
    /// Whether a call bounded the collection.
    pub trimmed: bool,
    members: Sketch,
    /// Elements in calls that take out.
    pub removed: u64,
    /// Calls that read all of it.
    pub whole_reads: u64,
    /// Bytes of the largest single value.
    pub largest: u64,
    /// The first call that adds.
    pub add: Spot,
    /// The database of that call, as [`database`] numbers it.
    pub database: u64,
    /// The first that reads all.
    pub read: Spot,
    /// The first that wrote the largest value.
    pub large: Spot,
}

/// The first different clients. One more than are named, because within a block the caller of a script may turn
/// out to be one of the others.
#[derive(Clone, Copy, Debug)]
struct Adders([ClientIndex; NAMED + 1]);

impl Default for Adders {
    fn default() -> Self {
        Adders([FREE; NAMED + 1])
    }
}

impl Adders {
    #[inline]
    fn insert(&mut self, id: ClientIndex) {
        // What many clients add to is soon full, and most others have one client.
        let [first, .., last] = self.0;
        if first != id && last == FREE {
            self.add(id);
        }
    }

    /// Adds to what has room.
    #[inline(never)]
    fn add(&mut self, id: ClientIndex) {
        if let Some(held) = self.0.iter_mut().find(|held| **held == FREE || **held == id) {
            *held = id;
        }
    }

    fn iter(&self) -> impl Iterator<Item = ClientIndex> {
        self.0.into_iter().filter(|id| *id != FREE)
    }
}

impl Habit {
    /// Whether its database was emptied behind its first element.
    pub fn is_flushed(&self, flushed: &Flushed) -> bool {
        let is_behind = |last: Option<&i64>| last.is_some_and(|last| self.add.time() <= *last);
        [self.database, u64::MAX].into_iter().any(|of| is_behind(flushed.get(&(self.add.input, of))))
    }

    /// What a call does whose key stands at `argv[at]`.
    #[inline]
    pub fn observe(&mut self, done: Done, call: &Call<'_>, input: u32, at: usize, scratch: &mut Vec<u8>) {
        match done {
            Done::Nothing | Done::Ends => {}
            Done::Adds(added) => self.grow(added, call, input, at),
            Done::Offers(offer) => {
                self.grow(offer.count(), call, input, at);
                let mut at = offer.first;
                while let Some(member) = call.record.args.get(at).filter(|_| at < offer.end) {
                    self.members.insert(hash(member.bytes(scratch)));
                    at += offer.step;
                }
            }
            Done::Enters { trims } => {
                self.grow(1, call, input, at);
                self.trimmed |= trims;
            }
            Done::Removes(removed) => self.removed += removed,
            Done::Trims => self.trimmed = true,
            Done::Whole(range) => {
                if self.whole_reads == 0 {
                    self.read = Spot::new(call, input, at, Form::whole(range));
                }
                self.whole_reads += 1;
            }
        }
    }

    /// A call adds so many elements.
    #[inline]
    fn grow(&mut self, added: u64, call: &Call<'_>, input: u32, at: usize) {
        if self.added == 0 {
            self.add = Spot::new(call, input, at, Form::Plain);
            self.database = database(call.record.database);
        }
        self.added += added;
        self.last_added = self.last_added.max(call.record.time);
        self.adders.insert(call.client);
    }

    /// A call that writes a value of so many bytes.
    pub fn write(&mut self, bytes: u64, call: &Call<'_>, input: u32, at: usize) {
        if bytes > self.largest {
            self.largest = bytes;
            self.large = Spot::new(call, input, at, Form::Plain);
        }
    }

    /// The same with the numbers of `clients`, and the lines that inputs had before.
    fn behind(&mut self, clients: &[ClientIndex], lines: &impl Fn(u32) -> u64) {
        for spot in [&mut self.add, &mut self.read, &mut self.large] {
            *spot = spot.behind(lines);
        }
        let Adders(theirs) = std::mem::take(&mut self.adders);
        let known = theirs.iter().filter_map(|id| clients.get(*id as usize));
        known.for_each(|id| self.adders.insert(*id));
    }

    /// Appends what follows.
    fn merge(&mut self, later: &mut Habit) {
        if self.added == 0 {
            (self.add, self.database) = (later.add, later.database);
        }
        if self.whole_reads == 0 {
            self.read = later.read;
        }
        if later.largest > self.largest {
            self.largest = later.largest;
            self.large = later.large;
        }
        self.added += later.added;
        self.removed += later.removed;
        self.trimmed |= later.trimmed;
        self.whole_reads += later.whole_reads;
        self.last_added = self.last_added.max(later.last_added);
        later.adders.iter().for_each(|id| self.adders.insert(id));
        self.members.union(std::mem::take(&mut later.members));
    }

    /// Elements that came to stay, as far as the calls tell.
    pub fn kept(&self) -> u64 {
        self.different().unwrap_or(self.added).saturating_sub(self.removed)
    }

    /// About how many of the added elements are different; `None` for lists and streams, where all are.
    pub fn different(&self) -> Option<u64> {
        let count = self.members.estimate();
        // An estimate can pass what was there.
        (count > 0).then_some(count.min(self.added))
    }

    /// What the first call that adds is for: `list`, `set` and so on.
    pub fn collection(&self) -> &'static str {
        self.add.spec().map_or("", |spec| spec.group)
    }

    /// As the report has it.
    pub fn growing(&self, key: &[u8], clients: &Clients, paths: &[Bytes]) -> Growing {
        let addresses = self.adders.iter().take(NAMED).map(|id| Bytes::from(shown(clients.address(id))));
        Growing {
            key: Bytes::from(key),
            collection: self.collection(),
            added: self.added,
            removed: self.removed,
            different: self.different(),
            first: Time(self.add.time()),
            last: Time(self.last_added),
            clients: addresses.collect(),
            more_clients: self.adders.iter().count() > NAMED,
            call: self.add.example(key, paths),
        }
    }
}

/// Habits by their number.
#[derive(Clone, Debug, Default)]
pub struct Habits {
    rows: Vec<Habit>,
    /// Whether a key found no room.
    pub overflowed: bool,
}

impl Habits {
    /// The habit of the number in `slot`, where a new one's is put.
    #[inline]
    pub fn at(&mut self, slot: &mut u32) -> Option<&mut Habit> {
        if *slot == NONE {
            self.begin(slot);
        }
        self.rows.get_mut(*slot as usize)
    }

    #[inline(never)]
    fn begin(&mut self, slot: &mut u32) {
        self.push(slot, Habit::default());
    }

    /// Takes a habit, whose number is put in `slot`, if there is room.
    fn push(&mut self, slot: &mut u32, habit: Habit) {
        if self.has_room() {
            *slot = u32::try_from(self.rows.len()).unwrap_or(NONE);
            self.rows.push(habit);
        } else {
            self.overflowed = true;
        }
    }

    /// Whether one more key can have one.
    pub fn has_room(&self) -> bool {
        self.rows.len() < MOST
    }

    /// A habit by number.
    pub fn get(&self, slot: u32) -> Option<&Habit> {
        self.rows.get(slot as usize)
    }

    /// Appends to the habit in `slot` what follows: that of `theirs` in `later`, which is taken out.
    #[inline]
    pub fn merge(
        &mut self,
        slot: &mut u32,
        later: &mut Habits,
        theirs: u32,
        clients: &[ClientIndex],
        lines: &impl Fn(u32) -> u64,
    ) {
        // Most keys have none.
        if let Some(theirs) = later.rows.get_mut(theirs as usize) {
            self.append(slot, theirs, clients, lines);
        }
    }

    #[inline(never)]
    fn append(
        &mut self,
        slot: &mut u32,
        theirs: &mut Habit,
        clients: &[ClientIndex],
        lines: &impl Fn(u32) -> u64,
    ) {
        theirs.behind(clients, lines);
        match self.rows.get_mut(*slot as usize) {
            Some(mine) => mine.merge(theirs),
            None => self.push(slot, std::mem::take(theirs)),
        }
    }

    /// All of these. This one is empty then, and has room for as many.
    pub fn take(&mut self) -> Habits {
        let rows = Vec::with_capacity(self.rows.len());
        Habits {
            rows: std::mem::replace(&mut self.rows, rows),
            overflowed: std::mem::take(&mut self.overflowed),
        }
    }

    /// Takes the habit of this number out, into the next of `kept`.
    pub fn keep(&mut self, slot: &mut u32, kept: &mut Habits) {
        if let Some(mine) = self.rows.get_mut(*slot as usize) {
            *slot = u32::try_from(kept.rows.len()).unwrap_or(NONE);
            kept.rows.push(std::mem::take(mine));
        }
    }
}
