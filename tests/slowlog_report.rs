//! The report and the table of slow logs, beside what a few separate lines count.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that finds something amiss fails"
)]

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use polars::prelude::{AnyValue, DataFrame, ParquetReader, SerReader};
use redtrail::options::{Analysis, Commandlog, Reading};
use serde_json::Value;

fn fixtures() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures"))
}

fn options(threads: usize, block_bytes: usize, commandlog: Option<Commandlog>) -> Analysis {
    let reading = Reading { threads, block_bytes, ..Reading::default() };
    Analysis { reading, commandlog, ..Analysis::default() }
}

fn analyze(paths: &[PathBuf], options: &Analysis) -> Value {
    let outcome = redtrail::analyze(paths, options).unwrap();
    assert_eq!((outcome.failures, outcome.unread), (vec![], vec![]));
    serde_json::to_value(&outcome.report).unwrap()
}

fn report(paths: &[PathBuf]) -> Value {
    analyze(paths, &options(1, 1 << 20, None))
}

/// id, seconds, microseconds and strings of each entry of a `--csv` poll, split by hand.
fn by_hand(csv: &str) -> Vec<(u64, u64, u64, Vec<String>)> {
    let mut entries: Vec<(Vec<u64>, Vec<String>)> = Vec::new();
    let mut rest = csv.trim_end();
    while !rest.is_empty() {
        rest = rest.strip_prefix(',').unwrap_or(rest);
        if let Some(text) = rest.strip_prefix('"') {
            let mut end = 0;
            while !text[end..].starts_with('"') {
                end += if text[end..].starts_with('\\') { 2 } else { 1 };
            }
            entries.last_mut().unwrap().1.push(text[..end].to_owned());
            rest = &text[end + 1..];
        } else {
            let end = rest.find(',').unwrap_or(rest.len());
            if entries.last().is_none_or(|(numbers, _)| numbers.len() == 3) {
                entries.push((Vec::new(), Vec::new()));
            }
            entries.last_mut().unwrap().0.push(rest[..end].parse().unwrap());
            rest = &rest[end..];
        }
    }
    entries.into_iter().map(|(numbers, strings)| (numbers[0], numbers[1], numbers[2], strings)).collect()
}

/// The smallest value that at least so many per cent of the values do not exceed.
fn quantile(values: &[u64], percent: usize) -> u64 {
    let reached =
        |value: &&u64| values.iter().filter(|other| other <= value).count() * 100 >= percent * values.len();
    *values.iter().filter(reached).min().unwrap()
}

