//! Both kinds of tables, written and read back; `tests/parquet/check.py` reads the same files with
//! other libraries where `REDTRAIL_PARQUET_OUT` names a directory for them.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use polars::prelude::{AnyValue, DataFrame, ParquetReader, SerReader};

use super::*;
use crate::event::Database;
use crate::output::notation::Time;
use crate::output::tables::{ClientParts, MonitorRow, MonitorRows};
use crate::report::*;

/// A record and the numbers of its arguments that are keys.
struct Record {
    database: Database<'static>,
    client: Option<&'static str>,
    args: &'static [&'static [u8]],
    keys: &'static [usize],
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
    fn line(&self, time: i64) -> Vec<u8> {
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

    fn keys(&self) -> Vec<Vec<u8>> {
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
fn record(at: usize) -> (&'static Record, i64) {
    (&RECORDS[at % RECORDS.len()], 1_795_172_219_000_007 + at as i64 * 1000)
}

/// The bytes of the first `count` records.
fn capture(count: usize) -> Vec<u8> {
    (0..count).flat_map(|at| record(at).0.line(record(at).1)).collect()
}

/// Rows of the records in `range`, filled as a scan fills them: from a block that starts there.
fn rows(range: std::ops::Range<usize>, with_values: bool) -> MonitorRows {
    let mut rows = MonitorRows::new(b"capture.txt", with_values);
    let mut offset = 0;
    let start = capture(range.start).len() as u64;
    for at in range {
        let (record, time) = record(at);
        let client = record.client.map(|client| rows.client(client.as_bytes(), || record.parts()));
        let command = rows.command(record.args[0]);
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
            access: if record.keys.is_empty() { "admin" } else { "read" },
            pattern,
            argc: record.args.len() as u32,
            payload_bytes: record.payload(),
            in_script: record.client == Some("lua"),
            dangerous: record.is_dangerous(),
            exact: true,
        });
        offset += record.line(time).len() as u64;
    }
    rows.shift(start);
    rows
}

/// A directory for one test: below `REDTRAIL_PARQUET_OUT` and kept, or else gone with this value.
struct Dir(PathBuf, bool);

