//! The table `info`: one row per field of a dump, or per part where a value is `part=value,…`.
//!
//! | column | type | |
//! |---|---|---|
//! | `time` | timestamp | of the dump; null where it has no clock |
//! | `run_id` | string | null where the dump does not say |
//! | `source` | string | path of the input |
//! | `byte_offset` | integer | of the dump in the decompressed input |
//! | `section` | string | null where none was printed |
//! | `field` | string | `used_memory`, `cmdstat_get` |
//! | `part` | string | `calls` of `cmdstat_get`; null where the value is one |
//! | `value` | string | as printed |
//! | `number` | double | the same as a number; null where it is none |

use polars::prelude::{DataType, PolarsResult};
use polars_arrow::array::PrimitiveArray;
use polars_parquet::write::Encoding;

use super::integer;
use super::table::{Column, Rows, rising, strings, times};
use crate::output::tables::info::InfoRows;

impl Rows for InfoRows {
    const NAME: &'static str = "info";

    fn len(&self) -> usize {
        self.count()
    }

    fn columns(self) -> PolarsResult<Vec<Column>> {
        let number = PrimitiveArray::from(self.number).boxed();
        Ok(vec![
            times("time", self.time)?,
            strings("run_id", &self.run_id)?,
            strings("source", &self.source)?,
            rising("byte_offset", DataType::Int64, self.byte_offset.into_iter().map(integer).collect())?,
            strings("section", &self.section)?,
            strings("field", &self.field)?,
            strings("part", &self.part)?,
            strings("value", &self.value)?,
            Column { name: "number", dtype: DataType::Float64, encoding: Encoding::Plain, array: number },
        ])
    }
}
