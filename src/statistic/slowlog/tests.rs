//! The law of statistics, on random entries; restarts; the bound.

use proptest::prelude::*;

use super::*;
use crate::event::{Args, Place, Span};
use crate::options::Commandlog;
use crate::pattern::{Learnt, Patterns};
use crate::report::Bytes;

/// What an entry is made of; small ranges, so that entries repeat.
#[derive(Clone, Debug)]
struct Made {
    id: Option<u64>,
    time: i64,
    us: u64,
    args: &'static str,
    exactness: Exactness,
    client: Option<&'static str>,
    name: Option<&'static str>,
    offset: u64,
    line: u64,
    input: u32,
}

fn give(made: &Made, log: &mut Slowlog) {
    let mut spans = Vec::new();
    let mut start = 0;
    for arg in made.args.split('|') {
        spans.push(Span { start, len: arg.len() as u32, escapes: 0 });
        start += arg.len() as u32 + 1;
    }
    let entry = Slow {
        place: Place { offset: made.offset, line: made.line },
        bytes: 1,
        id: made.id,
        time: made.time * 1_000_000,
        us: made.us,
        args: Args::new(made.args.as_bytes(), &spans),
        exactness: made.exactness,
        argc: None,
        client: made.client.map(str::as_bytes),
        name: made.name.map(str::as_bytes),
        complexity: None,
    };
    log.observe(&entry, made.input);
}

fn patterns(log: &Slowlog) -> Patterns {
    Learnt::new(&Rules::default()).finish(log.shapes())
}

/// Everything that is reported.
fn shown(log: &Slowlog) -> String {
    let paths = [Bytes::from(&b"a"[..]), Bytes::from(&b"b"[..])];
    let report = log.finish(&patterns(log), &paths, None);
    let mut out = serde_json::to_string_pretty(&report).unwrap();
    out += &format!("{:?}", (report.callers, report.examples, report.lost, report.kept));
    out += &serde_json::to_string(&log.finish(&patterns(log), &paths, Some(Commandlog::LargeReply))).unwrap();
    let mut timeline = log.clone().settled();
    log.count_into(&mut timeline);
    out + &serde_json::to_string(&timeline.finish(None)).unwrap()
}

/// One part of these entries, whose lines count from its own start.
fn part(entries: &[Made], first_line: u64) -> Slowlog {
    part_within(entries, first_line, Room::default())
}

fn part_within(entries: &[Made], first_line: u64, room: Room) -> Slowlog {
    let mut log = Slowlog::default();
    log.enter(room);
    for made in entries {
        give(&Made { line: made.line - first_line, ..made.clone() }, &mut log);
    }
    log.seal(&Rules::default());
    log
}

fn made() -> impl Strategy<Value = Made> {
    let args = prop::sample::select(vec![
        "GET|user:1",
        "GET|user:2:x",
        "MSET|a:1|1|b:2|2",
        "MSET|a:1|1|... (8 more arguments)",
        "KEYS|*",
        "EVAL|return 1|0",
        "CONFIG|SET|a|b",
        "NOSUCH|x",
    ]);
    let exactness = prop::sample::select(vec![Exactness::Exact, Exactness::Inexact, Exactness::NameOnly]);
    let client = prop::sample::select(vec![None, Some(""), Some("1.1.1.1:1"), Some("1.1.1.1:2")]);
    let name = prop::sample::select(vec![None, Some(""), Some("app")]);
    (prop::option::weighted(0.9, 0_u64..6), 0_i64..3, 0_u64..4, args, exactness, client, name).prop_map(
        |(id, time, us, args, exactness, client, name)| {
            let us = us * 60_000;
            Made { id, time, us, args, exactness, client, name, offset: 0, line: 0, input: 0 }
        },
    )
}

