//! Each `monitor-*` case reads as its description in `fixtures/README.md` says: every byte of every
//! argument, and what became of every line.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that finds something amiss fails")]

#[path = "common/fixture.rs"]
mod fixture;
#[path = "common/index.rs"]
mod index;
#[path = "common/record.rs"]
mod record;
#[path = "common/report.rs"]
mod report;

use std::collections::BTreeMap;

use redtrail::format::{self, Kind};

/// What one session with Redis 7.4.1 came to: of `monitor-7.4-raw.txt`, and of the same as RESP and as
/// RedisInsight logs it.
const SESSION: [&str; 29] = [
    r#"1795173275236004 5 127.0.0.1:33476 = SELECT|5"#,
    r#"1795173275256609 5 127.0.0.1:33476 = SET|k\n\"\\\t\x07\x08\x00\xff|"#,
    r#"1795173275276829 5 127.0.0.1:33476 = get|caf\xc3\xa9 \xe2\x98\x83"#,
    r#"1795173275297021 5 127.0.0.1:33476 = SET|sep|\"] \" [0 lua] \"x"#,
    r#"1795173275317210 5 127.0.0.1:33476 = SET|fake|1795172370.976576 [0 127.0.0.1:1] \"DEL\" \"x\""#,
    r#"1795173275337449 5 127.0.0.1:33476 = LPUSH|sep|oops"#,
    r#"1795173275357767 5 127.0.0.1:33476 = MULTI"#,
    r#"1795173275418809 0 [::1]:45176 = PING"#,
    r#"1795173275439031 5 127.0.0.1:33476 = SET|a|1"#,
    r#"1795173275439041 5 127.0.0.1:33476 = GET|a"#,
    r#"1795173275439044 5 127.0.0.1:33476 = EXEC"#,
    r#"1795173275459251 5 127.0.0.1:33476 = MULTI"#,
    r#"1795173275499620 5 127.0.0.1:33476 = DISCARD"#,
    r#"1795173275519827 5 127.0.0.1:33476 = AUTH|(redacted)"#,
    r#"1795173275540031 5 127.0.0.1:33476 = AUTH|(redacted)|(redacted)"#,
    r#"1795173275560221 5 127.0.0.1:33476 = HELLO|2|AUTH|(redacted)|(redacted)|SETNAME|nm"#,
    r#"1795173275580813 0 127.0.0.1:33488 = MIGRATE|127.0.0.1|1||0|10|AUTH2|(redacted)|(redacted)|KEYS|k1|k2"#,
    r#"1795173275631098 0 127.0.0.1:33488 = EVAL|redis.call(\'select\',\'3\'); return redis.call(\'get\',KEYS[1])|1|x"#,
    r#"1795173275631152 3 lua = select|3"#,
    r#"1795173275631165 3 lua = get|x"#,
    r#"1795173275651419 0 '' = SET|a|b"#,
    r#"1795173275651430 0 127.0.0.1:33488 = test.call_generic|SET|a|b"#,
    r#"1795173275671743 2 unix:/var/run/redis/redis.sock = SELECT|2"#,
    r#"1795173275691896 2 unix:/var/run/redis/redis.sock = PING"#,
    r#"1795173275712715 0 127.0.0.1:33496 = BLPOP|q|0"#,
    r#"1795173275762543 0 127.0.0.1:33488 = RPUSH|q|v"#,
    r#"1795173275782821 0 127.0.0.1:33488 = SET|quo ted|sq"#,
    r#"1795173275813050 0 127.0.0.1:33488 = CLIENT|SETINFO|LIB-NAME|redis-py"#,
    r#"1795173275833317 0 127.0.0.1:33488 = QUIT"#,
];

/// The two commands that were captured in each of redis-cli's modes; times and ports differ.
const MODES: [(&str, &str, &str); 4] = [
    ("csv", "1795173277592126 0 127.0.0.1:49016", "1795173277622632 0 127.0.0.1:49016"),
    ("json", "1795173278155074 0 127.0.0.1:49046", "1795173278185501 0 127.0.0.1:49046"),
    ("quoted-json", "1795173278720020 0 127.0.0.1:49068", "1795173278750448 0 127.0.0.1:49068"),
    ("tty", "1795173279289260 0 127.0.0.1:49080", "1795173279319540 0 127.0.0.1:49080"),
];

