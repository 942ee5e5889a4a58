//! `cache-without-ttl`: data that should go away by itself and will not.

use super::{against, keys, plain};
use crate::finding::{About, Facts, Rule, Threshold, confirm};
use crate::output::number::grouped;
use crate::report::PatternRow;
use crate::report::findings::{Confidence, Finding, Severity};

/// The rule.
pub struct CacheWithoutTtl;

const KEYS: Threshold = Threshold {
    name: "keys",
    value: 10.0,
    meaning: "so many different keys left without a time to live are a note",
    source: "redtrail's own choice: fewer can be a test or a person",
};

const WARNING: Threshold = Threshold {
    name: "warning-keys",
    value: 100.0,
    meaning: "so many are a warning, where the name says that they are to go away",
    source: "redtrail's own choice: a program does this, not a person",
};

const SHARE: Threshold = Threshold {
    name: "warning-percent",
    value: 80.0,
    meaning: "it is a warning where this part of the written keys is left without one; less is a note",
    source: "redtrail's own choice: a habit, not a forgotten place",
};

const ABOUT: About = About {
    rule: "cache-without-ttl",
    kind: "monitor",
    detects: "Keys that are named as a cache, session or token and are written without a time to live; \
              and patterns of which some keys get one and others do not.",
    because: "What is never removed stays until memory is full. Then the server refuses writes or evicts \
              what is needed. Sessions and tokens that never end are also a risk to security.",
    severity: "A note; a warning for many keys whose name says that they are temporary, where nearly all \
               of them are left so. It stays a note where the server is set to evict any key (maxmemory \
               with an allkeys policy).",
    thresholds: &[KEYS, WARNING, SHARE],
    by_rate: false,
    remedy: "Write the key with its time to live in one call: SET key value EX seconds. Keys that are \
             there already need EXPIRE once: walk through them with SCAN, a few at a time.",
};

/// Words that say that a key is to go away.
const TEMPORARY: [&str; 14] = [
    "sess",
    "token",
    "tokens",
    "jwt",
    "tmp",
    "temp",
    "temporary",
    "otp",
    "csrf",
    "xsrf",
    "captcha",
    "nonce",
    "oauth",
    "ttl",
];

/// Whether the name says that its keys are to go away.
fn is_temporary(row: &PatternRow) -> bool {
    keys::words(&row.pattern)
        .iter()
        .any(|word| word.contains("cache") || word.contains("session") || TEMPORARY.contains(&word.as_str()))
}

impl Rule for CacheWithoutTtl {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn check(&self, facts: &Facts<'_>, found: &mut Vec<Finding>) {
        let evicts = facts.dump().is_some_and(|dump| {
            dump.memory.maxmemory.is_some_and(|limit| limit > 0)
                && dump.memory.policy.as_ref().is_some_and(|policy| policy.0.starts_with(b"allkeys"))
        });
        let rows = &facts.report.key_patterns.rows;
        keys::append(rows.iter().filter_map(|row| judge(row, facts, evicts)).collect(), found);
    }
}

fn judge(row: &PatternRow, facts: &Facts<'_>, evicts: bool) -> Option<Finding> {
    let (limit, warning) = (facts.limit(&ABOUT, &KEYS), facts.limit(&ABOUT, &WARNING));
    let habits = &row.habits;
    let (without, with) = (habits.without_ttl, habits.with_ttl);
    let is_named = is_temporary(row);
    // A hash, list or set keeps the time to live it has, which may be older than the capture.
    let collections = if is_named && row.ttl_set == 0 { habits.unbounded } else { 0 };
    let is_mixed = without as f64 >= limit && with as f64 >= limit;
    let is_found = is_mixed || (is_named && (without + collections) as f64 >= limit);
    if !is_found {
        return None;
    }
    let is_habit = without as f64 * 100.0 >= (without + with) as f64 * facts.limit(&ABOUT, &SHARE);
    let is_bad = is_named && is_habit && without as f64 >= warning && !evicts;
    let pattern = keys::named(&row.pattern);
    let mut detail = format!(
        "{} written and left without a time to live, {} given one; a note from {limit} keys",
        keys::KEYS.count(without + collections),
        if with == 0 { "none".to_owned() } else { grouped(with) },
    );
    if is_named {
        detail.push_str(&format!(", a warning from {warning} where these are nearly all"));
    }
    detail.push('.');
    if collections > 0 {
        detail.push_str(&format!(
            " {} of them are collections, which may have been given one before the capture began.",
            grouped(collections)
        ));
    }
    if is_named && evicts {
        detail.push_str(" The server evicts any key when its memory is full, so this is no leak.");
    }
    if with > 0 {
        detail.push_str(
            " That some keys of one kind get it and others do not is mostly a forgotten place in a program.",
        );
    }
    let evidence = if without > 0 {
        keys::evidence(&habits.without_ttl_calls)
    } else {
        keys::evidence(habits.growing.iter().map(|growing| &growing.call))
    };
    let ways = if with == 0 { "are never given a time to live" } else { "are not all given a time to live" };
    Some(Finding {
        severity: if is_bad { Severity::Warning } else { Severity::Info },
        confidence: if is_named && collections == 0 { Confidence::High } else { Confidence::Medium },
        title: format!("Keys of {pattern} {ways}: {} without.", grouped(without + collections)),
        subject: row.pattern.clone(),
        detail,
        numbers: vec![
            against(KEYS.name, (without + collections) as f64, limit),
            plain("keys-with-ttl", with as f64),
            plain("writes-without-ttl", row.ttl_missing as f64),
        ],
        evidence,
        confirmed_by: confirm::never_expires(facts, &row.pattern)
            .into_iter()
            .chain(confirm::most_stay(facts))
            .collect(),
        ..Finding::of(&ABOUT)
    })
}
