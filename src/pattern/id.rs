//! The shapes of ids. Each function is asked at a place where a word starts and answers where the id ends.
//!
//! An id ends where its word ends: before a separator, a break or nothing. The looks ahead are either
//! bounded or taken once per byte, so that a key of any length costs time in proportion to its length.

use super::class::{BREAK, CLOSE, Classes, DIGIT, HEX, LOWER, OTHER, SEPARATOR, UPPER};

/// Ends words.
pub(super) const END: u16 = SEPARATOR | BREAK;
/// Ends ids that fill a whole segment but for brackets.
const CLOSED: u16 = SEPARATOR | CLOSE;

/// A hexadecimal id has a digit from this length on …
const HEX_LENGTH: usize = 8;
/// … or is no word anyway: the longest English words of these letters (`effaced`, `fabaceae`) are shorter.
pub(super) const HEX_LETTERS: usize = 12;
/// Shortest random token in one word; nanoid's short forms and most session ids are no shorter.
const TOKEN: usize = 16;
/// Shortest random token with punctuation of base64 in it.
pub(super) const TOKEN_WITH_BREAKS: usize = 20;

fn byte(key: &[u8], at: usize) -> u8 {
    key.get(at).copied().unwrap_or_default()
}

/// How many digits follow, counted up to `most`.
fn digits(key: &[u8], at: usize, most: usize) -> usize {
    key.iter().skip(at).take(most).take_while(|byte| byte.is_ascii_digit()).count()
}

/// Two digits whose number lies within `range`.
fn pair(key: &[u8], at: usize, range: std::ops::RangeInclusive<u8>) -> bool {
    let (tens, ones) = (byte(key, at), byte(key, at + 1));
    tens.is_ascii_digit() && ones.is_ascii_digit() && range.contains(&((tens & 0x0f) * 10 + (ones & 0x0f)))
}

/// A word of digits alone that ends at `end`, and the digits after dots (`1.5`, `10.0.0.1`, `1.2.3`).
///
/// With `whole`, an IPv4 network's length belongs to it where it is all that the segment holds.
pub(super) fn number(classes: &Classes, key: &[u8], mut end: usize, whole: bool) -> usize {
    let mut dots = 0;
    while byte(key, end) == b'.' && !classes.stops(key, end, SEPARATOR) {
        let (next, held) = classes.run(key, end + 1, END);
        if held != DIGIT {
            break;
        }
        dots += 1;
        end = next;
    }
    if whole && dots == 3 && byte(key, end) == b'/' && !classes.stops(key, end, SEPARATOR) {
        let length = digits(key, end + 1, 3);
        if (1..=2).contains(&length) && classes.stops(key, end + 1 + length, CLOSED) {
            return end + 1 + length;
        }
    }
    end
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

/// `550e8400-e29b-41d4-a716-446655440000`, asked after its first eight digits.
pub(super) fn uuid(classes: &Classes, key: &[u8], first: usize) -> Option<usize> {
    let mut end = first;
    for length in [4, 4, 4, 12] {
        let group = key.get(end + 1..end + 1 + length)?;
        if byte(key, end) != b'-' || !group.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        end += 1 + length;
    }
    classes.stops(key, end, END).then_some(end)
}

/// The longest IPv6 address from here: eight groups, or `::` in its place; with its prefix length where
/// that ends the segment.
///
/// Where `:` parts segments an address is a run of them, and a run may be one by accident: two or three
/// groups whose first is a word (`feed::12`, as caches named by Spring) are none.
pub(super) fn ipv6(classes: &Classes, key: &[u8], at: usize) -> Option<usize> {
    let mut end = at;
    let mut gap = key.get(at..)?.starts_with(b"::");
    end += 2 * usize::from(gap);
    let (mut groups, mut named, mut best) = (0, false, None);
    while groups < 8 - usize::from(gap) {
        let length = key.iter().skip(end).take(5).take_while(|byte| byte.is_ascii_hexdigit()).count();
        if length == 0 || length > 4 {
            break;
        }
        let group = key.get(end..end + length)?;
        let next = byte(key, end + length);
        if next == b'.' && !classes.stops(key, end + length, SEPARATOR) {
            // `::ffff:10.0.0.1`
            let last = (if gap { groups <= 5 } else { groups == 6 }).then(|| ipv4(key, end)).flatten();
            best = last.filter(|&last| classes.stops(key, last, END)).or(best);
            break;
        }
        if groups == 0 {
            named = !group.iter().any(u8::is_ascii_digit);
        }
        groups += 1;
        end += length;
        if (gap || groups == 8) && !(named && groups < 4) && classes.stops(key, end, END) {
            best = Some(end);
        }
        if next != b':' {
            break;
        }
        end += 1;
        if byte(key, end) == b':' && !gap {
            gap = true;
            end += 1;
            if byte(key, end) == b'/' {
                // `2001:db8::/32`: without the length it would be a number and empty segments.
                return prefix(classes, key, end);
            }
        }
    }
    let end = best?;
    Some(prefix(classes, key, end).unwrap_or(end))
}

/// `/64` at the end of a segment.
fn prefix(classes: &Classes, key: &[u8], at: usize) -> Option<usize> {
    let length = digits(key, at + 1, 4);
    let end = at + 1 + length;
    let is_length = byte(key, at) == b'/' && (1..=3).contains(&length) && classes.stops(key, end, CLOSED);
    is_length.then_some(end)
}

/// Four groups of one to three digits.
fn ipv4(key: &[u8], at: usize) -> Option<usize> {
    let mut end = at;
    for group in 0..4 {
        if group > 0 {
            if byte(key, end) != b'.' {
                return None;
            }
            end += 1;
        }
        let length = digits(key, end, 4);
        if !(1..=3).contains(&length) {
            return None;
        }
        end += length;
    }
    Some(end)
}

/// Whether the byte may stand before the `@` of an e-mail address.
pub(super) fn is_local(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'%' | b'+' | b'-')
}

