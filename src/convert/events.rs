//! Rows of the table `events`.

use std::path::Path;

use crate::error::Result;
use crate::event::Notice;
use crate::pattern::{Patterns, Rules};
use crate::scan::Input;

/// What one block holds.
#[derive(Default)]
pub struct Part {}

impl Part {
    /// Adds a record.
    pub fn notice(&mut self, _notice: &Notice<'_>) {}
}

/// The table.
pub struct Table<'a> {
    dir: &'a Path,
}

impl<'a> Table<'a> {
    /// A table below `dir`, which is written once there is a row.
    pub fn new(_dir: &'a Path, _rules: &'a Rules, _patterns: &'a Patterns) -> Self {
        Table { dir: _dir }
    }

    /// An input ends.
    pub fn end_input(&mut self) -> Result<()> {
        Ok(())
    }

    /// What the next block of `input` holds.
    pub fn take(&mut self, _part: Part, _input: &Input) -> Result<()> {
        Ok(())
    }

    /// The rows that were written, `None` if there was nothing to write.
    pub fn finish(self) -> Result<Option<u64>> {
        Ok(None)
    }
}
