//! What all forms of an entry have in common.

use std::ops::Range;

use super::arities::arity;
use super::marker;
use crate::event::{Args, Exactness, Place, Sink, Slow, Span};
use crate::format::lexical::{Body, eight_digits, unescape_into};

/// What stands in an entry beside its arguments. Addresses and names are decoded.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Fields<'a> {
    pub(super) id: Option<u64>,
    /// In microseconds since 1970.
    pub(super) time: i64,
    pub(super) us: u64,
    /// The seventh element of Redis 8.10.
    pub(super) argc: Option<u64>,
    pub(super) client: Option<&'a [u8]>,
    pub(super) name: Option<&'a [u8]>,
    pub(super) complexity: Option<&'a [u8]>,
}

/// How the arguments are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parted {
    /// Each stands between quotes.
    Quoted,
    /// Each takes a line or, where it holds line ends, several.
    Lines,
    /// The same, and no fewer lines can be arguments of this command.
    Whole,
    /// Joined by spaces, and perhaps holding some.
    Words,
}

/// Where an entry stands and how many bytes it takes with all around it.
#[derive(Clone, Copy, Debug)]
pub(super) struct At {
    pub(super) place: Place,
    pub(super) bytes: u64,
}

/// Arguments that the server logs at most, unless told otherwise since Redis 8.8 (`SLOWLOG_ENTRY_MAX_ARGC`
/// in Redis's `src/slowlog.h`).
const MOST_ARGUMENTS: usize = 32;

/// Hands an entry on.
// Fields that were put together here and now are not read back whole from the stack.
#[inline(always)]
pub(super) fn emit(fields: &Fields<'_>, args: Args<'_>, parted: Parted, at: At, sink: &mut dyn Sink) {
    emit_by(fields, args, parted, at, sink, arity);
}

/// The same where `arity` tells that of the call.
#[inline(always)]
pub(super) fn emit_by(
    fields: &Fields<'_>,
    args: Args<'_>,
    parted: Parted,
    at: At,
    sink: &mut dyn Sink,
    arity: impl FnOnce(&Args<'_>) -> Option<i16>,
) {
    let is_sure = matches!(parted, Parted::Quoted | Parted::Whole);
    let arity = if is_sure { None } else { arity(&args) };
    let joined = if is_sure { None } else { joined(&args, arity, fields.argc) };
    let args = joined.as_ref().map_or(args, |spans| args.at(spans));
    let shown = marker::argc(&args);
    let exactness = match parted {
        Parted::Quoted | Parted::Whole => Exactness::Exact,
        _ if is_confirmed(&args, arity, shown, fields.argc) => Exactness::Exact,
        Parted::Lines => Exactness::Inexact,
        Parted::Words => Exactness::NameOnly,
    };
    sink.slow(&Slow {
        place: at.place,
        bytes: at.bytes,
        id: fields.id,
        time: fields.time,
        us: fields.us,
        args,
        exactness,
        argc: fields.argc.or((exactness == Exactness::Exact).then_some(shown)),
        client: fields.client,
        name: fields.name,
        complexity: fields.complexity,
    });
}

/// The name and the rest as one argument, where a call has just one but several pieces: it holds what parts
/// them.
fn joined(args: &Args<'_>, arity: Option<i16>, argc: Option<u64>) -> Option<[Span; 2]> {
    let [name, first, .., last] = args.spans() else { return None };
    let is_one = match argc {
        Some(argc) => argc == 2,
        None => arity == Some(2),
    };
    // Where more than one byte parts them, as CR LF does, the argument is not what stands there.
    let is_parted_by_one = || {
        args.spans().windows(2).all(|pair| match pair {
            [one, next] => one.start + one.len + 1 == next.start,
            _ => false,
        })
    };
    let rest = Span { start: first.start, len: last.start + last.len - first.start, escapes: 0 };
    (is_one && is_parted_by_one() && marker::more_arguments(args.get(args.len() - 1)?.raw).is_none())
        .then_some([*name, rest])
}

/// Whether pieces of arguments must be whole arguments: a piece is never more than one argument, so as many
/// pieces as the command must at least have, or as the server says it had, leave no choice.
fn is_confirmed(args: &Args<'_>, arity: Option<i16>, shown: u64, argc: Option<u64>) -> bool {
    match argc {
        Some(argc) => argc == shown,
        None if shown > args.len() as u64 && args.len() == MOST_ARGUMENTS => true,
        None => arity.is_some_and(|arity| usize::from(arity.unsigned_abs()) == args.len()),
    }
}

/// Seconds since 1970 in microseconds.
pub(super) fn seconds(text: &[u8]) -> Option<i64> {
    i64::try_from(whole(text)?).ok()?.checked_mul(1_000_000)
}

/// The same of ten digits, as all times of this century have.
#[inline]
pub(super) fn ten_digit_seconds(text: &[u8]) -> Option<i64> {
    let (first, [tens @ b'0'..=b'9', ones @ b'0'..=b'9']) = text.split_first_chunk()? else { return None };
    let last = i64::from(tens & 0x0f) * 10 + i64::from(ones & 0x0f);
    Some((i64::try_from(eight_digits(*first)?).ok()? * 100 + last) * 1_000_000)
}

/// The seconds that stand at these places, as [`seconds`] has them.
#[inline]
pub(super) fn seconds_in(text: &[u8], from: usize, to: usize) -> Option<i64> {
    let text = text.get(from..to)?;
    if text.len() == 10 { ten_digit_seconds(text) } else { seconds(text) }
}

/// The number that stands at these places, as [`whole`] has it.
#[inline(always)]
pub(super) fn whole_in(text: &[u8], from: usize, to: usize) -> Option<u64> {
    const ZEROS: u64 = u64::from_le_bytes(*b"00000000");
    let missing = (from + 8).wrapping_sub(to);
    match text.get(from..)?.first_chunk() {
        // Zeros are put in front of a short number, and what is behind it out of the way.
        Some(start) if missing < 8 => {
            let digits = (u64::from_le_bytes(*start) ^ ZEROS) << (8 * missing) ^ ZEROS;
            eight_digits(digits.to_le_bytes())
        }
        _ => whole(text.get(from..to)?),
    }
}

/// A number that fills `text`.
pub(super) fn whole(text: &[u8]) -> Option<u64> {
    if text.is_empty() || text.len() > 19 {
        return None;
    }
    let (first, rest) = match text.split_first_chunk() {
        Some((first, rest)) => (eight_digits(*first)?, rest),
        None => (0, text),
    };
    rest.iter()
        .try_fold(first, |number, byte| byte.is_ascii_digit().then(|| number * 10 + u64::from(byte & 0x0f)))
}

/// What a string of the slow log can be, seen as a client's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Address {
    /// A socket's address as the server prints it.
    Socket,
    /// Nothing: a script's or a module's call (Redis 7.2 and later).
    Empty,
    /// None.
    No,
}

