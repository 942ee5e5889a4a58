//! CLIENT LIST: every case reads as it should, real series give the numbers that a slow and separate reading
//! gives, and neither block sizes nor threads nor damage change what is right.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // A test may end where something is not as it should be.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use polars::prelude::{ParquetReader, SerReader};
use redtrail::format::Kind;
use redtrail::options::{Analysis, Reading};
use redtrail::report::Report;
use redtrail::report::connections::ConnectionRow;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

/// A fixture's content, unpacked.
fn content(path: &Path) -> Vec<u8> {
    let bytes = fs::read(path).unwrap();
    if path.extension().is_some_and(|suffix| suffix == "xz") {
        let mut out = Vec::new();
        liblzma::read::XzDecoder::new(&bytes[..]).read_to_end(&mut out).unwrap();
        return out;
    }
    bytes
}

fn analysis(block_bytes: usize, threads: usize) -> Analysis {
    let reading = Reading { block_bytes, threads, ..Reading::default() };
    Analysis { reading, ..Analysis::default() }
}

fn report(paths: &[PathBuf]) -> Report {
    redtrail::analyze(paths, &analysis(1 << 20, 1)).unwrap().report
}

/// The report of a text, saved under a name.
fn report_of(text: &[u8], name: &str, options: &Analysis) -> Report {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    fs::write(&path, text).unwrap();
    let mut report = redtrail::analyze(&[path], options).unwrap().report;
    report.inputs[0].path = Default::default();
    for row in &mut report.connections.snapshots {
        row.path = Default::default();
    }
    for row in &mut report.connections.rows {
        row.path = Default::default();
    }
    for evidence in report.findings.iter_mut().flat_map(|finding| &mut finding.evidence) {
        evidence.path = Default::default();
    }
    report
}

fn cases() -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(fixture("cases"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("clientlist-"))
        .collect();
    paths.sort();
    paths
}

fn totals(report: &Report) -> Vec<u64> {
    report.connections.snapshots.iter().map(|row| row.total).collect()
}

fn text(bytes: &Option<redtrail::report::Bytes>) -> Option<String> {
    bytes.as_ref().map(|bytes| bytes.text())
}

fn row(report: &Report, id: u64) -> &ConnectionRow {
    report.connections.rows.iter().find(|row| row.id == Some(id)).unwrap()
}

#[test]
fn every_case_reads_as_it_should() {
    for (name, dialect, rows, noise, snapshots) in [
        ("exec-noraw", "quoted answer", 1, 1, &[1][..]),
        ("r-2.4.18", "redis-cli", 8, 0, &[8]),
        ("r-2.8.24", "redis-cli", 9, 0, &[9]),
        ("r-6.0.20", "redis-cli", 9, 0, &[9]),
        ("r-7.4.1", "redis-cli", 10, 0, &[10]),
        ("r-8.8dev", "redis-cli", 10, 0, &[10]),
        ("redispy", "redis-py", 2, 0, &[2]),
        ("resp3", "RESP", 1, 2, &[1]),
        ("series-noseparator", "redis-cli", 18, 0, &[9, 9]),
        ("series", "mixed", 9, 6, &[3, 3, 2, 1]),
        // An id comes twice: rows of different servers.
        ("tricky", "redis-cli", 6, 0, &[2, 4]),
        ("v-8.0.1", "redis-cli", 9, 0, &[9]),
        ("v-9.1.0", "redis-cli", 10, 0, &[10]),
    ] {
        let report = report(&[fixture(&format!("cases/clientlist-{name}.txt"))]);
        let input = &report.inputs[0];
        assert_eq!((input.kind, input.dialect), ("client-list", dialect), "{name}");
        assert_eq!(
            (input.records, input.noise, input.rejected, input.truncated),
            (rows, noise, 0, 0),
            "{name}"
        );
        assert_eq!(input.accounted.sum(), input.bytes, "{name}");
        assert_eq!(totals(&report), snapshots, "{name}");
    }
}

