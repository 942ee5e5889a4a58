//! INFO dumps.
//!
//! Numbers stand as numbers, in the units that the server prints. What a dump does not hold is null,
//! never 0: versions print different fields, and a dump can be of one section.

mod field;
mod groups;

use std::collections::BTreeMap;

use serde::Serialize;

use super::Bytes;
use crate::output::notation::Time;

pub use field::{Cell, Fields};
pub use groups::*;

/// Fields by name, as text: what the report has no place for.
pub type Other = BTreeMap<Bytes, Bytes>;

/// INFO dumps.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Info {
    /// In the order of the inputs. Kept are the first dumps, up to a memory bound.
    pub snapshots: Vec<InfoSnapshot>,
    /// What happened between two dumps of the same run of a server, one after the other.
    pub rates: Vec<InfoRate>,
    /// Where a dump shows a server that started anew since the dump before it.
    pub restarts: Vec<InfoRestart>,
}

/// One dump.
#[derive(Clone, Debug, Default, Serialize)]
pub struct InfoSnapshot {
    /// The input.
    pub path: Bytes,
    /// Bytes before the dump.
    pub byte_offset: u64,
    /// The dump's first line, counted from 1.
    pub line: u64,
    /// By the server's clock (`server_time_usec`), else by the clock of a script's line before the dump, else
    /// of a file's first dump by the time in the file's name.
    pub time: Option<Time>,
    /// Whether `time` is the server's.
    pub server_clock: bool,
    /// Who answered.
    pub server: InfoServer,
    /// `master`, `slave` or `sentinel`; as `replication.role`.
    pub role: Option<Bytes>,
    /// Connections.
    pub clients: InfoClients,
    /// Memory.
    pub memory: InfoMemory,
    /// Counters since the start of the server or CONFIG RESETSTAT.
    pub stats: InfoStats,
    /// Replication.
    pub replication: InfoReplication,
    /// Of a master, in the dump's order.
    pub replicas: Vec<InfoReplica>,
    /// Files.
    pub persistence: InfoPersistence,
    /// Processor time.
    pub cpu: InfoCpu,
    /// Databases with keys, by number; an empty database is not printed.
    pub keyspace: Vec<InfoDatabase>,
    /// Calls by command, the longest time in all first.
    pub commandstats: Vec<InfoCommand>,
    /// Error replies, most first.
    pub errorstats: Vec<InfoError>,
    /// How long calls took, by command.
    pub latency: Vec<InfoLatency>,
    /// Every other field, as text. A field that is printed again stands as `name#2`, `name#3` …
    pub other: Other,
}

/// A replica of a master.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct InfoReplica {
    /// What is known of it.
    #[serde(flatten)]
    pub fields: ReplicaFields,
    /// What else is printed.
    #[serde(skip_serializing_if = "Other::is_empty")]
    pub other: Other,
}

/// A database with keys.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct InfoDatabase {
    /// Its number.
    pub db: u64,
    /// What it holds.
    #[serde(flatten)]
    pub fields: DatabaseFields,
    /// What else is printed.
    #[serde(skip_serializing_if = "Other::is_empty")]
    pub other: Other,
}

/// Calls of a command.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct InfoCommand {
    /// Upper case; from Redis 7.0 container commands with their subcommand, `CONFIG|GET`.
    pub command: Bytes,
    /// The counters.
    #[serde(flatten)]
    pub fields: CommandFields,
    /// What else is printed.
    #[serde(skip_serializing_if = "Other::is_empty")]
    pub other: Other,
}

/// Error replies that start with the same word.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct InfoError {
    /// `WRONGTYPE`, `ERR` …
    pub prefix: Bytes,
    /// Replies.
    pub count: u64,
}

/// How long the calls of a command took, in microseconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct InfoLatency {
    /// As [`InfoCommand::command`].
    pub command: Bytes,
    /// By percentile: `p50`, `p99`, `p99.9` unless the server is set otherwise.
    #[serde(flatten)]
    pub percentiles: BTreeMap<Bytes, f64>,
}

/// What happened between two dumps of one run of a server. A count is null where one of the dumps does not
/// hold it, or where the counters were set back in between.
#[derive(Clone, Debug, Default, Serialize)]
pub struct InfoRate {
    /// The run of the server.
    pub run_id: Option<Bytes>,
    /// Its port.
    pub port: Option<u64>,
    /// Number of the first dump in `snapshots`, counted from 0.
    pub from: u64,
    /// Number of the second one.
    pub to: u64,
    /// Time of the first dump.
    pub first: Option<Time>,
    /// Time of the second one.
    pub last: Option<Time>,
    /// Between them, by the server's clock, else by its uptime, else by the script's clock.
    pub seconds: Option<f64>,
    /// Whether a counter went down: CONFIG RESETSTAT.
    pub reset: bool,
    /// Commands.
    pub commands: Option<u64>,
    /// Commands a second.
    pub commands_per_second: Option<f64>,
    /// Accepted connections.
    pub connections: Option<u64>,
    /// Accepted connections a second.
    pub connections_per_second: Option<f64>,
    /// Reads that found their key.
    pub keyspace_hits: Option<u64>,
    /// Reads that did not.
    pub keyspace_misses: Option<u64>,
    /// Hits by hits and misses of the time between, 0…1; null where there was no read.
    pub hit_rate: Option<f64>,
    /// Keys that expired.
    pub expired_keys: Option<u64>,
    /// Keys that were evicted.
    pub evicted_keys: Option<u64>,
    /// Connections that were refused.
    pub rejected_connections: Option<u64>,
    /// Bytes received a second.
    pub net_input_bytes_per_second: Option<f64>,
    /// Bytes sent a second.
    pub net_output_bytes_per_second: Option<f64>,
    /// Error replies.
    pub error_replies: Option<u64>,
    /// How `memory.used` changed, in bytes.
    pub memory_change: Option<i64>,
    /// How `clients.connected` changed.
    pub clients_change: Option<i64>,
    /// Processor time of the server by the time between: 1 is one core.
    pub cpu_share: Option<f64>,
    /// By command, the longest time in all first; commands without a call in between are left out.
    pub commandstats: Vec<InfoCommandRate>,
}

/// Calls of a command between two dumps.
#[derive(Clone, Debug, Default, Serialize)]
pub struct InfoCommandRate {
    /// As [`InfoCommand::command`].
    pub command: Bytes,
    /// Calls.
    pub calls: u64,
    /// Calls a second.
    pub calls_per_second: Option<f64>,
    /// Microseconds in all.
    pub usec: Option<u64>,
    /// Microseconds a call.
    pub usec_per_call: Option<f64>,
}

/// A server that started anew: same port and configuration, another run, and a start after the dump before.
#[derive(Clone, Debug, Default, Serialize)]
pub struct InfoRestart {
    /// When it started, by the time and uptime of the second dump.
    pub time: Option<Time>,
    /// Its port.
    pub port: Option<u64>,
    /// Its configuration.
    pub config_file: Option<Bytes>,
    /// Number of the dump before in `snapshots`, counted from 0.
    pub from: u64,
    /// Number of the dump after.
    pub to: u64,
    /// The run before.
    pub from_run_id: Bytes,
    /// The run after.
    pub to_run_id: Bytes,
}
