//! `hot-key`: one key takes a large part of all work.

use super::{against, evidence, keys, plain};
use crate::finding::{About, Facts, Rule, Threshold, confirm};
use crate::output::number::{self, Noun};
use crate::report::findings::{Finding, Severity};
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
    detects: "A key that takes a large part of all uses of keys.",
    because: "All work on one key runs on one thread of one shard: more shards do not make it faster, and \
              replicas only where clients read from them. When the key is gone (deleted, expired) all its \
              readers go to the database behind it at once.",
    severity: "A note by its share; a warning by a larger share at a high rate from more than one client, \
               unless the key is a queue or stream that is worked off, or a collection that is only added to.",
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
        let limit = |threshold| facts.limit(&ABOUT, threshold);
        let looks = looks(facts);
        for row in &facts.report.hot_keys.rows {
            let percent = row.share * 100.0;
            if (row.calls as f64) < limit(&CALLS) || percent < limit(&SHARE) {
                continue;
            }
            let rate = keys::per_second(row.calls, facts);
            let is_hot = percent >= limit(&WARNING_SHARE)
                && rate >= limit(&RATE)
                && row.clients as f64 >= limit(&CLIENTS);
            let key = keys::named(&row.key);
            let nature = match (row.is_queue, row.is_growing) {
                (true, _) => " It is a queue that is worked off, so this is its nature.",
                _ if row.is_stream && looks < row.calls / 2 => {
                    " It is a stream that is written and read on, so this is its nature."
                }
                (_, true) => " Most of them only add to it.",
                _ => "",
            };
            found.push(Finding {
                severity: if is_hot && nature.is_empty() { Severity::Warning } else { Severity::Info },
                title: format!("The key {key} takes {} of all uses of keys.", number::share(row.share)),
                subject: row.key.clone(),
                detail: format!(
                    "{} by {}, {rate:.0} a second. A note from {} %, a warning from {} % at {} a second \
                     by {} clients.{nature}",
                    USES.count(row.calls),
                    Noun("client", "clients").count(row.clients),
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
                ..Finding::of(&ABOUT)
            });
        }
    }
}

/// Calls that look at streams, and work nothing off.
fn looks(facts: &Facts<'_>) -> u64 {
    let rows = facts.report.commands.rows.iter().filter(|row| looks_at_stream(&row.command.0));
    rows.map(|row| row.calls).sum()
}
