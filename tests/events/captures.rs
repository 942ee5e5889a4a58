//! Every form of one log says the same, and reports count what a slow reading counts.

use std::collections::{BTreeMap, BTreeSet};

use redtrail::event::Channel;
use redtrail::pattern::{Learnt, Rules};

use crate::common::{All, Message, analyze, changes, fixture, read, unpacked};

/// `sdscatrepr` decoded, by other means than the crate's.
fn unrepr(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(u8::try_from(c).unwrap());
            continue;
        }
        match chars.next().unwrap() {
            'n' => out.push(b'\n'),
            'r' => out.push(b'\r'),
            't' => out.push(b'\t'),
            'a' => out.push(7),
            'b' => out.push(8),
            'x' => {
                let digits: String = [chars.next().unwrap(), chars.next().unwrap()].iter().collect();
                out.push(u8::from_str_radix(&digits, 16).unwrap());
            }
            quoted => out.push(u8::try_from(quoted).unwrap()),
        }
    }
    out
}

/// Pattern, channel and payload of each message of a `--csv` log.
fn csv(bytes: &[u8]) -> Vec<[Vec<u8>; 3]> {
    let text = std::str::from_utf8(bytes).unwrap();
    let lines = text.lines().filter_map(|line| line.strip_prefix("\"pmessage\",\""));
    lines
        .map(|line| {
            let parts: Vec<_> = line.strip_suffix('"').unwrap().split("\",\"").map(unrepr).collect();
            parts.try_into().unwrap()
        })
        .collect()
}

/// The same of a log on a terminal; what is cut off at the end is none.
fn terminal(bytes: &[u8]) -> Vec<[Vec<u8>; 3]> {
    let text = std::str::from_utf8(bytes).unwrap();
    let mut all = Vec::new();
    let mut parts = Vec::new();
    for line in text.lines() {
        if line.starts_with("1) ") {
            parts.clear();
        }
        if let Some((_, part)) = line.split_once(") \"") {
            parts.push(unrepr(part.trim_end().strip_suffix('"').unwrap()));
        }
        if let [word, pattern, channel, payload] = parts.as_slice() {
            assert_eq!(word, b"pmessage");
            all.push([pattern.clone(), channel.clone(), payload.clone()]);
            parts.clear();
        }
    }
    all
}

/// The same of a Python logger's lines.
fn logger(bytes: &[u8]) -> Vec<[Vec<u8>; 3]> {
    let text = std::str::from_utf8(bytes).unwrap();
    let objects = text.lines().filter_map(|line| Some(&line[line.find('{')?..]));
    objects
        .map(|object| {
            let object: serde_json::Value = serde_json::from_str(object).unwrap();
            ["pattern", "channel", "data"].map(|key| object[key].as_str().unwrap().as_bytes().to_vec())
        })
        .collect()
}

fn message([pattern, channel, payload]: &[Vec<u8>; 3]) -> Message {
    let at = channel.windows(3).position(|part| part == b"__:").unwrap();
    let (head, name) = (&channel[..at], channel[at + 3..].to_vec());
    let (kind, database) = std::str::from_utf8(head).unwrap().split_once('@').unwrap();
    let (channel, event, key) = match kind {
        "__keyspace" => (Channel::Keyspace, payload.clone(), name),
        "__keyevent" => (Channel::Keyevent, name, payload.clone()),
        other => panic!("{other}"),
    };
    Message {
        time: None,
        database: database.parse().unwrap(),
        channel,
        subscription: pattern.clone(),
        event,
        key,
        exact: true,
    }
}

fn timeless(all: All) -> Vec<Message> {
    assert_eq!(all.rejected, 0);
    all.messages.into_iter().map(|message| Message { time: None, ..message }).collect()
}

/// Bytes that are no UTF-8 as Python's `backslashreplace` shows them, which the logger was told to use.
fn replaced(bytes: &[u8]) -> Vec<u8> {
    let mut out = String::new();
    for chunk in bytes.utf8_chunks() {
        out += chunk.valid();
        chunk.invalid().iter().for_each(|byte| out += &format!("\\x{byte:02x}"));
    }
    out.into_bytes()
}

/// Says where two readings part, not all they hold.
fn same(what: &str, found: Vec<Message>, expected: &[Message]) {
    let at = found.iter().zip(expected).take_while(|(a, b)| a == b).count();
    assert_eq!(found.get(at), expected.get(at), "{what}: message {at}");
}

const SERVERS: [&str; 4] = ["redis-2.8.24", "redis-6.2.14", "redis-7.0.15", "valkey-8.0.1"];