#[test]
fn numbers_are_those_of_a_separate_reading() {
    for (server, with_client) in
        [("redis-2.8.24", false), ("redis-6.2.14", true), ("redis-7.0.15", true), ("valkey-8.0.1", true)]
    {
        let folder = fixtures().join("captures-slowlog").join(server);
        let entries = by_hand(&fs::read_to_string(folder.join("slowlog-csv.log")).unwrap());
        let mut commands: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        let mut clients: BTreeMap<String, (u64, u64, u64)> = BTreeMap::new();
        for (_, _, us, strings) in &entries {
            let mut name = strings[0].to_uppercase();
            if matches!(name.as_str(), "CLIENT" | "CONFIG") {
                name = format!("{name}|{}", strings[1].to_uppercase());
            }
            commands.entry(name).or_default().push(*us);
            if with_client {
                let client = clients.entry(strings[strings.len() - 2].clone()).or_default();
                *client = (client.0 + 1, client.1 + us, client.2.max(*us));
            }
        }
        // One file, and all forms of the same log together.
        let files = fs::read_dir(&folder).unwrap().count() as u64;
        for (path, duplicates) in
            [(folder.join("slowlog-csv.log"), 0), (folder.clone(), (files - 1) * entries.len() as u64)]
        {
            let report = report(&[path]);
            let log = &report["slowlog"];
            assert_eq!(log["total"], entries.len());
            assert_eq!(log["duplicates"], duplicates);
            assert_eq!((&log["commandlog"], &log["unit"]), (&Value::Null, &Value::from("us")));
            let rows = log["rows"].as_array().unwrap();
            assert_eq!(rows.len(), commands.len());
            for row in rows {
                let values = &commands[row["command"].as_str().unwrap()];
                let total: u64 = values.iter().sum();
                assert_eq!(row["calls"], values.len());
                assert_eq!(row["total_us"], total);
                assert_eq!(row["mean_us"], total as f64 / values.len() as f64);
                assert_eq!(row["max_us"], *values.iter().max().unwrap());
                for (field, percent) in [("p50_us", 50), ("p95_us", 95), ("p99_us", 99)] {
                    assert_eq!(row[field], quantile(values, percent), "{row}");
                }
            }
            let rows = log["clients"].as_array().unwrap();
            assert_eq!(rows.len(), clients.len());
            for row in rows {
                let (calls, total, max) = clients[row["client"].as_str().unwrap()];
                assert_eq!(
                    (&row["calls"], &row["total_us"], &row["max_us"]),
                    (&calls.into(), &total.into(), &max.into())
                );
            }
            let slowest = entries.iter().max_by_key(|(id, _, us, _)| (*us, *id)).unwrap();
            assert_eq!(
                (&log["slowest"][0]["id"], &log["slowest"][0]["us"]),
                (&slowest.0.into(), &slowest.2.into())
            );
            assert_eq!(log["slowest"].as_array().unwrap().len(), entries.len());
            let slow: u64 = report["timeline"]["rows"]
                .as_array()
                .unwrap()
                .iter()
                .map(|row| row["slow"].as_u64().unwrap())
                .sum();
            assert_eq!(slow, entries.len() as u64);
            assert_eq!(
                log["buckets"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|row| row["calls"].as_u64().unwrap())
                    .sum::<u64>(),
                slow
            );
            let patterns: Vec<_> = log["patterns"]
                .as_array()
                .unwrap()
                .iter()
                .map(|row| row["pattern"].as_str().unwrap())
                .collect();
            assert!(patterns.contains(&"tags:*") && patterns.contains(&"user:*:profile"), "{patterns:?}");
            assert_eq!(report["totals"]["rejected"], 0);
        }
    }
}

#[test]
fn threads_and_blocks_change_nothing() {
    let paths = [fixtures().join("captures-slowlog"), fixtures().join("cases")];
    let known = report(&paths).to_string();
    for (threads, block) in [(1, 1), (4, 1), (2, 200), (4, 5_000)] {
        assert_eq!(
            analyze(&paths, &options(threads, block, None)).to_string(),
            known,
            "{threads} threads, blocks of {block}"
        );
    }
}

#[test]
fn places_are_those_of_the_entries() {
    for file in
        ["slowlog-tty.log", "slowlog-raw.log", "slowlog-redispy.txt", "slowlog-csv.log", "slowlog-json.log"]
    {
        let path = fixtures().join("captures-slowlog/redis-7.0.15").join(file);
        let bytes = fs::read(&path).unwrap();
        let report = analyze(&[path], &options(1, 1, None));
        for row in report["slowlog"]["slowest"].as_array().unwrap() {
            let offset = row["byte_offset"].as_u64().unwrap() as usize;
            let line = bytes[..offset].iter().filter(|byte| **byte == b'\n').count() + 1;
            assert_eq!(row["line"], line);
            let text = String::from_utf8_lossy(&bytes[offset..]).into_owned();
            let start: String = text.chars().take(30).collect();
            assert!(start.contains(&row["id"].to_string()), "{file}: {row} {start}");
        }
    }
}

