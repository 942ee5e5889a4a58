//! `cross-slot`: calls that a cluster would refuse.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::{CALLS, calls, earliest, plain};
use crate::command::{self, Keys};
use crate::finding::info::{evidence as dump_evidence, newest, server};
use crate::finding::{About, Facts, Rule};
use crate::output::number;
use crate::report::Bytes;
use crate::report::findings::{Confirmation, Finding, Severity};
use crate::report::info::InfoSnapshot;
use crate::statistic::sightings::Sighting;
use crate::statistic::sign::Sign;

/// The rule.
pub struct CrossSlot;

const ABOUT: About = About {
    rule: "cross-slot",
    kind: "monitor",
    detects: "A command whose calls name keys of several cluster slots, by MONITOR; by INFO, calls that a cluster \
              refused for that, as MONITOR does not show them.",
    because: "A cluster refuses such calls (CROSSSLOT). On a single server they are no fault; they stand in the way \
              of moving to a cluster.",
    severity: "A note; a warning where INFO says that the server is in cluster mode or has refused such calls, where it \
               refused some between two dumps, and where it did since it started, less than an hour ago.",
    thresholds: &[],
    by_rate: false,
    remedy: "Give keys that belong together the same hash tag, {user:7}:name and {user:7}:mail, or send the keys in \
             calls of one slot each.",
};

/// Seconds since a server's start up to which what it counted is of now.
const HOUR: u64 = 3_600;

impl Rule for CrossSlot {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn check(&self, facts: &Facts<'_>, found: &mut Vec<Finding>) {
        let mut by_command: BTreeMap<&Bytes, Vec<&Sighting>> = BTreeMap::new();
        for row in facts.conduct.sightings.iter().filter(|row| row.sign == Sign::CrossSlot) {
            by_command.entry(&row.command).or_default().push(row);
        }
        refused(facts, &by_command, found);
        let dumps = &facts.report.info.snapshots;
        let is_cluster = dumps.iter().any(|dump| dump.server.cluster_enabled == Some(1));
        let refused = dumps.iter().map(crossings).max().filter(|count| *count > 0);
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

/// What a server refused, where MONITOR shows nothing of it: such calls never run.
fn refused(facts: &Facts<'_>, shown: &BTreeMap<&Bytes, Vec<&Sighting>>, found: &mut Vec<Finding>) {
    let dumps = newest(facts.report);
    for dump in &dumps {
        let count = crossings(dump);
        // The first dump of the same run.
        let first = facts.report.info.snapshots.iter().find(|first| {
            first.server.run_id.is_some()
                && first.server.run_id == dump.server.run_id
                && first.time < dump.time
        });
        let fresh = first.map_or(0, |first| count.saturating_sub(crossings(first)));
        if count == 0 {
            continue;
        }
        let rejects = |dump: &InfoSnapshot, command: &Bytes| {
            let row = dump.commandstats.iter().find(|row| row.command == *command);
            row.and_then(|row| row.fields.rejected_calls).unwrap_or(0)
        };
        let before = |command: &Bytes| first.filter(|_| fresh > 0).map_or(0, |first| rejects(first, command));
        let rejected = dump.commandstats.iter().map(|row| (&row.command, rejects(dump, &row.command)));
        let mut rejected: Vec<_> = rejected
            .map(|(command, count)| (command, count.saturating_sub(before(command))))
            .filter(|(command, count)| *count > 0 && takes_several(command))
            .collect();
        let is_shown = rejected.iter().any(|(command, _)| shown.contains_key(command));
        if is_shown || (rejected.is_empty() && !shown.is_empty()) {
            continue;
        }
        rejected.sort_by_key(|(command, count)| (Reverse(*count), *command));
        let most = rejected.first();
        let list =
            rejected.iter().map(|(command, count)| format!("{} {}", number::grouped(*count), command.text()));
        let (count, when) = match fresh {
            0 => (count, "since it started"),
            _ => (fresh, "between the dumps"),
        };
        let is_young = dump.server.uptime_seconds.is_some_and(|seconds| seconds <= HOUR);
        found.push(Finding {
            severity: if fresh > 0 || is_young { Severity::Warning } else { Severity::Info },
            title: format!("The cluster refused {} with keys of several slots {when}.", CALLS.count(count)),
            detail: match most {
                Some(_) => format!(
                    "Calls with several keys that were refused for this or another reason: {}.",
                    list.collect::<Vec<_>>().join(", ")
                ),
                None => "INFO all tells the commands that were refused (Redis 6.2 and later).".to_owned(),
            },
            numbers: vec![plain("refused", count as f64)],
            evidence: vec![dump_evidence(dump, &format!("errorstat_CROSSSLOT:count={}", crossings(dump)))],
            subject: most.map_or_else(|| server(&dumps, dump), |(command, _)| (*command).clone()),
            ..Finding::of(&ABOUT)
        });
    }
}

/// Calls that were refused for keys of several slots.
fn crossings(dump: &InfoSnapshot) -> u64 {
    let errors = dump.errorstats.iter().filter(|error| error.prefix.0 == b"CROSSSLOT");
    errors.map(|error| error.count).max().unwrap_or(0)
}

/// Whether calls of a command can name more than one key.
fn takes_several(command: &Bytes) -> bool {
    let (name, subcommand) = match memchr::memchr(b'|', &command.0) {
        Some(at) => (command.0.get(..at), command.0.get(at + 1..)),
        None => (Some(command.0.as_slice()), None),
    };
    let keys = name.and_then(|name| command::find(name, subcommand)).map(|id| &id.spec().keys);
    match keys {
        None | Some(Keys::None) => false,
        Some(Keys::Range { first, last, .. }) => i16::from(*first) != i16::from(*last),
        Some(_) => true,
    }
}
