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
