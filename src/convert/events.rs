//! Rows of the table `events`: one for each change.
//!
//! A block's messages are kept as they are; which of them tell of one change is only known in the order
//! of the input.

use std::path::Path;

use crate::error::Result;
use crate::event::Notice;
use crate::intern::hash;
use crate::notification;
use crate::output::parquet::{Encoder, TableFile};
use crate::output::tables::{Dictionary, EventRow, EventRows};
use crate::pattern::{Patterns, Rules};
use crate::scan::Input;
use crate::statistic::events::{Change, Delivery, Subject};

/// Rows of a row group, as many as a block of MONITOR gives.
const ROWS: usize = 131_072;

/// A message, its key and event at the ends of those before it.
struct Message {
    delivery: Delivery,
    database: u32,
    byte_offset: u64,
    event: u32,
    key_end: usize,
    /// The connection was lost in front of it.
    anew: bool,
}

/// What one block holds.
#[derive(Default)]
pub struct Part {
    messages: Vec<Message>,
    events: Dictionary,
    keys: Vec<u8>,
    anew: bool,
}

impl Part {
    /// Adds a record.
    pub fn notice(&mut self, notice: &Notice<'_>) {
        self.keys.extend_from_slice(notice.key);
        self.messages.push(Message {
            delivery: Delivery::of(notice),
            database: notice.database,
            byte_offset: notice.place.offset,
            event: self.events.id(notice.event),
            key_end: self.keys.len(),
            anew: std::mem::take(&mut self.anew),
        });
    }

    /// The subscriber lost its connection.
    pub fn lose(&mut self) {
        self.anew = true;
    }
}

/// The table.
pub struct Table<'a> {
    dir: &'a Path,
    rules: &'a Rules,
    patterns: &'a Patterns,
    change: Change,
    /// A block ended with a loss.
    anew: bool,
    rows: EventRows,
    file: Option<(TableFile, Encoder)>,
    shape: Vec<u8>,
    pattern: Vec<u8>,
}

impl<'a> Table<'a> {
    /// A table below `dir`, which is written once there is a row.
    pub fn new(dir: &'a Path, rules: &'a Rules, patterns: &'a Patterns) -> Self {
        Table {
            dir,
            rules,
            patterns,
            change: Change::default(),
            anew: false,
            rows: EventRows::default(),
            file: None,
            shape: Vec::new(),
            pattern: Vec::new(),
        }
    }

    /// An input ends.
    pub fn end_input(&mut self) -> Result<()> {
        self.change.close();
        Ok(())
    }

    /// What the next block of `input` holds.
    pub fn take(&mut self, part: Part, input: &Input) -> Result<()> {
        let names: Vec<&[u8]> = part.events.values().collect();
        let hashes: Vec<u64> = names.iter().map(|name| hash(name)).collect();
        let mut start = 0;
        for message in &part.messages {
            let key = part.keys.get(start..message.key_end).unwrap_or_default();
            start = message.key_end;
            if message.anew || std::mem::take(&mut self.anew) {
                self.change.close();
            }
            let at = message.event as usize;
            let (Some(event), Some(event_hash)) = (names.get(at), hashes.get(at)) else { continue };
            let subject = Subject { database: message.database, event: *event_hash, key };
            if !self.change.starts(subject, &message.delivery) {
                self.rows.deliver();
                continue;
            }
            // The row before has all its messages now.
            if self.rows.count() >= ROWS {
                self.flush()?;
            }
            self.rules.shape(key, &mut self.shape);
            self.patterns.apply(&self.shape, &mut self.pattern);
            self.rows.push(&EventRow {
                time: message.delivery.time,
                database: message.database,
                event,
                class: notification::class(event).name,
                key,
                pattern: &self.pattern,
                source: &input.path,
                byte_offset: message.byte_offset,
            });
        }
        self.anew |= part.anew;
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        let (file, encoder) = match &mut self.file {
            Some(open) => open,
            none => none.insert((
                TableFile::create(self.dir, EventRows::default())?,
                Encoder::new(self.dir, EventRows::default())?,
            )),
        };
        file.append(&encoder.encode(std::mem::take(&mut self.rows))?)
    }

    /// The rows that were written, `None` if there was nothing to write.
    pub fn finish(mut self) -> Result<Option<u64>> {
        if self.rows.count() > 0 {
            self.flush()?;
        }
        self.file.map(|(file, _)| file.finish()).transpose()
    }
}
