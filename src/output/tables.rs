//! Rows of tables as plain columns, filled while a capture is read; no file format is named here.
//!
//! A row costs a few pushes: what repeats (clients, commands, patterns) is kept once per batch and
//! rows hold its number, what does not repeat (keys, arguments) goes into one flat buffer.

pub mod info;
mod slow;

use crate::event::{Database, Text};
use crate::format::client_list::field::{Field, Value, number};
use crate::intern::{Interner, hash};

pub use slow::{SlowRow, SlowRows};

/// A column of byte strings of which few are different.
#[derive(Clone, Debug, Default)]
pub struct Dictionary {
    values: Interner,
    rows: Vec<u32>,
}

impl Dictionary {
    /// Stands in [`rows`](Self::rows) for a row without a value.
    pub const NULL: u32 = u32::MAX;

    /// The number of `value` in this batch; new values get the next number.
    pub fn id(&mut self, value: &[u8]) -> u32 {
        self.values.intern(hash(value), value)
    }

    /// Ends a row with the value of this number ([`id`](Self::id)), or with none.
    pub fn push(&mut self, id: Option<u32>) {
        self.rows.push(id.unwrap_or(Self::NULL));
    }

    /// The different values, by number.
    pub fn values(&self) -> impl Iterator<Item = &[u8]> {
        self.values.iter().map(|(_, value)| value)
    }

    /// The number of each row's value, or [`NULL`](Self::NULL).
    pub fn rows(&self) -> &[u32] {
        &self.rows
    }
}

/// A column of lists of byte strings: one buffer and the places where items and lists end.
#[derive(Clone, Debug)]
pub struct Lists {
    bytes: Vec<u8>,
    items: Vec<i64>,
    rows: Vec<i64>,
}

impl Default for Lists {
    fn default() -> Self {
        Lists { bytes: Vec::new(), items: vec![0], rows: vec![0] }
    }
}

impl Lists {
    /// Adds an item to the row that is being filled.
    pub fn push(&mut self, item: &[u8]) {
        self.bytes.extend_from_slice(item);
        self.items.push(self.bytes.len() as i64);
    }

    /// As [`push`](Self::push), decoding the argument on its way.
    pub fn push_text(&mut self, item: &Text<'_>) {
        if item.escapes == 0 {
            self.bytes.extend_from_slice(item.raw);
        } else {
            crate::format::lexical::unescape_into(item.raw, &mut self.bytes);
        }
        self.items.push(self.bytes.len() as i64);
    }

    /// Ends the row that is being filled, be it empty.
    fn end_row(&mut self) {
        self.rows.push(self.items.len() as i64 - 1);
    }

    /// The first item of each row, `None` where the row is empty.
    pub fn firsts(&self) -> impl Iterator<Item = Option<&[u8]>> {
        self.rows.iter().zip(self.rows.iter().skip(1)).map(|(first, end)| {
            let first = usize::try_from(*first).ok().filter(|_| first < end)?;
            let start = usize::try_from(*self.items.get(first)?).ok()?;
            let end = usize::try_from(*self.items.get(first + 1)?).ok()?;
            self.bytes.get(start..end)
        })
    }

    /// The buffer of all items; where each item starts in it, and the end of the last; which item
    /// each row starts with, and the number of items.
    pub fn into_parts(self) -> (Vec<u8>, Vec<i64>, Vec<i64>) {
        (self.bytes, self.items, self.rows)
    }
}

/// What an address says, told once per client and batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientParts {
    /// `tcp`, `unix`, `lua`, `internal` or `unknown`.
    pub kind: &'static str,
    /// The host part, where there is one.
    pub ip: Option<Vec<u8>>,
    /// The port, where there is one.
    pub port: Option<u16>,
}

/// What one row of [`MonitorRows`] holds beside its keys and arguments.
#[derive(Clone, Copy, Debug)]
pub struct MonitorRow<'a> {
    /// Microseconds since 1970-01-01 UTC.
    pub time: i64,
    /// As printed in the record.
    pub database: Database<'a>,
    /// Of the record's first byte in the decompressed input.
    pub byte_offset: u64,
    /// From [`MonitorRows::client`]; `None` where the dialect prints no address.
    pub client: Option<u32>,
    /// From [`MonitorRows::command`].
    pub command: u32,
    /// From [`MonitorRows::access`].
    pub access: u32,
    /// The first key's pattern, from [`MonitorRows::pattern`].
    pub pattern: Option<u32>,
    /// Arguments, the name included.
    pub argc: u32,
    /// Decoded bytes of all arguments after the name.
    pub payload_bytes: u64,
    /// Whether a script made the call.
    pub in_script: bool,
    /// Whether the call can harm a server.
    pub dangerous: bool,
    /// Whether every argument is known byte for byte ([`crate::event::Exactness::Exact`]).
    pub exact: bool,
}

