//! Rules over client_list.

mod blocked_client;
mod closing_client;
mod connection_leak;
mod course;
mod end;
mod idle_clients;
mod maxclients_near;
mod monitor_running;
mod open_transaction;
mod query_buffer;
mod rise;
mod seen;
mod slow_consumer;
mod unnamed_connections;

use std::collections::{BTreeMap, HashMap};

use foldhash::fast::FixedState;

use super::{EVIDENCE, Facts, Rule, append_most, append_of};
use crate::output::number::{Noun, grouped};
use crate::report::Bytes;
use crate::report::connections::{ConnectionRow, SnapshotRow};
use crate::report::findings::{Evidence, Finding};
use crate::statistic::connections::host;
pub use end::End;
use end::present;
pub use slow_consumer::least_bytes as unread_bytes;

/// In the order of their weight.
pub const RULES: &[&dyn Rule] = &[
    &monitor_running::MonitorRunning,
    &slow_consumer::SlowConsumer,
    &query_buffer::QueryBuffer,
    &idle_clients::IdleClients,
    &unnamed_connections::UnnamedConnections,
    &connection_leak::ConnectionLeak,
    &blocked_client::BlockedClient,
    &open_transaction::OpenTransaction,
    &closing_client::ClosingClient,
    &maxclients_near::MaxclientsNear,
];

/// Findings of a rule: more subjects than these say nothing more.
const MOST: usize = 10;

/// Bytes of a megabyte, as buffers are shown.
const MEGABYTE: f64 = 1e6;

/// Connections that are one subject.
struct Party<'a> {
    /// The name, where they have one, else the address of the only one.
    subject: Bytes,
    rows: Vec<&'a ConnectionRow>,
}

impl Party<'_> {
    /// The first of them.
    fn evidence(&self) -> Vec<Evidence> {
        self.rows.iter().take(EVIDENCE).map(|row| evidence(row)).collect()
    }
}

/// Connections by their name, each without one for itself; in the order in which subjects first appear.
fn parties<'a>(rows: impl IntoIterator<Item = &'a ConnectionRow>) -> Vec<Party<'a>> {
    let mut parties: Vec<Party<'a>> = Vec::new();
    let mut places: HashMap<&Bytes, usize, FixedState> = HashMap::default();
    for row in rows {
        let known = row.name.as_ref().map(|name| *places.entry(name).or_insert(parties.len()));
        match known.and_then(|at| parties.get_mut(at)) {
            Some(party) => party.rows.push(row),
            None => {
                let subject = row.name.as_ref().unwrap_or(&row.address).clone();
                parties.push(Party { subject, rows: vec![row] });
            }
        }
    }
    parties
}

/// As [`append_most`], of clients.
fn append(findings: Vec<Finding>, found: &mut Vec<Finding>) {
    append_most(findings, MOST, "clients", found);
}

/// The same of the first [`MOST`] of so many clients.
fn append_first(findings: Vec<Finding>, clients: usize, found: &mut Vec<Finding>) {
    append_of(findings, clients, "clients", found);
}

/// The connection over which the snapshots were asked for: nameless, its last command is CLIENT LIST itself.
/// Before Redis 7.0 the subcommand is not printed.
fn is_capture(row: &ConnectionRow) -> bool {
    let asks = |cmd: &Bytes| matches!(cmd.0.as_slice(), b"client" | b"client|list" | b"client|info");
    row.name.is_none() && row.idle.get().unwrap_or(0) == 0 && row.cmd.as_ref().is_some_and(asks)
}

/// Whether its flags hold a letter.
fn has_flag(row: &ConnectionRow, flag: u8) -> bool {
    row.flags.as_ref().is_some_and(|flags| flags.0.contains(&flag))
}

/// An ordinary client that waits for nothing: no subscriber, replica, MONITOR, nor in a blocking command.
fn is_plain(row: &ConnectionRow) -> bool {
    row.kind == "normal" && !has_flag(row, b'b')
}

/// What connections share that says most of where they come from: a name, else the user, the library, the
/// host. The user `default` says nothing.
fn group(row: &ConnectionRow) -> (&'static str, Bytes) {
    let told = |by, value: &Option<Bytes>| value.clone().map(|value| (by, value));
    let user = row.user.clone().filter(|user| user.0 != b"default");
    told("name", &row.name)
        .or_else(|| told("user", &user))
        .or_else(|| told("library", &row.library))
        .unwrap_or_else(|| ("ip", Bytes::from(host(&row.address.0))))
}

/// Where connections are from, in words: `of importer`, `from 10.0.0.7`.
fn from_words(by: &str, value: &Bytes) -> String {
    let value = value.text();
    match by {
        "name" => format!("of {value}"),
        "user" => format!("of user {value}"),
        "library" => format!("with library {value}"),
        _ => format!("from {value}"),
    }
}

