//! The file of one table, written while a capture is read.
//!
//! Rows become compressed pages in [`Encoder::encode`], on as many threads as there are batches, and go
//! into the file in order in [`TableFile::append`], which only copies. A batch is a row group, so memory
//! does not grow with the capture.

use std::fs::File;
use std::io::{BufWriter, Write};
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

use super::{broken, create, target, text, writer};
use crate::error::Result;
use crate::output::tables::{Dictionary, Lists};
use crate::output::whole::Whole;

/// Rows that can become a table.
pub trait Rows: Send {
    /// The table's name, and its file's without the suffix.
    const NAME: &'static str;
    /// How many there are.
    fn len(&self) -> usize;
    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// The columns, always the same names and types in the same order.
    ///
    /// # Errors
    /// What polars says of columns that cannot be.
    fn columns(self) -> PolarsResult<Vec<Column>>;
}

/// A table's file, open for rows.
pub struct TableFile {
    target: Whole,
    file: BatchedWriter<BufWriter<File>>,
    rows: u64,
}

/// Turns rows into pages of a [`TableFile`].
pub struct Encoder {
    target: Whole,
    /// Of each column, in order.
    types: Vec<ParquetType>,
    options: WriteOptions,
}

/// A batch of rows as it will stand in the file.
pub struct Encoded {
    rows: u64,
    columns: Vec<Vec<CompressedPage>>,
}

impl TableFile {
    /// Opens `dir/NAME.parquet` for rows with the columns of `sample`, whose own rows are not written.
    /// The file takes that name in [`finish`](Self::finish).
    pub fn create<R: Rows>(dir: &Path, sample: R) -> Result<Self> {
        let (target, out) = create(dir, R::NAME)?;
        let file = open(out, sample).map_err(|e| broken(&target, e))?;
        Ok(TableFile { target, file, rows: 0 })
    }

    /// Writes a batch after those before it.
    pub fn append(&mut self, batch: &Encoded) -> Result<()> {
        if batch.rows > 0 {
            self.file.write_row_group(batch.rows, &batch.columns).map_err(|e| broken(&self.target, e))?;
            self.rows += batch.rows;
        }
        Ok(())
    }

    /// Writes the footer and gives the file its name; returns how many rows it holds.
    pub fn finish(self) -> Result<u64> {
        self.file.finish().map_err(|e| broken(&self.target, e))?;
        self.target.publish()?;
        Ok(self.rows)
    }
}

fn open<R: Rows, W: Write>(out: W, sample: R) -> PolarsResult<BatchedWriter<W>> {
    let schema: Schema = sample.columns()?.into_iter().map(|c| (c.name.into(), c.dtype)).collect();
    writer(out, &schema)?.batched(&schema)
}

impl Encoder {
    /// For rows with the columns of `sample`, which are going to a file below `dir`.
    pub fn new<R: Rows>(dir: &Path, sample: R) -> Result<Self> {
        let target = target(dir, R::NAME);
        let mut file = open(std::io::sink(), sample).map_err(|e| broken(&target, e))?;
        let options = file.get_writer().lock().unwrap_or_else(PoisonError::into_inner).options();
        Ok(Encoder { types: file.parquet_schema().fields().to_vec(), options, target })
    }

    /// Turns rows into compressed pages. This is the work; any number of threads may do it at once.
    /// The rows have the columns that the file was created with.
    pub fn encode<R: Rows>(&self, rows: R) -> Result<Encoded> {
        let count = rows.len() as u64;
        let columns = self.pages(rows).map_err(|e| broken(&self.target, e))?;
        Ok(Encoded { rows: count, columns })
    }

    fn pages<R: Rows>(&self, rows: R) -> PolarsResult<Vec<Vec<CompressedPage>>> {
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
        let columns = rows.columns()?;
        if columns.len() != self.types.len() {
            polars_bail!(ShapeMismatch: "{} columns for {}", columns.len(), self.types.len());
        }
        columns.into_iter().zip(&self.types).map(pages_of).collect()
    }
}

/// A column of a batch.
pub struct Column {
    pub(super) name: &'static str,
    pub(super) dtype: DataType,
    pub(super) encoding: Encoding,
    pub(super) array: Box<dyn Array>,
}

/// Integers that mostly grow: their differences are stored.
pub(super) fn rising(name: &'static str, dtype: DataType, values: Vec<i64>) -> PolarsResult<Column> {
    let arrow = dtype.to_arrow(polars::prelude::CompatLevel::newest());
    let array = PrimitiveArray::try_new(arrow, values.into(), None)?;
    Ok(Column { name, dtype, encoding: Encoding::DeltaBinaryPacked, array: array.boxed() })
}

/// Times, of which some may be missing.
pub(super) fn times(name: &'static str, values: Vec<Option<i64>>) -> PolarsResult<Column> {
    let dtype = super::timestamp();
    let arrow = dtype.to_arrow(polars::prelude::CompatLevel::newest());
    let array = PrimitiveArray::from(values).to(arrow).boxed();
    Ok(Column { name, dtype, encoding: Encoding::RleDictionary, array })
}

pub(super) fn integers(name: &'static str, values: Vec<Option<i64>>) -> Column {
    let array = PrimitiveArray::from(values).boxed();
    Column { name, dtype: DataType::Int64, encoding: Encoding::RleDictionary, array }
}

pub(super) fn flags(name: &'static str, values: Vec<bool>) -> Column {
    let array = BooleanArray::from_slice(values).boxed();
    Column { name, dtype: DataType::Boolean, encoding: Encoding::Plain, array }
}

/// Strings in the notation; Parquet's dictionary is the batch's.
pub(super) fn strings(name: &'static str, column: &Dictionary) -> PolarsResult<Column> {
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
pub(super) fn firsts(name: &'static str, column: &Lists) -> Column {
    let mut values = MutableBinaryViewArray::<str>::new();
    column.firsts().for_each(|first| values.push(first.map(text)));
    let array = values.freeze().boxed();
    Column { name, dtype: DataType::String, encoding: Encoding::RleDictionary, array }
}

/// One item a row.
pub(super) fn items(name: &'static str, column: Lists) -> PolarsResult<Column> {
    let (bytes, items, _) = column.into_parts();
    let items: OffsetsBuffer<i64> = items.try_into()?;
    let array = BinaryArray::try_new(ArrowDataType::LargeBinary, items, bytes.into(), None)?.boxed();
    Ok(Column { name, dtype: DataType::Binary, encoding: Encoding::Plain, array })
}

pub(super) fn lists(name: &'static str, column: Lists) -> PolarsResult<Column> {
    let (bytes, items, rows) = column.into_parts();
    let items: OffsetsBuffer<i64> = items.try_into()?;
    let items = BinaryArray::try_new(ArrowDataType::LargeBinary, items, bytes.into(), None)?;
    let of = ListArray::<i64>::default_datatype(ArrowDataType::LargeBinary);
    let array = ListArray::try_new(of, rows.try_into()?, items.boxed(), None)?.boxed();
    let dtype = DataType::List(Box::new(DataType::Binary));
    Ok(Column { name, dtype, encoding: Encoding::Plain, array })
}