/// The other cases, line by line.
const CASES: [(&str, &[&str]); 7] = [
    (
        "monitor-2.4-raw.txt",
        &[
            "noise",
            "start",
            "1795173276780133 0 - = MONITOR",
            "1795173276880752 5 - = SELECT|5",
            r#"1795173276901102 5 - = SET|k|a \"b\""#,
            "1795173276921474 0 - = SELECT|0",
            "1795173276941800 0 - = GET|k",
            "1795173276962135 0 - = AUTH|pw",
            "1795173276982550 0 - = CONFIG|GET|port",
            "1795173277002870 0 - = PING",
        ],
    ),
    (
        "monitor-5.0-raw.txt",
        &[
            "noise",
            "start",
            "1795173276251269 0 127.0.0.1:58938 = SELECT|5",
            "1795173276271492 5 127.0.0.1:58938 = GET|x",
            "1795173276291671 5 127.0.0.1:58938 = SELECT|0",
            "1795173276372714 0 127.0.0.1:58938 = MIGRATE|127.0.0.1|1|k|0|10|AUTH|clearpw",
            r"1795173276422933 0 127.0.0.1:58938 = EVAL|redis.call(\'select\',\'3\'); return redis.call(\'get\',KEYS[1])|1|x",
            "1795173276423019 0 lua = select|3",
            "1795173276423026 3 lua = get|x",
            "1795173276443273 0 127.0.0.1:58938 = ECHO|done",
        ],
    ),
    (
        "monitor-other-servers.txt",
        &[
            "1287654321000007 0 - = SET|redis 2.0.x|usec is not zero padded: this is .000007",
            "1287654321123456 3 - = GET|redis 2.0-2.4, db != 0, no client",
            "1351782907397972 0 152.99.77.50:1544 = PERSIST|redis 2.6.0-2.6.2 unix client: junk IP",
            "1718720297005312 __namespace 127.0.0.1:40012 = get|kvrocks: namespace not db, unpadded usec",
            "1718720297795951 0 127.0.0.1:40012 = AUTH",
            "1718720297795951 0 REPLICATION:0 = SET|dragonfly|replica stream",
            "1718720297795951 0 10.1.1.1:4001 = GET|alibaba: no space before [",
            "1718720297795951 0 ?:0 = get|module/fake client, redis <= 7.0",
            "1718720297795951 0 '' = get|module/fake client, redis >= 7.2 and valkey",
            "1718720297795951 0 [fd00::1:2]:6379 = GET|ipv6",
            "1718720297795951 0 fd40:1481:21:dbe0:7021:300:a03:1a06:44426 = GET|unbracketed ipv6 (managed service)",
        ],
    ),
    (
        "monitor-prefixed.txt",
        &[
            "1718720297795951 0 10.0.0.5:51234 = GET|docker-t",
            "1718720297895951 0 10.0.0.5:51234 = GET|compose",
            "1718720297995951 0 10.0.0.5:51234 = GET|kubectl --prefix",
            "1718720298095951 0 10.0.0.5:51234 = GET|ts",
            "1718720298195951 0 10.0.0.5:51234 = GET|ts -s",
            "1718720298295951 0 10.0.0.5:51234 = GET|ts %.s",
            "1718720298395951 0 10.0.0.5:51234 = GET|journalctl",
            "1718720298495951 0 10.0.0.5:51234 = GET|grep -n",
            "1718720298595951 0 10.0.0.5:51234 = GET|grep -Hn",
            "1718720298695951 0 10.0.0.5:51234 = GET|cri full",
            "1718720298795951 0 10.0.0.5:51234 = SET|cri split|first-half-second-half",
            r#"1718720298895951 0 10.0.0.5:51234 = GET|docker json-file \"q\""#,
            "noise",
            r#"1718720298995951 0 10.0.0.5:51234 = ECHO|1718720200.000001 [9 1.2.3.4:5] \"FLUSHALL\""#,
            "noise",
        ],
    ),
    (
        "monitor-redispy.txt",
        &[
            "1795173280199431 0 127.0.0.1:49098 ? SET",
            "1795173280219691 0 127.0.0.1:49098 ? SET",
            "1795173280239937 0 127.0.0.1:49098 ? GET",
            "1795173280260216 0 127.0.0.1:49098 ? EVAL",
            "1795173280260269 0 lua ? get",
        ],
    ),
    (
        "monitor-truncated.txt",
        &[
            "truncated",
            "noise",
            "noise",
            "start",
            "1718720297795951 0 10.0.0.5:51234 = GET|ok1",
            "1718720297895951 0 unix:/tmp/a] b.sock = GET|socket path with bracket and space",
            r"1718720297995951 0 10.0.0.5:51234 = SET|k|caf\xc3\xa9 \\|EX|60",
            "noise",
            "noise",
            "start",
            "1718720500000001 0 10.0.0.5:51236 = GET|after reconnect: second OK",
            "noise",
            "truncated",
        ],
    ),
    (
        "monitor-unescaped-quotes.txt",
        &[
            r#"1783484211311904 0 127.0.0.1:52460 ~ ZADD|analytics|1783484211.3117671|{\"id\":\"996048\",\"wp\":{\"hits\":1131},\"relay\":null}"#,
            r#"1783484211311904 0 127.0.0.1:52460 ~ SET|terms:1|a:1:{s:11:\"description\";s:0:\"\";}|NX|EX|604800"#,
            r"1783484211311904 0 127.0.0.1:52460 ~ SET|k|Foo\\Bar\\Baz it\\\'s ok",
        ],
    ),
];

