//! The best way through the places where entries may start.
//!
//! Ids tell most: within a poll each entry's is one less than that of the entry before. So every step from
//! one place to a later one has a weight, and the way with the greatest sum is taken, found from the end
//! backwards. A step weighs more where what lies between has an entry's shape, and again where the ids are
//! consecutive; it weighs less where a poll would begin, or ids be missing (Dragonfly, proxies that merge
//! the logs of several servers), with nothing but the numbers to say so.

use super::Start;
use super::shape::{Fit, Segment, Shape};
use crate::format::slowlog::entry::Address;

/// What lies between has the shape of an entry.
const ENTRY: i64 = 1_000;
/// And as many lines as its command has arguments at least.
const NEAT: i64 = 5;
/// What lies between is none.
const NO_ENTRY: i64 = -100;
/// Ids are consecutive, and time does not go on.
const CONSECUTIVE: i64 = 1_000;
/// A poll begins, or ids are missing, and only the numbers say so: a lone imitation costs more than it brings.
const UNTOLD: i64 = -1_500;
/// The same where sizes stand before the arguments, which data hardly imitates.
const UNTOLD_SIZED: i64 = -400;

/// By how much a later id may have an earlier time: clocks are set back by little. In microseconds.
const CLOCK_STEP: i64 = 60_000_000;

/// Places that are looked at from each one: an entry of Redis's own limits (32 arguments of 128 bytes) has
/// room for some 300 imitations.
const WINDOW: usize = 512;
/// Of these, behind the first that fits.
const BEYOND: usize = 4;
/// Places that tell an input's shape.
const SAMPLE: usize = 1_000;

/// How the step from one place to the next was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Plain,
    Separated,
    Last,
    /// No entry.
    Unfit,
}

/// An entry, or what has only its numbers.
pub(in crate::format::slowlog) struct Step {
    /// Number of the place.
    pub(super) start: usize,
    /// `None` where what stands there is no whole entry.
    pub(super) fit: Option<Fit>,
}

/// A way through all of the input.
pub(in crate::format::slowlog) struct Path {
    pub(super) steps: Vec<Step>,
    pub(in crate::format::slowlog) shape: Shape,
    sparse: bool,
    score: i64,
    sockets: usize,
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

impl Path {
    /// The best way, in the shape that fits the input best.
    pub(in crate::format::slowlog) fn best(text: &[u8], starts: &[Start], crlf: bool) -> Path {
        // All entries of an input have one shape, which a part of it tells.
        let Some(behind) = starts.get(SAMPLE) else { return Path::fitting(text, starts, crlf) };
        let (head, _) = text.split_at_checked(behind.at).unwrap_or((text, &[]));
        let Path { shape, sparse, .. } = Path::fitting(head, starts.get(..SAMPLE).unwrap_or_default(), crlf);
        Scales { text, starts, crlf, shape, sparse }.path()
    }

    fn fitting(text: &[u8], starts: &[Start], crlf: bool) -> Path {
        let way = |shape, sparse| Scales { text, starts, crlf, shape, sparse }.path();
        let mut told = way(Shape::Seven, false);
        for shape in [Shape::Six, Shape::Sized] {
            let path = way(shape, false);
            if path.entries() > told.entries() {
                told = path;
            }
        }
        let bare = way(Shape::Four, false);
        // Without a single address an empty line and a word may be the last arguments as well.
        let sure = told.sockets > 0 || told.shape == Shape::Sized || told.score > bare.score;
        if sure && told.entries() > 0 && told.entries() * 2 > bare.entries() {
            return told;
        }
        let sparse = way(Shape::Four, true);
        if sparse.entries() >= 4 && sparse.entries() >= bare.entries() * 2 { sparse } else { bare }
    }

    /// Elements of its entries.
    pub(in crate::format::slowlog) fn elements(&self) -> u8 {
        match self.shape {
            Shape::Four => 4,
            Shape::Sized => 5,
            Shape::Six => 6,
            Shape::Seven => 7,
        }
    }

