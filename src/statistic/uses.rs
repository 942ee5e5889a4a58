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
}

#[derive(Clone, Copy, Debug)]
struct Held {
    seen: Use,
    /// The client's row before this one.
    before: usize,
    /// The highest input of this row and those before it: a client that comes again in file after file has many.
    highest: u32,
}

/// The rows of one client.
#[derive(Clone, Copy, Debug)]
struct Chain {
    last: usize,
    rows: usize,
    /// The one of [`OTHERS`], which is none of these.
    others: usize,
}

/// No row's number.
const NONE: usize = usize::MAX;

/// Calls by client, input and database: another input may be another server.
#[derive(Clone, Debug, Default)]
pub struct Uses {
    /// In order of first appearance.
    rows: Vec<Held>,
    /// By client.
    chains: Vec<Chain>,
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
        self.add(Use { client, input, database, calls, all: row.calls });
    }

    fn add(&mut self, seen: Use) {
        let at = seen.client as usize;
        if at >= self.chains.len() {
            self.chains.resize(at + 1, Chain { last: NONE, rows: 0, others: NONE });
        }
        let Some(chain) = self.chains.get(at).copied() else { return };
        let is_other = seen.database == OTHERS;
        let found = if is_other {
            Some(chain.others)
        } else {
            let is_same =
                |row: &usize| self.rows.get(*row).is_some_and(|row| row.seen.database == seen.database);
            self.of(seen.client, seen.input).find(is_same)
        };
        if let Some(mine) = found.and_then(|row| self.rows.get_mut(row)) {
            mine.seen.calls += seen.calls;
            mine.seen.all += seen.all;
        } else if is_other {
            self.push(seen, Chain { others: self.rows.len(), ..chain }, NONE);
        } else if chain.rows < MOST {
            self.push(seen, Chain { last: self.rows.len(), rows: chain.rows + 1, ..chain }, chain.last);
        } else {
            self.add(Use { input: 0, database: OTHERS, ..seen });
        }
    }

    fn push(&mut self, seen: Use, chain: Chain, before: usize) {
        let highest = self.rows.get(before).map_or(0, |row| row.highest).max(seen.input);
        self.rows.push(Held { seen, before, highest });
        if let Some(mine) = self.chains.get_mut(seen.client as usize) {
            *mine = chain;
        }
    }

    /// The client's rows of an input, the last one first.
    fn of(&self, client: ClientIndex, input: u32) -> impl Iterator<Item = usize> + '_ {
        let mut next = self.chains.get(client as usize).map_or(NONE, |chain| chain.last);
        let rows = std::iter::from_fn(move || {
            let row = self.rows.get(next).filter(|row| row.highest >= input)?;
            Some((std::mem::replace(&mut next, row.before), row.seen.input))
        });
        rows.filter(move |(_, held)| *held == input).map(|(row, _)| row)
    }

    /// Appends what follows.
    pub fn merge(&mut self, later: Uses, numbers: &[ClientIndex]) {
        for Held { seen, .. } in later.rows {
            if let Some(client) = numbers.get(seen.client as usize) {
                self.add(Use { client: *client, ..seen });
            }
        }
    }

    /// Whether a client called in an input, or so it may be.
    pub fn is_in(&self, client: ClientIndex, input: u32) -> bool {
        self.of(client, input).next().is_some()
            || self.chains.get(client as usize).is_some_and(|chain| chain.others != NONE)
    }

    /// The rows, in the order in which clients and their databases were first seen.
    pub fn finish(&self, clients: &Clients) -> Vec<UseRow> {
        let mut rows: Vec<_> = self.rows.iter().map(|row| row.seen).collect();
        rows.sort_by_key(|seen| seen.client);
        let rows = rows.into_iter().map(|seen| UseRow {
            client: address(clients, seen.client),
            input: seen.input,
            database: seen.database,
            calls: seen.calls,
            all: seen.all,
        });
        rows.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(client: ClientIndex, input: u32, database: u64) -> Use {
        Use { client, input, database, calls: 1, all: 2 }
    }

    #[test]
    fn rows_are_those_of_client_input_and_database() {
        let mut uses = Uses::default();
        // Whatever the order of the inputs.
        for (input, database) in [(3, 0), (1, 0), (3, 5), (2, 0), (1, 0), (3, 0), (7, 0)] {
            uses.add(seen(1, input, database));
        }
        uses.add(seen(2, 4, 0));
        let rows: Vec<_> =
            uses.rows.iter().map(|row| (row.seen.input, row.seen.database, row.seen.calls)).collect();
        assert_eq!(rows, [(3, 0, 2), (1, 0, 2), (3, 5, 1), (2, 0, 1), (7, 0, 1), (4, 0, 1)]);
        for (input, is_in) in [(0, false), (1, true), (2, true), (3, true), (4, false), (7, true), (8, false)]
        {
            assert_eq!(uses.is_in(1, input), is_in, "{input}");
        }
        assert!(!uses.is_in(3, 1));
    }

    #[test]
    fn what_is_past_the_bound_counts_together() {
        let mut uses = Uses::default();
        let most = MOST as u32;
        (0..most + 3).for_each(|input| uses.add(seen(0, input, 0)));
        uses.add(seen(0, 5, 0));
        let mut both = Uses::default();
        both.merge(uses, &[1]);
        both.add(seen(1, most + 9, 0));
        let [.., last, others] = both.rows.as_slice() else { panic!("{:?}", both.rows.len()) };
        assert_eq!((last.seen.input, both.rows.len()), (most - 1, MOST + 1));
        assert_eq!((others.seen.database, others.seen.calls, others.seen.all), (OTHERS, 4, 8));
        assert_eq!(both.rows.get(5).map(|row| row.seen.calls), Some(2));
        assert!(both.is_in(1, most + 77), "it may be");
    }
}
