//! Laws: how a capture is stored, cut and divided never changes what is found in it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that finds something amiss fails")]

#[path = "common/encode.rs"]
mod encode;
#[path = "common/fixture.rs"]
mod fixture;
#[path = "common/index.rs"]
mod index;
#[path = "common/record.rs"]
mod record;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use encode::{Line, WRAPPERS, Wrapper};
use proptest::prelude::*;
use redtrail::format::monitor::line;
use redtrail::format::{Format, monitor::Monitor};
use redtrail::options::{Analysis, Reading};
use redtrail::output::{Render, json::Json};
use redtrail::pattern::Rules;
use redtrail::report::Bytes;
use redtrail::statistic::observer::Observer;
use redtrail::statistic::partial::Partial;
use serde_json::Value;

/// The bytes of `report.json`.
fn json(paths: &[PathBuf], threads: usize, block_bytes: usize) -> String {
    let reading = Reading { threads, block_bytes, ..Reading::default() };
    let outcome = redtrail::analyze(paths, &Analysis { reading, ..Analysis::default() }).unwrap();
    let mut out = Vec::new();
    Json.render(&outcome.report, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn default_json(path: &Path) -> String {
    json(&[path.to_path_buf()], 1, Reading::default().block_bytes)
}

/// Panics where two long texts differ, and shows where.
fn same(one: &str, other: &str, what: &str) {
    let differ = one.lines().zip(other.lines()).find(|(a, b)| a != b);
    assert!(one == other, "{what}: {differ:?}");
}

/// The first `most` bytes of a fixture as a file of their own, up to the end of a line.
fn head_of(file: &str, most: usize) -> tempfile::NamedTempFile {
    let content = fixture::content(file);
    let end = content[..most].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
    let head = tempfile::NamedTempFile::new().unwrap();
    fs::write(head.path(), &content[..end]).unwrap();
    head
}

#[test]
fn threads_and_blocks_do_not_change_a_byte() {
    for (file, entry) in index::files("") {
        let path = fixture::path(&file);
        let expected = default_json(&path);
        let small = entry["bytes"].as_u64().unwrap() < 100_000;
        let ways: &[(usize, usize)] = if small {
            &[
                (1, 64),
                (2, 64),
                (3, 64),
                (7, 64),
                (1, 1000),
                (3, 1000),
                (2, 4096),
                (7, 65_536),
                (7, 2 << 20),
                (1, 1),
            ]
        } else {
            &[(3, 65_536), (7, 2 << 20)]
        };
        for (threads, block) in ways {
            let report = json(std::slice::from_ref(&path), *threads, *block);
            same(&report, &expected, &format!("{file} by {threads} threads in blocks of {block}"));
        }
    }
    for (file, _) in index::files("captures") {
        let head = head_of(&file, 400_000);
        let expected = default_json(head.path());
        for (threads, block) in [(2, 1000), (3, 4096), (1, 64)] {
            let report = json(&[head.path().to_path_buf()], threads, block);
            same(&report, &expected, &format!("head of {file} by {threads} threads in blocks of {block}"));
        }
    }
    let all = [fixture::path("")];
    same(&json(&all, 2, 2 << 20), &json(&all, 7, 2 << 20), "all fixtures at once");
}

#[test]
fn any_size_of_blocks_gives_the_same_report() {
    // Starts, gaps, rejects, noise and text, so that borders fall between any two of them.
    let mut contents = vec![
        b"OK\n\nOK\n1795173275.1 [0 a:1] \"KEYS\" \"*\"\n1795173275.2 [0 a:1] \"GET\" \"cut\n\n\nOK\n\
          1795173275.3 [0 lua] \"GET\" \"k\"\n1795173275.4 [0 a:1] \"EVAL\" \"s\" \"0\"\nnote\n\
          1795173275.5 [0 lua] \"KEYS\" \"*\"\nOK\nOK\n1795173275.6 [0 lua] \"GET\" \"k\"\n\"GET\" \"x\"\n"
            .repeat(3),
    ];
    contents.extend(index::files("cases/").iter().map(|(file, _)| fixture::content(file)));
    let file = tempfile::NamedTempFile::new().unwrap();
    for content in contents {
        fs::write(file.path(), &content).unwrap();
        let expected = default_json(file.path());
        for block in (1..content.len()).step_by(9) {
            same(&json(&[file.path().to_path_buf()], 1, block), &expected, &format!("blocks of {block}"));
        }
    }
}

#[test]
fn lines_read_by_position_are_read_as_the_grammar_reads_them() {
    let (mut spans, mut strict) = (Vec::new(), Vec::new());
    let mut lines = 0;
    for (file, _) in index::files("") {
        for line in fixture::content(&file).split(|byte| *byte == b'\n') {
            let read = line::record(line, &mut spans);
            assert_eq!(read, line::strict(line, &mut strict), "{file}: {}", line.escape_ascii());
            if read.is_ok() {
                assert_eq!(spans, strict, "{file}: {}", line.escape_ascii());
                lines += 1;
            }
        }
    }
    assert!(lines > 150_000, "{lines}");
}

#[test]
fn every_byte_is_accounted_for() {
    let report: Value = serde_json::from_str(&json(&[fixture::path("")], 0, 2 << 20)).unwrap();
    let inputs = report["inputs"].as_array().unwrap();
    assert!(inputs.len() > 30);
    let mut bytes = 0;
    for input in inputs {
        let accounted = input["accounted"].as_object().unwrap().values();
        let sum: u64 = accounted.map(|count| count.as_u64().unwrap()).sum();
        assert_eq!(sum, input["bytes"].as_u64().unwrap(), "{}", input["path"]);
        bytes += sum;
    }
    assert_eq!(report["totals"]["bytes"], bytes);
}

/// A report without what tells how its input was stored.
fn unstored(report: &str) -> Value {
    fn forget(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                fields.retain(|name, _| name != "path" && name != "compression");
                fields.values_mut().for_each(forget);
            }
            Value::Array(values) => values.iter_mut().for_each(forget),
            _ => {}
        }
    }
    let mut value = serde_json::from_str(report).unwrap();
    forget(&mut value);
    value
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

fn tar(bytes: &[u8]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes.len() as u64);
    header.set_mode(0o644);
    archive.append_data(&mut header, "saved/monitor.log", bytes).unwrap();
    archive.into_inner().unwrap()
}

