//! The report: the one value that every output reads.
//!
//! Its JSON form is `redtrail-report/1`; field names are fixed, fields may be added. Every table is
//! sorted, most important row first, ties broken by name, so that equal input gives equal bytes.

pub mod connections;
pub mod events;
pub mod findings;
pub mod habits;
pub mod info;
pub mod slowlog;
mod text;

use serde::{Serialize, Serializer};

use connections::Connections;
use events::Events;
use findings::{Finding, Identities};
use info::Info;
use slowlog::Slowlog;
pub use text::Text;

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

/// One file, archive member or standard input.
#[derive(Clone, Debug, Serialize)]
pub struct InputRow {
    /// As given, or found below a directory; `archive.tar/member` inside an archive.
    pub path: Bytes,
    /// `monitor`, another known kind, `empty` or `unknown`.
    pub kind: &'static str,
    /// Which form of the kind; empty where the kind is not read.
    pub dialect: &'static str,
    /// Why the kind and dialect were chosen, in words.
    pub reason: String,
    /// `gzip`, `zstd`, `xz`, `bzip2`, or empty.
    pub compression: &'static str,
    /// Bytes of decompressed content.
    pub bytes: u64,
    /// Records that were read.
    pub records: u64,
    /// Of these, records whose arguments are a likely reading, not a certain one.
    pub inexact: u64,
    /// Looked like records and could not be read.
    pub rejected: u64,
    /// Lines that tools print around records.
    pub noise: u64,
    /// Of these, answers to a tool that the server had no room for (maxclients).
    #[serde(skip)]
    pub refusals: u64,
    /// Where the first of them stands: its byte offset, and its line counted from 1.
    #[serde(skip)]
    pub refusal: (u64, u64),
    /// Cut off at an end of the capture.
    pub truncated: u64,
    /// Places where the capture started anew, so that records may be missing.
    pub gaps: u64,
    /// The bytes of the four counts above; together they are `bytes`.
    pub accounted: Accounted,
    /// Time of the first record.
    pub first: Option<Time>,
    /// Time of the last record.
    pub last: Option<Time>,
    /// Why reading stopped early, where it did (a damaged archive, a failing disk).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Bytes by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Accounted {
    /// In records.
    pub records: u64,
    /// In rejects.
    pub rejected: u64,
    /// In noise.
    pub noise: u64,
    /// In records cut off at an end.
    pub truncated: u64,
    /// In files that are of no known kind.
    pub unread: u64,
}

impl Accounted {
    /// All bytes that became something.
    pub fn sum(&self) -> u64 {
        self.records + self.rejected + self.noise + self.truncated + self.unread
    }
}

/// Sums over the inputs.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Totals {
    /// Decompressed bytes.
    pub bytes: u64,
    /// Records.
    pub records: u64,
    /// Rejected records.
    pub rejected: u64,
    /// Noise lines.
    pub noise: u64,
    /// Truncated records.
    pub truncated: u64,
    /// Earliest record.
    pub first: Option<Time>,
    /// Latest record.
    pub last: Option<Time>,
    /// From `first` to `last`, in seconds to the microsecond.
    pub seconds: f64,
}

/// Calls of one command.
#[derive(Clone, Debug, Serialize)]
pub struct CommandRow {
    /// Upper case; container commands with their subcommand, `CONFIG|GET`.
    pub command: Bytes,
    /// All calls, those of scripts too.
    pub calls: u64,
    /// Of the table's total.
    pub share: f64,
    /// Calls made by scripts.
    pub in_scripts: u64,
    /// Keys named by the calls, each as often as it was named.
    pub keys: u64,
    /// Decoded bytes of all arguments after the name.
    pub payload_bytes: u64,
    /// Distinct client addresses.
    pub clients: u64,
    /// `read`, `write`, `delete`, `admin`, `pubsub`, `script`, `transaction`, `connection` or `unknown`.
    pub access: &'static str,
    /// Whether the command can harm a server.
    pub dangerous: bool,
    /// First call.
    pub first: Time,
    /// Last call.
    pub last: Time,
}

/// Calls of one client address.
#[derive(Clone, Debug, Serialize)]
pub struct ClientRow {
    /// The address as captured.
    pub client: Bytes,
    /// `tcp`, `unix`, `lua` (a script whose caller is not known), `internal` or `unknown`.
    pub kind: &'static str,
    /// The host part; empty where there is none.
    pub address: Bytes,
    /// The port, where there is one.
    pub port: Option<u16>,
    /// The last name it gave itself (CLIENT SETNAME, HELLO SETNAME).
    pub name: Option<Bytes>,
    /// The ACL user, where the capture shows it.
    pub user: Option<Bytes>,
    /// Library and version (CLIENT SETINFO).
    pub library: Option<Bytes>,
    /// Calls, those of its scripts included.
    pub calls: u64,
    /// Of the table's total.
    pub share: f64,
    /// Of these, made by its scripts.
    pub in_scripts: u64,
    /// Decoded bytes of all arguments after the names.
    pub payload_bytes: u64,
    /// What it called, most first.
    pub commands: Vec<CommandCalls>,
    /// First call.
    pub first: Time,
    /// Last call.
    pub last: Time,
}

