//! Keyspace notifications: every case reads as its server meant it, every form of one log says the same,
//! and neither blocks, threads nor damage change what is counted.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a fixture that cannot be read fails the test"
)]

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use polars::prelude::{ParquetReader, SerReader};
use redtrail::error::Reject;
use redtrail::event::{Channel, Loss, Notice, Place, Sink, Skipped};
use redtrail::format::{self, Kind};
use redtrail::options::{Analysis, Reading};
use redtrail::pattern::{Learnt, Rules};
use redtrail::report::Report;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

fn unpacked(name: &str) -> Vec<u8> {
    let file = fs::File::open(fixture(name)).unwrap();
    let mut bytes = Vec::new();
    liblzma::read::XzDecoder::new(file).read_to_end(&mut bytes).unwrap();
    bytes
}

fn cases() -> Vec<PathBuf> {
    let mut all: Vec<_> =
        fs::read_dir(fixture("cases")).unwrap().map(|entry| entry.unwrap().path()).collect();
    all.retain(|path| path.file_name().unwrap().to_str().unwrap().starts_with("events-"));
    all.sort();
    all
}

/// A message, owned.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Message {
    time: Option<i64>,
    database: u32,
    channel: Channel,
    subscription: Vec<u8>,
    event: Vec<u8>,
    key: Vec<u8>,
}

/// Takes everything, and checks that each byte comes once and in order.
#[derive(Default)]
struct All {
    end: u64,
    messages: Vec<Message>,
    noise: u64,
    truncated: u64,
    rejected: u64,
    losses: Vec<(u64, &'static str)>,
}

impl All {
    fn bytes(&mut self, place: Place, bytes: u64) {
        assert_eq!(place.offset, self.end, "a byte is missing or comes twice");
        assert!(bytes > 0);
        self.end += bytes;
    }
}

impl Sink for All {
    fn notice(&mut self, notice: &Notice<'_>) {
        self.bytes(notice.place, notice.bytes);
        self.messages.push(Message {
            time: notice.time,
            database: notice.database,
            channel: notice.channel,
            subscription: notice.subscription.to_vec(),
            event: notice.event.to_vec(),
            key: notice.key.to_vec(),
        });
    }
    fn loss(&mut self, loss: &Loss) {
        self.losses.push((loss.place.line + 1, loss.reason));
    }
    fn reject(&mut self, reject: Reject<'_>) {
        self.bytes(reject.place, reject.bytes);
        self.rejected += 1;
    }
    fn skip(&mut self, place: Place, bytes: u64, why: Skipped) {
        self.bytes(place, bytes);
        match why {
            Skipped::Noise => self.noise += 1,
            Skipped::Truncated => self.truncated += 1,
        }
    }
    fn gap(&mut self, _: Place) {}
}

/// Reads `bytes` as the content tells, or as `--kind` would, in one block.
fn read(bytes: &[u8]) -> All {
    let mut reading = format::detect(bytes, None, None);
    if reading.kind != Kind::KeyspaceEvents {
        reading = format::detect(bytes, Some(Kind::KeyspaceEvents), None);
    }
    let mut all = All::default();
    if let Some(format) = reading.format {
        format.scan(bytes, 0, &mut all);
        assert_eq!(all.end, bytes.len() as u64);
    }
    all
}

fn analyze(paths: &[PathBuf], block_bytes: usize, threads: usize) -> Report {
    let reading = Reading { block_bytes, threads, ..Reading::default() };
    redtrail::analyze(paths, &Analysis { reading, ..Analysis::default() }).unwrap().report
}

fn json(report: &Report) -> String {
    serde_json::to_string_pretty(report).unwrap()
}

/// What one subscription's messages come to, slowly: a change is a run of one database, key and event in
/// which no channel and no copy comes twice.
fn changes(messages: &[Message]) -> Vec<&Message> {
    let mut all: Vec<&Message> = Vec::new();
    let mut told: HashSet<(Vec<u8>, String)> = HashSet::new();
    for message in messages {
        let subject = |message: &Message| (message.database, message.key.clone(), message.event.clone());
        let item = message.channel == Channel::Subkeyspaceitem;
        let by = (message.subscription.clone(), format!("{:?}", message.channel));
        let joins =
            all.last().is_some_and(|last| subject(last) == subject(message)) && (item || !told.contains(&by));
        if !joins {
            told.clear();
            all.push(message);
        }
        told.insert(by);
    }
    all
}

const TIME: i64 = 1_750_256_290_000_000;

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
        let lossy: Vec<_> =
            strings.iter().map(|strings| message(&strings.each_ref().map(|bytes| replaced(bytes)))).collect();
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
                .map(|row| ((row.pattern.0.clone(), &row.event.0[..]), row.calls))
                .collect();
            assert_eq!(found, by_pattern, "{name}");
            for row in &report.rows {
                let of = by_pattern.keys().filter(|(_, event)| *event == row.event.0).count();
                assert_eq!(row.patterns, of as u64, "{name}");
            }
        }
    }
}

