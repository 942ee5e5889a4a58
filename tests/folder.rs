//! A folder as people save one: captures of every kind, plain and compressed, among other files. One
//! report holds them all, and says of each file what it was taken for.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that finds something amiss fails"
)]

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

const MONITOR: &str = "OK
1718720297.795951 [0 127.0.0.1:33476] \"SET\" \"user:7\" \"v\" \"EX\" \"60\"
1718720298.000001 [0 127.0.0.1:33476] \"GET\" \"user:7\"
";

const CLIENTS: &str = "1718720297
id=10 addr=127.0.0.1:48282 laddr=127.0.0.1:18513 fd=19 name=web age=2 idle=2 flags=N db=0 sub=0 psub=0 ssub=0 multi=-1 watch=0 qbuf=0 qbuf-free=20 argv-mem=0 multi-mem=0 rbs=1032 rbp=0 obl=0 oll=0 omem=0 tot-mem=1848 events=r cmd=NULL user=default redir=-1 resp=2 lib-name= lib-ver=
id=11 addr=[::1]:34146 laddr=[::1]:18513 fd=20 name= age=2 idle=0 flags=N db=0 sub=0 psub=0 ssub=0 multi=-1 watch=0 qbuf=0 qbuf-free=16386 argv-mem=0 multi-mem=0 rbs=1032 rbp=0 obl=0 oll=0 omem=0 tot-mem=18216 events=r cmd=client|list user=default redir=-1 resp=2 lib-name= lib-ver=
";

const SLOWLOG: &str = "1) 1) (integer) 8
   2) (integer) 1718720297
   3) (integer) 75
   4) 1) \"EVAL\"
      2) \"return 1\"
      3) \"0\"
   5) \"127.0.0.1:38562\"
   6) \"my-app\"
2) 1) (integer) 7
   2) (integer) 1718720296
   3) (integer) 12005
   4) 1) \"KEYS\"
      2) \"user:*\"
   5) \"127.0.0.1:38562\"
   6) \"my-app\"
";

const EVENTS: &str = r#""psubscribe","__key*__:*",1
"pmessage","__key*__:*","__keyspace@0__:user:1","set"
"pmessage","__key*__:*","__keyevent@0__:set","user:1"
"pmessage","__key*__:*","__keyspace@0__:user:1","expire"
"pmessage","__key*__:*","__keyevent@0__:expire","user:1"
"#;

const INFO: &str = "# Server\r\nredis_version:7.4.1\r\nrun_id:aa\r\ntcp_port:6379\r\nserver_time_usec:1718720297000000\r\n\r\n\
    # Memory\r\nused_memory:1538\r\n";

/// The first bytes of a picture.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89";

/// Name, content, kind and records of each capture.
const CAPTURES: [(&str, &str, &str, u64); 5] = [
    ("clients.txt", CLIENTS, "client-list", 2),
    ("events.csv", EVENTS, "keyspace-events", 4),
    ("info.txt", INFO, "info", 1),
    ("monitor.log", MONITOR, "monitor", 2),
    ("slowlog.txt", SLOWLOG, "slowlog", 2),
];

fn pack(how: &str, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    match how {
        "gzip" => {
            flate2::write::GzEncoder::new(&mut out, flate2::Compression::fast()).write_all(bytes).unwrap()
        }
        "zstd" => out = zstd::encode_all(bytes, 1).unwrap(),
        "xz" => liblzma::write::XzEncoder::new(&mut out, 1).write_all(bytes).unwrap(),
        "bzip2" => {
            bzip2::write::BzEncoder::new(&mut out, bzip2::Compression::fast()).write_all(bytes).unwrap()
        }
        _ => out = bytes.to_vec(),
    }
    out
}

fn run(args: &[&str], stdin: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_redtrail"))
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // What is given fits the pipe; who reads no standard input closes it.
    let _ = child.stdin.take().unwrap().write_all(stdin);
    child.wait_with_output().unwrap()
}

