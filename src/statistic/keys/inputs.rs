//! Keys that take a large part of the uses of one input: another input may be of another server, whose calls would hide
//! them.
//!
//! Each key knows its uses in the last input that had it. Which keys are worth a look is told by blocks: a key with a
//! part of an input's uses has as large a part in one of its blocks.

use std::collections::BTreeMap;

use super::{Key, Keys, Origin};
use crate::intern::hash;
use crate::report::{Bytes, HotKeyRow};
use crate::statistic::clients::ClientIndex;
use crate::statistic::share;
use crate::statistic::spot::Spot;

/// The part of the uses, one in so many, from which on a key is looked at.
const PART: u64 = 100;

/// Keys of the present input that are looked at, before those go that do not have that part so far.
const MOST: usize = if cfg!(test) { 8 } else { 4_096 };

/// A key that takes much of one input.
#[derive(Clone, Debug)]
pub struct HotThere {
    /// The number of the input.
    pub input: u32,
    /// Its calls, share, clients and call are those of this input.
    pub row: HotKeyRow,
    /// Whether there may be fewer clients: a key that other inputs had before knows its clients of all of them, and one
    /// of those that are in this input too may have used it elsewhere alone.
    pub clients_at_most: bool,
}

/// Whether a part is large enough.
pub(super) fn is_much(calls: u64, uses: u64) -> bool {
    calls.saturating_mul(PART) >= uses
}

/// Of an input that ended.
#[derive(Clone, Debug)]
struct Ended {
    key: Box<[u8]>,
    calls: u64,
    share: f64,
    clients: u64,
    at_most: bool,
    spot: Spot,
}

/// What is looked at.
#[derive(Clone, Debug, Default)]
pub(super) struct Inputs {
    /// Uses of keys in the present input.
    uses: u64,
    /// Its keys, each with a call.
    keys: BTreeMap<Box<[u8]>, Spot>,
    /// Those of the inputs before.
    ended: Vec<Ended>,
}

impl Keys {
    /// Looks at these keys, which have a large part of the `uses` that were just appended to the present input.
    pub(super) fn look(&mut self, uses: u64, keys: &[(u32, Spot)]) {
        self.inputs.uses += uses;
        for (number, spot) in keys {
            let key = self.keys.get(*number);
            if !self.inputs.keys.contains_key(key) {
                self.inputs.keys.insert(key.into(), *spot);
            }
        }
        if self.inputs.keys.len() > MOST {
            let mut keys = std::mem::take(&mut self.inputs.keys);
            keys.retain(|key, spot| self.there(key, spot).is_some());
            self.inputs.keys = keys;
        }
    }

    /// A key of the present input, of which `spot` is, if it takes much of it.
    fn there(&self, key: &[u8], spot: &Spot) -> Option<(&Key, &Origin)> {
        let number = self.keys.find(hash(key), key)? as usize;
        let (row, origin) = (self.rows.get(number)?, self.origins.get(number)?);
        (origin.input == spot.input && is_much(origin.here.into(), self.inputs.uses)).then_some((row, origin))
    }

    /// The present input ends, and this is the run's own value, into which all parts are merged in order. `is_in` tells
    /// whether a client is in an input.
    pub fn end_input(&mut self, is_in: impl Fn(ClientIndex, u32) -> bool) {
        let keys = std::mem::take(&mut self.inputs.keys);
        for (key, spot) in keys {
            let Some((row, origin)) = self.there(&key, &spot) else { continue };
            let clients = self.sets.count(row.users, |client| is_in(client, spot.input));
            let calls = u64::from(origin.here);
            let at_most = row.most() > calls;
            let share = share(calls, self.inputs.uses);
            // The one that is shown of the whole run, where it is of this input.
            let spot = if origin.spot.input == spot.input { origin.spot } else { spot };
            self.inputs.ended.push(Ended { key, calls, share, clients, at_most, spot });
        }
        self.inputs.uses = 0;
    }

