//! The report's tables, one file each, named as in `report.json`.
//!
//! Columns are named as the fields, except: `user` is `username` (reserved in Postgres and Spark);
//! `by` is `grouped_by` (no column name in DuckDB); the bytes that an input's `accounted` counts are `record_bytes`, `rejected_bytes` and so on.
//! Rows within rows have files of their own, joined by their first column: `client_commands`,
//! `dangerous_clients`, `dangerous_examples`; those of findings by `finding`, its number in the order of severity. `hot_keys.key_bytes`, `collections.key_bytes` and `key_patterns.samples`
//! are the exact bytes. What CLIENT LIST shows is `connection_snapshots`, `connections` and `connection_growth`; in the
//! first the counts of `by_type` are columns of their own. A table's `other` is no row: only `report.json` has it.
//! Those of slow logs are in [`super::slowlog`].

use std::path::Path;

use polars::prelude::{
    BinaryChunked, BooleanChunked, Column, DataFrame, Float64Chunked, Int64Chunked, IntoColumn,
    ListBinaryChunkedBuilder, ListBuilderTrait, NewChunkedArray, PolarsResult, StringChunked, TimeUnit,
    TimeZone,
};

use super::{broken, connections, create, findings, info, integer, keys, keyspace, slowlog, writer};
use crate::error::Result;
use crate::output::notation::Time;
use crate::report::{Bytes, Report};

/// Writes every table of `report` below `dir`, the empty ones too.
pub fn write_report(report: &Report, dir: &Path) -> Result<()> {
    let write = |name, columns| write(dir, name, columns);
    write("inputs", inputs(report))?;
    write("findings", findings::rows(report))?;
    write("finding_numbers", findings::numbers(report))?;
    write("finding_evidence", findings::evidence(report))?;
    write("finding_confirmations", findings::confirmations(report))?;
    write("commands", commands(report))?;
    write("clients", clients(report))?;
    write("client_commands", client_commands(report))?;
    write("client_groups", client_groups(report))?;
    write("key_patterns", keys::patterns(report))?;
    write("hot_keys", keys::hot(report))?;
    write("collections", keys::collections(report))?;
    write("dangerous", dangerous(report))?;
    write("dangerous_clients", dangerous_clients(report))?;
    write("dangerous_examples", dangerous_examples(report))?;
    write("databases", databases(report))?;
    write("timeline", timeline(report))?;
    for (name, columns) in info::tables(report) {
        write(name, columns)?;
    }
    write("keyspace_events", keyspace::events(report))?;
    write("keyspace_event_patterns", keyspace::patterns(report))?;
    write("keyspace_event_databases", keyspace::databases(report))?;
    write("keyspace_event_gaps", keyspace::gaps(report))?;
    write("connection_snapshots", connections::snapshots(report))?;
    write("connections", connections::rows(report))?;
    write("connection_growth", connections::growth(report))?;
    slowlog::write_report(report, dir)?;
    write("rejects", rejects(report))
}

pub(super) fn write(dir: &Path, name: &str, columns: Vec<Column>) -> Result<()> {
    let (target, out) = create(dir, name)?;
    let finish = || -> PolarsResult<()> {
        let mut frame = DataFrame::new_infer_height(columns)?;
        writer(out, frame.schema())?.finish(&mut frame)?;
        Ok(())
    };
    finish().map_err(|e| broken(&target, e))?;
    target.publish()
}

fn inputs(report: &Report) -> Vec<Column> {
    let rows = &report.inputs;
    vec![
        strings("path", rows, |r| r.path.text()),
        strings("kind", rows, |r| r.kind),
        strings("dialect", rows, |r| r.dialect),
        strings("reason", rows, |r| r.reason.as_str()),
        strings("compression", rows, |r| r.compression),
        counts("bytes", rows, |r| r.bytes),
        counts("records", rows, |r| r.records),
        counts("inexact", rows, |r| r.inexact),
        counts("rejected", rows, |r| r.rejected),
        counts("noise", rows, |r| r.noise),
        counts("truncated", rows, |r| r.truncated),
        counts("gaps", rows, |r| r.gaps),
        counts("record_bytes", rows, |r| r.accounted.records),
        counts("rejected_bytes", rows, |r| r.accounted.rejected),
        counts("noise_bytes", rows, |r| r.accounted.noise),
        counts("truncated_bytes", rows, |r| r.accounted.truncated),
        counts("unread_bytes", rows, |r| r.accounted.unread),
        times("first", rows, |r| r.first),
        times("last", rows, |r| r.last),
        maybe_strings("error", rows, |r| r.error.as_deref()),
    ]
}