/// Cuts `entries` at random, and merges the parts in a random order of neighbours.
fn merged(entries: &[Made], cuts: &[usize], joins: &[usize]) -> Slowlog {
    let mut ends: Vec<usize> = cuts.iter().map(|cut| cut % (entries.len() + 1)).collect();
    ends.extend([0, entries.len()]);
    ends.sort_unstable();
    // A part, and where its lines begin.
    let mut parts: Vec<(Slowlog, u64)> = ends
        .windows(2)
        .map(|pair| {
            let first = pair[0] as u64;
            (part(&entries[pair[0]..pair[1]], first), first)
        })
        .collect();
    for join in joins.iter().cycle() {
        if parts.len() == 1 {
            break;
        }
        let at = join % (parts.len() - 1);
        let (later, second) = parts.remove(at + 1);
        let (earlier, first) = &mut parts[at];
        let lines = second - *first;
        earlier.merge(later, |_| lines);
    }
    parts.remove(0).0
}

proptest! {
    #[test]
    fn parts_merge_to_the_whole(
        entries in prop::collection::vec(made(), 0..60),
        cuts in prop::collection::vec(any::<usize>(), 0..8),
        joins in prop::collection::vec(any::<usize>(), 1..8),
    ) {
        let mut entries = entries;
        for (number, made) in entries.iter_mut().enumerate() {
            (made.line, made.offset) = (number as u64, number as u64 * 10);
        }
        let whole = shown(&part(&entries, 0));
        let mut empty = Slowlog::default();
        empty.merge(merged(&entries, &cuts, &joins), |_| 0);
        prop_assert_eq!(&whole, &shown(&empty));
    }

    #[test]
    fn the_room_of_others_holds_nothing_of_them(
        before in prop::collection::vec(made(), 0..60),
        entries in prop::collection::vec(made(), 0..60),
    ) {
        let room = Slowlog::default().merge(part(&before, 0), |_| 0);
        prop_assert_eq!(shown(&part_within(&entries, 0, room)), shown(&part(&entries, 0)));
    }
}

fn entry(id: u64, time: i64) -> Made {
    Made {
        id: Some(id),
        time,
        us: id,
        args: "GET|k",
        exactness: Exactness::Exact,
        client: Some("1.1.1.1:1"),
        name: Some(""),
        offset: 0,
        line: 0,
        input: 0,
    }
}

fn report(entries: &[Made]) -> crate::report::slowlog::Slowlog {
    let log = part(entries, 0);
    log.finish(&patterns(&log), &[Bytes::default(), Bytes::default()], None)
}

#[test]
fn an_entry_counts_once() {
    let one = entry(7, 100);
    let others = [
        Made { id: Some(8), ..one.clone() },
        Made { time: 101, ..one.clone() },
        Made { us: 1, ..one.clone() },
        Made { args: "GET|j", ..one.clone() },
        Made { client: Some("1.1.1.1:2"), ..one.clone() },
        Made { client: None, ..one.clone() },
        Made { name: Some("x"), ..one.clone() },
    ];
    for other in others {
        let report =
            report(&[one.clone(), other.clone(), one.clone(), Made { offset: 9, input: 1, ..other }]);
        assert_eq!((report.total, report.duplicates), (2, 2));
    }
    // Raw output and redis-py part the same arguments elsewhere; the certain form gives the keys.
    let forms = [
        Made { args: "MSET|k|a b|c|d", exactness: Exactness::NameOnly, ..one.clone() },
        Made { args: "MSET|k|a\nb|c|d", ..one.clone() },
        Made { args: "MSET|k|a|b|c|d", exactness: Exactness::Inexact, ..one.clone() },
    ];
    let report = report(&forms);
    assert_eq!((report.total, report.duplicates), (1, 2));
    let patterns: Vec<_> = report.patterns.iter().map(|row| row.pattern.text()).collect();
    assert_eq!(patterns, ["c", "k"]);
    assert_eq!(
        (report.slowest[0].entry.args.as_str(), report.slowest[0].entry.args_exact),
        ("MSET k (3 bytes) c (1 byte)", true)
    );
}

#[test]
fn entries_without_an_id_are_each_their_own() {
    let one = Made { id: None, ..entry(7, 100) };
    let report = report(&[one.clone(), Made { offset: 9, ..one.clone() }, Made { input: 1, ..one }]);
    assert_eq!((report.total, report.duplicates), (3, 0));
}

