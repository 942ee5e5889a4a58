//! Keys that are let go, estimates, and patterns found late.

use super::open::Use;
use super::*;
use crate::intern::hash;
use crate::pattern::Learnt;
use crate::report::{Bytes, HotKeyRow, PatternRow, Rows, Table};
use crate::statistic::clients::Clients;
use crate::statistic::manner::Class;
use crate::statistic::spot::Spot;

/// One block that reads each of `keys` once for the client numbered 2.
fn block(keys: impl Iterator<Item = String>) -> Keys {
    let mut open = OpenKeys::default();
    for key in keys {
        let index = open.keys.intern(hash(key.as_bytes()), key.as_bytes()) as usize;
        if index >= open.uses.len() {
            open.uses.push(Use::new(Spot::default()));
        }
        open.uses[index].calls[Class::Read as usize] += 1;
        open.uses[index].clients.insert(2);
    }
    open.seal(&Rules::default())
}

const CLIENTS: [ClientIndex; 3] = [0, 1, 2];

fn finish(keys: &mut Keys, rules: &Rules) -> (Table<PatternRow>, Rows<HotKeyRow>, Vec<String>) {
    let learnt = keys.learnt.take().unwrap_or_else(|| Learnt::new(rules));
    let patterns = learnt.finish(keys.shapes());
    keys.finish(&patterns, &Clients::default(), &[])
}

#[test]
fn letting_go_of_keys_keeps_sums_and_says_what_is_estimated() {
    let rules = Rules::default();
    let mut keys = block((0..5_000).map(|n| format!("user:{n}")));
    keys.merge(&block((0..90).map(|_| "hot:1".to_owned())), &CLIENTS, &rules, |_| 0);
    keys.let_go(100);
    assert_eq!(keys.rows.len(), 100, "examples are among the first");
    // Keys met before and keys never met, after some were let go.
    keys.merge(&block((4_000..6_000).map(|n| format!("user:{n}"))), &CLIENTS, &rules, |_| 0);
    let (patterns, hot, bounds) = finish(&mut keys, &rules);
    assert_eq!(patterns.total, 5_000 + 90 + 2_000);
    let user = patterns.rows.iter().find(|row| row.pattern.0 == b"user:*").unwrap();
    assert_eq!((user.calls, user.reads, user.clients), (7_000, 7_000, 1));
    assert!(!user.distinct_is_exact);
    let error = user.distinct_keys.abs_diff(6_000) as f64 / 6_000.0;
    assert!(error < 5.0 * 0.016, "{} distinct keys", user.distinct_keys);
    assert_eq!(user.samples.iter().map(Bytes::text).collect::<Vec<_>>(), ["user:0", "user:1", "user:2"]);
    assert_eq!(
        (hot.rows[0].key.text().as_str(), hot.rows[0].calls, hot.rows[0].count_is_exact),
        ("hot:1", 90, true)
    );
    assert!(hot.rows.iter().any(|row| !row.count_is_exact));
    assert_eq!(bounds.len(), 1, "{bounds:?}");
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
            keys.merge(&parts[*part], &CLIENTS, &rules, |_| 0);
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
    early.merge(&block(names().skip(100)), &CLIENTS, &rules, |_| 0);
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
        let mut open = OpenKeys::default();
        for n in from..to {
            let name = format!("log:{n}");
            let index = open.keys.intern(hash(name.as_bytes()), name.as_bytes()) as usize;
            open.uses.resize(index + 1, Use::new(Spot::default()));
            open.uses[index].calls[Class::Other as usize] = u32::try_from(n).unwrap();
            let mut slot = NONE;
            open.habits.at(&mut slot).unwrap().added = 10 * n;
            open.uses[index].habit = slot;
        }
        open.seal(&rules)
    };
    let mut keys = grown(0, 50);
    keys.let_go(10);
    keys.merge(&grown(45, 55), &CLIENTS, &rules, |_| 0);
    let added = |name: &str| {
        let number = keys.keys.find(hash(name.as_bytes()), name.as_bytes()).unwrap();
        keys.habits.get(keys.rows[number as usize].habit).unwrap().added
    };
    assert_eq!(["log:0", "log:40", "log:44", "log:49", "log:54"].map(added), [0, 400, 440, 980, 540]);
    assert!(!keys.habits.overflowed);
}
