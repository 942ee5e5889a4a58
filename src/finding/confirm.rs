//! What other kinds of capture say of what a rule found: sentences that several rules ask for.

use super::client_list::unread_bytes;
use super::party::Party;
use super::{Facts, callers};
use crate::output::number::{self, Noun, grouped};
use crate::report::findings::Confirmation;
use crate::report::info::DatabaseFields;
use crate::report::{Bytes, PatternRow};
use crate::statistic::share;

const CALLS: Noun = Noun("call", "calls");
const KEYS: Noun = Noun("key", "keys");
const TIMES: Noun = Noun("time", "times");

/// Microseconds a call from which on INFO's mean shows a slow command: what the slow log takes unless set
/// (redis.conf: slowlog-log-slower-than 10000).
pub const SLOW_MEAN_US: f64 = 10_000.0;

/// The part of maxmemory, one in so many, from which on buffers are worth a word: what is left for data shows it.
const BUFFERS: u64 = 20;

/// The class of the events `del`, `expire`, `rename` in notify-keyspace-events.
const GENERIC: char = 'g';

fn slowlog(text: String) -> Confirmation {
    Confirmation { kind: "slowlog", text }
}

fn events(text: String) -> Confirmation {
    Confirmation { kind: "keyspace-events", text }
}

fn info(text: String) -> Confirmation {
    Confirmation { kind: "info", text }
}

/// How INFO counts a command, if its calls take `least_us` on average: between the last two dumps that show it
/// called, else since the counters started.
pub fn counted(facts: &Facts<'_>, command: &Bytes, least_us: f64) -> Option<Confirmation> {
    let dumps = &facts.report.info;
    let between = dumps.rates.iter().rev().flat_map(|rate| &rate.commandstats);
    let between = between
        .filter(|row| row.command == *command && row.calls > 0)
        .find_map(|row| Some((row.calls, row.usec_per_call?, "between two dumps")));
    let since = || {
        let row = facts.dump()?.commandstats.iter().find(|row| row.command == *command)?;
        let calls = row.fields.calls.filter(|calls| *calls > 0)?;
        Some((calls, row.fields.usec_per_call?, "since the counters started"))
    };
    let (calls, mean, when) = between.or_else(since)?;
    (mean >= least_us).then(|| {
        info(format!(
            "INFO: {} of {} {when}, {}{} (commandstats).",
            CALLS.count(calls),
            command.text().replace('|', " "),
            number::latency(mean as u64),
            if calls == 1 { "" } else { " each on average" }
        ))
    })
}

/// The slow log's calls on keys of a pattern.
pub fn slow_pattern(facts: &Facts<'_>, pattern: &Bytes) -> Option<Confirmation> {
    let row = facts.report.slowlog.patterns.iter().find(|row| row.pattern == *pattern)?;
    Some(slowlog(format!(
        "Slow log: {} on {}, the slowest {}, {} in all.",
        CALLS.count(row.measures.calls),
        pattern.text(),
        number::latency(row.measures.max_us),
        number::latency(row.measures.total_us)
    )))
}

/// The slow log's calls on one key.
pub fn slow_key(facts: &Facts<'_>, key: &Bytes) -> Option<Confirmation> {
    let key = key.text();
    let rows = facts.report.slowlog.slowest.iter();
    let on_key = || rows.clone().filter(|row| row.entry.args.split(' ').nth(1) == Some(key.as_str()));
    let slowest = on_key().max_by_key(|row| row.us)?;
    Some(slowlog(format!(
        "Slow log: {} on {key}, the slowest {} ({}).",
        CALLS.count(on_key().count() as u64),
        number::latency(slowest.us),
        slowest.entry.command.text()
    )))
}

/// How many of the slow log's calls are the party's, if they are half of them or more.
pub fn slow_share<T>(facts: &Facts<'_>, party: &Party<'_, T>) -> Option<Confirmation> {
    let log = &facts.report.slowlog;
    let is_theirs = |name: &Option<Bytes>, client: &Bytes| match name {
        Some(name) if !name.0.is_empty() => *name == party.subject,
        _ => party.addresses.contains(facts.address(client)),
    };
    let theirs = log.clients.iter().filter(|row| is_theirs(&row.name, &row.client));
    let (calls, us) =
        theirs.fold((0_u64, 0_u64), |(calls, us), row| (calls + row.calls, us.saturating_add(row.total_us)));
    (calls > 0 && calls * 2 >= log.total).then(|| {
        slowlog(format!(
            "Slow log: {} of its {} are this client's, {} in all.",
            grouped(calls),
            Noun("entry", "entries").count(log.total),
            number::latency(us)
        ))
    })
}

/// What waits unread for the party, where that is as much as a finding of its own begins with.
pub fn unread<T>(facts: &Facts<'_>, party: &Party<'_, T>) -> Option<Confirmation> {
    let client = |address: &Bytes| facts.client(address);
    let rows = facts.report.connections.rows.iter().filter(|row| match &row.name {
        Some(name) if !name.0.is_empty() => *name == party.subject,
        // Ports are used again: the connection must have been open while the client called.
        _ => {
            party.addresses.contains(facts.address(&row.address)) && {
                let open = row.created.or(row.first).zip(row.last);
                client(&row.address)
                    .zip(open)
                    .is_some_and(|(calls, (from, to))| from <= calls.last && calls.first <= to)
            }
        }
    });
    let most = rows.filter_map(|row| u64::try_from(row.peak_output?).ok()).max()?;
    (most as f64 >= unread_bytes(facts)).then(|| Confirmation {
        kind: "client-list",
        text: format!(
            "CLIENT LIST: {} waited in the output buffer of {}.",
            number::bytes(most),
            party.subject.text()
        ),
    })
}

