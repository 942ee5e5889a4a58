//! What could not be read, and where exact counting stopped.

use super::page::{Page, Paint};
use crate::output::number::{Noun, grouped};
use crate::report::Report;

/// Records that could not be read.
pub fn unread(report: &Report, page: &mut Page) {
    let rejects = &report.rejects;
    if rejects.total == 0 {
        return;
    }
    page.heading("UNREAD", &Noun("record", "records").count(rejects.total));
    let samples = rejects.samples.iter().take(page.view.top);
    let shown = samples.len() as u64;
    for sample in samples {
        page.place(2, &sample.path, sample.line, &format!(", byte {}", grouped(sample.byte_offset)));
        page.prose(4, sample.reason, Paint::Red);
        page.quote(4, &sample.text);
    }
    if rejects.total > shown {
        page.line(2, &format!("… and {} more", grouped(rejects.total - shown)), Paint::Plain);
    }
}

/// Where a memory bound took over from exact counting.
pub fn bounds(report: &Report, page: &mut Page) {
    if report.bounds.is_empty() {
        return;
    }
    page.heading("BOUNDS", "");
    for bound in &report.bounds {
        page.prose(2, bound, Paint::Plain);
    }
}
