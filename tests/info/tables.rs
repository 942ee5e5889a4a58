//! The table `info` of `convert`, and the tables of the report.

use std::fs::{self, File};
use std::path::Path;

use polars::prelude::{AnyValue, DataFrame, DataType, ParquetReader, SerReader};
use redtrail::options::{Analysis, Reading};

use crate::common::{analyze, content, dump, fixture};

fn read(path: &Path) -> DataFrame {
    ParquetReader::new(File::open(path).unwrap()).finish().unwrap()
}

/// A second, slower reading of a dump: section, field, part, value.
fn naive(bytes: &[u8]) -> Vec<[Option<String>; 4]> {
    let mut rows = Vec::new();
    let mut section = None;
    for line in String::from_utf8(bytes.to_vec()).unwrap().lines() {
        if let Some(name) = line.strip_prefix("# ") {
            section = Some(name.to_owned());
        } else if let Some((field, value)) = line.split_once(':') {
            let mut row = |part: Option<&str>, value: &str| {
                rows.push([
                    section.clone(),
                    Some(field.to_owned()),
                    part.map(str::to_owned),
                    Some(value.to_owned()),
                ]);
            };
            let parts: Vec<_> = value.split(',').map(|part| part.split_once('=')).collect();
            match parts.iter().copied().collect::<Option<Vec<_>>>() {
                Some(parts) => parts.iter().for_each(|(name, text)| row(Some(name), text)),
                None => row(None, value),
            }
        }
    }
    rows
}

fn string(frame: &DataFrame, column: &str, row: usize) -> Option<String> {
    match frame.column(column).unwrap().get(row).unwrap() {
        AnyValue::Null => None,
        value => Some(value.get_str().unwrap().to_owned()),
    }
}

#[test]
fn convert_gives_a_row_for_each_field_and_part() {
    let dir = tempfile::tempdir().unwrap();
    let names = ["cases/info-r-2.6.17.txt", "cases/info-v-9.1.0.txt", "captures-info/redis-7.0.15.txt.zst"];
    let paths: Vec<_> = names.iter().map(|name| fixture(name)).collect();
    let outcome = redtrail::convert(&paths, dir.path(), false, &Analysis::default()).unwrap();
    let frame = read(&dir.path().join("info.parquet"));
    assert_eq!(outcome.rows, [("info", frame.height() as u64)]);
    assert!(outcome.recognized);
    let mut at = 0;
    for (name, path) in names.iter().zip(&paths) {
        let bytes = content(name);
        let expected = naive(&bytes);
        let value = |field: &str| {
            expected.iter().find(|row| row[1].as_deref() == Some(field)).and_then(|row| row[3].clone())
        };
        let time = value("server_time_usec").map(|usec| usec.parse::<i64>().unwrap());
        for row in &expected {
            let found = ["section", "field", "part", "value"].map(|column| string(&frame, column, at));
            assert_eq!(found, *row, "{name}");
            assert_eq!(string(&frame, "source", at).as_deref(), path.to_str());
            assert_eq!(string(&frame, "run_id", at), value("run_id"));
            assert_eq!(frame.column("byte_offset").unwrap().i64().unwrap().get(at), Some(0));
            let number = row[3].as_ref().and_then(|text| text.parse::<f64>().ok());
            assert_eq!(frame.column("number").unwrap().f64().unwrap().get(at), number, "{row:?}");
            let times = frame.column("time").unwrap().datetime().unwrap();
            assert_eq!(times.physical().get(at), time, "{name}");
            at += 1;
        }
    }
    assert_eq!(at, frame.height());
}

#[test]
fn without_a_dump_there_is_no_table() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    fs::write(dir.path().join("x"), "hello\n").unwrap();
    let outcome = redtrail::convert(&[dir.path().join("x")], &out, false, &Analysis::default()).unwrap();
    assert!(outcome.rows.is_empty());
    assert!(!out.join("info.parquet").exists());
}

#[test]
fn the_tables_of_the_report_have_its_rows() {
    let dir = tempfile::tempdir().unwrap();
    let series = dir.path().join("series.txt");
    fs::write(&series, [dump("aa", 100, 10, 1), dump("aa", 110, 30, 1), dump("aa", 120, 30, 1)].concat())
        .unwrap();
    for paths in [vec![series, fixture("captures-info/redis-7.0.15.txt.zst")], Vec::new()] {
        let report = analyze(&paths, Reading::default());
        let out = dir.path().join("tables");
        redtrail::output::parquet::write_report(&report, &out).unwrap();
        let info = &report.info;
        let within = |count: fn(&redtrail::report::info::InfoSnapshot) -> usize| {
            info.snapshots.iter().map(count).sum()
        };
        for (table, rows, columns) in [
            ("info_snapshots", info.snapshots.len(), 122),
            ("info_keyspace", within(|dump| dump.keyspace.len()), 9),
            ("info_commandstats", within(|dump| dump.commandstats.len()), 9),
            ("info_errorstats", within(|dump| dump.errorstats.len()), 5),
            ("info_latency", within(|dump| dump.latency.iter().map(|row| row.percentiles.len()).sum()), 6),
            ("info_replicas", 0, 8),
            ("info_other", within(|dump| dump.other.len()), 5),
            ("info_rates", info.rates.len(), 24),
            ("info_rate_commands", usize::from(!paths.is_empty()), 7),
            ("info_restarts", 0, 7),
        ] {
            let frame = read(&out.join(format!("{table}.parquet")));
            assert_eq!((frame.height(), frame.width()), (rows, columns), "{table}");
        }
        if !paths.is_empty() {
            let frame = read(&out.join("info_snapshots.parquet"));
            let used: Vec<_> = frame.column("memory_used").unwrap().i64().unwrap().iter().collect();
            assert_eq!(used, [None, None, None, Some(3_822_160)]);
            assert_eq!(string(&frame, "server_name", 0).as_deref(), Some("redis"));
        }
    }
}

#[test]
fn rows_have_the_time_of_their_files_name() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("info_1795172219.txt");
    let (first, second) = (dump("aa", 100, 1, 1), dump("aa", 160, 1, 1));
    fs::write(&path, first.clone() + &second).unwrap();
    let clock = dir.path().join("info_1795172220.txt");
    fs::write(&clock, format!("1718720200\n{first}")).unwrap();
    for block_bytes in [1, 1 << 20] {
        let reading = Reading { block_bytes, ..Reading::default() };
        let options = Analysis { reading, ..Analysis::default() };
        let out = dir.path().join(format!("out-{block_bytes}"));
        redtrail::convert(&[path.clone(), clock.clone()], &out, false, &options).unwrap();
        let frame = read(&out.join("info.parquet"));
        let times = frame.column("time").unwrap().cast(&DataType::Int64).unwrap();
        let offsets = frame.column("byte_offset").unwrap();
        for row in 0..frame.height() {
            let expected = match (string(&frame, "source", row), offsets.get(row).unwrap()) {
                (Some(source), _) if source.ends_with("220.txt") => AnyValue::Int64(1_718_720_200_000_000),
                (_, AnyValue::Int64(0)) => AnyValue::Int64(1_795_172_219_000_000),
                _ => AnyValue::Null,
            };
            assert_eq!(times.get(row).unwrap(), expected, "row {row}");
        }
    }
}
