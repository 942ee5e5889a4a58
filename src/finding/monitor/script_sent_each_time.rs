//! `script-sent-each-time`: the whole text of a script goes over the network with each call.

use std::collections::BTreeMap;

use super::{against, earliest, percent, sighted};
use crate::finding::{About, Facts, Rule, Threshold};
use crate::output::number;
use crate::report::findings::{Finding, Severity};
use crate::statistic::sign::Sign;

/// The rule.
pub struct ScriptSentEachTime;

const CALLS: Threshold = Threshold {
    name: "calls",
    value: 50.0,
    meaning: "so many calls of EVAL with the same text by one client are noted",
    source: "redtrail's own choice: libraries send a text once per connection, and again after a restart",
};

const WARNING: Threshold = Threshold {
    name: "warning-calls",
    value: 1000.0,
    meaning: "a warning needs so many such calls",
    source: "redtrail's own choice: below it the texts are soon sent",
};

const SHARE: Threshold = Threshold {
    name: "warning-percent",
    value: 10.0,
    meaning: "a warning needs so much of all bytes of arguments in these texts",
    source: "redtrail's own choice: a tenth of what the server receives",
};

const ABOUT: About = About {
    rule: "script-sent-each-time",
    kind: "monitor",
    detects: "A client that sends the same script with EVAL again and again.",
    because: "The server keeps a script that it has run and can run it again by its SHA1; sending and \
              hashing the text each time is work for nothing.",
    severity: "A note; a warning where the texts are a good part of all that the server receives.",
    thresholds: &[CALLS, WARNING, SHARE],
    by_rate: false,
    remedy: "Use EVALSHA with the script's SHA1, and EVAL only after NOSCRIPT: most libraries do so by \
             themselves when a script is registered. Pass what changes as KEYS and ARGV, never in the \
             text.",
};

impl Rule for ScriptSentEachTime {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn check(&self, facts: &Facts<'_>, found: &mut Vec<Finding>) {
        let limit = facts.limit(&ABOUT, &CALLS);
        let warning = facts.limit(&ABOUT, &WARNING);
        let least = facts.limit(&ABOUT, &SHARE);
        let received: u64 = facts.applications().map(|row| row.payload_bytes).sum();
        for mut party in sighted(facts, Sign::Script) {
            let mut texts: BTreeMap<u64, u64> = BTreeMap::new();
            party.items.iter().for_each(|row| *texts.entry(row.what).or_default() += row.calls);
            texts.retain(|_, calls| *calls as f64 >= limit);
            party.items.retain(|row| texts.contains_key(&row.what));
            let (calls, bytes) =
                party.items.iter().fold((0, 0), |(calls, bytes), row| (calls + row.calls, bytes + row.total));
            if calls == 0 {
                continue;
            }
            let share = percent(bytes, received);
            let scripts = texts.len() as u64;
            let what = if scripts == 1 { "the same script".to_owned() } else { format!("{scripts} scripts") };
            found.push(Finding {
                severity: if calls as f64 >= warning && share >= least {
                    Severity::Warning
                } else {
                    Severity::Info
                },
                title: format!("{} sent the text of {what} {} times.", party.title(), number::grouped(calls)),
                detail: format!(
                    "The texts come to {}, {} of all bytes of arguments (noted \
                     from {limit} times, a warning from {warning} times and {least} %).",
                    number::bytes(bytes),
                    number::share(share / 100.0)
                ),
                numbers: vec![against(CALLS.name, calls as f64, limit), against(SHARE.name, share, least)],
                evidence: earliest(party.items.iter().flat_map(|row| &row.examples)),
                subject: party.subject,
                ..Finding::of(&ABOUT)
            });
        }
    }
}
