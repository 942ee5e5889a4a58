//! The best way through the places where entries may start.
//!
//! Ids tell most: within a poll each entry's is one less than that of the entry before. So every step from
//! one place to a later one has a weight, and the way with the greatest sum is taken, found from the end
//! backwards. A step weighs more where what lies between has an entry's shape, and again where the ids are
//! consecutive; it weighs less where a poll would begin, or ids be missing (Dragonfly, proxies that merge
//! the logs of several servers), with nothing but the numbers to say so.

use std::ops::Range;

use super::Start;
use super::shape::{Fit, Segment, Shape};
use crate::format::slowlog::entry::Address;

/// What lies between has the shape of an entry.
const ENTRY: i64 = 1_000;
/// And as many lines as its command has arguments at least.
const NEAT: i64 = 5;
/// The next id follows, and this step is not to it: more than a value's room for imitations brings, less than
/// a poll, which an imitation of the next id must not hide.
const AWAY: i64 = -8_000;
/// What lies between is none.
const NO_ENTRY: i64 = -100;
/// Ids are consecutive, and time does not go on.
const CONSECUTIVE: i64 = 1_000;
/// A poll begins behind a client's address: less than an entry, so that polls of one entry are worth their
/// step, but so much that a score of imitations whose ids fit nowhere does not outweigh a next id.
const POLL: i64 = -900;
/// A poll begins behind what scripts put between polls, which data can imitate too; the least of these costs.
const MARKED: i64 = -600;
/// Ids are missing, or a poll begins, and only the numbers say so: a lone imitation costs more than it brings.
const UNTOLD: i64 = -1_500;
/// The same where sizes stand before the arguments, which data hardly imitates.
const UNTOLD_SIZED: i64 = -700;

/// By how much a later id may have an earlier time: clocks are set back by little. In microseconds.
const CLOCK_STEP: i64 = 60_000_000;

/// Places that are looked at from each one: an entry of Redis's own limits (32 arguments of 128 bytes) has
/// room for some 300 imitations.
const WINDOW: usize = 512;
/// Of these, behind the first that fits and has the next id.
const BEYOND: usize = 8;
/// Of these, behind the first that fits though its id does not.
const BEYOND_UNTOLD: usize = 64;
/// Places that tell an input's shape.
const SAMPLE: usize = 200;

/// How the step from one place to the next was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Plain,
    Separated,
    Last,
    /// No entry.
    Unfit,
}

/// The best step from a place.
#[derive(Clone, Copy, Debug)]
struct Best {
    /// All weights from there on.
    sum: i64,
    /// Number of the next place; that of all places where there is none.
    next: usize,
    kind: Kind,
}

/// An entry, or what has only its numbers.
pub(super) struct Step {
    /// Number of its place and of the next one.
    pub(super) places: Range<usize>,
    /// `None` where what stands there is no whole entry.
    pub(super) fit: Option<Fit>,
}

/// A way through all of the input.
pub(in crate::format::slowlog) struct Path<'a> {
    scales: Scales<'a>,
    best: Vec<Best>,
}

/// What steps are weighed by.
#[derive(Clone, Copy)]
struct Scales<'a> {
    text: &'a [u8],
    starts: &'a [Start],
    crlf: bool,
    shape: Shape,
    /// Whether smaller ids follow without being consecutive.
    sparse: bool,
}

/// A way and what stands on it.
struct Told<'a> {
    path: Path<'a>,
    entries: usize,
    sockets: usize,
    /// Steps to the next id.
    consecutive: usize,
}

