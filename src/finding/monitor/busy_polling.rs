//! `busy-polling`: a client asks the same again and again.

use super::company::Crowd;
use super::{CALLS, against, append_clients, earliest, percent};
use crate::finding::party::{Party, parties};
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
    detects: "A client that asks the same question over and over, or a few in turn: GET, LLEN, EXISTS, LPOP of one \
              key; or tries again and again to take the same lock (SETNX, SET … NX).",
    because: "Nearly all of the answers are the same as before: the server works for nothing, and whoever \
              waits learns of news no sooner than by being told.",
    severity: "A note; a warning where it asks a hundred times a second or more, for a good part of all \
               calls, but a note where it reads a few values in turn, as requests of users do too.",
    thresholds: &[ASKED, RATE, WARNING, FAST, SHARE],
    by_rate: true,
    remedy: "Wait to be told: BLPOP (or BLMOVE, Redis 6.2 and later) with a timeout for queues, XREAD \
             BLOCK for streams, a message by PUBLISH or client-side caching (Redis 6.0 and later) for \
             values. Else sleep between two questions.",
};

/// What to change where the question is whether a lock is free.
pub const FOR_LOCKS: &str = "Sleep between two attempts (50 ms or more, by chance, longer after each) and give up after a \
                             while. Or wait to be told: BLPOP, with a timeout, of a list to which the owner pushes one \
                             element when it is done. Delete the key by hand only if its owner is gone.";

/// Different questions that are still asked in turn: two queues, or three flags.
const TURN: u64 = 4;

/// Reads are told by their access; these take something away and are asked again where nothing was there.
const POPS: &[&str] = &["LMOVE", "LMPOP", "LPOP", "RPOP", "RPOPLPUSH", "SPOP", "ZMPOP", "ZPOPMAX", "ZPOPMIN"];

impl Rule for BusyPolling {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn check(&self, facts: &Facts<'_>, found: &mut Vec<Finding>) {
        let crowd = Crowd::new(facts);
        let polls = polls(facts, &crowd).into_iter().map(|poll| finding(facts, &crowd, poll));
        append_clients(polls.collect(), found);
    }
}

/// Who asks the same again and again.
struct Poll<'a> {
    party: Party<'a, &'a RunRow>,
    /// The runs of it that ask most.
    most: &'a RunRow,
    asked: u64,
    /// Of all calls where it is, per cent.
    share: f64,
    is_warning: bool,
}

fn polls<'a>(facts: &Facts<'a>, crowd: &Crowd<'a>) -> Vec<Poll<'a>> {
    let [limit, slowest, warning, fast, least] =
        [&ASKED, &RATE, &WARNING, &FAST, &SHARE].map(|threshold| facts.limit(&ABOUT, threshold));
    let rows = facts.conduct.runs.iter().filter(|row| {
        let is_tool = facts.client(&row.client).is_some_and(|client| facts.is_tool(client));
        asked(row) as f64 >= limit && rate(row) >= slowest && !is_tool && is_polling(row)
    });
    let (locks, questions): (Vec<_>, Vec<_>) = rows.partition(|row| row.is_trying());
    let parties =
        [questions, locks].map(|rows| parties(facts, rows.into_iter().map(|row| (&row.client, row))));
    let polls = parties.into_iter().flatten().filter_map(|party| {
        let most = *party.items.iter().max_by_key(|row| asked(row))?;
        let asks = asked(most) as f64 >= warning && (is_same(most) || takes(most));
        let asked = party.items.iter().map(|row| asked(row)).sum();
        let share = percent(asked, crowd.work(&crowd.places(&party)));
        let is_warning = asks && rate(most) >= fast && share >= least;
        Some(Poll { party, most, asked, share, is_warning })
    });
    polls.collect()
}

fn finding(facts: &Facts<'_>, crowd: &Crowd<'_>, poll: Poll<'_>) -> Finding {
    let Poll { party, most, asked, share, is_warning } = poll;
    let (rate, within) = (rate(most), crowd.within(&crowd.places(&party)));
    let [limit, warning, fast, least] =
        [&ASKED, &WARNING, &FAST, &SHARE].map(|threshold| facts.limit(&ABOUT, threshold));
    let (asks, asked_same, lock) = match (most.is_trying(), is_same(most)) {
        (true, _) => (
            "tried again to take the same lock",
            "tried again for the key of the call before",
            " They set it only where it is missing (NX), as who waits for a lock does.",
        ),
        (false, true) => ("asked the same", "asked the same as the call before", ""),
        (false, false) => ("asked a few things in turn,", "asked one of a few things in turn", ""),
    };
    Finding {
        severity: if is_warning { Severity::Warning } else { Severity::Info },
        title: format!(
            "{} {asks} {} times, {} times a second.",
            party.title(),
            number::grouped(asked),
            number::grouped(rate.round() as u64)
        ),
        detail: format!(
            "{} that {asked_same}, {} {}, are {} of all calls{within} (noted \
             from {limit}, a warning from {warning} on one connection and {fast} a second).{lock}",
            CALLS.count(asked),
            if is_same(most) { "mostly" } else { "such as" },
            most.example.text,
            number::share(share / 100.0)
        ),
        numbers: vec![
            against(ASKED.name, asked as f64, limit),
            against(FAST.name, rate, fast),
            against(SHARE.name, share, least),
        ],
        evidence: earliest(party.items.iter().map(|row| &row.example)),
        remedy: if most.is_trying() { FOR_LOCKS } else { ABOUT.remedy }.to_owned(),
        subject: party.subject,
        ..Finding::of(&ABOUT)
    }
}

/// Calls a second within the runs.
fn rate(row: &RunRow) -> f64 {
    row.calls as f64 * 1e6 / row.micros.max(1) as f64
}

/// Whether most calls ask the same as the one before, after its answer.
fn is_polling(row: &RunRow) -> bool {
    let asks = row.is_read || row.is_trying() || takes(row);
    let in_turn = row.distinct <= TURN && !row.is_trying();
    row.has_keys && asks && (is_same(row) || in_turn) && row.waits * 2 >= steps(row)
}

/// Calls that have one before them in their run.
fn steps(row: &RunRow) -> u64 {
    row.calls.saturating_sub(row.runs)
}

/// Whether most calls ask the same as the one before, not one of a few things in turn.
fn is_same(row: &RunRow) -> bool {
    row.same * 2 > steps(row)
}

/// Calls that ask what was asked before.
fn asked(row: &RunRow) -> u64 {
    if is_same(row) { row.same } else { row.calls }
}

/// Whether it takes something away.
fn takes(row: &RunRow) -> bool {
    POPS.iter().any(|name| name.as_bytes() == row.command.0)
}

/// Locks of which a warning says that somebody polls for them, as they are shown: long names are cut off.
pub fn told_locks(facts: &Facts<'_>, crowd: &Crowd<'_>) -> Vec<String> {
    let polls = polls(facts, crowd).into_iter().filter(|poll| poll.is_warning && poll.most.is_trying());
    let shown = polls.filter_map(|poll| {
        Some(poll.most.example.text.strip_prefix(&poll.most.command.text())?.trim_start().to_owned())
    });
    shown.collect()
}
