//! SLOWLOG and COMMANDLOG: every form gives the same entries, whatever the block size.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that finds something amiss fails"
)]

mod slow {
    mod forms;
    mod raw;
    pub mod read;
}

use slow::read::{Entry, fixture, read, read_file, read_in_blocks, try_read, try_read_in_blocks};

const SERVERS: [&str; 4] = ["redis-2.8.24", "redis-6.2.14", "redis-7.0.15", "valkey-8.0.1"];

fn capture(server: &str, file: &str) -> Vec<Entry> {
    read_file(&format!("captures-slowlog/{server}/{file}"))
}

#[test]
fn all_forms_of_a_slow_log_give_the_same_entries() {
    for server in SERVERS {
        let json = capture(server, "slowlog-json.log");
        assert!(json.len() > 18, "{server}");
        for file in ["slowlog-csv.log", "slowlog-noraw.log", "slowlog-resp3.log", "slowlog-tty.log"] {
            assert_eq!(capture(server, file), json, "{server} {file}");
        }
        for (file, separator) in [("slowlog-raw.log", b'\n'), ("slowlog-redispy.txt", b' ')] {
            let joined = capture(server, file);
            assert_eq!(joined.len(), json.len(), "{server} {file}");
            for (entry, known) in joined.iter().zip(&json) {
                assert_eq!(entry.without_args(), known.without_args(), "{server} {file}");
                if entry.exact {
                    assert_eq!(entry.args, known.args, "{server} {file}");
                }
                assert_eq!(entry.args.join(&separator), known.args.join(&separator), "{server} {file}");
            }
        }
    }
}

fn bytes(text: &str) -> Vec<u8> {
    text.as_bytes().to_vec()
}

#[test]
fn the_same_nine_entries_stand_in_every_mode() {
    let json = read_file("cases/slowlog-r-7.4.1-json.txt");
    assert_eq!(
        json.iter().map(|entry| entry.id.unwrap()).collect::<Vec<_>>(),
        (0..9).rev().collect::<Vec<_>>()
    );
    let by_id = |id: usize| &json[8 - id];
    assert_eq!((by_id(7).client.as_deref(), by_id(7).name.as_deref()), (Some(&b""[..]), Some(&b""[..])));
    assert_eq!(by_id(7).args, [b"get", &b"x"[..]]);
    assert_eq!(by_id(6).client, Some(bytes("/tmp/redis.sock:0")));
    assert_eq!(by_id(4).args[2], [&[b'x'; 128][..], b"... (22 more bytes)"].concat());
    assert_eq!(by_id(4).argc, Some(3));
    assert_eq!((by_id(3).args.len(), by_id(3).argc), (32, Some(41)));
    assert_eq!(by_id(2).args, [&b"SET"[..], b"bin\x00\xff\n\"q\\", b"line1\n5\n1795172499\n42\nGET"]);
    assert_eq!(by_id(1).args, [&b"SET"[..], b"k1", b""]);
    for mode in ["tty", "csv", "quoted-json"] {
        assert_eq!(read_file(&format!("cases/slowlog-r-7.4.1-{mode}.txt")), json, "{mode}");
    }
    let raw = read_file("cases/slowlog-r-7.4.1-raw.txt");
    assert_eq!(raw.len(), 9);
    for (entry, known) in raw.iter().zip(&json) {
        assert_eq!(entry.without_args(), known.without_args());
        assert_eq!(entry.args.join(&b'\n'), known.args.join(&b'\n'));
        assert_eq!(entry.exact, known.id != Some(2) && known.id != Some(8), "{:?}", known.id);
        if entry.exact {
            assert_eq!((&entry.args, entry.argc), (&known.args, known.argc));
        }
    }
}

