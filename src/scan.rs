//! Reads inputs in blocks and folds the blocks in parallel: the only threads of the crate.
//!
//! One thread reads and cuts; blocks are folded in waves, on as many threads as there are; what comes
//! out is taken in the order of the inputs, while the next wave is folded. Blocks and their order do
//! not depend on the number of threads, so neither does what the run writes.

use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use rayon::prelude::*;

use crate::error::{Error, Result};
use crate::format::{self, Format, Kind};
use crate::options::Reading;
use crate::output::notation::escape;
use crate::progress::Progress;
use crate::source::{self, Block, Cut, Item, Opening, Plan, Visitor};

/// Blocks of a wave: enough to keep many cores busy, few enough to bound the memory of streams.
const WAVE: usize = 16;

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
}

/// What happens to the inputs, in order.
pub enum Step<P> {
    /// Something about an input as a whole.
    Note(Note),
    /// What a block of the present input came to.
    Part {
        /// Bytes of the block.
        bytes: u64,
        /// What `fold` made of it.
        part: P,
    },
}

/// What happens to an input as a whole. Inputs are numbered from 0, in the order of their opening.
pub enum Note {
    /// The next input begins.
    Open(Input),
    /// The present input ends.
    Close {
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
    /// Its bytes.
    pub block: &'a Block,
}

/// Reads everything in `plan`: each block goes through `fold`, and all that happens to `take`, in order.
pub fn scan<P: Send>(
    plan: &Plan,
    how: &Reading,
    fold: impl Fn(&Work<'_>) -> P + Sync,
    mut take: impl FnMut(Step<P>) -> Result<()> + Send,
) -> Result<()> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(how.threads)
        .build()
        .map_err(|error| Error::Usage(format!("no threads: {error}; try --threads 1")))?;
    for problem in &plan.problems {
        let error = io::Error::new(problem.error.kind(), problem.error.to_string());
        take(Step::Note(Note::Fail { path: problem.path.as_os_str().as_encoded_bytes().to_vec(), error }))?;
    }
    let mut progress = Progress::new(how.progress, plan.stored_bytes());
    let mut take = |step: Step<P>| {
        match &step {
            Step::Note(Note::Open(input)) => {
                progress.open(escape(&input.path), input.stored_bytes, input.compression.is_empty());
            }
            Step::Note(Note::Close { .. }) => progress.close(),
            Step::Note(Note::Fail { .. }) => {}
            Step::Part { bytes, .. } => progress.add(*bytes),
        }
        take(step)
    };
    let result = std::thread::scope(|scope| {
        let (send, receive) = sync_channel(WAVE);
        scope.spawn(move || read(&plan.items, how, send));
        let mut waves = Waves { receive, present: None, opened: 0 };
        let mut done = Vec::new();
        loop {
            let wave = waves.next();
            let last = wave.is_empty();
            let (folded, taken) = pool.install(|| {
                rayon::join(
                    || wave.into_par_iter().map(|job| job.run(&fold)).collect::<Vec<_>>(),
                    || done.drain(..).try_for_each(&mut take),
                )
            });
            // On an error the receiver goes, which stops the reader.
            taken?;
            done = folded;
            if last {
                return Ok(());
            }
        }
    });
    progress.finish();
    result
}

/// Runs on the reading thread.
fn read(items: &[Item], how: &Reading, send: SyncSender<Message>) {
    let mut reader = Reader { kind: how.kind, insight: how.insight, send };
    for item in items {
        if source::read(item, how.block_bytes, &mut reader).is_break() {
            return;
        }
    }
}

enum Message {
    Note(Note),
    Block(Block),
}

struct Reader {
    kind: Option<Kind>,
    insight: Option<bool>,
    send: SyncSender<Message>,
}

impl Reader {
    /// Sending fails when the run has ended early; `block` then stops the reading.
    fn send(&self, message: Message) -> ControlFlow<()> {
        match self.send.send(message) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    }
}

impl Visitor for Reader {
    fn open(&mut self, opening: Opening<'_>) -> Option<Cut> {
        let reading = format::detect(opening.head, self.kind, self.insight);
        let format = reading.format.clone();
        let input = Input {
            path: opening.path.to_vec(),
            compression: opening.compression,
            stored_bytes: opening.stored_bytes,
            modified: opening.modified,
            reading,
        };
        let _ = self.send(Message::Note(Note::Open(input)));
        format.map(|format| -> Cut { Box::new(move |bytes| format.cut(bytes)) })
    }

    fn block(&mut self, block: Block) -> ControlFlow<()> {
        self.send(Message::Block(block))
    }

    fn close(&mut self, bytes: u64, error: Option<io::Error>) {
        let _ = self.send(Message::Note(Note::Close { bytes, error }));
    }

    fn fail(&mut self, path: &[u8], error: io::Error) {
        let _ = self.send(Message::Note(Note::Fail { path: path.to_vec(), error }));
    }
}

/// Gathers messages into waves.
struct Waves {
    receive: Receiver<Message>,
    present: Option<Present>,
    opened: u32,
}

/// The input that blocks belong to.
#[derive(Clone)]
struct Present {
    input: u32,
    path: Arc<[u8]>,
    format: Arc<dyn Format>,
}

enum Job {
    Fold(Present, Block),
    Pass(Note),
}

impl Waves {
    /// Up to [`WAVE`] messages; none at the end.
    fn next(&mut self) -> Vec<Job> {
        let mut wave = Vec::with_capacity(WAVE);
        while wave.len() < WAVE {
            let Ok(message) = self.receive.recv() else { break };
            match message {
                Message::Note(note) => {
                    if let Note::Open(input) = &note {
                        self.open(input);
                    }
                    wave.push(Job::Pass(note));
                }
                // Only what has a format sends blocks.
                Message::Block(block) => {
                    wave.extend(self.present.clone().map(|present| Job::Fold(present, block)));
                }
            }
        }
        wave
    }

    fn open(&mut self, input: &Input) {
        let format = input.reading.format.clone();
        self.present =
            format.map(|format| Present { input: self.opened, path: input.path.as_slice().into(), format });
        self.opened += 1;
    }
}

impl Job {
    fn run<P>(self, fold: &impl Fn(&Work<'_>) -> P) -> Step<P> {
        match self {
            Job::Pass(note) => Step::Note(note),
            Job::Fold(present, block) => {
                let Present { input, path, format } = &present;
                let work = Work { input: *input, path, format: &**format, block: &block };
                Step::Part { bytes: block.bytes().len() as u64, part: fold(&work) }
            }
        }
    }
}
