//! The best way through the places where entries may start.
//!
//! Ids tell most: within a poll each entry's is one less than that of the entry before. So every step from
//! one place to a later one has a weight, and the way with the greatest sum is taken, found from the end
//! backwards. A step weighs more where what lies between has an entry's shape, and again where the ids are
//! consecutive; it weighs less where a poll would begin, or ids be missing (Dragonfly, proxies that merge
//! the logs of several servers), with nothing but the numbers to say so.

use std::ops::Range;

use super::border::Scale;
use super::lines::Lines;
use super::near::Near;
use super::shape::{Fit, Segment, Shape};
use super::weight::{AWAY, CONSECUTIVE, ENTRY, NEAT, NO_ENTRY, OWN, Weighed, weigh, worth};
use super::{Places, Start};
use crate::format::slowlog::entry::Address;

/// Places that are looked at from each one: an entry of Redis's own limits (32 arguments of 128 bytes) has
/// room for some 300 imitations.
pub(super) const WINDOW: usize = 512;
/// Of these, behind the first that fits and has the next id.
const BEYOND: usize = 8;
/// Of these, behind the first that fits though its id does not.
const BEYOND_UNTOLD: usize = 64;
/// Places that tell an input's shape.
const SAMPLE: usize = 200;

/// How the step from one place to the next was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Plain,
    Separated,
    Last,
    /// No entry.
    Unfit,
}

/// The best step from a place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Best {
    /// All weights from there on.
    sum: i64,
    /// Number of the next place; that of all places where there is none. No input has more lines.
    next: u32,
    kind: Kind,
    /// Of the entry in between, where it is plain.
    address: Address,
    /// The same.
    neat: bool,
}

impl Best {
    const fn unfit(sum: i64, next: usize) -> Self {
        Best { sum, next: next as u32, kind: Kind::Unfit, address: Address::No, neat: false }
    }

    fn by(kind: Kind, fit: &Fit, sum: i64, next: usize) -> Self {
        Best { sum, next: next as u32, kind, address: fit.address, neat: fit.neat }
    }
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
    dead: Vec<bool>,
}

