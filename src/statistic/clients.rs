//! Calls by client address, with what clients say of themselves.

use std::cmp::Reverse;
use std::collections::BTreeMap;

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

/// Names that are told apart per address: ports are used again, but by few programs. A later name
/// counts under the one before it.
const NAMES: usize = 64;

/// One address.
#[derive(Clone, Debug, Default)]
pub struct Client {
    pub(super) calls: u64,
    in_scripts: u64,
    payload: u64,
    period: Period,
    pub(super) commands: Vec<(CommandIndex, u64)>,
    /// Calls before the first name.
    unnamed: u64,
    /// The names it gave itself, in order of their first use, with the calls made under each.
    names: Vec<(Vec<u8>, u64)>,
    /// The present one of `names`.
    present: Option<usize>,
    pub(super) user: Option<Vec<u8>>,
    library: Option<Vec<u8>>,
    version: Option<Vec<u8>>,
}

impl Client {
    fn merge(&mut self, later: &Client, commands: &[CommandIndex]) {
        self.calls += later.calls;
        self.in_scripts += later.in_scripts;
        self.payload += later.payload;
        self.period.merge(later.period);
        for (command, calls) in &later.commands {
            if let Some(command) = commands.get(*command as usize) {
                self.add_command(*command, *calls);
            }
        }
        *self.under_name() += later.unnamed;
        for (name, calls) in &later.names {
            self.set_name(name);
            *self.under_name() += calls;
        }
        if let Some((name, _)) = later.present.and_then(|at| later.names.get(at)) {
            self.set_name(name);
        }
        for (mine, later) in [
            (&mut self.user, &later.user),
            (&mut self.library, &later.library),
            (&mut self.version, &later.version),
        ] {
            if later.is_some() {
                mine.clone_from(later);
            }
        }
    }

    /// Where calls under the present name are counted.
    fn under_name(&mut self) -> &mut u64 {
        match self.present.and_then(|at| self.names.get_mut(at)) {
            Some((_, calls)) => calls,
            None => &mut self.unnamed,
        }
    }

    /// Counts the calls since it set a name last under that name.
    fn settle(&mut self) {
        let told = self.unnamed + self.names.iter().map(|(_, calls)| calls).sum::<u64>();
        let calls = self.calls.saturating_sub(told);
        *self.under_name() += calls;
    }

    fn set_name(&mut self, name: &[u8]) {
        let held = self.names.iter().position(|(held, _)| held == name);
        if held.is_none() && self.names.len() < NAMES {
            self.names.push((name.to_vec(), 0));
            self.present = Some(self.names.len() - 1);
        } else {
            self.present = held.or(self.present);
        }
    }

    fn add_command(&mut self, command: CommandIndex, calls: u64) {
        match self.commands.iter().position(|(held, _)| *held == command) {
            Some(at) => {
                if let Some((_, count)) = self.commands.get_mut(at) {
                    *count += calls;
                }
                // What is called often moves to the front, where it is found sooner.
                if at > 0 {
                    self.commands.swap(at, at - 1);
                }
            }
            None => self.commands.push((command, calls)),
        }
    }

    /// Its names with their calls. What it called before its first name (HELLO, AUTH, SELECT)
    /// belongs to that name: a connection names itself when it opens.
    pub(super) fn named_calls(&self) -> impl Iterator<Item = (&[u8], u64)> {
        let head = self.unnamed;
        let nameless = self.names.is_empty().then_some((&b""[..], head));
        let named =
            self.names.iter().enumerate().map(move |(at, (name, calls))| {
                (name.as_slice(), if at == 0 { calls + head } else { *calls })
            });
        nameless.into_iter().chain(named)
    }

    /// The name it goes by at the end.
    pub fn name(&self) -> Option<&[u8]> {
        self.present
            .and_then(|at| self.names.get(at))
            .map(|(name, _)| name.as_slice())
            .filter(|name| !name.is_empty())
    }

    /// Library and version in one.
    pub(super) fn library(&self) -> Option<Vec<u8>> {
        let mut text = self.library.clone()?;
        if let Some(version) = &self.version {
            text.push(b' ');
            text.extend_from_slice(version);
        }
        Some(text)
    }
}

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
    pub fn number(&mut self, address: &[u8]) -> ClientIndex {
        let Some(short) = Short::of(address) else { return self.intern(hash(address), address) };
        let slot = (short.last.wrapping_mul(SPREAD) >> (64 - RECENT.ilog2())) as usize;
        if let Some(recent) = self.recent.get(slot)
            && recent.address.is(&short)
        {
            return recent.client;
        }
        let client = self.intern(hash(address), address);
        if let Some(recent) = self.recent.get_mut(slot) {
            *recent = Recent { address: short, client };
        }
        client
    }

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
            let bytes = |value: &Option<Bytes>| value.as_ref().map(|value| value.0.clone());
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
                    library: client.library().map(Bytes),
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

/// How a client is counted that the capture does not name (Redis up to 2.4): no address looks so.
pub const NO_ADDRESS: &[u8] = b"\nnone";

/// The address as captured.
pub fn shown(address: &[u8]) -> &[u8] {
    if address == NO_ADDRESS { b"" } else { address }
}

