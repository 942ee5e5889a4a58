//! Content into blocks: one rule for mapped and for streamed bytes.
//!
//! A window of the block's size is cut after its last whole record. Where no record ends in it the
//! window doubles; what is left at the end of the content is the last block, whole record or not.

use std::io::{self, Read};
use std::ops::{ControlFlow, Range};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use memmap2::Mmap;

use super::parts::read_part;
use super::{Cut, Opening, Visitor, Wanted};

/// Bytes that a new buffer grows by, and that are asked of a compressed file at once.
pub(super) const CHUNK: usize = 64 << 10;

/// Bytes of a buffer that is used again at most: one that a long record made longer is let go.
const MOST: usize = 16 << 20;

/// Bytes of one input that start at a record and end at a record's end, or at the end of the input,
/// or after [`super::MAX_RECORD`] bytes in which no record ended. Never empty.
pub struct Block {
    /// Of its first byte in the decompressed content.
    pub offset: u64,
    store: Store,
    range: Range<usize>,
}

enum Store {
    Mapped(Arc<Mmap>),
    Owned(Vec<u8>),
    Lent(Lent),
}

/// A buffer that goes back where it came from once nobody needs its block: memory that was in use already costs no
/// page faults.
struct Lent {
    bytes: Vec<u8>,
    back: Sender<Vec<u8>>,
}

impl Drop for Lent {
    fn drop(&mut self) {
        if self.bytes.len() <= MOST {
            // Nobody listens any more once all is read.
            let _ = self.back.send(std::mem::take(&mut self.bytes));
        }
    }
}

impl Block {
    /// What stands at `range` of a map; `offset` is that of its first byte.
    pub(super) fn mapped(offset: u64, map: Arc<Mmap>, range: Range<usize>) -> Self {
        Block { offset, store: Store::Mapped(map), range }
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        let all = match &self.store {
            Store::Mapped(map) => map,
            Store::Owned(bytes) => bytes.as_slice(),
            Store::Lent(lent) => lent.bytes.as_slice(),
        };
        // The range lies within: it was made from the same bytes.
        all.get(self.range.clone()).unwrap_or_default()
    }
}

/// Content that is read from its start to its end.
pub(super) trait Content {
    /// What comes next, nothing of it taken: at least `len` bytes, fewer only at the end.
    fn ahead(&mut self, len: usize) -> &[u8];
    /// The next `len` bytes of those that `ahead` showed.
    fn take(&mut self, len: usize) -> Block;
    /// Why the content ended early.
    fn error(&mut self) -> Option<io::Error>;
}

/// The content of anything that can only be read on.
pub(super) struct Streamed<R> {
    reader: R,
    ended: bool,
    error: Option<io::Error>,
    /// Of the first byte at `held`.
    offset: u64,
    /// What was read and not taken stands at `held`; what stands behind is room.
    buffer: Vec<u8>,
    held: Range<usize>,
    /// Buffers of blocks that nobody needs any more, and where they come from.
    spare: Receiver<Vec<u8>>,
    back: Sender<Vec<u8>>,
}

impl<R: Read> Streamed<R> {
    pub(super) fn new(reader: R) -> Self {
        let (back, spare) = channel();
        Streamed { reader, ended: false, error: None, offset: 0, buffer: Vec::new(), held: 0..0, spare, back }
    }

    /// Reads on, up to `end` of the buffer.
    fn read(&mut self, end: usize) {
        if self.held.end == self.buffer.len() {
            // Step by step, as little of it may come.
            self.buffer.reserve(end - self.held.end);
            self.buffer.resize(end.min(self.held.end + CHUNK), 0);
        }
        let end = end.min(self.buffer.len());
        match self.reader.read(self.buffer.get_mut(self.held.end..end).unwrap_or_default()) {
            Ok(0) => self.ended = true,
            Ok(read) => self.held.end += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                self.ended = true;
                self.error = Some(error);
            }
        }
    }
}

impl<R: Read> Content for Streamed<R> {
    fn ahead(&mut self, len: usize) -> &[u8] {
        let wanted = self.held.start.saturating_add(len);
        while !self.ended && self.held.end < wanted {
            self.read(wanted);
        }
        self.buffer.get(self.held.clone()).unwrap_or_default()
    }

