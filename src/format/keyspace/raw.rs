//! Raw output: bare lines, in which keys that hold line ends cannot be told from what surrounds them.
//!
//! ```text
//! pmessage            message             psubscribe
//! __key*__:*          __keyevent@0__:set  __key*__:*
//! __keyspace@0__:k    k                   1
//! set
//! ```
//!
//! A message is only taken to start where a word, a pattern and a channel that the pattern admits follow
//! each other; everything up to the next start belongs to it. Another channel that the pattern admits starts
//! a message too, which is none of ours.

use memchr::memchr;

use super::channel;
use super::message::{self, Word};
use super::start::{Frame, is_message, split, start};
use crate::event::Channel;
use crate::format::monitor::noise::is_noise;

/// Whether the first line is a word alone.
fn is_word(bytes: &[u8], frame: Frame) -> bool {
    split(bytes).is_some_and(|(line, _)| message::word(frame.strip(line)).is_some())
}

/// Whether the first line is the word of a plain subscription's message, with its lines behind it.
fn is_plain_word(bytes: &[u8], frame: Frame) -> bool {
    split(bytes).is_some_and(|(line, rest)| {
        message::word(frame.strip(line)) == Some(Word::Plain) && lines(rest, 2).1 == 2
    })
}

/// Bytes and lines of another channel's message: its usual lines, up to what starts instead of one.
pub fn foreign(bytes: &[u8], word: Word) -> (usize, u64) {
    let mut buffer = Vec::new();
    let (taken, count) = lines(bytes, if word == Word::Patterned { 3 } else { 2 });
    let rest = bytes.get(taken..).unwrap_or_default();
    if start(rest, &mut buffer).is_some() {
        return (taken, count);
    }
    let (payload, one) = lines(rest, 1);
    (taken + payload, count + one)
}

/// Whether a line follows at `at` that starts nothing.
pub fn goes_on(bytes: &[u8], at: usize) -> bool {
    let rest = bytes.get(at..).unwrap_or_default();
    split(rest).is_some() && start(rest, &mut Vec::new()).is_none()
}

/// A message in raw output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// The subscriber's pattern, empty for a plain subscription.
    pub subscription: &'a [u8],
    /// The channel.
    pub channel: &'a [u8],
    /// What was published.
    pub payload: &'a [u8],
}

/// How much of a block a message takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// Bytes, the last line end included.
    pub bytes: usize,
    /// Lines.
    pub lines: u64,
}

/// Reads the message that starts at `bytes` ([`start`] says so). What is not plain is joined in `buffer`.
///
/// `Err` where the block ends before the message does. Behind the usual lines of a message a line
/// without its end is not its own: of that nobody can tell.
pub fn message<'a>(
    bytes: &'a [u8],
    word: Word,
    frame: Frame,
    buffer: &'a mut Vec<u8>,
) -> Result<(Message<'a>, Extent), Extent> {
    let head = if word == Word::Patterned { 2 } else { 1 };
    let least = head + 2;
    let mut ends = [0; 4];
    let mut extent = Extent::default();
    let mut scratch = Vec::new();
    while extent.bytes < bytes.len() {
        let rest = bytes.get(extent.bytes..).unwrap_or_default();
        // After the usual number of lines the next message starts.
        if extent.lines >= least && start(rest, &mut scratch).is_some() {
            break;
        }
        // The payload is missing where a word stands in its place, with the lines that it needs.
        if extent.lines + 1 == least && is_word(rest, frame) && start(rest, &mut scratch).is_some() {
            return Err(extent);
        }
        // No pattern vouches for another channel's message here. Its word in this place has to.
        if extent.lines == least && is_plain_word(rest, frame) {
            break;
        }
        let Some(end) = memchr(b'\n', rest) else {
            if extent.lines >= least {
                break;
            }
            return Err(Extent { bytes: bytes.len(), lines: extent.lines + 1 });
        };
        extent.bytes += end + 1;
        if let Some(slot) = ends.get_mut(usize::try_from(extent.lines).unwrap_or(usize::MAX)) {
            *slot = extent.bytes;
        }
        extent.lines += 1;
    }
    if extent.lines < least {
        return Err(extent);
    }
    let at = |index: usize| ends.get(index).copied().unwrap_or(0);
    let line = |from: usize, to: usize| {
        let line = bytes.get(from..to).unwrap_or_default();
        line.strip_suffix(b"\n").unwrap_or(line)
    };
    let head = usize::try_from(head).unwrap_or(0);
    let subscription = if word == Word::Patterned { frame.strip(line(at(0), at(1))) } else { b"" };
    let from = at(head - 1);
    if extent.lines > least {
        extent = trim(bytes, extent, at(head + 1), least, subscription, frame);
    }
    let text = line(from, extent.bytes);
    let text = if frame.is_plain() {
        text
    } else {
        buffer.clear();
        for (index, line) in text.split(|byte| *byte == b'\n').enumerate() {
            if index > 0 {
                buffer.push(b'\n');
            }
            buffer.extend_from_slice(frame.strip(line));
        }
        buffer
    };
    let (channel, payload) = part(text).ok_or(extent)?;
    Ok((Message { subscription, channel, payload }, extent))
}

