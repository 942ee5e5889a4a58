//! Calls by command.

use std::cmp::Reverse;

use super::clients::Clients;
use super::tally::Row;
use super::{Period, share};
use crate::command::{self, CommandId, Spec};
use crate::event::Args;
use crate::intern::{Interner, SPREAD, hash};
use crate::output::notation::Time;
use crate::report::{Bytes, CommandRow, Table};

/// A command's number: the row of the command table, or past it a name that no table holds.
pub type CommandIndex = u32;

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    calls: u64,
    in_scripts: u64,
    keys: u64,
    payload: u64,
    period: Period,
}

/// Calls by command, with the names of commands that no table holds.
#[derive(Clone, Debug)]
pub struct Commands {
    counts: Vec<Counts>,
    unknown: Interner,
    /// Names of up to seven bytes that need no subcommand; see [`shortest`].
    quick: [(u64, CommandIndex); QUICK],
    cache: Vec<Cached>,
    scratch: Vec<u8>,
    name: Vec<u8>,
}

impl Default for Commands {
    fn default() -> Self {
        Commands {
            counts: vec![Counts::default(); command::count()],
            unknown: Interner::default(),
            quick: [(0, 0); QUICK],
            cache: vec![Cached::default(); CACHE],
            scratch: Vec::new(),
            name: Vec::new(),
        }
    }
}

/// A name as the client wrote it, which was looked up before; see [`Args::short`].
#[derive(Clone, Copy, Debug, Default)]
struct Cached {
    name: u128,
    /// 0 where the name alone tells the command.
    subcommand: u128,
    index: CommandIndex,
}

/// In the place of a command's number: the subcommand tells it.
const CONTAINER: CommandIndex = u32::MAX;

/// Slots of the cache in front of the name lookup; captures use some dozens of names.
const CACHE: usize = 256;

/// The same of the shortest names.
const QUICK: usize = 512;

impl Commands {
    /// The number of a call's command, and what Redis knows of it.
    pub fn resolve(&mut self, args: &Args<'_>) -> (CommandIndex, Option<&'static Spec>) {
        let index = self.number(args);
        (index, self.spec(index))
    }

    /// The number of a call's command.
    #[inline]
    pub fn number(&mut self, args: &Args<'_>) -> CommandIndex {
        let Some(name) = shortest(args) else { return self.number_long(args) };
        match self.quick.get(quick_slot(name)) {
            Some((held, index)) if *held == name && *index != CONTAINER => *index,
            _ => self.number_quick(args, name),
        }
    }

    /// The same, to be found sooner next time.
    #[inline(never)]
    fn number_quick(&mut self, args: &Args<'_>, name: u64) -> CommandIndex {
        let slot = quick_slot(name);
        // Two names that would have the same place alternate for as long as both are in use.
        let places = [slot, slot ^ 1].map(|slot| (slot, self.quick.get(slot).copied().unwrap_or_default()));
        match places.iter().find(|(_, (held, _))| *held == name) {
            Some((_, (_, CONTAINER))) => return self.number_long(args),
            Some((_, (_, index))) => return *index,
            None => {}
        }
        let index = self.number_long(args);
        let is_container = args.get(0).is_some_and(|name| command::is_container(name.raw));
        let free = places.iter().find(|(_, (held, _))| *held == 0).map_or(slot, |(free, _)| *free);
        // As below: what no table holds is not kept.
        if let (true, Some(free)) = (is_container || self.spec(index).is_some(), self.quick.get_mut(free)) {
            *free = (name, if is_container { CONTAINER } else { index });
        }
        index
    }

    #[inline(never)]
    fn number_long(&mut self, args: &Args<'_>) -> CommandIndex {
        let Some(name) = args.short(0) else { return self.look_up(args) };
        match self.cached(name, 0) {
            Some(CONTAINER) => {}
            Some(index) => return index,
            None if args.get(0).is_some_and(|name| command::is_container(name.raw)) => {
                if let Some(free) = self.cache.get_mut(slot(name, 0)) {
                    *free = Cached { name, subcommand: 0, index: CONTAINER };
                }
            }
            None => return self.look_up_and_keep(args, name, 0),
        }
        let Some(subcommand) = args.short(1) else { return self.look_up(args) };
        match self.cached(name, subcommand) {
            Some(index) => index,
            None => self.look_up_and_keep(args, name, subcommand),
        }
    }

