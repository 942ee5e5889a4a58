//! What connections share, by name, host, user and library: how many there are in each snapshot.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::held::{Group, NO_GROUP, Position, Sight, Timed};
use super::row::{NO_TEXT, Row};
use crate::format::client_list::field::Field;
use crate::intern::{Interner, hash, same};
use crate::statistic::clients::Address;

/// Groups that are kept. About 40 MB.
pub const MOST: usize = 262_144;

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Groups {
    keys: HashMap<(u8, u32, u32), u32, FixedState>,
    all: Vec<Group>,
    /// Those of the snapshot that is being counted.
    touched: Vec<u32>,
    lost: bool,
    /// The host that was met last: clients of one come one after the other.
    host: Option<u32>,
    timed: Timed,
}

impl Groups {
    /// Every group.
    pub fn all(&self) -> &[Group] {
        &self.all
    }

    /// Whether there were more than are kept.
    pub fn lost(&self) -> bool {
        self.lost
    }

    /// For the line of least squares.
    pub fn timed(&self) -> Timed {
        self.timed
    }

    /// The groups of a row.
    pub fn of(&mut self, row: &Row, texts: &mut Interner) -> [u32; 4] {
        let library = (row.text(Field::LibName), row.text(Field::LibVer));
        // Missing and empty are both those without.
        let empty = texts.intern(hash(b""), b"");
        let told = |text: u32| if text == NO_TEXT { empty } else { text };
        let name = host(texts.get(row.text(Field::Addr)));
        let host = match self.host.filter(|held| same(texts.get(*held), name)) {
            Some(held) => held,
            None => {
                let name = name.to_vec();
                texts.intern(hash(&name), &name)
            }
        };
        self.host = Some(host);
        [
            self.group(0, (told(row.text(Field::Name)), empty)),
            self.group(1, (host, empty)),
            self.group(2, (told(row.text(Field::User)), empty)),
            self.group(3, (told(library.0), told(library.1))),
        ]
    }

    fn group(&mut self, by: u8, value: (u32, u32)) -> u32 {
        let number = u32::try_from(self.all.len()).unwrap_or(NO_GROUP);
        if self.all.len() >= MOST {
            let held = self.keys.get(&(by, value.0, value.1)).copied();
            self.lost |= held.is_none();
            return held.unwrap_or(NO_GROUP);
        }
        let held = *self.keys.entry((by, value.0, value.1)).or_insert(number);
        if held == number {
            let late = Position { order: i64::MAX, input: u32::MAX, number: u32::MAX };
            let early = Position { order: i64::MIN, input: 0, number: 0 };
            let (first, last) = ((late, 0), (early, 0));
            self.all.push(Group { by, value, present: 0, first, last, peak: 0, sums: (0, 0) });
        }
        held
    }

    /// A connection of these groups is in the snapshot.
    pub fn count(&mut self, groups: [u32; 4]) {
        for group in groups {
            if let Some(held) = self.all.get_mut(group as usize) {
                if held.present == 0 {
                    self.touched.push(group);
                }
                held.present += 1;
            }
        }
    }

    /// A snapshot ends: its groups have their counts.
    pub fn close(&mut self, sight: Sight) {
        let millis = sight.time.map(|time| {
            let base = *self.timed.base.get_or_insert(time);
            let millis = i128::from(time) / 1_000 - i128::from(base) / 1_000;
            self.timed.count += 1;
            self.timed.sums.0 += millis;
            self.timed.sums.1 += millis * millis;
            millis
        });
        for group in self.touched.drain(..) {
            let Some(group) = self.all.get_mut(group as usize) else { continue };
            let count = std::mem::take(&mut group.present);
            group.peak = group.peak.max(count);
            if sight.position <= group.first.0 {
                group.first = (sight.position, count);
            }
            if sight.position >= group.last.0 {
                group.last = (sight.position, count);
            }
            if let Some(millis) = millis {
                group.sums.0 += i128::from(count);
                group.sums.1 += i128::from(count) * millis;
            }
        }
    }
}

/// `/tmp/redis.sock:0`, `[/tmp/redis.sock:0]:0` (Valkey 9.1), `0.0.0.0:0` (Redis 2.4).
pub fn is_unix(address: &[u8]) -> bool {
    address.starts_with(b"/") || address.starts_with(b"[/") || address == b"0.0.0.0:0"
}

/// The host of an address, `unix` for sockets.
pub fn host(address: &[u8]) -> &[u8] {
    if is_unix(address) { b"unix" } else { Address::parse(address).host }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_told() {
        for (address, expected) in [
            (&b"127.0.0.1:5"[..], &b"127.0.0.1"[..]),
            (b"[::1]:5", b"::1"),
            (b"fd40::1:2:44426", b"fd40::1:2"),
            (b"/tmp/a b.sock:0", b"unix"),
            (b"[/tmp/a.sock:0]:0", b"unix"),
            (b"0.0.0.0:0", b"unix"),
            (b"", b""),
        ] {
            assert_eq!(host(address), expected);
        }
    }
}
