//! The members of a tar archive, each an input of its own.

use std::io::{self, Read};
use std::ops::ControlFlow;

use super::Visitor;
use super::block::Sizes;
use super::open::{Origin, read_raw};

/// Whether content starts like an archive: POSIX's `ustar` and NUL, or old GNU's `ustar` and two
/// spaces, at byte 257 of the first header (POSIX.1-1988, GNU tar's `OLDGNU_MAGIC`).
pub(super) fn is_tar(head: &[u8]) -> bool {
    head.get(257..).is_some_and(|magic| magic.starts_with(b"ustar\0") || magic.starts_with(b"ustar  \0"))
}

/// Reads the regular files of an archive in its order; an archive in an archive is one of them.
pub(super) fn read(
    archive: &Origin,
    content: &mut dyn Read,
    sizes: Sizes,
    visitor: &mut dyn Visitor,
) -> ControlFlow<()> {
    read_members(archive, content, sizes, visitor).unwrap_or_else(|error| {
        visitor.fail(&archive.path, error);
        ControlFlow::Continue(())
    })
}

/// As [`read`]; the error is the archive's own.
fn read_members(
    archive: &Origin,
    content: &mut dyn Read,
    sizes: Sizes,
    visitor: &mut dyn Visitor,
) -> io::Result<ControlFlow<()>> {
    for member in tar::Archive::new(content).entries()? {
        let member = member?;
        let kind = member.header().entry_type();
        if !(kind.is_file() || kind.is_contiguous() || kind.is_gnu_sparse()) {
            continue;
        }
        let name = member.path_bytes();
        let name = name.strip_prefix(b"./").unwrap_or(&name);
        let origin = Origin {
            path: [archive.path.as_slice(), b"/", name].concat(),
            stored_bytes: Some(member.size()),
            modified: member
                .header()
                .mtime()
                .ok()
                .and_then(|seconds| i64::try_from(seconds).ok()?.checked_mul(1_000_000)),
        };
        let mut whole = Whole { left: member.size(), reader: member };
        if read_raw(origin, &mut whole, false, sizes, visitor).is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// A member whose end is told from the end of a cut archive, which the tar crate does not do.
struct Whole<R> {
    reader: R,
    /// Bytes that must still come.
    left: u64,
}

impl<R: Read> Read for Whole<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        if read == 0 && self.left > 0 && !buffer.is_empty() {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the archive ends within this member"));
        }
        self.left = self.left.saturating_sub(read as u64);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::super::read_stream;
    use super::super::testing::{COMPRESSIONS, Seen, pack, text};
    use super::super::unpack::Compression;
    use super::*;

    /// A regular file of an archive, as GNU tar or as POSIX writes it.
    fn append(builder: &mut tar::Builder<Vec<u8>>, mut header: tar::Header, path: &str, content: &[u8]) {
        header.set_size(content.len() as u64);
        header.set_mtime(1_700_000_000);
        builder.append_data(&mut header, path, content).unwrap();
    }

    fn files(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (path, content) in files {
            append(&mut builder, tar::Header::new_gnu(), path, content);
        }
        builder.into_inner().unwrap()
    }

    fn seen(bytes: &[u8], mut seen: Seen) -> Seen {
        let _ = read_stream(b"a.tar", &mut &bytes[..], 64, &mut seen);
        seen
    }

    /// Path, compression, content.
    fn shown(seen: &Seen) -> Vec<(&str, &str, Vec<u8>)> {
        seen.inputs.iter().map(|input| (&*input.path, input.compression, input.content())).collect()
    }

    #[test]
    fn regular_files_are_inputs() {
        let long = "long/".repeat(40) + "name";
        let inner = files(&[("x", b"y")]);
        let packed = pack(Compression::Xz, b"packed\n");
        let mut builder = tar::Builder::new(Vec::new());
        let mut directory = tar::Header::new_gnu();
        directory.set_entry_type(tar::EntryType::Directory);
        directory.set_size(0);
        builder.append_data(&mut directory, "d/", &b""[..]).unwrap();
        append(&mut builder, tar::Header::new_ustar(), "d/posix", b"posix\n");
        let mut link = tar::Header::new_gnu();
        link.set_entry_type(tar::EntryType::Symlink);
        link.set_size(0);
        builder.append_link(&mut link, "d/link", "posix").unwrap();
        append(&mut builder, tar::Header::new_gnu(), &long, b"long\n");
        append(&mut builder, tar::Header::new_gnu(), "empty", b"");
        append(&mut builder, tar::Header::new_gnu(), "packed", &packed);
        append(&mut builder, tar::Header::new_gnu(), "inner.tar", &inner);
        let archive = builder.into_inner().unwrap();
        assert!(is_tar(&archive) && is_tar(&inner));

        let plain = seen(&archive, Seen::default());
        assert_eq!(plain.failed, []);
        let long = format!("a.tar/{long}");
        assert_eq!(
            shown(&plain),
            [
                ("a.tar/d/posix", "", b"posix\n".to_vec()),
                (&long, "", b"long\n".to_vec()),
                ("a.tar/empty", "", vec![]),
                ("a.tar/packed", "xz", b"packed\n".to_vec()),
                ("a.tar/inner.tar", "", inner),
            ]
        );
        let stored: Vec<Option<u64>> = plain.inputs.iter().map(|input| input.stored_bytes).collect();
        assert_eq!(stored, [Some(6), Some(5), Some(0), Some(packed.len() as u64), Some(2048)]);
        assert!(plain.inputs.iter().all(|input| input.modified == Some(1_700_000_000_000_000)));

        for compression in COMPRESSIONS {
            assert_eq!(seen(&pack(compression, &archive), Seen::default()), plain, "{compression:?}");
        }
    }

    #[test]
    fn a_leading_dot_is_not_shown() {
        // The builder normalizes paths, tar(1) does not.
        let mut header = tar::Header::new_gnu();
        header.set_size(0);
        header.as_old_mut().name[..5].copy_from_slice(b"./d/x");
        header.set_cksum();
        assert_eq!(shown(&seen(header.as_bytes(), Seen::default())), [("a.tar/d/x", "", vec![])]);
    }

    #[test]
    fn unwanted_members_are_passed_over_and_a_break_ends_all() {
        let archive = files(&[("a", &text(300)), ("b", b"b\n"), ("c", b"c\n")]);
        let passed = seen(&archive, Seen { unwanted: "/a", ..Seen::default() });
        assert_eq!(shown(&passed)[1..], [("a.tar/b", "", b"b\n".to_vec()), ("a.tar/c", "", b"c\n".to_vec())]);
        assert_eq!(passed.inputs[0].blocks, []);
        assert_eq!(passed.inputs[0].closed, Some((text(300).len() as u64, None)));

        let broken = seen(&archive, Seen { patience: 2, ..Seen::default() });
        assert_eq!((broken.inputs.len(), broken.inputs[0].blocks.len()), (1, 2));
        assert_eq!((&broken.inputs[0].closed, broken.failed.len()), (&None, 0));
    }

    #[test]
    fn damage_is_told_of_the_member_and_of_the_archive() {
        let content = text(3_000);
        let archive = files(&[("a", b"a\n"), ("b", &content), ("c", b"c\n")]);
        let short = archive[..20_000].to_vec();
        for bytes in [short.clone(), pack(Compression::Gzip, &archive)[..12_000].to_vec()] {
            let seen = seen(&bytes, Seen::default());
            let [a, b] = &seen.inputs[..] else { panic!("{seen:?}") };
            assert_eq!((a.content(), &a.closed), (b"a\n".to_vec(), &Some((2, None))));
            assert!(b.content().len() > 10_000 && content.starts_with(&b.content()));
            assert!(b.closed.as_ref().unwrap().1.as_ref().unwrap().contains("ends"), "{:?}", b.closed);
            assert_eq!(seen.failed.len(), 1);
            assert_eq!(seen.failed[0].0, "a.tar");
        }

        // A damaged member leaves the others alone.
        let mut packed = pack(Compression::Gzip, &content);
        packed.truncate(9_000);
        let archive = files(&[("b.gz", &packed), ("c", b"c\n")]);
        let seen = seen(&archive, Seen::default());
        let [b, c] = &seen.inputs[..] else { panic!("{seen:?}") };
        assert!(content.starts_with(&b.content()) && b.content().len() > 9_000);
        assert_eq!(b.closed.as_ref().unwrap().1.as_deref(), Some("the gzip data ends early"));
        assert_eq!((c.content(), seen.failed.len()), (b"c\n".to_vec(), 0));
    }

    #[test]
    fn the_magic_alone_tells() {
        let mut head = [b'x'; 300];
        for (magic, expected) in [(&b"ustar\0"[..], true), (b"ustar  \0", true), (b"ustar: 1", false)] {
            head[257..257 + magic.len()].copy_from_slice(magic);
            assert_eq!(is_tar(&head), expected);
            assert!(!is_tar(&head[..260]));
        }
    }
}
