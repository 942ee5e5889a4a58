//! Runs: calls of one command that a client sends one after the other.
//!
//! A run is broken by any other command of the same client; what other clients and its own scripts do in between
//! does not count. The first and the last run of a stretch are kept open, so that a border of a block breaks none.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::Call;
use super::calls::address;
use super::clients::{ClientIndex, Clients, INHERITED, REST};
use super::commands::{CommandIndex, Commands};
use crate::command::Access;
use crate::event::{Place, Text};
use crate::format::lexical::unescape_into;
use crate::intern::hash;
use crate::output::notation::{Time, escape};
use crate::report::{Bytes, Example};

/// Calls that make a run: shorter ones are ordinary.
pub const LEAST: u64 = 8;

/// Microseconds between two calls from which on the later one may have waited for the answer to the one before.
/// Measured: calls of one pipeline stand 2 to 8 apart, calls that wait 32 and more even on one machine.
pub const WAIT: i64 = 20;

/// Bytes of a reading call's arguments up to which two calls are the same only if all arguments are; of a longer
/// one, and of writes, the first key tells.
const QUESTION: u64 = 256;

/// Bytes of the first key that are kept for showing it.
const KEY: usize = 32;

/// A run, or a part of one. In this order, so that what each call looks at stands together.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
struct Run {
    command: CommandIndex,
    /// Gaps before it in this stretch: runs do not go on behind one.
    stretch: u32,
    calls: u64,
    same: u64,
    waits: u64,
    last: i64,
    question: u64,
    /// A bit of 64 for each question, by its hash: how many different ones there are, roughly.
    marks: u64,
    first: i64,
    opening: u64,
    place: Place,
    input: u32,
    key_bytes: u32,
    key: [u8; KEY],
}

impl Run {
    fn start(call: &Call<'_>, input: u32, stretch: u32, question: u64) -> Run {
        let mut run = Run {
            command: 0,
            stretch: 0,
            calls: 0,
            same: 0,
            waits: 0,
            last: 0,
            question: 0,
            marks: 0,
            first: 0,
            opening: 0,
            place: Place::default(),
            input: 0,
            key_bytes: 0,
            key: [0; KEY],
        };
        run.start_anew(call, input, stretch, question);
        run
    }

    /// Makes it a run of this call: in place, as one that is made elsewhere would be copied.
    #[inline]
    fn start_anew(&mut self, call: &Call<'_>, input: u32, stretch: u32, question: u64) {
        let text = first_key(call).map_or(&b""[..], |text| text.raw);
        self.command = call.command;
        self.stretch = stretch;
        self.calls = 1;
        self.same = 0;
        self.waits = 0;
        self.last = call.record.time;
        self.question = question;
        self.marks = mark(question);
        self.first = call.record.time;
        self.opening = question;
        self.place = call.record.place;
        self.input = input;
        self.key_bytes = u32::try_from(text.len()).unwrap_or(u32::MAX);
        // What stands behind the key is not shown.
        match call.keys.first().and_then(|at| call.args().window(*at)) {
            Some(window) => self.key = *window,
            None => self.key.iter_mut().zip(text).for_each(|(to, from)| *to = *from),
        }
    }

    /// Goes on with `later`, which follows it.
    fn join(&mut self, later: &Run) {
        self.calls += later.calls;
        self.same += later.same + u64::from(self.question == later.opening);
        self.waits += later.waits + u64::from(later.first.saturating_sub(self.last) > WAIT);
        self.last = later.last;
        self.question = later.question;
        self.stretch = later.stretch;
        self.marks |= later.marks;
    }

    fn example(&self, command: &[u8], paths: &[Bytes]) -> Example {
        let mut key = Vec::new();
        unescape_into(self.key.get(..self.key_bytes as usize).unwrap_or(&self.key), &mut key);
        let cut = if self.key_bytes as usize > KEY { "…" } else { "" };
        Example {
            path: paths.get(self.input as usize).cloned().unwrap_or_default(),
            byte_offset: self.place.offset,
            line: self.place.line + 1,
            time: Time(self.first),
            text: format!("{} {}{cut}", escape(command), escape(&key)).trim_end().to_owned(),
        }
    }
}

