//! Rows of the table `monitor`.

use crate::command::{self, Spec};
use crate::event::{Command, Exactness};
use crate::intern::{Interner, hash};
use crate::output::tables::{ClientParts, MonitorRow, MonitorRows};
use crate::pattern::{Patterns, Rules};
use crate::statistic::clients::Address;
use crate::statistic::commands::{CommandIndex, Commands};

/// Fills rows from the records of one block.
pub struct Part<'a> {
    pub(super) rows: MonitorRows,
    commands: Commands,
    /// The rows' numbers for a command's name and access, by its number in `commands`.
    names: Vec<Option<(u32, u32)>>,
    rules: &'a Rules,
    patterns: &'a Patterns,
    positions: Vec<usize>,
    keys: Interner,
    /// The rows' numbers for the patterns of `keys`.
    of_keys: Vec<u32>,
    key: Vec<u8>,
    shape: Vec<u8>,
    pattern: Vec<u8>,
}

impl<'a> Part<'a> {
    /// For a block of the input at `path`.
    pub fn new(path: &[u8], with_values: bool, rules: &'a Rules, patterns: &'a Patterns) -> Self {
        Part {
            rows: MonitorRows::new(path, with_values),
            commands: Commands::default(),
            names: Vec::new(),
            rules,
            patterns,
            positions: Vec::new(),
            keys: Interner::default(),
            of_keys: Vec::new(),
            key: Vec::new(),
            shape: Vec::new(),
            pattern: Vec::new(),
        }
    }

    /// The pattern's number for the first key of the row.
    fn pattern(&mut self, record: &Command<'_>) -> Option<u32> {
        let first = self.positions.first().and_then(|at| record.args.get(*at))?;
        let key = first.bytes(&mut self.key);
        let index = self.keys.intern(hash(key), key) as usize;
        if index == self.of_keys.len() {
            self.rules.shape(key, &mut self.shape);
            self.patterns.apply(&self.shape, &mut self.pattern);
            self.of_keys.push(self.rows.pattern(&self.pattern));
        }
        self.of_keys.get(index).copied()
    }

    /// The rows' numbers for a command's name and access.
    fn name(&mut self, command: CommandIndex, spec: Option<&Spec>) -> (u32, u32) {
        let at = command as usize;
        if at >= self.names.len() {
            self.names.resize(at + 1, None);
        }
        if let Some(Some(held)) = self.names.get(at) {
            return *held;
        }
        let access = spec.map_or("unknown", |spec| spec.access.name());
        let numbers = (self.rows.command(self.commands.name(command)), self.rows.access(access));
        if let Some(free) = self.names.get_mut(at) {
            *free = Some(numbers);
        }
        numbers
    }
}

impl Part<'_> {
    /// Adds a row.
    pub fn command(&mut self, record: &Command<'_>) {
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
        let (command, access) = self.name(command, spec);
        self.rows.push(&MonitorRow {
            time: record.time,
            database: record.database,
            byte_offset: record.place.offset,
            client,
            command,
            access,
            pattern,
            argc: u32::try_from(args.len()).unwrap_or(u32::MAX),
            payload_bytes: record.payload,
            in_script: record.client == Some(b"lua"),
            dangerous: spec.is_some_and(|spec| spec.danger.is_some()),
            exact: record.exactness == Exactness::Exact,
        });
    }
}
