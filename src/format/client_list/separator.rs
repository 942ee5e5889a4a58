//! What stands between the snapshots of a series, and the times in front of rows.

use memchr::memmem;

use super::row::is_rest;
use crate::format::clock;
use crate::format::monitor::noise::is_noise;

/// Bytes of a line that can be a separator; longer ones are text.
const LONGEST: usize = 256;

/// Words of a line in front of a time.
const WORDS: usize = 12;

/// A line that stands between snapshots: its time, where it shows one. `None` for any other line.
///
/// These are blank lines, lines of `-`, `=`, `#`, `*`, `_` or `~`, a time in any form of [`clock`] with such
/// decoration or words in front (`watch` prints its command first), a day or a clock in other forms, a
/// heading, the length of a raw RESP answer, and a prompt that waits or at which CLIENT LIST was typed.
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
    (time.is_some() || is_question(text) || is_heading(text) || clock::is_day_or_clock(bare)).then_some(time)
}

/// `=== node 1 ===`, `--- x`, `==> x <==`, `### x`, `# node x`, `[node1]`, `node1:`, `10.0.0.1:6379>`: a
/// line that a script or a tool prints above what follows. Fields of a row and JSON are none.
fn is_heading(text: &[u8]) -> bool {
    if is_rest(text) || text.iter().any(|byte| matches!(byte, b'"' | b'\'' | b'{')) {
        return false;
    }
    let is_word = |text: &[u8]| !text.is_empty() && !text.iter().any(u8::is_ascii_whitespace);
    match text {
        [b'[', name @ .., b']'] | [b'#', b' ', name @ ..] => !name.trim_ascii().is_empty(),
        [a, b, ..] if a == b && b"=-#*~_+>".contains(a) => true,
        // Names of nodes and prompts.
        [name @ .., b':'] => is_word(name),
        _ => is_noise(text) && text.ends_with(b">"),
    }
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
            ("Fr 20. Nov 17:03:39 CET 2026", Some(Some(1_795_190_619_000_000))),
            ("20/Nov/2026:17:03:39 +0000", Some(Some(1_795_194_219_000_000))),
            ("--- [20/Nov/2026:18:03:39 +0100] ---", Some(Some(1_795_194_219_000_000))),
            ("2026-11-20 17:03:39,123", Some(Some(1_795_194_219_123_000))),
            ("2026-11-20T18:03:39.5+01:00", Some(Some(1_795_194_219_500_000))),
            ("=== node1 ===", Some(None)),
            ("--- x ---", Some(None)),
            ("---- x", Some(None)),
            ("### x", Some(None)),
            ("# node 1", Some(None)),
            ("[node1]", Some(None)),
            ("==> clients.txt <==", Some(None)),
            (">>> Calling client list", Some(None)),
            ("node1:", Some(None)),
            ("10.0.0.1:6379>", Some(None)),
            ("10.0.0.1:6379[5]> ", Some(None)),
            ("redis /tmp/redis.sock>", Some(None)),
            ("11/20/2026 17:03:39", Some(None)),
            ("11/20/2026 05:03:39 PM", Some(None)),
            ("pt lis 20 17:03:39 CET 2026", Some(None)),
            ("2026年 11月 20日 金曜日 17:03:39 JST", Some(Some(1_795_161_819_000_000))),
            ("20.11.2026 17:03", None),
            ("14:19:17", Some(None)),
            ("[14:19:17]", Some(None)),
            ("=== 14:19:17 UTC ===", Some(None)),
            ("18.06.2026", Some(None)),
            ("18.06.2026 14:19:17", Some(Some(TIME))),
            ("Do 18. Jun 16:19:17 CEST 2026", Some(Some(TIME))),
            ("2026年 06月 18日 14:19:17", Some(Some(TIME))),
            ("10.0.0.1:6379", None),
            ("14:19", None),
            ("12:M 18 Xyz 2024 14:18:17.123 # Server started", None),
            ("--- fd=8 name= age=3 idle=0", None),
            ("[\"OK\",\"QUEUED\"]", None),
            ("argv[0]: 'get'", None),
            ("redis_version:7.4.1", None),
            ("a note: of two words:", None),
            ("#", Some(None)),
            ("#x", None),
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
            ("18.06.2026 14:19:17 ", Some(TIME)),
            ("redis-1  | 2026-06-18T14:19:17Z ", Some(TIME)),
            ("Jun 18 14:19:17 ", None),
            ("Client ", None),
            ("", None),
        ] {
            assert_eq!(prefix_time(prefix.as_bytes()), expected, "{prefix}");
        }
    }
}