/// Connections by [`group`], the biggest group first. Names that differ by numbers only are one group.
fn groups<'a>(
    rows: impl IntoIterator<Item = &'a ConnectionRow>,
) -> Vec<((&'static str, Bytes), Vec<&'a ConnectionRow>)> {
    let mut groups: BTreeMap<_, Vec<&ConnectionRow>> = BTreeMap::new();
    for row in rows {
        let (by, value) = group(row);
        let value = if by == "name" { stem(&value) } else { value };
        groups.entry((by, value)).or_default().push(row);
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    for ((by, value), rows) in &mut groups {
        let first = rows.first().and_then(|row| row.name.as_ref());
        if let Some(name) = first.filter(|_| *by == "name")
            && rows.iter().all(|row| row.name.as_ref() == Some(name))
        {
            value.clone_from(name);
        }
    }
    // Stable: groups of a size stay in the order of their names.
    groups.sort_by_key(|(_, rows)| std::cmp::Reverse(rows.len()));
    groups
}

/// Who held most of the connections of the fullest snapshot, where it shows `least` of them or more.
pub fn crowd(facts: &Facts<'_>, least: f64) -> Option<String> {
    let connections = &facts.report.connections;
    let (row, at) = connections.snapshots.iter().zip(0..).max_by_key(|(row, _)| row.total)?;
    if (row.total as f64) < least {
        return None;
    }
    let there = connections
        .rows
        .iter()
        .filter(|held| held.first_snapshot <= Some(at) && held.last_snapshot >= Some(at));
    let most = groups(there).into_iter().next().map(|((by, value), rows)| {
        format!(", {} of them {}", grouped(rows.len() as u64), from_words(by, &value))
    });
    Some(format!(
        "CLIENT LIST: {} at once{}.",
        Noun("connection", "connections").count(row.total),
        most.unwrap_or_default()
    ))
}

/// A connection as it was last seen. Nothing in a row of CLIENT LIST is a value.
fn evidence(row: &ConnectionRow) -> Evidence {
    let mut text = String::new();
    let mut add = |key: &str, value: Option<String>| {
        if let Some(value) = value {
            let space = if text.is_empty() { "" } else { " " };
            text.push_str(&format!("{space}{key}={value}"));
        }
    };
    let words = |value: &Option<Bytes>| value.as_ref().map(Bytes::text);
    let number = |value: Option<i64>| value.map(|value| value.to_string());
    add("id", row.id.map(|id| id.to_string()));
    add("addr", Some(row.address.text()));
    add("name", words(&row.name));
    add("user", words(&row.user));
    add("age", number(row.age.get()));
    add("idle", number(row.idle.get()));
    add("flags", words(&row.flags));
    add("multi", number(row.multi.get()));
    add("qbuf", number(row.qbuf.get()));
    add("obl", number(row.obl.get()));
    add("oll", number(row.oll.get()));
    add("omem", number(row.omem.get()));
    add("cmd", words(&row.cmd));
    Evidence { path: row.path.clone(), byte_offset: row.byte_offset, line: row.line, time: row.last, text }
}

/// A snapshot as evidence; `text` says what it shows.
fn snapshot_evidence(row: &SnapshotRow, text: String) -> Evidence {
    let (path, byte_offset, line) = (row.path.clone(), row.byte_offset, row.line);
    Evidence { path, byte_offset, line, time: row.time, text }
}

/// A name without its numbers: parts that are hexadecimal with a digit in them are `*`, as are other digits.
fn stem(name: &Bytes) -> Bytes {
    let mut out = Vec::with_capacity(name.0.len());
    for part in name.0.chunk_by(|a, b| a.is_ascii_alphanumeric() == b.is_ascii_alphanumeric()) {
        let has_digit = part.iter().any(u8::is_ascii_digit);
        if has_digit && part.iter().all(u8::is_ascii_hexdigit) {
            out.push(b'*');
            continue;
        }
        for run in part.chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit()) {
            match run.first() {
                Some(first) if first.is_ascii_digit() => out.push(b'*'),
                _ => out.extend_from_slice(run),
            }
        }
    }
    Bytes::from(out)
}

/// What ends a connection. Versions without ids have only the form with the address; a socket's path is
/// every local client's address and no subject of a command.
fn kill(row: &ConnectionRow) -> Option<String> {
    if let Some(id) = row.id {
        return Some(format!("CLIENT KILL ID {id}"));
    }
    let is_address = |byte: &u8| byte.is_ascii_hexdigit() || matches!(byte, b'.' | b':' | b'[' | b']');
    let address = row.address.text();
    (host(&row.address.0) != b"unix" && !address.is_empty() && row.address.0.iter().all(is_address))
        .then(|| format!("CLIENT KILL {address}"))
}

/// Whether a name can stand in a command that is to be pasted.
fn is_safe(name: &Bytes) -> bool {
    let safe =
        |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':' | b'/' | b'@');
    !name.0.is_empty() && name.0.iter().all(safe)
}

/// Seconds that are not negative, in words.
fn seconds(seconds: i64) -> String {
    crate::output::number::duration(u64::try_from(seconds).unwrap_or(0).saturating_mul(1_000_000))
}

/// Bytes that are not negative.
fn bytes(value: Option<i64>) -> u64 {
    value.and_then(|value| u64::try_from(value).ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_names_are_one() {
        for (name, expected) in [
            ("importer", "importer"),
            ("importer-1", "importer-*"),
            ("importer-17", "importer-*"),
            ("worker12", "worker*"),
            ("api:7f3a9c01:conn", "api:*:conn"),
            ("feed-cafe", "feed-cafe"),
            ("v2.batch.2026-06-18", "v*.batch.*-*-*"),
            ("", ""),
        ] {
            assert_eq!(stem(&Bytes::from(name.as_bytes())).text(), expected, "{name}");
        }
    }
}
