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
    client: Field,
    name: Field,
    scratch: Vec<u8>,
}

impl Identity {
    /// 128 bits that different entries do not share: of a thousand million entries two would by a chance of
    /// one in 10^20.
    pub fn of(&mut self, entry: &Slow<'_>, input: u32) -> u128 {
        let mut mix = Mix::default();
        mix.add(entry.time as u64, entry.us);
        match entry.id {
            Some(id) => mix.add(id, u64::MAX),
            None => mix.add(entry.place.offset, input.into()),
        }
        mix.add(self.client.hash(entry.client), self.name.hash(entry.name));
        let args = &entry.args;
        if let Some(all) = joined(args) {
            mix.text(all);
            return mix.end();
        }
        for (at, argument) in args.iter().enumerate() {
            match args.window(at) {
                Some(start) if argument.escapes == 0 && argument.raw.len() < WIDTH => {
                    mix.short(start, argument.raw.len());
                }
                _ => mix.text(argument.bytes(&mut self.scratch)),
            }
        }
        mix.end()
    }
}

/// A field that is mostly the same as before.
#[derive(Clone, Debug, Default)]
struct Field {
    text: Vec<u8>,
    /// 0 while there was none.
    hash: u64,
}

impl Field {
    #[inline]
    fn hash(&mut self, text: Option<&[u8]>) -> u64 {
        let Some(text) = text else { return 0 };
        if self.hash == 0 || !same(text, &self.text) {
            self.text.clear();
            self.text.extend_from_slice(text);
            self.hash = hash(text) | 1;
        }
        self.hash
    }
}

/// The arguments as they stand, if nothing in them is escaped, and a space or a line end is all that parts them.
fn joined<'a>(args: &Args<'a>) -> Option<&'a [u8]> {
    let start = args.spans().first()?.start;
    let mut next = start;
    for span in args.spans() {
        if span.start != next || span.escapes > 0 {
            return None;
        }
        next = span.start + span.len + 1;
    }
    let all = args.raw_from(0)?;
    let parts = args.spans().iter().skip(1).map(|span| all.get((span.start - start) as usize - 1));
    parts.into_iter().all(|byte| matches!(byte, Some(b' ' | b'\n'))).then_some(all)
}

/// Bytes that are mixed in together.
const WIDTH: usize = 16;

/// Any fixed numbers do: the binary expansion of pi.
const SEEDS: [u64; 2] = [0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7344];

/// A hash of 128 bits: two that are multiplied and folded, each with the other half of the words first. Texts are
/// one after the other, with a space behind each, and all line ends are spaces.
struct Mix {
    hash: [u64; 2],
    /// What was not mixed in yet, and its bytes, fewer than [`WIDTH`].
    rest: u128,
    count: usize,
    bytes: u64,
}

impl Default for Mix {
    fn default() -> Self {
        Mix { hash: SEEDS, rest: 0, count: 0, bytes: 0 }
    }
}

impl Mix {
    #[inline]
    fn add(&mut self, a: u64, b: u64) {
        let [one, other] = self.hash;
        self.hash = [
            fold(a ^ one, b ^ SPREAD).wrapping_add(one.rotate_left(23)),
            fold(b ^ other, a ^ SPREAD).wrapping_add(other.rotate_left(41)),
        ];
    }

    /// Adds these bytes.
    #[inline]
    fn part(&mut self, bytes: &[u8; WIDTH]) {
        self.push(spaced(bytes), WIDTH);
    }

    /// Adds so many bytes, at least one.
    #[inline]
    fn push(&mut self, part: u128, count: usize) {
        self.bytes += count as u64;
        self.rest |= part << (8 * self.count);
        if self.count + count < WIDTH {
            self.count += count;
            return;
        }
        let left = WIDTH - self.count;
        self.add(self.rest as u64, (self.rest >> 64) as u64);
        self.rest = part.checked_shr(8 * left as u32).unwrap_or(0);
        self.count = count - left;
    }

    /// Adds a text of so many bytes, fewer than [`WIDTH`], at the start of these.
    #[inline]
    fn short(&mut self, start: &[u8; WIDTH], count: usize) {
        let bits = 8 * count as u32;
        let text = spaced(start) & !(u128::MAX << bits);
        self.push(text | u128::from(b' ') << bits, count + 1);
    }

    /// Adds any text.
    fn text(&mut self, text: &[u8]) {
        let (chunks, tail) = text.as_chunks();
        chunks.iter().for_each(|chunk| self.part(chunk));
        let mut bytes = [0; WIDTH];
        bytes.iter_mut().zip(tail).for_each(|(to, from)| *to = *from);
        self.short(&bytes, tail.len());
    }

    fn end(mut self) -> u128 {
        self.add(self.rest as u64, (self.rest >> 64) as u64);
        self.add(self.bytes, 0);
        self.add(0, 0);
        let [one, other] = self.hash;
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

    /// The hash of texts that are handed over in these ways.
    fn mixed(texts: &[Vec<u8>], is_short: bool) -> u128 {
        let mut mix = Mix::default();
        for text in texts {
            let padded = [text.as_slice(), &[b'x'; WIDTH]].concat();
            match padded.first_chunk() {
                Some(start) if is_short && text.len() < WIDTH => mix.short(start, text.len()),
                _ => mix.text(text),
            }
        }
        mix.end()
    }

    proptest! {
        #[test]
        fn texts_are_one_text_with_spaces_between(
            texts in prop::collection::vec(prop::collection::vec(prop_oneof![Just(b'\n'), Just(b' '), any::<u8>()], 0..40), 1..6),
            changed in any::<prop::sample::Index>(),
        ) {
            let joined = texts.join(&b' ');
            let spaced: Vec<u8> = joined.iter().map(|byte| if *byte == b'\n' { b' ' } else { *byte }).collect();
            let hash = mixed(&[joined], false);
            prop_assert_eq!(mixed(&texts, true), hash);
            prop_assert_eq!(mixed(&texts, false), hash);
            prop_assert_eq!(mixed(std::slice::from_ref(&spaced), true), hash);
            if !spaced.is_empty() {
                let mut other = spaced.clone();
                other[changed.index(spaced.len())] ^= 0x80;
                prop_assert_ne!(mixed(&[other], true), hash);
                prop_assert_ne!(mixed(&[spaced[1..].to_vec()], true), hash);
            }
        }
    }
}
