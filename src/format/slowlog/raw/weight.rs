//! What the steps between places weigh.

use super::Start;
use super::chain::Kind;
use super::shape::{Fit, Segment, Shape};
use crate::format::slowlog::entry::Address;

/// What lies between has the shape of an entry.
pub(super) const ENTRY: i64 = 1_000;
/// And as many lines as its command has arguments at least.
pub(super) const NEAT: i64 = 5;
/// The next id follows, and this step is not to it: more than a value's room for imitations brings, less than
/// a poll, which an imitation of the next id must not hide.
pub(super) const AWAY: i64 = -8_000;
/// An entry's own id is in its data: nobody knows it before, so this tells between ways that are alike.
pub(super) const OWN: i64 = -2 * NEAT;
/// What lies between is none.
pub(super) const NO_ENTRY: i64 = -100;
/// Ids are consecutive, and time does not go on.
pub(super) const CONSECUTIVE: i64 = 1_000;
/// A poll begins behind a client's address: less than an entry, so that polls of one entry are worth their
/// step, but so much that a score of imitations whose ids fit nowhere does not outweigh a next id.
pub(super) const POLL: i64 = -900;
/// A poll begins behind what scripts put between polls, which data can imitate too; the least of these costs.
pub(super) const MARKED: i64 = -600;
/// Ids are missing, or a poll begins, and only the numbers say so: a lone imitation costs more than it brings.
pub(super) const UNTOLD: i64 = -1_500;
/// The same where sizes stand before the arguments, which data hardly imitates.
pub(super) const UNTOLD_SIZED: i64 = -700;

/// By how much a later id may have an earlier time: clocks are set back by little. In microseconds.
pub(super) const CLOCK_STEP: i64 = 60_000_000;

/// A step that is weighed.
pub(super) struct Weighed {
    /// Of the entry and of the step to the next one.
    pub(super) weight: i64,
    /// How it was read.
    pub(super) kind: Kind,
    /// Whether no place far behind is likely to be better.
    pub(super) good: bool,
    pub(super) fit: Fit,
}

/// The step to the next place, where an entry stands in between.
pub(super) fn weigh(
    segment: Segment<'_>,
    next: &Start,
    consecutive: bool,
    shape: Shape,
    sparse: bool,
) -> Option<Weighed> {
    let mut found: Option<Weighed> = None;
    if let Some(fit) = segment.fit(shape) {
        let (weight, good) =
            if consecutive { (CONSECUTIVE, true) } else { untold(&fit, &segment, next, shape, sparse) };
        let is_socket = fit.address == Address::Socket;
        found = Some(Weighed { weight: worth(fit.neat) + weight, kind: Kind::Plain, good, fit });
        if is_socket {
            return found;
        }
    }
    if let Some(fit) = segment.fit_separated(shape) {
        let (weight, good) =
            if segment.is_marked() { (MARKED, true) } else { untold(&fit, &segment, next, shape, sparse) };
        let weight = worth(fit.neat) + weight;
        if found.as_ref().is_none_or(|found| weight > found.weight) {
            found = Some(Weighed { weight, kind: Kind::Separated, good, fit });
        }
    }
    found
}

/// What it costs that ids are not consecutive, and whether the place is good nevertheless.
fn untold(fit: &Fit, segment: &Segment<'_>, next: &Start, shape: Shape, sparse: bool) -> (i64, bool) {
    let start = segment.start;
    let falls = next.id < start.id && next.time <= start.time + CLOCK_STEP;
    // Polls follow each other in time.
    let later = next.time >= start.time && (next.id >= start.id || next.time > start.time);
    // An id is one entry's: what has it again is that entry in another poll, or data.
    let us = |place: &Start| segment.lines.get(place.body() - 1);
    let is_other = next.id == start.id && (next.time != start.time || us(next) != us(start));
    match (shape, fit.address) {
        (Shape::Sized, _) => (UNTOLD_SIZED, segment.has_sizes(next)),
        (_, Address::Socket) if (later || sparse) && !is_other => (POLL, true),
        (_, Address::Socket) => (UNTOLD, false),
        _ if sparse && falls => (0, false),
        (Shape::Four, _) if next.id < start.id || next.time < start.time - CLOCK_STEP => (2 * UNTOLD, false),
        _ => (UNTOLD, false),
    }
}

impl Start {
    /// Whether another entry can follow this one in a poll.
    pub fn precedes(&self, next: &Start) -> bool {
        next.id.checked_add(1) == Some(self.id) && self.is_before(next.time)
    }

    /// Whether what follows in a poll can have this time.
    pub(super) fn is_before(&self, time: i64) -> bool {
        time <= self.time + CLOCK_STEP
    }
}

/// What an entry weighs, by whether it is neat.
pub(super) fn worth(neat: bool) -> i64 {
    ENTRY + if neat { NEAT } else { 0 }
}