#[test]
fn restarts_are_told_from_other_servers() {
    for (entries, restarts) in [
        (&[(500, 10), (501, 20), (0, 30), (1, 31)][..], &[0][..]),
        (&[(500, 10), (501, 20), (3, 30), (500, 40), (501, 50)], &[3]),
        (&[(500, 10), (499, 10)], &[]),
        (&[(10, 1), (1000, 1), (11, 2), (1001, 2), (12, 3)], &[]),
        (&[(1000, 1), (10, 2), (1001, 3), (11, 4), (1002, 5)], &[]),
        (&[(5, 1), (0, 2), (1, 3), (0, 4)], &[0, 0]),
        // Behind the restart the first entries were gone before the next poll.
        (&[(1, 1), (2, 2), (3, 3), (4, 4), (2, 9), (3, 10)], &[2]),
        // The logs of many servers, mixed.
        (&[(50, 1), (7, 2), (900, 3), (33, 4), (410, 5), (2, 6), (77, 7), (5, 8)], &[]),
        // Two servers near each other.
        (&[(9, 1), (10, 2), (10, 3), (11, 4), (12, 5), (11, 6), (13, 7), (12, 8)], &[]),
    ] {
        let made: Vec<_> = entries.iter().map(|(id, time)| entry(*id, *time)).collect();
        let found: Vec<_> = report(&made).restarts.iter().map(|restart| restart.id).collect();
        assert_eq!(found, restarts, "{entries:?}");
    }
    let other = Made { input: 1, ..entry(0, 30) };
    assert!(report(&[entry(500, 10), other]).restarts.is_empty());
}

#[test]
fn durations_fall_into_buckets() {
    let made: Vec<_> = [0, 9_999, 10_000, 49_999, 50_000, 100_000, 499_999, 500_000, u64::MAX]
        .into_iter()
        .map(|us| Made { us, ..entry(1, 1) })
        .collect();
    let report = report(&made);
    let calls: Vec<_> = report.buckets.iter().map(|bucket| (bucket.from_us, bucket.calls)).collect();
    assert_eq!(calls, [(0, 2), (10_000, 2), (50_000, 1), (100_000, 2), (500_000, 2)]);
    assert_eq!(report.slowest[0].us, u64::MAX);
}

#[test]
fn past_the_bound_entries_are_only_counted() {
    const BOUND: usize = 2_000;
    let count = 5_000;
    let made = |id: u64| Made { us: id % 1_000, ..entry(id, (id / 100) as i64) };
    let all: Vec<Made> = (0..count).map(made).collect();
    let mut log = Slowlog { most: BOUND, ..Slowlog::default() };
    for block in all.chunks(700) {
        log.merge(part(block, 0), |_| 0);
        assert!(log.items().count() <= BOUND);
    }
    assert!(log.items().count() >= BOUND / 2);
    let report = log.finish(&patterns(&log), &[Bytes::default()], None);
    assert_eq!((report.total, report.duplicates), (count, 0));
    let measures = report.rows[0].measures;
    assert_eq!((measures.calls, measures.max_us), (count, 999));
    assert_eq!(measures.total_us, (0..count).map(|id| id % 1_000).sum::<u64>());
    assert!(measures.p50_us.abs_diff(499) <= 2, "{}", measures.p50_us);
    assert_eq!(report.patterns[0].measures.calls, count);
    assert_eq!(report.clients[0].calls, count);
    assert_eq!(report.buckets.iter().map(|bucket| bucket.calls).sum::<u64>(), count);
    let mut timeline = log.clone().settled();
    log.count_into(&mut timeline);
    assert_eq!(timeline.finish(None).rows.iter().filter_map(|row| row.slow).sum::<u64>(), count);
    assert_eq!(log.bounds().len(), 1);
    // The younger ones are still known, and parts that have settled merge.
    let mut double = log.clone();
    double.merge(part(&[made(count - 1)], 0), |_| 0);
    assert_eq!(double.duplicates, 1);
    double.merge(log.clone(), |_| 0);
    let again = double.finish(&patterns(&double), &[Bytes::default()], None);
    assert_eq!(again.total + again.duplicates, 2 * count + 1);
}
