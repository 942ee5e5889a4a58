//! Reports built by hand, for the tests of the outputs.

mod rows;

pub use rows::*;

use super::notation::Time;
use super::number::ratio;
use crate::report::*;

/// 2026-11-20T17:03:39.056286Z
pub const START: Time = Time(1_795_194_219_056_286);

/// So many seconds after [`START`].
pub fn after(seconds: i64) -> Time {
    Time(START.0 + seconds * 1_000_000)
}

pub fn b(text: impl AsRef<[u8]>) -> Bytes {
    Bytes::from(text.as_ref())
}

/// A report of nothing.
pub fn empty() -> Report {
    Report {
        schema: "redtrail-report/1",
        generator: Generator { name: "redtrail", version: "0.1.0" },
        timeline: Timeline { bucket_seconds: 1, rows: Vec::new() },
        ..Report::default()
    }
}

/// Bases and shares from the rows, so that they sum.
fn shares(report: &mut Report) {
    macro_rules! sum {
        ($table:ident) => {{
            let other = report.$table.other.map_or(0, |other| other.calls);
            let total = report.$table.rows.iter().fold(other, |sum, row| sum.saturating_add(row.calls));
            report.$table.total = total;
            report.$table.rows.iter_mut().for_each(|row| row.share = ratio(row.calls, total));
        }};
    }
    sum!(commands);
    sum!(clients);
    sum!(key_patterns);
    sum!(dangerous);
    let (calls, keys) = (report.commands.total, report.key_patterns.total);
    report.client_groups.rows.iter_mut().for_each(|row| row.share = ratio(row.calls, calls));
    report.databases.rows.iter_mut().for_each(|row| row.share = ratio(row.calls, calls));
    report.hot_keys.rows.iter_mut().for_each(|row| row.share = ratio(row.calls, keys));
}

/// Ten minutes of trouble in three files.
pub fn incident() -> Report {
    let mut report = empty();
    let mut monitor = input("monitor.log", "monitor", "redis-cli");
    monitor.records = 2_005_204;
    monitor.rejected = 3;
    monitor.noise = 2;
    monitor.truncated = 1;
    monitor.bytes = 204_000_000;
    monitor.compression = "zstd";
    monitor.reason = "every line of the first block is a record of redis-cli".to_owned();
    (monitor.first, monitor.last) = (Some(START), Some(after(610)));
    let mut second = input("replica/monitor.log", "monitor", "redis-cli");
    second.records = 24;
    second.bytes = 1_024;
    (second.first, second.last) = (Some(after(20)), Some(Time(after(23).0 + 157_000)));
    second.error = Some("replica/monitor.log: unexpected end of file".to_owned());
    let mut notes = input("notes.txt", "unknown", "");
    notes.reason = "no line looks like a record of a known kind".to_owned();
    report.inputs = vec![monitor, second, input("clients.log", "client-list", ""), notes];
    report.totals.bytes = 204_001_024;
    report.totals.records = 2_005_228;
    report.totals.rejected = 3;
    (report.totals.first, report.totals.last) = (Some(START), Some(after(610)));

    report.commands.rows = vec![
        command("GET", 1_231_580, "read"),
        command("SET", 700_000, "write"),
        command("CONFIG|GET", 70_000, "admin"),
        command("DEL", 3_600, "delete"),
    ];
    report.commands.rows[1].in_scripts = 120;
    for index in 0..20u64 {
        report.commands.rows.push(command(format!("MODULE.CALL{index:02}"), 20 - index, "unknown"));
    }
    report.clients.rows = vec![
        client("10.0.3.17:52110", Some(b"legacy-report"), 1_500_000),
        client("[2001:db8::1]:6379", None, 505_000),
        client("", None, 28),
    ];
    report.clients.other = Some(Other { rows: None, calls: 362 });
    report.client_groups.rows = vec![
        group("ip", "10.0.3.17", 1_500_000),
        group("ip", "2001:db8::1", 505_000),
        group("ip", "", 390),
        group("name", "legacy-report", 1_500_000),
        group("name", "", 505_390),
    ];
    report.key_patterns.rows = vec![
        pattern("session:*", 1_405_488, 351_372, 0),
        pattern("cache:*:page:*", 99_000, 10_000, 14_750),
        pattern("lock:{order:*}", 800, 0, 0),
        pattern("", 1, 0, 0),
    ];
    report.key_patterns.other = Some(Other { rows: Some(65), calls: 1_204 });
    report.hot_keys.rows = vec![hot("config:flags", 80_000), hot(" config:odd", 99)];
    report.collections.keys = 1_204;
    report.collections.rows =
        vec![collection("jobs:failed", 80_000, Some(70_000)), collection("board", 99, None)];
    report.dangerous.rows = vec![
        dangerous("KEYS", 6, &[("10.0.3.17:52110", Some("legacy-report"), 6)]),
        dangerous(
            "FLUSHALL",
            9,
            &[
                ("10.0.3.17:52110", Some("legacy-report"), 4),
                ("10.0.3.18:1", None, 3),
                ("10.0.3.18:2", None, 1),
                ("10.0.3.18:3", None, 1),
            ],
        ),
    ];
    report.databases.rows = vec![
        DatabaseRow { db: b("0"), calls: 2_000_000, share: 0.0 },
        DatabaseRow { db: b("7"), calls: 5_390, share: 0.0 },
    ];
    report.timeline.bucket_seconds = 10;
    report.timeline.rows = (0..61i64)
        .filter(|bucket| !(20..26).contains(bucket))
        .map(|index| {
            let calls = 1_000 + 9_000 * index.min(60 - index) as u64;
            bucket(index * 10, calls, calls / 8, u64::from(index == 11))
        })
        .collect();
    report.rejects = Rejects {
        total: 3,
        samples: vec![RejectSample {
            path: b("monitor.log"),
            byte_offset: 1_234_567,
            line: 10_002,
            reason: "the quote that opens the last argument is never closed",
            text: "1795194326.056286 [0 10.0.3.17:52110] \"SET\" \"(6 bytes)".to_owned(),
        }],
    };
    report.bounds = vec!["key patterns past 100,000 are summed in one row".to_owned()];
    shares(&mut report);
    report
}

