//! Answers that stand as quoted strings, their line ends escaped: after MULTI/EXEC, from a script, in
//! redis-cli's JSON modes, and in tables of other tools.
//!
//! ```text
//! QUEUED1) "id=4 addr=127.0.0.1:39320 … cmd=exec\nid=5 …\n"
//! ["id=4 addr=127.0.0.1:39320 …\n","id=5 …\n"]
//! 1718720297,"id=4 addr=127.0.0.1:39320 … name=a""b …"
//! ```

use memchr::{memchr, memchr2, memmem};

use crate::format::lexical::unescape_into;

/// The strings of a line.
#[derive(Clone, Copy, Debug)]
pub struct Strings<'a> {
    text: &'a [u8],
    /// Where the next one begins, behind its opening quote.
    next: Option<usize>,
    doubled: bool,
}

/// One string.
#[derive(Clone, Copy, Debug)]
pub struct Quoted<'a> {
    /// Where it begins in the line, behind its opening quote.
    pub start: usize,
    /// Whether its closing quote is there.
    closed: bool,
    /// What stands between its quotes, still escaped.
    pub body: &'a [u8],
    /// What follows its closing quote.
    pub rest: &'a [u8],
    /// Every backslash stands twice, as `redis-cli --quoted-json` prints it.
    doubled: bool,
}

/// One row of a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece<'a> {
    /// The row, still escaped.
    pub raw: &'a [u8],
    /// Bytes from the start of the string up to the end of the row's line end, or of the string's quote.
    pub end: usize,
    /// Whether its end was there.
    pub whole: bool,
}

/// The rows of a string.
#[derive(Clone, Copy, Debug)]
pub struct Pieces<'a> {
    string: Quoted<'a>,
    at: usize,
}

impl<'a> Strings<'a> {
    /// `text` begins behind the opening quote of the first.
    pub fn new(text: &'a [u8]) -> Self {
        // In front of a string's end stands one backslash of the line end, or two, and each one of the text
        // as often again.
        let ends = |at: usize| {
            let before = text.get(..at).unwrap_or_default();
            before.iter().rev().take_while(|byte| **byte == b'\\').count()
        };
        let slashes = memmem::find_iter(text, b"n\"").map(ends).find(|count| *count > 0);
        Strings { text, next: Some(0), doubled: slashes.is_some_and(|count| count % 2 == 0) }
    }

    /// Where the string that begins at `start` has its closing quote.
    fn end(&self, start: usize) -> Option<usize> {
        let mut at = start;
        loop {
            let found = at + memchr2(b'"', b'\\', self.text.get(at..)?)?;
            at = match (self.text.get(found), self.text.get(found + 1)) {
                // Two are one in tables of commas.
                (Some(b'"'), Some(b'"')) if found > start => found + 2,
                (Some(b'"'), _) => return Some(found),
                _ => found + escape(self.text.get(found..)?, self.doubled),
            };
        }
    }
}

impl<'a> Iterator for Strings<'a> {
    type Item = Quoted<'a>;

    fn next(&mut self) -> Option<Quoted<'a>> {
        let start = self.next.take()?;
        let end = self.end(start);
        let body = self.text.get(start..end.unwrap_or(self.text.len()))?;
        let behind = end.map_or(self.text.len(), |end| end + 1);
        let rest = self.text.get(behind..).unwrap_or_default();
        self.next = memchr(b'"', rest).map(|quote| behind + quote + 1);
        Some(Quoted { start, closed: end.is_some(), body, rest, doubled: self.doubled })
    }
}

impl<'a> Quoted<'a> {
    /// Its rows.
    pub fn pieces(self) -> Pieces<'a> {
        Pieces { string: self, at: 0 }
    }

    /// Whether its last row has a line end, as those of an answer have.
    pub fn ends_line(self) -> bool {
        self.closed && self.pieces().last().is_some_and(|piece| piece.end == self.body.len())
    }

    /// Where it ends in the line, its closing quote included.
    pub fn end(self) -> usize {
        self.start + self.body.len() + usize::from(self.closed)
    }

    /// Decodes a row onto the end of `out`.
    pub fn decode(self, raw: &[u8], out: &mut Vec<u8>) {
        if !self.doubled && memmem::find(raw, b"\"\"").is_none() {
            return unescape_into(raw, out);
        }
        let mut halved = Vec::with_capacity(raw.len());
        let mut bytes = raw.iter().peekable();
        while let Some(byte) = bytes.next() {
            halved.push(*byte);
            if *byte == b'"' || (self.doubled && *byte == b'\\') {
                bytes.next_if_eq(&byte);
            }
        }
        unescape_into(&halved, out);
    }
}

