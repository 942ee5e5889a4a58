//! Polls as redis-cli prints them where its output is no terminal: a line for every element, nothing
//! escaped, all nesting lost.
//!
//! ```text
//! 21                      id, one less in each entry
//! 1795172229              seconds since 1970
//! 6                       microseconds
//! SET                     arguments, which may hold line ends
//! k
//! 127.0.0.1:40630         address and name: Redis 4.0 and later
//! slow-app
//! ```
//!
//! An argument can hold what looks like the first lines of an entry, so no line alone tells where one
//! starts. [`chain`] weighs all places where one could and takes the best way through them; [`shape`]
//! says what must stand at the end of an entry. All of the input is looked at at once.

mod chain;
mod shape;

use memchr::memchr_iter;

use super::entry::{At, Fields, Parted, emit, seconds, whole};
use super::noise::is_noise;
use crate::error::Reject;
use crate::event::{Args, Place, Sink, Skipped, Span};

pub(super) use chain::Path;

/// A place where an entry may start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    /// Of its first byte.
    at: usize,
    pub(super) id: u64,
    /// In microseconds since 1970.
    pub(super) time: i64,
    us: u64,
    /// Of the byte behind the three numbers.
    body: usize,
}

impl Start {
    /// Of its first byte.
    pub fn at(&self) -> usize {
        self.at
    }
}

/// Every place where an entry may start, in order; and whether lines end with CR LF, as those of the
/// first one do.
pub(super) fn starts(text: &[u8]) -> (Vec<Start>, bool) {
    let mut starts = Vec::new();
    let mut crlf = None;
    let mut at = 0;
    for end in memchr_iter(b'\n', text) {
        let line = text.get(at..end).unwrap_or_default();
        if line.first().is_some_and(u8::is_ascii_digit)
            && line.len() <= 20
            && let Some((start, ends)) = start(text, at)
            && *crlf.get_or_insert(ends) == ends
        {
            starts.push(start);
        }
        at = end + 1;
    }
    (starts, crlf.unwrap_or(false))
}

/// The three numbers at `at`, and whether their lines end with CR LF.
pub(super) fn start(text: &[u8], at: usize) -> Option<(Start, bool)> {
    let mut next = at;
    let mut lines = [&b""[..]; 3];
    for line in &mut lines {
        let rest = text.get(next..)?;
        // Longer lines are no numbers.
        let near = rest.get(..22).unwrap_or(rest);
        let end = memchr::memchr(b'\n', near)?;
        *line = rest.get(..end)?;
        next += end + 1;
    }
    let crlf = lines.iter().all(|line| line.ends_with(b"\r"));
    let [id, time, us] = lines.map(|line| line.strip_suffix(b"\r").filter(|_| crlf).unwrap_or(line));
    let plain = |number: &[u8]| number.len() == 1 || number.first() != Some(&b'0');
    let start = Start { at, id: whole(id)?, time: seconds(time)?, us: whole(us)?, body: next };
    (time.len() == 10 && plain(id) && plain(us) && next < text.len()).then_some((start, crlf))
}

/// Reads all of an input.
pub(super) fn read(text: &[u8], offset: u64, sink: &mut dyn Sink) {
    let (starts, crlf) = starts(text);
    let path = Path::best(text, &starts, crlf);
    let mut out = Out { text, offset, crlf, at: 0, line: 0, spans: Vec::new(), sink };
    out.until(starts.first().map_or(text.len(), |first| first.at));
    for step in path.steps() {
        let Some(start) = starts.get(step.places.start) else { continue };
        let end = starts.get(step.places.end);
        match &step.fit {
            Some(fit) => {
                let behind = end.map_or(text.len(), |end| end.at);
                out.entry(start, fit);
                match end {
                    None if fit.torn => out.skip(behind, Skipped::Truncated),
                    _ => out.until(behind),
                }
            }
            None => match end {
                Some(end) => out.reject(end.at),
                None => out.skip(text.len(), Skipped::Truncated),
            },
        }
    }
}

/// What was handed on so far.
struct Out<'a> {
    text: &'a [u8],
    offset: u64,
    crlf: bool,
    at: usize,
    line: u64,
    spans: Vec<Span>,
    sink: &'a mut dyn Sink,
}

impl Out<'_> {
    /// Where the next bytes stand, which go up to `end`.
    fn take(&mut self, end: usize) -> At {
        let bytes = self.text.get(self.at..end).unwrap_or_default();
        let place = Place { offset: self.offset + self.at as u64, line: self.line };
        self.line += memchr_iter(b'\n', bytes).count() as u64;
        self.at = end;
        At { place, bytes: bytes.len() as u64 }
    }

    fn skip(&mut self, end: usize, why: Skipped) {
        if end > self.at {
            let at = self.take(end);
            self.sink.skip(at.place, at.bytes, why);
        }
    }

    fn reject(&mut self, end: usize) {
        let text = self.text.get(self.at..end).unwrap_or_default();
        let at = self.take(end);
        let reason = "numbers of an entry, and no command, address and name behind them";
        self.sink.reject(Reject { place: at.place, bytes: at.bytes, reason, text });
    }

    /// Lines between polls, and in front of the first one: noise, or the end of an entry cut off.
    fn until(&mut self, end: usize) {
        while let Some(rest) = self.text.get(self.at..end).filter(|rest| !rest.is_empty()) {
            let length = memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
            let line = rest.get(..length).unwrap_or_default();
            if self.offset + self.at as u64 == 0 && !is_noise(line.trim_ascii_end()) {
                // The rest of an entry goes up to the first whole one.
                self.skip(end, Skipped::Truncated);
                return;
            }
            self.skip(self.at + length, Skipped::Noise);
        }
    }

    fn entry(&mut self, start: &Start, fit: &shape::Fit) {
        let get = |range: &std::ops::Range<usize>| self.text.get(range.clone()).unwrap_or_default();
        let args = get(&fit.args);
        self.spans.clear();
        let mut from = 0;
        for end in memchr_iter(b'\n', args).chain([args.len()]) {
            let line = args.get(from..end).unwrap_or_default();
            let line = if self.crlf { line.strip_suffix(b"\r").unwrap_or(line) } else { line };
            // An entry of 4 GiB is none.
            let (Ok(start), Ok(len)) = (u32::try_from(from), u32::try_from(line.len())) else { break };
            self.spans.push(Span { start, len, escapes: 0 });
            from = end + 1;
        }
        let fields = Fields {
            id: Some(start.id),
            time: start.time,
            us: start.us,
            argc: fit.argc,
            client: fit.client.as_ref().map(get),
            name: fit.name.as_ref().map(get),
            complexity: fit.complexity.as_ref().map(get),
        };
        let at = self.take(fit.end);
        emit(&fields, Args::new(args, &self.spans), Parted::Lines, at, self.sink);
    }
}
