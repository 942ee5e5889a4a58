//! Runs while a block is read.

use super::super::Call;
use super::{KEY, LEAST, Run, Runs, Start, Track, WAIT};
use crate::event::Place;
use crate::intern::hash;

/// Bytes of a reading call's arguments up to which two calls are the same only if all arguments are; of a longer
/// one, and of writes, the first key tells.
const QUESTION: u64 = 256;

/// A run that goes on.
#[derive(Clone, Copy, Debug)]
struct Open {
    /// The command, and the gaps before it in the block; see [`Open::what`].
    what: u64,
    // A block has fewer than 2³² calls.
    calls: u32,
    same: u32,
    waits: u32,
    absent: u32,
    /// Calls from which on something is left of it: the first run of a client is kept however short it is.
    least: u32,
    last: i64,
    question: u64,
    marks: u64,
    first: First,
}

/// The first call of a run. Its key stands where it was read: most runs are too short to be looked at again.
#[derive(Clone, Copy, Debug)]
struct First {
    time: i64,
    question: u64,
    place: Place,
    /// Where the first key starts: bytes from the start of the block, and behind its end those of what was copied.
    key_at: usize,
    key_bytes: usize,
}

impl First {
    const NONE: First =
        First { time: 0, question: 0, place: Place { offset: 0, line: 0 }, key_at: 0, key_bytes: 0 };
}

impl Open {
    /// Before a client's first call.
    const NONE: Open = Open {
        what: u64::MAX,
        calls: 0,
        same: 0,
        waits: 0,
        absent: 0,
        least: 1,
        last: 0,
        question: 0,
        marks: 0,
        first: First::NONE,
    };

    /// What tells whether a call goes on with a run. There are never so many gaps that this is [`Open::NONE`]'s.
    fn what(command: u32, stretch: u32) -> u64 {
        u64::from(command) << 32 | u64::from(stretch)
    }

    /// Goes on with a call.
    #[inline]
    fn add(&mut self, time: i64, question: u64, absent: bool) {
        self.calls += 1;
        self.same += u32::from(self.question == question);
        // No time of a record is negative.
        self.waits += u32::from(time.wrapping_sub(self.last) > WAIT);
        self.absent += u32::from(absent);
        self.marks |= mark(question);
        self.last = time;
        self.question = question;
    }

    /// Begins with a call, whose key starts at `key_at`.
    // Each on its own: what is made elsewhere and copied is read before it has left the processor's buffer of stores.
    #[inline]
    fn begin(&mut self, call: &Call<'_>, key_at: usize, question: u64, absent: bool) {
        self.calls = 1;
        self.same = 0;
        self.waits = 0;
        self.absent = absent.into();
        self.marks = mark(question);
        self.last = call.record.time;
        self.question = question;
        self.first.time = call.record.time;
        self.first.question = question;
        self.first.place.offset = call.record.place.offset;
        self.first.place.line = call.record.place.line;
        self.first.key_at = key_at;
        self.first.key_bytes = call.raw_key.len();
    }
}

/// Runs by client while a block is read.
#[derive(Clone, Debug)]
pub struct OpenRuns<'b> {
    input: u32,
    block: &'b [u8],
    /// By client, the run that goes on.
    open: Vec<Open>,
    /// By client, the runs before it; behind the last that has one there may be none.
    ended: Vec<Track>,
    /// Gaps so far.
    stretch: u32,
    /// Keys that were not read where they stand in the block.
    copied: Vec<u8>,
}

impl<'b> OpenRuns<'b> {
    /// For `block` of the input numbered `input`.
    pub fn new(input: u32, block: &'b [u8]) -> Self {
        let (open, ended, copied) = (Vec::new(), Vec::new(), Vec::new());
        OpenRuns { input, block, open, ended, stretch: 0, copied }
    }