#[test]
fn neither_blocks_nor_threads_change_a_byte() {
    let dir = tempfile::tempdir().unwrap();
    // One hot key in one long run, which no block border may break.
    let mut hot = String::from("\"pmessage\",\"*\",\"__keyevent@0__:incrby\",\"counter\"\n");
    for at in 0..300 {
        let lost = if at % 97 == 96 { "Error: Server closed the connection\n" } else { "" };
        hot += &format!(
            "{lost}\"pmessage\",\"*\",\"__keyspace@0__:counter\",\"incrby\"\n\
             1795172{at:03} \"pmessage\",\"*\",\"__keyevent@0__:incrby\",\"counter\"\n"
        );
    }
    let hot_path = dir.path().join("hot.csv");
    fs::write(&hot_path, &hot).unwrap();
    let mut small = cases();
    small.push(hot_path.clone());
    let expected = json(&analyze(&small, 1 << 20, 1));
    for block_bytes in [1, 64, 1_000, 20_000] {
        for threads in [1, 3] {
            assert_eq!(json(&analyze(&small, block_bytes, threads)), expected, "{block_bytes} {threads}");
        }
    }
    let report = analyze(&[hot_path], 100, 2).keyspace_events;
    assert_eq!((report.messages, report.gaps_total), (601, 3));
    // An event before each space, up to the first loss.
    assert_eq!(report.total, 97 + 97 + 97 + 10);

    let big: Vec<_> = ["csv", "raw", "tty", "json", "pylogger"]
        .iter()
        .map(|form| fixture(&format!("captures-events/redis-7.0.15/events-{form}.log.xz")))
        .collect();
    let expected = json(&analyze(&big, 1 << 20, 1));
    for block_bytes in [333, 5_000, 100_000] {
        assert_eq!(json(&analyze(&big, block_bytes, 2)), expected, "{block_bytes}");
    }
}

#[test]
fn a_cut_never_depends_on_what_follows() {
    for path in cases() {
        let bytes = fs::read(&path).unwrap();
        let format = format::detect(&bytes, None, None).format.unwrap();
        let whole = read(&bytes);
        for end in 0..=bytes.len() {
            let cut = format.cut(&bytes[..end]);
            assert!(cut <= end);
            if cut == 0 {
                continue;
            }
            let mut all = All::default();
            format.scan(&bytes[..cut], 0, &mut all);
            format.scan(&bytes[cut..], cut as u64, &mut all);
            assert_eq!(all.messages, whole.messages, "{} cut at {cut}", path.display());
            assert_eq!(
                (all.noise, all.truncated, all.rejected),
                (whole.noise, whole.truncated, whole.rejected)
            );
        }
    }
}

