//! Calls by client address, with what clients say of themselves.

mod address;
mod client;

use std::cmp::Reverse;
use std::collections::BTreeMap;

pub use address::{Address, NO_ADDRESS, is_same, shown, socket};
pub use client::Client;

use super::commands::{CommandIndex, Commands};
use super::tally::Row;
use super::{Period, share};
use crate::intern::{Interner, SPREAD, hash};
use crate::join::Identity;
use crate::output::notation::Time;
use crate::report::{Bytes, ClientRow, CommandCalls, Other, Table};

/// A client's number; [`INHERITED`] and [`REST`] are no addresses.
pub type ClientIndex = u32;

/// Script calls at the start of a block, whose caller stands in what came before.
pub const INHERITED: ClientIndex = 0;
/// All clients past [`MOST`].
pub const REST: ClientIndex = 1;

/// How many addresses are told apart; later ones are counted together. An address takes some 400
/// bytes with its commands, so this is a bound of about 100 MB.
pub const MOST: usize = 262_144;

/// What a client said of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trait {
    /// CLIENT SETNAME, HELLO SETNAME.
    Name,
    /// AUTH or HELLO AUTH with a user.
    User,
    /// CLIENT SETINFO LIB-NAME.
    Library,
    /// CLIENT SETINFO LIB-VER.
    Version,
}

/// Calls by client address.
#[derive(Clone, Debug)]
pub struct Clients {
    addresses: Interner,
    rows: Vec<Client>,
    /// Connections that were met before.
    recent: Box<[Recent; RECENT]>,
}

/// Addresses that are found without hashing.
const RECENT: usize = 128;

/// An address of [`Short`] form, and its number.
#[derive(Clone, Copy, Debug, Default)]
struct Recent {
    address: Short,
    client: ClientIndex,
}

/// An address of 8 to 24 bytes by its first, middle and last eight: ports are what tells most apart.
#[derive(Clone, Copy, Debug, Default)]
struct Short {
    len: usize,
    first: u64,
    middle: u64,
    last: u64,
}

impl Short {
    #[inline]
    fn of(address: &[u8]) -> Option<Short> {
        let word = |bytes: &[u8; 8]| u64::from_le_bytes(*bytes);
        let (first, last) = (word(address.first_chunk()?), word(address.last_chunk()?));
        let middle = match address.len() {
            ..16 => first,
            16..=24 => word(address.get(8..)?.first_chunk()?),
            _ => return None,
        };
        Some(Short { len: address.len(), first, middle, last })
    }

    #[inline]
    fn is(&self, other: &Short) -> bool {
        self.last == other.last
            && self.first == other.first
            && self.middle == other.middle
            && self.len == other.len
    }
}

impl Default for Clients {
    fn default() -> Self {
        let mut clients = Clients {
            addresses: Interner::default(),
            rows: Vec::new(),
            recent: Box::new([Recent::default(); RECENT]),
        };
        // No address holds a line end, so these two can never be met in a capture.
        for reserved in [&b"\ninherited"[..], b"\nrest"] {
            clients.intern(hash(reserved), reserved);
        }
        clients
    }
}

impl Clients {
    /// The number of an address.
    #[inline]
    pub fn number(&mut self, address: &[u8]) -> ClientIndex {
        let Some(short) = Short::of(address) else { return self.intern(hash(address), address) };
        let slot = (short.last.wrapping_mul(SPREAD) >> (64 - RECENT.ilog2())) as usize;
        match self.recent.get(slot) {
            Some(recent) if recent.address.is(&short) => recent.client,
            _ => self.meet(address, short, slot),
        }
    }

    /// The same, to be found sooner next time.
    #[inline(never)]
    fn meet(&mut self, address: &[u8], short: Short, slot: usize) -> ClientIndex {
        let client = self.intern(hash(address), address);
        if let Some(recent) = self.recent.get_mut(slot) {
            *recent = Recent { address: short, client };
        }
        client
    }

    #[inline(never)]
    fn intern(&mut self, hash: u64, address: &[u8]) -> ClientIndex {
        if self.rows.len() >= MOST {
            return self.addresses.find(hash, address).unwrap_or(REST);
        }
        let index = self.addresses.intern(hash, address);
        if index as usize >= self.rows.len() {
            self.rows.push(Client::default());
        }
        index
    }

    /// A client made a call, of which [`Clients::count`] takes the rest.
    #[inline]
    pub fn call(&mut self, client: ClientIndex) {
        if let Some(client) = self.rows.get_mut(client as usize) {
            client.calls += 1;
        }
    }

    /// Counts what [`Clients::call`] left of the calls of a row.
    pub fn count(&mut self, row: &Row) {
        if let Some(client) = self.rows.get_mut(row.client() as usize) {
            client.in_scripts += row.in_scripts();
            client.payload += row.payload;
            client.period.merge(row.period);
            client.add_command(row.command(), row.calls);
        }
    }

