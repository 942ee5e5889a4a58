//! Calls that rules want to show: how many by sign, command and client, and the first ones with their place.

use std::collections::BTreeMap;

use super::calls::address;
use super::clients::{ClientIndex, Clients, REST};
use super::commands::{CommandIndex, Commands};
use super::dangerous::{EXAMPLES, Shown};
use super::habits::Flushed;
use super::sign::{MANY, Sign, Watch, are_apart, hashed};
use super::uses::database;
use super::{Call, Period};
use crate::event::Database;
use crate::intern::hash;
use crate::report::{Bytes, Example};

/// Rows that are told apart per sign; calls past it count under their command alone. A row with its examples takes
/// up to 15 kB, so this is a bound of some 60 MB a sign.
const MOST: usize = 4096;

/// Bytes of a detail that are kept.
pub const DETAIL: usize = 128;

/// What a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    command: CommandIndex,
    client: ClientIndex,
    /// What tells rows of one client and command apart: the script's text, the database, the subcommand.
    what: u64,
    /// Of [`Sign::Flush`]: another input may be another server.
    input: u32,
}

#[derive(Clone, Debug, Default)]
struct Seen {
    calls: u64,
    period: Period,
    largest: u64,
    total: u64,
    detail: Vec<u8>,
    examples: Vec<Shown>,
}

impl Seen {
    #[inline]
    fn add(&mut self, call: &Call<'_>, input: u32, number: u64, detail: &[u8]) {
        if self.calls == 0 {
            self.detail.extend(detail.iter().take(DETAIL));
        }
        self.calls += 1;
        self.period.add(call.record.time);
        self.largest = self.largest.max(number);
        self.total = self.total.saturating_add(number);
        if self.examples.len() < EXAMPLES {
            self.show(call, input);
        }
    }

    #[inline(never)]
    fn show(&mut self, call: &Call<'_>, input: u32) {
        self.examples.extend(call.manner.spec.map(|spec| Shown::of(spec, call, input)));
    }

    /// Appends what follows.
    fn merge(&mut self, later: Seen, lines: &impl Fn(u32) -> u64) {
        if self.calls == 0 {
            self.detail = later.detail;
        }
        self.calls += later.calls;
        self.period.merge(later.period);
        self.largest = self.largest.max(later.largest);
        self.total = self.total.saturating_add(later.total);
        let room = EXAMPLES.saturating_sub(self.examples.len());
        self.examples.extend(later.examples.into_iter().take(room).map(|shown| shown.after(lines)));
    }
}

/// Calls that rules show.
#[derive(Clone, Debug, Default)]
pub struct Sightings {
    signs: BTreeMap<Sign, BTreeMap<Key, Seen>>,
    /// Of [`Sign::CrossSlot`], by the command: which slots keys are in is its matter, whoever calls it.
    // There are a few dozen such commands, and one after the other they are found soonest.
    crossing: Vec<(CommandIndex, Seen)>,
}

/// Calls of one client in which a sign shows.
#[derive(Clone, Debug)]
pub struct Sighting {
    /// What shows.
    pub sign: Sign,
    /// As [`crate::report::CommandRow::command`].
    pub command: Bytes,
    /// The client's address.
    pub client: Bytes,
    /// [`Sign::Flush`]: the database as a number, [`u64::MAX`] for all. [`Sign::Script`]: a hash of the text.
    /// [`Sign::Stall`]: a hash of `detail`.
    pub what: u64,
    /// [`Sign::Flush`]: the number of the input.
    pub input: u32,
    /// How many.
    pub calls: u64,
    /// First and last, in microseconds since 1970.
    pub period: Period,
    /// The largest number of one call; see [`Sign`] for what is measured.
    pub largest: u64,
    /// The sum of the numbers.
    pub total: u64,
    /// [`Sign::Keys`]: the first pattern. [`Sign::Flush`]: the database as captured. [`Sign::Stall`]: the
    /// subcommand. Cut off at [`DETAIL`] bytes.
    pub detail: Bytes,
    /// The first five.
    pub examples: Vec<Example>,
}

/// What one call shows.
struct Find<'a> {
    sign: Sign,
    what: u64,
    number: u64,
    detail: &'a [u8],
}

impl Sightings {
    /// Takes what several keys of a call of the input numbered `input` show.
    #[inline]
    pub fn compare(&mut self, call: &Call<'_>, input: u32) {
        if call.keys.len() > 1 {
            self.look(call, input);
        }
    }

    /// Apart from [`Sightings::compare`], which nearly all calls leave at once.
    #[inline(never)]
    fn look(&mut self, call: &Call<'_>, input: u32) {
        let keys = call.keys.len() as u64;
        if keys >= MANY {
            self.see(call, input, Find { sign: Sign::ManyKeys, what: 0, number: keys, detail: b"" });
        }
        if crosses(call)
            && let Some(seen) = self.crossing(call.command)
        {
            seen.add(call, input, keys, b"");
        }
    }

    /// The row of a command whose calls cross slots.
    #[inline]
    fn crossing(&mut self, command: CommandIndex) -> Option<&mut Seen> {
        let held = self.crossing.iter().position(|(held, _)| *held == command);
        let at = held.unwrap_or_else(|| {
            self.crossing.push((command, Seen::default()));
            self.crossing.len() - 1
        });
        self.crossing.get_mut(at).map(|(_, seen)| seen)
    }