/// Bytes and number of the first whole lines of `bytes`, `most` of them.
pub fn lines(bytes: &[u8], most: usize) -> (usize, u64) {
    memchr::memchr_iter(b'\n', bytes)
        .zip(1..)
        .take(most)
        .last()
        .map_or((0, 0), |(end, lines)| (end + 1, lines))
}

/// The first line, without its line end.
pub fn first_line(bytes: &[u8]) -> &[u8] {
    split(bytes).map_or(bytes, |(line, _)| line)
}

/// The last of the lines that end at `end`, without its line end.
pub fn last_line(bytes: &[u8], end: usize) -> &[u8] {
    let text = bytes.get(..end).unwrap_or_default();
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    memchr::memrchr(b'\n', text).and_then(|at| text.get(at + 1..)).unwrap_or(text)
}

/// A word alone that starts nothing whole: with it goes what can be the pattern and the start of the
/// channel of a message that was cut off. Gives bytes and lines.
pub fn cut_off(bytes: &[u8], word: Word, frame: Frame) -> (usize, u64) {
    let mut buffer = Vec::new();
    let (mut taken, mut count) = lines(bytes, 1);
    let most = if word == Word::Patterned { 3 } else { 2 };
    while count < most {
        let rest = bytes.get(taken..).unwrap_or_default();
        let Some((line, _)) = split(rest).filter(|_| start(rest, &mut buffer).is_none()) else { break };
        let is_pattern = word == Word::Patterned && count == 1 && line.contains(&b'*');
        if !is_pattern && !frame.strip(line).starts_with(b"__") {
            break;
        }
        taken += line.len() + 1;
        count += 1;
    }
    (taken, count)
}

/// Takes off the end of a message of too many lines what tools print, and the cut off start of another:
/// what was saved before a reconnection, or at the end of the capture. The usual lines stay.
fn trim(bytes: &[u8], extent: Extent, usual: usize, least: u64, pattern: &[u8], frame: Frame) -> Extent {
    let text = bytes.get(usual..extent.bytes).unwrap_or_default();
    let mut lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
    let shown = |line: &&[u8]| frame.strip(line.strip_suffix(b"\n").unwrap_or(line)).to_vec();
    loop {
        let last = lines.last().map(shown).unwrap_or_default();
        let before = lines.len().checked_sub(2).and_then(|at| lines.get(at)).map(shown);
        let is_word = |text: &[u8]| message::word(text).is_some_and(is_message);
        if !last.is_empty() && is_noise(&last) || is_word(&last) {
            lines.pop();
        } else if before.is_some_and(|before| is_word(&before)) && last == pattern {
            lines.truncate(lines.len() - 2);
        } else {
            break;
        }
    }
    let bytes = usual + lines.iter().map(|line| line.len()).sum::<usize>();
    Extent { bytes, lines: least + lines.len() as u64 }
}

