//! Times as scripts print them around dumps and into file names.
//!
//! A time without a zone is taken as UTC: nothing in the capture says otherwise, and one rule for all
//! keeps the order.

mod words;

use jiff::civil::{Date, DateTime, Time};
use nom::branch::alt;
use nom::bytes::complete::{take_while_m_n, take_while1};
use nom::character::complete::{char, one_of, space0};
use nom::combinator::{map_opt, opt, verify};
use nom::error::Error;
use nom::sequence::preceded;
use nom::{IResult, Parser};

pub use words::is_day_or_clock;
use words::{date_command, month_named};

const MICROS: i64 = 1_000_000;

/// Microseconds since 1970 of a text that is a time and nothing else.
///
/// Read are seconds, milliseconds, microseconds or nanoseconds since 1970 (told by their number of
/// digits: 10, 13, 16, 19), seconds with a fraction, ISO 8601 in its usual spellings (`T` or a space,
/// `:` or `-` between the parts of the day as in file names, `.` or `,` before the fraction, with or
/// without a zone), the output of `date`, and the clock of web servers' logs
/// (`20/Nov/2026:17:03:39 +0000`).
pub fn time(text: &[u8]) -> Option<i64> {
    let text = text.trim_ascii();
    let whole =
        |parsed: IResult<&[u8], i64>| parsed.ok().filter(|(rest, _)| rest.is_empty()).map(|(_, time)| time);
    whole(epoch(text))
        .or_else(|| whole(iso(text)))
        .or_else(|| whole(web(text)))
        .or_else(|| date_command(text))
}

/// The time that a text starts with, and what follows it; of the forms of [`time`] all but the output
/// of `date`, which has no clear end.
pub fn leading(text: &[u8]) -> Option<(i64, &[u8])> {
    let (rest, time) = alt((iso, epoch)).parse(text).ok()?;
    Some((time, rest))
}

/// Seconds since 1970, in the unit that the number of digits tells.
fn epoch(input: &[u8]) -> IResult<&[u8], i64> {
    let digits = take_while_m_n(10, 19, |byte: u8| byte.is_ascii_digit());
    let fraction = preceded(char('.'), take_while1(|byte: u8| byte.is_ascii_digit()));
    map_opt((digits, opt(fraction)), |(digits, fraction): (&[u8], Option<&[u8]>)| {
        let value: i64 = std::str::from_utf8(digits).ok()?.parse().ok()?;
        match (digits.len(), fraction) {
            (10, _) => value.checked_mul(MICROS)?.checked_add(fraction.map_or(0, micros)),
            (13, None) => value.checked_mul(1_000),
            (16, None) => Some(value),
            (19, None) => Some(value / 1_000),
            _ => None,
        }
    })
    .parse(input)
}

/// The first six digits of a decimal fraction.
fn micros(fraction: &[u8]) -> i64 {
    (0..6).fold(0, |micros, at| micros * 10 + fraction.get(at).map_or(0, |digit| i64::from(digit & 0x0f)))
}

fn number(most: usize) -> impl Fn(&[u8]) -> IResult<&[u8], i16> {
    move |input| {
        let digits = take_while_m_n(1, most, |byte: u8| byte.is_ascii_digit());
        map_opt(digits, |digits| std::str::from_utf8(digits).ok()?.parse().ok()).parse(input)
    }
}

/// `2026-06-18T14:19:17.123Z` and its spellings.
fn iso(input: &[u8]) -> IResult<&[u8], i64> {
    let (rest, (year, _, month, _, day)) = (
        map_opt(take_while_m_n(4, 4, |b: u8| b.is_ascii_digit()), short),
        one_of("-/"),
        number(2),
        one_of("-/"),
        number(2),
    )
        .parse(input)?;
    let (rest, _) = one_of("T _").parse(rest)?;
    let (rest, (hour, _, minute)) = (number(2), one_of(":-"), number(2)).parse(rest)?;
    let (rest, second) = opt(preceded(one_of(":-"), number(2))).parse(rest)?;
    let (rest, fraction) =
        opt(preceded(one_of(".,"), take_while1(|b: u8| b.is_ascii_digit()))).parse(rest)?;
    let (rest, offset) = opt(zone).parse(rest)?;
    match at(year, month, day, (hour, minute, second.unwrap_or(0))) {
        Some(time) => Ok((rest, time + fraction.map_or(0, micros) - offset.unwrap_or(0) * MICROS)),
        None => Err(nom::Err::Error(Error::new(input, nom::error::ErrorKind::Verify))),
    }
}

/// `20/Nov/2026:17:03:39 +0000`, as Apache and nginx print it.
fn web(input: &[u8]) -> IResult<&[u8], i64> {
    let month = map_opt(take_while1(|b: u8| b.is_ascii_alphabetic()), month_named);
    let year = map_opt(take_while_m_n(4, 4, |b: u8| b.is_ascii_digit()), short);
    let parts = (number(2), char('/'), month, char('/'), year, char(':'), time_of_day, opt(zone));
    map_opt(parts, |(day, _, month, _, year, _, clock, offset)| {
        Some(at(year, month, day, clock)? - offset.unwrap_or(0) * MICROS)
    })
    .parse(input)
}

fn short(digits: &[u8]) -> Option<i16> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// `Z`, `+02:00`, `-0700`, in seconds.
fn zone(input: &[u8]) -> IResult<&[u8], i64> {
    let two = |input| map_opt(take_while_m_n(2, 2, |b: u8| b.is_ascii_digit()), short).parse(input);
    let offset = (one_of("+-"), two, opt(char(':')), two).map(|(sign, hours, _, minutes)| {
        let seconds = i64::from(hours) * 3_600 + i64::from(minutes) * 60;
        if sign == '-' { -seconds } else { seconds }
    });
    preceded(space0, alt((one_of("Zz").map(|_| 0), offset))).parse(input)
}