#[test]
fn other_servers_and_versions_are_read() {
    for file in ["raw", "tty"] {
        let old = read_file(&format!("cases/slowlog-r-2.8.24-{file}.txt"));
        assert_eq!(old.len(), 9, "{file}");
        assert!(old.iter().all(|entry| entry.client.is_none() && entry.name.is_none()));
        assert_eq!(old[1].args, [b"get", &b"x"[..]]);
        assert_eq!(old[6].id, Some(2));
    }
    let valkey = read_file("cases/slowlog-v-8.0.1-raw.txt");
    assert_eq!(valkey.len(), 9);
    assert_eq!(
        (&valkey[1].client, &valkey[1].name),
        (&Some(bytes("127.0.0.1:59576")), &Some(bytes("my-app")))
    );
    let python = read_file("cases/slowlog-redispy.txt");
    assert_eq!(python.len(), 9);
    assert_eq!(python[5].argc, Some(41));

    let seven = read_file("cases/slowlog-8.10-seven-tty.txt");
    assert_eq!(
        seven.iter().map(|entry| (entry.args.len(), entry.argc)).collect::<Vec<_>>(),
        [(32, Some(33)), (2, Some(2))]
    );
    let seven = read_file("cases/slowlog-8.10-seven-raw.txt");
    assert_eq!(seven[0].args, [b"DEL", &b"33"[..]]);
    assert_eq!((&seven[0].name, seven[0].argc, seven[0].exact), (&Some(Vec::new()), Some(2), true));
    assert_eq!((&seven[1].name, seven[1].argc), (&Some(bytes("app")), Some(2)));

    let sized = read_file("cases/slowlog-enterprise-tty.txt");
    assert_eq!(sized.iter().map(|entry| entry.id.unwrap()).collect::<Vec<_>>(), [14, 9]);
    assert_eq!(
        (&sized[0].complexity, &sized[1].complexity),
        (&Some(bytes("N:4712,M:3788")), &Some(Vec::new()))
    );
    assert!(sized.iter().all(|entry| entry.client.is_none()));
    assert_eq!(sized[1].args, [b"KEYS", &b"*"[..]]);
}

#[test]
fn elasticache_is_read() {
    let json = read_file("cases/slowlog-aws.json");
    assert_eq!(
        json.iter().map(|entry| (entry.id, entry.us, entry.argc)).collect::<Vec<_>>(),
        [(Some(296), 0, Some(2)), (Some(297), 10412, Some(41))]
    );
    assert_eq!(
        (&json[0].client, &json[0].name),
        (&Some(bytes("192.168.12.104:55452")), &Some(bytes("logslowxxxxmsxj##")))
    );
    let text = read_file("cases/slowlog-aws.txt");
    assert_eq!(text.len(), 1);
    assert_eq!((text[0].id, text[0].time, text[0].us), (None, 1_605_631_822_000_000, 30));
    assert_eq!((&text[0].client, text[0].argc), (&Some(bytes("192.168.12.104:55452")), Some(2)));
}

#[test]
fn commandlog_has_the_same_forms() {
    for (file, value, args) in [
        ("large-reply-json", 308, vec![bytes("GET"), bytes("big")]),
        ("large-reply-tty", 308, vec![bytes("GET"), bytes("big")]),
        (
            "large-request-raw",
            330,
            vec![bytes("SET"), bytes("big"), [&[b'y'; 128][..], b"... (172 more bytes)"].concat()],
        ),
    ] {
        let entries = read_file(&format!("cases/commandlog-9.1-{file}.txt"));
        assert_eq!(entries.len(), 1);
        assert_eq!((entries[0].id, entries[0].us, &entries[0].args), (Some(0), value, &args));
        assert_eq!(entries[0].client, Some(bytes("127.0.0.1:34070")));
    }
}

const CASES: [&str; 15] = [
    "slowlog-8.10-seven-raw.txt",
    "slowlog-8.10-seven-tty.txt",
    "slowlog-aws.json",
    "slowlog-aws.txt",
    "slowlog-enterprise-tty.txt",
    "slowlog-r-2.8.24-raw.txt",
    "slowlog-r-2.8.24-tty.txt",
    "slowlog-r-7.4.1-csv.txt",
    "slowlog-r-7.4.1-json.txt",
    "slowlog-r-7.4.1-quoted-json.txt",
    "slowlog-r-7.4.1-raw.txt",
    "slowlog-r-7.4.1-tty.txt",
    "slowlog-redispy.txt",
    "slowlog-v-8.0.1-raw.txt",
    "commandlog-9.1-large-request-raw.txt",
];

/// A file made of a case's polls, with what scripts put between them.
fn series(case: &str) -> Vec<u8> {
    let poll = fixture(&format!("cases/{case}"));
    let mut all = b"=== 2026-11-20T11:14:51Z ===\n".to_vec();
    all.extend_from_slice(&poll);
    all.extend_from_slice(b"\nFri Nov 20 11:15:51 UTC 2026\n");
    all.extend_from_slice(&poll);
    all.extend_from_slice(b"1795173411\n");
    all.extend_from_slice(&poll);
    all
}

