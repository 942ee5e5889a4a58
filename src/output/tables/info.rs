//! Rows of the table `info`.

use super::Dictionary;

/// What the rows of one dump share.
#[derive(Clone, Copy, Debug)]
pub struct InfoDumpRow<'a> {
    /// Microseconds since 1970-01-01 UTC, where the dump, or the name of its file, has a clock.
    pub time: Option<i64>,
    /// The run of the server.
    pub run_id: Option<&'a [u8]>,
    /// Of the dump's first byte in the decompressed input.
    pub byte_offset: u64,
}

/// Rows of the table `info`: one per field, one per part where a value is `part=value,…`.
#[derive(Clone, Debug, Default)]
pub struct InfoRows {
    pub(in crate::output) time: Vec<Option<i64>>,
    pub(in crate::output) run_id: Dictionary,
    pub(in crate::output) source: Dictionary,
    pub(in crate::output) byte_offset: Vec<u64>,
    pub(in crate::output) section: Dictionary,
    pub(in crate::output) field: Dictionary,
    pub(in crate::output) part: Dictionary,
    pub(in crate::output) value: Dictionary,
    pub(in crate::output) number: Vec<Option<f64>>,
}

impl InfoRows {
    /// Finished rows.
    pub fn count(&self) -> usize {
        self.time.len()
    }

    /// Adds a row; `part` is the name within the value, where the value has such.
    pub fn push(
        &mut self,
        dump: &InfoDumpRow<'_>,
        section: &[u8],
        field: &[u8],
        part: Option<&[u8]>,
        value: &[u8],
    ) {
        self.time.push(dump.time);
        self.byte_offset.push(dump.byte_offset);
        for (column, value) in [
            (&mut self.run_id, dump.run_id),
            (&mut self.section, Some(section).filter(|section| !section.is_empty())),
            (&mut self.field, Some(field)),
            (&mut self.part, part),
            (&mut self.value, Some(value)),
        ] {
            let id = value.map(|value| column.id(value));
            column.push(id);
        }
        let number = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok());
        self.number.push(number.filter(|number: &f64| number.is_finite()));
    }

    /// Gives the first dump its time, where it has none.
    pub fn set_first_time(&mut self, time: Option<i64>) {
        let first = self.byte_offset.first().copied();
        let rows = self.time.iter_mut().zip(&self.byte_offset);
        rows.take_while(|(_, offset)| Some(**offset) == first).for_each(|(held, _)| *held = held.or(time));
    }

    /// Says of which input all rows are.
    pub fn set_source(&mut self, path: &[u8]) {
        self.source = Dictionary::default();
        let id = self.source.id(path);
        (0..self.count()).for_each(|_| self.source.push(Some(id)));
    }
}
