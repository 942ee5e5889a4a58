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

/// A run, or a part of one; one without calls is none.
#[derive(Clone, Copy, Debug, Default)]
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
    start: Start,
}

/// The first call of a run.
#[derive(Clone, Copy, Debug, Default)]
struct Start {
    time: i64,
    question: u64,
    place: Place,
    input: u32,
    key_bytes: u32,
    key: [u8; KEY],
}

impl Start {
    /// Makes it this call: in place, as one that is made elsewhere would be copied.
    #[inline]
    fn set(&mut self, call: &Call<'_>, input: u32, question: u64) {
        self.time = call.record.time;
        self.question = question;
        self.place = call.record.place;
        self.input = input;
        self.key_bytes = 0;
        let Some(at) = call.keys.first().copied() else { return };
        self.key_bytes = call.args().spans().get(at).map_or(0, |span| span.len);
        // What stands behind the key is not shown.
        match call.args().window(at) {
            Some(window) => self.key = *window,
            None => self.copy(call.args().get(at)),
        }
    }

    /// Where too little stands behind the key.
    #[cold]
    fn copy(&mut self, key: Option<Text<'_>>) {
        let key = key.map_or(&b""[..], |text| text.raw);
        self.key.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    }
}

impl Run {
    /// Goes on with a call where `goes_on`, and begins with it where not.
    ///
    /// Which of the two comes next nobody can foretell, and a processor that has guessed wrong has to begin anew:
    /// so both are done, and one is kept.
    #[inline]
    fn add(&mut self, goes_on: bool, call: &Call<'_>, question: u64) {
        let kept = u64::from(goes_on).wrapping_neg();
        let time = call.record.time;
        self.calls = (self.calls & kept) + 1;
        self.same = (self.same + u64::from(self.question == question)) & kept;
        self.waits = (self.waits + u64::from(time.saturating_sub(self.last) > WAIT)) & kept;
        self.marks = (self.marks & kept) | mark(question);
        self.last = time;
        self.question = question;
    }

    /// Goes on with `later`, which follows it.
    fn join(&mut self, later: &Run) {
        self.calls += later.calls;
        self.same += later.same + u64::from(self.question == later.start.question);
        self.waits += later.waits + u64::from(later.start.time.saturating_sub(self.last) > WAIT);
        self.last = later.last;
        self.question = later.question;
        self.stretch = later.stretch;
        self.marks |= later.marks;
    }
}

impl Start {
    fn example(&self, command: &[u8], paths: &[Bytes]) -> Example {
        let mut key = Vec::new();
        unescape_into(self.key.get(..self.key_bytes as usize).unwrap_or(&self.key), &mut key);
        let cut = if self.key_bytes as usize > KEY { "…" } else { "" };
        Example {
            path: paths.get(self.input as usize).cloned().unwrap_or_default(),
            byte_offset: self.place.offset,
            line: self.place.line + 1,
            time: Time(self.time),
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
            micros: run.last.saturating_sub(run.start.time).max(0).unsigned_abs(),
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
        let rank = |run: &Run| (Reverse(run.calls), run.start.input, run.start.place);
        if rank(&later.longest) < rank(&self.longest) {
            self.longest = later.longest;
        }
    }
}

/// The runs of one client.
#[derive(Clone, Debug, Default)]
struct Track {
    /// The run that goes on.
    tail: Run,
    /// The run that the stretch begins with, once it is broken.
    head: Option<Box<Run>>,
    /// What is between them.
    totals: Vec<Totals>,
}

impl Track {
    /// The run that went on is broken.
    fn end(&mut self) {
        let run = &self.tail;
        match self.head {
            None if run.calls > 0 => self.head = Some(Box::new(*run)),
            Some(_) if run.calls >= LEAST => add(&mut self.totals, Totals::of(*run)),
            _ => {}
        }
    }

