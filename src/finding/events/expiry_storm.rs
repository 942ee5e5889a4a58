//! `expiry-storm`: very many keys of one pattern expire at the same moment.

use super::{KEYS, changes, evidence, inputs, is_write};
use crate::finding::{About, Facts, Rule, Threshold, confirm};
use crate::output::number::{self, Noun, grouped};
use crate::report::events::Burst;
use crate::report::findings::{Confidence, Confirmation, Finding, Number, Severity};
use crate::report::slowlog::SlowestRow;

/// The rule.
pub struct ExpiryStorm;

const AT_ONCE: Threshold = Threshold {
    name: "keys",
    value: 1_000.0,
    meaning: "so many keys of one pattern that expire together (within two seconds, where there is a clock) \
              are a warning",
    source: "fifty rounds of the server's own clean-up, which looks at 20 keys a round and goes on while \
             many of them are over, in up to 25 % of the processor's time \
             (ACTIVE_EXPIRE_CYCLE_KEYS_PER_LOOP and ACTIVE_EXPIRE_CYCLE_SLOW_TIME_PERC in Redis' \
             expire.c)",
};

const TIMES_USUAL: Threshold = Threshold {
    name: "times-usual",
    value: 10.0,
    meaning: "how many times as fast as in the rest of the capture they must expire; without a clock, how many times as \
              many at once as else, where most do so",
    source: "redtrail's own choice, not a published number: steady expiry varies by less",
};

const SLOW_MS: Threshold = Threshold {
    name: "critical-ms",
    value: 1_000.0,
    meaning: "a call of the slow log this long, in a second of the storm, makes it critical",
    source: "as slow-command: operators' convention, a second is what clients time out at",
};

/// Changes of a storm, as a part of all around it, that are expired keys: where a server tells of writes too,
/// keys that live and end evenly come to a half at most, since each of them was written.
const DENSE: f64 = 0.75;

/// A storm with fewer changes behind it than one for so many of its keys is the end of the log.
const TAIL: u64 = 10;

const ABOUT: About = About {
    rule: "expiry-storm",
    kind: "keyspace-events",
    detects: "Very many keys of one pattern that expire at the same moment.",
    because: "The server deletes expired keys in the thread that also runs commands, up to a quarter of \
              its time while many are over, and all other calls wait meanwhile. What was cached is gone \
              all at once, so that the database behind is asked for all of it at once.",
    severity: "A warning from the number of keys below; critical where the slow log shows a call of a \
               second at that moment.",
    thresholds: &[AT_ONCE, TIMES_USUAL, SLOW_MS],
    by_rate: false,
    remedy: "Spread the ends: add a random part to the time to live (EX of 3600 plus a random number up \
             to 600), or write the keys over a longer time. Keys that are there already can be given new \
             times by EXPIRE, a few at a time.",
};

/// The storms, the greatest first.
pub fn storms<'a>(facts: &Facts<'a>) -> Vec<&'a Burst> {
    let least = facts.limit(&ABOUT, &AT_ONCE);
    let bursts = facts.report.keyspace_events.bursts.iter();
    let mut storms: Vec<_> =
        bursts.filter(|burst| burst.peak as f64 >= least && stands_out(facts, burst)).collect();
    storms.sort_by_key(|burst| std::cmp::Reverse(burst.peak));
    storms
}

/// Whether keys do not always expire like this.
fn stands_out(facts: &Facts<'_>, burst: &Burst) -> bool {
    let events = &facts.report.keyspace_events;
    let there = inputs(facts.report, &burst.pattern, b"expired").filter(|(input, _)| *input == burst.input);
    let others = there.map(|(_, calls)| calls).sum::<u64>().saturating_sub(burst.keys);
    if let Some((inside, all)) = burst.seconds.zip(facts.seconds_of([burst.input])) {
        let inside = inside as f64;
        // What is usual shows in the rest of the capture, if there is enough of it.
        if inside * 2.0 <= all {
            let usual = others as f64 / (all - inside);
            return burst.keys as f64 / inside >= usual * facts.limit(&ABOUT, &TIMES_USUAL);
        }
    }
    // Only where writes are told of too can be seen that there were none.
    let tells_writes = events
        .patterns
        .iter()
        .any(|row| is_write(&row.event.0) && row.inputs.iter().any(|(input, _)| *input == burst.input));
    // Where work ends before the log does, keys that always expire do so with nothing between them.
    let is_tail = burst.after * TAIL <= burst.keys && others.saturating_sub(burst.alike) > burst.keys;
    // Where very many expire all the time, a server that is late deletes more of them at once.
    let (rows, keys) = burst.lesser;
    let usual = keys as f64 / rows.max(1) as f64;
    let is_usual = keys >= burst.keys && (burst.keys as f64) < usual * facts.limit(&ABOUT, &TIMES_USUAL);
    tells_writes && burst.density >= DENSE && !is_tail && !is_usual
}

