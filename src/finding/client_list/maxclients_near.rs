//! `maxclients-near`: there is hardly room for another connection.

use super::{crowd, snapshot_evidence};
use crate::finding::info::{evidence as dump_evidence, newest, server};
use crate::finding::{About, Facts, Rule, Threshold};
use crate::output::number::{Noun, grouped, share};
use crate::report::connections::SnapshotRow;
use crate::report::findings::{Confidence, Confirmation, Evidence, Finding, Number, Severity};
use crate::report::info::InfoSnapshot;

/// The rule.
pub struct MaxclientsNear;

const PERCENT: Threshold = Threshold {
    name: "percent",
    value: 90.0,
    meaning: "so many of maxclients in use, in per cent, are a warning",
    source: "operators' convention for every limit of connections",
};

const ABOUT: About = About {
    rule: "maxclients-near",
    kind: "client-list",
    detects: "Nearly as many connections as maxclients allows, by CLIENT LIST or INFO; or that the capture itself was \
              refused for want of one.",
    because: "At the limit the server refuses everybody who comes: a deployment, a restarted worker, and \
              the person who wants to look at the server.",
    severity: "A warning; critical once the limit is reached; a note where the capture does not tell the \
               limit and its default of 10,000 is near.",
    thresholds: &[PERCENT],
    by_rate: false,
    remedy: "Find who holds the connections (CLIENT LIST, by name and address) and bound its pools. \
             CONFIG SET maxclients raises the limit at once, as far as the process may open files (ulimit \
             -n, less 32 that the server keeps for itself); a managed service sets it by the size of the \
             node.",
};

const TIMES: Noun = Noun("time", "times");

/// redis.conf: maxclients 10000.
const DEFAULT: u64 = 10_000;

impl Rule for MaxclientsNear {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn check(&self, facts: &Facts<'_>, found: &mut Vec<Finding>) {
        let report = facts.report;
        let dumps = newest(report);
        let fullest = fullest(&report.connections.snapshots);
        // Of a single server it says more than any number.
        if let Some(refused) = refused(facts) {
            found.push(Finding {
                confirmed_by: facts.dump().and_then(rejected).into_iter().collect(),
                ..refused
            });
            if dumps.len() < 2 {
                return;
            }
        }
        if dumps.is_empty() {
            if let Some(row) = fullest {
                found.extend(finding(facts, row.total, None, snapshot_text(row)));
            }
            return;
        }
        // Snapshots do not say whose they are, so they count where there is one server only.
        let only = dumps.len() == 1;
        for dump in &dumps {
            let told = dump.clients.connected.map(|connected| {
                let text = format!(
                    "connected_clients:{connected} maxclients:{}",
                    dump.clients.maxclients.map_or("?".to_owned(), |limit| limit.to_string())
                );
                (connected, dump_evidence(dump, &text))
            });
            let listed = fullest.filter(|_| only).map(|row| (row.total, snapshot_text(row)));
            let most = [told, listed].into_iter().flatten().max_by_key(|(count, _)| *count);
            let Some((count, evidence)) = most else { continue };
            let finding = finding(facts, count, dump.clients.maxclients.filter(|limit| *limit > 0), evidence);
            let crowd = crowd(facts, 0.0).filter(|_| only).map(|crowd| format!(" {crowd}"));
            found.extend(finding.map(|finding| Finding {
                subject: server(&dumps, dump),
                detail: finding.detail + &crowd.unwrap_or_default(),
                confirmed_by: rejected(dump).into_iter().collect(),
                ..finding
            }));
        }
    }
}

/// Connections that INFO says were refused.
fn rejected(dump: &InfoSnapshot) -> Option<Confirmation> {
    let refused = dump.stats.rejected_connections.filter(|refused| *refused > 0)?;
    Some(Confirmation {
        kind: "info",
        text: format!("INFO: {} were refused since the start (rejected_connections).", grouped(refused)),
    })
}

/// That what was to be captured was refused.
fn refused(facts: &Facts<'_>) -> Option<Finding> {
    let inputs = || facts.report.inputs.iter().filter(|input| input.refusals > 0);
    let count: u64 = inputs().map(|input| input.refusals).sum();
    let evidence: Vec<_> = inputs()
        .map(|input| Evidence {
            path: input.path.clone(),
            byte_offset: input.refusal.0,
            line: input.refusal.1,
            time: None,
            text: "ERR max number of clients reached".to_owned(),
        })
        .collect();
    let crowd = crowd(facts, 0.0).map(|crowd| format!(" {crowd}"));
    (count > 0).then(|| Finding {
        severity: Severity::Critical,
        title: format!("The server had no room for the capture itself, {}: maxclients was reached.", TIMES.count(count)),
        detail: format!(
            "In place of an answer stands \"ERR max number of clients reached\": all who came then were refused.{}",
            crowd.unwrap_or_default()
        ),
        numbers: vec![Number { name: "refused", value: count as f64, threshold: None }],
        evidence,
        ..Finding::of(&ABOUT)
    })
}

/// The snapshot with the most connections, the last of those with as many.
fn fullest(snapshots: &[SnapshotRow]) -> Option<&SnapshotRow> {
    snapshots.iter().max_by_key(|row| row.total)
}

fn snapshot_text(row: &SnapshotRow) -> Evidence {
    snapshot_evidence(row, format!("{} connections", row.total))
}

fn finding(facts: &Facts<'_>, count: u64, limit: Option<u64>, evidence: Evidence) -> Option<Finding> {
    let percent = facts.limit(&ABOUT, &PERCENT);
    let most = limit.unwrap_or(DEFAULT);
    let used = count as f64 * 100.0 / most as f64;
    if used < percent {
        return None;
    }
    let severity = match limit {
        None => Severity::Info,
        Some(_) if count >= most => Severity::Critical,
        Some(_) => Severity::Warning,
    };
    let detail = match limit {
        Some(_) => format!(
            "{} of maxclients are in use (a warning from {percent} %, critical at 100 %).",
            share(used / 100.0)
        ),
        None => "The capture does not tell maxclients; this compares with its default. INFO tells it from \
                 Redis 6.2, CONFIG GET maxclients always."
            .to_owned(),
    };
    Some(Finding {
        severity,
        confidence: if limit.is_some() { Confidence::High } else { Confidence::Medium },
        title: format!(
            "{} connections are open, of at most {}{}.",
            grouped(count),
            grouped(most),
            if limit.is_some() { "" } else { " by default" }
        ),
        detail,
        numbers: vec![Number { name: PERCENT.name, value: used, threshold: Some(percent) }],
        evidence: vec![evidence],
        ..Finding::of(&ABOUT)
    })
}
