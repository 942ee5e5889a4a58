//! The report's tables of findings: `findings`, and joined to it by `finding` `finding_numbers`,
//! `finding_evidence`, `finding_confirmations`.

use polars::prelude::Column;

use super::report::{counts, maybe_reals, maybe_strings, strings, times};
use crate::report::Report;
use crate::report::findings::{Confidence, Finding};

/// One row a finding, the worst first.
pub(super) fn rows(report: &Report) -> Vec<Column> {
    let rows = &numbered(report);
    vec![
        counts("finding", rows, |(at, _)| *at),
        strings("rule", rows, |(_, r)| r.rule),
        strings("severity", rows, |(_, r)| r.severity.name()),
        strings("confidence", rows, |(_, r)| match r.confidence {
            Confidence::Low => "low",
            Confidence::Medium => "medium",
            Confidence::High => "high",
        }),
        strings("title", rows, |(_, r)| r.title.as_str()),
        strings("subject", rows, |(_, r)| r.subject.text()),
        strings("detail", rows, |(_, r)| r.detail.as_str()),
        strings("remedy", rows, |(_, r)| r.remedy.as_str()),
        maybe_strings("command", rows, |(_, r)| r.command.as_deref()),
        maybe_strings("caution", rows, |(_, r)| r.caution.as_deref()),
    ]
}

/// One row a number.
pub(super) fn numbers(report: &Report) -> Vec<Column> {
    let rows = &within(report, |finding| &finding.numbers);
    vec![
        counts("finding", rows, |(at, _)| *at),
        strings("name", rows, |(_, r)| r.name),
        maybe_reals("measure", rows, |(_, r)| Some(r.value)),
        maybe_reals("threshold", rows, |(_, r)| r.threshold),
    ]
}

/// One row a piece of evidence.
pub(super) fn evidence(report: &Report) -> Vec<Column> {
    let rows = &within(report, |finding| &finding.evidence);
    vec![
        counts("finding", rows, |(at, _)| *at),
        strings("path", rows, |(_, r)| r.path.text()),
        counts("byte_offset", rows, |(_, r)| r.byte_offset),
        counts("line", rows, |(_, r)| r.line),
        times("time", rows, |(_, r)| r.time),
        strings("text", rows, |(_, r)| r.text.as_str()),
    ]
}

/// One row for what another kind says.
pub(super) fn confirmations(report: &Report) -> Vec<Column> {
    let rows = &within(report, |finding| &finding.confirmed_by);
    vec![
        counts("finding", rows, |(at, _)| *at),
        strings("kind", rows, |(_, r)| r.kind),
        strings("text", rows, |(_, r)| r.text.as_str()),
    ]
}

fn numbered(report: &Report) -> Vec<(u64, &Finding)> {
    (0..).zip(&report.findings).collect()
}

fn within<R>(report: &Report, inner: impl Fn(&Finding) -> &Vec<R>) -> Vec<(u64, &R)> {
    (0..)
        .zip(&report.findings)
        .flat_map(|(at, finding)| inner(finding).iter().map(move |row| (at, row)))
        .collect()
}
