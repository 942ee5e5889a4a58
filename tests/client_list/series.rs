//! Series of snapshots: real ones give the numbers of a slow and separate reading.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use crate::common::{analysis, content, fixture, report, report_of, text, totals};
use crate::plain::{Plain, Seen, group, series};

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
                (row.age.get(), "age"),
                (row.idle.get(), "idle"),
                (row.db.get(), "db"),
                (row.omem.get(), "omem"),
                (row.qbuf.get(), "qbuf"),
                (row.tot_mem.get(), "tot-mem"),
                (row.multi.get(), "multi"),
                (row.tot_cmds.get(), "tot-cmds"),
                (row.ssub.get(), "ssub"),
            ] {
                assert_eq!(value, number(key), "{what}: {key}");
            }
            assert_eq!(row.created.unwrap().0, (time - row.age.get().unwrap()) * 1_000_000);
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
fn dumps_without_separators_are_told_apart() {
    for path in series() {
        let bytes = content(&path);
        let expected: Vec<u64> =
            Plain::read(&bytes).snapshots.iter().map(|(_, clients)| clients.len() as u64).collect();
        let rows: Vec<&[u8]> =
            bytes.split_inclusive(|byte| *byte == b'\n').filter(|line| line.starts_with(b"id=")).collect();
        let report = report_of(&rows.concat(), "x.log", &analysis(1 << 12, 1));
        assert_eq!(totals(&report), expected, "{}", path.display());
        assert_eq!(report.connections.restarts, 0, "{}", path.display());
    }
}

#[test]
fn dates_before_dumps_are_their_times() {
    let row = "addr=127.0.0.1:1 fd=8 name=a age=5 idle=0 flags=N cmd=get";
    for (dates, times) in [
        (["Fri Nov 20 17:03:39 UTC 2026", "Fri Nov 20 17:04:39 UTC 2026"], [1_795_194_219, 1_795_194_279]),
        (["Fr 20. Nov 17:03:39 CET 2026", "Fr 20. Nov 17:04:39 CET 2026"], [1_795_190_619, 1_795_190_679]),
        (["2026-11-20 17:03:39,123", "--- 2026-11-20 17:04:39,999 ---"], [1_795_194_219, 1_795_194_279]),
        (["20/Nov/2026:17:03:39 +0000", "[20/Nov/2026:17:04:39 +0000]"], [1_795_194_219, 1_795_194_279]),
        (["1795194219", "1795194279123"], [1_795_194_219, 1_795_194_279]),
        (["2026-11-20T18:03:39+01:00", "2026-11-20T17:04:39Z"], [1_795_194_219, 1_795_194_279]),
    ] {
        let text = format!("{}\nid=4 {row}\n{}\nid=5 {row}\n", dates[0], dates[1]);
        let report = report_of(text.as_bytes(), "x.log", &analysis(1 << 20, 1));
        let found: Vec<_> =
            report.connections.snapshots.iter().map(|row| row.time.unwrap().0 / 1_000_000).collect();
        assert_eq!(found, times, "{text}");
        assert_eq!(totals(&report), [1, 1], "{text}");
    }
}
