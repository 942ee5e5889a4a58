//! Dates in words: what `date` prints in this country and that.

use nom::character::complete::one_of;
use nom::error::{Error, ErrorKind};
use nom::{Err, IResult, Parser};

use super::{MICROS, at, number, time, time_of_day, zone};

/// Bytes of a text that can be a date.
const LONGEST: usize = 128;

/// What `date` prints: in C's locale (`Thu Jun 18 14:20:17 UTC 2026`), an English one
/// (`Thu 18 Jun 2026 02:20:17 PM CEST`), that of a neighbour (`Do 18. Jun 14:20:17 CEST 2026`,
/// `18.06.2026 14:20:17`), in China, Japan or Korea (`2026年 06月 18日 14:20:17`). Names of zones that stand for
/// more than one read as UTC.
pub(super) fn date_command(text: &[u8]) -> Option<i64> {
    let words = Words::of(text)?;
    let (year, month, day) = words.day?;
    let (hour, minute, second) = words.clock?;
    let hour = words.half.map_or(hour, |half| hour % 12 + half);
    Some(at(year, month, day, (hour, minute, second))? - words.offset * MICROS)
}

/// Whether a text is a day, a clock or both, and nothing else, in any form of [`time`] or one whose order or
/// language is not known: `14:20:17`, `18.06.2026`, `06/18/2026 14:20:17`, `pt lis 20 17:03:39 CET 2026`.
pub fn is_day_or_clock(text: &[u8]) -> bool {
    let text = text.trim_ascii();
    if text.len() > LONGEST {
        return false;
    }
    let known = Words::of(text).is_some_and(|words| match words.day {
        // One word more is the day of the week.
        Some((year, month, day)) => words.others <= 1 && at(year, month, day, (0, 0, 0)).is_some(),
        None if words.vague => words.others <= 1,
        None => words.clock.is_some_and(|(hour, ..)| hour < 24) && words.others == 0 && !words.part,
    });
    known || time(text).is_some() || is_foreign(text)
}

/// The words of a date; they tell themselves, so their order hardly matters.
#[derive(Default)]
struct Words {
    /// Year, month and day.
    day: Option<(i16, i16, i16)>,
    clock: Option<(i16, i16, i16)>,
    /// What the half of the day adds to its hours.
    half: Option<i16>,
    /// Seconds east of UTC.
    offset: i64,
    /// Days of the week, and zones that are not known.
    others: usize,
    /// Whether there is a day of which nobody can tell which number is the month's.
    vague: bool,
    /// Whether there is a part of a day.
    part: bool,
}

impl Words {
    fn of(text: &[u8]) -> Option<Words> {
        let mut words = Words::default();
        let (mut year, mut month, mut day, mut before) = (None, None, None, None);
        let mut tuesday = false;
        for word in text.split(|byte| matches!(byte, b' ' | b',')).filter(|word| !word.is_empty()) {
            let word = word.strip_suffix(b".").unwrap_or(word);
            if let Some(seconds) = zone_named(word)
                .or_else(|| zone(word).ok().filter(|(rest, _)| rest.is_empty()).map(|(_, seconds)| seconds))
            {
                words.offset = seconds;
            } else if let Some(found) = month_named(word) {
                // Where it comes first, it is Tuesday in French and its sisters, and the month has another name.
                tuesday = month.is_none() && day.is_none() && word.eq_ignore_ascii_case(b"mar");
                month = Some(found);
            } else if let Ok(([], found)) = time_of_day(word) {
                words.clock = Some(found);
            } else if let Ok(([], found)) = number(4)(word) {
                if word.len() == 4 {
                    year = Some(found);
                } else {
                    before = year.and(day);
                    day = Some(found);
                }
            } else if let Ok(([], parts)) = numbers(word) {
                match parts {
                    Numbers::Day(y, m, d) => (year, month, day) = (Some(y), Some(m), Some(d)),
                    Numbers::Vague => words.vague = true,
                }
            } else if let Some(parts) = named_numbers(word) {
                for (name, found) in parts {
                    match name {
                        'y' => year = Some(found),
                        'm' => month = Some(found),
                        _ => day = Some(found),
                    }
                }
            } else {
                let is_letter =
                    |byte: &u8| byte.is_ascii_alphabetic() || !byte.is_ascii() || b"()".contains(byte);
                match std::str::from_utf8(word).ok()? {
                    "AM" | "上午" | "午前" | "오전" => words.half = Some(0),
                    "PM" | "下午" | "午後" | "오후" => words.half = Some(12),
                    _ if word.iter().all(is_letter) => words.others += 1,
                    _ => return None,
                }
            }
        }
        words.part = year.is_some() || month.is_some() || day.is_some();
        // In Korea and Hungary the month is a number too: `2026. 06. 18.`.
        let month = month.filter(|_| !(tuesday && words.others > 0)).or(before);
        words.day = year.zip(month).zip(day).map(|((year, month), day)| (year, month, day));
        Some(words)
    }
}

/// A day in numbers.
enum Numbers {
    /// Year, month, day.
    Day(i16, i16, i16),
    /// Of two numbers either can be the month's.
    Vague,
}

