//! Rows of the table `clients`.

use super::Dictionary;
use crate::format::client_list::field::{Field, Value, number};

/// Rows of the table `clients`: one per client and snapshot, in the order of the capture.
#[derive(Clone, Debug)]
pub struct ClientRows {
    pub(in crate::output) snapshot_time: Vec<Option<i64>>,
    pub(in crate::output) snapshot_number: Vec<u32>,
    pub(in crate::output) source: Dictionary,
    pub(in crate::output) byte_offset: Vec<u64>,
    /// By the order of the number fields.
    pub(in crate::output) numbers: Vec<Vec<Option<i64>>>,
    /// By the order of the text fields.
    pub(in crate::output) texts: Vec<Dictionary>,
    pub(in crate::output) other: Dictionary,
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