impl Dir {
    fn new(name: &str) -> Self {
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

fn read(path: &Path) -> DataFrame {
    ParquetReader::new(File::open(path).unwrap()).finish().unwrap()
}

fn list(frame: &DataFrame, column: &str, row: usize) -> Vec<Vec<u8>> {
    let items = frame.column(column).unwrap().list().unwrap().get_as_series(row).unwrap();
    items.binary().unwrap().iter().map(|item| item.unwrap().to_vec()).collect()
}

/// The columns of a row that are neither lists nor times, as one line.
fn shown(frame: &DataFrame, row: usize) -> String {
    let value = |name: &&str| match frame.column(name).unwrap().get(row).unwrap() {
        AnyValue::String(text) => text.to_string(),
        AnyValue::Null => "-".into(),
        other => other.to_string(),
    };
    ["db", "namespace", "client", "ip", "port", "client_kind", "command", "key"]
        .iter()
        .map(value)
        .collect::<Vec<_>>()
        .join(" | ")
}

#[test]
fn monitor_rows_come_back() {
    let dir = Dir::new("monitor");
    let mut file = MonitorFile::create(&dir.0, true).unwrap();
    for range in [0..7, 7..7, 7..10] {
        let batch = file.encode(rows(range, true)).unwrap();
        file.append(&batch).unwrap();
    }
    let path = dir.0.join("monitor.parquet");
    assert!(!path.exists(), "an unfinished file must not have its name");
    assert_eq!(file.finish().unwrap(), 10);

    let groups = ParquetReader::new(File::open(&path).unwrap()).get_metadata().unwrap().row_groups.len();
    assert_eq!(groups, 2);
    let frame = read(&path);
    assert_eq!(frame.height(), 10);
    let capture = capture(10);
    for row in 0..10 {
        let (record, time) = record(row);
        assert_eq!(list(&frame, "keys", row), record.keys(), "keys of row {row}");
        assert_eq!(list(&frame, "args", row), record.args, "args of row {row}");
        assert_eq!(frame.column("time").unwrap().datetime().unwrap().physical().get(row), Some(time));
        let offset = frame.column("byte_offset").unwrap().i64().unwrap().get(row).unwrap() as usize;
        assert!(capture[offset..].starts_with(&record.line(time)), "offset of row {row}");
    }
    for (row, expected) in [
        "0 | - | 10.0.0.7:6001 | 10.0.0.7 | 6001 | tcp | SET | user:7",
        "15 | - | 10.0.0.7:6001 | 10.0.0.7 | 6001 | tcp | GET | a\\x00b",
        "0 | - | unix:/tmp/a b.sock | - | - | unix | MGET | \\xff\\xc3",
        "0 | - | unix:/tmp/a b.sock | - | - | unix | PING | -",
        "0 | - | 10.0.0.7:6001 | 10.0.0.7 | 6001 | tcp | GET | ",
        "- | ns\\xfe | 10.0.0.7:6001 | 10.0.0.7 | 6001 | tcp | MSET | k1",
        "0 | - | - | - | - | unknown | DEL | user:7",
        "4294967295 | - | lua | - | - | lua | SET | a long key, longer than any view holds inline",
        "0 | - |  | - | - | internal | FLUSHALL | -",
        "0 | - | [::1]:50000 | ::1 | 50000 | tcp | GET | __:x\\n1795172219.0 [0 lua] \\\"GET\\\"",
    ]
    .iter()
    .enumerate()
    {
        assert_eq!(shown(&frame, row), *expected);
    }
}

#[test]
fn bytes_do_not_depend_on_threads_or_blocks() {
    let write = |name: &str, threads: bool, blocks: &[usize]| {
        let dir = Dir::new(name);
        let mut file = MonitorFile::create(&dir.0, false).unwrap();
        let batches: Vec<MonitorRows> = [0..5000, 5000..9000]
            .map(|range| {
                let mut all = rows(range.start..range.start, false);
                let cuts: Vec<usize> = [range.start]
                    .into_iter()
                    .chain(blocks.iter().map(|b| range.start + b))
                    .chain([range.end])
                    .collect();
                cuts.windows(2).for_each(|cut| all.append(&rows(cut[0]..cut[1], false)));
                all
            })
            .into();
        let encoded: Vec<Encoded> = if threads {
            std::thread::scope(|scope| {
                let file = &file;
                let work: Vec<_> =
                    batches.into_iter().map(|rows| scope.spawn(move || file.encode(rows).unwrap())).collect();
                work.into_iter().map(|work| work.join().unwrap()).collect()
            })
        } else {
            batches.into_iter().map(|rows| file.encode(rows).unwrap()).collect()
        };
        encoded.iter().for_each(|batch| file.append(batch).unwrap());
        file.finish().unwrap();
        fs::read(dir.0.join("monitor.parquet")).unwrap()
    };
    let one = write("one-thread", false, &[]);
    assert!(one == write("threads", true, &[]), "threads");
    assert!(one == write("blocks", false, &[1, 17, 3000]), "blocks");
}

#[test]
fn a_batch_without_rows_makes_a_table_without_rows() {
    let dir = Dir::new("no-rows");
    let file = MonitorFile::create(&dir.0, false).unwrap();
    assert_eq!(file.finish().unwrap(), 0);
    let frame = read(&dir.0.join("monitor.parquet"));
    assert_eq!((frame.height(), frame.width()), (0, 19));
}

/// Nulls of each column by the footer's word, over all row groups.
fn nulls_noted(path: &Path) -> BTreeMap<String, i64> {
    let mut reader = ParquetReader::new(File::open(path).unwrap());
    let footer = reader.get_metadata().unwrap();
    let mut nulls = BTreeMap::new();
    for column in footer.row_groups.iter().flat_map(|group| group.parquet_columns()) {
        let name = column.descriptor().path_in_schema[0].to_string();
        let statistics = column.statistics(&footer.footer_buf).unwrap().unwrap();
        *nulls.entry(name).or_default() += statistics.null_count().unwrap();
    }
    nulls
}

#[test]
fn nulls_are_noted_once() {
    // More rows than a page of polars' default size holds.
    let count = 230_000;
    let dir = Dir::new("nulls");
    let mut file = MonitorFile::create(&dir.0, false).unwrap();
    let batch = file.encode(rows(0..count, false)).unwrap();
    file.append(&batch).unwrap();
    file.finish().unwrap();

    let mut report = report(10);
    let row = report.clients.rows[0].clone();
    report.clients.rows = (0..count)
        .map(|at| ClientRow { port: (at % 2 == 0).then_some(1), commands: Vec::new(), ..row.clone() })
        .collect();
    write_report(&report, &dir.0).unwrap();
    for table in ["monitor", "clients"] {
        let path = dir.0.join(format!("{table}.parquet"));
        let frame = read(&path);
        for (name, nulls) in nulls_noted(&path) {
            assert_eq!(nulls as usize, frame.column(&name).unwrap().null_count(), "{table}.{name}");
        }
    }
}

/// What the statistics would say of the first `count` records.
fn report(count: usize) -> Report {
    let records: Vec<(&Record, i64)> = (0..count).map(record).collect();
    let total = count as u64;
    let share = |calls: u64, of: u64| if of == 0 { 0.0 } else { calls as f64 / of as f64 };
    let first = records.first().map(|(_, time)| Time(*time));
    let last = records.last().map(|(_, time)| Time(*time));
    let count_by = |name: &dyn Fn(&Record) -> Vec<u8>| {
        let mut calls = BTreeMap::<Vec<u8>, u64>::new();
        records.iter().for_each(|(record, _)| *calls.entry(name(record)).or_default() += 1);
        calls.into_iter().map(|(name, calls)| (Bytes(name), calls)).collect::<Vec<_>>()
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
            CommandCalls { command: Bytes(b"ANY".into()), calls: calls - 1 },
            CommandCalls { command: Bytes(b"OTHER".into()), calls: 1 },
        ],
        address: client.clone(),
        client,
        kind: "tcp",
        port: (calls > 1).then_some(6001),
        name: None,
        user: (calls > 1).then(|| Bytes(b"default".into())),
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
        pattern: Bytes(b"pattern:*".into()),
        calls,
        share: share(calls, key_total),
        clients: 1,
        count_is_exact: true,
    };
    let samples: Vec<Bytes> = records.iter().flat_map(|(record, _)| record.keys()).map(Bytes).collect();
    Report {
        schema: "redtrail-report/1",
        generator: Generator { name: "redtrail", version: "0" },
        inputs: (count > 0)
            .then(|| InputRow {
                path: Bytes(b"capture.txt".into()),
                kind: "monitor",
                dialect: "redis-cli",
                reason: "a test".into(),
                compression: "",
                bytes: capture.len() as u64,
                records: total,
                inexact: 0,
                rejected: 0,
                noise: 0,
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
                    pattern: Bytes(b"pattern:*".into()),
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
                })
                .into_iter()
                .collect(),
            other: Some(Other { rows: None, calls: 5 }),
        },
        hot_keys: Rows { rows: samples.into_iter().map(|key| hot((key, 1))).collect() },
        dangerous: Table {
            total: dangerous.len() as u64,
            rows: dangerous
                .iter()
                .map(|(_, time)| DangerousRow {
                    command: Bytes(b"FLUSHALL".into()),
                    calls: 1,
                    share: 1.0,
                    why: "removes every key",
                    clients: vec![ClientCalls { client: Bytes::default(), name: None, calls: 1 }],
                    first: Time(*time),
                    last: Time(*time),
                    examples: vec![Example {
                        path: Bytes(b"capture.txt".into()),
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
                .then(|| DatabaseRow { db: Bytes(b"0".into()), calls: total, share: 1.0 })
                .into_iter()
                .collect(),
        },
        timeline: Timeline {
            bucket_seconds: 1,
            rows: first
                .map(|time| TimelineRow { time, calls: total, reads: 1, writes: 0, dangerous: 0 })
                .into_iter()
                .collect(),
        },
        rejects: Rejects { total: 0, samples: Vec::new() },
        bounds: Vec::new(),
    }
}

#[test]
fn report_tables_come_back() {
    for (count, name) in [(10, "report"), (0, "report-empty")] {
        let dir = Dir::new(name);
        let report = report(count);
        write_report(&report, &dir.0).unwrap();
        let frame = |table: &str| read(&dir.0.join(format!("{table}.parquet")));
        let sum =
            |table: &str| frame(table).column("calls").unwrap().i64().unwrap().iter().flatten().sum::<i64>();
        for (table, rows, columns) in [
            ("inputs", report.inputs.len(), 20),
            ("commands", report.commands.rows.len(), 11),
            ("clients", report.clients.rows.len(), 13),
            ("client_commands", 2 * report.clients.rows.len(), 3),
            ("client_groups", report.client_groups.rows.len(), 5),
            ("key_patterns", report.key_patterns.rows.len(), 13),
            ("hot_keys", report.hot_keys.rows.len(), 7),
            ("dangerous", report.dangerous.rows.len(), 6),
            ("dangerous_clients", report.dangerous.rows.len(), 4),
            ("dangerous_examples", report.dangerous.rows.len(), 6),
            ("databases", report.databases.rows.len(), 3),
            ("timeline", report.timeline.rows.len(), 6),
            ("rejects", 0, 5),
        ] {
            let frame = frame(table);
            assert_eq!((frame.height(), frame.width()), (rows, columns), "{table} of {count} records");
        }
        for table in ["commands", "clients", "client_commands", "client_groups", "databases", "timeline"] {
            assert_eq!(sum(table), count as i64, "{table} of {count} records");
        }
        if count > 0 {
            let keys: Vec<Vec<u8>> = (0..count).flat_map(|at| record(at).0.keys()).collect();
            assert_eq!(list(&frame("key_patterns"), "samples", 0), keys);
            let hot = frame("hot_keys");
            let bytes: Vec<_> = hot.column("key_bytes").unwrap().binary().unwrap().iter().flatten().collect();
            assert_eq!(bytes, keys);
            // A count that Parquet's signed integers cannot hold.
            assert_eq!(
                frame("commands").column("payload_bytes").unwrap().i64().unwrap().get(0),
                Some(i64::MAX)
            );
        }
        if dir.1 {
            let out = dir.0.with_file_name(format!("{name}.json"));
            fs::write(out, serde_json::to_vec(&report).unwrap()).unwrap();
            fs::write(dir.0.with_file_name("capture.txt"), capture(10)).unwrap();
        }
    }
}
