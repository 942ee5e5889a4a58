//! Parquet: the report's tables, and the rows of `convert`. Every benchmark asserts what was written.

#![expect(clippy::expect_used, reason = "a benchmark that cannot run has to stop")]

#[path = "common/shop.rs"]
mod shop;

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use divan::Bencher;
use divan::counter::BytesCount;
use polars::prelude::{ParquetReader, SerReader};
use redtrail::options::{Analysis, Reading};
use redtrail::output::parquet::write_report;
use redtrail::report::Report;
use shop::{CALLS, Mix};

fn main() {
    divan::main();
}

fn options(threads: usize) -> Analysis {
    Analysis { reading: Reading { threads, ..Reading::default() }, ..Analysis::default() }
}

fn report(paths: &[PathBuf]) -> Report {
    redtrail::analyze(paths, &options(0)).expect("a report").report
}

/// Rows of one table's file.
fn rows(dir: &Path, table: &str) -> usize {
    let file = File::open(dir.join(format!("{table}.parquet"))).expect("a table");
    ParquetReader::new(file).num_rows().expect("rows")
}

/// The tables of the report on a generated capture.
#[divan::bench(args = [Mix::Shop, Mix::NewKeys])]
fn tables_of_a_report(bencher: Bencher, mix: Mix) {
    let dir = tempfile::tempdir().expect("a directory");
    let capture = dir.path().join("monitor.log");
    fs::write(&capture, shop::capture(mix)).expect("a file to read");
    let report = report(&[capture]);
    let out = dir.path().join("tables");
    bencher.bench_local(|| write_report(&report, &out).expect("tables"));
    for (table, expected) in [
        ("commands", report.commands.rows.len()),
        ("clients", report.clients.rows.len()),
        ("hot_keys", report.hot_keys.rows.len()),
    ] {
        assert!(expected > 0);
        assert_eq!(rows(&out, table), expected);
    }
}

#[divan::bench(args = Mix::ALL)]
fn rows_of_monitor(bencher: Bencher, mix: Mix) {
    let dir = tempfile::tempdir().expect("a directory");
    let capture = dir.path().join("monitor.log");
    let bytes = shop::capture(mix);
    fs::write(&capture, &bytes).expect("a file to read");
    let out = dir.path().join("rows");
    bencher.counter(BytesCount::of_slice(&bytes)).bench_local(|| {
        let made = redtrail::convert(std::slice::from_ref(&capture), &out, false, &options(1));
        assert_eq!(made.expect("rows").rows, [("monitor", CALLS)]);
    });
    assert_eq!(rows(&out, "monitor") as u64, CALLS);
}

/// What servers wrote, of each other kind.
#[divan::bench(args = ["clients", "slowlog", "events", "info"])]
fn rows_of_fixtures(bencher: Bencher, table: &'static str) {
    let folder = if table == "clients" { "client-list" } else { table };
    let paths = [Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/captures-{folder}"))];
    let report = report(&paths);
    let expected = match table {
        "events" => Some(report.keyspace_events.total),
        // A row for each field.
        "info" => None,
        _ => Some(report.totals.records),
    };
    let dir = tempfile::tempdir().expect("a directory");
    bencher.counter(BytesCount::new(report.totals.bytes)).bench_local(|| {
        let made = redtrail::convert(&paths, dir.path(), false, &options(1)).expect("rows").rows;
        assert_eq!(made.iter().map(|(name, _)| *name).collect::<Vec<_>>(), [table]);
        assert!(made.iter().all(|(_, rows)| expected.is_none_or(|expected| *rows == expected) && *rows > 0));
    });
}
