//! One row of CLIENT LIST: where it begins in a line, and its fields.

use memchr::{memchr, memmem};
use nom::bytes::complete::{tag, take_while1};
use nom::combinator::{recognize, verify};
use nom::error::Error;
use nom::sequence::terminated;
use nom::{IResult, Parser};
use wide::u8x16;

use super::field::{Field, Finder};

/// A field as it stands: key and value.
pub type Pair<'a> = (&'a [u8], &'a [u8]);

/// Why a line is no row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// It has too few fields to be one.
    Short,
    /// A second row begins inside it.
    Torn,
}

impl Flaw {
    /// In words for a person.
    pub fn reason(self) -> &'static str {
        match self {
            Flaw::Short => "too few fields for a client",
            Flaw::Torn => "another row begins inside this one",
        }
    }
}

/// Fields that a row has at least, of which two beside `id` and `addr` are known: Kvrocks' and
/// Dragonfly's rows are longer, and log lines that quote an address are shorter.
pub(super) const LEAST: usize = 4;

/// `key=`.
fn key(input: &[u8]) -> IResult<&[u8], &[u8]> {
    let letters = |byte: u8| byte.is_ascii_lowercase() || byte == b'-' || byte == b'_';
    let key = verify(take_while1(letters), |key: &[u8]| key.first().is_some_and(u8::is_ascii_lowercase));
    terminated(key, tag(&b"="[..])).parse(input)
}

/// A key and what follows its `=`.
struct Key<'a> {
    name: &'a [u8],
    field: Option<Field>,
    rest: &'a [u8],
}

/// The key at the start of `input`, which is that of field number `at` of its row.
#[inline]
fn key_at<'a>(input: &'a [u8], at: usize, finder: &mut Finder) -> Option<Key<'a>> {
    if let Some(field) = finder.expected(at)
        && let Some(rest) = field.value_in(input)
    {
        return Some(Key { name: field.key(), field: Some(field), rest });
    }
    let (rest, name) = key(input).ok()?;
    Some(Key { name, field: finder.find(at, name), rest })
}

/// Reads the fields of `text`, which begins at the row's anchor, into `fields`; `finder` knows the order of the
/// rows before.
///
/// A value ends where a space and the next key follow, so that a unix path may hold spaces; inside such a
/// path only a known key counts. What follows the last field (log lines go on after the row) is no part
/// of it, but of a last `addr` or `laddr`.
pub fn fields<'a>(text: &'a [u8], fields: &mut Vec<Pair<'a>>, finder: &mut Finder) -> Result<(), Flaw> {
    fields.clear();
    let (mut known, mut addresses) = (0, 0);
    let mut next = key_at(text, 0, finder);
    while let Some(key) = next {
        let (value, after) = value(&key, fields.len() + 1, finder);
        known += usize::from(key.field.is_some());
        addresses += usize::from(key.field == Some(Field::Addr));
        fields.push((key.name, value));
        next = after;
    }
    if addresses > 1 {
        return Err(Flaw::Torn);
    }
    if fields.len() < LEAST || known < LEAST { Err(Flaw::Short) } else { Ok(()) }
}

/// The value of a key, and the key of field number `at` after it.
fn value<'a>(key: &Key<'a>, at: usize, finder: &mut Finder) -> (&'a [u8], Option<Key<'a>>) {
    let rest = key.rest;
    let is_address = matches!(key.field, Some(Field::Addr | Field::Laddr));
    let is_path = is_address && (rest.starts_with(b"/") || rest.starts_with(b"[/"));
    let first = space(rest);
    let mut end = first;
    while let Some(tail) = rest.get(end + 1..) {
        let next = key_at(tail, at, finder).filter(|key| !is_path || key.field.is_some());
        if next.is_some() {
            return (rest.get(..end).unwrap_or_default(), next);
        }
        end += 1 + space(tail);
    }
    (rest.get(..if is_address { rest.len() } else { first }).unwrap_or_default(), None)
}

/// Where the first space stands; the length of the text where there is none. Most values are short.
#[inline]
pub(super) fn space(text: &[u8]) -> usize {
    if let Some(start) = text.first_chunk() {
        let spaces = u8x16::new(*start).simd_eq(u8x16::splat(b' ')).to_bitmask();
        if spaces != 0 {
            return spaces.trailing_zeros() as usize;
        }
    }
    memchr(b' ', text).unwrap_or(text.len())
}

/// `id=7 ` at the end of `text`: how many bytes it takes.
fn id_before(text: &[u8]) -> Option<usize> {
    let digits = text.strip_suffix(b" ")?;
    let count = digits.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let before = digits.get(..digits.len() - count)?.strip_suffix(b"id=")?;
    (count > 0 && !before.last().is_some_and(|byte| is_word(*byte))).then_some(count + 4)
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'=')
}

/// Where the first row of a line begins: at `id=N addr=`, or at `addr=` where there is no id (Redis before
/// 2.8.12), whatever stands in front.
pub fn anchor(line: &[u8]) -> Option<usize> {
    // Rows as servers print them: no search is needed.
    if let Some(tail) = line.strip_prefix(b"id=") {
        let digits = tail.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits > 0 && tail.get(digits..).is_some_and(|rest| rest.starts_with(b" addr=")) {
            return Some(0);
        }
    }
    memmem::find_iter(line, b"addr=").find_map(|at| {
        let before = line.get(..at)?;
        match id_before(before) {
            Some(bytes) => Some(at - bytes),
            None => (!before.last().is_some_and(|byte| is_word(*byte))).then_some(at),
        }
    })
}

