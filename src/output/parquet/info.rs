//! The report's tables of INFO dumps.
//!
//! `info_snapshots` has a row for each dump, its fields named after their group (`memory_used`);
//! `info_rates` one for each pair of dumps. Rows within dumps have files of their own, joined by
//! `path` and `byte_offset`: `info_keyspace`, `info_commandstats`, `info_errorstats`, `info_latency`
//! (a row for each percentile), `info_replicas`, `info_other`. `info_rate_commands` joins `info_rates` by
//! `from_snapshot` and `to_snapshot`, the numbers of the dumps counted from 0. `info_restarts` has the
//! servers that started anew.

use polars::prelude::Column;

use super::report::{counts, flags, maybe_reals, maybe_signed, maybe_strings, nested, strings, times};
use crate::report::info::{Cell, Fields, InfoSnapshot};
use crate::report::{Bytes, Report};

/// Every table with its name.
pub(super) fn tables(report: &Report) -> Vec<(&'static str, Vec<Column>)> {
    vec![
        ("info_snapshots", snapshots(report)),
        ("info_keyspace", keyspace(report)),
        ("info_commandstats", commandstats(report)),
        ("info_errorstats", errorstats(report)),
        ("info_latency", latency(report)),
        ("info_replicas", replicas(report)),
        ("info_other", other(report)),
        ("info_rates", rates(report)),
        ("info_rate_commands", rate_commands(report)),
        ("info_restarts", restarts(report)),
    ]
}

/// Shows every value of a group of fields.
type See<'a, 'b> = &'b mut dyn FnMut(&'static str, Cell<'a>);

/// The columns of the fields that `show` shows of each row; `all` rows show the same fields.
fn cells<'a, R: 'a>(
    group: &str,
    rows: &'a [R],
    sample: &'a R,
    show: impl Fn(&'a R, See<'a, '_>),
) -> Vec<Column> {
    let mut columns: Vec<(&'static str, Vec<Cell<'a>>)> = Vec::new();
    show(sample, &mut |name, _| columns.push((name, Vec::new())));
    let mut kinds = Vec::new();
    show(sample, &mut |_, cell| kinds.push(cell));
    for row in rows {
        let mut each = columns.iter_mut();
        show(row, &mut |_, cell| {
            if let Some((_, column)) = each.next() {
                column.push(cell);
            }
        });
    }
    columns
        .into_iter()
        .zip(kinds)
        .map(|((name, cells), kind)| {
            let name = if group.is_empty() { name.to_owned() } else { format!("{group}_{name}") };
            match kind {
                Cell::Count(_) => counts(&name, &cells, |cell| match cell {
                    Cell::Count(value) => *value,
                    _ => None,
                }),
                Cell::Signed(_) => maybe_signed(&name, &cells, |cell| match cell {
                    Cell::Signed(value) => *value,
                    _ => None,
                }),
                Cell::Real(_) => maybe_reals(&name, &cells, |cell| match cell {
                    Cell::Real(value) => *value,
                    _ => None,
                }),
                Cell::Text(_) => maybe_strings(&name, &cells, |cell| match cell {
                    Cell::Text(value) => value.map(Bytes::text),
                    _ => None,
                }),
                Cell::Time(_) => times(&name, &cells, |cell| match cell {
                    Cell::Time(value) => *value,
                    _ => None,
                }),
            }
        })
        .collect()
}

fn snapshots(report: &Report) -> Vec<Column> {
    let rows = &report.info.snapshots;
    let none = InfoSnapshot::default();
    let mut columns = vec![
        strings("path", rows, |r| r.path.text()),
        counts("byte_offset", rows, |r| r.byte_offset),
        counts("line", rows, |r| r.line),
        times("time", rows, |r| r.time),
        flags("server_clock", rows, |r| r.server_clock),
    ];
    columns.extend(cells("server", rows, &none, |r, see| r.server.cells(see)));
    columns.extend(cells("clients", rows, &none, |r, see| r.clients.cells(see)));
    columns.extend(cells("memory", rows, &none, |r, see| r.memory.cells(see)));
    columns.extend(cells("stats", rows, &none, |r, see| r.stats.cells(see)));
    columns.extend(cells("replication", rows, &none, |r, see| r.replication.cells(see)));
    columns.extend(cells("persistence", rows, &none, |r, see| r.persistence.cells(see)));
    columns.extend(cells("cpu", rows, &none, |r, see| r.cpu.cells(see)));
    columns
}

/// A row within a dump.
type Within<'a, R> = (&'a InfoSnapshot, &'a R);

/// What joins a row to its dump.
fn place<'a, R: 'a>(rows: &'a [Within<'a, R>]) -> Vec<Column> {
    vec![
        strings("path", rows, |(dump, _)| dump.path.text()),
        counts("byte_offset", rows, |(dump, _)| dump.byte_offset),
        times("time", rows, |(dump, _)| dump.time),
    ]
}

fn keyspace(report: &Report) -> Vec<Column> {
    let rows = nested(&report.info.snapshots, |dump| &dump.keyspace);
    let mut columns = place(&rows);
    columns.push(counts("db", &rows, |(_, r)| r.db));
    let none = (&InfoSnapshot::default(), &Default::default());
    columns.extend(cells("", &rows, &none, |(_, r), see| r.fields.cells(see)));
    columns
}

