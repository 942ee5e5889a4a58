//! Who is who across kinds: names, users and libraries that CLIENT LIST tells, for the addresses in MONITOR and
//! slow logs.
//!
//! Ports are used again, so an address alone names nobody: the connection must have been open at that time. Where
//! two that differ fit, an address stays an address.

use std::collections::{BTreeSet, HashMap, HashSet};

use foldhash::fast::FixedState;

use crate::output::notation::Time;
use crate::report::connections::{ConnectionRow, Connections, SnapshotRow};
use crate::report::findings::Identities;
use crate::report::{Bytes, Report};
use crate::statistic::Period;

/// A row's age is in whole seconds.
const AGE_STEP: i64 = 1_000_000;

/// What is known of who a connection is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// The name it gave itself.
    pub name: Option<Bytes>,
    /// The ACL user.
    pub user: Option<Bytes>,
    /// Library and version.
    pub library: Option<Bytes>,
}

impl Identity {
    fn is_known(&self) -> bool {
        self.name.is_some() || self.user.is_some() || self.library.is_some()
    }
}

/// Connections by address, each with the time in which it was open.
#[derive(Clone, Debug, Default)]
pub struct Book {
    entries: HashMap<Bytes, Vec<(Period, Identity)>, FixedState>,
}

impl Book {
    /// What snapshots of CLIENT LIST tell.
    pub fn of(connections: &Connections) -> Book {
        let mut times: HashMap<u32, BTreeSet<Time>> = HashMap::new();
        for SnapshotRow { run, time, .. } in &connections.snapshots {
            times.entry(*run).or_default().extend(*time);
        }
        let mut book = Book::default();
        for row in &connections.rows {
            let identity = identity(row);
            // Sockets of one path share their address.
            if identity.is_known()
                && row.address.0.last().is_some_and(u8::is_ascii_digit)
                && row.address.0.first() != Some(&b'/')
            {
                let open = open(row, times.get(&row.run));
                book.entries.entry(row.address.clone()).or_default().push((open, identity));
            }
        }
        book
    }

    /// Whether it tells nothing of anybody.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Who used an address in a period, where that is certain.
    pub fn find(&self, address: &[u8], period: Period) -> Option<&Identity> {
        let entries = self.entries.get(&Bytes::from(address))?;
        let mut fits = entries
            .iter()
            .filter(|(open, _)| open.first <= period.last && period.first <= open.last)
            .map(|(_, identity)| identity);
        let first = fits.next()?;
        fits.all(|other| other == first).then_some(first)
    }
}

fn identity(row: &ConnectionRow) -> Identity {
    let told = |value: &Option<Bytes>| value.clone().filter(|value| !value.0.is_empty());
    Identity { name: told(&row.name), user: told(&row.user), library: told(&row.library) }
}

/// From when it connected until the snapshot that it is missing from; without a clock any time.
fn open(row: &ConnectionRow, snapshots: Option<&BTreeSet<Time>>) -> Period {
    let before = |time: Time| snapshots.and_then(|times| times.range(..time).next_back().copied());
    let behind = |time: Time| {
        snapshots.and_then(|times| times.range(Time(time.0.saturating_add(1))..).next().copied())
    };
    let created = row.created.map(|created| created.0.saturating_sub(AGE_STEP));
    let first = created.or_else(|| row.first.and_then(before).map(|time| time.0)).unwrap_or(i64::MIN);
    let last = row.last.and_then(behind).map_or(i64::MAX, |time| time.0);
    Period { first, last }
}

/// Gives names to the slow log's addresses: from CLIENT LIST, else from what a client says of itself in MONITOR
/// while it calls.
pub fn name_slow(report: &mut Report, book: &Book) {
    let monitor: HashMap<&Bytes, (&Bytes, Period)> = report
        .clients
        .rows
        .iter()
        .filter_map(|row| {
            let open = Period {
                first: row.first.0.saturating_sub(AGE_STEP),
                last: row.last.0.saturating_add(AGE_STEP),
            };
            Some((&row.client, (row.name.as_ref()?, open)))
        })
        .collect();
    let name = |address: &Bytes, period: Period| {
        let told = book.find(&address.0, period).and_then(|identity| identity.name.clone());
        told.or_else(|| {
            let (name, open) = monitor.get(address)?;
            (open.first <= period.last && period.first <= open.last).then(|| (*name).clone())
        })
    };
    let empty = |name: &Option<Bytes>| name.as_ref().is_none_or(|name| name.0.is_empty());
    let mut names: HashMap<Bytes, HashSet<Bytes>> = HashMap::new();
    for row in report.slowlog.slowest.iter_mut().chain(&mut report.slowlog.examples) {
        let entry = &mut row.entry;
        let Some(address) = &entry.client else { continue };
        // The log's clock is in whole seconds.
        let at = Period { first: entry.time.0, last: entry.time.0.saturating_add(AGE_STEP) };
        if empty(&entry.name) {
            entry.name = name(address, at).or(entry.name.take());
        }
        names
            .entry(address.clone())
            .or_default()
            .extend(entry.name.clone().filter(|name| !name.0.is_empty()));
    }
    // All of its entries that are shown are of one.
    let only = |address: &Bytes| {
        let names = names.get(address).filter(|names| names.len() == 1)?;
        names.iter().next().cloned()
    };
    for row in report.slowlog.clients.iter_mut().filter(|row| empty(&row.name)) {
        row.name = only(&row.client).or(row.name.take());
    }
    for row in report.slowlog.callers.iter_mut().filter(|row| empty(&row.name)) {
        row.name = row.client.as_ref().and_then(only).or(row.name.take());
    }
}

