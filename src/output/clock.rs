//! Times for people, UTC: the day is said once where everything happened on one day.

use super::notation::Time;
use super::number;

/// How a report's times are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// Whether every time carries its day.
    pub dated: bool,
}

impl Clock {
    /// The clock for times from `first` to `last`: without days where both are of one day.
    pub fn between(first: Option<Time>, last: Option<Time>) -> Self {
        let days = first.zip(last).map(|(first, last)| (split(first).0, split(last).0));
        Clock { dated: days.is_some_and(|(first, last)| first != last) }
    }

    /// `17:05:26`, or `2026-11-20 17:05:26`.
    pub fn instant(self, time: Time) -> String {
        let (day, clock) = split(time);
        match day {
            Some(day) if self.dated => format!("{day} {clock}"),
            _ => clock,
        }
    }

    /// `17:03:39–17:13:49 UTC, 10 min 10 s`; with the day, or both days where they differ.
    pub fn range(self, first: Time, last: Time) -> String {
        let ((first_day, _), (last_day, last_clock)) = (split(first), split(last));
        let micros = u64::try_from(last.0.saturating_sub(first.0)).unwrap_or(0);
        let (from, length) = (self.instant(first), number::duration(micros));
        if first_day != last_day {
            let both = Clock { dated: true };
            format!("{} – {} UTC, {length}", both.instant(first), both.instant(last))
        } else if from.ends_with(&last_clock) {
            format!("{from} UTC, {length}")
        } else {
            format!("{from}–{last_clock} UTC, {length}")
        }
    }
}

/// Day and time of day to the second; no day where the year is beyond RFC 3339, then the time is in
/// seconds since 1970.
fn split(time: Time) -> (Option<String>, String) {
    let text = time.rfc3339();
    let whole = text.split_once('.').map_or(text.as_str(), |(whole, _)| whole);
    match whole.split_once('T') {
        Some((day, clock)) => (Some(day.to_owned()), clock.to_owned()),
        None => (None, whole.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-20T17:03:39.056286Z
    const START: i64 = 1_795_194_219_056_286;

    #[test]
    fn ranges_say_the_day_once() {
        for (dated, micros, shown) in [
            (false, 610_000_000, "17:03:39–17:13:49 UTC, 10 min 10 s"),
            (true, 610_000_000, "2026-11-20 17:03:39–17:13:49 UTC, 10 min 10 s"),
            (true, 3_157_000, "2026-11-20 17:03:39–17:03:42 UTC, 3.157 s"),
            (false, 157_000, "17:03:39 UTC, 0.157 s"),
            (true, 0, "2026-11-20 17:03:39 UTC, 0 s"),
            (false, 86_400_000_000, "2026-11-20 17:03:39 – 2026-11-21 17:03:39 UTC, 1 d"),
            (false, -1_000_000, "17:03:39–17:03:38 UTC, 0 s"),
        ] {
            assert_eq!(Clock { dated }.range(Time(START), Time(START + micros)), shown);
        }
    }

    #[test]
    fn years_beyond_the_calendar_do_not_end_the_run() {
        let clock = Clock::between(Some(Time(i64::MIN)), Some(Time(i64::MAX)));
        assert_eq!(clock.instant(Time(i64::MAX)), "9223372036854");
        assert_eq!(
            clock.range(Time(i64::MIN), Time(i64::MAX)),
            "-9223372036855–9223372036854 UTC, 106,751,991 d 4 h"
        );
    }

    #[test]
    fn days_are_left_out_where_there_is_one() {
        let at = |micros| Some(Time(START + micros));
        assert!(!Clock::between(at(0), at(1)).dated);
        assert!(!Clock::between(None, at(1)).dated);
        let days = Clock::between(at(0), at(86_400_000_000));
        assert_eq!(days.instant(Time(START)), "2026-11-20 17:03:39");
    }
}
