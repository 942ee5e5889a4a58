//! `busy-polling`: a client asks the same again and again.

use super::company::Crowd;
use super::{CALLS, against, earliest, percent};
use crate::finding::party::parties;
use crate::finding::{About, Facts, Rule, Threshold};
use crate::output::number;
use crate::report::findings::{Finding, Severity};
use crate::statistic::runs::RunRow;

/// The rule.
pub struct BusyPolling;

const ASKED: Threshold = Threshold {
    name: "calls",
    value: 100.0,
    meaning: "so many calls that ask the same as the one before are noted",
    source: "redtrail's own choice: more than what tries again after a failure",
};

const RATE: Threshold = Threshold {
    name: "calls-per-second",
    value: 10.0,
    meaning: "polling slower than this is not noted",
    source: "operators' convention: waiting loops sleep for 100 ms or more",
};

const WARNING: Threshold = Threshold {
    name: "warning-calls",
    value: 1000.0,
    meaning: "a warning needs so many such calls on one connection",
    source: "redtrail's own choice: with the rate below, ten seconds of asking without a pause worth the name",
};

const FAST: Threshold = Threshold {
    name: "warning-calls-per-second",
    value: 100.0,
    meaning: "a warning needs so many such calls a second",
    source: "operators' convention: a pause of less than 10 ms is none",
};

const SHARE: Threshold = Threshold {
    name: "warning-percent",
    value: 10.0,
    meaning: "a warning needs so much of all calls",
    source: "redtrail's own choice: below it, others do not feel it",
};

const ABOUT: About = About {
    rule: "busy-polling",
    kind: "monitor",
    detects: "A client that asks the same question over and over: GET, LLEN, EXISTS, LPOP of one key.",
    because: "Nearly all of the answers are the same as before: the server works for nothing, and whoever \
              waits learns of news no sooner than by being told.",
    severity: "A note; a warning where it asks a hundred times a second or more, for a good part of all \
               calls.",
    thresholds: &[ASKED, RATE, WARNING, FAST, SHARE],
    by_rate: true,
    remedy: "Wait to be told: BLPOP (or BLMOVE, Redis 6.2 and later) with a timeout for queues, XREAD \
             BLOCK for streams, a message by PUBLISH or client-side caching (Redis 6.0 and later) for \
             values. Else sleep between two questions.",
};

/// Reads are told by their access; these take something away and are asked again where nothing was there.
const POPS: &[&str] =
    &["LMOVE", "LMPOP", "LPOP", "RPOP", "RPOPLPUSH", "SETNX", "SPOP", "ZMPOP", "ZPOPMAX", "ZPOPMIN"];

impl Rule for BusyPolling {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn check(&self, facts: &Facts<'_>, found: &mut Vec<Finding>) {
        let crowd = Crowd::new(facts);
        let limit = facts.limit(&ABOUT, &ASKED);
        let slowest = facts.limit(&ABOUT, &RATE);
        let rows = facts.conduct.runs.iter().filter(|row| {
            let is_tool = facts.client(&row.client).is_some_and(|client| facts.is_tool(client));
            row.same as f64 >= limit && rate(row) >= slowest && !is_tool && is_polling(row)
        });
        for party in parties(facts, rows.map(|row| (&row.client, row))) {
            let Some(most) = party.items.iter().max_by_key(|row| row.same) else { continue };
            let asked: u64 = party.items.iter().map(|row| row.same).sum();
            let there = crowd.places(&party);
            let (total, within) = (crowd.work(&there), crowd.within(&there));
            let (share, rate) = (percent(asked, total), rate(most));
            let (warning, fast) = (facts.limit(&ABOUT, &WARNING), facts.limit(&ABOUT, &FAST));
            let is_warning =
                most.same as f64 >= warning && rate >= fast && share >= facts.limit(&ABOUT, &SHARE);
            found.push(Finding {
                severity: if is_warning { Severity::Warning } else { Severity::Info },
                title: format!(
                    "{} asked the same {} times, {rate:.0} times a second.",
                    party.title(),
                    number::grouped(asked)
                ),
                detail: format!(
                    "{} that asked the same as the call before, mostly {}, are {} of all calls{within} (noted \
                     from {limit}, a warning from {warning} on one connection and {fast} a second).",
                    CALLS.count(asked),
                    most.example.text,
                    number::share(share / 100.0)
                ),
                numbers: vec![
                    against(ASKED.name, asked as f64, limit),
                    against(FAST.name, rate, fast),
                    against(SHARE.name, share, facts.limit(&ABOUT, &SHARE)),
                ],
                evidence: earliest(party.items.iter().map(|row| &row.example)),
                subject: party.subject,
                ..Finding::of(&ABOUT)
            });
        }
    }
}

/// Calls a second within the runs.
fn rate(row: &RunRow) -> f64 {
    row.calls as f64 * 1e6 / row.micros.max(1) as f64
}

/// Whether most calls ask the same as the one before, after its answer.
fn is_polling(row: &RunRow) -> bool {
    let steps = row.calls.saturating_sub(row.runs);
    let asks = row.is_read || POPS.iter().any(|name| name.as_bytes() == row.command.0);
    row.has_keys && asks && row.same * 2 > steps && row.waits * 2 >= steps
}
