//! `blocking-without-timeout`: a client waits for ever.

use super::{CALLS, calls, commands, earliest, plain, sighted, times};
use crate::finding::{About, Facts, Rule};
use crate::report::findings::Finding;
use crate::statistic::sign::Sign;

/// The rule.
pub struct BlockingWithoutTimeout;

const ABOUT: About = About {
    rule: "blocking-without-timeout",
    kind: "monitor",
    detects: "A client that waits without a limit: BLPOP, XREAD BLOCK and the like with a timeout of 0.",
    because: "If the connection breaks without a word, as firewalls and balancers let idle ones, the client waits for \
              ever and does no more work. And whoever shares the connection waits with it.",
    severity: "A note: workers with a connection of their own do so on purpose.",
    thresholds: &[],
    by_rate: false,
    remedy: "Wait for some seconds at a time, in a loop, on a connection that nothing else uses.",
};

impl Rule for BlockingWithoutTimeout {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn check(&self, facts: &Facts<'_>, found: &mut Vec<Finding>) {
        for party in sighted(facts, Sign::Endless) {
            let count = calls(&party.items);
            let names = commands(party.items.iter().map(|row| &row.command));
            let made: u64 =
                party.addresses.iter().filter_map(|address| facts.client(address)).map(|row| row.calls).sum();
            found.push(Finding {
                title: format!("{} called {names} without a timeout {}.", party.title(), times(count)),
                detail: match made.saturating_sub(count) {
                    0 => "The same connections made no other call: they are there for this.".to_owned(),
                    rest => format!("The same connections made {} beside.", CALLS.count(rest)),
                },
                numbers: vec![plain("calls", count as f64)],
                evidence: earliest(party.items.iter().flat_map(|row| &row.examples)),
                subject: party.subject,
                ..Finding::of(&ABOUT)
            });
        }
    }
}
