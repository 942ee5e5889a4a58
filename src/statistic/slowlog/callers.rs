//! Who made the slow calls of each command, without those that ran within a script's.

use std::cmp::Reverse;
use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::held::Item;
use super::order::{Order, Places};
use super::settled::at;
use super::{NONE, Slowlog};
use crate::report::Bytes;
use crate::report::slowlog::CallerRow;

/// Commands that run other commands.
pub const SCRIPTS: [&str; 6] = ["EVAL", "EVALSHA", "EVAL_RO", "EVALSHA_RO", "FCALL", "FCALL_RO"];

/// Addresses of calls that no client made: those of scripts and modules before Redis 7.2, and since.
const NOBODY: [&[u8]; 2] = [b"?:0", b""];

impl Slowlog {
    /// A row for each command and client, the greatest sum first; of the entries that are kept one by one.
    pub(super) fn callers(&self, inner: &Places) -> Vec<CallerRow> {
        let mut by: HashMap<(u32, u32, u32), Vec<u64>, FixedState> = HashMap::default();
        for (_, item) in self.items().enumerate().filter(|(at, _)| !inner.has(*at)) {
            by.entry((item.command, item.client, item.name)).or_default().push(item.us);
        }
        let mut rows: Vec<_> = by
            .into_iter()
            .map(|((command, client, name), mut us)| {
                us.sort_unstable_by_key(|us| Reverse(*us));
                let known = |text: &[u8]| (!text.is_empty()).then(|| Bytes::from(text));
                let client = (client != NONE).then(|| self.clients.get(client));
                CallerRow {
                    command: Bytes::from(self.commands.name(command)),
                    client: client.filter(|client| !NOBODY.contains(client)).and_then(known),
                    name: (name != NONE).then(|| self.names.get(name)).and_then(known),
                    us,
                }
            })
            .collect();
        let sum = |row: &CallerRow| Reverse(row.us.iter().fold(0, |sum: u64, us| sum.saturating_add(*us)));
        rows.sort_by(|a, b| {
            (sum(a), &a.command, &a.client, &a.name).cmp(&(sum(b), &b.command, &b.client, &b.name))
        });
        rows
    }

    /// Entries of calls that a script made. The server logs them before the script's own entry, so they have
    /// the ids below; together they took no longer than it, and they are nobody's or its caller's.
    pub(super) fn inner(&self, order: &Order<'_>) -> Places {
        let mut inner = Places::default();
        // By number of the command.
        let mut scripts: Vec<Option<bool>> = Vec::new();
        let mut is_script = |item: &Item| {
            let told =
                at(&mut scripts, item.command).map(|told| *told.get_or_insert_with(|| self.is_script(item)));
            told.unwrap_or(false)
        };
        for script in self.items().filter(|item| is_script(item)) {
            let mut left = script.us;
            let mut id = script.id.get();
            while let Some(below) = id.and_then(|id| id.checked_sub(1)) {
                let belongs = |(_, item): &(usize, &Item)| self.is_inner(item, script) && item.us <= left;
                let Some((place, item)) = order.with_id(below).find(belongs) else { break };
                inner.add(place);
                left -= item.us;
                id = Some(below);
            }
        }
        inner
    }

    fn is_script(&self, item: &Item) -> bool {
        SCRIPTS.iter().any(|name| name.as_bytes() == self.commands.name(item.command))
    }

    /// Whether a call can be of a script. Times of the log are whole seconds.
    fn is_inner(&self, item: &Item, script: &Item) -> bool {
        let start = script.time.saturating_sub_unsigned(script.us).saturating_sub(1_000_000);
        let of = |client: u32| (client != NONE).then(|| self.clients.get(client));
        (start..=script.time).contains(&item.time)
            && !self.is_script(item)
            && (item.client == script.client || of(item.client).is_some_and(|held| NOBODY.contains(&held)))
    }
}
