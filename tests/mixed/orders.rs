//! Captures one behind the other, in any order.

use proptest::prelude::*;
use serde_json::Value;

use super::{accounted, case, counts, json, kinds, report, sums};

/// Sets of captures of one time and form.
const SETS: [&[&str]; 8] = [
    &[
        "info-r-7.4.1.txt",
        "clientlist-r-7.4.1.txt",
        "slowlog-r-7.4.1-raw.txt",
        "monitor-7.4-raw.txt",
        "events-r-7.4.1-csv.txt",
    ],
    &[
        "info-v-9.1.0.txt",
        "clientlist-v-8.0.1.txt",
        "slowlog-r-7.4.1-tty.txt",
        "monitor-7.4-tty.txt",
        "events-r-7.4.1-tty.txt",
    ],
    &[
        "info-r-2.6.17.txt",
        "clientlist-r-2.4.18.txt",
        "slowlog-r-2.8.24-raw.txt",
        "monitor-2.4-raw.txt",
        "events-r-6.2.16-raw.txt",
    ],
    &[
        "clientlist-redispy.txt",
        "slowlog-redispy.txt",
        "monitor-redispy.txt",
        "events-redispy-repr.txt",
        "info-r-7.4.1.txt",
    ],
    &["clientlist-series.txt", "slowlog-r-7.4.1-json.txt", "monitor-7.4-json.txt", "events-r-7.4.1-json.txt"],
    &[
        "clientlist-exec-noraw.txt",
        "slowlog-r-7.4.1-csv.txt",
        "monitor-7.4-csv.txt",
        "events-r-7.4.1-csv.txt",
    ],
    &[
        "clientlist-resp3.txt",
        "slowlog-aws.json",
        "monitor-prefixed.txt",
        "events-pylogger.log",
        "info-r-7.4.1.txt",
    ],
    &[
        "clientlist-r-8.8dev.txt",
        "slowlog-8.10-seven-raw.txt",
        "monitor-7.4-quoted-json.txt",
        "events-8.8dev-subkey-csv.txt",
    ],
];

/// Every order of so many things.
fn orders(of: usize) -> Vec<Vec<usize>> {
    let Some(last) = of.checked_sub(1) else { return vec![Vec::new()] };
    let mut all = Vec::new();
    for order in orders(last) {
        for at in 0..of {
            let mut longer = order.clone();
            longer.insert(at, last);
            all.push(longer);
        }
    }
    all
}

/// A report without places, paths and what follows from these.
fn without_places(value: &Value) -> Value {
    match value {
        Value::Array(values) => values.iter().map(without_places).collect(),
        Value::Object(fields) => fields
            .iter()
            .filter(|(name, _)| !matches!(name.as_str(), "path" | "byte_offset" | "line" | "duplicate_of"))
            .map(|(name, value)| (name.clone(), without_places(value)))
            .collect(),
        value => value.clone(),
    }
}

#[test]
fn each_kind_reads_as_in_a_file_of_its_own() {
    for set in SETS {
        let alone: Vec<_> = set.iter().map(|name| (case(name), report(&case(name)))).collect();
        let expected = sums(alone.iter().map(|(_, report)| counts(report)));
        for order in orders(set.len()).iter().step_by(7) {
            let names: Vec<_> = order.iter().map(|at| set[*at]).collect();
            let content: Vec<u8> = order.iter().flat_map(|at| alone[*at].0.clone()).collect();
            let mixed = report(&content);
            assert_eq!(counts(&mixed), expected, "{names:?}");
            let in_order: Vec<_> = order.iter().flat_map(|at| kinds(&alone[*at].1)).collect();
            assert_eq!(kinds(&mixed), in_order, "{names:?}");
            for (_, one) in &alone {
                let table = match kinds(one)[0] {
                    "monitor" => "commands",
                    "slowlog" => "slowlog",
                    "keyspace-events" => "keyspace_events",
                    "info" => "info",
                    _ => continue,
                };
                let rows = |report: &Value| without_places(&report[table]["rows"]);
                assert_eq!(rows(&mixed), rows(one), "{table} of {names:?}");
            }
        }
    }
}

#[test]
fn threads_and_blocks_change_no_byte() {
    for set in SETS {
        let content: Vec<u8> = set.iter().chain(set.iter().rev()).flat_map(|name| case(name)).collect();
        let dir = tempfile::tempdir().unwrap();
        let expected = super::json_of(dir.path(), &content, 1, 2 << 20);
        let ways = [(2, 64), (3, 1000), (7, 4096), (1, 1), (7, 65_536), (2, 2 << 20)];
        for (threads, block) in ways {
            let found = super::json_of(dir.path(), &content, threads, block);
            assert!(found == expected, "{set:?} by {threads} threads in blocks of {block}");
        }
    }
}

#[test]
fn a_border_may_lie_anywhere_in_a_long_file() {
    // Each part is longer than what is looked at ahead, so that borders are met block by block.
    let monitor: Vec<u8> = case("monitor-7.4-raw.txt").repeat(1_200);
    let clients: Vec<u8> = case("clientlist-series.txt").repeat(20);
    let content = [&clients[..], &monitor, &clients, &case("slowlog-r-7.4.1-raw.txt"), &monitor].concat();
    assert!(monitor.len() > 2 << 20);
    let dir = tempfile::tempdir().unwrap();
    let expected = super::json_of(dir.path(), &content, 1, 2 << 20);
    let report: Value = serde_json::from_str(&expected).unwrap();
    accounted(&report, &content);
    assert_eq!(kinds(&report), ["client-list", "monitor", "slowlog"]);
    assert_eq!(counts(&report)["monitor"], [2 * 1_200 * 29, 0, 0]);
    for (threads, block) in [(2, 100_000), (7, 1 << 20), (3, 3 << 20)] {
        let found = super::json_of(dir.path(), &content, threads, block);
        assert!(found == expected, "{threads} threads in blocks of {block}");
    }
}

#[test]
fn what_stands_in_front_of_a_stretch_begins_none() {
    // One line is too little behind a raw slow log, and goes with what begins behind it.
    let line = "\"pmessage\",\"*\",\"__keyspace@0__:k\",\"set\"\n";
    let content = [
        &case("slowlog-r-7.4.1-raw.txt")[..],
        line.as_bytes(),
        &case("monitor-7.4-raw.txt"),
        line.as_bytes(),
        &case("info-r-7.4.1.txt"),
    ]
    .concat();
    let found = report(&content);
    assert_eq!(kinds(&found), ["slowlog", "monitor", "keyspace-events", "info"]);
    assert_eq!(counts(&found)["slowlog"], [9, 0, 0]);
    assert_eq!(counts(&found)["monitor"], [29, 1, 0]);
}

/// Pieces that may stand in any order, each as often as may be.
const PIECES: [&str; 5] = [
    "info-r-7.4.1.txt",
    "clientlist-r-7.4.1.txt",
    "slowlog-r-7.4.1-raw.txt",
    "monitor-7.4-raw.txt",
    "events-r-7.4.1-csv.txt",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn any_row_of_pieces_adds_up(row in prop::collection::vec(0..PIECES.len(), 1..9), block in 1_usize..5_000) {
        let pieces: Vec<_> = row.iter().map(|at| case(PIECES[*at])).collect();
        let expected = sums(pieces.iter().map(|piece| counts(&report(piece))));
        let content = pieces.concat();
        let found: Value = serde_json::from_str(&json(&content, 2, block)).unwrap();
        accounted(&found, &content);
        prop_assert_eq!(counts(&found), expected);
    }
}
