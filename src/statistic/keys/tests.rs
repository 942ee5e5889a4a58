//! Keys that are let go, estimates, and patterns found late.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::*;
use crate::event::Text;
use crate::intern::hash;
use crate::pattern::Learnt;
use crate::report::{Bytes, HotKeyRow, PatternRow, Rows, Table};
use crate::statistic::clients::Clients;
use crate::statistic::manner::Class;
use crate::statistic::spot::Near;

/// A run of one block that reads each of `keys` once for the client numbered 2.
fn block(keys: impl Iterator<Item = String>) -> Keys {
    let mut keys = turning(keys, usize::MAX);
    keys.settle();
    keys
}

/// Such a block, whose keys are counted anew after every so many calls.
fn turning(keys: impl Iterator<Item = String>, every: usize) -> Keys {
    let rules = Rules::default();
    let mut open = OpenKeys::new(&rules, 0);
    for (n, key) in (1..).zip(keys) {
        if n % every == 0 {
            open.turn();
        }
        let index = open.keys.intern(hash(key.as_bytes()), key.as_bytes()) as usize;
        if index >= open.uses.len() {
            open.push(Near::default(), Users::one(2));
        }
        open.uses[index].calls[Class::Read as usize] += 1;
    }
    open.seal()
}

const CLIENTS: [ClientIndex; 3] = [0, 1, 2];

fn finish(keys: &mut Keys, rules: &Rules) -> (Table<PatternRow>, Rows<HotKeyRow>, Vec<String>) {
    let learnt = keys.learnt.take().unwrap_or_else(|| Learnt::new(rules));
    let patterns = learnt.finish(keys.shapes());
    let tables = keys.finish(&patterns, &Clients::default(), &BTreeMap::new(), &[]);
    (tables.patterns, tables.hot, tables.bounds)
}

#[test]
fn letting_go_of_keys_keeps_sums_and_says_what_is_estimated() {
    let rules = Rules::default();
    let mut keys = block((0..5_000).map(|n| format!("user:{n}")));
    keys.merge(block((0..90).map(|_| "hot:1".to_owned())), &CLIENTS, &rules, |_| 0);
    keys.let_go(100);
    assert_eq!(keys.rows.len(), 100, "examples are among the first");
    // Keys met before and keys never met, after some were let go, and one of them often.
    keys.merge(block((4_000..6_000).map(|n| format!("user:{n}"))), &CLIENTS, &rules, |_| 0);
    keys.merge(block((0..70).map(|_| "user:4500".to_owned())), &CLIENTS, &rules, |_| 0);
    let (patterns, hot, bounds) = finish(&mut keys, &rules);
    assert_eq!(patterns.total, 5_000 + 90 + 2_070);
    let user = patterns.rows.iter().find(|row| row.pattern.0 == b"user:*").unwrap();
    assert_eq!((user.calls, user.reads, user.clients), (7_070, 7_070, 1));
    assert!(!user.distinct_is_exact);
    let error = user.distinct_keys.abs_diff(6_000) as f64 / 6_000.0;
    assert!(error < 5.0 * 0.016, "{} distinct keys", user.distinct_keys);
    assert_eq!(user.samples.iter().map(Bytes::text).collect::<Vec<_>>(), ["user:0", "user:1", "user:2"]);
    assert_eq!(
        (hot.rows[0].key.text().as_str(), hot.rows[0].calls, hot.rows[0].count_is_exact),
        ("hot:1", 90, true)
    );
    let again = &hot.rows[1];
    assert_eq!((again.key.text().as_str(), again.calls, again.count_is_exact), ("user:4500", 71, false));
    assert_eq!(bounds.len(), 1, "{bounds:?}");
    assert!(bounds[0].ends_with("may have had up to 1 more calls"), "{bounds:?}");
}

/// Calls on few and on many keys, some of them from late on, in blocks.
fn blocks() -> Vec<Vec<String>> {
    let key = |block: u64, n: u64| match (block * 1_000 + n).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56 {
        0..32 => format!("user:{}", n % 20),
        32..64 if block > 15 => format!("late:{}", n % 7),
        64..160 => format!("some:{}", (block * 131 + n) % 90),
        _ => format!("once:{block}:{n}"),
    };
    (0..40).map(|block| (0..1_000).map(|n| key(block, n)).collect()).collect()
}

/// Of each key, how many of its calls were counted, and how many are missing at most; and of one that is not held.
fn at_most(keys: &Keys, name: &str) -> (u64, u64) {
    let hash = hash(name.as_bytes());
    match keys.keys.find(hash, name.as_bytes()) {
        Some(number) => (keys.rows[number as usize].calls, keys.rows[number as usize].missed.into()),
        None => (0, keys.door.as_ref().map_or(0, |door| door.missed(hash).into())),
    }
}

