//! Moments in which many keys expire: with a clock each of its seconds, without one each unbroken row of
//! `expired` changes.
//!
//! A server looks for keys whose time is over ten times a second and whenever it has nothing else to do, and
//! deletes what it finds in one go: what stands between two such changes came while it did not delete. So
//! keys that end together stand together, and those that end one after the other stand among the changes
//! of their time.
//!
//! Of keys that were evicted the first few are kept, to be shown.

mod bursts;
#[cfg(test)]
mod laws;

use std::borrow::Borrow;
use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::{Delivery, Head};
use crate::event::Place;
use crate::statistic::patterns::PatternIndex;

/// The event of a key whose time is over.
pub const EXPIRED: &[u8] = b"expired";

/// The event of a key that had to make room.
pub const EVICTED: &[u8] = b"evicted";

/// Evicted keys that are kept: what a finding shows.
const SHOWN: usize = crate::finding::EVIDENCE;

/// Changes of a moment that is kept; a server in peace deletes fewer at once.
const LEAST: u64 = if cfg!(test) { 3 } else { 32 };

/// Moments that are kept, the greatest; a moment takes some 200 bytes for each of its patterns.
const MOST: usize = if cfg!(test) { 3 } else { 1_024 };

/// Where a moment stands among the changes, and when it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Extent {
    /// The input's number.
    input: u32,
    /// Number of its first change, counted from 0.
    start: u64,
    /// Number of its last change.
    last: u64,
    /// The clock's second.
    second: Option<i64>,
    /// `expired` changes.
    keys: u64,
}

impl Extent {
    fn of(input: u32, number: u64, time: Option<i64>) -> Self {
        let second = time.map(|time| time.div_euclid(1_000_000));
        Extent { input, start: number, last: number, second, keys: 1 }
    }

    /// Whether `next` belongs to the same moment.
    fn goes_on_in(&self, next: &Extent) -> bool {
        self.input == next.input
            && self.second == next.second
            && (self.second.is_some() || next.start == self.last + 1)
    }

    fn stretch(&mut self, next: &Extent) {
        self.last = next.last;
        self.keys += next.keys;
    }

    fn is_small(&self) -> bool {
        self.keys < LEAST
    }
}

/// What became of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Its time was over.
    Expired,
    /// It had to make room.
    Evicted,
}

impl End {
    /// By the event's name.
    pub fn of(event: &[u8]) -> Option<Self> {
        match event {
            EXPIRED => Some(End::Expired),
            EVICTED => Some(End::Evicted),
            _ => None,
        }
    }
}

/// A key that ended.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    /// How.
    pub end: End,
    /// The number of event and key.
    pub usage: u32,
    /// Of the first message that told.
    pub place: Place,
    /// In microseconds since 1970.
    pub time: Option<i64>,
}

/// Moments of a block. Only the first and the last can be small: they may go on beyond the block's edges.
#[derive(Clone, Debug, Default)]
pub struct OpenMoments {
    input: u32,
    changes: u64,
    /// Each with where its marks start.
    moments: Vec<(Extent, usize)>,
    marks: Vec<Mark>,
    evicted: Vec<Mark>,
}

impl OpenMoments {
    /// For a block of the input numbered `input`.
    pub fn new(input: u32) -> Self {
        OpenMoments { input, ..OpenMoments::default() }
    }

    /// A change; `mark` where a key ended.
    pub fn change(&mut self, mark: Option<Mark>) {
        let number = self.changes;
        self.changes += 1;
        let Some(mark) = mark else { return };
        if mark.end == End::Evicted {
            if self.evicted.len() < SHOWN {
                self.evicted.push(mark);
            }
            return;
        }
        let extent = Extent::of(self.input, number, mark.time);
        match self.moments.last_mut() {
            Some((last, _)) if last.goes_on_in(&extent) => last.stretch(&extent),
            _ => {
                if self.moments.len() > 1
                    && let Some((_, start)) = self.moments.pop_if(|(last, _)| last.is_small())
                {
                    self.marks.truncate(start);
                }
                self.moments.push((extent, self.marks.len()));
            }
        }
        self.marks.push(mark);
    }

    /// Adds up by pattern; `name` tells the pattern and the key of a mark.
    pub fn seal<'a>(self, name: impl Fn(u32) -> (PatternIndex, &'a [u8])) -> Moments {
        let mut moments = Moments { changes: self.changes, ..Moments::default() };
        moments.evicted.extend(self.evicted.iter().map(|mark| {
            let key = name(mark.usage).1.to_vec();
            (self.input, Group { keys: 1, place: mark.place, time: mark.time, key })
        }));
        let ends = self.moments.iter().skip(1).map(|(_, start)| *start).chain([self.marks.len()]);
        for ((extent, start), end) in self.moments.iter().zip(ends) {
            let mut by = BTreeMap::new();
            for mark in self.marks.get(*start..end).unwrap_or_default() {
                let (pattern, key) = name(mark.usage);
                let first = || Group { keys: 0, place: mark.place, time: mark.time, key: key.to_vec() };
                by.entry(pattern).or_insert_with(first).keys += 1;
            }
            moments.kept.push(Moment { extent: *extent, by });
        }
        moments
    }
}

