//! `cross-slot`: calls that a cluster would refuse.

use std::collections::BTreeMap;

use super::{CALLS, calls, earliest, plain};
use crate::finding::{About, Facts, Rule};
use crate::output::number;
use crate::report::Bytes;
use crate::report::findings::{Confirmation, Finding, Severity};
use crate::statistic::sightings::Sighting;
use crate::statistic::sign::Sign;

/// The rule.
pub struct CrossSlot;

const ABOUT: About = About {
    rule: "cross-slot",
    kind: "monitor",
    detects: "A command whose calls name keys of several cluster slots.",
    because: "A cluster refuses such calls (CROSSSLOT). On a single server they are no fault; they stand in the way \
              of moving to a cluster.",
    severity: "A note; a warning where INFO says that the server is in cluster mode or has refused such calls.",
    thresholds: &[],
    by_rate: false,
    remedy: "Give keys that belong together the same hash tag, {user:7}:name and {user:7}:mail, or send the keys in \
             calls of one slot each.",
};

impl Rule for CrossSlot {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn check(&self, facts: &Facts<'_>, found: &mut Vec<Finding>) {
        let mut by_command: BTreeMap<&Bytes, Vec<&Sighting>> = BTreeMap::new();
        for row in facts.conduct.sightings.iter().filter(|row| row.sign == Sign::CrossSlot) {
            by_command.entry(&row.command).or_default().push(row);
        }
        let dumps = &facts.report.info.snapshots;
        let is_cluster = dumps.iter().any(|dump| dump.server.cluster_enabled == Some(1));
        let errors = dumps.iter().flat_map(|dump| &dump.errorstats);
        let refused = errors.filter(|error| error.prefix.0 == b"CROSSSLOT").map(|error| error.count).max();
        let refused = refused.filter(|count| *count > 0);
        let confirmed_by: Vec<_> = refused
            .map(|count| Confirmation {
                kind: "info",
                text: format!("The server refused {} with CROSSSLOT since it started.", CALLS.count(count)),
            })
            .into_iter()
            .chain(
                is_cluster.then(|| Confirmation {
                    kind: "info",
                    text: "The server is in cluster mode.".to_owned(),
                }),
            )
            .collect();
        let severity = if confirmed_by.is_empty() { Severity::Info } else { Severity::Warning };
        for (command, rows) in by_command {
            let count = calls(&rows);
            let all = facts.report.commands.rows.iter().find(|row| row.command == *command);
            let all = all.map_or(count, |row| row.calls);
            found.push(Finding {
                severity,
                title: format!(
                    "{} named keys of several cluster slots in {}.",
                    command.text(),
                    CALLS.count(count)
                ),
                detail: format!(
                    "These are {} of its {}.",
                    number::share(crate::statistic::share(count, all)),
                    CALLS.count(all)
                ),
                numbers: vec![plain("calls", count as f64)],
                evidence: earliest(rows.iter().flat_map(|row| &row.examples)),
                confirmed_by: confirmed_by.clone(),
                subject: command.clone(),
                ..Finding::of(&ABOUT)
            });
        }
    }
}
