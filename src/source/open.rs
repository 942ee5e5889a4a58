//! Opens an item and finds out how its bytes are stored: mapped or streamed, packed or plain, one
//! input or an archive of many.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::ops::ControlFlow;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use super::archive;
use super::block::{self, Sizes, Streamed};
use super::map::Mapped;
use super::unpack::{Compression, Unpacked};
use super::{HEAD, Item, MAX_RECORD, Opening, Visitor};

/// Bytes that tell how content is stored: a tar archive's first header.
const MAGIC: usize = 512;

/// Bytes of a file that are mapped together at least.
const PIECE: usize = 8 << 20;

/// Where an input comes from; as in [`Opening`].
pub(super) struct Origin {
    pub(super) path: Vec<u8>,
    pub(super) stored_bytes: Option<u64>,
    pub(super) modified: Option<i64>,
}

impl Origin {
    fn opening(&self, compression: Option<Compression>) -> Opening<'_> {
        Opening {
            path: &self.path,
            compression: compression.map_or("", Compression::name),
            stored_bytes: self.stored_bytes,
            modified: self.modified,
            head: &[],
        }
    }
}

/// Reads one item in blocks of about `block_bytes` (at least 1): shorter where a record ends before,
/// longer where one does not end in them. `Break` is the visitor's own.
pub fn read(item: &Item, block_bytes: usize, visitor: &mut dyn Visitor) -> ControlFlow<()> {
    match item {
        Item::File(path) => read_file(path, sizes(block_bytes), visitor),
        Item::Stdin => read_stream(b"-", &mut io::stdin().lock(), block_bytes, visitor),
    }
}

/// Reads a stream that is shown as `path`, as [`read`] does standard input.
pub fn read_stream(
    path: &[u8],
    reader: &mut dyn Read,
    block_bytes: usize,
    visitor: &mut dyn Visitor,
) -> ControlFlow<()> {
    let origin = Origin { path: path.to_vec(), stored_bytes: None, modified: None };
    read_raw(origin, reader, true, sizes(block_bytes), visitor)
}

fn sizes(block_bytes: usize) -> Sizes {
    Sizes { head: HEAD, block: block_bytes.max(1), record: MAX_RECORD }
}

fn read_file(path: &Path, sizes: Sizes, visitor: &mut dyn Visitor) -> ControlFlow<()> {
    let shown = path.as_os_str().as_encoded_bytes();
    let opened = File::open(path).and_then(|file| Ok((file.metadata()?, file)));
    let (metadata, file) = match opened {
        Ok(opened) => opened,
        Err(error) => {
            visitor.fail(shown, error);
            return ControlFlow::Continue(());
        }
    };
    let origin = Origin {
        path: shown.to_vec(),
        stored_bytes: metadata.is_file().then_some(metadata.len()),
        // A pipe's time is when it was made, a device's anything.
        modified: metadata.modified().ok().filter(|_| metadata.is_file()).and_then(microseconds),
    };
    let mut raw = Peeked::new(file);
    let compression = Compression::of(raw.head());
    // Files without a size are empty, or made up as they are read (/proc): the stream tells.
    // Where a file system cannot map, the stream goes on from here.
    if metadata.is_file()
        && metadata.len() > 0
        && compression.is_none()
        && !archive::is_tar(raw.head())
        && let Ok(mut content) = Mapped::new(&raw.reader, metadata.len(), PIECE)
    {
        return block::read(&mut content, origin.opening(None), sizes, visitor);
    }
    read_unpacked(origin, compression, &mut raw, true, sizes, visitor)
}

/// Microseconds since 1970, negative before.
fn microseconds(time: SystemTime) -> Option<i64> {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_micros()).ok(),
        Err(before) => i64::try_from(before.duration().as_micros()).ok()?.checked_neg(),
    }
}

/// Reads bytes of which nothing is known. `archives` says whether an archive is opened or is content.
pub(super) fn read_raw(
    origin: Origin,
    reader: &mut dyn Read,
    archives: bool,
    sizes: Sizes,
    visitor: &mut dyn Visitor,
) -> ControlFlow<()> {
    let mut raw = Peeked::new(reader);
    let compression = Compression::of(raw.head());
    read_unpacked(origin, compression, &mut raw, archives, sizes, visitor)
}

