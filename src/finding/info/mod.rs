//! Rules over INFO.

mod low_hit_rate;
mod memory_fragmentation;
mod memory_near_limit;
mod no_memory_limit;
mod persistence_failing;
mod rejected_connections;
mod replica_link_down;

use super::Rule;
use crate::report::findings::Evidence;
use crate::report::info::{Info, InfoRate, InfoSnapshot};
use crate::report::{Bytes, Report};

/// In the order of their weight.
pub const RULES: &[&dyn Rule] = &[
    &low_hit_rate::LowHitRate,
    &memory_fragmentation::MemoryFragmentation,
    &memory_near_limit::MemoryNearLimit,
    &no_memory_limit::NoMemoryLimit,
    &rejected_connections::RejectedConnections,
    &replica_link_down::ReplicaLinkDown,
    &persistence_failing::PersistenceFailing,
];

/// The last dump of each server, in the order in which servers are first seen. A server is told by its run,
/// and a run that a restart ended is the server of the run after; where dumps name no run, by input and port.
pub(super) fn newest(report: &Report) -> Vec<&InfoSnapshot> {
    let mut newest: Vec<(Server<'_>, &InfoSnapshot)> = Vec::new();
    for dump in &report.info.snapshots {
        let who = who(&report.info, dump);
        match newest.iter_mut().find(|(held, _)| *held == who) {
            // Inputs may come in any order; clocks tell where there are some.
            Some((_, held)) => {
                if dump.time.zip(held.time).is_none_or(|(later, held)| later >= held) {
                    *held = dump;
                }
            }
            None => newest.push((who, dump)),
        }
    }
    newest.into_iter().map(|(_, dump)| dump).collect()
}

#[derive(PartialEq, Eq)]
enum Server<'a> {
    Run(&'a Bytes),
    Input(&'a Bytes, Option<u64>),
}

/// The run of a dump.
fn run(dump: &InfoSnapshot) -> Server<'_> {
    dump.server.run_id.as_ref().map_or(Server::Input(&dump.path, dump.server.port), Server::Run)
}

/// The server of a dump.
fn who<'a>(info: &'a Info, dump: &'a InfoSnapshot) -> Server<'a> {
    let Server::Run(mut run) = run(dump) else { return run(dump) };
    // Every restart is followed once at most, so a wrong capture cannot lead in circles.
    for restart in &info.restarts {
        if restart.from_run_id == *run {
            run = &restart.to_run_id;
        }
    }
    Server::Run(run)
}

/// What a server is called: nothing where it is the only one, else its port, the input of its dump or its run,
/// the first of these that no other server has.
pub(super) fn server(dumps: &[&InfoSnapshot], dump: &InfoSnapshot) -> Bytes {
    let is_only = |same: &dyn Fn(&InfoSnapshot) -> bool| dumps.iter().filter(|other| same(other)).count() < 2;
    match (dump.server.port, &dump.server.run_id) {
        _ if dumps.len() < 2 => Bytes::default(),
        (Some(port), _) if is_only(&|other| other.server.port == Some(port)) => {
            Bytes::from(format!("port {port}").into_bytes())
        }
        (_, Some(run)) if !is_only(&|other| other.path == dump.path) => {
            Bytes::from([b"run ", run.0.as_slice()].concat())
        }
        _ => dump.path.clone(),
    }
}

/// A server as the subject of a sentence.
fn the_server(subject: &Bytes) -> String {
    if subject.0.is_empty() { "The server".to_owned() } else { format!("The server ({})", subject.text()) }
}

/// What happened between the dumps of the run that `dump` is of.
fn rates<'a>(info: &'a Info, dump: &'a InfoSnapshot) -> impl Iterator<Item = &'a InfoRate> {
    let of = move |rate: &&InfoRate| numbered(info, rate.to).is_some_and(|held| run(held) == run(dump));
    info.rates.iter().filter(of)
}

/// A dump of the report, by number.
fn numbered(info: &Info, number: u64) -> Option<&InfoSnapshot> {
    usize::try_from(number).ok().and_then(|at| info.snapshots.get(at))
}

/// A dump as evidence; `text` are the fields that show it, `maxmemory:0`.
pub(super) fn evidence(dump: &InfoSnapshot, text: &str) -> Evidence {
    Evidence {
        path: dump.path.clone(),
        byte_offset: dump.byte_offset,
        line: dump.line,
        time: dump.time,
        text: text.to_owned(),
    }
}
