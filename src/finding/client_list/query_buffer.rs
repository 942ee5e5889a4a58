//! `query-buffer`: a client that has sent much that the server could not run yet.

use super::{MEGABYTE, append, bytes, kill, parties};
use crate::finding::{About, Facts, Rule, Threshold};
use crate::output::number::{self, Noun};
use crate::report::connections::ConnectionRow;
use crate::report::findings::{Finding, Number, Severity};

/// The rule.
pub struct QueryBuffer;

const NOTE: Threshold = Threshold {
    name: "note-mb",
    value: 1.0,
    meaning: "a query buffer of so many megabytes is worth a note",
    source: "operators' convention; the server reads 16 kB at a time (PROTO_IOBUF_LEN)",
};

const MB: Threshold = Threshold {
    name: "mb",
    value: 10.0,
    meaning: "a query buffer of so many megabytes is a warning",
    source: "operators' convention: a pipeline of thousands of ordinary commands stays below it",
};

const CRITICAL: Threshold = Threshold {
    name: "critical-mb",
    value: 900.0,
    meaning: "a query buffer of so many megabytes is critical: at the limit the server drops the client",
    source: "redis.conf: client-query-buffer-limit 1gb",
};

const ABOUT: About = About {
    rule: "query-buffer",
    kind: "client-list",
    detects: "A client whose query buffer (qbuf) is big: it sent much that the server has not run yet.",
    because: "The buffer is the server's memory. It grows where a value or a pipeline is huge, where \
              commands are held back, or where a client never ends its command; at 1 GB the server drops \
              the client.",
    severity: "A note from 1 MB, a warning from 10 MB, critical near the limit of 1 GB.",
    thresholds: &[NOTE, MB, CRITICAL],
    by_rate: false,
    remedy: "Send less at a time: pipelines of some hundreds of commands, big values in parts. Look \
             whether the client speaks the protocol right, and whether CLIENT PAUSE or a slow command \
             holds the server up.",
};

impl Rule for QueryBuffer {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn check(&self, facts: &Facts<'_>, found: &mut Vec<Finding>) {
        let [least, limit, critical] = [&NOTE, &MB, &CRITICAL].map(|held| facts.limit(&ABOUT, held));
        let is_big = |row: &&ConnectionRow| bytes(row.peak_query) as f64 >= least * MEGABYTE;
        let mut big: Vec<&ConnectionRow> = facts.report.connections.rows.iter().filter(is_big).collect();
        // Stable: equal ones stay in the report's order.
        big.sort_by_key(|row| std::cmp::Reverse(row.peak_query));
        let mut findings = Vec::new();
        for party in parties(big) {
            let Some(worst) = party.rows.first() else { continue };
            let held = bytes(worst.peak_query);
            let megabytes = held as f64 / MEGABYTE;
            let severity = match megabytes {
                _ if megabytes >= critical => Severity::Critical,
                _ if megabytes >= limit => Severity::Warning,
                _ => Severity::Info,
            };
            let kind = if worst.kind == "master" { " (the link to the master)" } else { "" };
            let command = kill(worst).filter(|_| severity > Severity::Info && worst.kind != "master");
            findings.push(Finding {
                severity,
                title: format!(
                    "{}{kind} has sent {} that the server has not run yet.",
                    party.subject.text(),
                    number::bytes(held)
                ),
                detail: format!(
                    "The query buffer came to {} (a warning from {limit} MB, critical from {critical} \
                     MB). It was seen in {}, the last time with {}. {} of this client had a buffer of \
                     {least} MB or more.",
                    number::bytes(held),
                    Noun("snapshot", "snapshots").count(worst.snapshots),
                    number::bytes(bytes(worst.qbuf.get())),
                    Noun("connection", "connections").count(party.rows.len() as u64),
                ),
                numbers: vec![Number { name: MB.name, value: megabytes, threshold: Some(limit) }],
                evidence: party.evidence(),
                caution: command
                    .is_some()
                    .then(|| "It drops the connection; what it sent and did not run is lost.".to_owned()),
                command,
                subject: party.subject,
                ..Finding::of(&ABOUT)
            });
        }
        append(findings, found);
    }
}
