//! MONITOR captures.
//!
//! ```text
//! line = [prefix] ["+"] stamp [" "] [context] repr *( " " repr )
//! context = "[" db " " address "] "     Redis 2.6 and later
//!         / "(db " number ") "          Redis 2.0 to 2.4, absent for database 0
//! address = ip ":" port / "[" ip6 "]:" port / "unix:" path / "lua" / "?:0" / "" / a vendor's word
//! ```
//!
//! A sample: `1795172219.700792 [1 127.0.0.1:48292] "SELECT" "1"`.
//!
//! Most files hold such lines and nothing else; [`mod@line`] reads them. What tools wrap around them is
//! taken off by [`wrap`], line by line, because saved files mix forms.

mod escapes;
mod fast;
pub mod line;
mod marks;
pub mod noise;
pub mod probe;
mod reader;
pub mod wrap;

use super::Format;
use crate::event::Sink;

/// Reads MONITOR in any of its forms.
#[derive(Clone, Copy, Debug, Default)]
pub struct Monitor {
    /// Arguments stand in RedisInsight's notation: JSON strings around Redis's escapes.
    pub insight: bool,
}

impl Format for Monitor {
    fn cut(&self, bytes: &[u8]) -> usize {
        let mut end = memchr::memrchr(b'\n', bytes).map_or(0, |at| at + 1);
        // A line whose rest stands in the next one does not end its record.
        while end > 0 {
            let before = bytes.get(..end - 1).unwrap_or_default();
            let start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
            if !wrap::continues(before.get(start..).unwrap_or_default()) {
                break;
            }
            end = start;
        }
        end
    }

    fn scan(&self, block: &[u8], start: u64, sink: &mut dyn Sink) -> u64 {
        reader::Reader::new(self.insight, start).read(block, sink)
    }
}