/// `2026-06-18`, `18.06.2026` and their like.
fn numbers(word: &[u8]) -> IResult<&[u8], Numbers> {
    let (rest, (first, sign, second, again, third)) =
        (number(4), one_of("-./"), number(2), one_of("-./"), number(4)).parse(word)?;
    let is_year = |year: i16| (1970..=2100).contains(&year);
    let found = match (is_year(first), is_year(third), sign) {
        _ if sign != again => None,
        (true, false, _) => Some(Numbers::Day(first, second, third)),
        // With dots the day comes first wherever dots are used.
        (false, true, '.') => Some(Numbers::Day(third, second, first)),
        (false, true, _) => Some(Numbers::Vague),
        _ => None,
    };
    found.map(|found| (rest, found)).ok_or_else(|| Err::Error(Error::new(word, ErrorKind::Verify)))
}

/// `2026年06月18日` or one of its parts, with `y`, `m` and `d` for what they are.
fn named_numbers(word: &[u8]) -> Option<Vec<(char, i16)>> {
    let mut text = std::str::from_utf8(word).ok()?;
    let mut found = Vec::new();
    while !text.is_empty() {
        let end = text.find(|c: char| !c.is_ascii_digit())?;
        let (digits, rest) = text.split_at_checked(end)?;
        let mut rest = rest.chars();
        let name = match rest.next()? {
            '年' | '년' => 'y',
            '月' | '월' => 'm',
            '日' | '일' => 'd',
            _ => return None,
        };
        found.push((name, digits.parse().ok()?));
        text = rest.as_str();
    }
    Some(found)
}

/// Whether a text has a year and a clock, and besides nothing but words and numbers: a date in a language
/// that is not known.
fn is_foreign(text: &[u8]) -> bool {
    let (mut clock, mut year) = (false, false);
    let is = text.split(|byte| *byte == b' ').filter(|word| !word.is_empty()).all(|word| {
        let digits = word.iter().filter(|byte| byte.is_ascii_digit()).count();
        clock |= digits >= 4 && word.iter().filter(|byte| **byte == b':').count() >= 2;
        year |= word.windows(4).any(|part| {
            matches!(part, [b'1', b'9', ..] | [b'2', b'0', ..]) && part.iter().all(u8::is_ascii_digit)
        });
        let is_letter = |byte: &u8| byte.is_ascii_alphabetic() || !byte.is_ascii() || b".,".contains(byte);
        let is_number = |byte: &u8| b"0123456789:.,/+-TZ".contains(byte) || !byte.is_ascii();
        word.iter().all(is_letter) || word.iter().all(is_number)
    });
    is && clock && year
}

/// A month's first letters in English, German, French, Spanish, Italian, Portuguese or Dutch; sources: the
/// `abmon` of these locales in glibc, whose names do not contradict each other.
pub(super) fn month_named(word: &[u8]) -> Option<i16> {
    const MONTHS: [&[&str]; 12] = [
        &["jan", "janv", "ene", "gen"],
        &["feb", "févr", "fev"],
        &["mar", "mär", "mrz", "mars", "mrt"],
        &["apr", "avril", "abr"],
        &["may", "mai", "mag", "mei"],
        &["jun", "juin", "giu"],
        &["jul", "juil", "lug"],
        &["aug", "août", "ago"],
        &["sep", "sept", "set"],
        &["oct", "okt", "ott", "out"],
        &["nov"],
        &["dec", "dez", "déc", "dic"],
    ];
    let is = |names: &&[&str]| names.iter().any(|name| name.as_bytes().eq_ignore_ascii_case(word));
    (1..).zip(&MONTHS).find(|(_, names)| is(names)).map(|(number, _)| number)
}

/// Seconds of a zone whose name stands for no other one. Sources: the zones of IANA's database; `CST`,
/// `IST` and `BST` are names of several.
fn zone_named(word: &[u8]) -> Option<i64> {
    const ZONES: [(&[u8], i64); 18] = [
        (b"UTC", 0),
        (b"GMT", 0),
        (b"WET", 0),
        (b"WEST", 1),
        (b"CET", 1),
        (b"MEZ", 1),
        (b"CEST", 2),
        (b"MESZ", 2),
        (b"EET", 2),
        (b"EEST", 3),
        (b"MSK", 3),
        (b"JST", 9),
        (b"KST", 9),
        (b"EST", -5),
        (b"EDT", -4),
        (b"CDT", -5),
        (b"PST", -8),
        (b"PDT", -7),
    ];
    ZONES.iter().find(|(name, _)| *name == word).map(|(_, hours)| hours * 3_600)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_clocks_are_told_without_a_time() {
        for text in [
            "14:19:17",
            "02:19:17 PM",
            "14:19:17 CEST",
            "18.06.2026",
            "Do 18.06.2026",
            "2026-06-18",
            "06/18/2026",
            "06/18/2026 02:19:17 PM",
            "18-06-2026 14:19:17",
            "18. Juni 2026 14:19:17",
            "Thu Jun 18 2026",
            "2026年06月18日",
            "2026年 06月 18日 木曜日",
            "pt lis 20 17:03:39 CET 2026",
            "Do 18. Jun 14:19:17 CEST 2026",
            "1781792357",
        ] {
            assert!(is_day_or_clock(text.as_bytes()), "{text}");
        }
        for text in [
            "",
            "17",
            "2026",
            "UTC",
            "app",
            "7.4.1",
            "10.0.0.1",
            "10.0.0.1:6379",
            "fd00:1:2",
            "1:2",
            "14:61:17",
            "25:00:00",
            "31.02.2026",
            "Jun 18",
            "Jun 18 14:19:17",
            "key 14:19:17",
            "my old key 2026-06-18",
            "GET",
        ] {
            assert!(!is_day_or_clock(text.as_bytes()), "{text}");
        }
    }
}
