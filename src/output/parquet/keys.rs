//! Keys as tables: by pattern, the most used, those that got elements.

use polars::prelude::Column;

use super::report::{binary, binary_lists, counts, flags, shares, strings, times};
use crate::report::Report;

/// References by pattern.
pub(super) fn patterns(report: &Report) -> Vec<Column> {
    let rows = &report.key_patterns.rows;
    vec![
        strings("pattern", rows, |r| r.pattern.text()),
        counts("calls", rows, |r| r.calls),
        shares("share", rows, |r| r.share),
        counts("reads", rows, |r| r.reads),
        counts("writes", rows, |r| r.writes),
        counts("deletes", rows, |r| r.deletes),
        counts("distinct_keys", rows, |r| r.distinct_keys),
        flags("distinct_is_exact", rows, |r| r.distinct_is_exact),
        counts("ttl_set", rows, |r| r.ttl_set),
        counts("ttl_missing", rows, |r| r.ttl_missing),
        counts("payload_bytes", rows, |r| r.payload_bytes),
        counts("clients", rows, |r| r.clients),
        binary_lists("samples", rows, |r| &r.samples),
    ]
}

/// The most used keys.
pub(super) fn hot(report: &Report) -> Vec<Column> {
    let rows = &report.hot_keys.rows;
    vec![
        strings("key", rows, |r| r.key.text()),
        binary("key_bytes", rows, |r| &r.key),
        strings("pattern", rows, |r| r.pattern.text()),
        counts("calls", rows, |r| r.calls),
        shares("share", rows, |r| r.share),
        counts("clients", rows, |r| r.clients),
        flags("count_is_exact", rows, |r| r.count_is_exact),
    ]
}

/// Keys whose calls add elements.
pub(super) fn collections(report: &Report) -> Vec<Column> {
    let rows = &report.collections.rows;
    vec![
        strings("key", rows, |r| r.key.text()),
        binary("key_bytes", rows, |r| &r.key),
        strings("pattern", rows, |r| r.pattern.text()),
        strings("collection", rows, |r| r.collection),
        counts("added", rows, |r| r.added),
        counts("different", rows, |r| r.different),
        counts("removed", rows, |r| r.removed),
        counts("kept", rows, |r| r.kept),
        counts("whole_reads", rows, |r| r.whole_reads),
        counts("clients", rows, |r| r.clients),
        times("first", rows, |r| r.first),
        times("last", rows, |r| r.last),
    ]
}