/// A command and how often.
#[derive(Clone, Debug, Serialize)]
pub struct CommandCalls {
    /// As [`CommandRow::command`].
    pub command: Bytes,
    /// Calls.
    pub calls: u64,
}

/// A client and how often.
#[derive(Clone, Debug, Serialize)]
pub struct ClientCalls {
    /// As [`ClientRow::client`].
    pub client: Bytes,
    /// The client's name, where known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Bytes>,
    /// Calls.
    pub calls: u64,
}

/// Calls of all clients that share something.
#[derive(Clone, Debug, Serialize)]
pub struct ClientGroupRow {
    /// `ip`, `name`, `user` or `library`.
    pub by: &'static str,
    /// What they share; empty for those without.
    pub value: Bytes,
    /// Distinct addresses.
    pub connections: u64,
    /// Calls.
    pub calls: u64,
    /// Of all calls.
    pub share: f64,
}

/// Key references of one pattern.
#[derive(Clone, Debug, Serialize)]
pub struct PatternRow {
    /// `user:*:profile`.
    pub pattern: Bytes,
    /// References to keys of the pattern.
    pub calls: u64,
    /// Of the table's total.
    pub share: f64,
    /// By reading commands.
    pub reads: u64,
    /// By writing commands.
    pub writes: u64,
    /// By deleting commands.
    pub deletes: u64,
    /// Different keys.
    pub distinct_keys: u64,
    /// Whether `distinct_keys` was counted or estimated.
    pub distinct_is_exact: bool,
    /// Calls that gave a key of the pattern a time to live.
    pub ttl_set: u64,
    /// Writes that left a key without a time to live (plain SET, SETNX, MSET, …STORE) and that no later call gave one.
    pub ttl_missing: u64,
    /// Decoded bytes of the keys and of the arguments that belong to them.
    pub payload_bytes: u64,
    /// Distinct client addresses.
    pub clients: u64,
    /// The first few different keys seen.
    pub samples: Vec<Bytes>,
    /// What rules judge.
    #[serde(skip)]
    pub habits: habits::Habits,
}

/// References to one key.
#[derive(Clone, Debug, Serialize)]
pub struct HotKeyRow {
    /// The key.
    pub key: Bytes,
    /// The pattern it counts under.
    pub pattern: Bytes,
    /// References.
    pub calls: u64,
    /// Of all key references.
    pub share: f64,
    /// Distinct client addresses.
    pub clients: u64,
    /// Whether `calls` was counted from the start or is a lower bound.
    pub count_is_exact: bool,
    /// Whether at least a quarter of them take elements out.
    #[serde(skip)]
    pub is_queue: bool,
    /// Whether one of them writes to a stream or reads on in it.
    #[serde(skip)]
    pub is_stream: bool,
    /// Whether at least half of them add elements that stay.
    #[serde(skip)]
    pub is_growing: bool,
    /// Whether at least half of them create it only where it is missing, as who takes a lock does.
    #[serde(skip)]
    pub is_lock: bool,
    /// One of them.
    #[serde(skip)]
    pub call: Option<Example>,
}

/// Calls of one dangerous command.
#[derive(Clone, Debug, Serialize)]
pub struct DangerousRow {
    /// As [`CommandRow::command`].
    pub command: Bytes,
    /// Calls.
    pub calls: u64,
    /// Of the table's total.
    pub share: f64,
    /// What it does to a server.
    pub why: &'static str,
    /// Who, most calls first.
    pub clients: Vec<ClientCalls>,
    /// First call.
    pub first: Time,
    /// Last call.
    pub last: Time,
    /// The first few.
    pub examples: Vec<Example>,
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

/// Calls of one database.
#[derive(Clone, Debug, Serialize)]
pub struct DatabaseRow {
    /// The number, or Kvrocks' namespace.
    pub db: Bytes,
    /// Calls.
    pub calls: u64,
    /// Of all calls.
    pub share: f64,
}

/// Calls over time. Buckets without any call are left out.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Timeline {
    /// Width of a bucket.
    pub bucket_seconds: u64,
    /// In order of time.
    pub rows: Vec<TimelineRow>,
}

/// One bucket.
#[derive(Clone, Debug, Default, Serialize)]
pub struct TimelineRow {
    /// Its start.
    pub time: Time,
    /// Calls.
    pub calls: u64,
    /// Reading calls.
    pub reads: u64,
    /// Writing and deleting calls.
    pub writes: u64,
    /// Dangerous calls.
    pub dangerous: u64,
    /// Slow calls; `None` where no slow log was read.
    pub slow: Option<u64>,
    /// Changes told by keyspace notifications; `None` where none with a clock were read.
    pub events: Option<u64>,
    /// Connections in the bucket's last snapshot; `None` where it holds none.
    pub connections: Option<u64>,
}

/// Records that could not be read.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Rejects {
    /// How many.
    pub total: u64,
    /// The first few of each input.
    pub samples: Vec<RejectSample>,
}

/// One record that could not be read.
#[derive(Clone, Debug, Serialize)]
pub struct RejectSample {
    /// The input.
    pub path: Bytes,
    /// Of its first byte in the decompressed content.
    pub byte_offset: u64,
    /// Counted from 1.
    pub line: u64,
    /// What is wrong with it.
    pub reason: &'static str,
    /// Its form without its values: what stands between quotes is replaced by its length.
    pub text: String,
}
