//! What CLIENT LIST snapshots show: who is connected, since when, and how that changes.
//!
//! Where a snapshot ends can depend on any row before, so a block's part keeps its rows in a compact form
//! (`row.rs`), and merging appends them: that is associative. The run's own value is told of every
//! input's start; it resolves rows into snapshots as they are merged into it and keeps none of them
//! beyond the snapshot that is open ([`splitter`]). What it keeps follows snapshots, connections and
//! groups, each with a bound (`series.rs`).

mod finish;
mod groups;
mod held;
#[cfg(test)]
mod laws;
pub mod name;
pub(crate) mod row;
mod runs;
mod series;
pub mod splitter;

pub use groups::host;
use row::{NO_TEXT, NO_TEXTS, Row};
use series::Series;

use crate::event::{ClientRow, SnapshotStart};
use crate::format::client_list::field::Finder;
use crate::intern::Interner;
use crate::report::{Bytes, connections as report};

/// Distinct names, addresses and so on that are kept; later new ones are shown as missing. About 100 MB.
const MOST_TEXTS: usize = 1 << 20;

/// Rows from which on a part is merged at once: half a megabyte.
const LARGE: usize = 3_000;

/// A step of the capture.
#[derive(Clone, Debug)]
enum Item {
    Sign { input: u32, time: Option<i64> },
    Row(Row),
}

impl Item {
    fn input(&self) -> u32 {
        match self {
            Item::Sign { input, .. } | Item::Row(Row { input, .. }) => *input,
        }
    }

    fn row(&self) -> Option<&Row> {
        match self {
            Item::Row(row) => Some(row),
            Item::Sign { .. } => None,
        }
    }
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Connections {
    /// What rows' texts are numbers of.
    texts: Interner,
    /// Not resolved yet.
    items: Vec<Item>,
    finder: Finder,
    /// Only in the run's own value.
    series: Option<Box<Series>>,
}

/// What is left of a block's part once it is merged.
#[derive(Debug, Default)]
pub struct Room {
    texts: Interner,
    items: Vec<Item>,
}

impl Connections {
    /// Uses this room, before anything else.
    pub fn enter(&mut self, Room { texts, items }: Room) {
        (self.texts, self.items) = (texts, items);
    }

    /// Takes in a row of the input numbered `input`.
    pub fn observe(&mut self, record: &ClientRow<'_>, input: u32) {
        // A sign may stand between them.
        let before = self.items.iter().rev().take(2).find_map(Item::row);
        let texts = before.map_or(NO_TEXTS, |row| row.texts);
        let (row, again) = Row::of(before, record, input);
        self.items.push(Item::Row(row));
        if let Some(Item::Row(row)) = self.items.last_mut() {
            row.take(record, again, &texts, &mut self.finder, &mut self.texts);
        }
    }

    /// The rows that follow are of a new snapshot.
    pub fn snapshot(&mut self, start: &SnapshotStart, input: u32) {
        let same = |item: &Item| matches!(item, Item::Sign { input: held, .. } if *held == input);
        let time = start.time;
        match self.items.last_mut() {
            // Lines between two dumps are one sign, with the last of their times.
            Some(last @ Item::Sign { .. }) if same(last) => {
                if time.is_some() {
                    *last = Item::Sign { input, time };
                }
            }
            _ => self.items.push(Item::Sign { input, time }),
        }
    }

    /// The next input begins, and this is the run's own value: rows are resolved from here on.
    /// `modified` is when the file was last written to, in microseconds since 1970.
    pub fn start_input(&mut self, input: u32, path: &[u8], modified: Option<i64>) {
        let series = self.series.get_or_insert_default();
        series.input(input, path, modified);
    }

    /// Whether there are many rows, for a part of an input.
    pub fn is_large(&self) -> bool {
        self.items.len() >= LARGE
    }

    /// Appends what follows; `lines` tells how many lines of an input came before. Gives the room that is left.
    pub fn merge(&mut self, later: Connections, lines: impl Fn(u32) -> u64) -> Room {
        let Connections { mut texts, mut items, .. } = later;
        if items.is_empty() {
            return Room { texts, items };
        }
        let numbers: Vec<u32> = texts.iter().map(|(hash, text)| self.text(hash, text)).collect();
        let mut before = None;
        for mut item in items.drain(..) {
            if let Item::Row(row) = &mut item {
                // Rows of an input come one after the other.
                let (_, lines) = match before {
                    Some(held @ (input, _)) if input == row.input => held,
                    _ => *before.insert((row.input, lines(row.input))),
                };
                row.place.line += lines;
                row.renumber(&numbers);
            }
            match &mut self.series {
                Some(series) => series.take(item, &mut self.texts),
                None => self.items.push(item),
            }
        }
        texts.clear();
        Room { texts, items }
    }

    /// The number of a text here.
    fn text(&mut self, hash: u64, text: &[u8]) -> u32 {
        if self.texts.len() < MOST_TEXTS {
            return self.texts.intern(hash, text);
        }
        self.texts.find(hash, text).unwrap_or(NO_TEXT)
    }

    /// The report's part; `paths` are the inputs' by number. Bounds that took over are said in `bounds`.
    pub fn finish(&mut self, paths: &[Bytes], bounds: &mut Vec<String>) -> report::Connections {
        let mut series = self.series.take().unwrap_or_default();
        for item in std::mem::take(&mut self.items) {
            if !series.knows(item.input()) {
                let path = paths.get(item.input() as usize).map_or(&b""[..], |path| &path.0);
                series.input(item.input(), path, None);
            }
            series.take(item, &mut self.texts);
        }
        series.close(&mut self.texts);
        if self.texts.len() >= MOST_TEXTS {
            bounds.push(format!(
                "more than {MOST_TEXTS} names and addresses of CLIENT LIST: later ones are missing"
            ));
        }
        let found = finish::finish(&series, &self.texts, paths, bounds);
        // To let go of it takes long.
        self.series = Some(series);
        found
    }
}
