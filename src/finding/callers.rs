//! Who uses the keys of a pattern, as far as summaries show it: examples of calls, and how many clients there are.

use std::collections::{BTreeSet, HashMap};

use super::Facts;
use super::monitor::keys;
use crate::output::number::Noun;
use crate::report::{Bytes, ClientRow, PatternRow};

/// Clients that are looked at: more in one sentence say nothing.
const MOST: usize = 4;

/// Examples that are compared with all patterns, of which a capture can hold hundreds of thousands.
const ATTEMPTS: usize = 16;

/// `1 client (importer)`, `5 clients (importer and others)`, or `5 clients` where no example shows who.
pub fn words(facts: &Facts<'_>, row: &PatternRow) -> String {
    let count = Noun("client", "clients").count(row.clients);
    let seen = seen(facts, row);
    match seen.is_empty() {
        true => count,
        false => format!("{count} ({})", keys::who(&seen, row.clients > seen.len() as u64, facts)),
    }
}

/// Addresses of clients with a call that is shown and whose key is of the pattern.
fn seen(facts: &Facts<'_>, row: &PatternRow) -> Vec<Bytes> {
    let pattern = row.pattern.text();
    let conduct = facts.conduct;
    let runs = conduct.runs.iter().map(|run| (&run.client, &run.example));
    let sightings = conduct.sightings.iter();
    let sightings = sightings.flat_map(|held| held.examples.iter().map(|example| (&held.client, example)));
    let shown = runs.chain(sightings).chain(&conduct.openings);
    // A client's call comes first in its line, and its first key behind the command.
    let fitting = shown.filter_map(|(client, example)| {
        let key = example.text.split(' ').nth(1).filter(|key| fits(&pattern, key))?;
        Some((client, key.to_owned()))
    });
    let mut seen = BTreeSet::new();
    for (client, key) in fitting.take(ATTEMPTS) {
        if facts.client(client).is_some() && !seen.contains(client) && is_only(facts, &key) {
            seen.insert(client.clone());
            if seen.len() == MOST {
                break;
            }
        }
    }
    seen.extend(row.habits.growing.iter().flat_map(|held| held.clients.iter().cloned()));
    if seen.is_empty() && row.clients == 1 {
        seen.extend(only(facts, row));
    }
    seen.into_iter().take(MOST).collect()
}

/// The one client that makes as many writing and deleting calls as the pattern got, where the pattern is one
/// client's and a single one makes that many.
fn only(facts: &Facts<'_>, row: &PatternRow) -> Option<Bytes> {
    let report = facts.report;
    if report.clients.other.is_some() {
        return None;
    }
    // A call of several keys counts for each of them: then calls bound nothing.
    let commands: HashMap<_, _> = report.commands.rows.iter().map(|row| (&row.command, row)).collect();
    let most = |client: &ClientRow, access: &str| {
        let held =
            client.commands.iter().filter_map(|held| Some((held.calls, *commands.get(&held.command)?)));
        held.filter(|(_, command)| command.access == access)
            .map(|(calls, command)| if command.keys > command.calls { u64::MAX } else { calls })
            .fold(0, u64::saturating_add)
    };
    let may_be =
        |client: &&ClientRow| most(client, "write") >= row.writes && most(client, "delete") >= row.deletes;
    let mut may_be = report.clients.rows.iter().filter(may_be);
    may_be.next().filter(|_| may_be.next().is_none()).map(|client| client.client.clone())
}

/// Whether a key may be of a pattern: a star stands for a part of one segment. A key that is shown cut off is of
/// none.
fn fits(pattern: &str, key: &str) -> bool {
    let parts = |text: &str| text.matches(':').count();
    !key.ends_with('…') && parts(pattern) == parts(key) && keys::matches(pattern, key)
}

