//! `lock-without-ttl`: a lock that outlives a crash of its owner.

use super::{against, keys, plain};
use crate::finding::{About, Facts, Rule, Threshold, confirm};
use crate::output::number::Noun;
use crate::report::findings::{Confidence, Finding, Severity};
use crate::report::{Bytes, PatternRow};

/// The rule.
pub struct LockWithoutTtl;

const CALLS: Threshold = Threshold {
    name: "calls",
    value: 1.0,
    meaning: "so many attempts to take a lock without a time to live are a note",
    source: "redtrail's own choice: one is enough to hang a system",
};

const WARNING: Threshold = Threshold {
    name: "warning-calls",
    value: 10.0,
    meaning: "so many are a warning, where the name says that the key is a lock",
    source: "redtrail's own choice: a program does this, not a person",
};

const ABOUT: About = About {
    rule: "lock-without-ttl",
    kind: "monitor",
    detects: "Locks taken with SETNX or SET … NX and no time to live, neither then nor by an EXPIRE later.",
    because: "When the owner crashes or loses its connection nobody removes the lock, and everybody who \
              waits for it waits until a person deletes it.",
    severity: "A note; a warning where the name says that it is a lock (lock, mutex, lease, leader …).",
    thresholds: &[CALLS, WARNING],
    by_rate: false,
    remedy: "Take the lock and its time to live in one call: SET key token NX PX milliseconds. Release it \
             by a script that deletes it only where the token is still one's own. SETNX followed by \
             EXPIRE leaves the same gap.",
};

const TIMES: Noun = Noun("time", "times");

/// Words that say that a key is a lock.
const LOCKS: [&str; 12] = [
    "locks",
    "locked",
    "locking",
    "locker",
    "mutex",
    "semaphore",
    "sem",
    "lease",
    "leader",
    "leadership",
    "election",
    "singleton",
];

/// Words that end like a lock and are none.
const NO_LOCKS: [&str; 5] = ["block", "clock", "unlock", "flock", "stock"];

fn is_lock(pattern: &Bytes) -> bool {
    keys::words(pattern).iter().any(|word| {
        LOCKS.contains(&word.as_str())
            || (word.ends_with("lock") && !NO_LOCKS.iter().any(|other| word.ends_with(other)))
    })
}

impl Rule for LockWithoutTtl {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn check(&self, facts: &Facts<'_>, found: &mut Vec<Finding>) {
        let rows = &facts.report.key_patterns.rows;
        keys::append(rows.iter().filter_map(|row| judge(row, facts)).collect(), found);
    }
}

fn judge(row: &PatternRow, facts: &Facts<'_>) -> Option<Finding> {
    let (limit, warning) = (facts.limit(&ABOUT, &CALLS), facts.limit(&ABOUT, &WARNING));
    let calls = row.habits.absent;
    let is_named = is_lock(&row.pattern);
    // What is created once and later deleted may be a lock by another name; what stays is a default value.
    let may_be = row.deletes > 0;
    if calls == 0 || (calls as f64) < limit || !(is_named || may_be) {
        return None;
    }
    let pattern = keys::named(&row.pattern);
    let deleted = if row.deletes == 0 {
        "were never deleted".to_owned()
    } else {
        format!("were deleted {}", TIMES.count(row.deletes))
    };
    let mut detail = format!(
        "{} of SETNX or SET … NX, none with a time to live or followed by one; the keys {deleted}. A note \
         from {limit}, a warning from {warning} where the name says that it is a lock.",
        Noun("call", "calls").count(calls),
    );
    if !is_named {
        detail.push_str(" The name does not say so here; a value that is set once and kept looks the same.");
    }
    Some(Finding {
        severity: if is_named && calls as f64 >= warning { Severity::Warning } else { Severity::Info },
        confidence: if is_named { Confidence::High } else { Confidence::Medium },
        title: format!(
            "{} {pattern} was taken {} without a time to live.",
            if is_named { "The lock" } else { "What may be the lock" },
            if calls == 1 { "once".to_owned() } else { TIMES.count(calls) },
        ),
        subject: row.pattern.clone(),
        detail,
        numbers: vec![against(CALLS.name, calls as f64, limit), plain("deletes", row.deletes as f64)],
        evidence: keys::evidence(&row.habits.absent_calls),
        confirmed_by: confirm::never_expires(facts, &row.pattern).into_iter().collect(),
        ..Finding::of(&ABOUT)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locks_are_told_by_their_words() {
        for (pattern, is) in [
            ("lock:*", true),
            ("orderLock:*", true),
            ("job_mutex", true),
            ("redlock-*", true),
            ("blocked:*", false),
            ("clock", false),
            ("stock:*", false),
            ("config:*", false),
        ] {
            assert_eq!(is_lock(&Bytes::from(pattern.as_bytes())), is, "{pattern}");
        }
    }
}
