//! What the tests of this room share: a visitor that keeps everything, and bytes to read.

use std::io::{self, Read, Write};
use std::ops::ControlFlow;

use super::unpack::Compression;
use super::{Block, Cut, Opening, SIGHT, Seek, Visitor, Wanted};

/// One input as a visitor saw it.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Input {
    pub(super) path: String,
    pub(super) compression: &'static str,
    pub(super) stored_bytes: Option<u64>,
    pub(super) modified: Option<i64>,
    pub(super) head: Vec<u8>,
    /// What its parts begin with.
    pub(super) parts: Vec<Vec<u8>>,
    /// With their offsets.
    pub(super) blocks: Vec<(u64, Vec<u8>)>,
    /// Bytes, and the error in words.
    pub(super) closed: Option<(u64, Option<String>)>,
}

impl Input {
    pub(super) fn content(&self) -> Vec<u8> {
        self.blocks.iter().flat_map(|(_, block)| block).copied().collect()
    }
}

/// Everything that a visitor saw.
pub(super) struct Seen {
    pub(super) inputs: Vec<Input>,
    /// Paths, and errors in words.
    pub(super) failed: Vec<(String, String)>,
    pub(super) cut: fn(&[u8]) -> usize,
    /// Inputs whose path ends so are not wanted.
    pub(super) unwanted: &'static str,
    /// Blocks until `Break`.
    pub(super) patience: usize,
}

impl Default for Seen {
    fn default() -> Self {
        Seen { inputs: Vec::new(), failed: Vec::new(), cut: lines, unwanted: "?", patience: usize::MAX }
    }
}

impl PartialEq for Seen {
    fn eq(&self, other: &Self) -> bool {
        self.inputs == other.inputs && self.failed == other.failed
    }
}

impl std::fmt::Debug for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Seen").field("inputs", &self.inputs).field("failed", &self.failed).finish()
    }
}

impl Seen {
    /// The one input there was.
    pub(super) fn only(&self) -> &Input {
        assert_eq!((self.inputs.len(), self.failed.len()), (1, 0), "{self:?}");
        &self.inputs[0]
    }

    fn open_input(&mut self) -> &mut Input {
        self.inputs.last_mut().filter(|input| input.closed.is_none()).expect("an open input")
    }
}

impl Visitor for Seen {
    fn open(&mut self, opening: Opening<'_>) -> Wanted {
        assert!(self.inputs.last().is_none_or(|input| input.closed.is_some()), "one at a time");
        let path = String::from_utf8(opening.path.to_vec()).unwrap();
        let wanted = !path.ends_with(self.unwanted);
        self.inputs.push(Input {
            path,
            compression: opening.compression,
            stored_bytes: opening.stored_bytes,
            modified: opening.modified,
            head: opening.head.to_vec(),
            ..Input::default()
        });
        match wanted {
            true if opening.path.ends_with(b"/parts") => Wanted::Parts,
            true => Wanted::Whole(Box::new(self.cut)),
            false => Wanted::Nothing,
        }
    }

    /// Parts begin at lines that start with `#`, and with the line `-` before such a line.
    fn seek(&mut self, ahead: &[u8], from: usize, ended: bool) -> Seek {
        let mut at = from;
        while at < ahead.len() && (ended || ahead.len() - at >= SIGHT) {
            let is_start = at > 0 && ahead[at - 1] == b'\n' && ahead[at] == b'#';
            let lead = if ahead[..at].ends_with(b"-\n") { 2 } else { 0 };
            if is_start && at > lead {
                return Seek::Seam(at - lead);
            }
            at += 1;
        }
        Seek::Clear(at)
    }

    fn part(&mut self, head: &[u8]) -> Cut {
        self.open_input().parts.push(head.to_vec());
        Box::new(self.cut)
    }

    fn block(&mut self, block: Block) -> ControlFlow<()> {
        assert!(!block.bytes().is_empty());
        let block = (block.offset, block.bytes().to_vec());
        self.open_input().blocks.push(block);
        self.patience -= 1;
        if self.patience == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn close(&mut self, bytes: u64, error: Option<io::Error>) {
        self.open_input().closed = Some((bytes, error.map(|error| error.to_string())));
    }

    fn fail(&mut self, path: &[u8], error: io::Error) {
        self.failed.push((String::from_utf8(path.to_vec()).unwrap(), error.to_string()));
    }
}

/// Records are lines.
pub(super) fn lines(bytes: &[u8]) -> usize {
    memchr::memrchr(b'\n', bytes).map_or(0, |at| at + 1)
}

/// Yields its bytes in small portions.
pub(super) struct Dribble<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) portion: usize,
}

impl Read for Dribble<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let len = buffer.len().min(self.portion);
        self.bytes.read(&mut buffer[..len])
    }
}

/// `count` lines that do not repeat and hardly compress.
pub(super) fn text(count: u64) -> Vec<u8> {
    let line = |n: u64| format!("{:x}\n", (n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29));
    (0..count).flat_map(|n| line(n).into_bytes()).collect()
}

/// One member of the compression, cut into small blocks where it knows them.
pub(super) fn pack(compression: Compression, bytes: &[u8]) -> Vec<u8> {
    match compression {
        Compression::Gzip => {
            let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            writer.write_all(bytes).unwrap();
            writer.finish().unwrap()
        }
        Compression::Zstd => {
            let mut writer = zstd::Encoder::new(Vec::new(), 1).unwrap();
            for part in bytes.chunks(20_000) {
                writer.write_all(part).unwrap();
                writer.flush().unwrap();
            }
            writer.finish().unwrap()
        }
        Compression::Xz => {
            let mut writer = liblzma::write::XzEncoder::new(Vec::new(), 1);
            writer.write_all(bytes).unwrap();
            writer.finish().unwrap()
        }
        Compression::Bzip2 => {
            let mut writer = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
            writer.write_all(bytes).unwrap();
            writer.finish().unwrap()
        }
    }
}

pub(super) const COMPRESSIONS: [Compression; 4] =
    [Compression::Gzip, Compression::Zstd, Compression::Xz, Compression::Bzip2];