fn read_unpacked(
    origin: Origin,
    compression: Option<Compression>,
    raw: &mut dyn Read,
    archives: bool,
    sizes: Sizes,
    visitor: &mut dyn Visitor,
) -> ControlFlow<()> {
    let reader: Box<dyn Read + '_> = match compression {
        Some(compression) => Box::new(Unpacked::new(compression, raw)),
        None => Box::new(raw),
    };
    let mut content = Peeked::new(reader);
    if archives && archive::is_tar(content.head()) {
        return archive::read(&origin, &mut content, sizes, visitor);
    }
    block::read(&mut Streamed::new(content), origin.opening(compression), sizes, visitor)
}

/// A reader whose first bytes can be looked at, and which stays failed once it has failed: a decoder
/// must not be asked to go on behind damage.
struct Peeked<R> {
    head: Cursor<Vec<u8>>,
    /// Met after the head, not yet told.
    error: Option<io::Error>,
    failed: bool,
    reader: R,
}

impl<R: Read> Peeked<R> {
    fn new(mut reader: R) -> Self {
        let mut head = Vec::with_capacity(MAGIC);
        let error = reader.by_ref().take(MAGIC as u64).read_to_end(&mut head).err();
        Peeked { head: Cursor::new(head), failed: error.is_some(), error, reader }
    }

    /// The first [`MAGIC`] bytes, all if there are fewer.
    fn head(&self) -> &[u8] {
        self.head.get_ref()
    }
}

