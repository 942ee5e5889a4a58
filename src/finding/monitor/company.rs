//! Who else is at work where a party is.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{CALLS, CLIENTS, percent};
use crate::finding::Facts;
use crate::finding::party::Party;
use crate::report::{Bytes, ClientRow, Example};

/// Calls a second from which on a client is at work, however small a part of all calls they are beside one that asks
/// without a pause.
pub const AT_WORK: f64 = 100.0;

/// Applications, and the captures of MONITOR in which they are: another may be of another server.
pub struct Crowd<'a> {
    facts: &'a Facts<'a>,
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
    /// As [`Crowd::within`].
    within: &'static str,
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
        let inputs = facts.report.inputs.iter().zip(0..);
        let inputs = inputs.filter(|(input, _)| input.kind == "monitor" && input.records > 0);
        Crowd {
            facts,
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
        let everybody = self.everybody(&inputs);
        let own = party.addresses.iter().filter_map(|address| self.facts.client(address));
        let own = own.filter(|row| !self.facts.is_tool(row)).filter_map(|row| self.calls(row, &inputs));
        let own = own.fold((0, 0), add);
        Company {
            clients: everybody.0.saturating_sub(own.0),
            calls: everybody.1.saturating_sub(own.1),
            within: self.within(&inputs),
            unknown: match party {
                _ if party.is_socket => Unknown::Local,
                _ if party.subject.0.is_empty() => Unknown::Everybody,
                _ => Unknown::Nobody,
            },
        }
    }

    /// The captures in which the party is.
    pub fn places<T>(&self, party: &Party<'_, T>) -> BTreeSet<u32> {
        self.places_of(party.addresses.iter().copied())
    }

    /// The captures in which any of these addresses is.
    pub fn places_of<'b>(&self, addresses: impl Iterator<Item = &'b Bytes>) -> BTreeSet<u32> {
        addresses.flat_map(|address| self.facts.uses(address)).map(|held| held.input).collect()
    }

    /// Seconds that these captures cover; of none of them, those of all.
    pub fn seconds(&self, inputs: &BTreeSet<u32>) -> f64 {
        self.facts
            .seconds_of(inputs.iter().copied())
            .or_else(|| self.facts.seconds("monitor"))
            .unwrap_or_default()
    }

    /// Words for shares, where there are other captures of MONITOR.
    pub fn within(&self, inputs: &BTreeSet<u32>) -> &'static str {
        match inputs.len() < self.inputs.len() {
            true if inputs.len() == 1 => " in the same file",
            true => " in the same files",
            false => "",
        }
    }

    /// All calls of applications in some captures.
    pub fn work(&self, inputs: &BTreeSet<u32>) -> u64 {
        self.everybody(inputs).1
    }

    /// How many others are at work there too: they make 1 % of `total` calls or more, or [`AT_WORK`] a second.
    pub fn peers<T>(&self, party: &Party<'_, T>, inputs: &BTreeSet<u32>, total: u64) -> usize {
        let many = AT_WORK * self.seconds(inputs).max(1.0);
        let others = self.facts.applications().filter(|row| !party.addresses.contains(&row.client));
        let calls = others.filter_map(|row| self.calls(row, inputs));
        calls.filter(|calls| percent(*calls, total) >= 1.0 || *calls as f64 >= many).count()
    }

    /// Applications there: how many, and their calls.
    fn everybody(&self, inputs: &BTreeSet<u32>) -> (u64, u64) {
        if let Some(sum) = self.sums.borrow().get(inputs) {
            return *sum;
        }
        let sum = self.facts.applications().filter_map(|row| self.calls(row, inputs)).fold((0, 0), add);
        self.sums.borrow_mut().insert(inputs.clone(), sum);
        sum
    }

    /// Calls of a client there; `None` where it is not.
    fn calls(&self, row: &ClientRow, inputs: &BTreeSet<u32>) -> Option<u64> {
        let rows = self.facts.uses(&row.client);
        let mut there = rows.iter().filter(|held| inputs.contains(&held.input)).peekable();
        there.peek()?;
        Some(there.map(|held| held.all).sum())
    }
}

/// One more, with its calls.
fn add((clients, calls): (u64, u64), own: u64) -> (u64, u64) {
    (clients + 1, calls + own)
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
            (clients, _) => {
                let within = if self.within.is_empty() { " in the whole capture" } else { self.within };
                format!("{} made {}{within}.", CLIENTS.count(clients), CALLS.count(self.calls))
            }
        }
    }
}
