//! Files that servers wrote, against an independent reading.

use std::collections::BTreeMap;
use std::fs;

use redtrail::options::Reading;
use serde_json::{Value, json};

use crate::common::{analyze, content, fixture, info, report_of, text};

#[test]
fn every_case_reads_as_described() {
    for (name, version, rows) in [
        (
            "info-r-2.6.17.txt",
            json!(["redis", "2.6.17", "standalone", 18552, null]),
            json!([6, 0, 0, {"command": "CONFIG", "calls": 1, "usec": 13, "usec_per_call": 13.0, "rejected_calls": null, "failed_calls": null}]),
        ),
        (
            "info-r-7.4.1.txt",
            json!(["redis", "7.4.1", "standalone", 18550, "2026-11-20T11:15:00.637909Z"]),
            json!([6, 1, 6, null]),
        ),
        (
            "info-v-9.1.0.txt",
            json!(["valkey", "9.1.0", "standalone", 18551, "2026-11-20T11:15:00.877563Z"]),
            json!([6, 1, 6, null]),
        ),
    ] {
        let bytes = content(&format!("cases/{name}"));
        let report = report_of(&bytes, Reading::default());
        let input = &report.inputs[0];
        assert_eq!((input.kind, input.dialect, input.records), ("info", "redis-cli", 1), "{name}");
        assert_eq!((input.accounted.records, input.noise), (bytes.len() as u64, 0), "{name}");
        let info = info(&bytes);
        let dump = &info["snapshots"][0];
        let server = &dump["server"];
        assert_eq!(
            json!([server["name"], server["version"], server["mode"], server["port"], dump["time"]]),
            version
        );
        let stats = dump["commandstats"].as_array().unwrap();
        let count = |table: &str| dump[table].as_array().unwrap().len();
        assert_eq!(
            json!([stats.len(), count("errorstats"), count("latency")]),
            json!([rows[0], rows[1], rows[2]]),
            "{name}"
        );
        let config = stats.iter().find(|row| row["command"] == "CONFIG").unwrap_or(&Value::Null);
        assert_eq!(*config, rows[3], "{name}");
        // In each: db0 keys=1; db3 keys=1 expires=1.
        let keys: Vec<_> = dump["keyspace"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| json!([row["db"], row["keys"], row["expires"]]))
            .collect();
        assert_eq!(keys, [json!([0, 1, 0]), json!([3, 1, 1])], "{name}");
        assert_eq!(dump["role"], "master");
    }
    let dump = &info(&content("cases/info-r-7.4.1.txt"))["snapshots"][0];
    assert_eq!(dump["keyspace"][1]["subexpiry"], 0);
    assert!(dump["commandstats"].as_array().unwrap().iter().any(|row| row["command"] == "CONFIG|GET"));
    assert_eq!(dump["errorstats"], json!([{"prefix": "WRONGTYPE", "count": 1}]));
    let latency = dump["latency"].as_array().unwrap();
    let names: Vec<_> = latency[0].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, ["command", "p50", "p99", "p99.9"]);
}

