//! `flush-command`: somebody empties a database.

use std::collections::{BTreeMap, BTreeSet};

use super::{CALLS, against, calls, earliest, sighted, slow, times};
use crate::finding::facts::{is_socket, subject};
use crate::finding::party::Party;
use crate::finding::{About, Facts, Rule, Threshold, confirm};
use crate::report::findings::{Finding, Severity};
use crate::report::{Bytes, ClientRow};
use crate::statistic::Period;
use crate::statistic::sightings::Sighting;
use crate::statistic::sign::Sign;

/// The rule.
pub struct FlushCommand;

const FLUSHES: Threshold = Threshold {
    name: "calls",
    value: 1.0,
    meaning: "so many calls by one client are found",
    source: "one is enough to lose everything",
};

const OTHERS: Threshold = Threshold {
    name: "others-calls",
    value: 10.0,
    meaning: "so many calls of other clients on the same data make it critical",
    source: "redtrail's own choice: fewer are somebody who looks in, not an application at work",
};

const ABOUT: About = About {
    rule: "flush-command",
    kind: "monitor",
    detects: "A client that runs FLUSHALL or FLUSHDB.",
    because: "All keys of the database (FLUSHDB) or of the server (FLUSHALL) are gone at once. What is \
              not in a snapshot or the append-only file of an earlier time cannot be brought back.",
    severity: "Critical where other clients use that data in the same capture; else a warning, as test \
               programs empty a database of their own before they begin. Nameless connections from the \
               machine of the one that flushes count as its own.",
    thresholds: &[FLUSHES, OTHERS],
    by_rate: false,
    remedy: "If this was a mistake, copy the append-only files and dump.rdb aside now, before the next save or \
             rewrite replaces them, and leave the server running: it saves when it ends. FLUSHALL itself writes an \
             empty dump.rdb where save points are set; then only the append-only files or a backup help. Later take \
             the commands away from applications: ACL SETUSER name -flushall -flushdb (Redis 6.0 and later).",
};

impl Rule for FlushCommand {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn check(&self, facts: &Facts<'_>, found: &mut Vec<Finding>) {
        let limit = facts.limit(&ABOUT, &OTHERS);
        let work = Work::new(facts);
        for party in sighted(facts, Sign::Flush) {
            let Hurt { others: hurt, alike } = work.hurt(facts, &party);
            let count = calls(&party.items);
            let least = facts.limit(&ABOUT, &FLUSHES);
            if (count as f64) < least {
                continue;
            }
            let is_all = party.items.iter().any(|row| row.what == u64::MAX);
            let what = if is_all { "every database".to_owned() } else { databases(&party) };
            let command = if is_all { "FLUSHALL" } else { "FLUSHDB" };
            let mut detail = format!("All keys of {what} were removed. ");
            detail.push_str(&match hurt {
                0 if alike == 0 => "No other client used them in this capture.".to_owned(),
                0 => "No client that is known to be another used them in this capture.".to_owned(),
                _ => format!(
                    "Other clients made {} on them in this capture (critical from {limit}).",
                    CALLS.count(hurt)
                ),
            });
            if alike > 0 {
                let from = if party.is_socket {
                    "over the same socket, whose clients the capture does not tell apart."
                } else {
                    "from other nameless connections of the same machine, which may be the same program or not."
                };
                detail.push_str(&format!(" {} came {from}", CALLS.count(alike)));
            }
            let mut period = Period::default();
            party.items.iter().for_each(|row| period.merge(row.period));
            let slowest = slow::slowest(facts, &party, &[command], period);
            found.push(Finding {
                severity: if hurt as f64 >= limit { Severity::Critical } else { Severity::Warning },
                title: format!(
                    "{} ran {command} {}: all keys of {what} are gone.",
                    party.title(),
                    times(count)
                ),
                detail,
                numbers: vec![
                    against(FLUSHES.name, count as f64, least),
                    against(OTHERS.name, hurt as f64, limit),
                ],
                evidence: slow::first(slowest, earliest(party.items.iter().flat_map(|row| &row.examples))),
                confirmed_by: slowest
                    .map(slow::confirmation)
                    .into_iter()
                    .chain(confirm::counted(facts, &Bytes::from(command.as_bytes()), 0.0))
                    .collect(),
                subject: party.subject,
                ..Finding::of(&ABOUT)
            });
        }
    }
}