/// `x@y.z`, the last label being letters.
pub(super) fn email(classes: &Classes, key: &[u8], at: usize) -> Option<usize> {
    let within = |from: usize, holds: fn(u8) -> bool| {
        let rest = key.iter().skip(from);
        rest.take_while(|&&byte| holds(byte) && classes.of(byte) & SEPARATOR == 0).count()
    };
    let local = within(at, is_local);
    let domain = at + local + 1;
    if local == 0 || byte(key, domain - 1) != b'@' || classes.stops(key, domain - 1, SEPARATOR) {
        return None;
    }
    let end = domain + within(domain, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
    let name = key.get(domain..end)?;
    let dot = name.iter().rposition(|&byte| byte == b'.')?;
    let (host, top) = name.split_at_checked(dot)?;
    let top = top.get(1..)?;
    let valid = host.first().is_some_and(u8::is_ascii_alphanumeric)
        && top.len() >= 2
        && top.iter().all(u8::is_ascii_alphabetic)
        && classes.stops(key, end, END);
    valid.then_some(end)
}

/// Whether a word with these classes, not of digits alone, is an id by itself.
pub(super) fn word(word: &[u8], held: u16) -> bool {
    let length = word.len();
    if held & !HEX == 0 {
        return length >= HEX_LETTERS || (length >= HEX_LENGTH && held & DIGIT != 0);
    }
    if held & OTHER != 0 || held & DIGIT == 0 {
        return false;
    }
    match word {
        [b'0', b'x' | b'X', rest @ ..] if rest.iter().all(u8::is_ascii_hexdigit) => !rest.is_empty(),
        [b'0'..=b'7', ..] if length == 26 && word.iter().all(|&byte| is_crockford(byte)) => true,
        _ => length >= TOKEN && is_random(word),
    }
}

/// The 32 characters of a ULID.
fn is_crockford(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() && !matches!(byte.to_ascii_uppercase(), b'I' | b'L' | b'O' | b'U')
}

/// A random token with base64's or nanoid's punctuation in it that fills the segment from `at`.
pub(super) fn token(classes: &Classes, key: &[u8], at: usize) -> Option<usize> {
    let rest = key.get(at..)?;
    let is_token =
        |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(**byte, b'-' | b'_' | b'+' | b'/' | b'=');
    let inside = |byte: &&u8| is_token(byte) && classes.of(**byte) & SEPARATOR == 0;
    let token = rest.get(..rest.iter().take_while(inside).count())?;
    let end = at + token.len();
    let words = || token.split(|byte| !byte.is_ascii_alphanumeric());
    let valid = token.len() >= TOKEN_WITH_BREAKS
        && classes.stops(key, end, CLOSED)
        && !words().any(is_plain)
        && is_random(token);
    valid.then_some(end)
}

/// A word as people write them: three letters or more, of one case or capitalised, or a number.
fn is_plain(word: &[u8]) -> bool {
    let Some((first, rest)) = word.split_first() else { return false };
    let small = rest.iter().all(u8::is_ascii_lowercase);
    word.len() >= 3
        && ((small && first.is_ascii_alphabetic())
            || word.iter().all(u8::is_ascii_uppercase)
            || word.iter().all(u8::is_ascii_digit))
}

/// Whether upper case, lower case and digits stand as mixed as chance mixes them.
///
/// Of random base62 tokens of 20 characters 94 % have a number in two places, or change class at 9 of 20
/// borders; `OrderLineItemsCache2` does neither.
fn is_random(token: &[u8]) -> bool {
    let (mut seen, mut before, mut changes, mut numbers, mut borders) = (0, 0, 0usize, 0usize, 0usize);
    for byte in token {
        let class = match byte {
            b'0'..=b'9' => DIGIT,
            b'A'..=b'Z' => UPPER,
            b'a'..=b'z' => LOWER,
            _ => 0,
        };
        numbers += usize::from(class == DIGIT && before != DIGIT);
        changes += usize::from(class != before && class != 0 && before != 0);
        borders += 1;
        seen |= class;
        before = class;
    }
    seen == DIGIT | UPPER | LOWER && (numbers >= 2 || changes * 20 >= borders.saturating_sub(1) * 9)
}