    fn take(&mut self, len: usize) -> Block {
        let offset = self.offset;
        self.offset += len as u64;
        let range = self.held.start..self.held.start + len;
        let rest = self.buffer.get(range.end..self.held.end).unwrap_or_default();
        // Whatever is shorter is copied, so that all copying together is bounded by the content.
        if len < rest.len() {
            let bytes = self.buffer.get(range.clone()).unwrap_or_default().to_vec();
            self.held.start = range.end;
            return Block { offset, store: Store::Owned(bytes), range: 0..len };
        }
        let mut next = self.spare.try_recv().unwrap_or_default();
        match next.get_mut(..rest.len()) {
            Some(start) => start.copy_from_slice(rest),
            None => next = rest.to_vec(),
        }
        self.held = 0..rest.len();
        let bytes = std::mem::replace(&mut self.buffer, next);
        Block { offset, store: Store::Lent(Lent { bytes, back: self.back.clone() }), range }
    }

    fn error(&mut self) -> Option<io::Error> {
        self.error.take()
    }
}

/// How an input is cut.
#[derive(Clone, Copy)]
pub(super) struct Sizes {
    /// Bytes that the opening shows.
    pub(super) head: usize,
    /// Where the window starts, in bytes; at least 1.
    pub(super) block: usize,
    /// Where it stops growing, in bytes.
    pub(super) record: usize,
}

/// Reads one input from its opening to its close. `opening` lacks only the head.
pub(super) fn read(
    content: &mut dyn Content,
    opening: Opening<'_>,
    sizes: Sizes,
    visitor: &mut dyn Visitor,
) -> ControlFlow<()> {
    let ahead = content.ahead(sizes.head);
    let head = ahead.get(..sizes.head).unwrap_or(ahead);
    let mut bytes = head.len() as u64;
    if opening.compression.is_empty() {
        bytes = bytes.max(opening.stored_bytes.unwrap_or(0));
    }
    match visitor.open(Opening { head, ..opening }) {
        Wanted::Nothing => {}
        Wanted::Whole(cut) => {
            bytes = 0;
            loop {
                let len = next_len(content, sizes, &cut, &mut |_, _| None);
                if len == 0 {
                    break;
                }
                bytes += len as u64;
                visitor.block(content.take(len))?;
            }
        }
        Wanted::Parts => {
            bytes = 0;
            while let Some(len) = read_part(content, sizes, visitor)? {
                bytes += len;
            }
        }
    }
    visitor.close(bytes, content.error());
    ControlFlow::Continue(())
}