impl Rule for ExpiryStorm {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn check(&self, facts: &Facts<'_>, found: &mut Vec<Finding>) {
        found.extend(storms(facts).into_iter().map(|burst| finding(facts, burst)));
    }
}

fn finding(facts: &Facts<'_>, burst: &Burst) -> Finding {
    let limit = facts.limit(&ABOUT, &AT_ONCE);
    let pattern = burst.pattern.text();
    let keys = KEYS.count(burst.seconds.map_or(burst.peak, |_| burst.keys));
    let title = match burst.seconds {
        Some(1) => format!("{keys} of {pattern} expired within one second."),
        Some(seconds) => format!("{keys} of {pattern} expired within {seconds} seconds."),
        None => format!("{keys} of {pattern} expired in one go."),
    };
    let how = match burst.seconds {
        Some(_) => format!("{} of them expired in two seconds or less", grouped(burst.peak)),
        None => {
            format!(
                "From the first to the last, {} of all changes are expired keys",
                number::share(burst.density)
            )
        }
    };
    let all = changes(facts.report, &burst.pattern, b"expired");
    let mut detail = format!(
        "{how} (a warning from {limit} keys); in the whole capture {} of the pattern expired.",
        KEYS.count(all)
    );
    if burst.seconds.is_none() {
        detail.push_str(
            " The log has no clock: that they ended together is told by hardly anything else happening between them.",
        );
    }
    let mut confirmed_by: Vec<_> = confirm::given_ttl(facts, &burst.pattern).into_iter().collect();
    let slow = slow_calls(facts, burst);
    if let Some(slowest) = slow.first() {
        confirmed_by.push(Confirmation {
            kind: "slowlog",
            text: format!(
                "Slow log: the slowest call at that moment took {} ({}).",
                number::latency(slowest.us),
                slowest.entry.command.text()
            ),
        });
    }
    confirmed_by.extend(server(facts, burst));
    let slow_us = facts.limit(&ABOUT, &SLOW_MS) * 1e3;
    let is_critical = slow.first().is_some_and(|slowest| slowest.us as f64 >= slow_us);
    let is_sure = burst.seconds.is_some() || !confirmed_by.is_empty();
    Finding {
        severity: if is_critical { Severity::Critical } else { Severity::Warning },
        confidence: if is_sure { Confidence::High } else { Confidence::Medium },
        title,
        subject: burst.pattern.clone(),
        detail,
        numbers: vec![
            Number { name: AT_ONCE.name, value: burst.peak as f64, threshold: Some(limit) },
            Number { name: "expired", value: all as f64, threshold: None },
        ],
        evidence: vec![evidence("expired", &burst.first)],
        confirmed_by,
        ..Finding::of(&ABOUT)
    }
}

/// Entries of the slow log within the seconds of a storm, the slowest first; the log counts whole seconds.
fn slow_calls<'a>(facts: &Facts<'a>, burst: &Burst) -> Vec<&'a SlowestRow> {
    let Some((start, seconds)) = burst.first.time.zip(burst.seconds) else { return Vec::new() };
    let end = start.0.saturating_add_unsigned(seconds * 1_000_000);
    let start = start.0.div_euclid(1_000_000) * 1_000_000;
    let rows = facts.report.slowlog.slowest.iter();
    rows.filter(|row| (start..=end).contains(&row.entry.time.0)).collect()
}

/// What the server says of its own clean-up.
fn server(facts: &Facts<'_>, burst: &Burst) -> Option<Confirmation> {
    let stats = || facts.report.info.snapshots.iter().map(|dump| &dump.stats);
    let reached = stats().filter_map(|stats| stats.expired_time_cap_reached).max().filter(|n| *n > 0);
    let expired = stats().filter_map(|stats| stats.expired_keys).max().filter(|n| *n >= burst.keys);
    let text = match (reached, expired) {
        (Some(reached), _) => format!(
            "INFO: {} the server ran out of its time for expired keys (expired_time_cap_reached_count).",
            Noun("time", "times").count(reached)
        ),
        (None, Some(expired)) => {
            format!("INFO: {} expired since the counters started (expired_keys).", KEYS.count(expired))
        }
        (None, None) => return None,
    };
    Some(Confirmation { kind: "info", text })
}
