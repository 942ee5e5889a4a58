//! Keyspace notifications from bytes to report, generated, in the forms that grow big. Every benchmark
//! asserts what it counted.

#![expect(clippy::expect_used, reason = "a benchmark that cannot run has to stop")]

#[path = "common/blocks.rs"]
mod blocks;

use std::fs;
use std::hint::black_box;

use divan::Bencher;
use divan::counter::BytesCount;
use redtrail::error::Reject;
use redtrail::event::{Notice, Place, Sink, Skipped};
use redtrail::format::Format;
use redtrail::format::keyspace::Keyspace;
use redtrail::options::{Analysis, Reading};

fn main() {
    divan::main();
}

/// Changes of the generated log, each told twice.
const CHANGES: u64 = 200_000;

/// Forms that subscribers save.
const FORMS: [&str; 7] = ["csv", "raw", "terminal", "json", "logger", "python", "clocked"];

/// A made-up web shop's log in one of [`FORMS`], the same bytes each time.
fn generated(form: &str) -> Vec<u8> {
    let mut out = String::new();
    let mut state = 1_u64;
    let mut next = |below: u64| {
        // Knuth's MMIX generator.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    for at in 0..CHANGES {
        let id = next(50_000);
        let (event, key) = match next(6) {
            0 => ("set", format!("session:{id:016x}")),
            1 => ("expire", format!("session:{id:016x}")),
            2 => ("hset", format!("user:{id}:profile")),
            3 => ("zadd", format!("board:{}", id % 40)),
            4 => ("expired", format!("promo:{at}")),
            _ => ("incrby", format!("rate:10.0.{}.{}", id % 7, id % 250)),
        };
        let messages = [
            (format!("__keyspace@0__:{key}"), event.to_owned()),
            (format!("__keyevent@0__:{event}"), key.clone()),
        ];
        let pattern = "__key*__:*";
        for (channel, payload) in messages {
            out += &match form {
                "csv" => format!("\"pmessage\",\"{pattern}\",\"{channel}\",\"{payload}\"\n"),
                "raw" => format!("pmessage\n{pattern}\n{channel}\n{payload}\n"),
                "terminal" => {
                    format!("1) \"pmessage\"\n2) \"{pattern}\"\n3) \"{channel}\"\n4) \"{payload}\"\n")
                }
                "python" => format!(
                    "{{'type': 'pmessage', 'pattern': b'{pattern}', 'channel': b'{channel}', 'data': b'{payload}'}}\n"
                ),
                "clocked" => {
                    let (seconds, nanos) = (at / 4_000 % 60, at % 4_000 * 250_000);
                    format!(
                        "2026-11-20T10:56:{seconds:02}.{nanos:09}Z \"pmessage\",\"{pattern}\",\"{channel}\",\"{payload}\"\n"
                    )
                }
                "json" => format!("[\"pmessage\",\"{pattern}\",\"{channel}\",\"{payload}\"]\n"),
                _ => {
                    let (seconds, micros) = (at / 4_000 % 60, at % 4_000 * 250);
                    format!(
                        "2026-11-20 10:56:{seconds:02},{:03} - INFO - {{\"timestamp\": \"2026-11-20T10:56:{seconds:02}.{micros:06}\", \
                         \"channel\": \"{channel}\", \"pattern\": \"{pattern}\", \"type\": \"pmessage\", \"data\": \"{payload}\"}}\n",
                        micros / 1_000
                    )
                }
            };
        }
    }
    out.into_bytes()
}

/// Counts messages and keeps the optimiser from dropping them.
#[derive(Default)]
struct Count(u64);

impl Sink for Count {
    fn notice(&mut self, notice: &Notice<'_>) {
        black_box((notice.key.len(), notice.event.len(), notice.time));
        self.0 += 1;
    }
    fn reject(&mut self, _: Reject<'_>) {}
    fn skip(&mut self, _: Place, _: u64, _: Skipped) {}
    fn gap(&mut self, _: Place) {}
}

#[divan::bench(args = FORMS)]
fn parse(bencher: Bencher, form: &str) {
    let bytes = generated(form);
    bencher.counter(BytesCount::of_slice(&bytes)).bench_local(|| {
        let mut count = Count::default();
        Keyspace::default().scan(&bytes, 0, &mut count);
        assert_eq!(count.0, 2 * CHANGES);
    });
}

/// Blocks as a run cuts them, counted and merged on one thread.
#[divan::bench(args = FORMS)]
fn observe(bencher: Bencher, form: &str) {
    let bytes = generated(form);
    bencher
        .counter(BytesCount::of_slice(&bytes))
        .bench_local(|| assert_eq!(blocks::summary(&Keyspace::default(), &bytes).events.total, CHANGES));
}

#[divan::bench(args = FORMS)]
fn report(bencher: Bencher, form: &str) {
    let bytes = generated(form);
    let path = std::env::temp_dir().join(format!("redtrail-bench-{}-{form}.log", std::process::id()));
    fs::write(&path, &bytes).expect("a file to read");
    let options = Analysis { reading: Reading { threads: 1, ..Reading::default() }, ..Analysis::default() };
    bencher.counter(BytesCount::of_slice(&bytes)).bench_local(|| {
        let report = redtrail::analyze(std::slice::from_ref(&path), &options).expect("a report").report;
        let events = report.keyspace_events;
        assert_eq!((events.messages, events.total, report.totals.rejected), (2 * CHANGES, CHANGES, 0));
    });
    let _ = fs::remove_file(&path);
}