    /// The first run.
    fn first(&self) -> &Run {
        self.head.as_deref().unwrap_or(&self.tail)
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
    /// Where calls go that begin nothing.
    unused: Start,
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
        // What many clients do one after the other is no run.
        if call.client == REST {
            return;
        }
        let question = question(call);
        let Some(track) = self.tracks.get_mut(call.client as usize) else {
            return self.meet(call, input);
        };
        let tail = &mut track.tail;
        // Both sides of each: a guess of the processor for each of them would mostly be wrong.
        let goes_on = (tail.command == call.command) & (tail.stretch == self.stretch) & (tail.calls > 0);
        // Nothing is left of one that was too short.
        if !goes_on & ((tail.calls >= LEAST) | track.head.is_none()) {
            track.end();
        }
        let tail = &mut track.tail;
        tail.add(goes_on, call, question);
        tail.command = call.command;
        tail.stretch = self.stretch;
        let start = if goes_on { &mut self.unused } else { &mut tail.start };
        start.set(call, input, question);
    }

    /// The first call of a client.
    #[inline(never)]
    fn meet(&mut self, call: &Call<'_>, input: u32) {
        self.make_room(call.client);
        self.observe(call, input);
    }

    fn make_room(&mut self, client: ClientIndex) {
        let len = client as usize + 1;
        if len > self.tracks.len() {
            self.tracks.resize(len, Track::default());
        }
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
        let rename = |run: &mut Run| {
            run.command = commands.get(run.command as usize).copied().unwrap_or(run.command);
            run.stretch += gaps;
            run.start.place.line += lines(run.start.input);
        };
        for (mut track, number) in later.tracks.into_iter().zip(numbers) {
            if track.tail.calls == 0 || *number == REST {
                continue;
            }
            self.make_room(*number);
            let Some(mine) = self.tracks.get_mut(*number as usize) else { continue };
            rename(&mut track.tail);
            let is_over = track.head.is_some();
            let first = match &mut track.head {
                Some(head) => {
                    rename(head);
                    head
                }
                None => &mut track.tail,
            };
            let tail = &mut mine.tail;
            let goes_on = tail.command == first.command && tail.stretch == gaps && first.stretch == gaps;
            if goes_on && tail.calls > 0 {
                tail.join(first);
            } else {
                mine.end();
                mine.tail = *first;
            }
            if !is_over {
                continue;
            }
            mine.end();
            for mut totals in track.totals {
                rename(&mut totals.longest);
                totals.command = totals.longest.command;
                add(&mut mine.totals, totals);
            }
            mine.tail = track.tail;
        }
        self.stretch += later.stretch;
    }

    /// The rows: by client in the order of first appearance, a client's by the name of the command.
    pub fn finish(&self, commands: &Commands, clients: &Clients, paths: &[Bytes]) -> Vec<RunRow> {
        let mut rows = Vec::new();
        for (client, track) in (INHERITED..).zip(&self.tracks) {
            let mut totals = track.totals.clone();
            let open = track.head.as_deref().into_iter().chain([&track.tail]);
            open.filter(|run| run.calls >= LEAST).for_each(|run| add(&mut totals, Totals::of(*run)));
            let from = rows.len();
            rows.extend(totals.iter().map(|held| {
                let command = commands.name(held.command);
                RunRow {
                    client: address(clients, client),
                    command: Bytes::from(command),
                    is_read: commands.spec(held.command).is_some_and(|spec| spec.access == Access::Read),
                    has_keys: held.longest.start.key_bytes > 0,
                    runs: held.runs,
                    calls: held.calls,
                    same: held.same,
                    waits: held.waits,
                    distinct: distinct(held.marks),
                    micros: held.micros,
                    longest: held.longest.calls,
                    example: held.longest.start.example(command, paths),
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
        let numbered = (INHERITED..).zip(&self.tracks).map(|(client, track)| (client, track.first()));
        numbered
            .filter(|(_, run)| run.calls > 0)
            .map(|(client, run)| {
                (address(clients, client), run.start.example(commands.name(run.command), paths))
            })
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
