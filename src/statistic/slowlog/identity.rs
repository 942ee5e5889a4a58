//! When two entries are one.
//!
//! Equal id, time, duration, arguments, client and name: one entry, seen twice. The same id with anything
//! else different is another server's, or another run's after a restart. Where the form has no id
//! (ElastiCache's text) entries are never taken for one.
//!
//! Raw output parts arguments by line ends and redis-py by spaces, so both count as the same here: the
//! forms of one slow log, read together, are one slow log.

use std::collections::HashSet;

use foldhash::fast::FixedState;
use wide::u8x16;

use crate::event::{Args, Slow};
use crate::intern::{SPREAD, hash, same};

/// Tells who an entry is.
#[derive(Clone, Debug, Default)]
pub struct Identity {
    pub(super) client: Field,
    pub(super) name: Field,
    row: Row,
    scratch: Vec<u8>,
}

impl Identity {
    /// 128 bits that different entries do not share: of a thousand million entries two would by a chance of
    /// one in 10^20.
    pub fn of(&mut self, entry: &Slow<'_>, input: u32) -> u128 {
        let joined = joined(&entry.args);
        let row = joined.unwrap_or_else(|| self.row.of(&entry.args, &mut self.scratch));
        // What was just put together comes last: the longer ago it was written, the sooner it is read.
        let mut mix = Mix::default();
        mix.add(entry.time as u64, entry.us);
        match entry.id {
            Some(id) => mix.add(id, u64::MAX),
            None => mix.add(entry.place.offset, input.into()),
        }
        mix.add(self.client.hash(entry.client), self.name.hash(entry.name));
        mix.text(row);
        mix.end()
    }
}

/// A field that is mostly the same as before.
#[derive(Clone, Debug, Default)]
pub(super) struct Field {
    text: Vec<u8>,
    /// 0 while there was none.
    hash: u64,
    /// As it was told, if it was.
    number: Option<u32>,
}

impl Field {
    #[inline(always)]
    fn hash(&mut self, text: Option<&[u8]>) -> u64 {
        match text {
            None => 0,
            Some(text) if self.hash != 0 && same(text, &self.text) => self.hash,
            Some(text) => self.renew(text),
        }
    }

    #[inline(never)]
    fn renew(&mut self, text: &[u8]) -> u64 {
        self.text.clear();
        self.text.extend_from_slice(text);
        self.hash = hash(text) | 1;
        self.number = None;
        self.hash
    }

    /// The number of what was hashed last; `tell` tells it.
    #[inline]
    pub(super) fn number(&mut self, tell: impl FnOnce() -> u32) -> u32 {
        *self.number.get_or_insert_with(tell)
    }
}

/// The arguments as they stand, if nothing in them is escaped, and a space or a line end is all that parts them.
fn joined<'a>(args: &Args<'a>) -> Option<&'a [u8]> {
    let all = args.raw_from(0)?;
    let (first, others) = args.spans().split_first()?;
    let mut end = first.start + first.len;
    let mut is_plain = first.escapes == 0;
    for span in others {
        let between = all.get((end - first.start) as usize);
        is_plain &= span.start == end + 1 && span.escapes == 0;
        if !is_plain || !matches!(between, Some(b' ' | b'\n')) {
            return None;
        }
        end = span.start + span.len;
    }
    is_plain.then_some(all)
}

/// Bytes that are looked at together.
const WIDTH: usize = 16;

/// Bytes of the arguments of nearly all entries.
const ROW: usize = 512;

/// Arguments with a space between them.
#[derive(Clone, Debug)]
struct Row {
    short: [u8; ROW],
    long: Vec<u8>,
}

impl Default for Row {
    fn default() -> Self {
        Row { short: [0; ROW], long: Vec::new() }
    }
}

impl Row {
    /// Those of an entry, decoded.
    fn of(&mut self, args: &Args<'_>, scratch: &mut Vec<u8>) -> &[u8] {
        match self.fill(args, scratch) {
            Some(count) => self.short.get(..count).unwrap_or_default(),
            None => {
                self.long.clear();
                for argument in args.iter() {
                    self.long.extend_from_slice(argument.bytes(scratch));
                    self.long.push(b' ');
                }
                self.long.pop();
                &self.long
            }
        }
    }

    /// How many bytes they are, if there is room for them.
    fn fill(&mut self, args: &Args<'_>, scratch: &mut Vec<u8>) -> Option<usize> {
        let mut next = 0;
        for (argument, window) in args.windows::<WIDTH>() {
            let room = self.short.get_mut(next..)?;
            let is_short = argument.escapes == 0 && argument.raw.len() <= WIDTH;
            let count = match window.filter(|_| is_short) {
                Some(window) => {
                    *room.first_chunk_mut()? = *window;
                    argument.raw.len()
                }
                None => {
                    let text = argument.bytes(scratch);
                    room.get_mut(..text.len())?.copy_from_slice(text);
                    text.len()
                }
            };
            *room.get_mut(count)? = b' ';
            next += count + 1;
        }
        next.checked_sub(1)
    }
}

