//! `eviction`: keys are thrown out because memory is full.

use super::{KEYS, evidence};
use crate::finding::info::{self, newest};
use crate::finding::{About, EVIDENCE, Facts, Rule, Threshold, confirm};
use crate::output::number::{self, grouped};
use crate::report::Bytes;
use crate::report::events::EventPatternRow;
use crate::report::findings::{Confirmation, Finding, Number, Severity};
use crate::report::info::InfoSnapshot;

/// The rule.
pub struct Eviction;

const LOST: Threshold = Threshold {
    name: "keys",
    value: 1.0,
    meaning: "so many evicted keys are a warning",
    source: "redis.conf: keys are evicted only once the server holds maxmemory, so the first one says \
             that it is full",
};

const BY_ONE: Threshold = Threshold {
    name: "percent-of-one-pattern",
    value: 60.0,
    meaning: "from this part of the evicted keys on, their pattern is the subject",
    source: "redtrail's own choice, not a published number",
};

const ABOUT: About = About {
    rule: "eviction",
    kind: "keyspace-events",
    detects: "Keys that the server throws out because its memory is full: evicted events, or evicted_keys \
              of INFO that grows.",
    because: "Evicted keys are gone before their time. A cache fetches them again, from a database that is \
              asked more; anything else is lost data.",
    severity: "A warning; a note where only a single INFO dump tells of keys evicted at some time since the \
               server's counters started.",
    thresholds: &[LOST, BY_ONE],
    by_rate: false,
    remedy: "Find out what fills the memory and give it a time to live or an end, or give the server more \
             (maxmemory), if the machine has it. Where keys must not be lost, a policy that leaves those \
             without a time to live alone (volatile-lru, volatile-ttl) or noeviction keeps them; but make \
             room first: with memory full, writes are refused at once where nothing may be evicted.",
};

impl Rule for Eviction {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn check(&self, facts: &Facts<'_>, found: &mut Vec<Finding>) {
        let least = facts.limit(&ABOUT, &LOST);
        let mut told: Vec<_> =
            facts.report.keyspace_events.patterns.iter().filter(|row| row.event.0 == b"evicted").collect();
        told.sort_by_key(|row| std::cmp::Reverse(row.calls));
        let evicted: u64 = told.iter().map(|row| row.calls).sum();
        let rates = facts.report.info.rates.iter();
        let grown: u64 = rates.filter_map(|rate| rate.evicted_keys).fold(0, u64::saturating_add);
        let is_enough = |keys: u64| keys > 0 && keys as f64 >= least;
        if is_enough(evicted) {
            found.push(by_events(facts, evicted, &told));
        } else if is_enough(grown) {
            let detail = format!("evicted_keys grew by {} between dumps", grouped(grown));
            found.push(by_info(facts, grown, Severity::Warning, &detail));
        } else if facts.report.info.rates.is_empty() {
            let since = evicting(facts)
                .iter()
                .filter_map(|dump| dump.stats.evicted_keys)
                .fold(0, u64::saturating_add);
            if is_enough(since) {
                let detail = format!(
                    "evicted_keys is {} since the counters started; one dump does not tell when",
                    grouped(since)
                );
                found.push(by_info(facts, since, Severity::Info, &detail));
            }
        }
    }
}

fn by_events(facts: &Facts<'_>, evicted: u64, told: &[&EventPatternRow]) -> Finding {
    let part = facts.limit(&ABOUT, &BY_ONE) / 100.0;
    let one = told.first().filter(|row| row.calls as f64 >= part * evicted as f64);
    let keys = KEYS.count(evicted);
    let title = match one {
        Some(row) if row.calls == evicted => format!("The server evicted {keys} of {}.", row.pattern.text()),
        Some(row) => {
            format!("The server evicted {keys}, {} of them of {}.", grouped(row.calls), row.pattern.text())
        }
        None => format!("The server evicted {keys}."),
    };
    let most: Vec<_> =
        told.iter().take(3).map(|row| format!("{} of {}", grouped(row.calls), row.pattern.text())).collect();
    let mut confirmed_by = Vec::new();
    if let Some(count) = server(facts).and_then(|dump| dump.stats.evicted_keys).filter(|count| *count > 0) {
        let text = format!("INFO: evicted_keys is {}.", grouped(count));
        confirmed_by.push(Confirmation { kind: "info", text });
    }
    confirmed_by.extend(told.first().and_then(|row| confirm::written(facts, &row.pattern)));
    let limit = server(facts).and_then(|dump| dump.memory.maxmemory).filter(|limit| *limit > 0);
    confirmed_by.extend(limit.and_then(|limit| confirm::buffers(facts, limit)));
    Finding {
        title,
        subject: one.map_or_else(Bytes::default, |row| row.pattern.clone()),
        evidence: facts.report.keyspace_events.evicted.iter().map(|key| evidence("evicted", key)).collect(),
        confirmed_by,
        ..finding(facts, evicted, Severity::Warning, &format!("Most: {}", most.join(", ")))
    }
}

fn by_info(facts: &Facts<'_>, evicted: u64, severity: Severity, detail: &str) -> Finding {
    let shown = evicting(facts).into_iter().take(EVIDENCE).map(|dump| {
        info::evidence(dump, &format!("evicted_keys:{}", dump.stats.evicted_keys.unwrap_or_default()))
    });
    Finding {
        title: format!("The server evicted {}.", KEYS.count(evicted)),
        evidence: shown.collect(),
        ..finding(facts, evicted, severity, detail)
    }
}

/// What both say; `detail` lacks its end.
fn finding(facts: &Facts<'_>, evicted: u64, severity: Severity, detail: &str) -> Finding {
    let limit = facts.limit(&ABOUT, &LOST);
    let mut detail = format!("{detail} (a warning from {}).", KEYS.count(limit as u64));
    if let Some(memory) = server(facts).map(|dump| &dump.memory) {
        if let (Some(used), Some(most)) = (memory.used, memory.maxmemory.filter(|most| *most > 0)) {
            let (used, most) = (number::bytes(used), number::bytes(most));
            detail.push_str(&format!(" INFO: {used} used, maxmemory is {most}."));
        }
        if let Some(policy) = &memory.policy {
            detail.push_str(&format!(" The policy is {}.", policy.text()));
        }
    }
    Finding {
        severity,
        detail,
        numbers: vec![Number { name: LOST.name, value: evicted as f64, threshold: Some(limit) }],
        ..Finding::of(&ABOUT)
    }
}

/// The last dump of each server that evicted keys.
fn evicting<'a>(facts: &Facts<'a>) -> Vec<&'a InfoSnapshot> {
    let mut dumps = newest(facts.report);
    dumps.retain(|dump| dump.stats.evicted_keys.is_some_and(|keys| keys > 0));
    dumps
}

/// The last dump of the server that evicts: the only one, or of several the only one that evicted keys.
fn server<'a>(facts: &Facts<'a>) -> Option<&'a InfoSnapshot> {
    facts.dump().or(match evicting(facts).as_slice() {
        [only] => Some(only),
        _ => None,
    })
}
