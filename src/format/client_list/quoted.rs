//! An answer that stands as one quoted string, its line ends escaped: after MULTI/EXEC, from a script, and
//! in redis-cli's JSON modes.
//!
//! ```text
//! QUEUED1) "id=4 addr=127.0.0.1:39320 … cmd=exec\nid=5 …\n"
//! ```

use memchr::memchr2;

use crate::format::lexical::unescape_into;

/// One row of a quoted answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece<'a> {
    /// The row, still escaped.
    pub raw: &'a [u8],
    /// Bytes up to the end of its line end, or of the string.
    pub end: usize,
    /// Whether its end was there.
    pub whole: bool,
}

/// The string of an answer from behind its opening quote, row by row.
pub struct Pieces<'a> {
    text: &'a [u8],
    at: usize,
    /// Every backslash stands twice, as `redis-cli --quoted-json` prints it.
    doubled: bool,
}

impl<'a> Pieces<'a> {
    /// `text` begins behind the opening quote.
    pub fn new(text: &'a [u8]) -> Self {
        let end = memchr::memrchr(b'"', text).unwrap_or(text.len());
        let string = text.get(..end).unwrap_or_default();
        Pieces { text, at: 0, doubled: string.ends_with(b"\\\\n") }
    }

    /// Decodes a row onto the end of `out`.
    pub fn decode(&self, raw: &[u8], out: &mut Vec<u8>) {
        if self.doubled {
            let mut halved = Vec::with_capacity(raw.len());
            let mut bytes = raw.iter().peekable();
            while let Some(byte) = bytes.next() {
                halved.push(*byte);
                if *byte == b'\\' {
                    bytes.next_if(|next| **next == b'\\');
                }
            }
            return unescape_into(&halved, out);
        }
        unescape_into(raw, out);
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        let start = self.at;
        let line_end: &[u8] = if self.doubled { b"\\\\n" } else { b"\\n" };
        while let Some(found) = memchr2(b'"', b'\\', self.text.get(self.at..).unwrap_or_default()) {
            let at = self.at + found;
            let rest = self.text.get(at..).unwrap_or_default();
            let raw = self.text.get(start..at).unwrap_or_default();
            if rest.starts_with(b"\"") {
                self.at = self.text.len() + 1;
                return (!raw.is_empty()).then_some(Piece { raw, end: at + 1, whole: true });
            }
            if rest.starts_with(line_end) {
                self.at = at + line_end.len();
                return Some(Piece { raw, end: self.at, whole: true });
            }
            // An escaped backslash is as long again.
            self.at = at + if self.doubled && rest.starts_with(b"\\\\\\\\") { 4 } else { line_end.len() };
        }
        self.at = self.text.len() + 1;
        let raw = self.text.get(start..).filter(|raw| !raw.is_empty())?;
        Some(Piece { raw, end: self.text.len(), whole: false })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &[u8]) -> Vec<(Vec<u8>, usize, bool)> {
        let pieces = Pieces::new(text);
        let all: Vec<_> = Pieces::new(text).collect();
        all.into_iter()
            .map(|piece| {
                let mut out = Vec::new();
                pieces.decode(piece.raw, &mut out);
                (out, piece.end, piece.whole)
            })
            .collect()
    }

    #[test]
    fn rows_of_a_string_are_parted() {
        for (text, expected) in [
            (&br#"id=1 x\nid=2 y\n""#[..], &[(&b"id=1 x"[..], 8, true), (b"id=2 y", 16, true)][..]),
            (br#"id=1 a\"\\n\n""#, &[(b"id=1 a\"\\n", 13, true)]),
            (br#"id=1 x""#, &[(b"id=1 x", 7, true)]),
            (br#"id=1 x\nid=2"#, &[(b"id=1 x", 8, true), (b"id=2", 12, false)]),
            (br#"id=1 x\"#, &[(b"id=1 x\\", 7, false)]),
            (br#"id=1 a\\"b\\nid=2\\n""#, &[(b"id=1 a\"b", 13, true), (b"id=2", 20, true)]),
            (br#"""#, &[]),
            (b"", &[]),
        ] {
            let found = rows(text);
            let found: Vec<_> =
                found.iter().map(|(row, end, whole)| (row.as_slice(), *end, *whole)).collect();
            assert_eq!(found, expected, "{}", text.escape_ascii());
        }
    }
}