    /// Whole entries on the way.
    pub(in crate::format::slowlog) fn entries(&self) -> usize {
        self.steps.iter().filter(|step| step.fit.is_some()).count()
    }
}

impl Scales<'_> {
    fn path(&self) -> Path {
        let count = self.starts.len();
        let mut best = vec![(0_i64, count, Kind::Unfit); count];
        for from in (0..count).rev() {
            let found = self.step_from(from, &best);
            if let Some(best) = best.get_mut(from) {
                *best = found;
            }
        }
        let score = best.first().map_or(0, |(score, ..)| *score);
        let mut path = Path { steps: Vec::new(), shape: self.shape, sparse: self.sparse, score, sockets: 0 };
        let mut at = 0;
        while let Some((_, next, kind)) = best.get(at).copied() {
            let fit = self.segment(at, next).and_then(|segment| match kind {
                Kind::Plain => segment.fit(self.shape),
                Kind::Separated => segment.fit_separated(self.shape),
                Kind::Last => segment.fit_last(self.shape),
                Kind::Unfit => None,
            });
            path.sockets += usize::from(fit.as_ref().is_some_and(|fit| fit.address == Address::Socket));
            path.steps.push(Step { start: at, fit });
            at = next;
        }
        path
    }

    fn segment(&self, from: usize, to: usize) -> Option<Segment<'_>> {
        let end = self.starts.get(to).map_or(self.text.len(), |next| next.at);
        Some(Segment { text: self.text, crlf: self.crlf, start: self.starts.get(from)?, end })
    }

    /// The best step from a place: the sum from there on, the next place, and how.
    fn step_from(&self, from: usize, best: &[(i64, usize, Kind)]) -> (i64, usize, Kind) {
        let count = self.starts.len();
        let (Some(start), Some(last)) = (self.starts.get(from), self.segment(from, count)) else {
            return (0, count, Kind::Unfit);
        };
        let mut found = match last.fit_last(self.shape) {
            Some(fit) => (worth(&fit), count, Kind::Last),
            None => (0, count, Kind::Unfit),
        };
        let mut left = WINDOW;
        for to in from + 1..count {
            if left == 0 {
                break;
            }
            left -= 1;
            let (Some(next), Some((after, ..))) = (self.starts.get(to), best.get(to)) else { break };
            if next.at <= start.body {
                continue;
            }
            let (weight, kind, good) = self.weigh(start, from, to, next);
            if weight + after > found.0 {
                found = (weight + after, to, kind);
            }
            if good {
                left = left.min(BEYOND);
            }
        }
        found
    }

    /// The weight of a step, how it is read, and whether no later place is likely to be better.
    fn weigh(&self, start: &Start, from: usize, to: usize, next: &Start) -> (i64, Kind, bool) {
        let Some(segment) = self.segment(from, to) else { return (NO_ENTRY, Kind::Unfit, false) };
        let mut found = (NO_ENTRY, Kind::Unfit, false);
        if let Some(fit) = segment.fit(self.shape) {
            let (weight, good) =
                if next.id.checked_add(1) == Some(start.id) && next.time <= start.time + CLOCK_STEP {
                    (CONSECUTIVE, true)
                } else {
                    self.untold(&fit, start, next)
                };
            found = (worth(&fit) + weight, Kind::Plain, good);
            if fit.address == Address::Socket {
                return found;
            }
        }
        if let Some(fit) = segment.fit_separated(self.shape) {
            let (weight, good) = if segment.is_marked() { (0, true) } else { self.untold(&fit, start, next) };
            if worth(&fit) + weight > found.0 {
                found = (worth(&fit) + weight, Kind::Separated, good);
            }
        }
        found
    }

    /// What it costs that ids are not consecutive.
    fn untold(&self, fit: &Fit, start: &Start, next: &Start) -> (i64, bool) {
        match (self.shape, fit.address) {
            (Shape::Sized, _) => (UNTOLD_SIZED, true),
            (_, Address::Socket) => (0, true),
            _ if self.sparse && next.id < start.id && next.time <= start.time + CLOCK_STEP => (0, false),
            // Polls follow each other in time.
            (Shape::Four, _) if next.id < start.id || next.time < start.time - CLOCK_STEP => {
                (2 * UNTOLD, false)
            }
            _ => (UNTOLD, false),
        }
    }
}

fn worth(fit: &Fit) -> i64 {
    ENTRY + if fit.neat { NEAT } else { 0 }
}
