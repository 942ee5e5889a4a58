//! The slowest entries, with what is shown of them.

use std::cmp::Reverse;

use super::certainty;
use crate::command::Spec;
use crate::event::{Place, Slow};
use crate::masked;

/// An entry that is shown.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    pub(super) identity: u128,
    pub(super) id: Option<u64>,
    pub(super) time: i64,
    pub(super) us: u64,
    pub(super) command: Vec<u8>,
    pub(super) text: String,
    pub(super) certainty: u8,
    pub(super) client: Option<Vec<u8>>,
    pub(super) name: Option<Vec<u8>>,
    pub(super) complexity: Option<Vec<u8>>,
    pub(super) input: u32,
    pub(super) place: Place,
}

impl Shown {
    pub(super) fn new(
        entry: &Slow<'_>,
        identity: u128,
        input: u32,
        command: &[u8],
        spec: Option<&'static Spec>,
        keys: &[usize],
    ) -> Self {
        Shown {
            identity,
            id: entry.id,
            time: entry.time,
            us: entry.us,
            command: command.to_vec(),
            text: masked::slow(spec, entry, keys),
            certainty: certainty(entry.exactness),
            client: entry.client.map(<[u8]>::to_vec),
            name: entry.name.map(<[u8]>::to_vec),
            complexity: entry.complexity.map(<[u8]>::to_vec),
            input,
            place: entry.place,
        }
    }
}

/// The slowest first; of equally slow ones that which came first.
#[derive(Clone, Debug, Default)]
pub(super) struct Slowest<const MOST: usize> {
    pub(super) entries: Vec<Shown>,
}

impl<const MOST: usize> Slowest<MOST> {
    /// Whether an entry of this duration would be kept.
    pub(super) fn takes(&self, us: u64) -> bool {
        self.entries.len() < MOST || self.entries.last().is_some_and(|last| last.us < us)
    }

    /// Keeps an entry that was not seen before, if it is slow enough.
    pub(super) fn offer(&mut self, shown: Shown) {
        let at = self.entries.partition_point(|held| held.us >= shown.us);
        self.entries.insert(at, shown);
        self.entries.truncate(MOST);
    }

    /// Takes over the arguments of a form of an entry that tells them better. It stays where it was seen first.
    pub(super) fn improve(&mut self, shown: Shown) {
        if let Some(held) = self.entries.iter_mut().find(|held| held.identity == shown.identity)
            && held.certainty < shown.certainty
        {
            (held.certainty, held.text, held.command) = (shown.certainty, shown.text, shown.command);
        }
    }

    /// Appends what follows; of what `is_known` by its identity only better arguments are taken. `lines`
    /// tells how many lines of an input came before.
    pub(super) fn merge(
        &mut self,
        later: Slowest<MOST>,
        lines: impl Fn(u32) -> u64,
        is_known: impl Fn(&Shown) -> bool,
    ) {
        for mut shown in later.entries {
            if is_known(&shown) {
                self.improve(shown);
            } else {
                shown.place.line += lines(shown.input);
                self.entries.push(shown);
            }
        }
        self.entries.sort_by_key(|shown| Reverse(shown.us));
        self.entries.truncate(MOST);
    }
}
