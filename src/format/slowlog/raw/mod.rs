//! Polls as redis-cli prints them where its output is no terminal: a line for every element, nothing
//! escaped, all nesting lost.
//!
//! ```text
//! 21                      id, one less in each entry
//! 1795172229              seconds since 1970
//! 6                       microseconds
//! SET                     arguments, which may hold line ends
//! k
//! 127.0.0.1:40630         address and name: Redis 4.0 and later
//! slow-app
//! ```
//!
//! An argument can hold what looks like the first lines of an entry, so no line alone tells where one
//! starts. [`chain`] weighs all places where one could and takes the best way through them; [`shape`]
//! says what must stand at the end of an entry. All of the input is looked at at once, but where
//! [`border`] is certain of the way.

mod border;
mod chain;
mod lines;
mod near;
mod room;
mod shape;
mod weight;

use std::ops::Range;

use lines::{Kept, Lines, of_length};
use room::Room;
use shape::Fit;

use super::entry::{At, Fields, Parted, emit_by, ten_digit_seconds, whole_in};
use super::noise::is_noise;
use crate::error::Reject;
use crate::event::{Args, Place, Sink, Skipped, Span};
use crate::format::lexical;

pub(super) use border::{Scale, last_border};
pub(super) use chain::Path;

/// A place where an entry may start. There are as many as entries and more, so it is small: what else its
/// numbers say is read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    pub(super) id: u64,
    /// In microseconds since 1970.
    pub(super) time: i64,
    /// Lines in front of it.
    line: u32,
}

/// Lines that the numbers of an entry take.
const NUMBERS: usize = 3;

impl Start {
    /// The line of its id.
    fn line(&self) -> usize {
        self.line as usize
    }

    /// The line behind the three numbers.
    fn body(&self) -> usize {
        self.line() + NUMBERS
    }
}

/// Bytes that are read together: an input is cut there.
const MOST: usize = crate::source::MAX_RECORD;

/// Bytes of a short line and of a short entry, for which there is room from the start.
const LINE: usize = 7;
const ENTRY: usize = 60;

/// What stands where in an input.
pub(super) struct Places<'a> {
    text: &'a [u8],
    /// As [`Lines`] has them.
    from: Vec<u32>,
    /// Whether lines end with CR LF, as those of the first start do.
    crlf: bool,
    /// Every place where an entry may start, in order.
    pub(super) starts: Vec<Start>,
    kept: Kept,
}

impl<'a> Places<'a> {
    /// Of up to [`MOST`] bytes.
    pub(super) fn of(text: &'a [u8]) -> Self {
        Places::ended(text, None)
    }

    /// The same where it may be known already whether lines end with CR LF.
    fn ended(text: &'a [u8], crlf: Option<bool>) -> Self {
        Places::within(text, crlf, Vec::new(), Vec::new())
    }

    /// The same with what there is room for. What is in `from` is written over; there are no `starts` yet.
    fn within(text: &'a [u8], mut crlf: Option<bool>, mut from: Vec<u32>, mut starts: Vec<Start>) -> Self {
        starts.reserve(text.len() / ENTRY);
        from.reserve((text.len() / LINE).saturating_sub(from.len()));
        lines::find(text, &mut from);
        of_length(TIME, &from, |time| {
            if let Some(line) = time.checked_sub(1)
                && let Some([id, time, us, body]) =
                    from.get(line..).and_then(|lines| lines.first_chunk().copied())
                && let Some((start, ends)) = start(text, [id, time, us, body].map(|at| at as usize), line)
                && *crlf.get_or_insert(ends) == ends
            {
                starts.push(start);
            }
        });
        if from.last().is_some_and(|last| (*last as usize) < text.len()) {
            from.push(text.len() as u32 + 1);
        }
        Places { text, from, crlf: crlf.unwrap_or(false), starts, kept: Kept::default() }
    }

    fn lines(&self) -> Lines<'_> {
        Lines::new(self.text, &self.from, self.crlf, &self.kept)
    }

    /// The starts, each with the place of its first byte.
    pub(super) fn placed(&self) -> impl Iterator<Item = (usize, Start)> {
        self.starts.iter().map(|start| (self.lines().at(start.line()), *start))
    }

    /// What stands in front of the first start.
    pub(super) fn head(&self) -> &'a [u8] {
        let end = self.starts.first().map_or(self.text.len(), |first| self.lines().at(first.line()));
        self.text.get(..end).unwrap_or_default()
    }
}

/// Whether a line of so many bytes, its end included, can be a time. Of what else is in a log, little can.
fn is_time(bytes: u32) -> bool {
    bytes.wrapping_sub(TIME) < 2
}

/// Bytes of a time with a line feed; a carriage return is one more.
const TIME: u32 = 11;

/// The entry that may start with `text`.
pub(super) fn first(text: &[u8]) -> Option<Start> {
    // Most lines are told by their first byte.
    text.first().filter(|first| first.is_ascii_digit())?;
    let end = |from: usize| {
        let rest = text.get(from..)?;
        // Longer lines are no numbers.
        Some(from + memchr::memchr(b'\n', rest.get(..NUMBER).unwrap_or(rest))? + 1)
    };
    let time = end(0)?;
    let us = end(time).filter(|us| is_time((us - time) as u32))?;
    let lines = [0, time, us, end(us)?];
    start(text, lines, 0).map(|(start, _)| start)
}

/// Bytes of the longest number, and of its line end.
const NUMBER: usize = 22;

