//! The table `events`: one row per change that keyspace notifications told of.
//!
//! | column | type | |
//! |---|---|---|
//! | `time` | timestamp | of its first message; null where the capture has no clock |
//! | `db` | integer | |
//! | `event`, `class` | string | as published; `generic`, `string`, `expired` … |
//! | `key` | binary | exact bytes |
//! | `key_text` | string | the same in the notation |
//! | `pattern` | string | |
//! | `source` | string | path of the input |
//! | `byte_offset` | integer | of its first message in the decompressed input |
//! | `messages` | integer | how many told of it |

use polars::prelude::{DataType, PolarsResult};

use super::integer;
use super::table::{Column, Rows, firsts, integers, items, rising, strings, times};
use crate::output::tables::EventRows;

impl Rows for EventRows {
    const NAME: &'static str = "events";

    fn len(&self) -> usize {
        self.count()
    }

    fn columns(self) -> PolarsResult<Vec<Column>> {
        let offsets = self.byte_offset.into_iter().map(integer).collect();
        let key_text = firsts("key_text", &self.keys);
        Ok(vec![
            times("time", self.time)?,
            integers("db", self.db.into_iter().map(|db| Some(i64::from(db))).collect()),
            strings("event", &self.event)?,
            strings("class", &self.class)?,
            items("key", self.keys)?,
            key_text,
            strings("pattern", &self.pattern)?,
            strings("source", &self.source)?,
            rising("byte_offset", DataType::Int64, offsets)?,
            integers("messages", self.messages.into_iter().map(|n| Some(integer(n))).collect()),
        ])
    }
}
