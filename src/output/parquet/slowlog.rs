//! The tables of slow logs.
//!
//! Of the report: `slowlog` (by command), `slowlog_buckets`, `slowlog_patterns`, `slowlog_clients`,
//! `slowlog_slowest` and `slowlog_restarts`, in microseconds; `commandlog`, `commandlog_patterns`,
//! `commandlog_clients`, `commandlog_biggest` and `commandlog_restarts` for what `--commandlog` said to be
//! large, in bytes. Of `convert`, one row per entry as read, repeated ones too:
//!
//! | column | type | |
//! |---|---|---|
//! | `time` | timestamp | to the second |
//! | `id` | integer | null in ElastiCache's text |
//! | `us` | integer | null where the entry counts bytes |
//! | `bytes` | integer | null where it counts microseconds |
//! | `command` | string | |
//! | `args_exact` | boolean | whether the arguments are certain |
//! | `argc` | integer | null where it is not certain |
//! | `key` | string | the first key that is whole, in the notation, else null |
//! | `pattern` | string | that of `key` |
//! | `client`, `name` | string | null where the form has none |
//! | `complexity` | string | of Redis Software, else null |
//! | `commandlog` | string | what `--commandlog` said, else null |
//! | `duplicate` | boolean | whether the same entry stood before, in this input or another |
//! | `source` | string | path of the input |
//! | `byte_offset` | integer | of the entry in the decompressed input |
//! | `args` | list of binary | as logged, with the server's markers; only `with_values` |

use std::path::Path;

use polars::prelude::{Column as Series, DataType, PolarsResult};

use super::report::{counts, flags as are, maybe_strings, shares, strings as texts, times};
use super::table::{Column, Rows, flags, integers, lists, rising, strings};
use super::{integer, timestamp};
use crate::error::Result;
use crate::output::tables::SlowRows;
use crate::report::slowlog::{CommandRow, Entry, Large, Micros, PatternRow, Restart, Sizes};
use crate::report::{Bytes, Report};

/// Writes the report's tables below `dir`.
pub(super) fn write_report(report: &Report, dir: &Path) -> Result<()> {
    let write = |name, columns| super::report::write(dir, name, columns);
    let log = &report.slowlog;
    write("slowlog", commands(&log.rows, micros))?;
    write(
        "slowlog_buckets",
        vec![
            counts("from_us", &log.buckets, |r| r.from_us),
            counts("to_us", &log.buckets, |r| r.to_us),
            counts("calls", &log.buckets, |r| r.calls),
        ],
    )?;
    write("slowlog_patterns", patterns(&log.patterns, micros))?;
    let rows = &log.clients;
    write(
        "slowlog_clients",
        vec![
            texts("client", rows, |r| r.client.text()),
            maybe_strings("name", rows, |r| r.name.as_ref().map(Bytes::text)),
            counts("calls", rows, |r| r.calls),
            counts("total_us", rows, |r| r.total_us),
            counts("max_us", rows, |r| r.max_us),
        ],
    )?;
    let rows = &log.slowest;
    write("slowlog_slowest", entries(counts("us", rows, |r| r.us), rows, |r| &r.entry))?;
    write("slowlog_restarts", restarts(&log.restarts))?;
    // A table has its columns even where it has no row.
    let none = Large::default();
    let large = log.large.as_ref().unwrap_or(&none);
    write("commandlog", commands(&large.rows, sizes))?;
    write("commandlog_patterns", patterns(&large.patterns, sizes))?;
    let rows = &large.clients;
    write(
        "commandlog_clients",
        vec![
            texts("client", rows, |r| r.client.text()),
            maybe_strings("name", rows, |r| r.name.as_ref().map(Bytes::text)),
            counts("calls", rows, |r| r.calls),
            counts("total_bytes", rows, |r| r.total_bytes),
            counts("max_bytes", rows, |r| r.max_bytes),
        ],
    )?;
    let rows = &large.biggest;
    write("commandlog_biggest", entries(counts("bytes", rows, |r| r.bytes), rows, |r| &r.entry))?;
    write("commandlog_restarts", restarts(&large.restarts))
}

