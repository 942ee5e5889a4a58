//! `unbounded-collection`: lists, streams, sets and hashes that only grow.

use memchr::memmem;

use super::company::Crowd;
use super::{against, keys, plain};
use crate::finding::{About, Facts, Rule, Threshold, confidence, confirm};
use crate::output::notation::Time;
use crate::output::number::{self, Noun, grouped};
use crate::report::PatternRow;
use crate::report::findings::{Finding, Severity};
use crate::report::habits::Growing;

/// The rule.
pub struct UnboundedCollection;

const ELEMENTS: Threshold = Threshold {
    name: "elements",
    value: 1_000.0,
    meaning: "so many elements added to one key, or to a pattern's lists and streams together, are a note",
    source: "operators' convention; below it commands that read all are fast",
};

const WARNING: Threshold = Threshold {
    name: "warning-elements",
    value: 10_000.0,
    meaning: "so many elements of one key are a warning, seen or within an hour at the seen rate",
    source: "operators' convention; Huawei Cloud's DCS guide calls a key big that has more than 5,000 \
             elements",
};

const SPAN: Threshold = Threshold {
    name: "percent-of-capture",
    value: 20.0,
    meaning: "a rate is believed where elements come in over this part of the capture; less is a bulk load",
    source: "redtrail's own choice",
};

const LASTING: Threshold = Threshold {
    name: "seconds",
    value: 10.0,
    meaning: "elements that were seen are a warning where they come in for so long, or over that part of the capture",
    source: "redtrail's own choice: who fills a collection once is done in seconds",
};

const REMOVED: Threshold = Threshold {
    name: "removed-percent",
    value: 10.0,
    meaning: "a collection from which more than this part of what came in is taken out is a queue, not \
              unbounded",
    source: "redtrail's own choice: a consumer that keeps up takes out as much as comes in",
};

const EACH: Threshold = Threshold {
    name: "key-elements",
    value: 100.0,
    meaning: "elements of the longest list or stream, from which on those of its pattern count together",
    source: "redtrail's own choice: many keys with a few elements each are no growth",
};

const MEMBERS: Threshold = Threshold {
    name: "warning-members",
    value: 2_000.0,
    meaning: "different members of a set, sorted set or hash below which it is never a warning",
    source: "redtrail's own choice: a leaderboard's or register's members are all new at first",
};

const NEW: Threshold = Threshold {
    name: "new-percent",
    value: 90.0,
    meaning: "a set, sorted set or hash is a warning only where so many of the added members were new",
    source: "redtrail's own choice: a leaderboard adds the same members again and again",
};

const ABOUT: About = About {
    rule: "unbounded-collection",
    kind: "monitor",
    detects: "Collections that get elements and are never trimmed, emptied, deleted or given a time to live.",
    because: "They grow until memory is full. Long before, reading or deleting one of them holds up \
              everybody else, because the server does one thing at a time.",
    severity: "A note from a thousand elements. A warning from ten thousand, seen or within an hour at \
               the seen rate; of sets and hashes only where nearly all members are new, and of none that \
               has the day in its name or got all in seconds.",
    thresholds: &[ELEMENTS, EACH, WARNING, SPAN, LASTING, REMOVED, MEMBERS, NEW],
    by_rate: true,
    remedy: "Bound it where it is written: LTRIM after LPUSH, MAXLEN ~ in XADD, ZREMRANGEBYRANK or \
             ZREMRANGEBYSCORE after ZADD, or a time to live. First look at how long it is already.",
};

impl Rule for UnboundedCollection {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn check(&self, facts: &Facts<'_>, found: &mut Vec<Finding>) {
        let crowd = Crowd::new(facts);
        let rows = &facts.report.key_patterns.rows;
        keys::append(rows.iter().filter_map(|row| judge(row, facts, &crowd)).collect(), found);
    }
}

