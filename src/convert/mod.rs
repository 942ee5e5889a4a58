//! `convert`: one row per record, as tables.
//!
//! Each kind of capture has its table. Rows of `monitor` are made and compressed block by block, in
//! parallel; of the other kinds what a block holds is kept as it is (`Part`) and becomes rows in order,
//! because a row can need what stood before its block: the snapshot of a client, the other message of a
//! notification.

mod clients;
mod events;
mod info;
mod monitor;
mod slowlog;

use std::io;
use std::path::{Path, PathBuf};

use rayon::ThreadPool;

use crate::analyze;
use crate::error::{Reject, Result};
use crate::event::{ClientRow, Command, InfoDump, Loss, Notice, Place, Sink, Skipped, Slow, SnapshotStart};
use crate::options::{Analysis, Reading};
use crate::output::notation::escape;
use crate::output::parquet::{Encoded, Encoder, TableFile};
use crate::output::tables::MonitorRows;
use crate::pattern::{Learnt, Patterns};
use crate::scan::{self, Input, Note, Step, Work, scan};
use crate::source::{self, Item, Plan};
use crate::statistic::partial::Partial;

/// Bytes of a block, which becomes a row group: some 130,000 records of usual length.
pub const BLOCK_BYTES: usize = 12 << 20;

/// What was written, and what stood in the way.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The tables that were written, with their rows; a kind that no input has gives none.
    pub rows: Vec<(&'static str, u64)>,
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

/// Reads everything under `paths` and writes a table per kind below `dir`, which is made if need be.
///
/// Files are read twice: ids that look like words are only known at the end.
///
/// # Errors
/// When a table cannot be written; unreadable paths and records are in the [`Outcome`].
pub fn convert(paths: &[PathBuf], dir: &Path, with_values: bool, options: &Analysis) -> Result<Outcome> {
    let pool = scan::pool(&options.reading)?;
    let plan = source::plan(paths);
    let learnt = plan.items.iter().all(rereadable) && options.rules.learns();
    let patterns = if learnt {
        learn(&pool, &plan, options)?
    } else {
        Learnt::new(&options.rules).finish(std::iter::empty())
    };
    let encoder = Encoder::new(dir, MonitorRows::new(b"", with_values))?;
    let reading =
        Reading { block_bytes: BLOCK_BYTES.max(options.reading.block_bytes), ..options.reading.clone() };
    let fold = |work: &Work<'_>, ()| {
        let mut part = Part::new(work, with_values, options, &patterns);
        if let Some(start) = work.snapshot() {
            part.snapshot(&start);
        }
        work.format.scan(work.block.bytes(), work.block.offset, &mut part);
        part.encode(&encoder)
    };
    // Rows are compressed where they are made.
    let is_large = |_: &_| false;
    let mut tables = Tables::new(dir, with_values, options, &patterns);
    let mut outcome = Outcome { learnt, ..Outcome::default() };
    scan(&pool, &plan, &reading, fold, is_large, |step| {
        match step {
            Step::Part { part, .. } => {
                outcome.rejected += part.rejected;
                tables.take(*part)?;
            }
            Step::Note(Note::Open(input)) => {
                match &input.reading.format {
                    Some(_) => outcome.recognized |= options.reading.kind.is_none(),
                    None => outcome.unread.push(analyze::unread(&input)),
                }
                tables.open(input)?;
            }
            Step::Note(Note::Close { error, .. }) => {
                outcome.failures.extend(error.map(|error| failure(tables.path(), &error)));
            }
            Step::Note(Note::Fail { path, error }) => outcome.failures.push(failure(&path, &error)),
        }
        Ok(())
    })?;
    outcome.rows = tables.finish()?;
    // What a kind was forced on is of that kind if something of it was found.
    outcome.recognized |= outcome.rows.iter().any(|(_, rows)| *rows > 0);
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
fn learn(pool: &ThreadPool, plan: &Plan, options: &Analysis) -> Result<Patterns> {
    let mut all = Partial::default();
    scan(
        pool,
        plan,
        &options.reading,
        |work, ()| analyze::observe_keys(work, options),
        Partial::is_large,
        |step| {
            match step {
                Step::Part { part, .. } => drop(all.merge(*part, &options.rules)),
                Step::Note(Note::Open(input)) if !input.beside => all.end_input(),
                Step::Note(_) => {}
            }
            Ok(())
        },
    )?;
    Ok(all.patterns(&options.rules))
}

/// What one block holds, by kind.
struct Part<'a> {
    rejected: u64,
    monitor: monitor::Part<'a>,
    clients: clients::Part,
    slowlog: slowlog::Part<'a>,
    events: events::Part,
    info: info::Part,
}

