//! Calls by command.

use std::cmp::Reverse;

use super::clients::Clients;
use super::{Call, Period, share};
use crate::command::{self, CommandId, Spec};
use crate::event::{Args, Text};
use crate::intern::{Interner, hash};
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
    cache: Vec<(u64, CommandIndex)>,
    scratch: Vec<u8>,
    name: Vec<u8>,
}

impl Default for Commands {
    fn default() -> Self {
        Commands {
            counts: vec![Counts::default(); command::count()],
            unknown: Interner::default(),
            cache: vec![(0, 0); CACHE],
            scratch: Vec::new(),
            name: Vec::new(),
        }
    }
}

/// Slots of the cache in front of the name lookup; captures use some dozens of names.
const CACHE: usize = 256;

impl Commands {
    /// The number of a call's command, and what Redis knows of it.
    pub fn resolve(&mut self, args: &Args<'_>) -> (CommandIndex, Option<&'static Spec>) {
        let short = args.get(0).and_then(short_name);
        let slot = short.map_or(0, |key| (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as usize);
        if let (Some(key), Some((held, index))) = (short, self.cache.get(slot))
            && *held == key
        {
            return (*index, self.spec(*index));
        }
        let Some(id) = command::resolve(args) else { return (self.unknown(args), None) };
        let index = number(id);
        // A container's name alone does not tell the command.
        if let (Some(key), false, Some(free)) =
            (short, id.spec().name.contains('|'), self.cache.get_mut(slot))
        {
            *free = (key, index);
        }
        (index, Some(id.spec()))
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

/// A name of up to seven bytes, and its length, as one number: enough to tell any two of them apart.
fn short_name(name: Text<'_>) -> Option<u64> {
    if name.escapes > 0 || name.raw.len() > 7 {
        return None;
    }
    let mut key = [0; 8];
    key.iter_mut().zip(name.raw).for_each(|(to, from)| *to = *from);
    if let Some(last) = key.last_mut() {
        *last = name.raw.len() as u8 + 1;
    }
    Some(u64::from_le_bytes(key))
}
