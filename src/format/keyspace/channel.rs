//! What channel and payload of a notification say.

use memchr::memchr;
use nom::branch::alt;
use nom::bytes::complete::{tag, take, take_till, take_while1};
use nom::character::complete::char;
use nom::combinator::{map_opt, rest, value};
use nom::sequence::{delimited, terminated};
use nom::{IResult, Parser};

use crate::event::Channel;
use crate::format::lexical::whole_number;

/// One notification, apart from who got it and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told<'a> {
    /// The database.
    pub database: u32,
    /// Which channel it came by.
    pub channel: Channel,
    /// `set`, `expired` …
    pub event: &'a [u8],
    /// The key.
    pub key: &'a [u8],
    /// The hash field of [`Channel::Subkeyspaceitem`], else empty.
    pub field: &'a [u8],
}

/// `__keyspace@0__:`, with the channel's kind and database. Keys may hold `__:`, so the first one ends it.
pub fn start(input: &[u8]) -> IResult<&[u8], (Channel, u32)> {
    let kind = alt((
        value(Channel::Keyspace, tag(&b"__keyspace@"[..])),
        value(Channel::Keyevent, tag(&b"__keyevent@"[..])),
        value(Channel::Subkeyspace, tag(&b"__subkeyspace@"[..])),
        value(Channel::Subkeyevent, tag(&b"__subkeyevent@"[..])),
        value(Channel::Subkeyspaceitem, tag(&b"__subkeyspaceitem@"[..])),
        value(Channel::Subkeyspaceevent, tag(&b"__subkeyspaceevent@"[..])),
    ));
    let database = map_opt(take_while1(|byte: u8| byte.is_ascii_digit()), whole_number);
    terminated((kind, database), tag(&b"__:"[..])).parse(input)
}

/// Reads a notification; `None` where the channel or its payload is not of its form.
pub fn told<'a>(channel: &'a [u8], payload: &'a [u8]) -> Option<Told<'a>> {
    let (name, (kind, database)) = start(channel).ok()?;
    let (event, key, field) = match kind {
        Channel::Keyspace => (payload, name, &b""[..]),
        Channel::Keyevent => (name, payload, &b""[..]),
        Channel::Subkeyspace => (until(b'|', payload)?.0, name, &b""[..]),
        Channel::Subkeyevent => (name, counted(payload).ok()?.1, &b""[..]),
        Channel::Subkeyspaceitem => {
            let (key, field) = until(b'\n', name)?;
            (payload, key, field)
        }
        Channel::Subkeyspaceevent => {
            let (event, key) = until(b'|', name)?;
            (event, key, &b""[..])
        }
    };
    (!event.is_empty()).then_some(Told { database, channel: kind, event, key, field })
}

/// What stands before and behind the first `mark`.
fn until(mark: u8, input: &[u8]) -> Option<(&[u8], &[u8])> {
    let split: IResult<&[u8], (&[u8], &[u8])> =
        (terminated(take_till(|byte| byte == mark), char(char::from(mark))), rest).parse(input);
    split.ok().map(|(_, parts)| parts)
}

/// `4:name`: bytes behind their length, which wins over any mark in them.
pub fn counted(input: &[u8]) -> IResult<&[u8], &[u8]> {
    let (rest, length) = delimited(
        nom::combinator::success(()),
        map_opt(take_while1(|byte: u8| byte.is_ascii_digit()), whole_number),
        char(':'),
    )
    .parse(input)?;
    take(length as usize).parse(rest)
}

/// Whether a subscriber to `pattern` can get a message on a channel that starts with `start`, by the
/// rules of Redis's `stringmatchlen`.
pub fn admits(pattern: &[u8], start: &[u8]) -> bool {
    let mut pattern = pattern;
    for byte in start {
        pattern = match pattern {
            // Whatever follows can take up the rest.
            [b'*', ..] => return true,
            [b'?', rest @ ..] => rest,
            [b'[', rest @ ..] => {
                let Some(end) = memchr(b']', rest) else { return true };
                let (set, rest) = rest.split_at(end);
                if !in_set(set, *byte) {
                    return false;
                }
                rest.get(1..).unwrap_or_default()
            }
            [b'\\', plain, rest @ ..] | [plain, rest @ ..] if plain == byte => rest,
            _ => return false,
        };
    }
    true
}

