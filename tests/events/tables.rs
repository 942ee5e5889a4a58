//! Tables of the report and of `convert`.

use std::fs;

use polars::prelude::{ParquetReader, SerReader};
use redtrail::options::Analysis;

use crate::common::{analyze, changes, fixture, read, unpacked};

#[test]
fn patterns_are_those_of_the_calls() {
    let dir = tempfile::tempdir().unwrap();
    // Names that only many of them show to be ids: MONITOR has the many, the events one.
    let calls: String = (0..60)
        .map(|at| {
            format!(
                "1795172219.{at:06} [0 1.1.1.1:1] \"GET\" \"user:name{}:profile\"\n",
                char::from(b'a' + at % 26).to_string().repeat(1 + usize::from(at) / 26)
            )
        })
        .collect();
    fs::write(dir.path().join("monitor.log"), calls).unwrap();
    fs::write(dir.path().join("events.csv"), "\"message\",\"__keyevent@0__:set\",\"user:nameq:profile\"\n")
        .unwrap();
    let alone = analyze(&[dir.path().join("events.csv")], 1 << 20, 1);
    assert_eq!(alone.keyspace_events.patterns[0].pattern.0, b"user:nameq:profile");
    let both = analyze(&[dir.path().to_path_buf()], 1 << 20, 1);
    assert_eq!(both.keyspace_events.patterns[0].pattern.0, b"user:*:profile");
    assert_eq!(both.key_patterns.rows[0].pattern.0, b"user:*:profile");
}

#[test]
fn the_table_has_a_row_for_each_change() {
    let out = tempfile::tempdir().unwrap();
    for (name, clock) in [
        ("captures-events/redis-7.0.15/events-raw.log.xz", false),
        ("captures-events/redis-7.0.15/events-pylogger.log.xz", true),
        ("cases/events-8.8dev-subkey-csv.txt", false),
    ] {
        let paths = [fixture(name)];
        let report = analyze(&paths, 1 << 20, 1).keyspace_events;
        let outcome = redtrail::convert(&paths, out.path(), false, &Analysis::default()).unwrap();
        assert_eq!(outcome.rows, [("events", report.total)]);
        let file = fs::File::open(out.path().join("events.parquet")).unwrap();
        let frame = ParquetReader::new(file).finish().unwrap();
        let names: Vec<_> = frame.get_column_names().iter().map(|name| name.to_string()).collect();
        let columns = [
            "time",
            "db",
            "event",
            "class",
            "key",
            "key_text",
            "pattern",
            "source",
            "byte_offset",
            "messages",
        ];
        assert_eq!(names, columns);
        let sum: i64 = frame.column("messages").unwrap().i64().unwrap().iter().flatten().sum();
        assert_eq!(sum as u64, report.messages);
        let nulls = frame.column("time").unwrap().null_count() as u64;
        assert_eq!(nulls, if clock { 0 } else { report.total });
        let bytes = if name.ends_with(".xz") { unpacked(name) } else { fs::read(&paths[0]).unwrap() };
        let messages = read(&bytes).messages;
        let expected: Vec<_> = changes(&messages).into_iter().map(|change| change.key.clone()).collect();
        let keys = frame.column("key").unwrap();
        let keys: Vec<_> = keys.binary().unwrap().iter().map(|key| key.unwrap().to_vec()).collect();
        assert_eq!(keys, expected);
    }
}
