//! INFO: what an operator looks at first, server by server.

use std::collections::BTreeMap;

use super::fit;
use super::page::{Page, Paint};
use super::table::{Cell, lay_out, number, words};
use crate::output::number::{Noun, bytes, duration, grouped, rate, ratio, share};
use crate::report::info::{DatabaseFields, InfoCommand, InfoRate, InfoRestart, InfoSnapshot};
use crate::report::{Bytes, Report};

const DUMP: Noun = Noun("dump", "dumps");
/// Dumps of a server that are all shown; of more than these the first and the last.
const WHOLE: usize = 3;
/// Columns of the page to the left of a line's label.
const LABEL: usize = 4;
/// Columns of the page to the left of what the line says.
const VALUE: usize = 13;
/// Commands that a dump's busiest ones are.
const BUSIEST: usize = 3;

/// Dumps, and what happened between them.
pub fn info(report: &Report, page: &mut Page) {
    let info = &report.info;
    if info.snapshots.is_empty() {
        return;
    }
    let mut servers: BTreeMap<(usize, &Bytes), Vec<&InfoSnapshot>> = BTreeMap::new();
    let mut order: BTreeMap<&Bytes, usize> = BTreeMap::new();
    for dump in &info.snapshots {
        let who = dump.server.run_id.as_ref().unwrap_or(&dump.path);
        let place = order.len();
        let place = *order.entry(who).or_insert(place);
        servers.entry((place, who)).or_default().push(dump);
    }
    let runs = Noun("run", "runs").count(servers.len() as u64);
    page.heading("INFO", &format!("{} of {runs} of a server", DUMP.count(info.snapshots.len() as u64)));
    let top = page.view.top;
    for dumps in servers.values().take(top) {
        match dumps.as_slice() {
            [first, .., last] if dumps.len() > WHOLE => {
                snapshot(first, page);
                let between = DUMP.count(dumps.len() as u64 - 2);
                page.line(4, &format!("… {between} between this and the last one"), Paint::Plain);
                snapshot(last, page);
            }
            all => all.iter().for_each(|dump| snapshot(dump, page)),
        }
    }
    if servers.len() > top {
        page.line(2, &format!("… and {} runs more", grouped((servers.len() - top) as u64)), Paint::Plain);
    }
    info.restarts.iter().take(top).for_each(|started| restart(started, page));
    rates(&info.rates, page);
}

/// One dump: who and when, then a line for each side of it that it shows.
fn snapshot(dump: &InfoSnapshot, page: &mut Page) {
    let server = &dump.server;
    let name = |text: &Option<Bytes>| text.as_ref().map(fit::name);
    let mut who = vec![match (name(&server.name), name(&server.version)) {
        (Some(name), Some(version)) => format!("{name} {version}"),
        _ => "a server".to_owned(),
    }];
    who.extend(name(&server.mode));
    who.extend(name(&dump.role));
    who.extend(server.port.map(|port| format!("port {port}")));
    who.extend(
        server.uptime_seconds.map(|seconds| format!("up {}", duration(seconds.saturating_mul(1_000_000)))),
    );
    who.extend(dump.time.map(|time| format!("at {}", page.clock.instant(time))));
    page.parts(2, &who, Paint::Bold);
    page.place(4, &dump.path, dump.line, "");
    for (label, parts, paint) in [
        ("clients", clients(dump), Paint::Plain),
        ("memory", memory(dump), Paint::Plain),
        ("load", load(dump), Paint::Plain),
        ("keys", keys(dump), Paint::Plain),
        ("time in", busiest(dump), Paint::Plain),
        ("errors", errors(dump), Paint::Plain),
        ("broken", broken(dump), Paint::Red),
    ] {
        let room = page.view.width.saturating_sub(VALUE);
        let lines = fit::pack(parts.iter().map(String::as_str), " · ", room);
        for (at, line) in lines.iter().enumerate() {
            let label = if at == 0 { label } else { "" };
            page.line(LABEL, &format!("{label:<width$}{line}", width = VALUE - LABEL), paint);
        }
    }
}

/// `count` and what it counts, where it is known and not 0.
fn some(count: Option<u64>, what: &str) -> Option<String> {
    count.filter(|count| *count > 0).map(|count| format!("{} {what}", grouped(count)))
}

fn clients(dump: &InfoSnapshot) -> Vec<String> {
    let clients = &dump.clients;
    let connected = clients.connected.map(|connected| match clients.maxclients {
        Some(most) => format!("{} connected of at most {}", grouped(connected), grouped(most)),
        None => format!("{} connected", grouped(connected)),
    });
    let parts = [
        connected,
        some(clients.blocked, "blocked"),
        some(clients.tracking, "tracking"),
        some(dump.stats.rejected_connections, "rejected"),
    ];
    parts.into_iter().flatten().collect()
}

fn memory(dump: &InfoSnapshot) -> Vec<String> {
    let memory = &dump.memory;
    let limit = memory.maxmemory.map(|most| match most {
        0 => "no limit".to_owned(),
        most => format!("limit {}", bytes(most)),
    });
    let policy = memory.policy.as_ref().filter(|_| memory.maxmemory != Some(0)).map(fit::name);
    let parts = [
        memory.used.map(|used| format!("{} used", bytes(used))),
        memory.peak.map(|peak| format!("peak {}", bytes(peak))),
        memory.rss.map(|rss| format!("RSS {}", bytes(rss))),
        memory.fragmentation_ratio.map(|ratio| format!("fragmentation {ratio:.2}")),
        limit,
        policy,
    ];
    parts.into_iter().flatten().collect()
}

