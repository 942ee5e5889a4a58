//! Who else is at work where a party is.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{CALLS, CLIENTS};
use crate::finding::Facts;
use crate::finding::party::Party;
use crate::report::{Bytes, ClientRow, Example};
use crate::statistic::uses::UseRow;

/// Applications, and the captures of MONITOR in which they are: another may be of another server.
pub struct Crowd<'a> {
    facts: &'a Facts<'a>,
    /// By the client's address.
    uses: HashMap<&'a Bytes, &'a [UseRow]>,
    /// By path, the number of the input.
    inputs: HashMap<&'a Bytes, u32>,
    /// How many are in some captures, and their calls.
    sums: RefCell<BTreeMap<BTreeSet<u32>, (u64, u64)>>,
}

/// The others.
#[derive(Clone, Copy, Debug)]
pub struct Company {
    clients: u64,
    calls: u64,
    /// Whether there are captures of MONITOR in which the party is not.
    is_part: bool,
    unknown: Unknown,
}

/// Of whom the capture cannot tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unknown {
    Nobody,
    /// Those who come by the same socket.
    Local,
    /// All (Redis up to 2.4).
    Everybody,
}

impl<'a> Crowd<'a> {
    /// Of a run.
    pub fn new(facts: &'a Facts<'a>) -> Self {
        let rows = facts.conduct.uses.chunk_by(|a, b| a.client == b.client);
        let inputs = facts.report.inputs.iter().zip(0..);
        let inputs = inputs.filter(|(input, _)| input.kind == "monitor" && input.records > 0);
        Crowd {
            facts,
            uses: rows.filter_map(|rows| Some((&rows.first()?.client, rows))).collect(),
            inputs: inputs.map(|(input, number)| (&input.path, number)).collect(),
            sums: RefCell::default(),
        }
    }

    /// Who is there beside the party, in the captures that show these calls of it.
    pub fn beside<'e, T>(&self, party: &Party<'_, T>, shown: impl Iterator<Item = &'e Example>) -> Company {
        let mut inputs: BTreeSet<u32> =
            shown.filter_map(|call| self.inputs.get(&call.path).copied()).collect();
        if inputs.is_empty() {
            inputs.extend(self.inputs.values());
        }
        let is_there = |held: &&UseRow| inputs.contains(&held.input);
        let sum = |row: &ClientRow| {
            let rows = self.uses.get(&row.client).copied().unwrap_or_default();
            let mut there = rows.iter().filter(is_there).peekable();
            there.peek()?;
            Some(there.map(|held| held.all).sum::<u64>())
        };
        let add = |(clients, calls): (u64, u64), own: u64| (clients + 1, calls + own);
        let all = || self.facts.applications().filter_map(sum).fold((0, 0), add);
        let everybody = *self.sums.borrow_mut().entry(inputs.clone()).or_insert_with(all);
        let own = party.addresses.iter().filter_map(|address| self.facts.client(address));
        let own = own.filter(|row| !self.facts.is_tool(row)).filter_map(sum).fold((0, 0), add);
        Company {
            clients: everybody.0.saturating_sub(own.0),
            calls: everybody.1.saturating_sub(own.1),
            is_part: inputs.len() < self.inputs.len(),
            unknown: match party {
                _ if party.is_socket => Unknown::Local,
                _ if party.subject.0.is_empty() => Unknown::Everybody,
                _ => Unknown::Nobody,
            },
        }
    }
}

impl Company {
    /// Whether others wait for what the party does: they are there, or the capture does not tell clients apart.
    pub fn waits(self) -> bool {
        self.clients > 0 || self.unknown != Unknown::Nobody
    }

    /// The same as a sentence.
    pub fn sentence(self) -> String {
        match (self.clients, self.unknown) {
            (0, Unknown::Local) => "The capture does not tell local clients apart.".to_owned(),
            (0, Unknown::Everybody) => "The capture does not tell clients apart.".to_owned(),
            (0, Unknown::Nobody) => "Nobody else used the server in this capture.".to_owned(),
            (clients, _) => format!(
                "Meanwhile {} made {}{}.",
                CLIENTS.count(clients),
                CALLS.count(self.calls),
                if self.is_part { " in the same file" } else { "" }
            ),
        }
    }
}
