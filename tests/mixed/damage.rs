//! Damage at and around the borders.

use redtrail::options::Reading;
use serde_json::Value;

use super::{accounted, case, json};

/// Numbers that look random and are the same in every run (Marsaglia's xorshift).
fn random(state: &mut u64, below: usize) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    (*state % below as u64) as usize
}

/// Every byte is accounted for, in blocks of any size alike.
fn survives(content: &[u8], block: usize) {
    let dir = tempfile::tempdir().unwrap();
    let whole = super::json_of(dir.path(), content, 1, Reading::default().block_bytes);
    let found: Value = serde_json::from_str(&whole).unwrap();
    accounted(&found, content);
    assert!(super::json_of(dir.path(), content, 2, block) == whole, "blocks of {block}");
}

#[test]
fn what_is_cut_or_flipped_is_accounted_for() {
    let sets: [&[&str]; 3] = [
        &[
            "clientlist-r-7.4.1.txt",
            "slowlog-r-7.4.1-raw.txt",
            "monitor-7.4-raw.txt",
            "events-r-6.2.16-raw.txt",
            "info-r-2.6.17.txt",
        ],
        &[
            "slowlog-r-7.4.1-tty.txt",
            "events-r-7.4.1-tty.txt",
            "monitor-prefixed.txt",
            "clientlist-exec-noraw.txt",
        ],
        &[
            "events-r-6.2.16-raw.txt",
            "slowlog-8.10-seven-raw.txt",
            "clientlist-redispy.txt",
            "slowlog-r-2.8.24-raw.txt",
        ],
    ];
    let mut state = 11;
    for set in sets {
        let content: Vec<u8> = set.iter().flat_map(|name| case(name)).collect();
        for _ in 0..60 {
            let (one, other) = (random(&mut state, content.len()), random(&mut state, content.len()));
            let mut damaged = content[one.min(other)..one.max(other)].to_vec();
            if damaged.is_empty() {
                continue;
            }
            survives(&damaged, 64);
            for _ in 0..1 + random(&mut state, 30) {
                let at = random(&mut state, damaged.len());
                match random(&mut state, 3) {
                    0 => damaged[at] ^= 1 << random(&mut state, 8),
                    1 => damaged[at] = b'\n',
                    _ => damaged.insert(at, b"\n\r\"0 "[random(&mut state, 5)]),
                }
            }
            survives(&damaged, 300);
        }
    }
}

#[test]
fn text_that_looks_like_records_here_and_there_is_read_in_good_time() {
    // Each line begins what is no section in the end: looks at it must not add up.
    let noise = "nothing of the sort\n".repeat(12);
    let line = format!("{noise}1795173275.2 [5 127.0.0.1:33476] \"SET\" \"a\"\n");
    let clients = case("clientlist-r-7.4.1.txt");
    let content = [&clients[..], line.repeat(30_000).as_bytes(), &case("info-r-7.4.1.txt")].concat();
    let began = std::time::Instant::now();
    let found: Value = serde_json::from_str(&json(&content, 1, 2 << 20)).unwrap();
    accounted(&found, &content);
    assert!(began.elapsed().as_secs() < 60, "{:?}", began.elapsed());
}