fn commands(report: &Report) -> Vec<Column> {
    let rows = &report.commands.rows;
    vec![
        strings("command", rows, |r| r.command.text()),
        counts("calls", rows, |r| r.calls),
        shares("share", rows, |r| r.share),
        counts("in_scripts", rows, |r| r.in_scripts),
        counts("keys", rows, |r| r.keys),
        counts("payload_bytes", rows, |r| r.payload_bytes),
        counts("clients", rows, |r| r.clients),
        strings("access", rows, |r| r.access),
        flags("dangerous", rows, |r| r.dangerous),
        times("first", rows, |r| r.first),
        times("last", rows, |r| r.last),
    ]
}

fn clients(report: &Report) -> Vec<Column> {
    let rows = &report.clients.rows;
    vec![
        strings("client", rows, |r| r.client.text()),
        strings("kind", rows, |r| r.kind),
        strings("address", rows, |r| r.address.text()),
        counts("port", rows, |r| r.port.map(u64::from)),
        maybe_strings("name", rows, |r| r.name.as_ref().map(Bytes::text)),
        maybe_strings("username", rows, |r| r.user.as_ref().map(Bytes::text)),
        maybe_strings("library", rows, |r| r.library.as_ref().map(Bytes::text)),
        counts("calls", rows, |r| r.calls),
        shares("share", rows, |r| r.share),
        counts("in_scripts", rows, |r| r.in_scripts),
        counts("payload_bytes", rows, |r| r.payload_bytes),
        times("first", rows, |r| r.first),
        times("last", rows, |r| r.last),
    ]
}

fn client_commands(report: &Report) -> Vec<Column> {
    let rows = &nested(&report.clients.rows, |client| &client.commands);
    vec![
        strings("client", rows, |(client, _)| client.client.text()),
        strings("command", rows, |(_, r)| r.command.text()),
        counts("calls", rows, |(_, r)| r.calls),
    ]
}

fn client_groups(report: &Report) -> Vec<Column> {
    let rows = &report.client_groups.rows;
    vec![
        strings("grouped_by", rows, |r| r.by),
        strings("value", rows, |r| r.value.text()),
        counts("connections", rows, |r| r.connections),
        counts("calls", rows, |r| r.calls),
        shares("share", rows, |r| r.share),
    ]
}

fn dangerous(report: &Report) -> Vec<Column> {
    let rows = &report.dangerous.rows;
    vec![
        strings("command", rows, |r| r.command.text()),
        counts("calls", rows, |r| r.calls),
        shares("share", rows, |r| r.share),
        strings("why", rows, |r| r.why),
        times("first", rows, |r| r.first),
        times("last", rows, |r| r.last),
    ]
}

fn dangerous_clients(report: &Report) -> Vec<Column> {
    let rows = &nested(&report.dangerous.rows, |command| &command.clients);
    vec![
        strings("command", rows, |(command, _)| command.command.text()),
        strings("client", rows, |(_, r)| r.client.text()),
        maybe_strings("name", rows, |(_, r)| r.name.as_ref().map(Bytes::text)),
        counts("calls", rows, |(_, r)| r.calls),
    ]
}

fn dangerous_examples(report: &Report) -> Vec<Column> {
    let rows = &nested(&report.dangerous.rows, |command| &command.examples);
    vec![
        strings("command", rows, |(command, _)| command.command.text()),
        strings("path", rows, |(_, r)| r.path.text()),
        counts("byte_offset", rows, |(_, r)| r.byte_offset),
        counts("line", rows, |(_, r)| r.line),
        times("time", rows, |(_, r)| r.time),
        strings("text", rows, |(_, r)| r.text.as_str()),
    ]
}

