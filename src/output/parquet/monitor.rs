//! The table `monitor`: one row per record, written while the capture is read.
//!
//! Rows become compressed pages in [`Encoder::encode`], on as many threads as there are
//! batches, and go into the file in order in [`MonitorFile::append`], which only copies. A batch
//! is a row group, so memory does not grow with the capture.
//!
//! | column | type | |
//! |---|---|---|
//! | `time` | timestamp | |
//! | `db` | integer | null where Kvrocks prints a namespace |
//! | `namespace` | string | Kvrocks' namespace, else null |
//! | `source` | string | path of the input |
//! | `byte_offset` | integer | of the record in the decompressed input |
//! | `client` | string | as captured; null where the dialect prints none |
//! | `ip`, `port` | string, integer | null where the address has none |
//! | `client_kind` | string | `tcp`, `unix`, `lua`, `internal`, `unknown` |
//! | `command`, `access` | string | |
//! | `keys` | list of binary | exact bytes; empty where the call names none |
//! | `key` | string | the first of `keys`, else null |
//! | `pattern` | string | that of `key` |
//! | `argc`, `payload_bytes` | integer | |
//! | `in_script`, `dangerous`, `exact` | boolean | |
//! | `args` | list of binary | name and arguments, exact bytes; only `with_values` |

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::sync::PoisonError;

use polars::prelude::{BatchedWriter, DataType, PolarsResult, Schema, polars_bail};
use polars_arrow::array::{
    Array, BinaryArray, BooleanArray, DictionaryArray, ListArray, MutableBinaryViewArray, PrimitiveArray,
};
use polars_arrow::bitmap::Bitmap;
use polars_arrow::datatypes::{ArrowDataType, IntegerType};
use polars_arrow::offset::OffsetsBuffer;
use polars_parquet::write::{
    CompressedPage, Encoding, ParquetType, WriteOptions, array_to_columns, compress,
};

use super::{Target, integer, text, timestamp, writer};
use crate::error::Result;
use crate::output::tables::{ClientParts, Dictionary, Lists, MonitorRows};

/// The file `monitor.parquet`, open for rows.
pub struct MonitorFile {
    target: Target,
    file: BatchedWriter<BufWriter<File>>,
    rows: u64,
}

/// Turns rows into pages of a [`MonitorFile`].
pub struct Encoder {
    target: Target,
    /// Of each column, in order.
    types: Vec<ParquetType>,
    options: WriteOptions,
}

/// A batch of rows as it will stand in the file.
pub struct Encoded {
    rows: u64,
    columns: Vec<Vec<CompressedPage>>,
}

impl MonitorFile {
    /// Opens `dir/monitor.parquet`, with the column `args` if the rows to come are `with_values`.
    /// The file takes that name in [`finish`](Self::finish).
    pub fn create(dir: &Path, with_values: bool) -> Result<Self> {
        let (target, out) = Target::create(dir, "monitor")?;
        let open = || {
            let columns = columns(MonitorRows::new(b"", with_values))?;
            let schema: Schema = columns.into_iter().map(|c| (c.name.into(), c.dtype)).collect();
            writer(out, &schema)?.batched(&schema)
        };
        let file = open().map_err(|e| target.broken(e))?;
        Ok(MonitorFile { target, file, rows: 0 })
    }

    /// What makes this file's pages; it needs the file no more.
    pub fn encoder(&mut self) -> Encoder {
        let options = self.file.get_writer().lock().unwrap_or_else(PoisonError::into_inner).options();
        Encoder { target: self.target.clone(), types: self.file.parquet_schema().fields().to_vec(), options }
    }

    /// Writes a batch after those before it.
    pub fn append(&mut self, batch: &Encoded) -> Result<()> {
        if batch.rows > 0 {
            self.file.write_row_group(batch.rows, &batch.columns).map_err(|e| self.target.broken(e))?;
            self.rows += batch.rows;
        }
        Ok(())
    }

    /// Writes the footer and gives the file its name; returns how many rows it holds.
    pub fn finish(self) -> Result<u64> {
        self.file.finish().map_err(|e| self.target.broken(e))?;
        self.target.publish()?;
        Ok(self.rows)
    }
}

