//! The shapes of network and e-mail addresses.

use super::class::{Classes, SEPARATOR};
use super::id::{CLOSED, END, byte, digits};

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

#[cfg(test)]
mod tests {
    use crate::pattern::Rules;
    use crate::pattern::shape::tests::check;

    #[test]
    fn addresses() {
        check(
            &Rules::default(),
            &[
                ("ip:10.0.0.1", "ip:*"),
                ("ip:10.0.0.0/8:x", "ip:*:x"),
                ("ip:{10.0.0.0/8}", "ip:{*}"),
                ("LIMITS:LIMITER/api/ip:10.0.0.0/10/1/minute", "LIMITS:LIMITER/api/ip:*/*/*/minute"),
                ("LIMITS:LIMITER/login/user0/100/1/hour", "LIMITS:LIMITER/login/user0/*/*/hour"),
                ("ip:10.0.0.0/1000", "ip:*/*"),
                ("ip:2001:db8:0:0:0:0:0:1", "ip:*"),
                ("ip:2001:db8::1:x", "ip:*:x"),
                ("ip:::1:x", "ip:*:x"),
                ("fe80::1", "*"),
                ("ip:[2001:db8::1]:6379", "ip:[*]:*"),
                ("ip:[abcd:ef::1:2]:6379", "ip:[*]:*"),
                ("ip:2001:db8::/32:x", "ip:*:x"),
                ("ip:2001:db8::5/64", "ip:*"),
                ("ip:2001:db8::5/64/x", "ip:*/*/x"),
                ("ip:::ffff:10.0.0.1", "ip:*"),
                ("ip:0:0:0:0:0:ffff:10.0.0.1:x", "ip:*:x"),
                // none
                ("a:1:2:3:x", "a:*:*:*:x"),
                ("z:1:2:3:4:5:6:7", "z:*:*:*:*:*:*:*"),
                ("z:1:2:3:4:5:6:7:8:9", "z:*:*"),
                ("feed::12", "feed::*"),
                ("users::12", "users::*"),
                ("a::", "a::"),
                ("user:12::", "user:*::"),
                ("user:12::x", "user:*::x"),
                ("user:12::12345", "user:*::*"),
                // e-mail
                ("mail:alice@example.com", "mail:*"),
                ("mail:a.b-c+d@mail.example.co.uk:x", "mail:*:x"),
                ("{alice@example.com}", "{*}"),
                ("by=alice@example.com", "by=*"),
                ("by/alice@example.com/x", "by/*/x"),
                ("alice@localhost", "alice@localhost"),
                ("alice@example.c", "alice@example.c"),
                ("alice@example.c0m", "alice@example.c0m"),
                ("@example.com", "@example.com"),
                ("a@b@example.com", "a@*"),
            ],
        );
    }
}
