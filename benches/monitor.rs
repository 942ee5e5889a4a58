//! MONITOR from bytes to report, on generated and on real captures. Every benchmark asserts what it
//! counted, so that a broken parser cannot look fast.
//!
//! `cargo bench` runs it; `benches/compare.sh` sets whole runs beside other tools.

#![expect(clippy::expect_used, reason = "a benchmark that cannot run has to stop")]

#[path = "common/shop.rs"]
mod shop;

use std::fs;
use std::hint::black_box;
use std::io::Write;
use std::path::PathBuf;

use divan::Bencher;
use divan::counter::BytesCount;
use redtrail::error::Reject;
use redtrail::event::{Command, Place, Sink, Skipped};
use redtrail::format::Format;
use redtrail::format::monitor::Monitor;
use redtrail::options::{Analysis, Reading};
use redtrail::pattern::Rules;
use shop::Mix;

fn main() {
    divan::main();
}

/// Records of the four real captures, as `grep -c '\] "'` counts them.
const REAL: u64 = 29_829 + 40_531 + 40_625 + 40_682;

fn real() -> Vec<PathBuf> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/captures");
    vec![PathBuf::from(folder)]
}

/// Counts records and keeps the optimiser from dropping them.
#[derive(Default)]
struct Count(u64);

impl Sink for Count {
    fn command(&mut self, command: &Command<'_>) {
        black_box(command.payload);
        self.0 += 1;
    }
    fn reject(&mut self, _: Reject<'_>) {}
    fn skip(&mut self, _: Place, _: u64, _: Skipped) {}
    fn gap(&mut self, _: Place) {}
}

#[divan::bench]
fn parse_generated(bencher: Bencher) {
    let bytes = shop::capture(Mix::Shop);
    bencher.counter(BytesCount::of_slice(&bytes)).bench_local(|| {
        let mut count = Count::default();
        Monitor::default().scan(&bytes, 0, &mut count);
        assert_eq!(count.0, shop::CALLS);
    });
}

#[divan::bench(args = [1, 2])]
fn report_generated(bencher: Bencher, threads: usize) {
    let bytes = shop::capture(Mix::Shop);
    let path = std::env::temp_dir().join(format!("redtrail-bench-{}-{threads}.log", std::process::id()));
    fs::File::create(&path).and_then(|mut file| file.write_all(&bytes)).expect("a file to read");
    bencher
        .counter(BytesCount::of_slice(&bytes))
        .bench_local(|| assert_eq!(records(std::slice::from_ref(&path), threads), shop::CALLS));
    let _ = fs::remove_file(&path);
}

#[divan::bench(args = [1, 2])]
fn report_real(bencher: Bencher, threads: usize) {
    let paths = real();
    bencher.bench_local(|| assert_eq!(records(&paths, threads), REAL));
}

fn records(paths: &[PathBuf], threads: usize) -> u64 {
    let options = Analysis { reading: Reading { threads, ..Reading::default() }, ..Analysis::default() };
    let outcome = redtrail::analyze(paths, &options).expect("a report");
    assert_eq!(outcome.report.totals.rejected, 0);
    outcome.report.commands.total
}

#[divan::bench]
fn pattern_of_a_key(bencher: Bencher) {
    let rules = Rules::default();
    let mut out = Vec::new();
    bencher.bench_local(|| {
        rules.shape(black_box(b"user:5e483ea4dc1e9666:profile"), &mut out);
        assert_eq!(out, b"user:*:profile");
    });
}
