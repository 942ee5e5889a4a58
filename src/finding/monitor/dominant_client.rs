//! `dominant-client`: one client makes most of the calls.

use std::collections::BTreeMap;

use super::company::{AT_WORK, Crowd};
use super::{CALLS, CLIENTS, against, openings, percent, plain};
use crate::finding::party::{Party, parties};
use crate::finding::{About, Facts, Rule, Threshold, confidence, confirm};
use crate::output::number;
use crate::report::ClientRow;
use crate::report::findings::{Finding, Severity};

/// The rule.
pub struct DominantClient;

const SHARE: Threshold = Threshold {
    name: "percent",
    value: 50.0,
    meaning: "a client that makes more than this much of all calls is noted",
    source: "operators' convention: more than work else together",
};

const CALLS_LEAST: Threshold = Threshold {
    name: "calls",
    value: 1000.0,
    meaning: "fewer calls than this tell nothing about shares",
    source: "redtrail's own choice: a second of a server with little to do",
};

const PEERS: Threshold = Threshold {
    name: "peers",
    value: 3.0,
    meaning: "a warning needs so many others at work, each with 1 % of the calls or 100 a second",
    source: "redtrail's own choice: with fewer, one program is simply the server's main user",
};

const TIMES: Threshold = Threshold {
    name: "times-the-next",
    value: 5.0,
    meaning: "a warning needs so many times the calls of the next one",
    source: "redtrail's own choice: the connections of one pool differ by less",
};

const RATE: Threshold = Threshold {
    name: "calls-per-second",
    value: 1000.0,
    meaning: "a warning needs so many calls a second while the client is at work, those of its scripts aside",
    source: "measured: a client that waits for each answer makes 1,000 to 10,000 calls a second",
};

const SPAN: Threshold = Threshold {
    name: "percent-of-capture",
    value: 10.0,
    meaning: "a warning needs it at work over this part of the capture; less is a bulk load that passes",
    source: "redtrail's own choice",
};

const LASTING: Threshold = Threshold {
    name: "seconds",
    value: 60.0,
    meaning: "a warning needs it at work for so long, or for half of the time in which clients are",
    source: "redtrail's own choice: one minute, the step of most graphs",
};

const ABOUT: About = About {
    rule: "dominant-client",
    kind: "monitor",
    detects: "One client that makes most of all calls.",
    because: "The server runs one command at a time: work else waits behind this client, and a fault \
              in it takes the whole server.",
    severity: "A note. A warning where it drowns others: several of them at work, far less than it, and a \
               high rate that is kept up.",
    thresholds: &[SHARE, CALLS_LEAST, PEERS, TIMES, RATE, SPAN, LASTING],
    by_rate: true,
    remedy: "See what it asks for: a loop that wants a batch, a cache in the program itself, or a server \
             of its own. Close its connection only if it may be interrupted.",
};

impl Rule for DominantClient {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn check(&self, facts: &Facts<'_>, found: &mut Vec<Finding>) {
        let crowd = Crowd::new(facts);
        let mut parties = groups(facts);
        parties.sort_by_key(|(calls, _)| std::cmp::Reverse(*calls));
        let least = facts.limit(&ABOUT, &CALLS_LEAST);
        let heavy = parties.iter().take_while(|(calls, _)| *calls as f64 >= least);
        // Captures may be of several servers, so each counts among those of its own.
        found.extend(heavy.zip(0..).filter_map(|((calls, party), at)| {
            let there = crowd.places(party);
            let total = crowd.work(&there);
            if percent(*calls, total) <= facts.limit(&ABOUT, &SHARE) {
                return None;
            }
            let is_there = |other: &Party<'_, _>| !crowd.places(other).is_disjoint(&there);
            let others = parties.iter().zip(0..).filter(|(_, other)| *other != at).map(|(held, _)| held);
            let (next, _) = others.into_iter().find(|(_, other)| is_there(other))?;
            let peers = crowd.peers(party, &there, total);
            let place = (crowd.within(&there), crowd.seconds(&there));
            let items = parties.iter().filter(|(_, held)| is_there(held)).flat_map(|(_, held)| &held.items);
            let work = seconds(items.copied()).min(place.1);
            Some(finding(facts, (*calls, *next, total), (peers, work), place, party))
        }));
    }
}

