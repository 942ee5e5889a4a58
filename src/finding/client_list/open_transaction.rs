//! `open-transaction`: MULTI without EXEC.

use super::{append, has_flag, kill, parties, seconds};
use crate::finding::{About, Facts, Rule, Threshold};
use crate::output::number::Noun;
use crate::report::connections::ConnectionRow;
use crate::report::findings::{Finding, Number, Severity};

/// The rule.
pub struct OpenTransaction;

const NOTE: Threshold = Threshold {
    name: "note-seconds",
    value: 10.0,
    meaning: "a transaction that has been open and idle for so long is worth a note",
    source: "redtrail's own choice: from MULTI to EXEC it takes a few round trips",
};

const SECONDS: Threshold = Threshold {
    name: "seconds",
    value: 60.0,
    meaning: "a transaction that has been open and idle for so long is a warning",
    source: "redtrail's own choice: no application works on for a minute between two commands of a \
             transaction",
};

const ABOUT: About = About {
    rule: "open-transaction",
    kind: "client-list",
    detects: "A client within MULTI that sends nothing more: neither EXEC nor DISCARD.",
    because: "What it queued never runs. A connection that went back to its pool like this answers QUEUED \
              to whoever uses it next, and those writes are lost without an error.",
    severity: "A note after seconds, a warning after a minute.",
    thresholds: &[NOTE, SECONDS],
    by_rate: false,
    remedy: "Find where the client leaves between MULTI and EXEC, mostly by an error, and send DISCARD \
             there (or close the connection). A pool should not take back a connection within MULTI.",
};

impl Rule for OpenTransaction {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn check(&self, facts: &Facts<'_>, found: &mut Vec<Finding>) {
        let (least, limit) = (facts.limit(&ABOUT, &NOTE), facts.limit(&ABOUT, &SECONDS));
        let hangs = |row: &&ConnectionRow| is_open(row) && row.idle.get().unwrap_or(0) as f64 >= least;
        let mut open: Vec<_> = facts.report.connections.rows.iter().filter(hangs).collect();
        open.sort_by_key(|row| std::cmp::Reverse(row.idle.get()));
        let mut findings = Vec::new();
        for party in parties(open) {
            let Some(worst) = party.rows.first() else { continue };
            let idle = worst.idle.get().unwrap_or(0);
            let is_bad = idle as f64 >= limit;
            let queued = worst.multi.get().filter(|queued| *queued >= 0);
            let queued_text = queued.map_or_else(
                || "not told by this version".to_owned(),
                |queued| Noun("command", "commands").count(u64::try_from(queued).unwrap_or(0)),
            );
            let numbers = [
                Some(Number { name: SECONDS.name, value: idle as f64, threshold: Some(limit) }),
                queued.map(|queued| Number { name: "queued", value: queued as f64, threshold: None }),
            ];
            let command = kill(worst).filter(|_| is_bad);
            findings.push(Finding {
                severity: if is_bad { Severity::Warning } else { Severity::Info },
                title: format!(
                    "{} has had a transaction open for {} and sends nothing more.",
                    party.subject.text(),
                    seconds(idle)
                ),
                detail: format!(
                    "Queued until EXEC: {queued_text}. Idle for {} (a warning from {limit} s). {} of this \
                     client {} so.",
                    seconds(idle),
                    Noun("connection", "connections").count(party.rows.len() as u64),
                    if party.rows.len() == 1 { "stands" } else { "stand" },
                ),
                numbers: numbers.into_iter().flatten().collect(),
                evidence: party.evidence(),
                caution: command.is_some().then(|| {
                    "It drops the connection; what it queued is thrown \
                                                    away."
                        .to_owned()
                }),
                command,
                subject: party.subject,
                ..Finding::of(&ABOUT)
            });
        }
        append(findings, found);
    }
}

/// Within MULTI: `multi` counts from 0 then; Redis 2.4 prints the flag only.
fn is_open(row: &ConnectionRow) -> bool {
    row.multi.get().map_or_else(|| has_flag(row, b'x'), |queued| queued >= 0)
}
