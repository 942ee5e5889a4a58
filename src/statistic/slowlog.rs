//! Slow calls: by command, pattern and client, each entry once.

use crate::event::Slow;
use crate::report;

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Slowlog {}

impl Slowlog {
    /// Takes in a record of the input numbered `input`.
    pub fn observe(&mut self, _entry: &Slow<'_>, _input: u32) {}

    /// Appends what follows; `lines` tells how many lines of an input came before.
    pub fn merge(&mut self, _later: Slowlog, _lines: impl Fn(u32) -> u64) {}

    /// The report's part.
    pub fn finish(&mut self) -> report::slowlog::Slowlog {
        report::slowlog::Slowlog::default()
    }
}