    /// Keys that take much of an input that ended; `row` makes a row of a key's number.
    pub(super) fn hot_there(&self, row: impl Fn(u32) -> Option<HotKeyRow>, paths: &[Bytes]) -> Vec<HotThere> {
        let held = self.inputs.ended.iter().filter_map(|held| {
            let row = row(self.keys.find(hash(&held.key), &held.key)?)?;
            let call = Some(held.spot.example(&held.key, paths));
            let Ended { calls, share, clients, .. } = *held;
            let row = HotKeyRow { calls, share, clients, call, ..row };
            Some(HotThere { input: held.spot.input, row, clients_at_most: held.at_most })
        });
        held.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::OpenKeys;
    use super::super::users::Users;
    use super::*;
    use crate::pattern::{Learnt, Rules};
    use crate::statistic::clients::Clients;
    use crate::statistic::manner::Class;
    use crate::statistic::spot::Near;

    /// So many reads of each key by a client.
    type Reads = Vec<(String, u32, ClientIndex)>;

    /// A block of an input.
    fn block(input: u32, reads: &Reads) -> Keys {
        let rules = Rules::default();
        let mut open = OpenKeys::new(&rules, input);
        for (key, calls, client) in reads {
            let index = open.keys.intern(hash(key.as_bytes()), key.as_bytes()) as usize;
            if index >= open.uses.len() {
                open.push(Near::default(), Users::NONE);
            }
            open.uses[index].calls[Class::Read as usize] += calls;
            open.sets.insert(&mut open.uses[index].users, *client);
        }
        open.seal()
    }

    /// Inputs, each of blocks of reads. Clients are in the inputs of their number, and 9 is in all.
    fn found(inputs: &[Vec<Reads>]) -> Vec<(u32, String, u64, String, f64)> {
        let rules = Rules::default();
        let clients: Vec<ClientIndex> = (0..10).collect();
        let mut keys = Keys::default();
        for (input, blocks) in (0..).zip(inputs) {
            for reads in blocks {
                keys.merge(block(input, reads), &clients, &rules, |_| 0);
            }
            keys.end_input(|client, input| client == input || client == 9);
        }
        let patterns = Learnt::new(&rules).finish(keys.shapes());
        let hot = keys.finish(&patterns, &Clients::default(), &BTreeMap::new(), &[]).there;
        hot.into_iter()
            .map(|HotThere { input, row, clients_at_most }| {
                let clients = format!("{}{}", if clients_at_most { "<= " } else { "" }, row.clients);
                (input, row.key.text(), row.calls, clients, (row.share * 1e4).round() / 1e4)
            })
            .collect()
    }

    fn reads(key: &str, calls: u32, client: ClientIndex) -> (String, u32, ClientIndex) {
        (key.to_owned(), calls, client)
    }

    /// Single reads of `n` other keys.
    fn others(from: u32, n: u32) -> Reads {
        (from..from + n).map(|n| reads(&format!("other:{n}"), 1, 9)).collect()
    }

    #[test]
    fn keys_are_counted_in_each_input() {
        let with = |mut more: Vec<_>, own: &[_]| {
            more.extend_from_slice(own);
            more
        };
        let first = vec![
            with(others(0, 150), &[reads("a", 30, 0), reads("both", 1, 0)]),
            with(others(0, 150), &[reads("a", 20, 9), reads("both", 49, 9)]),
        ];
        let second = vec![with(others(900, 300), &[reads("a", 2, 1), reads("both", 98, 1)])];
        assert_eq!(
            found(&[first, second]),
            [
                (0, "a".to_owned(), 50, "2".to_owned(), 0.125),
                (0, "both".to_owned(), 50, "2".to_owned(), 0.125),
                // Client 9 is there too, and may have used it.
                (1, "both".to_owned(), 98, "<= 2".to_owned(), 0.245),
            ]
        );
    }

    #[test]
    fn of_many_keys_those_stay_that_take_much() {
        // Of each block another key takes nearly all, and one takes a little.
        let blocks = (0..200).map(|n| vec![reads(&format!("once:{n}"), 98, 0), reads("steady", 2, 0)]);
        assert_eq!(found(&[blocks.collect()]), [(0, "steady".to_owned(), 400, "1".to_owned(), 0.02)]);
    }
}
