//! `long-key-name`: names of keys that take more room than they need.

use super::{against, evidence, keys};
use crate::finding::{About, Facts, Rule, Threshold};
use crate::output::number::Noun;
use crate::report::findings::Finding;

/// The rule.
pub struct LongKeyName;

const BYTES: Threshold = Threshold {
    name: "bytes",
    value: 100.0,
    meaning: "a key whose name has so many bytes is a note",
    source: "operators' convention; Redis' page on keys calls 1,024 bytes a bad idea",
};

const ABOUT: About = About {
    rule: "long-key-name",
    kind: "monitor",
    detects: "Keys with long names.",
    because: "A name is held in memory for every key, sent with every call, and compared at every look-up. With small \
              values the names take more memory than the data.",
    severity: "Always a note: names cost memory and work, and break nothing by themselves.",
    thresholds: &[BYTES],
    by_rate: false,
    remedy: "Shorten what is the same in all names, and replace long parts (addresses, queries, serialised arguments) \
             by a hash of them, such as SHA-1.",
};

impl Rule for LongKeyName {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn check(&self, facts: &Facts<'_>, found: &mut Vec<Finding>) {
        let limit = facts.limit(&ABOUT, &BYTES);
        let mut findings = Vec::new();
        for row in &facts.report.key_patterns.rows {
            let Some((bytes, example)) = row.habits.longest_key.as_ref() else { continue };
            if (*bytes as f64) < limit {
                continue;
            }
            findings.push(Finding {
                title: format!(
                    "Names of keys are long: up to {} in {}.",
                    Noun("byte", "bytes").count(*bytes),
                    keys::named(&row.pattern)
                ),
                subject: row.pattern.clone(),
                detail: format!(
                    "The longest of {} (a note from {limit} bytes).",
                    keys::KEYS.count(row.distinct_keys)
                ),
                numbers: vec![against(BYTES.name, *bytes as f64, limit)],
                evidence: vec![evidence(example)],
                ..Finding::of(&ABOUT)
            });
        }
        keys::append(findings, found);
    }
}
