//! What most sections are: a heading, a table of the first rows, and a line for the rest.

use super::page::Page;
use super::table::{Cell, Column, lay_out};
use crate::output::number::{Noun, grouped};
use crate::output::top::{Counted, rest};
use crate::report::{Other, Table};

/// What is counted in most tables.
pub const CALL: Noun = Noun("call", "calls");

/// Rows under a heading.
#[derive(Debug)]
pub struct Sheet<'a, R> {
    /// The heading.
    pub title: &'a str,
    /// What a row is.
    pub row: Noun,
    /// What a row counts; `None` where it is one of what it counts.
    pub unit: Option<Noun>,
    /// The rows, biggest first.
    pub rows: &'a [R],
    /// What is not in `rows`.
    pub other: Option<Other>,
    /// The base of the shares.
    pub total: u64,
    /// What stands in the heading between the number of rows and the total, which are the same calls
    /// (`, `) or not (` of `).
    pub joint: &'static str,
}

impl<'a, R: Counted> Sheet<'a, R> {
    /// A table of the report.
    pub fn of(title: &'a str, row: Noun, unit: Noun, table: &'a Table<R>) -> Self {
        Sheet {
            title,
            row,
            unit: Some(unit),
            rows: &table.rows,
            other: table.other,
            total: table.total,
            joint: ", ",
        }
    }

    /// Writes heading, rows and rest; `cells` gives a row's cells, one for each of `columns`.
    pub fn write(&self, page: &mut Page, columns: &[Column], cells: impl Fn(&R) -> Vec<Cell>) {
        self.write_noted(page, columns, cells, |_, _| {});
    }

    /// As [`Sheet::write`], with `notes` written below each row.
    pub fn write_noted(
        &self,
        page: &mut Page,
        columns: &[Column],
        cells: impl Fn(&R) -> Vec<Cell>,
        notes: impl Fn(&R, &mut Page),
    ) {
        if self.rows.is_empty() && self.other.is_none() {
            return;
        }
        page.heading(self.title, &self.note());
        let top = page.view.top;
        let rows: Vec<Vec<Cell>> = self.rows.iter().take(top).map(cells).collect();
        if !rows.is_empty() {
            let lines = lay_out(page, columns, &rows);
            page.ready(&lines.titles);
            for (line, row) in lines.rows.iter().zip(self.rows) {
                page.ready(line);
                notes(row, page);
            }
        }
        page.rest(rest(self.rows, self.other, top), self.total, self.unit);
    }

    /// `85 commands, 10,318,204 calls`.
    fn note(&self) -> String {
        let shown = self.rows.len() as u64;
        let rows = match self.other.map(|other| other.rows) {
            None => self.row.count(shown),
            Some(Some(more)) => self.row.count(shown.saturating_add(more)),
            Some(None) => format!("more than {} {}", grouped(shown), self.row.1),
        };
        match self.unit {
            Some(unit) => format!("{rows}{}{}", self.joint, unit.count(self.total)),
            None => rows,
        }
    }
}
