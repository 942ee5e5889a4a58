//! CLIENT LIST: one row a client, dumps of it in a series.
//!
//! ```text
//! row    = [prefix] [ "id=" number " " ] "addr=" value *( " " field )
//! field  = key "=" value                 key = [a-z-]+, split at the first "="
//! ```
//!
//! A sample: `id=3 addr=127.0.0.1:43672 fd=8 name= age=2 idle=2 flags=N db=3 … cmd=get`.
//!
//! redis-cli prints the answer as it is in every mode; only MULTI/EXEC, scripts and JSON make one quoted
//! string of it, and Python a list of dicts. [`field`] names what versions print, [`row`] reads a row, `fields`
//! those that follow each other, [`separator`] tells what stands between snapshots.

mod dict;
pub mod field;
mod fields;
pub mod probe;
mod quoted;
mod reader;
pub mod row;
pub mod separator;

use super::{Format, lexical};
use crate::event::Sink;

/// Reads CLIENT LIST in any of its forms.
#[derive(Clone, Copy, Debug, Default)]
pub struct ClientList;

impl Format for ClientList {
    fn cut(&self, bytes: &[u8]) -> usize {
        let mut end = memchr::memrchr(b'\n', bytes).map_or(0, |at| at + 1);
        // A line whose rest stands in the next one does not end its record.
        while end > 0 {
            let before = bytes.get(..end - 1).unwrap_or_default();
            let start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
            if !dict::goes_on(before.get(start..).unwrap_or_default()) {
                break;
            }
            end = start;
        }
        end
    }

    fn scan(&self, block: &[u8], start: u64, sink: &mut dyn Sink) -> u64 {
        let lines = reader::Reader::new(start).read(block, sink);
        debug_assert_eq!(lines, lexical::lines(block));
        lines
    }
}
