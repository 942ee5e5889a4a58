//! Rows of the reports.

use super::{START, after, b};
use crate::report::*;

pub fn input(path: impl AsRef<[u8]>, kind: &'static str, dialect: &'static str) -> InputRow {
    InputRow {
        path: b(path),
        kind,
        dialect,
        reason: String::new(),
        compression: "",
        bytes: 0,
        records: 0,
        inexact: 0,
        rejected: 0,
        noise: 0,
        refusals: 0,
        refusal: (0, 0),
        truncated: 0,
        gaps: 0,
        accounted: Accounted::default(),
        first: None,
        last: None,
        error: None,
    }
}

pub fn command(name: impl AsRef<[u8]>, calls: u64, access: &'static str) -> CommandRow {
    CommandRow {
        command: b(name),
        calls,
        share: 0.0,
        in_scripts: 0,
        keys: calls,
        payload_bytes: calls.saturating_mul(21),
        clients: 3,
        access,
        dangerous: access == "admin",
        first: START,
        last: after(610),
    }
}

pub fn client(address: impl AsRef<[u8]>, name: Option<&[u8]>, calls: u64) -> ClientRow {
    ClientRow {
        client: b(&address),
        kind: "tcp",
        address: b(""),
        port: None,
        name: name.map(Bytes::from),
        user: None,
        library: None,
        calls,
        share: 0.0,
        in_scripts: 0,
        payload_bytes: calls.saturating_mul(30),
        commands: vec![
            CommandCalls { command: b("GET"), calls: calls - calls / 4 },
            CommandCalls { command: b("SET"), calls: calls / 4 },
        ],
        first: START,
        last: after(610),
    }
}

pub fn group(by: &'static str, value: impl AsRef<[u8]>, calls: u64) -> ClientGroupRow {
    ClientGroupRow { by, value: b(value), connections: 12, calls, share: 0.0 }
}

pub fn pattern(pattern: impl AsRef<[u8]>, calls: u64, ttl_set: u64, ttl_missing: u64) -> PatternRow {
    PatternRow {
        pattern: b(pattern),
        calls,
        share: 0.0,
        reads: calls / 2,
        writes: calls / 4,
        deletes: calls / 8,
        distinct_keys: calls / 10,
        distinct_is_exact: calls < 1_000_000,
        ttl_set,
        ttl_missing,
        payload_bytes: calls.saturating_mul(100),
        clients: 4,
        samples: vec![b("session:5e483ea4dc1e9666"), b("session:00000000aaaaaaaa")],
        habits: habits::Habits::default(),
    }
}

pub fn hot(key: impl AsRef<[u8]>, calls: u64) -> HotKeyRow {
    HotKeyRow {
        key: b(key),
        pattern: b("config:*"),
        calls,
        share: 0.0,
        clients: 4,
        count_is_exact: calls > 99,
        is_queue: false,
        is_stream: false,
        is_growing: false,
        is_lock: false,
        call: None,
    }
}

pub fn collection(key: impl AsRef<[u8]>, added: u64, kept: Option<u64>) -> CollectionRow {
    CollectionRow {
        key: b(key),
        pattern: b("config:*"),
        collection: if kept.is_some() { "list" } else { "sorted-set" },
        added,
        different: kept.map_or(Some(added / 2), |_| None),
        removed: added / 8,
        kept,
        whole_reads: added / 100,
        clients: 4,
        first: START,
        last: after(610),
    }
}

pub fn dangerous(
    command: impl AsRef<[u8]>,
    calls: u64,
    clients: &[(&str, Option<&str>, u64)],
) -> DangerousRow {
    DangerousRow {
        command: b(command),
        calls,
        share: 0.0,
        why: "walks every key of the database while all other clients wait",
        clients: clients
            .iter()
            .map(|(client, name, calls)| ClientCalls { client: b(client), name: name.map(b), calls: *calls })
            .collect(),
        first: after(107),
        last: after(400),
        examples: vec![Example {
            path: b("monitor.log"),
            byte_offset: 1_830_112,
            line: 20_771,
            time: after(107),
            text: "1795194326.056286 [0 10.0.3.17:52110] \"KEYS\" \"(6 bytes)\"".to_owned(),
        }],
    }
}

pub fn bucket(seconds: i64, calls: u64, writes: u64, dangerous: u64) -> TimelineRow {
    TimelineRow {
        time: after(seconds),
        calls,
        reads: calls - writes,
        writes,
        dangerous,
        ..TimelineRow::default()
    }
}
