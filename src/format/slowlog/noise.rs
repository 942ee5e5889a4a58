//! What tools print around and between polls.

use crate::format::clock;
use crate::format::monitor::noise;

/// Whether a line is something that tools print, and no entry.
pub(super) fn is_noise(line: &[u8]) -> bool {
    noise::is_noise(line) || is_separator(line) || matches!(line, b"(empty array)" | b"(empty list or set)")
}

/// Bytes of the shortest clock.
const SHORTEST: usize = 7;

/// Digits that a day or a clock has at least.
const DIGITS: usize = 5;

/// Whether a line is what scripts put between polls: blank, `---`, or a time, a day or a clock with or without
/// such around it.
pub(super) fn is_separator(line: &[u8]) -> bool {
    is_separator_by(line, clock::is_day_or_clock)
}

/// The same where `is_clock` tells days and clocks, which takes long.
pub(super) fn is_separator_by(line: &[u8], is_clock: impl FnOnce(&[u8]) -> bool) -> bool {
    let mut line = line.trim_ascii();
    let decoration = |byte: &u8| matches!(byte, b'-' | b'=' | b'#' | b'*' | b' ');
    while let [first, rest @ ..] = line {
        if !decoration(first) {
            break;
        }
        line = rest;
    }
    while let [rest @ .., last] = line {
        if !decoration(last) {
            break;
        }
        line = rest;
    }
    // Of lines that are as long, few have as many digits.
    let digits = || line.iter().filter(|byte| byte.is_ascii_digit()).take(DIGITS).count();
    line.is_empty() || (line.len() >= SHORTEST && digits() == DIGITS && is_clock(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_are_told() {
        for (line, separates) in [
            (&b""[..], true),
            (b"---", true),
            (b"=== 2026-06-18T14:19:17Z ===", true),
            (b"1795173300", true),
            (b"Thu Jun 18 14:19:17 UTC 2026", true),
            (b"Do 18. Jun 14:19:17 CEST 2026", true),
            (b"pt lis 20 17:03:39 CET 2026", true),
            ("2026年06月18日".as_bytes(), true),
            (b"18.06.2026", true),
            (b"14:19:17", true),
            (b"1:02:03", true),
            (b"10.0.0.7:40630", false),
            (b"fd00::1:2:3", false),
            (b"42", false),
            (b"my-app", false),
            (b"-1", false),
        ] {
            assert_eq!(is_separator(line), separates, "{}", line.escape_ascii());
        }
        assert!(is_noise(b"(empty array)") && is_noise(b"127.0.0.1:6379> slowlog get"));
    }
}
