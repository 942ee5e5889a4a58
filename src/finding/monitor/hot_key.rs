//! `hot-key`: one key takes a large part of all work.

use std::cell::LazyCell;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::busy_polling::{FOR_LOCKS, told_locks};
use super::company::Crowd;
use super::{against, evidence, keys, plain};
use crate::finding::{About, Facts, Rule, Threshold, append_most, confidence, confirm};
use crate::output::number::{self, Noun};
use crate::report::findings::{Finding, Severity};
use crate::report::{Bytes, HotKeyRow};
use crate::statistic::keys::HotThere;
use crate::statistic::manner::looks_at_stream;

/// The rule.
pub struct HotKey;

const CALLS: Threshold = Threshold {
    name: "calls",
    value: 1_000.0,
    meaning: "a key that is used less often than this in the capture is not looked at",
    source: "redtrail's own choice: below it a share is chance",
};

const SHARE: Threshold = Threshold {
    name: "percent",
    value: 10.0,
    meaning: "a key with this part of all uses of keys is a note",
    source: "redtrail's own choice: a third of what is a warning",
};

const WARNING_SHARE: Threshold = Threshold {
    name: "warning-percent",
    value: 30.0,
    meaning: "a key with this part of all uses of keys is a warning, if it is also used often",
    source: "Huawei Cloud's DCS guide calls a key hot that takes 3,000 of a shard's 10,000 requests a second",
};

const RATE: Threshold = Threshold {
    name: "warning-per-second",
    value: 1_000.0,
    meaning: "uses a second below which a key is never a warning",
    source: "measured: a single connection that waits for each answer makes 1,000 to 10,000 calls a second, so a \
             server has no trouble with less",
};

const CLIENTS: Threshold = Threshold {
    name: "warning-clients",
    value: 2.0,
    meaning: "clients that use the key, below which it is never a warning",
    source: "redtrail's own choice: what one client does alone is its own fault, not the key's",
};

const ABOUT: About = About {
    rule: "hot-key",
    kind: "monitor",
    detects: "A key that takes a large part of all uses of keys, in one of several captures too.",
    because: "All work on one key runs on one thread of one shard: more shards do not make it faster, and \
              replicas only where clients read from them. When the key is gone (deleted, expired) all its \
              readers go to the database behind it at once.",
    severity: "A note by its share; a warning by a larger share at a high rate from more than one client, \
               unless the key is a queue or stream that is worked off, a collection that is only added to, or a lock \
               whose waiting clients busy-polling tells.",
    thresholds: &[CALLS, SHARE, WARNING_SHARE, RATE, CLIENTS],
    by_rate: true,
    remedy: "Keep what is only read for a moment in the application (a local cache of a second, or \
             client-side caching with CLIENT TRACKING, Redis 6.0 and later). Split a counter or set over \
             several keys and add them up when reading. Read in one call what is read in many.",
};

const USES: Noun = Noun("use", "uses");

impl Rule for HotKey {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn check(&self, facts: &Facts<'_>, found: &mut Vec<Finding>) {
        let crowd = Crowd::new(facts);
        let looks = looks(facts);
        let locks = LazyCell::new(|| told_locks(facts, &crowd));
        let is_told = |key: &Bytes| {
            let key = key.text();
            let is = |shown: &String| {
                *shown == key || shown.strip_suffix('…').is_some_and(|start| key.starts_with(start))
            };
            locks.iter().any(is)
        };
        let all = &facts.report.hot_keys.rows;
        let calls: HashMap<_, _> = all.iter().map(|row| (&row.key, row.calls)).collect();
        let seconds = facts.seconds_at_work().unwrap_or_default();
        let run = all.iter().map(|row| (1, Place { row, at_most: false, seconds, within: "" }));
        // Captures may be of several servers. Where most uses of a key are in one, the others tell nothing of it.
        let there = facts.conduct.hot.iter().filter_map(|HotThere { input, row, clients_at_most }| {
            let there = BTreeSet::from([*input]);
            let within = crowd.within(&there);
            let is_most = calls.get(&row.key).is_none_or(|calls| row.calls * 2 > *calls);
            let place = Place { row, at_most: *clients_at_most, seconds: crowd.seconds(&there), within };
            (!within.is_empty()).then_some((if is_most { 2 } else { 0 }, place))
        });
        let mut worst: BTreeMap<&Bytes, (_, Finding)> = BTreeMap::new();
        for (rank, place) in run.chain(there) {
            let Some(finding) = judge(facts, &place, looks, is_told) else { continue };
            let rank = (finding.severity, rank, place.row.calls);
            let held = worst.get(&place.row.key);
            if held.is_none_or(|(held, _)| *held < rank) {
                worst.insert(&place.row.key, (rank, finding));
            }
        }
        let mut findings: Vec<_> = worst.into_values().collect();
        findings.sort_by_key(|((severity, _, calls), _)| Reverse((*severity, *calls)));
        append_most(findings.into_iter().map(|(_, finding)| finding).collect(), MOST, "keys", found);
    }
}

