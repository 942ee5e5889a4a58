//! Where a file that holds several kinds goes over from one to the next.
//!
//! People save `(redis-cli INFO; redis-cli CLIENT LIST) > all.txt`, or let two subscribers write into one log.
//! A section is a stretch of lines of one kind. It begins at a line that only its kind prints (`anchor`), and
//! what follows must be what its kind's own detection accepts. All other lines belong to the section
//! before them, the first ones to the section behind them; a clock in front of an anchor belongs to the anchor.
//!
//! Data can imitate an anchor only where a tool prints it unescaped: in raw slow logs and raw messages. There a
//! section needs more than one record, and none begins where what it would end goes on behind it.

mod anchor;
mod raw;

use std::collections::VecDeque;

use memchr::{memchr, memrchr};

use super::{Kind, Reading, info, probe};
use crate::source::{SEAM, SIGHT, Seek};
use anchor::Anchors;
use raw::Raw;

/// Bytes behind a section's first line that must be of its kind: more than a dump of INFO, and more than an
/// entry of a slow log at Redis's own limits (32 arguments of 128 bytes).
const STRETCH: usize = 32 << 10;

/// Bytes that a row of CLIENT LIST in a raw slow log's argument cannot have: Redis cuts arguments at 128 and
/// says so (`SLOWLOG_ENTRY_MAX_STRING`).
const ARGUMENT: usize = 160;

/// Bytes that looks at what turns out to be no section may cost, beyond [`COST`] times those of the input: so
/// that no input takes long.
const CREDIT: usize = 4 << 20;
const COST: usize = 8;

/// A section that begins.
pub struct Section {
    /// Its kind, and how it is read.
    pub reading: Reading,
    /// When it was printed, in microseconds since 1970, where it is of CLIENT LIST and what stands before it says so.
    pub time: Option<i64>,
}

/// Finds the sections of one input, in order.
pub struct Sections {
    insight: Option<bool>,
    anchors: Anchors,
    kind: Option<Kind>,
    raw: Raw,
    /// The sections that were found and not yet read.
    found: VecDeque<Section>,
    /// Whether reading has begun: then the first section was, whether it was found or not.
    is_read: bool,
    /// Whether the present section has begun, and its anchor is yet to come: what stands before it begins nothing.
    is_led: bool,
    /// When what follows was printed, in microseconds since 1970: by a clock or by INFO, with nothing between that
    /// lasts.
    clock: Option<i64>,
    /// Bytes that were looked at in vain and are not made up for.
    spent: usize,
}

impl Sections {
    /// For the start of an input; `insight` as in [`super::detect`].
    pub fn new(insight: Option<bool>) -> Self {
        Sections {
            insight,
            anchors: Anchors::new(insight),
            kind: None,
            raw: Raw::No,
            found: VecDeque::new(),
            is_read: false,
            is_led: false,
            clock: None,
            spent: 0,
        }
    }

    /// Whether an input that begins with `head` holds more than one kind there.
    pub fn are_in(head: &[u8], insight: Option<bool>) -> bool {
        matches!(Sections::new(insight).seek(head, 0, true), Seek::Seam(_))
    }

