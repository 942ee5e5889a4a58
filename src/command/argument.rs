//! Reading single arguments: keywords and numbers, as the server's own parsers take them.

use crate::event::Args;

/// Whether the argument at `index` is `word`, in any case.
pub(super) fn is_word(args: &Args<'_>, index: usize, word: &str) -> bool {
    is_any(args, index, &[word])
}

/// Whether the argument at `index` is one of `words`, in any case.
pub(super) fn is_any(args: &Args<'_>, index: usize, words: &[&str]) -> bool {
    let Some(text) = args.get(index) else { return false };
    let mut scratch = Vec::new();
    // The length goes first: a long value is not worth decoding.
    if !words.iter().any(|word| word.len() == text.len()) {
        return false;
    }
    let text = text.bytes(&mut scratch);
    let lower = text.first().map(u8::to_ascii_lowercase);
    words.iter().any(|word| {
        let word = word.as_bytes();
        word.first().map(u8::to_ascii_lowercase) == lower && word.eq_ignore_ascii_case(text)
    })
}

/// The argument at `index` as the integer that Redis reads from it (`string2ll` in `src/util.c`):
/// decimal, no plus sign, no spaces, no leading zeros.
pub(super) fn integer(args: &Args<'_>, index: usize) -> Option<i64> {
    let text = args.get(index)?;
    if text.len() > LONGEST_INTEGER {
        return None;
    }
    let mut scratch = Vec::new();
    let bytes = text.bytes(&mut scratch);
    let (sign, digits) = bytes.strip_prefix(b"-").map_or((1, bytes), |digits| (-1, digits));
    match digits {
        [b'0'] if sign > 0 => Some(0),
        [b'1'..=b'9', ..] => digits.iter().try_fold(0_i64, |number, digit| {
            let digit = char::from(*digit).to_digit(10)?;
            number.checked_mul(10)?.checked_add(sign * i64::from(digit))
        }),
        _ => None,
    }
}

/// Bytes of `i64::MIN` in decimal.
const LONGEST_INTEGER: usize = 20;

/// A call for tests: the line and the spans that [`Args`] borrows.
#[cfg(test)]
pub(super) struct Call {
    line: Vec<u8>,
    spans: Vec<crate::event::Span>,
}

#[cfg(test)]
impl Call {
    /// A call whose plain bytes stand as they are, the others as `\xHH`.
    pub(super) fn new(args: &[impl AsRef<[u8]>]) -> Self {
        Self::written(args, |byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\')
    }

    /// The same call with every byte as `\xHH`.
    pub(super) fn escaped(args: &[impl AsRef<[u8]>]) -> Self {
        Self::written(args, |_| false)
    }

    fn written(args: &[impl AsRef<[u8]>], plain: fn(u8) -> bool) -> Self {
        let mut call = Call { line: Vec::new(), spans: Vec::new() };
        for arg in args {
            call.line.push(b'"');
            let start = call.line.len();
            for &byte in arg.as_ref() {
                if plain(byte) {
                    call.line.push(byte);
                } else {
                    call.line.extend(format!("\\x{byte:02x}").into_bytes());
                }
            }
            let len = call.line.len() - start;
            call.line.extend(b"\" ");
            let escapes = (len - arg.as_ref().len()) as u32;
            call.spans.push(crate::event::Span { start: start as u32, len: len as u32, escapes });
        }
        call
    }

    /// Its arguments.
    pub(super) fn args(&self) -> Args<'_> {
        Args::new(&self.line, &self.spans)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_those_of_redis() {
        for (text, value) in [
            ("0", Some(0)),
            ("7", Some(7)),
            ("-12", Some(-12)),
            ("9223372036854775807", Some(i64::MAX)),
            ("-9223372036854775808", Some(i64::MIN)),
            ("9223372036854775808", None),
            ("18446744073709551616", None),
            ("", None),
            ("-", None),
            ("-0", None),
            ("+1", None),
            ("01", None),
            (" 1", None),
            ("1 ", None),
            ("1.5", None),
            ("1e3", None),
            ("\u{ff11}", None),
        ] {
            assert_eq!(integer(&Call::new(&[text]).args(), 0), value, "{text:?}");
            assert_eq!(integer(&Call::escaped(&[text]).args(), 0), value, "{text:?} escaped");
        }
        assert_eq!(integer(&Call::new(&["1"]).args(), 1), None);
    }

    #[test]
    fn keywords_are_found_in_any_case_and_escaped() {
        for text in ["STOREDIST", "storedist", "StoreDist"] {
            assert!(is_word(&Call::new(&[text]).args(), 0, "STOREDIST"));
            assert!(is_word(&Call::escaped(&[text]).args(), 0, "STOREDIST"));
        }
        for text in ["STOREDISTS", "STORE", ""] {
            assert!(!is_word(&Call::new(&[text]).args(), 0, "STOREDIST"));
        }
        assert!(!is_word(&Call::new(&["EX"]).args(), 1, "EX"));
    }
}
