//! What stands behind the three numbers of an entry in raw output.

use std::ops::Range;

use super::Start;
use crate::event::{Args, Span};
use crate::format::slowlog::entry::{Address, address, complexity, is_name, least, whole};
use crate::format::slowlog::marker;
use crate::format::slowlog::noise::is_separator;

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
    pub(super) args: Range<usize>,
    pub(super) client: Option<Range<usize>>,
    pub(super) name: Option<Range<usize>>,
    pub(super) complexity: Option<Range<usize>>,
    pub(super) argc: Option<u64>,
    /// Behind its last byte; up to the next entry stand separators.
    pub(super) end: usize,
    /// Whether behind it the input ends within the next entry's numbers.
    pub(super) torn: bool,
    /// What the client's address was found to be.
    pub(super) address: Address,
    /// Whether there are as many lines as the command has arguments at least.
    pub(super) neat: bool,
}

/// The text of an entry and what it may be.
#[derive(Clone, Copy)]
pub(super) struct Segment<'a> {
    pub(super) text: &'a [u8],
    pub(super) crlf: bool,
    pub(super) start: &'a Start,
    /// Where the next entry starts; the input's end for the last.
    pub(super) end: usize,
}

impl<'a> Segment<'a> {
    /// The entry if it has this shape and nothing stands between it and the next one.
    pub(super) fn fit(&self, shape: Shape) -> Option<Fit> {
        self.text.get(self.end.checked_sub(1)?).filter(|last| **last == b'\n')?;
        self.fit_before(shape, self.end)
    }