#[test]
fn no_key_misses_more_calls_than_is_said() {
    let rules = Rules::default();
    let blocks = blocks();
    let mut calls = BTreeMap::new();
    let mut keys = Keys::default();
    let mut parts = [Keys::default(), Keys::default()];
    for (n, names) in blocks.iter().enumerate() {
        names.iter().for_each(|name| *calls.entry(name.clone()).or_insert(0_u64) += 1);
        for keys in [&mut keys, &mut parts[n / 20]] {
            keys.merge(block(names.iter().cloned()), &CLIENTS, &rules, |_| 0);
            if n % 10 == 5 {
                keys.let_go(60);
            }
        }
    }
    let [mut merged, later] = parts;
    merged.merge(later, &CLIENTS, &rules, |_| 0);
    for keys in [&mut keys, &mut merged] {
        let (mut lower, mut late) = (0, 0);
        for (name, calls) in &calls {
            let (counted, missed) = at_most(keys, name);
            assert!(
                (counted..=counted + missed).contains(calls),
                "{name}: {counted} and {missed}, not {calls}"
            );
            lower += u64::from(counted > 0 && counted < *calls);
            late += u64::from(counted > 90 && name.starts_with("late:"));
        }
        assert!(lower > 10, "{lower} keys that were let go came again");
        assert_eq!(late, 7, "keys that come late and often are counted");
        let most = keys.rows.iter().map(|row| row.missed).max().unwrap();
        let (_, hot, bounds) = finish(keys, &rules);
        assert!(bounds[0].ends_with(&format!("may have had up to {most} more calls")), "{bounds:?}");
        for row in hot.rows {
            let (calls, is_exact) = (calls[&row.key.text()], row.count_is_exact);
            assert!(
                row.calls == calls || !is_exact && row.calls + u64::from(most) >= calls,
                "{row:?}: {calls}"
            );
        }
    }
}

#[test]
fn calls_that_a_part_let_go_of_are_missing_of_what_is_held() {
    let rules = Rules::default();
    let read = |name: &'static str, calls| std::iter::repeat_n(name.to_owned(), calls);
    let mut keys = block(read("user:1", 5).chain(read("user:2", 3)));
    let mut later = block(read("user:1", 2).chain(read("user:3", 4)));
    later.let_go(0);
    later.merge(block(read("user:2", 1)), &CLIENTS, &rules, |_| 0);
    // Of a part, too, examples stay.
    let held = later.keys.iter().map(|(_, name)| name.to_vec()).collect::<Vec<_>>();
    assert_eq!(held, [&b"user:1"[..], b"user:3", b"user:2"]);
    later.patterns.rows_mut().iter_mut().for_each(|counts| counts.samples.clear());
    later.let_go(0);
    keys.merge(later, &CLIENTS, &rules, |_| 0);
    assert_eq!(["user:1", "user:2", "user:3"].map(|name| at_most(&keys, name)), [(5, 2), (3, 1), (0, 4)]);
}

#[test]
fn of_each_pattern_some_keys_that_come_late_are_held() {
    let rules = Rules::default();
    let mut keys = block((0..5_000).map(|n| format!("user:{n}")));
    keys.let_go(100);
    for from in [0, 2_500] {
        keys.merge(block((from..from + 2_500).map(|n| format!("order:{n}"))), &CLIENTS, &rules, |_| 0);
    }
    assert_eq!(keys.rows.len(), 1_100);
    let (patterns, _, bounds) = finish(&mut keys, &rules);
    let order = patterns.rows.iter().find(|row| row.pattern.0 == b"order:*").unwrap();
    assert_eq!(order.samples.iter().map(Bytes::text).collect::<Vec<_>>(), ["order:0", "order:1", "order:2"]);
    assert!(order.distinct_keys.abs_diff(5_000) < 400, "{}", order.distinct_keys);
    assert!(bounds[0].contains("estimates"), "{bounds:?}");
}

#[test]
fn keys_counted_in_turns_are_counted_as_all_at_once() {
    let rules = Rules::default();
    for every in [1, 7, 300] {
        let (mut whole, mut merged) = (Keys::default(), Keys::default());
        for names in blocks().into_iter().take(3) {
            whole.merge(block(names.iter().cloned()), &CLIENTS, &rules, |_| 0);
            merged.merge(turning(names.into_iter(), every), &CLIENTS, &rules, |_| 0);
        }
        // A block's own keys, too, are those of a run.
        let all = || blocks().into_iter().take(3).flatten();
        let mut alone = turning(all(), every);
        let [expected, merged, alone] =
            [&mut whole, &mut merged, &mut alone].map(|keys| format!("{:?}", finish(keys, &rules)));
        assert_eq!(merged, expected);
        assert_eq!(alone, expected);
        let mut first = turning(all().take(1_500), every);
        first.merge(turning(all().skip(1_500), every), &CLIENTS, &rules, |_| 0);
        assert_eq!(format!("{:?}", finish(&mut first, &rules)), expected);
    }
}

