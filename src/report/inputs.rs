//! What was read, and what became of its bytes.

use serde::Serialize;

use super::Bytes;
use crate::output::notation::Time;

/// One file, archive member or standard input.
#[derive(Clone, Debug, Serialize)]
pub struct InputRow {
    /// As given, or found below a directory; `archive.tar/member` inside an archive.
    pub path: Bytes,
    /// `monitor`, another known kind, `empty` or `unknown`.
    pub kind: &'static str,
    /// Which form of the kind; empty where the kind is not read.
    pub dialect: &'static str,
    /// Why the kind and dialect were chosen, in words.
    pub reason: String,
    /// `gzip`, `zstd`, `xz`, `bzip2`, or empty.
    pub compression: &'static str,
    /// Bytes of decompressed content.
    pub bytes: u64,
    /// Records that were read.
    pub records: u64,
    /// Of these, records whose arguments are a likely reading, not a certain one.
    pub inexact: u64,
    /// Looked like records and could not be read.
    pub rejected: u64,
    /// Lines that tools print around records.
    pub noise: u64,
    /// Of these, answers to a tool that the server had no room for (maxclients).
    #[serde(skip)]
    pub refusals: u64,
    /// Where the first of them stands: its byte offset, and its line counted from 1.
    #[serde(skip)]
    pub refusal: (u64, u64),
    /// Cut off at an end of the capture.
    pub truncated: u64,
    /// Places where the capture started anew, so that records may be missing.
    pub gaps: u64,
    /// The bytes of the four counts above; together they are `bytes`.
    pub accounted: Accounted,
    /// Time of the first record.
    pub first: Option<Time>,
    /// Time of the last record.
    pub last: Option<Time>,
    /// Why reading stopped early, where it did (a damaged archive, a failing disk).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Bytes by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Accounted {
    /// In records.
    pub records: u64,
    /// In rejects.
    pub rejected: u64,
    /// In noise.
    pub noise: u64,
    /// In records cut off at an end.
    pub truncated: u64,
    /// In files that are of no known kind.
    pub unread: u64,
}

impl Accounted {
    /// All bytes that became something.
    pub fn sum(&self) -> u64 {
        self.records + self.rejected + self.noise + self.truncated + self.unread
    }
}

/// Sums over the inputs.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Totals {
    /// Decompressed bytes.
    pub bytes: u64,
    /// Records.
    pub records: u64,
    /// Rejected records.
    pub rejected: u64,
    /// Noise lines.
    pub noise: u64,
    /// Truncated records.
    pub truncated: u64,
    /// Earliest record.
    pub first: Option<Time>,
    /// Latest record.
    pub last: Option<Time>,
    /// From `first` to `last`, in seconds to the microsecond.
    pub seconds: f64,
}

/// Records that could not be read.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Rejects {
    /// How many.
    pub total: u64,
    /// The first few of each input.
    pub samples: Vec<RejectSample>,
}

/// One record that could not be read.
#[derive(Clone, Debug, Serialize)]
pub struct RejectSample {
    /// The input.
    pub path: Bytes,
    /// Of its first byte in the decompressed content.
    pub byte_offset: u64,
    /// Counted from 1.
    pub line: u64,
    /// What is wrong with it.
    pub reason: &'static str,
    /// Its form without its values: what stands between quotes is replaced by its length.
    pub text: String,
}
