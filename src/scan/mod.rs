//! Reads inputs in blocks and folds the blocks in parallel: the only threads of the crate.
//!
//! ```text
//! items ─read, several at once─> messages, in the order of the items ─fold, in parallel─> Turns ─in order─> take
//! ```
//!
//! Blocks and their order do not depend on the number of threads, so neither does what the run writes.

mod jobs;
mod read;
mod turns;

use std::io;
use std::sync::mpsc::channel;

use rayon::ThreadPool;
use rayon::prelude::*;

use crate::error::{Error, Result};
use crate::event::{Place, SnapshotStart};
use crate::format::{self, Format};
use crate::options::Reading;
use crate::output::notation::escape;
use crate::progress::Progress;
use crate::source::{Block, Plan};
use jobs::Jobs;
use turns::Turns;

/// An input and what it was found to be.
#[derive(Clone)]
pub struct Input {
    /// As it is shown.
    pub path: Vec<u8>,
    /// `gzip`, `zstd`, `xz`, `bzip2`, or empty.
    pub compression: &'static str,
    /// Size on disk or in the archive, where known.
    pub stored_bytes: Option<u64>,
    /// When it was last written to, in microseconds since 1970.
    pub modified: Option<i64>,
    /// Its kind and dialect.
    pub reading: format::Reading,
    /// Whether it is what the file before holds of another kind: a file of several kinds is an input for each.
    pub beside: bool,
}

/// What happens to the inputs, in order.
pub enum Step<P> {
    /// Something about an input as a whole.
    Note(Note),
    /// What a block of the present input came to.
    Part {
        /// The number of its input: the last that was opened, or one that the same file holds beside it.
        input: u32,
        /// Bytes of the block.
        bytes: u64,
        /// What `fold` made of it. It is handed from one to the next some ten times.
        part: Box<P>,
    },
}

/// What happens to an input as a whole. Inputs are numbered from 0, in the order of their opening.
pub enum Note {
    /// The next input begins.
    Open(Input),
    /// An input ends; all that a file holds end together.
    Close {
        /// Its number.
        input: u32,
        /// Stretches of the file that it is made of, where the file holds several kinds.
        stretches: Option<u64>,
        /// Its bytes.
        bytes: u64,
        /// Why reading stopped early.
        error: Option<io::Error>,
    },
    /// A path could not be read at all.
    Fail {
        /// As it is shown.
        path: Vec<u8>,
        /// Why.
        error: io::Error,
    },
}

/// A block that is to be folded.
pub struct Work<'a> {
    /// The number of its input.
    pub input: u32,
    /// Its input's path.
    pub path: &'a [u8],
    /// How to read it.
    pub format: &'a dyn Format,
    /// The snapshot of clients that starts with it because another kind stands before it.
    pub anew: Option<Anew>,
    /// Its bytes.
    pub block: &'a Block,
}

/// A snapshot that starts where no line of its own says so.
#[derive(Clone, Copy)]
pub struct Anew {
    /// When, in microseconds since 1970, where what stands before it tells.
    time: Option<i64>,
}

impl Work<'_> {
    /// The snapshot that starts with the block, where no line of it says so.
    pub fn snapshot(&self) -> Option<SnapshotStart> {
        let place = Place { offset: self.block.offset, line: 0 };
        self.anew.map(|Anew { time }| SnapshotStart { place, time })
    }
}

/// As many threads as were asked for.
///
/// # Errors
/// Where the system has none left.
pub fn pool(how: &Reading) -> Result<ThreadPool> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(how.threads)
        .build()
        .map_err(|error| Error::Usage(format!("no threads: {error}; try --threads 1")))
}

/// Reads everything in `plan`: each block goes through `fold` on the threads of `pool`, and all that happens to `take`,
/// in order. What `is_large` says so of is taken while it is in the cache. What `take` leaves of a part is room for a
/// later one: memory that is used again need not be asked for. Gives what room is left: to let go of it takes long.
///
/// # Errors
/// The first of `take`, behind which nothing more is read.
pub fn scan<P: Send, R: Default + Send>(
    pool: &ThreadPool,
    plan: &Plan,
    how: &Reading,
    fold: impl Fn(&Work<'_>, R) -> P + Sync,
    is_large: impl Fn(&P) -> bool + Sync,
    mut take: impl FnMut(Step<P>) -> Result<R> + Send,
) -> Result<Vec<R>> {
    for problem in &plan.problems {
        let error = io::Error::new(problem.error.kind(), problem.error.to_string());
        take(Step::Note(Note::Fail { path: problem.path.as_os_str().as_encoded_bytes().to_vec(), error }))?;
    }
    let mut progress = Progress::new(how.progress, plan.stored_bytes());
    let take = |step: Step<P>| {
        match &step {
            Step::Note(Note::Open(input)) if !input.beside => {
                progress.open(escape(&input.path), input.stored_bytes, input.compression.is_empty());
            }
            Step::Note(Note::Close { .. }) => progress.close(),
            Step::Note(Note::Open(_) | Note::Fail { .. }) => {}
            Step::Part { bytes, .. } => progress.add(*bytes),
        }
        take(step)
    };
    let result = std::thread::scope(|scope| {
        let threads = pool.current_num_threads();
        let (give, tokens) = channel();
        let turns = Turns::new(take, is_large, threads, give);
        // Goes before the scope ends: readers that wait for someone to listen then end too.
        let jobs = Jobs::new(read::start(scope, &plan.items, how, threads), tokens);
        pool.install(|| {
            // Whoever finds nothing more to fold takes what is there while others fold the last blocks.
            jobs.map(Some).chain([None]).enumerate().par_bridge().for_each(|(number, job)| match job {
                Some(job) => turns.put(number, job.run(&|work: &Work<'_>| fold(work, turns.room()))),
                None => turns.hurry(),
            });
        });
        turns.finish()
    });
    progress.finish();
    result
}
