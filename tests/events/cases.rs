//! Small captures read as their servers meant them.

use std::fs;

use redtrail::event::Channel;
use redtrail::format;

use crate::common::{Message, TIME, analyze, cases, changes, fixture, read};

#[test]
fn cases_read_as_their_servers_meant() {
    let user = |event| (0, &b"user:1"[..], event, None);
    let odd: &[u8] = "k\"1\n:é".as_bytes();
    let live = [user("set"), user("expire"), (3, odd, "lpush", None)];
    type Change<'a> = (u32, &'a [u8], &'a str, Option<i64>);
    let rows: [(&str, &str, [u64; 4], &[Change<'_>]); 12] = [
        // Messages, noise, truncated, losses behind a message.
        ("events-r-7.4.1-tty.txt", "redis-cli on a terminal", [6, 1, 0, 0], &live),
        ("events-r-7.4.1-csv.txt", "redis-cli --csv", [6, 1, 0, 0], &live),
        ("events-r-7.4.1-json.txt", "redis-cli --json", [6, 1, 0, 0], &live),
        ("events-r-7.4.1-quoted-json.txt", "redis-cli --quoted-json", [6, 1, 0, 0], &live),
        ("events-r-7.4.1-raw.txt", "redis-cli raw", [6, 1, 0, 0], &live),
        ("events-r-6.2.16-csv.txt", "redis-cli --csv", [6, 2, 0, 0], &live),
        ("events-r-6.2.16-raw.txt", "redis-cli raw", [6, 1, 0, 0], &live),
        ("events-redispy-repr.txt", "redis-py", [6, 1, 0, 0], &live),
        ("events-r-6.2.16-ttypty.txt", "redis-cli on a terminal", [2, 3, 0, 0], &live[..2]),
        ("events-repl-7.4.txt", "redis-cli on a terminal", [1, 3, 0, 0], &[(0, b"y", "set", None)]),
        (
            "events-8.8dev-subkey-csv.txt",
            "redis-cli --csv",
            [16, 1, 0, 0],
            &[(0, b"my|h", "hset", None), (0, b"my|h", "hdel", None), (0, b"my|h", "del", None)],
        ),
        (
            "events-pylogger.log",
            "JSON behind a logger's prefix",
            [3, 9, 0, 1],
            &[
                (0, b"myApp:test1", "set", Some(TIME + 7_795_951)),
                (12, "myApp:café 😀 \"q\" __:x".as_bytes(), "hset", Some(TIME + 8_000_000)),
                (0, b"myApp:test2", "expired", Some(TIME + 21_325_818)),
            ],
        ),
    ];
    for (name, dialect, counts, expected) in rows {
        let path = fixture("cases").join(name);
        let bytes = fs::read(&path).unwrap();
        assert_eq!(format::detect(&bytes, None, None).dialect, dialect, "{name}");
        let all = read(&bytes);
        let found: Vec<_> = changes(&all.messages)
            .into_iter()
            .map(|m| (m.database, &m.key[..], std::str::from_utf8(&m.event).unwrap(), m.time))
            .collect();
        assert_eq!(found, expected, "{name}");
        assert_eq!(all.rejected, 0);

        let report = analyze(&[path], 1 << 20, 1);
        let events = &report.keyspace_events;
        let input = &report.inputs[0];
        assert_eq!([events.messages, input.noise, input.truncated, input.gaps], counts, "{name}");
        assert_eq!((events.total, events.gaps_total), (expected.len() as u64, counts[3]), "{name}");
        let timed = expected.iter().filter(|change| change.3.is_some()).count() as u64;
        assert_eq!((events.timed, events.first.is_some()), (timed, timed > 0));
        let told: u64 = report.timeline.rows.iter().filter_map(|row| row.events).sum();
        assert_eq!(told, timed, "no time is invented");
    }
    assert_eq!(cases().len(), rows.len());
}

#[test]
fn a_gap_is_named() {
    let report = analyze(&[fixture("cases/events-pylogger.log")], 1 << 20, 1);
    let gap = &report.keyspace_events.gaps[0];
    assert_eq!((gap.line, gap.reason), (6, "the logger tells an error"));
    let times = [gap.since, gap.time, gap.until].map(|time| time.unwrap().0 - TIME);
    assert_eq!(times, [8_000_000, 9_500_000, 21_325_818]);
}

#[test]
fn clocks_in_front_of_lines_are_the_time() {
    let at = Some(1_781_792_357_000_000);
    for (text, time) in [
        ("2026-06-18T14:19:17.000000000Z \"pmessage\",\"*\",\"__keyspace@0__:k\",\"set\"\n", at),
        ("sub-1  | 2026-06-18T14:19:17Z [\"pmessage\",\"*\",\"__keyspace@0__:k\",\"set\"]\n", at),
        ("1781792357.0 {'pattern': b'*', 'channel': b'__keyspace@0__:k', 'data': b'set'}\n", at),
        ("{\"channel\":\"__keyspace@0__:k\",\"pattern\":\"*\",\"event\":\"set\",\"ts\":1781792357000}\n", at),
        (
            "2026-06-18 14:19:17 1) \"pmessage\"\n2026-06-18 14:19:17 2) \"*\"\n2026-06-18 14:19:17 3) \"__keyspace@0__:k\"\n2026-06-18 14:19:18 4) \"set\"\n",
            at,
        ),
        (
            "2026-06-18T14:19:17Z pmessage\n2026-06-18T14:19:17Z *\n2026-06-18T14:19:17Z __keyspace@0__:k\n2026-06-18T14:19:17Z set\n",
            at,
        ),
        (
            "2026-06-18T14:19:17Z stdout F pmessage\n2026-06-18T14:19:17Z stdout F *\n2026-06-18T14:19:17Z stdout F __keyspace@0__:k\n2026-06-18T14:19:17Z stdout F set\n",
            at,
        ),
        (
            "{\"log\":\"\\\"pmessage\\\",\\\"*\\\",\\\"__keyspace@0__:k\\\",\\\"set\\\"\\n\",\"time\":\"2026-06-18T14:19:17Z\"}\n",
            at,
        ),
        ("Jun 18 14:19:17 \"pmessage\",\"*\",\"__keyspace@0__:k\",\"set\"\n", None),
        ("\"pmessage\",\"*\",\"__keyspace@0__:k\",\"set\"\n", None),
    ] {
        let all = read(text.repeat(2).as_bytes());
        let message = Message {
            time,
            database: 0,
            channel: Channel::Keyspace,
            subscription: b"*".to_vec(),
            event: b"set".to_vec(),
            key: b"k".to_vec(),
            exact: true,
        };
        assert_eq!(all.messages, [message.clone(), message], "{text}");
    }
}

#[test]
fn other_messages_and_answers_are_noise() {
    let text = "\"psubscribe\",\"*\",1\n\"pmessage\",\"*\",\"news\",\"hello\"\n\"pmessage\",\"*\",\"__keyspace@0__:k\",\"set\"\n\
                \"pmessage\",\"*\",\"__keyspace@0__:k\",\"se\\q\"\nprose\n\"punsubscribe\",\"*\",0\n\"psubscribe\",\"*\",1\n";
    let all = read(text.as_bytes());
    assert_eq!((all.messages.len(), all.noise, all.rejected, all.truncated), (1, 5, 1, 0));
    assert_eq!(all.losses, [(1, "the subscriber subscribed anew"), (7, "the subscriber subscribed anew")]);
}

#[test]
fn bytes_of_keys_are_known_or_told_not_to_be() {
    let json = |key: &str| format!("{{\"channel\":\"__keyspace@0__:{key}\",\"data\":\"set\"}}\n");
    let text = |key: &str| {
        format!("{{'type': 'pmessage', 'pattern': '*', 'channel': '__keyspace@0__:{key}', 'data': 'set'}}\n")
    };
    let bytes = |key: &str| {
        format!(
            "{{'type': 'pmessage', 'pattern': b'*', 'channel': b'__keyspace@0__:{key}', 'data': b'set'}}\n"
        )
    };
    for (line, key, exact) in [
        (json(r"caf\u00e9\ud83d\ude00"), "café😀".as_bytes(), true),
        // Python's way to keep what is no UTF-8.
        (json(r"a\udcff"), b"a\xff", true),
        (json(r"a\ud83d"), b"a\xed\xa0\xbd", false),
        (json(r"a\ude00\n"), b"a\xed\xb8\x80\n", false),
        (json(r"a\ud83d\ud83d\ude00"), b"a\xed\xa0\xbd\xf0\x9f\x98\x80", false),
        // Half of a character in text, a byte in bytes.
        (text(r"caf\xe9\xa0\u200b"), "café\u{a0}\u{200b}".as_bytes(), true),
        (text("caf\u{e9}"), "café".as_bytes(), true),
        (text(r"a\udcff\U0001f600"), b"a\xff\xf0\x9f\x98\x80", true),
        (text(r"a\ud83d"), b"a\xed\xa0\xbd", false),
        (bytes(r"caf\xc3\xa9\xa0\u200b"), b"caf\xc3\xa9\xa0\\u200b", true),
    ] {
        let all = read(line.as_bytes());
        let [message] = all.messages.as_slice() else { panic!("{line}") };
        assert_eq!((&message.key[..], message.exact), (key, exact), "{line}");
        assert_eq!(all.rejected, 0, "{line}");
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("events.log");
        fs::write(&path, &line).unwrap();
        let report = analyze(&[path], 1 << 20, 1);
        assert_eq!((report.inputs[0].records, report.inputs[0].inexact), (1, u64::from(!exact)), "{line}");
    }
}
