//! The laws of partial results, on generated messages.

use proptest::prelude::*;

use super::*;
use crate::event::{Channel, Place};
use crate::report;
use crate::report::Bytes;

/// Something a subscriber's log can hold, as small numbers: 0 is a loss, 1 the end of an input, anything
/// else a message.
type Step = (u8, u8, u8, u8);

const CHANNELS: [Channel; 4] =
    [Channel::Keyspace, Channel::Keyevent, Channel::Subkeyevent, Channel::Subkeyspaceitem];

/// What became of some steps: the statistic, and the times of the changes that it gave away.
struct Told {
    events: Events,
    times: Vec<i64>,
}

/// One block.
fn observe(steps: &[Step], from: usize) -> Told {
    let mut open = OpenEvents::default();
    let mut times = Vec::new();
    for (at, (kind, key, channel, subscription)) in (from..).zip(steps) {
        let place = Place { offset: at as u64 * 10, line: (at - from) as u64 };
        if *kind == 0 {
            open.lose(&Loss { place, time: None, reason: "lost" });
            continue;
        }
        let channel = CHANNELS[usize::from(*channel) % 4];
        let time = (at % 3 > 0).then_some(at as i64 * 1_000);
        times.extend(open.observe(&Notice {
            place,
            bytes: 10,
            time,
            database: u32::from(*kind / 6),
            channel,
            subscription: if subscription % 2 == 0 { b"p" } else { b"q" },
            event: if kind % 2 == 0 { moments::EXPIRED } else { moments::EVICTED },
            key: if *key == 0 { b"user:alice" } else { b"user:7" },
            field: if channel == Channel::Subkeyspaceitem {
                &b"fgh"[usize::from(subscription % 3)..]
            } else {
                b""
            },
            exact: true,
        }));
    }
    Told { events: open.seal(&Rules::default()), times }
}

fn merge(mut a: Told, b: Told, lines: u64) -> Told {
    let mut began = Vec::new();
    a.events.merge(b.events, &Rules::default(), |_| lines, |time| began.push(time));
    a.times.extend(b.times);
    a.times.extend(began);
    a
}

/// What the report says, and all times, sorted.
fn finish(mut told: Told) -> (report::events::Events, Vec<i64>) {
    let names = Learnt::new(&Rules::default()).finish(told.events.shapes());
    let times = &mut told.times;
    told.events.settle(|time| times.push(time));
    told.times.sort_unstable();
    let report = told.events.finish(&names, &[Bytes::from(&b"a.csv"[..])]);
    (report, told.times)
}

fn same(a: Told, b: Told) {
    let ((a, times), (b, others)) = (finish(a), finish(b));
    assert_eq!(format!("{a:?}"), format!("{b:?}"));
    assert_eq!(times, others);
    assert_eq!(a.rows.iter().map(|row| row.calls).sum::<u64>(), a.total);
    assert_eq!(a.patterns.iter().map(|row| row.calls).sum::<u64>(), a.total);
    assert_eq!(a.databases.iter().map(|row| row.calls).sum::<u64>(), a.total);
    assert_eq!(a.databases.iter().map(|row| row.messages).sum::<u64>(), a.messages);
    assert_eq!(times.len() as u64, a.timed);
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    // Few different values, so that runs are long.
    let kind = prop_oneof![1 => Just(0_u8), 12 => Just(2), 4 => Just(3), 1 => Just(8)];
    proptest::collection::vec((kind, prop_oneof![9 => Just(0_u8), 1 => Just(1)], 0..4_u8, 0..3_u8), 0..60)
}

proptest! {
    #[test]
    fn parts_merge_to_the_whole(all in steps(), cut in 0..60_usize, other in 0..60_usize, input in any::<bool>()) {
        let (cut, other) = (cut.min(all.len()), other.min(all.len()));
        let (low, high) = (cut.min(other), cut.max(other));
        let start = || {
            let mut told = Told { events: Events::default(), times: Vec::new() };
            if input {
                told.events.end_input();
            }
            told
        };
        let (a, b, c) = (
            || observe(&all[..low], 0),
            || observe(&all[low..high], low),
            || observe(&all[high..], high),
        );
        let whole = || merge(start(), observe(&all, 0), 0);
        same(whole(), merge(merge(merge(start(), a(), 0), b(), low as u64), c(), high as u64));
        same(whole(), merge(start(), merge(a(), merge(b(), c(), (high - low) as u64), low as u64), 0));
        // The default is empty on the right too.
        same(whole(), merge(whole(), Told { events: Events::default(), times: Vec::new() }, all.len() as u64));
    }

    #[test]
    fn blocks_of_one_message_give_the_same(all in steps()) {
        let parts = all.iter().enumerate().map(|(at, step)| observe(std::slice::from_ref(step), at));
        let folded = parts.enumerate().fold(observe(&[], 0), |all, (at, part)| merge(all, part, at as u64));
        same(observe(&all, 0), folded);
    }
}

#[test]
fn a_change_ends_with_its_input() {
    let message = [(2, 0, 0, 0)];
    let key_event = [(2, 0, 1, 0)];
    for (ends, total) in [(false, 1), (true, 2)] {
        let mut all = observe(&message, 0);
        if ends {
            all.events.end_input();
        }
        let (report, _) = finish(merge(all, observe(&key_event, 1), 1));
        assert_eq!((report.total, report.messages), (total, 2));
    }
}

#[test]
fn losses_say_between_which_messages() {
    let (report, _) =
        finish(observe(&[(0, 0, 0, 0), (2, 0, 0, 0), (0, 0, 0, 0), (0, 0, 0, 0), (2, 0, 0, 0)], 0));
    assert_eq!(report.gaps_total, 1);
    let gap = &report.gaps[0];
    let micros = |time: Option<crate::output::notation::Time>| time.map(|time| time.0);
    assert_eq!((gap.line, micros(gap.since), micros(gap.until)), (3, Some(1_000), Some(4_000)));
}
