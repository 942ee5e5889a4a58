//! `server-stalling-command`: somebody makes the server stand still, or ends it.

use super::company::Crowd;
use super::{against, earliest, slow, times};
use crate::finding::party::{Party, named_parties};
use crate::finding::{About, Facts, Rule, Threshold};
use crate::output::number;
use crate::report::findings::{Evidence, Finding, Severity};
use crate::report::slowlog::SlowestRow;
use crate::report::{Bytes, Text};
use crate::statistic::sightings::Sighting;
use crate::statistic::sign::Sign;

/// The rule.
pub struct ServerStallingCommand;

const SLOW: Threshold = Threshold {
    name: "slow-ms",
    value: 10.0,
    meaning: "a call that only the slow log shows counts from so many milliseconds on",
    source: "redis.conf: slowlog-log-slower-than is 10000 microseconds unless set",
};

const CRITICAL: Threshold = Threshold {
    name: "critical-ms",
    value: 1000.0,
    meaning: "a server that stands still for so many milliseconds is critical",
    source: "operators' convention: a server that answers nobody for a second is down for its clients",
};

const ABOUT: About = About {
    rule: "server-stalling-command",
    kind: "monitor",
    detects: "A client that runs DEBUG SLEEP, DEBUG RELOAD and the like, SAVE, SHUTDOWN or CLIENT PAUSE.",
    because: "The server serves nobody meanwhile, or not at all any more. MONITOR of Redis 2.8.19 and \
              later hides most of these, so that the slow log is asked too.",
    severity: "A warning where others use the server, a note where nobody does; critical where it stood \
               still for a second or more, or was ended while others used it.",
    thresholds: &[SLOW, CRITICAL],
    by_rate: false,
    remedy: "Take these commands away from applications: ACL SETUSER name -debug -save -shutdown (Redis \
             6.0 and later), from 7.0 on also -client|pause. BGSAVE saves without standing still; CLIENT \
             UNPAUSE (6.2) ends a pause. From 7.0 on the server refuses DEBUG unless enable-debug-command \
             allows it.",
};

/// The commands as the slow log names them. What it has of them is told here alone.
pub const COMMANDS: &[&str] = &["DEBUG", "PFSELFTEST", "SAVE", "SHUTDOWN"];

/// Subcommands of DEBUG that end the server.
const ENDING: &[&[u8]] = &[b"ASSERT", b"CRASH-AND-RECOVER", b"OOM", b"PANIC", b"RESTART", b"SEGFAULT"];

/// A call as one of two captures shows it.
#[derive(Clone, Copy)]
enum Act<'a> {
    Seen(&'a Sighting),
    Slow(&'a SlowestRow),
}

impl Act<'_> {
    fn calls(self) -> u64 {
        match self {
            Act::Seen(row) => row.calls,
            Act::Slow(_) => 1,
        }
    }

    /// For how long the server stood still, in milliseconds. A pause is none: what is read goes on.
    fn milliseconds(self) -> f64 {
        match self {
            Act::Seen(row) if row.command.0 == b"DEBUG" => row.largest as f64,
            Act::Seen(_) => 0.0,
            Act::Slow(row) => row.us as f64 / 1000.0,
        }
    }

    fn ends(self) -> bool {
        matches!(self, Act::Seen(row) if row.command.0 == b"SHUTDOWN" || ENDING.contains(&row.detail.0.as_slice()))
    }

    /// `DEBUG SLEEP`, `CLIENT PAUSE`.
    fn name(self) -> String {
        match self {
            Act::Seen(row) => {
                let command = row.command.text().replace('|', " ");
                if row.detail.0.is_empty() { command } else { format!("{command} {}", row.detail.text()) }
            }
            Act::Slow(row) => {
                let command = row.entry.command.text();
                // What is masked is no subcommand.
                let next = row.entry.args.split(' ').nth(1).filter(|word| !word.starts_with('('));
                match next {
                    Some(subcommand) if command == "DEBUG" => format!("{command} {subcommand}"),
                    _ => command,
                }
            }
        }
    }
}