/// A second, slower reading: lines, first colon, nothing else.
fn naive(bytes: &[u8]) -> BTreeMap<String, String> {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines
        .map(|line| line.split_once(':').unwrap())
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

fn naive_parts(value: &str) -> BTreeMap<&str, f64> {
    let pairs = value.split(',').map(|pair| pair.split_once('=').unwrap());
    pairs.map(|(name, number)| (name, number.parse().unwrap())).collect()
}

#[test]
fn captures_give_the_numbers_that_stand_in_them() {
    let mut files = 0;
    for entry in fs::read_dir(fixture("captures-info")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let bytes = content(&format!("captures-info/{name}"));
        let fields = naive(&bytes);
        let report = analyze(&[path], Reading::default());
        let report: Value = serde_json::from_str(&text(&report)).unwrap();
        assert_eq!(report["inputs"][0]["accounted"]["records"], bytes.len(), "{name}");
        let dump = &report["info"]["snapshots"][0];
        for (key, value) in [
            ("uptime_in_seconds", &dump["server"]["uptime_seconds"]),
            ("tcp_port", &dump["server"]["port"]),
            ("connected_clients", &dump["clients"]["connected"]),
            ("blocked_clients", &dump["clients"]["blocked"]),
            ("maxclients", &dump["clients"]["maxclients"]),
            ("used_memory", &dump["memory"]["used"]),
            ("used_memory_rss", &dump["memory"]["rss"]),
            ("used_memory_peak", &dump["memory"]["peak"]),
            ("maxmemory", &dump["memory"]["maxmemory"]),
            ("mem_fragmentation_ratio", &dump["memory"]["fragmentation_ratio"]),
            ("total_commands_processed", &dump["stats"]["total_commands"]),
            ("total_connections_received", &dump["stats"]["total_connections"]),
            ("instantaneous_ops_per_sec", &dump["stats"]["ops_per_sec"]),
            ("rejected_connections", &dump["stats"]["rejected_connections"]),
            ("keyspace_hits", &dump["stats"]["keyspace_hits"]),
            ("keyspace_misses", &dump["stats"]["keyspace_misses"]),
            ("expired_keys", &dump["stats"]["expired_keys"]),
            ("evicted_keys", &dump["stats"]["evicted_keys"]),
            ("total_net_input_bytes", &dump["stats"]["net_input_bytes"]),
            ("connected_slaves", &dump["replication"]["connected_slaves"]),
            ("loading", &dump["persistence"]["loading"]),
            ("aof_enabled", &dump["persistence"]["aof_enabled"]),
            ("rdb_last_bgsave_time_sec", &dump["persistence"]["rdb_last_bgsave_time_sec"]),
            ("used_cpu_sys", &dump["cpu"]["sys"]),
        ] {
            let expected = fields.get(key).map(|number| number.parse::<f64>().unwrap());
            assert_eq!(value.as_f64(), expected, "{name}: {key}");
        }
        assert_eq!(dump["server"]["run_id"], fields["run_id"], "{name}");
        let (hits, misses) = (
            fields["keyspace_hits"].parse::<f64>().unwrap(),
            fields["keyspace_misses"].parse::<f64>().unwrap(),
        );
        let rate = (hits + misses > 0.0).then(|| hits / (hits + misses));
        assert_eq!(dump["stats"]["hit_rate"].as_f64(), rate, "{name}");

        let mut rows = 0;
        for (prefix, table, key) in [
            ("cmdstat_", "commandstats", "command"),
            ("errorstat_", "errorstats", "prefix"),
            ("latency_percentiles_usec_", "latency", "command"),
            ("db", "keyspace", "db"),
        ] {
            let table = dump[table].as_array().unwrap();
            rows += table.len();
            let printed: Vec<_> =
                fields.iter().filter_map(|(name, value)| Some((name.strip_prefix(prefix)?, value))).collect();
            assert_eq!(table.len(), printed.len(), "{name}: {prefix}");
            for (command, value) in printed {
                let row = table.iter().find(|row| match &row[key] {
                    Value::String(text) => *text == command.to_uppercase() || *text == command,
                    other => other.as_u64() == command.parse().ok(),
                });
                let row = row.unwrap_or_else(|| panic!("{name}: {prefix}{command}"));
                for (part, number) in naive_parts(value) {
                    let part = if part == "avg_ttl" { "avg_ttl_ms" } else { part };
                    assert_eq!(row[part].as_f64(), Some(number), "{name}: {prefix}{command} {part}");
                }
            }
        }
        // Every field has one place.
        let groups = ["server", "clients", "memory", "stats", "replication", "persistence", "cpu"];
        let known =
            |group: &&str| dump[*group].as_object().unwrap().values().filter(|v| !v.is_null()).count();
        let worked_out = 2 + usize::from(rate.is_some());
        let placed: usize = groups.iter().map(known).sum::<usize>() - worked_out;
        let other = dump["other"].as_object().unwrap();
        assert_eq!(placed + rows + other.len(), fields.len(), "{name}");
        for (field, value) in other {
            assert_eq!(*value, fields[field].replace('\\', "\\\\"), "{name}: {field}");
        }
        files += 1;
    }
    assert_eq!(files, 10);
}
