//! `key-churn`: keys that are made and removed at a high rate.

use std::collections::{BTreeMap, BTreeSet};

use super::{KEYS, expiry_storm, is_write};
use crate::finding::{About, Facts, Rule, Threshold, confirm};
use crate::output::number::grouped;
use crate::report::Bytes;
use crate::report::findings::{Finding, Number, Severity};

/// The rule.
pub struct KeyChurn;

const REMOVED: Threshold = Threshold {
    name: "keys",
    value: 1_000.0,
    meaning: "so many keys of one pattern must be deleted or expire",
    source: "redtrail's own choice: fewer are no load for a server",
};

const PART: Threshold = Threshold {
    name: "percent-of-writes",
    value: 50.0,
    meaning: "removed keys, as a part of the writes to keys of the pattern",
    source: "redtrail's own choice: then a key is written twice or less before it goes",
};

const RATE: Threshold = Threshold {
    name: "keys-per-second",
    value: 10.0,
    meaning: "with a clock: so many must go a second",
    source: "redtrail's own choice, not a published number",
};

const ABOUT: About = About {
    rule: "key-churn",
    kind: "keyspace-events",
    detects: "Keys of one pattern that are made and removed again at a high rate.",
    because: "Each such key costs memory to be found and freed, several messages to replicas and the \
              append-only file, and often an entry in the server's list of times to live, for data that \
              is used once or twice.",
    severity: "A note: locks and messages are meant to be short-lived.",
    thresholds: &[REMOVED, PART, RATE],
    by_rate: true,
    remedy: "If these are not locks or the like: keep values that live so short in the application, or \
             put them into one hash, list or stream. If they are, nothing is to be done.",
};

/// Changes to keys of one pattern.
#[derive(Default)]
struct Changes {
    writes: u64,
    deleted: u64,
    expired: u64,
    /// The captures that tell of them: others may be of other servers, or of another day.
    inputs: BTreeSet<u32>,
}

impl Rule for KeyChurn {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn check(&self, facts: &Facts<'_>, found: &mut Vec<Finding>) {
        let (least, part) = (facts.limit(&ABOUT, &REMOVED), facts.limit(&ABOUT, &PART) / 100.0);
        let rate = facts.limit(&ABOUT, &RATE);
        let mut by: BTreeMap<&Bytes, Changes> = BTreeMap::new();
        for row in &facts.report.keyspace_events.patterns {
            let changes = by.entry(&row.pattern).or_default();
            changes.inputs.extend(row.inputs.iter().map(|(input, _)| input));
            match row.event.0.as_slice() {
                b"del" => changes.deleted += row.calls,
                b"expired" => changes.expired += row.calls,
                event if is_write(event) => changes.writes += row.calls,
                _ => {}
            }
        }
        let storms: Vec<_> = expiry_storm::storms(facts).into_iter().map(|burst| &burst.pattern).collect();
        for (pattern, Changes { writes, deleted, expired, inputs }) in by {
            let seconds = facts.seconds_of(inputs).map(|seconds| seconds.max(1.0));
            let removed = deleted + expired;
            let is_fast = seconds.is_none_or(|seconds| removed as f64 / seconds >= rate);
            let is_much = removed as f64 >= least && writes > 0 && removed as f64 >= part * writes as f64;
            // What went at one moment is said already.
            if !is_much || !is_fast || storms.contains(&pattern) {
                continue;
            }
            let a_second = seconds.map(|seconds| format!(", {:.1} a second", removed as f64 / seconds));
            found.push(Finding {
                severity: Severity::Info,
                title: format!(
                    "{} of {} went as fast as they came{}.",
                    KEYS.count(removed),
                    pattern.text(),
                    a_second.unwrap_or_default()
                ),
                subject: pattern.clone(),
                detail: format!(
                    "{} writes, {} deleted, {} expired (a note from {least} removed keys, at least {} % \
                     of the writes).",
                    grouped(writes),
                    grouped(deleted),
                    grouped(expired),
                    part * 100.0
                ),
                numbers: vec![
                    Number { name: REMOVED.name, value: removed as f64, threshold: Some(least) },
                    Number { name: "writes", value: writes as f64, threshold: None },
                ],
                confirmed_by: confirm::deleted(facts, pattern).into_iter().collect(),
                ..Finding::of(&ABOUT)
            });
        }
    }
}
