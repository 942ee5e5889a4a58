//! What took long, or was large, by the server's own log.

use super::fit;
use super::page::{Page, Paint};
use super::table::{Cell, Column, lay_out, number, words};
use crate::output::number::{Noun, bytes, grouped, latency};
use crate::report::slowlog::{BiggestRow, Bucket, Entry, Large, Micros, Restart, Sizes, SlowestRow, Slowlog};
use crate::report::{Bytes, Report};

const ENTRY: Noun = Noun("entry", "entries");

/// The slowest entries that are shown where not more is asked for.
const SLOWEST: usize = 5;

/// Slow calls by command, pattern and client, and the slowest.
pub fn slowlog(report: &Report, page: &mut Page) {
    let log = &report.slowlog;
    if log.total > 0 {
        slow(log, page);
    }
    if let Some(large) = log.large.as_ref().filter(|large| large.total > 0) {
        self::large(log, large, page);
    }
}

fn slow(log: &Slowlog, page: &mut Page) {
    let longest = log.slowest.first().map(|row| format!("the slowest took {}", latency(row.us)));
    page.heading("SLOW CALLS", &note(log.total, log.duplicates, longest));
    restarts(&log.restarts, page);
    buckets(&log.buckets, page);
    let micros = |m: &Micros| Figures {
        calls: m.calls,
        cells: [m.total_us, m.mean_us.round() as u64, m.p50_us, m.p95_us, m.p99_us, m.max_us].map(latency),
    };
    let commands: Vec<_> = log.rows.iter().map(|row| (&row.command, micros(&row.measures))).collect();
    figures("command", &commands, page);
    let patterns: Vec<_> = log.patterns.iter().map(|row| (&row.pattern, micros(&row.measures))).collect();
    figures("pattern", &patterns, page);
    let clients: Vec<_> = log
        .clients
        .iter()
        .map(|row| Client {
            address: &row.client,
            name: row.name.as_ref(),
            calls: row.calls,
            total: latency(row.total_us),
            max: latency(row.max_us),
        })
        .collect();
    self::clients(&clients, page);
    let slowest = log.slowest.iter().map(|SlowestRow { us, entry }| (latency(*us), entry));
    entries(slowest.collect(), page);
}

fn large(log: &Slowlog, large: &Large, page: &mut Page) {
    let replies = log.commandlog == Some("large-reply");
    let title = if replies { "LARGE REPLIES" } else { "LARGE REQUESTS" };
    let biggest = large.biggest.first().map(|row| format!("the biggest has {}", bytes(row.bytes)));
    page.heading(title, &note(large.total, large.duplicates, biggest));
    restarts(&large.restarts, page);
    let sizes = |m: &Sizes| Figures {
        calls: m.calls,
        cells: [
            m.total_bytes,
            m.mean_bytes.round() as u64,
            m.p50_bytes,
            m.p95_bytes,
            m.p99_bytes,
            m.max_bytes,
        ]
        .map(bytes),
    };
    let commands: Vec<_> = large.rows.iter().map(|row| (&row.command, sizes(&row.measures))).collect();
    figures("command", &commands, page);
    let patterns: Vec<_> = large.patterns.iter().map(|row| (&row.pattern, sizes(&row.measures))).collect();
    figures("pattern", &patterns, page);
    let clients: Vec<_> = large
        .clients
        .iter()
        .map(|row| Client {
            address: &row.client,
            name: row.name.as_ref(),
            calls: row.calls,
            total: bytes(row.total_bytes),
            max: bytes(row.max_bytes),
        })
        .collect();
    self::clients(&clients, page);
    let biggest = large.biggest.iter().map(|BiggestRow { bytes: size, entry }| (bytes(*size), entry));
    entries(biggest.collect(), page);
}

/// `128 entries, 12 seen again, the slowest took 412 ms`.
fn note(total: u64, duplicates: u64, most: Option<String>) -> String {
    let mut parts = vec![ENTRY.count(total)];
    if duplicates > 0 {
        parts.push(format!("{} seen again and dropped", grouped(duplicates)));
    }
    parts.extend(most);
    parts.join(", ")
}

