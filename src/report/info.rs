//! INFO dumps.
//!
//! Numbers stand as numbers, in the units that the server prints. What a dump does not hold is null,
//! never 0: versions print different fields, and a dump can be of one section.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Bytes;
use crate::output::notation::Time;

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
    /// By the server's clock (`server_time_usec`), else by the clock of a script's line before the dump.
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

/// One value of a dump, for outputs that write all of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'a> {
    /// A count or an amount.
    Count(Option<u64>),
    /// An amount that can be below 0.
    Signed(Option<i64>),
    /// A ratio, share or fraction.
    Real(Option<f64>),
    /// A byte string.
    Text(Option<&'a Bytes>),
    /// A time.
    Time(Option<Time>),
}

/// A group of fields whose names the server tells.
pub trait Fields: Default {
    /// Takes in a field; says no where the group has no such field, has it already, or cannot read it.
    fn take(&mut self, key: &[u8], value: &[u8]) -> bool;

    /// Shows every value, in order.
    fn cells<'a>(&'a self, see: &mut dyn FnMut(&'static str, Cell<'a>));
}

/// A type of values.
trait Value: Sized {
    fn read(text: &[u8]) -> Option<Self>;
    fn cell(held: &Option<Self>) -> Cell<'_>;
}

/// A number that fills its text.
fn number<N: std::str::FromStr>(text: &[u8]) -> Option<N> {
    let digits = text.iter().all(|b| b.is_ascii_digit() || matches!(b, b'-' | b'+' | b'.' | b'e'));
    std::str::from_utf8(text).ok().filter(|_| digits)?.parse().ok()
}

impl Value for u64 {
    fn read(text: &[u8]) -> Option<Self> {
        number(text)
    }
    fn cell(held: &Option<Self>) -> Cell<'_> {
        Cell::Count(*held)
    }
}

impl Value for i64 {
    fn read(text: &[u8]) -> Option<Self> {
        number(text)
    }
    fn cell(held: &Option<Self>) -> Cell<'_> {
        Cell::Signed(*held)
    }
}

impl Value for f64 {
    fn read(text: &[u8]) -> Option<Self> {
        number(text).filter(|number: &f64| number.is_finite())
    }
    fn cell(held: &Option<Self>) -> Cell<'_> {
        Cell::Real(*held)
    }
}

impl Value for Bytes {
    fn read(text: &[u8]) -> Option<Self> {
        Some(Bytes::from(text))
    }
    fn cell(held: &Option<Self>) -> Cell<'_> {
        Cell::Text(held.as_ref())
    }
}

impl Value for Time {
    /// Seconds since 1970.
    fn read(text: &[u8]) -> Option<Self> {
        number::<i64>(text)?.checked_mul(1_000_000).map(Time)
    }
    fn cell(held: &Option<Self>) -> Cell<'_> {
        Cell::Time(*held)
    }
}

fn set<V: Value>(slot: &mut Option<V>, text: &[u8]) -> bool {
    let free = slot.is_none();
    if free {
        *slot = V::read(text);
    }
    free && slot.is_some()
}

