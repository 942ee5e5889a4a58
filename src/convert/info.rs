//! Rows of the table `info`.

use std::path::{Path, PathBuf};

use crate::error::Result;
use crate::event::InfoDump;
use crate::scan::Input;

/// What one block holds.
#[derive(Default)]
pub struct Part {}

impl Part {
    /// Adds a record.
    pub fn info(&mut self, _dump: &InfoDump<'_>) {}
}

/// The table.
pub struct Table {
    dir: PathBuf,
}

impl Table {
    /// A table below `dir`, which is written once there is a row.
    pub fn new(_dir: &Path) -> Self {
        Table { dir: _dir.to_path_buf() }
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
