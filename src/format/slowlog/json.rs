//! JSON at the level of bytes: `redis-cli --json` prints what is not UTF-8 as it is, and `--quoted-json`
//! no JSON at all once data holds a quote.
//!
//! ```text
//! value  = object / array / string / word        word: a number, true, false, null
//! string = '"' *( byte | escape ) '"'            no line end inside
//! escape = '\' byte                              --json: JSON's own, bytes from 0x80 stand as they are
//!        / '\\' ( '\\' / '"' / n r t a b xHH )   --quoted-json: Redis's own with each backslash doubled
//! ```

use memchr::memchr3;
use nom::bytes::complete::{take_while, take_while1};
use nom::error::{Error, ErrorKind};
use nom::{Err, IResult, Parser};

use crate::format::lexical;

/// Arrays and objects within each other; a slow log's own have three.
const DEPTH: usize = 24;

/// How strings are escaped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notation {
    /// As JSON says.
    Json,
    /// `redis-cli --quoted-json`.
    Quoted,
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Object,
    Array,
    Text,
    Word,
}

/// A value, or the key of an object's member, which stands before its value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    pub(super) kind: Kind,
    /// Of its first byte; of a text, behind the quote.
    start: usize,
    end: usize,
    /// The number of the node behind this one and all that is in it.
    next: usize,
}

/// Why there is no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    /// The text ends within it.
    Cut,
    /// It is none.
    Broken,
}

/// The values of one text, in their order.
#[derive(Debug, Default)]
pub(super) struct Tree {
    nodes: Vec<Node>,
}

impl Tree {
    /// Reads the value that `text` starts with; gives how many bytes it takes.
    pub(super) fn read(&mut self, text: &[u8], notation: Notation) -> Result<usize, Flaw> {
        self.nodes.clear();
        let mut reading = Reading { text, notation, nodes: &mut self.nodes };
        match reading.value(text, 0) {
            Ok((rest, ())) => Ok(text.len() - rest.len()),
            Err(Err::Error(Error { code: ErrorKind::Eof, .. })) => Err(Flaw::Cut),
            Err(_) => Err(Flaw::Broken),
        }
    }

    pub(super) fn get(&self, at: usize) -> Option<Node> {
        self.nodes.get(at).copied()
    }

    /// The numbers of the nodes within an array or object, keys among them.
    pub(super) fn within(&self, at: usize) -> impl Iterator<Item = usize> + '_ {
        let end = self.get(at).map_or(0, |node| node.next);
        std::iter::successors(Some(at + 1), |at| self.get(*at).map(|node| node.next))
            .take_while(move |at| *at < end)
    }
}

impl Node {
    /// The bytes as they stand, escapes and all.
    pub(super) fn raw<'a>(&self, text: &'a [u8]) -> &'a [u8] {
        text.get(self.start..self.end).unwrap_or_default()
    }

    /// Adds what a text says to `out`; `None` where an escape is none.
    pub(super) fn decode(&self, text: &[u8], notation: Notation, out: &mut Vec<u8>) -> Option<()> {
        let raw = self.raw(text);
        match notation {
            Notation::Json => lexical::json_unescape_into(raw, out),
            Notation::Quoted => {
                halve_into(raw, out);
                Some(())
            }
        }
    }
}

struct Reading<'a, 'n> {
    text: &'a [u8],
    notation: Notation,
    nodes: &'n mut Vec<Node>,
}

