//! Entries as JSON: redis-cli's arrays, ElastiCache's objects, and objects of loggers.
//!
//! ```text
//! [8,1795173291,75,["EVAL","return 1","0"],"127.0.0.1:38562","my-app"]
//! {"CacheClusterId":"c","CacheNodeId":"0001","Id":296,"Timestamp":1605631822,"Duration (us)":0,
//!  "Command":"GET ... (1 more arguments)","ClientAddress":"10.0.0.9:5","ClientName":""}
//! {"id":8,"start_time":1795173291,"duration":75,"command":"EVAL return 1 0"}
//! ```
//!
//! Objects may stand anywhere in other objects, and as text in a `message` (CloudWatch's envelope).

use std::ops::Range;

use super::entry::{At, Fields, Parted, complexity, emit, plain_span, seconds, whole};
use super::json::{Flaw, Kind, Node, Notation, Tree};
use super::words;
use crate::error::Reject;
use crate::event::{Args, Sink, Span};
use crate::format::clock;

/// Texts within texts.
const DEPTH: usize = 3;

/// What a JSON value was found to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// An entry as an array.
    Array,
    /// Entries as ElastiCache's objects.
    Aws,
    /// Entries as other objects.
    Object,
    /// Something like an entry that cannot be read.
    Broken,
    /// No entry, nor anything like one: nothing was handed on.
    Nothing,
}

/// Reads values, one after the other.
#[derive(Debug, Default)]
pub(super) struct Objects {
    tree: Tree,
    out: Vec<u8>,
    spans: Vec<Span>,
    /// For texts within texts.
    spare: Vec<(Tree, Vec<u8>)>,
}

/// Where what is not an argument stands in the buffer.
#[derive(Clone, Debug, Default)]
struct Strings {
    client: Option<Range<usize>>,
    name: Option<Range<usize>>,
    complexity: Option<Range<usize>>,
}

/// Members of an object that mean something here, by their nodes.
#[derive(Clone, Copy, Debug, Default)]
struct Members {
    id: Option<usize>,
    time: Option<usize>,
    us: Option<usize>,
    command: Option<usize>,
    client: Option<usize>,
    name: Option<usize>,
    complexity: Option<usize>,
    aws: bool,
}

/// What the walk through a value carries along.
struct Walk<'s> {
    /// What the next entry takes: the first takes all.
    at: At,
    sink: &'s mut dyn Sink,
    depth: usize,
}

impl Objects {
    /// Reads the value that `text` starts with; gives how many bytes it takes.
    pub(super) fn read(&mut self, text: &[u8], notation: Notation) -> Result<usize, Flaw> {
        self.tree.read(text, notation)
    }

    /// Hands on the entries of the value that was read from `text` and takes `at.bytes` with what is
    /// around it; of several entries the first takes all bytes.
    pub(super) fn emit(&mut self, text: &[u8], notation: Notation, at: At, sink: &mut dyn Sink) -> Found {
        let tree = std::mem::take(&mut self.tree);
        let mut walk = Walk { at, sink, depth: 0 };
        let found = match tree.get(0).map(|node| node.kind) {
            Some(Kind::Array) => match self.array(&tree, text, notation) {
                Some(fields) => {
                    self.hand_on(&fields, Parted::Quoted, &mut walk);
                    Found::Array
                }
                None if looks_like_entry(text) => walk.reject(text),
                None => Found::Nothing,
            },
            _ => self.any(&tree, text, 0, &mut walk),
        };
        self.tree = tree;
        found
    }

