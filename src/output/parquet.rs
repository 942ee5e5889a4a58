//! Parquet tables, written through polars; nothing else in the crate names it.
//!
//! What readers (polars, pandas, DuckDB, Spark) can rely on:
//!
//! - Plain types. Integers are `INT64`, since Spark has no unsigned ones (a count past `i64::MAX`
//!   stands as `i64::MAX`); times are `TIMESTAMP(µs, UTC)`; strings are UTF-8 in the notation of
//!   [`notation`]; what is binary is the exact bytes. Every column may be null.
//! - No column name is a reserved word of DuckDB, Spark or Postgres, so none needs quotes.
//! - A table has its columns even where it has no row.
//! - A file under its own name is whole: it is written as `NAME.parquet.partial` and renamed when
//!   its footer stands. What a run leaves that was killed has the other name, and no footer.
//! - Equal rows give equal bytes, whatever the number of threads.

mod clients;
mod connections;
mod events;
mod findings;
mod info;
mod info_rows;
mod keys;
mod keyspace;
mod monitor;
mod report;
#[cfg(test)]
mod sample;
mod slowlog;
mod table;

use std::fs::{self, File};
use std::io::BufWriter;
use std::path::Path;

use polars::prelude::{
    CompatLevel, DataType, KeyValueMetadata, ParquetCompression, ParquetWriter, PolarsError, Schema,
    SchemaExt, StatisticsOptions, TimeUnit, TimeZone,
};
use polars_parquet::write::{ZstdLevel, schema_to_metadata_key};

use crate::error::{Error, Result};
use crate::output::notation;
use crate::output::whole::{Whole, shown};

pub use report::write_report;
pub use table::{Encoded, Encoder, Rows, TableFile};

/// zstd's own default: past it files shrink by a few per cent and take several times as long.
const ZSTD_LEVEL: i32 = 3;

/// Bytes of a data page, four times polars' default, so that no dictionary column has two pages.
///
/// polars-parquet 0.55 notes the nulls of the whole column in each page of a dictionary column and
/// adds them up (pola-rs/polars issue 29321): where that makes as many as there are rows, DuckDB
/// takes every value for null. A page holds `PAGE_BYTES / 5` rows of a dictionary; a row group of
/// polars' own cutting has fewer than 2 × 512² rows, which is less.
const PAGE_BYTES: usize = 4 << 20;

/// The file of the table `name` below `dir`.
fn target(dir: &Path, name: &str) -> Whole {
    Whole::new(dir.join(format!("{name}.parquet")))
}

/// The same, open; the directory is made where it is missing.
fn create(dir: &Path, name: &str) -> Result<(Whole, BufWriter<File>)> {
    fs::create_dir_all(dir).map_err(|e| Error::io(format!("cannot create {}", shown(dir)), e))?;
    let mut target = target(dir, name);
    let file = target.create()?;
    Ok((target, file))
}

/// What polars says, with the file it was said of.
fn broken(target: &Whole, error: PolarsError) -> Error {
    Error::Table(format!("{}: {error}", target.complaint()))
}

/// A writer of this crate's settings for a table of this schema.
fn writer<W: std::io::Write>(out: W, schema: &Schema) -> std::result::Result<ParquetWriter<W>, PolarsError> {
    // Arrow's note of the schema would name polars' string views, which older readers refuse
    // (pyarrow 14); the types before them say the same.
    let note = schema_to_metadata_key(&schema.to_arrow(CompatLevel::oldest()));
    let note = vec![(note.key, note.value.unwrap_or_default())];
    Ok(ParquetWriter::new(out)
        .with_compression(ParquetCompression::Zstd(Some(ZstdLevel::try_new(ZSTD_LEVEL)?)))
        .with_statistics(StatisticsOptions::default())
        .with_data_page_size(Some(PAGE_BYTES))
        .with_key_value_metadata(Some(KeyValueMetadata::from_static(note)))
        .set_parallel(false))
}

/// The type of a time.
fn timestamp() -> DataType {
    DataType::Datetime(TimeUnit::Microseconds, Some(TimeZone::UTC))
}

/// A count as Parquet's readers can all hold it.
fn integer(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// `bytes` in the notation; borrowed where they are text that needs no escapes.
fn text(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    let plain = |byte: &u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\');
    match std::str::from_utf8(bytes) {
        Ok(text) if bytes.iter().all(plain) => text.into(),
        _ => notation::escape(bytes).into(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use polars::prelude::{ParquetReader, SerReader};

    use super::sample::{Dir, read, report, rows};
    use super::*;
    use crate::output::tables::MonitorRows;
    use crate::report::ClientRow;

    /// Nulls of each column by the footer's word, over all row groups.
    fn nulls_noted(path: &Path) -> BTreeMap<String, i64> {
        let mut reader = ParquetReader::new(File::open(path).unwrap());
        let footer = reader.get_metadata().unwrap();
        let mut nulls = BTreeMap::new();
        for column in footer.row_groups.iter().flat_map(|group| group.parquet_columns()) {
            let name = column.descriptor().path_in_schema[0].to_string();
            let statistics = column.statistics(&footer.footer_buf).unwrap().unwrap();
            *nulls.entry(name).or_default() += statistics.null_count().unwrap();
        }
        nulls
    }

    #[test]
    fn nulls_are_noted_once() {
        // More rows than a page of polars' default size holds.
        let count = 230_000;
        let dir = Dir::new("nulls");
        let mut file = TableFile::create(&dir.0, MonitorRows::new(b"", false)).unwrap();
        let batch = Encoder::new(&dir.0, MonitorRows::new(b"", false))
            .unwrap()
            .encode(rows(0..count, false))
            .unwrap();
        file.append(&batch).unwrap();
        file.finish().unwrap();

        let mut report = report(10);
        let row = report.clients.rows[0].clone();
        report.clients.rows = (0..count)
            .map(|at| ClientRow { port: (at % 2 == 0).then_some(1), commands: Vec::new(), ..row.clone() })
            .collect();
        write_report(&report, &dir.0).unwrap();
        for table in ["monitor", "clients"] {
            let path = dir.0.join(format!("{table}.parquet"));
            let frame = read(&path);
            for (name, nulls) in nulls_noted(&path) {
                assert_eq!(nulls as usize, frame.column(&name).unwrap().null_count(), "{table}.{name}");
            }
        }
    }
}
