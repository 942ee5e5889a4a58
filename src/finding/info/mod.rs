//! Rules over INFO.

mod no_memory_limit;

use super::Rule;
use crate::report::Report;
use crate::report::findings::Evidence;
use crate::report::info::InfoSnapshot;

/// In the order of their weight.
pub const RULES: &[&dyn Rule] = &[&no_memory_limit::NoMemoryLimit];

/// The last dump of each server, in the order in which servers are first seen: a server is told by its address
/// (TCP port and configuration file), as restarts are.
fn newest(report: &Report) -> Vec<&InfoSnapshot> {
    let mut newest: Vec<&InfoSnapshot> = Vec::new();
    for dump in &report.info.snapshots {
        let server = |dump: &InfoSnapshot| (dump.server.port, dump.server.config_file.clone());
        match newest.iter_mut().find(|held| server(held) == server(dump)) {
            Some(held) => *held = dump,
            None => newest.push(dump),
        }
    }
    newest
}

/// A dump as evidence; `text` are the fields that show it, `maxmemory:0`.
fn evidence(dump: &InfoSnapshot, text: &str) -> Evidence {
    Evidence {
        path: dump.path.clone(),
        byte_offset: dump.byte_offset,
        line: dump.line,
        time: dump.time,
        text: text.to_owned(),
    }
}
