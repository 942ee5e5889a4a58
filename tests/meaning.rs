//! What the numbers of a report mean, by captures small enough to count by hand, and by sums and places
//! that real captures must keep.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that finds something amiss fails")]

#[path = "common/fixture.rs"]
mod fixture;
#[path = "common/index.rs"]
mod index;
#[path = "common/report.rs"]
mod report;

use std::collections::BTreeMap;
use std::fs;

use redtrail::options::{Analysis, Reading};
use serde_json::Value;

/// The report of calls `ADDRESS WORD WORD …`, one a line and a second apart; other lines stand as they are.
/// What blocks the capture is cut into makes no difference.
fn told(calls: &str) -> Value {
    let mut content = String::new();
    for (second, line) in calls.lines().map(str::trim).filter(|line| !line.is_empty()).enumerate() {
        match line.split_once(' ') {
            Some((client, words)) => {
                let words: Vec<_> = words.split(' ').map(|word| format!("\"{word}\"")).collect();
                let time = 1_795_173_000 + second;
                content.push_str(&format!("{time}.000001 [0 {client}] {}\n", words.join(" ")));
            }
            None => content.push_str(&format!("{line}\n")),
        }
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), content).unwrap();
    let paths = [file.path().to_path_buf()];
    let read = |block_bytes| {
        let reading = Reading { threads: 1, block_bytes, ..Reading::default() };
        report::report(&paths, &Analysis { reading, ..Analysis::default() })
    };
    let whole = read(2 << 20);
    for block_bytes in [1, 40, 100, 300] {
        assert_eq!(read(block_bytes), whole, "blocks of {block_bytes}");
    }
    whole
}

fn rows<'a>(report: &'a Value, table: &str) -> &'a Vec<Value> {
    report[table]["rows"].as_array().unwrap()
}

/// One row's fields as they stand in JSON, by the value of its first field.
fn fields(report: &Value, table: &str, names: &[&str]) -> Vec<String> {
    let show = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let line = |row: &Value| names.iter().map(|name| show(&row[name])).collect::<Vec<_>>().join(" ");
    let mut lines: Vec<_> = rows(report, table).iter().map(line).collect();
    lines.sort();
    lines
}

#[test]
fn calls_of_scripts_count_under_their_caller() {
    let report = told(
        "
        OK
        lua GET before:the:first:script
        10.0.0.1:1 EVAL script 1 k
        lua GET k
        10.0.0.2:2 PING
        lua SET k v
        10.0.0.2:2 evalsha 5e483ea4dc1e96665e483ea4dc1e96665e483ea4 0
        lua INCR c
        10.0.0.3:3 FCALL f 0
        lua INCR c
        OK
        lua GET behind:the:gap
        10.0.0.1:1 EVAL_RO script 0
        lua GET k
    ",
    );
    assert_eq!(
        fields(&report, "clients", &["client", "kind", "calls", "in_scripts"]),
        ["10.0.0.1:1 tcp 5 3", "10.0.0.2:2 tcp 3 1", "10.0.0.3:3 tcp 2 1", "lua lua 2 2",]
    );
    assert_eq!(
        fields(&report, "commands", &["command", "calls", "in_scripts", "clients"]),
        [
            "EVAL 1 0 1",
            "EVALSHA 1 0 1",
            "EVAL_RO 1 0 1",
            "FCALL 1 0 1",
            "GET 4 4 2",
            "INCR 2 2 2",
            "PING 1 0 1",
            "SET 1 1 1",
        ]
    );
}

