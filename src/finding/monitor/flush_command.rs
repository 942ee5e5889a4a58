//! `flush-command`: somebody empties a database.

use std::collections::BTreeSet;

use super::{CALLS, CLIENTS, against, applications, calls, earliest, sighted, times};
use crate::finding::party::Party;
use crate::finding::{About, Facts, Rule, Threshold};
use crate::report::ClientRow;
use crate::report::findings::{Finding, Severity};
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
    source: "this tool's choice: fewer are somebody who looks in, not an application at work",
};

const ABOUT: About = About {
    rule: "flush-command",
    kind: "monitor",
    detects: "A client that runs FLUSHALL or FLUSHDB.",
    because: "All keys of the database (FLUSHDB) or of the server (FLUSHALL) are gone at once. What is not in a \
              snapshot or the append-only file of an earlier time cannot be brought back.",
    severity: "Critical where other clients use that data in the same capture; else a warning, as test programs \
               empty a database of their own before they begin. Nameless connections from the machine of the one \
               that flushes count as its own.",
    thresholds: &[FLUSHES, OTHERS],
    by_rate: false,
    remedy: "If this was no intention, copy dump.rdb and the append-only files aside now, before the next save \
             replaces them. Then take the command away from applications: ACL SETUSER name -flushall -flushdb.",
};

impl Rule for FlushCommand {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn check(&self, facts: &Facts<'_>, found: &mut Vec<Finding>) {
        let limit = facts.limit(&ABOUT, &OTHERS);
        for party in sighted(facts, Sign::Flush) {
            let (clients, hurt) = others(facts, &party);
            let count = calls(&party.items);
            let least = facts.limit(&ABOUT, &FLUSHES);
            if (count as f64) < least {
                continue;
            }
            let is_all = party.items.iter().any(|row| row.what == u64::MAX);
            let what = if is_all { "every database".to_owned() } else { databases(&party) };
            let command = if is_all { "FLUSHALL" } else { "FLUSHDB" };
            let detail = match clients {
                0 => format!("All keys of {what} were removed. No other client used them in this capture."),
                _ => format!(
                    "All keys of {what} were removed. {} made {} on them in this capture (critical from {limit}).",
                    CLIENTS.count(clients),
                    CALLS.count(hurt)
                ),
            };
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
                evidence: earliest(party.items.iter().flat_map(|row| &row.examples)),
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

/// How many other clients make how many calls on what was emptied.
fn others(facts: &Facts<'_>, party: &Party<'_, &Sighting>) -> (u64, u64) {
    let own: Vec<_> = party.addresses.iter().filter_map(|address| facts.client(address)).collect();
    // Nameless connections of one machine may be one program: a test suite opens many.
    let is_own = |row: &ClientRow| {
        own.iter().any(|held| {
            held.client == row.client
                || (held.kind == "tcp"
                    && held.name.is_none()
                    && row.name.is_none()
                    && held.address == row.address)
        })
    };
    let strangers: BTreeSet<_> =
        applications(facts).filter(|row| !is_own(row)).map(|row| &row.client).collect();
    let is_emptied = |database| party.items.iter().any(|row| row.what == u64::MAX || row.what == database);
    let uses = facts.conduct.uses.iter();
    let hurt = uses.filter(|row| strangers.contains(&row.client) && is_emptied(row.database));
    let mut clients = BTreeSet::new();
    let calls = hurt.map(|row| {
        clients.insert(&row.client);
        row.calls
    });
    let calls = calls.sum();
    (clients.len() as u64, calls)
}
