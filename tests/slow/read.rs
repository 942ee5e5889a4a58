//! What the reader makes of a file, as plain values.

use std::path::PathBuf;

use redtrail::error::Reject;
use redtrail::event::{Exactness, Place, Sink, Skipped, Slow};
use redtrail::format::{self, Kind};

/// An entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub id: Option<u64>,
    pub time: i64,
    pub us: u64,
    pub args: Vec<Vec<u8>>,
    pub exact: bool,
    pub argc: Option<u64>,
    pub client: Option<Vec<u8>>,
    pub name: Option<Vec<u8>>,
    pub complexity: Option<Vec<u8>>,
}

impl Entry {
    /// What every form tells.
    #[allow(clippy::type_complexity, reason = "compared, never named")]
    pub fn without_args(&self) -> (Option<u64>, i64, u64, Option<&[u8]>, Option<&[u8]>) {
        (self.id, self.time, self.us, self.client.as_deref(), self.name.as_deref())
    }
}

/// What became of a file's bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Read {
    pub entries: Vec<Entry>,
    /// Of each entry.
    pub offsets: Vec<u64>,
    pub rejects: Vec<&'static str>,
    pub noise: u64,
    pub truncated: u64,
    /// Of all together.
    pub bytes: u64,
    /// Bytes of the entries.
    pub record_bytes: u64,
}

impl Sink for Read {
    fn slow(&mut self, entry: &Slow<'_>) {
        self.bytes += entry.bytes;
        self.record_bytes += entry.bytes;
        self.offsets.push(entry.place.offset);
        let mut scratch = Vec::new();
        self.entries.push(Entry {
            id: entry.id,
            time: entry.time,
            us: entry.us,
            args: entry.args.iter().map(|arg| arg.bytes(&mut scratch).to_vec()).collect(),
            exact: entry.exactness == Exactness::Exact,
            argc: entry.argc,
            client: entry.client.map(<[u8]>::to_vec),
            name: entry.name.map(<[u8]>::to_vec),
            complexity: entry.complexity.map(<[u8]>::to_vec),
        });
    }

    fn reject(&mut self, reject: Reject<'_>) {
        self.bytes += reject.bytes;
        self.rejects.push(reject.reason);
    }

    fn skip(&mut self, _: Place, bytes: u64, why: Skipped) {
        self.bytes += bytes;
        match why {
            Skipped::Noise | Skipped::Refusal => self.noise += 1,
            Skipped::Truncated => self.truncated += 1,
        }
    }

    fn gap(&mut self, _: Place) {}
}

/// Bytes of a fixture.
pub fn fixture(path: &str) -> Vec<u8> {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures")).join(path);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Reads bytes in one block.
pub fn read(bytes: &[u8]) -> Read {
    read_in_blocks(bytes, usize::MAX)
}

/// Reads bytes in blocks that are cut as the source cuts them, from windows of this size on.
pub fn read_in_blocks(bytes: &[u8], block: usize) -> Read {
    try_read_in_blocks(bytes, block).expect("a slow log")
}

/// As [`read`]; `None` where the bytes are no slow log.
pub fn try_read(bytes: &[u8]) -> Option<Read> {
    try_read_in_blocks(bytes, usize::MAX)
}

/// As [`read_in_blocks`]; `None` where the bytes are no slow log.
pub fn try_read_in_blocks(bytes: &[u8], block: usize) -> Option<Read> {
    let reading = format::detect(bytes, None, None);
    let format = reading.format.filter(|_| reading.kind == Kind::Slowlog)?;
    let mut read = Read::default();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let mut window = block;
        let length = loop {
            let Some(seen) = rest.get(..window).filter(|seen| seen.len() < rest.len()) else {
                break rest.len();
            };
            match format.cut(seen) {
                0 => window *= 2,
                length => break length,
            }
        };
        format.scan(&rest[..length], at as u64, &mut read);
        at += length;
    }
    assert_eq!(read.bytes, bytes.len() as u64);
    Some(read)
}

/// The entries of a fixture.
pub fn read_file(path: &str) -> Vec<Entry> {
    let read = read(&fixture(path));
    assert_eq!(read.rejects, [""; 0], "{path}");
    read.entries
}
