//! `low-hit-rate`: a cache that mostly does not have what is asked for.

use super::{evidence, newest, numbered, rates, server, the_server};
use crate::finding::{About, Facts, Rule, Threshold};
use crate::output::number;
use crate::report::findings::{Evidence, Finding, Number, Severity};
use crate::report::info::{Info, InfoSnapshot};

/// The rule.
pub struct LowHitRate;

const NOTE: Threshold = Threshold {
    name: "note-percent",
    value: 80.0,
    meaning: "a hit rate below so many per cent is worth a note",
    source: "DigitalOcean's page of the cache hit ratio: keep it at 0.8 or higher for Redis",
};

const PERCENT: Threshold = Threshold {
    name: "percent",
    value: 50.0,
    meaning: "a hit rate below so many per cent is a warning where the server is a cache",
    source: "redtrail's own choice: from there on most look-ups go to what is behind the cache",
};

const LOOKUPS: Threshold = Threshold {
    name: "lookups",
    value: 10_000.0,
    meaning: "a hit rate over fewer look-ups is not judged",
    source: "redtrail's own choice: a few thousand are the start of an application",
};

const WARM: Threshold = Threshold {
    name: "warm-seconds",
    value: 3600.0,
    meaning: "the hit rate of a server that has run for less is not judged: it is still being filled",
    source: "redtrail's own choice: caches keep most keys for minutes to an hour",
};

const ABOUT: About = About {
    rule: "low-hit-rate",
    kind: "info",
    detects: "Few look-ups that find their key (keyspace_hits), between two dumps of a warm server or \
              since its start.",
    because: "What the cache does not have must be fetched from what it stands in front of, and the \
              look-up came on top.",
    severity: "A note below 80 %; a warning below 50 % where most keys have a time to live or keys are \
               evicted, which is what a cache looks like. A server that is no cache may well be asked for \
               what is not there.",
    thresholds: &[NOTE, PERCENT, LOOKUPS, WARM],
    by_rate: false,
    remedy: "See which patterns are read and never written (key patterns of a MONITOR capture), whether \
             times to live are shorter than the time between reads, and whether keys are evicted for want \
             of memory (evicted_keys). Where missing things are asked for again and again, cache that they \
             are missing.",
};

/// A hit rate and what it was told by.
struct Rate {
    hits: u64,
    misses: u64,
    evicted: u64,
    over: String,
    evidence: Vec<Evidence>,
}

impl Rule for LowHitRate {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn check(&self, facts: &Facts<'_>, found: &mut Vec<Finding>) {
        let [note, limit, lookups, warm] =
            [&NOTE, &PERCENT, &LOOKUPS, &WARM].map(|threshold| facts.limit(&ABOUT, threshold));
        let dumps = newest(facts.report);
        for dump in &dumps {
            let Some(rate) = rate(&facts.report.info, dump, warm) else { continue };
            let all = rate.hits.saturating_add(rate.misses);
            let percent = number::ratio(rate.hits, all) * 100.0;
            if (all as f64) < lookups || percent >= note {
                continue;
            }
            let is_bad = percent < limit && (is_cache(dump) || rate.evicted > 0);
            let subject = server(&dumps, dump);
            found.push(Finding {
                severity: if is_bad { Severity::Warning } else { Severity::Info },
                title: format!(
                    "{} finds only {percent:.1} % of the keys it is asked for.",
                    the_server(&subject)
                ),
                subject,
                detail: format!(
                    "{} of {} look-ups missed {} (worth a note below {note} %, a warning below {limit} % \
                     for a cache); {} keys were evicted.",
                    number::grouped(rate.misses),
                    number::grouped(all),
                    rate.over,
                    number::grouped(rate.evicted)
                ),
                numbers: vec![
                    Number { name: PERCENT.name, value: percent, threshold: Some(limit) },
                    Number { name: LOOKUPS.name, value: all as f64, threshold: Some(lookups) },
                ],
                evidence: rate.evidence,
                ..Finding::of(&ABOUT)
            });
        }
    }
}

/// Between the first and the last dump of the run, where it was warm by the first; else since its start.
fn rate(info: &Info, dump: &InfoSnapshot, warm: f64) -> Option<Rate> {
    let is_warm = |dump: &InfoSnapshot| dump.server.uptime_seconds.is_some_and(|up| up as f64 >= warm);
    let shown = |dump: &InfoSnapshot| {
        let text = |value: Option<u64>| value.map_or("?".to_owned(), |value| value.to_string());
        let (hits, misses) = (text(dump.stats.keyspace_hits), text(dump.stats.keyspace_misses));
        evidence(dump, &format!("keyspace_hits:{hits} keyspace_misses:{misses}"))
    };
    let (mut hits, mut misses, mut evicted) = (0_u64, 0_u64, 0_u64);
    let mut ends: Option<(&InfoSnapshot, &InfoSnapshot)> = None;
    for rate in rates(info, dump) {
        let (Some(from), Some(to)) = (numbered(info, rate.from), numbered(info, rate.to)) else { continue };
        let (Some(found), Some(missed)) = (rate.keyspace_hits, rate.keyspace_misses) else { continue };
        if is_warm(from) {
            hits = hits.saturating_add(found);
            misses = misses.saturating_add(missed);
            evicted = evicted.saturating_add(rate.evicted_keys.unwrap_or(0));
            ends = Some((ends.map_or(from, |(first, _)| first), to));
        }
    }
    if let Some((from, to)) = ends {
        let over = "between the dumps".to_owned();
        return Some(Rate { hits, misses, evicted, over, evidence: vec![shown(from), shown(to)] });
    }
    let up = dump.server.uptime_seconds.filter(|_| is_warm(dump))?;
    Some(Rate {
        hits: dump.stats.keyspace_hits?,
        misses: dump.stats.keyspace_misses?,
        evicted: dump.stats.evicted_keys.unwrap_or(0),
        over: format!(
            "since the server started {} ago or its counters were set back",
            number::duration(up.saturating_mul(1_000_000))
        ),
        evidence: vec![shown(dump)],
    })
}

/// Whether at least half of the keys have a time to live.
fn is_cache(dump: &InfoSnapshot) -> bool {
    let sum = |count: fn(&crate::report::info::DatabaseFields) -> Option<u64>| {
        dump.keyspace.iter().filter_map(|database| count(&database.fields)).fold(0, u64::saturating_add)
    };
    let keys = sum(|fields| fields.keys);
    keys > 0 && sum(|fields| fields.expires).saturating_mul(2) >= keys
}