#[test]
fn polls_stand_in_one_file() {
    for case in CASES {
        let once = read(&fixture(&format!("cases/{case}")));
        let all = read(&series(case));
        assert_eq!((all.rejects.len(), all.truncated), (0, 0), "{case}");
        let thrice = [once.entries.clone(), once.entries.clone(), once.entries].concat();
        // Without an address nothing tells an empty last argument from a blank line between polls.
        if case.starts_with("slowlog-r-2.8.24-raw") {
            assert_eq!(all.entries.len(), thrice.len(), "{case}");
            for (entry, known) in all.entries.iter().zip(&thrice) {
                assert_eq!(entry.without_args(), known.without_args(), "{case}");
            }
        } else {
            assert_eq!(all.entries, thrice, "{case}");
        }
    }
}

#[test]
fn blocks_change_nothing() {
    for case in CASES {
        for bytes in [fixture(&format!("cases/{case}")), series(case)] {
            let whole = read(&bytes);
            for block in [1, 7, 64, 300, 1000] {
                assert_eq!(read_in_blocks(&bytes, block), whole, "{case} in blocks of {block}");
            }
        }
    }
    for server in SERVERS {
        for file in ["csv.log", "json.log", "noraw.log", "raw.log", "tty.log", "redispy.txt"] {
            let bytes = fixture(&format!("captures-slowlog/{server}/slowlog-{file}"));
            let whole = read(&bytes);
            for block in [1, 100, 1000] {
                assert_eq!(read_in_blocks(&bytes, block), whole, "{server} {file} in blocks of {block}");
            }
        }
    }
}

#[test]
fn a_file_may_end_and_start_anywhere() {
    for case in CASES {
        let bytes = fixture(&format!("cases/{case}"));
        let all = read(&bytes);
        for end in 0..bytes.len() {
            let Some(read) = try_read(&bytes[..end]) else { continue };
            assert_eq!(read.bytes, end as u64);
            // Raw output cannot always tell; every other form gives the entries in front of the last one.
            if !case.contains("-raw") {
                let ids =
                    |entries: &[Entry]| entries.iter().map(|entry| (entry.id, entry.us)).collect::<Vec<_>>();
                let whole =
                    all.offsets.iter().filter(|offset| **offset < end as u64).count().saturating_sub(1);
                assert!(read.entries.len() >= whole, "{case} cut at {end}");
                assert_eq!(
                    ids(&read.entries),
                    ids(&all.entries[..read.entries.len()]),
                    "{case} cut at {end}"
                );
            }
        }
        for start in 0..bytes.len() {
            if let Some(read) = try_read(&bytes[start..]) {
                assert_eq!(read.bytes, (bytes.len() - start) as u64);
            }
        }
    }
}

#[test]
fn damage_is_accounted_for() {
    for case in CASES {
        let bytes = fixture(&format!("cases/{case}"));
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            // A bit of each kind: another letter, another case, no ASCII.
            damaged[at] ^= [0x01, 0x20, 0x80][at % 3];
            let whole = try_read(&damaged);
            if at % 4 == 0 {
                assert_eq!(whole, try_read_in_blocks(&damaged, 50), "{case} with byte {at} damaged");
            }
        }
    }
}

/// The ids, durations and arguments of each entry.
fn shown(text: &str) -> Vec<String> {
    let read = read(text.as_bytes());
    assert_eq!(read.rejects, [""; 0], "{text}");
    read.entries
        .iter()
        .map(|entry| {
            let args: Vec<_> = entry.args.iter().map(|arg| arg.escape_ascii().to_string()).collect();
            let id = entry.id.map_or("-".to_owned(), |id| id.to_string());
            let client = entry.client.as_ref().map_or("-".into(), |client| client.escape_ascii().to_string());
            format!("{id} {} {} {client}", entry.us, args.join("|"))
        })
        .collect()
}