impl Encoder {
    /// Turns rows into compressed pages. This is the work; any number of threads may do it at once.
    /// The rows keep arguments if and only if the file was created `with_values`.
    pub fn encode(&self, rows: MonitorRows) -> Result<Encoded> {
        let count = rows.len() as u64;
        let columns = self.pages(rows).map_err(|e| self.target.broken(e))?;
        Ok(Encoded { rows: count, columns })
    }

    fn pages(&self, rows: MonitorRows) -> PolarsResult<Vec<Vec<CompressedPage>>> {
        let pages_of = |(column, of): (Column, &ParquetType)| {
            // A dictionary column must be one page, however long the batch: see PAGE_BYTES.
            let whole = (column.encoding == Encoding::RleDictionary).then_some(usize::MAX);
            let options =
                WriteOptions { data_page_size: whole.or(self.options.data_page_size), ..self.options };
            // One leaf, since no column is a struct.
            let leaves = array_to_columns(column.array, of.clone(), options, &[column.encoding])?;
            let pages = leaves.into_iter().flatten();
            pages.map(|page| Ok(compress(page?, Vec::new(), options.compression)?)).collect()
        };
        let columns = columns(rows)?;
        if columns.len() != self.types.len() {
            polars_bail!(ShapeMismatch: "{} columns for {}", columns.len(), self.types.len());
        }
        columns.into_iter().zip(&self.types).map(pages_of).collect()
    }
}

/// A column of a batch.
struct Column {
    name: &'static str,
    dtype: DataType,
    encoding: Encoding,
    array: Box<dyn Array>,
}

/// The columns of `monitor`, in order.
fn columns(rows: MonitorRows) -> PolarsResult<Vec<Column>> {
    let is_number = rows.namespace.rows().iter().map(|id| *id == Dictionary::NULL);
    let db = is_number.zip(&rows.db).map(|(number, db)| number.then_some(i64::from(*db))).collect();
    let ip = per_client(&rows, |parts| parts?.ip.as_deref());
    let kind = per_client(&rows, |parts| Some(parts.map_or("unknown", |parts| parts.kind).as_bytes()));
    let port = |id: &u32| rows.client_parts.get(*id as usize).and_then(|parts| parts.port).map(i64::from);
    let ports = rows.client.rows().iter().map(port).collect();
    let offsets = rows.byte_offset.into_iter().map(integer).collect();
    let mut columns = vec![
        rising("time", timestamp(), rows.time)?,
        integers("db", db),
        strings("namespace", &rows.namespace)?,
        strings("source", &rows.source)?,
        rising("byte_offset", DataType::Int64, offsets)?,
        strings("client", &rows.client)?,
        strings("ip", &ip)?,
        integers("port", ports),
        strings("client_kind", &kind)?,
        strings("command", &rows.command)?,
        strings("access", &rows.access)?,
        firsts("key", &rows.keys),
        strings("pattern", &rows.pattern)?,
        integers("argc", rows.argc.into_iter().map(|argc| Some(i64::from(argc))).collect()),
        integers("payload_bytes", rows.payload_bytes.into_iter().map(|bytes| Some(integer(bytes))).collect()),
        flags("in_script", rows.in_script),
        flags("dangerous", rows.dangerous),
        flags("exact", rows.exact),
    ];
    let keys = lists("keys", rows.keys)?;
    columns.insert(columns.iter().position(|c| c.name == "key").unwrap_or_default(), keys);
    if let Some(args) = rows.args {
        columns.push(lists("args", args)?);
    }
    Ok(columns)
}

/// What the address of each row's client says; asked once per client.
fn per_client<'a>(
    rows: &'a MonitorRows,
    value: impl Fn(Option<&'a ClientParts>) -> Option<&'a [u8]>,
) -> Dictionary {
    let mut column = Dictionary::default();
    let mut id = |parts| value(parts).map(|value| column.id(value));
    let ids: Vec<Option<u32>> = rows.client_parts.iter().map(|parts| id(Some(parts))).collect();
    let unnamed = if rows.client.rows().contains(&Dictionary::NULL) { id(None) } else { None };
    for client in rows.client.rows() {
        column.push(ids.get(*client as usize).copied().unwrap_or(unnamed));
    }
    column
}