fn commandstats(report: &Report) -> Vec<Column> {
    let rows = nested(&report.info.snapshots, |dump| &dump.commandstats);
    let mut columns = place(&rows);
    columns.push(strings("command", &rows, |(_, r)| r.command.text()));
    let none = (&InfoSnapshot::default(), &Default::default());
    columns.extend(cells("", &rows, &none, |(_, r), see| r.fields.cells(see)));
    columns
}

fn errorstats(report: &Report) -> Vec<Column> {
    let rows = nested(&report.info.snapshots, |dump| &dump.errorstats);
    let mut columns = place(&rows);
    columns.push(strings("prefix", &rows, |(_, r)| r.prefix.text()));
    // `count` names a function everywhere.
    columns.push(counts("replies", &rows, |(_, r)| r.count));
    columns
}

fn latency(report: &Report) -> Vec<Column> {
    let dumps = &report.info.snapshots;
    let rows: Vec<_> = dumps
        .iter()
        .flat_map(|dump| dump.latency.iter().map(move |row| (dump, row)))
        .flat_map(|(dump, row)| row.percentiles.iter().map(move |(name, usec)| (dump, (row, name, *usec))))
        .collect();
    vec![
        strings("path", &rows, |(dump, _)| dump.path.text()),
        counts("byte_offset", &rows, |(dump, _)| dump.byte_offset),
        times("time", &rows, |(dump, _)| dump.time),
        strings("command", &rows, |(_, (row, ..))| row.command.text()),
        strings("percentile", &rows, |(_, (_, name, _))| name.text()),
        maybe_reals("usec", &rows, |(_, (.., usec))| Some(*usec)),
    ]
}

fn replicas(report: &Report) -> Vec<Column> {
    let rows = nested(&report.info.snapshots, |dump| &dump.replicas);
    let mut columns = place(&rows);
    let none = (&InfoSnapshot::default(), &Default::default());
    columns.extend(cells("", &rows, &none, |(_, r), see| r.fields.cells(see)));
    columns
}

fn other(report: &Report) -> Vec<Column> {
    let dumps = report.info.snapshots.iter();
    let rows: Vec<_> = dumps.flat_map(|dump| dump.other.iter().map(move |field| (dump, field))).collect();
    vec![
        strings("path", &rows, |(dump, _)| dump.path.text()),
        counts("byte_offset", &rows, |(dump, _)| dump.byte_offset),
        times("time", &rows, |(dump, _)| dump.time),
        strings("field", &rows, |(_, (name, _))| name.text()),
        strings("value", &rows, |(_, (_, value))| value.text()),
    ]
}

fn rates(report: &Report) -> Vec<Column> {
    let rows = &report.info.rates;
    vec![
        counts("from_snapshot", rows, |r| r.from),
        counts("to_snapshot", rows, |r| r.to),
        maybe_strings("run_id", rows, |r| r.run_id.as_ref().map(Bytes::text)),
        counts("port", rows, |r| r.port),
        times("first", rows, |r| r.first),
        times("last", rows, |r| r.last),
        maybe_reals("seconds", rows, |r| r.seconds),
        flags("reset", rows, |r| r.reset),
        counts("commands", rows, |r| r.commands),
        maybe_reals("commands_per_second", rows, |r| r.commands_per_second),
        counts("connections", rows, |r| r.connections),
        maybe_reals("connections_per_second", rows, |r| r.connections_per_second),
        counts("keyspace_hits", rows, |r| r.keyspace_hits),
        counts("keyspace_misses", rows, |r| r.keyspace_misses),
        maybe_reals("hit_rate", rows, |r| r.hit_rate),
        counts("expired_keys", rows, |r| r.expired_keys),
        counts("evicted_keys", rows, |r| r.evicted_keys),
        counts("rejected_connections", rows, |r| r.rejected_connections),
        maybe_reals("net_input_bytes_per_second", rows, |r| r.net_input_bytes_per_second),
        maybe_reals("net_output_bytes_per_second", rows, |r| r.net_output_bytes_per_second),
        counts("error_replies", rows, |r| r.error_replies),
        maybe_signed("memory_change", rows, |r| r.memory_change),
        maybe_signed("clients_change", rows, |r| r.clients_change),
        maybe_reals("cpu_share", rows, |r| r.cpu_share),
    ]
}

fn rate_commands(report: &Report) -> Vec<Column> {
    let rows = &nested(&report.info.rates, |rate| &rate.commandstats);
    vec![
        counts("from_snapshot", rows, |(rate, _)| rate.from),
        counts("to_snapshot", rows, |(rate, _)| rate.to),
        strings("command", rows, |(_, r)| r.command.text()),
        counts("calls", rows, |(_, r)| r.calls),
        maybe_reals("calls_per_second", rows, |(_, r)| r.calls_per_second),
        counts("usec", rows, |(_, r)| r.usec),
        maybe_reals("usec_per_call", rows, |(_, r)| r.usec_per_call),
    ]
}

fn restarts(report: &Report) -> Vec<Column> {
    let rows = &report.info.restarts;
    vec![
        counts("from_snapshot", rows, |r| r.from),
        counts("to_snapshot", rows, |r| r.to),
        times("time", rows, |r| r.time),
        counts("port", rows, |r| r.port),
        maybe_strings("config_file", rows, |r| r.config_file.as_ref().map(Bytes::text)),
        strings("from_run_id", rows, |r| r.from_run_id.text()),
        strings("to_run_id", rows, |r| r.to_run_id.text()),
    ]
}
