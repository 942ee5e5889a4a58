//! Slow calls.

use serde::Serialize;

/// Slow calls.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Slowlog {
    /// Different entries.
    pub total: u64,
    /// Entries that were seen before, in an earlier poll.
    pub duplicates: u64,
}
