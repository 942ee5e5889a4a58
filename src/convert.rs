//! `convert`: one row per record, as tables.

use std::io;
use std::path::{Path, PathBuf};

use crate::analyze;
use crate::command;
use crate::error::{Reject, Result};
use crate::event::{Command, Exactness, Place, Sink, Skipped};
use crate::options::{Analysis, Reading};
use crate::output::notation::escape;
use crate::output::parquet::{Encoded, MonitorFile};
use crate::output::tables::{ClientParts, MonitorRow, MonitorRows};
use crate::pattern::{Learnt, Patterns, Rules};
use crate::scan::{Note, Step, Work, scan};
use crate::source::{self, Item, Plan};
use crate::statistic::clients::Address;
use crate::statistic::commands::Commands;
use crate::statistic::partial::Partial;

/// Bytes of a block, which becomes a row group: some 130,000 records of usual length.
pub const BLOCK_BYTES: usize = 12 << 20;

/// What was written, and what stood in the way.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Rows of `monitor`.
    pub rows: u64,
    /// Records that could not be read.
    pub rejected: u64,
    /// What could not be read, in words.
    pub failures: Vec<String>,
    /// Inputs that were opened and are of no kind that is read, in words.
    pub unread: Vec<String>,
    /// Whether at least one input is of a kind that is read.
    pub recognized: bool,
    /// Whether patterns hold learnt ids: standard input cannot be read twice, so there they do not.
    pub learnt: bool,
}

/// Reads everything under `paths` and writes the table `monitor` below `dir`, which is made if need be.
///
/// Files are read twice: ids that look like words are only known at the end.
///
/// # Errors
/// When the table cannot be written; unreadable paths and records are in the [`Outcome`].
pub fn convert(paths: &[PathBuf], dir: &Path, with_values: bool, options: &Analysis) -> Result<Outcome> {
    let plan = source::plan(paths);
    let learnt = plan.items.iter().all(rereadable) && options.rules.learns();
    let patterns =
        if learnt { learn(&plan, options)? } else { Learnt::new(&options.rules).finish(std::iter::empty()) };
    let rules = &options.rules;
    let mut file = MonitorFile::create(dir, with_values)?;
    let encoder = file.encoder();
    let reading =
        Reading { block_bytes: BLOCK_BYTES.max(options.reading.block_bytes), ..options.reading.clone() };
    let mut outcome = Outcome { learnt, ..Outcome::default() };
    let fold = |work: &Work<'_>| -> (Result<Encoded>, u64) {
        let mut rows = Rows::new(work.path, with_values, rules, &patterns);
        work.format.scan(work.block.bytes(), work.block.offset, &mut rows);
        (encoder.encode(rows.rows), rows.rejected)
    };
    let mut present = Vec::new();
    scan(&plan, &reading, fold, |step| {
        match step {
            Step::Part { part: (encoded, rejected), .. } => {
                outcome.rejected += rejected;
                file.append(&encoded?)?;
            }
            Step::Note(Note::Open(input)) => {
                match &input.reading.format {
                    Some(_) => outcome.recognized = true,
                    None => outcome.unread.push(analyze::unread(&input)),
                }
                present = input.path;
            }
            Step::Note(Note::Close { error, .. }) => {
                outcome.failures.extend(error.map(|error| failure(&present, &error)));
            }
            Step::Note(Note::Fail { path, error }) => outcome.failures.push(failure(&path, &error)),
        }
        Ok(())
    })?;
    outcome.rows = file.finish()?;
    Ok(outcome)
}

fn failure(path: &[u8], error: &io::Error) -> String {
    format!("{}: {error}", escape(path))
}

/// Whether a second reading gives the same bytes.
fn rereadable(item: &Item) -> bool {
    match item {
        Item::Stdin => false,
        Item::File(path) => path.is_file(),
    }
}

/// Reads the inputs once for the patterns of their keys.
fn learn(plan: &Plan, options: &Analysis) -> Result<Patterns> {
    let mut all = Partial::default();
    scan(
        plan,
        &options.reading,
        |work| analyze::observe(work, options),
        |step| {
            if let Step::Part { part, .. } = step {
                all.merge(part, &options.rules);
            }
            Ok(())
        },
    )?;
    Ok(all.patterns(&options.rules))
}

/// Fills rows from the records of one block.
struct Rows<'a> {
    rows: MonitorRows,
    rejected: u64,
    commands: Commands,
    rules: &'a Rules,
    patterns: &'a Patterns,
    positions: Vec<usize>,
    key: Vec<u8>,
    shape: Vec<u8>,
    pattern: Vec<u8>,
}

impl<'a> Rows<'a> {
    fn new(path: &[u8], with_values: bool, rules: &'a Rules, patterns: &'a Patterns) -> Self {
        Rows {
            rows: MonitorRows::new(path, with_values),
            rejected: 0,
            commands: Commands::default(),
            rules,
            patterns,
            positions: Vec::new(),
            key: Vec::new(),
            shape: Vec::new(),
            pattern: Vec::new(),
        }
    }

    /// The pattern's number for the first key of the row.
    fn pattern(&mut self, record: &Command<'_>) -> Option<u32> {
        let first = self.positions.first().and_then(|at| record.args.get(*at))?;
        let key = first.bytes(&mut self.key);
        self.rules.shape(key, &mut self.shape);
        self.patterns.apply(&self.shape, &mut self.pattern);
        Some(self.rows.pattern(&self.pattern))
    }
}

impl Sink for Rows<'_> {
    fn command(&mut self, record: &Command<'_>) {
        let args = record.args;
        let (command, spec) = self.commands.resolve(&args);
        self.positions.clear();
        if let Some(spec) = spec {
            command::certain_keys(spec, record, &mut self.positions);
        }
        for text in self.positions.iter().filter_map(|at| args.get(*at)) {
            self.rows.keys().push_text(&text);
        }
        if let Some(column) = self.rows.args() {
            args.iter().for_each(|text| column.push_text(&text));
        }
        let pattern = self.pattern(record);
        let client = record.client.map(|address| {
            self.rows.client(address, || {
                let parts = Address::parse(address);
                ClientParts {
                    kind: parts.kind,
                    ip: (parts.kind == "tcp").then(|| parts.host.to_vec()),
                    port: parts.port,
                }
            })
        });
        let command = self.rows.command(self.commands.name(command));
        self.rows.push(&MonitorRow {
            time: record.time,
            database: record.database,
            byte_offset: record.place.offset,
            client,
            command,
            access: spec.map_or("unknown", |spec| spec.access.name()),
            pattern,
            argc: u32::try_from(args.len()).unwrap_or(u32::MAX),
            payload_bytes: args.payload(),
            in_script: record.client == Some(b"lua"),
            dangerous: spec.is_some_and(|spec| spec.danger.is_some()),
            exact: record.exactness == Exactness::Exact,
        });
    }

    fn reject(&mut self, _: Reject<'_>) {
        self.rejected += 1;
    }

    fn skip(&mut self, _: Place, _: u64, _: Skipped) {}

    fn gap(&mut self, _: Place) {}
}
