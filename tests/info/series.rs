//! What happened between dumps.

use std::fs;

use redtrail::options::Reading;
use serde_json::json;

use crate::common::{analyze, dump, info, report_of};

#[test]
fn rates_are_between_dumps_of_one_run() {
    let series = [
        format!("1718720200\n{}", dump("aa", 100, 1000, 10)),
        format!("--- 2024-06-18T14:16:50Z ---\n{}", dump("aa", 110, 1500, 40)),
        // RESETSTAT.
        format!("Tue Jun 18 14:17:00 UTC 2024\n{}", dump("aa", 120, 3, 1)),
        // Another server.
        format!("1718720220\n{}", dump("bb", 90_000, 1, 1).replace("6379", "6380")),
        format!("1718720230\n{}", dump("aa", 130, 53, 1)),
        // Started anew.
        format!("1718720240\n{}", dump("cc", 4, 2, 0)),
    ];
    let info = info(series.concat().as_bytes());
    let dumps = info["snapshots"].as_array().unwrap();
    let times: Vec<_> = dumps.iter().map(|dump| dump["time"].as_str().unwrap()).collect();
    assert_eq!(
        times[..3],
        ["2024-06-18T14:16:40.000000Z", "2024-06-18T14:16:50.000000Z", "2024-06-18T14:17:00.000000Z"]
    );
    let rates = info["rates"].as_array().unwrap();
    let shown: Vec<_> = rates
        .iter()
        .map(|rate| {
            json!([
                rate["from"],
                rate["to"],
                rate["seconds"],
                rate["reset"],
                rate["commands"],
                rate["commands_per_second"],
                rate["connections_per_second"],
                rate["hit_rate"],
                rate["expired_keys"],
            ])
        })
        .collect();
    assert_eq!(
        shown,
        [
            json!([0, 1, 10.0, false, 500, 50.0, 0.0, 1.0, null]),
            json!([1, 2, 10.0, true, null, null, null, null, null]),
            json!([2, 4, 10.0, false, 50, 5.0, 0.0, null, null]),
        ]
    );
    assert_eq!(
        rates[0]["commandstats"],
        json!([{"command": "GET", "calls": 500, "calls_per_second": 50.0, "usec": 10, "usec_per_call": 0.02}])
    );
    assert_eq!(rates[1]["commandstats"], json!([]));
    assert_eq!(
        info["restarts"],
        json!([{
            "time": "2024-06-18T14:17:16.000000Z", "port": 6379, "config_file": "/etc/r.conf",
            "from": 4, "to": 5, "from_run_id": "aa", "to_run_id": "cc",
        }])
    );
}

#[test]
fn two_machines_are_not_a_restart() {
    let both = format!("1718720200\n{}1718720201\n{}", dump("aa", 100, 1, 1), dump("bb", 50_000, 1, 1));
    assert_eq!(info(both.as_bytes())["restarts"], json!([]));
}

#[test]
fn dumps_without_a_run_are_paired_within_their_file() {
    let series = "1718720200\nused_memory:5\ntotal_commands_processed:10\n1718720205\nused_memory:3\ntotal_commands_processed:20\n";
    let report = report_of(series.as_bytes(), Reading::default());
    let rate = &report.info.rates[0];
    assert_eq!(
        (rate.seconds, rate.commands_per_second, rate.memory_change),
        (Some(5.0), Some(2.0), Some(-2))
    );
    let dir = tempfile::tempdir().unwrap();
    let paths: Vec<_> = ["a", "b"].iter().map(|name| dir.path().join(name)).collect();
    paths.iter().for_each(|path| fs::write(path, &series[..56]).unwrap());
    assert_eq!(analyze(&paths, Reading::default()).info.rates.len(), 0);
}

#[test]
fn dumps_in_many_files_are_a_series() {
    let dir = tempfile::tempdir().unwrap();
    let paths: Vec<_> = ["b", "a"].iter().map(|name| dir.path().join(name)).collect();
    fs::write(&paths[0], dump("aa", 100, 1000, 10)).unwrap();
    fs::write(&paths[1], dump("aa", 160, 1600, 10)).unwrap();
    let report = analyze(&paths, Reading::default());
    let rate = &report.info.rates[0];
    assert_eq!((rate.from, rate.to, rate.seconds, rate.commands_per_second), (0, 1, Some(60.0), Some(10.0)));
}