#[test]
fn what_is_wrapped_around_entries_comes_off() {
    let aws = r#"{"CacheClusterId":"c","CacheNodeId":"1","Id":296,"Timestamp":1605631822,"Duration (us)":7,"Command":"GET ... (1 more arguments)","ClientAddress":"10.0.0.1:5","ClientName":"n"}"#;
    let inner = aws.replace('"', "\\\"");
    let one = ["296 7 GET|... (1 more arguments) 10.0.0.1:5"];
    let two = [one[0], one[0]];
    for (text, entries) in [
        // CloudWatch: filter-log-events, an export by lines, `aws logs tail`.
        (
            format!(
                "{{\"events\": [\n  {{\n    \"timestamp\": 1605631822000,\n    \"message\": \"{inner}\"\n  }},\n  {{\n    \"message\": \"{inner}\\n\"\n  }}\n]}}\n"
            ),
            &two[..],
        ),
        (format!("{{\"@timestamp\":\"x\",\"@message\":\"{inner}\"}}\n{{\"@message\":\"{inner}\"}}\n"), &two),
        (
            format!("2020-11-17T16:50:22+00:00 stream/1 {aws}\n2020-11-17T16:50:23+00:00 stream/1 {aws}\n"),
            &two,
        ),
        // Arrays, in one line and in several.
        (format!("[{aws},{aws}]\n"), &two),
        (format!("[\n{aws},\n{aws}\n]\n"), &two),
        (format!("[\n  {aws},\n  {aws}\n]"), &two),
        (format!("{aws}{aws}\r\n"), &two),
    ] {
        assert_eq!(shown(&text), entries, "{text}");
    }
    let json = r#"[[8,1795173291,75,["SET","k","a,b]"],"127.0.0.1:38562","my-app"],[7,1795173291,5,["get","x"],"",""]]"#;
    let known = ["8 75 SET|k|a,b] 127.0.0.1:38562", "7 5 get|x "];
    let pretty = json
        .replace(",[", ",\n  [")
        .replace("[[", "[\n  [")
        .replace("]]", "]\n]")
        .replace("[8,", "[\n    8,\n    ");
    for text in [
        format!("{json}\n"),
        format!("{pretty}\n"),
        format!("\n=== 2026-11-20 11:00:00 ===\n{json}"),
        format!("{json}\r\n"),
        r#"8,1795173291,75,"SET","k","a,b]","127.0.0.1:38562","my-app",7,1795173291,5,"get","x","","""#.to_owned(),
        "127.0.0.1:6379> slowlog get\r\n1) 1) (integer) 8\r\n   2) (integer) 1795173291\r\n   3) (integer) 75\r\n   4) 1) \"SET\"\r\n      2) \"k\"\r\n      3) \"a,b]\"\r\n   5) \"127.0.0.1:38562\"\r\n   6) \"my-app\"\r\n\x1b[1m2) 1) (integer) 7\x1b[0m\r\n   2) (integer) 1795173291\r\n   3) (integer) 5\r\n   4) 1) \"get\"\r\n      2) \"x\"\r\n   5) \"\"\r\n   6) \"\"\r\n(0.68s)\r\n127.0.0.1:6379> \r\n".to_owned(),
        "8\r\n1795173291\r\n75\r\nSET\r\nk\r\na,b]\r\n127.0.0.1:38562\r\nmy-app\r\n7\r\n1795173291\r\n5\r\nget\r\nx\r\n\r\n\r\n".to_owned(),
        "Warning: Using a password with '-a' or '-u' option on the command line interface may not be safe.\n8\n1795173291\n75\nSET\nk\na,b]\n127.0.0.1:38562\nmy-app\n7\n1795173291\n5\nget\nx\n\n\n".to_owned(),
    ] {
        assert_eq!(shown(&text), known, "{text}");
    }
}