fn restarts(restarts: &[Restart], page: &mut Page) {
    let shown = restarts.iter().take(page.view.top).count();
    for restart in restarts.iter().take(shown) {
        let text =
            format!("{}: ids begin anew at {}", fit::name(&restart.path), page.clock.instant(restart.time));
        page.line(2, &text, Paint::Red);
    }
    if restarts.len() > shown {
        page.line(
            2,
            &format!("… and {} restarts more", grouped((restarts.len() - shown) as u64)),
            Paint::Plain,
        );
    }
}

/// How many took how long.
fn buckets(buckets: &[Bucket], page: &mut Page) {
    let parts: Vec<String> = buckets
        .iter()
        .filter(|bucket| bucket.calls > 0)
        .map(|bucket| match bucket.to_us {
            Some(to) if bucket.from_us == 0 => format!("{} under {}", grouped(bucket.calls), latency(to)),
            Some(to) => format!("{} up to {}", grouped(bucket.calls), latency(to)),
            None => format!("{} of {} or more", grouped(bucket.calls), latency(bucket.from_us)),
        })
        .collect();
    page.parts(2, &parts, Paint::Plain);
}

/// Calls, and the sum, mean, quantiles and greatest of something, as they are shown.
struct Figures {
    calls: u64,
    cells: [String; 6],
}

fn figures(title: &'static str, rows: &[(&Bytes, Figures)], page: &mut Page) {
    let columns = [
        words(title, 0, 20),
        number("calls", 0),
        number("total", 1),
        number("mean", 3),
        number("median", 2),
        number("p95", 4),
        number("p99", 5),
        number("max", 0),
    ];
    table(&columns, rows, page, |(name, figures)| {
        let mut cells = vec![fit::name(name).into(), grouped(figures.calls).into()];
        cells.extend(figures.cells.iter().cloned().map(Cell::from));
        cells
    });
}

struct Client<'a> {
    address: &'a Bytes,
    name: Option<&'a Bytes>,
    calls: u64,
    total: String,
    max: String,
}

fn clients(rows: &[Client<'_>], page: &mut Page) {
    let columns = [
        words("client", 0, 16),
        words("name", 1, 8),
        number("calls", 0),
        number("total", 2),
        number("max", 0),
    ];
    table(&columns, rows, page, |row| {
        let address =
            if row.address.0.is_empty() { "(script or module)".to_owned() } else { fit::name(row.address) };
        vec![
            address.into(),
            row.name.map(fit::name).unwrap_or_default().into(),
            grouped(row.calls).into(),
            row.total.clone().into(),
            row.max.clone().into(),
        ]
    });
}

/// Rows as far as the page shows them, and how many it does not.
fn table<R>(columns: &[Column], rows: &[R], page: &mut Page, cells: impl Fn(&R) -> Vec<Cell>) {
    if rows.is_empty() {
        return;
    }
    let cells: Vec<_> = rows.iter().take(page.view.top).map(cells).collect();
    let hidden = rows.len() - cells.len();
    let lines = lay_out(page, columns, &cells);
    page.ready(&lines.titles);
    lines.rows.iter().for_each(|line| page.ready(line));
    if hidden > 0 {
        page.line(2, &format!("… and {} more", grouped(hidden as u64)), Paint::Plain);
    }
}

/// The greatest entries, each with its call and where it stands.
fn entries(rows: Vec<(String, &Entry)>, page: &mut Page) {
    let most = if page.view.verbose { page.view.top } else { page.view.top.min(SLOWEST) };
    for (size, entry) in rows.into_iter().take(most) {
        let mut parts = vec![size, page.clock.instant(entry.time)];
        parts.extend(entry.id.map(|id| format!("id {id}")));
        let who = entry.name.as_ref().filter(|name| !name.0.is_empty()).or(entry.client.as_ref());
        parts.extend(who.filter(|who| !who.0.is_empty()).map(fit::name));
        page.parts(2, &parts, Paint::Plain);
        page.quote(4, &entry.args);
        page.place(4, &entry.path, entry.line, "");
    }
}
