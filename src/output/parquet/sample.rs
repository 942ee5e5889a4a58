//! Records for the tests of both kinds of tables, and what a scan and a report would make of them.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use polars::prelude::{DataFrame, ParquetReader, SerReader};

use crate::event::Database;
use crate::output::notation::Time;
use crate::output::tables::{ClientParts, MonitorRow, MonitorRows};
use crate::report::*;

/// A record and the numbers of its arguments that are keys.
pub(super) struct Record {
    pub(super) database: Database<'static>,
    pub(super) client: Option<&'static str>,
    pub(super) args: &'static [&'static [u8]],
    pub(super) keys: &'static [usize],
}

const TCP: Option<&str> = Some("10.0.0.7:6001");
const UNIX: Option<&str> = Some("unix:/tmp/a b.sock");

#[rustfmt::skip]
const RECORDS: [Record; 10] = [
    Record { database: Database::Number(0), client: TCP, args: &[b"SET", b"user:7", b"v"], keys: &[1] },
    Record { database: Database::Number(15), client: TCP, args: &[b"GET", b"a\0b"], keys: &[1] },
    Record { database: Database::Number(0), client: UNIX, args: &[b"MGET", b"\xff\xc3", b"\"q\" \\x", "☃".as_bytes()], keys: &[1, 2, 3] },
    Record { database: Database::Number(0), client: UNIX, args: &[b"PING"], keys: &[] },
    Record { database: Database::Number(0), client: TCP, args: &[b"GET", b""], keys: &[1] },
    Record { database: Database::Namespace(b"ns\xfe"), client: TCP, args: &[b"MSET", b"k1", b"\r\n\t\x07\x08", b"k2", b"\x1b"], keys: &[1, 3] },
    Record { database: Database::Number(0), client: None, args: &[b"DEL", b"user:7", b"user:7"], keys: &[1, 2] },
    Record { database: Database::Number(u32::MAX), client: Some("lua"), args: &[b"SET", b"a long key, longer than any view holds inline", b"v"], keys: &[1] },
    Record { database: Database::Number(0), client: Some(""), args: &[b"FLUSHALL"], keys: &[] },
    Record { database: Database::Number(0), client: Some("[::1]:50000"), args: &[b"GET", b"__:x\n1795172219.0 [0 lua] \"GET\""], keys: &[1] },
];

impl Record {
    pub(super) fn line(&self, time: i64) -> Vec<u8> {
        let mut line = format!("{}.{:06} ", time / 1_000_000, time % 1_000_000).into_bytes();
        if let Some(client) = self.client {
            match self.database {
                Database::Number(number) => line.extend(format!("[{number} {client}]").into_bytes()),
                Database::Namespace(name) => {
                    line.extend([b"[", name, b" ", client.as_bytes(), b"]"].concat())
                }
            }
        }
        for arg in self.args {
            let mut shown = String::new();
            for byte in *arg {
                match byte {
                    b'"' | b'\\' => write!(shown, "\\{}", *byte as char).unwrap(),
                    b' '..=b'~' => shown.push(*byte as char),
                    _ => write!(shown, "\\x{byte:02x}").unwrap(),
                }
            }
            line.extend(format!("{}\"{shown}\"", if line.ends_with(b" ") { "" } else { " " }).into_bytes());
        }
        line.push(b'\n');
        line
    }

    pub(super) fn keys(&self) -> Vec<Vec<u8>> {
        self.keys.iter().map(|at| self.args[*at].to_vec()).collect()
    }

    fn payload(&self) -> u64 {
        self.args[1..].iter().map(|arg| arg.len() as u64).sum()
    }

    fn is_dangerous(&self) -> bool {
        self.args[0] == b"FLUSHALL"
    }

    fn parts(&self) -> ClientParts {
        let (kind, ip, port) = match self.client {
            TCP => ("tcp", Some("10.0.0.7"), Some(6001)),
            Some("[::1]:50000") => ("tcp", Some("::1"), Some(50000)),
            UNIX => ("unix", None, None),
            Some("lua") => ("lua", None, None),
            _ => ("internal", None, None),
        };
        ClientParts { kind, ip: ip.map(Into::into), port }
    }
}

/// Record `at` of an endless capture, a millisecond after the one before.
pub(super) fn record(at: usize) -> (&'static Record, i64) {
    (&RECORDS[at % RECORDS.len()], 1_795_172_219_000_007 + at as i64 * 1000)
}