/// How many addresses are known by more than their number.
pub fn identities(report: &Report, book: &Book) -> Identities {
    let mut known: HashMap<&Bytes, bool> = HashMap::new();
    for row in report.clients.rows.iter().filter(|row| row.kind == "tcp") {
        *known.entry(&row.client).or_default() |=
            row.name.is_some() || row.user.is_some() || row.library.is_some();
    }
    for row in &report.slowlog.clients {
        *known.entry(&row.client).or_default() |= row.name.as_ref().is_some_and(|name| !name.0.is_empty());
    }
    let addresses = known.len() as u64;
    let known = known.values().filter(|known| **known).count() as u64;
    Identities { addresses, known, unmatched: if book.is_empty() { 0 } else { addresses - known } }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(address: &str, name: &str, created: Option<i64>, seen: Option<(i64, i64)>) -> ConnectionRow {
        ConnectionRow {
            address: Bytes::from(address.as_bytes()),
            name: Some(Bytes::from(name.as_bytes())),
            created: created.map(|second| Time(second * 1_000_000)),
            first: seen.map(|(first, _)| Time(first * 1_000_000)),
            last: seen.map(|(_, last)| Time(last * 1_000_000)),
            ..ConnectionRow::default()
        }
    }

    fn book(rows: Vec<ConnectionRow>) -> Book {
        let snapshot = |second: i64| SnapshotRow {
            time: Some(Time(second * 1_000_000)),
            elapsed_seconds: None,
            path: Bytes::default(),
            byte_offset: 0,
            line: 1,
            run: 0,
            server: 0,
            restarted: false,
            total: 0,
            by_type: Default::default(),
            blocked: 0,
            monitors: 0,
            in_transaction: 0,
            idle_over_1h: 0,
            unnamed: None,
            output_buffer_bytes: None,
            query_buffer_bytes: None,
            memory_bytes: None,
        };
        let snapshots = [100, 160, 220].map(snapshot).to_vec();
        Book::of(&Connections { snapshots, rows, ..Connections::default() })
    }

    #[test]
    fn an_address_is_told_by_who_had_it_then() {
        let book = book(vec![
            row("h:1", "a", Some(50), Some((100, 100))),
            row("h:1", "b", Some(170), Some((220, 220))),
            row("h:2", "c", None, None),
            row("h:3", "", Some(50), Some((100, 220))),
            row("/tmp/s:0", "d", Some(50), Some((100, 220))),
            row("h:4", "e", None, Some((160, 160))),
        ]);
        let find = |address: &str, first: i64, last: i64| {
            let period = Period { first: first * 1_000_000, last: last * 1_000_000 };
            book.find(address.as_bytes(), period).and_then(|found| found.name.as_ref()).map(Bytes::text)
        };
        for (address, first, last, name) in [
            ("h:1", 60, 70, Some("a")),
            ("h:1", 48, 49, Some("a")),
            ("h:1", 0, 40, None),
            // Gone by the snapshot at 160, and the next one came at 170.
            ("h:1", 161, 168, None),
            ("h:1", 180, 500, Some("b")),
            ("h:1", 90, 200, None),
            ("h:2", 0, 999, Some("c")),
            ("h:3", 100, 120, None),
            ("/tmp/s:0", 100, 120, None),
            // No age: between the snapshots around its only sighting.
            ("h:4", 120, 130, Some("e")),
            ("h:4", 20, 90, None),
            ("h:9", 100, 120, None),
        ] {
            assert_eq!(find(address, first, last).as_deref(), name, "{address} {first}–{last}");
        }
    }
}