#[test]
fn damage_loses_no_byte_and_little_else() {
    for path in cases() {
        let bytes = fs::read(&path).unwrap();
        let whole = read(&bytes).messages;
        for end in 0..bytes.len() {
            let cut = read(&bytes[..end]);
            // Nothing is invented: what was read stands in the whole. Only a key with line ends in raw
            // output can lose its end unnoticed.
            let exact = cut.messages.iter().zip(&whole).take_while(|(a, b)| a == b).count();
            assert!(exact + 1 >= cut.messages.len(), "{} cut at {end}", path.display());
            assert!(cut.rejected <= 1, "{} cut at {end}", path.display());
            read(&bytes[end..]);
        }
        for at in 0..bytes.len() {
            for flip in [0x01, 0x20, 0x80, 0xff] {
                let mut damaged = bytes.clone();
                damaged[at] ^= flip;
                read(&damaged);
            }
            for byte in [b'\n', b'"', b'{', b'\\', 0x1b, b'\r'] {
                let mut damaged = bytes.clone();
                damaged[at] = byte;
                read(&damaged);
            }
        }
    }
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
fn patterns_are_those_of_the_calls() {
    let dir = tempfile::tempdir().unwrap();
    // Names that only many of them show to be ids: MONITOR has the many, the events one.
    let calls: String = (0..60)
        .map(|at| {
            format!(
                "1795172219.{at:06} [0 1.1.1.1:1] \"GET\" \"user:name{}:profile\"\n",
                char::from(b'a' + at % 26).to_string().repeat(1 + usize::from(at) / 26)
            )
        })
        .collect();
    fs::write(dir.path().join("monitor.log"), calls).unwrap();
    fs::write(dir.path().join("events.csv"), "\"message\",\"__keyevent@0__:set\",\"user:nameq:profile\"\n")
        .unwrap();
    let alone = analyze(&[dir.path().join("events.csv")], 1 << 20, 1);
    assert_eq!(alone.keyspace_events.patterns[0].pattern.0, b"user:nameq:profile");
    let both = analyze(&[dir.path().to_path_buf()], 1 << 20, 1);
    assert_eq!(both.keyspace_events.patterns[0].pattern.0, b"user:*:profile");
    assert_eq!(both.key_patterns.rows[0].pattern.0, b"user:*:profile");
}

#[test]
fn the_table_has_a_row_for_each_change() {
    let out = tempfile::tempdir().unwrap();
    for (name, clock) in [
        ("captures-events/redis-7.0.15/events-raw.log.xz", false),
        ("captures-events/redis-7.0.15/events-pylogger.log.xz", true),
        ("cases/events-8.8dev-subkey-csv.txt", false),
    ] {
        let paths = [fixture(name)];
        let report = analyze(&paths, 1 << 20, 1).keyspace_events;
        let outcome = redtrail::convert(&paths, out.path(), false, &Analysis::default()).unwrap();
        assert_eq!(outcome.rows, [("events", report.total)]);
        let file = fs::File::open(out.path().join("events.parquet")).unwrap();
        let frame = ParquetReader::new(file).finish().unwrap();
        let names: Vec<_> = frame.get_column_names().iter().map(|name| name.to_string()).collect();
        let columns = [
            "time",
            "db",
            "event",
            "class",
            "key",
            "key_text",
            "pattern",
            "source",
            "byte_offset",
            "messages",
        ];
        assert_eq!(names, columns);
        let sum: i64 = frame.column("messages").unwrap().i64().unwrap().iter().flatten().sum();
        assert_eq!(sum as u64, report.messages);
        let nulls = frame.column("time").unwrap().null_count() as u64;
        assert_eq!(nulls, if clock { 0 } else { report.total });
        let bytes = if name.ends_with(".xz") { unpacked(name) } else { fs::read(&paths[0]).unwrap() };
        let messages = read(&bytes).messages;
        let expected: Vec<_> = changes(&messages).into_iter().map(|change| change.key.clone()).collect();
        let keys = frame.column("key").unwrap();
        let keys: Vec<_> = keys.binary().unwrap().iter().map(|key| key.unwrap().to_vec()).collect();
        assert_eq!(keys, expected);
    }
}