/// A way to store a capture, by its name.
type Store = (&'static str, fn(&[u8]) -> Vec<u8>);

const STORES: [Store; 8] = [
    ("plain", <[u8]>::to_vec),
    ("gzip", gzip),
    ("two gzip members", |bytes| {
        let (a, b) = bytes.split_at(bytes.len() / 3);
        [gzip(a), gzip(b)].concat()
    }),
    ("zstd", |bytes| zstd::encode_all(bytes, 1).unwrap()),
    ("xz", |bytes| {
        let mut out = liblzma::write::XzEncoder::new(Vec::new(), 1);
        out.write_all(bytes).unwrap();
        out.finish().unwrap()
    }),
    ("bzip2", |bytes| {
        let mut out = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
        out.write_all(bytes).unwrap();
        out.finish().unwrap()
    }),
    ("tar", tar),
    ("tar in gzip", |bytes| gzip(&tar(bytes))),
];

#[test]
fn storage_does_not_change_the_report() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("stored");
    let head = fs::read(head_of("captures/redis-6.2.14.log.xz", 300_000).path()).unwrap();
    let mut contents = vec![head];
    for name in ["cases/monitor-7.4-raw.txt", "cases/monitor-truncated.txt", "cases/monitor-prefixed.txt"] {
        contents.push(fixture::content(name));
    }
    for content in contents {
        fs::write(&path, &content).unwrap();
        let plain = unstored(&default_json(&path));
        for (name, store) in STORES {
            let stored = store(&content);
            fs::write(&path, &stored).unwrap();
            assert_eq!(unstored(&default_json(&path)), plain, "{name}");
            assert_eq!(unstored(&through_stdin(&stored)), plain, "{name} through standard input");
        }
    }
}