#[test]
fn names_of_files_tell_the_time_of_dumps_without_a_clock() {
    let dir = tempfile::tempdir().unwrap();
    let plain = |commands: u64| format!("used_memory:5\r\ntotal_commands_processed:{commands}\r\n");
    let clock = "# Server\r\nserver_time_usec:1795172300000000\r\nrun_id:dd\r\n";
    let files = [
        ("info_1795172219.txt", dump("aa", 100, 10, 1)),
        ("info-2026-11-20T10-57-59.log", dump("aa", 160, 70, 1)),
        // Started anew.
        ("info_1795172289.txt", dump("bb", 4, 3, 1)),
        // The second dump of a file has no time, nor has a file of another name.
        ("info_1795172219_old.txt", format!("{}\n---\n---\n{}", plain(1), plain(2))),
        ("info.txt", dump("cc", 5, 1, 1)),
        // What the dump says itself comes first.
        ("info_1795172290.txt", clock.to_owned()),
        ("info_1795172291.txt", format!("1795172295\n{}", dump("ee", 5, 1, 1))),
    ];
    let paths: Vec<_> = files.iter().map(|(name, _)| dir.path().join(name)).collect();
    for (path, (_, text)) in paths.iter().zip(&files) {
        fs::write(path, text).unwrap();
    }
    let info = analyze(&paths, Reading::default()).info;
    let times: Vec<_> = info.snapshots.iter().map(|dump| dump.time.map(|time| time.0 / 1_000_000)).collect();
    assert_eq!(
        times,
        [
            Some(1_795_172_219),
            Some(1_795_172_279),
            Some(1_795_172_289),
            Some(1_795_172_219),
            None,
            None,
            Some(1_795_172_300),
            Some(1_795_172_295),
        ]
    );
    let rates: Vec<_> =
        info.rates.iter().map(|rate| (rate.from, rate.to, rate.seconds, rate.commands_per_second)).collect();
    assert_eq!(rates, [(0, 1, Some(60.0), Some(1.0)), (3, 4, None, None)]);
    let restarts: Vec<_> = info.restarts.iter().map(|row| (row.from, row.to, row.time.unwrap().0)).collect();
    assert_eq!(restarts[0], (1, 2, 1_795_172_285_000_000));
}

#[test]
fn nodes_in_one_file_and_in_turns_have_rates_of_their_own() {
    let nodes = [("aa", 100, 10), ("bb", 5_000, 20), ("aa", 110, 30), ("bb", 5_020, 60)];
    let expected = [(0, 2, Some(2.0)), (1, 3, Some(2.0))];
    let shown = |info: &redtrail::report::info::Info| -> Vec<_> {
        info.rates.iter().map(|rate| (rate.from, rate.to, rate.commands_per_second)).collect()
    };
    let text = |(at, (run, uptime, commands)): (usize, (&str, u64, u64))| {
        let text = dump(run, uptime, commands, 1);
        // Tools that save dumps change line ends.
        if at % 2 == 0 { text } else { text.replace('\r', "") }
    };
    for heading in
        ["", "=== node ===\n", "10.0.0.1:6379> info\n", "pt lis 20 17:03:39 CET 2026\n", "$900\r\n", "\n\n"]
    {
        let all: Vec<_> =
            nodes.into_iter().enumerate().map(|dump| heading.to_owned() + &text(dump)).collect();
        let report = report_of(all.concat().as_bytes(), Reading::default());
        let input = &report.inputs[0];
        assert_eq!((input.records, input.rejected), (4, 0), "{heading}");
        assert_eq!(input.accounted.sum(), all.concat().len() as u64, "{heading}");
        assert_eq!(shown(&report.info), expected, "{heading}");
        assert_eq!(report.info.restarts.len(), 0, "{heading}");
    }
    let dir = tempfile::tempdir().unwrap();
    let paths: Vec<_> = (0..nodes.len()).map(|at| dir.path().join(at.to_string())).collect();
    for (path, dump) in paths.iter().zip(nodes.into_iter().enumerate()) {
        fs::write(path, text(dump)).unwrap();
    }
    assert_eq!(shown(&analyze(&paths, Reading::default()).info), expected);
}

