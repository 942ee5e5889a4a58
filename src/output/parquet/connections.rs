//! The report's tables of CLIENT LIST: `connection_snapshots`, `connections`, `connection_growth`.

use polars::prelude::{Column, Float64Chunked, Int64Chunked, IntoColumn, NewChunkedArray};

use super::report::{counts, flags, maybe_strings, strings, times};
use crate::report::connections::{ConnectionRow, GrowthRow};
use crate::report::{Bytes, Report};

/// One row a snapshot.
pub(super) fn snapshots(report: &Report) -> Vec<Column> {
    let rows = &report.connections.snapshots;
    vec![
        times("time", rows, |r| r.time),
        counts("elapsed_seconds", rows, |r| r.elapsed_seconds),
        strings("path", rows, |r| r.path.text()),
        counts("byte_offset", rows, |r| r.byte_offset),
        counts("line", rows, |r| r.line),
        counts("run", rows, |r| u64::from(r.run)),
        counts("server", rows, |r| u64::from(r.server)),
        flags("restarted", rows, |r| r.restarted),
        counts("total", rows, |r| r.total),
        counts("type_normal", rows, |r| r.by_type.normal),
        counts("type_pubsub", rows, |r| r.by_type.pubsub),
        counts("type_replica", rows, |r| r.by_type.replica),
        counts("type_master", rows, |r| r.by_type.master),
        counts("type_monitor", rows, |r| r.by_type.monitor),
        counts("blocked", rows, |r| r.blocked),
        counts("monitors", rows, |r| r.monitors),
        counts("in_transaction", rows, |r| r.in_transaction),
        counts("idle_over_1h", rows, |r| r.idle_over_1h),
        counts("unnamed", rows, |r| r.unnamed),
        counts("output_buffer_bytes", rows, |r| r.output_buffer_bytes),
        counts("query_buffer_bytes", rows, |r| r.query_buffer_bytes),
        counts("memory_bytes", rows, |r| r.memory_bytes),
    ]
}

/// One row a connection.
pub(super) fn rows(report: &Report) -> Vec<Column> {
    let rows = &report.connections.rows;
    let words = |name, value: fn(&ConnectionRow) -> &Option<Bytes>| {
        maybe_strings(name, rows, move |r| value(r).as_ref().map(Bytes::text))
    };
    let numbers = |name: &'static str, value: fn(&ConnectionRow) -> Option<i64>| {
        Int64Chunked::from_iter_options(name.into(), rows.iter().map(value)).into_column()
    };
    vec![
        counts("id", rows, |r| r.id),
        counts("run", rows, |r| u64::from(r.run)),
        strings("address", rows, |r| r.address.text()),
        words("laddr", |r| &r.laddr),
        words("name", |r| &r.name),
        words("username", |r| &r.user),
        words("library", |r| &r.library),
        strings("kind", rows, |r| r.kind),
        numbers("age", |r| r.age.get()),
        numbers("idle", |r| r.idle.get()),
        words("flags", |r| &r.flags),
        numbers("db", |r| r.db.get()),
        words("cmd", |r| &r.cmd),
        numbers("fd", |r| r.fd.get()),
        numbers("sub", |r| r.sub.get()),
        numbers("psub", |r| r.psub.get()),
        numbers("ssub", |r| r.ssub.get()),
        numbers("multi", |r| r.multi.get()),
        numbers("watch", |r| r.watch.get()),
        numbers("qbuf", |r| r.qbuf.get()),
        numbers("obl", |r| r.obl.get()),
        numbers("oll", |r| r.oll.get()),
        numbers("omem", |r| r.omem.get()),
        numbers("tot_mem", |r| r.tot_mem.get()),
        numbers("tot_net_in", |r| r.tot_net_in.get()),
        numbers("tot_net_out", |r| r.tot_net_out.get()),
        numbers("tot_cmds", |r| r.tot_cmds.get()),
        numbers("peak_output", |r| r.peak_output),
        numbers("peak_query", |r| r.peak_query),
        counts("snapshots", rows, |r| r.snapshots),
        counts("first_snapshot", rows, |r| r.first_snapshot),
        counts("last_snapshot", rows, |r| r.last_snapshot),
        times("created", rows, |r| r.created),
        times("first", rows, |r| r.first),
        times("last", rows, |r| r.last),
        strings("path", rows, |r| r.path.text()),
        counts("byte_offset", rows, |r| r.byte_offset),
        counts("line", rows, |r| r.line),
    ]
}

/// One row a group.
pub(super) fn growth(report: &Report) -> Vec<Column> {
    let rows = &report.connections.growth;
    let rates = |name: &'static str, value: fn(&GrowthRow) -> Option<f64>| {
        Float64Chunked::from_iter_options(name.into(), rows.iter().map(value)).into_column()
    };
    vec![
        strings("grouped_by", rows, |r| r.by),
        strings("value", rows, |r| r.value.text()),
        counts("first_count", rows, |r| r.first_count),
        counts("last_count", rows, |r| r.last_count),
        counts("peak", rows, |r| r.peak),
        rates("per_minute", |r| r.per_minute),
        rates("trend_per_minute", |r| r.trend_per_minute),
        counts("births", rows, |r| r.births),
        counts("deaths", rows, |r| r.deaths),
        rates("births_per_minute", |r| r.births_per_minute),
        rates("deaths_per_minute", |r| r.deaths_per_minute),
        rates("mean_lifetime_seconds", |r| r.mean_lifetime_seconds),
    ]
}
