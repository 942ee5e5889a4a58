//! Mapping a file into memory: the crate's only unsafe code.

use std::fs::File;
use std::io;

use memmap2::{Mmap, MmapOptions};

/// Maps `len` bytes of a regular file from `from` on, at least one, which it has now.
#[allow(unsafe_code)] // Reading gigabytes without copying them has no safe form.
pub(super) fn map(file: &File, from: u64, len: usize) -> io::Result<Mmap> {
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