/// Every name is somebody's attack, every number as big as it gets.
pub fn hostile() -> Report {
    let mut report = incident();
    let names: Vec<Vec<u8>> = vec![
        b"\x1b[31mred\x1b[0m".to_vec(),
        b"two\nlines\r\x9b2J".to_vec(),
        "\u{202e}txt.exe\u{200b}".into(),
        [b"k".repeat(299), b"1".to_vec(), b"k".repeat(300)].concat(),
        [b"k".repeat(299), b"2".to_vec(), b"k".repeat(300)].concat(),
        "界".repeat(150).into(),
        "1\u{fe0f}".repeat(150).into(),
        "a\u{301}👩🏽é".repeat(60).into(),
        b"\xff\xfe\0".repeat(100),
        b"a word ".repeat(40),
    ];
    let max = u64::MAX;
    report.inputs = names.iter().map(|name| input(name, "monitor", "redis-cli")).collect();
    for (input, name) in report.inputs.iter_mut().zip(&names) {
        (input.records, input.rejected, input.gaps) = (max, max, max);
        (input.first, input.last) = (Some(Time(i64::MIN)), Some(Time(i64::MAX)));
        input.error = Some(String::from_utf8_lossy(name).into_owned());
    }
    (report.totals.bytes, report.totals.records, report.totals.rejected) = (max, max, max);
    (report.totals.first, report.totals.last) = (Some(Time(i64::MIN)), Some(Time(i64::MAX)));
    report.commands.rows = names.iter().map(|name| command(name, max, "unknown")).collect();
    report.clients.rows = names.iter().map(|name| client(name, Some(name), max)).collect();
    report.client_groups.rows =
        ["ip", "name", "user"].iter().flat_map(|by| names.iter().map(|name| group(by, name, max))).collect();
    report.key_patterns.rows = names.iter().map(|name| pattern(name, max, max, max)).collect();
    report.hot_keys.rows = names.iter().map(|name| hot(name, max)).collect();
    report.collections.rows = names.iter().map(|name| collection(name, max, Some(max))).collect();
    report.collections.keys = max;
    let text = |name: &Vec<u8>| String::from_utf8_lossy(name).into_owned();
    report.dangerous.rows =
        names.iter().map(|name| dangerous(name, max, &[(text(name).as_str(), None, 1); 9])).collect();
    for (row, name) in report.dangerous.rows.iter_mut().zip(&names) {
        row.examples[0].path = b(name);
        row.examples[0].line = max;
        row.examples[0].text = text(name);
    }
    report.databases.rows =
        names.iter().map(|name| DatabaseRow { db: b(name), calls: max, share: 0.0 }).collect();
    report.timeline.bucket_seconds = max;
    report.timeline.rows = [i64::MIN, i64::MIN, 0, i64::MAX]
        .map(|time| TimelineRow {
            time: Time(time),
            calls: max,
            reads: 0,
            writes: max,
            dangerous: max,
            ..TimelineRow::default()
        })
        .to_vec();
    report.rejects.total = max;
    report.rejects.samples = names
        .iter()
        .map(|name| RejectSample {
            path: b(name),
            byte_offset: max,
            line: max,
            reason: "the line has no address",
            text: text(name),
        })
        .collect();
    report.bounds = names.iter().map(text).collect();
    shares(&mut report);
    report
}

/// One record in one file.
pub fn single() -> Report {
    let mut report = empty();
    let mut file = input("-", "monitor", "redis-cli");
    (file.records, file.bytes) = (1, 62);
    (file.first, file.last) = (Some(START), Some(START));
    report.inputs = vec![file];
    (report.totals.records, report.totals.bytes) = (1, 62);
    (report.totals.first, report.totals.last) = (Some(START), Some(START));
    report.commands.rows = vec![command("GET", 1, "read")];
    report.clients.rows = vec![client("10.0.0.1:5000", None, 1)];
    report.client_groups.rows = vec![group("ip", "10.0.0.1", 1), group("name", "", 1)];
    report.key_patterns.rows = vec![pattern("a", 1, 0, 0)];
    report.hot_keys.rows = vec![hot("a", 1)];
    report.databases.rows = vec![DatabaseRow { db: b("0"), calls: 1, share: 0.0 }];
    report.timeline.rows = vec![bucket(0, 1, 0, 0)];
    shares(&mut report);
    report
}
