//! INFO dumps, and the rates between them.

mod rates;
mod snapshot;

pub use snapshot::split;

use super::connections::name;
use crate::event::InfoDump;
use crate::output::notation::Time;
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
        let mut before = None;
        let snapshots: Vec<_> = std::mem::take(&mut self.kept)
            .into_iter()
            .map(|dump| {
                let path = paths.get(dump.input as usize).cloned().unwrap_or_default();
                // A file's name tells when its first dump was made, where nothing in it does.
                let is_first = before.replace(dump.input) != Some(dump.input);
                let named = || is_first.then(|| name::time(&path.0).map(Time)).flatten();
                InfoSnapshot { time: dump.snapshot.time.or_else(named), path, ..dump.snapshot }
            })
            .collect();
        let (rates, restarts) = rates::between(&snapshots);
        report::info::Info { snapshots, rates, restarts }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Place;

    /// Takes in dumps numbered so, each a line.
    fn part(numbers: std::ops::Range<u64>) -> Info {
        let mut info = Info::default();
        for (line, number) in (0..).zip(numbers) {
            let value = number.to_string();
            let fields = [(&b""[..], &b"used_memory"[..], value.as_bytes())];
            let place = Place { offset: number, line };
            info.observe(&InfoDump { place, bytes: 1, time: None, fields: &fields }, 0);
        }
        info
    }

    fn shown(mut info: Info) -> (u64, String) {
        (info.more(), format!("{:?}", info.finish(&[Bytes::from(&b"x"[..])]).snapshots))
    }

    #[test]
    fn merging_equals_reading_on_and_past_the_bound_dumps_are_counted() {
        let most = MOST as u64;
        for (end, cuts) in [
            (12, vec![5, 9]),
            (most + 7, vec![most - 1, most + 3]),
            (most + 7, vec![most, most + 1]),
            (2 * most + 9, vec![most + 5]),
        ] {
            let whole = shown(part(0..end));
            assert_eq!(whole.0, end.saturating_sub(most));
            let edges: Vec<_> = std::iter::once(0).chain(cuts).chain([end]).collect();
            let parts = || edges.iter().zip(&edges[1..]).map(|(from, to)| (*from, part(*from..*to)));
            let mut left = Info::default();
            parts().for_each(|(start, part)| left.merge(part, |_| start));
            assert!(shown(left) == whole, "from the left, {end}");
            let right =
                parts().collect::<Vec<_>>().into_iter().rev().reduce(|(_, later), (start, mut part)| {
                    let lines = part.kept.len() as u64 + part.more;
                    part.merge(later, |_| lines);
                    (start, part)
                });
            assert!(shown(right.unwrap().1) == whole, "from the right, {end}");
        }
    }
}