/// That keyspace events show elements coming to keys of a pattern, and hardly any going.
pub fn only_grows(facts: &Facts<'_>, row: &PatternRow) -> Option<Confirmation> {
    let (mut came, mut went) = (0, 0);
    let mut words = Vec::new();
    for held in facts.report.keyspace_events.patterns.iter().filter(|held| held.pattern == row.pattern) {
        match held.event.0.as_slice() {
            b"lpush" | b"rpush" | b"linsert" | b"sadd" | b"zadd" | b"zincr" | b"hset" | b"hincrby"
            | b"hincrbyfloat" | b"xadd" => came += held.calls,
            _ => went += held.calls,
        }
        words.push(format!("{} {}", grouped(held.calls), held.event.text()));
    }
    // Any other event takes away, or may: a tenth of them is what the rule lets pass.
    (came > 0 && went * 10 <= came).then(|| {
        events(format!(
            "Keyspace events on {}: {}{}.",
            row.pattern.text(),
            words.join(", "),
            if went == 0 { " and no other" } else { "" }
        ))
    })
}

/// That keyspace events show keys of a pattern written and given no time to live. Only a subscriber that is told
/// of `expire` can tell.
pub fn never_expires(facts: &Facts<'_>, pattern: &Bytes) -> Option<Confirmation> {
    let told = &facts.report.keyspace_events;
    if !told.rows.iter().any(|row| row.letter == GENERIC) {
        return None;
    }
    let of = |events: &[&[u8]]| -> u64 {
        let rows = told.patterns.iter().filter(|row| row.pattern == *pattern);
        rows.filter(|row| events.contains(&row.event.0.as_slice())).map(|row| row.calls).sum()
    };
    let (written, given) = (of(&[b"set"]), of(&[b"expire", b"expired"]));
    (written > 0 && given == 0).then(|| {
        events(format!("Keyspace events on {}: {} set and no expire.", pattern.text(), grouped(written)))
    })
}

/// What clients' buffers took of a server's memory, where that is a twentieth of its limit or more.
pub fn buffers(facts: &Facts<'_>, maxmemory: u64) -> Option<Confirmation> {
    let rows = facts.report.connections.snapshots.iter();
    let held = rows.map(|row| {
        let output = row.output_buffer_bytes.unwrap_or(0);
        output.saturating_add(row.query_buffer_bytes.unwrap_or(0))
    });
    let most = held.max().filter(|bytes| *bytes >= maxmemory / BUFFERS)?;
    Some(Confirmation {
        kind: "client-list",
        text: format!(
            "CLIENT LIST: buffers of clients held {}, {} of maxmemory.",
            number::bytes(most),
            number::share(share(most, maxmemory))
        ),
    })
}

/// Keys that notifications told evicted.
pub fn evicted(facts: &Facts<'_>) -> Option<Confirmation> {
    let row = facts.report.keyspace_events.rows.iter().find(|row| row.event.0 == b"evicted")?;
    Some(events(format!("Keyspace events: {} evicted.", KEYS.count(row.calls))))
}

/// That most keys of the server have no time to live.
pub fn most_stay(facts: &Facts<'_>) -> Option<Confirmation> {
    let databases = &facts.dump()?.keyspace;
    let sum = |of: fn(&DatabaseFields) -> Option<u64>| {
        databases.iter().filter_map(|row| of(&row.fields)).fold(0, u64::saturating_add)
    };
    let keys = sum(|row| row.keys);
    let stay = keys.saturating_sub(sum(|row| row.expires));
    (keys > 0 && stay >= keys / 2).then(|| {
        info(format!(
            "INFO: {} of {} on the server have no time to live ({}).",
            grouped(stay),
            KEYS.count(keys),
            number::share(share(stay, keys))
        ))
    })
}

/// What MONITOR shows of the writes to a pattern, and by whom.
pub fn written(facts: &Facts<'_>, pattern: &Bytes) -> Option<Confirmation> {
    let row = monitored(facts, pattern).filter(|row| row.writes > 0)?;
    let (writes, bytes) = (TIMES.count(row.writes), number::bytes(row.payload_bytes));
    Some(used(facts, row, &format!("written {writes}, and all calls on them carried {bytes}")))
}

/// What MONITOR shows of keys of a pattern that come and go.
pub fn deleted(facts: &Facts<'_>, pattern: &Bytes) -> Option<Confirmation> {
    let row = monitored(facts, pattern).filter(|row| row.writes > 0 || row.deletes > 0)?;
    let (writes, deletes) = (TIMES.count(row.writes), TIMES.count(row.deletes));
    Some(used(facts, row, &format!("written {writes} and deleted {deletes} by command")))
}

/// What MONITOR shows of a pattern's keys and their times to live.
pub fn given_ttl(facts: &Facts<'_>, pattern: &Bytes) -> Option<Confirmation> {
    let row = monitored(facts, pattern).filter(|row| row.ttl_set > 0)?;
    let (given, writes) = (TIMES.count(row.ttl_set), TIMES.count(row.writes));
    Some(used(facts, row, &format!("given a time to live {given} and written {writes}")))
}

fn monitored<'a>(facts: &Facts<'a>, pattern: &Bytes) -> Option<&'a PatternRow> {
    facts.report.key_patterns.rows.iter().find(|row| row.pattern == *pattern)
}

/// What is done to keys of a pattern, and by whom.
fn used(facts: &Facts<'_>, row: &PatternRow, done: &str) -> Confirmation {
    Confirmation {
        kind: "monitor",
        text: format!(
            "MONITOR: keys of {} were {done}; they are used by {}.",
            row.pattern.text(),
            callers::words(facts, row)
        ),
    }
}
