//! The slow calls of a command, who made them, and what other captures say of that.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::finding::facts::subject;
use crate::finding::{About, Facts, Threshold, confirm};
use crate::output::number::{self, Noun, grouped};
use crate::report::Bytes;
use crate::report::findings::{Confidence, Confirmation, Evidence, Finding, Number, Severity};
use crate::report::slowlog::SlowestRow;

/// From here on a call is slow.
pub const MS: Threshold = Threshold {
    name: "ms",
    value: 100.0,
    meaning: "a call that takes so many milliseconds is a warning",
    source: "operators' convention: ten times the server's own limit for its slow log \
             (slowlog-log-slower-than, 10 ms in redis.conf), and long enough for a person to notice",
};

/// From here on it is an outage.
pub const CRITICAL_MS: Threshold = Threshold {
    name: "critical-ms",
    value: 1_000.0,
    meaning: "a call that takes so many milliseconds is critical",
    source: "operators' convention: a second is where clients and health checks begin to time out",
};

/// From here on calls add up.
const NOTE_MS: Threshold = Threshold {
    name: "note-ms",
    value: 10.0,
    meaning: "calls that take so many milliseconds are a note, where there are several",
    source: "redis.conf: slowlog-log-slower-than is 10000 microseconds",
};

/// So many of them.
const NOTE_CALLS: Threshold = Threshold {
    name: "note-calls",
    value: 5.0,
    meaning: "so many such calls of one command are a note",
    source: "redtrail's own choice: a few are what a busy machine does to any call",
};

/// From here on the calls are one client's.
pub const BY_ONE: Threshold = Threshold {
    name: "percent-by-one",
    value: 80.0,
    meaning: "from this part of a command's slow calls on, the client that made them is the subject",
    source: "redtrail's own choice, not a published number",
};

/// What the rules over slow calls compare with.
pub const THRESHOLDS: [Threshold; 5] = [MS, CRITICAL_MS, NOTE_MS, NOTE_CALLS, BY_ONE];

const CALLS: Noun = Noun("call", "calls");

/// Slow calls of one command.
pub struct Calls<'a> {
    pub command: &'a Bytes,
    /// What each of them took at least, by which threshold.
    least: Threshold,
    calls: u64,
    total_us: u64,
    max_us: u64,
    /// Who made (nearly) all of them, and how many.
    culprit: Option<(&'a Bytes, u64)>,
    /// The culprit's addresses, as the slow log has them.
    addresses: Vec<&'a Bytes>,
    /// Whether MONITOR told who, because the slow log does not.
    by_monitor: bool,
    /// The slowest, first.
    pub examples: Vec<&'a SlowestRow>,
}

/// Calls of one client, and its addresses.
type Share<'a> = (u64, Vec<&'a Bytes>);

/// The slow calls of each command that `takes` allows, the greatest sum first; behind them the commands of which
/// many calls take a little long.
pub fn calls<'a>(facts: &Facts<'a>, about: &'static About, takes: impl Fn(&str) -> bool) -> Vec<Calls<'a>> {
    let mut all = calls_from(facts, about, MS, &takes);
    let mut more = calls_from(facts, about, NOTE_MS, &takes);
    let least = facts.limit(about, &NOTE_CALLS);
    more.retain(|calls| calls.calls as f64 >= least && all.iter().all(|held| held.command != calls.command));
    all.append(&mut more);
    all
}

