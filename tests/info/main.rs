//! INFO: dumps as servers of several versions print them, what tools put around them, series, damage.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that finds something amiss fails"
)]

mod captures;
mod common;
mod damage;
mod series;
mod tables;

use redtrail::format::{Kind, detect};
use redtrail::options::Reading;
use serde_json::{Value, json};

use common::{DUMP, info, report_of};

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
