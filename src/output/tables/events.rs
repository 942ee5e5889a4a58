//! Rows of the table `events`.

use super::{Dictionary, Lists};

/// One change, as keyspace notifications told of it.
#[derive(Clone, Copy, Debug)]
pub struct EventRow<'a> {
    /// Microseconds since 1970-01-01 UTC; `None` where the capture has no clock.
    pub time: Option<i64>,
    /// The database.
    pub database: u32,
    /// As published.
    pub event: &'a [u8],
    /// The event's class ([`crate::notification::class`]).
    pub class: &'static str,
    /// The key's bytes.
    pub key: &'a [u8],
    /// The key's pattern.
    pub pattern: &'a [u8],
    /// The input's path.
    pub source: &'a [u8],
    /// Of the first message in the decompressed input.
    pub byte_offset: u64,
}

/// Rows of the table `events`: one per change, in the order of the capture.
#[derive(Clone, Debug, Default)]
pub struct EventRows {
    pub(in crate::output) time: Vec<Option<i64>>,
    pub(in crate::output) db: Vec<u32>,
    pub(in crate::output) event: Dictionary,
    pub(in crate::output) class: Dictionary,
    /// One for each row.
    pub(in crate::output) keys: Lists,
    pub(in crate::output) pattern: Dictionary,
    pub(in crate::output) source: Dictionary,
    pub(in crate::output) byte_offset: Vec<u64>,
    pub(in crate::output) messages: Vec<u64>,
}

impl EventRows {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.db.len()
    }

    /// Adds a row, told of by one message so far.
    pub fn push(&mut self, row: &EventRow<'_>) {
        self.time.push(row.time);
        self.db.push(row.database);
        for (column, value) in [
            (&mut self.event, row.event),
            (&mut self.class, row.class.as_bytes()),
            (&mut self.pattern, row.pattern),
            (&mut self.source, row.source),
        ] {
            let id = column.id(value);
            column.push(Some(id));
        }
        self.keys.push(row.key);
        self.keys.end_row();
        self.byte_offset.push(row.byte_offset);
        self.messages.push(1);
    }

    /// Another message told of the last row.
    pub fn deliver(&mut self) {
        if let Some(messages) = self.messages.last_mut() {
            *messages += 1;
        }
    }
}
