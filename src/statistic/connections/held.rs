//! What a series keeps: snapshots, connections, groups.

use super::row::{Kind, NO_TEXT, Row};
use crate::event::Place;
use crate::format::client_list::field::Field;
use crate::intern::Interner;
use crate::report::connections::ByType;

/// Where a snapshot stands in the series.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Its time, or what stands for it.
    pub order: i64,
    /// The number of its input.
    pub input: u32,
    /// Its number in the input.
    pub number: u32,
}

/// What a snapshot holds.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    pub position: Position,
    pub time: Option<i64>,
    pub elapsed: Option<i64>,
    pub place: Place,
    pub run: u32,
    pub server: u32,
    pub restarted: bool,
    pub total: u64,
    pub by_type: ByType,
    pub blocked: u64,
    pub in_transaction: u64,
    pub idle_over_1h: u64,
    pub unnamed: Option<u64>,
    pub output: Option<u64>,
    pub query: Option<u64>,
    pub memory: Option<u64>,
    pub lowest: Option<u64>,
    pub highest: Option<u64>,
    pub oldest: Option<i64>,
}

/// A snapshot by which a connection was seen.
#[derive(Clone, Copy, Debug)]
pub struct Sight {
    pub position: Position,
    pub time: Option<i64>,
    /// Where there is no clock: seconds since the first such snapshot, as the ages of clients tell.
    pub elapsed: Option<i64>,
}

/// A connection.
#[derive(Clone, Debug)]
pub struct Connection {
    pub run: u32,
    pub server: u32,
    /// The number of one with the same id and address in another run.
    pub before: u32,
    pub first: Sight,
    pub last: Sight,
    /// When it connected, as [`Sight::elapsed`].
    pub born: Option<i64>,
    /// As last seen.
    pub row: Row,
    pub snapshots: u64,
    pub peak_output: Option<i64>,
    pub peak_query: Option<i64>,
    /// Of `row`, by [`BY`].
    pub groups: [u32; 4],
}

/// What connections are grouped by.
pub const BY: [&str; 4] = ["name", "ip", "user", "library"];

/// No group: past the bound.
pub const NO_GROUP: u32 = u32::MAX;

/// Connections of a group over the series.
#[derive(Clone, Debug)]
pub struct Group {
    /// Index in [`BY`].
    pub by: u8,
    /// The number of its value, and of its library's version.
    pub value: (u32, u32),
    /// In the snapshot that is being counted.
    pub present: u64,
    pub first: (Position, u64),
    pub last: (Position, u64),
    pub peak: u64,
    /// Sum of counts, and of counts times milliseconds, over the snapshots with a time.
    pub sums: (i128, i128),
}

/// The snapshots with a time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Timed {
    pub base: Option<i64>,
    pub count: i128,
    /// Sum of milliseconds since `base`, and of their squares.
    pub sums: (i128, i128),
}

impl Snapshot {
    /// Counts a row.
    pub fn add(&mut self, row: &Row, texts: &Interner) {
        self.total += 1;
        let flags = row.flags(texts);
        let kind = match row.kind(flags) {
            Kind::Normal => &mut self.by_type.normal,
            Kind::Pubsub => &mut self.by_type.pubsub,
            Kind::Replica => &mut self.by_type.replica,
            Kind::Master => &mut self.by_type.master,
            Kind::Monitor => &mut self.by_type.monitor,
        };
        *kind += 1;
        self.blocked += u64::from(flags.has(b'b'));
        self.in_transaction += u64::from(flags.has(b'x'));
        self.idle_over_1h += u64::from(row.number(Field::Idle).is_some_and(|idle| idle > 3_600));
        let name = row.text(Field::Name);
        add(&mut self.unnamed, (name != NO_TEXT).then(|| i64::from(texts.get(name).is_empty())));
        add(&mut self.output, row.output());
        add(&mut self.query, row.number(Field::Qbuf));
        add(&mut self.memory, row.number(Field::TotMem));
        self.lowest = [self.lowest, row.id].into_iter().flatten().min();
        self.highest = self.highest.max(row.id);
        self.oldest = self.oldest.max(row.number(Field::Age));
    }
}

/// Adds to a sum that is missing until something is there.
fn add(sum: &mut Option<u64>, value: Option<i64>) {
    if let Some(value) = value {
        let value = u64::try_from(value).unwrap_or(0);
        *sum = Some(sum.unwrap_or(0).saturating_add(value));
    }
}