fn commands<M>(rows: &[CommandRow<M>], columns: impl Fn(&[&M]) -> Vec<Series>) -> Vec<Series> {
    let measures: Vec<&M> = rows.iter().map(|row| &row.measures).collect();
    let mut all = vec![texts("command", rows, |r| r.command.text())];
    all.extend(columns(&measures));
    all
}

fn patterns<M>(rows: &[PatternRow<M>], columns: impl Fn(&[&M]) -> Vec<Series>) -> Vec<Series> {
    let measures: Vec<&M> = rows.iter().map(|row| &row.measures).collect();
    let mut all = vec![texts("pattern", rows, |r| r.pattern.text())];
    all.extend(columns(&measures));
    all
}

fn micros(rows: &[&Micros]) -> Vec<Series> {
    vec![
        counts("calls", rows, |r| r.calls),
        counts("total_us", rows, |r| r.total_us),
        shares("mean_us", rows, |r| r.mean_us),
        counts("p50_us", rows, |r| r.p50_us),
        counts("p95_us", rows, |r| r.p95_us),
        counts("p99_us", rows, |r| r.p99_us),
        counts("max_us", rows, |r| r.max_us),
    ]
}

fn sizes(rows: &[&Sizes]) -> Vec<Series> {
    vec![
        counts("calls", rows, |r| r.calls),
        counts("total_bytes", rows, |r| r.total_bytes),
        shares("mean_bytes", rows, |r| r.mean_bytes),
        counts("p50_bytes", rows, |r| r.p50_bytes),
        counts("p95_bytes", rows, |r| r.p95_bytes),
        counts("p99_bytes", rows, |r| r.p99_bytes),
        counts("max_bytes", rows, |r| r.max_bytes),
    ]
}

fn entries<R>(size: Series, rows: &[R], entry: impl Fn(&R) -> &Entry) -> Vec<Series> {
    let rows: Vec<&Entry> = rows.iter().map(entry).collect();
    let rows = rows.as_slice();
    vec![
        counts("id", rows, |r| r.id),
        times("time", rows, |r| r.time),
        size,
        texts("command", rows, |r| r.command.text()),
        texts("args", rows, |r| r.args.as_str()),
        are("args_exact", rows, |r| r.args_exact),
        maybe_strings("client", rows, |r| r.client.as_ref().map(Bytes::text)),
        maybe_strings("name", rows, |r| r.name.as_ref().map(Bytes::text)),
        maybe_strings("complexity", rows, |r| r.complexity.as_ref().map(Bytes::text)),
        texts("path", rows, |r| r.path.text()),
        counts("byte_offset", rows, |r| r.byte_offset),
        counts("line", rows, |r| r.line),
    ]
}

fn restarts(rows: &[Restart]) -> Vec<Series> {
    vec![
        texts("path", rows, |r| r.path.text()),
        times("time", rows, |r| r.time),
        counts("id", rows, |r| r.id),
    ]
}

impl Rows for SlowRows {
    const NAME: &'static str = "slowlog";

    fn len(&self) -> usize {
        self.count()
    }

    fn columns(self) -> PolarsResult<Vec<Column>> {
        let large = self.is_large();
        let number = |values: Vec<u64>| values.into_iter().map(|value| Some(integer(value))).collect();
        let none = vec![None; self.count()];
        let (us, bytes) = if large { (none, number(self.value)) } else { (number(self.value), none) };
        let offsets = self.byte_offset.into_iter().map(integer).collect();
        let maybe = |values: Vec<Option<u64>>| values.into_iter().map(|value| value.map(integer)).collect();
        let mut columns = vec![
            rising("time", timestamp(), self.time)?,
            integers("id", maybe(self.id)),
            integers("us", us),
            integers("bytes", bytes),
            strings("command", &self.command)?,
            flags("args_exact", self.args_exact),
            integers("argc", maybe(self.argc)),
            strings("key", &self.key)?,
            strings("pattern", &self.pattern)?,
            strings("client", &self.client)?,
            strings("name", &self.name)?,
            strings("complexity", &self.complexity)?,
            strings("commandlog", &self.commandlog)?,
            flags("duplicate", self.duplicate),
            strings("source", &self.source)?,
            rising("byte_offset", DataType::Int64, offsets)?,
        ];
        if let Some(args) = self.args {
            columns.push(lists("args", args)?);
        }
        Ok(columns)
    }
}
