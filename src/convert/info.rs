//! Rows of the table `info`.

use std::path::{Path, PathBuf};

use crate::error::Result;
use crate::event::InfoDump;
use crate::output::parquet::{Encoder, TableFile};
use crate::output::tables::info::{InfoDumpRow, InfoRows};
use crate::scan::Input;
use crate::statistic::connections::name;
use crate::statistic::info::split;

/// What one block holds.
#[derive(Default)]
pub struct Part {
    rows: InfoRows,
}

impl Part {
    /// Adds a record.
    pub fn info(&mut self, dump: &InfoDump<'_>) {
        let row =
            InfoDumpRow { time: dump.when(), run_id: dump.get(b"run_id"), byte_offset: dump.place.offset };
        for (section, field, value) in dump.fields {
            // A value is in parts where each of them has a name: a path can hold a `=`, a text a comma.
            let parts: Option<Vec<_>> = split(value)
                .map(|(part, text)| text.filter(|_| is_name(part)).map(|text| (part, text)))
                .collect();
            match parts {
                Some(parts) => {
                    parts
                        .iter()
                        .for_each(|(part, text)| self.rows.push(&row, section, field, Some(part), text));
                }
                None => self.rows.push(&row, section, field, None, value),
            }
        }
    }
}

/// Whether this can name a part: `calls`, `p99.9`, `distrib_strings_sizes`.
fn is_name(part: &[u8]) -> bool {
    !part.is_empty()
        && part.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
}

/// The table.
pub struct Table {
    dir: PathBuf,
    /// Time of the input's name, until its first dump was seen.
    named: Option<i64>,
    file: Option<(Encoder, TableFile)>,
}

impl Table {
    /// A table below `dir`, which is written once there is a row.
    pub fn new(dir: &Path) -> Self {
        Table { dir: dir.to_path_buf(), named: None, file: None }
    }

    /// An input begins.
    pub fn start_input(&mut self, input: &Input) {
        self.named = name::time(&input.path);
    }

    /// What the next block of `input` holds.
    pub fn take(&mut self, part: Part, input: &Input) -> Result<()> {
        let mut rows = part.rows;
        if rows.count() == 0 {
            return Ok(());
        }
        rows.set_first_time(self.named.take());
        rows.set_source(&input.path);
        let (encoder, file) = match &mut self.file {
            Some(file) => file,
            none => none.insert((
                Encoder::new(&self.dir, InfoRows::default())?,
                TableFile::create(&self.dir, InfoRows::default())?,
            )),
        };
        file.append(&encoder.encode(rows)?)
    }

    /// The rows that were written, `None` if there was nothing to write.
    pub fn finish(self) -> Result<Option<u64>> {
        self.file.map(|(_, file)| file.finish()).transpose()
    }
}
