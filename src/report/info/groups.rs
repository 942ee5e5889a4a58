//! The report's fields, and the names that servers print them under.
//!
//! Sources: `src/server.c` of Redis and Valkey (`gen…InfoString`); for what only old or only new versions print,
//! dumps of Redis 2.6 (`client_biggest_input_buf`, `client_longest_output_list`) and Valkey 9.1 (`server_mode`,
//! `keys_with_volatile_items`).

use super::field::{Cell, Fields, Value, fields, set};
use crate::output::notation::Time;
use crate::report::Bytes;

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
