//! Parquet tables as text that a test can compare.

use std::fs::File;
use std::path::Path;

use polars::prelude::{AnyValue, DataFrame, ParquetReader, SerReader};

/// The table in a file.
pub fn read(path: &Path) -> DataFrame {
    ParquetReader::new(File::open(path).unwrap()).finish().unwrap()
}

/// One cell: text as it is, times in microseconds, `-` for null.
pub fn cell(frame: &DataFrame, name: &str, row: usize) -> String {
    match frame.column(name).unwrap().get(row).unwrap() {
        AnyValue::Null => "-".to_owned(),
        AnyValue::Datetime(micros, ..) | AnyValue::DatetimeOwned(micros, ..) => micros.to_string(),
        value => value.get_str().map_or_else(|| value.to_string(), str::to_owned),
    }
}
