//! The lines of a text. Their ends are found once, many bytes at a time: lines of raw output are too short for
//! a search that is set up anew for each of them.

use std::cell::Cell;
use std::ops::Range;

use crate::event::Args;
use crate::format::bits::{WIDTH, Wide};
use crate::format::clock::is_day_or_clock;
use crate::format::slowlog::arities::Arities;
use crate::format::slowlog::entry::{Address, address, is_name};
use crate::format::slowlog::noise::is_separator_by;
use crate::intern::same;

/// Lines by their number, from 0.
#[derive(Clone, Copy)]
pub(super) struct Lines<'a> {
    pub(super) text: &'a [u8],
    /// Where each line starts; and behind the last one, where another would.
    from: &'a [u32],
    /// Whether they end with CR LF.
    crlf: bool,
    kept: &'a Kept,
}

/// What was told of lines before: commands and addresses come again and again.
pub(super) struct Kept {
    arities: Arities,
    /// Where an address and the name behind it stand, and what [`Lines::address`] says of them.
    client: Cell<(usize, usize, Address)>,
    /// Texts, and whether each is a day or a clock; by their length and last bytes.
    clocks: [Cell<(Vec<u8>, bool)>; CLOCKS],
}

/// So many: of addresses and times a few take turns.
const CLOCKS: usize = 16;

impl Default for Kept {
    fn default() -> Self {
        let client = Cell::new((0, 0, Address::No));
        Kept { arities: Arities::default(), client, clocks: Default::default() }
    }
}

impl<'a> Lines<'a> {
    /// `from` tells where each line starts, and where one more would.
    pub(super) fn new(text: &'a [u8], from: &'a [u32], crlf: bool, kept: &'a Kept) -> Self {
        Lines { text, from, crlf, kept }
    }

    /// The arity of the command of a call.
    #[inline]
    pub(super) fn arity(&self, args: &Args<'_>) -> Option<i16> {
        self.kept.arities.of(args)
    }

    /// Whether a line is what scripts put between polls. Most that may be a clock are one of few addresses.
    pub(super) fn is_separator(&self, line: &[u8]) -> bool {
        is_separator_by(line, |text| {
            let Some(kept) = self.kept.clocks.get(place(text)) else { return is_day_or_clock(text) };
            let (mut held, mut is) = kept.take();
            if !same(&held, text) {
                held.clear();
                held.extend_from_slice(text);
                is = is_day_or_clock(text);
            }
            kept.set((held, is));
            is
        })
    }

    /// What a line of the text is, seen as an address: none where the line behind it is no name.
    #[inline]
    pub(super) fn address(&self, at: &Range<usize>, name: &Range<usize>) -> Option<Address> {
        // Of lines that are the same with what parts them each is the same.
        let both = self.text.get(at.start..name.end)?;
        let (from, to, is) = self.kept.client.get();
        if self.text.get(from..to).is_some_and(|held| same(held, both)) {
            return Some(is);
        }
        let name_text = self.text.get(name.clone())?;
        let is = if is_name(name_text) { address(self.text.get(at.clone())?) } else { Address::No };
        self.kept.client.set((at.start, name.end, is));
        Some(is)
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.from.len().saturating_sub(1)
    }

    /// The first ones.
    pub(super) fn first(&self, count: usize) -> Self {
        let from = self.from.get(..=count).unwrap_or(self.from);
        let end = from.last().map_or(0, |end| *end as usize);
        Lines { text: self.text.get(..end).unwrap_or(self.text), from, ..*self }
    }

    /// Where a line starts; the end of the text for those that it lacks.
    #[inline]
    pub(super) fn at(&self, line: usize) -> usize {
        self.from.get(line).map_or(self.text.len(), |at| (*at as usize).min(self.text.len()))
    }

    /// Whether the last one has its end.
    pub(super) fn are_ended(&self) -> bool {
        self.text.last() == Some(&b'\n')
    }

    /// Where a line stands, without its end.
    #[inline]
    pub(super) fn range(&self, line: usize) -> Option<Range<usize>> {
        Some(self.between(*self.from.get(line)?, *self.from.get(line + 1)?))
    }

    /// The same of some lines.
    #[inline]
    pub(super) fn ranges(&self, lines: Range<usize>) -> impl Iterator<Item = Range<usize>> + '_ {
        let from = self.from.get(lines.start..=lines.end).unwrap_or_default();
        from.windows(2).map(|ends| match ends {
            [from, next] => self.between(*from, *next),
            _ => 0..0,
        })
    }

    /// The line that starts there, where the next one starts here.
    #[inline]
    fn between(&self, from: u32, next: u32) -> Range<usize> {
        let (from, end) = (from as usize, next.saturating_sub(1) as usize);
        let is_return = self.crlf && end > from && self.text.get(end - 1) == Some(&b'\r');
        from..end - usize::from(is_return)
    }

    /// A line, without its end.
    #[inline]
    pub(super) fn get(&self, line: usize) -> Option<&'a [u8]> {
        self.text.get(self.range(line)?)
    }
}

/// Where a text is kept that may be a clock.
fn place(text: &[u8]) -> usize {
    let last = text.iter().rev().take(4);
    last.fold(text.len(), |sum, byte| sum + usize::from(*byte)) % CLOCKS
}

/// Tells where each line of a text ends, in order: the places of its line feeds.
#[inline]
pub(super) fn ends(text: &[u8], mut tell: impl FnMut(usize)) {
    let (blocks, rest) = text.as_chunks();
    let mut last = [0; WIDTH];
    last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    let mut before = 0;
    // One loop, so that what is told there is put in its place.
    for block in blocks.iter().chain([&last]) {
        let mut marks = Wide::of(block).are(b'\n');
        while marks != 0 {
            tell(before + marks.trailing_zeros() as usize);
            marks &= marks - 1;
        }
        before += WIDTH;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_line_end_is_found(text in prop::collection::vec(
            prop_oneof![Just(b'\n'), Just(0x0b), Just(0x8a), Just(0), any::<u8>()], 0..300)
        ) {
            let mut found = Vec::new();
            ends(&text, |end| found.push(end));
            prop_assert_eq!(found, memchr::memchr_iter(b'\n', &text).collect::<Vec<_>>());
        }
    }
}
