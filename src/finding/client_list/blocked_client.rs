//! `blocked-client`: a client that waits for something that does not come.

use super::{Party, append, has_flag, parties, present, seconds};
use crate::command::{self, CommandId, Flag};
use crate::finding::{About, Facts, Rule, Threshold};
use crate::output::number::Noun;
use crate::report::Bytes;
use crate::report::connections::ConnectionRow;
use crate::report::findings::{Confidence, Finding, Number, Severity};

/// The rule.
pub struct BlockedClient;

const SECONDS: Threshold = Threshold {
    name: "seconds",
    value: 3600.0,
    meaning: "a client that has waited in a blocking command (BLPOP, XREADGROUP) for so long is worth a note",
    source: "operators' convention: workers wait for minutes, with a timeout that lets them see a dead \
             connection",
};

const HELD: Threshold = Threshold {
    name: "held-seconds",
    value: 10.0,
    meaning: "a client that has waited so long in WAIT, or in a command that does not wait by itself, is a \
              warning",
    source: "redtrail's own choice: applications give up after some seconds; Redis holds a command back \
             only for CLIENT PAUSE, a failover or a shutdown",
};

const ABOUT: About = About {
    rule: "blocked-client",
    kind: "client-list",
    detects: "A client that has been blocked for long (flag b): in a command that waits for data, for \
              replicas (WAIT), or in one that the server itself holds back.",
    because: "A worker that waits for ever does not see that its connection died, and holds one of \
              maxclients. A command that the server holds back is an application that hangs.",
    severity: "A note for workers; a warning for WAIT and for commands that the server holds back.",
    thresholds: &[SECONDS, HELD],
    by_rate: false,
    remedy: "Give blocking commands a timeout of some seconds or minutes and call them in a loop; look \
             whether anything still writes to what they wait for.",
};

const HELD_BACK: Noun = Noun("connection", "connections");

/// Why a client waits.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wait {
    Data,
    Replicas,
    Server,
}

impl Rule for BlockedClient {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn check(&self, facts: &Facts<'_>, found: &mut Vec<Finding>) {
        let (longest, held) = (facts.limit(&ABOUT, &SECONDS), facts.limit(&ABOUT, &HELD));
        let limit = |wait| if wait == Wait::Data { longest } else { held };
        let waits_long = |row: &&ConnectionRow| {
            has_flag(row, b'b') && row.idle.get().unwrap_or(0) as f64 >= limit(wait(row))
        };
        let mut blocked: Vec<_> = present(facts).into_iter().filter(waits_long).collect();
        // What is held back comes first, then who waits longest.
        blocked.sort_by_key(|row| (wait(row) == Wait::Data, std::cmp::Reverse(row.idle.get())));
        let (held_back, waiting): (Vec<_>, Vec<_>) =
            blocked.into_iter().partition(|row| wait(row) == Wait::Server);
        let mut held_back = parties(held_back);
        if held_back.len() > 1 {
            // One cause: the server's.
            let rows = held_back.into_iter().flat_map(|party| party.rows).collect();
            held_back = vec![Party { subject: Bytes::default(), rows }];
        }
        let mut findings = Vec::new();
        for party in held_back.into_iter().chain(parties(waiting)) {
            let Some(worst) = party.rows.first() else { continue };
            let count = party.rows.len() as u64;
            let (why, idle) = (wait(worst), worst.idle.get().unwrap_or(0));
            let (name, limit) = (if why == Wait::Data { SECONDS.name } else { HELD.name }, limit(why));
            let cmd = worst.cmd.as_ref().map(|cmd| cmd.text()).unwrap_or_default();
            let (reason, remedy) = match why {
                Wait::Data => ("which waits for data", ABOUT.remedy),
                Wait::Replicas => (
                    "which waits for replicas to acknowledge writes",
                    "Look at the replicas: INFO replication shows which are connected and how far behind. \
                     WAIT takes a timeout in milliseconds; 0 waits for ever, so give one.",
                ),
                Wait::Server => (
                    "which does not wait by itself: the server holds it back",
                    "Look whether somebody ran CLIENT PAUSE (CLIENT UNPAUSE ends it), or whether a \
                     failover or a shutdown is under way.",
                ),
            };
            findings.push(Finding {
                severity: if why == Wait::Data { Severity::Info } else { Severity::Warning },
                confidence: if why == Wait::Server { Confidence::Medium } else { Confidence::High },
                title: if party.subject.0.is_empty() {
                    format!(
                        "The server has held back {} for up to {}.",
                        HELD_BACK.count(count),
                        seconds(idle)
                    )
                } else {
                    format!("{} has been blocked in {cmd} for {}.", party.subject.text(), seconds(idle))
                },
                detail: format!(
                    "{} blocked, the longest for {} in {cmd}, {reason} (worth a finding from {}).",
                    Noun("connection is", "connections are").count(count),
                    seconds(idle),
                    seconds(limit as i64),
                ),
                numbers: vec![Number { name, value: idle as f64, threshold: Some(limit) }],
                evidence: party.evidence(),
                remedy: remedy.to_owned(),
                subject: party.subject,
                ..Finding::of(&ABOUT)
            });
        }
        append(findings, found);
    }
}

/// By the last command. What the table lacks is a module's and may wait for anything.
fn wait(row: &ConnectionRow) -> Wait {
    let Some(cmd) = row.cmd.as_ref() else { return Wait::Data };
    match command::find(&cmd.0, None).map(CommandId::spec) {
        Some(spec) if matches!(spec.name, "WAIT" | "WAITAOF") => Wait::Replicas,
        Some(spec) if !spec.flags.contains(Flag::Blocking) => Wait::Server,
        _ => Wait::Data,
    }
}
