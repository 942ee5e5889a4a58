//! Files mapped into memory: the crate's only unsafe code.

use std::fs::File;
use std::io;
use std::sync::Arc;

use memmap2::{Mmap, MmapOptions};

use super::block::{Block, Content};

/// The content of a regular file, mapped piece by piece: a piece is let go with the last of its blocks, on the thread
/// that folded it. All at once would hold up the end of a run.
pub(super) struct Mapped<'f> {
    file: &'f File,
    /// Of the file.
    len: u64,
    /// Bytes of a piece at least.
    least: usize,
    /// The present piece, and where it starts.
    map: Arc<Mmap>,
    start: u64,
    /// What was taken of it.
    at: usize,
    error: Option<io::Error>,
}

impl<'f> Mapped<'f> {
    /// A file of `len` bytes, at least one, in pieces of at least `least`.
    pub(super) fn new(file: &'f File, len: u64, least: usize) -> io::Result<Self> {
        let map = Arc::new(map(file, 0, piece(len, least))?);
        Ok(Mapped { file, len, least, map, start: 0, at: 0, error: None })
    }

    /// Maps the next piece, so that at least `len` bytes are there, unless the file has fewer.
    fn turn(&mut self, len: usize) {
        let start = self.start + self.at as u64;
        let len = piece(self.len.saturating_sub(start), len.max(self.least));
        if self.error.is_some() || len <= self.map.len() - self.at {
            return;
        }
        match map(self.file, start, len) {
            Ok(map) => (self.map, self.start, self.at) = (Arc::new(map), start, 0),
            Err(error) => self.error = Some(error),
        }
    }
}

/// What there is of the next `len` bytes.
fn piece(there: u64, len: usize) -> usize {
    usize::try_from(there).map_or(len, |there| there.min(len))
}

impl Content for Mapped<'_> {
    fn ahead(&mut self, len: usize) -> &[u8] {
        if self.map.len() - self.at < len {
            self.turn(len);
        }
        self.map.get(self.at..).unwrap_or_default()
    }

    fn take(&mut self, len: usize) -> Block {
        let range = self.at..self.at + len;
        self.at = range.end;
        Block::mapped(self.start + range.start as u64, self.map.clone(), range)
    }

    fn error(&mut self) -> Option<io::Error> {
        self.error.take()
    }
}

/// Maps `len` bytes of a regular file from `from` on, at least one, which it has now.
#[allow(unsafe_code)] // Reading gigabytes without copying them has no safe form.
fn map(file: &File, from: u64, len: usize) -> io::Result<Mmap> {
    // SAFETY: the map is read-only and its length is given, so no write of ours and no growth of
    // the file can reach the bytes behind it. What remains is another process. If it rewrites the file,
    // we read old and new bytes mixed: they are a capture's bytes, trusted by nobody, parsed with
    // checked bounds, and never vouched for as UTF-8 or as anything else that changed bytes could break.
    // If it truncates the file, touching a page past the new end ends this process by SIGBUS (as a
    // failing disk does); no memory is harmed. That window is kept small by mapping only plain regular files (archives, compressed
    // files, fifos and /proc are streamed), and who reads a file that is being rotated in place
    // (copytruncate) can give it as standard input, which is never mapped.
    let map = unsafe { MmapOptions::new().offset(from).len(len).map(file)? };
    #[cfg(unix)]
    {
        // Only a hint: where the system refuses it, reading is slower and nothing else.
        let _ = map.advise(memmap2::Advice::Sequential);
    }
    Ok(map)
}