/// Rows of the table `monitor`: one per record, in the order of the capture.
#[derive(Clone, Debug)]
pub struct MonitorRows {
    pub(super) time: Vec<i64>,
    /// Null in Parquet where `namespace` is not.
    pub(super) db: Vec<u32>,
    pub(super) namespace: Dictionary,
    pub(super) source: Dictionary,
    pub(super) byte_offset: Vec<u64>,
    pub(super) client: Dictionary,
    /// By number of client.
    pub(super) client_parts: Vec<ClientParts>,
    pub(super) command: Dictionary,
    pub(super) access: Dictionary,
    pub(super) keys: Lists,
    pub(super) pattern: Dictionary,
    pub(super) argc: Vec<u32>,
    pub(super) payload_bytes: Vec<u64>,
    pub(super) in_script: Vec<bool>,
    pub(super) dangerous: Vec<bool>,
    pub(super) exact: Vec<bool>,
    pub(super) args: Option<Lists>,
}

impl MonitorRows {
    /// No rows yet; those to come are of the input at `source`. Arguments are kept if `with_values`.
    pub fn new(source: &[u8], with_values: bool) -> Self {
        let mut paths = Dictionary::default();
        paths.id(source);
        MonitorRows {
            time: Vec::new(),
            db: Vec::new(),
            namespace: Dictionary::default(),
            source: paths,
            byte_offset: Vec::new(),
            client: Dictionary::default(),
            client_parts: Vec::new(),
            command: Dictionary::default(),
            access: Dictionary::default(),
            keys: Lists::default(),
            pattern: Dictionary::default(),
            argc: Vec::new(),
            payload_bytes: Vec::new(),
            in_script: Vec::new(),
            dangerous: Vec::new(),
            exact: Vec::new(),
            args: with_values.then(Lists::default),
        }
    }

    /// Finished rows.
    pub fn count(&self) -> usize {
        self.time.len()
    }

    /// The number of a client's address, as captured, in these rows; `parts` is asked once.
    pub fn client(&mut self, address: &[u8], parts: impl FnOnce() -> ClientParts) -> u32 {
        let id = self.client.id(address);
        if id as usize == self.client_parts.len() {
            self.client_parts.push(parts());
        }
        id
    }

    /// The number of a command's name (upper case, `CONFIG|GET`) in these rows.
    pub fn command(&mut self, name: &[u8]) -> u32 {
        self.command.id(name)
    }

    /// The number of what a command does in these rows: `read`, `write` and so on, as in
    /// [`crate::report::CommandRow::access`].
    pub fn access(&mut self, access: &'static str) -> u32 {
        self.access.id(access.as_bytes())
    }

    /// The number of a key pattern in these rows.
    pub fn pattern(&mut self, pattern: &[u8]) -> u32 {
        self.pattern.id(pattern)
    }

    /// The keys of the row that is being filled, to be pushed in order before [`push`](Self::push).
    pub fn keys(&mut self) -> &mut Lists {
        &mut self.keys
    }

    /// The arguments of the row that is being filled, name first; `None` without `with_values`.
    pub fn args(&mut self) -> Option<&mut Lists> {
        self.args.as_mut()
    }

    /// Ends the row that is being filled.
    pub fn push(&mut self, row: &MonitorRow<'_>) {
        self.time.push(row.time);
        let (db, namespace) = match row.database {
            Database::Number(number) => (number, None),
            Database::Namespace(name) => (0, Some(self.namespace.id(name))),
        };
        self.db.push(db);
        self.namespace.push(namespace);
        self.source.push(Some(0));
        self.byte_offset.push(row.byte_offset);
        self.client.push(row.client);
        self.command.push(Some(row.command));
        self.access.push(Some(row.access));
        self.keys.end_row();
        self.pattern.push(row.pattern);
        self.argc.push(row.argc);
        self.payload_bytes.push(row.payload_bytes);
        self.in_script.push(row.in_script);
        self.dangerous.push(row.dangerous);
        self.exact.push(row.exact);
        if let Some(args) = &mut self.args {
            args.end_row();
        }
    }
}

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
    pub(super) time: Vec<Option<i64>>,
    pub(super) db: Vec<u32>,
    pub(super) event: Dictionary,
    pub(super) class: Dictionary,
    /// One for each row.
    pub(super) keys: Lists,
    pub(super) pattern: Dictionary,
    pub(super) source: Dictionary,
    pub(super) byte_offset: Vec<u64>,
    pub(super) messages: Vec<u64>,
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

