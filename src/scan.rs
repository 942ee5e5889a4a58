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
use crate::event::{Place, SnapshotStart};
use crate::format::sections::{Section, Sections};
use crate::format::{self, Format, Kind};
use crate::options::Reading;
use crate::output::notation::escape;
use crate::progress::Progress;
use crate::source::{self, Block, Cut, Item, Opening, Plan, Seek, Visitor, Wanted};

/// Blocks of a wave for each thread: enough that no thread waits long for the others, few enough to bound the memory.
const EACH: usize = 4;

/// Blocks of a wave at least: results that are taken one behind the other find what they are merged into in the
/// cache (measured: 8 % less time than one by one).
const LEAST: usize = 8;

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
        /// What `fold` made of it.
        part: P,
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
        let wave = LEAST.max(EACH * pool.current_num_threads());
        let (send, receive) = sync_channel(wave);
        scope.spawn(move || read(&plan.items, how, send));
        let mut waves = Waves { receive, most: wave, present: None };
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
    let mut reader = Reader { kind: how.kind, insight: how.insight, opened: 0, file: File::default(), send };
    for item in items {
        if source::read(item, how.block_bytes, &mut reader).is_break() {
            return;
        }
    }
}

enum Message {
    Note(Note),
    /// Blocks of this are next.
    Turn(Present),
    Block(Block),
}

/// The file that is being read.
#[derive(Default)]
struct File {
    path: Arc<[u8]>,
    compression: &'static str,
    stored_bytes: Option<u64>,
    modified: Option<i64>,
    /// Where it holds several kinds.
    sections: Option<Sections>,
    /// What it holds; the first is all of it where it holds one kind.
    held: Vec<Held>,
    /// Of these the one that is being read.
    present: usize,
}

/// What a file holds of one kind.
struct Held {
    input: u32,
    reading: format::Reading,
    bytes: u64,
    stretches: u64,
}

struct Reader {
    kind: Option<Kind>,
    insight: Option<bool>,
    opened: u32,
    file: File,
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

    /// An input begins, of the present file.
    fn start(&mut self, reading: format::Reading) {
        let File { path, compression, stored_bytes, modified, held, .. } = &mut self.file;
        let input = Input {
            path: path.to_vec(),
            compression,
            stored_bytes: *stored_bytes,
            modified: *modified,
            reading: reading.clone(),
            beside: !held.is_empty(),
        };
        held.push(Held { input: self.opened, reading, bytes: 0, stretches: 0 });
        self.file.present = held.len() - 1;
        self.opened += 1;
        let _ = self.send(Message::Note(Note::Open(input)));
    }

    /// Blocks of the present input are next, read by `format`; `time` as in [`Anew`].
    fn turn(&mut self, format: Arc<dyn Format>, time: Option<i64>) -> Cut {
        let path = self.file.path.clone();
        if let Some(held) = self.file.held.get_mut(self.file.present) {
            held.stretches += 1;
            let is_new = held.reading.kind == Kind::ClientList && (held.stretches > 1 || time.is_some());
            let anew = is_new.then_some(Anew { time });
            let _ = self.send.send(Message::Turn(Present {
                input: held.input,
                path,
                format: format.clone(),
                anew,
            }));
        }
        Box::new(move |bytes| format.cut(bytes))
    }
}

impl Visitor for Reader {
    fn open(&mut self, opening: Opening<'_>) -> Wanted {
        self.file = File {
            path: opening.path.into(),
            compression: opening.compression,
            stored_bytes: opening.stored_bytes,
            modified: opening.modified,
            ..File::default()
        };
        if self.kind.is_none() && Sections::are_in(opening.head, self.insight) {
            self.file.sections = Some(Sections::new(self.insight));
            return Wanted::Parts;
        }
        let reading = format::detect(opening.head, self.kind, self.insight);
        let format = reading.format.clone();
        self.start(reading);
        match format {
            Some(format) => Wanted::Whole(self.turn(format, None)),
            None => Wanted::Nothing,
        }
    }

    fn seek(&mut self, ahead: &[u8], from: usize, ended: bool) -> Seek {
        match &mut self.file.sections {
            Some(sections) => sections.seek(ahead, from, ended),
            None => Seek::Clear(ahead.len()),
        }
    }

    fn part(&mut self, head: &[u8]) -> Cut {
        let (mut reading, time) = match self.file.sections.as_mut().and_then(|sections| sections.next(head)) {
            Some(Section { reading, time }) => (reading, time),
            None => (format::detect(head, None, self.insight), None),
        };
        match self.file.held.iter().position(|held| held.reading.kind == reading.kind) {
            Some(at) => {
                self.file.present = at;
                // The forms of slow logs differ from poll to poll; of the other kinds the first stretch tells
                // what lines alone do not.
                if reading.kind != Kind::Slowlog
                    && let Some(held) = self.file.held.get(at)
                {
                    reading.format.clone_from(&held.reading.format);
                }
            }
            None => self.start(reading.clone()),
        }
        match reading.format {
            Some(format) => self.turn(format, time),
            // Only what has a format begins a section.
            None => Box::new(|_| 0),
        }
    }

    fn block(&mut self, block: Block) -> ControlFlow<()> {
        if let Some(held) = self.file.held.get_mut(self.file.present) {
            held.bytes += block.bytes().len() as u64;
        }
        self.send(Message::Block(block))
    }

    fn close(&mut self, bytes: u64, mut error: Option<io::Error>) {
        let in_parts = self.file.sections.is_some();
        let held = std::mem::take(&mut self.file.held);
        let several = held.len() > 1;
        for (at, held) in held.into_iter().enumerate() {
            let _ = self.send(Message::Note(Note::Close {
                input: held.input,
                stretches: several.then_some(held.stretches),
                bytes: if in_parts { held.bytes } else { bytes },
                error: if at == self.file.present { error.take() } else { None },
            }));
        }
    }

    fn fail(&mut self, path: &[u8], error: io::Error) {
        let _ = self.send(Message::Note(Note::Fail { path: path.to_vec(), error }));
    }
}

/// Gathers messages into waves.
struct Waves {
    receive: Receiver<Message>,
    /// Messages of a wave.
    most: usize,
    present: Option<Present>,
}

/// The input that blocks belong to.
#[derive(Clone)]
struct Present {
    input: u32,
    path: Arc<[u8]>,
    format: Arc<dyn Format>,
    anew: Option<Anew>,
}

enum Job {
    Fold(Present, Block),
    Pass(Note),
}

impl Waves {
    /// The next messages; none at the end.
    fn next(&mut self) -> Vec<Job> {
        let mut wave = Vec::with_capacity(self.most);
        while wave.len() < self.most {
            let Ok(message) = self.receive.recv() else { break };
            match message {
                Message::Note(note) => wave.push(Job::Pass(note)),
                Message::Turn(present) => self.present = Some(present),
                // Only what has a format sends blocks.
                Message::Block(block) => {
                    wave.extend(self.present.clone().map(|present| Job::Fold(present, block)));
                    // What follows in the same stretch goes on.
                    self.present.iter_mut().for_each(|present| present.anew = None);
                }
            }
        }
        wave
    }
}

impl Job {
    fn run<P>(self, fold: &impl Fn(&Work<'_>) -> P) -> Step<P> {
        match self {
            Job::Pass(note) => Step::Note(note),
            Job::Fold(present, block) => {
                let Present { input, path, format, anew } = &present;
                let work = Work { input: *input, path, format: &**format, anew: *anew, block: &block };
                Step::Part { input: *input, bytes: block.bytes().len() as u64, part: fold(&work) }
            }
        }
    }
}
