//! Rows of the table `slowlog`: every entry as read. One that stood before is marked, not left out.

use std::path::Path;

use crate::error::Result;
use crate::event::{Exactness, Slow};
use crate::options::{Analysis, Commandlog};
use crate::output::parquet::{Encoder, TableFile};
use crate::output::tables::{SlowRow, SlowRows};
use crate::pattern::Patterns;
use crate::statistic::commands::Commands;
use crate::statistic::slowlog::identity::{Identity, Seen};
use crate::statistic::slowlog::keys;

/// Fills rows from the entries of one block.
pub struct Part<'a> {
    rows: SlowRows,
    identities: Vec<u128>,
    identity: Identity,
    input: u32,
    commands: Commands,
    options: &'a Analysis,
    patterns: &'a Patterns,
    positions: Vec<usize>,
    key: Vec<u8>,
    shape: Vec<u8>,
    pattern: Vec<u8>,
}

/// The rows of one block.
pub struct Packed {
    rows: SlowRows,
    identities: Vec<u128>,
}

impl<'a> Part<'a> {
    /// For a block of the input numbered `input`, which is at `path`.
    pub fn new(
        path: &[u8],
        input: u32,
        with_values: bool,
        options: &'a Analysis,
        patterns: &'a Patterns,
    ) -> Self {
        Part {
            rows: SlowRows::new(path, with_values, options.commandlog),
            identities: Vec::new(),
            identity: Identity::default(),
            input,
            commands: Commands::default(),
            options,
            patterns,
            positions: Vec::new(),
            key: Vec::new(),
            shape: Vec::new(),
            pattern: Vec::new(),
        }
    }

    /// Adds a row.
    pub fn slow(&mut self, entry: &Slow<'_>) {
        self.identities.push(self.identity.of(entry, self.input));
        let (command, spec) = self.commands.resolve(&entry.args);
        keys::keys(spec, entry, &mut self.positions);
        let first = self.positions.first().and_then(|at| entry.args.get(*at));
        let key = first.map(|text| {
            let key = text.bytes(&mut self.key);
            self.options.rules.shape(key, &mut self.shape);
            self.patterns.apply(&self.shape, &mut self.pattern);
            key
        });
        if let Some(column) = self.rows.args() {
            entry.args.iter().for_each(|text| column.push_text(&text));
        }
        let row = SlowRow {
            time: entry.time,
            id: entry.id,
            value: entry.us,
            command: self.commands.name(command),
            args_exact: entry.exactness == Exactness::Exact,
            argc: entry.argc,
            key,
            pattern: key.is_some().then_some(&self.pattern),
            client: entry.client,
            name: entry.name,
            complexity: entry.complexity,
            byte_offset: entry.place.offset,
        };
        self.rows.push(&row);
    }

    /// The rows without what filled them.
    pub fn pack(self) -> Packed {
        Packed { rows: self.rows, identities: self.identities }
    }
}

/// The table.
pub struct Table<'a> {
    dir: &'a Path,
    with_values: bool,
    commandlog: Option<Commandlog>,
    file: Option<(TableFile, Encoder)>,
    seen: Seen,
}

impl<'a> Table<'a> {
    /// A table below `dir`, which is written once there is a row.
    pub fn new(dir: &'a Path, with_values: bool, commandlog: Option<Commandlog>) -> Self {
        Table { dir, with_values, commandlog, file: None, seen: Seen::default() }
    }

    /// What the next block holds.
    pub fn take(&mut self, Packed { mut rows, identities }: Packed) -> Result<()> {
        if identities.is_empty() {
            return Ok(());
        }
        rows.mark_duplicates(identities.into_iter().map(|identity| self.seen.meet(identity)));
        let (file, encoder) = match &mut self.file {
            Some(open) => open,
            none => {
                let sample = || SlowRows::new(b"", self.with_values, self.commandlog);
                none.insert((TableFile::create(self.dir, sample())?, Encoder::new(self.dir, sample())?))
            }
        };
        file.append(&encoder.encode(rows)?)
    }

    /// The rows that were written, `None` if there was nothing to write.
    pub fn finish(self) -> Result<Option<u64>> {
        self.file.map(|(file, _)| file.finish()).transpose()
    }
}
