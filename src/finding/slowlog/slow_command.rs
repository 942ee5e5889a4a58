//! `slow-command`: calls that take long, by command.

use super::advice;
use super::blocking_delete::DELETES;
use super::calls::{Calls, THRESHOLDS, calls};
use crate::command;
use crate::finding::monitor::server_stalling_command::COMMANDS as STALLING;
use crate::finding::{About, Facts, Rule};
use crate::report::findings::Finding;
use crate::statistic::slowlog::callers::SCRIPTS;

/// The rule.
pub struct SlowCommand;

/// What helps with most commands.
pub const REMEDY: &str =
    "Ask for less at once: read in parts, keep collections small, or move the work to a replica.";

const ABOUT: About = About {
    rule: "slow-command",
    kind: "slowlog",
    detects: "Commands whose calls take long, by the server's own slow log.",
    because: "The server runs one command at a time: while a slow one runs, every other client waits, and \
              its own calls look slow to it.",
    severity: "A warning where a call takes 100 ms, critical where one takes a second, unless set otherwise; a \
               note where several take 10 ms.",
    thresholds: &THRESHOLDS,
    by_rate: false,
    remedy: REMEDY,
};

impl Rule for SlowCommand {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn check(&self, facts: &Facts<'_>, found: &mut Vec<Finding>) {
        let seen = &facts.report.dangerous.rows;
        let is_others = |name: &str| {
            // What MONITOR shows of dangerous commands, the rules over it say, with the slow log's times.
            DELETES.contains(&name)
                || SCRIPTS.contains(&name)
                || STALLING.contains(&name)
                || seen.iter().any(|row| row.command.0 == name.as_bytes())
        };
        let all = calls(facts, &ABOUT, |name| !is_others(name));
        found.extend(all.iter().map(|calls| finding(facts, calls)));
    }
}

fn finding(facts: &Facts<'_>, calls: &Calls<'_>) -> Finding {
    let name = calls.command.text();
    let spec = command::find(&calls.command.0, None).map(|id| id.spec());
    let what = spec.map(|spec| advice::work(spec.complexity)).unwrap_or_default();
    let advice = advice::of(&name, spec, calls.examples.first().copied());
    Finding {
        remedy: advice.remedy,
        caution: advice.command.as_ref().and_then(|_| facts.elsewhere()),
        command: advice.command,
        ..calls.finding(facts, &ABOUT, &what)
    }
}
