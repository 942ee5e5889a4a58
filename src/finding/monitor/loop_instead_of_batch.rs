//! `loop-instead-of-batch`: a client asks for one key after the other, and waits each time.

use super::company::Crowd;
use super::{CALLS, against, append_clients, earliest, percent};
use crate::finding::party::{Party, parties};
use crate::finding::{About, Facts, Rule, Threshold};
use crate::output::number;
use crate::report::findings::{Finding, Severity};
use crate::statistic::runs::RunRow;

/// The rule.
pub struct LoopInsteadOfBatch;

const ROW: Threshold = Threshold {
    name: "calls",
    value: 100.0,
    meaning: "so many calls of one command in a row, each with another key, are noted",
    source: "Redis documentation on pipelining: each call waits for a round trip that a batch would share",
};

const WARNING: Threshold = Threshold {
    name: "warning-calls",
    value: 2000.0,
    meaning: "a warning needs so many calls in such rows on one connection, half of them in one row",
    source: "redtrail's own choice: a second or two of doing nothing else, even on a fast network",
};

const SHARE: Threshold = Threshold {
    name: "warning-percent",
    value: 20.0,
    meaning: "a warning needs so much of all calls in such rows",
    source: "redtrail's own choice: below it, a batch would not be felt by others",
};

const RATE: Threshold = Threshold {
    name: "calls-per-second",
    value: 500.0,
    meaning: "a warning needs so many calls a second within the rows: a loop runs as fast as answers come",
    source: "measured: loops in one data centre make 1,000 to 10,000 calls a second; requests of users \
             come slower",
};

const ABOUT: About = About {
    rule: "loop-instead-of-batch",
    kind: "monitor",
    detects: "A client that sends one command over and over with other keys or fields, and waits for each \
              answer.",
    because: "Most of the time goes into waiting for the network, and the server spends more on receiving \
              and answering than on the work. One batch does the same with one wait.",
    severity: "A note; a warning where one connection makes thousands of such calls, fast, they are a \
               large part of all calls, and others are at work too. A note where they create keys only where these \
               are missing (SETNX, SET … NX): each answer says what is to be done, mostly for a user.",
    thresholds: &[ROW, WARNING, SHARE, RATE],
    by_rate: false,
    remedy: "Send a few hundred of these calls in one pipeline.",
};

/// Clients that loop so much at once and are still held to be the exception.
const CULPRITS: usize = 2;

/// Different keys that a loop goes over at least: fewer are a few keys in turn, which no batch would spare.
const DISTINCT: u64 = 32;

/// Commands that take many keys or members at once, and the form that does.
const BATCHES: &[(&str, &str)] = &[
    ("DEL", "DEL with several keys"),
    ("EXISTS", "EXISTS with several keys"),
    ("GET", "MGET"),
    ("HDEL", "HDEL with several fields"),
    ("HGET", "HMGET where the hash is the same"),
    ("HSET", "HSET with several fields where the hash is the same"),
    ("PFADD", "PFADD with several elements where the key is the same"),
    ("SADD", "SADD with several members where the set is the same"),
    ("SET", "MSET where no time to live is set"),
    ("SISMEMBER", "SMISMEMBER where the set is the same"),
    ("TOUCH", "TOUCH with several keys"),
    ("UNLINK", "UNLINK with several keys"),
    ("ZADD", "ZADD with several members where the set is the same"),
    ("ZSCORE", "ZMSCORE where the set is the same"),
];

impl Rule for LoopInsteadOfBatch {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn check(&self, facts: &Facts<'_>, found: &mut Vec<Finding>) {
        let crowd = Crowd::new(facts);
        let limit = facts.limit(&ABOUT, &ROW);
        let rows = facts.conduct.runs.iter().filter(|row| {
            let is_tool = facts.client(&row.client).is_some_and(|client| facts.is_tool(client));
            row.longest as f64 >= limit && !is_tool && !is_script(row) && is_loop(row)
        });
        let parties = parties(facts, rows.map(|row| (&row.client, row)));
        let mut findings: Vec<_> =
            parties.into_iter().filter_map(|party| finding(facts, &crowd, party)).collect();
        // Where work does so, that is how the server is used: requests of users look like loops then.
        let is_warning = |held: &Finding| held.severity == Severity::Warning;
        if findings.iter().filter(|held| is_warning(held)).count() > CULPRITS {
            findings.iter_mut().for_each(|held| held.severity = Severity::Info);
        }
        append_clients(findings, found);
    }
}

fn finding(facts: &Facts<'_>, crowd: &Crowd<'_>, party: Party<'_, &RunRow>) -> Option<Finding> {
    let longest = party.items.iter().max_by_key(|row| row.longest)?;
    let calls = party.items.iter().map(|row| row.calls).sum();
    let rate = longest.calls as f64 * 1e6 / longest.micros.max(1) as f64;
    let there = crowd.places(&party);
    let (total, within) = (crowd.work(&there), crowd.within(&there));
    let share = percent(calls, total);
    let [limit, warning, least, fast] = [&ROW, &WARNING, &SHARE, &RATE].map(|held| facts.limit(&ABOUT, held));
    let is_warning = longest.calls as f64 >= warning
        && longest.longest as f64 * 2.0 >= warning
        && share >= least
        && rate >= fast
        && !longest.is_trying()
        && crowd.peers(&party, &there, total) > 0;
    let command = longest.command.text();
    // What creates keys only where they are missing has no such form.
    let batch = BATCHES.iter().find(|(name, _)| *name == command && !longest.is_trying());
    let remedy = match batch {
        Some((_, form)) => format!(
            "Use {form}, with a few hundred at a time; else send a few hundred of these calls in one \
             pipeline."
        ),
        None => ABOUT.remedy.to_owned(),
    };
    Some(Finding {
        severity: if is_warning { Severity::Warning } else { Severity::Info },
        title: format!(
            "{} sent up to {} {command} in a row, one at a time.",
            party.title(),
            number::grouped(longest.longest)
        ),
        detail: format!(
            "{} in such rows (noted from {limit} in a row) are {} of all calls{within}, {} a second on one \
             connection, nearly each with another key or field and after the answer to the one before.",
            CALLS.count(calls),
            number::share(share / 100.0),
            number::grouped(rate.round() as u64),
        ),
        numbers: vec![
            against(ROW.name, longest.longest as f64, limit),
            against(WARNING.name, longest.calls as f64, warning),
            against(SHARE.name, share, least),
            against(RATE.name, rate, fast),
        ],
        evidence: earliest(party.items.iter().map(|row| &row.example)),
        remedy,
        subject: party.subject,
        ..Finding::of(&ABOUT)
    })
}

/// Texts of scripts are the concern of a rule of their own.
fn is_script(row: &RunRow) -> bool {
    matches!(row.command.0.as_slice(), b"EVAL" | b"EVAL_RO")
}

/// Whether most calls have another key than the one before, and waited for its answer.
fn is_loop(row: &RunRow) -> bool {
    let steps = row.calls.saturating_sub(row.runs);
    row.has_keys && row.distinct >= DISTINCT && row.same * 2 <= steps && row.waits * 2 >= steps
}
