//! Damage, and blocks cut anywhere: every byte is accounted for, and the reading stays the same.

use proptest::prelude::*;
use redtrail::error::Reject;
use redtrail::event::{InfoDump, Place, Sink, Skipped};
use redtrail::format::Format;
use redtrail::format::info::Info;
use redtrail::options::Reading;

use crate::common::{DUMP, content, dump, report_of, text};

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
        for flip in [0x20, 0x81] {
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
