//! `closing-client`: a connection that the server wants to close and cannot.

use super::{append, has_flag, kill, parties, seconds};
use crate::finding::{About, Facts, Rule, Threshold};
use crate::output::number::Noun;
use crate::report::connections::ConnectionRow;
use crate::report::findings::{Finding, Number, Severity};

/// The rule.
pub struct ClosingClient;

const NOTE: Threshold = Threshold {
    name: "note-seconds",
    value: 1.0,
    meaning: "a connection that has been closing for so long is worth a note",
    source: "Redis' page of CLIENT LIST: c closes once the reply is written, A as soon as possible: at \
             once, if the client reads",
};

const SECONDS: Threshold = Threshold {
    name: "seconds",
    value: 60.0,
    meaning: "a connection that has been closing for so long is a warning",
    source: "redtrail's own choice: the time after which redis.conf gives up on replicas and slow subscribers",
};

const ABOUT: About = About {
    rule: "closing-client",
    kind: "client-list",
    detects: "A connection that the server is closing (flags c or A) and that is still there.",
    because: "The client does not read its last reply, so the connection and its buffer stay: a host that \
              hangs or is gone. The server closes for a QUIT, an error of protocol, CLIENT KILL or a \
              buffer over its limit.",
    severity: "A note; a warning after a minute.",
    thresholds: &[NOTE, SECONDS],
    by_rate: false,
    remedy: "Look at the client's host: does the process live, does the network drop packets? \
             tcp-keepalive lets the server notice a host that is gone. Errors of protocol stand in the \
             server's log.",
};

impl Rule for ClosingClient {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn check(&self, facts: &Facts<'_>, found: &mut Vec<Finding>) {
        let (least, limit) = (facts.limit(&ABOUT, &NOTE), facts.limit(&ABOUT, &SECONDS));
        let closing = |row: &&ConnectionRow| {
            (has_flag(row, b'c') || has_flag(row, b'A')) && row.idle.get().unwrap_or(0) as f64 >= least
        };
        let mut rows: Vec<_> = facts.report.connections.rows.iter().filter(closing).collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.idle.get()));
        let mut findings = Vec::new();
        for party in parties(rows) {
            let Some(worst) = party.rows.first() else { continue };
            let idle = worst.idle.get().unwrap_or(0);
            let is_bad = idle as f64 >= limit;
            let how = if has_flag(worst, b'A') {
                "as soon as possible (flag A)"
            } else {
                "after its reply (flag c)"
            };
            let command = kill(worst).filter(|_| is_bad);
            findings.push(Finding {
                severity: if is_bad { Severity::Warning } else { Severity::Info },
                title: format!(
                    "{} has been closing for {} and is still there.",
                    party.subject.text(),
                    seconds(idle)
                ),
                detail: format!(
                    "The server means to close it {how}, but nothing has moved for {} (a warning from \
                     {limit} s). {} of this client {} closing.",
                    seconds(idle),
                    Noun("connection", "connections").count(party.rows.len() as u64),
                    if party.rows.len() == 1 { "is" } else { "are" },
                ),
                numbers: vec![Number { name: SECONDS.name, value: idle as f64, threshold: Some(limit) }],
                evidence: party.evidence(),
                caution: command.is_some().then(|| {
                    "It closes the connection at once; the last reply is \
                                                    lost."
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
