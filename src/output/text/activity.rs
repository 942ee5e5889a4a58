//! What was called, when, and where.

use super::fit;
use super::page::{Page, Paint};
use super::sheet::{CALL, Sheet};
use super::table::{Cell, number, words};
use crate::output::notation::Time;
use crate::output::number::{Noun, bytes, duration, grouped, rate, share};
use crate::report::{Report, TimelineRow};

/// Columns to the left of the lines of the timeline.
const LABEL: usize = 13;
/// What a column shows: one of eight heights.
const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Calls over time as a row of columns, and where most of them are.
pub fn timeline(report: &Report, page: &mut Page) {
    let rows = &report.timeline.rows;
    let seconds = report.timeline.bucket_seconds.max(1);
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return };
    // Without calls, changes of keys are what there is to see.
    let called = rows.iter().any(|row| row.calls > 0);
    let count = |row: &TimelineRow| if called { row.calls } else { row.events.unwrap_or(0) };
    // The earliest of the biggest.
    let Some(peak) = rows.iter().rev().max_by_key(|row| count(row)) else { return };

    let bucket =
        |time: Time| (i128::from(time.0) - i128::from(first.time.0)) / (i128::from(seconds) * 1_000_000);
    let buckets = bucket(last.time).max(0) + 1;
    let room = page.view.width.saturating_sub(LABEL).max(1);
    // Buckets in a column: as many as make the whole fit.
    let step = (buckets + room as i128 - 1) / room as i128;
    let column = |row: &TimelineRow| usize::try_from(bucket(row.time) / step).unwrap_or(0);
    let width = column(last) + 1;

    let micros = u64::try_from(step * i128::from(seconds) * 1_000_000).unwrap_or(u64::MAX);
    let over = if seconds == 1 {
        String::new()
    } else {
        format!(" over {}", duration(seconds.saturating_mul(1_000_000)))
    };
    let scale = format!("{} a column from {}", duration(micros), page.clock.instant(first.time));
    let note = format!(
        "{}, peak {}{over} at {}",
        scale,
        if called {
            rate(peak.calls, seconds)
        } else {
            rate(count(peak), seconds).replace("calls", "changes")
        },
        page.clock.instant(peak.time)
    );
    let connected = rows.iter().filter_map(|row| row.connections).max();
    // Without calls the timeline is one of connections.
    let note = match connected {
        Some(most) if peak.calls == 0 => {
            format!("{scale}, at most {} connections", grouped(most))
        }
        _ => note,
    };
    page.heading("TIMELINE", &note);
    let mut line = |label: &str, count: fn(&TimelineRow) -> u64, paint: Paint| {
        let mut sums = vec![0u64; width];
        for row in rows {
            if let Some(sum) = sums.get_mut(column(row)) {
                *sum = sum.saturating_add(count(row));
            }
        }
        if let Some(line) = sparkline(&sums) {
            let line = page.paint(&line, paint);
            page.ready(&format!("  {label:<11}{line}"));
        }
    };
    line("calls", |row| row.calls, Paint::Plain);
    line("writes", |row| row.writes, Paint::Plain);
    line("dangerous", |row| row.dangerous, Paint::Red);
    line("slow", |row| row.slow.unwrap_or(0), Paint::Plain);
    line("events", |row| row.events.unwrap_or(0), Paint::Plain);
    // Connections do not add up: the last snapshot of a column counts, and holds until the next.
    let mut last = vec![None; width];
    for row in rows {
        if let Some(held) = last.get_mut(column(row)) {
            *held = row.connections.or(*held);
        }
    }
    let counts = last.iter().scan(0, |held, count| {
        *held = count.unwrap_or(*held);
        Some(*held)
    });
    if let Some(line) = sparkline(&counts.collect::<Vec<_>>()) {
        page.ready(&format!("  {:<11}{line}", "conns"));
    }
}

/// The columns' heights, the biggest being the highest and 0 a blank; nothing where all are 0.
fn sparkline(sums: &[u64]) -> Option<String> {
    let most = u128::from(*sums.iter().max().filter(|most| **most > 0)?);
    let height = |sum: &u64| match (u128::from(*sum) * 8).div_ceil(most) {
        0 => ' ',
        eighths => HEIGHTS.get(eighths as usize - 1).copied().unwrap_or('█'),
    };
    Some(sums.iter().map(height).collect::<String>().trim_end().to_owned())
}

/// Calls by command.
pub fn commands(report: &Report, page: &mut Page) {
    let columns = [
        words("command", 0, 16),
        number("calls", 0),
        number("share", 1),
        words("access", 2, 16),
        number("clients", 3),
        number("keys", 6),
        number("arguments", 4),
        number("in scripts", 5),
    ];
    Sheet::of("COMMANDS", Noun("command", "commands"), CALL, &report.commands).write(page, &columns, |row| {
        let access = if row.dangerous {
            Cell::new(format!("{}, dangerous", row.access), Paint::Red)
        } else {
            row.access.to_owned().into()
        };
        vec![
            fit::name(&row.command).into(),
            grouped(row.calls).into(),
            share(row.share).into(),
            access,
            grouped(row.clients).into(),
            grouped(row.keys).into(),
            bytes(row.payload_bytes).into(),
            Some(row.in_scripts).filter(|calls| *calls > 0).map(grouped).unwrap_or_default().into(),
        ]
    });
}

/// Calls by database, where there is more than one.
pub fn databases(report: &Report, page: &mut Page) {
    let rows = &report.databases.rows;
    if rows.len() < 2 {
        return;
    }
    let sheet = Sheet {
        title: "DATABASES",
        row: Noun("database", "databases"),
        unit: Some(CALL),
        rows,
        other: None,
        total: report.commands.total,
        joint: ", ",
    };
    sheet.write(page, &[words("db", 0, 16), number("calls", 0), number("share", 1)], |row| {
        vec![fit::name(&row.db).into(), grouped(row.calls).into(), share(row.share).into()]
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heights_are_eighths_of_the_biggest() {
        for (sums, line) in [
            (&[0, 0][..], None),
            (&[], None),
            (&[1], Some("█")),
            (&[1, 2, 3, 4, 5, 6, 7, 8], Some("▁▂▃▄▅▆▇█")),
            (&[1, 0, 1_000_000, 0], Some("▁ █")),
            (&[u64::MAX, u64::MAX / 2, 1], Some("█▄▁")),
        ] {
            assert_eq!(sparkline(sums).as_deref(), line);
        }
    }
}
