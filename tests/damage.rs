//! Damage: whatever happens to a capture, nothing panics, and every byte is accounted for.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that finds something amiss fails")]

#[path = "common/fixture.rs"]
mod fixture;
#[path = "common/index.rs"]
mod index;
#[path = "common/record.rs"]
mod record;

use std::fs;

use redtrail::analyze::Outcome;
use redtrail::options::{Analysis, Reading};
use redtrail::output::{self, View};

/// Numbers that look random and are the same in every run (Marsaglia's xorshift).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }
}

/// Analyzes `bytes` as a file, in blocks small enough that damage meets their borders, and prints the
/// report in every form.
fn analyze(bytes: &[u8], block_bytes: usize) -> Outcome {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), bytes).unwrap();
    let reading = Reading { threads: 1, block_bytes, ..Reading::default() };
    let options = Analysis { reading, ..Analysis::default() };
    let outcome = redtrail::analyze(&[file.path().to_path_buf()], &options).unwrap();
    for render in output::all(View { verbose: true, ..View::default() }) {
        render.render(&outcome.report, &mut Vec::new()).unwrap();
    }
    for input in &outcome.report.inputs {
        assert_eq!(input.accounted.sum(), input.bytes, "{:?}", input.reason);
    }
    outcome
}

/// [`analyze`] for content that is not compressed: it can be read to its end.
fn survives(bytes: &[u8], block_bytes: usize) {
    let outcome = analyze(bytes, block_bytes);
    assert!(outcome.failures.is_empty(), "{:?}", outcome.failures);
    let read: u64 = outcome.report.inputs.iter().map(|input| input.bytes).sum();
    assert_eq!(read, bytes.len() as u64);
    // Panics unless every byte went to exactly one call.
    record::scan(bytes);
}

#[test]
fn small_captures_survive_being_cut_anywhere() {
    for (file, _) in index::files("cases/") {
        let content = fixture::content(&file);
        for end in 1..content.len() {
            record::scan(&content[..end]);
            record::scan(&content[end..]);
        }
        let mut random = Random(3);
        for _ in 0..20 {
            survives(&content[..random.below(content.len())], 64);
            survives(&content[random.below(content.len())..], 64);
        }
    }
}

#[test]
fn what_is_cut_off_is_no_record() {
    let content = fixture::content("cases/monitor-7.4-raw.txt");
    let whole = record::scan(&content);
    for end in 0..content.len() {
        let seen = record::scan(&content[..end]);
        let lines = content[..end].iter().filter(|byte| **byte == b'\n').count();
        // `OK` is two words: noise, and the start of the capture.
        let complete = if lines == 0 { 0 } else { lines + 1 };
        assert_eq!(seen[..complete], whole[..complete], "cut at {end}");
        match seen.get(complete..).unwrap() {
            [] => assert!(content[..end].ends_with(b"\n") || end == 0),
            rest => assert!(rest == ["truncated"] || content[..end].ends_with(b"OK"), "{rest:?} at {end}"),
        }
    }
    // A first line without its beginning is no record either, nor is one made of it.
    let record = b"1795173275.256609 [5 127.0.0.1:33476] \"SET\" \"k\" \"v\"\n".repeat(2);
    for start in 1..record.len() / 2 {
        let seen = record::scan(&record[start..]);
        assert_ne!(seen[0], seen[1], "the line without its first {start} bytes: {}", seen[0]);
        assert!(!seen[0].contains(" = "), "the line without its first {start} bytes: {}", seen[0]);
        assert_eq!(seen[1], "1795173275256609 5 127.0.0.1:33476 = SET|k|v");
    }
}

#[test]
fn big_captures_survive_being_cut_and_flipped() {
    let mut random = Random(7);
    for (file, _) in index::files("captures").into_iter().chain(index::files("terminal")) {
        let content = fixture::content(&file);
        for _ in 0..60 {
            let start = random.below(content.len());
            let mut damaged = content[start..content.len().min(start + 1 + random.below(8_000))].to_vec();
            survives(&damaged, 1000);
            for _ in 0..1 + random.below(20) {
                let at = random.below(damaged.len());
                damaged[at] ^= 1 << random.below(8);
            }
            survives(&damaged, 1000);
        }
    }
}

