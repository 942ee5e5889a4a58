//! What went wrong, who did it, what to do.
//!
//! A rule is one file with one value that implements [`Rule`], and one line in the list of its kind. Rules read
//! summaries only, never records, and know nothing of how a report is shown.

pub mod about;
mod callers;
mod client_list;
mod confirm;
mod events;
mod facts;
mod info;
mod monitor;
mod party;
mod remarks;
pub mod settings;
mod slowlog;
pub mod tools;

use std::cmp::Reverse;

use rayon::prelude::*;

pub use about::{About, Threshold};
pub use facts::Facts;
pub use remarks::remarks;
pub use settings::Settings;

use crate::output::number::grouped;
use crate::report::findings::{Confidence, Evidence, Finding};

/// Evidence that a finding shows at most.
pub const EVIDENCE: usize = 5;

/// Seconds of a capture below which a rate is a moment: one minute, the step of most graphs.
const SHORT: f64 = 60.0;

/// How far a rate over so many seconds can be trusted: all captures together may be long where the one that tells is
/// not.
fn confidence(seconds: f64) -> Confidence {
    if seconds < SHORT { Confidence::Low } else { Confidence::High }
}

/// Looks for one problem.
pub trait Rule: Sync {
    /// What the rule says of itself.
    fn about(&self) -> &'static About;

    /// Appends what it finds, in an order that follows from the facts alone.
    fn check(&self, facts: &Facts<'_>, found: &mut Vec<Finding>);
}

/// Every rule, in the order of the contract's table: by kind, then by weight.
pub fn all() -> impl Iterator<Item = &'static dyn Rule> {
    [monitor::RULES, client_list::RULES, slowlog::RULES, events::RULES, info::RULES]
        .into_iter()
        .flatten()
        .copied()
}

/// Appends the first `most` of a rule's findings, and says of how many more of `what` it found the same.
fn append_most(mut findings: Vec<Finding>, most: usize, what: &str, found: &mut Vec<Finding>) {
    let all = findings.len();
    findings.truncate(most);
    append_of(findings, all, what, found);
}

/// Appends findings, which are the first of `all`.
fn append_of(mut findings: Vec<Finding>, all: usize, what: &str, found: &mut Vec<Finding>) {
    let more = all.saturating_sub(findings.len()) as u64;
    if let Some(last) = findings.last_mut().filter(|_| more > 0) {
        last.detail
            .push_str(&format!(" The same is true of {} more {what} that are not listed.", grouped(more)));
    }
    found.append(&mut findings);
}

/// The rule of this name.
pub fn find(name: &str) -> Option<&'static dyn Rule> {
    all().find(|rule| rule.about().rule == name)
}

/// All rules, a line each, by the kind of capture they read.
pub fn list() -> String {
    let mut out = String::new();
    let mut kind = "";
    for about in all().map(Rule::about) {
        if about.kind != kind {
            kind = about.kind;
            out.push_str(&format!("{}{kind}\n", if out.is_empty() { "" } else { "\n" }));
        }
        out.push_str(&format!("  {:26}{}\n", about.rule, about.detects));
    }
    out
}

/// Says that there is no such rule, and which there are.
pub fn unknown(name: &str) -> String {
    let names: Vec<_> = all().map(|rule| rule.about().rule).collect();
    format!("no rule is named {name:?}; there are: {}", names.join(", "))
}

/// Everything that the rules find, the worst first.
pub fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let of = |rule: &&'static dyn Rule| {
        let mut findings = Vec::new();
        rule.check(facts, &mut findings);
        for finding in &mut findings {
            finding.evidence.truncate(EVIDENCE);
            if rule.about().by_rate
                && let Some(seconds) = facts.seconds(rule.about().kind)
            {
                finding.confidence = finding.confidence.min(confidence(seconds));
            }
        }
        findings
    };
    let rules: Vec<_> = all().collect();
    // One by one: of all the rules a few take most of the time, and they stand together.
    let mut findings: Vec<_> = rules.par_iter().with_max_len(1).flat_map_iter(of).collect();
    // Stable: within a severity rules keep their order, and a rule's findings theirs.
    findings.sort_by_key(|finding| Reverse(finding.severity));
    findings
}

impl Finding {
    /// A finding of `about` with nothing else said yet: info, high confidence.
    pub(crate) fn of(about: &'static About) -> Finding {
        Finding {
            rule: about.rule,
            severity: crate::report::findings::Severity::Info,
            confidence: Confidence::High,
            title: String::new(),
            subject: crate::report::Bytes::default(),
            detail: String::new(),
            numbers: Vec::new(),
            evidence: Vec::<Evidence>::new(),
            confirmed_by: Vec::new(),
            remedy: about.remedy.to_owned(),
            command: None,
            caution: None,
        }
    }
}