/// `14:20:17`.
fn time_of_day(input: &[u8]) -> IResult<&[u8], (i16, i16, i16)> {
    let two = |most: i16| verify(number(2), move |number: &i16| *number <= most);
    (number(2), char(':'), two(59), char(':'), two(60))
        .map(|(hour, _, minute, _, second)| (hour, minute, second))
        .parse(input)
}

/// A UTC date and time as microseconds since 1970.
fn at(year: i16, month: i16, day: i16, (hour, minute, second): (i16, i16, i16)) -> Option<i64> {
    let narrow = |value: i16| i8::try_from(value).ok();
    let date = Date::new(year, narrow(month)?, narrow(day)?).ok()?;
    let time = Time::new(narrow(hour)?, narrow(minute)?, narrow(second)?.min(59), 0).ok()?;
    let zoned = DateTime::from_parts(date, time).to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(zoned.timestamp().as_microsecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_scripts_are_read() {
        for (text, time_read) in [
            ("1718720297", Some(1_718_720_297_000_000)),
            ("1718720297.5", Some(1_718_720_297_500_000)),
            ("1718720297123", Some(1_718_720_297_123_000)),
            ("1718720297123456", Some(1_718_720_297_123_456)),
            ("1718720297123456789", Some(1_718_720_297_123_456)),
            ("2026-06-18T14:19:17+00:00", Some(1_781_792_357_000_000)),
            ("2026-06-18 14:19:17", Some(1_781_792_357_000_000)),
            ("2026-06-18T14:19:17Z", Some(1_781_792_357_000_000)),
            ("2026-06-18T16:19:17.25+0200", Some(1_781_792_357_250_000)),
            ("2026-06-18 14:19:17,123", Some(1_781_792_357_123_000)),
            ("2026-06-18T14-19-17", Some(1_781_792_357_000_000)),
            ("2026-06-18T14:19", Some(1_781_792_340_000_000)),
            ("Thu Jun 18 14:19:17 UTC 2026", Some(1_781_792_357_000_000)),
            ("Thu Jun  8 04:09:07 2026", Some(1_780_891_747_000_000)),
            ("Thu 18 Jun 2026 02:19:17 PM UTC", Some(1_781_792_357_000_000)),
            ("Thu Jun 18 16:19:17 +0200 2026", Some(1_781_792_357_000_000)),
            ("Do 18. Jun 16:19:17 CEST 2026", Some(1_781_792_357_000_000)),
            ("Fr 20. Nov 17:03:39 CET 2026", Some(1_795_190_619_000_000)),
            ("Do 20. Mär 17:03:39 UTC 2025", Some(1_742_490_219_000_000)),
            ("jeu. 18 juin 2026 14:19:17 UTC", Some(1_781_792_357_000_000)),
            ("Thu, 18 Jun 2026 14:19:17 +0000", Some(1_781_792_357_000_000)),
            ("Thu Jun 18 14:19:17 IST 2026", Some(1_781_792_357_000_000)),
            ("mar. 16 juin 2026 14:19:17 UTC", Some(1_781_619_557_000_000)),
            ("mar ian 20 14:19:17 UTC 2026", None),
            ("Mar 20 14:19:17 UTC 2026", Some(1_774_016_357_000_000)),
            ("18/Jun/2026:16:19:17 +0200", Some(1_781_792_357_000_000)),
            ("18/Jun/2026:14:19:17", Some(1_781_792_357_000_000)),
            ("18/06/2026:14:19:17", None),
            ("06/18/2026 14:19:17", None),
            ("18.06.2026 14:19:17", Some(1_781_792_357_000_000)),
            ("Do 18.06.2026, 14:19:17", Some(1_781_792_357_000_000)),
            ("2026.06.18 14:19:17", Some(1_781_792_357_000_000)),
            ("18.06.2026 04:19:17 PM CEST", Some(1_781_792_357_000_000)),
            ("2026年 06月 18日 14:19:17", Some(1_781_792_357_000_000)),
            ("2026年06月18日 星期四 14:19:17 UTC", Some(1_781_792_357_000_000)),
            ("2026年  6月 18日 木曜日 23:19:17 JST", Some(1_781_792_357_000_000)),
            ("2026. 06. 18. (목) 23:19:17 KST", Some(1_781_792_357_000_000)),
            ("2026년 06월 18일 (목) 오후 02:19:17", Some(1_781_792_357_000_000)),
            ("18.13.2026 14:19:17", None),
            ("18-06-2026 14:19:17", None),
            ("18.06.26 14:19:17", None),
            ("2026年 06月 14:19:17", None),
            ("18.06.2026", None),
            ("14:19:17", None),
            ("czw cze 18 14:19:17 UTC 2026", None),
            ("17187202", None),
            ("2026-13-18 14:19:17", None),
            ("2026-06-18", None),
            ("Thu Jun 18 2026", None),
            ("id=7", None),
            ("", None),
        ] {
            assert_eq!(time(text.as_bytes()), time_read, "{text}");
        }
    }

    #[test]
    fn a_time_can_lead() {
        assert_eq!(leading(b"2026-06-18 14:21:17,id=6"), Some((1_781_792_477_000_000, &b",id=6"[..])));
        assert_eq!(leading(b"1718720297 x"), Some((1_718_720_297_000_000, &b" x"[..])));
        assert_eq!(leading(b"id=6"), None);
    }
}