fn databases(report: &Report) -> Vec<Column> {
    let rows = &report.databases.rows;
    vec![
        strings("db", rows, |r| r.db.text()),
        counts("calls", rows, |r| r.calls),
        shares("share", rows, |r| r.share),
    ]
}

fn timeline(report: &Report) -> Vec<Column> {
    let rows = &report.timeline.rows;
    vec![
        times("time", rows, |r| r.time),
        counts("bucket_seconds", rows, |_| report.timeline.bucket_seconds),
        counts("calls", rows, |r| r.calls),
        counts("reads", rows, |r| r.reads),
        counts("writes", rows, |r| r.writes),
        counts("dangerous", rows, |r| r.dangerous),
        counts("slow", rows, |r| r.slow),
        counts("connections", rows, |r| r.connections),
        counts("events", rows, |r| r.events),
    ]
}

fn rejects(report: &Report) -> Vec<Column> {
    let rows = &report.rejects.samples;
    vec![
        strings("path", rows, |r| r.path.text()),
        counts("byte_offset", rows, |r| r.byte_offset),
        counts("line", rows, |r| r.line),
        strings("reason", rows, |r| r.reason),
        strings("text", rows, |r| r.text.as_str()),
    ]
}

/// The rows within `rows`, each beside the row it is in.
pub(super) fn nested<'a, O, I>(rows: &'a [O], inner: impl Fn(&'a O) -> &'a Vec<I>) -> Vec<(&'a O, &'a I)> {
    rows.iter().flat_map(|outer| inner(outer).iter().map(move |row| (outer, row))).collect()
}

pub(super) fn strings<'a, R, S: AsRef<str>>(name: &str, rows: &'a [R], value: impl Fn(&'a R) -> S) -> Column {
    StringChunked::from_iter_values(name.into(), rows.iter().map(value)).into_column()
}

pub(super) fn maybe_strings<'a, R, S: AsRef<str>>(
    name: &str,
    rows: &'a [R],
    value: impl Fn(&'a R) -> Option<S>,
) -> Column {
    StringChunked::from_iter_options(name.into(), rows.iter().map(value)).into_column()
}

pub(super) fn counts<'a, R, C: Into<Option<u64>>>(
    name: &str,
    rows: &'a [R],
    value: impl Fn(&'a R) -> C,
) -> Column {
    let values = rows.iter().map(|row| value(row).into().map(integer));
    Int64Chunked::from_iter_options(name.into(), values).into_column()
}

pub(super) fn times<'a, R, T: Into<Option<Time>>>(
    name: &str,
    rows: &'a [R],
    value: impl Fn(&'a R) -> T,
) -> Column {
    let values = rows.iter().map(|row| value(row).into().map(|time| time.0));
    let micros = Int64Chunked::from_iter_options(name.into(), values);
    micros.into_datetime(TimeUnit::Microseconds, Some(TimeZone::UTC)).into_column()
}

pub(super) fn shares<'a, R>(name: &str, rows: &'a [R], value: impl Fn(&'a R) -> f64) -> Column {
    Float64Chunked::from_iter_values(name.into(), rows.iter().map(value)).into_column()
}

pub(super) fn maybe_reals<'a, R>(name: &str, rows: &'a [R], value: impl Fn(&'a R) -> Option<f64>) -> Column {
    Float64Chunked::from_iter_options(name.into(), rows.iter().map(value)).into_column()
}

pub(super) fn maybe_signed<'a, R>(name: &str, rows: &'a [R], value: impl Fn(&'a R) -> Option<i64>) -> Column {
    Int64Chunked::from_iter_options(name.into(), rows.iter().map(value)).into_column()
}

pub(super) fn flags<'a, R>(name: &str, rows: &'a [R], value: impl Fn(&'a R) -> bool) -> Column {
    BooleanChunked::from_iter_values(name.into(), rows.iter().map(value)).into_column()
}

pub(super) fn binary<'a, R>(name: &str, rows: &'a [R], value: impl Fn(&'a R) -> &'a Bytes) -> Column {
    BinaryChunked::from_iter_values(name.into(), rows.iter().map(|row| &value(row).0)).into_column()
}