fn finding(
    facts: &Facts<'_>,
    (calls, next, total): (u64, u64, u64),
    (peers, work): (usize, f64),
    (within, covered): (&str, f64),
    party: &Party<'_, &ClientRow>,
) -> Finding {
    let limit = facts.limit(&ABOUT, &SHARE);
    let share = percent(calls, total);
    let seconds = seconds(party.items.iter().copied());
    // What a script calls waits for nobody, so it says nothing of how fast the client asks.
    let asked: u64 = party.items.iter().map(|row| row.calls.saturating_sub(row.in_scripts)).sum();
    let rate = asked as f64 / seconds;
    let times = calls as f64 / next.max(1) as f64;
    let drowns = !party.is_socket
        && peers as f64 >= facts.limit(&ABOUT, &PEERS)
        && times >= facts.limit(&ABOUT, &TIMES)
        && rate >= facts.limit(&ABOUT, &RATE)
        && seconds * 100.0 >= covered * facts.limit(&ABOUT, &SPAN)
        && seconds >= facts.limit(&ABOUT, &LASTING).min(work / 2.0);
    let subject = party.subject.clone();
    let command = party.kill().filter(|_| drowns);
    Finding {
        severity: if drowns { Severity::Warning } else { Severity::Info },
        confidence: confidence(covered),
        title: format!("{} made {} of all calls{within}.", party.title(), number::share(share / 100.0)),
        detail: format!(
            "{} of {} within {} (noted above {limit} %), mostly {}. The next one made {}. At work too (1 % \
                 of the calls or {AT_WORK} a second): {}.",
            number::grouped(calls),
            CALLS.count(total),
            number::duration((seconds * 1e6) as u64),
            top(party),
            CALLS.count(next),
            CLIENTS.count(peers as u64),
        ),
        numbers: vec![
            against(SHARE.name, share, limit),
            against(RATE.name, rate, facts.limit(&ABOUT, &RATE)),
            against(TIMES.name, times, facts.limit(&ABOUT, &TIMES)),
            against(PEERS.name, peers as f64, facts.limit(&ABOUT, &PEERS)),
            plain("total-calls", total as f64),
        ],
        caution: command.as_ref().map(|_| {
            "See in CLIENT LIST first that the address is still this client's. It drops the \
                 connection; what it was doing stays half done, and it may reconnect and go on."
                .to_owned()
        }),
        command,
        evidence: openings(facts, party.addresses.iter().copied()),
        confirmed_by: [confirm::slow_share(facts, party), confirm::unread(facts, party)]
            .into_iter()
            .flatten()
            .collect(),
        subject,
        ..Finding::of(&ABOUT)
    }
}

/// The clients with their calls. Nameless connections of one IP are one where most of what they call is the same.
fn groups<'a>(facts: &Facts<'a>) -> Vec<(u64, Party<'a, &'a ClientRow>)> {
    let mut alike: BTreeMap<&[u8], Vec<&ClientRow>> = BTreeMap::new();
    for row in facts.applications() {
        let habit = row.commands.first().filter(|_| row.name.is_none());
        alike.entry(habit.map_or(&b""[..], |held| held.command.0.as_slice())).or_default().push(row);
    }
    let parties =
        alike.into_values().flat_map(|rows| parties(facts, rows.into_iter().map(|row| (&row.client, row))));
    parties.map(|party| (party.items.iter().map(|row| row.calls).sum(), party)).collect()
}

/// From the first call of some clients to their last.
fn seconds<'a>(rows: impl Iterator<Item = &'a ClientRow> + Clone) -> f64 {
    let first = rows.clone().map(|row| row.first.0).min().unwrap_or_default();
    let last = rows.map(|row| row.last.0).max().unwrap_or_default();
    last.saturating_sub(first).max(1) as f64 / 1e6
}

/// The command that the party calls most.
fn top(party: &Party<'_, &ClientRow>) -> String {
    let mut calls: BTreeMap<&[u8], u64> = BTreeMap::new();
    for held in party.items.iter().flat_map(|row| &row.commands) {
        *calls.entry(&held.command.0).or_default() += held.calls;
    }
    let most = calls.into_iter().max_by_key(|(name, calls)| (*calls, std::cmp::Reverse(*name)));
    most.map(|(name, _)| crate::output::notation::escape(name)).unwrap_or_default()
}