#[test]
fn cases_keep_their_values() {
    let case = |name: &str| report(&[fixture(&format!("cases/clientlist-{name}.txt"))]);
    let old = case("r-2.4.18");
    let subscriber = old.connections.rows.iter().find(|row| row.fd == Some(8)).unwrap();
    assert_eq!((subscriber.id, text(&subscriber.name), subscriber.kind), (None, None, "pubsub"));
    assert_eq!(
        (subscriber.sub, subscriber.psub, subscriber.age, subscriber.omem),
        (Some(2), Some(1), None, None)
    );
    let snapshot = &old.connections.snapshots[0];
    assert_eq!(
        (snapshot.unnamed, snapshot.memory_bytes, snapshot.monitors, snapshot.blocked),
        (None, None, 1, 1)
    );

    let new = case("r-7.4.1");
    let unix = row(&new, 5);
    assert_eq!(unix.address.text(), "/tmp/redis sock/redis.sock:0");
    assert_eq!(text(&unix.laddr).as_deref(), Some("/tmp/redis sock/redis.sock:0"));
    assert_eq!(text(&row(&new, 4).name).as_deref(), Some("test=_complex_[name]"));
    let client = row(&new, 12);
    assert_eq!(text(&client.cmd).as_deref(), Some("client|setinfo"));
    assert_eq!(text(&client.library).as_deref(), Some("go-redis(,go1.24.4) 9.7.0"));
    assert_eq!(text(&client.flags).as_deref(), Some("tB"));
    let queued = row(&new, 8);
    assert_eq!((queued.multi, queued.watch), (Some(1), Some(1)));
    assert_eq!(new.connections.snapshots[0].in_transaction, 1);

    let tricky = case("tricky");
    let slow = row(&tricky, 40_253_233);
    assert_eq!(slow.address.text(), "fd40:1481:21:dbe0:7021:300:a03:1a06:44426");
    assert_eq!((slow.sub, slow.ssub, slow.oll, slow.kind), (Some(896), Some(17), Some(555), "pubsub"));
    let masters: Vec<_> = tricky.connections.rows.iter().filter(|row| row.kind == "master").collect();
    assert_eq!(text(&masters[0].user).as_deref(), Some("(superuser)"));
    let open = row(&tricky, 12);
    assert_eq!((open.multi, open.fd, text(&open.name).as_deref()), (Some(0), Some(-1), Some("*redacted*")));
    let odd = tricky.connections.rows.iter().find(|row| row.address.text().starts_with('/')).unwrap();
    assert_eq!((odd.age, odd.db, odd.flags.is_none(), odd.tot_mem), (Some(-1), None, true, None));
    assert_eq!(row(&tricky, 3).tot_cmds, Some(4));

    let series = case("series");
    let times: Vec<_> = series.connections.snapshots.iter().map(|row| row.time.unwrap().rfc3339()).collect();
    assert_eq!(
        times,
        [
            "2024-06-18T14:18:17.000000Z",
            "2026-06-18T14:19:17.000000Z",
            "2026-06-18T14:20:17.000000Z",
            "2026-06-18T14:21:17.000000Z",
        ]
    );
    assert_eq!(series.connections.restarts, 0);
    let py = case("redispy");
    assert_eq!(text(&row(&py, 6).library).as_deref(), Some("redis-py 99.99.99"));
    assert_eq!(row(&case("exec-noraw"), 4).tot_mem, Some(33_670));
}

/// A client's fields when last seen, the times of its first and last snapshot, and how many show it.
type Seen<'a> = (&'a BTreeMap<String, String>, i64, i64, u64);

/// What a series shows by the plainest reading: lines of digits are times, every other line a client.
struct Plain {
    snapshots: Vec<(i64, Vec<BTreeMap<String, String>>)>,
}

impl Plain {
    fn read(bytes: &[u8]) -> Self {
        let mut snapshots: Vec<(i64, Vec<BTreeMap<String, String>>)> = Vec::new();
        for line in std::str::from_utf8(bytes).unwrap().lines().filter(|line| !line.is_empty()) {
            if let Ok(time) = line.parse::<i64>() {
                snapshots.push((time, Vec::new()));
                continue;
            }
            let fields = line.split(' ').map(|field| field.split_once('=').unwrap());
            let client = fields.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
            snapshots.last_mut().unwrap().1.push(client);
        }
        Plain { snapshots }
    }