/// The bytes of the first `count` records.
pub(super) fn capture(count: usize) -> Vec<u8> {
    (0..count).flat_map(|at| record(at).0.line(record(at).1)).collect()
}

/// Rows of the records in `range`, filled as a scan fills them: from a block that starts there.
pub(super) fn rows(range: std::ops::Range<usize>, with_values: bool) -> MonitorRows {
    let mut rows = MonitorRows::new(b"capture.txt", with_values);
    let mut offset = capture(range.start).len() as u64;
    for at in range {
        let (record, time) = record(at);
        let client = record.client.map(|client| rows.client(client.as_bytes(), || record.parts()));
        let command = rows.command(record.args[0]);
        let access = rows.access(if record.keys.is_empty() { "admin" } else { "read" });
        let pattern = record.keys.first().map(|_| rows.pattern(b"pattern:*"));
        record.keys().iter().for_each(|key| rows.keys().push(key));
        if let Some(args) = rows.args() {
            record.args.iter().for_each(|arg| args.push(arg));
        }
        rows.push(&MonitorRow {
            time,
            database: record.database,
            byte_offset: offset,
            client,
            command,
            access,
            pattern,
            argc: record.args.len() as u32,
            payload_bytes: record.payload(),
            in_script: record.client == Some("lua"),
            dangerous: record.is_dangerous(),
            exact: true,
        });
        offset += record.line(time).len() as u64;
    }
    rows
}

/// A directory for one test: gone with this value, but below `REDTRAIL_PARQUET_OUT` and kept where
/// that is set, so that `tests/parquet/check.py` can read what the tests wrote.
pub(super) struct Dir(pub(super) PathBuf, pub(super) bool);

impl Dir {
    pub(super) fn new(name: &str) -> Self {
        match std::env::var_os("REDTRAIL_PARQUET_OUT") {
            Some(out) => Dir(PathBuf::from(out).join(name), true),
            None => Dir(std::env::temp_dir().join(format!("redtrail-{}-{name}", std::process::id())), false),
        }
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        if !self.1 {
            let _ = fs::remove_dir_all(&self.0);
        }
    }
}

pub(super) fn read(path: &Path) -> DataFrame {
    ParquetReader::new(File::open(path).unwrap()).finish().unwrap()
}

pub(super) fn list(frame: &DataFrame, column: &str, row: usize) -> Vec<Vec<u8>> {
    let items = frame.column(column).unwrap().list().unwrap().get_as_series(row).unwrap();
    items.binary().unwrap().iter().map(|item| item.unwrap().to_vec()).collect()
}

