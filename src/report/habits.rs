//! What calls show of the keys of a pattern beyond their counts: what rules judge.

use super::{Bytes, Example};
use crate::output::notation::Time;

/// Of the keys of one pattern that are still held ([`crate::statistic::keys::MOST`]), and of what
/// [`crate::statistic::habits::MOST`] leaves room for. Examples come in the order of the inputs, five at most.
#[derive(Clone, Debug, Default)]
pub struct Habits {
    /// A call on each of the first few keys.
    pub calls: Vec<Example>,
    /// Bytes of the longest key's name, and a call on it.
    pub longest_key: Option<(u64, Example)>,
    /// Keys that a call gave a time to live and none left without one later.
    pub with_ttl: u64,
    /// Keys that a call left without a time to live ([`super::PatternRow::ttl_missing`]) and none deleted.
    pub without_ttl: u64,
    /// The first writes of some of these.
    pub without_ttl_calls: Vec<Example>,
    /// Writes that create a key only where it is missing (SETNX, SET … NX), without a time to live then or later.
    pub absent: u64,
    /// The first of some keys.
    pub absent_calls: Vec<Example>,
    /// Keys that were read as a whole: SMEMBERS, LRANGE 0 -1.
    pub whole_reads: u64,
    /// The names of the commands that did so first on some key, in their order.
    pub whole_commands: Vec<&'static str>,
    /// The first whole reads of some keys, those with the most elements first.
    pub whole_calls: Vec<Example>,
    /// The most elements that a key read as a whole was seen to get and keep.
    pub whole_elements: u64,
    /// Single values of at least [`crate::statistic::habits::LARGE`] bytes: the largest of a key with the first
    /// call that wrote it, the biggest first, five keys at most.
    pub large: Vec<(u64, Example)>,
    /// Keys of collections that got elements, and were trimmed, deleted or given a time to live.
    pub bounded: u64,
    /// Keys of collections that got elements and were not.
    pub unbounded: u64,
    /// Elements that came to stay in those of them that are lists and streams.
    pub kept: u64,
    /// Of these the ones that grew most, five at most.
    pub growing: Vec<Growing>,
}

/// A collection that gets elements and is never trimmed, deleted or given a time to live.
#[derive(Clone, Debug)]
pub struct Growing {
    /// Its key.
    pub key: Bytes,
    /// `list`, `set`, `sorted-set`, `hash`, `stream` or `geo`.
    pub collection: &'static str,
    /// Elements in the calls that add.
    pub added: u64,
    /// Elements in the calls that take out.
    pub removed: u64,
    /// Of `added` about how many are different; `None` for lists and streams, where all are.
    pub different: Option<u64>,
    /// The first call that adds.
    pub first: Time,
    /// The last.
    pub last: Time,
    /// The addresses of the first clients that add, four at most.
    pub clients: Vec<Bytes>,
    /// Whether there are more.
    pub more_clients: bool,
    /// The first call that adds.
    pub call: Example,
}

impl Growing {
    /// Elements that came to stay, as far as the calls tell.
    pub fn kept(&self) -> u64 {
        self.different.unwrap_or(self.added).saturating_sub(self.removed)
    }
}