fn through_stdin(bytes: &[u8]) -> String {
    let mut child = Command::new(env!("CARGO_BIN_EXE_redtrail"))
        .args(["analyze", "--to", "json", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let bytes = bytes.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&bytes).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

/// The part of a stretch of a capture that begins `start` bytes into it.
fn part(stretch: &[u8], start: usize) -> Partial {
    let rules = Rules::default();
    let mut observer = Observer::new(0, stretch, &rules);
    Monitor::default().scan(stretch, start as u64, &mut observer);
    let lines = stretch.iter().filter(|byte| **byte == b'\n').count();
    observer.finish(lines as u64)
}

/// What stands before the first part of a run.
fn beginning() -> Partial {
    let mut partial = Partial::default();
    partial.end_input();
    partial
}

fn merged(mut one: Partial, later: Partial) -> Partial {
    one.merge(later, &Rules::default());
    one
}

fn finished(mut partial: Partial) -> Value {
    let summary = partial.finish(&Rules::default(), &[Bytes::from(&b"capture"[..])], None, None);
    let accounts: Vec<_> = partial.accounts.iter().map(|account| format!("{account:?}")).collect();
    serde_json::json!([
        summary.commands,
        summary.clients,
        summary.client_groups,
        summary.key_patterns,
        summary.hot_keys,
        summary.dangerous,
        summary.databases,
        summary.timeline,
        summary.bounds,
        format!("{:?}", summary.conduct),
        accounts,
    ])
}

/// Numbers that look random and are the same in every run (Marsaglia's xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }
}

#[test]
fn parts_merge_to_the_whole_in_any_grouping() {
    let mut random = Random(0x5eed);
    let mut contents = vec![fixture::content("cases/monitor-7.4-raw.txt")];
    for (file, _) in index::files("captures") {
        contents.push(fs::read(head_of(&file, 250_000).path()).unwrap());
    }
    for content in contents {
        let ends: Vec<usize> = memchr::memchr_iter(b'\n', &content).map(|at| at + 1).collect();
        let whole = finished(merged(beginning(), part(&content, 0)));
        assert_eq!(finished(merged(beginning(), merged(part(&content, 0), Partial::default()))), whole);
        assert_eq!(finished(merged(beginning(), merged(Partial::default(), part(&content, 0)))), whole);
        for _ in 0..6 {
            let mut cuts = [0; 3].map(|_| ends[random.below(ends.len())]);
            cuts.sort_unstable();
            let [first, second, third] = cuts;
            let a = part(&content[..first], 0);
            let b = part(&content[first..second], first);
            let c = part(&content[second..third], second);
            let d = part(&content[third..], third);
            let clones = (a.clone(), b.clone(), c.clone(), d.clone());
            let from_left = merged(merged(merged(merged(beginning(), a), b), c), d);
            let (a, b, c, d) = clones;
            let from_right = merged(beginning(), merged(a, merged(b, merged(c, d))));
            assert_eq!(finished(from_left), whole, "from the left, cut at {cuts:?}");
            assert_eq!(finished(from_right), whole, "from the right, cut at {cuts:?}");
        }
    }
}

/// Bytes that could fool a reader, or any.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let nasty = [
        &b""[..],
        b"\"",
        b"\\",
        b"\\\\\"",
        b"] \"",
        b"\"] \" [0 lua] \"x",
        b"1795172370.976576 [0 127.0.0.1:1] \"FLUSHALL\"",
        b"\n1795172370.976576 [0 127.0.0.1:1] \"FLUSHALL\"\n",
        b"OK\n",
        b"\\x41",
        b"\\n",
        b"{\"log\":\"x\"}",
        b"\x1b[2J\r",
        b"|",
        b"caf\xc3\xa9 \xff\xfe",
    ];
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..40),
        prop::sample::select(nasty.to_vec()).prop_map(<[u8]>::to_vec),
        prop::collection::vec(prop::sample::select(b"\"\\] xn.1[:|\n".to_vec()), 0..12),
    ]
}

fn line() -> impl Strategy<Value = Line> {
    let clients = [
        &b"127.0.0.1:43758"[..],
        b"[::1]:45176",
        b"fd40:1481:21:dbe0:7021:300:a03:1a06:44426",
        b"lua",
        b"",
        b"?:0",
        b"unix:/tmp/a] b.sock",
        b"unix:/tmp/1.5 [0 lua] x",
        b"unix:/tmp/]",
        b"REPLICATION:0",
    ];
    (
        1_000_000_000..9_999_999_999_u64,
        0..1_000_000_u64,
        0..20_000_u32,
        prop::sample::select(clients.to_vec()),
        prop::collection::vec(bytes(), 1..6),
    )
        .prop_map(|(seconds, micros, database, client, args)| Line {
            seconds,
            micros,
            database,
            client: client.to_vec(),
            args,
        })
}

fn capture() -> impl Strategy<Value = Vec<(Line, Wrapper)>> {
    prop::collection::vec((line(), prop::sample::select(WRAPPERS.to_vec())), 1..8)
}

fn written(lines: &[(Line, Wrapper)]) -> Vec<u8> {
    let mut content = b"OK\n".to_vec();
    for (line, wrapper) in lines {
        content.extend(wrapper.wrap(&line.plain()));
    }
    content
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_a_server_writes_is_read_back_through_any_tool(lines in capture()) {
        let mut expected = vec!["noise".to_owned(), "start".to_owned()];
        for (Line { seconds, micros, database, client, args }, _) in &lines {
            let client = if client.is_empty() { "''".to_owned() } else { client.escape_ascii().to_string() };
            let args: Vec<_> = args.iter().map(|arg| record::shown(arg)).collect();
            expected.push(format!("{} {database} {client} = {}", seconds * 1_000_000 + micros, args.join("|")));
        }
        prop_assert_eq!(record::scan(&written(&lines)), expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn blocks_do_not_change_generated_captures(lines in capture()) {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), written(&lines)).unwrap();
        let expected = default_json(file.path());
        for (threads, block) in [(1, 1), (3, 64), (2, 300)] {
            same(&json(&[file.path().to_path_buf()], threads, block), &expected, "generated");
        }
    }
}