pub(super) fn binary_lists<'a, R>(
    name: &str,
    rows: &'a [R],
    value: impl Fn(&'a R) -> &'a Vec<Bytes>,
) -> Column {
    let items = rows.iter().map(|row| value(row).len()).sum();
    let mut lists = ListBinaryChunkedBuilder::new(name.into(), rows.len(), items);
    for row in rows {
        lists.append_values_iter(value(row).iter().map(|bytes| bytes.0.as_slice()));
    }
    lists.finish().into_column()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::output::parquet::sample::{Dir, capture, list, read, record, report};

    #[test]
    fn report_tables_come_back() {
        for (count, name) in [(10, "report"), (0, "report-empty")] {
            let dir = Dir::new(name);
            let report = report(count);
            write_report(&report, &dir.0).unwrap();
            let frame = |table: &str| read(&dir.0.join(format!("{table}.parquet")));
            let sum = |table: &str| {
                frame(table).column("calls").unwrap().i64().unwrap().iter().flatten().sum::<i64>()
            };
            for (table, rows, columns) in [
                ("inputs", report.inputs.len(), 20),
                ("commands", report.commands.rows.len(), 11),
                ("clients", report.clients.rows.len(), 13),
                ("client_commands", 2 * report.clients.rows.len(), 3),
                ("client_groups", report.client_groups.rows.len(), 5),
                ("key_patterns", report.key_patterns.rows.len(), 13),
                ("hot_keys", report.hot_keys.rows.len(), 7),
                ("collections", report.collections.rows.len(), 12),
                ("dangerous", report.dangerous.rows.len(), 6),
                ("dangerous_clients", report.dangerous.rows.len(), 4),
                ("dangerous_examples", report.dangerous.rows.len(), 6),
                ("databases", report.databases.rows.len(), 3),
                ("timeline", report.timeline.rows.len(), 9),
                ("keyspace_events", report.keyspace_events.rows.len(), 8),
                ("keyspace_event_patterns", report.keyspace_events.patterns.len(), 4),
                ("keyspace_event_databases", report.keyspace_events.databases.len(), 4),
                ("keyspace_event_gaps", report.keyspace_events.gaps.len(), 7),
                ("connection_snapshots", 0, 22),
                ("connections", 0, 38),
                ("connection_growth", 0, 12),
                ("slowlog", 0, 8),
                ("slowlog_buckets", 0, 3),
                ("slowlog_patterns", 0, 8),
                ("slowlog_clients", 0, 5),
                ("slowlog_slowest", 0, 12),
                ("slowlog_restarts", 0, 3),
                ("commandlog", 0, 8),
                ("commandlog_patterns", 0, 8),
                ("commandlog_clients", 0, 5),
                ("commandlog_biggest", 0, 12),
                ("commandlog_restarts", 0, 3),
                ("rejects", 0, 5),
            ] {
                let frame = frame(table);
                assert_eq!((frame.height(), frame.width()), (rows, columns), "{table} of {count} records");
            }
            for table in ["commands", "clients", "client_commands", "client_groups", "databases", "timeline"]
            {
                assert_eq!(sum(table), count as i64, "{table} of {count} records");
            }
            if count > 0 {
                let keys: Vec<Vec<u8>> = (0..count).flat_map(|at| record(at).0.keys()).collect();
                assert_eq!(list(&frame("key_patterns"), "samples", 0), keys);
                let hot = frame("hot_keys");
                let bytes: Vec<_> =
                    hot.column("key_bytes").unwrap().binary().unwrap().iter().flatten().collect();
                assert_eq!(bytes, keys);
                // A count that Parquet's signed integers cannot hold.
                assert_eq!(
                    frame("commands").column("payload_bytes").unwrap().i64().unwrap().get(0),
                    Some(i64::MAX)
                );
            }
            if dir.1 {
                let out = dir.0.with_file_name(format!("{name}.json"));
                fs::write(out, serde_json::to_vec(&report).unwrap()).unwrap();
                fs::write(dir.0.with_file_name("capture.txt"), capture(10)).unwrap();
            }
        }
    }
}