/// Any fixed numbers do: the binary expansion of pi.
const SEEDS: [u64; 2] = [0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7344];

/// A hash of 128 bits: two that are multiplied and folded, each with the other half of the words first.
struct Mix([u64; 2]);

impl Default for Mix {
    fn default() -> Self {
        Mix(SEEDS)
    }
}

impl Mix {
    #[inline]
    fn add(&mut self, a: u64, b: u64) {
        let [one, other] = self.0;
        self.0 = [
            fold(a ^ one, b ^ SPREAD).wrapping_add(one.rotate_left(23)),
            fold(b ^ other, a ^ SPREAD).wrapping_add(other.rotate_left(41)),
        ];
    }

    /// Adds a text, of which line ends are spaces.
    #[inline]
    fn text(&mut self, text: &[u8]) {
        let (chunks, tail) = text.as_chunks();
        for chunk in chunks {
            let part = spaced(chunk);
            self.add(part as u64, (part >> 64) as u64);
        }
        let tail = match text.last_chunk() {
            Some(last) => spaced(last).checked_shr(8 * (WIDTH - tail.len()) as u32).unwrap_or(0),
            None => {
                let mut bytes = [0; WIDTH];
                bytes.iter_mut().zip(tail).for_each(|(to, from)| *to = *from);
                spaced(&bytes)
            }
        };
        // Where the tail never reaches stands how long the text is.
        self.add(tail as u64, (tail >> 64) as u64 ^ (text.len() as u64) << 56);
    }

    fn end(self) -> u128 {
        let [one, other] = self.0;
        u128::from(one) << 64 | u128::from(other)
    }
}

/// These bytes, with spaces for line ends.
#[inline]
fn spaced(bytes: &[u8; WIDTH]) -> u128 {
    let all = u8x16::new(*bytes);
    let ends = all.simd_eq(u8x16::splat(b'\n'));
    u128::from_le_bytes((all ^ (ends & u8x16::splat(b'\n' ^ b' '))).to_array())
}

#[inline]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

/// Identities that were met, in the order of their coming.
#[derive(Debug, Default)]
pub struct Seen {
    present: HashSet<u128, FixedState>,
    before: HashSet<u128, FixedState>,
}

impl Seen {
    /// Whether it was met before; it is from now on. Of a very long row of different ones the last
    /// [`MOST`](super::MOST) to twice as many are known, which takes some 100 MB.
    pub fn meet(&mut self, identity: u128) -> bool {
        if self.present.contains(&identity) || self.before.contains(&identity) {
            return true;
        }
        if self.present.len() >= super::MOST {
            self.before = std::mem::take(&mut self.present);
        }
        self.present.insert(identity);
        false
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::event::Span;

    fn mixed(text: &[u8]) -> u128 {
        let mut mix = Mix::default();
        mix.text(text);
        mix.end()
    }

    /// The hash of arguments that stand in a text with these bytes between them and behind them.
    fn of(texts: &[Vec<u8>], between: &[u8], behind: &[u8]) -> u128 {
        let mut spans = Vec::new();
        let mut line = Vec::new();
        for text in texts {
            spans.push(Span { start: line.len() as u32, len: text.len() as u32, escapes: 0 });
            line.extend_from_slice(text);
            line.extend_from_slice(between);
        }
        line.extend_from_slice(behind);
        let args = Args::new(&line, &spans);
        match joined(&args) {
            Some(all) => mixed(all),
            None => mixed(Row::default().of(&args, &mut Vec::new())),
        }
    }

    fn texts() -> impl Strategy<Value = Vec<Vec<u8>>> {
        let byte = prop_oneof![Just(b'\n'), Just(b' '), any::<u8>()];
        let text = prop_oneof![9 => prop::collection::vec(byte, 0..40), 1 => Just(vec![b'x'; ROW - 20])];
        prop::collection::vec(text, 1..8)
    }

    proptest! {
        #[test]
        fn texts_are_one_text_with_spaces_between(texts in texts(), changed in any::<prop::sample::Index>()) {
            let joined = texts.join(&b' ');
            let spaced: Vec<u8> = joined.iter().map(|byte| if *byte == b'\n' { b' ' } else { *byte }).collect();
            let hash = mixed(&spaced);
            prop_assert_eq!(mixed(&joined), hash);
            for (between, behind) in [(&b" "[..], &b""[..]), (b"\n", b"x"), (b"\",\"", b""), (b"\",\"", &[b'x'; WIDTH])] {
                prop_assert_eq!(of(&texts, between, behind), hash);
            }
            if !spaced.is_empty() {
                let mut other = spaced.clone();
                other[changed.index(spaced.len())] ^= 0x80;
                prop_assert_ne!(mixed(&other), hash);
                prop_assert_ne!(mixed(&spaced[1..]), hash);
            }
            prop_assert_ne!(mixed(&[&spaced[..], b"\0"].concat()), hash);
        }
    }
}
