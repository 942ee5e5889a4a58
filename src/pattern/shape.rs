//! The shape of one key: what can be told to be an id without looking at any other key.

use std::ops::Range;

use super::alike::Alike;
use super::class::{
    AT, BREAK, Classes, DIGIT, HEX, HEX_LOWER, HIGH, LOWER, OPEN, OTHER_LETTER, SEPARATOR, UPPER,
};
use super::{address, date, id};

/// Without a digit, a segment of at least this length does not start an IPv6 address …
const PLAIN_FROM: usize = 5;
/// … and one shorter than this is no hexadecimal id.
const PLAIN_TO: usize = id::HEX_LETTERS;

/// From this length on a segment of hexadecimal digits is an id whatever they are: no address and no date of digits
/// alone is so long.
const LONG: usize = 16;
/// A UUID's length.
const UUID: usize = 36;

/// Shorter words with digits in them (`v2`) may stand in many keys.
const SHORT: usize = 8;

/// How keys become patterns.
#[derive(Clone, Debug)]
pub struct Rules {
    pub(super) classes: Classes,
    pub(super) depth: Option<usize>,
    /// Whether all digits are nothing else.
    has_digits: bool,
}

impl Default for Rules {
    /// Segments are parted by `:`, and ids are told by their shape.
    fn default() -> Self {
        Rules::new(b":", None)
    }
}

impl Rules {
    /// `separators` are the bytes that part segments. With `depth`, the first `depth` segments are kept
    /// as they are and the rest is one `*`, whatever it looks like.
    pub fn new(separators: &[u8], depth: Option<usize>) -> Self {
        let classes = Classes::new(separators);
        let has_digits = (b'0'..=b'9').all(|digit| classes.of(digit) == DIGIT);
        Rules { classes, depth, has_digits }
    }

    /// Whether ids that look like words are learnt from the whole capture.
    pub fn learns(&self) -> bool {
        self.depth.is_none()
    }

    /// Replaces `out` by the shape of `key`, given as its bytes (not escaped).
    ///
    /// Where an id fills a segment, or a word of it (between punctuation or control characters), a `*`
    /// stands in its place. Ids are: numbers (`12`, `-1.5`, also `1.2.3`), hexadecimal ids (8 digits or
    /// more with one of 0-9, or 12 or more; `0x1f`), UUIDs, ULIDs, random tokens of 16 characters or more
    /// that mix both cases and digits, dates and times, IP addresses with their network length, e-mail
    /// addresses, and segments that are no valid UTF-8. A word with a number in it (`v3`, `user12`) is
    /// none. Separators, punctuation and literal `*` stay as they are.
    ///
    /// The shape is never longer than the key; with a depth, by one byte at most. Time is proportional to
    /// the key's length, and nothing is allocated but by `out`.
    ///
    /// The answer is which keys surely have this shape too.
    pub fn shape(&self, key: &[u8], out: &mut Vec<u8>) -> Alike {
        out.clear();
        if let Some(depth) = self.depth {
            self.cut(key, depth, out);
            return Alike::Nothing;
        }
        let mut at = 0;
        let mut fresh = true;
        let mut alike = if self.has_digits { Alike::Digits } else { Alike::Nothing };
        while at < key.len() {
            let (end, of_segment) = self.segment(key, at, fresh, out);
            at = end;
            alike = alike.and(of_segment);
            fresh = false;
            if let Some(&byte) = key.get(at)
                && self.classes.of(byte) & SEPARATOR != 0
            {
                out.push(byte);
                at += 1;
                fresh = true;
            }
        }
        alike
    }

    /// The first `depth` segments, and a `*` where more follow.
    fn cut(&self, key: &[u8], depth: usize, out: &mut Vec<u8>) {
        let mut rest = key;
        for _ in 0..depth {
            match self.classes.split(rest) {
                (_, Some((_, after))) => rest = after,
                (_, None) => return out.extend_from_slice(key),
            }
        }
        out.extend_from_slice(key.get(..key.len() - rest.len()).unwrap_or_default());
        out.push(b'*');
    }

