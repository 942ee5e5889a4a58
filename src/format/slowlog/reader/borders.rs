//! Where pieces start, told without reading all that is before them.

use memchr::memchr;

use super::super::csv;
use super::super::terminal::{self, trim_end};
use super::super::words::{self, Buffers};
use super::{Reader, Slowlog};
use crate::format::forms::Nowhere;
use crate::format::monitor::wrap;

/// Where the last piece of `bytes` starts that is sure to be one and stands behind a whole one; 0 if there
/// is none. What is not whole must not end a block: only at the input's end it is cut off.
pub(in crate::format::slowlog) fn last_start(format: Slowlog, bytes: &[u8]) -> usize {
    let mut end = previous_start(bytes, bytes.len());
    while end > 0 {
        let start = previous_start(bytes, end);
        if is_whole(format, bytes.get(start..end).unwrap_or_default()) {
            break;
        }
        end = start;
    }
    end
}

/// The last sure start in front of `end`, 0 if there is none.
fn previous_start(bytes: &[u8], mut end: usize) -> usize {
    while let Some(at) = memchr::memrchr(b'\n', bytes.get(..end).unwrap_or_default()) {
        if at + 1 < end && starts_piece(bytes.get(at + 1..).unwrap_or_default()) {
            return at + 1;
        }
        end = at;
    }
    0
}

/// Whether nothing in `bytes` would be taken for cut off at their end.
fn is_whole(format: Slowlog, bytes: &[u8]) -> bool {
    let mut whole = true;
    // Not the input's start, where the rest of an entry can stand.
    Reader::new(format, 1).read(bytes, &mut Nowhere, &mut |piece| {
        whole = !piece.torn;
        whole
    });
    whole
}

/// Whether `text` starts with a line that no piece before it can hold.
fn starts_piece(text: &[u8]) -> bool {
    let line = text.get(..memchr(b'\n', text).unwrap_or(text.len())).unwrap_or_default();
    match line.first() {
        Some(b'{') => true,
        // An array of arguments starts with a text.
        Some(b'[') => {
            let within = text.get(1..).unwrap_or_default().trim_ascii_start();
            matches!(within.first(), Some(b'[' | b'{' | b']' | b'0'..=b'9'))
        }
        Some(b'0'..=b'9') if csv::is_start(line) => true,
        None | Some(b'"' | b'}' | b']' | b'\r') => false,
        Some(first) => {
            let line = trim_end(line);
            terminal_head(line)
                || (first.is_ascii_alphanumeric()
                    && (line.ends_with(b"}") && memchr(b'{', line).is_some() || is_delivered(line)))
        }
    }
}

fn terminal_head(line: &[u8]) -> bool {
    if memchr(0x1b, line).is_none() {
        return terminal::head(line).is_some();
    }
    let mut clean = Vec::new();
    wrap::terminal(line, &mut clean);
    terminal::head(&clean).is_some()
}

fn is_delivered(line: &[u8]) -> bool {
    words::delivered(line, &mut Buffers::default()).is_some()
}

/// Where a value that goes on behind its first line must have ended.
pub(super) fn window_end(rest: &[u8], first: usize) -> usize {
    let mut at = first;
    while at < rest.len() {
        let text = rest.get(at..).unwrap_or_default();
        if starts_piece(text) {
            return at;
        }
        at += memchr(b'\n', text).map_or(text.len(), |end| end + 1);
    }
    rest.len()
}
