//! `unnamed-connections`: clients that do not say who they are.

use super::{evidence, from_words, groups, is_capture, present};
use crate::finding::{About, Facts, Rule, Threshold};
use crate::report::connections::ConnectionRow;
use crate::report::findings::{Finding, Number};

/// The rule.
pub struct UnnamedConnections;

const PERCENT: Threshold = Threshold {
    name: "percent",
    value: 50.0,
    meaning: "so many of the connections without a name, in per cent, are worth a note",
    source: "redtrail's own choice: from half on, who is who cannot be told in an incident",
};

const CLIENTS: Threshold = Threshold {
    name: "clients",
    value: 10.0,
    meaning: "fewer connections than this without a name are not worth a note",
    source: "redtrail's own choice: a few are told apart by their addresses",
};

const ABOUT: About = About {
    rule: "unnamed-connections",
    kind: "client-list",
    detects: "Many connections that never gave themselves a name (CLIENT SETNAME).",
    because: "When something goes wrong, an address with a port is all that is known of them. Behind a \
              proxy or in a cluster of containers that says nothing.",
    severity: "A note: nothing is slower for it.",
    thresholds: &[PERCENT, CLIENTS],
    by_rate: false,
    remedy: "Let every application name its connections: most libraries take a client name with the \
             connection's settings, and it costs one CLIENT SETNAME a connection. An ACL user for each \
             application tells them apart too.",
};

impl Rule for UnnamedConnections {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn check(&self, facts: &Facts<'_>, found: &mut Vec<Finding>) {
        let connections = &facts.report.connections;
        // Redis before 2.6.9 has no names to give.
        if connections.snapshots.last().is_none_or(|last| last.unnamed.is_none()) {
            return;
        }
        let (percent, limit) = (facts.limit(&ABOUT, &PERCENT), facts.limit(&ABOUT, &CLIENTS));
        // Servers do not name their own links, and the capture is not asked for its name.
        let counts = |row: &&ConnectionRow| matches!(row.kind, "normal" | "pubsub") && !is_capture(row);
        let all: Vec<_> = present(facts).into_iter().filter(counts).collect();
        let total = all.len();
        let unnamed: Vec<_> = all.into_iter().filter(|row| row.name.is_none()).collect();
        let share = unnamed.len() as f64 * 100.0 / total.max(1) as f64;
        if share < percent || (unnamed.len() as f64) < limit {
            return;
        }
        let count = unnamed.len();
        let Some(((by, value), rows)) = groups(unnamed).into_iter().next() else { return };
        found.push(Finding {
            title: format!(
                "{count} of {total} connections have no name, {} of them {}.",
                rows.len(),
                from_words(by, &value)
            ),
            detail: format!(
                "{share:.1} % of the connections in the last snapshot have no name (worth a note from \
                 {percent} % and {limit} connections)."
            ),
            numbers: vec![
                Number { name: PERCENT.name, value: share, threshold: Some(percent) },
                Number { name: CLIENTS.name, value: count as f64, threshold: Some(limit) },
            ],
            evidence: rows.into_iter().take(crate::finding::EVIDENCE).map(evidence).collect(),
            subject: value,
            ..Finding::of(&ABOUT)
        });
    }
}