impl<R: Read> Read for Peeked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.head.read(buffer)?;
        if read > 0 || buffer.is_empty() {
            return Ok(read);
        }
        if self.failed {
            return Err(self.error.take().unwrap_or_else(|| io::Error::other("unreadable from here on")));
        }
        self.reader.read(buffer).inspect_err(|error| self.failed = error.kind() != io::ErrorKind::Interrupted)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;
    use std::time::Duration;

    use super::super::testing::{COMPRESSIONS, Dribble, Input, Seen, pack, text};
    use super::*;

    fn file(path: &Path, block_bytes: usize, mut seen: Seen) -> Seen {
        assert!(read(&Item::File(path.to_path_buf()), block_bytes, &mut seen).is_continue());
        seen
    }

    /// Reads `bytes` from a file and from a stream that trickles, which must not differ.
    fn both_ways(bytes: &[u8], block_bytes: usize) -> Input {
        let stored = tempfile::NamedTempFile::new().unwrap();
        fs::write(stored.path(), bytes).unwrap();
        let mut seen = file(stored.path(), block_bytes, Seen::default());
        let mut streamed = Seen::default();
        let mut reader = Dribble { bytes, portion: 1000 };
        assert!(read_stream(b"-", &mut reader, block_bytes, &mut streamed).is_continue());
        seen.only();
        streamed.only();
        let (mut input, streamed) = (seen.inputs.remove(0), streamed.inputs.remove(0));
        assert_eq!(input.stored_bytes, Some(bytes.len() as u64));
        assert!(input.modified.is_some_and(|time| time > 1_700_000_000_000_000));
        assert_eq!((&*streamed.path, streamed.stored_bytes, streamed.modified), ("-", None, None));
        input = Input { path: "-".to_owned(), stored_bytes: None, modified: None, ..input };
        assert_eq!(input, streamed);
        input
    }

    #[test]
    fn blocks_do_not_depend_on_how_content_is_stored() {
        let long = [text(40), vec![b'x'; 3000], b"\n".to_vec(), text(40), b"no end".to_vec()].concat();
        for content in [vec![], b"\n".to_vec(), b"no end".to_vec(), text(3), long] {
            for block_bytes in [0, 1, 7, 64, 1 << 20] {
                let plain = both_ways(&content, block_bytes);
                assert_eq!(plain.content(), content);
                assert_eq!(plain.head, content);
                assert_eq!(plain.closed, Some((content.len() as u64, None)));
                for compression in COMPRESSIONS {
                    let half = content.len() / 2;
                    let members =
                        [pack(compression, &content[..half]), pack(compression, &content[half..])].concat();
                    let packed = both_ways(&members, block_bytes);
                    assert_eq!(packed.compression, compression.name());
                    assert_eq!(Input { compression: "", ..packed }, plain, "{compression:?} {block_bytes}");
                }
            }
        }
    }

    #[test]
    fn names_tell_nothing() {
        let directory = tempfile::tempdir().unwrap();
        for (name, bytes, compression) in
            [("plain.gz", b"x\n".to_vec(), ""), ("packed.log", pack(Compression::Gzip, b"x\n"), "gzip")]
        {
            let path = directory.path().join(name);
            fs::write(&path, bytes).unwrap();
            let seen = file(&path, 64, Seen::default());
            assert_eq!((seen.only().compression, seen.only().content()), (compression, b"x\n".to_vec()));
        }
    }

    #[test]
    fn what_cannot_be_opened_is_told() {
        let directory = tempfile::tempdir().unwrap();
        let absent = directory.path().join("absent");
        let seen = file(&absent, 64, Seen::default());
        assert_eq!((seen.inputs.len(), seen.failed.len()), (0, 1));
        assert_eq!(seen.failed[0].0, absent.to_str().unwrap());
        #[cfg(unix)]
        {
            let seen = file(directory.path(), 64, Seen::default());
            assert!(matches!(seen.only().closed, Some((0, Some(_)))), "{seen:?}");
        }
    }

    #[test]
    fn an_unwanted_input_is_closed_with_the_size_that_is_known() {
        let stored = tempfile::NamedTempFile::new().unwrap();
        let content = vec![b'x'; HEAD + 9];
        for (bytes, expected) in [
            (content.clone(), content.len()),
            (pack(Compression::Zstd, &content), HEAD),
            (pack(Compression::Zstd, b"short"), 5),
        ] {
            fs::write(stored.path(), bytes).unwrap();
            let seen = file(stored.path(), 64, Seen { unwanted: "", ..Seen::default() });
            assert_eq!((&seen.only().blocks, &seen.only().closed), (&vec![], &Some((expected as u64, None))));
        }
    }

    #[test]
    fn damage_is_told_after_what_came_before_it() {
        let content = text(9_000);
        let packed = pack(Compression::Gzip, &content);
        let input = both_ways(&packed[..packed.len() / 2], 1000);
        let yielded = input.content();
        assert!(content.starts_with(&yielded) && yielded.len() > content.len() / 3);
        let closed = Some((yielded.len() as u64, Some("the gzip data ends early".to_owned())));
        assert_eq!(input.closed, closed);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn files_made_up_as_they_are_read_are_streamed() {
        let seen = file(&PathBuf::from("/proc/self/status"), 64, Seen::default());
        assert!(seen.only().content().starts_with(b"Name:"));
    }

    #[test]
    #[cfg(unix)]
    fn devices_are_streamed_and_have_neither_size_nor_time() {
        let seen = file(Path::new("/dev/null"), 64, Seen::default());
        let expected = Input { path: "/dev/null".to_owned(), closed: Some((0, None)), ..Input::default() };
        assert_eq!(*seen.only(), expected);
    }

    #[test]
    fn times_are_microseconds() {
        for (time, expected) in [
            (UNIX_EPOCH + Duration::new(7, 123_456_789), 7_123_456),
            (UNIX_EPOCH, 0),
            (UNIX_EPOCH - Duration::new(1, 500_000_000), -1_500_000),
        ] {
            assert_eq!(microseconds(time), Some(expected));
        }
    }

    #[test]
    fn what_failed_stays_failed() {
        /// Breaks after so many bytes, and would go on with others.
        struct Breaking(usize);
        impl Read for Breaking {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                let read = buffer.len().min(self.0);
                self.0 -= read;
                if read == 0 {
                    self.0 = usize::MAX;
                    return Err(io::Error::other("broken"));
                }
                Ok(read)
            }
        }
        for sound in [0, 3, MAGIC, MAGIC + 3] {
            let mut peeked = Peeked::new(Breaking(sound));
            let mut content = Vec::new();
            for expected in ["broken", "unreadable from here on", "unreadable from here on"] {
                assert_eq!(peeked.read_to_end(&mut content).unwrap_err().to_string(), expected);
                assert_eq!(content.len(), sound);
            }
        }
    }
}
