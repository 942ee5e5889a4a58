//! INFO dumps, and the rates between them.

use crate::event::InfoDump;
use crate::report;

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Info {}

impl Info {
    /// Takes in a record of the input numbered `input`.
    pub fn observe(&mut self, _dump: &InfoDump<'_>, _input: u32) {}

    /// Appends what follows; `lines` tells how many lines of an input came before.
    pub fn merge(&mut self, _later: Info, _lines: impl Fn(u32) -> u64) {}

    /// The report's part.
    pub fn finish(&mut self) -> report::info::Info {
        report::info::Info::default()
    }
}
