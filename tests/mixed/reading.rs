//! However such a file is stored and whatever is made of it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use polars::prelude::{ParquetReader, SerReader};
use serde_json::Value;

use super::binary::run;
use super::{case, counts, kinds};

/// Several kinds, one of them twice, in other forms than redis-cli's plainest too.
const PIECES: [&str; 6] = [
    "info-r-7.4.1.txt",
    "clientlist-r-7.4.1.txt",
    "slowlog-r-7.4.1-raw.txt",
    "monitor-7.4-raw.txt",
    "events-r-7.4.1-csv.txt",
    "clientlist-r-6.0.20.txt",
];

fn content() -> Vec<u8> {
    PIECES.iter().flat_map(|name| case(name)).collect()
}

fn packed(how: &str, content: &[u8]) -> Vec<u8> {
    match how {
        "gzip" => {
            let mut to = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            to.write_all(content).unwrap();
            to.finish().unwrap()
        }
        "zstd" => zstd::encode_all(content, 1).unwrap(),
        _ => content.to_vec(),
    }
}

/// Rows of each table.
fn rows(dir: &Path) -> BTreeMap<String, usize> {
    let tables = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    tables
        .map(|path| {
            let frame = ParquetReader::new(File::open(&path).unwrap()).finish().unwrap();
            (path.file_stem().unwrap().to_str().unwrap().to_owned(), frame.height())
        })
        .collect()
}

/// The bytes of each file.
fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap());
    files.map(|file| (file.file_name().into_string().unwrap(), fs::read(file.path()).unwrap())).collect()
}

#[test]
fn streams_and_archives_read_as_files() {
    let dir = tempfile::tempdir().unwrap();
    let content = content();
    let path = dir.path().join("all.txt");
    let shown = path.to_str().unwrap();
    fs::write(&path, &content).unwrap();
    let plain = run(&["analyze", "--to", "json", shown], b"").stdout;
    let report: Value = serde_json::from_str(&plain).unwrap();
    assert_eq!(kinds(&report), ["info", "client-list", "slowlog", "monitor", "keyspace-events"]);
    let reason = report["inputs"][1]["reason"].as_str().unwrap();
    assert!(reason.ends_with("; 2 stretches of a file of several kinds"), "{reason}");
    for how in ["", "gzip", "zstd"] {
        let packed = packed(how, &content);
        fs::write(&path, &packed).unwrap();
        let file = run(&["analyze", "--to", "json", shown], b"").stdout;
        let compression = format!("\"compression\": \"{how}\"");
        assert!(file.contains(&compression), "{how}");
        let stream = run(&["analyze", "--to", "json", "-"], &packed).stdout;
        assert_eq!(file.replace(&compression, "\"compression\": \"\""), plain, "{how}");
        let named =
            stream.replace(&compression, "\"compression\": \"\"").replace("\"-\"", &format!("\"{shown}\""));
        // A stream has no time of its own; nothing else is different.
        let (named, plain): (Value, Value) =
            (serde_json::from_str(&named).unwrap(), serde_json::from_str(&plain).unwrap());
        assert_eq!(named["inputs"], plain["inputs"], "{how}");
        assert_eq!(named["commands"], plain["commands"], "{how}");
        assert_eq!(named["slowlog"], plain["slowlog"], "{how}");
    }
}

#[test]
fn convert_gives_the_rows_of_each_kind() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("all.txt");
    fs::write(&path, content()).unwrap();
    let apart = dir.path().join("apart");
    fs::create_dir(&apart).unwrap();
    for (at, name) in PIECES.iter().enumerate() {
        fs::write(apart.join(format!("{at}-{name}")), case(name)).unwrap();
    }
    let convert = |from: &Path, to: &str, options: &[&str]| {
        let out = dir.path().join(to);
        let args = ["convert", "-q", from.to_str().unwrap(), "-o", out.to_str().unwrap()];
        assert_eq!(run(&[&args[..], options].concat(), b"").status, 0);
        out
    };
    let mixed = convert(&path, "mixed", &[]);
    assert_eq!(rows(&mixed), rows(&convert(&apart, "separate", &[])));
    assert_eq!(rows(&mixed).len(), 5);
    for threads in ["1", "2", "3", "7"] {
        assert!(files(&convert(&path, threads, &["-j", threads])) == files(&mixed), "{threads} threads");
    }
    // Offsets are those of the file.
    let content = content();
    let monitor = File::open(mixed.join("monitor.parquet")).unwrap();
    let frame = ParquetReader::new(monitor).finish().unwrap();
    let offsets = frame.column("byte_offset").unwrap().i64().unwrap();
    for offset in offsets.iter().flatten() {
        assert!(content[usize::try_from(offset).unwrap()..].starts_with(b"17951732"), "{offset}");
    }
    // Each list of clients is a snapshot of its own.
    let clients = ParquetReader::new(File::open(mixed.join("clients.parquet")).unwrap()).finish().unwrap();
    assert_eq!(clients.column("snapshot_number").unwrap().n_unique().unwrap(), 2);
}

#[test]
fn a_forced_kind_reads_the_whole_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("all.txt");
    fs::write(&path, content()).unwrap();
    let ran = run(
        &["analyze", "--to", "json", "--max-rejects", "100%", "--kind", "info", path.to_str().unwrap()],
        b"",
    );
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert_eq!(kinds(&report), ["info"]);
    assert_eq!(counts(&report)["info"][0], 1);
}
