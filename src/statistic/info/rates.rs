//! From one dump to the next: what a server did in between, and whether it started anew.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::snapshot::hit_rate;
use crate::output::notation::Time;
use crate::report::Bytes;
use crate::report::info::{InfoCommandRate, InfoRate, InfoRestart, InfoServer, InfoSnapshot, InfoStats};

/// What tells servers apart. A run where the dump names one; else the dumps of one input and port are
/// taken for one server's.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Who<'a> {
    Run(&'a Bytes),
    Input(&'a Bytes, Option<u64>),
}

/// Seconds by which the clocks of a script and of a server, and whole seconds of uptime, may differ.
const SLACK: i64 = 2_000_000;

/// The rates between dumps that follow each other, and the restarts, in the order of the later dumps.
pub(super) fn between(dumps: &[InfoSnapshot]) -> (Vec<InfoRate>, Vec<InfoRestart>) {
    let mut servers: BTreeMap<Who<'_>, Vec<usize>> = BTreeMap::new();
    let mut places: BTreeMap<(Option<u64>, Option<&Bytes>), Vec<usize>> = BTreeMap::new();
    for (at, dump) in dumps.iter().enumerate() {
        let InfoServer { run_id, port, config_file, .. } = &dump.server;
        let who = match run_id {
            Some(run) => Who::Run(run),
            None => Who::Input(&dump.path, *port),
        };
        servers.entry(who).or_default().push(at);
        // Without a clock nobody can tell a run that began later from one on another machine.
        if run_id.is_some() && dump.time.is_some() {
            places.entry((*port, config_file.as_ref())).or_default().push(at);
        }
    }
    let mut rates: Vec<_> = servers
        .into_values()
        .flat_map(|group| pairs(dumps, group))
        .filter_map(|(from, to)| rate((from, dumps.get(from)?), (to, dumps.get(to)?)))
        .collect();
    let mut restarts: Vec<_> = places.into_values().flat_map(|group| successions(dumps, group)).collect();
    rates.sort_by_key(|rate| (rate.to, rate.from));
    restarts.sort_by_key(|restart| (restart.to, restart.from));
    (rates, restarts)
}

/// The dumps of a group that follow each other: by time where all have one, else by uptime where all
/// have one, else as they stand.
fn pairs(dumps: &[InfoSnapshot], mut group: Vec<usize>) -> Vec<(usize, usize)> {
    let time = |at: &usize| dumps.get(*at).and_then(|dump| dump.time);
    let uptime = |at: &usize| dumps.get(*at).and_then(|dump| dump.server.uptime_seconds);
    if group.iter().all(|at| time(at).is_some()) {
        group.sort_by_key(time);
    } else if group.iter().all(|at| uptime(at).is_some()) {
        group.sort_by_key(uptime);
    }
    group.iter().copied().zip(group.iter().copied().skip(1)).collect()
}

/// The restarts among the dumps of one place, all of which have a time. A run follows the last of those that
/// had ended when it began: dumps of several machines can stand in turns.
fn successions(dumps: &[InfoSnapshot], mut group: Vec<usize>) -> Vec<InfoRestart> {
    group.sort_by_key(|at| dumps.get(*at).and_then(|dump| dump.time));
    let mut last: BTreeMap<&Bytes, usize> = BTreeMap::new();
    let mut first: Vec<(usize, usize)> = Vec::new();
    for (place, at) in group.iter().enumerate() {
        let Some(run) = dumps.get(*at).and_then(|dump| dump.server.run_id.as_ref()) else { continue };
        if last.insert(run, place).is_none() {
            first.push((place, *at));
        }
    }
    let mut ended: BTreeSet<usize> = last.into_values().collect();
    let mut restarts = Vec::new();
    for (place, next) in first {
        let Some((to, start)) = dumps.get(next).and_then(|to| Some((to, start(to)?))) else { continue };
        // Servers that ran at the same time are two servers with the same port on two machines.
        let over = group.partition_point(|at| {
            dumps.get(*at).and_then(|dump| dump.time).is_none_or(|time| time.0 <= start.saturating_add(SLACK))
        });
        let Some(end) = ended.range(..place.min(over)).next_back().copied() else { continue };
        // A run has one that follows it.
        ended.remove(&end);
        let from = group.get(end).and_then(|at| Some((*at, dumps.get(*at)?)));
        restarts.extend(from.and_then(|from| restart(from, (next, to), start)));
    }
    restarts
}

/// When the run began that a dump shows, in microseconds since 1970.
fn start(dump: &InfoSnapshot) -> Option<i64> {
    let uptime = i64::try_from(dump.server.uptime_seconds?).ok()?.checked_mul(1_000_000)?;
    dump.time?.0.checked_sub(uptime)
}

/// The run of `to`, which began at `start`, after that of `from`.
fn restart(
    (at, from): (usize, &InfoSnapshot),
    (next, to): (usize, &InfoSnapshot),
    start: i64,
) -> Option<InfoRestart> {
    Some(InfoRestart {
        time: Some(Time(start)),
        port: to.server.port,
        config_file: to.server.config_file.clone(),
        from: at as u64,
        to: next as u64,
        from_run_id: from.server.run_id.clone()?,
        to_run_id: to.server.run_id.clone()?,
    })
}

/// Between two dumps; `None` where both are of the same moment.
fn rate((at, from): (usize, &InfoSnapshot), (next, to): (usize, &InfoSnapshot)) -> Option<InfoRate> {
    if from.time.is_some() && from.time == to.time {
        return None;
    }
    let seconds = seconds(from, to);
    let reset = is_reset(from, to);
    // After a reset no difference means anything.
    let more = |count: fn(&InfoStats) -> Option<u64>| {
        Some(()).filter(|()| !reset)?;
        count(&to.stats)?.checked_sub(count(&from.stats)?)
    };
    let speed = |count: Option<u64>| Some(count? as f64 / seconds?);
    let commands = more(|stats| stats.total_commands);
    let connections = more(|stats| stats.total_connections);
    let (hits, misses) = (more(|stats| stats.keyspace_hits), more(|stats| stats.keyspace_misses));
    let cpu = |dump: &InfoSnapshot| Some(dump.cpu.sys? + dump.cpu.user?);
    let change =
        |from: Option<u64>, to: Option<u64>| Some(i64::try_from(to?).ok()? - i64::try_from(from?).ok()?);
    Some(InfoRate {
        run_id: to.server.run_id.clone(),
        port: to.server.port,
        from: at as u64,
        to: next as u64,
        first: from.time,
        last: to.time,
        seconds,
        reset,
        commands,
        commands_per_second: speed(commands),
        connections,
        connections_per_second: speed(connections),
        keyspace_hits: hits,
        keyspace_misses: misses,
        hit_rate: hit_rate(hits, misses),
        expired_keys: more(|stats| stats.expired_keys),
        evicted_keys: more(|stats| stats.evicted_keys),
        rejected_connections: more(|stats| stats.rejected_connections),
        net_input_bytes_per_second: speed(more(|stats| stats.net_input_bytes)),
        net_output_bytes_per_second: speed(more(|stats| stats.net_output_bytes)),
        error_replies: more(|stats| stats.total_error_replies),
        memory_change: change(from.memory.used, to.memory.used),
        clients_change: change(from.clients.connected, to.clients.connected),
        // Processor time is the system's: RESETSTAT leaves it.
        cpu_share: cpu(to)
            .zip(cpu(from))
            .zip(seconds)
            .map(|((to, from), seconds)| (to - from) / seconds)
            .filter(|share| *share >= 0.0),
        commandstats: if reset { Vec::new() } else { commandstats(from, to, seconds) },
    })
}

/// Time between two dumps, `None` where it is not known or none passed.
fn seconds(from: &InfoSnapshot, to: &InfoSnapshot) -> Option<f64> {
    let clocks = from.time.zip(to.time).map(|(from, to)| (to.0.saturating_sub(from.0)) as f64 / 1e6);
    let uptimes = from.server.uptime_seconds.zip(to.server.uptime_seconds);
    let uptimes = uptimes.and_then(|(from, to)| to.checked_sub(from)).map(|seconds| seconds as f64);
    let positive = |seconds: &f64| *seconds > 0.0;
    let own = from.server_clock && to.server_clock;
    if own { clocks.filter(positive) } else { uptimes.filter(positive).or(clocks.filter(positive)) }
}

/// Whether a counter went down, which they do only together.
fn is_reset(from: &InfoSnapshot, to: &InfoSnapshot) -> bool {
    const COUNTERS: [fn(&InfoStats) -> Option<u64>; 10] = [
        |stats| stats.total_commands,
        |stats| stats.total_connections,
        |stats| stats.rejected_connections,
        |stats| stats.keyspace_hits,
        |stats| stats.keyspace_misses,
        |stats| stats.expired_keys,
        |stats| stats.evicted_keys,
        |stats| stats.net_input_bytes,
        |stats| stats.net_output_bytes,
        |stats| stats.total_error_replies,
    ];
    let less = |from: Option<u64>, to: Option<u64>| from.zip(to).is_some_and(|(from, to)| to < from);
    let commands = by_command(from);
    COUNTERS.iter().any(|count| less(count(&from.stats), count(&to.stats)))
        || to.commandstats.iter().any(|row| {
            let before = commands.get(&row.command).copied().flatten();
            less(before.map(|(calls, _)| calls), row.fields.calls)
        })
}

/// Calls and, where known, microseconds of each command.
fn by_command(dump: &InfoSnapshot) -> HashMap<&Bytes, Option<(u64, Option<u64>)>> {
    let row =
        |row: &'_ crate::report::info::InfoCommand| row.fields.calls.map(|calls| (calls, row.fields.usec));
    dump.commandstats.iter().map(|held| (&held.command, row(held))).collect()
}

fn commandstats(from: &InfoSnapshot, to: &InfoSnapshot, seconds: Option<f64>) -> Vec<InfoCommandRate> {
    if from.commandstats.is_empty() {
        // Nothing was printed, or nothing was called: nobody can tell.
        return Vec::new();
    }
    let before = by_command(from);
    let mut rows: Vec<_> = to
        .commandstats
        .iter()
        .filter_map(|row| {
            let (calls, usec) = before.get(&row.command).copied().flatten().unwrap_or((0, Some(0)));
            let calls = row.fields.calls?.checked_sub(calls).filter(|calls| *calls > 0)?;
            let usec = row.fields.usec.zip(usec).and_then(|(to, from)| to.checked_sub(from));
            Some(InfoCommandRate {
                command: row.command.clone(),
                calls,
                calls_per_second: seconds.map(|seconds| calls as f64 / seconds),
                usec,
                usec_per_call: usec.map(|usec| usec as f64 / calls as f64),
            })
        })
        .collect();
    rows.sort_by(|a, b| {
        (Reverse((a.usec, a.calls)), &a.command).cmp(&(Reverse((b.usec, b.calls)), &b.command))
    });
    rows
}
