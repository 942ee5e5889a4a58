//! Slow calls.
//!
//! Times are microseconds, as the server counts them: what a command took to run, without waiting and
//! without the network. What COMMANDLOG logs by size stands in [`Large`], in bytes, and in none of the
//! tables of times. A script's calls have entries of their own, within the time of the script's.

use serde::Serialize;

use super::Bytes;
use crate::output::notation::Time;

/// Slow calls, each entry of the log once.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Slowlog {
    /// What `--commandlog` said the entries are: `slow`, `large-request` or `large-reply`; `None` where it
    /// was not given, which means times.
    pub commandlog: Option<&'static str>,
    /// Of the entries' third number: `us`, or `bytes`, which stand in `large`.
    pub unit: &'static str,
    /// Different entries with times.
    pub total: u64,
    /// Entries that were seen before, in an earlier poll or in another file.
    pub duplicates: u64,
    /// By command, the greatest sum first.
    pub rows: Vec<CommandRow<Micros>>,
    /// By duration; empty where there is no entry.
    pub buckets: Vec<Bucket>,
    /// By key pattern, the greatest sum first. A call counts once under each pattern that its keys have, so
    /// these do not add up to `total`.
    pub patterns: Vec<PatternRow<Micros>>,
    /// By client address, the greatest sum first; entries whose form has no address are not here.
    pub clients: Vec<ClientRow>,
    /// The slowest, 100 at most.
    pub slowest: Vec<SlowestRow>,
    /// Where ids begin anew: the server was restarted.
    pub restarts: Vec<Restart>,
    /// What COMMANDLOG logged by size.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub large: Option<Large>,
    /// By command and client, the greatest sum first, without the calls that scripts made.
    #[serde(skip)]
    pub callers: Vec<CallerRow>,
    /// Of each command the slowest calls, five at most and none that a script made; the slowest first.
    #[serde(skip)]
    pub examples: Vec<SlowestRow>,
    /// Where entries are missing between polls.
    #[serde(skip)]
    pub lost: Vec<Lost>,
    /// What the first poll of each log held.
    #[serde(skip)]
    pub kept: Vec<Kept>,
}

/// Slow calls of one command by one client.
#[derive(Clone, Debug)]
pub struct CallerRow {
    /// As [`super::CommandRow::command`].
    pub command: Bytes,
    /// The address; `None` where the form has none, or where no client made the call.
    pub client: Option<Bytes>,
    /// The client's name, where it had one.
    pub name: Option<Bytes>,
    /// The durations in microseconds, the longest first.
    pub us: Vec<u64>,
}

/// Entries that were gone when the log was asked for again.
#[derive(Clone, Debug)]
pub struct Lost {
    /// The input of the poll behind them.
    pub path: Bytes,
    /// The first id that is missing.
    pub from: u64,
    /// How many are.
    pub missing: u64,
    /// Time of the last entry before them.
    pub since: Time,
    /// Time of the first entry behind them.
    pub until: Time,
    /// Entries that the poll behind them gave.
    pub entries: u64,
}

/// A poll with nothing before it.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The input.
    pub path: Bytes,
    /// Entries that it gave.
    pub entries: u64,
    /// The lowest id; 0 is the first that a server gives out.
    pub oldest: u64,
    /// Time of the oldest entry.
    pub since: Time,
    /// Time of the newest.
    pub until: Time,
}

/// Large requests or replies, each entry of the log once.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Large {
    /// Different entries.
    pub total: u64,
    /// Entries that were seen before.
    pub duplicates: u64,
    /// By command, the greatest sum first.
    pub rows: Vec<CommandRow<Sizes>>,
    /// By key pattern, as those of times.
    pub patterns: Vec<PatternRow<Sizes>>,
    /// By client address.
    pub clients: Vec<LargeClientRow>,
    /// The biggest, 100 at most.
    pub biggest: Vec<BiggestRow>,
    /// Where ids begin anew.
    pub restarts: Vec<Restart>,
}

/// Calls and their durations or sizes, whatever the unit. A quantile is the nearest rank: the smallest value
/// that so many per cent of the values do not exceed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measures {
    /// How many.
    pub calls: u64,
    /// Their sum.
    pub total: u64,
    /// The median.
    pub p50: u64,
    /// Of 95 per cent.
    pub p95: u64,
    /// Of 99 per cent.
    pub p99: u64,
    /// The greatest.
    pub max: u64,
}

impl Measures {
    fn mean(&self) -> f64 {
        if self.calls == 0 { 0.0 } else { self.total as f64 / self.calls as f64 }
    }
}

/// Durations of calls.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Micros {
    /// How many.
    pub calls: u64,
    /// Their sum in microseconds.
    pub total_us: u64,
    /// `total_us` by `calls`.
    pub mean_us: f64,
    /// The median.
    pub p50_us: u64,
    /// Of 95 per cent.
    pub p95_us: u64,
    /// Of 99 per cent.
    pub p99_us: u64,
    /// The longest.
    pub max_us: u64,
}

impl From<Measures> for Micros {
    fn from(m: Measures) -> Self {
        Micros {
            calls: m.calls,
            total_us: m.total,
            mean_us: m.mean(),
            p50_us: m.p50,
            p95_us: m.p95,
            p99_us: m.p99,
            max_us: m.max,
        }
    }
}

/// Sizes of calls.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Sizes {
    /// How many.
    pub calls: u64,
    /// Their sum in bytes.
    pub total_bytes: u64,
    /// `total_bytes` by `calls`.
    pub mean_bytes: f64,
    /// The median.
    pub p50_bytes: u64,
    /// Of 95 per cent.
    pub p95_bytes: u64,
    /// Of 99 per cent.
    pub p99_bytes: u64,
    /// The biggest.
    pub max_bytes: u64,
}

