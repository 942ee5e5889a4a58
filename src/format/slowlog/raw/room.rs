//! Memory that a thread uses for one block after the other: that of a block is some megabytes, and to ask for them anew
//! each time takes longer than to look for line ends.

use std::cell::Cell;

use super::Start;
use super::chain::Best;

/// See the module.
#[derive(Default)]
pub(super) struct Room {
    /// Of [`super::Places`], with what was there.
    pub(super) from: Vec<u32>,
    pub(super) starts: Vec<Start>,
    /// Of [`super::Path`].
    pub(super) best: Vec<Best>,
    pub(super) dead: Vec<bool>,
}

/// Lines and entries of the longest block whose memory is kept: some 16 MiB.
const MOST: usize = 1 << 20;

thread_local! {
    static ROOM: Cell<Room> = Cell::default();
}

impl Room {
    /// That of this thread.
    pub(super) fn take() -> Self {
        ROOM.take()
    }

    /// Keeps it for the next block.
    pub(super) fn give(mut self) {
        if self.from.capacity().max(8 * self.starts.capacity()) <= 2 * MOST {
            self.starts.clear();
            ROOM.set(self);
        }
    }
}
