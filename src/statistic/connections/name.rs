//! The time in a file's name: `clients_1718720297.txt`, `clients-2026-06-18T14-18-17.log`,
//! `clients-20260618-141817.txt`.

use crate::format::clock;

/// Times outside these are numbers of something else: September 2001 to 2100.
const YEARS: std::ops::Range<i64> = 1_000_000_000_000_000..4_102_444_800_000_000;

/// What stands in front of the last part of `path`.
pub fn folder(path: &[u8]) -> &[u8] {
    memchr::memrchr(b'/', path).and_then(|at| path.get(..at)).unwrap_or_default()
}

/// The first time in the last part of `path`.
pub fn time(path: &[u8]) -> Option<i64> {
    let name = path.rsplit(|byte| *byte == b'/').next()?;
    let starts = (0..name.len()).filter(|at| {
        let before = at.checked_sub(1).and_then(|at| name.get(at));
        name.get(*at).is_some_and(u8::is_ascii_digit) && !before.is_some_and(u8::is_ascii_digit)
    });
    starts.filter_map(|at| name.get(at..)).find_map(|text| {
        let spelt = clock::leading(text).filter(|(_, rest)| !rest.first().is_some_and(u8::is_ascii_digit));
        spelt.map(|(time, _)| time).or_else(|| compact(text)).filter(|time| YEARS.contains(time))
    })
}

/// `20260618T141817`, with `T`, `-`, `_` or nothing between day and clock.
fn compact(text: &[u8]) -> Option<i64> {
    let (day, rest) = text.split_at_checked(8)?;
    let rest =
        rest.strip_prefix(b"T").or(rest.strip_prefix(b"-")).or(rest.strip_prefix(b"_")).unwrap_or(rest);
    let clock = rest.get(..6)?;
    if !day.iter().chain(clock).all(u8::is_ascii_digit) || rest.get(6).is_some_and(u8::is_ascii_digit) {
        return None;
    }
    let (year, month, day) = (day.get(..4)?, day.get(4..6)?, day.get(6..)?);
    let (hour, minute, second) = (clock.get(..2)?, clock.get(2..4)?, clock.get(4..)?);
    clock::time(&[year, b"-", month, b"-", day, b"T", hour, b":", minute, b":", second].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_their_time() {
        const TIME: i64 = 1_781_792_357_000_000;
        for (path, expected) in [
            (&b"dump/clients_1781792357.txt"[..], Some(TIME)),
            (b"clients-2026-06-18T14-19-17", Some(TIME)),
            (b"db1-6379-2026-06-18_14:19:17.log.gz", Some(TIME)),
            (b"clients-20260618-141917.txt", Some(TIME)),
            (b"clients_20260618T141917Z.txt", Some(TIME)),
            (b"20260618141917", Some(TIME)),
            (b"1781792357000.txt", Some(TIME)),
            (b"1781792357/clients.txt", None),
            (b"clients-6379.txt", None),
            (b"clients-20269918-141917.txt", None),
            (b"clients_17817923571.txt", None),
            (b"", None),
        ] {
            assert_eq!(time(path), expected, "{}", path.escape_ascii());
        }
    }
}
