//! Data that imitates another kind's lines stays data.

use super::{case, counts, kinds, report};

/// What data may imitate: lines that begin a section of another kind, more than once.
const IMITATIONS: [&str; 7] = [
    "1795173275.256609 [5 127.0.0.1:33476] \"SET\" \"a\" \"b\"\n1795173275.256709 [5 127.0.0.1:33476] \"GET\" \"a\"\n",
    "# Server\nredis_version:7.4.1\nredis_mode:standalone\ntcp_port:6379\n",
    "id=3 addr=1.2.3.4:5 fd=8 name= age=1 idle=0 flags=N db=0 cmd=get\nid=4 addr=1.2.3.4:6 fd=9 name= age=1 idle=0 \
     flags=N db=0 cmd=get\n",
    "\"pmessage\",\"*\",\"__keyspace@0__:k\",\"set\"\n\"pmessage\",\"*\",\"__keyevent@0__:set\",\"k\"\n",
    "pmessage\n*\n__keyspace@0__:k\nset\npmessage\n*\n__keyevent@0__:set\nk\n",
    "1) 1) (integer) 7\n   2) (integer) 1795172499\n   3) (integer) 12\n   4) 1) \"GET\"\n      2) \"k\"\n   5) \"1.2.3.4:5\"\n   \
     6) \"\"\n",
    "OK\n1795173275.256609 [5 127.0.0.1:33476] \"SET\" \"a\" \"b\"\nOK\n1795173275.256609 [5 127.0.0.1:33476] \"GET\" \"a\"\n",
];

/// An entry of a raw slow log; `arg` is the last of its arguments.
fn entry(id: u64, arg: &str, seven: bool) -> String {
    let count = if seven { "3\n" } else { "" };
    format!("{id}\n{}\n12\nSET\nkey\n{arg}\n127.0.0.1:43758\nmy-app\n{count}", 1_795_172_000 + id)
}

#[test]
fn arguments_of_a_raw_slow_log_begin_nothing() {
    for seven in [false, true] {
        for imitation in IMITATIONS {
            for (before, behind) in [("", ""), ("x\n", ""), ("", "y"), ("\n", "\n"), ("1795172499\n", "---")]
            {
                for at in 20..30 {
                    let mut log = String::new();
                    for id in (20..30).rev() {
                        let arg =
                            if id == at { format!("{before}{imitation}{behind}") } else { "v".to_owned() };
                        log.push_str(&entry(id, &arg, seven));
                    }
                    let report = report(log.as_bytes());
                    let what = format!("entry {at}: {before:?} {imitation:?} {behind:?}");
                    assert_eq!(kinds(&report), ["slowlog"], "{what}");
                    assert_eq!(counts(&report)["slowlog"], [10, 0, 0], "{what}");
                }
            }
        }
    }
}

#[test]
fn arguments_before_the_next_id_begin_nothing() {
    // Redis before 4.0 tells no client; a script's own calls have an empty one.
    for client in ["", "\n\n"] {
        for imitation in IMITATIONS {
            for at in 21..30 {
                let mut log = String::new();
                for id in (20..30).rev() {
                    let arg = if id == at { imitation } else { "v\n" };
                    log.push_str(&format!("{id}\n{}\n12\nSET\nkey\n{arg}{client}", 1_795_172_000 + id));
                }
                let report = report(log.as_bytes());
                assert_eq!(kinds(&report), ["slowlog"], "entry {at}: {imitation:?}");
                assert_eq!(report["slowlog"]["total"], 10, "entry {at}: {imitation:?}");
            }
            // One line of another kind at the end is data too.
            let line = imitation.split_inclusive('\n').next().unwrap();
            let log: String = (20..30)
                .rev()
                .map(|id| format!("{id}\n{}\n12\nSET\nkey\n{line}{client}", 1_795_172_000 + id))
                .collect();
            assert_eq!(kinds(&report(log.as_bytes())), ["slowlog"], "{line:?}");
        }
    }
}

#[test]
fn imitations_of_a_poll_hide_no_border() {
    // The argument shows entries of its own, in front of lines of another kind.
    let fake = format!("{}{}", entry(7, "w", false), IMITATIONS[0]);
    let log: String = (20..30).rev().map(|id| entry(id, if id == 24 { &fake } else { "v" }, false)).collect();
    assert_eq!(kinds(&report(log.as_bytes())), ["slowlog"]);
    // Two servers' slow logs, the later ids of one being the earlier ones of the other, INFO between.
    for (first, last) in [(15, 35), (15, 26), (0, 15)] {
        let other: String = (first..last).rev().map(|id| entry(id, "v", false)).collect();
        let content = [log.as_bytes(), &case("info-r-7.4.1.txt"), other.as_bytes()].concat();
        let report = report(&content);
        assert_eq!(kinds(&report), ["slowlog", "info"]);
        assert_eq!(counts(&report)["info"], [1, 0, 0]);
        assert_eq!(counts(&report)["slowlog"], [10 + last - first, 0, 0]);
    }
}

