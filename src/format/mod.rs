//! The formats: what each kind of capture looks like, and how its bytes become records.
//!
//! A format is one folder and one line in [`detect`]. It knows syntax only: what a command means is
//! told by [`crate::command`], what is counted by [`crate::statistic`].

use std::sync::Arc;

use crate::event::Sink;

pub mod clock;
pub mod kind;
pub mod lexical;
pub mod monitor;
pub mod python;
pub mod slowlog;

pub use kind::Kind;

/// How one kind of capture, in one dialect, is read.
pub trait Format: Send + Sync {
    /// Where the last whole record of `bytes` ends, 0 if none ends there. `bytes` start at a record.
    ///
    /// The answer does not depend on where earlier blocks were cut.
    fn cut(&self, bytes: &[u8]) -> usize;

    /// Reads a block that starts at a record and `start` bytes into its input. Every byte of the
    /// block goes to exactly one call of `sink`, in order; lines are counted from the block's start.
    fn scan(&self, block: &[u8], start: u64, sink: &mut dyn Sink);
}

/// What an input was found to be.
#[derive(Clone)]
pub struct Reading {
    /// The kind of capture.
    pub kind: Kind,
    /// Which form of the kind; empty where it is not read.
    pub dialect: &'static str,
    /// Why, in words for a person.
    pub reason: String,
    /// How to read it; `None` where this version does not.
    pub format: Option<Arc<dyn Format>>,
}

impl Reading {
    fn unread(kind: Kind, reason: impl Into<String>) -> Self {
        Reading { kind, dialect: "", reason: reason.into(), format: None }
    }
}

/// Tells from the first bytes of an input what it is. `forced` overrides the content's word on the
/// kind, `insight` (if given) its word on whether MONITOR arguments stand in RedisInsight's notation.
pub fn detect(head: &[u8], forced: Option<Kind>, insight: Option<bool>) -> Reading {
    if head.is_empty() {
        return Reading::unread(Kind::Empty, "the file is empty");
    }
    match forced {
        Some(Kind::Monitor) => return monitor::probe::force(head, insight),
        Some(Kind::Slowlog) => return slowlog::probe::force(head),
        Some(kind) => return Reading::unread(kind, "forced by --kind; this version reads MONITOR only"),
        None => {}
    }
    if let Some(reading) = monitor::probe::probe(head, insight) {
        return reading;
    }
    if let Some(reading) = slowlog::probe::probe(head) {
        return reading;
    }
    kind::other(head)
}
