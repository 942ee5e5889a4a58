//! The statistics: each folds the calls of one block, merges with what follows, and finishes as a
//! part of the report.
//!
//! Law: observing `a` and then `b` equals merging their partial results in that order; the default is
//! empty. Partial results are plain data, and what they hold follows distinct things (commands,
//! clients, keys), never lines.

pub mod account;
pub mod caller;
pub mod calls;
pub mod clients;
pub mod commands;
pub mod connections;
pub mod dangerous;
pub mod databases;
pub mod events;
pub mod groups;
pub mod habits;
pub mod info;
pub mod keys;
pub mod manner;
pub mod members;
pub mod observer;
pub mod partial;
pub mod patterns;
pub mod pauses;
pub mod runs;
pub mod sightings;
pub mod sign;
pub mod sketch;
pub mod slowlog;
pub mod spot;
pub mod tally;
pub mod timeline;
pub mod uses;

use crate::event::{Args, Command};

/// One call with what every statistic wants to know of it, found once.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// The record.
    pub record: &'a Command<'a>,
    /// Its name's number in [`commands::Commands`].
    pub command: u32,
    /// What the command means to statistics.
    pub manner: &'static manner::Manner,
    /// The number of the client that is answerable for it in [`clients::Clients`].
    pub client: u32,
    /// Whether a script made it.
    pub in_script: bool,
    /// Decoded bytes of the arguments after the name.
    pub payload: u64,
    /// Where its keys stand in the arguments.
    pub keys: &'a [usize],
    /// The first of them, decoded; empty where there is none.
    pub key: &'a [u8],
    /// Its [`crate::intern::hash`].
    pub key_hash: u64,
    /// The key as captured, escapes and all.
    pub raw_key: &'a [u8],
}

impl<'a> Call<'a> {
    /// The arguments.
    pub fn args(&self) -> Args<'a> {
        self.record.args
    }
}

/// Earliest and latest time of something that happened at least once, in microseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// The earliest.
    pub first: i64,
    /// The latest.
    pub last: i64,
}

impl Default for Period {
    /// Empty: any time is before its first and behind its last.
    fn default() -> Self {
        Period { first: i64::MAX, last: i64::MIN }
    }
}

impl Period {
    /// Stretches to hold `time`.
    pub fn add(&mut self, time: i64) {
        self.first = self.first.min(time);
        self.last = self.last.max(time);
    }

    /// Stretches to hold all of `other`.
    pub fn merge(&mut self, other: Period) {
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }
}

/// `part` of `total`, 0 where there is nothing to share.
pub fn share(part: u64, total: u64) -> f64 {
    if total == 0 { 0.0 } else { part as f64 / total as f64 }
}