#[test]
fn lines_of_loggers_are_read() {
    for (line, entry) in [
        (
            r#"{"id":8,"start_time":1795173291,"duration":75,"command":"GET 5","client_address":"1.1.1.1:1"}"#,
            "8 75 GET|5 1.1.1.1:1",
        ),
        (
            r#"{"level":"info","timestamp":"2026-11-20T11:14:51Z","id":8,"duration":75,"command":["SET","a b","c"]}"#,
            "8 75 SET|a b|c -",
        ),
        (
            r#"{"timestamp":1700000000,"start_time":1795173291,"duration":75,"command":"PING","id":3}"#,
            "3 75 PING -",
        ),
        (
            r#"{"id":8,"timestamp":1795173291000,"duration":75,"arguments":["GET","k"],"client":{"address":"1.1.1.1:1","name":"x"}}"#,
            "8 75 GET|k 1.1.1.1:1",
        ),
        (r#"{"log":{"id":8,"time":1795173291.5,"duration_us":75,"args":["GET","k"]}}"#, "8 75 GET|k -"),
    ] {
        assert_eq!(shown(&format!("{line}\n{line}\n")), [entry, entry], "{line}");
        let time = read(format!("{line}\n").as_bytes()).entries[0].time;
        assert_eq!(time / 1_000_000, 1_795_173_291, "{line}");
    }
}

#[test]
fn damaged_lines_are_rejected_alone() {
    let good = r#"{"id":8,"start_time":1795173291,"duration":75,"command":"GET 5"}"#;
    for (bad, rejects) in [
        (r#"{"id":8,"start_time":1795173291,"duration":"#, 1),
        (r#"{"id":8,"start_time":1795173291,"duration":"x","command":"GET 5"}"#, 1),
        (r#"{"id":8,"start_time":1795173291,"duration":75,"command":"GET "#, 1),
        (r#"[8,1795173291,75,["GET""#, 1),
        (r#"[8,1795173291,"x",["GET"]]"#, 1),
        (r#"{'id': 8, 'start_time': 17951732"#, 1),
        (r#"8,1795173291,75,"GET","a","#, 1),
        (r#"   5) "127.0.0.1:5""#, 1),
        ("1) 1) (integer) 8\n   2) (integer) 1795173291\n   4) 1) \"GET\"", 1),
        ("some words of a tool", 0),
        ("[2026-11-20 11:00:00] polling", 0),
        (r#"{"level":"info","msg":"polling"}"#, 0),
    ] {
        let read = read(format!("{good}\n{bad}\n{good}\n{good}\n").as_bytes());
        assert_eq!((read.entries.len(), read.rejects.len(), read.truncated), (3, rejects, 0), "{bad}");
    }
}

#[test]
fn what_is_no_slow_log_is_not_taken_for_one() {
    for text in [
        "1795173291\nid=3 addr=127.0.0.1:5 fd=8 name= age=1 idle=0 flags=N\n",
        "1) \"pmessage\"\n2) \"__key*\"\n3) \"__keyspace@0__:k\"\n4) \"set\"\n",
        "# Server\r\nredis_version:7.4.1\r\n",
        "\"pmessage\",\"__key*\",\"__keyspace@0__:k\",\"set\"\n",
        "{\"channel\":\"__keyspace@0__:k\",\"data\":\"set\"}\n",
        "[[1,2],[3,4]]\n",
        "a,b,c,d\n",
        "1\n2\n3\n",
        "",
    ] {
        assert!(try_read(text.as_bytes()).is_none(), "{text}");
    }
}

#[test]
fn a_single_argument_is_known_though_it_holds_what_parts_arguments() {
    for (text, args, exact) in [
        ("8\n1795173291\n5\nGET\na\nb\n\n1.1.1.1:1\nx\n", &["GET", "a\nb\n"][..], true),
        ("8\n1795173291\n5\nGET\na\nb\n1.1.1.1:1\nx\n2\n", &["GET", "a\nb"], true),
        ("8\n1795173291\n5\nSET\na\nb\nc\n1.1.1.1:1\nx\n", &["SET", "a", "b", "c"], false),
        ("8\r\n1795173291\r\n5\r\nGET\r\na\r\nb\r\n1.1.1.1:1\r\nx\r\n", &["GET", "a", "b"], false),
        (
            "{'id': 8, 'start_time': 1795173291, 'duration': 5, 'command': b'GET a b'}\n",
            &["GET", "a b"],
            true,
        ),
        (
            "{'id': 8, 'start_time': 1795173291, 'duration': 5, 'command': b'MGET a b'}\n",
            &["MGET", "a", "b"],
            false,
        ),
    ] {
        let read = read(text.as_bytes());
        let [entry] = &read.entries[..] else { panic!("{text}: {read:?}") };
        let found: Vec<_> = entry.args.iter().map(|arg| String::from_utf8_lossy(arg).into_owned()).collect();
        assert_eq!(
            (found.iter().map(String::as_str).collect::<Vec<_>>(), entry.exact),
            (args.to_vec(), exact),
            "{text}"
        );
        assert_eq!(entry.argc, exact.then_some(2), "{text}");
    }
}