    /// The entry where separators stand behind it. Where that is in doubt (an empty name, an empty last
    /// argument) there are as few as make the address a socket's; without an address, as many as leave a
    /// call that can be.
    pub(super) fn fit_separated(&self, shape: Shape) -> Option<Fit> {
        let mut best: Option<Fit> = None;
        let mut end = self.end;
        for _ in 0..BETWEEN {
            let (line, start) = self.line_before(end)?;
            if !is_separator(line) {
                break;
            }
            end = start;
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
        let mut end = self.end;
        for _ in 0..BETWEEN {
            let Some((line, start)) = self.line_before(end) else { return false };
            if !line.trim_ascii().is_empty() {
                return is_separator(line);
            }
            end = start;
        }
        false
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
        let mut end = self.text.len();
        let unended = self.text.last() != Some(&b'\n');
        for lines in 1..=3 {
            let (line, start) = self.line_before(end)?;
            end = start;
            let unended = unended && lines == 1;
            whole(line)?;
            let is_id = line == before.as_bytes() || (unended && before.as_bytes().starts_with(line));
            if is_id && (lines > 1 || shape != Shape::Four) {
                return self.fit_before(shape, end).map(|fit| Fit { torn: true, ..fit });
            }
        }
        None
    }

    /// The last entry where a shell took the line ends off the end, and with them the empty name.
    fn fit_stripped(&self, shape: Shape) -> Option<Fit> {
        if shape != Shape::Six || self.text.last() != Some(&b'\n') {
            return None;
        }
        let (client, start) = self.line_before(self.end)?;
        let fit = self.with_args(self.start.body, start)?;
        let client_at = start..start + client.len();
        (address(client) == Address::Socket).then_some(Fit {
            client: Some(client_at),
            name: Some(start..start),
            end: self.end,
            address: Address::Socket,
            ..fit
        })
    }

    /// Whether any entry can end here, or separators stand here, wherever it starts.
    pub(super) fn can_end(&self, shape: Shape) -> bool {
        let all = Segment { start: &Start { body: 0, ..*self.start }, ..*self };
        let Some((last, before)) = all.line_before(self.end) else { return false };
        let ends = match shape {
            Shape::Four | Shape::Sized => true,
            Shape::Seven => whole(last).is_some(),
            Shape::Six => {
                let client = all.line_before(before).map_or(Address::No, |(client, _)| address(client));
                is_name(last) && client != Address::No
            }
        };
        ends || is_separator(last)
    }

    /// The entry of this shape that ends at `end`.
    fn fit_before(&self, shape: Shape, end: usize) -> Option<Fit> {
        let body = self.start.body;
        match shape {
            Shape::Four => Some(Fit { end, ..self.with_args(body, end)? }),
            Shape::Six => self.with_client(body, end).map(|fit| Fit { end, ..fit }),
            Shape::Seven => {
                let (argc, start) = self.line_before(end)?;
                let argc = whole(argc).filter(|argc| *argc > 0)?;
                let fit = self.with_client(body, start)?;
                let args = self.text.get(fit.args.clone())?;
                let lines = count_lines(args, usize::try_from(argc).ok()?);
                let (last, _) = self.line_before(fit.args.end + 1)?;
                let hidden = marker::more_arguments(last).map_or(0, |more| more.saturating_sub(1));
                (argc <= (lines as u64).saturating_add(hidden)).then_some(Fit {
                    argc: Some(argc),
                    end,
                    ..fit
                })
            }
            Shape::Sized => {
                let (sizes, behind) = self.sizes(body)?;
                let fit = self.with_args(behind, end)?;
                Some(Fit { complexity: Some(sizes), end, ..fit })
            }
        }
    }

    /// Whether sizes stand behind the numbers of another place.
    pub(super) fn has_sizes(&self, place: &Start) -> bool {
        self.sizes(place.body).is_some()
    }

    /// The sizes in the line at `at`, and where the next line starts.
    fn sizes(&self, at: usize) -> Option<(Range<usize>, usize)> {
        let rest = self.text.get(at..)?;
        let length = memchr::memchr(b'\n', rest)?;
        let line = self.bare(rest.get(..length)?);
        let sizes = complexity(line)?;
        let end = at + line.len();
        Some((end - sizes.len()..end, at + length + 1))
    }

    /// Arguments, address and name from `body` to `end`.
    fn with_client(&self, body: usize, end: usize) -> Option<Fit> {
        let (name, name_at) = self.line_before(end)?;
        let (client, client_at) = self.line_before(name_at)?;
        let address = address(client);
        if address == Address::No || !is_name(name) {
            return None;
        }
        let fit = self.with_args(body, client_at)?;
        Some(Fit {
            client: Some(client_at..client_at + client.len()),
            name: Some(name_at..name_at + name.len()),
            address,
            ..fit
        })
    }

    /// Arguments from `body` to `end`, where the next line starts: those of a call that can be.
    fn with_args(&self, body: usize, end: usize) -> Option<Fit> {
        let args = self.text.get(body..end)?;
        let args = args.strip_suffix(b"\n").unwrap_or(args);
        let args = self.bare(args);
        // The first two tell the command.
        let mut spans = [Span { start: 0, len: 0, escapes: 0 }; 2];
        let mut start = 0;
        let mut named = 0;
        for (span, line) in spans.iter_mut().zip(args.split(|byte| *byte == b'\n')) {
            let len = u32::try_from(self.bare(line).len()).ok()?;
            *span = Span { start: u32::try_from(start).ok()?, len, escapes: 0 };
            start += line.len() + 1;
            named += 1;
        }
        let names = Args::new(args, spans.get(..named)?);
        let name = names.get(0)?.raw;
        if name.is_empty() || !is_name(name) {
            return None;
        }
        let least = least(&names);
        let lines = count_lines(args, least.unwrap_or(0));
        (least.is_none_or(|least| least <= lines)).then_some(Fit {
            args: body..body + args.len(),
            client: None,
            name: None,
            complexity: None,
            argc: None,
            end,
            torn: false,
            address: Address::No,
            neat: least == Some(lines),
        })
    }

    /// The line in front of `end`, and where it starts; not in front of the numbers' end.
    fn line_before(&self, end: usize) -> Option<(&'a [u8], usize)> {
        let before = self.text.get(self.start.body..end)?;
        if before.is_empty() {
            return None;
        }
        let before = before.strip_suffix(b"\n").unwrap_or(before);
        let start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
        Some((self.bare(before.get(start..)?), self.start.body + start))
    }

    /// A line without the CR of the input's line ends.
    fn bare(&self, line: &'a [u8]) -> &'a [u8] {
        if self.crlf { line.strip_suffix(b"\r").unwrap_or(line) } else { line }
    }
}

/// Lines of `text`, counted up to one more than `most`.
fn count_lines(text: &[u8], most: usize) -> usize {
    memchr::memchr_iter(b'\n', text).take(most).count() + 1
}
