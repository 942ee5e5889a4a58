//! Subscriber output of keyspace notifications.
//!
//! ```text
//! channel = "__keyspace@" db "__:" key            payload = event
//!         / "__keyevent@" db "__:" event          payload = key
//!         / "__subkeyspace@" db "__:" key         payload = event "|" sub *("," sub)     Redis 8.8
//!         / "__subkeyevent@" db "__:" event       payload = len ":" key "|" sub *("," sub)
//!         / "__subkeyspaceitem@" db "__:" key LF field                       payload = event
//!         / "__subkeyspaceevent@" db "__:" event "|" key                     payload = sub *("," sub)
//! sub     = len ":" bytes
//! ```
//!
//! A sample: `"pmessage","__key*__:*","__keyspace@0__:user:1","set"`, as `redis-cli --csv` prints it.
//!
//! Each message is read by the form it is in (`line`, `object`, `raw`), behind whatever tools put around it
//! ([`look`]): files may mix forms. One that differs from an earlier one in nothing but key and event is read
//! at fixed positions (`shape`), and means what the grammar reads. Blocks are cut where a message starts,
//! because only the start of the next one ends a message in raw output.

pub mod channel;
pub mod clock;
pub mod line;
pub mod look;
pub mod message;
pub mod object;
pub mod probe;
pub mod raw;
mod reader;
mod shape;
pub mod start;

use super::{Format, lexical};
use crate::event::Sink;

/// Bytes without a start of a message, from which on a block may end in noise: a subscriber that tries to
/// connect for days must not be held in memory as one block.
const PATIENCE: usize = 1 << 20;

/// Where a line starts that is of no form and stands behind three others of that kind, so that nothing
/// goes on in it; 0 if there is none. `bytes` hold a start of a message at most at their first byte.
fn cut_noise(bytes: &[u8]) -> usize {
    let mut buffer = Vec::new();
    if matches!(look::look(raw::first_line(bytes), &mut buffer).head, look::Head::Bare(_)) {
        // All of it can be one key.
        return 0;
    }
    let Some(mut end) = memchr::memrchr(b'\n', bytes) else { return 0 };
    let (mut cut, mut others) = (0, 0);
    while let Some(before) = bytes.get(..end).and_then(|lines| memchr::memrchr(b'\n', lines)) {
        let line = bytes.get(before + 1..end).unwrap_or_default();
        if look::look(line, &mut buffer).head == look::Head::Other {
            if others == 0 {
                cut = before + 1;
            }
            others += 1;
        } else {
            others = 0;
        }
        if others == 4 {
            return cut;
        }
        end = before;
    }
    0
}

/// Reads keyspace notifications in any of their forms.
#[derive(Clone, Copy, Debug, Default)]
pub struct Keyspace {
    /// JSON arrays are those of `redis-cli --quoted-json`.
    pub doubled: bool,
}

impl Format for Keyspace {
    fn cut(&self, bytes: &[u8]) -> usize {
        let mut buffer = Vec::new();
        let mut end = memchr::memrchr(b'\n', bytes).unwrap_or(0);
        // From the last line back to the first; a message at the very start leaves nothing to cut off.
        while let Some(before) = bytes.get(..end).and_then(|lines| memchr::memrchr(b'\n', lines)) {
            let line = bytes.get(before + 1..).unwrap_or_default();
            if start::start(line, &mut buffer) == Some(start::Start::Message) {
                return before + 1;
            }
            end = before;
        }
        if bytes.len() < PATIENCE { 0 } else { cut_noise(bytes) }
    }

    fn scan(&self, block: &[u8], start: u64, sink: &mut dyn Sink) -> u64 {
        reader::Reader::new(self.doubled, start).read(block, sink, &mut |_| true);
        lexical::lines(block)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_noise_ends_blocks() {
        let noise =
            "Could not connect to Redis at 127.0.0.1:6379: Connection refused\n".repeat(PATIENCE / 60);
        let message = "\"message\",\"__keyevent@0__:set\",\"k\"\n";
        let format = Keyspace::default();
        for (text, ends) in [
            (format!("{message}{noise}"), true),
            (format!("{message}{noise}pmessage\n"), true),
            (format!("{message}{noise}1) \"message\"\n2) \"__key"), true),
            // All of it may be the key.
            (format!("message\n__keyevent@0__:set\n{noise}"), false),
            (format!("{message}{}", &noise[..PATIENCE / 2]), false),
            (format!("{message}{}", "1) \"x\"\n".repeat(PATIENCE / 7)), false),
        ] {
            let cut = format.cut(text.as_bytes());
            assert_eq!(cut > 0, ends, "{cut}");
            if ends {
                assert!(
                    text.len() - cut < 1_000
                        && (text[cut..].starts_with("Could") || text[cut..].starts_with("1) ")),
                    "{cut}"
                );
            }
        }
    }
}
