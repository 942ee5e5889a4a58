//! What each client does by each command while a block is read: a call is counted once, and what single statistics
//! make of it is added up at the block's end.

use hashbrown::HashTable;

use super::clients::ClientIndex;
use super::commands::CommandIndex;
use super::uses::database;
use super::{Call, Period};
use crate::intern::SPREAD;

/// What one client does by one command in one database, itself or in scripts.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    who: Who,
    /// How many.
    pub calls: u64,
    /// References to keys.
    pub keys: u64,
    /// Decoded bytes of the arguments after the name.
    pub payload: u64,
    /// When.
    pub period: Period,
}

/// What tells rows apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Who {
    /// The number of the client, that of the command, and whether a script called.
    caller: u64,
    /// As [`database`].
    database: u64,
}

impl Who {
    #[inline]
    fn of(call: &Call<'_>) -> Who {
        // There are far fewer than 2³¹ commands.
        let caller = u64::from(call.client) << 32 | u64::from(call.command) << 1 | u64::from(call.in_script);
        Who { caller, database: database(call.record.database) }
    }

    #[inline]
    fn hash(self) -> u64 {
        (self.caller ^ self.database.rotate_left(20)).wrapping_mul(SPREAD)
    }
}

impl Row {
    /// The number of the client.
    pub fn client(&self) -> ClientIndex {
        (self.who.caller >> 32) as u32
    }

    /// The number of the command.
    pub fn command(&self) -> CommandIndex {
        self.who.caller as u32 >> 1
    }

    /// How many of the calls scripts made: all or none.
    pub fn in_scripts(&self) -> u64 {
        self.calls * (self.who.caller & 1)
    }

    /// As [`database`].
    pub fn database(&self) -> u64 {
        self.who.database
    }
}

/// Rows that are found by one look.
const RECENT: usize = 1024;

/// The rows of a block, in order of first appearance.
#[derive(Clone, Debug)]
pub struct Tally {
    rows: Vec<Row>,
    table: HashTable<u32>,
    recent: Box<[u32; RECENT]>,
}

impl Default for Tally {
    fn default() -> Self {
        Tally { rows: Vec::new(), table: HashTable::new(), recent: Box::new([0; RECENT]) }
    }
}

impl Tally {
    /// Counts a call.
    #[inline]
    pub fn observe(&mut self, call: &Call<'_>) {
        let who = Who::of(call);
        let slot = (who.hash() >> (64 - RECENT.ilog2())) as usize;
        let recent = self.recent.get(slot).copied().unwrap_or_default();
        let at = match self.rows.get(recent as usize) {
            Some(row) if row.who == who => recent,
            _ => self.find(who, slot),
        };
        if let Some(row) = self.rows.get_mut(at as usize) {
            row.calls += 1;
            row.keys += call.keys.len() as u64;
            row.payload += call.payload;
            row.period.add(call.record.time);
        }
    }

    /// The number of a row, which is made where there is none.
    #[inline(never)]
    fn find(&mut self, who: Who, slot: usize) -> u32 {
        let rows = &self.rows;
        let of = |at: &u32| rows.get(*at as usize).map(|row| row.who);
        let at = match self.table.find(who.hash(), |at| of(at) == Some(who)) {
            Some(at) => *at,
            None => {
                // A block has fewer than 2³² calls.
                let at = rows.len() as u32;
                self.table.insert_unique(who.hash(), at, |at| of(at).map_or(0, Who::hash));
                self.rows.push(Row { who, calls: 0, keys: 0, payload: 0, period: Period::default() });
                at
            }
        };
        if let Some(recent) = self.recent.get_mut(slot) {
            *recent = at;
        }
        at
    }

    /// The rows.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }
}
