//! Slow logs from bytes to report, on generated ones. Every benchmark asserts what it counted.

#![allow(clippy::expect_used, reason = "a benchmark that cannot run fails")]

#[path = "common/blocks.rs"]
mod blocks;

use std::fs;
use std::hint::black_box;

use divan::Bencher;
use divan::counter::BytesCount;
use redtrail::error::Reject;
use redtrail::event::{Place, Sink, Skipped, Slow};
use redtrail::format;
use redtrail::options::{Analysis, Reading};

fn main() {
    divan::main();
}

/// Entries of a generated log.
const ENTRIES: u64 = 200_000;
/// Entries of a poll.
const POLL: u64 = 10_000;

/// The forms that are measured: redis-cli's own, and what ElastiCache delivers.
const FORMS: [&str; 5] = ["terminal", "csv", "json", "raw", "elasticache"];

/// A slow log of a made-up web shop in one of the forms, the same bytes each time.
fn generated(form: &str) -> Vec<u8> {
    let mut state = 1_u64;
    let mut next = |below: u64| {
        // Knuth's MMIX generator.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let mut out = String::new();
    for poll in 0..ENTRIES / POLL {
        let mut entries = Vec::new();
        for at in 0..POLL {
            let id = (poll + 1) * POLL - 1 - at;
            let (time, us, n) = (1_795_172_000 + id / 50, 10_000 + next(500_000), next(5_000));
            let args: Vec<String> = match next(4) {
                0 => vec!["KEYS".into(), format!("user:{n}:*")],
                1 => vec!["HGETALL".into(), format!("cart:{n}")],
                2 => vec!["ZRANGE".into(), "leaderboard:global".into(), "0".into(), "-1".into()],
                _ => vec!["LPUSH".into(), "queue:mail".into(), format!("message {n} to user{n}@example.com")],
            };
            entries.push((
                id,
                time,
                us,
                args,
                format!("10.0.0.{}:{}", n % 9, 40_000 + n),
                format!("web-{}", n % 4),
            ));
        }
        write(form, &entries, &mut out);
    }
    out.into_bytes()
}

type Entry = (u64, u64, u64, Vec<String>, String, String);

fn write(form: &str, entries: &[Entry], out: &mut String) {
    let quoted = |args: &[String]| args.iter().map(|arg| format!("\"{arg}\"")).collect::<Vec<_>>().join(",");
    let mut each = Vec::new();
    for (number, (id, time, us, args, client, name)) in entries.iter().enumerate() {
        each.push(match form {
            "terminal" => {
                let width = entries.len().to_string().len();
                let indent = " ".repeat(width + 2);
                let args = args.iter().enumerate().map(|(at, arg)| format!("{}) \"{arg}\"\n", at + 1));
                let args = args.collect::<Vec<_>>().join(&format!("{indent}   "));
                format!(
                    "{:>width$}) 1) (integer) {id}\n{indent}2) (integer) {time}\n{indent}3) (integer) {us}\n\
                     {indent}4) {args}{indent}5) \"{client}\"\n{indent}6) \"{name}\"\n",
                    number + 1
                )
            }
            "csv" => format!("{id},{time},{us},{},\"{client}\",\"{name}\"", quoted(args)),
            "json" => format!("[{id},{time},{us},[{}],\"{client}\",\"{name}\"]", quoted(args)),
            "raw" => format!("{id}\n{time}\n{us}\n{}\n{client}\n{name}\n", args.join("\n")),
            _ => format!(
                "{{\"CacheClusterId\":\"shop\",\"CacheNodeId\":\"0001\",\"Id\":{id},\"Timestamp\":{time},\
                 \"Duration (us)\":{us},\"Command\":\"{} ... ({} more arguments)\",\"ClientAddress\":\"{client}\",\
                 \"ClientName\":\"{name}\"}}\n",
                args.first().map_or("", String::as_str),
                args.len() - 1
            ),
        });
    }
    match form {
        "csv" => *out += &(each.join(",") + "\n"),
        "json" => *out += &format!("[{}]\n", each.join(",")),
        _ => *out += &each.concat(),
    }
}

/// Counts entries and keeps the optimiser from dropping them.
#[derive(Default)]
struct Count(u64);

impl Sink for Count {
    fn slow(&mut self, entry: &Slow<'_>) {
        black_box(entry.args.payload());
        self.0 += 1;
    }
    fn reject(&mut self, _: Reject<'_>) {}
    fn skip(&mut self, _: Place, _: u64, _: Skipped) {}
    fn gap(&mut self, _: Place) {}
}

#[divan::bench(args = FORMS)]
fn parse(bencher: Bencher, form: &str) {
    let bytes = generated(form);
    let format = format::detect(&bytes, None, None).format.expect("a slow log");
    bencher.counter(BytesCount::of_slice(&bytes)).bench_local(|| {
        let mut count = Count::default();
        format.scan(&bytes, 0, &mut count);
        assert_eq!(count.0, ENTRIES);
    });
}

/// Blocks as a run cuts them, counted and merged on one thread.
#[divan::bench(args = FORMS)]
fn observe(bencher: Bencher, form: &str) {
    let bytes = generated(form);
    let format = format::detect(&bytes, None, None).format.expect("a slow log");
    bencher
        .counter(BytesCount::of_slice(&bytes))
        .bench_local(|| assert_eq!(blocks::summary(&*format, &bytes).slowlog.total, ENTRIES));
}

#[divan::bench(args = FORMS)]
fn report(bencher: Bencher, form: &str) {
    let bytes = generated(form);
    let path = std::env::temp_dir().join(format!("redtrail-bench-{}-{form}.log", std::process::id()));
    fs::write(&path, &bytes).expect("a file to read");
    let options = Analysis { reading: Reading { threads: 1, ..Reading::default() }, ..Analysis::default() };
    bencher.counter(BytesCount::of_slice(&bytes)).bench_local(|| {
        let report = redtrail::analyze(std::slice::from_ref(&path), &options).expect("a report").report;
        assert_eq!(
            (report.slowlog.total, report.slowlog.duplicates, report.totals.rejected),
            (ENTRIES, 0, 0)
        );
    });
    let _ = fs::remove_file(&path);
}
