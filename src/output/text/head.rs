//! What was read: one line for all, then file by file.

use super::fit;
use super::page::{Page, Paint};
use super::table::{Cell, lay_out, number, words};
use crate::output::clock::Clock;
use crate::output::number::{self, Noun, grouped};
use crate::report::{InputRow, Report};

/// Columns of the page to the left of a file.
const INDENT: usize = 2;
const FILE: Noun = Noun("file", "files");
const RECORD: Noun = Noun("record", "records");

/// `redtrail 0.1.0 · 4 files, 1.02 GB · 10,318,728 records, 3 unread`, and when that was.
pub fn summary(report: &Report, page: &mut Page) {
    let totals = &report.totals;
    let mut records = RECORD.count(totals.records);
    if totals.rejected > 0 {
        records += &format!(", {} unread (see the end)", grouped(totals.rejected));
    }
    let parts = [
        format!("{} {}", report.generator.name, report.generator.version),
        format!("{}, {}", FILE.count(files(&report.inputs)), number::bytes(totals.bytes)),
        records,
    ];
    page.parts(0, &parts, Paint::Bold);
    if let Some((first, last)) = totals.first.zip(totals.last) {
        page.line(0, &Clock { dated: true }.range(first, last), Paint::Plain);
    }
}

/// How many files inputs are: a file of several kinds is one for each, which follow each other.
fn files(inputs: &[InputRow]) -> u64 {
    let (mut count, mut path, mut kinds) = (0, None, Vec::new());
    for input in inputs {
        if path != Some(&input.path) || kinds.contains(&input.kind) {
            count += 1;
            path = Some(&input.path);
            kinds.clear();
        }
        kinds.push(input.kind);
    }
    count
}

/// The files: in a line each where the page is wide enough, else the path above the rest.
pub fn inputs(report: &Report, page: &mut Page) {
    let (shown, hidden) = report.inputs.split_at(page.view.top.min(report.inputs.len()));
    if !report.inputs.is_empty() {
        page.ready("");
    }
    // A single range has just been said.
    let ranges = report.inputs.iter().filter(|input| input.first.is_some()).count() > 1;
    let clock = page.clock;
    let range = |input: &InputRow| {
        input.first.zip(input.last).filter(|_| ranges).map(|(first, last)| clock.range(first, last))
    };
    let columns = [words("", 0, 16), words("", 0, 16), number("", 0), words("", 0, 16)];
    let names: Vec<String> = shown.iter().map(|input| fit::name(&input.path)).collect();
    let rows: Vec<Vec<Cell>> = shown
        .iter()
        .zip(&names)
        .map(|(input, name)| {
            vec![
                name.clone().into(),
                kind(input).into(),
                records(input).unwrap_or_default().into(),
                range(input).unwrap_or_default().into(),
            ]
        })
        .collect();
    let lines = lay_out(page, &columns, &rows);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let names = fit::column(&names, page.view.width.saturating_sub(INDENT));
    for ((input, name), line) in shown.iter().zip(&names).zip(&lines.rows) {
        if lines.whole {
            page.ready(line);
        } else {
            page.line(INDENT, name, Paint::Plain);
            let parts: Vec<String> =
                [Some(kind(input)), records(input), range(input)].into_iter().flatten().collect();
            page.parts(4, &parts, Paint::Plain);
        }
        notes(input, page);
    }
    if !hidden.is_empty() {
        let records = hidden.iter().fold(0, |sum: u64, input| sum.saturating_add(input.records));
        let mut text = format!("… and {} more ({}", FILE.count(files(hidden)), RECORD.count(records));
        let unread = hidden.iter().filter(|input| !is_read(input)).count();
        let broken = hidden.iter().filter(|input| input.error.is_some()).count();
        for (count, what) in [(unread, "not read"), (broken, "with errors")] {
            if count > 0 {
                text += &format!(", {} {what}", grouped(count as u64));
            }
        }
        page.line(INDENT, &(text + ")"), Paint::Plain);
    }
}

/// What is worth knowing of a file beyond its line.
fn notes(input: &InputRow, page: &mut Page) {
    if page.view.verbose || !is_read(input) {
        page.prose(4, &input.reason, Paint::Plain);
    }
    let mut parts = Vec::new();
    if page.view.verbose {
        parts.push(number::bytes(input.bytes));
        if !input.compression.is_empty() {
            parts.push(input.compression.to_owned());
        }
    }
    for (count, noun) in [
        (input.rejected, Noun("record unread", "records unread")),
        (input.truncated, Noun("record cut off", "records cut off")),
        (input.inexact, Noun("record inexact", "records inexact")),
        (input.gaps, Noun("gap", "gaps")),
        (input.noise, Noun("line of noise", "lines of noise")),
    ] {
        if count > 0 {
            parts.push(noun.count(count));
        }
    }
    page.parts(4, &parts, Paint::Plain);
    if let Some(error) = &input.error {
        page.prose(4, &format!("error: {error}"), Paint::Red);
    }
}

/// A kind that is not read has no dialect.
fn is_read(input: &InputRow) -> bool {
    !input.dialect.is_empty()
}

/// `MONITOR, redis-cli`; `CLIENT LIST, not read`; `unknown`.
fn kind(input: &InputRow) -> String {
    match (input.kind, input.dialect) {
        ("unknown" | "empty", _) => input.kind.to_owned(),
        (kind, dialect) => {
            let kind = kind.replace('-', " ").to_uppercase();
            format!("{kind}, {}", if dialect.is_empty() { "not read" } else { dialect })
        }
    }
}

fn records(input: &InputRow) -> Option<String> {
    is_read(input).then(|| RECORD.count(input.records))
}
