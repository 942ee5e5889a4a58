//! The report: the one value that every output reads.
//!
//! Its JSON form is `redtrail-report/1`; field names are fixed, fields may be added. Every table is
//! sorted, most important row first, ties broken by name, so that equal input gives equal bytes.

pub mod connections;
pub mod events;
pub mod findings;
pub mod habits;
pub mod info;
mod inputs;
mod monitor;
pub mod slowlog;
mod text;

use serde::{Serialize, Serializer};

use connections::Connections;
use events::Events;
use findings::{Finding, Identities};
use info::Info;
use slowlog::Slowlog;
pub use text::Text;

pub use inputs::{Accounted, InputRow, RejectSample, Rejects, Totals};
pub use monitor::{
    ClientCalls, ClientGroupRow, ClientRow, CollectionRow, Collections, CommandCalls, CommandRow,
    DangerousRow, DatabaseRow, HotKeyRow, PatternRow, Timeline, TimelineRow,
};

use crate::output::notation::{self, Time};

/// A byte string of the capture: key, name, address, argument.
///
/// In JSON it stands in Redis's own notation with valid UTF-8 as text ([`notation`]).
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes(pub Text);

impl Bytes {
    /// The notation form, unambiguous and safe to print.
    pub fn text(&self) -> String {
        notation::escape(&self.0)
    }
}

impl From<&[u8]> for Bytes {
    fn from(bytes: &[u8]) -> Self {
        Bytes(bytes.into())
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes(bytes.into())
    }
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text())
    }
}

/// Everything one run found.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// `redtrail-report/1`.
    pub schema: &'static str,
    /// What wrote the report.
    pub generator: Generator,
    /// The files, in the order they were read.
    pub inputs: Vec<InputRow>,
    /// Sums over `inputs`.
    pub totals: Totals,
    /// What went wrong, the worst first.
    pub findings: Vec<Finding>,
    /// What the captures cannot tell, in sentences: what to know before trusting that nothing was found.
    pub remarks: Vec<String>,
    /// How names were given to addresses.
    pub identities: Identities,
    /// Calls by command.
    pub commands: Table<CommandRow>,
    /// Calls by client address.
    pub clients: Table<ClientRow>,
    /// Calls by what clients have in common.
    pub client_groups: Rows<ClientGroupRow>,
    /// Key references by key pattern; `total` counts references, so a call with three keys counts three.
    pub key_patterns: Table<PatternRow>,
    /// The most used keys, 1,000 at most; shares are of `key_patterns.total`.
    pub hot_keys: Rows<HotKeyRow>,
    /// Keys whose calls add elements.
    pub collections: Collections,
    /// Calls that can harm a server.
    pub dangerous: Table<DangerousRow>,
    /// Calls by database.
    pub databases: Rows<DatabaseRow>,
    /// Calls over time.
    pub timeline: Timeline,
    /// What CLIENT LIST snapshots show.
    pub connections: Connections,
    /// Slow calls.
    pub slowlog: Slowlog,
    /// Keyspace notifications.
    pub keyspace_events: Events,
    /// INFO dumps.
    pub info: Info,
    /// Records that could not be read.
    pub rejects: Rejects,
    /// Where a memory bound took over from exact counting, in words; empty when all is exact.
    pub bounds: Vec<String>,
}

/// What wrote the report.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Generator {
    /// `redtrail`.
    pub name: &'static str,
    /// The crate's version.
    pub version: &'static str,
}

/// A table whose shares are of `total`; rows plus `other` sum to it.
#[derive(Clone, Debug, Serialize)]
pub struct Table<R> {
    /// The base of the shares.
    pub total: u64,
    /// The rows, biggest first.
    pub rows: Vec<R>,
    /// What is not in `rows`: cut by `--top`, or past a memory bound.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other: Option<Other>,
}

impl<R> Default for Table<R> {
    fn default() -> Self {
        Table { total: 0, rows: Vec::new(), other: None }
    }
}

/// What a table does not show row by row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Other {
    /// How many rows are summed here; `None` where a bound kept them from being told apart.
    pub rows: Option<u64>,
    /// Their calls.
    pub calls: u64,
}

/// A table without a base of its own.
#[derive(Clone, Debug, Serialize)]
pub struct Rows<R> {
    /// The rows, biggest first.
    pub rows: Vec<R>,
}

impl<R> Default for Rows<R> {
    fn default() -> Self {
        Rows { rows: Vec::new() }
    }
}

/// One record, shown with its values replaced by their length.
#[derive(Clone, Debug, Serialize)]
pub struct Example {
    /// The input.
    pub path: Bytes,
    /// Of the record's first byte in the decompressed content.
    pub byte_offset: u64,
    /// Counted from 1.
    pub line: u64,
    /// When, by the server's clock.
    pub time: Time,
    /// The record without its values.
    pub text: String,
}
