//! The lines of a text. Their ends are found once, many bytes at a time: lines of raw output are too short for
//! a search that is set up anew for each of them.

use std::cell::Cell;
use std::ops::Range;

use wide::u32x8;

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

/// Writes over `from` where lines start: the first one, and one behind each line feed of a text. What is there is room
/// that need not be cleared.
#[inline]
pub(super) fn find(text: &[u8], from: &mut Vec<u32>) {
    if from.is_empty() {
        from.push(0);
    }
    let (blocks, rest) = text.as_chunks();
    let mut last = [0; WIDTH];
    last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    let (mut count, mut before) = (1, 1);
    for block in blocks.iter().chain([&last]) {
        if from.len() < count + WIDTH {
            from.resize(count + GROUP * WIDTH, 0);
        }
        let (groups, _) = from.get_mut(count..).unwrap_or_default().as_chunks_mut::<GROUP>();
        let mut marks = Wide::of(block).are(b'\n');
        count += marks.count_ones() as usize;
        for group in groups {
            // How many there are cannot be guessed: what is written beyond is written over, or cut off.
            for start in group {
                *start = before + marks.trailing_zeros();
                marks &= marks.wrapping_sub(1);
            }
            if marks == 0 {
                break;
            }
        }
        before += WIDTH as u32;
    }
    from.truncate(count);
}

/// Lines that are looked at together.
const GROUP: usize = 8;

/// Tells the numbers of the lines that have so many bytes or one more, their ends included.
#[inline]
pub(super) fn of_length(bytes: u32, from: &[u32], mut tell: impl FnMut(usize)) {
    let behind = from.get(1..).unwrap_or_default();
    let (ends, rest) = behind.as_chunks::<GROUP>();
    let mut last = [[0; GROUP]; 2];
    for (to, from) in last.iter_mut().zip([from.get(behind.len() - rest.len()..).unwrap_or_default(), rest]) {
        to.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
    }
    let [last_from, last_ends] = &last;
    let mut before = 0;
    for (from, ends) in from.as_chunks().0.iter().zip(ends).chain([(last_from, last_ends)]) {
        let lengths = u32x8::new(*ends) - u32x8::new(*from);
        let are = |bytes: u32| lengths.simd_eq(u32x8::splat(bytes));
        let mut marks = (are(bytes) | are(bytes + 1)).to_bitmask();
        while marks != 0 {
            tell(before + marks.trailing_zeros() as usize);
            marks &= marks - 1;
        }
        before += GROUP;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_line_end_is_found(text in prop::collection::vec(
            prop_oneof![Just(b'\n'), Just(0x0b), Just(0x8a), Just(0), any::<u8>()], 0..300),
            left in 0_usize..400,
        ) {
            let behind = memchr::memchr_iter(b'\n', &text).map(|end| end as u32 + 1);
            let starts: Vec<_> = [0].into_iter().chain(behind).collect();
            let mut found = Vec::new();
            for _ in 0..2 {
                find(&text, &mut found);
                prop_assert_eq!(&found, &starts);
                found.resize(left, 0);
            }
        }

        #[test]
        fn every_line_of_a_length_is_found(lengths in prop::collection::vec(9_u32..15, 0..40)) {
            let mut from = vec![0];
            lengths.iter().for_each(|length| from.push(from.last().unwrap() + length));
            let mut found = Vec::new();
            of_length(11, &from, |line| found.push(line));
            let are = |line: &usize| matches!(lengths[*line], 11 | 12);
            prop_assert_eq!(found, (0..lengths.len()).filter(are).collect::<Vec<_>>());
        }
    }
}
