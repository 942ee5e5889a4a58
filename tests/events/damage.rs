//! Neither blocks, threads nor damage change what is counted.

use std::fs;

use redtrail::format;

use crate::common::{All, analyze, cases, fixture, json, read};

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
    for block_bytes in [1, 7, 64, 200, 1_000, 20_000] {
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
