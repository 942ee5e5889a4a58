//! What stands between the snapshots of a series, and the times in front of rows.

use memchr::memmem;

use crate::format::clock;

/// Bytes of a line that can be a separator; longer ones are text.
const LONGEST: usize = 256;

/// Words of a line in front of a time.
const WORDS: usize = 12;

/// A line that stands between snapshots: its time, where it shows one. `None` for any other line.
///
/// These are blank lines, lines of `-`, `=`, `#`, `*`, `_` or `~`, a time in any form of [`clock`] with such
/// decoration or words in front (`watch` prints its command first), the length of a raw RESP answer, and a
/// prompt at which CLIENT LIST was typed.
pub fn separator(line: &[u8]) -> Option<Option<i64>> {
    let text = line.trim_ascii();
    if text.len() > LONGEST {
        return None;
    }
    let bare = undecorated(text);
    if bare.is_empty() || is_length(text) {
        return Some(None);
    }
    // A time has digits, and most lines of other tools have none.
    let mut time = None;
    if bare.iter().any(u8::is_ascii_digit) {
        let tails = memchr::memchr_iter(b' ', bare).take(WORDS).filter_map(|at| bare.get(at + 1..));
        time = std::iter::once(bare).chain(tails.map(undecorated)).find_map(clock::time);
    }
    (time.is_some() || is_question(text)).then_some(time)
}

fn undecorated(text: &[u8]) -> &[u8] {
    let is = |byte: &u8| {
        matches!(
            byte,
            b'-' | b'=' | b'#' | b'*' | b'_' | b'~' | b'[' | b']' | b'<' | b'>' | b'|' | b':' | b' '
        )
    };
    let start = text.iter().position(|byte| !is(byte)).unwrap_or(text.len());
    let end = text.iter().rposition(|byte| !is(byte)).map_or(start, |end| end + 1);
    text.get(start..end).unwrap_or_default()
}

/// `$512` (RESP2) or `=516` (RESP3).
fn is_length(text: &[u8]) -> bool {
    matches!(text, [b'$' | b'=', digits @ ..] if !digits.is_empty() && digits.iter().all(u8::is_ascii_digit))
}

/// `127.0.0.1:6379> client list`, `$ redis-cli client list`.
fn is_question(text: &[u8]) -> bool {
    let lower = text.to_ascii_lowercase();
    let finds = |sign: &[u8]| memmem::find(&lower, sign).is_some();
    finds(b"client list") && (finds(b"> ") || finds(b"-cli "))
}

/// The time of a prefix that `ts`, a container's log, a script or Redis's own log put in front of a row.
/// Where it has none, or only a day without a year, there is no clock.
pub fn prefix_time(prefix: &[u8]) -> Option<i64> {
    if !prefix.iter().any(u8::is_ascii_digit) {
        return None;
    }
    if let Some((time, _)) = clock::leading(prefix) {
        return Some(time);
    }
    let ends = |byte: &u8| matches!(byte, b',' | b';' | b'|' | b' ' | b'\t' | b'[' | b']' | b':' | b'"');
    let start = prefix.iter().position(|byte| !ends(byte))?;
    let end = prefix.iter().rposition(|byte| !ends(byte))? + 1;
    let bare = prefix.get(start..end)?;
    clock::time(bare).or_else(|| log_time(bare)).or_else(|| {
        memchr::memchr_iter(b' ', bare).find_map(|at| clock::leading(bare.get(at + 1..)?)).map(|t| t.0)
    })
}

/// `12345:M 18 Jun 2024 14:18:17.123 # …`: Redis's log.
fn log_time(line: &[u8]) -> Option<i64> {
    let mut words = line.split(|byte| *byte == b' ').skip(1);
    let (day, month, year, clock) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let (clock, fraction) = match memchr::memchr(b'.', clock) {
        Some(dot) => (clock.get(..dot)?, clock.get(dot + 1..)?),
        None => (clock, &b""[..]),
    };
    let millis = match fraction {
        [] => 0,
        digits => std::str::from_utf8(digits).ok()?.parse::<u16>().ok()?,
    };
    let time = clock::time(&[day, month, year, clock].join(&b' '))?;
    Some(time + i64::from(millis) * 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIME: i64 = 1_781_792_357_000_000;

    #[test]
    fn separators_are_told_with_their_times() {
        for (line, expected) in [
            ("", Some(None)),
            ("  ", Some(None)),
            ("---", Some(None)),
            ("=====", Some(None)),
            ("=301", Some(None)),
            ("$512", Some(None)),
            ("127.0.0.1:6379> client list", Some(None)),
            ("$ redis-cli CLIENT LIST", Some(None)),
            ("1781792357", Some(Some(TIME))),
            ("1781792357000", Some(Some(TIME))),
            ("=== 2026-06-18T14:19:17+00:00 ===", Some(Some(TIME))),
            ("--- Thu Jun 18 14:19:17 UTC 2026 ---", Some(Some(TIME))),
            ("Thu Jun 18 14:19:17 UTC 2026", Some(Some(TIME))),
            ("### snapshot 3 at 2026-06-18 14:19:17", Some(Some(TIME))),
            ("Every 2.0s: redis-cli client list    db1: Thu Jun 18 14:19:17 2026", Some(Some(TIME))),
            ("time: 1781792357", Some(Some(TIME))),
            ("[2026-06-18 14:19:17]", Some(Some(TIME))),
            ("(error) NOAUTH Authentication required.", None),
            ("OK", None),
            ("127.0.0.1:6379> get x", None),
            ("17", None),
            ("hello 2026", None),
        ] {
            assert_eq!(separator(line.as_bytes()), expected, "{line}");
        }
    }

    #[test]
    fn prefixes_tell_their_time() {
        for (prefix, expected) in [
            ("2026-06-18 14:19:17,", Some(TIME)),
            ("1781792357 ", Some(TIME)),
            ("1781792357.25 ", Some(TIME + 250_000)),
            ("2026-06-18T14:19:17.000000000Z ", Some(TIME)),
            ("Thu Jun 18 14:19:17 UTC 2026: ", Some(TIME)),
            ("[2026-06-18 14:19:17] ", Some(TIME)),
            ("12:M 18 Jun 2026 14:19:17.123 # Client ", Some(TIME + 123_000)),
            ("redis-1  | 2026-06-18T14:19:17Z ", Some(TIME)),
            ("Jun 18 14:19:17 ", None),
            ("Client ", None),
            ("", None),
        ] {
            assert_eq!(prefix_time(prefix.as_bytes()), expected, "{prefix}");
        }
    }
}
