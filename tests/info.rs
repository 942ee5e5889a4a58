//! INFO: dumps as servers of several versions print them, what tools put around them, series, damage.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use redtrail::error::Reject;
use redtrail::event::{InfoDump, Place, Sink, Skipped};
use redtrail::format::info::Info;
use redtrail::format::{Format, Kind, detect};
use redtrail::options::{Analysis, Reading};
use redtrail::output::{Render, json::Json};
use redtrail::report::Report;
use serde_json::{Value, json};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

/// A fixture's content, whatever it is stored as.
fn content(name: &str) -> Vec<u8> {
    let bytes = fs::read(fixture(name)).unwrap();
    let mut out = Vec::new();
    match name.rsplit_once('.').unwrap().1 {
        "zst" => zstd::Decoder::new(&bytes[..]).unwrap().read_to_end(&mut out).unwrap(),
        "xz" => liblzma::read::XzDecoder::new(&bytes[..]).read_to_end(&mut out).unwrap(),
        _ => return bytes,
    };
    out
}

fn analyze(paths: &[PathBuf], reading: Reading) -> Report {
    redtrail::analyze(paths, &Analysis { reading, ..Analysis::default() }).unwrap().report
}

/// The report of one file that holds `bytes`.
fn report_of(bytes: &[u8], reading: Reading) -> Report {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("info.txt");
    fs::write(&path, bytes).unwrap();
    let mut report = analyze(&[path], reading);
    report.inputs[0].path.0.clear();
    report.info.snapshots.iter_mut().for_each(|dump| dump.path.0.clear());
    report.rejects.samples.iter_mut().for_each(|sample| sample.path.0.clear());
    report
}

