//! What Python and JSON make of CLIENT LIST: a list of dicts of strings, on one line or on several.
//!
//! ```text
//! [{'id': '5', 'addr': '127.0.0.1:39336', …}, {'id': '6', …}]
//! ```
//!
//! `pprint` and `json.dump(indent=…)` put every field on a line of its own.

use crate::format::python::{self, Value};

/// Where the first dict of a text begins.
pub fn start(text: &[u8]) -> Option<usize> {
    memchr::memchr_iter(b'{', text).find(|at| {
        let after = text.get(at + 1..).unwrap_or_default().trim_ascii_start();
        let after = after.strip_prefix(b"b").unwrap_or(after);
        matches!(after.first(), Some(b'\'' | b'"'))
    })
}

/// Whether the dict on this line goes on in the next one: the line holds a key and does not end with a
/// closing brace, or ends with an opening one.
pub fn goes_on(line: &[u8]) -> bool {
    let text = line.trim_ascii();
    // Rows, the common case.
    if !matches!(text.first(), Some(b'[' | b'{' | b'\'' | b'"' | b'b')) {
        return false;
    }
    let list = text.strip_prefix(b"[").unwrap_or(text).trim_ascii_start();
    let (opened, rest) = match list.strip_prefix(b"{") {
        Some(rest) => (true, rest.trim_ascii_start()),
        None => (false, list),
    };
    if rest.is_empty() {
        return opened;
    }
    let is_pair = python::literal(rest).is_ok_and(|(after, _)| after.trim_ascii_start().starts_with(b":"));
    let end = text.iter().rev().find(|byte| !matches!(byte, b',' | b']' | b' '));
    is_pair && end != Some(&b'}')
}

/// The dict at the start of `text`, its fields decoded into `buffer` one after the other and their places
/// in it into `places`; gives what follows the dict. `None` where there is none, or not whole.
pub fn dict<'a>(text: &'a [u8], buffer: &mut Vec<u8>, places: &mut Vec<(usize, usize)>) -> Option<&'a [u8]> {
    buffer.clear();
    places.clear();
    let (rest, ()) = python::dict(text, |key, value| {
        let start = buffer.len();
        python::unescape_into(key, buffer);
        let middle = buffer.len();
        match value {
            Value::Text(raw) => _ = python::unescape_text_into(raw, buffer),
            Value::Bytes(raw) => python::unescape_into(raw, buffer),
            Value::Word(b"None" | b"null") => return buffer.truncate(start),
            Value::Word(word) => buffer.extend_from_slice(word),
        }
        places.push((start, middle));
    })
    .ok()?;
    Some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_dict_go_on() {
        for (line, goes) in [
            (&b"[{'addr': '127.0.0.1:1',"[..], true),
            (b"  'age': '0',", true),
            (b"  'user': 'default'},", false),
            (b" {'addr': 'x',", true),
            (b"  'user': 'default'}]", false),
            (b"  {", true),
            (b"    \"id\": \"5\",\r", true),
            (b"    \"lib-ver\": \"\"", true),
            (b"  },", false),
            (b"[", false),
            (b"]", false),
            (b"[{'id': '5'}, {'id': '6'}]", false),
            (b"{'id': '5', 'name': '}',", true),
            (b"\"id=5 addr=a:1 fd=8\\n\"", false),
            (b"[pod/x/c] id=5 addr=a:1", false),
            (b"id=5 addr=a:1 name={'x':", false),
            (b"", false),
        ] {
            assert_eq!(goes_on(line), goes, "{}", line.escape_ascii());
        }
    }

    #[test]
    fn dicts_are_decoded() {
        let (mut buffer, mut places) = (Vec::new(), Vec::new());
        let rest = dict(br"{'id': '5', 'name': 'a\'b', 'x': None, 'db': 3}, {", &mut buffer, &mut places);
        assert_eq!(rest, Some(&b", {"[..]));
        assert_eq!(buffer, b"id5namea'bdb3");
        assert_eq!(places, [(0, 2), (3, 7), (10, 12)]);
        assert_eq!(dict(b"{'id': '5', 'na", &mut buffer, &mut places), None);
        assert_eq!(start(b"2026 [{'id': '5'}]"), Some(6));
        assert_eq!(start(b"{x} { \"id\": 1}"), Some(4));
        assert_eq!(start(b"{}"), None);
    }
}
