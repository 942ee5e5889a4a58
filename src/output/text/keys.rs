//! Which keys were used, by pattern and one by one.

use super::fit;
use super::page::{Page, Paint};
use super::sheet::Sheet;
use super::table::{number, words};
use crate::output::number::{Noun, bytes, grouped, ratio, share};
use crate::report::{CollectionRow, Other, PatternRow, Report};

/// A call that names three keys counts three.
const REFERENCE: Noun = Noun("key reference", "key references");

const KEY: Noun = Noun("key", "keys");

/// Key references by pattern.
pub fn patterns(report: &Report, page: &mut Page) {
    let columns = [
        words("pattern", 0, 24),
        number("calls", 0),
        number("share", 1),
        number("reads", 4),
        number("writes", 5),
        number("deletes", 7),
        number("keys", 3),
        number("no TTL", 2),
        number("bytes", 6),
    ];
    let sheet = Sheet::of("KEY PATTERNS", Noun("pattern", "patterns"), REFERENCE, &report.key_patterns);
    sheet.write_noted(
        page,
        &columns,
        |row| {
            let estimated = if row.distinct_is_exact { "" } else { "~" };
            vec![
                fit::name(&row.pattern).into(),
                grouped(row.calls).into(),
                share(row.share).into(),
                grouped(row.reads).into(),
                grouped(row.writes).into(),
                grouped(row.deletes).into(),
                format!("{estimated}{}", grouped(row.distinct_keys)).into(),
                no_ttl(row).into(),
                bytes(row.payload_bytes).into(),
            ]
        },
        |row, page| {
            if page.view.verbose {
                let samples: Vec<String> = row.samples.iter().map(fit::name).collect();
                page.parts(4, &samples, Paint::Dim);
            }
        },
    );
}

/// The share of writes that left a key without a time to live; `–` where none could have given one.
fn no_ttl(row: &PatternRow) -> String {
    share(ratio(row.ttl_missing, row.ttl_missing.saturating_add(row.ttl_set)))
}

/// The most used keys.
pub fn hot_keys(report: &Report, page: &mut Page) {
    let columns = [
        words("key", 0, 24),
        number("calls", 0),
        number("share", 1),
        number("clients", 2),
        words("pattern", 3, 16),
    ];
    let sheet = Sheet {
        title: "HOT KEYS",
        row: KEY,
        unit: Some(REFERENCE),
        rows: &report.hot_keys.rows,
        other: None,
        total: report.key_patterns.total,
        joint: " of ",
    };
    sheet.write(page, &columns, |row| {
        let bound = if row.count_is_exact { "" } else { "≥" };
        vec![
            fit::name(&row.key).into(),
            format!("{bound}{}", grouped(row.calls)).into(),
            share(row.share).into(),
            grouped(row.clients).into(),
            fit::name(&row.pattern).into(),
        ]
    });
}

/// Keys that got elements.
pub fn collections(report: &Report, page: &mut Page) {
    let columns = [
        words("key", 0, 24),
        words("type", 3, 10),
        number("added", 1),
        number("taken out", 2),
        number("stayed", 0),
        number("read whole", 4),
        number("clients", 5),
        words("pattern", 6, 16),
    ];
    let table = &report.collections;
    let more = table.keys.saturating_sub(table.rows.len() as u64);
    let sheet = Sheet {
        title: "COLLECTIONS",
        row: KEY,
        unit: None,
        rows: &table.rows,
        other: (more > 0).then_some(Other { rows: Some(more), calls: more }),
        total: table.keys,
        joint: ", ",
    };
    sheet.write(page, &columns, |row| {
        vec![
            fit::name(&row.key).into(),
            row.collection.to_owned().into(),
            grouped(row.added).into(),
            grouped(row.removed).into(),
            stayed(row).into(),
            grouped(row.whole_reads).into(),
            grouped(row.clients).into(),
            fit::name(&row.pattern).into(),
        ]
    });
}

/// Elements that came to stay; `–` where calls do not tell.
fn stayed(row: &CollectionRow) -> String {
    let estimated = if row.different.is_some() { "~" } else { "" };
    row.kept.map_or_else(|| "–".to_owned(), |kept| format!("{estimated}{}", grouped(kept)))
}
