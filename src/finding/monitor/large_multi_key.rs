//! `large-multi-key`: one call names very many keys.

use super::company::Crowd;
use super::{against, calls, commands, earliest, sighted, slow, times};
use crate::finding::{About, Facts, Rule, Threshold, confirm};
use crate::output::number;
use crate::report::findings::{Finding, Severity};
use crate::statistic::Period;
use crate::statistic::sign::{MANY, Sign};

/// The rule.
pub struct LargeMultiKey;

const KEYS: Threshold = Threshold {
    name: "keys",
    value: 500.0,
    meaning: "a call with so many keys is noted (those with fewer than 32 are never looked at)",
    source: "operators' convention: batches of some hundred keys gain nearly all that batches can gain",
};

const WARNING: Threshold = Threshold {
    name: "warning-keys",
    value: 2000.0,
    meaning: "a call with so many keys is a warning",
    source: "redtrail's own choice: jobs send a thousand keys a call and nobody notices; with more, \
             everybody waits for a millisecond and longer",
};

const ABOUT: About = About {
    rule: "large-multi-key",
    kind: "monitor",
    detects: "A call with very many keys: MGET, MSET, DEL, SUNION and the like.",
    because: "Such a call is run in one go, and nobody else is served until it is done; its reply is held \
              in memory as a whole.",
    severity: "A note; a warning from some thousand keys on where others use the server.",
    thresholds: &[KEYS, WARNING],
    by_rate: false,
    remedy: "Send batches of a hundred to some hundred keys, one after the other, or in a pipeline. \
             UNLINK instead of DEL frees the memory in the background (Redis 4.0 and later).",
};

impl Rule for LargeMultiKey {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn check(&self, facts: &Facts<'_>, found: &mut Vec<Finding>) {
        let limit = facts.limit(&ABOUT, &KEYS).max(MANY as f64);
        let warning = facts.limit(&ABOUT, &WARNING);
        let crowd = Crowd::new(facts);
        for mut party in sighted(facts, Sign::ManyKeys) {
            party.items.retain(|row| row.largest as f64 >= limit);
            let Some(largest) = party.items.iter().map(|row| row.largest).max() else { continue };
            let company = crowd.beside(&party, party.items.iter().flat_map(|row| &row.examples));
            let names = commands(party.items.iter().map(|row| &row.command));
            let mut period = Period::default();
            party.items.iter().for_each(|row| period.merge(row.period));
            let texts: Vec<_> =
                party.items.iter().filter_map(|row| std::str::from_utf8(&row.command.0).ok()).collect();
            let slowest = slow::slowest(facts, &party, &texts, period);
            found.push(Finding {
                severity: if largest as f64 >= warning && company.waits() {
                    Severity::Warning
                } else {
                    Severity::Info
                },
                title: format!(
                    "{} sent {names} with up to {} keys in one call.",
                    party.title(),
                    number::grouped(largest)
                ),
                detail: format!(
                    "Calls with {MANY} keys or more: {} (noted from {limit} keys, a warning from \
                     {warning}). {}",
                    times(calls(&party.items)),
                    company.sentence()
                ),
                numbers: vec![against(KEYS.name, largest as f64, limit)],
                evidence: slow::first(slowest, earliest(party.items.iter().flat_map(|row| &row.examples))),
                confirmed_by: slowest
                    .map(slow::confirmation)
                    .into_iter()
                    .chain(confirm::unread(facts, &party))
                    .collect(),
                subject: party.subject,
                ..Finding::of(&ABOUT)
            });
        }
    }
}