#[test]
fn small_captures_survive_flipped_and_strange_bytes() {
    let mut random = Random(11);
    for (file, _) in index::files("cases/") {
        let content = fixture::content(&file);
        for at in 0..content.len() {
            for byte in [b'"', b'\\', b'\n', 0, 0xff, random.next() as u8] {
                let mut damaged = content.clone();
                damaged[at] = byte;
                record::scan(&damaged);
            }
        }
        for _ in 0..20 {
            let mut damaged = content.clone();
            let at = random.below(damaged.len());
            damaged[at] = random.next() as u8;
            survives(&damaged, 64);
        }
    }
}

#[test]
fn garbage_survives() {
    let mut random = Random(13);
    for round in 0..200 {
        // Every third garbage is made of what records are made of.
        let alphabet: &[u8] = if round % 3 == 0 { b"\"\\ \n[]{}0123456789.:xOKabn+'" } else { &[] };
        let bytes: Vec<u8> = (0..random.below(3_000))
            .map(|_| match alphabet {
                [] => random.next() as u8,
                letters => letters[random.below(letters.len())],
            })
            .collect();
        record::scan(&bytes);
        // What begins like a compressed file is another matter.
        if !bytes.starts_with(&[0x1f]) {
            survives(&bytes, 64);
        }
    }
}

/// One record before and one behind `middle`, both of which must be read whatever stands between.
fn between_records(middle: &[u8]) -> Vec<u8> {
    let record = b"1795173275.236004 [0 127.0.0.1:1] \"GET\" \"k\"\n";
    [b"OK\n", &record[..], middle, b"\n", record].concat()
}

#[test]
fn monstrous_lines_survive_in_good_time() {
    let start = &b"1795173275.236004 [0 127.0.0.1:1] \"SET\" \"k\" \""[..];
    let cases: &[(&str, Vec<u8>)] = &[
        ("a value of 10 MB", [start, &vec![b'a'; 10 << 20], b"\""].concat()),
        ("a value of escapes", [start, &b"\\xff".repeat(1 << 20), b"\""].concat()),
        ("10 MB of NULs", vec![0; 10 << 20]),
        ("10 MB of digits", vec![b'1'; 10 << 20]),
        ("invalid UTF-8", b"\xff\xfe\xc3".repeat(1 << 20)),
        ("100k quotes", vec![b'"'; 100_000]),
        ("a value of 100k quotes", [start, &vec![b'"'; 100_000]].concat()),
        ("100k arguments", [start, &b"\" \"".repeat(100_000), b"\""].concat()),
        ("100k backslashes", [start, &vec![b'\\'; 100_001]].concat()),
        ("dots", b"1.".repeat(500_000)),
        ("headers", b"1.2 [0 ".repeat(30_000)),
        ("headers that end", [&b"1.2 [0 ]".repeat(30_000)[..], b"\""].concat()),
        ("headers before a record", [&b"1.5 [0 a:1] ".repeat(30_000)[..], b"\"GET\" \"k"].concat()),
        ("headers without a space", [&b"1.2[".repeat(30_000)[..], b"\""].concat()),
        ("headers in a value", [start, b"x\"y ", &b"1.2 [0 ]".repeat(30_000), b"\""].concat()),
        ("records in a value", [start, b"x\"y ", &b"1.2 [0 a] \"b\" ".repeat(30_000), b"\""].concat()),
        ("control sequences", b"\x1b[".repeat(500_000)),
        ("carriage returns", b"a\r".repeat(500_000)),
        ("unended parts", b"2026-06-18T14:18:18.795951123Z stdout P abc\n".repeat(50_000)),
        ("unended docker lines", b"{\"log\":\"abc\",\"stream\":\"stdout\"}\n".repeat(50_000)),
        ("a long dict", [&b"{"[..], &b"'a': 'b', ".repeat(100_000)].concat()),
        ("blank lines", vec![b'\n'; 500_000]),
    ];
    for (name, middle) in cases {
        let content = between_records(middle);
        let started = std::time::Instant::now();
        let outcome = analyze(&content, 64 << 10);
        // A minute on a slow machine; without the bounds in the readers it would be hours.
        assert!(started.elapsed().as_secs() < 60, "{name} took {:?}", started.elapsed());
        let input = &outcome.report.inputs[0];
        assert_eq!((input.kind, input.bytes), ("monitor", content.len() as u64), "{name}");
        let keys = outcome.report.hot_keys.rows.iter().filter(|row| row.key.0 == b"k");
        assert!(keys.map(|row| row.calls).sum::<u64>() >= 2, "the records around {name}");
    }
}

