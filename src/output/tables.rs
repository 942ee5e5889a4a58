//! Rows of tables as plain columns, filled while a capture is read; no file format is named here.
//!
//! A row costs a few pushes: what repeats (clients, commands, patterns) is kept once per batch and
//! rows hold its number, what does not repeat (keys, arguments) goes into one flat buffer.

mod clients;
mod events;
pub mod info;
mod monitor;
mod slow;

use crate::event::Text;
use crate::intern::{Interner, hash};

pub use clients::ClientRows;
pub use events::{EventRow, EventRows};
pub use monitor::{ClientParts, MonitorRow, MonitorRows};
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
