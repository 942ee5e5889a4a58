//! Tables of calls, of MONITOR.

use serde::Serialize;

use super::{Bytes, Example, habits};
use crate::output::notation::Time;

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

/// Keys whose calls add elements.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Collections {
    /// How many keys.
    pub keys: u64,
    /// Those that grew most: first by `kept`, those without it behind by `added`; 1,000 at most.
    pub rows: Vec<CollectionRow>,
}

/// What calls do to the elements of one key.
#[derive(Clone, Debug, Serialize)]
pub struct CollectionRow {
    /// The key.
    pub key: Bytes,
    /// The pattern it counts under.
    pub pattern: Bytes,
    /// `list`, `set`, `sorted-set`, `hash`, `stream` or `geo`: what the first call that adds is for.
    pub collection: &'static str,
    /// Elements in the calls that add.
    pub added: u64,
    /// Of these about how many are different; `None` for lists and streams, where all are.
    pub different: Option<u64>,
    /// Elements in the calls that take out.
    pub removed: u64,
    /// Elements that came to stay, as far as calls tell. `None` where a call trimmed or deleted the collection or
    /// gave it a time to live.
    pub kept: Option<u64>,
    /// Calls that read all of it.
    pub whole_reads: u64,
    /// Distinct client addresses of all calls on the key.
    pub clients: u64,
    /// The first call that adds.
    pub first: Time,
    /// The last.
    pub last: Time,
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
