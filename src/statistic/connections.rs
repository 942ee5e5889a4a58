//! What CLIENT LIST snapshots show: who is connected, since when, and how that changes.

use crate::event::{ClientRow, SnapshotStart};
use crate::report;

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Connections {}

impl Connections {
    /// Takes in a record of the input numbered `input`.
    pub fn observe(&mut self, _row: &ClientRow<'_>, _input: u32) {}

    /// The rows that follow are of a new snapshot.
    pub fn snapshot(&mut self, _start: &SnapshotStart) {}

    /// Appends what follows; `lines` tells how many lines of an input came before.
    pub fn merge(&mut self, _later: Connections, _lines: impl Fn(u32) -> u64) {}

    /// The report's part.
    pub fn finish(&mut self) -> report::connections::Connections {
        report::connections::Connections::default()
    }
}