/// Integers that mostly grow: their differences are stored.
fn rising(name: &'static str, dtype: DataType, values: Vec<i64>) -> PolarsResult<Column> {
    let arrow = dtype.to_arrow(polars::prelude::CompatLevel::newest());
    let array = PrimitiveArray::try_new(arrow, values.into(), None)?;
    Ok(Column { name, dtype, encoding: Encoding::DeltaBinaryPacked, array: array.boxed() })
}

fn integers(name: &'static str, values: Vec<Option<i64>>) -> Column {
    let array = PrimitiveArray::from(values).boxed();
    Column { name, dtype: DataType::Int64, encoding: Encoding::RleDictionary, array }
}

fn flags(name: &'static str, values: Vec<bool>) -> Column {
    let array = BooleanArray::from_slice(values).boxed();
    Column { name, dtype: DataType::Boolean, encoding: Encoding::Plain, array }
}

/// Strings in the notation; Parquet's dictionary is the batch's.
fn strings(name: &'static str, column: &Dictionary) -> PolarsResult<Column> {
    let mut values = MutableBinaryViewArray::<str>::new();
    column.values().for_each(|value| values.push_value(text(value)));
    let is_value = |id: &u32| *id != Dictionary::NULL;
    let valid =
        column.rows().contains(&Dictionary::NULL).then(|| column.rows().iter().map(is_value).collect());
    // Under a null any number within the dictionary may stand.
    let ids: Vec<u32> = column.rows().iter().map(|id| if is_value(id) { *id } else { 0 }).collect();
    let ids = PrimitiveArray::try_new(ArrowDataType::UInt32, ids.into(), valid.map(|bits: Bitmap| bits))?;
    let of = ArrowDataType::Dictionary(IntegerType::UInt32, Box::new(ArrowDataType::Utf8View), false);
    let array = DictionaryArray::try_new(of, ids, values.freeze().boxed())?.boxed();
    Ok(Column { name, dtype: DataType::String, encoding: Encoding::RleDictionary, array })
}

/// The first item of each list, in the notation.
fn firsts(name: &'static str, column: &Lists) -> Column {
    let mut values = MutableBinaryViewArray::<str>::new();
    column.firsts().for_each(|first| values.push(first.map(text)));
    let array = values.freeze().boxed();
    Column { name, dtype: DataType::String, encoding: Encoding::RleDictionary, array }
}

