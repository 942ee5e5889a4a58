//! Which clients use which database: who loses something when it is emptied.

use super::calls::address;
use super::clients::{ClientIndex, Clients};
use super::manner::manner;
use super::tally::Row;
use crate::event::Database;
use crate::intern::hash;
use crate::report::Bytes;

/// Databases and inputs told apart per client: Redis has 16 databases unless it is told otherwise. Later ones count
/// as [`OTHERS`].
const MOST: usize = 1024;

/// The databases past [`MOST`].
const OTHERS: u64 = u64::MAX;

/// From here on the number of a database is no number but a namespace, or several databases together.
pub const NAMESPACES: u64 = 1 << 63;

/// A database as a number: Redis's own, or for Kvrocks' namespaces a hash above all of those.
pub fn database(database: Database<'_>) -> u64 {
    match database {
        Database::Number(number) => u64::from(number),
        Database::Namespace(name) => hash(name) | NAMESPACES,
    }
}

#[derive(Clone, Copy, Debug)]
struct Use {
    client: ClientIndex,
    input: u32,
    database: u64,
    calls: u64,
    all: u64,
    /// The client's row before this one.
    before: usize,
}

/// No row's number.
const NONE: usize = usize::MAX;

/// Calls by client, input and database: another input may be another server.
#[derive(Clone, Debug, Default)]
pub struct Uses {
    /// In order of first appearance.
    rows: Vec<Use>,
    /// By client, its last row.
    last: Vec<usize>,
}

/// Calls of one client in one database.
#[derive(Clone, Debug)]
pub struct UseRow {
    /// The client's address.
    pub client: Bytes,
    /// The number of the input.
    pub input: u32,
    /// As [`database`].
    pub database: u64,
    /// Those that read, change or remove data; FLUSHALL and FLUSHDB do not count.
    pub calls: u64,
    /// All, with these.
    pub all: u64,
}

impl Uses {
    /// Counts the calls of a row of the input numbered `input`.
    pub fn count(&mut self, row: &Row, input: u32) {
        let calls = if manner(row.command()).uses_data { row.calls } else { 0 };
        let (client, database) = (row.client(), row.database());
        self.add(Use { client, input, database, calls, all: row.calls, before: NONE });
    }

    fn add(&mut self, seen: Use) {
        let at = seen.client as usize;
        if at >= self.last.len() {
            self.last.resize(at + 1, NONE);
        }
        let Some(last) = self.last.get_mut(at) else { return };
        let (mut row, mut held) = (*last, 0);
        while let Some(mine) = self.rows.get_mut(row) {
            if (mine.input, mine.database) == (seen.input, seen.database) {
                mine.calls += seen.calls;
                mine.all += seen.all;
                return;
            }
            (row, held) = (mine.before, held + 1);
        }
        if held < MOST || seen.database == OTHERS {
            self.rows.push(Use { before: *last, ..seen });
            *last = self.rows.len() - 1;
        } else {
            self.add(Use { input: 0, database: OTHERS, ..seen });
        }
    }

    /// Appends what follows.
    pub fn merge(&mut self, later: Uses, numbers: &[ClientIndex]) {
        for seen in later.rows {
            if let Some(client) = numbers.get(seen.client as usize) {
                self.add(Use { client: *client, ..seen });
            }
        }
    }

    /// Whether a client called in an input, or so it may be.
    pub fn is_in(&self, client: ClientIndex, input: u32) -> bool {
        let mut row = self.last.get(client as usize).copied().unwrap_or(NONE);
        while let Some(held) = self.rows.get(row) {
            if held.input == input || held.database == OTHERS {
                return true;
            }
            row = held.before;
        }
        false
    }

    /// The rows, in the order in which clients and their databases were first seen.
    pub fn finish(&self, clients: &Clients) -> Vec<UseRow> {
        let mut rows = self.rows.clone();
        rows.sort_by_key(|held| held.client);
        let rows = rows.into_iter().map(|held| UseRow {
            client: address(clients, held.client),
            input: held.input,
            database: held.database,
            calls: held.calls,
            all: held.all,
        });
        rows.collect()
    }
}