/// A group of fields, each with the names that servers print it under; one without names is worked out.
macro_rules! fields {
    ($(#[$about:meta])* $group:ident {
        $($(#[$doc:meta])* $field:ident: $type:ty $(= $($key:literal)|+)?,)+
    }) => {
        $(#[$about])*
        #[derive(Clone, Debug, Default, PartialEq, Serialize)]
        pub struct $group {
            $($(#[$doc])* pub $field: Option<$type>,)+
        }

        impl Fields for $group {
            fn take(&mut self, key: &[u8], value: &[u8]) -> bool {
                match key {
                    $($($($key)|+ => set(&mut self.$field, value),)?)+
                    _ => false,
                }
            }

            fn cells<'a>(&'a self, see: &mut dyn FnMut(&'static str, Cell<'a>)) {
                $(see(stringify!($field), Value::cell(&self.$field));)+
            }
        }
    };
}

fields! {
    /// Who answered.
    InfoServer {
        /// `redis`, `valkey`, `keydb`, `dragonfly`, `kvrocks`, `garnet` or `pika`; null where the dump does not say.
        name: Bytes,
        /// The product's own version, which is not always the one of Redis that it keeps to.
        version: Bytes,
        /// As printed, for the sake of clients: Valkey stays at 7.2.4.
        redis_version: Bytes = b"redis_version",
        /// `standalone`, `cluster` or `sentinel`.
        mode: Bytes = b"redis_mode" | b"server_mode",
        /// Made up when the server starts.
        run_id: Bytes = b"run_id",
        /// Since its start.
        uptime_seconds: u64 = b"uptime_in_seconds",
        /// System and machine.
        os: Bytes = b"os",
        /// TCP.
        port: u64 = b"tcp_port",
        /// The process.
        process_id: u64 = b"process_id",
        /// Path of the program.
        executable: Bytes = b"executable",
        /// Path of the configuration; empty where there is none.
        config_file: Bytes = b"config_file",
        /// Runs of the background task a second.
        hz: u64 = b"hz",
        /// 1 where I/O threads work.
        io_threads_active: u64 = b"io_threads_active",
        /// 1 in cluster mode.
        cluster_enabled: u64 = b"cluster_enabled",
    }
}

fields! {
    /// Connections.
    InfoClients {
        /// Open connections, replicas not counted.
        connected: u64 = b"connected_clients",
        /// Waiting in a blocking command.
        blocked: u64 = b"blocked_clients",
        /// The limit.
        maxclients: u64 = b"maxclients",
        /// With client-side caching.
        tracking: u64 = b"tracking_clients",
        /// Subscribers.
        pubsub: u64 = b"pubsub_clients",
        /// With watched keys.
        watching: u64 = b"watching_clients",
        /// Of the cluster bus.
        cluster_connections: u64 = b"cluster_connections",
        /// Waiting with a timeout.
        in_timeout_table: u64 = b"clients_in_timeout_table",
        /// Bytes of the biggest query buffer of late.
        max_input_buffer: u64 = b"client_recent_max_input_buffer" | b"client_biggest_input_buf",
        /// Bytes of the biggest output buffer of late.
        max_output_buffer: u64 = b"client_recent_max_output_buffer",
        /// Nodes of the longest output list (before Redis 5.0).
        longest_output_list: u64 = b"client_longest_output_list",
    }
}

fields! {
    /// Memory, in bytes.
    InfoMemory {
        /// What the allocator gave out.
        used: u64 = b"used_memory",
        /// What the system counts.
        rss: u64 = b"used_memory_rss",
        /// The most that `used` was.
        peak: u64 = b"used_memory_peak",
        /// Of `used`, what is no data.
        overhead: u64 = b"used_memory_overhead",
        /// Of `used`, what an empty server takes.
        startup: u64 = b"used_memory_startup",
        /// Of `used`, data.
        dataset: u64 = b"used_memory_dataset",
        /// Of Lua.
        lua: u64 = b"used_memory_lua",
        /// Of cached scripts and functions.
        scripts: u64 = b"used_memory_scripts",
        /// Of the machine.
        system: u64 = b"total_system_memory",
        /// The limit; 0 means none.
        maxmemory: u64 = b"maxmemory",
        /// What is done at the limit.
        policy: Bytes = b"maxmemory_policy",
        /// `rss` by `used`.
        fragmentation_ratio: f64 = b"mem_fragmentation_ratio",
        /// `rss` less `used`.
        fragmentation_bytes: i64 = b"mem_fragmentation_bytes",
        /// Within the allocator.
        allocator_frag_ratio: f64 = b"allocator_frag_ratio",
        /// Within the allocator.
        allocator_frag_bytes: i64 = b"allocator_frag_bytes",
        /// What the allocator could give back.
        allocator_rss_ratio: f64 = b"allocator_rss_ratio",
        /// Not counted against the limit.
        not_counted_for_evict: u64 = b"mem_not_counted_for_evict",
        /// Buffers of clients.
        clients_normal: u64 = b"mem_clients_normal",
        /// Buffers of replicas.
        clients_replicas: u64 = b"mem_clients_slaves",
        /// Of the replication backlog.
        replication_backlog: u64 = b"mem_replication_backlog",
        /// Of the append-only file's buffers.
        aof_buffer: u64 = b"mem_aof_buffer",
        /// Which one.
        allocator: Bytes = b"mem_allocator",
        /// Values waiting to be freed.
        lazyfree_pending_objects: u64 = b"lazyfree_pending_objects",
    }
}

fields! {
    /// Counters since the start of the server or CONFIG RESETSTAT.
    InfoStats {
        /// Commands.
        total_commands: u64 = b"total_commands_processed",
        /// Accepted connections.
        total_connections: u64 = b"total_connections_received",
        /// Commands a second, of late.
        ops_per_sec: u64 = b"instantaneous_ops_per_sec",
        /// Connections refused because of `maxclients`.
        rejected_connections: u64 = b"rejected_connections",
        /// Reads that found their key.
        keyspace_hits: u64 = b"keyspace_hits",
        /// Reads that did not.
        keyspace_misses: u64 = b"keyspace_misses",
        /// Hits by hits and misses, 0…1; null where there was no read.
        hit_rate: f64,
        /// Keys that expired.
        expired_keys: u64 = b"expired_keys",
        /// Per cent of keys with a time to live that are past it, estimated.
        expired_stale_percent: f64 = b"expired_stale_perc",
        /// Rounds of expiry that ran out of time.
        expired_time_cap_reached: u64 = b"expired_time_cap_reached_count",
        /// Keys evicted at the memory limit.
        evicted_keys: u64 = b"evicted_keys",
        /// Clients evicted at their memory limit.
        evicted_clients: u64 = b"evicted_clients",
        /// Bytes received.
        net_input_bytes: u64 = b"total_net_input_bytes",
        /// Bytes sent.
        net_output_bytes: u64 = b"total_net_output_bytes",
        /// Kilobytes received a second, of late.
        input_kbps: f64 = b"instantaneous_input_kbps",
        /// Kilobytes sent a second, of late.
        output_kbps: f64 = b"instantaneous_output_kbps",
        /// Full resynchronisations of replicas.
        sync_full: u64 = b"sync_full",
        /// Partial ones.
        sync_partial_ok: u64 = b"sync_partial_ok",
        /// Partial ones that were refused.
        sync_partial_err: u64 = b"sync_partial_err",
        /// Channels with subscribers.
        pubsub_channels: u64 = b"pubsub_channels",
        /// Patterns with subscribers.
        pubsub_patterns: u64 = b"pubsub_patterns",
        /// Microseconds of the last fork.
        latest_fork_usec: u64 = b"latest_fork_usec",
        /// Error replies.
        total_error_replies: u64 = b"total_error_replies",
        /// Clients cut off because of their query buffer.
        query_buffer_disconnections: u64 = b"client_query_buffer_limit_disconnections",
        /// Clients cut off because of their output buffer.
        output_buffer_disconnections: u64 = b"client_output_buffer_limit_disconnections",
        /// Reads from sockets.
        total_reads: u64 = b"total_reads_processed",
        /// Writes to sockets.
        total_writes: u64 = b"total_writes_processed",
    }
}

fields! {
    /// Replication.
    InfoReplication {
        /// `master` or `slave`.
        role: Bytes = b"role",
        /// Of a master.
        connected_slaves: u64 = b"connected_slaves",
        /// Of a replica: its master.
        master_host: Bytes = b"master_host",
        /// Of a replica: its master's.
        master_port: u64 = b"master_port",
        /// Of a replica: `up` or `down`.
        master_link_status: Bytes = b"master_link_status",
        /// Seconds since its master was heard of; -1 where the link is down.
        master_last_io_seconds_ago: i64 = b"master_last_io_seconds_ago",
        /// Seconds since the link went down; -1 where it never was up.
        master_link_down_since_seconds: i64 = b"master_link_down_since_seconds",
        /// 1 while a replica takes over the data.
        master_sync_in_progress: u64 = b"master_sync_in_progress",
        /// 1 where a replica refuses writes.
        slave_read_only: u64 = b"slave_read_only",
        /// Bytes of the stream that a replica has taken in.
        slave_repl_offset: i64 = b"slave_repl_offset",
        /// Bytes of the stream.
        master_repl_offset: i64 = b"master_repl_offset",
        /// Which history of data.
        master_replid: Bytes = b"master_replid",
        /// Of FAILOVER.
        master_failover_state: Bytes = b"master_failover_state",
        /// 1 where a backlog is kept.
        repl_backlog_active: u64 = b"repl_backlog_active",
        /// Its bytes.
        repl_backlog_size: u64 = b"repl_backlog_size",
        /// Its bytes in use.
        repl_backlog_histlen: u64 = b"repl_backlog_histlen",
    }
}

fields! {
    /// Files.
    InfoPersistence {
        /// 1 while data is read from a file.
        loading: u64 = b"loading",
        /// The same while old data still serves.
        async_loading: u64 = b"async_loading",
        /// Writes since the last RDB file.
        rdb_changes_since_last_save: u64 = b"rdb_changes_since_last_save",
        /// 1 while a child writes one.
        rdb_bgsave_in_progress: u64 = b"rdb_bgsave_in_progress",
        /// Of the last one that succeeded; the server's start where there was none.
        rdb_last_save_time: Time = b"rdb_last_save_time",
        /// `ok` or `err`.
        rdb_last_bgsave_status: Bytes = b"rdb_last_bgsave_status",
        /// Seconds that the last one took; -1 for none.
        rdb_last_bgsave_time_sec: i64 = b"rdb_last_bgsave_time_sec",
        /// Seconds that the present one has taken; -1 for none.
        rdb_current_bgsave_time_sec: i64 = b"rdb_current_bgsave_time_sec",
        /// Bytes copied on write during the last one.
        rdb_last_cow_size: u64 = b"rdb_last_cow_size",
        /// 1 with an append-only file.
        aof_enabled: u64 = b"aof_enabled",
        /// 1 while a child rewrites it.
        aof_rewrite_in_progress: u64 = b"aof_rewrite_in_progress",
        /// 1 where a rewrite waits for its turn.
        aof_rewrite_scheduled: u64 = b"aof_rewrite_scheduled",
        /// Seconds that the last rewrite took; -1 for none.
        aof_last_rewrite_time_sec: i64 = b"aof_last_rewrite_time_sec",
        /// Seconds that the present one has taken; -1 for none.
        aof_current_rewrite_time_sec: i64 = b"aof_current_rewrite_time_sec",
        /// `ok` or `err`.
        aof_last_bgrewrite_status: Bytes = b"aof_last_bgrewrite_status",
        /// `ok` or `err`.
        aof_last_write_status: Bytes = b"aof_last_write_status",
        /// Bytes of the append-only file.
        aof_current_size: u64 = b"aof_current_size",
        /// Its bytes after the last rewrite.
        aof_base_size: u64 = b"aof_base_size",
        /// Writes that had to wait for the disk.
        aof_delayed_fsync: u64 = b"aof_delayed_fsync",
        /// Syncs that wait for their thread.
        aof_pending_bio_fsync: u64 = b"aof_pending_bio_fsync",
    }
}

fields! {
    /// Processor time since the server's start, in seconds.
    InfoCpu {
        /// Of the system.
        sys: f64 = b"used_cpu_sys",
        /// Of the server.
        user: f64 = b"used_cpu_user",
        /// Of the system, for children.
        sys_children: f64 = b"used_cpu_sys_children",
        /// Of children.
        user_children: f64 = b"used_cpu_user_children",
        /// Of the system, for the thread that runs commands.
        sys_main_thread: f64 = b"used_cpu_sys_main_thread",
        /// Of the thread that runs commands.
        user_main_thread: f64 = b"used_cpu_user_main_thread",
    }
}

fields! {
    /// What a master says of a replica.
    ReplicaFields {
        /// Its address.
        ip: Bytes = b"ip",
        /// Its port.
        port: u64 = b"port",
        /// `online`, `wait_bgsave` …
        state: Bytes = b"state",
        /// Bytes of the stream that it acknowledged.
        repl_offset: i64 = b"offset",
        /// Seconds since it acknowledged.
        lag_seconds: i64 = b"lag",
    }
}

fields! {
    /// What a database holds.
    DatabaseFields {
        /// Keys.
        keys: u64 = b"keys",
        /// Of these, with a time to live.
        expires: u64 = b"expires",
        /// Their mean time to live in milliseconds, estimated; 0 where it is not known.
        avg_ttl_ms: u64 = b"avg_ttl",
        /// Hashes with fields that have a time to live (Redis 7.4).
        subexpiry: u64 = b"subexpiry",
        /// Keys with parts that have a time to live (Valkey 9).
        keys_with_volatile_items: u64 = b"keys_with_volatile_items",
    }
}

fields! {
    /// Calls of a command.
    CommandFields {
        /// Calls.
        calls: u64 = b"calls",
        /// Microseconds in all.
        usec: u64 = b"usec",
        /// Microseconds a call.
        usec_per_call: f64 = b"usec_per_call",
        /// Calls refused before they ran (Redis 6.2).
        rejected_calls: u64 = b"rejected_calls",
        /// Calls that failed (Redis 6.2).
        failed_calls: u64 = b"failed_calls",
    }
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
