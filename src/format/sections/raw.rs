//! What data can imitate, and whether it does: raw output prints line ends as they are.

use std::collections::VecDeque;

use memchr::{memchr_iter, memrchr_iter};

use super::anchor::Anchors;
use super::{STRETCH, last_line};
use crate::format::slowlog::probe::{RawStart, is_socket, raw_start, raw_starts};
use crate::source::SEAM;

/// Entries of which each could be the last one before a border: more than an entry at Redis's own limits (32
/// arguments of 128 bytes) has room for.
const MOST: usize = 512;

/// Lines behind a slow log's last entry that are looked through at most, its address and name among them.
const BETWEEN: usize = 10;

/// Records of a section that the present one could hold as data, at least.
const NEEDED: usize = 2;

/// The present section, as far as its records can hold what looks like another's.
#[derive(Default)]
pub enum Raw {
    /// They cannot: line ends are escaped.
    #[default]
    No,
    /// A raw slow log: the last entry of each poll, and of each chain of ids that its arguments imitate.
    Slowlog(VecDeque<RawStart>),
    /// Messages as bare lines.
    Events,
}

impl Raw {
    /// An entry may start with `view`.
    pub fn entry(&mut self, view: &[u8]) {
        let Some(start) = raw_start(view) else { return };
        if let Raw::Slowlog(last) = self {
            if let Some(at) = last.iter().rposition(|one| one.precedes(&start)) {
                last.remove(at);
            }
            if last.len() == MOST {
                last.pop_front();
            }
            last.push_back(start);
        } else {
            *self = Raw::Slowlog(VecDeque::from([start]));
        }
    }

    /// Where the client's address and name end that stand at the end of `before`, other lines behind them or
    /// none: there a slow log's last entry ends.
    pub fn end(&self, before: &[u8]) -> Option<usize> {
        if !matches!(self, Raw::Slowlog(_)) {
            return None;
        }
        let text = before.strip_suffix(b"\n")?;
        let near = text.get(text.len().saturating_sub(SEAM)..)?;
        // Of the last lines, the last one first: where each starts, and what it says.
        let breaks = memrchr_iter(b'\n', near).map(|at| at + 1 + text.len() - near.len());
        let mut end = text.len();
        let lines = breaks.map(|start| {
            let line = text.get(start..end).unwrap_or_default();
            end = start.saturating_sub(1);
            (start, line)
        });
        let lines: Vec<_> = lines.take(BETWEEN).collect();
        let at = lines.iter().position(|(_, line)| is_socket(line))?;
        let line = |behind: usize| at.checked_sub(behind).and_then(|at| lines.get(at));
        line(1)?;
        // Behind the name Redis 8.10 prints the number of arguments, which has fewer digits than a time.
        let is_count = |line: &[u8]| {
            let line = line.trim_ascii_end();
            (1..=7).contains(&line.len()) && line.iter().all(u8::is_ascii_digit)
        };
        let of_entry = if line(2).is_some_and(|(_, line)| is_count(line)) { 3 } else { 2 };
        Some(line(of_entry).map_or(before.len(), |(start, _)| *start))
    }

    /// Records that show a section which begins here.
    pub fn needed(&self) -> usize {
        if matches!(self, Raw::No) { 1 } else { NEEDED }
    }

    /// Whether the present section goes on behind what looks like another's at `view`, which stands behind
    /// `before`; and how many bytes in, at least.
    ///
    /// A slow log does with the next id, unless the entry with this id stands there too, as in a poll of
    /// another server; and its last entry does with the client's address and name. Messages do with any other
    /// message: a channel's payload is a key, in which nothing tells where it ends.
    pub fn goes_on(&self, before: &[u8], view: &[u8], anchors: &mut Anchors) -> Option<usize> {
        match self {
            Raw::No => None,
            Raw::Slowlog(last) => {
                let near = view.get(..STRETCH).unwrap_or(view);
                let starts = raw_starts(near);
                let next = starts.iter().enumerate().find(|(at, (_, start))| {
                    last.iter().any(|one| one.precedes(start))
                        && !starts.iter().take(*at).any(|(_, one)| one.precedes(start))
                });
                if let Some((_, (at, _))) = next {
                    return Some(*at);
                }
                let end = starts.first().map_or(near.len(), |(at, _)| *at);
                client_in(near.get(..end).unwrap_or_default())
            }
            Raw::Events => {
                let line = last_line(before);
                if line.starts_with(b"__key") || line.starts_with(b"__subkey") {
                    return Some(0);
                }
                let starts = [0].into_iter().chain(memchr_iter(b'\n', view).map(|end| end + 1)).skip(1);
                let mut rests = starts.filter_map(|at| Some((at, view.get(at..)?)));
                rests.find(|(_, rest)| anchors.is_bare_message(rest)).map(|(at, _)| at)
            }
        }
    }
}

/// Where a line stands that is nothing but a client's address, with a line behind it.
fn client_in(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    for end in memchr_iter(b'\n', text) {
        if is_socket(text.get(at..end).unwrap_or_default()) {
            return Some(at);
        }
        at = end + 1;
    }
    None
}
