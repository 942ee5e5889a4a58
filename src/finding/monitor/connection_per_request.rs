//! `connection-per-request`: a connection is opened for a few calls, again and again.

use super::{against, openings, percent, plain};
use crate::finding::party::{Party, parties};
use crate::finding::{About, Facts, Rule, Threshold, tools};
use crate::output::number;
use crate::report::ClientRow;
use crate::report::findings::{Confidence, Finding, Severity};

/// The rule.
pub struct ConnectionPerRequest;

const CALLS: Threshold = Threshold {
    name: "calls",
    value: 5.0,
    meaning: "a connection with so many calls at most, those that greet not counted, is a short one",
    source: "redtrail's own choice: what one small request needs",
};

const CONNECTIONS: Threshold = Threshold {
    name: "connections",
    value: 20.0,
    meaning: "so many short connections of one client are noted",
    source: "redtrail's own choice: more than scripts of an administrator make",
};

const WARNING: Threshold = Threshold {
    name: "warning-connections",
    value: 100.0,
    meaning: "a warning needs so many short connections",
    source: "redtrail's own choice: more than the connections of a usual pool",
};

const RATE: Threshold = Threshold {
    name: "connections-per-second",
    value: 10.0,
    meaning: "a warning needs so many short connections a second",
    source: "operators' convention: with 10 a second, ports that wait to be free (60 s each) pile up by \
             the hundred",
};

const ABOUT: About = About {
    rule: "connection-per-request",
    kind: "monitor",
    detects: "A client that opens a connection for a few calls, again and again.",
    because: "Opening a connection costs more than the calls that it is for: round trips, logging in, a \
              free port. In a rush of users the server reaches maxclients and refuses everybody.",
    severity: "A note; a warning where there are hundreds, many a second.",
    thresholds: &[CALLS, CONNECTIONS, WARNING, RATE],
    by_rate: true,
    remedy: "Keep connections open and use them again: a pool in the client library, persistent \
             connections in PHP.",
};

/// Microseconds that a short connection is at work at most.
const SHORT: i64 = 1_000_000;

/// Seconds of age in CLIENT LIST from which on a connection is not short, whatever MONITOR shows of it.
const KEPT: i64 = 2;

impl Rule for ConnectionPerRequest {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn check(&self, facts: &Facts<'_>, found: &mut Vec<Finding>) {
        if facts.report.clients.rows.is_empty() {
            return;
        }
        let most = facts.limit(&ABOUT, &CALLS);
        let kept: std::collections::HashSet<_> = facts
            .report
            .connections
            .rows
            .iter()
            .filter(|row| row.age.get().is_some_and(|age| age >= KEPT))
            .map(|row| &row.address)
            .collect();
        let rows = facts.applications().filter(|row| row.kind == "tcp" && !kept.contains(&row.client));
        for party in parties(facts, rows.map(|row| (&row.client, row))) {
            let short: Vec<_> = party.items.iter().copied().filter(|row| is_short(row, most)).collect();
            // Among as many that last, these are the ends of something else.
            if short.len() * 2 >= party.items.len() {
                found.extend(finding(facts, &party, &short));
            }
        }
    }
}

/// Calls that do not greet.
fn requests(row: &ClientRow) -> u64 {
    row.commands.iter().filter(|held| !tools::is_greeting(&held.command.0)).map(|held| held.calls).sum()
}

fn is_short(row: &ClientRow, most: f64) -> bool {
    let requests = requests(row);
    requests > 0 && requests as f64 <= most && row.last.0.saturating_sub(row.first.0) <= SHORT
}

fn finding(facts: &Facts<'_>, party: &Party<'_, &ClientRow>, short: &[&ClientRow]) -> Option<Finding> {
    let connections = short.len() as f64;
    let limit = facts.limit(&ABOUT, &CONNECTIONS);
    if connections < limit {
        return None;
    }
    let first = short.iter().map(|row| row.first).min()?;
    let last = short.iter().map(|row| row.last).max()?;
    let micros = last.0.saturating_sub(first.0).max(1);
    let rate = connections * 1e6 / micros as f64;
    let requests: u64 = short.iter().map(|row| requests(row)).sum();
    let greetings: u64 = short.iter().map(|row| row.calls).sum::<u64>().saturating_sub(requests);
    let warning = facts.limit(&ABOUT, &WARNING);
    let least = facts.limit(&ABOUT, &RATE);
    let is_warning = connections >= warning && rate >= least;
    Some(Finding {
        severity: if is_warning { Severity::Warning } else { Severity::Info },
        // Without a greeting these may be connections of a pool that are seldom used.
        confidence: if greetings > 0 { Confidence::High } else { Confidence::Medium },
        title: format!(
            "{} opened {} connections for {} calls.",
            party.subject.text(),
            number::grouped(short.len() as u64),
            number::grouped(requests)
        ),
        detail: format!(
            "Within {}, {rate:.1} a second (a warning from {warning} connections and {least} a second); \
             {} of what they sent only opened the connection (HELLO, AUTH, CLIENT SETNAME and the like).",
            number::duration(micros.unsigned_abs()),
            number::share(percent(greetings, greetings + requests) / 100.0)
        ),
        numbers: vec![
            against(CONNECTIONS.name, connections, limit),
            against(RATE.name, rate, least),
            plain("requests", requests as f64),
        ],
        evidence: openings(facts, short.iter().map(|row| &row.client)),
        subject: party.subject.clone(),
        ..Finding::of(&ABOUT)
    })
}
