//! The rows of `convert`.

use std::fs;

use polars::prelude::{ParquetReader, SerReader};

use crate::common::{analysis, content};
use crate::plain::{Plain, series};

#[test]
fn the_table_has_a_row_for_every_client_of_every_snapshot() {
    for path in series() {
        for block_bytes in [1 << 12, 1 << 24] {
            let dir = tempfile::tempdir().unwrap();
            let outcome =
                redtrail::convert(std::slice::from_ref(&path), dir.path(), false, &analysis(block_bytes, 2))
                    .unwrap();
            let plain = Plain::read(&content(&path));
            let rows: Vec<_> = plain
                .snapshots
                .iter()
                .flat_map(|(time, clients)| clients.iter().map(move |c| (*time, c)))
                .collect();
            assert_eq!(outcome.rows, [("clients", rows.len() as u64)]);
            let file = fs::File::open(dir.path().join("clients.parquet")).unwrap();
            let frame = ParquetReader::new(file).finish().unwrap();
            let times = frame.column("snapshot_time").unwrap().datetime().unwrap().physical().clone();
            let number = |name: &str| frame.column(name).unwrap().i64().unwrap().clone();
            let word = |name: &str| frame.column(name).unwrap().str().unwrap().clone();
            let (ids, omem, name, user) = (number("id"), number("tot_mem"), word("name"), word("username"));
            for (at, (time, client)) in rows.iter().enumerate() {
                assert_eq!(times.get(at), Some(time * 1_000_000));
                assert_eq!(ids.get(at), client["id"].parse().ok());
                assert_eq!(omem.get(at), client.get("tot-mem").map(|value| value.parse().unwrap()));
                assert_eq!(name.get(at), Some(client["name"].as_str()));
                assert_eq!(user.get(at), client.get("user").map(String::as_str));
            }
            assert_eq!(word("other").null_count(), rows.len());
        }
    }
}