/// What steps are weighed by.
#[derive(Clone, Copy)]
pub(super) struct Scales<'a> {
    lines: Lines<'a>,
    starts: &'a [Start],
    pub(super) shape: Shape,
    /// Whether smaller ids follow without being consecutive.
    pub(super) sparse: bool,
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
    pub(in crate::format::slowlog) fn best(places: &'a Places<'_>) -> Path<'a> {
        Path::by(places, None, Vec::new(), Vec::new())
    }

    /// The best way where the shape may be known already, with what there is room for.
    pub(super) fn by(
        places: &'a Places<'_>,
        scale: Option<Scale>,
        best: Vec<Best>,
        dead: Vec<bool>,
    ) -> Path<'a> {
        // All entries of an input have one shape, which a part of it tells.
        let known = scale.filter(|_| places.starts.len() > SAMPLE);
        match known.or_else(|| Some(Path::of_sample(places)?.scale(places.crlf))) {
            Some(scale) => Scales::new(places, scale).path_sure_behind(BEYOND, best, dead),
            None => Path::fitting(places.lines(), &places.starts),
        }
    }

    /// What the first places tell; `None` where there are too few.
    pub(super) fn of_sample(places: &'a Places<'_>) -> Option<Scales<'a>> {
        let behind = places.starts.get(SAMPLE)?;
        let sample = places.starts.get(..SAMPLE)?;
        Some(Path::fitting(places.lines().first(behind.line()), sample).scales)
    }

    fn fitting(lines: Lines<'a>, starts: &'a [Start]) -> Path<'a> {
        let way = |shape, sparse| Scales { lines, starts, shape, sparse }.path().told();
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
            // Where hardly an id follows the one before it, ids that fall are no sign of data; of a few none may.
            let sparse = way(shape, true);
            let is_sparse = match sparse.entries {
                ..4 => sparse.consecutive == 0,
                entries => sparse.consecutive * 2 < entries,
            };
            return if is_sparse { sparse.path } else { told.path };
        }
        let sparse = way(Shape::Four, true);
        let is_sparse = sparse.entries >= 4 && sparse.entries >= bare.entries * 2;
        if is_sparse { sparse.path } else { bare.path }
    }

    /// Gives the room back.
    pub(super) fn end(self) -> (Vec<Best>, Vec<bool>) {
        (self.best, self.dead)
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
            let step = self.step(at)?;
            at = step.places.end;
            Some(step)
        })
    }

    /// The step from a place.
    // What it gives is large: where it is put together it is not moved.
    #[inline(always)]
    pub(super) fn step(&self, at: usize) -> Option<Step> {
        let best = self.best.get(at)?;
        Some(Step { places: at..best.next as usize, fit: self.scales.fit(at, *best) })
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
    pub(super) fn new(places: &'a Places<'_>, Scale { shape, sparse, .. }: Scale) -> Self {
        Scales { lines: places.lines(), starts: &places.starts, shape, sparse }
    }

    pub(super) fn scale(&self, crlf: bool) -> Scale {
        Scale { shape: self.shape, sparse: self.sparse, crlf }
    }

    fn path(self) -> Path<'a> {
        self.path_sure_behind(BEYOND, Vec::new(), Vec::new())
    }

    /// The way. Where so many places stand behind a place whose sums fall by more than an entry can differ
    /// from another, a fitting entry up to the next id cannot be outweighed, and nothing else is looked at.
    fn path_sure_behind(self, sure: usize, mut best: Vec<Best>, mut dead: Vec<bool>) -> Path<'a> {
        let count = self.starts.len();
        best.clear();
        best.resize(count, Best::unfit(0, count));
        dead.clear();
        dead.resize(count, false);
        let mut near = Near::default();
        let (mut falling, mut last) = (0, 0);
        for from in (0..count).rev() {
            let known = if falling >= sure { self.next_id(from, last) } else { None };
            let sure = if falling >= sure { falling } else { 0 };
            let found = known.unwrap_or_else(|| self.step_from(from, &best, &mut dead, &near, sure));
            falling = if found.sum >= last + NEAT { falling + 1 } else { 0 };
            last = found.sum;
            if let (Some(best), Some(start)) = (best.get_mut(from), self.starts.get(from)) {
                *best = found;
                near.add(start.id, from);
            }
        }
        Path { scales: self, best, dead }
    }

    /// The step to the next place, behind which the weights are `after`, if it has the next id and what
    /// stands between is an entry.
    fn next_id(&self, from: usize, after: i64) -> Option<Best> {
        let (start, next) = (self.starts.get(from)?, self.starts.get(from + 1)?);
        if !start.precedes(next) {
            return None;
        }
        let (address, neat) = self.segment(from, from + 1)?.told(self.shape)?;
        let sum = worth(neat) + CONSECUTIVE + after;
        Some(Best { sum, next: from as u32 + 1, kind: Kind::Plain, address, neat })
    }

    #[inline(always)]
    fn fit(&self, from: usize, best: Best) -> Option<Fit> {
        let segment = self.segment(from, best.next as usize)?;
        match best.kind {
            Kind::Plain => segment.fit_again(self.shape, best.address, best.neat),
            Kind::Separated => segment.fit_separated(self.shape),
            Kind::Last => segment.fit_last(self.shape),
            Kind::Unfit => None,
        }
    }

    pub(super) fn segment(&self, from: usize, to: usize) -> Option<Segment<'a>> {
        let end = self.starts.get(to).map_or(self.lines.count(), Start::line);
        Some(Segment { lines: self.lines, start: self.starts.get(from)?, end })
    }

    /// The best step from a place. `dead` are the places that no entry can end in front of, as far as it
    /// was found. The sums of so many places behind it are known to be ever less.
    fn step_from(&self, from: usize, best: &[Best], dead: &mut [bool], ids: &Near, falling: usize) -> Best {
        let count = self.starts.len();
        // Only what is near gives up all that follows: whether that is little or much is no matter.
        let mut found = Best::unfit(if count - from <= WINDOW { 0 } else { i64::MIN / 2 }, count);
        let Some(start) = self.starts.get(from) else { return found };
        if count - from <= WINDOW
            && let Some(fit) = self.segment(from, count).and_then(|last| last.fit_last(self.shape))
        {
            let mut behind = self.starts.iter().skip(from + 1);
            let own = if behind.any(|place| place.id == start.id) { OWN } else { 0 };
            found = Best::by(Kind::Last, &fit, worth(fit.neat) + own, count);
        }
        let following = self.following(from, start, dead, ids);
        if let Some((to, fit)) = &following
            && let Some(after) = best.get(*to)
        {
            let sum = worth(fit.neat) + CONSECUTIVE + after.sum;
            if sum > found.sum {
                found = Best::by(Kind::Plain, fit, sum, *to);
            }
        }
        let following = following.map(|(to, _)| to);
        // Without sizes none is an entry, wherever it would end.
        let is_none =
            self.shape == Shape::Sized && self.segment(from, count).is_some_and(|all| !all.has_sizes(start));
        let mut left = WINDOW;
        let starts = self.starts.get(from + 1..).unwrap_or_default();
        let best = best.get(from + 1..).unwrap_or_default();
        // Of two places with one id, data holds the first rather than the second.
        let mut is_again = false;
        for (ahead, (next, after)) in starts.iter().zip(best).enumerate() {
            // Nor can any place further on be better where all have less behind them.
            let is_less =
                falling >= left.min(starts.len()) && ENTRY + NEAT + CONSECUTIVE + after.sum <= found.sum;
            if ahead >= left || is_less {
                break;
            }
            let to = from + 1 + ahead;
            let own = if is_again { OWN } else { 0 };
            is_again |= next.id == start.id;
            let consecutive = start.precedes(next);
            let bonus = match following {
                _ if consecutive => CONSECUTIVE,
                Some(_) => AWAY,
                None => 0,
            };
            // What cannot be better is not looked at.
            if next.line() <= start.body() || ENTRY + NEAT + bonus + after.sum <= found.sum {
                if following == Some(to) {
                    left = left.min(ahead + 1 + BEYOND);
                }
                continue;
            }
            let (Some(segment), Some(dead)) = (self.segment(from, to), dead.get_mut(to)) else { break };
            let weighed = if *dead || is_none {
                None
            } else {
                weigh(segment, next, consecutive, self.shape, self.sparse)
            };
            let Some(Weighed { weight, kind, good, fit }) = weighed else {
                *dead = *dead || !is_none && !segment.can_end(self.shape);
                if NO_ENTRY + after.sum > found.sum {
                    found = Best::unfit(NO_ENTRY + after.sum, to);
                }
                continue;
            };
            let weight = own + if consecutive { weight } else { weight + bonus };
            if weight + after.sum > found.sum {
                found = Best::by(kind, &fit, weight + after.sum, to);
            }
            if good {
                left = left.min(ahead + 1 + if consecutive { BEYOND } else { BEYOND_UNTOLD });
            }
        }
        found
    }

    /// The place of the next id with the entry in front of it, where an address shows that it is one, and no
    /// place has this id again, as a later poll would.
    fn following(&self, from: usize, start: &Start, dead: &[bool], ids: &Near) -> Option<(usize, Fit)> {
        let is_told = |id| ids.may_have(id, self.starts, from);
        // Behind the last entry of a poll there is mostly neither this id nor the next.
        if !matches!(self.shape, Shape::Six | Shape::Seven)
            || !(is_told(start.id) || start.id.checked_sub(1).is_some_and(is_told))
        {
            return None;
        }
        let near = self.starts.get(from + 1..)?;
        let near = near.get(..WINDOW).unwrap_or(near);
        let first = near.iter().position(|next| start.id.wrapping_sub(next.id) <= 1)?;
        let near = near.iter().enumerate().skip(first);
        let near = near.take_while(|(_, next)| next.id != start.id).filter(|(_, next)| start.precedes(next));
        let near = near.map(|(ahead, _)| from + 1 + ahead);
        let mut near = near.filter(|to| dead.get(*to) == Some(&false));
        near.find_map(|to| Some((to, self.segment(from, to)?.fit(self.shape)?)))
    }
}

#[cfg(test)]
mod laws;