#[test]
fn values_are_never_shown() {
    let dir = tempfile::tempdir().unwrap();
    let secret = "hunter2";
    let entries = [
        format!(r#"[9,1795173291,9,["AUTH","{secret}"],"1.1.1.1:1",""]"#),
        format!(r#"[8,1795173291,8,["AUTH","bob","{secret}"],"1.1.1.1:1",""]"#),
        format!(r#"[7,1795173291,7,["CONFIG","SET","requirepass","{secret}"],"1.1.1.1:1",""]"#),
        format!(r#"[6,1795173291,6,["ACL","SETUSER","bob",">{secret}"],"1.1.1.1:1",""]"#),
        format!(r#"[5,1795173291,5,["SET","k","{secret}\nGET"],"1.1.1.1:1",""]"#),
        format!(r#"[4,1795173291,4,["HELLO","3","AUTH","bob","{secret}"],"1.1.1.1:1",""]"#),
        format!(r#"[3,1795173291,3,["NOSUCH","{secret}"],"1.1.1.1:1",""]"#),
        format!(r#"[2,1795173291,2,["SET","k","{secret}"],5,6,"#),
    ];
    let python = format!(
        "{{'id': 1, 'start_time': 1795173291, 'duration': 5, 'command': b'SET a {secret} EX 5'}}\n{{'id': 1, 'x {secret}\n"
    );
    let raw = format!(
        "2\n1795173291\n5\nCONFIG\nSET\na\nx\n{secret}\n1.1.1.1:1\n\n1\n1795173291\n5\nSET\nk\n{secret}\n"
    );
    for (name, text) in [("a.json", format!("[{}\n", entries.join(","))), ("b.txt", python), ("c.txt", raw)] {
        fs::write(dir.path().join(name), text).unwrap();
    }
    let report = report(&[dir.path().to_owned()]);
    assert!(report["slowlog"]["total"].as_u64().unwrap() >= 9, "{}", report["slowlog"]);
    assert!(report["totals"]["rejected"].as_u64().unwrap() >= 1);
    assert!(!report.to_string().contains(secret), "{report}");
    assert!(!render(&[dir.path().to_owned()], None).contains(secret));
}

fn render(paths: &[PathBuf], commandlog: Option<Commandlog>) -> String {
    let report = redtrail::analyze(paths, &options(1, 1 << 20, commandlog)).unwrap().report;
    let mut out = Vec::new();
    let view = redtrail::output::View { verbose: true, ..redtrail::output::View::default() };
    redtrail::output::all(view)[0].render(&report, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn large_requests_are_bytes_where_it_is_said() {
    let path = [fixtures().join("cases/commandlog-9.1-large-request-raw.txt")];
    let large = analyze(&path, &options(1, 1 << 20, Some(Commandlog::LargeRequest)));
    let log = &large["slowlog"];
    assert_eq!((&log["commandlog"], &log["unit"]), (&Value::from("large-request"), &Value::from("bytes")));
    assert_eq!(
        (&log["total"], &log["rows"], &log["buckets"]),
        (&Value::from(0), &Value::Array(vec![]), &Value::Array(vec![]))
    );
    let large_log = &log["large"];
    assert_eq!(
        (&large_log["total"], &large_log["rows"][0]["max_bytes"]),
        (&Value::from(1), &Value::from(330))
    );
    assert_eq!(large_log["biggest"][0]["args"], "SET big (300 bytes)");
    assert!(large["timeline"]["rows"].as_array().unwrap().is_empty());
    let text = render(&path, Some(Commandlog::LargeRequest));
    assert!(
        text.contains("LARGE REQUESTS") && text.contains("330 B") && !text.contains("SLOW CALLS"),
        "{text}"
    );
    // Not said, it is taken for times; said to be slow, too.
    for said in [None, Some(Commandlog::Slow)] {
        let slow = analyze(&path, &options(1, 1 << 20, said));
        assert_eq!(
            (&slow["slowlog"]["rows"][0]["max_us"], &slow["slowlog"]["unit"]),
            (&Value::from(330), &Value::from("us"))
        );
        assert!(slow["slowlog"].get("large").is_none());
    }
}

#[test]
fn keys_of_both_kinds_learn_patterns_together() {
    let dir = tempfile::tempdir().unwrap();
    let names: Vec<String> = (0..40)
        .map(|n| format!("{}{}", char::from(b'a' + n % 26), "xyz".repeat(n as usize % 5 + 1)))
        .collect();
    let (one, other) = names.split_at(20);
    let monitor: String = one
        .iter()
        .map(|name| format!("1795173291.000001 [0 1.1.1.1:1] \"GET\" \"user:{name}:cart\"\n"))
        .collect();
    let slow: Vec<String> = other
        .iter()
        .zip(0..)
        .map(|(name, id): (_, u64)| {
            format!(r#"[{},1795173291,50,["GET","user:{name}:cart"],"1.1.1.1:1",""]"#, 99 - id)
        })
        .collect();
    let alone = dir.path().join("monitor.log");
    fs::write(&alone, monitor).unwrap();
    fs::write(dir.path().join("slowlog.json"), format!("[{}]\n", slow.join(","))).unwrap();
    let patterns = |report: &Value, table: &Value| -> Vec<String> {
        assert!(report.is_object());
        table.as_array().unwrap().iter().map(|row| row["pattern"].as_str().unwrap().to_owned()).collect()
    };
    let few = report(&[alone]);
    assert_eq!(patterns(&few, &few["key_patterns"]["rows"]).len(), 20);
    let both = report(&[dir.path().to_owned()]);
    assert_eq!(patterns(&both, &both["key_patterns"]["rows"]), ["user:*:cart"]);
    assert_eq!(patterns(&both, &both["slowlog"]["patterns"]), ["user:*:cart"]);
}

/// The table that `convert` writes.
fn convert(path: &Path, with_values: bool, commandlog: Option<Commandlog>) -> DataFrame {
    let dir = tempfile::tempdir().unwrap();
    let outcome =
        redtrail::convert(&[path.to_owned()], dir.path(), with_values, &options(2, 64, commandlog)).unwrap();
    let table = ParquetReader::new(File::open(dir.path().join("slowlog.parquet")).unwrap()).finish().unwrap();
    assert_eq!(outcome.rows, [("slowlog", table.height() as u64)]);
    table
}

/// A column's values as text, `null` for none.
fn column(table: &DataFrame, name: &str) -> Vec<String> {
    let column = table.column(name).unwrap();
    let shown = |row| match column.get(row).unwrap() {
        AnyValue::Datetime(micros, ..) => micros.to_string(),
        value => value.get_str().map_or_else(|| value.to_string(), str::to_owned),
    };
    (0..table.height()).map(shown).collect()
}

#[test]
fn every_entry_is_a_row() {
    let folder = fixtures().join("captures-slowlog/valkey-8.0.1");
    let report = report(std::slice::from_ref(&folder));
    let table = convert(&folder, true, None);
    let names: Vec<_> = table.get_column_names().into_iter().map(|name| name.to_string()).collect();
    assert_eq!(
        names.join(" "),
        "time id us bytes command args_exact argc key pattern client name complexity commandlog duplicate source \
         byte_offset args"
    );
    assert_eq!(report["totals"]["records"], table.height());
    let repeated = column(&table, "duplicate").iter().filter(|duplicate| *duplicate == "true").count();
    assert_eq!(report["slowlog"]["duplicates"], repeated);
    let times: u64 = column(&table, "us").iter().map(|us| us.parse::<u64>().unwrap()).sum();
    let files = fs::read_dir(&folder).unwrap().count() as u64;
    let total: u64 = report["slowlog"]["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["total_us"].as_u64().unwrap())
        .sum();
    assert_eq!(times, total * files);

    let path = fixtures().join("cases/slowlog-r-7.4.1-json.txt");
    let table = convert(&path, true, None);
    assert_eq!(column(&table, "id"), ["8", "7", "6", "5", "4", "3", "2", "1", "0"]);
    assert_eq!(column(&table, "time"), ["1795173291000000"; 9]);
    assert_eq!(
        column(&table, "key"),
        ["x", "x", "null", "5", "big", "0", r#"bin\x00\xff\n\"q\\"#, "k1", "null"]
    );
    assert_eq!(column(&table, "argc"), ["4", "2", "1", "2", "3", "41", "3", "3", "4"]);
    assert_eq!(column(&table, "command").last().unwrap(), "CONFIG|SET");
    assert_eq!(column(&table, "commandlog"), ["null"; 9]);
}

#[test]
fn values_and_units_are_kept_apart() {
    let path = fixtures().join("cases/commandlog-9.1-large-request-raw.txt");
    let table = convert(&path, false, Some(Commandlog::LargeRequest));
    assert!(table.column("args").is_err());
    let row = |name| column(&table, name).remove(0);
    assert_eq!(
        (row("us"), row("bytes"), row("commandlog")),
        ("null".into(), "330".into(), "large-request".into())
    );
    assert_eq!((row("key"), row("pattern")), ("big".into(), "big".into()));
    let table = convert(&path, false, None);
    let row = |name| column(&table, name).remove(0);
    assert_eq!((row("us"), row("bytes")), ("330".into(), "null".into()));
}

#[test]
fn arguments_that_are_not_shown_are_all_counted() {
    let report = report(&[fixtures().join("cases/slowlog-r-7.4.1-json.txt")]);
    let rows = report["slowlog"]["slowest"].as_array().unwrap();
    let long = rows.iter().find(|row| row["id"] == 3).unwrap()["args"].as_str().unwrap();
    // Of 41 arguments the server logged 31, of which 24 are shown.
    assert!(long.ends_with(" … (17 more arguments)"), "{long}");
}