impl<'a> Path<'a> {
    /// The best way, in the shape that fits the input best.
    pub(in crate::format::slowlog) fn best(text: &'a [u8], starts: &'a [Start], crlf: bool) -> Path<'a> {
        // All entries of an input have one shape, which a part of it tells.
        let Some(behind) = starts.get(SAMPLE) else { return Path::fitting(text, starts, crlf) };
        let (head, _) = text.split_at_checked(behind.at).unwrap_or((text, &[]));
        let Path { scales, .. } = Path::fitting(head, starts.get(..SAMPLE).unwrap_or_default(), crlf);
        Scales { text, starts, ..scales }.path()
    }

    fn fitting(text: &'a [u8], starts: &'a [Start], crlf: bool) -> Path<'a> {
        let way = |shape, sparse| Scales { text, starts, crlf, shape, sparse }.path().told();
        let mut told = way(Shape::Seven, false);
        for shape in [Shape::Six, Shape::Sized] {
            let other = way(shape, false);
            if other.entries > told.entries {
                told = other;
            }
        }
        let bare = way(Shape::Four, false);
        let shape = told.path.scales.shape;
        // Without a single address an empty line and a word may be the last arguments as well.
        let sure = told.sockets > 0 || shape == Shape::Sized || told.path.sum() > bare.path.sum();
        if sure && told.entries > 0 && told.entries * 2 > bare.entries {
            // Where hardly an id follows the one before it, ids that fall are no sign of data.
            let sparse = way(shape, true);
            let is_sparse = sparse.entries >= 4 && sparse.consecutive * 2 < sparse.entries;
            return if is_sparse { sparse.path } else { told.path };
        }
        let sparse = way(Shape::Four, true);
        let is_sparse = sparse.entries >= 4 && sparse.entries >= bare.entries * 2;
        if is_sparse { sparse.path } else { bare.path }
    }

    fn told(self) -> Told<'a> {
        let (mut entries, mut sockets, mut consecutive) = (0, 0, 0);
        for Step { places, fit } in self.steps() {
            let Some(fit) = fit else { continue };
            entries += 1;
            sockets += usize::from(fit.address == Address::Socket);
            let ends = (self.scales.starts.get(places.start), self.scales.starts.get(places.end));
            consecutive += usize::from(matches!(ends, (Some(start), Some(next)) if start.precedes(next)));
        }
        Told { path: self, entries, sockets, consecutive }
    }

    /// The sum of all weights.
    fn sum(&self) -> i64 {
        self.best.first().map_or(0, |best| best.sum)
    }

    /// The way, step by step.
    pub(super) fn steps(&self) -> impl Iterator<Item = Step> + '_ {
        let mut at = 0;
        std::iter::from_fn(move || {
            let best = self.best.get(at)?;
            let step = Step { places: at..best.next, fit: self.scales.fit(at, *best) };
            at = best.next;
            Some(step)
        })
    }

    /// Elements of its entries.
    pub(in crate::format::slowlog) fn elements(&self) -> u8 {
        match self.scales.shape {
            Shape::Four => 4,
            Shape::Sized => 5,
            Shape::Six => 6,
            Shape::Seven => 7,
        }
    }

    /// Whole entries on the way.
    pub(in crate::format::slowlog) fn entries(&self) -> usize {
        self.steps().filter(|step| step.fit.is_some()).count()
    }
}

