//! `unbounded-read`: collections that are read as a whole, however large they are.

use super::{against, keys, times};
use crate::finding::{About, Facts, Rule, Threshold, confirm};
use crate::output::number::{self, Noun, grouped};
use crate::report::findings::{Confirmation, Finding, Number, Severity};
use crate::report::slowlog::SlowestRow;
use crate::report::{Bytes, PatternRow};

/// The rule.
pub struct UnboundedRead;

const CALLS: Threshold = Threshold {
    name: "calls",
    value: 1_000.0,
    meaning: "so many reads of whole collections of one pattern are a note, whatever their size",
    source: "redtrail's own choice: fewer are no habit",
};

const ELEMENTS: Threshold = Threshold {
    name: "elements",
    value: 1_000.0,
    meaning: "a collection that was seen to get so many elements and is read as a whole is a note",
    source: "operators' convention",
};

const WARNING: Threshold = Threshold {
    name: "warning-elements",
    value: 10_000.0,
    meaning: "the same as a warning",
    source: "operators' convention; Huawei Cloud's DCS guide calls a key big that has more than 5,000 \
             elements",
};

const SLOW: Threshold = Threshold {
    name: "slow-ms",
    value: 100.0,
    meaning: "a read of the pattern that the slow log has with so many milliseconds is a warning",
    source: "operators' convention: a pause of a tenth of a second is seen by people",
};

const OFTEN_SLOW: Threshold = Threshold {
    name: "often-slow-ms",
    value: 10.0,
    meaning: "several such reads in the slow log with so many milliseconds each are a warning too",
    source: "redis.conf: slowlog-log-slower-than is 10,000 microseconds by default",
};

const OFTEN: Threshold = Threshold {
    name: "often-slow-calls",
    value: 10.0,
    meaning: "how many these must be",
    source: "redtrail's own choice: fewer are chance",
};

const ABOUT: About = About {
    rule: "unbounded-read",
    kind: "monitor",
    detects: "Collections that are read as a whole: SMEMBERS, HGETALL, LRANGE 0 -1, ZRANGE 0 -1, SORT, \
              XRANGE - +.",
    because: "The server does nothing else while it gathers the answer, and the answer waits in memory \
              until the client has taken it. It works while the collection is small and stops the server \
              when it has grown.",
    severity: "A note where it happens often, or where the collection is large. A warning where it was \
               seen to be very large, or where the slow log shows that it takes long. HGETALL of small \
               hashes is normal.",
    thresholds: &[CALLS, ELEMENTS, WARNING, SLOW, OFTEN_SLOW, OFTEN],
    by_rate: false,
    remedy: "Read a part: LRANGE key 0 99, ZRANGE key 0 99, XRANGE key - + COUNT 100, HMGET of the fields \
             that are needed. Where all is needed, walk through it with SSCAN, HSCAN or ZSCAN.",
};

impl Rule for UnboundedRead {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn check(&self, facts: &Facts<'_>, found: &mut Vec<Finding>) {
        let rows = &facts.report.key_patterns.rows;
        let reads = rows.iter().filter(|row| row.habits.whole_reads > 0);
        keys::append(reads.filter_map(|row| judge(row, facts)).collect(), found);
    }
}

fn judge(row: &PatternRow, facts: &Facts<'_>) -> Option<Finding> {
    let limit = |threshold| facts.limit(&ABOUT, threshold);
    let habits = &row.habits;
    let slow = slow(row, facts);
    let worst = slow.first().map_or(0, |entry| entry.us);
    let often = slow.iter().filter(|entry| entry.us as f64 >= limit(&OFTEN_SLOW) * 1e3).count();
    let is_often = often > 0 && often as f64 >= limit(&OFTEN);
    let is_slow = worst as f64 >= limit(&SLOW) * 1e3 || is_often;
    let elements = habits.whole_elements as f64;
    let is_bad = is_slow || elements >= limit(&WARNING);
    if !is_bad && elements < limit(&ELEMENTS) && (habits.whole_reads as f64) < limit(&CALLS) {
        return None;
    }
    let pattern = keys::named(&row.pattern);
    let commands = habits.whole_commands.join(", ");
    let mut detail = format!(
        "{} by {} (a note from {}).",
        Noun("whole read", "whole reads").count(habits.whole_reads),
        commands,
        grouped(limit(&CALLS) as u64)
    );
    let mut numbers = vec![against(CALLS.name, habits.whole_reads as f64, limit(&CALLS))];
    if habits.whole_elements > 0 {
        detail.push_str(&format!(
            " One of the collections got at least {} in this capture (a note from {}, a warning from {}).",
            Noun("element", "elements").count(habits.whole_elements),
            grouped(limit(&ELEMENTS) as u64),
            grouped(limit(&WARNING) as u64)
        ));
        numbers.push(against(ELEMENTS.name, elements, limit(&ELEMENTS)));
    } else {
        detail.push_str(" How large they are is not in the capture.");
    }
    numbers.extend(time(worst, limit(&SLOW)));
    let mean =
        |command: &&str| confirm::counted(facts, &Bytes::from(command.as_bytes()), confirm::SLOW_MEAN_US);
    Some(Finding {
        severity: if is_bad { Severity::Warning } else { Severity::Info },
        title: format!("{pattern} is read as a whole, {} ({commands}).", times(habits.whole_reads)),
        subject: row.pattern.clone(),
        detail,
        numbers,
        evidence: keys::evidence(&habits.whole_calls),
        confirmed_by: slow
            .first()
            .map(|entry| confirmation(entry, slow.len()))
            .into_iter()
            .chain(habits.whole_commands.iter().filter_map(mean))
            .collect(),
        caution: size(row).and_then(|_| facts.elsewhere()),
        command: size(row),
        ..Finding::of(&ABOUT)
    })
}

fn time(us: u64, limit: f64) -> Option<Number> {
    (us > 0).then(|| against(SLOW.name, us as f64 / 1e3, limit))
}

fn confirmation(entry: &SlowestRow, count: usize) -> Confirmation {
    let more = if count > 1 { format!(", the slowest of {count}") } else { String::new() };
    Confirmation {
        kind: "slowlog",
        text: format!("The slow log has {} with {}{more}.", entry.entry.args, number::latency(entry.us)),
    }
}

/// The slow log's entries of the same commands on keys of the pattern, the slowest first.
fn slow<'a>(row: &PatternRow, facts: &Facts<'a>) -> Vec<&'a SlowestRow> {
    let pattern = row.pattern.text();
    let is_same = |entry: &&SlowestRow| {
        let command = entry.entry.command.text();
        let key = entry.entry.args.split(' ').nth(1).unwrap_or_default();
        row.habits.whole_commands.contains(&command.as_str()) && keys::matches(&pattern, key)
    };
    facts.report.slowlog.slowest.iter().filter(is_same).collect()
}

/// How to see how large one of them is.
fn size(row: &PatternRow) -> Option<String> {
    let command = row.habits.whole_commands.first()?;
    let length = match *command {
        "HGETALL" | "HKEYS" | "HVALS" => "HLEN",
        "SMEMBERS" => "SCARD",
        "LRANGE" => "LLEN",
        "XRANGE" | "XREVRANGE" => "XLEN",
        name if name.starts_with('Z') && !matches!(name, "ZUNION" | "ZINTER" | "ZDIFF") => "ZCARD",
        _ => return None,
    };
    let key = row.samples.first()?;
    Some(format!("{length} {}", keys::pasted(key)?))
}