fn judge(row: &PatternRow, facts: &Facts<'_>, crowd: &Crowd<'_>) -> Option<Finding> {
    let limit = |threshold| facts.limit(&ABOUT, threshold);
    let is_growing = |held: &&Growing| held.removed as f64 * 100.0 <= held.added as f64 * limit(&REMOVED);
    let growing: Vec<_> = row.habits.growing.iter().filter(is_growing).collect();
    let most = growing.first()?;
    let kept = most.kept();
    let shared =
        most.different.is_none() && kept as f64 >= limit(&EACH) && row.habits.kept as f64 >= limit(&ELEMENTS);
    if (kept as f64) < limit(&ELEMENTS) && !shared {
        return None;
    }
    // Other captures may be of other servers, or of another day.
    let covered = crowd.seconds(&crowd.places_of(most.clients.iter()));
    let an_hour = keys::per_second(kept, covered) * 3_600.0;
    let span = most.last.0.saturating_sub(most.first.0) as f64 / 1e6;
    let is_lasting = span * 100.0 >= limit(&SPAN) * covered.max(1.0);
    let is_load = !is_lasting && span < limit(&LASTING);
    let is_new = most.different.is_none_or(|different| {
        let percent = different as f64 * 100.0;
        different as f64 >= limit(&MEMBERS) && percent >= most.added as f64 * limit(&NEW)
    });
    let is_soon = an_hour >= limit(&WARNING) && is_lasting;
    // Where the program bounds other keys of the pattern, this one may only not have had its turn.
    let is_bad = (kept as f64 >= limit(&WARNING) && !is_load || is_soon)
        && is_new
        && row.habits.bounded == 0
        && !is_of_the_day(most);
    let pattern = keys::named(&row.pattern);
    let who = keys::who(&most.clients, most.more_clients, facts);
    let mut detail = detail(row, &growing, (an_hour, covered), facts);
    if is_load {
        let (key, span) = (keys::named(&most.key), number::duration((span * 1e6) as u64));
        detail.push_str(&format!(" Those of {key} came within {span}, as what is loaded once does."));
    }
    Some(Finding {
        severity: if is_bad { Severity::Warning } else { Severity::Info },
        confidence: confidence(covered),
        title: format!(
            "The {} {pattern} only {}: {who} added {} to one key and {} them.",
            if row.habits.unbounded == 1 { singular(most) } else { plural(most) },
            if row.habits.unbounded == 1 { "grows" } else { "grow" },
            Noun("element", "elements").count(most.added),
            if most.removed == 0 { "nothing removes" } else { "little removes" },
        ),
        subject: row.pattern.clone(),
        detail,
        numbers: vec![
            against(ELEMENTS.name, kept as f64, limit(&ELEMENTS)),
            against("elements-an-hour", an_hour, limit(&WARNING)),
            plain("added", most.added as f64),
            plain("removed", most.removed as f64),
            plain("keys", row.habits.unbounded as f64),
        ],
        evidence: keys::evidence(growing.iter().map(|held| &held.call)),
        confirmed_by: [confirm::only_grows(facts, row), confirm::slow_pattern(facts, &row.pattern)]
            .into_iter()
            .flatten()
            .collect(),
        remedy: remedy(most),
        caution: command(most).and_then(|_| facts.elsewhere()),
        command: command(most),
        ..Finding::of(&ABOUT)
    })
}

