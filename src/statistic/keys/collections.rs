//! Keys whose calls add elements, as the report's table.

use std::cmp::Reverse;

use super::finish::foremost;
use super::{Key, Keys};
use crate::output::notation::Time;
use crate::report::{Bytes, CollectionRow, Collections};
use crate::statistic::habits::{Flushed, Habit};

/// Elements that came to stay at a key, as far as calls tell; `None` where one bounded the collection.
pub(super) fn kept(row: &Key, habit: &Habit, flushed: &Flushed) -> Option<u64> {
    if row.gave_ttl { None } else { held(row, habit, flushed) }
}

/// The same, whether or not a call gave the key a time to live.
pub(super) fn held(row: &Key, habit: &Habit, flushed: &Flushed) -> Option<u64> {
    let is_bounded = habit.trimmed || row.ended || habit.is_flushed(flushed);
    (!is_bounded).then(|| habit.kept())
}

/// A key with what is done to it, and what it is sorted by.
type Row<'k> = (Reverse<Option<u64>>, Reverse<u64>, &'k [u8], &'k Key, &'k Habit);

impl Keys {
    /// The table; `names` are the patterns by their number.
    pub(super) fn collections(&self, names: &[&[u8]], flushed: &Flushed) -> Collections {
        let mut keys = 0;
        let grown = self.keys.iter().zip(&self.rows).filter_map(|((_, key), row)| {
            let habit = self.habits.get(row.habit).filter(|habit| habit.added > 0)?;
            keys += 1;
            Some((Reverse(kept(row, habit, flushed)), Reverse(habit.added), key, row, habit))
        });
        let rank = |a: &Row<'_>, b: &Row<'_>| (a.0, a.1, a.2).cmp(&(b.0, b.1, b.2));
        let order = foremost(grown, rank);
        let rows = order.into_iter().map(|(Reverse(kept), _, key, row, habit)| CollectionRow {
            key: Bytes::from(key),
            pattern: Bytes::from(names.get(row.pattern as usize).copied().unwrap_or_default()),
            collection: habit.collection(),
            added: habit.added,
            different: habit.different(),
            removed: habit.removed,
            kept,
            whole_reads: habit.whole_reads,
            clients: self.sets.len(row.users),
            first: Time(habit.add.time()),
            last: Time(habit.last_added),
        });
        Collections { keys, rows: rows.collect() }
    }
}
