//! `slowlog-overflow`: entries that the log lost before anybody read them.

use crate::finding::{About, Facts, Rule, Threshold};
use crate::output::number::{self, Noun, grouped};
use crate::report::Bytes;
use crate::report::findings::{Evidence, Finding, Number, Severity};
use crate::report::slowlog::{Kept, Lost};

/// The rule.
pub struct SlowlogOverflow;

const LENGTH: Threshold = Threshold {
    name: "max-len",
    value: 128.0,
    meaning: "entries that the log holds; so many lost between two polls are a warning",
    source: "the default of slowlog-max-len in redis.conf",
};

const SECONDS: Threshold = Threshold {
    name: "seconds",
    value: 60.0,
    meaning: "a log that fills up, or loses that many, within so many seconds is too short",
    source: "redtrail's own choice: logs are polled once a minute by most monitoring",
};

const SLOW_MS: Threshold = Threshold {
    name: "slow-ms",
    value: 10.0,
    meaning: "a warning only where half of the entries took at least so many milliseconds: below, the server \
              was told to log calls that are not slow",
    source: "the default of slowlog-log-slower-than in redis.conf, 10,000 microseconds",
};

const ABOUT: About = About {
    rule: "slowlog-overflow",
    kind: "slowlog",
    detects: "Entries that are missing between two polls of the slow log, or a log that fills up in a minute.",
    because: "The log keeps the newest entries only. What was pushed out cannot be read any more: the \
              call that began an incident may be among it.",
    severity: "A note; a warning where a whole log's worth of slow calls was lost within a minute.",
    thresholds: &[LENGTH, SECONDS, SLOW_MS],
    by_rate: false,
    remedy: "Let the log keep more (an entry takes 4 KB at most), and read all of it each time: SLOWLOG \
             GET gives ten entries unless it is told how many (-1 for all from Redis 7.0). If most \
             entries are quick calls, raise slowlog-log-slower-than. CONFIG SET holds until a restart; \
             redis.conf, or the parameters of a managed service, keep it.",
};

/// At 32 arguments of 128 bytes an entry, which is what servers keep, 4 MB at most.
const COMMAND: &str = "CONFIG SET slowlog-max-len 1024";

const ENTRIES: Noun = Noun("entry", "entries");

impl Rule for SlowlogOverflow {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn check(&self, facts: &Facts<'_>, found: &mut Vec<Finding>) {
        let log = &facts.report.slowlog;
        if let Some(worst) = log.lost.iter().max_by_key(|lost| lost.missing) {
            found.push(lost(facts, worst));
        } else if let Some(full) = log.kept.iter().find(|kept| is_full(facts, kept)) {
            found.push(filled(facts, full));
        }
    }
}

fn seconds(since: i64, until: i64) -> u64 {
    u64::try_from(until.saturating_sub(since)).unwrap_or(0) / 1_000_000
}

fn lost(facts: &Facts<'_>, worst: &Lost) -> Finding {
    let log = &facts.report.slowlog;
    let missing: u64 = log.lost.iter().map(|lost| lost.missing).fold(0, u64::saturating_add);
    let (length, limit) = (facts.limit(&ABOUT, &LENGTH), facts.limit(&ABOUT, &SECONDS));
    let is_much =
        |lost: &&Lost| lost.missing as f64 >= length && seconds(lost.since.0, lost.until.0) as f64 <= limit;
    let worst = log.lost.iter().filter(is_much).max_by_key(|lost| lost.missing).unwrap_or(worst);
    let passed = seconds(worst.since.0, worst.until.0);
    let mut detail = format!(
        "The most that were lost at once: {}, between ids {} and {}, within {} (a warning from {length} within \
         {limit} s).",
        grouped(worst.missing),
        worst.from.saturating_sub(1),
        worst.from.saturating_add(worst.missing),
        number::duration(passed.max(1) * 1_000_000)
    );
    // What SLOWLOG GET gives unless told how many.
    if worst.entries == 10 {
        detail.push_str(" The poll behind them gave ten entries, as SLOWLOG GET does unless told how many.");
    }
    let severity = if is_much(&worst) && is_slow(facts) { Severity::Warning } else { Severity::Info };
    Finding {
        severity,
        title: format!(
            "{} of the slow log {} missing between two polls.",
            ENTRIES.count(missing),
            if missing == 1 { "is" } else { "are" }
        ),
        detail,
        numbers: vec![
            Number { name: "missing", value: missing as f64, threshold: None },
            Number { name: LENGTH.name, value: worst.missing as f64, threshold: Some(length) },
            Number { name: SECONDS.name, value: passed as f64, threshold: Some(limit) },
        ],
        evidence: evidence(facts, &worst.path, worst.from.saturating_add(worst.missing)),
        command: Some(COMMAND.to_owned()),
        ..Finding::of(&ABOUT)
    }
}

/// Whether the log had no room for what came before its oldest entry.
fn is_full(facts: &Facts<'_>, kept: &Kept) -> bool {
    kept.oldest > 0
        && kept.entries as f64 >= facts.limit(&ABOUT, &LENGTH)
        && seconds(kept.since.0, kept.until.0) as f64 <= facts.limit(&ABOUT, &SECONDS)
}

fn filled(facts: &Facts<'_>, kept: &Kept) -> Finding {
    let passed = seconds(kept.since.0, kept.until.0);
    let (length, limit) = (facts.limit(&ABOUT, &LENGTH), facts.limit(&ABOUT, &SECONDS));
    Finding {
        title: format!(
            "The slow log filled up within {}: {}, and {} before them are gone.",
            number::duration(passed.max(1) * 1_000_000),
            ENTRIES.count(kept.entries),
            grouped(kept.oldest)
        ),
        detail: format!(
            "Its oldest entry has id {} (a note from {length} entries within {limit} s). Ids begin at 0 \
             and go on after SLOWLOG RESET, which may be where they went.",
            kept.oldest
        ),
        numbers: vec![
            Number { name: LENGTH.name, value: kept.entries as f64, threshold: Some(length) },
            Number { name: SECONDS.name, value: passed as f64, threshold: Some(limit) },
        ],
        evidence: evidence(facts, &kept.path, kept.oldest),
        command: Some(COMMAND.to_owned()),
        ..Finding::of(&ABOUT)
    }
}

/// Whether at least half of the entries are slow.
fn is_slow(facts: &Facts<'_>) -> bool {
    let limit = facts.limit(&ABOUT, &SLOW_MS) * 1e3;
    let all = || facts.report.slowlog.callers.iter().flat_map(|row| &row.us);
    all().filter(|us| **us as f64 >= limit).count() * 2 >= all().count()
}

/// Of the entries whose place is known, that with the lowest id from `id` on.
fn evidence(facts: &Facts<'_>, path: &Bytes, id: u64) -> Vec<Evidence> {
    let rows = facts.report.slowlog.slowest.iter().filter(|row| row.entry.path == *path);
    let behind = rows.filter(|row| row.entry.id.is_some_and(|held| held >= id));
    behind.min_by_key(|row| row.entry.id).map(super::calls::evidence).into_iter().collect()
}
