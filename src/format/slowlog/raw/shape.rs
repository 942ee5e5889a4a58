//! What stands behind the three numbers of an entry in raw output.

use std::ops::Range;

use super::lines::Lines;
use super::{NUMBERS, Start};
use crate::event::Args;
use crate::format::slowlog::entry::{Address, address, complexity, is_name, plain_span, whole};
use crate::format::slowlog::marker;

/// Elements of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::format::slowlog) enum Shape {
    /// The numbers and the arguments: Redis before 4.0.
    Four,
    /// And the client's address and name.
    Six,
    /// And the number of arguments: Redis 8.10.
    Seven,
    /// Sizes before the arguments, no client: Redis Software.
    Sized,
}

/// Lines between two polls that are looked through at most.
const BETWEEN: usize = 8;

/// Where the parts of an entry stand in the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::format::slowlog) struct Fit {
    /// Lines.
    pub(super) args: Range<usize>,
    /// Bytes.
    pub(super) client: Option<Range<usize>>,
    /// Bytes.
    pub(super) name: Option<Range<usize>>,
    /// Bytes.
    pub(super) complexity: Option<Range<usize>>,
    pub(super) argc: Option<u64>,
    /// The line behind it; up to the next entry stand separators.
    pub(super) end: usize,
    /// Whether behind it the input ends within the next entry's numbers.
    pub(super) torn: bool,
    /// What the client's address was found to be.
    pub(super) address: Address,
    /// Whether there are as many lines as the command has arguments at least.
    pub(super) neat: bool,
}

/// The lines of an entry and what they may be.
#[derive(Clone, Copy)]
pub(super) struct Segment<'a> {
    pub(super) lines: Lines<'a>,
    pub(super) start: &'a Start,
    /// The line of the next start; the number of all lines for the last.
    pub(super) end: usize,
}

impl<'a> Segment<'a> {
    /// The entry if it has this shape and nothing stands between it and the next one.
    pub(super) fn fit(&self, shape: Shape) -> Option<Fit> {
        self.is_ended().then(|| self.fit_before(shape, self.end))?
    }

    /// Of what [`Segment::fit`] gives, the address and whether it is neat: enough to weigh it by.
    #[inline]
    pub(super) fn told(&self, shape: Shape) -> Option<(Address, bool)> {
        if shape != Shape::Six {
            return self.fit(shape).map(|fit| (fit.address, fit.neat));
        }
        let body = self.start.body();
        let client_at = self.end.checked_sub(2).filter(|at| *at >= body && self.is_ended())?;
        let (.., address) = self.client(client_at)?;
        Some((address, self.call(&(body..client_at))?))
    }

    /// Whether its last line has its end.
    fn is_ended(&self) -> bool {
        self.end < self.lines.count() || self.lines.are_ended()
    }

    /// What [`Segment::fit`] gave before, which told the address and whether it is neat.
    #[inline(always)]
    pub(super) fn fit_again(&self, shape: Shape, address: Address, neat: bool) -> Option<Fit> {
        let (args_end, client, name) = match shape {
            Shape::Six => {
                let at = self.end.checked_sub(2)?;
                (at, Some(self.lines.range(at)?), Some(self.lines.range(at + 1)?))
            }
            Shape::Four => (self.end, None, None),
            Shape::Seven | Shape::Sized => return self.fit(shape),
        };
        let args = self.start.body()..args_end;
        Some(Fit {
            args,
            client,
            name,
            complexity: None,
            argc: None,
            end: self.end,
            torn: false,
            address,
            neat,
        })
    }

    /// The entry where separators stand behind it. Where that is in doubt (an empty name, an empty last
    /// argument) there are as few as make the address a socket's; without an address, as many as leave a
    /// call that can be.
    pub(super) fn fit_separated(&self, shape: Shape) -> Option<Fit> {
        let mut best: Option<Fit> = None;
        for (end, line) in self.lines_back().take(BETWEEN) {
            if !self.lines.is_separator(line) {
                break;
            }
            // No command is named so.
            if end == self.start.body() {
                return None;
            }
            let Some(fit) = self.fit_before(shape, end) else { continue };
            let better = |best: &Fit| best.address != Address::Socket && fit.address == Address::Socket;
            if matches!(shape, Shape::Four | Shape::Sized) || best.as_ref().is_none_or(better) {
                best = Some(fit);
            }
        }
        best
    }

    /// Whether what stands in front of the next entry is more than blank lines between polls.
    pub(super) fn is_marked(&self) -> bool {
        let mut near = self.lines_back().take(BETWEEN).map(|(_, line)| line);
        near.find(|line| !line.trim_ascii().is_empty()).is_some_and(|line| self.lines.is_separator(line))
    }

