//! Reports as they are printed. `REDTRAIL_UPDATE=1 cargo test --test golden` writes the files below
//! `tests/golden` instead of comparing: look at what changed before committing it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that finds something amiss fails")]

#[path = "common/binary.rs"]
mod binary;

use std::fs;
use std::path::Path;

/// The golden file, and the command that prints it.
const REPORTS: &[(&str, &[&str])] = &[
    ("session.txt", &["-v", "fixtures/cases/monitor-7.4-raw.txt"]),
    ("session.json", &["--to", "json", "fixtures/cases/monitor-7.4-raw.txt"]),
    ("truncated.txt", &["fixtures/cases/monitor-truncated.txt"]),
    ("truncated.json", &["--to", "json", "fixtures/cases/monitor-truncated.txt"]),
    ("inexact.txt", &["fixtures/cases/monitor-unescaped-quotes.txt"]),
    ("archive.txt", &["-n", "5", "fixtures/archive/saved.tar.xz"]),
    ("captures.txt", &["fixtures/captures"]),
    ("captures.json", &["--to", "json", "-n", "3", "--bucket", "10s", "fixtures/captures"]),
    ("unread.txt", &["fixtures/other"]),
    ("rejects.txt", &["-v", "-"]),
    ("rejects.json", &["--to", "json", "-"]),
];

/// What a disk that ran full, a relay and a careless hand make of a capture.
const STDIN: &[u8] = b"OK\n\
    1795173275.236003 [0 127.0.0.1:33476] \"GET\" \"k\"\n\
    1795173275.236004 [0 127.0.0.1:33476] \"SET\" \"k\" \"v\"\n\
    1795173275.236005 [0 127.0.0.1:33476] \"SET\" \"k\" \"no end\n\
    1795173275.236006 [0 127.0.0.1:33476] \"SET\" \"k\" \"\\q\" x\n\
    1795173275.236007 [0 127.0.0.1:33476] \"SET\" \"k\" \"two in 1795173275.236008 [0 127.0.0.1:33476] \"GET\" \"k\"\n\
    \"GET\" \"without a header\"\n\
    somebody's note\n\
    1795173275.236009 [0 127.0.0.1:33476] \"GET\" \"k\"\n\
    1795173275.236010 [0 127.0.0.1:33476] \"DEL\" \"k\"\n\
    1795173275.236011 [0 127.0.0.1:33476] \"GET\" \"k\"\n\
    1795173275.236012 [0 127.0.0.1:33476] \"GET\" \"k\"\n";

#[test]
fn reports_are_printed_as_before() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let update = std::env::var_os("REDTRAIL_UPDATE").is_some();
    let mut changed = Vec::new();
    for (name, args) in REPORTS {
        let ran = binary::run(&[&["analyze", "-q"], *args].concat(), STDIN);
        let status = [("rejects", 4), ("unread", 3)].iter().find(|(start, _)| name.starts_with(start));
        assert_eq!((ran.status, &*ran.stderr), (status.map_or(0, |(_, status)| *status), ""), "{name}");
        let printed = ran.stdout.replace(env!("CARGO_PKG_VERSION"), "VERSION");
        if name.ends_with(".txt") {
            for line in printed.lines() {
                assert!(console::measure_text_width(line) <= 80, "wider than 80 columns in {name}: {line}");
            }
        }
        let golden = directory.join(name);
        if update {
            fs::write(&golden, &printed).unwrap();
        } else if fs::read_to_string(&golden).unwrap_or_default() != printed {
            changed.push(name);
        }
    }
    assert!(changed.is_empty(), "changed: {changed:?}; REDTRAIL_UPDATE=1 writes them, git diff shows how");
}
