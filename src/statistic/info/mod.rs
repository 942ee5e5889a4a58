//! INFO dumps, and the rates between them.

mod rates;
mod snapshot;

pub use snapshot::split;

use crate::event::InfoDump;
use crate::report;
use crate::report::Bytes;
use crate::report::info::InfoSnapshot;

/// Dumps that are kept: a week of one a minute.
pub const MOST: usize = 10_000;

/// Bytes of text of the dumps that are kept; a dump with every section has some 20,000.
pub const MOST_BYTES: u64 = 64 << 20;

/// A dump that is kept.
#[derive(Clone, Debug)]
struct Kept {
    input: u32,
    /// Of its text.
    bytes: u64,
    /// Without its path.
    snapshot: InfoSnapshot,
}

/// The first dumps of a stretch, whole, up to [`MOST`] and [`MOST_BYTES`]; later ones are counted.
#[derive(Clone, Debug, Default)]
pub struct Info {
    kept: Vec<Kept>,
    /// Of `kept`.
    bytes: u64,
    /// Dumps that are not kept. None is kept after the first of these.
    more: u64,
}

impl Info {
    /// Takes in a dump of the input numbered `input`.
    pub fn observe(&mut self, dump: &InfoDump<'_>, input: u32) {
        self.keep(Kept { input, bytes: dump.bytes, snapshot: snapshot::read(dump) });
    }

    fn keep(&mut self, dump: Kept) {
        let bytes = self.bytes.saturating_add(dump.bytes);
        if self.more == 0 && self.kept.len() < MOST && bytes <= MOST_BYTES {
            self.bytes = bytes;
            self.kept.push(dump);
        } else {
            self.more += 1;
        }
    }

    /// Appends what follows; `lines` tells how many lines of an input came before.
    pub fn merge(&mut self, later: Info, lines: impl Fn(u32) -> u64) {
        for mut dump in later.kept {
            dump.snapshot.line += lines(dump.input);
            self.keep(dump);
        }
        self.more += later.more;
    }

    /// Dumps that are not in the report.
    pub fn more(&self) -> u64 {
        self.more
    }

    /// The report's part; `paths` are the inputs'.
    pub fn finish(&mut self, paths: &[Bytes]) -> report::info::Info {
        let snapshots: Vec<_> = std::mem::take(&mut self.kept)
            .into_iter()
            .map(|dump| InfoSnapshot {
                path: paths.get(dump.input as usize).cloned().unwrap_or_default(),
                ..dump.snapshot
            })
            .collect();
        let (rates, restarts) = rates::between(&snapshots);
        report::info::Info { snapshots, rates, restarts }
    }
}