#[test]
fn names_are_those_that_clients_give_themselves() {
    let report = told(
        "
        10.0.0.1:1 GET k
        10.0.0.1:1 CLIENT SETNAME web
        10.0.0.1:1 GET k
        10.0.0.1:2 HELLO 3 AUTH ann (redacted) SETNAME web
        10.0.0.1:2 CLIENT SETINFO LIB-NAME jedis
        10.0.0.1:2 CLIENT SETINFO lib-ver 5.1.0
        10.0.0.3:3 client setname old
        10.0.0.3:3 client setname new
        10.0.0.4:4 PING
    ",
    );
    assert_eq!(
        fields(&report, "clients", &["client", "name", "user", "library", "calls"]),
        [
            "10.0.0.1:1 web null null 3",
            "10.0.0.1:2 web ann jedis 5.1.0 3",
            "10.0.0.3:3 new null null 2",
            "10.0.0.4:4 null null null 1",
        ]
    );
    let groups = fields(&report, "client_groups", &["by", "value", "connections", "calls"]);
    for group in [
        "ip 10.0.0.1 2 6",
        "ip 10.0.0.3 1 2",
        "ip 10.0.0.4 1 1",
        "library  3 6",
        "library jedis 5.1.0 1 3",
        "name  1 1",
        "name web 2 6",
    ] {
        assert!(groups.contains(&group.to_owned()), "{group} among {groups:?}");
    }
    for by in ["ip", "name", "library"] {
        let of = rows(&report, "client_groups").iter().filter(|row| row["by"] == by);
        assert_eq!(of.map(|row| row["calls"].as_u64().unwrap()).sum::<u64>(), 9, "{by}");
    }
}

#[test]
fn a_reset_connection_has_no_name() {
    let report = told(
        "
        10.0.0.5:5 CLIENT SETNAME app
        10.0.0.5:5 GET k
        10.0.0.5:5 RESET
        10.0.0.5:5 GET k
        10.0.0.5:5 GET k
    ",
    );
    assert_eq!(fields(&report, "clients", &["client", "name", "calls"]), ["10.0.0.5:5 null 5"]);
    let groups = fields(&report, "client_groups", &["by", "value", "connections", "calls"]);
    for group in ["name app 1 3", "name  1 2"] {
        assert!(groups.contains(&group.to_owned()), "{group} among {groups:?}");
    }
}

#[test]
fn blocks_of_transactions_are_calls_like_others() {
    let report = told(
        "
        10.0.0.1:1 MULTI
        10.0.0.2:2 GET k
        10.0.0.1:1 SET k v
        10.0.0.1:1 INCR c
        10.0.0.1:1 EXEC
        10.0.0.2:2 MULTI
        10.0.0.2:2 DISCARD
    ",
    );
    assert_eq!(
        fields(&report, "commands", &["command", "calls", "access", "keys"]),
        [
            "DISCARD 1 transaction 0",
            "EXEC 1 transaction 0",
            "GET 1 read 1",
            "INCR 1 write 1",
            "MULTI 2 transaction 0",
            "SET 1 write 1",
        ]
    );
    assert_eq!(fields(&report, "clients", &["client", "calls"]), ["10.0.0.1:1 4", "10.0.0.2:2 3"]);
}

#[test]
fn keys_count_once_under_one_pattern() {
    let report = told(
        "
        10.0.0.1:1 GET user:7:profile
        10.0.0.1:1 SET user:alice:profile v
        10.0.0.2:2 DEL user:8:profile
        10.0.0.1:1 SET lock:{order:12} v
        10.0.0.1:1 GET session:5e483ea4dc1e9666
        10.0.0.1:1 MGET session:0e483ea4dc1e9667 config user:7:profile
    ",
    );
    let columns = ["pattern", "calls", "reads", "writes", "deletes", "distinct_keys", "clients"];
    assert_eq!(
        fields(&report, "key_patterns", &columns),
        [
            "config 1 1 0 0 1 1",
            "lock:{order:*} 1 0 1 0 1 1",
            "session:* 2 2 0 0 2 1",
            "user:*:profile 4 2 1 1 3 2",
        ]
    );
    assert_eq!(report["key_patterns"]["total"], 8);
    assert_eq!(
        fields(&report, "hot_keys", &["key", "pattern", "calls", "clients"]),
        [
            "config config 1 1",
            "lock:{order:12} lock:{order:*} 1 1",
            "session:0e483ea4dc1e9667 session:* 1 1",
            "session:5e483ea4dc1e9666 session:* 1 1",
            "user:7:profile user:*:profile 2 1",
            "user:8:profile user:*:profile 1 1",
            "user:alice:profile user:*:profile 1 1",
        ]
    );
}