fn load(dump: &InfoSnapshot) -> Vec<String> {
    let stats = &dump.stats;
    let parts = [
        stats.ops_per_sec.map(|calls| rate(calls, 1)),
        stats.total_commands.map(|calls| Noun("command", "commands").count(calls)),
        stats.total_connections.map(|count| Noun("connection", "connections").count(count)),
        stats.hit_rate.map(|hits| format!("hit rate {}", share(hits))),
        stats.net_input_bytes.map(|count| format!("{} in", bytes(count))),
        stats.net_output_bytes.map(|count| format!("{} out", bytes(count))),
    ];
    parts.into_iter().flatten().collect()
}

fn keys(dump: &InfoSnapshot) -> Vec<String> {
    let sum = |count: fn(&DatabaseFields) -> Option<u64>| {
        dump.keyspace.iter().filter_map(|row| count(&row.fields)).fold(0, u64::saturating_add)
    };
    let mut parts = Vec::new();
    if !dump.keyspace.is_empty() {
        let databases = Noun("database", "databases").count(dump.keyspace.len() as u64);
        parts.push(format!("{} in {databases}", grouped(sum(|row| row.keys))));
        parts.push(format!("{} with a time to live", grouped(sum(|row| row.expires))));
    }
    parts.extend(some(dump.stats.expired_keys, "expired"));
    parts.extend(some(dump.stats.evicted_keys, "evicted"));
    parts
}

/// `EXEC 29.7 %, 11.8 µs a call`, of the time of all calls.
fn busiest(dump: &InfoSnapshot) -> Vec<String> {
    let usec = |row: &InfoCommand| row.fields.usec.unwrap_or(0);
    let total = dump.commandstats.iter().map(usec).fold(0, u64::saturating_add);
    let rows = dump.commandstats.iter().take(BUSIEST).filter(|_| total > 0);
    rows.map(|row| {
        let each = match row.fields.usec_per_call {
            Some(each) if each < 1e3 => format!(", {each:.1} µs a call"),
            Some(each) => format!(", {} a call", duration(each as u64)),
            None => String::new(),
        };
        format!("{} {}{each}", fit::name(&row.command), share(ratio(usec(row), total)))
    })
    .collect()
}

fn errors(dump: &InfoSnapshot) -> Vec<String> {
    let rows = dump.errorstats.iter().take(BUSIEST);
    rows.map(|row| format!("{} {}", grouped(row.count), fit::name(&row.prefix))).collect()
}

/// What ought not to be.
fn broken(dump: &InfoSnapshot) -> Vec<String> {
    let (replication, files) = (&dump.replication, &dump.persistence);
    let is_not = |text: &Option<Bytes>, good: &[u8]| text.as_ref().is_some_and(|text| text.0 != good);
    [
        (is_not(&replication.master_link_status, b"up"), "the link to the master is down"),
        (is_not(&files.rdb_last_bgsave_status, b"ok"), "the last BGSAVE failed"),
        (is_not(&files.aof_last_write_status, b"ok"), "the last write to the AOF failed"),
        (is_not(&files.aof_last_bgrewrite_status, b"ok"), "the last rewrite of the AOF failed"),
        (files.loading.is_some_and(|loading| loading > 0), "data is being loaded"),
    ]
    .into_iter()
    .filter(|(holds, _)| *holds)
    .map(|(_, what)| what.to_owned())
    .collect()
}

fn restart(restart: &InfoRestart, page: &mut Page) {
    let port = restart.port.map_or_else(String::new, |port| format!(" on port {port}"));
    let when = restart.time.map_or_else(String::new, |time| format!(" at {}", page.clock.instant(time)));
    page.line(2, &format!("the server{port} started anew{when}"), Paint::Red);
}

/// What happened between dumps, as a table.
fn rates(rates: &[InfoRate], page: &mut Page) {
    if rates.is_empty() {
        return;
    }
    page.heading("INFO, BETWEEN DUMPS", &Noun("interval", "intervals").count(rates.len() as u64));
    let columns = [
        words("from", 0, 8),
        number("length", 1),
        number("commands/s", 0),
        number("connections/s", 2),
        number("hit rate", 3),
        number("expired", 5),
        number("evicted", 4),
        number("rejected", 6),
        number("memory", 7),
        words("", 0, 5),
    ];
    let clock = page.clock;
    let real = |value: Option<f64>| value.map(|value| format!("{value:.1}")).unwrap_or_default();
    let count = |count: Option<u64>| count.map(grouped).unwrap_or_default();
    let rows: Vec<Vec<Cell>> = rates
        .iter()
        .take(page.view.top)
        .map(|row| {
            let from = row.first.map_or_else(|| format!("dump {}", row.from + 1), |time| clock.instant(time));
            let length = row.seconds.map(|seconds| duration((seconds * 1e6) as u64)).unwrap_or_default();
            let memory = row.memory_change.map(|change| {
                let sign = if change < 0 { "-" } else { "+" };
                format!("{sign}{}", bytes(change.unsigned_abs()))
            });
            vec![
                from.into(),
                length.into(),
                real(row.commands_per_second).into(),
                real(row.connections_per_second).into(),
                row.hit_rate.map(share).unwrap_or_default().into(),
                count(row.expired_keys).into(),
                count(row.evicted_keys).into(),
                count(row.rejected_connections).into(),
                memory.unwrap_or_default().into(),
                if row.reset { "reset" } else { "" }.to_owned().into(),
            ]
        })
        .collect();
    let lines = lay_out(page, &columns, &rows);
    page.ready(&lines.titles);
    lines.rows.iter().for_each(|line| page.ready(line));
    if rates.len() > rows.len() {
        page.line(2, &format!("… and {} more", grouped((rates.len() - rows.len()) as u64)), Paint::Plain);
    }
}

#[cfg(test)]
mod tests;
