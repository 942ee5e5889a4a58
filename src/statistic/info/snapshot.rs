//! One dump: every field in its place.

use std::cmp::Reverse;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};

use crate::event::InfoDump;
use crate::output::notation::Time;
use crate::report::Bytes;
use crate::report::info::{
    Fields, InfoCommand, InfoDatabase, InfoError, InfoLatency, InfoReplica, InfoServer, InfoSnapshot, Other,
};

/// Products by the field that holds their own version. Redis comes last, because the others print its
/// field too, for the sake of clients. Sources: Valkey's `src/server.c`, Dragonfly's `server_family.cc`,
/// Kvrocks's `server.cc`; of the others what clients look for.
const PRODUCTS: [(&[u8], &[u8]); 7] = [
    (b"valkey_version", b"valkey"),
    (b"dragonfly_version", b"dragonfly"),
    (b"kvrocks_version", b"kvrocks"),
    (b"garnet_version", b"garnet"),
    (b"pika_version", b"pika"),
    (b"keydb_version", b"keydb"),
    (b"redis_version", b"redis"),
];

/// Puts every field of a dump in its place. The path is not known here; the line counts from 1.
pub(super) fn read(dump: &InfoDump<'_>) -> InfoSnapshot {
    let mut snapshot = InfoSnapshot {
        byte_offset: dump.place.offset,
        line: dump.place.line + 1,
        time: dump.when().map(Time),
        server_clock: dump.server_time().is_some(),
        ..InfoSnapshot::default()
    };
    let mut rest = Rest::default();
    for (_, key, value) in dump.fields {
        if !take(&mut snapshot, key, value) {
            rest.keep(key, value);
        }
    }
    snapshot.other = rest.fields;
    name(&mut snapshot.server, dump);
    snapshot.role = snapshot.replication.role.clone();
    let stats = &mut snapshot.stats;
    stats.hit_rate = hit_rate(stats.keyspace_hits, stats.keyspace_misses);
    snapshot.keyspace.sort_by_key(|row| row.db);
    snapshot
        .commandstats
        .sort_by(|a, b| (Reverse(a.fields.usec), &a.command).cmp(&(Reverse(b.fields.usec), &b.command)));
    snapshot.errorstats.sort_by(|a, b| (Reverse(a.count), &a.prefix).cmp(&(Reverse(b.count), &b.prefix)));
    snapshot.latency.sort_by(|a, b| a.command.cmp(&b.command));
    snapshot
}

/// Hits by hits and misses, where there was a read.
pub(super) fn hit_rate(hits: Option<u64>, misses: Option<u64>) -> Option<f64> {
    let (hits, misses) = (hits? as f64, misses? as f64);
    Some(hits / (hits + misses)).filter(|rate| rate.is_finite())
}

/// Puts a field where it belongs; says no where there is no place for it.
fn take(into: &mut InfoSnapshot, key: &[u8], value: &[u8]) -> bool {
    let taken = into.server.take(key, value)
        || into.clients.take(key, value)
        || into.memory.take(key, value)
        || into.stats.take(key, value)
        || into.replication.take(key, value)
        || into.persistence.take(key, value)
        || into.cpu.take(key, value);
    taken || row(into, key, value).is_some()
}

/// A field that is a row of a table.
fn row(into: &mut InfoSnapshot, key: &[u8], value: &[u8]) -> Option<()> {
    let upper = |name: &[u8]| Bytes::from(name.to_ascii_uppercase());
    if let Some(name) = key.strip_prefix(b"cmdstat_") {
        let (fields, other) = parts(value)?;
        into.commandstats.push(InfoCommand { command: upper(name), fields, other });
    } else if let Some(prefix) = key.strip_prefix(b"errorstat_") {
        let count = value.strip_prefix(b"count=").and_then(number)?;
        into.errorstats.push(InfoError { prefix: Bytes::from(prefix), count });
    } else if let Some(name) = key.strip_prefix(b"latency_percentiles_usec_") {
        let percentiles: Option<BTreeMap<_, _>> = split(value)
            .map(|(part, text)| {
                let value: f64 = std::str::from_utf8(text?).ok()?.parse().ok()?;
                value.is_finite().then(|| (Bytes::from(part), value))
            })
            .collect();
        let percentiles = percentiles.filter(|all| !all.contains_key(&Bytes::from(&b"command"[..])))?;
        into.latency.push(InfoLatency { command: upper(name), percentiles });
    } else if let Some(db) = key.strip_prefix(b"db").and_then(number) {
        let (fields, other) = parts(value)?;
        into.keyspace.push(InfoDatabase { db, fields, other });
    } else {
        key.strip_prefix(b"slave").and_then(number)?;
        let (fields, other) = parts(value)?;
        into.replicas.push(InfoReplica { fields, other });
    }
    Some(())
}

/// A row of `name=text,…`; `None` where a part has no name, or none is known.
fn parts<F: Fields + PartialEq>(value: &[u8]) -> Option<(F, Other)> {
    let (mut fields, mut rest) = (F::default(), Rest::default());
    for (part, text) in split(value) {
        if !fields.take(part, text?) {
            rest.keep(part, text?);
        }
    }
    (fields != F::default()).then_some((fields, rest.fields))
}

/// The parts of a value: name and text, no text where a part is no pair.
pub fn split(value: &[u8]) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
    value.split(|byte| *byte == b',').map(|part| match memchr::memchr(b'=', part) {
        Some(at) => (part.get(..at).unwrap_or_default(), part.get(at + 1..)),
        None => (part, None),
    })
}

fn number(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok().filter(|text| text.bytes().all(|b| b.is_ascii_digit()))?.parse().ok()
}

/// Fields that have no place of their own.
#[derive(Default)]
struct Rest {
    fields: Other,
    /// How often a name was seen.
    times: HashMap<Vec<u8>, u64>,
}

impl Rest {
    /// Keeps a field as text, under its own name or the next one that is free.
    fn keep(&mut self, key: &[u8], value: &[u8]) {
        let times = self.times.entry(key.to_vec()).or_default();
        loop {
            *times += 1;
            let name = match *times {
                1 => Bytes::from(key),
                times => Bytes::from([key, b"#", times.to_string().as_bytes()].concat()),
            };
            if let Entry::Vacant(free) = self.fields.entry(name) {
                free.insert(Bytes::from(value));
                return;
            }
        }
    }
}

/// Which product it is.
fn name(server: &mut InfoServer, dump: &InfoDump<'_>) {
    let found = PRODUCTS.iter().find_map(|(field, name)| Some((dump.get(field)?, *name)));
    let Some((version, mut name)) = found else { return };
    // KeyDB prints its version as Redis's, and what only it has.
    let keydb = dump.get(b"mvcc_depth").is_some()
        || dump.get(b"executable").is_some_and(|path| path.ends_with(b"keydb-server"));
    if name == b"redis" {
        name = match dump.get(b"server_name") {
            Some(own) if !own.is_empty() => own,
            _ if keydb => b"keydb",
            _ => name,
        };
    }
    server.name = Some(Bytes::from(name));
    server.version = Some(Bytes::from(version));
}