#[test]
fn more_keys_of_a_block_than_are_counted_together_are_found() {
    let rules = Rules::default();
    let mut open = OpenKeys::new(&rules, 0);
    let names: Vec<String> = (0..10_000).map(|n| format!("user:{}", n % 6_000)).collect();
    open.name(names.iter().map(|name| Text { raw: name.as_bytes(), escapes: 0 }));
    let mut keys = open.seal();
    keys.settle();
    let held: Vec<&[u8]> = keys.keys.iter().map(|(_, name)| name).collect();
    assert_eq!(held, names[..6_000].iter().map(String::as_bytes).collect::<Vec<_>>());
}

#[test]
fn estimates_do_not_depend_on_the_order_of_blocks() {
    let rules = Rules::default();
    let parts =
        || (0..6).map(|part| block((part * 1_000..part * 1_000 + 1_500).map(|n| format!("user:{n}"))));
    let estimate = |order: &[usize]| {
        let parts: Vec<_> = parts().collect();
        let mut keys = Keys::default();
        for part in order {
            keys.merge(parts[*part].clone(), &CLIENTS, &rules, |_| 0);
            keys.let_go(50);
        }
        finish(&mut keys, &rules).0.rows[0].distinct_keys
    };
    assert_eq!(estimate(&[0, 1, 2, 3, 4, 5]), estimate(&[5, 3, 1, 0, 2, 4]));
}

#[test]
fn words_that_are_ids_become_one_pattern_wherever_that_is_found() {
    let rules = Rules::default();
    let names = || {
        (0..200).map(|n| {
            format!("user:{}:cart", char::from(b'a' + n % 26).to_string().repeat(1 + n as usize / 26))
        })
    };
    let mut early = block(names().take(100));
    let mut learnt = None;
    early.patterns.crowded_for_tests();
    let numbers = early.patterns.compress(&rules, &mut learnt).unwrap();
    early.learnt = learnt;
    early.renumber(&numbers);
    early.merge(block(names().skip(100)), &CLIENTS, &rules, |_| 0);
    let mut late = block(names());
    let rows = |keys: &mut Keys| {
        finish(keys, &rules)
            .0
            .rows
            .iter()
            .map(|row| (row.pattern.text(), row.distinct_keys))
            .collect::<Vec<_>>()
    };
    assert_eq!(rows(&mut late), [("user:*:cart".to_owned(), 200)]);
    assert_eq!(rows(&mut early), rows(&mut block(names())));
}

#[test]
fn habits_stay_with_their_keys_when_others_are_let_go() {
    let rules = Rules::default();
    let grown = |from: u64, to: u64| {
        let mut open = OpenKeys::new(&rules, 0);
        for n in from..to {
            let name = format!("log:{n}");
            let index = open.keys.intern(hash(name.as_bytes()), name.as_bytes()) as usize;
            assert_eq!(index, open.uses.len());
            open.push(Near::default(), Users::NONE);
            open.uses[index].calls[Class::Other as usize] = u32::try_from(n).unwrap();
            let mut slot = NONE;
            open.habits.at(&mut slot).unwrap().added = 10 * n;
            open.uses[index].habit = slot;
        }
        let mut keys = open.seal();
        keys.settle();
        keys
    };
    let mut keys = grown(0, 50);
    keys.let_go(10);
    keys.merge(grown(45, 55), &CLIENTS, &rules, |_| 0);
    let added = |name: &str| {
        let number = keys.keys.find(hash(name.as_bytes()), name.as_bytes()).unwrap();
        keys.habits.get(keys.rows[number as usize].habit).unwrap().added
    };
    assert_eq!(["log:0", "log:40", "log:44", "log:49", "log:54"].map(added), [0, 400, 440, 980, 540]);
    assert!(!keys.habits.overflowed);
}

#[test]
fn the_hottest_of_many_keys_are_told_in_the_order_of_their_names() {
    let rules = Rules::default();
    let name = |n: u64| format!("user:{:04}", n * 2_677 % 5_000);
    let mut keys = block((0..5_000).map(name).chain((0..4_000).rev().step_by(40).map(name)));
    let (_, hot, _) = finish(&mut keys, &rules);
    let mut expected: Vec<(Reverse<u64>, String)> =
        (0..5_000).map(|n| (Reverse(1 + u64::from(n < 4_000 && n % 40 == 39)), name(n))).collect();
    expected.sort();
    expected.truncate(1_000);
    let hot: Vec<_> = hot.rows.iter().map(|row| (Reverse(row.calls), row.key.text())).collect();
    assert_eq!(hot, expected);
}
