//! Who made the slow calls of each command, without those that ran within a script's.

use std::cmp::Reverse;

use super::held::{Item, Maker};
use super::order::{Order, Places};
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
        let who = |maker: &Maker| (maker.command, maker.client, maker.name);
        let mut rows: Vec<_> = self
            .durations(who, |at| !inner.has(at))
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
        let mut before = 0;
        for held in [&self.old, &self.young] {
            let scripts: Vec<bool> = held.makers().iter().map(|maker| self.is_script(maker)).collect();
            let is_script = |(_, item): &(usize, &Item)| scripts.get(item.maker as usize) == Some(&true);
            for (mut at, script) in (before..).zip(&held.items).filter(is_script) {
                let caller = held.maker(script).client;
                let mut left = script.us;
                let mut id = script.id.get();
                while let Some(below) = id.and_then(|id| id.checked_sub(1)) {
                    let belongs = |(_, (item, maker)): &(usize, (&Item, Maker))| {
                        item.us <= left && is_at(item, script) && self.is_inner(maker, caller)
                    };
                    // A poll gives the newest first.
                    let Some((place, (item, _))) = order.with_id(below, at + 1).find(belongs) else { break };
                    inner.add(place);
                    at = place;
                    left -= item.us;
                    id = Some(below);
                }
            }
            before += held.items.len();
        }
        inner
    }

    fn is_script(&self, maker: &Maker) -> bool {
        SCRIPTS.iter().any(|name| name.as_bytes() == self.commands.name(maker.command))
    }

    /// Whether who made a call can be a script of this caller.
    fn is_inner(&self, maker: &Maker, caller: u32) -> bool {
        let of = |client: u32| (client != NONE).then(|| self.clients.get(client));
        !self.is_script(maker)
            && (maker.client == caller || of(maker.client).is_some_and(|held| NOBODY.contains(&held)))
    }
}

/// Whether a call can be of a script by its time. Times of the log are whole seconds.
fn is_at(item: &Item, script: &Item) -> bool {
    let start = script.time.saturating_sub_unsigned(script.us).saturating_sub(1_000_000);
    (start..=script.time).contains(&item.time)
}
