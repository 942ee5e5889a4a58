//! When two entries are one.
//!
//! Equal id, time, duration, arguments, client and name: one entry, seen twice. The same id with anything
//! else different is another server's, or another run's after a restart. Where the form has no id
//! (ElastiCache's text) entries are never taken for one.
//!
//! Raw output parts arguments by line ends and redis-py by spaces, so both count as the same here: the
//! forms of one slow log, read together, are one slow log.

use std::collections::HashSet;
use std::hash::BuildHasher;

use foldhash::fast::FixedState;

use crate::event::Slow;

/// Any fixed numbers do: the binary expansion of the golden ratio.
const SEEDS: [u64; 2] = [0x9e37_79b9_7f4a_7c15, 0xf39c_c060_5ced_c834];

/// Buffers for telling who an entry is.
#[derive(Clone, Debug, Default)]
pub struct Identity {
    text: Vec<u8>,
    scratch: Vec<u8>,
}

impl Identity {
    /// 128 bits that different entries do not share: of a thousand million entries two would by a chance of
    /// one in 10^20.
    pub fn of(&mut self, entry: &Slow<'_>, input: u32) -> u128 {
        let Identity { text, scratch } = self;
        text.clear();
        text.extend_from_slice(&entry.time.to_le_bytes());
        text.extend_from_slice(&entry.us.to_le_bytes());
        match entry.id {
            Some(id) => text.extend_from_slice(&id.to_le_bytes()),
            None => {
                text.extend_from_slice(&entry.place.offset.to_le_bytes());
                text.extend_from_slice(&input.to_le_bytes());
            }
        }
        for field in [entry.client, entry.name] {
            text.push(u8::from(field.is_some()));
            text.extend_from_slice(field.unwrap_or_default());
            text.push(0);
        }
        for argument in entry.args.iter() {
            text.push(b' ');
            let bytes = argument.bytes(scratch).iter();
            text.extend(bytes.map(|byte| if *byte == b'\n' { b' ' } else { *byte }));
        }
        let [one, other] = SEEDS.map(|seed| FixedState::with_seed(seed).hash_one(text.as_slice()));
        u128::from(one) << 64 | u128::from(other)
    }
}

/// Identities that were met, in the order of their coming.
#[derive(Debug, Default)]
pub struct Seen {
    present: HashSet<u128, FixedState>,
    before: HashSet<u128, FixedState>,
}

impl Seen {
    /// Whether it was met before; it is from now on. Of a very long row of different ones the last
    /// [`MOST`](super::MOST) to twice as many are known, which takes some 100 MB.
    pub fn meet(&mut self, identity: u128) -> bool {
        if self.present.contains(&identity) || self.before.contains(&identity) {
            return true;
        }
        if self.present.len() >= super::MOST {
            self.before = std::mem::take(&mut self.present);
        }
        self.present.insert(identity);
        false
    }
}