    fn sum(clients: &[BTreeMap<String, String>], key: &str) -> Option<u64> {
        let values: Vec<u64> = clients.iter().filter_map(|client| client.get(key)?.parse().ok()).collect();
        (!values.is_empty()).then(|| values.iter().sum())
    }

    /// Connections of each snapshot that have this value.
    fn counts(&self, value: impl Fn(&BTreeMap<String, String>) -> String, wanted: &str) -> Vec<u64> {
        let count = |clients: &Vec<_>| clients.iter().filter(|client| value(client) == wanted).count() as u64;
        self.snapshots.iter().map(|(_, clients)| count(clients)).collect()
    }
}

fn group(by: &str, client: &BTreeMap<String, String>) -> String {
    let get = |key: &str| client.get(key).cloned().unwrap_or_default();
    match by {
        "ip" => match get("addr") {
            unix if unix.starts_with('/') => "unix".to_owned(),
            tcp => tcp.rsplit_once(':').unwrap().0.trim_matches(['[', ']']).to_owned(),
        },
        "library" => format!("{} {}", get("lib-name"), get("lib-ver")).trim().to_owned(),
        by => get(by),
    }
}

fn series() -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = ["redis-2.8.24", "redis-6.2.14", "redis-7.0.15", "valkey-8.0.1"]
        .iter()
        .map(|server| fixture(&format!("captures-client-list/{server}/clients-series.log")))
        .map(|path| if path.exists() { path } else { path.with_extension("log.xz") })
        .collect();
    paths.push(fixture("incidents-client-list/connection-leak.log.xz"));
    paths.push(fixture("incidents-client-list/slow-consumer.log"));
    paths
}