/// `database 3`, `databases 0, 3`.
fn databases(party: &Party<'_, &Sighting>) -> String {
    let names = super::commands(party.items.iter().map(|row| &row.detail));
    format!("{} {names}", if names.contains(',') { "databases" } else { "database" })
}

/// The number of an input and a database in it.
type Place = (u32, u64);

/// Data calls of applications, by input and database.
#[derive(Default)]
struct Work<'a> {
    all: BTreeMap<Place, u64>,
    /// Of the nameless connections of a machine: they may be one program, as a test suite opens many.
    hosts: BTreeMap<(&'a Bytes, Place), u64>,
    /// Of the others, by name where they have one.
    clients: BTreeMap<(&'a Bytes, Place), u64>,
}

impl<'a> Work<'a> {
    fn new(facts: &Facts<'a>) -> Self {
        let mut work = Work::default();
        for held in &facts.conduct.uses {
            let Some(row) = facts.client(&held.client).filter(|row| !facts.is_tool(row)) else { continue };
            let place = (held.input, held.database);
            *work.all.entry(place).or_default() += held.calls;
            let (table, who) = match host(row) {
                Some(host) => (&mut work.hosts, host),
                None => (&mut work.clients, subject(row)),
            };
            *table.entry((who, place)).or_default() += held.calls;
        }
        work
    }

    /// Whose data the party emptied.
    fn hurt(&self, facts: &Facts<'a>, party: &Party<'a, &Sighting>) -> Hurt {
        let own: Vec<_> = party.addresses.iter().filter_map(|address| facts.client(address)).collect();
        let hosts: BTreeSet<_> = own.iter().filter_map(|row| host(row)).collect();
        let names: BTreeSet<_> =
            own.iter().filter(|row| host(row).is_none()).map(|row| subject(row)).collect();
        let is_emptied = |(input, database): Place| {
            party.items.iter().any(|row| row.input == input && (row.what == u64::MAX || row.what == database))
        };
        let emptied = self.all.iter().filter(|(place, _)| is_emptied(**place));
        let others = emptied.map(|(place, calls)| {
            let of = |table: &BTreeMap<(&Bytes, Place), u64>, who: &Bytes| {
                table.get(&(who, *place)).copied().unwrap_or_default()
            };
            let mine = hosts.iter().map(|host| of(&self.hosts, host)).sum::<u64>()
                + names.iter().map(|name| of(&self.clients, name)).sum::<u64>();
            calls.saturating_sub(mine)
        });
        let of_hosts =
            self.hosts.iter().filter(|((host, place), _)| hosts.contains(host) && is_emptied(*place));
        let workers: BTreeSet<_> =
            own.iter().filter(|row| !facts.is_tool(row) && !is_socket(row)).map(|row| &row.client).collect();
        let uses = facts.conduct.uses.iter();
        let uses =
            uses.filter(|held| is_emptied((held.input, held.database)) && workers.contains(&held.client));
        let alike = of_hosts.map(|(_, calls)| calls).sum::<u64>();
        Hurt { others: others.sum(), alike: alike.saturating_sub(uses.map(|held| held.calls).sum()) }
    }
}

/// Calls on data that was emptied.
struct Hurt {
    /// Of clients that are certainly others.
    others: u64,
    /// Of other nameless connections of the same machine.
    alike: u64,
}

/// What a connection that is not told apart from others comes by: the machine of a nameless one, a socket's path.
fn host(row: &ClientRow) -> Option<&Bytes> {
    match row.kind {
        "unix" => Some(&row.client),
        "tcp" if row.name.is_none() => Some(&row.address),
        _ => None,
    }
}