/// Whether what stands before `addr=` is the rest of an `id=N ` whose start was cut off.
pub fn is_cut_id(prefix: &[u8]) -> bool {
    let tail = |input| -> IResult<&[u8], &[u8], Error<&[u8]>> {
        recognize(take_while1(|byte: u8| byte.is_ascii_digit())).parse(input)
    };
    let number = prefix.strip_prefix(b"d=").or_else(|| prefix.strip_prefix(b"=")).unwrap_or(prefix);
    match tail(number) {
        // Ten digits are a time.
        Ok((b" ", digits)) => digits.len() < 10,
        _ => prefix == b" ",
    }
}

/// Whether `text` reads like the rest of a row whose start is missing: it has three known fields.
pub fn is_rest(text: &[u8]) -> bool {
    let keys = text.split(|byte| *byte == b' ').filter_map(|word| key(word).ok());
    keys.filter(|(_, key)| Field::find(key).is_some()).take(3).count() == 3
}

/// Whether `text` reads like a part of a row: the start of one, or the rest.
pub fn is_part(text: &[u8]) -> bool {
    text.starts_with(b"id=") || text.starts_with(b"addr=") || is_rest(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<(String, String)>, Flaw> {
        let mut found = Vec::new();
        fields(text.as_bytes(), &mut found, &mut Finder::default())?;
        let own = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        Ok(found.into_iter().map(|(key, value)| (own(key), own(value))).collect())
    }

    fn value_of(text: &str, key: &str) -> Option<String> {
        read(text).unwrap().into_iter().find(|(held, _)| held == key).map(|(_, value)| value)
    }

    #[test]
    fn values_keep_what_servers_allow_in_them() {
        for (row, key, value) in [
            (
                "id=1 addr=1.2.3.4:5 fd=8 name=test=_complex_[name] age=2",
                "name",
                Some("test=_complex_[name]"),
            ),
            ("id=1 addr=1.2.3.4:5 fd=8 name=a\"b\\(c age=2", "name", Some("a\"b\\(c")),
            ("id=1 addr=1.2.3.4:5 fd=8 name= age=2", "name", Some("")),
            ("id=1 addr=1.2.3.4:5 fd=8 age=2", "name", None),
            ("id=1 addr=/tmp/a b.sock:0 laddr=/tmp/a b.sock:0 fd=8", "addr", Some("/tmp/a b.sock:0")),
            ("id=1 addr=/tmp/a b.sock:0 laddr=/tmp/a b.sock:0 fd=8", "laddr", Some("/tmp/a b.sock:0")),
            ("id=1 addr=/tmp/a x=y.sock:0 fd=8 age=1", "addr", Some("/tmp/a x=y.sock:0")),
            ("addr=[/a b:0]:0 fd=8 age=1 idle=0", "addr", Some("[/a b:0]:0")),
            ("id=1 addr=[::1]:5 fd=8 age=-1", "age", Some("-1")),
            ("id=1 addr=a:5 fd=8 age=1 novel-thing=7", "novel-thing", Some("7")),
            ("id=1 addr=a:5 fd=8 events= cmd=client|list", "events", Some("")),
            ("id=1 addr=a:5 fd=8 user=(superuser) resp=3", "user", Some("(superuser)")),
            ("id=1 addr=a:5 fd=8 cmd=x user=default scheduled to be closed ASAP.", "user", Some("default")),
            ("id=1 addr=a:5 fd=8 name=two words idle=3", "name", Some("two words")),
        ] {
            assert_eq!(value_of(row, key).as_deref(), value, "{row}");
        }
    }

    #[test]
    fn order_is_kept() {
        let keys: Vec<_> =
            read("addr=a:1 fd=7 idle=1 flags=N").unwrap().into_iter().map(|(k, _)| k).collect();
        assert_eq!(keys, ["addr", "fd", "idle", "flags"]);
    }

    #[test]
    fn what_is_no_row_is_told() {
        for (text, flaw) in [
            ("addr=1.2.3.4:5", Flaw::Short),
            ("addr=1.2.3.4:5 x=1 y=2 z=3", Flaw::Short),
            ("id=5 addr=1.2.3.4:5 laddr=1.2.3.4:6", Flaw::Short),
            ("id=5 addr=1.2.3.4:5 fd=8 name=id=6 addr=1.2.3.4:7 fd=9 name=", Flaw::Torn),
            ("", Flaw::Short),
        ] {
            assert_eq!(read(text).unwrap_err(), flaw, "{text}");
        }
    }

    #[test]
    fn rows_are_found_behind_any_prefix() {
        for (line, at) in [
            ("id=7 addr=a:1", Some(0)),
            ("addr=a:1 fd=7", Some(0)),
            ("txt:id=7 addr=a:1", Some(4)),
            ("2026-06-18 14:21:17,id=6 addr=a:1", Some(20)),
            ("12:M 18 Jun 2024 14:18:17.123 # Client id=3 addr=a:1", Some(39)),
            ("1) \"id=4 addr=a:1", Some(4)),
            ("pid=4 addr=a:1", Some(6)),
            ("laddr=a:1 addr=b:2", Some(10)),
            ("laddr=a:1", None),
            ("id=7 name=addr=x", None),
            ("", None),
        ] {
            assert_eq!(anchor(line.as_bytes()), at, "{line}");
        }
    }

    #[test]
    fn cut_starts_are_told() {
        for (prefix, is) in [
            (&b"d=12 "[..], true),
            (b"=12 ", true),
            (b"12 ", true),
            (b" ", true),
            (b"", false),
            (b"1718720297 ", false),
            (b"Client ", false),
        ] {
            assert_eq!(is_cut_id(prefix), is);
        }
        assert!(is_rest(b"7.0.0.1:5000 fd=8 name= age=3"));
        assert!(!is_rest(b"a=b c=d e=f"));
        assert!(!is_rest(b"hello fd=8"));
    }
}