#[test]
fn series_give_what_a_plain_reading_gives() {
    for path in series() {
        let what = path.display();
        let plain = Plain::read(&content(&path));
        let report = report(std::slice::from_ref(&path));
        let found = &report.connections;
        assert_eq!(
            report.inputs[0].records,
            plain.snapshots.iter().map(|(_, c)| c.len() as u64).sum::<u64>()
        );
        assert_eq!(
            (report.inputs[0].rejected, report.inputs[0].truncated, found.restarts),
            (0, 0, 0),
            "{what}"
        );
        assert_eq!(found.snapshots.len(), plain.snapshots.len(), "{what}");
        for (snapshot, (time, clients)) in found.snapshots.iter().zip(&plain.snapshots) {
            let count = |is: &dyn Fn(&BTreeMap<String, String>) -> bool| {
                clients.iter().filter(|c| is(c)).count() as u64
            };
            let flag = |letter: char| count(&|client| client["flags"].contains(letter));
            assert_eq!(snapshot.time.unwrap().0, time * 1_000_000, "{what}");
            assert_eq!(snapshot.total, clients.len() as u64);
            assert_eq!(
                (snapshot.blocked, snapshot.monitors, snapshot.by_type.monitor),
                (flag('b'), flag('O'), flag('O'))
            );
            let subscribed = count(&|client| {
                !client["flags"].contains(['O', 'S', 'M']) && (client["sub"] != "0" || client["psub"] != "0")
            });
            assert_eq!(snapshot.by_type.pubsub, subscribed, "{what}");
            assert_eq!(snapshot.unnamed, Some(count(&|client| client["name"].is_empty())));
            let output = Plain::sum(clients, "obl").unwrap() + Plain::sum(clients, "omem").unwrap();
            assert_eq!(snapshot.output_buffer_bytes, Some(output));
            assert_eq!(snapshot.query_buffer_bytes, Plain::sum(clients, "qbuf"));
            assert_eq!(snapshot.memory_bytes, Plain::sum(clients, "tot-mem"));
            let kinds = snapshot.by_type;
            assert_eq!(
                kinds.normal + kinds.pubsub + kinds.replica + kinds.master + kinds.monitor,
                snapshot.total
            );
        }

        // Each connection as last seen.
        let mut last: BTreeMap<u64, Seen<'_>> = BTreeMap::new();
        for (time, clients) in &plain.snapshots {
            for client in clients {
                let id = client["id"].parse().unwrap();
                let (first, seen) = last.get(&id).map_or((*time, 0), |(_, first, _, seen)| (*first, *seen));
                last.insert(id, (client, first, *time, seen + 1));
            }
        }
        assert_eq!(found.rows.len(), last.len(), "{what}");
        for row in &found.rows {
            let (client, first, time, seen) = last[&row.id.unwrap()];
            let number = |key: &str| client.get(key).map(|value| value.parse::<i64>().unwrap());
            assert_eq!((row.first.unwrap().0, row.last.unwrap().0), (first * 1_000_000, time * 1_000_000));
            assert_eq!(row.snapshots, seen);
            let time_of = |number: Option<u64>| found.snapshots[number.unwrap() as usize].time;
            assert_eq!((time_of(row.first_snapshot), time_of(row.last_snapshot)), (row.first, row.last));
            let sightings = plain.snapshots.iter().flat_map(|(_, clients)| clients);
            let same = sightings.filter(|other| other["id"] == client["id"]);
            assert_eq!(row.peak_query, same.map(|other| other["qbuf"].parse().unwrap()).max());
            assert_eq!(row.address.text(), client["addr"]);
            assert_eq!(text(&row.cmd), client.get("cmd").cloned());
            assert_eq!(text(&row.flags), client.get("flags").cloned());
            assert_eq!(text(&row.name).unwrap_or_default(), client["name"]);
            assert_eq!(text(&row.user), client.get("user").cloned());
            for (value, key) in [
                (row.age, "age"),
                (row.idle, "idle"),
                (row.db, "db"),
                (row.omem, "omem"),
                (row.qbuf, "qbuf"),
                (row.tot_mem, "tot-mem"),
                (row.multi, "multi"),
                (row.tot_cmds, "tot-cmds"),
                (row.ssub, "ssub"),
            ] {
                assert_eq!(value, number(key), "{what}: {key}");
            }
            assert_eq!(row.created.unwrap().0, (time - row.age.unwrap()) * 1_000_000);
        }

        // How groups grow.
        let (from, to) = (plain.snapshots[0].0, plain.snapshots.last().unwrap().0);
        let minutes = (to - from) as f64 / 60.0;
        for by in ["name", "ip", "user", "library"] {
            let all = plain.snapshots.iter().flat_map(|(_, clients)| clients);
            let mut values: BTreeSet<String> = all.map(|client| group(by, client)).collect();
            if values.iter().all(String::is_empty) {
                values.clear();
            }
            let rows: Vec<_> = found.growth.iter().filter(|row| row.by == by).collect();
            assert_eq!(rows.len(), values.len(), "{what}: {by}");
            for row in rows {
                let counts = plain.counts(|client| group(by, client), &row.value.text());
                assert_eq!((row.first_count, row.last_count), (counts[0], *counts.last().unwrap()));
                assert_eq!(row.peak, *counts.iter().max().unwrap());
                let rate = (*counts.last().unwrap() as f64 - counts[0] as f64) / minutes;
                assert!((row.per_minute.unwrap() - rate).abs() < 1e-9, "{what}: {by}");
                let member = |client: &BTreeMap<String, String>| group(by, client) == row.value.text();
                let births =
                    last.values().filter(|(client, first, ..)| member(client) && *first > from).count();
                let deaths =
                    last.values().filter(|(client, _, time, _)| member(client) && *time < to).count();
                assert_eq!((row.births, row.deaths), (births as u64, deaths as u64), "{what}: {by}");
                // The slope by the textbook.
                let times: Vec<f64> =
                    plain.snapshots.iter().map(|(time, _)| (*time - from) as f64 / 60.0).collect();
                let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
                let counts: Vec<f64> = counts.iter().map(|count| *count as f64).collect();
                let (t, c) = (mean(&times), mean(&counts));
                let above: f64 =
                    times.iter().zip(&counts).map(|(time, count)| (time - t) * (count - c)).sum();
                let below: f64 = times.iter().map(|time| (time - t).powi(2)).sum();
                assert!((row.trend_per_minute.unwrap() - above / below).abs() < 1e-6, "{what}: {by}");
            }
        }

        // The timeline has the last total of each second.
        let seconds: BTreeMap<i64, u64> = plain.snapshots.iter().map(|(t, c)| (*t, c.len() as u64)).collect();
        let rows = &report.timeline.rows;
        assert_eq!(
            rows.iter()
                .map(|row| (row.time.0 / 1_000_000, row.connections.unwrap()))
                .collect::<BTreeMap<_, _>>(),
            seconds
        );
    }
}

