//! How bytes and times are shown: one notation for every output.
//!
//! Byte strings stand in Redis's own escapes (`\"`, `\\`, `\n`, `\xHH` …, `sdscatrepr` in Redis's
//! `src/sds.c`) except that valid UTF-8 is shown as text. The form is unambiguous, reversible, and
//! safe on a terminal: control characters, and the characters that turn or hide text around them,
//! are escaped byte by byte.

use serde::{Serialize, Serializer};

/// Microseconds since 1970-01-01 UTC, shown as RFC 3339 with six digits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time(pub i64);

impl Time {
    /// `2026-11-20T09:43:39.056286Z`; years outside RFC 3339's four digits stand as seconds since 1970.
    pub fn rfc3339(self) -> String {
        let stamp = jiff::Timestamp::from_microsecond(self.0);
        match stamp {
            Ok(stamp) if (-62_167_219_200..253_402_300_800).contains(&stamp.as_second()) => {
                format!("{stamp:.6}")
            }
            _ => format!("{}.{:06}", self.0.div_euclid(1_000_000), self.0.rem_euclid(1_000_000)),
        }
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.rfc3339())
    }
}

/// `bytes` in the notation.
pub fn escape(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    escape_into(bytes, &mut out);
    out
}

/// Appends `bytes` in the notation.
pub fn escape_into(bytes: &[u8], out: &mut String) {
    let is_plain = |byte: &u8| matches!(byte, b' '..=b'~') & (*byte != b'"') & (*byte != b'\\');
    // Nearly all there is to show.
    if let Ok(plain) = str::from_utf8(bytes)
        && bytes.iter().all(is_plain)
    {
        return out.push_str(plain);
    }
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                c => show(c, out),
            }
        }
        hex(chunk.invalid(), out);
    }
}

/// `text` safe on a terminal: as [`escape`], but quotes and backslashes stay as they are. For words that may
/// quote bytes which stand in the notation already.
pub fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        show(c, &mut out);
    }
    out
}

/// `c` as it is, unless it would not be seen.
fn show(c: char, out: &mut String) {
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\x07' => out.push_str("\\a"),
        '\x08' => out.push_str("\\b"),
        c if hides(c) => hex(c.encode_utf8(&mut [0; 4]).as_bytes(), out),
        c => out.push(c),
    }
}

/// Control characters, and those that reorder, join or hide the text around them
/// (Unicode's Bidi_Control, zero-width and line-separating characters, tags).
fn hides(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

fn hex(bytes: &[u8], out: &mut String) {
    use std::fmt::Write;
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(out, "\\x{byte:02x}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_shown_unambiguously() {
        for (bytes, shown) in [
            (&b"user:7"[..], "user:7"),
            (b"", ""),
            (b"a\"b\\c", "a\\\"b\\\\c"),
            (b"\n\r\t\x07\x08\0\x1b\x7f", "\\n\\r\\t\\a\\b\\x00\\x1b\\x7f"),
            ("café ☃".as_bytes(), "café ☃"),
            (b"\xff\xc3", "\\xff\\xc3"),
            ("\u{202e}x".as_bytes(), "\\xe2\\x80\\xaex"),
            ("\u{85}".as_bytes(), "\\xc2\\x85"),
        ] {
            assert_eq!(escape(bytes), shown);
        }
    }

    #[test]
    fn words_are_printable_and_keep_their_escapes() {
        for (text, shown) in [
            (r#"GET "a\n" café"#, r#"GET "a\n" café"#),
            ("\x1b[31m\nred", "\\x1b[31m\\nred"),
            ("a\u{202e}b", "a\\xe2\\x80\\xaeb"),
        ] {
            assert_eq!(printable(text), shown);
        }
    }

    #[test]
    fn times_are_rfc3339() {
        for (time, shown) in [
            (1_795_172_219_056_286, "2026-11-20T10:56:59.056286Z"),
            (0, "1970-01-01T00:00:00.000000Z"),
            (-1, "1969-12-31T23:59:59.999999Z"),
            (i64::MAX, "9223372036854.775807"),
        ] {
            assert_eq!(Time(time).rfc3339(), shown);
        }
    }
}