    fn look_up_and_keep(&mut self, args: &Args<'_>, name: u128, subcommand: u128) -> CommandIndex {
        let index = self.look_up(args);
        // Names that no table holds are not kept: they may be any bytes.
        if let (Some(_), Some(free)) = (self.spec(index), self.cache.get_mut(slot(name, subcommand))) {
            *free = Cached { name, subcommand, index };
        }
        index
    }

    fn look_up(&mut self, args: &Args<'_>) -> CommandIndex {
        match command::resolve(args) {
            Some(id) => number(id),
            None => self.unknown(args),
        }
    }

    #[inline]
    fn cached(&self, name: u128, subcommand: u128) -> Option<CommandIndex> {
        let cached = self.cache.get(slot(name, subcommand))?;
        (cached.name == name && cached.subcommand == subcommand).then_some(cached.index)
    }

    /// What Redis knows of a command's number.
    pub fn spec(&self, index: CommandIndex) -> Option<&'static Spec> {
        CommandId::from_index(index as usize).map(CommandId::spec)
    }

    /// The name of a command's number.
    pub fn name(&self, index: CommandIndex) -> &[u8] {
        match self.spec(index) {
            Some(spec) => spec.name.as_bytes(),
            None => self.unknown.get(index.wrapping_sub(known())),
        }
    }

    fn unknown(&mut self, args: &Args<'_>) -> CommandIndex {
        self.name.clear();
        if let Some(name) = args.get(0) {
            self.name.extend_from_slice(name.bytes(&mut self.scratch));
        }
        if let (true, Some(subcommand)) = (command::is_container(&self.name), args.get(1)) {
            self.name.push(b'|');
            self.name.extend_from_slice(subcommand.bytes(&mut self.scratch));
        }
        self.name.make_ascii_uppercase();
        known() + self.unknown.intern(hash(&self.name), &self.name)
    }

    /// Counts the calls of a row.
    pub fn count(&mut self, row: &Row) {
        if let Some(counts) = self.counts_mut(row.command()) {
            counts.calls += row.calls;
            counts.in_scripts += row.in_scripts();
            counts.keys += row.keys;
            counts.payload += row.payload;
            counts.period.merge(row.period);
        }
    }

    fn counts_mut(&mut self, index: CommandIndex) -> Option<&mut Counts> {
        let index = index as usize;
        if index >= self.counts.len() {
            self.counts.resize(index + 1, Counts::default());
        }
        self.counts.get_mut(index)
    }

    /// Appends what follows; gives the numbers here of the numbers there.
    pub fn merge(&mut self, later: &Commands) -> Vec<CommandIndex> {
        let mut names: Vec<_> = (0..known()).collect();
        names.extend(later.unknown.iter().map(|(hash, name)| known() + self.unknown.intern(hash, name)));
        for (counts, index) in later.counts.iter().zip(&names) {
            if counts.calls == 0 {
                continue;
            }
            if let Some(mine) = self.counts_mut(*index) {
                mine.calls += counts.calls;
                mine.in_scripts += counts.in_scripts;
                mine.keys += counts.keys;
                mine.payload += counts.payload;
                mine.period.merge(counts.period);
            }
        }
        names
    }

    /// All calls.
    pub fn total(&self) -> u64 {
        self.counts.iter().map(|counts| counts.calls).sum()
    }

    /// Calls of one command.
    pub fn calls(&self, index: CommandIndex) -> u64 {
        self.counts.get(index as usize).map_or(0, |counts| counts.calls)
    }

    /// First and last call of one command.
    pub fn period(&self, index: CommandIndex) -> Period {
        self.counts.get(index as usize).map_or_else(Period::default, |counts| counts.period)
    }

    /// The report's table.
    pub fn finish(&self, clients: &Clients) -> Table<CommandRow> {
        let total = self.total();
        let users = clients.by_command();
        let mut rows: Vec<_> = (0_u32..)
            .zip(&self.counts)
            .filter(|(_, counts)| counts.calls > 0)
            .map(|(index, counts)| {
                let spec = self.spec(index);
                CommandRow {
                    command: Bytes::from(self.name(index)),
                    calls: counts.calls,
                    share: share(counts.calls, total),
                    in_scripts: counts.in_scripts,
                    keys: counts.keys,
                    payload_bytes: counts.payload,
                    clients: users.get(&index).copied().unwrap_or(0),
                    access: spec.map_or("unknown", |spec| spec.access.name()),
                    dangerous: spec.is_some_and(|spec| spec.danger.is_some()),
                    first: Time(counts.period.first),
                    last: Time(counts.period.last),
                }
            })
            .collect();
        rows.sort_by(|a, b| (Reverse(a.calls), &a.command).cmp(&(Reverse(b.calls), &b.command)));
        Table { total, rows, other: None }
    }
}

