//! `memory-near-limit`: the server is nearly as full as it may be.

use super::{evidence, newest, rates, server, the_server};
use crate::finding::{About, Facts, Rule, Threshold, confirm};
use crate::output::number;
use crate::report::findings::{Finding, Number, Severity};
use crate::report::info::InfoSnapshot;

/// The rule.
pub struct MemoryNearLimit;

const PERCENT: Threshold = Threshold {
    name: "percent",
    value: 90.0,
    meaning: "so much of maxmemory in use, in per cent, is a warning where nothing can be evicted",
    source: "operators' convention",
};

const FULL: Threshold = Threshold {
    name: "critical-percent",
    value: 100.0,
    meaning: "so much of maxmemory in use, in per cent, is critical where nothing can be evicted",
    source: "Redis' page of key eviction: at the limit noeviction answers writes with an error",
};

const ABOUT: About = About {
    rule: "memory-near-limit",
    kind: "info",
    detects: "A server that uses most of its maxmemory.",
    because: "At the limit every write is refused (OOM command not allowed) where nothing can be evicted: \
              with noeviction, or with a volatile policy and no key that has a time to live.",
    severity: "A warning from 90 %, critical at the limit; a note where keys can be evicted, as a full \
               cache is what maxmemory is for.",
    thresholds: &[PERCENT, FULL],
    by_rate: false,
    remedy: "Learn what grew (key patterns of a MONITOR capture, redis-cli --bigkeys, --memkeys) and give \
             keys a time to live. CONFIG SET maxmemory gives room at once, where the machine has it (a \
             managed service: a bigger node). A policy that evicts loses data: choose it only where all \
             keys, or those with a time to live, can be made anew.",
};

impl Rule for MemoryNearLimit {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn check(&self, facts: &Facts<'_>, found: &mut Vec<Finding>) {
        let (limit, full) = (facts.limit(&ABOUT, &PERCENT), facts.limit(&ABOUT, &FULL));
        let dumps = newest(facts.report);
        for dump in &dumps {
            let (Some(used), Some(most)) = (dump.memory.used, dump.memory.maxmemory.filter(|most| *most > 0))
            else {
                continue;
            };
            // As the server compares: buffers of replicas and of the append-only file do not count.
            let counted = used.saturating_sub(dump.memory.not_counted_for_evict.unwrap_or(0));
            let percent = number::ratio(counted, most) * 100.0;
            if percent < limit {
                continue;
            }
            let evicts = can_evict(dump);
            let severity = match evicts {
                true => Severity::Info,
                false if percent >= full => Severity::Critical,
                false => Severity::Warning,
            };
            let policy = dump.memory.policy.as_ref().map_or("noeviction".to_owned(), |policy| policy.text());
            let evicted: u64 = rates(&facts.report.info, dump)
                .filter_map(|rate| rate.evicted_keys)
                .fold(0, u64::saturating_add);
            let then = match (evicts, dump.stats.evicted_keys) {
                (false, _) => "Nothing can be evicted, so writes are refused at the limit.".to_owned(),
                (true, None) => "Keys are evicted at the limit.".to_owned(),
                (true, Some(all)) => format!(
                    "Keys are evicted at the limit: {} so far, {} of them between the dumps.",
                    number::grouped(all),
                    number::grouped(evicted)
                ),
            };
            let subject = server(&dumps, dump);
            found.push(Finding {
                severity,
                title: format!("{} uses {percent:.1} % of its maxmemory.", the_server(&subject)),
                subject,
                detail: format!(
                    "{} of {} are in use (a warning from {limit} %, critical from {full} %); \
                     maxmemory-policy is {policy}. {then}",
                    number::bytes(counted),
                    number::bytes(most)
                ),
                numbers: vec![Number { name: PERCENT.name, value: percent, threshold: Some(limit) }],
                evidence: vec![evidence(
                    dump,
                    &format!("used_memory:{used} maxmemory:{most} maxmemory_policy:{policy}"),
                )],
                // The other kinds do not say whose they are, so they count where there is one server only.
                confirmed_by: [confirm::evicted(facts), confirm::buffers(facts, most)]
                    .into_iter()
                    .flatten()
                    .filter(|_| dumps.len() == 1)
                    .collect(),
                ..Finding::of(&ABOUT)
            });
        }
    }
}

/// Whether something gives way at the limit. Old versions print no policy: then nothing is known to.
fn can_evict(dump: &InfoSnapshot) -> bool {
    let Some(policy) = dump.memory.policy.as_ref() else { return false };
    let expires = dump.keyspace.iter().any(|database| database.fields.expires.is_some_and(|keys| keys > 0));
    policy.0.starts_with(b"allkeys-") || (policy.0.starts_with(b"volatile-") && expires)
}
