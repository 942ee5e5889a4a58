//! Reads items and cuts them into blocks, several items at once.

use std::io;
use std::ops::ControlFlow;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::Scope;

use super::jobs::{Message, Present};
use super::{Anew, Input, Note};
use crate::format::sections::{Section, Sections};
use crate::format::{self, Format, Kind};
use crate::options::Reading;
use crate::source::{self, Block, Cut, Item, Opening, Seek, Visitor, Wanted};

/// Messages of an item that wait: all that a small file has.
const WAITING: usize = 4;

/// Starts threads that read `items`: as many as `threads`, because a compressed file is unpacked where it is read.
/// What they say comes item by item, in order; a reader is at most so many items ahead as there are threads.
pub(super) fn start<'scope>(
    scope: &'scope Scope<'scope, '_>,
    items: &'scope [Item],
    how: &'scope Reading,
    threads: usize,
) -> Receiver<Receiver<Message>> {
    let (line, order) = sync_channel(threads);
    let left = Arc::new(Mutex::new(items.iter()));
    for _ in 0..threads.min(items.len()) {
        let (left, line) = (left.clone(), line.clone());
        scope.spawn(move || {
            while let Some((item, send)) = next(&left, &line) {
                let mut reader =
                    Reader { kind: how.kind, insight: how.insight, opened: 0, file: File::default(), send };
                if source::read(item, how.block_bytes, &mut reader).is_break() {
                    break;
                }
            }
        });
    }
    order
}

/// The next item, and where to send what it says; `None` at the end, and when nobody listens.
fn next<'a>(
    left: &Mutex<std::slice::Iter<'a, Item>>,
    line: &SyncSender<Receiver<Message>>,
) -> Option<(&'a Item, SyncSender<Message>)> {
    // Held until the item stands in line, so that they stand there in order.
    let mut left = left.lock().ok()?;
    let item = left.next()?;
    let (send, receive) = sync_channel(WAITING);
    line.send(receive).ok()?;
    Some((item, send))
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

/// Reads one item.
struct Reader {
    kind: Option<Kind>,
    insight: Option<bool>,
    /// Inputs of the item so far.
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
