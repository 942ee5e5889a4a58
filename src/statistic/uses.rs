//! Which clients use which database: who loses something when it is emptied.

use super::calls::address;
use super::clients::{ClientIndex, Clients, INHERITED};
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
    input: u32,
    database: u64,
    calls: u64,
    all: u64,
}

impl Use {
    fn is(&self, other: &Use) -> bool {
        (self.input, self.database) == (other.input, other.database)
    }
}

/// Calls by client, input and database: another input may be another server.
#[derive(Clone, Debug, Default)]
pub struct Uses {
    /// By the client's number; a client's first database first.
    clients: Vec<Vec<Use>>,
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
        self.add(row.client(), Use { input, database: row.database(), calls, all: row.calls });
    }

    fn add(&mut self, client: ClientIndex, seen: Use) {
        let at = client as usize;
        if at >= self.clients.len() {
            self.clients.resize(at + 1, Vec::new());
        }
        let Some(uses) = self.clients.get_mut(at) else { return };
        if let Some(held) = uses.iter_mut().rev().find(|held| held.is(&seen)) {
            held.calls += seen.calls;
            held.all += seen.all;
        } else if uses.len() < MOST || seen.database == OTHERS {
            uses.push(seen);
        } else {
            self.add(client, Use { input: 0, database: OTHERS, ..seen });
        }
    }

    /// Appends what follows.
    pub fn merge(&mut self, later: Uses, numbers: &[ClientIndex]) {
        for (uses, client) in later.clients.into_iter().zip(numbers) {
            uses.into_iter().for_each(|seen| self.add(*client, seen));
        }
    }

    /// Whether a client called in an input, or so it may be.
    pub fn is_in(&self, client: ClientIndex, input: u32) -> bool {
        let uses = self.clients.get(client as usize).into_iter().flatten();
        uses.rev().any(|held| held.input == input || held.database == OTHERS)
    }

    /// The rows, in the order in which clients and their databases were first seen.
    pub fn finish(&self, clients: &Clients) -> Vec<UseRow> {
        let numbered = (INHERITED..).zip(&self.clients);
        let rows = numbered.flat_map(|(client, uses)| {
            uses.iter().map(move |held| UseRow {
                client: address(clients, client),
                input: held.input,
                database: held.database,
                calls: held.calls,
                all: held.all,
            })
        });
        rows.collect()
    }
}