    /// The next section, which begins with `head`: the first one, or what [`Sections::seek`] found last but has
    /// not come to yet.
    pub fn next(&mut self, head: &[u8]) -> Option<Section> {
        self.is_read = true;
        let Section { reading, time } = self.found.pop_front()?;
        Some(Section { reading: probe(reading.kind, head, self.insight).unwrap_or(reading), time })
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
            let mut next = next_line(text, at);
            match self.anchors.at(view, self.kind) {
                Some(kind) if self.kind == Some(kind) => {
                    self.is_led = false;
                    self.follow(kind, view);
                    if kind == Kind::Info {
                        self.clock = info::probe::server_time(first_line(view)).or(self.clock);
                    }
                }
                Some(_) if self.is_led => {}
                Some(kind) => match self.confirm(kind, view, text.get(..at).unwrap_or_default()) {
                    Ok((reading, told)) => {
                        let seam = self.lead(kind, text, at);
                        let time = self.time(kind, text.get(seam..at).unwrap_or_default());
                        let is_first = self.kind.replace(kind).is_none();
                        self.raw = Raw::No;
                        self.follow(kind, view);
                        if !(is_first && self.is_read) {
                            self.found.push_back(Section { reading, time });
                        }
                        if !is_first {
                            self.is_led = true;
                            return Seek::Seam(seam);
                        }
                        if ended || text.len() - at >= SIGHT + told {
                            next = next.max(at + told);
                        }
                    }
                    Err(none) => next = next.max(at + none),
                },
                None => {}
            }
            self.spent = self.spent.saturating_sub((next - at).saturating_mul(COST));
            at = next;
        }
        Seek::Clear(at.min(text.len()))
    }

    /// When a section is printed in front of which `lead` stands. MONITOR and messages last: behind them that time
    /// is over. So it is behind CLIENT LIST, which has its own time from then on.
    fn time(&mut self, kind: Kind, lead: &[u8]) -> Option<i64> {
        for line in lead.split(|byte| *byte == b'\n') {
            // Between what is typed time passes.
            if anchor::is_typed(line) {
                self.clock = None;
            }
            self.clock = anchor::clock(line).or(self.clock);
        }
        match kind {
            Kind::Monitor | Kind::KeyspaceEvents => {
                self.clock = None;
                None
            }
            Kind::ClientList => self.clock.take(),
            _ => None,
        }
    }

    /// Keeps what tells whether the present section goes on.
    fn follow(&mut self, kind: Kind, view: &[u8]) {
        match kind {
            Kind::Slowlog => self.raw.entry(view),
            Kind::KeyspaceEvents if self.anchors.is_bare_message(view) => self.raw = Raw::Events,
            _ => {}
        }
    }

    /// How to read what begins with `view`, if it is of that kind and not data of what stands `before`, and how many
    /// bytes need no other look, as nothing of another kind begins in them; else how many bytes in the next look is
    /// due.
    fn confirm(&mut self, kind: Kind, view: &[u8], before: &[u8]) -> Result<(Reading, usize), usize> {
        if let Some(at) = self.raw.goes_on(before, view, &mut self.anchors) {
            return Err(self.vain(at, STRETCH.min(view.len())));
        }
        let (stretch, anchored, found) = self.stretch(kind, view);
        let long = kind == Kind::ClientList && first_line(view).len() > ARGUMENT;
        if found >= self.raw.needed() || long {
            // Behind the last anchor other text may follow that has no anchor.
            let own = probe(kind, stretch, self.insight).or_else(|| probe(kind, anchored, self.insight));
            if let Some(reading) = own {
                // What `follow` and the clock take of other kinds' lines they take line by line.
                let is_told = matches!(kind, Kind::Monitor | Kind::ClientList) && stretch.ends_with(b"\n");
                return Ok((reading, if is_told { stretch.len() } else { 0 }));
            }
        }
        Err(self.vain(0, stretch.len()))
    }

    /// So many bytes were looked at in vain: gives `at`, or where they end if too many were.
    fn vain(&mut self, at: usize, bytes: usize) -> usize {
        self.spent = self.spent.saturating_add(bytes);
        if self.spent > CREDIT { at.max(bytes) } else { at }
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

    /// Where the section of the anchor at `at` begins: with the clock, the heading, the prompt, the length or the
    /// server's `OK` that stands in front of it; and right behind the last entry of a raw slow log.
    fn lead(&mut self, kind: Kind, text: &[u8], at: usize) -> usize {
        if let Some(end) = self.raw.end(text.get(..at).unwrap_or_default()) {
            return end;
        }
        let (mut start, mut from) = (at, at);
        while from > 0 {
            let before = text.get(..from).unwrap_or_default();
            let line = last_line(before);
            from = before.strip_suffix(b"\n").unwrap_or(before).len() - line.len();
            // Where line ends are not escaped any line can be data. Else blank ones belong to what leads above them.
            let is_free = matches!(self.raw, Raw::No);
            let is_blank = line.trim_ascii().is_empty() && is_free;
            // A record that starts with a clock is no clock.
            let leads = (self.anchors.leads(kind, line) || is_free && anchor::names(kind, line))
                && self.anchors.at(text.get(from..).unwrap_or_default(), self.kind).is_none();
            if !(leads || is_blank) || at - from > SEAM {
                break;
            }
            start = if leads { from } else { start };
        }
        start
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
