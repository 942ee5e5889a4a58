//! Keyspace notifications.

use serde::Serialize;

/// Keyspace notifications.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Events {
    /// Messages that the subscriber got.
    pub messages: u64,
    /// Changes; one that came by several channels or patterns counts once.
    pub total: u64,
}