impl<'a> Reading<'a, '_> {
    fn offset(&self, rest: &[u8]) -> usize {
        self.text.len() - rest.len()
    }

    fn open(&mut self, kind: Kind, rest: &[u8]) -> usize {
        let start = self.offset(rest);
        self.nodes.push(Node { kind, start, end: start, next: 0 });
        self.nodes.len() - 1
    }

    fn close(&mut self, at: usize, rest: &[u8]) {
        let (end, next) = (self.offset(rest), self.nodes.len());
        if let Some(node) = self.nodes.get_mut(at) {
            node.end = end;
            node.next = next;
        }
    }

    fn value(&mut self, input: &'a [u8], depth: usize) -> IResult<&'a [u8], ()> {
        let (input, _) = space(input)?;
        match input.first() {
            _ if depth > DEPTH => fail(input, ErrorKind::TooLarge),
            None => fail(input, ErrorKind::Eof),
            Some(b'"') => self.string(input),
            Some(b'[') => self.series(input, depth, Kind::Array, b']'),
            Some(b'{') => self.series(input, depth, Kind::Object, b'}'),
            Some(_) => {
                let at = self.open(Kind::Word, input);
                let (rest, _) =
                    take_while1(|b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
                        .parse(input)?;
                self.close(at, rest);
                Ok((rest, ()))
            }
        }
    }

    fn series(&mut self, input: &'a [u8], depth: usize, kind: Kind, end: u8) -> IResult<&'a [u8], ()> {
        let at = self.open(kind, input);
        let (mut rest, _) = space(input.get(1..).unwrap_or_default())?;
        if rest.first() != Some(&end) {
            loop {
                if kind == Kind::Object {
                    let (key, _) = space(rest)?;
                    let (colon, ()) = self.string(key)?;
                    rest = self.mark(colon, b':')?;
                }
                (rest, _) = self.value(rest, depth + 1)?;
                (rest, _) = space(rest)?;
                match rest.first() {
                    Some(b',') => rest = rest.get(1..).unwrap_or_default(),
                    Some(byte) if *byte == end => break,
                    Some(_) => return fail(rest, ErrorKind::Char),
                    None => return fail(rest, ErrorKind::Eof),
                }
            }
        }
        let rest = rest.get(1..).unwrap_or_default();
        self.close(at, rest);
        Ok((rest, ()))
    }

    fn mark(&self, input: &'a [u8], mark: u8) -> Result<&'a [u8], Err<Error<&'a [u8]>>> {
        let (rest, _) = space(input)?;
        match rest.split_first() {
            Some((byte, rest)) if *byte == mark => Ok(rest),
            Some(_) => Err(Err::Error(Error::new(rest, ErrorKind::Char))),
            None => Err(Err::Error(Error::new(rest, ErrorKind::Eof))),
        }
    }

    fn string(&mut self, input: &'a [u8]) -> IResult<&'a [u8], ()> {
        let Some((b'"', body)) = input.split_first() else {
            return fail(input, if input.is_empty() { ErrorKind::Eof } else { ErrorKind::Char });
        };
        let at = self.open(Kind::Text, body);
        let mut rest = body;
        loop {
            let Some(found) = memchr3(b'"', b'\\', b'\n', rest) else {
                return fail(rest.get(rest.len()..).unwrap_or_default(), ErrorKind::Eof);
            };
            let (_, tail) = rest.split_at(found);
            let used = match (self.notation, tail) {
                (_, [b'"', after @ ..]) => {
                    self.close(at, tail);
                    return Ok((after, ()));
                }
                (_, [b'\n', ..]) => return fail(tail, ErrorKind::Char),
                (_, [_]) | (Notation::Quoted, [_, b'\\'] | [_, b'\\', b'\\']) => {
                    return fail(tail, ErrorKind::Eof);
                }
                (Notation::Json, _) => 2,
                (Notation::Quoted, tail) => match quoted_escape(tail) {
                    Some(used) => used,
                    None => return fail(tail, ErrorKind::Escaped),
                },
            };
            rest = tail.get(used..).unwrap_or_default();
        }
    }
}

/// The bytes of an escape in the notation of `--quoted-json`.
fn quoted_escape(text: &[u8]) -> Option<usize> {
    match text.strip_prefix(b"\\\\")? {
        [b'\\', b'\\', ..] => Some(4),
        [b'"' | b'n' | b'r' | b't' | b'a' | b'b', ..] => Some(3),
        [b'x', high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => Some(5),
        _ => None,
    }
}

/// Whether a line can only be `redis-cli --quoted-json`: it holds escapes, all of them are Redis's with
/// the backslash doubled, and no byte stands unescaped that Redis escapes. Data in JSON proper that holds a
/// quote or a line end has a single backslash before it.
pub(super) fn is_quoted(line: &[u8]) -> bool {
    let mut rest = line;
    let mut escapes = false;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        let tail = rest.get(at..).unwrap_or_default();
        let Some(used) = quoted_escape(tail) else { return false };
        escapes = true;
        rest = tail.get(used..).unwrap_or_default();
    }
    escapes && line.is_ascii()
}

/// Halves the backslashes and decodes what they escape.
fn halve_into(raw: &[u8], out: &mut Vec<u8>) {
    let mut rest = raw;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        let (plain, tail) = rest.split_at(at);
        out.extend_from_slice(plain);
        let (escape, after) = tail.split_at(quoted_escape(tail).unwrap_or(1));
        match escape {
            [_, _, b'\\', _] => out.push(b'\\'),
            escape => lexical::unescape_into(escape.get(1..).unwrap_or(escape), out),
        }
        rest = after;
    }
    out.extend_from_slice(rest);
}

fn space(input: &[u8]) -> IResult<&[u8], &[u8]> {
    take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')).parse(input)
}

fn fail<T>(at: &[u8], kind: ErrorKind) -> IResult<&[u8], T> {
    Err(Err::Error(Error::new(at, kind)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(tree: &Tree, text: &[u8], notation: Notation, at: usize) -> String {
        let node = tree.get(at).unwrap();
        let within: Vec<_> = tree.within(at).map(|at| shown(tree, text, notation, at)).collect();
        match node.kind {
            Kind::Object => format!("{{{}}}", within.join(" ")),
            Kind::Array => format!("[{}]", within.join(" ")),
            Kind::Word => node.raw(text).escape_ascii().to_string(),
            Kind::Text => {
                let mut out = Vec::new();
                node.decode(text, notation, &mut out).unwrap();
                format!("'{}'", out.escape_ascii())
            }
        }
    }

    #[test]
    fn values_are_read() {
        for (text, notation, read) in [
            (&br#"[1, -2.5e3,"a\"b\\",[],{}]x"#[..], Notation::Json, Ok((r#"[1 -2.5e3 'a\"b\\' [] {}]"#, 1))),
            (
                b"{ \"a\" :\n[true , null], \"\": \"\xff\\u0000\"} ",
                Notation::Json,
                Ok((r"{'a' [true null] '' '\xff\x00'}", 1)),
            ),
            (br#"["\\x00\\n\\"q\\\\","a"]"#, Notation::Quoted, Ok((r#"['\x00\n\"q\\' 'a']"#, 0))),
            (br#"["a\\"#, Notation::Quoted, Err(Flaw::Cut)),
            (br#"["a\q"]"#, Notation::Quoted, Err(Flaw::Broken)),
            (b"", Notation::Json, Err(Flaw::Cut)),
            (b"[1,", Notation::Json, Err(Flaw::Cut)),
            (b"[1", Notation::Json, Err(Flaw::Cut)),
            (b"{\"a\"", Notation::Json, Err(Flaw::Cut)),
            (b"{\"a", Notation::Json, Err(Flaw::Cut)),
            (b"[\"a\\", Notation::Json, Err(Flaw::Cut)),
            (b"[\"a\nb\"]", Notation::Json, Err(Flaw::Broken)),
            (b"{'a': 1}", Notation::Json, Err(Flaw::Broken)),
            (b"{1:2}", Notation::Json, Err(Flaw::Broken)),
            (b"[1 2]", Notation::Json, Err(Flaw::Broken)),
            (b"]", Notation::Json, Err(Flaw::Broken)),
        ] {
            let mut tree = Tree::default();
            let read_here =
                tree.read(text, notation).map(|used| (shown(&tree, text, notation, 0), text.len() - used));
            let read = read.map(|(shown, rest)| (shown.to_owned(), rest));
            assert_eq!(read_here, read, "{}", text.escape_ascii());
        }
        let deep = [b"[".repeat(100), b"]".repeat(100)].concat();
        assert_eq!(Tree::default().read(&deep, Notation::Json), Err(Flaw::Broken));
    }

    #[test]
    fn quoted_lines_are_told() {
        for (line, quoted) in [
            (&br#"["SET","a\\nb"]"#[..], true),
            (br#"["SET","\\"q\\\\"]"#, true),
            (br#"["SET","a\nb"]"#, false),
            (br#"["SET","a\\nb\"c"]"#, false),
            (b"[\"SET\",\"\\\\x00\xff\"]", false),
            (br#"["SET","a\\qb"]"#, false),
            (br#"["SET","ab"]"#, false),
        ] {
            assert_eq!(is_quoted(line), quoted, "{}", line.escape_ascii());
        }
    }
}