/// Runs of one command.
#[derive(Clone, Debug)]
struct Totals {
    command: CommandIndex,
    runs: u64,
    calls: u64,
    same: u64,
    waits: u64,
    micros: u64,
    marks: u64,
    longest: Run,
}

impl Totals {
    fn of(run: Run) -> Totals {
        Totals {
            command: run.command,
            runs: 1,
            calls: run.calls,
            same: run.same,
            waits: run.waits,
            micros: run.last.saturating_sub(run.first).max(0).unsigned_abs(),
            marks: run.marks,
            longest: run,
        }
    }

    fn merge(&mut self, later: &Totals) {
        self.runs += later.runs;
        self.calls += later.calls;
        self.same += later.same;
        self.waits += later.waits;
        self.micros += later.micros;
        self.marks |= later.marks;
        let rank = |run: &Run| (Reverse(run.calls), run.input, run.place);
        if rank(&later.longest) < rank(&self.longest) {
            self.longest = later.longest;
        }
    }
}

/// The runs of one client.
#[derive(Clone, Debug, Default)]
struct Track {
    /// The run that the stretch begins with, once it is broken.
    head: Option<Box<Run>>,
    /// The run that goes on.
    tail: Option<Run>,
    /// What is between them.
    totals: Vec<Totals>,
}

impl Track {
    /// Takes in a run that is broken.
    fn end(&mut self, run: Run) {
        if self.head.is_none() {
            self.head = Some(Box::new(run));
        } else if run.calls >= LEAST {
            add(&mut self.totals, Totals::of(run));
        }
    }
}

fn add(totals: &mut Vec<Totals>, more: Totals) {
    match totals.iter_mut().find(|held| held.command == more.command) {
        Some(held) => held.merge(&more),
        None => totals.push(more),
    }
}

/// Runs by client.
#[derive(Clone, Debug, Default)]
pub struct Runs {
    tracks: Vec<Track>,
    /// Gaps so far.
    stretch: u32,
}

/// Runs of one command by one client.
#[derive(Clone, Debug)]
pub struct RunRow {
    /// The client's address.
    pub client: Bytes,
    /// As [`crate::report::CommandRow::command`].
    pub command: Bytes,
    /// Whether it only reads.
    pub is_read: bool,
    /// Whether the calls name keys.
    pub has_keys: bool,
    /// Runs of [`LEAST`] calls or more.
    pub runs: u64,
    /// Calls in them.
    pub calls: u64,
    /// Of these, those that ask the same as the call before (reads), or have the same first key (others).
    pub same: u64,
    /// Of these, those that stand more than [`WAIT`] behind the call before: they were not pipelined.
    pub waits: u64,
    /// Different questions in them, roughly: up to some 200, which stands for more too.
    pub distinct: u64,
    /// How long the runs took together, in microseconds.
    pub micros: u64,
    /// Calls of the longest.
    pub longest: u64,
    /// The first call of the longest, with its key.
    pub example: Example,
}

impl Runs {
    /// Takes a call of the input numbered `input`.
    #[inline]
    pub fn observe(&mut self, call: &Call<'_>, input: u32) {
        let question = question(call);
        match self.tracks.get_mut(call.client as usize) {
            Some(Track { tail: Some(tail), .. })
                if tail.command == call.command && tail.stretch == self.stretch =>
            {
                let time = call.record.time;
                tail.calls += 1;
                tail.same += u64::from(tail.question == question);
                tail.waits += u64::from(time.saturating_sub(tail.last) > WAIT);
                tail.last = time;
                tail.question = question;
                tail.marks |= mark(question);
            }
            // Nothing is left of one that was too short.
            Some(Track { head: Some(_), tail: Some(tail), .. }) if tail.calls < LEAST => {
                tail.start_anew(call, input, self.stretch, question);
            }
            _ => self.start(call, input, question),
        }
    }

    /// Another command than before, or the first call.
    #[inline(never)]
    fn start(&mut self, call: &Call<'_>, input: u32, question: u64) {
        if call.client == REST {
            return;
        }
        let at = call.client as usize;
        if at >= self.tracks.len() {
            self.tracks.resize(at + 1, Track::default());
        }
        let Some(track) = self.tracks.get_mut(at) else { return };
        if let Some(tail) = track.tail {
            track.end(tail);
        }
        track.tail = Some(Run::start(call, input, self.stretch, question));
    }