/// The same with the rows of `monitor` as they will stand in the file.
struct Packed {
    rejected: u64,
    monitor: Option<Result<Encoded>>,
    clients: clients::Part,
    slowlog: slowlog::Packed,
    events: events::Part,
    info: info::Part,
}

impl<'a> Part<'a> {
    fn new(work: &Work<'_>, with_values: bool, options: &'a Analysis, patterns: &'a Patterns) -> Self {
        Part {
            rejected: 0,
            monitor: monitor::Part::new(work.path, with_values, &options.rules, patterns),
            clients: clients::Part::default(),
            slowlog: slowlog::Part::new(work.path, work.input, with_values, options, patterns),
            events: events::Part::default(),
            info: info::Part::default(),
        }
    }

    fn encode(self, encoder: &Encoder) -> Packed {
        let rows = self.monitor.rows;
        Packed {
            rejected: self.rejected,
            monitor: (rows.count() > 0).then(|| encoder.encode(rows)),
            clients: self.clients,
            slowlog: self.slowlog.pack(),
            events: self.events,
            info: self.info,
        }
    }
}

impl Sink for Part<'_> {
    fn command(&mut self, record: &Command<'_>) {
        self.monitor.command(record);
    }

    fn client(&mut self, row: &ClientRow<'_>) {
        self.clients.client(row);
    }

    fn snapshot(&mut self, start: &SnapshotStart) {
        self.clients.snapshot(start);
    }

    fn slow(&mut self, entry: &Slow<'_>) {
        self.slowlog.slow(entry);
    }

    fn notice(&mut self, notice: &Notice<'_>) {
        self.events.notice(notice);
    }

    fn loss(&mut self, _: &Loss) {
        self.events.lose();
    }

    fn info(&mut self, dump: &InfoDump<'_>) {
        self.info.info(dump);
    }

    fn reject(&mut self, _: Reject<'_>) {
        self.rejected += 1;
    }

    fn skip(&mut self, _: Place, _: u64, _: Skipped) {}

    fn gap(&mut self, _: Place) {}
}

/// The files, each made when its first row comes, so that a kind that no input has leaves none behind.
struct Tables<'a> {
    dir: &'a Path,
    with_values: bool,
    input: Option<Input>,
    monitor: Option<TableFile>,
    clients: clients::Table,
    slowlog: slowlog::Table<'a>,
    events: events::Table<'a>,
    info: info::Table,
}

impl<'a> Tables<'a> {
    fn new(dir: &'a Path, with_values: bool, options: &'a Analysis, patterns: &'a Patterns) -> Self {
        let rules = &options.rules;
        Tables {
            dir,
            with_values,
            input: None,
            monitor: None,
            clients: clients::Table::new(dir),
            slowlog: slowlog::Table::new(dir, with_values, options.commandlog),
            events: events::Table::new(dir, rules, patterns),
            info: info::Table::new(dir),
        }
    }

    fn path(&self) -> &[u8] {
        self.input.as_ref().map_or(b"", |input| &input.path)
    }

    /// The next input begins.
    fn open(&mut self, input: Input) -> Result<()> {
        if !input.beside {
            self.events.end_input()?;
            self.clients.start_input(&input);
            self.info.start_input(&input);
        }
        self.input = Some(input);
        Ok(())
    }

    /// What the next block of the present input holds.
    fn take(&mut self, part: Packed) -> Result<()> {
        let Some(input) = &self.input else { return Ok(()) };
        if let Some(encoded) = part.monitor {
            let file = match &mut self.monitor {
                Some(file) => file,
                none => none.insert(TableFile::create(self.dir, MonitorRows::new(b"", self.with_values))?),
            };
            file.append(&encoded?)?;
        }
        self.clients.take(part.clients, input)?;
        self.slowlog.take(part.slowlog)?;
        self.events.take(part.events, input)?;
        self.info.take(part.info, input)
    }

    /// Finishes the files; gives the tables that were written, with their rows.
    fn finish(self) -> Result<Vec<(&'static str, u64)>> {
        let monitor = self.monitor.map(TableFile::finish).transpose()?;
        let tables = [
            ("monitor", monitor),
            ("clients", self.clients.finish()?),
            ("slowlog", self.slowlog.finish()?),
            ("events", self.events.finish()?),
            ("info", self.info.finish()?),
        ];
        Ok(tables.into_iter().filter_map(|(name, rows)| Some((name, rows?))).collect())
    }
}
