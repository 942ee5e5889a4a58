//! What CLIENT LIST shows: how many are connected, who grows, whose buffers are big.

use super::fit;
use super::page::{Page, Paint};
use super::sheet::Sheet;
use super::table::{Cell, number, words};
use crate::output::number::{Noun, bytes, duration, grouped};
use crate::report::connections::{ConnectionRow, GrowthRow, SnapshotRow};
use crate::report::{Bytes, Report};

const CONNECTION: Noun = Noun("connection", "connections");
const SEEN: Noun = Noun("connection seen over the series", "connections seen over the series");
const SNAPSHOT: Noun = Noun("snapshot", "snapshots");

/// Kind of group, heading, row, and what stands for those without.
const GROUPS: [(&str, &str, Noun, &str); 4] = [
    ("name", "CONNECTIONS BY NAME", Noun("name", "names"), "(no name)"),
    ("ip", "CONNECTIONS BY IP", Noun("IP", "IPs"), "(no IP)"),
    ("user", "CONNECTIONS BY USER", Noun("user", "users"), "(no user)"),
    ("library", "CONNECTIONS BY LIBRARY", Noun("library", "libraries"), "(no library)"),
];

/// The series in a few lines.
pub fn summary(report: &Report, page: &mut Page) {
    let snapshots = &report.connections.snapshots;
    let (Some(first), Some(last)) = (snapshots.first(), snapshots.last()) else { return };
    let peak = snapshots.iter().map(|row| row.total).max().unwrap_or(0);
    let mut note = vec![SNAPSHOT.count(snapshots.len() as u64)];
    if snapshots.len() > 1 {
        note.push(format!("{} at first", grouped(first.total)));
        note.push(format!("{} at last", grouped(last.total)));
        note.push(format!("{} at most", grouped(peak)));
    } else {
        note.push(CONNECTION.count(last.total));
    }
    page.heading("CONNECTIONS", &note.join(", "));
    page.parts(2, &shown(last), Paint::Plain);
    if report.connections.restarts > 0 {
        let times = Noun("time", "times").count(report.connections.restarts);
        page.line(2, &format!("the server started anew {times} between two snapshots"), Paint::Red);
    }
}

/// What a snapshot holds, without what it does not.
fn shown(row: &SnapshotRow) -> Vec<String> {
    let kinds = row.by_type;
    let counts = [
        (kinds.normal, "normal"),
        (kinds.pubsub, "pubsub"),
        (kinds.replica, "replica"),
        (kinds.master, "master"),
        (row.monitors, "monitor"),
        (row.blocked, "blocked"),
        (row.in_transaction, "in MULTI"),
        (row.idle_over_1h, "idle over 1 h"),
        (row.unnamed.unwrap_or(0), "unnamed"),
    ];
    let sizes = [
        (row.output_buffer_bytes, "output buffers"),
        (row.query_buffer_bytes, "query buffers"),
        (row.memory_bytes, "in all"),
    ];
    let counts = counts.into_iter().filter(|(count, _)| *count > 0);
    let sizes = sizes.into_iter().filter_map(|(size, what)| Some((size.filter(|size| *size > 0)?, what)));
    counts
        .map(|(count, what)| format!("{} {what}", grouped(count)))
        .chain(sizes.map(|(size, what)| format!("{what} {}", bytes(size))))
        .collect()
}

/// How connections grow, by what they share.
pub fn growth(report: &Report, page: &mut Page) {
    let series = report.connections.snapshots.len() > 1;
    let total = report.connections.snapshots.last().map_or(0, |row| row.total);
    let some = |text: String| if series { text } else { String::new() };
    for (by, title, row, none) in GROUPS {
        let rows: Vec<&GrowthRow> = report.connections.growth.iter().filter(|row| row.by == by).collect();
        if rows.is_empty() {
            continue;
        }
        let columns = [
            words(row.0, 0, 16),
            number("now", 0),
            number("first", 1),
            number("peak", 2),
            number("a minute", 1),
            number("opened", 3),
            number("closed", 3),
        ];
        let sheet =
            Sheet { title, row, unit: Some(CONNECTION), rows: &rows, other: None, total, joint: " of " };
        sheet.write(page, &columns, |row| {
            let value = if row.value.0.is_empty() { none.to_owned() } else { fit::name(&row.value) };
            let rate = row.per_minute.map(|rate| format!("{rate:+.1}"));
            vec![
                value.into(),
                grouped(row.last_count).into(),
                some(grouped(row.first_count)).into(),
                some(grouped(row.peak)).into(),
                rate.unwrap_or_default().into(),
                some(grouped(row.births)).into(),
                some(grouped(row.deaths)).into(),
            ]
        });
    }
}

/// Connections, those first for which most waits to be read.
pub fn rows(report: &Report, page: &mut Page) {
    let rows = &report.connections.rows;
    let columns = [
        words("address", 0, 21),
        words("name", 1, 12),
        number("id", 5),
        words("kind", 4, 8),
        number("output", 0),
        number("queries", 4),
        number("memory", 2),
        number("age", 2),
        number("idle", 2),
        words("last command", 3, 12),
        words("user", 7, 8),
        words("library", 6, 8),
    ];
    let sheet = Sheet {
        title: "CONNECTIONS BY OUTPUT BUFFER",
        row: SEEN,
        unit: None,
        rows,
        other: None,
        total: rows.len() as u64,
        joint: ", ",
    };
    sheet.write(page, &columns, |row: &ConnectionRow| {
        let known = |value: &Option<Bytes>| value.as_ref().map(fit::name).unwrap_or_default();
        let size = |value: Option<i64>| {
            value.and_then(|value| u64::try_from(value).ok()).map(bytes).unwrap_or_default()
        };
        let seconds = |value: Option<i64>| {
            let seconds = value.and_then(|value| u64::try_from(value).ok());
            seconds.map(|seconds| duration(seconds.saturating_mul(1_000_000))).unwrap_or_default()
        };
        let kind = if row.kind == "monitor" { Paint::Red } else { Paint::Plain };
        vec![
            fit::name(&row.address).into(),
            known(&row.name).into(),
            row.id.map(|id| id.to_string()).unwrap_or_default().into(),
            Cell::new(row.kind, kind),
            size(row.peak_output).into(),
            size(row.qbuf.get()).into(),
            size(row.tot_mem.get()).into(),
            seconds(row.age.get()).into(),
            seconds(row.idle.get()).into(),
            known(&row.cmd).into(),
            known(&row.user).into(),
            known(&row.library).into(),
        ]
    });
}