fn text(report: &Report) -> String {
    let mut out = Vec::new();
    Json.render(report, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// `info` of the report, as JSON.
fn info(bytes: &[u8]) -> Value {
    let report = report_of(bytes, Reading::default());
    serde_json::from_str::<Value>(&text(&report)).unwrap()["info"].clone()
}

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
                    other => other.to_string() == command,
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

const DUMP: &str = "# Server\r\nredis_version:7.4.1\r\nrun_id:aa\r\ntcp_port:6379\r\nuptime_in_seconds:100\r\n\r\n# Stats\r\ntotal_commands_processed:10\r\n";

#[test]
fn what_tools_put_around_dumps_is_taken_off() {
    let quoted = format!("{DUMP:?}");
    let dict = "{'redis_version': '7.4.1', 'run_id': 'aa', 'tcp_port': 6379, 'uptime_in_seconds': 100, 'total_commands_processed': 10, 'db0': {'keys': 2, 'expires': 1}}\n";
    for (bytes, dialect, dumps, noise) in [
        (DUMP.to_owned(), "redis-cli", 1, 0),
        (DUMP.replace('\r', ""), "redis-cli", 1, 0),
        (DUMP.replace("\r\n", "\r\r\n"), "redis-cli", 1, 0),
        (format!("\x1b[0m{DUMP}\x1b[0m\r\n"), "redis-cli", 1, 1),
        (format!("${}\r\n{DUMP}\r\n", DUMP.len()), "RESP", 1, 2),
        (format!("+OK\r\n={}\r\ntxt:{DUMP}\r\n", DUMP.len() + 4), "RESP", 1, 3),
        (format!("{quoted}\n"), "quoted", 1, 0),
        (format!("OK\nQUEUED\n1) {quoted}\n"), "quoted", 1, 2),
        (format!("QUEUED1) {quoted}"), "quoted", 1, 0),
        (dict.to_owned(), "redis-py", 1, 0),
        (dict.replace('\'', "\""), "redis-py", 1, 0),
        (format!("Warning: Using a password with '-a' option\n{DUMP}\r\n(0.68s)\n"), "redis-cli", 1, 3),
        (format!("127.0.0.1:6379> info\r\n{DUMP}127.0.0.1:6379> "), "redis-cli", 1, 2),
        (format!("redis-1:6379\n{DUMP}"), "redis-cli", 1, 1),
        (format!("redis1:6379\n{DUMP}redis2.example:6379\n"), "redis-cli", 1, 1),
        (format!("{DUMP}{DUMP}"), "redis-cli", 2, 0),
        (format!("{DUMP}\r\n{DUMP}\r\n"), "redis-cli", 2, 2),
        (format!("{DUMP}---\n{quoted}\n{dict}"), "mixed", 3, 1),
        (DUMP.replace("# Server\r\n", "").repeat(3), "redis-cli", 3, 0),
        (DUMP.replace("# Server\r\n", "").replace("\r\n# Stats\r\n", "").repeat(3), "redis-cli", 3, 0),
        ("# Commandstats\r\ncmdstat_get:calls=1,usec=2,usec_per_call=2.00\r\n".repeat(2), "redis-cli", 2, 0),
        ("# Keyspace\r\n".to_owned(), "redis-cli", 1, 0),
        ("used_memory:1\nused_memory:2\nused_memory:3\n".to_owned(), "redis-cli", 3, 0),
    ] {
        let report = report_of(bytes.as_bytes(), Reading::default());
        let input = &report.inputs[0];
        assert_eq!(
            (input.kind, input.dialect, input.records, input.noise, input.rejected, input.truncated),
            ("info", dialect, dumps, noise, 0, 0),
            "{bytes:?}: {}",
            input.reason
        );
        assert_eq!(input.accounted.sum(), bytes.len() as u64, "{bytes:?}");
        assert_eq!(report.info.snapshots.len() as u64, dumps);
        if bytes.contains("aa") {
            for dump in &report.info.snapshots {
                let server = &dump.server;
                assert_eq!(server.run_id.as_ref().unwrap().0, b"aa", "{bytes:?}");
                assert_eq!((server.port, server.uptime_seconds), (Some(6379), Some(100)));
                assert_eq!(dump.stats.total_commands, Some(10), "{bytes:?}");
                assert_eq!(dump.stats.keyspace_hits, None);
            }
        }
    }
}

#[test]
fn other_files_are_not_taken_for_dumps() {
    for bytes in [
        &b""[..],
        b"# Server\nThis host runs the shop.\nAsk Ann before you restart it.\n",
        b"name: x\nrole: y\nhost: z\n",
        b"a:b\nc:d\n",
        b"# Title\nfoo:bar\n",
        b"[section]\nport:6379\n",
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
        b"id=3 addr=127.0.0.1:1 fd=8 name= age=1 idle=0 flags=N db=0 cmd=client\n",
        b"1718720297.1 [0 127.0.0.1:1] \"GET\" \"redis_version:7\"\n",
        b"{\"a\": \"redis_version\"}\n",
    ] {
        assert_ne!(detect(bytes, None, None).kind, Kind::Info, "{}", bytes.escape_ascii());
    }
    let reading = detect(b"foo:bar\n", Some(Kind::Info), None);
    assert!(reading.format.is_some());
    assert_eq!(reading.reason, "no dump among the first lines; forced by --kind");
}

/// A dump at a time, with a run and counters.
fn dump(run: &str, uptime: u64, commands: u64, hits: u64) -> String {
    format!(
        "# Server\r\nredis_version:7.4.1\r\nrun_id:{run}\r\ntcp_port:6379\r\nuptime_in_seconds:{uptime}\r\nconfig_file:/etc/r.conf\r\n\r\n\
         # Stats\r\ntotal_commands_processed:{commands}\r\ntotal_connections_received:5\r\nkeyspace_hits:{hits}\r\nkeyspace_misses:10\r\n\r\n\
         # Commandstats\r\ncmdstat_get:calls={commands},usec={uptime},usec_per_call=1.00\r\ncmdstat_set:calls=7,usec=7,usec_per_call=1.00\r\n"
    )
}

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
fn hostile_fields_stay_fields() {
    let bytes = b"# Server\r\nredis_version:7\r\nexecutable:/a:b,c=d\r\nos:\xff\"\x1b[31m\r\nmodule:name=a\r\nmodule:name=b\r\n\
        uptime_in_seconds:99999999999999999999999\r\nmem_fragmentation_ratio:nan\r\nused_cpu_sys:inf\r\n\
        db0:keys=x\r\ndb1:keys=-1,expires=2\r\ncmdstat_get:calls=\r\nlatency_percentiles_usec_get:command=1\r\nredis_mode:\r\n";
    let info = info(bytes);
    let dump = &info["snapshots"][0];
    assert_eq!(info["snapshots"].as_array().unwrap().len(), 1);
    assert_eq!(dump["server"]["executable"], "/a:b,c=d");
    assert_eq!(dump["server"]["uptime_seconds"], Value::Null);
    assert_eq!(dump["server"]["mode"], "");
    assert_eq!(dump["memory"]["fragmentation_ratio"], Value::Null);
    assert_eq!(
        dump["keyspace"],
        json!([{"db": 1, "keys": null, "expires": 2, "avg_ttl_ms": null, "subexpiry": null,
        "keys_with_volatile_items": null, "other": {"keys": "-1"}}])
    );
    assert_eq!(
        dump["other"],
        json!({
            "cmdstat_get": "calls=", "db0": "keys=x", "latency_percentiles_usec_get": "command=1",
            "mem_fragmentation_ratio": "nan", "module": "name=a", "module#2": "name=b",
            "uptime_in_seconds": "99999999999999999999999", "used_cpu_sys": "inf",
        })
    );
}

/// Everything a sink is told, with lines counted from `line`.
#[derive(Default)]
struct Told {
    events: Vec<String>,
    /// Of each event.
    places: Vec<Place>,
    bytes: u64,
    line: u64,
}

impl Told {
    fn tell(&mut self, place: Place, bytes: u64, what: String) {
        let place = Place { line: place.line + self.line, ..place };
        self.bytes += bytes;
        self.places.push(place);
        self.events.push(format!("{} {} {bytes} {what}", place.offset, place.line));
    }
}

impl Sink for Told {
    fn info(&mut self, dump: &InfoDump<'_>) {
        self.tell(dump.place, dump.bytes, format!("info {:?} {:?}", dump.time, dump.fields));
    }
    fn reject(&mut self, reject: Reject<'_>) {
        self.tell(reject.place, reject.bytes, format!("reject {:?}", reject.text));
    }
    fn skip(&mut self, place: Place, bytes: u64, why: Skipped) {
        self.tell(place, bytes, format!("{why:?}"));
    }
    fn gap(&mut self, _: Place) {}
}

/// Reads `bytes` cut into blocks of about `window` bytes, as a source cuts them.
fn read(bytes: &[u8], window: usize) -> Told {
    let mut told = Told::default();
    let mut rest = bytes;
    while !rest.is_empty() {
        let mut wide = window;
        let end = loop {
            if wide >= rest.len() {
                break rest.len();
            }
            match Info.cut(&rest[..wide]) {
                0 => wide *= 2,
                end => break end,
            }
        };
        let (block, left) = rest.split_at(end);
        Info.scan(block, (bytes.len() - rest.len()) as u64, &mut told);
        told.line += block.iter().filter(|byte| **byte == b'\n').count() as u64;
        rest = left;
    }
    told
}

/// Every byte to one call, in order, however the blocks are cut.
fn check(bytes: &[u8], windows: &[usize]) {
    let whole = read(bytes, bytes.len().max(1));
    assert_eq!(whole.bytes, bytes.len() as u64, "{}", bytes.escape_ascii());
    assert!(whole.places.is_sorted(), "{}", bytes.escape_ascii());
    for window in windows {
        assert_eq!(read(bytes, *window).events, whole.events, "{window}: {}", bytes.escape_ascii());
    }
}

/// A file with all that can stand in one.
fn mixture() -> Vec<u8> {
    let quoted = format!("{DUMP:?}");
    let all = [
        "OK\n1718720200\n",
        &dump("aa", 100, 1, 1),
        "\r\n# a script's words: 1\n--- 2026-06-18 14:19:17 ---\nhost:6379\n",
        &dump("aa", 110, 2, 1),
        &dump("aa", 120, 3, 1),
        "\r\n\r\n$100\r\n",
        DUMP,
        "broken line\r\n",
        "loading:0\r\n",
        "two of\nother lines\n",
        "used_memory:1\nused_memory:2\n\nx:y\nused_memory:3\n",
        &quoted,
        "\n",
        "# Keyspace\r\n",
    ];
    all.concat().into_bytes()
}

#[test]
fn truncation_at_every_byte_is_accounted_for() {
    for bytes in [
        mixture(),
        content("cases/info-r-2.6.17.txt"),
        b"ersion:7\r\nhz:10\r\n\r\n# CPU\r\nused_cpu_sys:1\r\n".to_vec(),
    ] {
        for end in 0..=bytes.len() {
            check(&bytes[..end], &[1, 200]);
            check(&bytes[end..], &[1]);
        }
    }
    let bytes = content("cases/info-r-2.6.17.txt");
    let report = report_of(&bytes[..bytes.len() - 1], Reading::default());
    let input = &report.inputs[0];
    assert_eq!((input.records, input.truncated, input.noise), (1, 1, 0));
    assert_eq!(report.info.snapshots[0].keyspace.len(), 1, "the line that is cut off says nothing");
    // The start is missing.
    let report = report_of(&bytes[12..], Reading::default());
    let input = &report.inputs[0];
    assert_eq!((input.records, input.truncated, input.noise), (1, 1, 0));
    assert_eq!(report.info.snapshots[0].server.port, Some(18552));
}

#[test]
fn flipped_bytes_are_accounted_for() {
    let bytes = mixture();
    for at in 0..bytes.len() {
        for flip in [0x01, 0x20, 0x80, 0xff] {
            let mut damaged = bytes.clone();
            damaged[at] ^= flip;
            check(&damaged, &[1, 300]);
        }
    }
}

#[test]
fn a_damaged_line_is_rejected_and_its_dump_stays_one() {
    let bytes = String::from_utf8(content("cases/info-r-7.4.1.txt")).unwrap();
    let damaged = bytes.replace("used_memory:", "used_memory ");
    let report = report_of(damaged.as_bytes(), Reading::default());
    let input = &report.inputs[0];
    assert_eq!((input.records, input.rejected, input.noise, input.truncated), (1, 1, 0, 0));
    assert_eq!(report.info.snapshots[0].memory.used, None);
    assert_eq!(report.info.snapshots[0].keyspace.len(), 2);
    assert!(report.rejects.samples[0].reason.contains("INFO"));
}

#[test]
fn blocks_and_threads_do_not_show() {
    let mut bytes = mixture();
    for at in 0..40 {
        bytes.extend(dump(&format!("{:02x}", at / 7), 100 + at, at * at, at).into_bytes());
    }
    bytes.extend(content("captures-info/redis-6.2.14.txt"));
    let expected = text(&report_of(&bytes, Reading::default()));
    assert!(expected.contains("\"rates\": [\n"));
    for block_bytes in [1, 100, 1_000, 5_000] {
        for threads in [1, 2, 3] {
            let reading = Reading { block_bytes, threads, ..Reading::default() };
            assert!(text(&report_of(&bytes, reading)) == expected, "{block_bytes} bytes, {threads} threads");
        }
    }
}

const LINES: [&str; 26] = [
    "# Server\r\n",
    "redis_version:7.4.1\r\n",
    "run_id:aa\r\n",
    "uptime_in_seconds:5\r\n",
    "\r\n",
    "# Memory\r\n",
    "used_memory:7\r\n",
    "# Cluster Info\r\n",
    "module:name=a\r\n",
    "x:y\r\n",
    "host:6379\n",
    "1718720297\n",
    "--- 2026-06-18 14:19:17 ---\n",
    "OK\n",
    "$12\r\n",
    "some words\n",
    "(0.68s)\n",
    "# odd words: 1\n",
    "\"# CPU\\r\\nused_cpu_sys:1\\r\\n\"\n",
    "{'redis_version': '7', 'hz': 10}\n",
    "{'a\n",
    "txt:# Server\r\n",
    "\x1b[0m# Stats\r\n",
    "a\rb:c\r\n",
    "db0:keys=1,expires=0\r\n",
    "#\n",
];

proptest! {
    #[test]
    fn any_lines_read_the_same_however_they_are_cut(
        lines in prop::collection::vec(0..LINES.len(), 0..40),
        window in 1_usize..200,
        cut in 0_usize..12,
    ) {
        let mut bytes: Vec<u8> = lines.iter().flat_map(|at| LINES[*at].bytes()).collect();
        bytes.truncate(bytes.len().saturating_sub(cut));
        check(&bytes, &[1, window]);
    }

    #[test]
    fn any_bytes_are_accounted_for(bytes in "[#\r\n :a-c_\"{}'\\\\$0-9]{0,200}", window in 1_usize..50) {
        check(bytes.as_bytes(), &[window]);
    }
}