    /// Writes what is left of the segment at `from` and answers where it ended: beyond the segment where
    /// an id holds separators. Without `fresh` such an id ended right before `from`. Also what else may stand there and
    /// leave the same: other digits, where they make no date and no address.
    fn segment(&self, key: &[u8], from: usize, fresh: bool, out: &mut Vec<u8>) -> (usize, Alike) {
        let (end, held) = self.classes.run(key, from, SEPARATOR);
        let segment = key.get(from..end).unwrap_or_default();
        if held & HIGH != 0 && std::str::from_utf8(segment).is_err() {
            if fresh {
                out.push(b'*');
            }
            return (end, Alike::Nothing);
        }
        if held & (DIGIT | AT | OPEN) == 0 && (PLAIN_FROM..PLAIN_TO).contains(&segment.len()) {
            out.extend_from_slice(segment);
            return (end, Alike::Digits);
        }
        if held == DIGIT && is_number(key, end, segment.len()) {
            out.push(b'*');
            return (end, Alike::Digits);
        }
        if fresh && self.is_long_id(key, from..end, held) {
            out.push(b'*');
            return (end, Alike::Hex(from, end));
        }
        let after = self.words(key, from..end, held, fresh, out);
        (after, if after == end { own(segment, held, from..end) } else { Alike::Nothing })
    }

    /// Whether a segment, in which `held` stands, is an id of small hexadecimal digits that is told by its form alone.
    fn is_long_id(&self, key: &[u8], of: Range<usize>, held: u16) -> bool {
        // What follows another byte might be a part of it.
        if !matches!(key.get(of.end), None | Some(b':')) {
            return false;
        }
        match held & !(DIGIT | HEX_LOWER) {
            0 => of.len() >= LONG,
            BREAK if of.len() == UUID => {
                id::uuid(&self.classes, key, of.start + 8) == Some(of.end)
                    && key
                        .get(of.start..of.start + 8)
                        .is_some_and(|first| first.iter().all(u8::is_ascii_hexdigit))
            }
            _ => false,
        }
    }

    /// The same, of a segment in which `held` stands.
    pub(super) fn words(
        &self,
        key: &[u8],
        of: Range<usize>,
        held: u16,
        fresh: bool,
        out: &mut Vec<u8>,
    ) -> usize {
        let Range { start: from, end } = of;
        // A word, which may be empty, then a break, and so on.
        let (mut at, mut head) = (from, fresh);
        loop {
            let (after, is_id) = self.word(key, at, held, head, end - from);
            if is_id {
                out.push(b'*');
            } else {
                out.extend_from_slice(key.get(at..after).unwrap_or_default());
            }
            let Some(&byte) = key.get(after) else { return after };
            if after >= end {
                return after;
            }
            out.push(byte);
            head &= after == at && self.classes.of(byte) & OPEN != 0;
            at = after + 1;
        }
    }

    /// Where the word at `at` ends, and whether it is an id.
    ///
    /// `held` and `length` are the segment's; `head` says that only opening brackets stand before the word.
    fn word(&self, key: &[u8], at: usize, held: u16, head: bool, length: usize) -> (usize, bool) {
        let classes = &self.classes;
        let before = at.checked_sub(1).and_then(|before| key.get(before));
        if head && let Some(end) = address::ipv6(classes, key, at) {
            return (end, true);
        }
        if held & AT != 0
            && !before.is_some_and(|&byte| classes.of(byte) & SEPARATOR == 0 && address::is_local(byte))
            && let Some(end) = address::email(classes, key, at)
        {
            return (end, true);
        }
        let (mut end, mut class) = classes.run(key, at, id::END);
        let mut start = at;
        if end == at {
            // A sign, unless the `-` ends the word before.
            let signed =
                key.get(at) == Some(&b'-') && before.is_none_or(|&byte| classes.of(byte) & id::END != 0);
            if !signed || classes.of(b'-') & SEPARATOR != 0 {
                return (at, false);
            }
            start = at + 1;
            (end, class) = classes.run(key, start, id::END);
            if class != DIGIT {
                return (at, false);
            }
        }
        // Before numbers: a UUID may start with eight digits of 0-9.
        if class & !HEX == 0
            && end - start == 8
            && let Some(end) = id::uuid(classes, key, end)
        {
            return (end, true);
        }
        if class & DIGIT != 0
            && let Some(end) = date::date(classes, key, start)
        {
            return (end, true);
        }
        if class == DIGIT {
            return (id::number(classes, key, end, head), true);
        }
        if head
            && length >= id::TOKEN_WITH_BREAKS
            && [DIGIT, UPPER, LOWER].iter().all(|class| held & class != 0)
            && let Some(end) = id::token(classes, key, at)
        {
            return (end, true);
        }
        (end, id::word(key.get(start..end).unwrap_or_default(), class))
    }
}

