//! The table `clients`: one row per client and snapshot.
//!
//! | column | type | |
//! |---|---|---|
//! | `snapshot_time` | timestamp | null without a clock |
//! | `snapshot_number` | integer | of the snapshot in its input, from 0 |
//! | `source` | string | path of the input |
//! | `byte_offset` | integer | of the row in the decompressed input |
//! | one for each [`Field`] | integer or string | `-` becomes `_`, `user` is `username`; null where missing |
//! | `other` | string | fields that are not known, as captured, else null |

use polars::prelude::{DataType, PolarsResult};

use super::integer;
use super::table::{Column, Rows, integers, rising, strings, times};
use crate::format::client_list::field::{Field, Value};
use crate::output::tables::ClientRows;

impl Rows for ClientRows {
    const NAME: &'static str = "clients";

    fn len(&self) -> usize {
        self.byte_offset.len()
    }

    fn columns(self) -> PolarsResult<Vec<Column>> {
        let offsets = self.byte_offset.into_iter().map(integer).collect();
        let mut columns = vec![
            times("snapshot_time", self.snapshot_time)?,
            integers(
                "snapshot_number",
                self.snapshot_number.into_iter().map(|n| Some(i64::from(n))).collect(),
            ),
            strings("source", &self.source)?,
            rising("byte_offset", DataType::Int64, offsets)?,
        ];
        let mut numbers = self.numbers.into_iter();
        let mut texts = self.texts.iter();
        for field in Field::ALL {
            match field.value() {
                Value::Number => {
                    columns.extend(numbers.next().map(|values| integers(field.column(), values)))
                }
                Value::Text => {
                    columns.extend(texts.next().map(|values| strings(field.column(), values)).transpose()?)
                }
            }
        }
        columns.push(strings("other", &self.other)?);
        Ok(columns)
    }
}

#[cfg(test)]
mod tests {
    use polars::prelude::AnyValue;

    use super::*;
    use crate::output::parquet::sample::{Dir, read};
    use crate::output::parquet::{Encoder, TableFile};

    #[test]
    fn client_rows_come_back() {
        let dir = Dir::new("clients");
        let mut rows = ClientRows::default();
        let source = |rows: &mut ClientRows| rows.start(Some(7), 3, b"a.log", 40);
        source(&mut rows);
        for (key, value) in
            [(&b"id"[..], &b"7"[..]), (b"addr", b"/tmp/a b:0"), (b"age", b"-1"), (b"novel", b"1")]
        {
            rows.field(Field::find(key), key, value);
        }
        rows.field(None, b"thing", b"");
        rows.end();
        rows.start(None, 0, b"b.log", 0);
        rows.field(Some(Field::Name), b"name", b"");
        rows.field(Some(Field::User), b"user", b"\xff");
        rows.field(Some(Field::Omem), b"omem", b"x");
        rows.end();
        let mut file = TableFile::create(&dir.0, ClientRows::default()).unwrap();
        let batch = Encoder::new(&dir.0, ClientRows::default()).unwrap().encode(rows).unwrap();
        file.append(&batch).unwrap();
        assert_eq!(file.finish().unwrap(), 2);

        let frame = read(&dir.0.join("clients.parquet"));
        assert_eq!(frame.width(), Field::ALL.len() + 5);
        let shown = |row: usize, names: &[&str]| -> Vec<String> {
            let value = |name: &&str| match frame.column(name).unwrap().get(row).unwrap() {
                AnyValue::String(text) => text.to_string(),
                AnyValue::Null => "-".into(),
                other => other.to_string(),
            };
            names.iter().map(value).collect()
        };
        let names = [
            "snapshot_number",
            "source",
            "byte_offset",
            "id",
            "addr",
            "age",
            "name",
            "username",
            "omem",
            "other",
        ];
        assert_eq!(
            shown(0, &names),
            ["3", "a.log", "40", "7", "/tmp/a b:0", "-1", "-", "-", "-", "novel=1 thing="]
        );
        assert_eq!(shown(1, &names), ["0", "b.log", "0", "-", "-", "-", "", "\\xff", "-", "omem=x"]);
        let times = frame.column("snapshot_time").unwrap().datetime().unwrap().physical().clone();
        assert_eq!(times.iter().collect::<Vec<_>>(), [Some(7), None]);
    }
}
