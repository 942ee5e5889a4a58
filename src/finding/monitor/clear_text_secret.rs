//! `clear-text-secret`: a password stands in the capture.

use super::{calls, commands, earliest, plain, sighted, times};
use crate::finding::{About, Facts, Rule};
use crate::report::findings::{Finding, Severity};
use crate::statistic::sign::Sign;

/// The rule.
pub struct ClearTextSecret;

const ABOUT: About = About {
    rule: "clear-text-secret",
    kind: "monitor",
    detects: "A password that the capture shows: AUTH, HELLO AUTH, CONFIG SET requirepass, ACL SETUSER, MIGRATE AUTH.",
    because: "Whoever can run MONITOR or read the saved file has the password. Newer servers print (redacted) \
              instead (AUTH from Redis 6.2.4), older ones do not.",
    severity: "A warning. The password itself is shown nowhere.",
    thresholds: &[],
    by_rate: false,
    remedy: "Keep the capture file as secret as the password, and remove it when done. Change the password if the file \
             was passed on. A newer server does not show it.",
};

impl Rule for ClearTextSecret {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn check(&self, facts: &Facts<'_>, found: &mut Vec<Finding>) {
        for party in sighted(facts, Sign::Secret) {
            let count = calls(&party.items);
            let names = commands(party.items.iter().map(|row| &row.command)).replace('|', " ");
            found.push(Finding {
                severity: Severity::Warning,
                title: format!(
                    "The capture shows a password of {}, sent {} by {names}.",
                    party.title(),
                    times(count)
                ),
                detail: "It stands in the file in clear text; here only its length is shown.".to_owned(),
                numbers: vec![plain("calls", count as f64)],
                evidence: earliest(party.items.iter().flat_map(|row| &row.examples)),
                subject: party.subject,
                ..Finding::of(&ABOUT)
            });
        }
    }
}
