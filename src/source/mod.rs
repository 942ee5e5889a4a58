//! Where the bytes come from: mapped files, standard input, compressed streams and archives, cut into
//! blocks that start at records. The one place with unsafe code.
//!
//! ```text
//! paths ─plan─> Item ─open─> raw bytes ─unpack─> content ─archive─> one input or several ─block─> Visitor
//! ```
//!
//! Compression and archives are told by magic bytes, never by name. Nothing is unpacked to disk or
//! whole into memory: a mapped file takes pages that the system can drop, everything else one buffer.
//! The blocks of an input depend on its content, the block size and the cut alone, never on how the
//! bytes were stored.

mod archive;
mod block;
mod map;
mod open;
mod parts;
mod plan;
#[cfg(test)]
mod testing;
mod unpack;

use std::io;
use std::ops::ControlFlow;
use std::path::PathBuf;

pub use block::Block;
pub use open::{read, read_stream};
pub use plan::{Plan, Problem, plan};

/// Bytes of content that [`Opening::head`] shows at most: 1 MiB. Enough for telling what an input is
/// even where a tool printed a long banner or one long record comes first.
pub const HEAD: usize = 1 << 20;

/// Bytes after which a record that does not end is cut all the same: 1 GiB. A string of Redis holds
/// 512 MB (`proto-max-bulk-len`), and escapes make its printed form longer.
pub const MAX_RECORD: usize = 1 << 30;

/// Bytes beyond a line that tell whether a part begins with it: 1 MiB, more than most lines.
pub const SIGHT: usize = 1 << 20;

/// Bytes that a part may begin in front of the line that shows it: room for a clock and the like.
pub const SEAM: usize = 1 << 10;

/// One thing to read. An archive yields several inputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// A path: a regular file, or a fifo or device that was named explicitly.
    File(PathBuf),
    /// Standard input, shown as `-`.
    Stdin,
}

/// What is known of an input when it is opened.
#[derive(Debug)]
pub struct Opening<'a> {
    /// The path as it is shown, in the system's own bytes; `archive.tar/member` inside an archive.
    pub path: &'a [u8],
    /// How the input itself is stored: `gzip`, `zstd`, `xz`, `bzip2`, or empty. A plain member of a
    /// compressed archive is not compressed.
    pub compression: &'static str,
    /// Bytes as stored, on disk or in the archive; `None` for a stream.
    pub stored_bytes: Option<u64>,
    /// When the file was last written to, in microseconds since 1970-01-01 UTC; `None` for a stream.
    pub modified: Option<i64>,
    /// The first [`HEAD`] bytes of the content; all of it if it is shorter.
    pub head: &'a [u8],
}

/// Where the last whole record of the given bytes ends, 0 if none does.
///
/// The bytes start at a record, or at the content's start. Answers past their end count as their end.
pub type Cut = Box<dyn Fn(&[u8]) -> usize>;

/// What is to happen with an input.
pub enum Wanted {
    /// Nothing: no block of it comes.
    Nothing,
    /// It is cut in one way.
    Whole(Cut),
    /// It has parts, and each is cut in a way of its own.
    Parts,
}

/// What a look for the next part came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seek {
    /// It begins so many bytes in, which is at most [`SEAM`] before the line that shows it.
    Seam(usize),
    /// Every line was looked at that starts before; none shows that a part begins.
    Clear(usize),
}

/// Takes what a reader yields, on the reader's thread.
///
/// Per input: `open`, then its blocks in order, then `close`; after a `Break` nothing more. Where it has parts
/// `part` comes before the blocks of each.
pub trait Visitor {
    /// A new input. The answer says whether it is wanted, and how to cut its blocks.
    fn open(&mut self, opening: Opening<'_>) -> Wanted;
    /// Where the next part begins. `ahead` starts in the present part and shows [`SIGHT`] bytes more than has
    /// to be known, fewer only where the input has `ended`; lines that start before `from` were looked at.
    fn seek(&mut self, ahead: &[u8], from: usize, ended: bool) -> Seek;
    /// A part begins, with these bytes: up to [`HEAD`], none of the next part. Says how to cut its blocks.
    fn part(&mut self, head: &[u8]) -> Cut;
    /// The next bytes. `Break` stops reading everything.
    fn block(&mut self, block: Block) -> ControlFlow<()>;
    /// The end of the input, and why reading stopped early where it did.
    ///
    /// `bytes` is the sum of its blocks. Where the input was not wanted: the size of its content as
    /// far as it is known without reading on.
    fn close(&mut self, bytes: u64, error: Option<io::Error>);
    /// Something could not be opened, or an archive not be read to its end. Comes between inputs.
    fn fail(&mut self, path: &[u8], error: io::Error);
}
