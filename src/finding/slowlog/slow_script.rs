//! `slow-script`: scripts and functions that take long.

use super::calls::{THRESHOLDS, calls};
use crate::finding::{About, Facts, Rule};
use crate::report::findings::Finding;
use crate::statistic::slowlog::callers::SCRIPTS;

/// The rule.
pub struct SlowScript;

const ABOUT: About = About {
    rule: "slow-script",
    kind: "slowlog",
    detects: "Scripts and functions (EVAL, EVALSHA, FCALL) that take long.",
    because: "A script runs as one command: everything that it calls is done before any other client is served.",
    severity: "A warning where a call takes 100 ms, critical where one takes a second, unless set otherwise; a \
               note where several take 10 ms.",
    thresholds: &THRESHOLDS,
    by_rate: false,
    remedy: "Let the script do less at once: take the loop over keys or elements out of it, into the client, \
             which calls it for some hundred of them at a time; read big collections in parts, or keep what it \
             works out in a key of its own. The entries of the slow log just below its id show which of its \
             calls took the time.",
};

impl Rule for SlowScript {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn check(&self, facts: &Facts<'_>, found: &mut Vec<Finding>) {
        let all = calls(facts, &ABOUT, |name| SCRIPTS.contains(&name));
        found.extend(all.iter().map(|calls| calls.finding(facts, &ABOUT, "")));
    }
}
