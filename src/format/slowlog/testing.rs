//! What the tests of this room share: a sink that keeps what it is told.

use crate::error::Reject;
use crate::event::{Place, Sink, Skipped, Slow};

/// See the module.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// All of it, in words.
    pub words: Vec<String>,
    /// Where each of it starts, and its bytes.
    pub places: Vec<(u64, u64)>,
}

impl Told {
    fn keep(&mut self, place: Place, bytes: u64, words: String) {
        self.words.push(words);
        self.places.push((place.offset, bytes));
    }
}

impl Sink for Told {
    fn slow(&mut self, entry: &Slow<'_>) {
        let mut scratch = Vec::new();
        let args: Vec<_> =
            entry.args.iter().map(|arg| arg.bytes(&mut scratch).escape_ascii().to_string()).collect();
        let numbers = (entry.id, entry.time, entry.us, entry.argc);
        let words = format!("{numbers:?} {args:?} {:?} {:?} {:?}", entry.client, entry.name, entry.exactness);
        self.keep(entry.place, entry.bytes, words);
    }

    fn reject(&mut self, reject: Reject<'_>) {
        self.keep(reject.place, reject.bytes, reject.reason.to_owned());
    }

    fn skip(&mut self, place: Place, bytes: u64, why: Skipped) {
        self.keep(place, bytes, format!("{why:?}"));
    }

    fn gap(&mut self, _: Place) {}
}