fn calls_from<'a>(
    facts: &Facts<'a>,
    about: &'static About,
    threshold: Threshold,
    takes: impl Fn(&str) -> bool,
) -> Vec<Calls<'a>> {
    let least_us = facts.limit(about, &threshold) * 1e3;
    let part = facts.limit(about, &BY_ONE) / 100.0;
    let is_slow = |us: u64| us as f64 >= least_us;
    let log = &facts.report.slowlog;
    let mut by: BTreeMap<&Bytes, Calls<'a>> = BTreeMap::new();
    let mut whose: BTreeMap<(&Bytes, Option<&Bytes>), Share<'_>> = BTreeMap::new();
    for row in log.callers.iter().filter(|row| takes(&row.command.text())) {
        let slow = row.us.iter().copied().take_while(|us| is_slow(*us));
        let (count, sum) = slow.fold((0, 0_u64), |(count, sum), us| (count + 1, sum.saturating_add(us)));
        let Some(max) = row.us.first().filter(|_| count > 0) else { continue };
        let calls = by.entry(&row.command).or_insert_with(|| Calls {
            command: &row.command,
            least: threshold,
            calls: 0,
            total_us: 0,
            max_us: 0,
            culprit: None,
            addresses: Vec::new(),
            by_monitor: false,
            examples: Vec::new(),
        });
        calls.calls += count;
        calls.total_us = calls.total_us.saturating_add(sum);
        calls.max_us = calls.max_us.max(*max);
        let address = || row.client.as_ref().map(|client| facts.client(client).map_or(client, subject));
        let who = (&row.command, row.name.as_ref().or_else(address));
        let (their, addresses) = whose.entry(who).or_default();
        *their += count;
        addresses.extend(&row.client);
    }
    for calls in by.values_mut() {
        let of = whose.iter().filter(|((command, _), _)| *command == calls.command);
        let known = of.filter_map(|((_, who), (count, addresses))| Some(((*who)?, *count, addresses)));
        let most = known.max_by_key(|(who, count, _)| (*count, Reverse(*who)));
        if let Some((who, count, addresses)) = most
            && count as f64 >= part * calls.calls as f64
        {
            calls.culprit = Some((who, count));
            calls.addresses.clone_from(addresses);
        }
        if most.is_none() {
            calls.culprit = only_caller(facts, calls.command, part).map(|who| (who, calls.calls));
            calls.by_monitor = calls.culprit.is_some();
        }
        let examples =
            log.examples.iter().filter(|row| row.entry.command == *calls.command && is_slow(row.us));
        calls.examples = examples.collect();
    }
    let mut all: Vec<_> = by.into_values().collect();
    all.sort_by_key(|calls| Reverse(calls.total_us));
    all
}

/// Who makes (nearly) all of MONITOR's calls of a command.
fn only_caller<'a>(facts: &Facts<'a>, command: &Bytes, part: f64) -> Option<&'a Bytes> {
    let mut by: BTreeMap<&Bytes, u64> = BTreeMap::new();
    for row in &facts.report.clients.rows {
        let calls = row.commands.iter().filter(|held| held.command == *command).map(|held| held.calls);
        *by.entry(subject(row)).or_default() += calls.sum::<u64>();
    }
    let all: u64 = by.values().sum();
    let (who, most) = by.into_iter().max_by_key(|(who, calls)| (*calls, Reverse(*who)))?;
    (all > 0 && !who.0.is_empty() && most as f64 >= part * all as f64).then_some(who)
}

