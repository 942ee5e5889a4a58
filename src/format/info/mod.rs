//! Dumps of INFO: one, or a series that a script appended to one file.
//!
//! ```text
//! dump    = 1*( section / field / blank )          lines end in CRLF, as the server sends them
//! section = "# " name                              `# Server`, `# Cluster Info`
//! field   = key ":" value                          split at the first colon: paths hold more of them
//! value   = text / part *( "," part )              part = name "=" text
//! ```
//!
//! A dump starts at a section, or at a key that servers print, where none is open. It goes on until
//! something else stands there (a clock, a separator, a prompt, the length of a RESP string) or until
//! it starts anew: `# Server`, `redis_version`, or what it held already. Sections may be missing, and
//! servers before 2.6 print none. Tools print dumps as they are; [`wrap`] takes off what MULTI, Lua
//! and client libraries put around them.

mod dump;
pub mod line;
pub mod probe;
mod reader;
pub mod wrap;

use super::{Format, lexical};
use crate::event::Sink;

/// Reads dumps of INFO in any of their forms.
#[derive(Clone, Copy, Debug, Default)]
pub struct Info;

impl Format for Info {
    fn cut(&self, bytes: &[u8]) -> usize {
        reader::Reader::new(bytes, 0).last_border()
    }

    fn scan(&self, block: &[u8], start: u64, sink: &mut dyn Sink) -> u64 {
        reader::Reader::new(block, start).read(sink);
        lexical::lines(block)
    }
}
