//! The table `monitor`: one row per record, written while the capture is read.
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

use polars::prelude::{DataType, PolarsResult};

use super::table::{Column, Rows, firsts, flags, integers, lists, rising, strings};
use super::{integer, timestamp};
use crate::output::tables::{ClientParts, Dictionary, MonitorRows};

impl Rows for MonitorRows {
    const NAME: &'static str = "monitor";

    fn len(&self) -> usize {
        self.count()
    }

    fn columns(self) -> PolarsResult<Vec<Column>> {
        let is_number = self.namespace.rows().iter().map(|id| *id == Dictionary::NULL);
        let db = is_number.zip(&self.db).map(|(number, db)| number.then_some(i64::from(*db))).collect();
        let ip = per_client(&self, |parts| parts?.ip.as_deref());
        let kind = per_client(&self, |parts| Some(parts.map_or("unknown", |parts| parts.kind).as_bytes()));
        let port = |id: &u32| self.client_parts.get(*id as usize).and_then(|parts| parts.port).map(i64::from);
        let ports = self.client.rows().iter().map(port).collect();
        let offsets = self.byte_offset.into_iter().map(integer).collect();
        let mut columns = vec![
            rising("time", timestamp(), self.time)?,
            integers("db", db),
            strings("namespace", &self.namespace)?,
            strings("source", &self.source)?,
            rising("byte_offset", DataType::Int64, offsets)?,
            strings("client", &self.client)?,
            strings("ip", &ip)?,
            integers("port", ports),
            strings("client_kind", &kind)?,
            strings("command", &self.command)?,
            strings("access", &self.access)?,
            firsts("key", &self.keys),
            strings("pattern", &self.pattern)?,
            integers("argc", self.argc.into_iter().map(|argc| Some(i64::from(argc))).collect()),
            integers(
                "payload_bytes",
                self.payload_bytes.into_iter().map(|bytes| Some(integer(bytes))).collect(),
            ),
            flags("in_script", self.in_script),
            flags("dangerous", self.dangerous),
            flags("exact", self.exact),
        ];
        let keys = lists("keys", self.keys)?;
        columns.insert(columns.iter().position(|c| c.name == "key").unwrap_or_default(), keys);
        if let Some(args) = self.args {
            columns.push(lists("args", args)?);
        }
        Ok(columns)
    }
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

#[cfg(test)]
mod tests {
    use std::fs;

    use polars::prelude::{AnyValue, DataFrame, ParquetReader, SerReader};

    use std::fs::File;

    use super::*;
    use crate::output::parquet::sample::{Dir, capture, list, read, record, rows};
    use crate::output::parquet::{Encoded, Encoder, TableFile};

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
        let mut file = TableFile::create(&dir.0, MonitorRows::new(b"", true)).unwrap();
        let encoder = Encoder::new(&dir.0, MonitorRows::new(b"", true)).unwrap();
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
            let mut file = TableFile::create(&dir.0, MonitorRows::new(b"", false)).unwrap();
            let encoder = Encoder::new(&dir.0, MonitorRows::new(b"", false)).unwrap();
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
            let encoder = Encoder::new(&dir.0, MonitorRows::new(b"", file)).unwrap();
            assert!(encoder.encode(rows(0..1, rows_have)).is_err(), "rows with arguments: {rows_have}");
        }
    }

    #[test]
    fn a_batch_without_rows_makes_a_table_without_rows() {
        let dir = Dir::new("no-rows");
        let file = TableFile::create(&dir.0, MonitorRows::new(b"", false)).unwrap();
        assert_eq!(file.finish().unwrap(), 0);
        let frame = read(&dir.0.join("monitor.parquet"));
        assert_eq!((frame.height(), frame.width()), (0, 19));
    }
}
