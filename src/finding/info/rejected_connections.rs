//! `rejected-connections`: clients that were turned away.

use super::{evidence, newest, numbered, rates, server, the_server};
use crate::finding::client_list::crowd;
use crate::finding::{About, Facts, Rule};
use crate::output::number::{self, Noun};
use crate::report::findings::{Confidence, Confirmation, Evidence, Finding, Number, Severity};
use crate::report::info::InfoSnapshot;

/// The rule.
pub struct RejectedConnections;

const ABOUT: About = About {
    rule: "rejected-connections",
    kind: "info",
    detects: "Connections that the server refused (rejected_connections).",
    because: "Whoever was refused could not work: the application saw an error where it wanted a connection.",
    severity: "A warning where it happened between two dumps, or since the start where there is one dump \
               only; a note where it is known to be past.",
    thresholds: &[],
    by_rate: false,
    remedy: "Find who holds the connections (CLIENT LIST, by name and address) and bound its pools; \
             CONFIG SET maxclients raises the limit as far as the process may open files (a managed \
             service sets it by the size of the node). Where maxclients was never near, protected mode \
             refused clients from other hosts: see bind and protected-mode.",
};

const REFUSED: Noun = Noun("connection", "connections");

impl Rule for RejectedConnections {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn check(&self, facts: &Facts<'_>, found: &mut Vec<Finding>) {
        let info = &facts.report.info;
        let dumps = newest(facts.report);
        for dump in &dumps {
            let Some(all) = dump.stats.rejected_connections.filter(|all| *all > 0) else { continue };
            let told: Vec<_> = rates(info, dump).filter(|rate| rate.rejected_connections.is_some()).collect();
            let between: u64 =
                told.iter().filter_map(|rate| rate.rejected_connections).fold(0, u64::saturating_add);
            let subject = server(&dumps, dump);
            let the_server = the_server(&subject);
            let (title, detail, evidence) = if between > 0 {
                let worst =
                    told.iter().max_by_key(|rate| (rate.rejected_connections, std::cmp::Reverse(rate.to)));
                let ends = worst.map(|rate| [rate.from, rate.to]).into_iter().flatten();
                (
                    format!("{the_server} refused {} between the dumps.", REFUSED.count(between)),
                    format!("Since its start it refused {}; any is a warning.", REFUSED.count(all)),
                    ends.filter_map(|at| numbered(info, at)).map(shown).collect(),
                )
            } else {
                let up = dump.server.uptime_seconds.map_or(String::new(), |up| {
                    format!(", {} ago,", number::duration(up.saturating_mul(1_000_000)))
                });
                let when = if told.is_empty() {
                    "One dump does not tell when that was: two, some minutes apart, would."
                } else {
                    "None of them was refused between the dumps, so it is past."
                };
                (
                    format!("{the_server} has refused {} since its start.", REFUSED.count(all)),
                    format!("The counter runs since the start{up} or CONFIG RESETSTAT. {when}"),
                    vec![shown(dump)],
                )
            };
            let numbers = [
                Some(Number { name: "since-start", value: all as f64, threshold: None }),
                (!told.is_empty()).then_some(Number {
                    name: "between-dumps",
                    value: between as f64,
                    threshold: None,
                }),
            ];
            found.push(Finding {
                severity: if between > 0 || told.is_empty() { Severity::Warning } else { Severity::Info },
                confidence: if told.is_empty() { Confidence::Medium } else { Confidence::High },
                title,
                subject,
                detail,
                numbers: numbers.into_iter().flatten().collect(),
                evidence,
                // Snapshots do not say whose they are, so they count where there is one server only.
                confirmed_by: dump
                    .clients
                    .maxclients
                    .filter(|limit| *limit > 0 && dumps.len() == 1)
                    .and_then(|limit| crowd(facts, limit as f64 * NEARLY))
                    .map(|text| Confirmation { kind: "client-list", text })
                    .into_iter()
                    .collect(),
                ..Finding::of(&ABOUT)
            });
        }
    }
}

/// Of maxclients: as full as this it must have been, and a snapshot rarely comes at the very moment.
const NEARLY: f64 = 0.9;

fn shown(dump: &InfoSnapshot) -> Evidence {
    let count = dump.stats.rejected_connections.unwrap_or(0);
    evidence(dump, &format!("rejected_connections:{count}"))
}