#[test]
fn keys_of_raw_messages_begin_nothing() {
    let message = |channel: &str, payload: &str| format!("pmessage\n__key*__:*\n{channel}\n{payload}\n");
    for imitation in IMITATIONS.iter().filter(|imitation| !imitation.contains("message")) {
        for (before, behind) in [("", ""), ("x\n", "y"), ("x\nset\n", "")] {
            let key = format!("{before}{imitation}{behind}");
            for log in [
                message(&format!("__keyspace@0__:{key}"), "set"),
                message("__keyevent@0__:set", &key),
                message(&format!("__keyspace@0__:{key}"), "set") + &message("__keyevent@0__:set", &key),
            ] {
                let content =
                    [&message("__keyevent@0__:set", "k"), &log[..], &message("__keyevent@0__:set", "k")]
                        .concat();
                let report = report(content.as_bytes());
                assert_eq!(kinds(&report), ["keyspace-events"], "{content:?}");
                assert_eq!(counts(&report)["keyspace-events"][1..], [0, 0], "{content:?}");
            }
        }
    }
}

#[test]
fn lines_that_quote_records_are_of_their_own_kind() {
    let monitor = "1795173275.297021 [5 127.0.0.1:33476] \"SET\" \"k\" \"1795172370.9 [0 1.1.1.1:1] \\\"DEL\\\" \\\"x\\\"\"\n\
                   1795173275.297022 [5 127.0.0.1:33476] \"SET\" \"# Server\" \"redis_version:7\"\n\
                   1795173275.297023 [5 127.0.0.1:33476] \"SET\" \"id=3 addr=1.1.1.1:1 fd=8\" \"\\\"pmessage\\\",\\\"*\\\"\"\n";
    let clients = "id=3 addr=1.2.3.4:5 fd=8 name=id=3 age=1 idle=0 flags=N db=0 cmd=get\n\
                   id=4 addr=1.2.3.4:6 fd=9 name=1795173275.2[0 age=1 idle=0 flags=N db=0 cmd=get user=\"pmessage\",\n";
    let events = "\"pmessage\",\"*\",\"__keyspace@0__:1795173275.2 [5 1.1.1.1:3] \\\"SET\\\" \\\"a\\\"\",\"set\"\n\
                  \"pmessage\",\"*\",\"__keyspace@0__:# Server\\nredis_version:7\",\"set\"\n";
    let slow = "1) 1) (integer) 7\n   2) (integer) 1795172499\n   3) (integer) 12\n   4) 1) \"GET\"\n      \
                2) \"1795173275.2 [5 1.1.1.1:3] \\\"SET\\\"\"\n   5) \"1.2.3.4:5\"\n   6) \"\"\n";
    for (content, kind, records) in [
        (monitor, "monitor", 3),
        (clients, "client-list", 2),
        (events, "keyspace-events", 2),
        (slow, "slowlog", 1),
    ] {
        let report = report(content.as_bytes());
        assert_eq!(kinds(&report), [kind]);
        assert_eq!(counts(&report)[kind], [records, 0, 0]);
    }
}

#[test]
fn the_last_line_of_a_record_is_no_heading() {
    let entry = |name: &str| {
        format!(
            "1) 1) (integer) 7\n   2) (integer) 1795172499\n   3) (integer) 12\n   4) 1) \"GET\"\n      2) \"k\"\n   \
             5) \"1.2.3.4:5\"\n   6) \"{name}\"\n"
        )
    };
    let event = "1) \"message\"\n2) \"__keyevent@0__:set\"\n3) \"monitor\"\n".to_owned();
    for (log, kind, next) in [
        (entry("client"), "slowlog", "clientlist-r-7.4.1.txt"),
        (entry("info-1"), "slowlog", "info-r-7.4.1.txt"),
        (self::entry(7, "v", false).replace("my-app", "client"), "slowlog", "clientlist-r-7.4.1.txt"),
        (self::entry(7, "v", false).replace("my-app", "#-monitor"), "slowlog", "monitor-7.4-raw.txt"),
        (self::entry(7, "v", false).replace("my-app", ""), "slowlog", "monitor-7.4-raw.txt"),
        (event, "keyspace-events", "monitor-7.4-raw.txt"),
    ] {
        let content = [log.as_bytes(), &case(next)].concat();
        let report = report(&content);
        assert_eq!(counts(&report)[kind], [1, 0, 0], "{log}");
        assert_eq!(report["inputs"][0]["accounted"]["records"], log.len(), "{log}");
    }
}
