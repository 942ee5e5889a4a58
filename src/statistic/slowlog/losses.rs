//! Entries that the log lost before anybody asked for them. Ids are given out one after the other, so those
//! that are missing between two polls were there.

use super::Slowlog;
use super::held::{Item, Maker};
use super::order::Order;
use crate::output::notation::Time;
use crate::report::Bytes;
use crate::report::slowlog::{Kept, Lost};

/// Of an entry: its input, id and time.
type Seen = (u32, u64, i64);

impl Slowlog {
    /// Where ids are missing between polls, and what the first poll of each log held. Polls in several inputs
    /// are of one log where ids and times go the same way through all of them.
    pub(super) fn losses(&self, order: &Order<'_>, paths: &[Bytes]) -> (Vec<Lost>, Vec<Kept>) {
        let seen = |(item, maker): (&Item, Maker)| Some((maker.input, item.id.get()?, item.time));
        let (mut lost, mut kept) = (Vec::new(), Vec::new());
        if order.is_one_log() && order.has_all() {
            look(self.made().filter_map(seen), paths, &mut lost, &mut kept);
        } else if let Some(seen) = self.made().map(seen).collect::<Option<Vec<_>>>() {
            for log in seen.chunk_by(|(a, ..), (b, ..)| a == b).filter(|log| is_one_log(log)) {
                look(log.iter().copied(), paths, &mut lost, &mut kept);
            }
        }
        (lost, kept)
    }
}

/// Whether later entries have greater ids, and each another one.
fn is_one_log(seen: &[Seen]) -> bool {
    let mut ids: Vec<_> = seen.iter().map(|(_, id, time)| (*id, *time)).collect();
    ids.sort_unstable();
    ids.windows(2).all(|pair| matches!(pair, [(id, time), (next, later)] if id < next && time <= later))
}

/// What a poll shows that none before it did.
#[derive(Clone, Copy)]
struct Poll {
    newest: Seen,
    oldest: Seen,
    entries: u64,
}

/// Entries stand as they were first seen: a poll gives the newest first.
fn polls(seen: impl Iterator<Item = Seen>) -> Vec<Poll> {
    let mut polls: Vec<Poll> = Vec::new();
    for entry in seen {
        match polls.last_mut() {
            Some(Poll { oldest, entries, .. }) if oldest.0 == entry.0 && entry.1 + 1 == oldest.1 => {
                *oldest = entry;
                *entries += 1;
            }
            _ => polls.push(Poll { newest: entry, oldest: entry, entries: 1 }),
        }
    }
    polls
}

/// Looks through the entries of one log.
fn look(seen: impl Iterator<Item = Seen>, paths: &[Bytes], lost: &mut Vec<Lost>, kept: &mut Vec<Kept>) {
    let path = |input: u32| paths.get(input as usize).cloned().unwrap_or_default();
    let polls = polls(seen);
    if let Some(Poll { newest: (input, _, until), oldest: (_, oldest, since), entries }) =
        polls.first().copied()
    {
        kept.push(Kept { path: path(input), entries, oldest, since: Time(since), until: Time(until) });
    }
    let mut all: Vec<_> = polls.iter().map(|poll| (&poll.oldest, &poll.newest, poll.entries)).collect();
    all.sort_by_key(|((_, lowest, _), ..)| *lowest);
    let mut gaps = Vec::new();
    for pair in all.windows(2) {
        let [(_, (_, id, since), _), ((input, next, until), _, entries)] = pair else { continue };
        let missing = next.saturating_sub(*id).saturating_sub(1);
        if missing > 0 {
            let (since, until) = (Time(*since), Time(*until));
            gaps.push(Lost { path: path(*input), from: id + 1, missing, since, until, entries: *entries });
        }
    }
    // One poll has no gaps unless its ids are not the log's own: Dragonfly, or several servers in one.
    let follows = |pair: &[Poll]| match pair {
        [Poll { oldest: (input, low, _), .. }, Poll { newest: (other, high, _), .. }] => {
            input != other || high > low
        }
        _ => false,
    };
    let starts = polls.windows(2).filter(|pair| follows(pair)).count();
    if gaps.len() <= starts {
        lost.append(&mut gaps);
    }
}
