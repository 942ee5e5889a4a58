//! What keyspace notifications told: which keys changed, how, and where some may be missing.

use super::fit;
use super::page::{Page, Paint};
use super::sheet::Sheet;
use super::table::{Cell, number, words};
use crate::output::number::{Noun, grouped, share};
use crate::report::Report;

const CHANGE: Noun = Noun("change", "changes");
const MESSAGE: Noun = Noun("message", "messages");

/// Changes by event. Keys that left by themselves stand out.
pub fn events(report: &Report, page: &mut Page) {
    let events = &report.keyspace_events;
    let sheet = Sheet {
        title: "KEYSPACE EVENTS",
        row: Noun("event", "events"),
        unit: Some(CHANGE),
        rows: &events.rows,
        other: events.other,
        total: events.total,
        joint: ", ",
    };
    let columns = [
        words("event", 0, 16),
        number("changes", 0),
        number("share", 1),
        words("class", 2, 12),
        number("patterns", 3),
        number("first", 4),
        number("last", 5),
    ];
    let clock = page.clock;
    sheet.write(page, &columns, |row| {
        let paint = if row.class == "evicted" { Paint::Red } else { Paint::Plain };
        let time = |time| Option::map(time, |time| clock.instant(time)).unwrap_or_default();
        vec![
            Cell::new(fit::name(&row.event), paint),
            grouped(row.calls).into(),
            share(row.share).into(),
            row.class.to_owned().into(),
            grouped(row.patterns).into(),
            time(row.first).into(),
            time(row.last).into(),
        ]
    });
    if events.total > 0 {
        let mut told = format!("told by {}", MESSAGE.count(events.messages));
        match events.per_second {
            Some(rate) if rate < 0.1 => {}
            Some(rate) => told += &format!(", {rate:.1} changes a second"),
            None if events.timed == 0 => told += "; the capture has no clock",
            None => {}
        }
        page.line(2, &told, Paint::Dim);
    }
}

/// Changes by key pattern and event.
pub fn patterns(report: &Report, page: &mut Page) {
    let events = &report.keyspace_events;
    let sheet = Sheet {
        title: "CHANGED KEYS",
        row: Noun("pattern and event", "patterns and events"),
        unit: Some(CHANGE),
        rows: &events.patterns,
        other: events.patterns_other,
        total: events.total,
        joint: ", ",
    };
    let columns = [words("pattern", 0, 24), words("event", 0, 8), number("changes", 0), number("share", 1)];
    sheet.write(page, &columns, |row| {
        vec![
            fit::name(&row.pattern).into(),
            fit::name(&row.event).into(),
            grouped(row.calls).into(),
            share(row.share).into(),
        ]
    });
}

/// Changes by database, where there is more than one.
pub fn databases(report: &Report, page: &mut Page) {
    let events = &report.keyspace_events;
    if events.databases.len() < 2 {
        return;
    }
    let sheet = Sheet {
        title: "DATABASES WITH EVENTS",
        row: Noun("database", "databases"),
        unit: Some(CHANGE),
        rows: &events.databases,
        other: None,
        total: events.total,
        joint: ", ",
    };
    let columns = [words("db", 0, 16), number("changes", 0), number("share", 1), number("messages", 2)];
    sheet.write(page, &columns, |row| {
        vec![
            row.db.to_string().into(),
            grouped(row.calls).into(),
            share(row.share).into(),
            grouped(row.messages).into(),
        ]
    });
}

/// Where the subscriber was not connected.
pub fn gaps(report: &Report, page: &mut Page) {
    let events = &report.keyspace_events;
    if events.gaps_total == 0 {
        return;
    }
    page.heading("GAPS IN EVENTS", &Noun("gap", "gaps").count(events.gaps_total));
    let clock = page.clock;
    let shown = events.gaps.len().min(page.view.top);
    for gap in events.gaps.iter().take(shown) {
        let when = match (gap.since, gap.until) {
            (Some(since), Some(until)) => format!("  {}", clock.range(since, until)),
            (Some(since), None) => format!("  from {}", clock.instant(since)),
            _ => String::new(),
        };
        page.place(2, &gap.path, gap.line, &when);
        page.prose(4, gap.reason, Paint::Plain);
    }
    let hidden = events.gaps_total.saturating_sub(shown as u64);
    if hidden > 0 {
        page.line(2, &format!("… and {} more", grouped(hidden)), Paint::Plain);
    }
}