    /// What comes next follows nothing.
    pub fn gap(&mut self) {
        self.stretch += 1;
    }

    /// Appends what follows.
    pub fn merge(
        &mut self,
        later: Runs,
        commands: &[CommandIndex],
        numbers: &[ClientIndex],
        lines: &impl Fn(u32) -> u64,
    ) {
        let gaps = self.stretch;
        let rename = |mut run: Run| {
            run.command = commands.get(run.command as usize).copied().unwrap_or(run.command);
            run.stretch += gaps;
            run.place.line += lines(run.input);
            run
        };
        for (track, number) in later.tracks.into_iter().zip(numbers) {
            let Some(last) = track.tail.map(rename) else { continue };
            let head = track.head.map(|head| rename(*head));
            let at = *number as usize;
            if at >= self.tracks.len() {
                self.tracks.resize(at + 1, Track::default());
            }
            let Some(mine) = self.tracks.get_mut(at) else { continue };
            let mut first = head.unwrap_or(last);
            if let Some(mut tail) = mine.tail.take() {
                if tail.command == first.command && tail.stretch == gaps && first.stretch == gaps {
                    tail.join(&first);
                    first = tail;
                } else {
                    mine.end(tail);
                }
            }
            if head.is_none() {
                mine.tail = Some(first);
                continue;
            }
            mine.end(first);
            for mut totals in track.totals {
                totals.longest = rename(totals.longest);
                totals.command = totals.longest.command;
                add(&mut mine.totals, totals);
            }
            mine.tail = Some(last);
        }
        self.stretch += later.stretch;
    }

    /// The rows: by client in the order of first appearance, a client's by the name of the command.
    pub fn finish(&self, commands: &Commands, clients: &Clients, paths: &[Bytes]) -> Vec<RunRow> {
        let mut rows = Vec::new();
        for (client, track) in (INHERITED..).zip(&self.tracks) {
            let mut totals = track.totals.clone();
            let open = track.head.as_deref().into_iter().chain(&track.tail);
            open.filter(|run| run.calls >= LEAST).for_each(|run| add(&mut totals, Totals::of(*run)));
            let from = rows.len();
            rows.extend(totals.iter().map(|held| {
                let command = commands.name(held.command);
                RunRow {
                    client: address(clients, client),
                    command: Bytes::from(command),
                    is_read: commands.spec(held.command).is_some_and(|spec| spec.access == Access::Read),
                    has_keys: held.longest.key_bytes > 0,
                    runs: held.runs,
                    calls: held.calls,
                    same: held.same,
                    waits: held.waits,
                    distinct: distinct(held.marks),
                    micros: held.micros,
                    longest: held.longest.calls,
                    example: held.longest.example(command, paths),
                }
            }));
            if let Some(own) = rows.get_mut(from..) {
                own.sort_by(|a, b| a.command.cmp(&b.command));
            }
        }
        rows
    }
}

impl Runs {
    /// By address, the first call of each client.
    pub fn openings(
        &self,
        commands: &Commands,
        clients: &Clients,
        paths: &[Bytes],
    ) -> BTreeMap<Bytes, Example> {
        let numbered = (INHERITED..).zip(&self.tracks);
        let first = numbered
            .filter_map(|(client, track)| Some((client, track.head.as_deref().or(track.tail.as_ref())?)));
        first
            .map(|(client, run)| (address(clients, client), run.example(commands.name(run.command), paths)))
            .collect()
    }
}

/// The bit of a question.
fn mark(question: u64) -> u64 {
    1 << (question >> 58)
}

/// How many questions make so many marks, as linear counting has it: `-m ln(free / m)`, one mark always free.
fn distinct(marks: u64) -> u64 {
    let free = f64::from(marks.count_zeros().max(1));
    // The sum is positive and small.
    (-64.0 * (free / 64.0).ln()).round() as u64
}

/// What a call asks, as a number: calls that ask the same have the same.
fn question(call: &Call<'_>) -> u64 {
    let args = call.args();
    if call.manner.asks && call.payload <= QUESTION && !(args.len() == 2 && call.keys.len() == 1) {
        return args.raw_from(1).map_or(0, hash);
    }
    call.raw_hash
}

fn first_key<'a>(call: &Call<'a>) -> Option<Text<'a>> {
    call.args().get(*call.keys.first()?)
}
