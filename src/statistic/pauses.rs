//! Where MONITOR fell silent: pairs of neighbouring calls with time between them.
//!
//! A server runs one command at a time, so nothing is printed while a slow one runs. Redis 2.6 to 6.2 print a
//! call before it runs, others when it has run (formats differ, not the capture): the slow call is the one
//! before the pause or the one behind it.

use std::collections::BTreeMap;

use super::clients::{ClientIndex, Clients};
use super::commands::{CommandIndex, Commands};
use super::{Call, clients as known};
use crate::event::{Command, Place};
use crate::output::notation::Time;
use crate::report::Bytes;
use crate::report::slowlog::MonitorCall;

/// Microseconds from which silence counts: a tenth of what SLOWLOG logs by default (slowlog-log-slower-than
/// 10000, redis.conf).
const LEAST: i64 = 1_000;

/// Pauses that are kept of each second, the longest.
const A_SECOND: usize = 4;

/// Seconds with pauses that are kept, the first: more than a day of them, about 40 MB.
const SECONDS: usize = 100_000;

/// One side of a pause.
#[derive(Clone, Copy, Debug)]
struct Side {
    input: u32,
    place: Place,
    time: i64,
    client: ClientIndex,
    command: CommandIndex,
}

/// Silence between two calls.
#[derive(Clone, Copy, Debug)]
struct Pause {
    micros: i64,
    before: Side,
    after: Side,
}

/// The longest pauses of each second.
#[derive(Clone, Debug, Default)]
pub struct Pauses {
    /// Whether a call or a new start was seen.
    begun: bool,
    /// The first call, where nothing told before it that the capture starts there.
    first: Option<Side>,
    last: Option<Side>,
    /// By the second in which the call behind the pause was printed.
    seconds: BTreeMap<i64, Vec<Pause>>,
}

impl Pauses {
    /// Looks at the time since the call before.
    #[inline]
    pub fn observe(&mut self, call: &Call<'_>, input: u32) {
        let Command { place, time, .. } = *call.record;
        let (client, command) = (call.client, call.command);
        match &mut self.last {
            // Field by field: as a whole it would be made elsewhere and copied.
            Some(last) if time - last.time < LEAST => {
                last.input = input;
                last.place = place;
                last.time = time;
                last.client = client;
                last.command = command;
            }
            _ => self.see(Side { input, place, time, client, command }),
        }
    }

    #[inline(never)]
    fn see(&mut self, side: Side) {
        match self.last {
            Some(before) if side.time - before.time >= LEAST => self.keep(before, side),
            Some(_) => {}
            None if !self.begun => self.first = Some(side),
            None => {}
        }
        self.begun = true;
        self.last = Some(side);
    }

    fn keep(&mut self, before: Side, after: Side) {
        let pauses = self.seconds.entry(after.time.div_euclid(1_000_000)).or_default();
        pauses.push(Pause { micros: after.time - before.time, before, after });
        shorten(pauses);
    }

    /// The capture starts anew: silence here tells nothing.
    pub fn part(&mut self) {
        self.begun = true;
        self.last = None;
    }

    /// Appends what follows, whose clients and commands have these numbers here; `lines` tells how many lines of
    /// an input came before.
    pub fn merge(
        &mut self,
        later: Pauses,
        commands: &[CommandIndex],
        clients: &[ClientIndex],
        lines: impl Fn(u32) -> u64,
    ) {
        let here = |mut side: Side| {
            side.place.line += lines(side.input);
            side.client = clients.get(side.client as usize).copied().unwrap_or(known::REST);
            side.command = commands.get(side.command as usize).copied().unwrap_or(side.command);
            side
        };
        let (first, last) = (later.first.map(here), later.last.map(here));
        if let Some((before, after)) = self.last.zip(first).filter(|(a, b)| b.time - a.time >= LEAST) {
            self.keep(before, after);
        }
        for (second, pauses) in later.seconds {
            let mine = self.seconds.entry(second).or_default();
            mine.extend(pauses.into_iter().map(|pause| Pause {
                before: here(pause.before),
                after: here(pause.after),
                ..pause
            }));
            shorten(mine);
        }
        while self.seconds.len() > SECONDS {
            self.seconds.pop_last();
        }
        if !self.begun {
            self.first = first;
        }
        if later.begun {
            self.last = last;
        }
        self.begun |= later.begun;
    }

    /// The call that a slow log's entry tells of: by this client, where the entry names one, of this command,
    /// beside a pause long enough, printed at most a second from when it was logged. `None` where no call
    /// or more than one fits.
    pub fn find(&self, entry: &Wanted<'_>, clients: &Clients, commands: &Commands) -> Option<Found> {
        let took = i64::try_from(entry.us).unwrap_or(i64::MAX);
        let logged = entry.time.div_euclid(1_000_000);
        // The slow log's second is that of the end; a call is printed at its start or at its end.
        let from = logged.saturating_sub(took.saturating_div(1_000_000).saturating_add(2));
        // What a server measures leaves out the printing: a pause is at least as long, but for rounding.
        let least = took.saturating_sub(took / 20).max(LEAST);
        let is = |side: &Side| {
            commands.name(side.command) == entry.command
                && entry.client.is_none_or(|client| known::is_same(clients.address(side.client), client))
        };
        let pauses = self.seconds.range(from..=logged.saturating_add(1)).flat_map(|(_, pauses)| pauses);
        let mut fits = pauses.filter(|pause| pause.micros >= least).flat_map(|pause| {
            [pause.before, pause.after].into_iter().filter(is).map(|side| (pause.micros, side))
        });
        let (micros, side) = fits.next()?;
        // One call may stand on both sides of pauses.
        let alone = fits.all(|(_, other)| (other.input, other.place) == (side.input, side.place));
        alone.then_some(Found {
            micros: micros.unsigned_abs(),
            input: side.input,
            place: side.place,
            time: side.time,
        })
    }
}

