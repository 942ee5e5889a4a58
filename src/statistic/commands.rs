//! Calls by command.

use std::cmp::Reverse;

use super::clients::Clients;
use super::{Call, Period, share};
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
    cache: Vec<Cached>,
    scratch: Vec<u8>,
    name: Vec<u8>,
}

impl Default for Commands {
    fn default() -> Self {
        Commands {
            counts: vec![Counts::default(); command::count()],
            unknown: Interner::default(),
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

impl Commands {
    /// The number of a call's command, and what Redis knows of it.
    pub fn resolve(&mut self, args: &Args<'_>) -> (CommandIndex, Option<&'static Spec>) {
        let Some(name) = args.short(0) else { return self.look_up(args) };
        match self.cached(name, 0) {
            Some(CONTAINER) => {}
            Some(index) => return (index, self.spec(index)),
            None if args.get(0).is_some_and(|name| command::is_container(name.raw)) => {
                if let Some(free) = self.cache.get_mut(slot(name, 0)) {
                    *free = Cached { name, subcommand: 0, index: CONTAINER };
                }
            }
            None => return self.look_up_and_keep(args, name, 0),
        }
        let Some(subcommand) = args.short(1) else { return self.look_up(args) };
        match self.cached(name, subcommand) {
            Some(index) => (index, self.spec(index)),
            None => self.look_up_and_keep(args, name, subcommand),
        }
    }

    fn look_up_and_keep(
        &mut self,
        args: &Args<'_>,
        name: u128,
        subcommand: u128,
    ) -> (CommandIndex, Option<&'static Spec>) {
        let (index, spec) = self.look_up(args);
        // Names that no table holds are not kept: they may be any bytes.
        if let (Some(_), Some(free)) = (spec, self.cache.get_mut(slot(name, subcommand))) {
            *free = Cached { name, subcommand, index };
        }
        (index, spec)
    }

    fn look_up(&mut self, args: &Args<'_>) -> (CommandIndex, Option<&'static Spec>) {
        match command::resolve(args) {
            Some(id) => (number(id), Some(id.spec())),
            None => (self.unknown(args), None),
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

    /// Counts a call.
    pub fn observe(&mut self, call: &Call<'_>) {
        if let Some(counts) = self.counts_mut(call.command) {
            counts.calls += 1;
            counts.in_scripts += u64::from(call.in_script);
            counts.keys += call.keys.len() as u64;
            counts.payload += call.payload;
            counts.period.add(call.record.time);
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