#[test]
fn a_leak_and_a_slow_consumer_show() {
    let leak = report(&[fixture("incidents-client-list/connection-leak.log.xz")]);
    let first = &leak.connections.growth[0];
    assert_eq!(
        (first.by, first.value.text().as_str(), first.last_count, first.deaths),
        ("name", "importer", 45, 0)
    );
    let slow = report(&[fixture("incidents-client-list/slow-consumer.log")]);
    let first = &slow.connections.rows[0];
    assert_eq!((text(&first.name).as_deref(), first.peak_output), (Some("dashboard-feed"), Some(36_139_504)));
}

#[test]
fn single_snapshots_are_ordered_by_their_names() {
    for server in ["redis-2.8.24", "redis-6.2.14", "redis-7.0.15", "valkey-8.0.1"] {
        let dir = fixture(&format!("captures-client-list/{server}"));
        let mut paths: Vec<PathBuf> = fs::read_dir(&dir)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("clients_"))
            .collect();
        paths.sort();
        // Given in the wrong order.
        paths.reverse();
        let report = report(&paths);
        let times: Vec<i64> =
            report.connections.snapshots.iter().map(|row| row.time.unwrap().0 / 1_000_000).collect();
        let mut named: Vec<i64> = paths
            .iter()
            .map(|path| {
                path.file_stem().unwrap().to_str().unwrap().strip_prefix("clients_").unwrap().parse().unwrap()
            })
            .collect();
        named.sort_unstable();
        assert_eq!(times, named, "{server}");
        assert_eq!(report.connections.restarts, 0, "{server}");
    }
}

#[test]
fn other_modes_print_the_same() {
    for server in ["redis-2.8.24", "redis-6.2.14", "redis-7.0.15", "valkey-8.0.1"] {
        for mode in ["noraw", "resp3", "json"] {
            let path = fixture(&format!("captures-client-list/{server}/client-list-{mode}.txt"));
            let rows =
                content(&path).split(|byte| *byte == b'\n').filter(|line| line.starts_with(b"id=")).count();
            let report = report(&[path]);
            assert_eq!(totals(&report), [rows as u64], "{server} {mode}");
        }
    }
}