/// The parts of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address<'a> {
    /// `tcp`, `unix`, `lua`, `internal` or `unknown`.
    pub kind: &'static str,
    /// The host, without brackets; empty where there is none.
    pub host: &'a [u8],
    /// The port of a TCP client.
    pub port: Option<u16>,
}

impl<'a> Address<'a> {
    /// Takes an address apart. IPv6 may stand without brackets: the port is behind the last colon.
    pub fn parse(address: &'a [u8]) -> Self {
        let bare = |kind| Address { kind, host: b"", port: None };
        match address {
            b"lua" => return bare("lua"),
            // A module's call: Redis up to 7.0, later, and Dragonfly's replica stream.
            b"?:0" | b"" | b"REPLICATION:0" => return bare("internal"),
            NO_ADDRESS => return bare("unknown"),
            _ if address.starts_with(b"unix:") => return bare("unix"),
            _ => {}
        }
        let Some(colon) = memchr::memrchr(b':', address) else { return bare("unknown") };
        let (host, port) = address.split_at(colon);
        // CLIENT LIST's form of a unix socket.
        if host.starts_with(b"/") {
            return bare("unix");
        }
        let port =
            std::str::from_utf8(port.get(1..).unwrap_or_default()).ok().and_then(|port| port.parse().ok());
        let host = host.strip_prefix(b"[").and_then(|host| host.strip_suffix(b"]")).unwrap_or(host);
        match port {
            Some(_) => Address { kind: "tcp", host, port },
            None => bare("unknown"),
        }
    }
}

/// The path of the socket that an address stands for: MONITOR prints `unix:/tmp/redis.sock`, CLIENT LIST and slow logs
/// `/tmp/redis.sock:0`, and Valkey 9.1 `[/tmp/redis.sock:0]:0`.
pub fn socket(address: &[u8]) -> Option<&[u8]> {
    let listed = || {
        let inner = address.strip_prefix(b"[").and_then(|rest| rest.strip_suffix(b"]:0")).unwrap_or(address);
        inner.strip_suffix(b":0").filter(|path| path.starts_with(b"/"))
    };
    address.strip_prefix(b"unix:").or_else(listed)
}

/// Whether two addresses, of whatever kinds of captures, are the same.
pub fn is_same(a: &[u8], b: &[u8]) -> bool {
    a == b || socket(a).is_some_and(|path| socket(b) == Some(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_has_several_addresses() {
        let forms = [&b"unix:/tmp/a b.sock"[..], b"/tmp/a b.sock:0", b"[/tmp/a b.sock:0]:0"];
        for (one, other) in forms.into_iter().zip(forms.into_iter().cycle().skip(1)) {
            assert!(is_same(one, other), "{} {}", one.escape_ascii(), other.escape_ascii());
        }
        for other in [&b"unix:/tmp/b.sock"[..], b"10.0.0.1:0", b"[::1]:0", b"", b"lua"] {
            assert!(!is_same(forms[0], other), "{}", other.escape_ascii());
        }
    }

    #[test]
    fn addresses_are_taken_apart() {
        for (address, kind, host, port) in [
            (&b"127.0.0.1:43758"[..], "tcp", &b"127.0.0.1"[..], Some(43758)),
            (b"[::1]:45176", "tcp", b"::1", Some(45176)),
            (
                b"fd40:1481:21:dbe0:7021:300:a03:1a06:44426",
                "tcp",
                b"fd40:1481:21:dbe0:7021:300:a03:1a06",
                Some(44426),
            ),
            (b"unix:/tmp/a] b.sock", "unix", b"", None),
            (b"/tmp/redis sock/redis.sock:0", "unix", b"", None),
            (b"lua", "lua", b"", None),
            (b"", "internal", b"", None),
            (b"?:0", "internal", b"", None),
            (b"REPLICATION:0", "internal", b"", None),
            (NO_ADDRESS, "unknown", b"", None),
            (b"junk", "unknown", b"", None),
            (b"a:99999", "unknown", b"", None),
        ] {
            assert_eq!(Address::parse(address), Address { kind, host, port });
        }
    }

    #[test]
    fn calls_go_to_the_name_of_the_moment() {
        let mut client = Client { unnamed: 2, ..Client::default() };
        client.set_name(b"a");
        *client.under_name() += 3;
        let mut later = Client { unnamed: 1, ..Client::default() };
        later.set_name(b"b");
        *later.under_name() += 4;
        client.merge(&later, &[]);
        let calls: Vec<_> = client.named_calls().collect();
        assert_eq!(calls, [(&b"a"[..], 6), (b"b", 4)]);
        assert_eq!(client.name(), Some(&b"b"[..]));
        // Back to an earlier name, and more names than are held.
        client.set_name(b"a");
        *client.under_name() += 1;
        assert_eq!((client.names.len(), client.name()), (2, Some(&b"a"[..])));
        (0..2 * NAMES).for_each(|n| client.set_name(n.to_string().as_bytes()));
        *client.under_name() += 1;
        assert_eq!(client.names.len(), NAMES);
        assert_eq!(client.named_calls().map(|(_, calls)| calls).sum::<u64>(), 12);
    }
}
