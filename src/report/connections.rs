//! What CLIENT LIST snapshots show.

use serde::{Serialize, Serializer};

use super::Bytes;
use crate::output::notation::Time;

/// What CLIENT LIST snapshots show.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Connections {
    /// Times that a server was found to have started anew between two snapshots.
    pub restarts: u64,
    /// In order of time; where there is no clock, of the files' modification and of the capture.
    pub snapshots: Vec<SnapshotRow>,
    /// Each connection as it was last seen, the biggest output buffer first.
    pub rows: Vec<ConnectionRow>,
    /// How the number of connections changed over the series, by what they share.
    pub growth: Vec<GrowthRow>,
}

/// Connections of a snapshot by what they are for; each counts once, under the first that fits of
/// monitor (flag `O`), replica (`S`, `g`), master (`M`, `o`), pubsub (`P`, or subscriptions: Redis before 5.0 has
/// no flag) and normal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ByType {
    /// Everything else.
    pub normal: u64,
    /// Subscribers.
    pub pubsub: u64,
    /// Replicas of this server.
    pub replica: u64,
    /// Links to a master.
    pub master: u64,
    /// MONITOR is running.
    pub monitor: u64,
}

/// One snapshot.
#[derive(Clone, Debug, Serialize)]
pub struct SnapshotRow {
    /// When, as far as the capture or the file's name has a clock.
    pub time: Option<Time>,
    /// Where there is none: seconds since the first such snapshot, as the age of a client in both tells.
    pub elapsed_seconds: Option<u64>,
    /// The input.
    pub path: Bytes,
    /// Of its first row in the decompressed content.
    pub byte_offset: u64,
    /// The same, counted from 1.
    pub line: u64,
    /// Which run of a server, from 0: ids are unique within one.
    pub run: u32,
    /// Which server, from 0, as far as ids, ages and `laddr` tell: a server that started anew has several runs.
    pub server: u32,
    /// Whether the server started anew since its snapshot before: ids went down and nobody is older.
    pub restarted: bool,
    /// Connections.
    pub total: u64,
    /// The same by what they are for.
    pub by_type: ByType,
    /// Waiting in a blocking command (flag `b`).
    pub blocked: u64,
    /// Running MONITOR (flag `O`).
    pub monitors: u64,
    /// Within MULTI (flag `x`).
    pub in_transaction: u64,
    /// Idle for more than 3,600 seconds.
    pub idle_over_1h: u64,
    /// Without a name; `None` where the version prints none.
    pub unnamed: Option<u64>,
    /// Sum of `obl` and `omem`: what the server holds for clients that have not read it yet; `None`
    /// where neither is printed.
    pub output_buffer_bytes: Option<u64>,
    /// Sum of `qbuf`: what clients sent and the server has not run yet.
    pub query_buffer_bytes: Option<u64>,
    /// Sum of `tot-mem`; `None` where the version prints none (before Redis 6.0.9).
    pub memory_bytes: Option<u64>,
}

/// A number that may be missing. There are many in a row, and many rows: the least number stands for none, which no
/// field of CLIENT LIST has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number(i64);

impl Number {
    /// The number.
    pub fn get(self) -> Option<i64> {
        Some(self.0).filter(|number| *number != i64::MIN)
    }
}

impl From<Option<i64>> for Number {
    fn from(number: Option<i64>) -> Self {
        Number(number.unwrap_or(i64::MIN))
    }
}

impl Default for Number {
    fn default() -> Self {
        None.into()
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.get().serialize(serializer)
    }
}

/// One connection, with the values of its last sighting; what a version does not print is `None`.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ConnectionRow {
    /// Its id; Redis before 2.8.12 prints none.
    pub id: Option<u64>,
    /// As [`SnapshotRow::run`].
    pub run: u32,
    /// As captured.
    pub address: Bytes,
    /// The server's end of it.
    pub laddr: Option<Bytes>,
    /// The name it gave itself.
    pub name: Option<Bytes>,
    /// The ACL user.
    pub user: Option<Bytes>,
    /// Library and version.
    pub library: Option<Bytes>,
    /// As [`ByType`] counts it.
    pub kind: &'static str,
    /// Seconds since it connected.
    pub age: Number,
    /// Seconds since its last command.
    pub idle: Number,
    /// Letters, as captured.
    pub flags: Option<Bytes>,
    /// The selected database.
    pub db: Number,
    /// The last command, as captured.
    pub cmd: Option<Bytes>,
    /// File descriptor, -1 for none.
    pub fd: Number,
    /// Channels.
    pub sub: Number,
    /// Channel patterns.
    pub psub: Number,
    /// Shard channels.
    pub ssub: Number,
    /// Commands queued by MULTI; -1 outside of one.
    pub multi: Number,
    /// Watched keys.
    pub watch: Number,
    /// Bytes of unread queries.
    pub qbuf: Number,
    /// Bytes in the fixed output buffer.
    pub obl: Number,
    /// Entries in the list of output buffers.
    pub oll: Number,
    /// Bytes in that list.
    pub omem: Number,
    /// Bytes that the client takes in all.
    pub tot_mem: Number,
    /// Bytes it sent, since it connected.
    pub tot_net_in: Number,
    /// Bytes it was sent.
    pub tot_net_out: Number,
    /// Commands it ran.
    pub tot_cmds: Number,
    /// The most that `obl` and `omem` came to in a snapshot, bytes.
    pub peak_output: Option<i64>,
    /// The most that `qbuf` came to in a snapshot, bytes.
    pub peak_query: Option<i64>,
    /// Snapshots that show it.
    pub snapshots: u64,
    /// The first of them: its number in `snapshots`, from 0; `None` where that one is not listed.
    pub first_snapshot: Option<u64>,
    /// The last of them, likewise.
    pub last_snapshot: Option<u64>,
    /// When it connected: the snapshot's time less `age`.
    pub created: Option<Time>,
    /// Time of the first snapshot that shows it.
    pub first: Option<Time>,
    /// Time of the last one.
    pub last: Option<Time>,
    /// The input of the last sighting.
    pub path: Bytes,
    /// Of that row in the decompressed content.
    pub byte_offset: u64,
    /// The same, counted from 1.
    pub line: u64,
}

/// Connections of those that share something.
#[derive(Clone, Debug, Default, Serialize)]
pub struct GrowthRow {
    /// `name`, `ip`, `user` or `library`.
    pub by: &'static str,
    /// What they share; empty for those without, `unix` for sockets.
    pub value: Bytes,
    /// Connections in the first snapshot.
    pub first_count: u64,
    /// Connections in the last snapshot.
    pub last_count: u64,
    /// The most in one snapshot.
    pub peak: u64,
    /// (`last_count` - `first_count`) / minutes between the two, by their times, else by
    /// [`SnapshotRow::elapsed_seconds`]; `None` without either.
    pub per_minute: Option<f64>,
    /// The slope of the line with the least squares through all counts, a minute; `None` without times.
    pub trend_per_minute: Option<f64>,
    /// Connections that are not in the first snapshot and in a later one. What lived between two
    /// snapshots is not seen.
    pub births: u64,
    /// Connections that are gone in the last snapshot.
    pub deaths: u64,
    /// `births` a minute.
    pub births_per_minute: Option<f64>,
    /// `deaths` a minute.
    pub deaths_per_minute: Option<f64>,
    /// Mean age of those that are gone when they were last seen: a lower bound of their lives.
    pub mean_lifetime_seconds: Option<f64>,
}
