//! INFO from bytes to dumps, and to a report. Every benchmark asserts what it counted.

#![expect(clippy::expect_used, reason = "a benchmark that cannot run has to stop")]

#[path = "common/blocks.rs"]
mod blocks;

use std::fs;

use divan::Bencher;
use divan::counter::BytesCount;
use redtrail::error::Reject;
use redtrail::event::{InfoDump, Place, Sink, Skipped};
use redtrail::format::Format;
use redtrail::format::info::Info;
use redtrail::options::{Analysis, Reading};

fn main() {
    divan::main();
}

/// Dumps of the generated series.
const DUMPS: u64 = 2_000;
/// Fields of all of them.
const FIELDS: u64 = DUMPS * 128;

/// One dump every ten seconds, its clock before it, the same bytes each time.
fn generated() -> Vec<u8> {
    let mut out = String::new();
    for at in 0..DUMPS {
        let seconds = at * 10;
        out += &format!(
            "--- {} ---\n# Server\r\nredis_version:7.4.1\r\nrun_id:aa\r\nuptime_in_seconds:{seconds}\r\n\r\n",
            1_718_720_297 + seconds
        );
        out += "# Stats\r\n";
        for field in 0..25 {
            out += &format!("total_counter_{field}:{}\r\n", at * field);
        }
        out += "\r\n# Commandstats\r\n";
        for command in 0..100 {
            let calls = at * command;
            out += &format!(
                "cmdstat_command{command}:calls={calls},usec={},usec_per_call=3.00,rejected_calls=0,failed_calls=0\r\n",
                calls * 3
            );
        }
    }
    out.into_bytes()
}

/// Counts dumps and fields.
#[derive(Default)]
struct Count(u64, u64);

impl Sink for Count {
    fn info(&mut self, dump: &InfoDump<'_>) {
        self.0 += 1;
        self.1 += dump.fields.len() as u64;
    }
    fn reject(&mut self, _: Reject<'_>) {}
    fn skip(&mut self, _: Place, _: u64, _: Skipped) {}
    fn gap(&mut self, _: Place) {}
}

#[divan::bench]
fn parse_generated(bencher: Bencher) {
    let bytes = generated();
    bencher.counter(BytesCount::of_slice(&bytes)).bench_local(|| {
        let mut count = Count::default();
        Info.scan(&bytes, 0, &mut count);
        assert_eq!((count.0, count.1), (DUMPS, FIELDS));
    });
}

/// Blocks as a run cuts them, counted and merged on one thread.
#[divan::bench]
fn observe(bencher: Bencher) {
    let bytes = generated();
    bencher
        .counter(BytesCount::of_slice(&bytes))
        .bench_local(|| assert_eq!(blocks::summary(&Info, &bytes).info.rates.len() as u64, DUMPS - 1));
}

#[divan::bench(args = [1, 2])]
fn report_generated(bencher: Bencher, threads: usize) {
    let bytes = generated();
    let path = std::env::temp_dir().join(format!("redtrail-bench-info-{}-{threads}.txt", std::process::id()));
    fs::write(&path, &bytes).expect("a file to read");
    let options = Analysis { reading: Reading { threads, ..Reading::default() }, ..Analysis::default() };
    bencher.counter(BytesCount::of_slice(&bytes)).bench_local(|| {
        let report = redtrail::analyze(std::slice::from_ref(&path), &options).expect("a report").report;
        assert_eq!(report.info.snapshots.len() as u64, DUMPS);
        assert_eq!(report.info.rates.len() as u64, DUMPS - 1);
    });
    let _ = fs::remove_file(&path);
}
