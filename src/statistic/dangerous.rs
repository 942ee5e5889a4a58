//! Calls that can harm a server: who, when, and the first ones with their place.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::Call;
use super::clients::{Clients, shown};
use super::commands::{CommandIndex, Commands};
use super::share;
use crate::command::Spec;
use crate::event::Place;
use crate::masked;
use crate::output::notation::Time;
use crate::report::{Bytes, ClientCalls, DangerousRow, Example, Table};

/// Examples that are kept per command.
pub(super) const EXAMPLES: usize = 5;

/// A call that is shown.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    input: u32,
    place: Place,
    time: i64,
    text: String,
}

/// The first calls of each dangerous command. The counts are those of [`Commands`] and [`Clients`].
#[derive(Clone, Debug, Default)]
pub struct Dangerous {
    examples: BTreeMap<CommandIndex, Vec<Shown>>,
}

impl Dangerous {
    /// Keeps a call of the input numbered `input`.
    pub fn observe(&mut self, call: &Call<'_>, input: u32) {
        let Some(spec) = call.manner.spec.filter(|spec| spec.danger.is_some()) else { return };
        let examples = self.examples.entry(call.command).or_default();
        if examples.len() < EXAMPLES {
            examples.push(Shown::of(spec, call, input));
        }
    }

    /// Appends what follows; `lines` tells how many lines of an input came before.
    pub fn merge(&mut self, later: Dangerous, commands: &[CommandIndex], lines: impl Fn(u32) -> u64) {
        for (command, examples) in later.examples {
            let Some(command) = commands.get(command as usize) else { continue };
            let mine = self.examples.entry(*command).or_default();
            let room = EXAMPLES.saturating_sub(mine.len());
            mine.extend(examples.into_iter().take(room).map(|example| example.after(&lines)));
        }
    }

    /// The report's table; `paths` are the inputs'.
    pub fn finish(&self, commands: &Commands, clients: &Clients, paths: &[Bytes]) -> Table<DangerousRow> {
        let total = self.examples.keys().map(|command| commands.calls(*command)).sum();
        let mut rows: Vec<_> = self
            .examples
            .iter()
            .map(|(command, examples)| {
                let calls = commands.calls(*command);
                let period = commands.period(*command);
                DangerousRow {
                    command: Bytes::from(commands.name(*command)),
                    calls,
                    share: share(calls, total),
                    why: commands.spec(*command).and_then(|spec| spec.danger).unwrap_or_default(),
                    clients: users(clients, *command),
                    first: Time(period.first),
                    last: Time(period.last),
                    examples: examples.iter().map(|example| example.report(paths)).collect(),
                }
            })
            .collect();
        rows.sort_by(|a, b| (Reverse(a.calls), &a.command).cmp(&(Reverse(b.calls), &b.command)));
        Table { total, rows, other: None }
    }
}

impl Shown {
    /// A call of the input numbered `input`.
    pub(super) fn of(spec: &Spec, call: &Call<'_>, input: u32) -> Shown {
        let text = masked::call(spec, &call.args(), call.keys);
        Shown { input, place: call.record.place, time: call.record.time, text }
    }

    /// The same where `lines` tells how many lines of an input came before.
    pub(super) fn after(mut self, lines: &impl Fn(u32) -> u64) -> Shown {
        self.place.line += lines(self.input);
        self
    }

    pub(super) fn report(&self, paths: &[Bytes]) -> Example {
        Example {
            path: paths.get(self.input as usize).cloned().unwrap_or_default(),
            byte_offset: self.place.offset,
            line: self.place.line + 1,
            time: Time(self.time),
            text: self.text.clone(),
        }
    }
}

/// Who made a command's calls, most first.
fn users(clients: &Clients, command: CommandIndex) -> Vec<ClientCalls> {
    let mut users: Vec<_> = clients
        .iter()
        .filter_map(|(address, client)| {
            let (_, calls) = client.commands.iter().find(|(held, _)| *held == command)?;
            let name = client.name().map(Bytes::from);
            Some(ClientCalls { client: Bytes::from(shown(address)), name, calls: *calls })
        })
        .collect();
    users.sort_by(|a, b| (Reverse(a.calls), &a.client).cmp(&(Reverse(b.calls), &b.client)));
    users
}