fn lists(name: &'static str, column: Lists) -> PolarsResult<Column> {
    let (bytes, items, rows) = column.into_parts();
    let items: OffsetsBuffer<i64> = items.try_into()?;
    let items = BinaryArray::try_new(ArrowDataType::LargeBinary, items, bytes.into(), None)?;
    let of = ListArray::<i64>::default_datatype(ArrowDataType::LargeBinary);
    let array = ListArray::try_new(of, rows.try_into()?, items.boxed(), None)?.boxed();
    let dtype = DataType::List(Box::new(DataType::Binary));
    Ok(Column { name, dtype, encoding: Encoding::Plain, array })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use polars::prelude::{AnyValue, DataFrame, ParquetReader, SerReader};

    use super::*;
    use crate::output::parquet::sample::{Dir, capture, list, read, record, rows};

    /// The columns of a row that are neither lists nor times, as one line.
    fn shown(frame: &DataFrame, row: usize) -> String {
        let value = |name: &&str| match frame.column(name).unwrap().get(row).unwrap() {
            AnyValue::String(text) => text.to_string(),
            AnyValue::Null => "-".into(),
            other => other.to_string(),
        };
        ["db", "namespace", "client", "ip", "port", "client_kind", "command", "key"]
            .iter()
            .map(value)
            .collect::<Vec<_>>()
            .join(" | ")
    }

    #[test]
    fn monitor_rows_come_back() {
        let dir = Dir::new("monitor");
        let mut file = MonitorFile::create(&dir.0, true).unwrap();
        let encoder = file.encoder();
        for range in [0..7, 7..7, 7..10] {
            let batch = encoder.encode(rows(range, true)).unwrap();
            file.append(&batch).unwrap();
        }
        let path = dir.0.join("monitor.parquet");
        assert!(!path.exists(), "an unfinished file must not have its name");
        assert_eq!(file.finish().unwrap(), 10);

        let groups = ParquetReader::new(File::open(&path).unwrap()).get_metadata().unwrap().row_groups.len();
        assert_eq!(groups, 2);
        let frame = read(&path);
        assert_eq!(frame.height(), 10);
        let capture = capture(10);
        for row in 0..10 {
            let (record, time) = record(row);
            assert_eq!(list(&frame, "keys", row), record.keys(), "keys of row {row}");
            assert_eq!(list(&frame, "args", row), record.args, "args of row {row}");
            assert_eq!(frame.column("time").unwrap().datetime().unwrap().physical().get(row), Some(time));
            let offset = frame.column("byte_offset").unwrap().i64().unwrap().get(row).unwrap() as usize;
            assert!(capture[offset..].starts_with(&record.line(time)), "offset of row {row}");
        }
        for (row, expected) in [
            "0 | - | 10.0.0.7:6001 | 10.0.0.7 | 6001 | tcp | SET | user:7",
            "15 | - | 10.0.0.7:6001 | 10.0.0.7 | 6001 | tcp | GET | a\\x00b",
            "0 | - | unix:/tmp/a b.sock | - | - | unix | MGET | \\xff\\xc3",
            "0 | - | unix:/tmp/a b.sock | - | - | unix | PING | -",
            "0 | - | 10.0.0.7:6001 | 10.0.0.7 | 6001 | tcp | GET | ",
            "- | ns\\xfe | 10.0.0.7:6001 | 10.0.0.7 | 6001 | tcp | MSET | k1",
            "0 | - | - | - | - | unknown | DEL | user:7",
            "4294967295 | - | lua | - | - | lua | SET | a long key, longer than any view holds inline",
            "0 | - |  | - | - | internal | FLUSHALL | -",
            "0 | - | [::1]:50000 | ::1 | 50000 | tcp | GET | __:x\\n1795172219.0 [0 lua] \\\"GET\\\"",
        ]
        .iter()
        .enumerate()
        {
            assert_eq!(shown(&frame, row), *expected);
        }
    }

    #[test]
    fn bytes_do_not_depend_on_threads() {
        let write = |name: &str, threads: bool| {
            let dir = Dir::new(name);
            let mut file = MonitorFile::create(&dir.0, false).unwrap();
            let encoder = file.encoder();
            let batches = [rows(0..5000, false), rows(5000..9000, false)];
            let encoded: Vec<Encoded> = if threads {
                std::thread::scope(|scope| {
                    let encoder = &encoder;
                    let work: Vec<_> = batches
                        .into_iter()
                        .map(|rows| scope.spawn(move || encoder.encode(rows).unwrap()))
                        .collect();
                    work.into_iter().map(|work| work.join().unwrap()).collect()
                })
            } else {
                batches.into_iter().map(|rows| encoder.encode(rows).unwrap()).collect()
            };
            encoded.iter().for_each(|batch| file.append(batch).unwrap());
            file.finish().unwrap();
            fs::read(dir.0.join("monitor.parquet")).unwrap()
        };
        assert!(write("one-thread", false) == write("threads", true));
    }

    #[test]
    fn rows_and_file_agree_on_arguments() {
        let dir = Dir::new("arguments");
        for (file, rows_have) in [(false, true), (true, false)] {
            let encoder = MonitorFile::create(&dir.0, file).unwrap().encoder();
            assert!(encoder.encode(rows(0..1, rows_have)).is_err(), "rows with arguments: {rows_have}");
        }
    }

    #[test]
    fn a_batch_without_rows_makes_a_table_without_rows() {
        let dir = Dir::new("no-rows");
        let file = MonitorFile::create(&dir.0, false).unwrap();
        assert_eq!(file.finish().unwrap(), 0);
        let frame = read(&dir.0.join("monitor.parquet"));
        assert_eq!((frame.height(), frame.width()), (0, 19));
    }
}
