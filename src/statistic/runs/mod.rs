//! Runs: calls of one command that a client sends one after the other.
//!
//! A run is broken by any other command of the same client; what other clients and its own scripts do in between
//! does not count. The first and the last run of a stretch are kept open, so that a border of a block breaks none.

mod open;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::calls::address;
use super::clients::{ClientIndex, Clients, INHERITED, REST};
use super::commands::{CommandIndex, Commands};
use crate::command::Access;
use crate::event::Place;
use crate::format::lexical::unescape_into;
use crate::output::notation::{Time, escape};
use crate::report::{Bytes, Example};

pub use open::OpenRuns;

/// Calls that make a run: shorter ones are ordinary.
pub const LEAST: u64 = 8;

/// Microseconds between two calls from which on the later one may have waited for the answer to the one before.
/// Measured: calls of one pipeline stand 2 to 8 apart, calls that wait 16 and more even on one machine.
pub const WAIT: i64 = 12;

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
    absent: u64,
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

impl Run {
    /// Goes on with `later`, which follows it.
    fn join(&mut self, later: &Run) {
        self.calls += later.calls;
        self.same += later.same + u64::from(self.question == later.start.question);
        self.waits += later.waits + u64::from(later.start.time.saturating_sub(self.last) > WAIT);
        self.absent += later.absent;
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
    absent: u64,
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
            absent: run.absent,
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
        self.absent += later.absent;
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
    /// Of these, those that create their key only where it is missing.
    pub absent: u64,
    /// Different questions in them, roughly: up to some 200, which stands for more too.
    pub distinct: u64,
    /// How long the runs took together, in microseconds.
    pub micros: u64,
    /// Calls of the longest.
    pub longest: u64,
    /// The first call of the longest, with its key.
    pub example: Example,
}

impl RunRow {
    /// Whether most calls create their key only where it is missing, as who takes a lock does.
    pub fn is_trying(&self) -> bool {
        self.absent * 2 > self.calls
    }
}

impl Runs {
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
            // What many clients do one after the other is no run.
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
                    absent: held.absent,
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

/// How many questions make so many marks, as linear counting has it: `-m ln(free / m)`, one mark always free.
fn distinct(marks: u64) -> u64 {
    let free = f64::from(marks.count_zeros().max(1));
    // The sum is positive and small.
    (-64.0 * (free / 64.0).ln()).round() as u64
}