#[test]
fn every_line_reads_as_described() {
    let mut read = 0;
    let mut check = |file: &str, expected: &[&str]| {
        let seen = record::scan(&fixture::content(&format!("cases/{file}")));
        assert_eq!(seen, expected, "{file}");
        read += 1;
    };
    let started = [&["noise", "start"], &SESSION[..]].concat();
    check("monitor-7.4-raw.txt", &started);
    check("monitor-7.4-resp.txt", &started);
    check("monitor-redisinsight.log", &SESSION);
    for (mode, first, second) in MODES {
        let set = format!(r#"{first} = SET|k\"\n|a b\xff"#);
        let range = format!("{second} = LRANGE|l|0|-1");
        check(&format!("monitor-7.4-{mode}.txt"), &["noise", "start", &set, &range]);
    }
    for (file, expected) in CASES {
        check(file, expected);
    }
    assert_eq!(read, index::files("cases/").len(), "every case is here");
}

#[test]
fn counts_are_those_of_the_index() {
    let entries = index::files("");
    assert!(entries.len() > 20);
    for (file, entry) in entries {
        let report = report::report_of(&fixture::path(&file));
        let input = &report["inputs"][0];
        for count in [
            "kind",
            "dialect",
            "compression",
            "bytes",
            "records",
            "inexact",
            "rejected",
            "noise",
            "truncated",
            "gaps",
        ] {
            assert_eq!(input[count], entry[count], "{count} of {file}");
        }
        let expected: BTreeMap<String, u64> = serde_json::from_value(entry["commands"].clone()).unwrap();
        assert_eq!(report::calls(&report), expected, "{file}");
        let rows = report["commands"]["rows"].as_array().unwrap();
        let in_scripts: u64 = rows.iter().map(|row| row["in_scripts"].as_u64().unwrap()).sum();
        assert_eq!(in_scripts, entry["in_scripts"], "{file}");
    }
}

#[test]
fn doubled_escapes_are_redisinsights_in_its_own_lines_only() {
    let insight = br#"1795173275.256609 [5 127.0.0.1:33476] "SET" "k" "\\xff""#;
    for (before, value) in
        [("", r"\xff"), ("OK\n", r"\\xff"), ("1795173275.1 [0 a:1] \"GET\" \"\\n\"\n", r"\\xff")]
    {
        let content = [before.as_bytes(), insight, b"\n"].concat();
        let seen = record::scan(&content);
        let last = seen.last().unwrap();
        assert!(last.ends_with(&format!("= SET|k|{value}")), "{last} behind {before:?}");
    }
}

#[test]
fn what_stands_behind_a_prefix_is_read() {
    let plain = r#"1795173275.236004 [0 127.0.0.1:1] "GET" "a\"b""#;
    let quoted = format!("\"{}\"", plain.replace('\\', r"\\").replace('"', "\\\""));
    for prefix in ["", "2026-11-20T10:00:00.123456789Z ", "redis-1  | ", "17:"] {
        let content = format!("{prefix}OK\n{prefix}{plain}\n{prefix}{quoted}\n");
        let record = r#"1795173275236004 0 127.0.0.1:1 = GET|a\"b"#;
        assert_eq!(record::scan(content.as_bytes()), ["noise", "start", record, record], "{prefix}");
    }
}

#[test]
fn what_tools_print_does_not_hide_a_capture() {
    let record = "1795173275.236004 [0 127.0.0.1:33476] \"GET\" \"k\"\n";
    for (content, kind) in [
        (format!("OK\n{record}{}", "\n".repeat(300)), Kind::Monitor),
        (format!("{record}--\n\n--\n\nError: Server closed the connection\n"), Kind::Monitor),
        ("OK\nError: Server closed the connection\n".to_owned(), Kind::Monitor),
        ("OK\n".to_owned(), Kind::Monitor),
        // More than is looked at.
        (format!("{}{}", record.trim_end_matches("k\"\n"), "k".repeat(2 << 20)), Kind::Monitor),
        ("2026-11-20T10:00:00Z OK\n".repeat(3), Kind::Unknown),
        (format!("A letter\nin which\na record\nis quoted:\n{record}"), Kind::Unknown),
        ("\n\n\n".to_owned(), Kind::Unknown),
        (String::new(), Kind::Empty),
    ] {
        assert_eq!(format::detect(content.as_bytes(), None, None).kind, kind, "{content}");
    }
}
