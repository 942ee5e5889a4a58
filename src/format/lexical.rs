//! Redis's own notation of byte strings, shared by every format.

/// Decodes one `sdscatrepr` body (what stands between the quotes) onto the end of `out`.
///
/// The escapes are `\" \\ \n \r \t \a \b \xHH` (Redis's `sdscatrepr` in `src/sds.c`); any other
/// backslash stands for itself, so that a tolerant reading keeps its bytes.
pub fn unescape_into(raw: &[u8], out: &mut Vec<u8>) {
    let mut rest = raw;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        let (plain, escape) = rest.split_at(at);
        out.extend_from_slice(plain);
        let (byte, used) = unescape_one(escape);
        out.push(byte);
        rest = escape.get(used..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
}

/// The byte that an escape stands for, and how many bytes of `escape` it takes.
/// `escape` starts with a backslash.
fn unescape_one(escape: &[u8]) -> (u8, usize) {
    match escape {
        [_, b'n', ..] => (b'\n', 2),
        [_, b'r', ..] => (b'\r', 2),
        [_, b't', ..] => (b'\t', 2),
        [_, b'a', ..] => (0x07, 2),
        [_, b'b', ..] => (0x08, 2),
        [_, quoted @ (b'"' | b'\\'), ..] => (*quoted, 2),
        [_, b'x', high, low, ..] => match (hex_digit(*high), hex_digit(*low)) {
            (Some(high), Some(low)) => (high << 4 | low, 4),
            _ => (b'\\', 1),
        },
        _ => (b'\\', 1),
    }
}

/// The value of a hexadecimal digit of either case.
pub fn hex_digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}
