//! The report's tables of keyspace notifications: `keyspace_events`, `keyspace_event_patterns`,
//! `keyspace_event_databases`, `keyspace_event_gaps`.

use polars::prelude::Column;

use super::report::{counts, shares, strings, times};
use crate::report::Report;

/// One row an event.
pub(super) fn events(report: &Report) -> Vec<Column> {
    let rows = &report.keyspace_events.rows;
    vec![
        strings("event", rows, |r| r.event.text()),
        strings("class", rows, |r| r.class),
        strings("letter", rows, |r| r.letter.to_string()),
        counts("calls", rows, |r| r.calls),
        shares("share", rows, |r| r.share),
        counts("patterns", rows, |r| r.patterns),
        times("first", rows, |r| r.first),
        times("last", rows, |r| r.last),
    ]
}

/// One row a key pattern and event.
pub(super) fn patterns(report: &Report) -> Vec<Column> {
    let rows = &report.keyspace_events.patterns;
    vec![
        strings("pattern", rows, |r| r.pattern.text()),
        strings("event", rows, |r| r.event.text()),
        counts("calls", rows, |r| r.calls),
        shares("share", rows, |r| r.share),
    ]
}

/// One row a database.
pub(super) fn databases(report: &Report) -> Vec<Column> {
    let rows = &report.keyspace_events.databases;
    vec![
        counts("db", rows, |r| u64::from(r.db)),
        counts("messages", rows, |r| r.messages),
        counts("calls", rows, |r| r.calls),
        shares("share", rows, |r| r.share),
    ]
}

/// One row a gap.
pub(super) fn gaps(report: &Report) -> Vec<Column> {
    let rows = &report.keyspace_events.gaps;
    vec![
        strings("path", rows, |r| r.path.text()),
        counts("byte_offset", rows, |r| r.byte_offset),
        counts("line", rows, |r| r.line),
        times("time", rows, |r| r.time),
        times("since", rows, |r| r.since),
        times("until", rows, |r| r.until),
        strings("reason", rows, |r| r.reason),
    ]
}
