//! A folder as people save one: captures of every kind, plain and compressed, among other files. One
//! report holds them all, and says of each file what it was taken for.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that finds something amiss fails"
)]

#[path = "common/binary.rs"]
mod binary;
#[path = "common/samples.rs"]
mod samples;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use binary::{Ran, run};
use polars::prelude::{ParquetReader, SerReader};
use samples::{CAPTURES, CLIENTS, Capture, PNG, TIMED};
use serde_json::{Value, json};

/// As what a file may be stored.
const STORED: [&str; 5] = ["", "gzip", "zstd", "xz", "bzip2"];

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

fn report(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap()
}

/// Writes the captures, a picture and an empty file below `dir`, the captures stored as `how` says.
fn fill(dir: &Path, how: &[&'static str; 5]) {
    fs::create_dir_all(dir.join("saved/deep")).unwrap();
    for (capture, how) in CAPTURES.iter().zip(how) {
        // Names tell nothing: compression is told by content.
        fs::write(dir.join("saved").join(capture.name), pack(how, capture.content.as_bytes())).unwrap();
    }
    fs::write(dir.join("saved/deep/picture.png"), PNG).unwrap();
    fs::write(dir.join("empty.log"), "").unwrap();
}

fn check(report: &Value, dir: &Path, how: &[&str; 5]) {
    let path = |name: &str| dir.join(name).to_str().unwrap().to_owned();
    let mut expected: Vec<_> = CAPTURES
        .iter()
        .zip(how)
        .map(|(capture, how)| {
            let words = (capture.kind, capture.dialect, capture.reason);
            (path(&format!("saved/{}", capture.name)), words, *how, capture.content.len(), capture.records)
        })
        .collect();
    let picture = ("unknown", "", "none of the known kinds of capture");
    expected.push((path("saved/deep/picture.png"), picture, "", PNG.len(), 0));
    expected.push((path("empty.log"), ("empty", "", "the file is empty"), "", 0, 0));
    expected.sort();
    let inputs = report["inputs"].as_array().unwrap();
    assert_eq!(inputs.len(), expected.len(), "{inputs:#?}");
    let mut sum = 0;
    for (input, (path, (kind, dialect, reason), compression, bytes, records)) in inputs.iter().zip(expected) {
        assert_eq!(input["path"], path);
        assert_eq!(
            (&input["kind"], &input["dialect"], &input["reason"]),
            (&kind.into(), &dialect.into(), &reason.into()),
            "{path}"
        );
        assert_eq!(input["compression"], compression, "{path}");
        assert_eq!(input["bytes"], bytes, "{path}");
        assert_eq!(input["records"], records, "{path}: {input:#}");
        assert_eq!(input["rejected"], 0, "{path}");
        assert_eq!(input["truncated"], 0, "{path}");
        let accounted = input["accounted"].as_object().unwrap().values().map(|bytes| bytes.as_u64().unwrap());
        assert_eq!(accounted.sum::<u64>(), bytes as u64, "{path}: every byte became something");
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
        let ran = run(&["analyze", "--to", "json", folder], b"");
        check(&report(&ran), dir.path(), &how);
        assert_eq!(ran.status, 0);
        let told = &ran.stderr;
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
    let titles = [
        ("client-list", "CLIENT LIST"),
        ("keyspace-events", "KEYSPACE EVENTS"),
        ("info", "INFO"),
        ("monitor", "MONITOR"),
        ("slowlog", "SLOWLOG"),
    ];
    let kinds = CAPTURES.iter().map(|capture| {
        let (_, title) = titles.iter().find(|(kind, _)| *kind == capture.kind).unwrap();
        (capture.name, format!("{title}, {}", capture.dialect), capture.reason)
    });
    let others = [
        ("picture.png", "unknown".to_owned(), "none of the known kinds of capture"),
        ("empty.log", "empty".to_owned(), "the file is empty"),
    ];
    let files: Vec<_> = kinds.chain(others).collect();
    for args in [&["analyze"][..], &["analyze", "-v"]] {
        let page = run(&[args, &[dir.path().to_str().unwrap()]].concat(), b"").stdout;
        for (name, words, reason) in &files {
            let (_, behind) = page.split_once(name).unwrap_or_else(|| panic!("{name}: {page}"));
            let lines: Vec<_> = behind.lines().take(3).map(str::trim).collect();
            let row = lines.join("\n");
            assert!(row.contains(&**words) && !row.contains(", not read"), "{name}: {page}");
            assert!(args.len() == 1 || row.contains(reason), "{name}: {page}");
        }
    }
}

/// Rows of each table below `dir`.
fn rows(dir: &Path) -> BTreeMap<String, usize> {
    let tables = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    tables
        .map(|path| {
            let frame = ParquetReader::new(File::open(&path).unwrap()).finish().unwrap();
            (path.file_name().unwrap().to_str().unwrap().to_owned(), frame.height())
        })
        .collect()
}

#[test]
fn convert_gives_a_table_for_each_kind() {
    let dir = tempfile::tempdir().unwrap();
    fill(dir.path(), &["zstd", "", "xz", "", "gzip"]);
    let out = dir.path().join("tables");
    let ran = run(&["convert", dir.path().join("saved").to_str().unwrap(), "-o", out.to_str().unwrap()], b"");
    assert_eq!(ran.status, 0);
    let expected = CAPTURES.map(|capture| (format!("{}.parquet", capture.table.0), capture.table.1));
    assert_eq!(rows(&out), BTreeMap::from(expected));
    assert!(ran.stderr.contains("picture.png: not read: unknown"), "{}", ran.stderr);
}

#[test]
fn standard_input_can_be_of_any_kind() {
    let dir = tempfile::tempdir().unwrap();
    for Capture { name, content, kind, dialect, reason, records, table } in CAPTURES {
        for how in STORED {
            let stdin = pack(how, content.as_bytes());
            let ran = run(&["analyze", "--to", "json", "-"], &stdin);
            let report = report(&ran);
            let input = &report["inputs"][0];
            assert_eq!(report["inputs"].as_array().unwrap().len(), 1);
            assert_eq!(input["path"], "-");
            assert_eq!((&input["kind"], &input["dialect"]), (&kind.into(), &dialect.into()), "{name}");
            assert_eq!((&input["reason"], &input["compression"]), (&reason.into(), &how.into()), "{name}");
            assert_eq!(input["records"], records, "{name}");
            assert_eq!(ran.status, 0, "{name}");

            let out = dir.path().join(format!("{kind}{how}"));
            assert_eq!(run(&["convert", "-", "-o", out.to_str().unwrap()], &stdin).status, 0, "{name}");
            assert_eq!(
                rows(&out),
                BTreeMap::from([(format!("{}.parquet", table.0), table.1)]),
                "{name} {how}"
            );
        }
    }
    let nothing = run(&["analyze", "--to", "json", "-"], b"");
    assert_eq!(report(&nothing)["inputs"][0]["kind"], "empty");
    assert_eq!(nothing.status, 3);
}

#[test]
fn a_kind_can_be_forced() {
    let dir = tempfile::tempdir().unwrap();
    for forced in CAPTURES {
        for capture in CAPTURES {
            let args = ["analyze", "--to", "json", "--max-rejects", "100%", "--kind", forced.kind, "-"];
            let ran = run(&args, capture.content.as_bytes());
            let what = format!("{} as {}", capture.name, forced.kind);
            let own = capture.kind == forced.kind;
            let nothing = format!("redtrail: no file holds a record of --kind {}\n", forced.kind);
            let said = if own { (0, "") } else { (3, &*nothing) };
            assert_eq!((ran.status, &*ran.stderr), said, "{what}");
            let report = report(&ran);
            let input = &report["inputs"][0];
            assert_eq!(input["kind"], forced.kind, "{what}");
            assert!(input["reason"].as_str().unwrap().ends_with("; forced by --kind"), "{what}");
            assert_eq!(input["records"], if own { capture.records } else { 0 }, "{what}");
            let accounted = input["accounted"].as_object().unwrap().values();
            let sum = accounted.map(|bytes| bytes.as_u64().unwrap()).sum::<u64>();
            assert_eq!(sum, capture.content.len() as u64, "{what}: every byte became something");

            let out = dir.path().join(format!("{}-{}", capture.name, forced.kind));
            let args = ["convert", "--kind", forced.kind, "-", "-o", out.to_str().unwrap()];
            let ran = run(&args, capture.content.as_bytes());
            assert_eq!(ran.status, said.0, "{what}");
            assert_eq!(ran.stderr.contains(&nothing), !own, "{what}: {}", ran.stderr);
            assert_eq!(out.exists(), own, "{what}");
        }
    }
}

#[test]
fn threads_and_blocks_change_no_byte() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("folder");
    fill(&folder, &["bzip2", "", "gzip", "zstd", "xz"]);
    fs::write(folder.join("timed.log"), TIMED).unwrap();
    // Each file's bytes by its name.
    let written = |number: usize, options: &[&str]| -> BTreeMap<String, Vec<u8>> {
        let out = dir.path().join(format!("out{number}"));
        let at = |name: &str| out.join(name).to_str().unwrap().to_owned();
        let (text, json, tables, rows) = (at("report.txt"), at("report.json"), at("tables/"), at("rows"));
        let (folder, cases) = (folder.to_str().unwrap(), "fixtures/cases");
        fs::create_dir(&out).unwrap();
        let analyze = ["analyze", "-q", folder, cases, "-o", &text, "-o", &json, "-o", &tables];
        let convert = ["convert", "-q", "--with-values", folder, cases, "-o", &rows];
        assert_eq!(run(&[&analyze[..], options].concat(), b"").status, 0);
        assert_eq!(run(&[&convert[..], options].concat(), b"").status, 0);
        let mut files = BTreeMap::new();
        for below in [out.clone(), out.join("tables"), out.join("rows")] {
            for entry in fs::read_dir(&below).unwrap() {
                let path = entry.unwrap().path();
                if path.is_file() {
                    let name = path.strip_prefix(&out).unwrap().to_str().unwrap().to_owned();
                    files.insert(name, fs::read(&path).unwrap());
                }
            }
        }
        files
    };
    let one = written(0, &["-j", "1"]);
    assert!(one.len() > 40, "{:?}", one.keys());
    for (number, options) in [
        &["-j", "2"][..],
        &["-j", "7"],
        &["-j", "1", "--block-bytes", "200"],
        &["-j", "2", "--block-bytes", "50"],
        &["-j", "7", "--block-bytes", "1"],
    ]
    .iter()
    .enumerate()
    {
        for (name, bytes) in written(number + 1, options) {
            assert!(bytes == one[&name], "{name} with {options:?}");
        }
    }
}

#[test]
fn the_timeline_has_every_kind_in_the_same_buckets() {
    let dir = tempfile::tempdir().unwrap();
    fill(dir.path(), &[""; 5]);
    fs::write(dir.path().join("timed.log"), TIMED).unwrap();
    let timeline = |bucket: &str| {
        let ran = run(&["analyze", "--to", "json", "--bucket", bucket, dir.path().to_str().unwrap()], b"");
        let names = ["time", "calls", "writes", "slow", "events", "connections"];
        let report = report(&ran);
        let rows = report["timeline"]["rows"].as_array().unwrap();
        rows.iter().map(|row| Value::Array(names.map(|name| row[name].clone()).to_vec())).collect::<Vec<_>>()
    };
    assert_eq!(
        timeline("1s"),
        [
            json!(["2024-06-18T14:18:16.000000Z", 0, 0, 1, 0, null]),
            json!(["2024-06-18T14:18:17.000000Z", 1, 1, 1, 2, 2]),
            json!(["2024-06-18T14:18:18.000000Z", 1, 0, 0, 0, null]),
            json!(["2024-06-18T14:18:19.000000Z", 0, 0, 0, 1, null]),
        ]
    );
    assert_eq!(timeline("10s"), [json!(["2024-06-18T14:18:10.000000Z", 2, 1, 2, 3, 2])]);
}

#[test]
fn what_is_wrong_with_one_file_leaves_the_others() {
    let dir = tempfile::tempdir().unwrap();
    fill(dir.path(), &["", "gzip", "", "xz", ""]);
    let folder = dir.path().to_str().unwrap();
    // Of two entries one cannot be read.
    let broken = "[[2,1718720297,5,[\"GET\",\"k\"],\"a:1\",\"\"],[1,1718720297,\"x\"]]\n".repeat(2);
    fs::write(dir.path().join("broken.json"), broken).unwrap();
    let ran = run(&["analyze", "--to", "json", folder], b"");
    let rejected = report(&ran)["totals"]["rejected"].as_u64().unwrap();
    assert_eq!((ran.status, rejected), (4, 2), "{}", ran.stdout);
    assert_eq!(run(&["analyze", "--max-rejects", "50%", folder], b"").status, 0);
    fs::remove_file(dir.path().join("broken.json")).unwrap();

    let whole = pack("gzip", CLIENTS.repeat(50).as_bytes());
    fs::write(dir.path().join("cut.gz"), &whole[..whole.len() - 20]).unwrap();
    let ran = run(&["analyze", "--to", "json", folder], b"");
    assert_eq!(ran.status, 1);
    assert!(ran.stderr.contains("cut.gz: "), "{}", ran.stderr);
    let report = report(&ran);
    assert_eq!(report["slowlog"]["total"], 2);
    let cut = report["inputs"].as_array().unwrap().iter().find(|input| input["error"].is_string()).unwrap();
    assert_eq!(cut["kind"], "client-list");
}
