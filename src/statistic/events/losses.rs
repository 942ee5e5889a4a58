//! Where the subscriber lost its connection: between which messages, by what sign.

use crate::event::{Loss, Place};
use crate::output::notation::Time;
use crate::report::Bytes;
use crate::report::events::EventGap;

/// Losses that are kept with their place.
const MOST: usize = 1_000;

#[derive(Clone, Debug, PartialEq, Eq)]
struct Lost {
    input: u32,
    place: Place,
    time: Option<i64>,
    reason: &'static str,
    since: Option<i64>,
    until: Option<i64>,
}

/// The losses of a stretch of inputs. One that no message of its input stands before is none: that is how
/// captures start.
#[derive(Clone, Debug, Default)]
pub struct Losses {
    kept: Vec<Lost>,
    total: u64,
    /// A loss in front of the first message.
    before: Option<Lost>,
    /// The clock of the first message, where there is one.
    first: Option<Option<i64>>,
    /// The clock of the last message of the present input, where there is one.
    last: Option<Option<i64>>,
    /// No message came since the last loss …
    lost: bool,
    /// … which is kept.
    waits: bool,
}

impl Losses {
    /// A message came.
    pub fn message(&mut self, time: Option<i64>) {
        if let Some(lost) = self.kept.last_mut().filter(|_| self.waits) {
            lost.until = time;
        }
        self.lost = false;
        self.waits = false;
        self.first.get_or_insert(time);
        self.last = Some(time);
    }

    /// The subscriber lost its connection.
    pub fn add(&mut self, loss: &Loss, input: u32) {
        let Loss { place, time, reason } = *loss;
        self.keep(Lost { input, place, time, reason, since: None, until: None });
    }

    fn keep(&mut self, lost: Lost) {
        let Some(since) = self.last else {
            self.before.get_or_insert(lost);
            return;
        };
        if std::mem::replace(&mut self.lost, true) {
            return;
        }
        self.total += 1;
        if self.kept.len() < MOST {
            self.kept.push(Lost { since, ..lost });
            self.waits = true;
        }
    }

    /// Appends what follows; `lines` tells how many lines of an input came before.
    pub fn merge(&mut self, later: Losses, lines: impl Fn(u32) -> u64) {
        let moved = |lost: Lost| {
            let place = Place { line: lost.place.line + lines(lost.input), ..lost.place };
            Lost { place, ..lost }
        };
        if let Some(lost) = later.before {
            self.keep(moved(lost));
        }
        let Some(first) = later.first else { return };
        self.message(first);
        self.last = later.last;
        self.lost = later.lost;
        self.total += later.total;
        let room = MOST.saturating_sub(self.kept.len());
        self.waits = later.waits && later.kept.len() <= room;
        self.kept.extend(later.kept.into_iter().take(room).map(moved));
    }

    /// What follows is another subscriber's, or another time.
    pub fn end_input(&mut self) {
        self.before = None;
        self.last = None;
        self.lost = false;
        self.waits = false;
    }

    /// The report's rows, and how many there are.
    pub fn finish(&self, paths: &[Bytes]) -> (Vec<EventGap>, u64) {
        let rows = self.kept.iter().map(|lost| EventGap {
            path: paths.get(lost.input as usize).cloned().unwrap_or_default(),
            byte_offset: lost.place.offset,
            line: lost.place.line + 1,
            time: lost.time.map(Time),
            since: lost.since.map(Time),
            until: lost.until.map(Time),
            reason: lost.reason,
        });
        (rows.collect(), self.total)
    }
}