    /// No call comes any more.
    pub fn end(&mut self) {
        self.rows.iter_mut().for_each(Client::settle);
    }

    /// Keeps what a client says of itself; it holds for its next calls.
    pub fn tell(&mut self, client: ClientIndex, what: Trait, value: &[u8]) {
        let Some(client) = self.rows.get_mut(client as usize) else { return };
        match what {
            Trait::Name => {
                client.settle();
                client.set_name(value);
            }
            Trait::User => client.user = Some(value.to_vec()),
            Trait::Library => client.library = Some(value.to_vec()),
            Trait::Version => client.version = Some(value.to_vec()),
        }
    }

    /// Takes in what is known of addresses from elsewhere, where they said nothing of themselves.
    pub fn learn<'b>(&mut self, known: impl Fn(&[u8], Period) -> Option<&'b Identity>) {
        for ((_, address), client) in self.addresses.iter().zip(&mut self.rows) {
            let Some(identity) = known(address, client.period) else { continue };
            let bytes = |value: &Option<Bytes>| value.as_ref().map(|value| value.0.to_vec());
            if let (true, Some(name)) = (client.names.is_empty(), &identity.name) {
                client.set_name(&name.0);
            }
            client.user = client.user.take().or_else(|| bytes(&identity.user));
            client.library = client.library.take().or_else(|| bytes(&identity.library));
        }
    }

    /// Appends what follows; gives the numbers here of the numbers there. `caller` is who made the
    /// script calls whose caller stood before that block.
    pub fn merge(
        &mut self,
        later: &Clients,
        commands: &[CommandIndex],
        caller: ClientIndex,
    ) -> Vec<ClientIndex> {
        let mut numbers = Vec::with_capacity(later.rows.len());
        for ((index, (hash, address)), client) in (0_u32..).zip(later.addresses.iter()).zip(&later.rows) {
            let number = match index {
                INHERITED => caller,
                REST => REST,
                _ => self.intern(hash, address),
            };
            numbers.push(number);
            if let Some(mine) = self.rows.get_mut(number as usize) {
                mine.merge(client, commands);
            }
        }
        numbers
    }

    /// A client by number.
    pub fn get(&self, index: ClientIndex) -> Option<&Client> {
        self.rows.get(index as usize)
    }

    /// An address by number.
    pub fn address(&self, index: ClientIndex) -> &[u8] {
        self.addresses.get(index)
    }

    /// Addresses with their calls, those told apart only.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&[u8], &Client)> {
        self.addresses
            .iter()
            .map(|(_, address)| address)
            .zip(&self.rows)
            .skip(2)
            .filter(|(_, client)| client.calls > 0)
    }

    /// Calls of the clients past the bound.
    pub(super) fn rest(&self) -> u64 {
        self.get(REST).map_or(0, |client| client.calls)
    }

    /// How many different addresses used each command.
    pub(super) fn by_command(&self) -> BTreeMap<CommandIndex, u64> {
        let mut users = BTreeMap::new();
        for (command, _) in self.iter().flat_map(|(_, client)| &client.commands) {
            *users.entry(*command).or_insert(0) += 1;
        }
        users
    }

    /// The report's table.
    pub fn finish(&self, commands: &Commands) -> Table<ClientRow> {
        let total = self.rows.iter().map(|client| client.calls).sum();
        let mut rows: Vec<_> = self
            .iter()
            .map(|(address, client)| {
                let parts = Address::parse(address);
                let mut calls: Vec<_> = client
                    .commands
                    .iter()
                    .map(|(index, calls)| CommandCalls {
                        command: Bytes::from(commands.name(*index)),
                        calls: *calls,
                    })
                    .collect();
                calls.sort_by(|a, b| (Reverse(a.calls), &a.command).cmp(&(Reverse(b.calls), &b.command)));
                ClientRow {
                    client: Bytes::from(shown(address)),
                    kind: parts.kind,
                    address: Bytes::from(parts.host),
                    port: parts.port,
                    name: client.name().map(Bytes::from),
                    user: client.user.as_deref().map(Bytes::from),
                    library: client.library().map(Bytes::from),
                    calls: client.calls,
                    share: share(client.calls, total),
                    in_scripts: client.in_scripts,
                    payload_bytes: client.payload,
                    commands: calls,
                    first: Time(client.period.first),
                    last: Time(client.period.last),
                }
            })
            .collect();
        rows.sort_by(|a, b| {
            (Reverse(a.calls), &a.client, a.kind).cmp(&(Reverse(b.calls), &b.client, b.kind))
        });
        let rest = self.rest();
        Table { total, rows, other: (rest > 0).then_some(Other { rows: None, calls: rest }) }
    }
}
