//! `idle-clients`: many connections that nobody uses.

use super::{evidence, from_words, groups, is_plain, present, seconds};
use crate::finding::{About, Facts, Rule, Threshold};
use crate::output::number::Noun;
use crate::report::Bytes;
use crate::report::connections::ConnectionRow;
use crate::report::findings::{Finding, Number, Severity};

/// The rule.
pub struct IdleClients;

const SECONDS: Threshold = Threshold {
    name: "seconds",
    value: 3600.0,
    meaning: "a connection without a command for longer than this is idle",
    source: "operators' convention; redis.conf's timeout is 0, so the server itself closes none",
};

const CLIENTS: Threshold = Threshold {
    name: "clients",
    value: 50.0,
    meaning: "more idle connections than this are worth a note, and a warning where one client holds them",
    source: "operators' convention",
};

const ABOUT: About = About {
    rule: "idle-clients",
    kind: "client-list",
    detects: "Many connections over which nothing was asked for an hour. Subscribers, replicas and clients \
              in a blocking command wait by design and do not count.",
    because: "Each takes memory and one of maxclients. Idle ones in such numbers come from pools that are \
              far too big, from processes that hang, or from hosts that are gone without closing.",
    severity: "A note; a warning where one client alone holds so many and uses less than half of what it \
               holds.",
    thresholds: &[SECONDS, CLIENTS],
    by_rate: false,
    remedy: "Make the client's pool smaller and let it close what it does not use (an idle timeout of its \
             own). On the server tcp-keepalive finds hosts that are gone, without touching clients that \
             live; timeout closes idle clients too, which clients must bear: they see a closed connection \
             at their next command. Set it above the pools' own timeout.",
};

impl Rule for IdleClients {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn check(&self, facts: &Facts<'_>, found: &mut Vec<Finding>) {
        let (longest, limit) = (facts.limit(&ABOUT, &SECONDS), facts.limit(&ABOUT, &CLIENTS));
        let plain: Vec<_> = present(facts).into_iter().filter(|row| is_plain(row)).collect();
        let is_idle = |row: &&ConnectionRow| row.idle.get().is_some_and(|idle| idle as f64 > longest);
        let all = plain.iter().copied().filter(is_idle).count();
        if all as f64 <= limit {
            return;
        }
        let groups = groups(plain);
        let idle = |rows: &[&ConnectionRow]| rows.iter().copied().filter(is_idle).count();
        let mut parts: Vec<_> = groups.iter().map(|(key, rows)| (key, rows, idle(rows))).collect();
        parts.sort_by_key(|(.., idle)| std::cmp::Reverse(*idle));
        let holds_many = |rows: &[&ConnectionRow], idle: usize| idle as f64 > limit && idle * 2 > rows.len();
        // Without one that holds many, the biggest stands for all.
        let many = parts.iter().filter(|(_, rows, idle)| holds_many(rows, *idle)).count().max(1);
        for ((by, value), rows, idle) in parts.into_iter().take(many) {
            let is_bad = holds_many(rows, idle);
            let mut shown: Vec<_> = rows.iter().copied().filter(is_idle).collect();
            shown.sort_by_key(|row| std::cmp::Reverse(row.idle.get()));
            let oldest = shown.first().and_then(|row| row.idle.get()).unwrap_or(0);
            let nameless = if *by == "name" { "" } else { " without a name" };
            let from = from_words(by, value);
            let title = if is_bad {
                format!(
                    "{idle} of {} connections{nameless} {from} are idle for more than {}.",
                    rows.len(),
                    hours(longest)
                )
            } else {
                format!(
                    "{} idle for more than {}; the biggest group of them, {idle}, is {from}.",
                    Noun("connection is", "connections are").count(all as u64),
                    hours(longest)
                )
            };
            found.push(Finding {
                severity: if is_bad { Severity::Warning } else { Severity::Info },
                title,
                subject: Bytes(value.0.clone()),
                detail: format!(
                    "In the last snapshot {all} connections in all were idle for more than {} (worth a \
                     note over {limit}); the longest of these here for {}.",
                    hours(longest),
                    seconds(oldest)
                ),
                numbers: vec![
                    Number { name: CLIENTS.name, value: idle as f64, threshold: Some(limit) },
                    Number { name: "longest-seconds", value: oldest as f64, threshold: Some(longest) },
                ],
                evidence: shown.into_iter().take(crate::finding::EVIDENCE).map(evidence).collect(),
                ..Finding::of(&ABOUT)
            });
        }
    }
}

/// A threshold of seconds in words.
fn hours(limit: f64) -> String {
    seconds(limit as i64)
}
