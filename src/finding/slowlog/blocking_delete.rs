//! `blocking-delete`: deleting that takes long, because it frees memory at once.

use super::calls::{THRESHOLDS, calls};
use crate::finding::{About, Facts, Rule};
use crate::report::findings::Finding;

/// The rule.
pub struct BlockingDelete;

/// Commands whose time is that of freeing what they delete; RENAME deletes the key that it overwrites.
pub const DELETES: [&str; 4] = ["DEL", "FLUSHALL", "FLUSHDB", "RENAME"];

const ABOUT: About = About {
    rule: "blocking-delete",
    kind: "slowlog",
    detects: "DEL, FLUSHDB, FLUSHALL or RENAME that take long because they free big values at once.",
    because: "Each element of a value is freed one by one before the next command runs, so that deleting a \
              list or hash of millions stops the server for all clients.",
    severity: "A warning where a call takes 100 ms, critical where one takes a second, unless set otherwise; a \
               note where several take 10 ms.",
    thresholds: &THRESHOLDS,
    by_rate: false,
    remedy: "Use UNLINK (Redis 4.0 and later): the key is gone at once, and its memory is freed beside the \
             commands.",
};

impl Rule for BlockingDelete {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn check(&self, facts: &Facts<'_>, found: &mut Vec<Finding>) {
        for calls in calls(facts, &ABOUT, |name| DELETES.contains(&name)) {
            let remedy = match calls.command.text().as_str() {
                "DEL" => {
                    "Use UNLINK in place of DEL (Redis 4.0 and later): the key is gone at once, and its memory \
                     is freed beside the commands. lazyfree-lazy-user-del yes (Redis 6.0 and later) makes DEL \
                     do the same. On older servers delete in parts: HSCAN with HDEL, SSCAN with SREM, LTRIM, \
                     ZREMRANGEBYRANK, a few hundred elements at a time."
                }
                "RENAME" => {
                    "RENAME deletes the key that it overwrites. Set lazyfree-lazy-server-del yes (Redis 4.0 and \
                     later), which frees it beside the commands; or UNLINK that key first, where readers can \
                     bear that it is missing for a moment."
                }
                _ => {
                    "Where all data has to go, say ASYNC (Redis 4.0 and later): memory is then freed beside \
                     the commands. First find out whether it has to: FLUSHALL deletes every key of every \
                     application, FLUSHDB all of one database."
                }
            };
            let what = calls.examples.first().map(|row| format!("The slowest: {}.", row.entry.args));
            found.push(Finding {
                remedy: remedy.to_owned(),
                ..calls.finding(facts, &ABOUT, &what.unwrap_or_default())
            });
        }
    }
}