/// Where the names begin that no table holds.
fn known() -> CommandIndex {
    u32::try_from(command::count()).unwrap_or(u32::MAX)
}

fn number(id: CommandId) -> CommandIndex {
    u32::try_from(id.index()).unwrap_or(u32::MAX)
}

/// A name of one to seven bytes, and its length, as one number that is not 0: enough to tell any two apart.
#[inline]
fn shortest(args: &Args<'_>) -> Option<u64> {
    let span = args.spans().first().filter(|span| span.escapes == 0 && matches!(span.len, 1..=7))?;
    let window: &[u8; 8] = args.window(0)?;
    let name = u64::from_le_bytes(*window) & !(u64::MAX << (8 * span.len));
    Some(name | u64::from(span.len) << 56)
}

fn quick_slot(name: u64) -> usize {
    (name.wrapping_mul(SPREAD) >> (64 - QUICK.ilog2())) as usize
}

fn slot(name: u128, subcommand: u128) -> usize {
    let both = name ^ subcommand.rotate_left(37);
    let folded = (both ^ both >> 64) as u64;
    (folded.wrapping_mul(SPREAD) >> (64 - CACHE.ilog2())) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::monitor::line::record;

    #[test]
    fn names_are_resolved_whatever_was_met_before() {
        let mut commands = Commands::default();
        let calls = [
            ("\"COMMAND\"", "COMMAND"),
            ("\"COMMAND\" \"DOCS\"", "COMMAND|DOCS"),
            ("\"command\" \"docs\" \"GET\"", "COMMAND|DOCS"),
            ("\"COMMAND\"", "COMMAND"),
            ("\"CONFIG\"", "CONFIG"),
            ("\"CONFIG\" \"GET\" \"*\"", "CONFIG|GET"),
            ("\"CONFIG\" \"nope\"", "CONFIG|NOPE"),
            ("\"CONFIG\" \"a subcommand longer than any\"", "CONFIG|A SUBCOMMAND LONGER THAN ANY"),
            ("\"GET\"", "GET"),
            ("\"get\" \"CONFIG\"", "GET"),
            ("\"G\\x45T\" \"k\"", "GET"),
            ("\"MEMORY\" \"\\x55SAGE\" \"k\"", "MEMORY|USAGE"),
            ("\"ZREVRANGEBYSCORE\" \"k\"", "ZREVRANGEBYSCORE"),
            ("\"GEORADIUSBYMEMBER_RO\" \"k\"", "GEORADIUSBYMEMBER_RO"),
            ("\"\"", ""),
            ("\"GE\"", "GE"),
            ("\"GETX\"", "GETX"),
        ];
        for (call, name) in calls.iter().chain(&calls) {
            let line = format!("1795174465.516601 [0 127.0.0.1:34446] {call}");
            let mut spans = Vec::new();
            record(line.as_bytes(), &mut spans).unwrap();
            let (index, spec) = commands.resolve(&Args::new(line.as_bytes(), &spans));
            assert_eq!(commands.name(index), name.as_bytes(), "{call}");
            assert_eq!(spec.is_some(), command::find(name.as_bytes(), None).is_some(), "{call}");
        }
    }
}
