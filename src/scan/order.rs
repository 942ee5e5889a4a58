//! Blocks are folded when a thread is free, and taken in their order.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, channel};

use rayon::Scope;

use super::{Message, Present, Step, Work};
use crate::error::Result;
use crate::source::Block;

/// Has the blocks of `messages` folded by `tasks`, at most `most` of them ahead of what was taken.
pub(super) fn run<'s, P: Send + 's>(
    messages: Receiver<Message>,
    most: usize,
    tasks: &Scope<'s>,
    fold: &'s (impl Fn(&Work<'_>) -> P + Sync),
    take: &mut impl FnMut(Step<P>) -> Result<()>,
) -> Result<()> {
    let (send, folded) = channel();
    let mut results = Results { folded, waiting: BTreeMap::new(), taken: 0 };
    let mut present: Option<Present> = None;
    let mut given = 0;
    for message in messages {
        match message {
            Message::Turn(turn) => {
                present = Some(turn);
                continue;
            }
            Message::Note(note) => {
                results.waiting.insert(given, Step::Note(note));
            }
            Message::Block(block) => {
                // Only what has a format sends blocks.
                let Some(turn) = &mut present else { continue };
                let (present, send) = (turn.clone(), send.clone());
                // What follows in the same stretch goes on.
                turn.anew = None;
                tasks.spawn(move |_| {
                    // Nobody listens any more where the run has ended early.
                    let _ = send.send((given, present.fold(&block, fold)));
                });
            }
        }
        given += 1;
        results.take(given.saturating_sub(most), take)?;
    }
    drop(send);
    results.take(given, take)
}

/// What was folded, by its number.
struct Results<P> {
    folded: Receiver<(usize, Step<P>)>,
    /// Those that others have to come before.
    waiting: BTreeMap<usize, Step<P>>,
    /// How many were taken.
    taken: usize,
}

impl<P> Results<P> {
    /// Takes all that is ready, and waits until `least` were taken.
    fn take(&mut self, least: usize, take: &mut impl FnMut(Step<P>) -> Result<()>) -> Result<()> {
        loop {
            while let Some(step) = self.waiting.remove(&self.taken) {
                take(step)?;
                self.taken += 1;
            }
            let next = if self.taken < least { self.folded.recv().ok() } else { self.folded.try_recv().ok() };
            let Some((number, step)) = next else { return Ok(()) };
            self.waiting.insert(number, step);
        }
    }
}

impl Present {
    fn fold<P>(self, block: &Block, fold: &impl Fn(&Work<'_>) -> P) -> Step<P> {
        let Present { input, path, format, anew } = &self;
        let work = Work { input: *input, path, format: &**format, anew: *anew, block };
        Step::Part { input: *input, bytes: block.bytes().len() as u64, part: fold(&work) }
    }
}
