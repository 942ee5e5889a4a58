//! Keyspace notifications: each change once, whatever number of messages told it.

use crate::event::Notice;
use crate::report;

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Events {}

impl Events {
    /// Takes in a record of the input numbered `input`.
    pub fn observe(&mut self, _notice: &Notice<'_>, _input: u32) {}

    /// Appends what follows; `lines` tells how many lines of an input came before.
    pub fn merge(&mut self, _later: Events, _lines: impl Fn(u32) -> u64) {}

    /// The report's part.
    pub fn finish(&mut self) -> report::events::Events {
        report::events::Events::default()
    }
}
