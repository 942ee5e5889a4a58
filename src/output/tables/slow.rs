//! Rows of the table `slowlog`.

use super::{Dictionary, Lists};
use crate::options::Commandlog;

/// What one row of [`SlowRows`] holds beside its arguments.
#[derive(Clone, Copy, Debug)]
pub struct SlowRow<'a> {
    /// When the entry was logged, in microseconds since 1970-01-01 UTC.
    pub time: i64,
    /// `None` where the form has none.
    pub id: Option<u64>,
    /// Its third number: microseconds, or bytes where COMMANDLOG's large types were said.
    pub value: u64,
    /// Upper case; container commands with their subcommand.
    pub command: &'a [u8],
    /// Whether the arguments are certain.
    pub args_exact: bool,
    /// `None` where it is not certain.
    pub argc: Option<u64>,
    /// The first key that is whole.
    pub key: Option<&'a [u8]>,
    /// Its pattern.
    pub pattern: Option<&'a [u8]>,
    /// `None` where the form has none.
    pub client: Option<&'a [u8]>,
    /// `None` where the form has none.
    pub name: Option<&'a [u8]>,
    /// `None` but for Redis Software.
    pub complexity: Option<&'a [u8]>,
    /// Of the entry's first byte in the decompressed input.
    pub byte_offset: u64,
}

/// Rows of the table `slowlog`: one per entry as read, in the order of the capture.
#[derive(Clone, Debug)]
pub struct SlowRows {
    pub(in crate::output) time: Vec<i64>,
    pub(in crate::output) id: Vec<Option<u64>>,
    pub(in crate::output) value: Vec<u64>,
    pub(in crate::output) command: Dictionary,
    pub(in crate::output) args_exact: Vec<bool>,
    pub(in crate::output) argc: Vec<Option<u64>>,
    pub(in crate::output) key: Dictionary,
    pub(in crate::output) pattern: Dictionary,
    pub(in crate::output) client: Dictionary,
    pub(in crate::output) name: Dictionary,
    pub(in crate::output) complexity: Dictionary,
    pub(in crate::output) commandlog: Dictionary,
    pub(in crate::output) duplicate: Vec<bool>,
    pub(in crate::output) source: Dictionary,
    pub(in crate::output) byte_offset: Vec<u64>,
    pub(in crate::output) args: Option<Lists>,
    path: u32,
    said: Option<Commandlog>,
}

impl SlowRows {
    /// No rows yet; those to come are of the input at `source`. Arguments are kept if `with_values`.
    pub fn new(source: &[u8], with_values: bool, commandlog: Option<Commandlog>) -> Self {
        let mut paths = Dictionary::default();
        let path = paths.id(source);
        SlowRows {
            time: Vec::new(),
            id: Vec::new(),
            value: Vec::new(),
            command: Dictionary::default(),
            args_exact: Vec::new(),
            argc: Vec::new(),
            key: Dictionary::default(),
            pattern: Dictionary::default(),
            client: Dictionary::default(),
            name: Dictionary::default(),
            complexity: Dictionary::default(),
            commandlog: Dictionary::default(),
            duplicate: Vec::new(),
            source: paths,
            byte_offset: Vec::new(),
            args: with_values.then(Lists::default),
            path,
            said: commandlog,
        }
    }

    /// Finished rows.
    pub fn count(&self) -> usize {
        self.time.len()
    }

    /// Whether the rows count bytes.
    pub fn is_large(&self) -> bool {
        self.said.is_some_and(Commandlog::is_large)
    }

    /// The arguments of the row that is being filled, name first; `None` without `with_values`.
    pub fn args(&mut self) -> Option<&mut Lists> {
        self.args.as_mut()
    }

    /// Ends the row that is being filled.
    pub fn push(&mut self, row: &SlowRow<'_>) {
        fn put(column: &mut Dictionary, value: Option<&[u8]>) {
            let id = value.map(|value| column.id(value));
            column.push(id);
        }
        self.time.push(row.time);
        self.id.push(row.id);
        self.value.push(row.value);
        put(&mut self.command, Some(row.command));
        self.args_exact.push(row.args_exact);
        self.argc.push(row.argc);
        put(&mut self.key, row.key);
        put(&mut self.pattern, row.pattern);
        put(&mut self.client, row.client);
        put(&mut self.name, row.name);
        put(&mut self.complexity, row.complexity);
        put(&mut self.commandlog, self.said.map(|said| said.name().as_bytes()));
        self.duplicate.push(false);
        self.source.push(Some(self.path));
        self.byte_offset.push(row.byte_offset);
        if let Some(args) = &mut self.args {
            args.end_row();
        }
    }

    /// Says of each row whether its entry stood before: one answer a row.
    pub fn mark_duplicates(&mut self, answers: impl Iterator<Item = bool>) {
        self.duplicate.iter_mut().zip(answers).for_each(|(duplicate, answer)| *duplicate = answer);
    }
}
