//! Calls by what clients have in common: address, name, user, library.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::clients::{Address, Clients};
use super::share;
use crate::report::{Bytes, ClientGroupRow, Rows};

/// The report's table. Names are those of the moment of each call, as far as CLIENT SETNAME and HELLO
/// SETNAME tell it; a group without value holds the calls of clients that have none.
pub fn finish(clients: &Clients, total: u64) -> Rows<ClientGroupRow> {
    let mut groups: BTreeMap<(&'static str, Vec<u8>), (u64, u64)> = BTreeMap::new();
    let mut add = |by, value: Vec<u8>, connections, calls| {
        let group = groups.entry((by, value)).or_default();
        group.0 += connections;
        group.1 += calls;
    };
    for (address, client) in clients.iter() {
        let parts = Address::parse(address);
        let ip = if parts.kind == "tcp" { parts.host.to_vec() } else { parts.kind.as_bytes().to_vec() };
        add("ip", ip, 1, client.calls);
        let mut names: Vec<(&[u8], u64)> = Vec::new();
        for (name, calls) in client.named_calls() {
            match names.iter_mut().find(|(held, _)| *held == name) {
                Some((_, count)) => *count += calls,
                None => names.push((name, calls)),
            }
        }
        for (name, calls) in names {
            add("name", name.to_vec(), 1, calls);
        }
        add("user", client.user.clone().unwrap_or_default(), 1, client.calls);
        add("library", client.library().unwrap_or_default(), 1, client.calls);
    }
    let mut rows: Vec<_> = groups
        .into_iter()
        .map(|((by, value), (connections, calls))| ClientGroupRow {
            by,
            value: Bytes::from(value),
            connections,
            calls,
            share: share(calls, total),
        })
        .collect();
    // Nothing is learnt from a grouping in which nobody said anything.
    let told: Vec<_> = rows.iter().filter(|row| !row.value.0.is_empty()).map(|row| row.by).collect();
    rows.retain(|row| told.contains(&row.by));
    rows.sort_by(|a, b| {
        (order(a.by), Reverse(a.calls), &a.value).cmp(&(order(b.by), Reverse(b.calls), &b.value))
    });
    Rows { rows }
}

fn order(by: &str) -> usize {
    ["ip", "name", "user", "library"].iter().position(|held| *held == by).unwrap_or(usize::MAX)
}
