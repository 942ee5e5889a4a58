//! What a run was asked to do, checked, as plain data.

use crate::finding::Settings;
use crate::format::Kind;
use crate::pattern::Rules;

/// Bytes of a block. Constant, never one share per thread, so that partial results are the same for
/// any number of threads; large enough that merging a block's tables costs little beside reading it.
pub const BLOCK_BYTES: usize = 4 << 20;

/// How inputs are read.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The kind of every input, where the content is not to decide.
    pub kind: Option<Kind>,
    /// Whether MONITOR arguments stand in RedisInsight's notation, where the content is not to decide.
    pub insight: Option<bool>,
    /// Threads that fold blocks; 0 means all cores.
    pub threads: usize,
    /// Bytes of a block.
    pub block_bytes: usize,
    /// Whether to show progress on standard error.
    pub progress: bool,
}

impl Default for Reading {
    fn default() -> Self {
        Reading { kind: None, insight: None, threads: 0, block_bytes: BLOCK_BYTES, progress: false }
    }
}

/// What `analyze` does.
#[derive(Clone, Debug, Default)]
pub struct Analysis {
    /// How inputs are read.
    pub reading: Reading,
    /// How keys become patterns.
    pub rules: Rules,
    /// Width of the timeline's buckets in seconds; `None` follows the length of the capture.
    pub bucket: Option<u64>,
    /// What the slow logs are; `None` is SLOWLOG.
    pub commandlog: Option<Commandlog>,
    /// Thresholds of the finding rules.
    pub settings: Settings,
}

/// What COMMANDLOG logged (Valkey 8.1 and later). A dump does not say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Commandlog {
    /// What took long, as SLOWLOG.
    Slow,
    /// What came in many bytes.
    LargeRequest,
    /// What went out in many bytes.
    LargeReply,
}

impl Commandlog {
    /// As COMMANDLOG GET takes it.
    pub fn name(self) -> &'static str {
        match self {
            Commandlog::Slow => "slow",
            Commandlog::LargeRequest => "large-request",
            Commandlog::LargeReply => "large-reply",
        }
    }

    /// Whether its numbers are bytes.
    pub fn is_large(self) -> bool {
        self != Commandlog::Slow
    }

    /// Of its numbers.
    pub fn unit(self) -> &'static str {
        if self.is_large() { "bytes" } else { "us" }
    }
}