#[test]
fn every_form_of_one_log_says_the_same() {
    for server in SERVERS {
        let log = |form: &str| unpacked(&format!("captures-events/{server}/events-{form}.log.xz"));
        let strings = csv(&log("csv"));
        assert!(strings.len() > 6_000);
        let expected: Vec<Message> = strings.iter().map(message).collect();
        same(server, timeless(read(&log("csv"))), &expected);

        let bytes = log("pylogger");
        // Its first message is the same; each holds 6,001.
        let all = logger(&bytes).iter().map(message).collect::<Vec<_>>();
        same("logger", timeless(read(&bytes)), &all);
        let lossy: Vec<_> = strings
            .iter()
            .map(|strings| message(&strings.each_ref().map(|string| replaced(string))))
            .collect();
        same("logger and csv", all, &lossy);

        let bytes = log("tty");
        let all = terminal(&bytes).iter().map(message).collect::<Vec<_>>();
        same(server, timeless(read(&bytes)), &all);
        same(server, all, &expected[..6_000]);

        // Raw output is what the strings make of it, cut off somewhere.
        let bytes = log("raw");
        let mut raw = b"psubscribe\n__key*@*__:*\n1\n".to_vec();
        let mut ends = Vec::new();
        for [pattern, channel, payload] in &strings {
            raw.extend([&b"pmessage"[..], pattern, channel, payload, b""].join(&b'\n'));
            ends.push(raw.len());
        }
        assert!(raw.starts_with(&bytes));
        let whole = ends.iter().filter(|end| **end <= bytes.len()).count();
        assert!(
            raw.iter().filter(|byte| **byte == b'\n').count() > 4 * strings.len() + 3,
            "keys hold line ends"
        );
        same(server, timeless(read(&bytes)), &expected[..whole]);

        // Keyevent channels only.
        let bytes = log("noraw");
        let all = terminal(&bytes).iter().map(message).collect::<Vec<_>>();
        same(server, timeless(read(&bytes)), &all);
        let equal =
            |a: &&Message, b: &&Message| (a.database, &a.event, &a.key) == (b.database, &b.event, &b.key);
        let events: Vec<_> = expected.iter().filter(|m| m.channel == Channel::Keyevent).collect();
        let common = all.iter().zip(&events).filter(|(a, b)| equal(a, b)).count();
        assert_eq!(common, all.len().min(events.len()), "{server}");

        // Keyspace channels of database 0 only, from the same start on.
        let all = read(&log("json")).messages;
        let keys: Vec<_> =
            expected.iter().filter(|m| m.channel == Channel::Keyspace && m.database == 0).collect();
        let common = all.iter().zip(&keys).take_while(|(a, b)| equal(a, b)).count();
        assert_eq!(common, all.len().min(keys.len()), "{server}");
    }
}

#[test]
fn reports_count_what_a_slow_reading_counts() {
    for server in SERVERS {
        for form in ["csv", "pylogger", "tty", "raw", "noraw", "json"] {
            let name = format!("captures-events/{server}/events-{form}.log.xz");
            let messages = read(&unpacked(&name)).messages;
            let changes = changes(&messages);
            let report = analyze(&[fixture(&name)], 10_000, 2).keyspace_events;
            assert_eq!(
                (report.messages, report.total),
                (messages.len() as u64, changes.len() as u64),
                "{name}"
            );
            let ratio = if matches!(form, "noraw" | "json") { 1 } else { 2 };
            assert_eq!(report.messages.div_ceil(ratio), report.total, "{name}");

            let rules = Rules::default();
            let shape = |key: &[u8]| {
                let mut shape = Vec::new();
                rules.shape(key, &mut shape);
                shape
            };
            let shapes: BTreeSet<_> = changes.iter().map(|change| shape(&change.key)).collect();
            let patterns = Learnt::new(&rules).finish(shapes.iter().map(Vec::as_slice));
            let mut events: BTreeMap<&[u8], u64> = BTreeMap::new();
            let mut databases: BTreeMap<u32, u64> = BTreeMap::new();
            let mut by_pattern: BTreeMap<(Vec<u8>, &[u8]), u64> = BTreeMap::new();
            for change in &changes {
                let mut pattern = Vec::new();
                patterns.apply(&shape(&change.key), &mut pattern);
                *events.entry(&change.event).or_default() += 1;
                *databases.entry(change.database).or_default() += 1;
                *by_pattern.entry((pattern, &change.event)).or_default() += 1;
            }
            let found: BTreeMap<_, _> = report.rows.iter().map(|row| (&row.event.0[..], row.calls)).collect();
            assert_eq!(found, events, "{name}");
            let found: BTreeMap<_, _> = report.databases.iter().map(|row| (row.db, row.calls)).collect();
            assert_eq!(found, databases, "{name}");
            let found: BTreeMap<_, _> = report
                .patterns
                .iter()
                .map(|row| ((row.pattern.0.to_vec(), &row.event.0[..]), row.calls))
                .collect();
            assert_eq!(found, by_pattern, "{name}");
            for row in &report.rows {
                let of = by_pattern.keys().filter(|(_, event)| *event == row.event.0).count();
                assert_eq!(row.patterns, of as u64, "{name}");
            }
        }
    }
}