#[test]
fn collections_are_keys_that_get_elements() {
    let report = told(
        "
        10.0.0.1:1 LPUSH jobs a b c
        10.0.0.2:2 RPOP jobs
        10.0.0.1:1 SADD tags:1 a b
        10.0.0.2:2 SADD tags:1 b c
        10.0.0.1:1 SMEMBERS tags:1
        10.0.0.1:1 HSET user:7 name n mail m
        10.0.0.1:1 EXPIRE user:7 60
        10.0.0.1:1 ZADD board NX 1 a 2 b
        10.0.0.1:1 ZREMRANGEBYRANK board 0 -11
        10.0.0.1:1 XADD log * f v
        10.0.0.1:1 LPUSH gone a
        10.0.0.1:1 DEL gone
        10.0.0.1:1 LPOP unseen
        10.0.0.1:1 SET plain v
        10.0.0.1:1 GET plain
    ",
    );
    let columns = ["key", "collection", "added", "different", "removed", "kept", "whole_reads", "clients"];
    assert_eq!(
        fields(&report, "collections", &columns),
        [
            "board sorted-set 2 2 0 null 0 1",
            "gone list 1 null 0 null 0 1",
            "jobs list 3 null 1 2 0 2",
            "log stream 1 null 0 1 0 1",
            "tags:1 set 4 3 0 3 1 2",
            "user:7 hash 2 2 0 null 0 1",
        ]
    );
    let keys: Vec<_> = rows(&report, "collections").iter().map(|row| row["key"].as_str().unwrap()).collect();
    assert_eq!(keys, ["tags:1", "jobs", "log", "board", "user:7", "gone"]);
    assert_eq!(report["collections"]["keys"], 6);
    let tags = &rows(&report, "collections")[0];
    assert_eq!(
        (&tags["pattern"], &tags["first"], &tags["last"]),
        (&"tags:*".into(), &"2026-11-20T11:10:02.000001Z".into(), &"2026-11-20T11:10:03.000001Z".into())
    );
}

#[test]
fn what_emptied_a_database_or_moved_a_key_leaves_nobody_to_tell_what_stayed() {
    let report = told(
        "
        10.0.0.1:1 LPUSH flushed a b
        10.0.0.1:1 LPUSH sent a b
        10.0.0.1:1 MIGRATE 10.0.0.9 6379 sent 0 1000
        10.0.0.2:2 FLUSHDB
        10.0.0.1:1 LPUSH flushed c
        10.0.0.1:1 LPUSH behind a b c d
        10.0.0.1:1 LMPOP 1 behind LEFT COUNT 3
        10.0.0.1:1 LPOP behind 0
    ",
    );
    assert_eq!(
        fields(&report, "collections", &["key", "added", "removed", "kept"]),
        ["behind 4 3 1", "flushed 3 0 null", "sent 2 0 null"]
    );
}

#[test]
fn times_to_live_are_missing_until_a_later_call_gives_one() {
    let report = told(
        "
        10.0.0.1:1 SET plain:1 v
        10.0.0.1:1 SETNX plain:2 v
        10.0.0.1:1 MSET plain:3 v plain:4 v
        10.0.0.1:1 SET with:1 v EX 60
        10.0.0.1:1 set with:2 v nx px 60
        10.0.0.1:1 SETEX with:3 60 v
        10.0.0.1:1 SET later:1 v
        10.0.0.1:1 EXPIRE later:1 60
        10.0.0.1:1 SET taken:1 v EX 60
        10.0.0.1:1 SET taken:1 v
        10.0.0.1:1 SET taken:2 v EX 60
        10.0.0.1:1 PERSIST taken:2
        10.0.0.1:1 SET kept:1 v KEEPTTL
        10.0.0.1:1 INCR kept:2
        10.0.0.1:1 HSET kept:3 f v
        10.0.0.1:1 SUNIONSTORE stored:1 source:1 source:2
    ",
    );
    assert_eq!(
        fields(&report, "key_patterns", &["pattern", "ttl_set", "ttl_missing"]),
        [
            "kept:* 0 0",
            "later:* 1 0",
            "plain:* 0 4",
            "source:* 0 0",
            "stored:* 0 1",
            "taken:* 2 2",
            "with:* 3 0",
        ]
    );
}