impl Calls<'_> {
    /// The finding, but for its remedy; `what` stands behind the numbers.
    pub fn finding(&self, facts: &Facts<'_>, about: &'static About, what: &str) -> Finding {
        let (limit, critical) = (facts.limit(about, &MS), facts.limit(about, &CRITICAL_MS));
        let least = facts.limit(about, &self.least);
        let name = self.command.text().replace('|', " ");
        let longest = number::latency(self.max_us);
        let by = match self.culprit {
            Some((who, calls)) if calls == self.calls => format!(" by {}", who.text()),
            Some((who, calls)) => format!(", {} of them by {},", grouped(calls), who.text()),
            None => String::new(),
        };
        let title = match self.calls {
            1 => format!("One {name}{by} took {longest}."),
            calls => {
                format!("{} {name} calls{by} took {least} ms or more, the slowest {longest}.", grouped(calls))
            }
        };
        let took = match self.calls {
            1 => format!("It took {longest}"),
            _ => format!("Together they took {}", number::latency(self.total_us)),
        };
        let mut detail = format!(
            "{took} (a call of {limit} ms is a warning, one of {critical} ms critical). While it runs, all \
             others wait."
        );
        for text in [what, if self.by_monitor { "The slow log does not say who; MONITOR does." } else { "" }]
        {
            if !text.is_empty() {
                detail.push(' ');
                detail.push_str(text);
            }
        }
        Finding {
            severity: if self.max_us as f64 >= critical * 1e3 {
                Severity::Critical
            } else if self.max_us as f64 >= limit * 1e3 {
                Severity::Warning
            } else {
                Severity::Info
            },
            confidence: if self.by_monitor { Confidence::Medium } else { Confidence::High },
            title,
            subject: self.culprit.map_or(self.command, |(who, _)| who).clone(),
            detail,
            numbers: vec![
                Number { name: MS.name, value: self.max_us as f64 / 1e3, threshold: Some(limit) },
                Number { name: "calls", value: self.calls as f64, threshold: None },
                Number { name: "total-ms", value: self.total_us as f64 / 1e3, threshold: None },
            ],
            evidence: self.examples.iter().flat_map(|row| places(row)).collect(),
            confirmed_by: self.confirmations(facts),
            ..Finding::of(about)
        }
    }

    fn confirmations(&self, facts: &Facts<'_>) -> Vec<Confirmation> {
        let mut all = Vec::new();
        let name = self.command.text().replace('|', " ");
        let who = self.culprit.map(|(who, _)| who);
        let is_theirs =
            |name: Option<&Bytes>, address: &Bytes| name == who || self.addresses.contains(&address);
        let rows = facts.report.clients.rows.iter();
        let rows = rows.filter(|row| who.is_none() || is_theirs(Some(subject(row)), &row.client));
        let held = rows.flat_map(|row| &row.commands).filter(|held| held.command == *self.command);
        let calls: u64 = held.map(|held| held.calls).sum();
        let by = who.map(|who| format!(" by {}", who.text())).unwrap_or_default();
        if calls > 0 {
            let text = format!("MONITOR: {} of {name}{by}.", CALLS.count(calls));
            all.push(Confirmation { kind: "monitor", text });
        }
        let last = self.command.0.to_ascii_lowercase();
        let connections = facts.report.connections.rows.iter().filter(|row| {
            who.is_some()
                && is_theirs(row.name.as_ref().or(Some(&row.address)), &row.address)
                && row.cmd.as_ref().is_some_and(|cmd| cmd.0.to_ascii_lowercase() == last)
        });
        let connections = connections.count() as u64;
        if connections > 0 {
            let count = Noun("connection", "connections").count(connections);
            let text = format!("CLIENT LIST: {name} is the last command of {count}{by}.");
            all.push(Confirmation { kind: "client-list", text });
        }
        all.extend(
            self.percentile(facts, &name)
                .or_else(|| confirm::counted(facts, self.command, confirm::SLOW_MEAN_US)),
        );
        all
    }

    /// The highest percentile that INFO shows of the command, where it is slow by it too.
    fn percentile(&self, facts: &Facts<'_>, name: &str) -> Option<Confirmation> {
        let rows = facts.report.info.snapshots.iter().rev().flat_map(|dump| &dump.latency);
        let row = rows.into_iter().find(|row| row.command == *self.command)?;
        let (percentile, us) = row.percentiles.iter().max_by(|(_, a), (_, b)| a.total_cmp(b))?;
        // A percentile is given to within a few per cent.
        (*us >= self.max_us as f64 / 2.0).then(|| Confirmation {
            kind: "info",
            text: format!(
                "INFO: {} of {name} is {} (latency_percentiles_usec).",
                percentile.text(),
                number::latency(*us as u64)
            ),
        })
    }
}

/// A slow call as evidence: its line in MONITOR, where that is known, and its entry.
pub fn places(row: &SlowestRow) -> Vec<Evidence> {
    let shown = row.entry.monitor.as_ref().map(|call| Evidence {
        path: call.path.clone(),
        byte_offset: call.byte_offset,
        line: call.line,
        time: Some(call.time),
        text: row.entry.args.clone(),
    });
    shown.into_iter().chain([evidence(row)]).collect()
}

/// An entry as evidence.
pub fn evidence(row: &SlowestRow) -> Evidence {
    let entry = &row.entry;
    let id = entry.id.map(|id| format!("id {id}, ")).unwrap_or_default();
    Evidence {
        path: entry.path.clone(),
        byte_offset: entry.byte_offset,
        line: entry.line,
        time: Some(entry.time),
        text: format!("{id}{}: {}", number::latency(row.us), entry.args),
    }
}