#[test]
fn wrappers_come_off() {
    let row = "id=4 addr=127.0.0.1:1 fd=8 name=a age=5 idle=0 flags=N db=0 sub=0 psub=0 cmd=get";
    let two = "id=5 addr=127.0.0.1:2 fd=9 name= age=3 idle=0 flags=N db=0 sub=0 psub=0 cmd=get";
    let dict = |row: &str, quote: &str, glue: &str, end: &str| {
        let field = |field: &str| {
            let (key, value) = field.split_once('=').unwrap();
            format!("{quote}{key}{quote}: {quote}{value}{quote}")
        };
        format!("{{{}{end}}}", row.split(' ').map(field).collect::<Vec<_>>().join(glue))
    };
    let json = dict(row, "\"", ",\n    ", "\n  ");
    for (text, snapshots) in [
        (format!("{row}\r\n{two}\r\n"), &[2][..]),
        (format!("\x1b[32m{row}\x1b[0m\n{two}\n"), &[2]),
        (format!("127.0.0.1:6379> client list\n{row}\n{two}\n127.0.0.1:6379> client list\n{row}\n"), &[2, 1]),
        (format!("${}\r\n{row}\n{two}\n\r\n", row.len() + two.len() + 2), &[2]),
        (format!("=99\r\ntxt:{row}\n{two}\n\r\n"), &[2]),
        (format!("1) \"{row}\\n{two}\\n\"\n"), &[2]),
        (format!("\"{row}\\n{two}\\n\"\n\"{row}\\n\"\n"), &[2, 1]),
        (format!("[\"OK\",\"QUEUED\",[\"{row}\\n{two}\\n\"]]\n"), &[2]),
        (format!("\"{row}\\\\n{two}\\\\n\"\n"), &[2]),
        (format!("2026-06-18T14:18:17.795951123Z {row}\n2026-06-18T14:18:17.795951999Z {two}\n"), &[2]),
        (format!("1781792357,{row}\n1781792357,{two}\n1781792417,{row}\n"), &[2, 1]),
        (format!("redis-1  | {row}\nredis-1  | {two}\n"), &[2]),
        (
            format!(
                "{{\"log\":\"{row}\\n\",\"stream\":\"stdout\"}}\n{{\"log\":\"{two}\\n\",\"stream\":\"stdout\"}}\n"
            ),
            &[2],
        ),
        (format!("[{}, {}]\n", dict(row, "'", ", ", ""), dict(two, "'", ", ", "")), &[2]),
        (format!("[{},\n {}]\n", dict(row, "'", ",\n  ", ""), dict(two, "'", ",\n  ", "")), &[2]),
        (format!("[\n  {json},\n  {}\n]\n", json.replace("\"4\"", "\"6\"")), &[2]),
        (format!("{}\n{}\n", dict(row, "'", ", ", ""), dict(two, "'", ", ", "")), &[2]),
        (
            format!(
                "12:M 18 Jun 2026 14:19:17.123 # Client {row} scheduled to be closed ASAP for overcoming of output buffer limits.\n"
            ),
            &[1],
        ),
        (
            format!(
                "=== REDIS BUG REPORT START ===\n\n------ CURRENT CLIENT INFO ------\n{row}\nargv[0]: 'get'\n"
            ),
            &[1],
        ),
    ] {
        for block in [1, 40, 1 << 20] {
            let report = report_of(text.as_bytes(), "x.log", &analysis(block, 1));
            let input = &report.inputs[0];
            assert_eq!(input.kind, "client-list", "{text}");
            assert_eq!(totals(&report), snapshots, "{text}");
            assert_eq!((input.rejected, input.truncated), (0, 0), "{text}");
            assert_eq!(input.accounted.sum(), text.len() as u64, "{text}");
            assert!(
                report.connections.rows.iter().any(|row| row.age == Some(5) && row.fd == Some(8)),
                "{text}"
            );
        }
    }
}

#[test]
fn ends_that_were_cut_off_are_counted() {
    let row = "id=14 addr=127.0.0.1:1 fd=8 name=a age=5 idle=0 flags=N cmd=get\n";
    for (text, records, rejected, truncated) in [
        (format!("{row}id=15 addr=127.0.0.1:2 fd=9 na"), 1, 0, 1),
        (format!("{row}id=15"), 1, 0, 1),
        (row[1..].to_owned() + row, 1, 0, 1),
        (row[3..].to_owned() + row, 1, 0, 1),
        (row[6..].to_owned() + row, 2, 0, 0),
        (row[8..].to_owned() + row, 1, 0, 1),
        (format!("{row}{}", &row[8..]), 1, 1, 0),
        (format!("{row}{}{row}", row.trim_end()), 1, 1, 0),
        (format!("{row}id=15 addr=127.0.0.1:2\n"), 1, 1, 0),
        ("[{'id': '5', 'addr': 'a:1', 'fd': '8'}, {'id': '6', 'ad".to_owned(), 1, 0, 1),
        (format!("\"{}\\nid=15 addr=1", row.trim_end()), 1, 0, 1),
    ] {
        let report = report_of(text.as_bytes(), "x.log", &analysis(1 << 20, 1));
        let input = &report.inputs[0];
        assert_eq!(
            (input.records, input.rejected, input.truncated),
            (records, rejected, truncated),
            "{text}"
        );
        assert_eq!(input.accounted.sum(), text.len() as u64, "{text}");
    }
}