/// Rows of the table `clients`: one per client and snapshot, in the order of the capture.
#[derive(Clone, Debug)]
pub struct ClientRows {
    pub(super) snapshot_time: Vec<Option<i64>>,
    pub(super) snapshot_number: Vec<u32>,
    pub(super) source: Dictionary,
    pub(super) byte_offset: Vec<u64>,
    /// By the order of the number fields.
    pub(super) numbers: Vec<Vec<Option<i64>>>,
    /// By the order of the text fields.
    pub(super) texts: Vec<Dictionary>,
    pub(super) other: Dictionary,
    /// By number of the field: its column among those of its kind.
    columns: Vec<usize>,
    /// Unknown fields of the row that is being filled.
    unknown: Vec<u8>,
}

impl Default for ClientRows {
    fn default() -> Self {
        let (mut numbers, mut texts) = (Vec::new(), Vec::new());
        let column = |field: &Field| match field.value() {
            Value::Number => {
                numbers.push(Vec::new());
                numbers.len() - 1
            }
            Value::Text => {
                texts.push(Dictionary::default());
                texts.len() - 1
            }
        };
        let columns = Field::ALL.iter().map(column).collect();
        ClientRows {
            snapshot_time: Vec::new(),
            snapshot_number: Vec::new(),
            source: Dictionary::default(),
            byte_offset: Vec::new(),
            numbers,
            texts,
            other: Dictionary::default(),
            columns,
            unknown: Vec::new(),
        }
    }
}

impl ClientRows {
    /// Rows so far.
    pub fn count(&self) -> usize {
        self.byte_offset.len()
    }

    /// Begins a row of the input at `source`.
    pub fn start(&mut self, time: Option<i64>, number: u32, source: &[u8], byte_offset: u64) {
        self.snapshot_time.push(time);
        self.snapshot_number.push(number);
        let id = self.source.id(source);
        self.source.push(Some(id));
        self.byte_offset.push(byte_offset);
        self.unknown.clear();
    }

    /// Adds a field to the row that is being filled; of a field that comes twice the first counts.
    pub fn field(&mut self, field: Option<Field>, key: &[u8], value: &[u8]) {
        let (before, column) = (self.byte_offset.len().saturating_sub(1), |field: Field| field as usize);
        let column = field.and_then(|field| self.columns.get(column(field)));
        match (field.map(Field::value), column) {
            (Some(Value::Number), Some(column)) => {
                if let Some(values) = self.numbers.get_mut(*column).filter(|values| values.len() == before) {
                    values.push(number(value));
                    if number(value).is_none() && !value.is_empty() {
                        self.keep(key, value);
                    }
                }
            }
            (Some(Value::Text), Some(column)) => {
                if let Some(values) =
                    self.texts.get_mut(*column).filter(|values| values.rows().len() == before)
                {
                    let id = values.id(value);
                    values.push(Some(id));
                }
            }
            _ => self.keep(key, value),
        }
    }

    /// Keeps a field that has no column, or whose value does not fit it.
    fn keep(&mut self, key: &[u8], value: &[u8]) {
        if !self.unknown.is_empty() {
            self.unknown.push(b' ');
        }
        for part in [key, b"=", value] {
            self.unknown.extend_from_slice(part);
        }
    }

    /// Ends the row that is being filled: what it lacks is missing.
    pub fn end(&mut self) {
        let rows = self.byte_offset.len();
        self.numbers.iter_mut().for_each(|values| values.resize(rows, None));
        for values in self.texts.iter_mut().filter(|values| values.rows().len() < rows) {
            values.push(None);
        }
        let id = (!self.unknown.is_empty()).then(|| self.other.id(&self.unknown));
        self.other.push(id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_share_a_number() {
        let mut column = Dictionary::default();
        let ids: Vec<u32> = [&b"a"[..], b"", b"a", b"\xff\0", b""].map(|value| column.id(value)).into();
        assert_eq!(ids, [0, 1, 0, 2, 1]);
        assert_eq!(column.values().collect::<Vec<_>>(), [&b"a"[..], b"", b"\xff\0"]);
    }

    #[test]
    fn lists_keep_empty_rows_and_empty_items() {
        let filled = |rows: &[&[&str]]| {
            let mut lists = Lists::default();
            for row in rows {
                row.iter().for_each(|item| lists.push(item.as_bytes()));
                lists.end_row();
            }
            lists
        };
        let lists = filled(&[&["ab", "c"], &[], &["", "d"]]);
        assert_eq!(lists.firsts().collect::<Vec<_>>(), [Some(&b"ab"[..]), None, Some(b"")]);
        assert_eq!(lists.into_parts(), (b"abcd".to_vec(), vec![0, 2, 3, 3, 4], vec![0, 2, 2, 4]));
    }

    #[test]
    fn an_escaped_argument_is_decoded_on_its_way() {
        let mut lists = Lists::default();
        lists.push_text(&Text { raw: br#"a\x00\"b"#, escapes: 4 });
        lists.push_text(&Text { raw: b"plain", escapes: 0 });
        assert_eq!(lists.into_parts(), (b"a\0\"bplain".to_vec(), vec![0, 4, 9], vec![0]));
    }
}
