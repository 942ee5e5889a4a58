//! What the server writes in place of what it does not log.
//!
//! ```text
//! ... (10 more arguments)        in place of the last arguments, past 31 of them
//! xxxxx... (22 more bytes)       behind the first 128 bytes of an argument
//! ```
//!
//! Both are ordinary strings (`slowlogCreateEntry` in Redis's `src/slowlog.c`); the limits are settings
//! since Redis 8.8, so what counts is the text. ElastiCache's log puts the first in place of all arguments.

use crate::event::Args;

/// What every marker starts with.
const START: &[u8] = b"... (";

/// The longest marker: that of 2^64 - 1 arguments.
const LONGEST: usize = START.len() + 20 + ARGUMENTS.len();

const ARGUMENTS: &[u8] = b" more arguments)";
const BYTES: &[u8] = b" more bytes)";

/// How many arguments are missing, where `argument` stands in place of them. Only the last of a call can.
#[inline]
pub fn more_arguments(argument: &[u8]) -> Option<u64> {
    if argument.starts_with(START) { more(ARGUMENTS, argument) } else { None }
}

/// Length of an argument as it was sent, where `argument`, decoded or not, ends with the marker that
/// some of its bytes are missing. `length` is the decoded length of what stands there.
#[inline]
pub fn whole_length(argument: &[u8], length: usize) -> Option<u64> {
    if !argument.ends_with(BYTES) {
        return None;
    }
    let start = argument.len().saturating_sub(LONGEST);
    let tail = argument.get(start..)?;
    let marker = tail.get(memchr::memmem::rfind(tail, START)?..)?;
    let missing = more(BYTES, marker)?;
    // The marker holds nothing that is escaped.
    u64::try_from(length - marker.len()).ok()?.checked_add(missing)
}

/// How many arguments a call had: those that stand there, but for a last one that stands for others.
pub fn argc(args: &Args<'_>) -> u64 {
    let shown = args.len() as u64;
    missing(args).map_or(shown, |missing| (shown - 1).saturating_add(missing))
}

/// The arguments without a last one that stands for others.
pub fn logged<'a>(args: &Args<'a>) -> Args<'a> {
    args.first(args.len() - usize::from(missing(args).is_some()))
}

fn missing(args: &Args<'_>) -> Option<u64> {
    more_arguments(args.get(args.len().checked_sub(1)?)?.raw)
}

/// The number in a marker of this kind.
#[inline(never)]
fn more(what: &[u8], text: &[u8]) -> Option<u64> {
    let digits = text.strip_prefix(START)?.strip_suffix(what)?;
    // Nothing else may stand there, not even a sign.
    let is_number = digits.len() <= 20 && digits.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(digits).ok().filter(|_| is_number)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Span;

    #[test]
    fn missing_arguments_are_counted() {
        for (text, missing) in [
            (&b"... (10 more arguments)"[..], Some(10)),
            (b"... (1 more arguments)", Some(1)),
            (b"... (10 more bytes)", None),
            (b"x... (10 more arguments)", None),
            (b"... (10 more arguments) ", None),
            (b"... (x more arguments)", None),
            (b"... (+5 more arguments)", None),
            (b"... ( more arguments)", None),
            (b"... (00000000000000000001 more arguments)", Some(1)),
            (b"... (000000000000000000001 more arguments)", None),
            (b"... (99999999999999999999 more arguments)", None),
            (b"", None),
        ] {
            assert_eq!(more_arguments(text), missing, "{}", text.escape_ascii());
        }
    }

    #[test]
    fn cut_arguments_had_their_length() {
        let long = [&[b'x'; 128][..], b"... (22 more bytes)"].concat();
        for (text, length, whole) in [
            (&long[..], long.len(), Some(150)),
            (b"... (7 more bytes)", 18, Some(7)),
            (br"\xff... (4 more bytes)", 19, Some(5)),
            (b"a... (1 more bytes)... (2 more bytes)", 37, Some(21)),
            (b"a... (1 more bytes) ", 20, None),
            (b"a.. (1 more bytes)", 18, None),
            (b"short", 5, None),
            (b"", 0, None),
        ] {
            assert_eq!(whole_length(text, length), whole, "{}", text.escape_ascii());
        }
    }

    #[test]
    fn calls_had_their_arguments() {
        let line = b"DELk... (40 more arguments)";
        let span = |start, len| Span { start, len, escapes: 0 };
        for (spans, count) in [
            (&[span(0, 3), span(3, 1)][..], 2),
            (&[span(0, 3), span(3, 1), span(4, 23)], 42),
            (&[span(0, 3), span(4, 23)], 41),
            (&[], 0),
        ] {
            assert_eq!(argc(&Args::new(line, spans)), count);
        }
    }
}