#[test]
fn damaged_archives_are_told_and_read_as_far_as_they_go() {
    let mut random = Random(17);
    for name in [
        "captures/redis-2.8.24.log.gz",
        "captures/redis-6.2.14.log.xz",
        "captures/redis-7.0.15.log.zst",
        "captures/valkey-8.0.1.log.bz2",
    ] {
        let stored = fs::read(fixture::path(name)).unwrap();
        for _ in 0..3 {
            let end = 1_000 + random.below(stored.len() - 1_000);
            let outcome = analyze(&stored[..end], 2 << 20);
            assert_eq!(outcome.failures.len(), 1, "{name} cut at {end}");
            assert!(outcome.report.inputs[0].error.is_some(), "{name} cut at {end}");
        }
        let mut flipped = stored.clone();
        let at = stored.len() / 2;
        flipped[at] ^= 0x10;
        let outcome = analyze(&flipped, 2 << 20);
        assert_eq!(outcome.failures.len(), 1, "{name} flipped at {at}");
        assert!(outcome.report.totals.records > 1_000, "{name} is read up to the damage");
    }
    let archive = fs::read(fixture::path("archive/saved.tar.xz")).unwrap();
    for end in 1..archive.len() {
        analyze(&archive[..end], 2 << 20);
    }
    for _ in 0..200 {
        let mut flipped = archive.clone();
        let at = random.below(flipped.len());
        flipped[at] ^= 1 << random.below(8);
        analyze(&flipped, 2 << 20);
    }
}

#[test]
fn numbers_at_their_ends_survive_and_are_judged() {
    let dump = |run: &str, second: u64, count: u64| {
        format!(
            "# Server\r\nredis_version:7.2.4\r\nrun_id:{run}\r\nserver_time_usec:{}\r\nuptime_in_seconds:900000\r\n\
             # Clients\r\nconnected_clients:{count}\r\nmaxclients:{count}\r\n\
             # Memory\r\nused_memory:{count}\r\nused_memory_rss:{}\r\nmaxmemory:{count}\r\n\
             # Stats\r\nevicted_keys:{count}\r\nrejected_connections:{count}\r\nkeyspace_hits:0\r\n\
             keyspace_misses:{count}\r\nexpired_keys:{count}\r\n\
             # Replication\r\nrole:master\r\nslave0:ip=10.0.0.9,port=1,state=online,offset={},lag=99\r\n\
             master_repl_offset:{}\r\n\
             # Keyspace\r\ndb0:keys={count},expires=0,avg_ttl=0\r\ndb1:keys={count},expires=0,avg_ttl=0\r\n",
            second * 1_000_000,
            u64::MAX,
            i64::MAX,
            i64::MIN,
        )
    };
    // Two servers, so that what grew on each adds up to more than a number holds.
    let dumps = [("a", 1, 0), ("a", 2, u64::MAX), ("b", 3, 0), ("b", 4, u64::MAX)];
    let dumps: String = dumps.map(|(run, second, count)| dump(&run.repeat(40), second, count)).concat();
    let outcome = analyze(dumps.as_bytes(), 2 << 20);
    let rules: Vec<_> = outcome.report.findings.iter().map(|finding| finding.rule).collect();
    for rule in ["eviction", "rejected-connections", "maxclients-near", "replica-link-down"] {
        assert!(rules.contains(&rule), "{rule} is not in {rules:?}");
    }
}