impl Rule for ServerStallingCommand {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn check(&self, facts: &Facts<'_>, found: &mut Vec<Finding>) {
        let crowd = Crowd::new(facts);
        found.extend(acts(facts).into_iter().map(|party| finding(facts, &crowd, party)));
    }
}

/// Who did what; the slow log speaks of those whom MONITOR does not show.
fn acts<'a>(facts: &Facts<'a>) -> Vec<Party<'a, Act<'a>>> {
    static NOBODY: Bytes = Bytes(Text::EMPTY);
    let sightings = facts.conduct.sightings.iter().filter(|row| row.sign == Sign::Stall);
    let seen: Vec<_> = sightings.map(|row| (&row.client, None, Act::Seen(row))).collect();
    let least = facts.limit(&ABOUT, &SLOW) * 1000.0;
    let is_shown = |name: &Bytes| facts.report.dangerous.rows.iter().any(|row| row.command == *name);
    let slow = facts.report.slowlog.slowest.iter().filter(|row| {
        let name = &row.entry.command;
        row.us as f64 >= least
            && COMMANDS.iter().any(|stalling| stalling.as_bytes() == name.0)
            // Of an entry without a client nobody can tell whether it is the call that MONITOR shows.
            && (row.entry.client.is_some() || !is_shown(name))
    });
    let slow = slow
        .map(|row| (row.entry.client.as_ref().unwrap_or(&NOBODY), row.entry.name.as_ref(), Act::Slow(row)));
    let slow: Vec<_> = slow.collect();
    named_parties(facts, seen.into_iter().chain(slow))
}

fn finding(facts: &Facts<'_>, crowd: &Crowd<'_>, party: Party<'_, Act<'_>>) -> Finding {
    let examples = party.items.iter().filter_map(|act| match act {
        Act::Seen(row) => Some(&row.examples),
        Act::Slow(_) => None,
    });
    let company = crowd.beside(&party, examples.clone().flatten());
    let seen: u64 = party.items.iter().filter(|act| matches!(act, Act::Seen(_))).map(|act| act.calls()).sum();
    let count = if seen > 0 { seen } else { party.items.iter().map(|act| act.calls()).sum() };
    let slowest = party.items.iter().filter_map(|act| match act {
        Act::Slow(row) => Some(*row),
        Act::Seen(_) => None,
    });
    let slowest = slowest.max_by_key(|row| row.us);
    let longest = party.items.iter().map(|act| act.milliseconds()).fold(0.0, f64::max);
    let limit = facts.limit(&ABOUT, &CRITICAL);
    let ends = party.items.iter().any(|act| act.ends());
    let alone = !company.waits() && facts.has("monitor");
    let severity = match (alone, ends || longest >= limit) {
        (true, _) => Severity::Info,
        (false, true) => Severity::Critical,
        (false, false) => Severity::Warning,
    };
    let mut names: Vec<_> = party.items.iter().map(|act| act.name()).collect();
    names.sort();
    names.dedup();
    let names = names.join(", ");
    let who = party.title();
    let stood = match longest as u64 {
        0 => String::new(),
        milliseconds => {
            format!("; the server stood still for {}", number::latency(milliseconds.saturating_mul(1000)))
        }
    };
    let mut evidence = earliest(examples.flatten());
    evidence.extend(party.items.iter().filter_map(|act| match act {
        Act::Slow(row) => Some(Evidence {
            path: row.entry.path.clone(),
            byte_offset: row.entry.byte_offset,
            line: row.entry.line,
            time: Some(row.entry.time),
            text: row.entry.args.clone(),
        }),
        Act::Seen(_) => None,
    }));
    let rest =
        if facts.has("monitor") { company.sentence() } else { "No capture tells who waited.".to_owned() };
    Finding {
        severity,
        title: format!("{who} ran {names} {}{stood}.", times(count)),
        detail: format!(
            "{} {rest}",
            if ends { "That ends the server." } else { "While that runs, nobody else is served." }
        ),
        numbers: vec![against(CRITICAL.name, longest, limit)],
        evidence,
        confirmed_by: slowest.map(slow::confirmation).into_iter().collect(),
        subject: party.subject,
        ..Finding::of(&ABOUT)
    }
}