    /// Lines behind the numbers with their own numbers, the last one first.
    fn lines_back(&self) -> impl Iterator<Item = (usize, &'a [u8])> + '_ {
        (self.start.body()..self.end).rev().map_while(|at| Some((at, self.lines.get(at)?)))
    }

    /// The last entry of the input.
    pub(super) fn fit_last(&self, shape: Shape) -> Option<Fit> {
        let plain = self.fit(shape);
        if plain.as_ref().is_some_and(|fit| fit.address == Address::Socket) {
            return plain;
        }
        let separated = self.fit_separated(shape);
        match (&plain, &separated) {
            (Some(_), Some(fit)) if fit.address == Address::Socket => return separated,
            (None, Some(_)) => return separated,
            (Some(_), _) => {}
            (None, None) => return self.fit_torn(shape).or_else(|| self.fit_stripped(shape)),
        }
        plain
    }

    /// The entry in front of the first numbers of the next one, in which the input ends.
    fn fit_torn(&self, shape: Shape) -> Option<Fit> {
        let before = self.start.id.checked_sub(1)?.to_string();
        let unended = !self.lines.are_ended();
        for (behind, (at, line)) in self.lines_back().take(NUMBERS).enumerate() {
            whole(line)?;
            let cut = unended && behind == 0;
            let is_id = line == before.as_bytes() || (cut && before.as_bytes().starts_with(line));
            if is_id && (behind > 0 || shape != Shape::Four) {
                return self.fit_before(shape, at).map(|fit| Fit { torn: true, ..fit });
            }
        }
        None
    }

    /// The last entry where a shell took the line ends off the end, and with them the empty name.
    fn fit_stripped(&self, shape: Shape) -> Option<Fit> {
        if shape != Shape::Six || !self.lines.are_ended() {
            return None;
        }
        let (at, client) = self.lines_back().next()?;
        let fit = self.with_args(self.start.body()..at)?;
        let client_at = self.lines.range(at)?;
        (address(client) == Address::Socket).then_some(Fit {
            name: Some(client_at.start..client_at.start),
            client: Some(client_at),
            end: self.end,
            address: Address::Socket,
            ..fit
        })
    }

    /// Whether any entry can end here, or separators stand here, wherever it starts.
    pub(super) fn can_end(&self, shape: Shape) -> bool {
        let before = |lines: usize| self.lines.get(self.end.checked_sub(lines)?);
        let Some(last) = before(1) else { return false };
        let ends = match shape {
            Shape::Four | Shape::Sized => true,
            Shape::Seven => whole(last).is_some(),
            Shape::Six => is_name(last) && before(2).is_some_and(|client| address(client) != Address::No),
        };
        ends || self.lines.is_separator(last)
    }

    /// The entry of this shape that ends in front of the line `end`.
    fn fit_before(&self, shape: Shape, end: usize) -> Option<Fit> {
        let body = self.start.body();
        match shape {
            Shape::Four => self.with_args(body..end),
            Shape::Six => self.with_client(body..end),
            Shape::Seven => {
                let last = end.checked_sub(1).filter(|last| *last >= body)?;
                let argc = whole(self.lines.get(last)?).filter(|argc| *argc > 0)?;
                let fit = self.with_client(body..last)?;
                let marker = self.lines.get(fit.args.end.checked_sub(1)?)?;
                let hidden = marker::more_arguments(marker).map_or(0, |more| more.saturating_sub(1));
                let lines = fit.args.len() as u64;
                (argc <= lines.saturating_add(hidden)).then_some(Fit { argc: Some(argc), end, ..fit })
            }
            Shape::Sized => {
                let sizes = self.sizes(body)?;
                let fit = self.with_args(body + 1..end)?;
                Some(Fit { complexity: Some(sizes), ..fit })
            }
        }
    }

    /// Whether sizes stand behind the numbers of another place.
    pub(super) fn has_sizes(&self, place: &Start) -> bool {
        self.sizes(place.body()).is_some()
    }

    /// The sizes in a line.
    fn sizes(&self, line: usize) -> Option<Range<usize>> {
        let is_ended = line + 1 < self.lines.count() || self.lines.are_ended();
        let sizes = complexity(self.lines.get(line).filter(|_| is_ended)?)?;
        let end = self.lines.range(line)?.end;
        Some(end - sizes.len()..end)
    }

    /// Arguments, address and name in these lines.
    fn with_client(&self, lines: Range<usize>) -> Option<Fit> {
        let client_at = lines.end.checked_sub(2).filter(|at| *at >= lines.start)?;
        let (client, name, address) = self.client(client_at)?;
        let fit = self.with_args(lines.start..client_at)?;
        Some(Fit { client: Some(client), name: Some(name), address, end: lines.end, ..fit })
    }

    /// The address in a line and the name in the next one.
    #[inline]
    fn client(&self, line: usize) -> Option<(Range<usize>, Range<usize>, Address)> {
        let (client, name) = (self.lines.range(line)?, self.lines.range(line + 1)?);
        let address = self.lines.address(&client, &name)?;
        (address != Address::No).then_some((client, name, address))
    }

    /// Arguments in these lines: those of a call that can be.
    fn with_args(&self, lines: Range<usize>) -> Option<Fit> {
        self.call(&lines).map(|neat| Fit {
            client: None,
            name: None,
            complexity: None,
            argc: None,
            end: lines.end,
            torn: false,
            address: Address::No,
            neat,
            args: lines,
        })
    }

    /// Whether there are as many lines as the command has arguments at least; `None` where they can be no call.
    #[inline]
    fn call(&self, lines: &Range<usize>) -> Option<bool> {
        if lines.is_empty() {
            return None;
        }
        let first = self.lines.range(lines.start)?;
        let span = |line| self.lines.range(line).and_then(plain_span);
        let named = [span(lines.start)?, span(lines.start + 1).unwrap_or_default()];
        let named = named.get(..lines.len().min(2)).unwrap_or_default();
        let arity = self.lines.arity(&Args::new(self.lines.text, named));
        if arity.is_none() && (first.is_empty() || !is_name(self.lines.text.get(first)?)) {
            return None;
        }
        let least = arity.map(|arity| usize::from(arity.unsigned_abs()));
        least.is_none_or(|least| least <= lines.len()).then_some(least == Some(lines.len()))
    }
}
