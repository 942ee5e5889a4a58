//! The laws of moments, on generated changes, and what bursts are.

use proptest::prelude::*;

use super::*;
use crate::report::Bytes;
use crate::report::events::Burst;

/// A change: which (0 another one, 9 a key that was evicted, else one that expired, by its pattern), and seconds since what came
/// before; `None` for no clock.
type Step = (u8, Option<u8>);

/// The time at each step, in microseconds, and the steps.
fn timed(steps: &[Step]) -> Vec<(u8, Option<i64>, u64)> {
    let mut now = 0;
    let step = |(at, (what, passed)): (u64, &Step)| {
        now += i64::from(passed.unwrap_or(0)) * 1_000_000;
        (*what, passed.map(|_| now), at)
    };
    (0..).zip(steps).map(step).collect()
}

/// One block.
fn observe(steps: &[(u8, Option<i64>, u64)]) -> Moments {
    let mut open = OpenMoments::default();
    let from = steps.first().map_or(0, |(.., at)| *at);
    for (what, time, at) in steps {
        let place = Place { offset: at * 10, line: at - from };
        let end = if *what == 9 { End::Evicted } else { End::Expired };
        let mark = Mark { end, usage: u32::from(*what), place, time: *time };
        open.change((*what > 0).then_some(mark));
    }
    open.seal(|usage| (usage, &b"key"[..]))
}

fn merge(mut a: Moments, b: Moments, lines: usize) -> Moments {
    a.merge(b, |pattern| pattern, |_| lines as u64);
    a
}

fn finish(moments: &Moments) -> Vec<Burst> {
    let name = |pattern| Some(Bytes::from(vec![b'a' + pattern as u8]));
    moments.finish(name, &BTreeMap::new(), &[Bytes::from(&b"events"[..])])
}

fn same(a: &Moments, b: &Moments) {
    assert_eq!(format!("{:?}", finish(a)), format!("{:?}", finish(b)));
    assert_eq!(format!("{:?}", a.evicted(&[])), format!("{:?}", b.evicted(&[])));
    assert_eq!(a.changes, b.changes);
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let what = prop_oneof![20 => Just(1_u8), 6 => Just(2), 2 => Just(9), 3 => Just(0)];
    let clock = prop_oneof![12 => Just(0_u8), 1 => Just(1), 1 => Just(2)];
    let clocked = proptest::collection::vec((what.clone(), clock.prop_map(Some)), 0..90);
    prop_oneof![clocked, proptest::collection::vec((what, Just(None)), 0..90)]
}

proptest! {
    #[test]
    fn parts_merge_to_the_whole(steps in steps(), cut in 0..90_usize, other in 0..90_usize) {
        let all = timed(&steps);
        let (cut, other) = (cut.min(all.len()), other.min(all.len()));
        let (low, high) = (cut.min(other), cut.max(other));
        let whole = observe(&all);
        let (a, b, c) = (|| observe(&all[..low]), || observe(&all[low..high]), || observe(&all[high..]));
        same(&whole, &merge(merge(a(), b(), low), c(), high));
        same(&whole, &merge(a(), merge(b(), c(), high - low), low));
        same(&whole, &merge(Moments::default(), observe(&all), 0));
        same(&whole, &merge(observe(&all), Moments::default(), all.len()));
    }

    #[test]
    fn blocks_of_one_change_give_the_same(steps in steps()) {
        let all = timed(&steps);
        let parts = all.chunks(1).map(observe).enumerate();
        let folded = parts.fold(Moments::default(), |all, (at, part)| merge(all, part, at));
        same(&observe(&all), &folded);
    }
}

/// What a text of steps comes to: a letter is a key's pattern, `.` another change, a digit so many seconds
/// later; `!` in front for no clock.
fn bursts(text: &str) -> Vec<String> {
    let clock = !text.starts_with('!');
    let mut passed = 0;
    let mut steps: Vec<Step> = Vec::new();
    for byte in text.trim_start_matches('!').bytes() {
        let what = match byte {
            b'0'..=b'9' => {
                passed = byte - b'0';
                continue;
            }
            b'.' => 0,
            letter => letter - b'a',
        };
        steps.push((what, clock.then(|| std::mem::take(&mut passed))));
    }
    let show = |burst: Burst| {
        let seconds = burst.seconds.map(|seconds| format!(" in {seconds} s")).unwrap_or_default();
        let (pattern, line) = (burst.pattern.text(), burst.first.line);
        format!(
            "{pattern}: {}, {} together{seconds}, {:.2}, line {line}",
            burst.keys, burst.peak, burst.density
        )
    };
    finish(&observe(&timed(&steps))).into_iter().map(show).collect()
}

#[test]
fn inputs_have_no_moment_in_common() {
    let steps: Vec<Step> = vec![(1, None); 4];
    let mut all = observe(&timed(&steps));
    let mut other = observe(&timed(&steps));
    other.kept[0].extent.input = 1;
    all.merge(other, |pattern| pattern, |_| 0);
    assert_eq!(finish(&all)[0].keys, 4);
}

#[test]
fn bursts_are_what_expires_together() {
    for (text, expected) in [
        // Too few, without a clock and with one.
        ("!bb.bb.bb.bb", &[][..]),
        ("b.b1b.b1b.b", &[]),
        // Other changes part keys that have no clock, unless they are few; with one only seconds do.
        ("!..bbb.bbbb", &["b: 4, 4 together, 1.00, line 7"]),
        ("!..bbbb.bbbb", &["b: 8, 8 together, 0.89, line 3"]),
        ("!bbbb.bbb", &["b: 4, 4 together, 1.00, line 1"]),
        ("..bbb.b", &["b: 4, 4 together in 1 s, 0.80, line 3"]),
        // Patterns are told apart; of equal bursts the first is told.
        ("!bcbcbc.....bcb", &["b: 3, 3 together, 1.00, line 1", "c: 3, 3 together, 1.00, line 2"]),
        // Seconds next to each other, where they are alike.
        ("bbbb1bbb2bbbb", &["b: 7, 7 together in 2 s, 1.00, line 1"]),
        ("bbb1bbbbbbbbbbbbb1bbbb1bbbb", &["b: 21, 17 together in 3 s, 1.00, line 4"]),
    ] {
        assert_eq!(bursts(text), expected, "{text}");
    }
}
