//! The page that sections write on: headings, lines, colour. No line is wider than the page.

use std::fmt::Write;

use console::{Style, measure_text_width as width};

use super::fit;
use crate::output::View;
use crate::output::clock::Clock;
use crate::output::notation;
use crate::output::number::{self, Noun, grouped};
use crate::report::{Bytes, Other, Report};

/// The narrowest page: a name beside the longest number.
const NARROWEST: usize = 40;
/// Between a heading and what it sums up, and to the left of what does not fit beside it.
const GAP: usize = 2;

/// How a piece of text stands out. What it means is always said in words too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    /// As it is.
    Plain,
    /// Headings.
    Bold,
    /// Units and titles of columns.
    Dim,
    /// What is dangerous or broken.
    Red,
}

/// The text so far, and how to go on.
#[derive(Debug)]
pub struct Page {
    /// What the caller asked for, the width at least 40.
    pub view: View,
    /// How times are shown.
    pub clock: Clock,
    text: String,
}

impl Page {
    /// An empty page for `report`.
    pub fn new(view: View, report: &Report) -> Self {
        let view = View { width: view.width.max(NARROWEST), ..view };
        let clock = Clock::between(report.totals.first, report.totals.last);
        Page { view, clock, text: String::new() }
    }

    /// Everything that was written.
    pub fn into_text(self) -> String {
        self.text
    }

    /// `text` in `paint`, if the page is coloured.
    pub fn paint(&self, text: &str, paint: Paint) -> String {
        let style = match paint {
            _ if !self.view.color || text.is_empty() => return text.to_owned(),
            Paint::Plain => return text.to_owned(),
            Paint::Bold => Style::new().bold(),
            Paint::Dim => Style::new().dim(),
            Paint::Red => Style::new().red(),
        };
        style.force_styling(true).apply_to(text).to_string()
    }

    /// A line that fits and is painted already.
    pub fn ready(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// A line of text, cut in the middle where it does not fit.
    pub fn line(&mut self, indent: usize, text: &str, paint: Paint) {
        let text = fit::cut(text, self.view.width.saturating_sub(indent), "…");
        let text = self.paint(text.trim_end(), paint);
        self.ready(&format!("{:indent$}{text}", ""));
    }

    /// A blank line, a section's name and what it sums up.
    pub fn heading(&mut self, title: &str, note: &str) {
        let room = self.view.width.saturating_sub(width(title) + GAP);
        let mut note = fit::pack(note.split(' '), " ", room).into_iter();
        let title = self.paint(title, Paint::Bold);
        self.ready("");
        self.ready(format!("{title}{:GAP$}{}", "", note.next().unwrap_or_default()).trim_end());
        for line in note {
            self.line(GAP, &line, Paint::Plain);
        }
    }

    /// `parts` with ` · ` between them, in as many lines as it takes.
    pub fn parts(&mut self, indent: usize, parts: &[String], paint: Paint) {
        self.packed(indent, parts.iter().map(String::as_str), " · ", paint);
    }

    /// Words for a person, in as many lines as it takes. Safe for words that quote a capture.
    pub fn prose(&mut self, indent: usize, text: &str, paint: Paint) {
        let text = notation::printable(text);
        self.packed(indent, text.split(' '), " ", paint);
    }

    /// A record without its values, cut in the middle where it does not fit.
    pub fn quote(&mut self, indent: usize, text: &str) {
        if !text.is_empty() {
            self.line(indent, &notation::printable(text), Paint::Dim);
        }
    }

    fn packed<'a>(
        &mut self,
        indent: usize,
        words: impl Iterator<Item = &'a str>,
        separator: &str,
        paint: Paint,
    ) {
        for line in fit::pack(words, separator, self.view.width.saturating_sub(indent)) {
            self.line(indent, &line, paint);
        }
    }

    /// `monitor.log line 20,771` and whatever follows the number; the path is cut where it must be.
    pub fn place(&mut self, indent: usize, path: &Bytes, line: u64, after: &str) {
        let end = format!(" line {}{after}", grouped(line));
        let room = self.view.width.saturating_sub(indent + width(&end));
        let path = fit::cut(&fit::name(path), room, "…");
        self.line(indent, &format!("{path}{end}"), Paint::Plain);
    }

    /// `… and 65 more (1,204 calls, 0.3 %)`; `total` is the base of the share. Without a unit there are as many
    /// as rows.
    pub fn rest(&mut self, rest: Option<Other>, total: u64, unit: Option<Noun>) {
        let Some(rest) = rest else { return };
        let mut text = String::from("… and ");
        // Writing to a String cannot fail.
        let _ = match rest.rows {
            Some(rows) => write!(text, "{} more", grouped(rows)),
            None => write!(text, "others"),
        };
        if let Some(unit) = unit {
            let share = number::share(number::ratio(rest.calls, total));
            let _ = write!(text, " ({}, {share})", unit.count(rest.calls));
        }
        self.line(2, &text, Paint::Plain);
    }
}