fn report(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Writes the captures, a picture and an empty file below `dir`, the captures stored as `how` says.
fn fill(dir: &Path, how: &[&'static str; 5]) {
    fs::create_dir_all(dir.join("saved/deep")).unwrap();
    for ((name, content, ..), how) in CAPTURES.iter().zip(how) {
        // Names tell nothing: compression is told by content.
        fs::write(dir.join("saved").join(name), pack(how, content.as_bytes())).unwrap();
    }
    fs::write(dir.join("saved/deep/picture.png"), PNG).unwrap();
    fs::write(dir.join("empty.log"), "").unwrap();
}

fn check(report: &Value, dir: &Path, how: &[&str; 5]) {
    let path = |name: &str| dir.join(name).to_str().unwrap().to_owned();
    let mut expected: Vec<_> = CAPTURES
        .iter()
        .zip(how)
        .map(|((name, content, kind, records), how)| {
            (path(&format!("saved/{name}")), *kind, *how, content.len(), *records)
        })
        .collect();
    expected.push((path("saved/deep/picture.png"), "unknown", "", PNG.len(), 0));
    expected.push((path("empty.log"), "empty", "", 0, 0));
    expected.sort();
    let inputs = report["inputs"].as_array().unwrap();
    assert_eq!(inputs.len(), expected.len(), "{inputs:#?}");
    let mut sum = 0;
    for (input, (path, kind, compression, bytes, records)) in inputs.iter().zip(expected) {
        assert_eq!(input["path"], path);
        assert_eq!(input["kind"], kind, "{path}");
        assert_eq!(input["compression"], compression, "{path}");
        assert_eq!(input["bytes"], bytes, "{path}");
        assert_eq!(input["records"], records, "{path}: {input:#}");
        assert_eq!(input["rejected"], 0, "{path}");
        assert_eq!(input["truncated"], 0, "{path}");
        assert_ne!(input["reason"], "", "{path}");
        let accounted = input["accounted"].as_object().unwrap().values().map(|bytes| bytes.as_u64().unwrap());
        assert_eq!(accounted.sum::<u64>(), bytes as u64, "{path}: every byte became something");
        let read = !matches!(kind, "unknown" | "empty");
        assert_eq!(input["dialect"] != "", read, "{path}");
        sum += records;
    }
    assert_eq!(report["totals"]["records"], sum);
    assert_eq!(report["commands"]["total"], 2);
    assert_eq!(report["connections"]["snapshots"].as_array().unwrap().len(), 1);
    assert_eq!(report["connections"]["snapshots"][0]["total"], 2);
    assert_eq!(report["slowlog"]["total"], 2);
    assert_eq!(report["slowlog"]["duplicates"], 0);
    assert_eq!(report["keyspace_events"]["messages"], 4);
    assert_eq!(report["keyspace_events"]["total"], 2, "a change seen on both channels is one");
    assert_eq!(report["info"]["snapshots"].as_array().unwrap().len(), 1);
    assert_eq!(report["info"]["snapshots"][0]["memory"]["used"], 1538);
}

#[test]
fn a_folder_is_one_report() {
    for how in [
        ["", "", "", "", ""],
        ["gzip", "zstd", "xz", "bzip2", ""],
        ["zstd", "xz", "bzip2", "", "gzip"],
        ["xz", "bzip2", "", "gzip", "zstd"],
        ["bzip2", "", "gzip", "zstd", "xz"],
    ] {
        let dir = tempfile::tempdir().unwrap();
        fill(dir.path(), &how);
        let folder = dir.path().to_str().unwrap();
        let output = run(&["analyze", "--to", "json", folder], b"");
        check(&report(&output), dir.path(), &how);
        assert_eq!(output.status.code(), Some(0));
        let told = String::from_utf8(output.stderr).unwrap();
        let lines: Vec<_> = told.lines().collect();
        assert_eq!(lines.len(), 2, "{told}");
        assert!(lines[0].contains("empty.log: not read: empty"), "{told}");
        assert!(lines[1].contains("picture.png: not read: unknown"), "{told}");
    }
}

#[test]
fn the_page_names_every_file() {
    let dir = tempfile::tempdir().unwrap();
    fill(dir.path(), &["", "zstd", "", "gzip", ""]);
    let output = run(&["analyze", dir.path().to_str().unwrap()], b"");
    let page = String::from_utf8(output.stdout).unwrap();
    for (name, words) in [
        ("clients.txt", "CLIENT LIST, "),
        ("events.csv", "KEYSPACE EVENTS, "),
        ("info.txt", "INFO, "),
        ("monitor.log", "MONITOR, "),
        ("slowlog.txt", "SLOWLOG, "),
        ("picture.png", "unknown"),
        ("empty.log", "empty"),
    ] {
        let (_, behind) = page.split_once(name).unwrap_or_else(|| panic!("{name}: {page}"));
        let row = behind.lines().take(2).collect::<Vec<_>>().join("\n");
        assert!(row.contains(words) && !row.contains(", not read"), "{name}: {page}");
    }
}

#[test]
fn convert_gives_a_table_for_each_kind() {
    let dir = tempfile::tempdir().unwrap();
    fill(dir.path(), &["zstd", "", "xz", "", "gzip"]);
    let out = dir.path().join("tables");
    let output =
        run(&["convert", dir.path().join("saved").to_str().unwrap(), "-o", out.to_str().unwrap()], b"");
    assert_eq!(output.status.code(), Some(0));
    let mut tables: Vec<_> =
        fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    tables.sort();
    let expected = ["clients", "events", "info", "monitor", "slowlog"].map(|name| format!("{name}.parquet"));
    assert_eq!(tables, expected);
}

#[test]
fn standard_input_can_be_of_any_kind() {
    for (name, content, kind, records) in CAPTURES {
        for how in ["", "gzip", "zstd", "xz", "bzip2"] {
            let output = run(&["analyze", "--to", "json", "-"], &pack(how, content.as_bytes()));
            let report = report(&output);
            let input = &report["inputs"][0];
            assert_eq!(report["inputs"].as_array().unwrap().len(), 1);
            assert_eq!(input["path"], "-");
            assert_eq!(input["kind"], kind, "{name}");
            assert_eq!(input["compression"], how, "{name}");
            assert_eq!(input["records"], records, "{name}");
            assert_eq!(output.status.code(), Some(0), "{name}");
        }
        let forced = run(&["analyze", "--to", "json", "--kind", kind, "-"], content.as_bytes());
        let report = report(&forced);
        assert_eq!(report["inputs"][0]["kind"], kind);
        assert_eq!(report["inputs"][0]["records"], records, "{name}");
        assert!(report["inputs"][0]["reason"].as_str().unwrap().contains("--kind"), "{name}");
    }
    let nothing = run(&["analyze", "--to", "json", "-"], b"");
    assert_eq!(report(&nothing)["inputs"][0]["kind"], "empty");
    assert_eq!(nothing.status.code(), Some(3));
}
