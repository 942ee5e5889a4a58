//! What is to be done, in the order of the inputs.

use std::sync::Arc;
use std::sync::mpsc::Receiver;

use super::{Anew, Note, Step, Work};
use crate::format::Format;
use crate::source::Block;

/// What a reader says of the item that it reads. It numbers the inputs of the item from 0.
pub(super) enum Message {
    /// Something about an input as a whole.
    Note(Note),
    /// Blocks of this are next.
    Turn(Present),
    /// The next bytes.
    Block(Block),
}

/// The input that blocks belong to.
#[derive(Clone)]
pub(super) struct Present {
    pub(super) input: u32,
    pub(super) path: Arc<[u8]>,
    pub(super) format: Arc<dyn Format>,
    pub(super) anew: Option<Anew>,
}

/// Something to do, which comes to a [`Step`].
pub(super) enum Job {
    /// Fold a block.
    Fold(Present, Block),
    /// Nothing.
    Pass(Note),
}

impl Job {
    /// Does it.
    pub(super) fn run<P>(self, fold: &impl Fn(&Work<'_>) -> P) -> Step<P> {
        match self {
            Job::Pass(note) => Step::Note(note),
            Job::Fold(present, block) => {
                let Present { input, path, format, anew } = &present;
                let work = Work { input: *input, path, format: &**format, anew: *anew, block: &block };
                Step::Part { input: *input, bytes: block.bytes().len() as u64, part: Box::new(fold(&work)) }
            }
        }
    }
}

/// Jobs from what readers say, each as soon as there is a token for it.
pub(super) struct Jobs {
    items: Receiver<Receiver<Message>>,
    tokens: Receiver<()>,
    /// Of the present item.
    messages: Option<Receiver<Message>>,
    /// Inputs of the items before it.
    before: u32,
    /// Inputs that were opened.
    opened: u32,
    present: Option<Present>,
}

impl Jobs {
    /// From the messages of each item, in the order of the items.
    pub(super) fn new(items: Receiver<Receiver<Message>>, tokens: Receiver<()>) -> Self {
        Jobs { items, tokens, messages: None, before: 0, opened: 0, present: None }
    }

    /// What is said next.
    fn message(&mut self) -> Option<Message> {
        loop {
            if let Some(message) = self.messages.as_ref().and_then(|messages| messages.recv().ok()) {
                return Some(message);
            }
            self.messages = Some(self.items.recv().ok()?);
            self.before = self.opened;
        }
    }
}

impl Iterator for Jobs {
    type Item = Job;

    fn next(&mut self) -> Option<Job> {
        self.tokens.recv().ok()?;
        loop {
            match self.message()? {
                Message::Note(mut note) => {
                    match &mut note {
                        Note::Open(_) => self.opened += 1,
                        Note::Close { input, .. } => *input += self.before,
                        Note::Fail { .. } => {}
                    }
                    return Some(Job::Pass(note));
                }
                Message::Turn(mut present) => {
                    present.input += self.before;
                    self.present = Some(present);
                }
                Message::Block(block) => {
                    // Only what has a format sends blocks.
                    let Some(present) = &mut self.present else { continue };
                    // What follows in the same stretch goes on.
                    let anew = present.anew.take();
                    return Some(Job::Fold(Present { anew, ..present.clone() }, block));
                }
            }
        }
    }
}