    /// Takes what the command of a call shows.
    pub fn watch(&mut self, call: &Call<'_>, input: u32) {
        let Some(spec) = call.manner.spec else { return };
        let args = call.args();
        let mut scratch = Vec::new();
        let found = match call.manner.watch {
            Watch::Nothing => None,
            Watch::Keys => Some(Find {
                sign: Sign::Keys,
                what: 0,
                number: 0,
                detail: args.get(1).map_or(&b""[..], |pattern| pattern.bytes(&mut scratch)),
            }),
            Watch::Flush => {
                let all = spec.name == "FLUSHALL";
                scratch = match call.record.database {
                    Database::Number(number) => number.to_string().into_bytes(),
                    Database::Namespace(name) => name.to_vec(),
                };
                let what = if all { u64::MAX } else { database(call.record.database) };
                Some(Find { sign: Sign::Flush, what, number: 0, detail: &scratch })
            }
            Watch::Stall => super::sign::stall(spec, &args).map(|number| {
                if spec.name == "DEBUG" {
                    scratch.extend(args.get(1).into_iter().flat_map(|word| word.raw.to_ascii_uppercase()));
                }
                Find { sign: Sign::Stall, what: hash(&scratch), number, detail: &scratch }
            }),
            Watch::Blocking => super::sign::is_endless(spec, &args).then_some(Find {
                sign: Sign::Endless,
                what: 0,
                number: 0,
                detail: b"",
            }),
            Watch::Secret => super::sign::has_secret(spec, &args).then_some(Find {
                sign: Sign::Secret,
                what: 0,
                number: 0,
                detail: b"",
            }),
            Watch::Script => args.get(1).map(|text| Find {
                sign: Sign::Script,
                what: hash(text.raw),
                number: text.len() as u64,
                detail: b"",
            }),
        };
        if let Some(found) = found {
            self.see(call, input, found);
        }
    }

    fn see(&mut self, call: &Call<'_>, input: u32, find: Find<'_>) {
        let input_of = if find.sign == Sign::Flush { input } else { 0 };
        let key = Key { command: call.command, client: call.client, what: find.what, input: input_of };
        self.row(find.sign, key).add(call, input, find.number, find.detail);
    }

    /// The row of a key, or the one of all past the bound.
    fn row(&mut self, sign: Sign, key: Key) -> &mut Seen {
        let rows = self.signs.entry(sign).or_default();
        let has_room = rows.len() < MOST || rows.contains_key(&key);
        let key = if has_room { key } else { Key { client: REST, what: 0, input: 0, ..key } };
        rows.entry(key).or_default()
    }

    /// Appends what follows.
    pub fn merge(
        &mut self,
        later: Sightings,
        commands: &[CommandIndex],
        numbers: &[ClientIndex],
        lines: &impl Fn(u32) -> u64,
    ) {
        for (command, seen) in later.crossing {
            if let Some(mine) = commands.get(command as usize).and_then(|command| self.crossing(*command)) {
                mine.merge(seen, lines);
            }
        }
        for (sign, rows) in later.signs {
            for (key, seen) in rows {
                let renamed = (commands.get(key.command as usize), numbers.get(key.client as usize));
                let (Some(command), Some(client)) = renamed else { continue };
                self.row(sign, Key { command: *command, client: *client, ..key }).merge(seen, lines);
            }
        }
    }

    /// When databases were emptied.
    pub fn flushed(&self) -> Flushed {
        let mut last = Flushed::new();
        for (key, seen) in self.signs.get(&Sign::Flush).into_iter().flatten() {
            let held = last.entry((key.input, key.what)).or_insert(seen.period.last);
            *held = seen.period.last.max(*held);
        }
        last
    }

    /// The rows, in the order of sign, command and client.
    pub fn finish(&self, commands: &Commands, clients: &Clients, paths: &[Bytes]) -> Vec<Sighting> {
        let rows =
            self.signs.iter().flat_map(|(sign, rows)| rows.iter().map(|(key, seen)| (*sign, *key, seen)));
        let crossing = self.crossing.iter().map(|(command, seen)| {
            let key = Key { command: *command, client: REST, what: 0, input: 0 };
            (Sign::CrossSlot, key, seen)
        });
        let mut rows: Vec<_> = rows
            .chain(crossing)
            .map(|(sign, key, seen)| Sighting {
                sign,
                command: Bytes::from(commands.name(key.command)),
                client: address(clients, key.client),
                what: key.what,
                input: key.input,
                calls: seen.calls,
                period: seen.period,
                largest: seen.largest,
                total: seen.total,
                detail: Bytes::from(seen.detail.as_slice()),
                examples: seen.examples.iter().map(|shown| shown.report(paths)).collect(),
            })
            .collect();
        rows.sort_by_cached_key(|row| {
            (row.sign, row.command.clone(), row.client.clone(), row.what, row.input)
        });
        rows
    }
}

/// Whether the keys of a call are of more than one slot.
fn crosses(call: &Call<'_>) -> bool {
    let args = call.args();
    let mut scratch = Vec::new();
    let first = hashed(call.key);
    let mut rest = call.keys.iter().skip(1).filter_map(|at| args.get(*at));
    rest.any(|text| are_apart(first, hashed(text.bytes(&mut scratch))))
}
