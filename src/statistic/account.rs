//! What became of every byte of every input.

use super::Period;
use crate::error::Reject;
use crate::event::{Place, Skipped};
use crate::masked;
use crate::report::Accounted;

/// Rejects that are kept with their place, per input.
const SAMPLES: usize = 10;

/// A reject that is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Where.
    pub place: Place,
    /// Why.
    pub reason: &'static str,
    /// Its form without its values.
    pub text: String,
}

/// Counts of one input.
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// Records read.
    pub records: u64,
    /// Of these, with arguments that are a likely reading.
    pub inexact: u64,
    /// Records that could not be read.
    pub rejected: u64,
    /// Lines of noise.
    pub noise: u64,
    /// Of these, refusals.
    pub refusals: u64,
    /// The first of them.
    pub refusal: Place,
    /// Records cut off at an end.
    pub truncated: u64,
    /// Times that the capture started anew behind a record.
    pub gaps: u64,
    /// Starts before the first record; behind an earlier record they are gaps.
    starts: u64,
    /// The bytes of these.
    pub bytes: Accounted,
    /// Lines.
    pub lines: u64,
    /// Times of the records.
    pub period: Period,
    /// The first rejects.
    pub samples: Vec<Sample>,
}

impl Account {
    /// A record of so many bytes, with its time where it has one.
    pub fn record(&mut self, bytes: u64, time: Option<i64>, exact: bool) {
        self.records += 1;
        self.inexact += u64::from(!exact);
        self.bytes.records += bytes;
        if let Some(time) = time {
            self.period.add(time);
        }
    }

    /// A record that could not be read.
    pub fn reject(&mut self, reject: &Reject<'_>) {
        self.rejected += 1;
        self.bytes.rejected += reject.bytes;
        if self.samples.len() < SAMPLES {
            let text = masked::line(reject.text);
            self.samples.push(Sample { place: reject.place, reason: reject.reason, text });
        }
    }

    /// Bytes that are no record.
    pub fn skip(&mut self, place: Place, bytes: u64, why: Skipped) {
        if why == Skipped::Refusal {
            if self.refusals == 0 {
                self.refusal = place;
            }
            self.refusals += 1;
        }
        match why {
            Skipped::Noise | Skipped::Refusal => {
                self.noise += 1;
                self.bytes.noise += bytes;
            }
            Skipped::Truncated => {
                self.truncated += 1;
                self.bytes.truncated += bytes;
            }
        }
    }

    /// The capture starts, or starts anew.
    pub fn start(&mut self) {
        if self.records > 0 {
            self.gaps += 1;
        } else {
            self.starts += 1;
        }
    }

    /// Appends what follows in the same input.
    pub fn merge(&mut self, later: Account) {
        if self.records > 0 {
            self.gaps += later.starts;
        } else {
            self.starts += later.starts;
        }
        self.records += later.records;
        self.inexact += later.inexact;
        self.rejected += later.rejected;
        self.noise += later.noise;
        if self.refusals == 0 && later.refusals > 0 {
            self.refusal = Place { line: later.refusal.line + self.lines, ..later.refusal };
        }
        self.refusals += later.refusals;
        self.truncated += later.truncated;
        self.gaps += later.gaps;
        self.bytes.records += later.bytes.records;
        self.bytes.rejected += later.bytes.rejected;
        self.bytes.noise += later.bytes.noise;
        self.bytes.truncated += later.bytes.truncated;
        self.period.merge(later.period);
        let lines = self.lines;
        let room = SAMPLES.saturating_sub(self.samples.len());
        self.samples.extend(later.samples.into_iter().take(room).map(|mut sample| {
            sample.place.line += lines;
            sample
        }));
        self.lines += later.lines;
    }
}
