//! `large-value`: single values so large that moving them holds up everybody.

use super::{against, keys};
use crate::finding::{About, Facts, Rule, Threshold, confirm};
use crate::output::number;
use crate::report::findings::{Finding, Severity};

/// The rule.
pub struct LargeValue;

const BYTES: Threshold = Threshold {
    name: "bytes",
    value: 100_000.0,
    meaning: "a single value of this size is a note; below 10,000 none is looked at",
    source: "Microsoft's guide to Azure Cache for Redis: keep values smaller than 100 kB",
};

const WARNING: Threshold = Threshold {
    name: "warning-bytes",
    value: 1_000_000.0,
    meaning: "a single value of this size is a warning",
    source: "operators' convention; Huawei's and Alibaba's guides draw the line at 10 kB already",
};

const ABOUT: About = About {
    rule: "large-value",
    kind: "monitor",
    detects: "Single values that are written with a large size.",
    because: "A large value is copied several times on its way, fills output buffers and the link to the \
              replicas, and everybody behind it on the connection waits. Deleting it with DEL takes the \
              server's one thread.",
    severity: "By the largest single argument of a write.",
    thresholds: &[BYTES, WARNING],
    by_rate: false,
    remedy: "Compress the value, split it into parts that are read alone, or keep it in an object store \
             and its address in Redis. Delete large keys with UNLINK (Redis 4.0 and later), not DEL.",
};

impl Rule for LargeValue {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn check(&self, facts: &Facts<'_>, found: &mut Vec<Finding>) {
        let (limit, warning) = (facts.limit(&ABOUT, &BYTES), facts.limit(&ABOUT, &WARNING));
        let mut findings = Vec::new();
        for row in &facts.report.key_patterns.rows {
            let large: Vec<_> = row.habits.large.iter().filter(|(bytes, _)| *bytes as f64 >= limit).collect();
            let Some((bytes, _)) = large.first() else { continue };
            let pattern = keys::named(&row.pattern);
            findings.push(Finding {
                severity: if *bytes as f64 >= warning { Severity::Warning } else { Severity::Info },
                title: format!("A single value of {} was written to {pattern}.", number::bytes(*bytes)),
                subject: row.pattern.clone(),
                detail: format!(
                    "The largest by key: {}. A note from {}, a warning from {}.",
                    large.iter().map(|(bytes, _)| number::bytes(*bytes)).collect::<Vec<_>>().join(", "),
                    number::bytes(limit as u64),
                    number::bytes(warning as u64),
                ),
                numbers: vec![against(BYTES.name, *bytes as f64, limit)],
                evidence: keys::evidence(large.iter().map(|(_, example)| example)),
                confirmed_by: confirm::slow_pattern(facts, &row.pattern).into_iter().collect(),
                ..Finding::of(&ABOUT)
            });
        }
        keys::append(findings, found);
    }
}
