//! The shapes of dates and times.

use super::class::{Classes, SEPARATOR};
use super::id::{END, byte, digits};

/// Two digits whose number lies within `range`.
fn pair(key: &[u8], at: usize, range: std::ops::RangeInclusive<u8>) -> bool {
    let (tens, ones) = (byte(key, at), byte(key, at + 1));
    tens.is_ascii_digit() && ones.is_ascii_digit() && range.contains(&((tens & 0x0f) * 10 + (ones & 0x0f)))
}

/// A date from 1900 to 2199, with or without a time: `2026-06`, `2026-06-18`, `2026/06/18`,
/// `2026-06-18T14-18-17Z`, `20260618T141817Z`. (`20260618` is a number.)
///
/// Where a separator parts date or time, they are one id only if they are there to the day or the second.
pub(super) fn date(classes: &Classes, key: &[u8], at: usize) -> Option<usize> {
    if !pair(key, at, 19..=21) || digits(key, at, 4) < 4 {
        return None;
    }
    let mark = byte(key, at + 4);
    if mark.is_ascii_digit() {
        let day = pair(key, at + 4, 1..=12) && pair(key, at + 6, 1..=31);
        return if day { time(classes, key, at + 8) } else { None };
    }
    if !matches!(mark, b'-' | b'/') || !pair(key, at + 5, 1..=12) {
        return None;
    }
    if byte(key, at + 7) == mark && pair(key, at + 8, 1..=31) {
        let end = at + 10;
        let timed = time(classes, key, end);
        return timed.or_else(|| classes.stops(key, end, END).then_some(end));
    }
    let month = mark == b'-' && !classes.stops(key, at + 4, SEPARATOR) && classes.stops(key, at + 7, END);
    month.then_some(at + 7)
}

/// What may follow a date: `T14`, `T14:18`, `T14-18-17.123Z`, `T141817+0200`, ` 14:18:17`.
fn time(classes: &Classes, key: &[u8], at: usize) -> Option<usize> {
    if !matches!(byte(key, at), b'T' | b't' | b' ') || !pair(key, at + 1, 0..=24) {
        return None;
    }
    let mut end = at + 3;
    let mark = match byte(key, end) {
        mark @ (b':' | b'-' | b'.' | b'_') => Some(mark),
        _ => None,
    };
    let cut = mark.is_some() && classes.stops(key, end, SEPARATOR);
    let mut best = if cut { classes.stops(key, end, END).then_some(end) } else { zone(classes, key, end) };
    for last in [false, true] {
        let start = end + usize::from(mark.is_some());
        if mark.is_some_and(|mark| byte(key, end) != mark) || !pair(key, start, 0..=60) {
            return best;
        }
        end = start + 2;
        if last || !cut {
            best = zone(classes, key, end).or(best);
        }
    }
    if matches!(byte(key, end), b'.' | b',') && !classes.stops(key, end, SEPARATOR) {
        // Nanoseconds are the finest that anything prints.
        let fraction = digits(key, end + 1, 9);
        if fraction > 0 {
            best = zone(classes, key, end + 1 + fraction).or(best);
        }
    }
    best
}

/// `Z`, `+02:00`, `-0700` or nothing, and the end of the word.
fn zone(classes: &Classes, key: &[u8], at: usize) -> Option<usize> {
    let end = match byte(key, at) {
        b'Z' | b'z' => at + 1,
        b'+' | b'-' if pair(key, at + 1, 0..=14) => {
            let minutes = at + 3 + usize::from(byte(key, at + 3) == b':');
            if pair(key, minutes, 0..=59) && classes.stops(key, minutes + 2, END) { minutes + 2 } else { at }
        }
        _ => at,
    };
    classes.stops(key, end, END).then_some(end)
}

#[cfg(test)]
mod tests {
    use crate::pattern::Rules;
    use crate::pattern::shape::tests::check;

    #[test]
    fn dates_and_times() {
        check(
            &Rules::default(),
            &[
                ("report:2026-06-18:4", "report:*:*"),
                ("d:2026-06", "d:*"),
                ("d:2026/06/18", "d:*"),
                ("d:20260618", "d:*"),
                ("d:2026-06-18T14", "d:*"),
                ("d:2026-06-18T14-18-17Z", "d:*"),
                ("d:2026-06-18T14:18:17", "d:*"),
                ("d:2026-06-18T14:18:17.123456Z:x", "d:*:x"),
                ("d:2026-06-18 14:18:17,5", "d:*"),
                ("d:2026-06-18T14:18:17+02:00", "d:*"),
                ("d:20260618T141817Z", "d:*"),
                ("d:20260618T1418-0700", "d:*"),
                ("report-2026-06-18.csv", "report-*.csv"),
                ("report-2026-06.csv", "report-*.csv"),
                ("r:2026-06-18-14", "r:*-*"),
                // hours and minutes alone may be an hour and an id
                ("d:2026-06-18T14:18", "d:*:*"),
                ("d:2026-06-18T14:user", "d:*:user"),
                ("d:2026-06-18T14-x", "d:*-x"),
                ("d:2026-06-18T14:18:17Z-5", "d:*-*"),
                // none
                ("d:2026-13-45", "d:*-*-*"),
                ("d:2026-06-18x", "d:*-*-18x"),
                ("d:2026-06-18Tx", "d:*-*-18Tx"),
                ("d:3026-06-18", "d:*-*-*"),
                ("d:2026/06", "d:*/*"),
                ("d:20261318T14", "d:20261318T14"),
            ],
        );
    }
}