/// What the statistics would say of the first `count` records.
pub(super) fn report(count: usize) -> Report {
    let records: Vec<(&Record, i64)> = (0..count).map(record).collect();
    let total = count as u64;
    let share = |calls: u64, of: u64| if of == 0 { 0.0 } else { calls as f64 / of as f64 };
    let first = records.first().map(|(_, time)| Time(*time));
    let last = records.last().map(|(_, time)| Time(*time));
    let count_by = |name: &dyn Fn(&Record) -> Vec<u8>| {
        let mut calls = BTreeMap::<Vec<u8>, u64>::new();
        records.iter().for_each(|(record, _)| *calls.entry(name(record)).or_default() += 1);
        calls.into_iter().map(|(name, calls)| (Bytes::from(name), calls)).collect::<Vec<_>>()
    };
    let key_total = records.iter().map(|(record, _)| record.keys.len() as u64).sum();
    let dangerous: Vec<_> = records.iter().filter(|(record, _)| record.is_dangerous()).collect();
    let capture = capture(count);
    let command = |(command, calls): (Bytes, u64)| CommandRow {
        command,
        calls,
        share: share(calls, total),
        in_scripts: 0,
        keys: calls,
        payload_bytes: u64::MAX,
        clients: 1,
        access: "read",
        dangerous: false,
        first: first.unwrap(),
        last: last.unwrap(),
    };
    let client = |(client, calls): (Bytes, u64)| ClientRow {
        commands: vec![
            CommandCalls { command: Bytes::from(&b"ANY"[..]), calls: calls - 1 },
            CommandCalls { command: Bytes::from(&b"OTHER"[..]), calls: 1 },
        ],
        address: client.clone(),
        client,
        kind: "tcp",
        port: (calls > 1).then_some(6001),
        name: None,
        user: (calls > 1).then(|| Bytes::from(&b"default"[..])),
        library: None,
        calls,
        share: share(calls, total),
        in_scripts: 0,
        payload_bytes: 1,
        first: first.unwrap(),
        last: last.unwrap(),
    };
    let hot = |(key, calls): (Bytes, u64)| HotKeyRow {
        key,
        pattern: Bytes::from(&b"pattern:*"[..]),
        calls,
        share: share(calls, key_total),
        clients: 1,
        count_is_exact: true,
        is_queue: false,
        is_stream: false,
        is_growing: false,
        is_lock: false,
        call: None,
    };
    let collection = |key| CollectionRow {
        key,
        pattern: Bytes::from(&b"pattern:*"[..]),
        collection: "set",
        added: u64::MAX,
        different: Some(2),
        removed: 1,
        kept: None,
        whole_reads: 0,
        clients: 1,
        first: first.unwrap(),
        last: last.unwrap(),
    };
    let samples: Vec<Bytes> = records.iter().flat_map(|(record, _)| record.keys()).map(Bytes::from).collect();
    Report {
        schema: "redtrail-report/1",
        generator: Generator { name: "redtrail", version: "0" },
        inputs: (count > 0)
            .then(|| InputRow {
                path: Bytes::from(&b"capture.txt"[..]),
                kind: "monitor",
                dialect: "redis-cli",
                reason: "a test".into(),
                compression: "",
                bytes: capture.len() as u64,
                records: total,
                inexact: 0,
                rejected: 0,
                noise: 0,
                refusals: 0,
                refusal: (0, 0),
                truncated: 0,
                gaps: 0,
                accounted: Accounted { records: capture.len() as u64, ..Accounted::default() },
                first,
                last,
                error: None,
            })
            .into_iter()
            .collect(),
        totals: Totals {
            bytes: capture.len() as u64,
            records: total,
            rejected: 0,
            noise: 0,
            truncated: 0,
            first,
            last,
            seconds: 0.0,
        },
        commands: Table {
            total,
            rows: count_by(&|r| r.args[0].into()).into_iter().map(command).collect(),
            other: None,
        },
        clients: Table {
            total,
            rows: count_by(&|r| r.client.unwrap_or_default().into()).into_iter().map(client).collect(),
            other: None,
        },
        client_groups: Rows {
            rows: (count > 0)
                .then(|| ClientGroupRow {
                    by: "ip",
                    value: Bytes::default(),
                    connections: 1,
                    calls: total,
                    share: 1.0,
                })
                .into_iter()
                .collect(),
        },
        key_patterns: Table {
            total: key_total + 5,
            rows: (count > 0)
                .then(|| PatternRow {
                    pattern: Bytes::from(&b"pattern:*"[..]),
                    calls: key_total,
                    share: share(key_total, key_total + 5),
                    reads: key_total,
                    writes: 0,
                    deletes: 0,
                    distinct_keys: 1,
                    distinct_is_exact: true,
                    ttl_set: 0,
                    ttl_missing: 0,
                    payload_bytes: 0,
                    clients: 1,
                    samples: samples.clone(),
                    habits: habits::Habits::default(),
                })
                .into_iter()
                .collect(),
            other: Some(Other { rows: None, calls: 5 }),
        },
        collections: Collections {
            keys: samples.len() as u64,
            rows: samples.iter().cloned().map(collection).collect(),
        },
        hot_keys: Rows { rows: samples.into_iter().map(|key| hot((key, 1))).collect() },
        dangerous: Table {
            total: dangerous.len() as u64,
            rows: dangerous
                .iter()
                .map(|(_, time)| DangerousRow {
                    command: Bytes::from(&b"FLUSHALL"[..]),
                    calls: 1,
                    share: 1.0,
                    why: "removes every key",
                    clients: vec![ClientCalls { client: Bytes::default(), name: None, calls: 1 }],
                    first: Time(*time),
                    last: Time(*time),
                    examples: vec![Example {
                        path: Bytes::from(&b"capture.txt"[..]),
                        byte_offset: 0,
                        line: 1,
                        time: Time(*time),
                        text: "\"FLUSHALL\"".into(),
                    }],
                })
                .collect(),
            other: None,
        },
        databases: Rows {
            rows: (count > 0)
                .then(|| DatabaseRow { db: Bytes::from(&b"0"[..]), calls: total, share: 1.0 })
                .into_iter()
                .collect(),
        },
        timeline: Timeline {
            bucket_seconds: 1,
            rows: first
                .map(|time| TimelineRow {
                    time,
                    calls: total,
                    reads: 1,
                    writes: 0,
                    dangerous: 0,
                    ..TimelineRow::default()
                })
                .into_iter()
                .collect(),
        },
        ..Report::default()
    }
}
