//! The formats: what each kind of capture looks like, and how its bytes become records.
//!
//! A format is one folder and one line in [`detect`]. It knows syntax only: what a command means is
//! told by [`crate::command`], what is counted by [`crate::statistic`].

use std::sync::Arc;

use crate::event::Sink;

mod bits;
pub mod client_list;
pub mod clock;
mod forms;
pub mod info;
pub mod keyspace;
pub mod kind;
pub mod lexical;
pub mod monitor;
pub mod python;
pub mod refused;
pub mod sections;
pub mod slowlog;

pub use kind::Kind;
pub use refused::Refused;

/// How one kind of capture, in one dialect, is read.
pub trait Format: Send + Sync {
    /// Where the last whole record of `bytes` ends, 0 if none ends there. `bytes` start at a record.
    ///
    /// The answer does not depend on where earlier blocks were cut.
    fn cut(&self, bytes: &[u8]) -> usize;

    /// Reads a block that starts at a record and `start` bytes into its input. Every byte of the
    /// block goes to exactly one call of `sink`, in order; lines are counted from the block's start.
    /// Gives the number of lines of the block, a last one without a line end included.
    fn scan(&self, block: &[u8], start: u64, sink: &mut dyn Sink) -> u64;
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
    /// What the server answered in place of a capture, where that is all there is.
    pub refused: Option<Refused>,
}

impl Reading {
    /// Read by `format`.
    fn of(kind: Kind, dialect: &'static str, reason: String, format: impl Format + 'static) -> Self {
        Reading { kind, dialect, reason, format: Some(Arc::new(format)), refused: None }
    }

    /// The same where `--kind` was given.
    fn forced(self) -> Self {
        Reading { reason: self.reason + "; forced by --kind", ..self }
    }

    fn unread(kind: Kind, reason: impl Into<String>) -> Self {
        Reading { kind, dialect: "", reason: reason.into(), format: None, refused: None }
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
        Some(Kind::Info) => return info::probe::force(head),
        Some(Kind::KeyspaceEvents) => return keyspace::probe::force(head),
        Some(Kind::ClientList) => return client_list::probe::force(head),
        Some(Kind::Slowlog) => return slowlog::probe::force(head),
        Some(Kind::Empty | Kind::Unknown) | None => {}
    }
    [Kind::Monitor, Kind::Slowlog, Kind::ClientList, Kind::KeyspaceEvents, Kind::Info]
        .into_iter()
        .find_map(|kind| probe(kind, head, insight))
        .unwrap_or_else(|| unknown(head))
}

/// Of none of the kinds.
fn unknown(head: &[u8]) -> Reading {
    let refused = refused::refused(head);
    let reason = match refused {
        Some(_) => "no capture: the server had no room for another client (maxclients)",
        None => "none of the known kinds of capture",
    };
    Reading { refused, ..Reading::unread(Kind::Unknown, reason) }
}

/// How to read an input that starts with `head`, if it is of that kind.
fn probe(kind: Kind, head: &[u8], insight: Option<bool>) -> Option<Reading> {
    match kind {
        Kind::Monitor => monitor::probe::probe(head, insight),
        Kind::Slowlog => slowlog::probe::probe(head),
        Kind::ClientList => client_list::probe::probe(head),
        Kind::KeyspaceEvents => keyspace::probe::probe(head),
        Kind::Info => info::probe::probe(head),
        Kind::Empty | Kind::Unknown => None,
    }
}