/// `abc`, `a-z`, `^a`.
fn in_set(set: &[u8], byte: u8) -> bool {
    let (negated, set) = match set {
        [b'^', rest @ ..] => (true, rest),
        _ => (false, set),
    };
    let mut held = false;
    let mut rest = set;
    while let [first, tail @ ..] = rest {
        rest = match tail {
            [b'-', last, tail @ ..] => {
                held |= (*first.min(last)..=*first.max(last)).contains(&byte);
                tail
            }
            _ => {
                held |= *first == byte;
                tail
            }
        };
    }
    held != negated
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_and_payloads_are_taken_apart() {
        for (channel, payload, kind, event, key, field) in [
            (
                &b"__keyspace@0__:user:1"[..],
                &b"set"[..],
                Channel::Keyspace,
                &b"set"[..],
                &b"user:1"[..],
                &b""[..],
            ),
            (b"__keyspace@12__:a __:x", b"hset", Channel::Keyspace, b"hset", b"a __:x", b""),
            (b"__keyspace@0__:", b"set", Channel::Keyspace, b"set", b"", b""),
            (b"__keyevent@0__:set", b"k\n__:x", Channel::Keyevent, b"set", b"k\n__:x", b""),
            (b"__keyevent@0__:set", b"", Channel::Keyevent, b"set", b"", b""),
            (b"__subkeyspace@0__:my|h", b"hset|3:f,1,3:g:2", Channel::Subkeyspace, b"hset", b"my|h", b""),
            (b"__subkeyevent@0__:hset", b"4:my|h|3:f,1", Channel::Subkeyevent, b"hset", b"my|h", b""),
            (b"__subkeyspaceitem@0__:my|h\nf,1", b"hset", Channel::Subkeyspaceitem, b"hset", b"my|h", b"f,1"),
            (b"__subkeyspaceevent@0__:hset|my|h", b"3:f,1", Channel::Subkeyspaceevent, b"hset", b"my|h", b""),
        ] {
            let told = told(channel, payload).unwrap();
            assert_eq!((told.channel, told.event, told.key, told.field), (kind, event, key, field));
        }
        assert_eq!(told(b"__keyspace@12__:a", b"set").unwrap().database, 12);
    }

    #[test]
    fn what_is_no_notification_is_told() {
        for (channel, payload) in [
            (&b"news"[..], &b"set"[..]),
            (b"__keyspace@*__:*", b"1"),
            (b"__keyspace@0__", b"set"),
            (b"__keyspace@99999999999__:k", b"set"),
            (b"__keyspace@0__:k", b""),
            (b"__subkeyspace@0__:k", b"hset"),
            (b"__subkeyevent@0__:hset", b"9:k"),
            (b"__subkeyevent@0__:hset", b"x:k"),
            (b"__subkeyspaceitem@0__:k", b"hset"),
            (b"__subkeyspaceevent@0__:hset", b"1:f"),
        ] {
            assert_eq!(told(channel, payload), None, "{}", channel.escape_ascii());
        }
    }

    #[test]
    fn patterns_admit_channels() {
        for (pattern, start, admitted) in [
            (&b"__key*__:*"[..], &b"__keyspace@0__:k"[..], true),
            (b"*", b"__keyspace@0__:k", true),
            (b"__keyevent@*__:*", b"__keyspace@0__:k", false),
            (b"__key[se]*", b"__keyspace@0__:k", true),
            (b"__key[^s]*", b"__keyspace@0__:k", false),
            (b"__key[a-t]pace@?__:k", b"__keyspace@0__:k", true),
            (b"__keyspace@0__:k", b"__keyspace@0__:k", true),
            (b"__keyspace@0__:k", b"__keyspace@0__:kk", false),
            (b"__keyspace@0__:kk", b"__keyspace@0__:k", true),
            (br"\__key*", b"__keyspace@0__:k", true),
            (b"", b"__keyspace@0__:k", false),
        ] {
            assert_eq!(admits(pattern, start), admitted, "{}", pattern.escape_ascii());
        }
    }
}
