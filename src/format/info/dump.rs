//! The dump that is being read, and what shows that another one begins.

use std::collections::HashSet;
use std::ops::Range;

use super::line::{Line, classify};
use crate::event::{InfoDump, Place, Sink};

/// A dump so far.
#[derive(Debug, Default)]
pub(super) struct Dump {
    /// Of its first line.
    place: Place,
    /// Of its own lines, their ends included.
    bytes: u64,
    /// The clock that stood before it.
    time: Option<i64>,
    /// Sections, keys and values, one after the other.
    text: Vec<u8>,
    /// Where they stand in `text`.
    fields: Vec<[Range<usize>; 3]>,
    section: Range<usize>,
    /// Sections (with a `#` before) and, where no section was seen, keys.
    seen: HashSet<Vec<u8>>,
    sections: bool,
    /// Whether it holds something that servers print.
    signs: bool,
}

impl Dump {
    /// A dump whose first line is at `place`.
    pub(super) fn new(place: Place, time: Option<i64>) -> Self {
        Dump { place, time, ..Dump::default() }
    }

    /// Whether nothing of it was seen: its first line was cut off.
    pub(super) fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    /// Whether it holds something that servers print.
    pub(super) fn has_signs(&self) -> bool {
        self.signs
    }

    /// Whether `line` cannot belong to this dump, but to the next one.
    pub(super) fn ends_before(&self, line: &Line<'_>) -> bool {
        match line {
            _ if self.is_empty() => false,
            Line::Section { name, .. } => {
                name.eq_ignore_ascii_case(b"Server") || self.seen.contains([b"#", *name].concat().as_slice())
            }
            // Of these a server prints one for each module.
            Line::Known(b"module" | b"modules", _) | Line::Loose(b"module" | b"modules", _) => false,
            Line::Known(key @ b"redis_version", _) => {
                self.seen.contains(*key) || !self.section().eq_ignore_ascii_case(b"Server")
            }
            Line::Known(key, _) | Line::Loose(key, _) => !self.sections && self.seen.contains(*key),
            _ => false,
        }
    }

    fn section(&self) -> &[u8] {
        self.text.get(self.section.clone()).unwrap_or_default()
    }

    /// Takes a line of `bytes` bytes that belongs to it.
    pub(super) fn take(&mut self, line: &Line<'_>, place: Place, bytes: u64) {
        if self.is_empty() {
            self.place = place;
        }
        self.bytes += bytes;
        self.read(line);
    }

    /// Takes in what a line says.
    fn read(&mut self, line: &Line<'_>) {
        match line {
            Line::Section { name, known } => {
                self.section = self.push(name);
                self.sections = true;
                self.signs |= known;
                self.seen.insert([b"#", *name].concat());
            }
            Line::Known(key, value) => {
                self.signs = true;
                self.field(key, value);
            }
            Line::Loose(key, value) => self.field(key, value),
            _ => {}
        }
    }

    fn field(&mut self, key: &[u8], value: &[u8]) {
        if !self.sections || key == b"redis_version" {
            self.seen.insert(key.to_vec());
        }
        let field = [self.section.clone(), self.push(key), self.push(value)];
        self.fields.push(field);
    }

    fn push(&mut self, text: &[u8]) -> Range<usize> {
        let start = self.text.len();
        self.text.extend_from_slice(text);
        start..self.text.len()
    }

    /// A line between its own lines, or the frame around it, that says nothing.
    pub(super) fn add_bytes(&mut self, bytes: u64) {
        self.bytes += bytes;
    }

    /// Takes a whole dump that stood on one line of `bytes` bytes; gives how many lines it has.
    pub(super) fn take_text(&mut self, text: &[u8], bytes: u64) -> u64 {
        self.bytes += bytes;
        text.split(|byte| *byte == b'\n').fold(0, |lines, line| {
            self.read(&classify(line));
            lines + 1
        })
    }

    /// Where it starts, and its bytes.
    pub(super) fn extent(&self) -> (Place, u64) {
        (self.place, self.bytes)
    }

    /// Hands it on.
    pub(super) fn emit(&self, sink: &mut dyn Sink) {
        let part = |range: &Range<usize>| self.text.get(range.clone()).unwrap_or_default();
        let fields: Vec<_> =
            self.fields.iter().map(|[section, key, value]| (part(section), part(key), part(value))).collect();
        sink.info(&InfoDump { place: self.place, bytes: self.bytes, time: self.time, fields: &fields });
    }
}
