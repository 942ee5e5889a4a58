//! `key-without-namespace`: keys whose names do not say whose they are.

use super::{against, keys, plain};
use crate::finding::{About, Facts, Rule, Threshold};
use crate::report::findings::Finding;

/// The rule.
pub struct KeyWithoutNamespace;

const KEYS: Threshold = Threshold {
    name: "keys",
    value: 100.0,
    meaning: "so many different keys of which none starts with a word are a note",
    source: "redtrail's own choice: fewer can be known by heart",
};

const ABOUT: About = About {
    rule: "key-without-namespace",
    kind: "monitor",
    detects: "Many keys whose names are an id and nothing else, such as 4711 or 5e483ea4dc1e9666.",
    because: "Nobody can tell which application such a key belongs to, two applications can overwrite \
              each other's, and neither SCAN MATCH nor an ACL can pick them out.",
    severity: "Always a note: it makes the server hard to run, and breaks nothing by itself.",
    thresholds: &[KEYS],
    by_rate: false,
    remedy: "Put the kind of object in front of the id, parted by a colon: user:1000, session:5e48. \
             Redis' page on keys advises such a schema.",
};

impl Rule for KeyWithoutNamespace {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn check(&self, facts: &Facts<'_>, found: &mut Vec<Finding>) {
        let limit = facts.limit(&ABOUT, &KEYS);
        let mut findings = Vec::new();
        for row in &facts.report.key_patterns.rows {
            // A byte that is no ASCII may be a letter.
            let says_something =
                row.pattern.0.iter().any(|byte| byte.is_ascii_alphanumeric() || !byte.is_ascii());
            if says_something || (row.distinct_keys as f64) < limit {
                continue;
            }
            findings.push(Finding {
                title: format!(
                    "{} have names without a word in them ({}).",
                    keys::KEYS.count(row.distinct_keys),
                    keys::named(&row.pattern)
                ),
                subject: row.pattern.clone(),
                detail: format!("They are used {} times (a note from {limit} keys).", row.calls),
                numbers: vec![
                    against(KEYS.name, row.distinct_keys as f64, limit),
                    plain("calls", row.calls as f64),
                ],
                evidence: keys::evidence(&row.habits.calls),
                ..Finding::of(&ABOUT)
            });
        }
        keys::append(findings, found);
    }
}
