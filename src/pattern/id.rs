//! The shapes of ids that are numbers, hexadecimal or random. As in the files of dates and addresses,
//! each function is asked at a place where a word starts and answers where the id ends.
//!
//! An id ends where its word ends: before a separator, a break or nothing. The looks ahead are either
//! bounded or taken once per byte, so that a key of any length costs time in proportion to its length.

use super::class::{BREAK, CLOSE, Classes, DIGIT, HEX, LOWER, OTHER, SEPARATOR, UPPER};

/// Ends words.
pub(super) const END: u16 = SEPARATOR | BREAK;
/// Ends ids that fill a whole segment but for brackets.
pub(super) const CLOSED: u16 = SEPARATOR | CLOSE;

/// A hexadecimal id has a digit from this length on …
const HEX_LENGTH: usize = 8;
/// … or is no word anyway: the longest English words of these letters (`effaced`, `fabaceae`) are shorter.
pub(super) const HEX_LETTERS: usize = 12;
/// Shortest random token in one word; nanoid's short forms and most session ids are no shorter.
const TOKEN: usize = 16;
/// Shortest random token with punctuation of base64 in it.
pub(super) const TOKEN_WITH_BREAKS: usize = 20;

/// The byte at `at`, 0 beyond the end.
pub(super) fn byte(key: &[u8], at: usize) -> u8 {
    key.get(at).copied().unwrap_or_default()
}

/// How many digits follow, counted up to `most`.
pub(super) fn digits(key: &[u8], at: usize, most: usize) -> usize {
    key.iter().skip(at).take(most).take_while(|byte| byte.is_ascii_digit()).count()
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

#[cfg(test)]
mod tests {
    use crate::pattern::Rules;
    use crate::pattern::shape::tests::check;

    #[test]
    fn segments_that_are_ids() {
        check(
            &Rules::default(),
            &[
                ("", ""),
                (":", ":"),
                ("a::b", "a::b"),
                ("user:7:profile", "user:*:profile"),
                ("user:alice:profile", "user:alice:profile"),
                ("lock:{order:12}", "lock:{order:*}"),
                ("{user:7}:cart", "{user:*}:cart"),
                ("{12}", "{*}"),
                ("session:5e483ea4dc1e9666", "session:*"),
                // numbers
                ("0", "*"),
                ("-12", "*"),
                ("t:-12.5", "t:*"),
                ("t:1.5", "t:*"),
                ("app:1.2.3", "app:*"),
                ("app:1.2.x", "app:*.x"),
                ("counter:000000000064", "counter:*"),
                ("a:1e5", "a:1e5"),
                ("a:+1", "a:+*"),
                ("a:-", "a:-"),
                ("a:--5", "a:-*"),
                // words with numbers
                ("v3:k12:sha256:utf8:user123", "v3:k12:sha256:utf8:user123"),
                ("bull:image-resize:12:lock", "bull:image-resize:*:lock"),
                ("worker-1", "worker-*"),
                // hexadecimal
                ("a:deadbeef", "a:deadbeef"),
                ("a:facade:decade", "a:facade:decade"),
                ("a:cafebabe12", "a:*"),
                ("a:CAFEBABE1", "a:*"),
                ("a:cafe123", "a:cafe123"),
                ("a:deadbeefcafe", "a:*"),
                ("a:deadbeefcafg", "a:deadbeefcafg"),
                ("a:0x1f:0x:0xg", "a:*:0x:0xg"),
                // UUIDs
                ("u:550e8400-e29b-41d4-a716-446655440000:x", "u:*:x"),
                ("u:550E8400-E29B-41D4-A716-446655440000", "u:*"),
                ("u:550e8400e29b41d4a716446655440000", "u:*"),
                ("{550e8400-e29b-41d4-a716-446655440000}", "{*}"),
                ("u:abcdefab-cdef-abcd-efab-cdefabcdefab", "u:*"),
                ("u:12345678-7e38-42c2-acfe-123456789012", "u:*"),
                ("u:550e8400-e29b-41d4-a716-44665544000", "u:*-e29b-41d4-a716-*"),
                // ULIDs
                ("o:01ARZ3NDEKTSV4RRFFQ69G5FAV", "o:*"),
                ("o:01arz3ndektsv4rrffq69g5fav", "o:*"),
                ("o:81ARZ3NDEKTSV4RRFFQ69G5FAV", "o:81ARZ3NDEKTSV4RRFFQ69G5FAV"),
                ("o:01ARZ3NDEKTSV4RRFFQ69G5FAU", "o:01ARZ3NDEKTSV4RRFFQ69G5FAU"),
                ("o:01ARZ3NDEKTSV4RRFFQ69G5FA", "o:01ARZ3NDEKTSV4RRFFQ69G5FA"),
            ],
        );
    }

    #[test]
    fn random_tokens() {
        check(
            &Rules::default(),
            &[
                ("s:V1StGXR8Z5jdHi6BmyT", "s:*"),
                ("s:V1StGXR8_Z5jdHi6B-myT", "s:*"),
                ("{V1StGXR8_Z5jdHi6B-myT}", "{*}"),
                ("s:aB3dE6gH9jK2mN5p", "s:*"),
                ("s:aB3dE6gH9jK2mN5", "s:aB3dE6gH9jK2mN5"),
                ("s:q8Zf+3kD/1mNpQ7vXyZ2Aw==", "s:*"),
                ("user-V1StGXR8Z5jdHi6B", "user-*"),
                ("api/V1/V1StGXR8Z5jdHi6BmyT", "api/V1/*"),
                // names
                ("UserProfileCacheV2:x", "UserProfileCacheV2:x"),
                ("OrderLineItemsCache2", "OrderLineItemsCache2"),
                ("User-Profile-Cache-Of-V2", "User-Profile-Cache-Of-V2"),
                ("Celery-Task-Meta-12345", "Celery-Task-Meta-*"),
                ("cjld2cjxh0000qzrmn831i7rn", "cjld2cjxh0000qzrmn831i7rn"),
                ("sess:aaxe8iw0uia", "sess:aaxe8iw0uia"),
            ],
        );
    }
}