fn detail(
    row: &PatternRow,
    growing: &[&Growing],
    (an_hour, covered): (f64, f64),
    facts: &Facts<'_>,
) -> String {
    let limit = |threshold| facts.limit(&ABOUT, threshold);
    let each = growing.iter().map(|held| {
        let different =
            held.different.map_or(String::new(), |count| format!(", about {} different", grouped(count)));
        format!("{} got {}{different}", keys::named(&held.key), grouped(held.added))
    });
    let mut out = each.collect::<Vec<_>>().join("; ");
    let listed = growing.len() as u64;
    if row.habits.unbounded > listed {
        out.push_str(&format!("; {}", Noun("more key", "more keys").count(row.habits.unbounded - listed)));
    }
    out.push_str(&format!(
        " in {}. At this rate one key gets {} an hour. A note from {} elements, a warning from {}, seen \
         or within an hour.",
        number::duration((covered * 1e6) as u64),
        grouped(an_hour as u64),
        grouped(limit(&ELEMENTS) as u64),
        grouped(limit(&WARNING) as u64),
    ));
    if row.habits.bounded > 0 {
        out.push_str(&format!(
            " {} of the pattern were trimmed, deleted or given a time to live.",
            keys::KEYS.count(row.habits.bounded)
        ));
    }
    if growing.first().is_some_and(|most| is_of_the_day(most)) {
        out.push_str(
            " The day is in its name: the next day's elements go elsewhere. Without a time to live the key stays.",
        );
    }
    out
}

/// Whether the name has the day in it on which the key grows, by some clock of the world: `visitors:2026-11-20`,
/// `log:20261120`.
fn is_of_the_day(held: &Growing) -> bool {
    let name: Vec<u8> = held.key.0.iter().filter(|byte| !b"-/.:_".contains(byte)).copied().collect();
    [-DAY, 0, DAY].iter().any(|apart| {
        let day = Time(held.last.0.saturating_add(*apart)).rfc3339();
        let day: Vec<u8> = day.bytes().take(10).filter(u8::is_ascii_digit).collect();
        memmem::find(&name, &day).is_some()
    })
}

/// In microseconds.
const DAY: i64 = 86_400_000_000;

/// As the commands' documentation groups them.
fn singular(held: &Growing) -> &'static str {
    match held.collection {
        "list" => "list",
        "set" => "set",
        "sorted-set" => "sorted set",
        "hash" => "hash",
        "stream" => "stream",
        _ => "collection",
    }
}

fn plural(held: &Growing) -> &'static str {
    match held.collection {
        "list" => "lists",
        "set" => "sets",
        "sorted-set" => "sorted sets",
        "hash" => "hashes",
        "stream" => "streams",
        _ => "collections",
    }
}

fn remedy(held: &Growing) -> String {
    let way = match held.collection {
        "list" => {
            "Where nobody needs the old elements, trim the list where it is written: LTRIM key 0 999 in \
             the same transaction as LPUSH (LTRIM key -1000 -1 with RPUSH). Trimming a queue throws work \
             away: look at its workers instead."
        }
        "stream" => {
            "Let each write bound the stream: XADD key MAXLEN ~ 100000 * …, or MINID ~ (Redis 6.2 and \
             later) to keep a time. What consumers have not read yet goes too: see with XINFO GROUPS how \
             far they are. Acknowledging entries (XACK) does not remove them."
        }
        "sorted-set" => {
            "Take out what is old or low where it is written: ZREMRANGEBYSCORE key -inf <oldest>, or \
                         ZREMRANGEBYRANK key 0 -1001 to keep the 1,000 highest."
        }
        "set" => {
            "Use one set per day or hour, with a time to live, instead of one for ever; to count only, use \
                  PFADD."
        }
        _ => {
            "Give each entry a key of its own with a time to live, or a time to live to its field \
             (HEXPIRE, Redis 7.4 and Valkey 9)."
        }
    };
    format!(
        "{way} If the whole may go at some time, EXPIRE does it. Trim what is there already in steps: one \
         big trim holds up everybody."
    )
}

/// How to see how long it is already.
fn command(held: &Growing) -> Option<String> {
    let key = keys::pasted(&held.key)?;
    let length = match held.collection {
        "list" => "LLEN",
        "set" => "SCARD",
        "sorted-set" | "geo" => "ZCARD",
        "hash" => "HLEN",
        "stream" => "XLEN",
        _ => return None,
    };
    Some(format!("{length} {key}"))
}