/// Whether the first string of a line, which holds one row behind `prefix`, is a whole answer: it opens an
/// array, or it has the line end of an answer and stands alone or behind its number. Tables, and arrays on
/// many lines, hold a row in each string.
pub fn is_answer(prefix: &[u8], string: Quoted<'_>) -> bool {
    let before = prefix.strip_suffix(b"\"").unwrap_or(prefix);
    let number = before.strip_suffix(b") ");
    let is_first = number.and_then(|before| before.strip_suffix(b"1"));
    before.trim_ascii_end().ends_with(b"[")
        || is_first.is_some_and(|before| !before.last().is_some_and(u8::is_ascii_digit))
        || (string.ends_line() && string.rest.is_empty() && (before.is_empty() || number.is_some()))
}

/// How long the escape at the start of `rest` is.
fn escape(rest: &[u8], doubled: bool) -> usize {
    match doubled {
        false => 2,
        // An escaped backslash is as long again.
        true if rest.starts_with(b"\\\\\\\\") => 4,
        true => 3,
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        let Quoted { body, doubled, closed, .. } = self.string;
        let start = self.at;
        let line_end: &[u8] = if doubled { b"\\\\n" } else { b"\\n" };
        while let Some(found) = memchr(b'\\', body.get(self.at..).unwrap_or_default()) {
            let at = self.at + found;
            let rest = body.get(at..).unwrap_or_default();
            if rest.starts_with(line_end) {
                self.at = at + line_end.len();
                let raw = body.get(start..at).unwrap_or_default();
                return Some(Piece { raw, end: self.at, whole: true });
            }
            self.at = at + escape(rest, doubled);
        }
        self.at = body.len();
        let raw = body.get(start..).filter(|raw| !raw.is_empty())?;
        Some(Piece { raw, end: body.len() + usize::from(closed), whole: closed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Rows = Vec<(Vec<u8>, usize, bool)>;

    fn strings(text: &[u8]) -> Vec<Rows> {
        let rows = |string: Quoted<'_>| {
            let decoded = |piece: Piece<'_>| {
                let mut out = Vec::new();
                string.decode(piece.raw, &mut out);
                (out, piece.end, piece.whole)
            };
            string.pieces().map(decoded).collect()
        };
        Strings::new(text).map(rows).collect()
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
            (br#"id=1 a\\\n""#, &[(b"id=1 a\\", 10, true)]),
            (br#"id=1 a\\\\\\n""#, &[(b"id=1 a\\", 13, true)]),
            (br#"id=1 a""b""""#, &[(b"id=1 a\"b\"", 12, true)]),
            (br#"""#, &[]),
            (b"", &[]),
        ] {
            let found = strings(text);
            assert_eq!(found.len(), 1, "{}", text.escape_ascii());
            let found: Vec<_> =
                found[0].iter().map(|(row, end, whole)| (row.as_slice(), *end, *whole)).collect();
            assert_eq!(found, expected, "{}", text.escape_ascii());
        }
    }

    #[test]
    fn strings_of_a_line_are_parted() {
        for (text, expected) in [
            (&br#"a\n","b\nc\n"]"#[..], &[&[&b"a"[..]][..], &[b"b", b"c"]][..]),
            (br#"a\\n","b\\"\\n"]"#, &[&[b"a"], &[b"b\""]]),
            (br#"a","","b"#, &[&[b"a"], &[], &[b"b"]]),
            (br#"a"], ["b"]"#, &[&[b"a"], &[b"b"]]),
        ] {
            let found = strings(text);
            let found: Vec<Vec<_>> =
                found.iter().map(|rows| rows.iter().map(|(row, ..)| row.as_slice()).collect()).collect();
            assert_eq!(found, expected, "{}", text.escape_ascii());
        }
    }
}
