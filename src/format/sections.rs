//! Where a file that holds several kinds goes over from one to the next.
//!
//! People save `(redis-cli INFO; redis-cli CLIENT LIST) > all.txt`, or let two subscribers write into one log.
//! A section is a stretch of lines of one kind. It begins at a line that only its kind prints ([`anchor`]), and
//! what follows must be what its kind's own detection accepts. All other lines belong to the section
//! before them, the first ones to the section behind them; a clock in front of an anchor belongs to the anchor.
//!
//! Data can imitate an anchor only where a tool prints it unescaped: in raw slow logs and raw messages. There a
//! section needs more than one record, and none begins where what it would end goes on behind it.

use memchr::{memchr, memrchr};

use super::{Kind, Reading, anchor::Anchors, probe, slowlog};
use crate::source::{SEAM, SIGHT, Seek};

/// Bytes behind a section's first line that must be of its kind: more than a dump of INFO, and more than an
/// entry of a slow log at Redis's own limits (32 arguments of 128 bytes).
const STRETCH: usize = 32 << 10;

/// Bytes that a row of CLIENT LIST in a raw slow log's argument cannot have: Redis cuts arguments at 128 and
/// says so (`SLOWLOG_ENTRY_MAX_STRING`).
const ARGUMENT: usize = 160;

/// Where the present section came from, as far as data can imitate what ends it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Raw {
    /// Nowhere: line ends are escaped.
    No,
    /// A raw slow log, and the id of its last entry.
    Slowlog(u64),
    /// Messages as bare lines.
    Events,
}

/// Finds the sections of one input, in order.
pub struct Sections {
    insight: Option<bool>,
    anchors: Anchors,
    kind: Option<Kind>,
    raw: Raw,
    reading: Option<Reading>,
}

impl Sections {
    /// For the start of an input; `insight` as in [`super::detect`].
    pub fn new(insight: Option<bool>) -> Self {
        Sections { insight, anchors: Anchors::new(insight), kind: None, raw: Raw::No, reading: None }
    }

    /// Whether an input that begins with `head` holds more than one kind there.
    pub fn are_in(head: &[u8], insight: Option<bool>) -> bool {
        matches!(Sections::new(insight).seek(head, 0, true), Seek::Seam(_))
    }

    /// How the section is read that begins with `head` and that [`Sections::seek`] has found; once each.
    pub fn reading(&mut self, head: &[u8]) -> Option<Reading> {
        let found = self.reading.take();
        let kind = self.kind?;
        probe(kind, head, self.insight).or(found)
    }

    /// Looks for the next section in `text`, from the first line that starts at `from` or later. `text` shows
    /// [`SIGHT`] bytes beyond what is to be decided, unless the input has `ended`.
    pub fn seek(&mut self, text: &[u8], from: usize, ended: bool) -> Seek {
        let mut at = from;
        if from > 0 && text.get(from - 1) != Some(&b'\n') {
            at = next_line(text, from);
        }
        while at < text.len() && (ended || text.len() - at >= SIGHT) {
            let rest = text.get(at..).unwrap_or_default();
            let view = rest.get(..SIGHT).unwrap_or(rest);
            if let Some(kind) = self.anchors.at(view, self.kind) {
                if self.kind == Some(kind) {
                    self.follow(kind, view);
                } else if let Some(reading) = self.confirm(kind, view, text.get(..at).unwrap_or_default()) {
                    let seam = self.kind.map(|_| self.lead(kind, text, at));
                    self.kind = Some(kind);
                    self.reading = Some(reading);
                    self.raw = Raw::No;
                    self.follow(kind, view);
                    if let Some(seam) = seam {
                        return Seek::Seam(seam);
                    }
                }
            }
            at = next_line(text, at);
        }
        Seek::Clear(at.min(text.len()))
    }

    /// Keeps what tells whether the present section goes on.
    fn follow(&mut self, kind: Kind, view: &[u8]) {
        match kind {
            Kind::Slowlog => {
                if let Some(id) = slowlog::probe::raw_start(view) {
                    self.raw = Raw::Slowlog(id);
                }
            }
            Kind::KeyspaceEvents if self.anchors.is_bare(view) => self.raw = Raw::Events,
            _ => {}
        }
    }

    /// How to read what begins with `view`, if it is of that kind and not data of what stands `before`.
    fn confirm(&mut self, kind: Kind, view: &[u8], before: &[u8]) -> Option<Reading> {
        let mut needed = 1;
        match self.raw {
            Raw::Slowlog(last) => {
                if slowlog::probe::raw_follows(view.get(..STRETCH).unwrap_or(view), last) {
                    return None;
                }
                needed = 2;
            }
            Raw::Events => {
                // A channel's payload has not come yet, or its key goes on.
                let line = last_line(before);
                if line.starts_with(b"__key") || line.starts_with(b"__subkey") {
                    return None;
                }
                needed = 2;
            }
            Raw::No => {}
        }
        let (stretch, anchored, found) = self.stretch(kind, view);
        let long = kind == Kind::ClientList && first_line(view).len() > ARGUMENT;
        if found < needed && !long {
            return None;
        }
        // Behind the last anchor other text may follow that has no anchor.
        probe(kind, stretch, self.insight).or_else(|| probe(kind, anchored, self.insight))
    }

    /// The lines up to the next anchor of another kind, those up to the last anchor of its own, and how many
    /// anchors these are; of INFO each line counts as one.
    fn stretch<'t>(&mut self, kind: Kind, view: &'t [u8]) -> (&'t [u8], &'t [u8], usize) {
        let mut at = next_line(view, 0);
        let mut last = at;
        let most = at.saturating_add(STRETCH);
        let mut found = 1;
        while at < view.len() && at < most {
            let rest = view.get(at..).unwrap_or_default();
            match self.anchors.at(rest, Some(kind)) {
                Some(other) if other != kind => break,
                Some(_) => {
                    found += 1;
                    last = next_line(view, at);
                }
                None => {}
            }
            at = next_line(view, at);
        }
        (view.get(..at).unwrap_or(view), view.get(..last).unwrap_or(view), found)
    }

    /// Where the section of the anchor at `at` begins: with the clock, the length or the server's `OK` that
    /// stands in front of it. Behind a raw slow log an `OK` can be an argument.
    fn lead(&self, kind: Kind, text: &[u8], at: usize) -> usize {
        let mut start = at;
        loop {
            let before = text.get(..start).unwrap_or_default();
            let line = last_line(before);
            let leads = self.anchors.leads(kind, line)
                && (self.raw == Raw::No || !matches!(line.trim_ascii(), b"OK" | b"+OK"));
            let first = before.strip_suffix(b"\n").and_then(|lines| memrchr(b'\n', lines));
            let next = first.map_or(0, |end| end + 1);
            if !leads || start == 0 || at - next > SEAM {
                return start;
            }
            start = next;
        }
    }
}

fn next_line(text: &[u8], at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    memchr(b'\n', rest).map_or(text.len(), |end| at + end + 1)
}

fn first_line(text: &[u8]) -> &[u8] {
    text.get(..memchr(b'\n', text).unwrap_or(text.len())).unwrap_or_default()
}

/// Without its line end.
fn last_line(text: &[u8]) -> &[u8] {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    text.get(memrchr(b'\n', text).map_or(0, |end| end + 1)..).unwrap_or_default()
}
