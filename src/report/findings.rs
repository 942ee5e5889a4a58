//! What went wrong, as the rules found it.

use serde::Serialize;

use super::Bytes;
use crate::output::notation::Time;

/// How bad it is. In order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; nothing is wrong by it alone.
    Info,
    /// Harms somebody now, or will.
    Warning,
    /// An outage, lost data, or what soon becomes one.
    Critical,
}

impl Severity {
    /// `info`, `warning` or `critical`.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Critical => "critical",
        }
    }
}

/// How far the capture carries a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// It rests on a rate, and the capture is too short to tell a rate from a moment.
    Low,
    /// It is likely; the evidence leaves room for another reading, which `detail` names.
    Medium,
    /// The evidence says it.
    High,
}

/// One thing that is wrong, or worth knowing.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// The rule's name, `keys-command`; `redtrail rules NAME` explains it.
    pub rule: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// How far the capture carries it.
    pub confidence: Confidence,
    /// One sentence with the subject in it. Bytes of the capture stand escaped.
    pub title: String,
    /// What to look at: a client (its name where known, else its address), a key, a pattern or a command;
    /// empty for the server itself.
    pub subject: Bytes,
    /// The numbers and the thresholds they crossed, in sentences.
    pub detail: String,
    /// The same numbers for programs.
    pub numbers: Vec<Number>,
    /// Records that show it, five at most.
    pub evidence: Vec<Evidence>,
    /// What other kinds of capture say of it.
    pub confirmed_by: Vec<Confirmation>,
    /// What to change.
    pub remedy: String,
    /// What to type, ready to paste.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// What to know before typing it, where it is risky itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caution: Option<String>,
}

/// A measured number.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Number {
    /// What was measured, `calls`.
    pub name: &'static str,
    /// The measure.
    pub value: f64,
    /// What it is compared with, where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f64>,
}

/// A record, shown without its values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// The input.
    pub path: Bytes,
    /// Of the record's first byte in the decompressed content.
    pub byte_offset: u64,
    /// Counted from 1.
    pub line: u64,
    /// When, where the record tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<Time>,
    /// The record without its values.
    pub text: String,
}

/// What another kind of capture says of a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Confirmation {
    /// `slowlog`, `client-list`, `monitor`, `keyspace-events` or `info`.
    pub kind: &'static str,
    /// What it says, a sentence.
    pub text: String,
}

/// How names were given to addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Identities {
    /// Addresses in MONITOR and slow logs.
    pub addresses: u64,
    /// Of these, those whose name, user or library is known, from their own commands or from CLIENT LIST.
    pub known: u64,
    /// Those about whom CLIENT LIST was asked and told nothing, or nothing certain: they stay addresses.
    pub unmatched: u64,
}