/// Keys of one pattern that expired in a moment.
#[derive(Clone, Debug)]
pub(super) struct Group {
    keys: u64,
    /// Of the first one.
    place: Place,
    time: Option<i64>,
    key: Vec<u8>,
}

#[derive(Clone, Debug)]
struct Moment {
    extent: Extent,
    by: BTreeMap<PatternIndex, Group>,
}

impl Moment {
    fn add(&mut self, pattern: PatternIndex, mut group: Group) {
        let Some(held) = self.by.get_mut(&pattern) else {
            self.by.insert(pattern, group);
            return;
        };
        let keys = held.keys + group.keys;
        if group.place < held.place {
            std::mem::swap(held, &mut group);
        }
        held.keys = keys;
    }
}

/// Moments of blocks that follow each other.
#[derive(Clone, Debug, Default)]
pub struct Moments {
    changes: u64,
    /// In order. Those between the first and the last are not small.
    kept: Vec<Moment>,
    /// The first of them, with their inputs.
    evicted: Vec<(u32, Group)>,
}

impl Moments {
    /// A change that waited for what stands before it, and began with `delivery`.
    pub(super) fn one(head: &Head, delivery: &Delivery, end: Option<End>) -> Self {
        let mut one = Moments { changes: 1, ..Moments::default() };
        let Delivery { time, place, .. } = *delivery;
        let group = || Group { keys: 1, place, time, key: head.key.clone() };
        match end {
            Some(End::Expired) => {
                let by = BTreeMap::from([(head.pattern, group())]);
                one.kept.push(Moment { extent: Extent::of(head.input, 0, time), by });
            }
            Some(End::Evicted) => one.evicted.push((head.input, group())),
            None => {}
        }
        one
    }

    /// Appends what follows. `pattern` tells the numbers here of the patterns there, `lines` how many
    /// lines of an input came before.
    pub fn merge(
        &mut self,
        later: Moments,
        pattern: impl Fn(PatternIndex) -> PatternIndex,
        lines: impl Fn(u32) -> u64,
    ) {
        let before = self.changes;
        self.changes += later.changes;
        for (at, Moment { mut extent, by }) in later.kept.into_iter().enumerate() {
            extent.start += before;
            extent.last += before;
            let groups = by.into_iter().map(|(of, mut group)| {
                group.place.line += lines(extent.input);
                (pattern(of), group)
            });
            match self.kept.last_mut() {
                Some(last) if at == 0 && last.extent.goes_on_in(&extent) => {
                    last.extent.stretch(&extent);
                    groups.for_each(|(of, group)| last.add(of, group));
                }
                _ => {
                    if self.kept.len() > 1 {
                        self.kept.pop_if(|last| last.extent.is_small());
                    }
                    let mut moment = Moment { extent, by: BTreeMap::new() };
                    groups.for_each(|(of, group)| moment.add(of, group));
                    self.kept.push(moment);
                }
            }
        }
        let room = SHOWN.saturating_sub(self.evicted.len());
        self.evicted.extend(later.evicted.into_iter().take(room).map(|(input, mut group)| {
            group.place.line += lines(input);
            (input, group)
        }));
        if self.kept.len() > 2 * MOST {
            self.prune();
        }
    }

    /// Keeps the first, the last, and of the others the greatest.
    fn prune(&mut self) {
        let (Some(last), false) = (self.kept.pop(), self.kept.is_empty()) else { return };
        let mut middle = self.kept.split_off(1);
        greatest(&mut middle);
        self.kept.append(&mut middle);
        self.kept.push(last);
    }

    /// Gives patterns new numbers; those that became one are joined.
    pub fn renumber(&mut self, pattern: impl Fn(PatternIndex) -> PatternIndex) {
        for moment in &mut self.kept {
            let groups = std::mem::take(&mut moment.by);
            groups.into_iter().for_each(|(of, group)| moment.add(pattern(of), group));
        }
    }
}

/// Keeps the [`MOST`] greatest, in their order; of equally great ones those that came first.
fn greatest<M: Borrow<Moment>>(moments: &mut Vec<M>) {
    let extent = |moment: &M| moment.borrow().extent;
    moments.sort_by_key(|moment| (Reverse(extent(moment).keys), extent(moment).start));
    moments.truncate(MOST);
    moments.sort_by_key(|moment| extent(moment).start);
}
