//! What a run was asked to do, checked, as plain data.

use crate::format::Kind;
use crate::pattern::Rules;

/// Bytes of a block. Constant, never one share per thread, so that partial results are the same for
/// any number of threads; large enough that merging a block's tables costs little beside reading it.
pub const BLOCK_BYTES: usize = 2 << 20;

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
}