    /// Takes a call, which creates its key only where it is missing if it is `absent`.
    #[inline(always)]
    pub fn observe(&mut self, call: &Call<'_>, absent: bool) {
        let question = question(call);
        let what = Open::what(call.command, self.stretch);
        let Some(run) = self.open.get_mut(call.client as usize) else { return self.meet(call, absent) };
        if run.what == what {
            return run.add(call.record.time, question, absent);
        }
        // Nothing is left of one that was too short.
        if run.calls >= run.least {
            return self.turn(call, absent);
        }
        let key_at = call.raw_key.as_ptr().addr().wrapping_sub(self.block.as_ptr().addr());
        run.what = what;
        run.begin(call, key_at, question, absent);
        if key_at >= self.block.len() && !call.raw_key.is_empty() {
            self.copy(call);
        }
    }

    /// The first call of a client.
    #[inline(never)]
    fn meet(&mut self, call: &Call<'_>, absent: bool) {
        let len = call.client as usize + 1;
        self.open.resize(len, Open::NONE);
        self.again(call, absent);
    }

    /// Apart, so that the way of every call stands there once.
    #[inline(never)]
    fn again(&mut self, call: &Call<'_>, absent: bool) {
        self.observe(call, absent);
    }

    /// A call that breaks a run of which something is left.
    #[inline(never)]
    fn turn(&mut self, call: &Call<'_>, absent: bool) {
        self.end(call.client as usize);
        if let Some(run) = self.open.get_mut(call.client as usize) {
            *run = Open { least: LEAST as u32, ..Open::NONE };
        }
        self.again(call, absent);
    }

    /// The run that goes on is broken.
    fn end(&mut self, client: usize) {
        if client >= self.ended.len() {
            self.ended.resize(self.open.len(), Track::default());
        }
        let Some((run, track)) = self.open.get(client).zip(self.ended.get_mut(client)) else { return };
        track.tail = sealed(run, self.input, self.block, &self.copied);
        track.end();
    }

    /// Keeps the key of a call that was decoded before it was read.
    #[cold]
    fn copy(&mut self, call: &Call<'_>) {
        if let Some(run) = self.open.get_mut(call.client as usize) {
            run.first.key_at = self.block.len() + self.copied.len();
            self.copied.extend(call.raw_key.iter().take(KEY));
        }
    }

    /// What comes next follows nothing.
    pub fn gap(&mut self) {
        self.stretch += 1;
    }

    /// The runs of the block.
    pub fn seal(self) -> Runs {
        let OpenRuns { input, block, open, mut ended, stretch, copied, .. } = self;
        ended.resize(open.len(), Track::default());
        for (run, track) in open.iter().zip(&mut ended) {
            track.tail = sealed(run, input, block, &copied);
        }
        Runs { tracks: ended, stretch }
    }
}

/// A run with the key of its first call.
fn sealed(run: &Open, input: u32, block: &[u8], copied: &[u8]) -> Run {
    let First { time, question, place, key_at, key_bytes } = run.first;
    let mut key = [0; KEY];
    let from = match key_at.checked_sub(block.len()) {
        Some(at) => copied.get(at..),
        None => block.get(key_at..),
    };
    let shown = key_bytes.min(KEY);
    if let (Some(to), Some(from)) = (key.get_mut(..shown), from.and_then(|from| from.get(..shown))) {
        to.copy_from_slice(from);
    }
    Run {
        command: (run.what >> 32) as u32,
        stretch: run.what as u32,
        calls: run.calls.into(),
        same: run.same.into(),
        waits: run.waits.into(),
        absent: run.absent.into(),
        last: run.last,
        question: run.question,
        marks: run.marks,
        start: Start {
            time,
            question,
            place,
            input,
            key_bytes: u32::try_from(key_bytes).unwrap_or(u32::MAX),
            key,
        },
    }
}

/// The bit of a question.
fn mark(question: u64) -> u64 {
    1 << (question >> 58)
}

/// What a call asks, as a number: calls that ask the same have the same.
#[inline]
fn question(call: &Call<'_>) -> u64 {
    // Beside its key it says nothing but its name.
    let is_key = call.record.args.len() == 2 && call.keys.len() == 1;
    if call.manner.asks && !is_key && call.payload <= QUESTION { asked(call) } else { call.key_hash }
}

/// All that stands behind the name. Apart, as it is wanted of few calls.
#[inline(never)]
fn asked(call: &Call<'_>) -> u64 {
    call.args().raw_from(1).map_or(0, hash)
}