#[test]
fn blocks_and_threads_change_nothing() {
    let mut texts: Vec<Vec<u8>> = cases().iter().map(|path| content(path)).collect();
    texts.push(texts.concat());
    texts.push(content(&fixture("captures-client-list/redis-2.8.24/clients-series.log")));
    for text in texts {
        let shown =
            |options: &Analysis| serde_json::to_string(&report_of(&text, "clients.log", options)).unwrap();
        let whole = shown(&analysis(1 << 20, 1));
        for (block, threads) in [(1, 2), (100, 1), (1_000, 3), (10_000, 2)] {
            assert_eq!(shown(&analysis(block, threads)), whole, "blocks of {block}, {threads} threads");
        }
    }
}

#[test]
fn damage_is_counted_and_never_ends_the_run() {
    let forced = |block_bytes| {
        let reading = Reading { kind: Some(Kind::ClientList), block_bytes, threads: 1, ..Reading::default() };
        Analysis { reading, ..Analysis::default() }
    };
    let check = |text: &[u8]| {
        let report = report_of(text, "x.log", &forced(1 << 20));
        assert_eq!(report.inputs[0].accounted.sum(), text.len() as u64, "{}", text.escape_ascii());
        assert_eq!(
            report.inputs[0].records,
            report.connections.snapshots.iter().map(|row| row.total).sum::<u64>()
        );
    };
    let mut state = 1_u64;
    let mut dice = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    for path in cases() {
        let text = content(&path);
        let step = if text.len() > 1_000 { 7 } else { 1 };
        for end in (0..text.len()).step_by(step) {
            check(&text[..end]);
        }
        for _ in 0..60 {
            let mut text = text.clone();
            for _ in 0..1 + dice(4) {
                let at = dice(text.len());
                match dice(3) {
                    0 => text[at] = dice(256) as u8,
                    1 => drop(text.remove(at)),
                    _ => text.insert(at, b"\n\"'{} =\\\r"[dice(9)]),
                }
            }
            check(&text);
        }
    }
}

#[test]
fn the_table_has_a_row_for_every_client_of_every_snapshot() {
    for path in series() {
        for block_bytes in [1 << 12, 1 << 24] {
            let dir = tempfile::tempdir().unwrap();
            let outcome =
                redtrail::convert(std::slice::from_ref(&path), dir.path(), false, &analysis(block_bytes, 2))
                    .unwrap();
            let plain = Plain::read(&content(&path));
            let rows: Vec<_> = plain
                .snapshots
                .iter()
                .flat_map(|(time, clients)| clients.iter().map(move |c| (*time, c)))
                .collect();
            assert_eq!(outcome.rows, [("clients", rows.len() as u64)]);
            let file = fs::File::open(dir.path().join("clients.parquet")).unwrap();
            let frame = ParquetReader::new(file).finish().unwrap();
            let times = frame.column("snapshot_time").unwrap().datetime().unwrap().physical().clone();
            let number = |name: &str| frame.column(name).unwrap().i64().unwrap().clone();
            let word = |name: &str| frame.column(name).unwrap().str().unwrap().clone();
            let (ids, omem, name, user) = (number("id"), number("tot_mem"), word("name"), word("username"));
            for (at, (time, client)) in rows.iter().enumerate() {
                assert_eq!(times.get(at), Some(time * 1_000_000));
                assert_eq!(ids.get(at), client["id"].parse().ok());
                assert_eq!(omem.get(at), client.get("tot-mem").map(|value| value.parse().unwrap()));
                assert_eq!(name.get(at), Some(client["name"].as_str()));
                assert_eq!(user.get(at), client.get("user").map(String::as_str));
            }
            assert_eq!(word("other").null_count(), rows.len());
        }
    }
}