/// Which keys have the same in the place of a segment, as far as it tells by itself, in which `held` stands: no network
/// address goes on behind such a letter, and a date starts with a digit.
fn own(segment: &[u8], held: u16, at: Range<usize>) -> Alike {
    let is_word = held & BREAK == 0 && !segment.first().is_some_and(u8::is_ascii_digit);
    if held & OTHER_LETTER == 0 || held & AT != 0 {
        Alike::Nothing
    } else if held & DIGIT == 0 {
        Alike::Digits
    } else if is_word && segment.len() < SHORT {
        Alike::Except(at.start, at.end)
    } else {
        Alike::Nothing
    }
}

/// Whether a segment of so many digits that ends at `end` is a number, told by what follows alone: most ids are.
/// Anything but another segment may go on with an address or a date; and an address with groups of up to four digits.
pub(super) fn is_number(key: &[u8], end: usize, digits: usize) -> bool {
    match key.get(end..) {
        None | Some([]) => true,
        Some([b':', rest @ ..]) => {
            digits > 4 || !rest.first().is_some_and(|next| *next == b':' || next.is_ascii_hexdigit())
        }
        Some(_) => false,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    fn shape_by(rules: &Rules, key: &[u8]) -> Vec<u8> {
        let mut out = b"left over".to_vec();
        rules.shape(key, &mut out);
        out
    }

    #[track_caller]
    pub(in crate::pattern) fn check(rules: &Rules, rows: &[(&str, &str)]) {
        for (key, shape) in rows {
            assert_eq!(String::from_utf8_lossy(&shape_by(rules, key.as_bytes())), *shape, "of {key:?}");
        }
    }

    #[test]
    fn words_within_segments() {
        check(
            &Rules::default(),
            &[
                ("celery-task-meta-f65202de-9850-472e-ba8b-b7ada0f58ef0", "celery-task-meta-*"),
                ("lock-signal:resource-12", "lock-signal:resource-*"),
                ("cache:product:745:v2", "cache:product:*:v2"),
                ("_kombu.binding.celery.pidbox", "_kombu.binding.celery.pidbox"),
                ("/5.celery.pidbox", "/*.celery.pidbox"),
                ("unacked_mutex", "unacked_mutex"),
                ("bull:image-resize:stalled-check", "bull:image-resize:stalled-check"),
                ("celery\x06\x163", "celery\x06\x16*"),
                ("a\n1", "a\n*"),
                ("order_5e483ea4dc1e9666_v2", "order_*_v2"),
                ("a(1)[2]<3>{4}", "a(*)[*]<*>{*}"),
                ("1 2,3;4~5%6&7!8+9=0|1#2", "* *,*;*~*%*&*!*+*=*|*#*"),
                ("user:*", "user:*"),
                ("user:0*", "user:0*"),
                ("a:1*2:**", "a:1*2:**"),
            ],
        );
    }

    #[test]
    fn bytes_beyond_ascii() {
        check(
            &Rules::default(),
            &[
                ("ключ:7", "ключ:*"),
                ("ключ-7", "ключ-*"),
                ("ключ", "ключ"),
                ("with space", "with space"),
                ("a\0b:1", "a\0b:*"),
            ],
        );
        for (key, shape) in [
            (&b"bin\x00\xff"[..], &b"*"[..]),
            (b"a:\xff:b", b"a:*:b"),
            (b"!:\xe9\xd4", b"!:*"),
            (b"{\xc3}:x", b"*:x"),
            (b"d:2026-06-18T14:18:17Z-\xff:x", b"d:*:x"),
        ] {
            assert_eq!(shape_by(&Rules::default(), key), shape);
        }
    }

    #[test]
    fn which_keys_have_the_same_shape_is_said() {
        for (rules, key, of_alike) in [
            (Rules::default(), "session:000000001234", Alike::Digits),
            (Rules::default(), "user:7:profile", Alike::Digits),
            (Rules::default(), "", Alike::Digits),
            (Rules::default(), "user:2026-06-18", Alike::Nothing),
            (Rules::default(), "fe:12345", Alike::Nothing),
            (Rules::default(), "v3:12", Alike::Except(0, 2)),
            (Rules::default(), "user:7:image-resize", Alike::Digits),
            (Rules::default(), "{user:7", Alike::Digits),
            (Rules::default(), "cafe-decade-facade:12", Alike::Nothing),
            (Rules::default(), "user@example:12", Alike::Nothing),
            (Rules::default(), "20260618T14:18:17", Alike::Nothing),
            (Rules::default(), "v3-x:12", Alike::Nothing),
            (Rules::default(), "v3:v4", Alike::Nothing),
            (Rules::default(), "user:V1StGXR8", Alike::Nothing),
            (Rules::default(), "user:5e483ea4dc1e9666:7", Alike::Hex(5, 21)),
            (Rules::default(), "user:5e483ea4dc1e966:7", Alike::Nothing),
            (Rules::default(), "user:5E483EA4DC1E9666:7", Alike::Nothing),
            (Rules::default(), "550e8400-e29b-41d4-a716-446655440000", Alike::Hex(0, 36)),
            (Rules::default(), "550e8400-e29b-41d4-a716-44665544000-", Alike::Nothing),
            (Rules::default(), "5e483ea4dc1e9666:5e483ea4dc1e9666", Alike::Nothing),
            (Rules::default(), "v3:5e483ea4dc1e9666", Alike::Nothing),
            (Rules::new(b"/", None), "u/5e483ea4dc1e9666/7", Alike::Nothing),
            (Rules::new(b":", Some(2)), "user:7", Alike::Nothing),
            (Rules::new(b":7", None), "user:8", Alike::Nothing),
        ] {
            assert_eq!(rules.shape(key.as_bytes(), &mut Vec::new()), of_alike, "of {key:?}");
        }
    }

    #[test]
    fn other_separators() {
        check(
            &Rules::new(b"/", None),
            &[
                ("api/7/x:8", "api/*/x:*"),
                ("d/2026/06/18/x", "d/*/x"),
                ("ip/10.0.0.0/8", "ip/*/*"),
                ("ip/2001:db8::1/x", "ip/*/x"),
            ],
        );
        check(
            &Rules::new(b"-", None),
            &[
                ("u-550e8400-e29b-41d4-a716-446655440000-x", "u-*-x"),
                ("d-2026-06-18-x", "d-*-x"),
                ("d-2026-06-x", "d-*-*-x"),
                ("a--5", "a--*"),
            ],
        );
        check(
            &Rules::new(b".:", None),
            &[("a.1.2:3", "a.*.*:*"), ("alice@example.com", "alice@example.com")],
        );
        check(&Rules::new(b"", None), &[("a:7:b", "a:*:b"), ("7", "*")]);
    }

    #[test]
    fn depth_cuts() {
        for (depth, key, shape) in [
            (0, "", "*"),
            (0, "user", "*"),
            (1, "", ""),
            (1, "user", "user"),
            (1, "user:7:profile", "user:*"),
            (1, "user:", "user:*"),
            (2, "user:7:profile", "user:7:*"),
            (3, "user:7:profile", "user:7:profile"),
            (9, "user:7:profile", "user:7:profile"),
            (1, "lock:{order:12}", "lock:*"),
        ] {
            check(&Rules::new(b":", Some(depth)), &[(key, shape)]);
        }
    }

    #[test]
    fn long_keys_cost_time_in_proportion() {
        let mut out = Vec::new();
        for unit in [
            ":", "a", "1", "1.", "1:", "a1:", "{", "-", "a@", "a@b.", "::", "ff:", "2026-", "aB3-", "\u{44f}",
        ] {
            let key = unit.repeat(2_000_000 / unit.len());
            Rules::default().shape(key.as_bytes(), &mut out);
            assert!(out.len() <= key.len());
        }
        Rules::default().shape(&[b'x'; 10_000_000], &mut out);
        assert!(out == [b'x'; 10_000_000]);
        Rules::default().shape("user:".repeat(100_000).as_bytes(), &mut out);
        assert_eq!(out, "user:".repeat(100_000).as_bytes());
    }
}
