//! Rows of the table `clients`.
//!
//! A row's snapshot can be told only once the snapshot ends, so blocks are held until all their rows have
//! theirs.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use crate::error::Result;
use crate::event::{ClientRow, SnapshotStart};
use crate::format::client_list::field::{Field, Finder, number};
use crate::output::parquet::{Encoder, TableFile};
use crate::output::tables::ClientRows;
use crate::scan::Input;
use crate::statistic::connections::name;
use crate::statistic::connections::splitter::{Dump, Mark, Splitter};

/// Rows of a row group.
const GROUP: usize = 65_536;

/// A field within [`Part::bytes`].
struct Held {
    field: Option<Field>,
    /// Where its key starts, its value starts, and its value ends.
    key: usize,
    value: usize,
    end: usize,
}

/// A step of the capture.
enum Step {
    Sign(Option<i64>),
    Row { byte_offset: u64, mark: Mark, fields: std::ops::Range<usize> },
}

/// What one block holds.
#[derive(Default)]
pub struct Part {
    bytes: Vec<u8>,
    fields: Vec<Held>,
    steps: Vec<Step>,
    finder: Finder,
}

impl Part {
    /// Adds a record.
    pub fn client(&mut self, row: &ClientRow<'_>) {
        let first = self.fields.len();
        let (mut id, mut fd, mut age, mut idle) = (None, None, None, None);
        let (mut address, mut cmd): (&[u8], &[u8]) = (b"", b"");
        for (at, (key, value)) in row.fields.iter().enumerate() {
            let field = self.finder.find(at, key);
            match field {
                Some(Field::Id) => id = number(value).and_then(|id| u64::try_from(id).ok()),
                Some(Field::Fd) => fd = number(value),
                Some(Field::Age) => age = number(value),
                Some(Field::Idle) => idle = number(value),
                Some(Field::Addr) => address = value,
                Some(Field::Cmd) => cmd = value,
                _ => {}
            }
            let start = self.bytes.len();
            self.bytes.extend_from_slice(key);
            let middle = self.bytes.len();
            self.bytes.extend_from_slice(value);
            self.fields.push(Held { field, key: start, value: middle, end: self.bytes.len() });
        }
        let mark = Mark::new(id, address, fd).timed(row.time).aged(age, idle, cmd);
        let fields = first..self.fields.len();
        self.steps.push(Step::Row { byte_offset: row.place.offset, mark, fields });
    }

    /// The rows that follow are of a new snapshot.
    pub fn snapshot(&mut self, start: &SnapshotStart) {
        self.steps.push(Step::Sign(start.time));
    }
}

/// A block whose rows wait for their snapshots.
struct Waiting {
    part: Part,
    /// The path of its input.
    source: Vec<u8>,
    /// Rows that wait.
    rows: usize,
}

/// Blocks that wait, the first of them having this number.
#[derive(Default)]
struct Blocks {
    first: usize,
    waiting: VecDeque<Waiting>,
    rows: ClientRows,
}

impl Blocks {
    /// A snapshot's rows are complete. A row is the number of its block and of its step there.
    fn dump(&mut self, dump: &Dump<'_, (usize, usize)>) {
        for (_, (block, step)) in dump.rows {
            let Some(held) = block.checked_sub(self.first).and_then(|at| self.waiting.get_mut(at)) else {
                continue;
            };
            held.rows -= 1;
            let Some(Step::Row { byte_offset, fields, .. }) = held.part.steps.get(*step) else { continue };
            self.rows.start(dump.time, dump.number, &held.source, *byte_offset);
            for field in held.part.fields.get(fields.clone()).unwrap_or_default() {
                let text = |from, to| held.part.bytes.get(from..to).unwrap_or_default();
                self.rows.field(field.field, text(field.key, field.value), text(field.value, field.end));
            }
            self.rows.end();
        }
        while self.waiting.front().is_some_and(|held| held.rows == 0) {
            self.waiting.pop_front();
            self.first += 1;
        }
    }
}

/// The table.
pub struct Table {
    dir: PathBuf,
    splitter: Splitter<(usize, usize)>,
    blocks: Blocks,
    file: Option<(TableFile, Encoder)>,
}

impl Table {
    /// A table below `dir`, which is written once there is a row.
    pub fn new(dir: &Path) -> Self {
        Table { dir: dir.to_path_buf(), splitter: Splitter::default(), blocks: Blocks::default(), file: None }
    }

    /// An input begins.
    pub fn start_input(&mut self, input: &Input) {
        let Table { splitter, blocks, .. } = self;
        splitter.start_input(name::time(&input.path), &mut |dump| blocks.dump(&dump));
    }

    /// What the next block of `input` holds.
    pub fn take(&mut self, part: Part, input: &Input) -> Result<()> {
        let number = self.blocks.first + self.blocks.waiting.len();
        let marks: Vec<_> = part
            .steps
            .iter()
            .map(|step| match step {
                Step::Sign(time) => (None, *time),
                Step::Row { mark, .. } => (Some(*mark), None),
            })
            .collect();
        let rows = marks.iter().filter(|(mark, _)| mark.is_some()).count();
        if rows > 0 {
            self.blocks.waiting.push_back(Waiting { part, source: input.path.clone(), rows });
        }
        for (step, (mark, time)) in marks.into_iter().enumerate() {
            let Table { splitter, blocks, .. } = self;
            let mut out = |dump: Dump<'_, _>| blocks.dump(&dump);
            match mark {
                Some(mark) => splitter.row(mark, (number, step), &mut out),
                None => splitter.sign(time),
            }
            if self.blocks.rows.count() >= GROUP {
                self.write()?;
            }
        }
        Ok(())
    }

    /// Writes the rows that have their snapshots.
    fn write(&mut self) -> Result<()> {
        let rows = std::mem::take(&mut self.blocks.rows);
        if rows.count() == 0 {
            return Ok(());
        }
        let (file, encoder) = match &mut self.file {
            Some(file) => file,
            none => none.insert((
                TableFile::create(&self.dir, ClientRows::default())?,
                Encoder::new(&self.dir, ClientRows::default())?,
            )),
        };
        file.append(&encoder.encode(rows)?)
    }

    /// The rows that were written, `None` if there was nothing to write.
    pub fn finish(mut self) -> Result<Option<u64>> {
        let Table { splitter, blocks, .. } = &mut self;
        splitter.close(&mut |dump| blocks.dump(&dump));
        self.write()?;
        self.file.map(|(file, _)| file.finish()).transpose()
    }
}