    fn hand_on(&self, (fields, strings): &(Fields<'_>, Strings), parted: Parted, walk: &mut Walk<'_>) {
        let text = |range: &Option<Range<usize>>| self.out.get(range.clone()?);
        let fields = Fields {
            client: text(&strings.client),
            name: text(&strings.name),
            complexity: text(&strings.complexity).map(|sizes| complexity(sizes).unwrap_or(sizes)),
            ..*fields
        };
        emit(&fields, Args::new(&self.out, &self.spans), parted, walk.at, walk.sink);
        walk.at.bytes = 0;
    }

    fn clear(&mut self) {
        self.out.clear();
        self.spans.clear();
    }

    fn array(&mut self, tree: &Tree, text: &[u8], notation: Notation) -> Option<(Fields<'static>, Strings)> {
        self.clear();
        let mut fields = Fields::default();
        let mut strings = Strings::default();
        for (index, at) in tree.within(0).enumerate() {
            let node = tree.get(at)?;
            let raw = node.raw(text);
            let before = self.spans.is_empty();
            match (index, node.kind) {
                (0, Kind::Word) => fields.id = Some(whole(raw)?),
                (1, Kind::Word) => fields.time = seconds(raw)?,
                (2, Kind::Word) => fields.us = whole(raw)?,
                (0..3, _) => return None,
                (_, Kind::Array) if before => self.arguments(tree, at, text, notation)?,
                (_, Kind::Text) => {
                    let free = match (before, &strings) {
                        (true, _) => &mut strings.complexity,
                        (false, Strings { client: None, .. }) => &mut strings.client,
                        (false, Strings { name: None, .. }) => &mut strings.name,
                        // More strings are a later server's.
                        _ => continue,
                    };
                    *free = Some(decode(node, text, notation, &mut self.out)?);
                }
                (_, Kind::Word) if !before => fields.argc = fields.argc.or(whole(raw)),
                _ => {}
            }
        }
        (!self.spans.is_empty()).then_some((fields, strings))
    }

    /// The texts of an array as arguments.
    fn arguments(&mut self, tree: &Tree, at: usize, text: &[u8], notation: Notation) -> Option<()> {
        for argument in tree.within(at) {
            let argument = tree.get(argument).filter(|node| node.kind == Kind::Text)?;
            let range = decode(argument, text, notation, &mut self.out)?;
            self.spans.push(plain_span(range)?);
        }
        Some(())
    }

    /// The entries in an object or array, or in the texts it holds.
    fn any(&mut self, tree: &Tree, text: &[u8], at: usize, walk: &mut Walk<'_>) -> Found {
        let is_object = tree.get(at).is_some_and(|node| node.kind == Kind::Object);
        if is_object {
            let members = Members::of(tree, at, text);
            if members.is_entry() {
                return match self.entry(tree, text, &members) {
                    Some((parted, entry)) => {
                        self.hand_on(&entry, parted, walk);
                        if members.aws { Found::Aws } else { Found::Object }
                    }
                    None => walk.reject(text),
                };
            }
        }
        let mut found = Found::Nothing;
        let mut key = None;
        for (index, child) in tree.within(at).enumerate() {
            let Some(node) = tree.get(child) else { break };
            if is_object && index % 2 == 0 {
                key = Some(node.raw(text));
                continue;
            }
            let inner = match node.kind {
                Kind::Object | Kind::Array => self.any(tree, text, child, walk),
                Kind::Text if matches!(key, Some(b"message" | b"@message" | b"log" | b"msg")) => {
                    self.message(node, text, walk)
                }
                _ => Found::Nothing,
            };
            if inner != Found::Nothing && !matches!(found, Found::Aws | Found::Object) {
                found = inner;
            }
        }
        found
    }

    /// The entries in a text that is JSON itself.
    fn message(&mut self, node: Node, text: &[u8], walk: &mut Walk<'_>) -> Found {
        if walk.depth == DEPTH {
            return Found::Nothing;
        }
        let (mut tree, mut inner) = self.spare.pop().unwrap_or_default();
        inner.clear();
        let mut found = Found::Nothing;
        if node.decode(text, Notation::Json, &mut inner).is_some()
            && matches!(inner.trim_ascii_start().first(), Some(b'{' | b'['))
            && tree.read(&inner, Notation::Json).is_ok()
        {
            walk.depth += 1;
            found = self.any(&tree, &inner, 0, walk);
            walk.depth -= 1;
        }
        self.spare.push((tree, inner));
        found
    }

    fn entry(
        &mut self,
        tree: &Tree,
        text: &[u8],
        members: &Members,
    ) -> Option<(Parted, (Fields<'static>, Strings))> {
        self.clear();
        let node = |at: Option<usize>| tree.get(at?);
        let mut fields = Fields { us: whole(node(members.us)?.raw(text))?, ..Fields::default() };
        fields.id = match node(members.id) {
            Some(id) => Some(whole(id.raw(text))?),
            None => None,
        };
        let time = node(members.time)?;
        let start = self.out.len();
        time.decode(text, Notation::Json, &mut self.out)?;
        fields.time = clock::time(self.out.get(start..)?)?;
        self.clear();
        let command = members.command?;
        let parted = match node(Some(command))? {
            Node { kind: Kind::Array, .. } => {
                self.arguments(tree, command, text, Notation::Json)?;
                Parted::Quoted
            }
            line if line.kind == Kind::Text => {
                let range = decode(line, text, Notation::Json, &mut self.out)?;
                words::split(&self.out, range, &mut self.spans)?
            }
            _ => return None,
        };
        let mut string = |node: Option<Node>| match node {
            Some(node) if node.kind == Kind::Text => {
                decode(node, text, Notation::Json, &mut self.out).map(Some)
            }
            _ => Some(None),
        };
        let (mut client, mut name) = (members.client, members.name);
        if let Some(at) = client.filter(|at| node(Some(*at)).is_some_and(|node| node.kind == Kind::Object)) {
            let inner = Members::of(tree, at, text);
            (client, name) = (inner.client, inner.name);
        }
        let strings = Strings {
            client: string(node(client))?,
            name: string(node(name))?,
            complexity: string(node(members.complexity))?,
        };
        (!self.spans.is_empty()).then_some((parted, (fields, strings)))
    }
}

impl Walk<'_> {
    fn reject(&mut self, text: &[u8]) -> Found {
        let reason = "no entry of the slow log, though it has its fields";
        self.sink.reject(Reject { place: self.at.place, bytes: self.at.bytes, reason, text });
        self.at.bytes = 0;
        Found::Broken
    }
}

impl Members {
    fn of(tree: &Tree, at: usize, text: &[u8]) -> Self {
        let mut members = Members::default();
        let mut nodes = tree.within(at);
        while let (Some(key), Some(value)) = (nodes.next(), nodes.next()) {
            let field = match tree.get(key).map_or(&b""[..], |key| key.raw(text)) {
                b"CacheClusterId" | b"CacheNodeId" => {
                    members.aws = true;
                    continue;
                }
                b"id" | b"Id" => &mut members.id,
                b"start_time" | b"timestamp" | b"Timestamp" | b"time" | b"ts" | b"@timestamp" => {
                    &mut members.time
                }
                b"duration" | b"Duration (us)" | b"duration_us" | b"execution_time" => &mut members.us,
                b"command" | b"Command" | b"args" | b"arguments" => &mut members.command,
                b"client_address" | b"ClientAddress" | b"client_addr" | b"client" | b"address" => {
                    &mut members.client
                }
                b"client_name" | b"ClientName" | b"name" => &mut members.name,
                b"complexity" => &mut members.complexity,
                _ => continue,
            };
            // A server's own time comes before a logger's, as redis-py's names do.
            if field.is_none() || tree.get(key).is_some_and(|key| key.raw(text) == b"start_time") {
                *field = Some(value);
            }
        }
        members
    }

    fn is_entry(&self) -> bool {
        self.time.is_some() && self.us.is_some() && self.command.is_some()
    }
}

/// Whether a text that starts an array starts with an entry's id and time.
pub(super) fn looks_like_entry(text: &[u8]) -> bool {
    let mut parts = text.splitn(3, |byte| *byte == b',');
    let (id, time) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default().trim_ascii());
    let id = id.strip_prefix(b"[").unwrap_or_default().trim_ascii();
    whole(id).is_some() && time.len() >= 10 && whole(time).is_some()
}

fn decode(node: Node, text: &[u8], notation: Notation, out: &mut Vec<u8>) -> Option<Range<usize>> {
    let start = out.len();
    node.decode(text, notation, out)?;
    Some(start..out.len())
}