/// The length of the next block; 0 at the end. `end` tells where what is read ends if it may end within so
/// many bytes; `None` is the end of the content.
pub(super) fn next_len(
    content: &mut dyn Content,
    sizes: Sizes,
    cut: &Cut,
    end: &mut dyn FnMut(&mut dyn Content, usize) -> Option<usize>,
) -> usize {
    let mut window = sizes.block;
    loop {
        let end = end(content, window.saturating_add(1));
        // One byte more tells whether the window reaches the end of the content.
        let ahead = content.ahead(window.saturating_add(1));
        let ahead = end.and_then(|end| ahead.get(..end)).unwrap_or(ahead);
        let Some(bytes) = ahead.get(..window).filter(|bytes| bytes.len() < ahead.len()) else {
            return ahead.len();
        };
        let end = cut(bytes).min(window);
        if end > 0 {
            return end;
        }
        if window >= sizes.record {
            return window;
        }
        window = window.saturating_mul(2).min(sizes.record);
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::Write;

    use proptest::prelude::*;

    use super::super::map::Mapped;
    use super::super::testing::{Dribble, Seen, lines};
    use super::*;

    const SIZES: Sizes = Sizes { head: 3, block: 4, record: 1 << 20 };

    fn file(bytes: &[u8]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file
    }

    fn seen(content: &mut dyn Content, sizes: Sizes, cut: fn(&[u8]) -> usize) -> Seen {
        let opening = Opening { path: b"x", compression: "", stored_bytes: None, modified: None, head: b"" };
        let mut seen = Seen { cut, ..Seen::default() };
        assert!(read(content, opening, sizes, &mut seen).is_continue());
        seen
    }

    /// The blocks, the same for bytes mapped in pieces of any size and for streamed ones however they trickle in.
    fn blocks(bytes: &[u8], sizes: Sizes, cut: fn(&[u8]) -> usize) -> Vec<Vec<u8>> {
        let (file, len) = (file(bytes), bytes.len() as u64);
        let expected = seen(&mut Mapped::new(&file, len, usize::MAX).unwrap(), sizes, cut);
        for piece in [1, 5] {
            let mapped = seen(&mut Mapped::new(&file, len, piece).unwrap(), sizes, cut);
            assert_eq!(mapped, expected, "pieces of {piece} bytes");
        }
        for portion in [1, 3, usize::MAX] {
            let streamed = seen(&mut Streamed::new(Dribble { bytes, portion }), sizes, cut);
            assert_eq!(streamed, expected, "{portion} bytes a read");
        }
        assert_eq!(expected.only().head, bytes[..sizes.head.min(bytes.len())]);
        let mut offset = 0;
        for (at, block) in expected.only().blocks.iter() {
            assert_eq!(*at, offset);
            offset += block.len() as u64;
        }
        assert_eq!(expected.only().closed, Some((bytes.len() as u64, None)));
        expected.only().blocks.iter().map(|(_, block)| block.clone()).collect()
    }

    #[test]
    fn blocks_end_where_records_end() {
        type Row = (&'static str, Sizes, fn(&[u8]) -> usize, &'static [&'static str]);
        let rows: [Row; 10] = [
            ("a\nb\nc\n", SIZES, lines, &["a\nb\n", "c\n"]),
            ("a\nbcd\ne", SIZES, lines, &["a\n", "bcd\n", "e"]),
            ("abcdefg\nh\n", SIZES, lines, &["abcdefg\n", "h\n"]),
            ("abcdefghijkl", SIZES, lines, &["abcdefghijkl"]),
            ("abc\n", SIZES, lines, &["abc\n"]),
            ("\n\n", Sizes { block: 1, ..SIZES }, lines, &["\n", "\n"]),
            (
                "abcdefghi\nj\n",
                Sizes { block: 2, record: 3, ..SIZES },
                lines,
                &["abc", "def", "ghi", "\n", "j\n"],
            ),
            ("abcdef", Sizes { record: 2, ..SIZES }, lines, &["abcd", "ef"]),
            ("abcdef", SIZES, |bytes| bytes.len() + 1, &["abcd", "ef"]),
            ("abcdef", SIZES, |_| 1, &["a", "b", "cdef"]),
        ];
        for (bytes, sizes, cut, expected) in rows {
            let blocks = blocks(bytes.as_bytes(), sizes, cut);
            assert_eq!(
                blocks,
                expected.iter().map(|block| block.as_bytes()).collect::<Vec<_>>(),
                "{bytes:?}"
            );
        }
    }

    #[test]
    fn a_long_record_is_looked_at_in_doubling_windows() {
        use std::cell::Cell;
        use std::rc::Rc;

        let bytes = [&[b'x'; 1000][..], b"\ny\n"].concat();
        let windows = Rc::new(Cell::new(0));
        let count = windows.clone();
        let cut: Cut = Box::new(move |bytes| {
            count.set(count.get() + bytes.len());
            lines(bytes)
        });
        let file = file(&bytes);
        let mut content = Mapped::new(&file, bytes.len() as u64, 1).unwrap();
        assert_eq!(next_len(&mut content, Sizes { block: 1, ..SIZES }, &cut, &mut |_, _| None), 1003);
        assert_eq!(windows.get(), 1023, "1 + 2 + 4 … + 512, then the end of the content");
    }

    #[test]
    fn what_came_before_an_error_is_a_block() {
        let failing = Dribble { bytes: b"a\nbc", portion: 2 }.chain(Failing);
        let seen = seen(&mut Streamed::new(failing), SIZES, lines);
        assert_eq!(seen.only().head, b"a\nb");
        assert_eq!(seen.only().blocks, [(0, b"a\nbc".to_vec())]);
        assert_eq!(seen.only().closed, Some((4, Some("broken".to_owned()))));
    }

    struct Failing;

    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("broken"))
        }
    }

    proptest! {
        #[test]
        fn blocks_are_the_content_cut_at_records(
            text in "([a-c\n]{0,9}\n?){1,20}x",
            block in 1_usize..70,
            head in 0_usize..70,
        ) {
            let blocks = blocks(text.as_bytes(), Sizes { head, block, record: 1 << 20 }, lines);
            prop_assert_eq!(blocks.concat(), text.as_bytes());
            let (_, whole) = blocks.split_last().unwrap();
            prop_assert!(whole.iter().all(|block| block.ends_with(b"\n")));
        }
    }
}
