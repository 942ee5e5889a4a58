//! What clients do, for the rules about calls: what they were seen to do, their runs, the databases they use.

use std::collections::BTreeMap;

use super::clients::{ClientIndex, Clients, REST, shown};
use super::commands::{CommandIndex, Commands};
use super::keys::HotThere;
use super::runs::{RunRow, Runs};
use super::sightings::{Sighting, Sightings};
use super::tally::Row;
use super::uses::{UseRow, Uses};
use crate::report::{Bytes, Example};

/// What the clients of a stretch of the capture do.
#[derive(Clone, Debug, Default)]
pub struct Calls {
    /// Calls that a rule shows.
    pub sightings: Sightings,
    /// Runs of one command.
    pub runs: Runs,
    uses: Uses,
}

/// What rules read and is no part of the report.
#[derive(Clone, Debug, Default)]
pub struct Conduct {
    /// Calls that a rule shows, by what shows in them, command and client.
    pub sightings: Vec<Sighting>,
    /// Runs of one command, by client and command.
    pub runs: Vec<RunRow>,
    /// Calls by client, input and database.
    pub uses: Vec<UseRow>,
    /// By address, the first call of the client's own.
    pub openings: BTreeMap<Bytes, Example>,
    /// Keys that take much of one input, in the order of the inputs.
    pub hot: Vec<HotThere>,
}

impl Calls {
    /// Counts the calls of a row of the input numbered `input`.
    pub fn count(&mut self, row: &Row, input: u32) {
        self.uses.count(row, input);
    }

    /// The capture starts anew here: what comes next follows nothing.
    pub fn gap(&mut self) {
        self.runs.gap();
    }

    /// Appends what follows. `commands` and `numbers` rename that part's commands and clients; `lines` tells
    /// how many lines of an input came before.
    pub fn merge(
        &mut self,
        later: Calls,
        commands: &[CommandIndex],
        numbers: &[ClientIndex],
        lines: impl Fn(u32) -> u64,
    ) {
        self.sightings.merge(later.sightings, commands, numbers, &lines);
        self.runs.merge(later.runs, commands, numbers, &lines);
        self.uses.merge(later.uses, numbers);
    }

    /// Whether a client called in an input.
    pub fn is_in(&self, client: ClientIndex, input: u32) -> bool {
        self.uses.is_in(client, input)
    }

    /// The tables; `paths` are the inputs', and `hot` is handed on.
    pub fn finish(
        &self,
        commands: &Commands,
        clients: &Clients,
        hot: Vec<HotThere>,
        paths: &[Bytes],
    ) -> Conduct {
        Conduct {
            hot,
            sightings: self.sightings.finish(commands, clients, paths),
            runs: self.runs.finish(commands, clients, paths),
            uses: self.uses.finish(clients),
            openings: self.runs.openings(commands, clients, paths),
        }
    }
}

/// A client as the tables name it: its address, or words for those past a bound.
pub(super) fn address(clients: &Clients, client: ClientIndex) -> Bytes {
    match client {
        REST => Bytes::from(&b"(others)"[..]),
        _ => Bytes::from(shown(clients.address(client))),
    }
}
