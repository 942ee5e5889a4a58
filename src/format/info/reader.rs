//! The lines of one block: dumps, and what stands between them.

use std::ops::Range;

use memchr::memchr;

use super::dump::Dump;
use super::line::{Line, classify};
use super::wrap::{self, Part, Wrapping};
use crate::error::Reject;
use crate::event::{Place, Sink, Skipped};
use crate::format::forms::Nowhere;
use crate::format::monitor::wrap::terminal;

/// Why a line within a dump could not be read.
const REASON: &str = "no section and no key with its value, within a dump of INFO";

/// Of how many lines, by what they were found to be.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    /// Dumps.
    pub(super) dumps: usize,
    /// Of these, behind a RESP length.
    pub(super) resp: usize,
    /// Of these, in quotes.
    pub(super) quoted: usize,
    /// Of these, as a dict.
    pub(super) dicts: usize,
    /// Lines of dumps.
    pub(super) own: u64,
    /// Other lines that are not blank.
    pub(super) other: u64,
}

/// A physical line.
struct Piece<'b> {
    place: Place,
    /// Its line end included.
    bytes: u64,
    /// Without its line end.
    text: &'b [u8],
    /// Where `text` stands in the block.
    range: Range<usize>,
    /// Whether the line end is there.
    ended: bool,
}

/// A line whose meaning the next one tells.
struct Pending {
    place: Place,
    bytes: u64,
    text: Range<usize>,
    blank: bool,
}

pub(super) struct Reader<'b> {
    block: &'b [u8],
    start: u64,
    /// The dump that is open.
    dump: Option<Dump>,
    /// Lines since the last one of the dump.
    pending: Vec<Pending>,
    /// Lines within the dump that could not be read.
    broken: Vec<Pending>,
    /// The last clock, for the next dump.
    time: Option<i64>,
    /// Whether a RESP length stood just before.
    framed: bool,
    /// Whether the line before looked like a key with its value, outside of a dump.
    loose: bool,
    tally: Tally,
}

impl<'b> Reader<'b> {
    /// Reads a block that starts `start` bytes into its input.
    pub(super) fn new(block: &'b [u8], start: u64) -> Self {
        Reader {
            block,
            start,
            dump: None,
            pending: Vec::new(),
            broken: Vec::new(),
            time: None,
            framed: false,
            loose: false,
            tally: Tally::default(),
        }
    }

    /// Gives every byte of the block to `sink`.
    pub(super) fn read(mut self, sink: &mut dyn Sink) {
        for piece in pieces(self.block, self.start) {
            self.line(&piece, sink);
        }
        self.close(sink);
    }

    /// Reads whole lines until `most` of them were not blank; tells what they were.
    pub(super) fn sample(mut self, most: u64) -> Tally {
        let only = self.block.len() == memchr(b'\n', self.block).unwrap_or(self.block.len());
        for piece in pieces(self.block, self.start).take_while(|piece| piece.ended || only) {
            self.line(&piece, &mut Nowhere);
            if self.tally.own + self.tally.other >= most {
                break;
            }
        }
        self.close(&mut Nowhere);
        self.tally
    }

    /// Where the last line starts at which reading can begin anew, in bytes of the block: before it
    /// stands nothing that it, or what follows, belongs to.
    pub(super) fn last_border(mut self) -> usize {
        let mut border = 0;
        for piece in pieces(self.block, self.start).take_while(|piece| piece.ended) {
            if self.line(&piece, &mut Nowhere) {
                border = piece.range.start;
            }
        }
        border
    }

    /// Reads a line; tells whether reading could begin with it.
    fn line(&mut self, piece: &Piece<'b>, sink: &mut dyn Sink) -> bool {
        let mut plain = Vec::new();
        let mut text = trim_end(piece.text);
        if memchr(0x1b, text).is_some() || memchr(b'\r', text).is_some() {
            terminal(text, &mut plain);
            text = &plain;
        }
        let mut line = verbatim(text).unwrap_or_else(|| classify(text));
        if matches!(line, Line::Wrapped) {
            let mut inner = Vec::new();
            if let Some((wrapping, parts)) = wrap::unwrap(text, &mut inner) {
                return self.wrapped(piece, &inner, (wrapping, &parts), sink);
            }
            line = Line::Other;
        }
        // Nobody can tell what is missing.
        if !piece.ended && !matches!(line, Line::Blank | Line::Noise | Line::Frame | Line::Clock(_)) {
            self.close(sink);
            sink.skip(piece.place, piece.bytes, Skipped::Truncated);
            return false;
        }
        let Some(dump) = &mut self.dump else { return self.outside(piece, &line, sink) };
        match line {
            _ if dump.ends_before(&line) => {}
            Line::Section { .. } | Line::Known(..) | Line::Loose(..) | Line::Comment => {
                self.tally.own += 1;
                for pending in self.pending.drain(..) {
                    match pending.blank {
                        true => dump.add_bytes(pending.bytes),
                        false => self.broken.push(pending),
                    }
                }
                dump.take(&line, piece.place, piece.bytes);
                return false;
            }
            Line::Blank if dump.is_empty() => {
                sink.skip(piece.place, piece.bytes, Skipped::Noise);
                return false;
            }
            // One line can be damaged; two in a row are something else.
            Line::Blank | Line::Other if !dump.is_empty() => {
                let blank = line == Line::Blank;
                if blank || self.pending.iter().all(|pending| pending.blank) {
                    self.tally.other += u64::from(!blank);
                    let (place, bytes, text) = (piece.place, piece.bytes, piece.range.clone());
                    self.pending.push(Pending { place, bytes, text, blank });
                    return false;
                }
            }
            _ => {}
        }
        self.close(sink);
        self.outside(piece, &line, sink)
    }

