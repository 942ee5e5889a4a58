//! Entries that the log lost before anybody asked for them. Ids are given out one after the other, so those
//! that are missing between two polls were there.

use super::Slowlog;
use super::held::Item;
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
        let seen = |item: &Item| Some((item.input, item.id.get()?, item.time));
        let Some(seen) = self.items().map(seen).collect::<Option<Vec<_>>>() else {
            return Default::default();
        };
        let (mut lost, mut kept) = (Vec::new(), Vec::new());
        if order.is_one_log() {
            look(&seen, paths, &mut lost, &mut kept);
        } else {
            for log in seen.chunk_by(|(a, ..), (b, ..)| a == b).filter(|log| is_one_log(log)) {
                look(log, paths, &mut lost, &mut kept);
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

/// Entries stand as they were first seen: a poll gives the newest first.
fn look(seen: &[Seen], paths: &[Bytes], lost: &mut Vec<Lost>, kept: &mut Vec<Kept>) {
    let path = |input: u32| paths.get(input as usize).cloned().unwrap_or_default();
    let polls: Vec<&[Seen]> =
        seen.chunk_by(|(input, id, _), (next, below, _)| input == next && *below + 1 == *id).collect();
    let first = polls.first().and_then(|poll| Some((poll.first()?, poll.last()?, poll.len())));
    if let Some(((input, _, until), (_, oldest, since), entries)) = first {
        let (since, until) = (Time(*since), Time(*until));
        kept.push(Kept { path: path(*input), entries: entries as u64, oldest: *oldest, since, until });
    }
    let mut all: Vec<_> =
        polls.iter().filter_map(|poll| Some((poll.last()?, poll.first()?, poll.len() as u64))).collect();
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
    let follows = |pair: &[&[Seen]]| match pair {
        [before, next] => match (before.last(), next.first()) {
            (Some((input, low, _)), Some((other, high, _))) => input != other || high > low,
            _ => false,
        },
        _ => false,
    };
    let starts = polls.windows(2).filter(|pair| follows(pair)).count();
    if gaps.len() <= starts {
        lost.append(&mut gaps);
    }
}
