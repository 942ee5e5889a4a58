//! Keyspace notifications.

use serde::Serialize;

use super::{Bytes, Other};
use crate::output::notation::Time;

/// Keyspace notifications.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Events {
    /// Messages that the subscriber got.
    pub messages: u64,
    /// Changes; one that came by several channels or patterns counts once.
    pub total: u64,
    /// Of these, changes with a time.
    pub timed: u64,
    /// Time of the first message; `None` where the capture has no clock.
    pub first: Option<Time>,
    /// Time of the last message.
    pub last: Option<Time>,
    /// Timed changes in a second, from `first` to `last`; `None` without a clock, or where both are one.
    pub per_second: Option<f64>,
    /// By event.
    pub rows: Vec<EventRow>,
    /// Changes that are not in `rows`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other: Option<Other>,
    /// By key pattern and event.
    pub patterns: Vec<EventPatternRow>,
    /// Changes that are not in `patterns`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patterns_other: Option<Other>,
    /// By database.
    pub databases: Vec<EventDatabaseRow>,
    /// Places where the subscriber lost its connection or started anew; 1,000 at most.
    pub gaps: Vec<EventGap>,
    /// How many there are.
    pub gaps_total: u64,
    /// Of each pattern the most keys that expired together, by name; of patterns of which at least 32 did.
    #[serde(skip)]
    pub bursts: Vec<Burst>,
    /// The first keys that were evicted, five at most.
    #[serde(skip)]
    pub evicted: Vec<KeyChange>,
}

/// A change, and where it stands.
#[derive(Clone, Debug)]
pub struct KeyChange {
    /// The input.
    pub path: Bytes,
    /// Of the first message's first byte in the decompressed content.
    pub byte_offset: u64,
    /// Counted from 1.
    pub line: u64,
    /// When, where the message tells.
    pub time: Option<Time>,
    /// The key.
    pub key: Bytes,
}

/// Keys of one pattern that expired together: with a clock in seconds one after the other, without one in
/// changes one after the other.
#[derive(Clone, Debug)]
pub struct Burst {
    /// As [`EventPatternRow::pattern`].
    pub pattern: Bytes,
    /// Keys that expired.
    pub keys: u64,
    /// The most of these in two seconds one after the other; without a clock in what a server deletes in two seconds.
    pub peak: u64,
    /// Seconds of the clock in which they expired; `None` without one.
    pub seconds: Option<u64>,
    /// `expired` changes of any key, of all changes from the first to the last, 0…1.
    pub density: f64,
    /// Number of the input.
    pub input: u32,
    /// Changes that come after the last one in that input.
    pub after: u64,
    /// How often in that input less than a quarter as many of the pattern expired together, and at least 32; and how
    /// many keys that were.
    pub lesser: (u64, u64),
    /// Keys that expired in that input where as many of the pattern did so together, or a quarter of that.
    pub alike: u64,
    /// The first one.
    pub first: KeyChange,
}

/// Changes of one event.
#[derive(Clone, Debug, Serialize)]
pub struct EventRow {
    /// As published: `set`, `expired` …
    pub event: Bytes,
    /// `generic`, `string`, `list`, `set`, `hash`, `zset`, `stream`, `expired`, `evicted`, `keymiss`, `new`,
    /// `overwritten`, `type_changed`, `array`; `module` for all that Redis itself does not publish.
    pub class: &'static str,
    /// The class's letter in `notify-keyspace-events`.
    pub letter: char,
    /// Changes.
    pub calls: u64,
    /// Of all changes.
    pub share: f64,
    /// Different key patterns.
    pub patterns: u64,
    /// Time of the first one; `None` without a clock.
    pub first: Option<Time>,
    /// Time of the last one.
    pub last: Option<Time>,
}

/// Changes of one event to keys of one pattern.
#[derive(Clone, Debug, Serialize)]
pub struct EventPatternRow {
    /// `user:*:profile`.
    pub pattern: Bytes,
    /// As [`EventRow::event`].
    pub event: Bytes,
    /// Changes.
    pub calls: u64,
    /// Of all changes.
    pub share: f64,
    /// By the input's number, in its order: other inputs may be of other servers, or of another day.
    #[serde(skip)]
    pub inputs: Vec<(u32, u64)>,
}

/// Changes in one database.
#[derive(Clone, Debug, Serialize)]
pub struct EventDatabaseRow {
    /// Its number.
    pub db: u32,
    /// Messages.
    pub messages: u64,
    /// Changes.
    pub calls: u64,
    /// Of all changes.
    pub share: f64,
}

/// Where notifications may be missing: Redis keeps none for who is not connected.
#[derive(Clone, Debug, Serialize)]
pub struct EventGap {
    /// The input.
    pub path: Bytes,
    /// Of the first line that tells, in the decompressed content.
    pub byte_offset: u64,
    /// Counted from 1.
    pub line: u64,
    /// That line's clock.
    pub time: Option<Time>,
    /// Time of the last message before; `None` without a clock.
    pub since: Option<Time>,
    /// Time of the first message behind; `None` without a clock, or where none came.
    pub until: Option<Time>,
    /// What tells.
    pub reason: &'static str,
}