/// Keys that are shown: of one file ten at most, and there may be many files.
const MOST: usize = 100;

/// Where a key is judged: in the whole run, or in one file.
struct Place<'a> {
    row: &'a HotKeyRow,
    /// Whether its clients are so many at most.
    at_most: bool,
    seconds: f64,
    within: &'static str,
}

fn judge(
    facts: &Facts<'_>,
    place: &Place<'_>,
    looks: u64,
    is_told: impl Fn(&Bytes) -> bool,
) -> Option<Finding> {
    let Place { row, at_most, seconds, within } = *place;
    let limit = |threshold| facts.limit(&ABOUT, threshold);
    let percent = row.share * 100.0;
    if (row.calls as f64) < limit(&CALLS) || percent < limit(&SHARE) {
        return None;
    }
    let rate = keys::per_second(row.calls, seconds);
    let is_hot =
        percent >= limit(&WARNING_SHARE) && rate >= limit(&RATE) && row.clients as f64 >= limit(&CLIENTS);
    let key = keys::named(&row.key);
    let (nature, is_natural) = match (row.is_queue, row.is_growing) {
        (true, _) => (" It is a queue that is worked off, so this is its nature.", true),
        _ if row.is_stream && looks < row.calls / 2 => {
            (" It is a stream that is written and read on, so this is its nature.", true)
        }
        (_, true) => (" Most of them only add to it.", true),
        _ if row.is_lock && is_told(&row.key) => {
            (" Most of them try to take it as a lock: busy-polling tells who.", true)
        }
        _ if row.is_lock => {
            (" Most of them set it only where it is missing (NX), as who waits for a lock does.", false)
        }
        _ => ("", false),
    };
    Some(Finding {
        severity: if is_hot && !is_natural { Severity::Warning } else { Severity::Info },
        confidence: confidence(seconds),
        title: format!("The key {key} takes {} of all uses of keys{within}.", number::share(row.share)),
        subject: row.key.clone(),
        detail: format!(
            "{} by {}{}, {} a second. A note from {} %, a warning from {} % at {} a second \
                     by {} clients.{nature}",
            USES.count(row.calls),
            if at_most { "at most " } else { "" },
            Noun("client", "clients").count(row.clients),
            number::grouped(rate.round() as u64),
            limit(&SHARE),
            limit(&WARNING_SHARE),
            limit(&RATE),
            limit(&CLIENTS),
        ),
        numbers: vec![
            against(SHARE.name, percent, limit(&SHARE)),
            against("per-second", rate, limit(&RATE)),
            plain("calls", row.calls as f64),
        ],
        evidence: row.call.iter().map(evidence).collect(),
        confirmed_by: confirm::slow_key(facts, &row.key).into_iter().collect(),
        remedy: if row.is_lock { FOR_LOCKS } else { ABOUT.remedy }.to_owned(),
        ..Finding::of(&ABOUT)
    })
}

/// Calls that look at streams, and work nothing off.
fn looks(facts: &Facts<'_>) -> u64 {
    let rows = facts.report.commands.rows.iter().filter(|row| looks_at_stream(&row.command.0));
    rows.map(|row| row.calls).sum()
}
