//! The slowest entries, with what is shown of them.

use std::cmp::Reverse;

use crate::command::Spec;
use crate::event::{Exactness, Place, Slow};
use crate::masked;

/// Entries that are kept.
pub(super) const MOST: usize = 100;

/// An entry that is shown.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    identity: u128,
    pub(super) id: Option<u64>,
    pub(super) time: i64,
    pub(super) us: u64,
    pub(super) command: Vec<u8>,
    pub(super) text: String,
    pub(super) exact: bool,
    pub(super) client: Option<Vec<u8>>,
    pub(super) name: Option<Vec<u8>>,
    pub(super) complexity: Option<Vec<u8>>,
    pub(super) input: u32,
    pub(super) place: Place,
}

/// The slowest first; of equally slow ones that which came first.
#[derive(Clone, Debug, Default)]
pub(super) struct Slowest {
    pub(super) entries: Vec<Shown>,
}

impl Slowest {
    /// Keeps an entry that was not seen before, if it is slow enough.
    pub(super) fn offer(
        &mut self,
        entry: &Slow<'_>,
        identity: u128,
        input: u32,
        command: &[u8],
        spec: Option<&'static Spec>,
        keys: &[usize],
    ) {
        let at = self.entries.partition_point(|held| held.us >= entry.us);
        if at >= MOST {
            return;
        }
        let shown = Shown {
            identity,
            id: entry.id,
            time: entry.time,
            us: entry.us,
            command: command.to_vec(),
            text: masked::slow(spec, entry, keys),
            exact: entry.exactness == Exactness::Exact,
            client: entry.client.map(<[u8]>::to_vec),
            name: entry.name.map(<[u8]>::to_vec),
            complexity: entry.complexity.map(<[u8]>::to_vec),
            input,
            place: entry.place,
        };
        self.entries.insert(at, shown);
        self.entries.truncate(MOST);
    }

    /// Appends what follows, without what `is_known` by its identity; `lines` tells how many lines of an
    /// input came before.
    pub(super) fn merge(
        &mut self,
        later: Slowest,
        lines: impl Fn(u32) -> u64,
        is_known: impl Fn(u128) -> bool,
    ) {
        let new = later.entries.into_iter().filter(|shown| !is_known(shown.identity));
        self.entries.extend(new.map(|mut shown| {
            shown.place.line += lines(shown.input);
            shown
        }));
        self.entries.sort_by_key(|shown| Reverse(shown.us));
        self.entries.truncate(MOST);
    }
}
