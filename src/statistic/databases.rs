//! Calls by database.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::share;
use super::tally::Row;
use super::uses::NAMESPACES;
use crate::report::{Bytes, DatabaseRow, Rows};

/// Databases with the lowest numbers are counted in place: they are nearly all there are.
const LOW: usize = 16;

/// Calls by database.
#[derive(Clone, Debug, Default)]
pub struct Databases {
    low: [u64; LOW],
    others: BTreeMap<Vec<u8>, u64>,
}

impl Databases {
    /// Counts the calls of a row in a database that has a number.
    pub fn count(&mut self, row: &Row) {
        if row.database() < NAMESPACES {
            match self.low.get_mut(row.database() as usize) {
                Some(calls) => *calls += row.calls,
                None => self.add(row.database().to_string().as_bytes(), row.calls),
            }
        }
    }

    /// Counts a call in a namespace.
    #[inline(never)]
    pub fn call(&mut self, namespace: &[u8]) {
        self.add(namespace, 1);
    }

    fn add(&mut self, name: &[u8], calls: u64) {
        match self.others.get_mut(name) {
            Some(count) => *count += calls,
            None => {
                self.others.insert(name.to_vec(), calls);
            }
        }
    }

    /// Appends what follows.
    pub fn merge(&mut self, later: &Databases) {
        self.low.iter_mut().zip(&later.low).for_each(|(mine, calls)| *mine += calls);
        later.others.iter().for_each(|(name, calls)| self.add(name, *calls));
    }

    /// The report's table.
    pub fn finish(&self, total: u64) -> Rows<DatabaseRow> {
        let low =
            self.low.iter().enumerate().map(|(number, calls)| (number.to_string().into_bytes(), *calls));
        let others = self.others.iter().map(|(name, calls)| (name.clone(), *calls));
        let mut rows: Vec<_> = low
            .chain(others)
            .filter(|(_, calls)| *calls > 0)
            .map(|(db, calls)| DatabaseRow { db: Bytes::from(db), calls, share: share(calls, total) })
            .collect();
        rows.sort_by(|a, b| (Reverse(a.calls), &a.db).cmp(&(Reverse(b.calls), &b.db)));
        Rows { rows }
    }
}