/// Tells addresses from arguments: an IP address and a port, a socket's path and `:0`, or `?:0`.
pub(super) fn address(text: &[u8]) -> Address {
    if text.is_empty() {
        return Address::Empty;
    }
    let is_port = |port: &[u8]| whole(port).is_some_and(|port| port <= u64::from(u16::MAX));
    if behind_ip4(text).is_some_and(is_port) {
        return Address::Socket;
    }
    let Some(colon) = memchr::memrchr(b':', text) else { return Address::No };
    let (host, port) = text.split_at(colon);
    let port = port.get(1..).unwrap_or_default();
    let is_socket = if host.first() == Some(&b'/') || host == b"?" {
        port == b"0"
    } else {
        let host = host.strip_prefix(b"[").and_then(|host| host.strip_suffix(b"]")).unwrap_or(host);
        is_port(port) && std::str::from_utf8(host).is_ok_and(|host| host.parse::<std::net::IpAddr>().is_ok())
    };
    if is_socket { Address::Socket } else { Address::No }
}

/// What follows the colon behind four numbers below 256 without leading zeros and with dots between them, as
/// nearly all addresses are.
fn behind_ip4(text: &[u8]) -> Option<&[u8]> {
    let (mut dots, mut number, mut digits) = (0, 0_u16, 0);
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'0'..=b'9' if digits == 0 || number > 0 => {
                number = number * 10 + u16::from(byte & 0x0f);
                digits += 1;
                if number > 255 {
                    return None;
                }
            }
            b'.' if digits > 0 => (dots, number, digits) = (dots + 1, 0, 0),
            b':' if digits > 0 && dots == 3 => return text.get(at + 1..),
            _ => return None,
        }
    }
    None
}

/// Whether a client can have this name: no spaces, nothing that is not printable ASCII.
pub(super) fn is_name(text: &[u8]) -> bool {
    text.iter().all(u8::is_ascii_graphic)
}

/// Buffers for what must be decoded.
#[derive(Debug, Default)]
pub(super) struct Decoded {
    pub(super) client: Vec<u8>,
    pub(super) name: Vec<u8>,
    pub(super) complexity: Vec<u8>,
}

