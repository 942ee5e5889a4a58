//! Rows of the table `monitor`.

use super::{Dictionary, Lists};
use crate::event::Database;

/// What an address says, told once per client and batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientParts {
    /// `tcp`, `unix`, `lua`, `internal` or `unknown`.
    pub kind: &'static str,
    /// The host part, where there is one.
    pub ip: Option<Vec<u8>>,
    /// The port, where there is one.
    pub port: Option<u16>,
}

/// What one row of [`MonitorRows`] holds beside its keys and arguments.
#[derive(Clone, Copy, Debug)]
pub struct MonitorRow<'a> {
    /// Microseconds since 1970-01-01 UTC.
    pub time: i64,
    /// As printed in the record.
    pub database: Database<'a>,
    /// Of the record's first byte in the decompressed input.
    pub byte_offset: u64,
    /// From [`MonitorRows::client`]; `None` where the dialect prints no address.
    pub client: Option<u32>,
    /// From [`MonitorRows::command`].
    pub command: u32,
    /// From [`MonitorRows::access`].
    pub access: u32,
    /// The first key's pattern, from [`MonitorRows::pattern`].
    pub pattern: Option<u32>,
    /// Arguments, the name included.
    pub argc: u32,
    /// Decoded bytes of all arguments after the name.
    pub payload_bytes: u64,
    /// Whether a script made the call.
    pub in_script: bool,
    /// Whether the call can harm a server.
    pub dangerous: bool,
    /// Whether every argument is known byte for byte ([`crate::event::Exactness::Exact`]).
    pub exact: bool,
}

/// Rows of the table `monitor`: one per record, in the order of the capture.
#[derive(Clone, Debug)]
pub struct MonitorRows {
    pub(in crate::output) time: Vec<i64>,
    /// Null in Parquet where `namespace` is not.
    pub(in crate::output) db: Vec<u32>,
    pub(in crate::output) namespace: Dictionary,
    pub(in crate::output) source: Dictionary,
    pub(in crate::output) byte_offset: Vec<u64>,
    pub(in crate::output) client: Dictionary,
    /// By number of client.
    pub(in crate::output) client_parts: Vec<ClientParts>,
    pub(in crate::output) command: Dictionary,
    pub(in crate::output) access: Dictionary,
    pub(in crate::output) keys: Lists,
    pub(in crate::output) pattern: Dictionary,
    pub(in crate::output) argc: Vec<u32>,
    pub(in crate::output) payload_bytes: Vec<u64>,
    pub(in crate::output) in_script: Vec<bool>,
    pub(in crate::output) dangerous: Vec<bool>,
    pub(in crate::output) exact: Vec<bool>,
    pub(in crate::output) args: Option<Lists>,
}

impl MonitorRows {
    /// No rows yet; those to come are of the input at `source`. Arguments are kept if `with_values`.
    pub fn new(source: &[u8], with_values: bool) -> Self {
        let mut paths = Dictionary::default();
        paths.id(source);
        MonitorRows {
            time: Vec::new(),
            db: Vec::new(),
            namespace: Dictionary::default(),
            source: paths,
            byte_offset: Vec::new(),
            client: Dictionary::default(),
            client_parts: Vec::new(),
            command: Dictionary::default(),
            access: Dictionary::default(),
            keys: Lists::default(),
            pattern: Dictionary::default(),
            argc: Vec::new(),
            payload_bytes: Vec::new(),
            in_script: Vec::new(),
            dangerous: Vec::new(),
            exact: Vec::new(),
            args: with_values.then(Lists::default),
        }
    }

    /// Finished rows.
    pub fn count(&self) -> usize {
        self.time.len()
    }

    /// The number of a client's address, as captured, in these rows; `parts` is asked once.
    pub fn client(&mut self, address: &[u8], parts: impl FnOnce() -> ClientParts) -> u32 {
        let id = self.client.id(address);
        if id as usize == self.client_parts.len() {
            self.client_parts.push(parts());
        }
        id
    }

    /// The number of a command's name (upper case, `CONFIG|GET`) in these rows.
    pub fn command(&mut self, name: &[u8]) -> u32 {
        self.command.id(name)
    }

    /// The number of what a command does in these rows: `read`, `write` and so on, as in
    /// [`crate::report::CommandRow::access`].
    pub fn access(&mut self, access: &'static str) -> u32 {
        self.access.id(access.as_bytes())
    }

    /// The number of a key pattern in these rows.
    pub fn pattern(&mut self, pattern: &[u8]) -> u32 {
        self.pattern.id(pattern)
    }

    /// The keys of the row that is being filled, to be pushed in order before [`push`](Self::push).
    pub fn keys(&mut self) -> &mut Lists {
        &mut self.keys
    }

    /// The arguments of the row that is being filled, name first; `None` without `with_values`.
    pub fn args(&mut self) -> Option<&mut Lists> {
        self.args.as_mut()
    }

    /// Ends the row that is being filled.
    pub fn push(&mut self, row: &MonitorRow<'_>) {
        self.time.push(row.time);
        let (db, namespace) = match row.database {
            Database::Number(number) => (number, None),
            Database::Namespace(name) => (0, Some(self.namespace.id(name))),
        };
        self.db.push(db);
        self.namespace.push(namespace);
        self.source.push(Some(0));
        self.byte_offset.push(row.byte_offset);
        self.client.push(row.client);
        self.command.push(Some(row.command));
        self.access.push(Some(row.access));
        self.keys.end_row();
        self.pattern.push(row.pattern);
        self.argc.push(row.argc);
        self.payload_bytes.push(row.payload_bytes);
        self.in_script.push(row.in_script);
        self.dangerous.push(row.dangerous);
        self.exact.push(row.exact);
        if let Some(args) = &mut self.args {
            args.end_row();
        }
    }
}