impl From<Measures> for Sizes {
    fn from(m: Measures) -> Self {
        Sizes {
            calls: m.calls,
            total_bytes: m.total,
            mean_bytes: m.mean(),
            p50_bytes: m.p50,
            p95_bytes: m.p95,
            p99_bytes: m.p99,
            max_bytes: m.max,
        }
    }
}

/// Calls of one command.
#[derive(Clone, Debug, Serialize)]
pub struct CommandRow<M> {
    /// As [`super::CommandRow::command`].
    pub command: Bytes,
    /// What they come to.
    #[serde(flatten)]
    pub measures: M,
}

/// Calls on keys of one pattern.
#[derive(Clone, Debug, Serialize)]
pub struct PatternRow<M> {
    /// As [`super::PatternRow::pattern`].
    pub pattern: Bytes,
    /// What they come to.
    #[serde(flatten)]
    pub measures: M,
}

/// Calls of some length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Bucket {
    /// At least so long, in microseconds.
    pub from_us: u64,
    /// Shorter than this; `None` for no limit.
    pub to_us: Option<u64>,
    /// How many.
    pub calls: u64,
}

/// Calls of one client, whatever the unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientMeasures {
    /// The address as logged; empty for calls of scripts and modules (Redis 7.2 and later).
    pub client: Bytes,
    /// The name in its last entry, where it had one.
    pub name: Option<Bytes>,
    /// How many.
    pub calls: u64,
    /// Their sum.
    pub total: u64,
    /// The greatest.
    pub max: u64,
}

/// Slow calls of one client.
#[derive(Clone, Debug, Serialize)]
pub struct ClientRow {
    /// The address as logged; empty for calls of scripts and modules (Redis 7.2 and later).
    pub client: Bytes,
    /// The name in its last entry, where it had one.
    pub name: Option<Bytes>,
    /// How many.
    pub calls: u64,
    /// Their sum in microseconds.
    pub total_us: u64,
    /// The longest.
    pub max_us: u64,
}

impl From<ClientMeasures> for ClientRow {
    fn from(m: ClientMeasures) -> Self {
        ClientRow { client: m.client, name: m.name, calls: m.calls, total_us: m.total, max_us: m.max }
    }
}

/// Large requests or replies of one client.
#[derive(Clone, Debug, Serialize)]
pub struct LargeClientRow {
    /// As [`ClientRow::client`].
    pub client: Bytes,
    /// As [`ClientRow::name`].
    pub name: Option<Bytes>,
    /// How many.
    pub calls: u64,
    /// Their sum in bytes.
    pub total_bytes: u64,
    /// The biggest.
    pub max_bytes: u64,
}

impl From<ClientMeasures> for LargeClientRow {
    fn from(m: ClientMeasures) -> Self {
        LargeClientRow {
            client: m.client,
            name: m.name,
            calls: m.calls,
            total_bytes: m.total,
            max_bytes: m.max,
        }
    }
}

/// One entry, its third number in whatever unit.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// `None` where the form has none (ElastiCache's text).
    pub id: Option<u64>,
    /// When it was logged, to the second.
    pub time: Time,
    /// The number.
    #[serde(skip)]
    pub value: u64,
    /// As [`super::CommandRow::command`].
    pub command: Bytes,
    /// The call with its values replaced by the length that they had.
    pub args: String,
    /// Whether the arguments are certain; raw output and redis-py can leave open where one ends.
    pub args_exact: bool,
    /// The client's address, where the form has it.
    pub client: Option<Bytes>,
    /// The client's name, where the form has it.
    pub name: Option<Bytes>,
    /// What Redis Software says of sizes, `N:4712,M:3788`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub complexity: Option<Bytes>,
    /// Its line in MONITOR, where one call alone fits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub monitor: Option<MonitorCall>,
    /// The input.
    pub path: Bytes,
    /// Of the entry's first byte in the decompressed content.
    pub byte_offset: u64,
    /// Counted from 1.
    pub line: u64,
}

/// A slow call as MONITOR shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MonitorCall {
    /// The input.
    pub path: Bytes,
    /// Of the line's first byte in the decompressed content.
    pub byte_offset: u64,
    /// Counted from 1.
    pub line: u64,
    /// When it was printed: when the call started (Redis 2.6 to 6.2) or ended.
    pub time: Time,
    /// How long MONITOR printed nothing beside it, in microseconds.
    pub pause_us: u64,
    /// Calls of everybody in the second in which it was logged; `None` where the timeline is wider than a second.
    pub calls_in_second: Option<u64>,
}

/// One of the slowest.
#[derive(Clone, Debug, Serialize)]
pub struct SlowestRow {
    /// In microseconds.
    pub us: u64,
    /// The rest.
    #[serde(flatten)]
    pub entry: Entry,
}

impl From<Entry> for SlowestRow {
    fn from(entry: Entry) -> Self {
        SlowestRow { us: entry.value, entry }
    }
}

/// One of the biggest.
#[derive(Clone, Debug, Serialize)]
pub struct BiggestRow {
    /// Of the request or reply.
    pub bytes: u64,
    /// The rest.
    #[serde(flatten)]
    pub entry: Entry,
}

impl From<Entry> for BiggestRow {
    fn from(entry: Entry) -> Self {
        BiggestRow { bytes: entry.value, entry }
    }
}

/// Where ids begin anew.
#[derive(Clone, Debug, Serialize)]
pub struct Restart {
    /// The input.
    pub path: Bytes,
    /// Of the first entry behind it.
    pub time: Time,
    /// Of that entry.
    pub id: u64,
}