/// Where a string stands whose first byte behind the quote is at `start`.
pub(super) fn span(start: usize, body: Body<'_>) -> Option<Span> {
    Some(Span {
        start: u32::try_from(start).ok()?,
        len: u32::try_from(body.raw.len()).ok()?,
        escapes: u32::try_from(body.escapes).ok()?,
    })
}

/// Where bytes stand that are decoded.
pub(super) fn plain_span(range: Range<usize>) -> Option<Span> {
    span(range.start, Body { raw: &[], escapes: 0 })
        .and_then(|span| Some(Span { len: u32::try_from(range.len()).ok()?, ..span }))
}

/// What a string between quotes says; decoded at the end of `buffer` where it must be.
pub(super) fn decoded<'a>(raw: &'a [u8], escapes: usize, buffer: &'a mut Vec<u8>) -> &'a [u8] {
    if escapes == 0 {
        return raw;
    }
    buffer.clear();
    unescape_into(raw, buffer);
    buffer
}

/// The text behind `Complexity info: `, which Redis Software writes before sizes; empty for none.
pub(super) fn complexity(text: &[u8]) -> Option<&[u8]> {
    match text.strip_prefix(b"Complexity info:") {
        Some(sizes) => Some(sizes.trim_ascii()),
        None => text.is_empty().then_some(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_arguments() {
        for (text, kind) in [
            (&b"127.0.0.1:43758"[..], Address::Socket),
            (b"[::1]:45176", Address::Socket),
            (b"fd40:1481:21:dbe0:7021:300:a03:1a06:44426", Address::Socket),
            (b"/tmp/redis sock/redis.sock:0", Address::Socket),
            (b"?:0", Address::Socket),
            (b"", Address::Empty),
            (b"user:1", Address::No),
            (b"/a/b:7", Address::No),
            (b"127.0.0.1:99999", Address::No),
            (b"255.10.0.9:65535", Address::Socket),
            (b"256.10.0.9:6", Address::No),
            (b"25.01.0.9:6", Address::No),
            (b"25.1..9:6", Address::No),
            (b"25.1.9:6", Address::No),
            (b"25.1.9.9.9:6", Address::No),
            (b".1.9.9.9:6", Address::No),
            (b"1.9.9.9.:6", Address::No),
            (b"1.9.9.9:", Address::No),
            (b"127.0.0.1", Address::No),
            (b"1795172499", Address::No),
            (b"\xff:1", Address::No),
        ] {
            assert_eq!(address(text), kind, "{}", text.escape_ascii());
        }
    }

    #[test]
    fn numbers_fill_their_text() {
        for (text, number) in [
            (&b"0"[..], Some(0)),
            (b"1795172499", Some(1_795_172_499)),
            (b"9999999999999999999", Some(9_999_999_999_999_999_999)),
            (b"18446744073709551616", None),
            (b"", None),
            (b"-1", None),
            (b"1 ", None),
        ] {
            assert_eq!(whole(text), number);
            for behind in [&b""[..], b",", b"12345678", b"\n\xff\0/:"] {
                let all = [b"9", text, behind].concat();
                assert_eq!(whole_in(&all, 1, 1 + text.len()), number, "{}", all.escape_ascii());
            }
        }
        for len in 1..12 {
            let text = &b"70361958024"[..len];
            assert_eq!(whole_in(text, 0, len), whole(text));
            assert_eq!(whole_in(&[text, b"1795172499"].concat(), 0, len), whole(text));
            assert_eq!(whole_in(b"/0361958024", 0, len), None);
        }
        assert_eq!(seconds(b"1795172499"), Some(1_795_172_499_000_000));
        assert_eq!(seconds(b"9999999999999999"), None);
        assert_eq!(ten_digit_seconds(b"1795172499"), Some(1_795_172_499_000_000));
        assert_eq!(ten_digit_seconds(b"9999999999"), Some(9_999_999_999_000_000));
        for text in [&b"179517249"[..], b"17951724999", b"179517249x", b"17951x2499", b"1795172 99", b""] {
            assert_eq!(ten_digit_seconds(text), None);
            assert_eq!(seconds_in(text, 0, text.len()), seconds(text));
        }
    }

    #[test]
    fn sizes_of_redis_software_lose_their_title() {
        assert_eq!(complexity(b"Complexity info: N:4712,M:3788"), Some(&b"N:4712,M:3788"[..]));
        assert_eq!(complexity(b""), Some(&b""[..]));
        assert_eq!(complexity(b"GET"), None);
    }
}