/// Channel and payload of lines that hold both. An event holds no line end, a key may.
fn part(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (_, (kind, _)) = channel::start(text).ok()?;
    let breaks = || memchr::memchr_iter(b'\n', text);
    let after = |at: usize| text.get(at + 1..).unwrap_or_default();
    let at = match kind {
        Channel::Keyspace | Channel::Subkeyspaceitem => memchr::memrchr(b'\n', text),
        Channel::Keyevent | Channel::Subkeyevent => breaks().next(),
        // The payload is the first line that has the form of one.
        Channel::Subkeyspace => breaks().find(|at| {
            let payload = after(*at);
            let event = payload.split(|byte| matches!(byte, b'|' | b'\n')).next().unwrap_or_default();
            let fields = payload.get(event.len()..).and_then(|rest| rest.strip_prefix(b"|"));
            fields.is_some_and(|fields| channel::counted(fields).is_ok())
        }),
        Channel::Subkeyspaceevent => breaks().find(|at| channel::counted(after(*at)).is_ok()),
    }?;
    Some((text.get(..at)?, after(at)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<(Vec<Vec<u8>>, Extent), Extent> {
        let word = if bytes.starts_with(b"p") { Word::Patterned } else { Word::Plain };
        let mut buffer = Vec::new();
        let frame = Frame { crlf: bytes.contains(&b'\r'), clock: false };
        let (message, extent) = message(bytes, word, frame, &mut buffer)?;
        Ok((vec![message.subscription.to_vec(), message.channel.to_vec(), message.payload.to_vec()], extent))
    }

    #[test]
    fn keys_may_hold_line_ends() {
        for (text, lines, channel, payload) in [
            ("pmessage\n*\n__keyspace@0__:k\nset\n", 4, "__keyspace@0__:k", "set"),
            ("pmessage\n*\n__keyspace@0__:k\nl\n\nset\n", 6, "__keyspace@0__:k\nl\n", "set"),
            ("pmessage\n*\n__keyevent@0__:set\nk\npmessage\nl\n", 6, "__keyevent@0__:set", "k\npmessage\nl"),
            ("message\n__keyevent@0__:set\nk\n\n", 4, "__keyevent@0__:set", "k\n"),
            ("pmessage\r\n*\r\n__keyspace@0__:k\r\nl\r\nset\r\n", 5, "__keyspace@0__:k\nl", "set"),
            ("pmessage\n*\n__subkeyspaceitem@0__:k\nf\nhset\n", 5, "__subkeyspaceitem@0__:k\nf", "hset"),
            (
                "pmessage\n*\n__subkeyspace@0__:k\nl\nhset|1:f,1:g\n",
                5,
                "__subkeyspace@0__:k\nl",
                "hset|1:f,1:g",
            ),
            (
                "pmessage\n*\n__subkeyspace@0__:k\nhset|2:f\n,1:g\n",
                5,
                "__subkeyspace@0__:k",
                "hset|2:f\n,1:g",
            ),
            (
                "pmessage\n*\n__subkeyspaceevent@0__:hset|k\nl\n1:f\n",
                5,
                "__subkeyspaceevent@0__:hset|k\nl",
                "1:f",
            ),
        ] {
            for end in [
                "",
                "pmessage\n*\n__keyevent@0__:del\nx\n",
                "psubscribe\n*\n1\n",
                "\"message\",\"c\",\"x\"\n",
            ] {
                let (parts, extent) = read(format!("{text}{end}").as_bytes()).unwrap();
                assert_eq!(
                    (&parts[1][..], &parts[2][..]),
                    (channel.as_bytes(), payload.as_bytes()),
                    "{text}{end}"
                );
                assert_eq!(extent, Extent { bytes: text.len(), lines }, "{text}{end}");
            }
        }
    }

    #[test]
    fn what_is_cut_off_behind_a_message_is_not_its_key() {
        let whole = "pmessage\n*\n__keyevent@0__:set\nk\n";
        for end in ["pmessage\n", "pmessage\n*\n", "Error: Server closed the connection\n", "message\n^C\n"] {
            let (parts, extent) = read(format!("{whole}{end}").as_bytes()).unwrap();
            assert_eq!((&parts[2][..], extent.bytes), (&b"k"[..], whole.len()), "{end}");
        }
    }

    #[test]
    fn a_message_that_is_cut_off_is_told() {
        for text in [
            "pmessage\n*\n__keyspace@0__:k\n",
            "pmessage\n*\n__keyspace@0__:k\nse",
            "message\n__keyevent@0__:set\n",
        ] {
            assert_eq!(read(text.as_bytes()).unwrap_err().bytes, text.len());
        }
    }
}