/// The longest, the first of equals.
fn shorten(pauses: &mut Vec<Pause>) {
    pauses.sort_by_key(|pause| (-pause.micros, pause.after.input, pause.after.place));
    pauses.truncate(A_SECOND);
}

/// What a slow log's entry says of a call.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// When it was logged, in microseconds since 1970.
    pub time: i64,
    /// How long it took, in microseconds.
    pub us: u64,
    /// Upper case.
    pub command: &'a [u8],
    /// The client's address, where the entry has it.
    pub client: Option<&'a [u8]>,
}

/// A call beside a pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// The pause, in microseconds.
    pub micros: u64,
    input: u32,
    place: Place,
    time: i64,
}

impl Found {
    /// For the report; `paths` are the inputs' by number.
    pub fn row(&self, paths: &[Bytes], calls_in_second: Option<u64>) -> MonitorCall {
        MonitorCall {
            path: paths.get(self.input as usize).cloned().unwrap_or_default(),
            byte_offset: self.place.offset,
            line: self.place.line + 1,
            time: Time(self.time),
            pause_us: self.micros,
            calls_in_second,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A capture in short: seconds of calls by client and command, `None` where it starts anew.
    fn observed(calls: &[Option<(i64, u32, u32)>], from: u64) -> Pauses {
        let mut pauses = Pauses::default();
        for (line, call) in (from..).zip(calls) {
            let Some((time, client, command)) = *call else {
                pauses.part();
                continue;
            };
            let place = Place { offset: line * 10, line: line - from };
            pauses.see(Side { input: 0, place, time, client, command });
        }
        pauses
    }

    fn shown(pauses: &Pauses) -> String {
        format!("{:?} {:?}", pauses.seconds, pauses.last)
    }

    proptest! {
        #[test]
        fn blocks_do_not_matter(
            calls in prop::collection::vec(prop::option::weighted(0.9, (0_i64..4_000_000, 2_u32..5, 0_u32..3)), 0..60),
            cuts in prop::collection::vec(0_usize..60, 0..4),
        ) {
            let whole = observed(&calls, 0);
            let mut cuts: Vec<usize> = cuts.into_iter().filter(|cut| *cut <= calls.len()).collect();
            cuts.extend([0, calls.len()]);
            cuts.sort_unstable();
            let mut merged = Pauses::default();
            let names: Vec<u32> = (0..5).collect();
            for cut in cuts.windows(2) {
                let lines = cut[0] as u64;
                merged.merge(observed(&calls[cut[0]..cut[1]], lines), &names, &names, |_| lines);
            }
            prop_assert_eq!(shown(&merged), shown(&whole));
        }
    }

    #[test]
    fn a_slow_call_is_found_beside_its_pause() {
        let mut clients = Clients::default();
        let (app, report) = (clients.number(b"a:1"), clients.number(b"b:2"));
        let commands = Commands::default();
        let number = |name: &str| crate::command::find(name.as_bytes(), None).unwrap().index() as u32;
        let (get, keys) = (number("GET"), number("KEYS"));
        let at = |ms: i64| 50_000_000 + ms * 1_000;
        // KEYS runs for 400 ms: printed when it starts, or when it has run.
        let before = [(at(0), app, get), (at(1), report, keys), (at(402), app, get)];
        let after = [(at(0), app, get), (at(401), report, keys), (at(402), app, get)];
        let wanted = |us, client| Wanted { time: 50_000_000, us, command: b"KEYS", client };
        for (calls, line) in [(before, 1), (after, 1)] {
            let pauses = observed(&calls.map(Some), 0);
            let find = |wanted| pauses.find(&wanted, &clients, &commands).map(|found| found.place.line);
            assert_eq!(find(wanted(400_000, Some(&b"b:2"[..]))), Some(line));
            assert_eq!(find(wanted(400_000, None)), Some(line));
            assert_eq!(find(wanted(400_000, Some(b"a:1"))), None);
            assert_eq!(find(wanted(500_000, None)), None, "no pause is so long");
            assert_eq!(find(Wanted { time: 60_000_000, ..wanted(400_000, None) }), None);
        }
        // Two calls fit: neither is certain.
        let twice = [(at(0), app, get), (at(401), report, keys), (at(802), report, keys)];
        let pauses = observed(&twice.map(Some), 0);
        assert_eq!(pauses.find(&wanted(400_000, None), &clients, &commands), None);
    }
}