/// Whether a key can be of one pattern only.
fn is_only(facts: &Facts<'_>, key: &str) -> bool {
    let rows = &facts.report.key_patterns.rows;
    rows.iter().filter(|row| fits(&row.pattern.text(), key)).take(2).count() == 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::notation::Time;
    use crate::report::{CommandCalls, CommandRow, Other, Report, Table};

    #[test]
    fn a_star_stands_for_a_part_of_one_segment() {
        for (pattern, key, is_fit) in [
            ("promo:*", "promo:17", true),
            ("promo:*", "promo:17:x", false),
            ("promo:*", "promo:17…", false),
            ("lock:{order:*}", "lock:{order:12}", true),
            ("promo:*:spring", "promo:4:autumn", false),
            ("promo", "promo", true),
        ] {
            assert_eq!(fits(pattern, key), is_fit, "{pattern} {key}");
        }
    }

    fn bytes(text: &str) -> Bytes {
        Bytes::from(text.as_bytes())
    }

    fn client(address: &str, commands: &[(&str, u64)]) -> ClientRow {
        let held = |(command, calls): &(&str, u64)| CommandCalls { command: bytes(command), calls: *calls };
        ClientRow {
            client: bytes(address),
            kind: "tcp",
            address: bytes(address),
            port: None,
            name: None,
            user: None,
            library: None,
            calls: 0,
            share: 0.0,
            in_scripts: 0,
            payload_bytes: 0,
            commands: commands.iter().map(held).collect(),
            first: Time(0),
            last: Time(0),
        }
    }

    fn command(name: &str, access: &'static str, calls: u64, keys: u64) -> CommandRow {
        CommandRow {
            command: bytes(name),
            calls,
            share: 0.0,
            in_scripts: 0,
            keys,
            payload_bytes: 0,
            clients: 1,
            access,
            dangerous: false,
            first: Time(0),
            last: Time(0),
        }
    }

    #[test]
    fn one_client_is_named_where_no_other_made_so_many_calls() {
        let commands = vec![
            command("SET", "write", 130, 130),
            command("MSET", "write", 1, 50),
            command("DEL", "delete", 9, 9),
            command("GET", "read", 900, 900),
        ];
        for (what, clients, writes, deletes, other, named) in [
            (
                "the only one",
                vec![client("a", &[("SET", 100)]), client("b", &[("SET", 30)])],
                100,
                0,
                false,
                "a",
            ),
            ("two may be", vec![client("a", &[("SET", 100)]), client("b", &[("SET", 30)])], 30, 0, false, ""),
            (
                "reads are no writes",
                vec![client("a", &[("SET", 9)]), client("b", &[("GET", 900)])],
                9,
                0,
                false,
                "a",
            ),
            (
                "a call of many keys",
                vec![client("a", &[("SET", 9)]), client("b", &[("MSET", 1)])],
                9,
                0,
                false,
                "",
            ),
            (
                "deletes tell too",
                vec![client("a", &[("SET", 9)]), client("b", &[("SET", 9), ("DEL", 9)])],
                9,
                9,
                false,
                "b",
            ),
            ("not all clients are held", vec![client("a", &[("SET", 100)])], 100, 0, true, ""),
        ] {
            let other = other.then_some(Other { rows: None, calls: 5 });
            let report = Report {
                commands: Table { total: 0, rows: commands.clone(), other: None },
                clients: Table { total: 0, rows: clients, other },
                ..Report::default()
            };
            let (settings, conduct) = Default::default();
            let facts = Facts::new(&report, &conduct, &settings);
            let row = PatternRow {
                pattern: bytes("promo:*"),
                calls: 0,
                share: 0.0,
                reads: 0,
                writes,
                deletes,
                distinct_keys: 1,
                distinct_is_exact: true,
                ttl_set: 0,
                ttl_missing: 0,
                payload_bytes: 0,
                clients: 1,
                samples: Vec::new(),
                habits: Default::default(),
            };
            let expected =
                if named.is_empty() { "1 client".to_owned() } else { format!("1 client ({named})") };
            assert_eq!(words(&facts, &row), expected, "{what}");
        }
    }
}
