//! What CLIENT LIST snapshots show.

use serde::Serialize;

use super::Bytes;
use crate::output::notation::Time;

/// What CLIENT LIST snapshots show.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Connections {
    /// In order of time.
    pub snapshots: Vec<SnapshotRow>,
    /// Each connection as it was last seen.
    pub rows: Vec<ConnectionRow>,
    /// How the number of connections changed over the series.
    pub growth: Vec<GrowthRow>,
}

/// One snapshot.
#[derive(Clone, Debug, Serialize)]
pub struct SnapshotRow {
    /// When, as far as the capture has a clock.
    pub time: Option<Time>,
    /// The input.
    pub path: Bytes,
    /// Connections.
    pub total: u64,
}

/// One connection.
#[derive(Clone, Debug, Serialize)]
pub struct ConnectionRow {
    /// Its id; Redis before 2.8.12 prints none.
    pub id: Option<u64>,
}

/// Connections of those that share something.
#[derive(Clone, Debug, Serialize)]
pub struct GrowthRow {
    /// `name`, `ip`, `user` or `library`.
    pub by: &'static str,
    /// What they share.
    pub value: Bytes,
}