/// What starts with three numbers in lines that start there, the last of which is that of the arguments; and
/// whether they end with CR LF.
// What it gives is put where it belongs at once.
#[inline(always)]
fn start(text: &[u8], [at, time, us, body]: [usize; 4], line: usize) -> Option<(Start, bool)> {
    // Nearly all else is told by its first byte.
    if !text.get(at)?.is_ascii_digit() || !text.get(us)?.is_ascii_digit() || body >= text.len() {
        return None;
    }
    let crlf = us - time == 12;
    let [id_end, time_end, us_end] = [time, us, body].map(|next| next - 1 - usize::from(crlf));
    if crlf && [id_end, time_end, us_end].into_iter().any(|end| text.get(end) != Some(&b'\r')) {
        return None;
    }
    let plain = |from: usize, to: usize| to == from + 1 || text.get(from) != Some(&b'0');
    let time = ten_digit_seconds(text.get(time..time_end)?)?;
    let start = Start { line: u32::try_from(line).ok()?, id: whole_in(text, at, id_end)?, time };
    (plain(at, id_end) && plain(us, us_end) && whole_in(text, us, us_end).is_some()).then_some((start, crlf))
}

/// Reads all of an input, or of what stands between two borders; `scale` is the input's where it is known. Gives how
/// many lines there are, a last one without a line end included.
pub(super) fn read(text: &[u8], offset: u64, scale: Option<Scale>, sink: &mut dyn Sink) -> u64 {
    let (mut at, mut line) = (offset, 0);
    for part in text.chunks(MOST) {
        let Room { from, starts, best, dead } = Room::take();
        let places = Places::within(part, scale.map(|scale| scale.crlf), from, starts);
        let path = Path::by(&places, scale, best, dead);
        read_places(&places, &path, (at, line), sink);
        at += part.len() as u64;
        line += places.lines().count() as u64;
        let (best, dead) = path.end();
        Room { from: places.from, starts: places.starts, best, dead }.give();
    }
    // What is cut anywhere is cut within a line.
    if text.len() > MOST { lexical::lines(text) } else { line }
}

/// Reads what starts so many bytes and lines into the input.
fn read_places(places: &Places<'_>, path: &Path<'_>, (offset, line): (u64, u64), sink: &mut dyn Sink) {
    let (lines, starts) = (places.lines(), &places.starts);
    let mut out = Out { lines, offset, before: line, next: 0, spans: Vec::new(), sink };
    out.until(starts.first().map_or(lines.count(), Start::line));
    let mut at = 0;
    while let Some(step) = path.step(at) {
        at = step.places.end;
        let Some(start) = starts.get(step.places.start) else { continue };
        let end = starts.get(step.places.end).map(Start::line);
        let behind = end.unwrap_or(lines.count());
        match &step.fit {
            Some(fit) => {
                out.entry(start, fit);
                match end {
                    None if fit.torn => out.skip(behind, Skipped::Truncated),
                    _ if out.next < behind => out.until(behind),
                    _ => {}
                }
            }
            None if end.is_some() => out.reject(behind),
            None => out.skip(behind, Skipped::Truncated),
        }
    }
}

/// What was handed on so far.
struct Out<'a> {
    lines: Lines<'a>,
    /// Bytes of the input in front of these lines.
    offset: u64,
    /// Lines of the input in front of these.
    before: u64,
    /// The first line that was not handed on.
    next: usize,
    spans: Vec<Span>,
    sink: &'a mut dyn Sink,
}

impl<'a> Out<'a> {
    /// Where the next lines stand, which go up to `end`.
    fn take(&mut self, end: usize) -> At {
        let at = self.lines.at(self.next);
        let place = Place { offset: self.offset + at as u64, line: self.before + self.next as u64 };
        self.next = end;
        At { place, bytes: (self.lines.at(end) - at) as u64 }
    }

    /// The next lines, which go up to `end`, with their ends.
    fn text(&self, end: usize) -> &'a [u8] {
        self.lines.text.get(self.lines.at(self.next)..self.lines.at(end)).unwrap_or_default()
    }

    fn skip(&mut self, end: usize, why: Skipped) {
        if end > self.next {
            let at = self.take(end);
            self.sink.skip(at.place, at.bytes, why);
        }
    }

    fn reject(&mut self, end: usize) {
        let text = self.text(end);
        let at = self.take(end);
        let reason = "numbers of an entry, and no command, address and name behind them";
        self.sink.reject(Reject { place: at.place, bytes: at.bytes, reason, text });
    }

    /// Lines between polls, and in front of the first one: noise, or the end of an entry cut off.
    fn until(&mut self, end: usize) {
        while self.next < end {
            let is_first = self.offset == 0 && self.next == 0;
            if is_first && !is_noise(self.text(1).trim_ascii_end()) {
                // The rest of an entry goes up to the first whole one.
                return self.skip(end, Skipped::Truncated);
            }
            self.skip(self.next + 1, Skipped::Noise);
        }
    }

    fn entry(&mut self, start: &Start, fit: &Fit) {
        let lines = self.lines;
        let get = |range: &Range<usize>| lines.text.get(range.clone()).unwrap_or_default();
        self.spans.clear();
        // As many bytes as are read together have room in the number.
        let span = |line: Range<usize>| Span { start: line.start as u32, len: line.len() as u32, escapes: 0 };
        self.spans.extend(lines.ranges(fit.args.clone()).map(span));
        let us = lines.range(start.line() + 2);
        let fields = Fields {
            id: Some(start.id),
            time: start.time,
            us: us.and_then(|us| whole_in(lines.text, us.start, us.end)).unwrap_or(0),
            argc: fit.argc,
            client: fit.client.as_ref().map(get),
            name: fit.name.as_ref().map(get),
            complexity: fit.complexity.as_ref().map(get),
        };
        let parted = if fit.neat && fit.argc.is_none() { Parted::Whole } else { Parted::Lines };
        let at = self.take(fit.end);
        let args = Args::new(lines.text, &self.spans);
        emit_by(&fields, args, parted, at, self.sink, |args| lines.arity(args));
    }
}
