//! `keys-command`: somebody looks at every key of a database.

use super::company::Crowd;
use super::{against, calls, earliest, sighted, slow, times};
use crate::finding::{About, Facts, Rule, Threshold, confirm};
use crate::output::number;
use crate::report::Bytes;
use crate::report::findings::{Finding, Severity};
use crate::statistic::Period;
use crate::statistic::sightings::DETAIL;
use crate::statistic::sign::Sign;

/// The rule.
pub struct KeysCommand;

const CALLS: Threshold = Threshold {
    name: "calls",
    value: 1.0,
    meaning: "so many calls by one client are found",
    source: "Redis documentation of KEYS: it may ruin performance on large databases, each single time",
};

const CRITICAL: Threshold = Threshold {
    name: "critical-ms",
    value: 1000.0,
    meaning: "a KEYS that takes so many milliseconds by the slow log is critical",
    source: "operators' convention: a server that answers nobody for a second is down for its clients",
};

const ABOUT: About = About {
    rule: "keys-command",
    kind: "monitor",
    detects: "A client that runs KEYS.",
    because: "KEYS looks at every key of the database, whatever the pattern, and the server serves nobody \
              else until it is done. It takes longer with every key that is added.",
    severity: "A warning where others use the server, a note where nobody does; critical where the slow \
               log shows one that took a second or more.",
    thresholds: &[CALLS, CRITICAL],
    by_rate: false,
    remedy: "Use SCAN with MATCH and COUNT, again and again with the cursor that it returned, until that \
             is 0. Better: keep a set of the keys that are to be listed. ACL SETUSER name -keys refuses \
             it from then on (Redis 6.0 and later), also to what still needs it.",
};

impl Rule for KeysCommand {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn check(&self, facts: &Facts<'_>, found: &mut Vec<Finding>) {
        let crowd = Crowd::new(facts);
        for party in sighted(facts, Sign::Keys) {
            let company = crowd.beside(&party, party.items.iter().flat_map(|row| &row.examples));
            let count = calls(&party.items);
            let least = facts.limit(&ABOUT, &CALLS);
            if (count as f64) < least {
                continue;
            }
            let mut period = Period::default();
            party.items.iter().for_each(|row| period.merge(row.period));
            let slowest = slow::slowest(facts, &party, &["KEYS"], period);
            let limit = facts.limit(&ABOUT, &CRITICAL);
            let severity = match slowest {
                Some(row) if row.us as f64 >= limit * 1000.0 => Severity::Critical,
                _ if company.waits() => Severity::Warning,
                _ => Severity::Info,
            };
            let took = slowest
                .map(|row| format!("; the slowest took {}", number::latency(row.us)))
                .unwrap_or_default();
            let pattern = party.items.iter().map(|row| &row.detail);
            let pattern = pattern.filter(|text| (1..DETAIL).contains(&text.0.len())).map(Bytes::text).next();
            let remedy = pattern.map_or_else(
                || ABOUT.remedy.to_owned(),
                |text| {
                    format!(
                        "Use SCAN 0 MATCH {text} COUNT 500 instead of KEYS {text}, and go on with the \
                         cursor that it returns until that is 0."
                    )
                },
            );
            let mut numbers = vec![against(CALLS.name, count as f64, least)];
            numbers.extend(slowest.map(|row| against(CRITICAL.name, row.us as f64 / 1000.0, limit)));
            let command = party.kill();
            found.push(Finding {
                severity,
                title: format!("{} ran KEYS {}{took}.", party.title(), times(count)),
                detail: format!(
                    "Each of these calls looked at every key of the database while nobody else was served. {}",
                    company.sentence()
                ),
                numbers,
                evidence: slow::first(slowest, earliest(party.items.iter().flat_map(|row| &row.examples))),
                confirmed_by: [
                    slowest.map(slow::confirmation),
                    confirm::counted(facts, &Bytes::from(&b"KEYS"[..]), 0.0),
                    confirm::unread(facts, &party),
                ]
                .into_iter()
                .flatten()
                .collect(),
                remedy,
                caution: command.as_ref().map(|_| {
                    "See in CLIENT LIST first that the address is still this client's. It drops the \
                     connection; the client may reconnect and do the same again.".to_owned()
                }),
                command,
                subject: party.subject,
                ..Finding::of(&ABOUT)
            });
        }
    }
}
