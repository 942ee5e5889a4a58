//! `monitor-running`: somebody watches every command, and the server pays for it.

use super::{MOST, append_first, kill, parties, seconds};
use crate::finding::{About, Facts, Rule, Threshold};
use crate::output::number::Noun;
use crate::report::connections::ConnectionRow;
use crate::report::findings::{Finding, Number, Severity};

/// The rule.
pub struct MonitorRunning;

const MINUTES: Threshold = Threshold {
    name: "minutes",
    value: 10.0,
    meaning: "a MONITOR that has run for so long is a warning; one that is older by this than a capture of \
              MONITOR did not write it",
    source: "redtrail's own choice: who looks at something is done by then; Redis' page of MONITOR \
             measures that one costs more than half of the throughput",
};

const AT_ONCE: Threshold = Threshold {
    name: "at-once",
    value: 3.0,
    meaning: "so many MONITORs at once are a warning",
    source: "Redis' page of MONITOR: each one more costs more; two may be somebody comparing",
};

const ABOUT: About = About {
    rule: "monitor-running",
    kind: "client-list",
    detects: "A client that runs MONITOR, other than the one that wrote a MONITOR capture of this run.",
    because: "The server sends it a copy of every command. One such client can halve the throughput, and \
              what it does not read in time piles up in the server's memory.",
    severity: "A note; a warning once it has run for long, or where several run at once.",
    thresholds: &[MINUTES, AT_ONCE],
    by_rate: false,
    remedy: "Find who started it and end it. Where commands must be watched, do it for seconds, or use the \
             slow log and keyspace notifications, which cost far less.",
};

impl Rule for MonitorRunning {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn check(&self, facts: &Facts<'_>, found: &mut Vec<Finding>) {
        let report = facts.report;
        let mut running: Vec<&ConnectionRow> =
            report.connections.rows.iter().filter(|row| row.kind == "monitor").collect();
        // The youngest are the captures' own, as many as there are captures of MONITOR.
        running.sort_by_key(|row| (lasted(row), row.last_snapshot, row.id));
        let captures = report.inputs.iter().filter(|input| input.kind == "monitor" && input.records > 0);
        let (minutes, limit) = (facts.limit(&ABOUT, &MINUTES), facts.limit(&ABOUT, &AT_ONCE));
        let may_last = facts.seconds("monitor").unwrap_or(0.0) + minutes * 60.0;
        let own =
            running.iter().take_while(|row| lasted(row) as f64 <= may_last).count().min(captures.count());
        let others = running.split_off(own);
        let at_once = most_at_once(&others);
        let mut findings = Vec::new();
        let parties = parties(others.into_iter().rev());
        let clients = parties.len();
        for party in parties.into_iter().take(MOST) {
            let Some(oldest) = party.rows.first() else { continue };
            let lasts = lasted(oldest);
            let is_bad = lasts as f64 >= minutes * 60.0 || at_once as f64 >= limit;
            let how = Noun("connection runs", "connections run").count(party.rows.len() as u64);
            let command = kill(oldest);
            findings.push(Finding {
                severity: if is_bad { Severity::Warning } else { Severity::Info },
                title: format!("{} runs MONITOR, for {} so far.", party.subject.text(), seconds(lasts)),
                detail: format!(
                    "{how} MONITOR under this name or address, the oldest for {} (a warning from {minutes} \
                     min); {} at once in all (a warning from {limit}).",
                    seconds(lasts),
                    Noun("such client", "such clients").count(at_once)
                ),
                numbers: vec![
                    Number { name: MINUTES.name, value: lasts as f64 / 60.0, threshold: Some(minutes) },
                    Number { name: AT_ONCE.name, value: at_once as f64, threshold: Some(limit) },
                ],
                evidence: party.evidence(),
                caution: command
                    .is_some()
                    .then(|| "It ends that MONITOR. If somebody needs it, tell them first.".to_owned()),
                command,
                subject: party.subject,
                ..Finding::of(&ABOUT)
            });
        }
        append_first(findings, clients, found);
    }
}

/// Seconds for which a connection is known to be there: its age, else what the snapshots' clock says.
fn lasted(row: &ConnectionRow) -> i64 {
    let seen =
        || row.first.zip(row.last).map_or(0, |(first, last)| last.0.saturating_sub(first.0) / 1_000_000);
    row.age.get().unwrap_or_else(seen)
}

/// The most of `rows` that one snapshot holds.
fn most_at_once(rows: &[&ConnectionRow]) -> u64 {
    let mut changes: Vec<(u64, i64)> = Vec::new();
    for (first, last) in rows.iter().filter_map(|row| row.first_snapshot.zip(row.last_snapshot)) {
        changes.extend([(first, 1), (last + 1, -1)]);
    }
    changes.sort_unstable();
    let running = changes.into_iter().scan(0, |present: &mut i64, (_, change)| {
        *present += change;
        Some(*present)
    });
    running.max().and_then(|most| u64::try_from(most).ok()).unwrap_or(0)
}