impl<'a> Scales<'a> {
    fn path(self) -> Path<'a> {
        let count = self.starts.len();
        let mut best = vec![Best { sum: 0, next: count, kind: Kind::Unfit }; count];
        let mut dead = vec![false; count];
        for from in (0..count).rev() {
            let found = self.step_from(from, &best, &mut dead);
            if let Some(best) = best.get_mut(from) {
                *best = found;
            }
        }
        Path { scales: self, best }
    }

    fn fit(&self, from: usize, best: Best) -> Option<Fit> {
        let segment = self.segment(from, best.next)?;
        match best.kind {
            Kind::Plain => segment.fit(self.shape),
            Kind::Separated => segment.fit_separated(self.shape),
            Kind::Last => segment.fit_last(self.shape),
            Kind::Unfit => None,
        }
    }

    fn segment(&self, from: usize, to: usize) -> Option<Segment<'a>> {
        let end = self.starts.get(to).map_or(self.text.len(), |next| next.at);
        Some(Segment { text: self.text, crlf: self.crlf, start: self.starts.get(from)?, end })
    }

    /// The best step from a place. `dead` are the places that no entry can end in front of, as far as it
    /// was found.
    fn step_from(&self, from: usize, best: &[Best], dead: &mut [bool]) -> Best {
        let count = self.starts.len();
        let mut found = Best { sum: 0, next: count, kind: Kind::Unfit };
        let Some(start) = self.starts.get(from) else { return found };
        if count - from <= WINDOW
            && let Some(fit) = self.segment(from, count).and_then(|last| last.fit_last(self.shape))
        {
            found = Best { sum: worth(&fit), next: count, kind: Kind::Last };
        }
        let following = self.following(from, start, dead);
        if let Some((to, fit)) = &following
            && let Some(after) = best.get(*to)
        {
            let sum = worth(fit) + CONSECUTIVE + after.sum;
            if sum > found.sum {
                found = Best { sum, next: *to, kind: Kind::Plain };
            }
        }
        let following = following.map(|(to, _)| to);
        let mut left = WINDOW;
        let starts = self.starts.get(from + 1..).unwrap_or_default();
        let best = best.get(from + 1..).unwrap_or_default();
        for (ahead, (next, after)) in starts.iter().zip(best).enumerate() {
            if ahead >= left {
                break;
            }
            let to = from + 1 + ahead;
            let consecutive = start.precedes(next);
            let bonus = match following {
                _ if consecutive => CONSECUTIVE,
                Some(_) => AWAY,
                None => 0,
            };
            // What cannot be better is not looked at.
            if next.at <= start.body || ENTRY + NEAT + bonus + after.sum <= found.sum {
                if following == Some(to) {
                    left = left.min(ahead + 1 + BEYOND);
                }
                continue;
            }
            let (Some(segment), Some(dead)) = (self.segment(from, to), dead.get_mut(to)) else { break };
            let weighed = if *dead { None } else { self.weigh(segment, next, consecutive) };
            let Some((weight, kind, good)) = weighed else {
                *dead = *dead || !segment.can_end(self.shape);
                if NO_ENTRY + after.sum > found.sum {
                    found = Best { sum: NO_ENTRY + after.sum, next: to, kind: Kind::Unfit };
                }
                continue;
            };
            let weight = if consecutive { weight } else { weight + bonus };
            if weight + after.sum > found.sum {
                found = Best { sum: weight + after.sum, next: to, kind };
            }
            if good {
                left = left.min(ahead + 1 + if consecutive { BEYOND } else { BEYOND_UNTOLD });
            }
        }
        found
    }

    /// The place of the next id with the entry in front of it, where an address shows that it is one, and no
    /// place has this id again, as a later poll would.
    fn following(&self, from: usize, start: &Start, dead: &[bool]) -> Option<(usize, Fit)> {
        if !matches!(self.shape, Shape::Six | Shape::Seven) {
            return None;
        }
        let near = self.starts.get(from + 1..)?.iter().take(WINDOW).enumerate();
        let near = near.take_while(|(_, next)| next.id != start.id).filter(|(_, next)| start.precedes(next));
        let near = near.map(|(ahead, _)| from + 1 + ahead);
        let mut near = near.filter(|to| dead.get(*to) == Some(&false));
        near.find_map(|to| Some((to, self.segment(from, to)?.fit(self.shape)?)))
    }

    /// The weight of an entry and of the step to the next one, how it is read, and whether no place far
    /// behind is likely to be better.
    fn weigh(&self, segment: Segment<'_>, next: &Start, consecutive: bool) -> Option<(i64, Kind, bool)> {
        let mut found: Option<(i64, Kind, bool)> = None;
        if let Some(fit) = segment.fit(self.shape) {
            let (weight, good) =
                if consecutive { (CONSECUTIVE, true) } else { self.untold(&fit, &segment, next) };
            found = Some((worth(&fit) + weight, Kind::Plain, good));
            if fit.address == Address::Socket {
                return found;
            }
        }
        if let Some(fit) = segment.fit_separated(self.shape) {
            let (weight, good) =
                if segment.is_marked() { (MARKED, true) } else { self.untold(&fit, &segment, next) };
            if found.is_none_or(|(most, ..)| worth(&fit) + weight > most) {
                found = Some((worth(&fit) + weight, Kind::Separated, good));
            }
        }
        found
    }

    /// What it costs that ids are not consecutive, and whether the place is good nevertheless.
    fn untold(&self, fit: &Fit, segment: &Segment<'_>, next: &Start) -> (i64, bool) {
        let start = segment.start;
        let falls = next.id < start.id && next.time <= start.time + CLOCK_STEP;
        // Polls follow each other in time.
        let later = next.time >= start.time && (next.id >= start.id || next.time > start.time);
        match (self.shape, fit.address) {
            (Shape::Sized, _) => (UNTOLD_SIZED, segment.has_sizes(next)),
            (_, Address::Socket) if later || self.sparse => (POLL, true),
            (_, Address::Socket) => (UNTOLD, false),
            _ if self.sparse && falls => (0, false),
            (Shape::Four, _) if next.id < start.id || next.time < start.time - CLOCK_STEP => {
                (2 * UNTOLD, false)
            }
            _ => (UNTOLD, false),
        }
    }
}

impl Start {
    /// Whether another entry can follow this one in a poll.
    pub fn precedes(&self, next: &Start) -> bool {
        next.id.checked_add(1) == Some(self.id) && next.time <= self.time + CLOCK_STEP
    }
}

fn worth(fit: &Fit) -> i64 {
    ENTRY + if fit.neat { NEAT } else { 0 }
}