#[test]
fn dangerous_calls_stand_where_the_report_says() {
    let mut looked_at = 0;
    for (file, _) in index::files("captures").into_iter().chain(index::files("cases/")) {
        let report = report::report_of(&fixture::path(&file));
        let content = fixture::content(&file);
        let lines: Vec<&[u8]> = content.split(|byte| *byte == b'\n').collect();
        for row in rows(&report, "dangerous") {
            let command = row["command"].as_str().unwrap();
            for example in row["examples"].as_array().unwrap() {
                let (offset, line) =
                    (example["byte_offset"].as_u64().unwrap(), example["line"].as_u64().unwrap());
                let before = lines[..line as usize - 1].iter().map(|line| line.len() as u64 + 1).sum::<u64>();
                assert_eq!(before, offset, "{command} in {file}");
                let record = lines[line as usize - 1].escape_ascii().to_string().to_uppercase();
                for word in command.split('|') {
                    assert!(
                        record.contains(&format!(r#"\"{word}\""#)),
                        "{command} is not in {record} of {file}"
                    );
                }
                // The command's words stand as they were sent.
                let text = example["text"].as_str().unwrap().to_uppercase();
                assert!(text.starts_with(&command.replace('|', " ")), "{text}");
                looked_at += 1;
            }
            let by_clients =
                row["clients"].as_array().unwrap().iter().map(|row| row["calls"].as_u64().unwrap());
            assert_eq!(row["calls"], by_clients.sum::<u64>(), "{command} by client in {file}");
        }
    }
    assert!(looked_at > 20, "{looked_at}");
}

#[test]
fn tables_sum_to_their_totals() {
    for (file, _) in index::files("").into_iter().filter(|(file, _)| !file.starts_with("other")) {
        let report = report::report_of(&fixture::path(&file));
        let records = report["totals"]["records"].as_u64().unwrap();
        let sum = |table: &str, field: &str| -> u64 {
            rows(&report, table).iter().map(|row| row[field].as_u64().unwrap()).sum()
        };
        for table in ["commands", "clients", "databases", "timeline"] {
            assert_eq!(sum(table, "calls"), records, "{table} of {file}");
        }
        assert_eq!(
            report::calls(&report).len(),
            rows(&report, "commands").len(),
            "one row a command in {file}"
        );
        let keys = sum("commands", "keys");
        assert_eq!(
            (sum("key_patterns", "calls"), &report["key_patterns"]["total"]),
            (keys, &Value::from(keys))
        );
        assert_eq!(sum("dangerous", "calls"), sum("timeline", "dangerous"), "{file}");
        assert_eq!(sum("commands", "payload_bytes"), sum("clients", "payload_bytes"), "{file}");
        assert_eq!(sum("commands", "in_scripts"), sum("clients", "in_scripts"), "{file}");
        for access in [("read", "reads"), ("write", "writes")] {
            let by_command: u64 = rows(&report, "commands")
                .iter()
                .filter(|row| row["access"] == access.0 || (access.0 == "write" && row["access"] == "delete"))
                .map(|row| row["calls"].as_u64().unwrap())
                .sum();
            assert_eq!(sum("timeline", access.1), by_command, "{} of {file}", access.1);
        }
        for row in rows(&report, "commands") {
            let share = row["calls"].as_f64().unwrap() / records as f64;
            assert!((row["share"].as_f64().unwrap() - share).abs() < 1e-12, "{row}");
        }
        if rows(&report, "hot_keys").len() < 1_000 {
            assert_eq!(sum("hot_keys", "calls"), keys, "hot keys of {file}");
            assert_eq!(
                rows(&report, "hot_keys").len() as u64,
                sum("key_patterns", "distinct_keys"),
                "{file}"
            );
        }
    }
}

#[test]
fn the_timeline_counts_the_calls_of_each_second() {
    let file = "captures/valkey-8.0.1.log.bz2";
    let report = report::report(&[fixture::path(file)], &Analysis { bucket: Some(1), ..Analysis::default() });
    let mut expected: BTreeMap<String, u64> = BTreeMap::new();
    for line in String::from_utf8(fixture::content(file)).unwrap().lines().filter(|line| *line != "OK") {
        *expected.entry(line.split('.').next().unwrap().to_owned()).or_default() += 1;
    }
    let counted: Vec<u64> =
        rows(&report, "timeline").iter().map(|row| row["calls"].as_u64().unwrap()).collect();
    assert_eq!(counted, expected.values().copied().collect::<Vec<_>>());
    // `date -u -d @1795172231`, the capture's first second.
    assert_eq!(rows(&report, "timeline")[0]["time"], "2026-11-20T10:57:11.000000Z");
}