    /// A line while no dump is open.
    fn outside(&mut self, piece: &Piece<'b>, line: &Line<'_>, sink: &mut dyn Sink) -> bool {
        let after_loose = std::mem::take(&mut self.loose);
        let fresh = !after_loose && self.time.is_none();
        match line {
            Line::Section { known: true, .. } | Line::Known(..) => {
                self.begin(piece, line);
                return fresh;
            }
            Line::Section { name, .. } if !name.contains(&b' ') => {
                self.begin(piece, line);
                return fresh;
            }
            Line::Loose(..) if piece.range.start == 0 && self.is_cut_off(piece) => {
                self.tally.other += 1;
                // A block starts with such a line only where its input does.
                sink.skip(piece.place, piece.bytes, Skipped::Truncated);
                self.dump = Some(Dump::new(piece.place, None));
                return false;
            }
            Line::Clock(time) => {
                sink.skip(piece.place, piece.bytes, Skipped::Noise);
                self.time = Some(*time);
                return !after_loose;
            }
            Line::Loose(..) => self.loose = true,
            Line::Frame => self.framed = true,
            _ => {}
        }
        self.tally.other += u64::from(!matches!(line, Line::Blank | Line::Frame));
        sink.skip(piece.place, piece.bytes, Skipped::Noise);
        fresh && !self.loose
    }

    /// Whether the block's first line is the rest of a dump's line: more of the dump follows. A name
    /// that a script wrote (`redis-1:6379`) stands before the dump's first section.
    fn is_cut_off(&self, piece: &Piece<'b>) -> bool {
        let next = self.block.get(piece.range.start + piece.bytes as usize..).unwrap_or_default();
        let next = next.get(..memchr(b'\n', next).unwrap_or(next.len())).unwrap_or_default();
        matches!(classify(next), Line::Known(..) | Line::Loose(..) | Line::Blank)
    }

    fn begin(&mut self, piece: &Piece<'b>, line: &Line<'_>) {
        let mut dump = Dump::new(piece.place, self.time.take());
        dump.take(line, piece.place, piece.bytes);
        self.tally.own += 1;
        self.tally.resp += usize::from(std::mem::take(&mut self.framed));
        self.dump = Some(dump);
    }

    /// A line that holds whole dumps.
    fn wrapped(
        &mut self,
        piece: &Piece<'b>,
        inner: &[u8],
        (wrapping, parts): (Wrapping, &[Part]),
        sink: &mut dyn Sink,
    ) -> bool {
        if self.dump.is_some() {
            self.close(sink);
        }
        let fresh = !std::mem::take(&mut self.loose) && self.time.is_none();
        let time = self.time.take();
        let (mut start, mut read) = (0, 0);
        for (at, part) in parts.iter().enumerate() {
            // What stands behind the last one goes with it.
            let end = if at + 1 == parts.len() { piece.bytes } else { piece.bytes.min(part.read as u64) };
            let place = Place { offset: piece.place.offset + read, ..piece.place };
            let mut dump = Dump::new(place, time);
            self.tally.own += dump.take_text(inner.get(start..part.end).unwrap_or_default(), end - read);
            dump.emit(sink);
            (start, read) = (part.end, end);
        }
        self.framed = false;
        let count = parts.len();
        self.tally.dumps += count;
        match wrapping {
            Wrapping::Quoted => self.tally.quoted += count,
            Wrapping::Dict => self.tally.dicts += count,
        }
        fresh
    }

    /// The dump ends before the lines that are pending.
    fn close(&mut self, sink: &mut dyn Sink) {
        if let Some(dump) = self.dump.take() {
            if dump.has_signs() {
                self.tally.dumps += 1;
                dump.emit(sink);
            } else if !dump.is_empty() {
                let (place, bytes) = dump.extent();
                sink.skip(place, bytes, Skipped::Noise);
            }
        }
        for Pending { place, bytes, text, .. } in self.broken.drain(..) {
            let text = self.block.get(text).unwrap_or_default();
            sink.reject(Reject { place, bytes, reason: REASON, text });
        }
        for pending in self.pending.drain(..) {
            sink.skip(pending.place, pending.bytes, Skipped::Noise);
        }
        (self.time, self.framed, self.loose) = (None, false, false);
    }
}

/// The lines of a block that starts `start` bytes into its input.
fn pieces(block: &[u8], start: u64) -> impl Iterator<Item = Piece<'_>> {
    let (mut at, mut line) = (0, 0);
    std::iter::from_fn(move || {
        let rest = block.get(at..).filter(|rest| !rest.is_empty())?;
        let end = memchr(b'\n', rest);
        let text = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        let bytes = text.len() + usize::from(end.is_some());
        let place = Place { offset: start + at as u64, line };
        let piece =
            Piece { place, bytes: bytes as u64, text, range: at..at + text.len(), ended: end.is_some() };
        at += bytes;
        line += 1;
        Some(piece)
    })
}

fn trim_end(mut line: &[u8]) -> &[u8] {
    while let Some(rest) = line.strip_suffix(b"\r") {
        line = rest;
    }
    line
}

/// The first line of a RESP3 verbatim string.
fn verbatim(line: &[u8]) -> Option<Line<'_>> {
    Some(classify(line.strip_prefix(b"txt:")?))
        .filter(|line| matches!(line, Line::Section { .. } | Line::Known(..)))
}