#[test]
fn values_keep_their_colons_and_unknown_sections_their_fields() {
    let dump = "# Server\r\nredis_version:6.0.20\r\nconfig_file:/a:b\r\n\r\n# Replication\r\nmaster_host:::1\r\n\r\n\
        # Modules\r\nmodule:name=search,options=[a|b=c]\r\n\r\n# my_module\r\nmy_x:a=b:c,d\r\n";
    let escaped = dump.replace('\r', "\\r").replace('\n', "\\n");
    let doubled = escaped.replace('\\', "\\\\");
    for (text, records) in [
        (dump.to_owned(), 1),
        (dump.replace('\r', ""), 1),
        (dump.replace('\r', "\r\r"), 1),
        (format!("${}\r\n{dump}\r\n", dump.len()), 1),
        (format!("={}\r\ntxt:{dump}\r\n", dump.len() + 4), 1),
        (format!("\"{escaped}\"\n"), 1),
        (format!("\"{doubled}\"\n"), 1),
        (format!("QUEUED1) \"{escaped}\"\n1) \"{escaped}\"\n"), 2),
        (format!("[\"OK\",\"QUEUED\",[\"{escaped}\"]]\n[\"{escaped}\"]\n"), 2),
        (format!("\"OK\"\n\"QUEUED\"\n[\"{doubled}\"]\n"), 1),
        (format!("[1,\"{doubled}\",[\"{doubled}\"]]\n"), 2),
    ] {
        for block_bytes in [1, 1 << 20] {
            let report = report_of(text.as_bytes(), Reading { block_bytes, ..Reading::default() });
            let input = &report.inputs[0];
            assert_eq!((input.kind, input.records, input.rejected), ("info", records, 0), "{text}");
            assert_eq!(input.accounted.sum(), text.len() as u64, "{text}");
            for dump in &report.info.snapshots {
                let of = |bytes: &Option<redtrail::report::Bytes>| bytes.as_ref().unwrap().text();
                assert_eq!(of(&dump.server.config_file), "/a:b", "{text}");
                assert_eq!(of(&dump.replication.master_host), "::1", "{text}");
                let other: Vec<_> = dump
                    .other
                    .iter()
                    .map(|(key, value)| format!("{}:{}", key.text(), value.text()))
                    .collect();
                assert_eq!(other, ["module:name=search,options=[a|b=c]", "my_x:a=b:c,d"], "{text}");
            }
        }
    }
}

#[test]
fn no_time_is_no_rate_and_a_reset_none_below_zero() {
    let same = format!("1718720200\n{}1718720200\n{}", dump("aa", 100, 10, 1), dump("aa", 100, 20, 1));
    assert_eq!(report_of(same.as_bytes(), Reading::default()).info.rates.len(), 0);
    let uptimes = dump("aa", 100, 10, 1) + &dump("aa", 100, 20, 1);
    let rate = &report_of(uptimes.as_bytes(), Reading::default()).info.rates[0];
    assert_eq!((rate.seconds, rate.commands, rate.commands_per_second), (None, Some(10), None));
    assert!(rate.commandstats.iter().all(|row| row.calls_per_second.is_none()));
    let reset = dump("aa", 100, 1_000, 9) + &dump("aa", 110, 3, 10);
    let rate = &report_of(reset.as_bytes(), Reading::default()).info.rates[0];
    assert_eq!((rate.reset, rate.commands, rate.keyspace_hits), (true, None, None));
    assert_eq!((rate.commands_per_second, rate.hit_rate, rate.commandstats.len()), (None, None, 0));
}

#[test]
fn a_restart_is_told_among_the_dumps_of_other_machines() {
    let all = [
        (1_718_720_200, "aa", 100),
        (1_718_720_200, "bb", 5_000),
        (1_718_720_210, "aa", 110),
        (1_718_720_210, "bb", 5_010),
        (1_718_720_220, "cc", 4),
        (1_718_720_220, "bb", 5_020),
        (1_718_720_230, "cc", 14),
        (1_718_720_230, "dd", 6),
    ];
    let text = |with: bool| -> String {
        let one = |(time, run, uptime): &(u64, &str, u64)| match with {
            true => format!("{time}\n{}", dump(run, *uptime, 1, 1)),
            false => dump(run, *uptime, 1, 1),
        };
        all.iter().map(one).collect()
    };
    let restarts = |text: String| -> Vec<_> {
        let info = report_of(text.as_bytes(), Reading::default()).info;
        info.restarts.iter().map(|row| (row.from, row.to)).collect()
    };
    assert_eq!(restarts(text(true)), [(2, 4), (5, 7)]);
    // A dump without a clock does not hide it.
    assert_eq!(restarts(text(true) + "---\n---\n" + &dump("ee", 5, 1, 1)), [(2, 4), (5, 7)]);
    assert_eq!(restarts(text(false)), []);
    // Of two that had ended, the later one; a run that still shows later has not.
    let ended: String = [(10, "aa", 100), (20, "bb", 100), (30, "cc", 100), (60, "cc", 130), (70, "dd", 45)]
        .iter()
        .map(|(second, run, uptime)| format!("17187202{second}\n{}", dump(run, *uptime, 1, 1)))
        .collect();
    assert_eq!(restarts(ended), [(1, 4)]);
    // Started together, on two machines.
    assert_eq!(restarts(dump("aa", 100, 1, 1) + &dump("bb", 100, 1, 1)), []);
}
