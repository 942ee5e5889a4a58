//! What went wrong, the worst first; and at the end what the captures cannot tell.

use super::page::{Page, Paint};
use crate::output::number::Noun;
use crate::report::Report;
use crate::report::findings::{Confidence, Evidence, Finding, Severity};

/// Columns in front of what is said of a finding.
const INDENT: usize = 4;

/// Pieces of evidence that are shown unless more is asked for.
const EVIDENCE: usize = 2;

/// Critical findings and warnings; notes too where more is asked for.
pub fn findings(report: &Report, page: &mut Page) {
    if report.totals.records == 0 {
        return;
    }
    let count = |severity| report.findings.iter().filter(|found| found.severity == severity).count() as u64;
    let (critical, warnings, notes) =
        (count(Severity::Critical), count(Severity::Warning), count(Severity::Info));
    let mut parts = Vec::new();
    if critical > 0 {
        parts.push(format!("{critical} critical"));
    }
    if warnings > 0 {
        parts.push(Noun("warning", "warnings").count(warnings));
    }
    if parts.is_empty() {
        parts.push("nothing critical, no warning".to_owned());
    }
    if notes > 0 {
        let hint = if page.view.verbose { "" } else { " (-v shows them)" };
        parts.push(format!("{}{hint}", Noun("note", "notes").count(notes)));
    }
    page.heading("FINDINGS", &parts.join(" · "));
    let least = if page.view.verbose { Severity::Info } else { Severity::Warning };
    for found in report.findings.iter().filter(|found| found.severity >= least) {
        page.ready("");
        finding(found, page);
    }
}

/// What the captures cannot tell.
pub fn remarks(report: &Report, page: &mut Page) {
    if report.remarks.is_empty() {
        return;
    }
    page.heading("WHAT THIS CANNOT TELL", "");
    for remark in &report.remarks {
        page.prose(2, remark, Paint::Plain);
    }
}

fn finding(found: &Finding, page: &mut Page) {
    let paint = if found.severity == Severity::Info { Paint::Bold } else { Paint::Red };
    let severity = if found.severity == Severity::Info { "note" } else { found.severity.name() };
    page.line(2, &format!("{severity:8}  {}", found.rule), paint);
    page.prose(INDENT, &found.title, Paint::Bold);
    page.prose(INDENT, &found.detail, Paint::Plain);
    if found.confidence == Confidence::Low {
        page.prose(INDENT, "The capture is short: this is a moment, not a habit.", Paint::Plain);
    }
    for confirmation in &found.confirmed_by {
        page.prose(INDENT, &confirmation.text, Paint::Plain);
    }
    let shown = if page.view.verbose { found.evidence.len() } else { EVIDENCE };
    for evidence in found.evidence.iter().take(shown) {
        place(evidence, page);
    }
    page.prose(INDENT, &found.remedy, Paint::Plain);
    if let Some(command) = &found.command {
        // What is to be pasted is never broken into lines.
        page.quote(INDENT + 2, command);
    }
    if let Some(caution) = &found.caution {
        page.prose(INDENT, caution, Paint::Plain);
    }
}

fn place(evidence: &Evidence, page: &mut Page) {
    let time = evidence.time.map(|time| format!("  {}", page.clock.instant(time))).unwrap_or_default();
    page.place(INDENT, &evidence.path, evidence.line, &time);
    page.quote(INDENT + 2, &evidence.text);
}
