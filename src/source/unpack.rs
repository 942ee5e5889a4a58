//! Compressed bytes into content: gzip, zstd, xz and bzip2, told by magic bytes.
//!
//! The crates' own readers drop what they had already unpacked in the call that meets damage, and
//! differ in what they allow between members. So the raw decoders are driven here, by one rule: members
//! (gzip's word; frames, streams) follow each other, zero padding between and after them is ignored
//! as gzip(1) does, anything else is an error after all that stood before it.

use std::io::{self, BufRead, BufReader, Read};

use liblzma::stream as xz;
use zstd::stream::raw as zstd_raw;
use zstd_raw::Operation;

use super::block::CHUNK;

/// Memory that an xz stream may ask for: 1 GiB. `xz -9` needs 65 MiB.
const XZ_MEMORY: u64 = 1 << 30;

/// How bytes are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compression {
    Gzip,
    Zstd,
    Xz,
    Bzip2,
}

impl Compression {
    /// Told by the first bytes:
    /// gzip (RFC 1952 2.3.1, deflate), zstd (RFC 8878 3.1.1; a skippable frame may come first), xz
    /// (xz-file-format 2.1.1.1), bzip2 (`BZh`, level, then a block or the stream's end).
    pub(super) fn of(head: &[u8]) -> Option<Self> {
        match head {
            [0x1f, 0x8b, 8, ..] => Some(Compression::Gzip),
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Compression::Zstd),
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(Compression::Xz),
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, ..]
            | [b'B', b'Z', b'h', b'1'..=b'9', 0x17, 0x72, 0x45, 0x38, 0x50, 0x90, ..] => {
                Some(Compression::Bzip2)
            }
            _ => None,
        }
    }

    /// As in [`super::Opening::compression`].
    pub(super) fn name(self) -> &'static str {
        match self {
            Compression::Gzip => "gzip",
            Compression::Zstd => "zstd",
            Compression::Xz => "xz",
            Compression::Bzip2 => "bzip2",
        }
    }
}

/// Reads what compressed bytes hold. Yields everything that can be unpacked before an error.
pub(super) struct Unpacked<R> {
    input: BufReader<R>,
    compression: Compression,
    /// `None` between members.
    member: Option<Member>,
    /// Met in the call that yielded the bytes before it.
    error: Option<io::Error>,
}

impl<R: Read> Unpacked<R> {
    pub(super) fn new(compression: Compression, reader: R) -> Self {
        Unpacked { input: BufReader::with_capacity(CHUNK, reader), compression, member: None, error: None }
    }
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        if output.is_empty() {
            return Ok(0);
        }
        if let Some(error) = self.error.take() {
            return Err(error);
        }
        loop {
            let input = self.input.fill_buf()?;
            let at_end = input.is_empty();
            let member = match &mut self.member {
                Some(member) => member,
                None => {
                    let zeros = input.iter().take_while(|&&byte| byte == 0).count();
                    if at_end {
                        return Ok(0);
                    }
                    if zeros > 0 {
                        self.input.consume(zeros);
                        continue;
                    }
                    self.member.insert(Member::new(self.compression)?)
                }
            };
            let step = member.step(input, output);
            self.input.consume(step.consumed);
            let name = self.compression.name();
            let failed = match step.ended {
                Ok(true) => {
                    self.member = None;
                    None
                }
                Ok(false) if step.consumed > 0 || step.produced > 0 => None,
                Ok(false) if at_end => {
                    Some(io::Error::new(io::ErrorKind::UnexpectedEof, format!("the {name} data ends early")))
                }
                Ok(false) => Some(io::Error::new(io::ErrorKind::InvalidData, format!("damaged {name} data"))),
                Err(error) => {
                    Some(io::Error::new(io::ErrorKind::InvalidData, format!("damaged {name} data: {error}")))
                }
            };
            match failed {
                Some(error) if step.produced == 0 => return Err(error),
                failed => self.error = failed,
            }
            if step.produced > 0 {
                return Ok(step.produced);
            }
        }
    }
}

/// The decoder of one member.
enum Member {
    Gzip(flate2::Decompress),
    Zstd {
        decoder: zstd_raw::Decoder<'static>,
        /// Bytes up to the end of the next block. No more is given at once: an error takes away what
        /// the same call wrote before it, and so it takes nothing.
        hint: usize,
        /// Whether bytes may wait for room in the output.
        full: bool,
    },
    Xz(xz::Stream),
    Bzip2(bzip2::Decompress),
}

/// What one call of a decoder did.
struct Step {
    consumed: usize,
    produced: usize,
    /// Whether the member is complete.
    ended: io::Result<bool>,
}

impl Member {
    fn new(compression: Compression) -> io::Result<Self> {
        Ok(match compression {
            // 15 bits: deflate's largest window.
            Compression::Gzip => Member::Gzip(flate2::Decompress::new_gzip(15)),
            Compression::Zstd => Member::Zstd { decoder: zstd_raw::Decoder::new()?, hint: 1, full: false },
            Compression::Xz => Member::Xz(xz::Stream::new_stream_decoder(XZ_MEMORY, 0)?),
            Compression::Bzip2 => Member::Bzip2(bzip2::Decompress::new(false)),
        })
    }

    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        // The three count from the member's start, also in a call that fails.
        let before = self.totals();
        let ended = match self {
            Member::Gzip(decoder) => decoder
                .decompress(input, output, flate2::FlushDecompress::None)
                .map(|status| status == flate2::Status::StreamEnd)
                .map_err(io::Error::from),
            Member::Xz(decoder) => decoder
                .process(input, output, xz::Action::Run)
                .map(|status| status == xz::Status::StreamEnd)
                .map_err(io::Error::from),
            Member::Bzip2(decoder) => decoder
                .decompress(input, output)
                .map(|status| status == bzip2::Status::StreamEnd)
                .map_err(io::Error::from),
            Member::Zstd { decoder, hint, full } => return zstd_step(decoder, hint, full, input, output),
        };
        let after = self.totals();
        Step { consumed: (after.0 - before.0) as usize, produced: (after.1 - before.1) as usize, ended }
    }

    /// Bytes taken and given so far.
    fn totals(&self) -> (u64, u64) {
        match self {
            Member::Gzip(decoder) => (decoder.total_in(), decoder.total_out()),
            Member::Xz(decoder) => (decoder.total_in(), decoder.total_out()),
            Member::Bzip2(decoder) => (decoder.total_in(), decoder.total_out()),
            Member::Zstd { .. } => (0, 0),
        }
    }
}

fn zstd_step(
    decoder: &mut zstd_raw::Decoder<'static>,
    hint: &mut usize,
    full: &mut bool,
    input: &[u8],
    output: &mut [u8],
) -> Step {
    let room = output.len();
    loop {
        let given = if *full { &[] } else { input.get(..*hint).unwrap_or(input) };
        match decoder.run_on_buffers(given, output) {
            // There was nothing left to give: go on to the input.
            Ok(status) if *full && status.bytes_written == 0 && status.remaining > 0 => {
                *full = false;
                *hint = status.remaining;
            }
            Ok(status) => {
                *full = status.bytes_written == room;
                *hint = status.remaining;
                return Step {
                    consumed: status.bytes_read,
                    produced: status.bytes_written,
                    ended: Ok(status.remaining == 0),
                };
            }
            Err(error) => return Step { consumed: 0, produced: 0, ended: Err(error) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{COMPRESSIONS, Dribble, pack, text};
    use super::*;

    /// What comes out, and what kind of error ends it; `given` bytes a read go in, `taken` come out.
    fn unpack_in(
        (given, taken): (usize, usize),
        compression: Compression,
        bytes: &[u8],
    ) -> (Vec<u8>, Option<io::ErrorKind>) {
        let mut reader = Unpacked::new(compression, Dribble { bytes, portion: given });
        let mut content = Vec::new();
        let mut buffer = vec![0; taken];
        loop {
            match reader.read(&mut buffer) {
                Ok(0) => return (content, None),
                Ok(read) => content.extend_from_slice(&buffer[..read]),
                Err(error) => return (content, Some(error.kind())),
            }
        }
    }

    fn unpack(compression: Compression, bytes: &[u8]) -> (Vec<u8>, Option<io::ErrorKind>) {
        unpack_in((usize::MAX, 1 << 20), compression, bytes)
    }

    #[test]
    fn compressions_are_told_by_their_first_bytes() {
        for compression in COMPRESSIONS {
            for content in [&b""[..], b"x", &text(100)] {
                let packed = pack(compression, content);
                assert_eq!(Compression::of(&packed), Some(compression));
                assert_eq!(Compression::of(&packed[..2]), None);
            }
        }
        for (head, expected) in [
            (&b"\x5a\x2a\x4d\x18\0\0\0\0"[..], Some(Compression::Zstd)),
            (b"BZh9 is a word", None),
            (b"\x1f\x8b\x07", None),
            (b"", None),
        ] {
            assert_eq!(Compression::of(head), expected, "{head:?}");
        }
    }

    #[test]
    fn members_follow_each_other() {
        let (first, second) = (text(9_000), text(50));
        for compression in COMPRESSIONS {
            let pack = |bytes| pack(compression, bytes);
            for (packed, expected) in [
                (pack(b""), vec![]),
                ([pack(&first), pack(b""), pack(&second)].concat(), [&first[..], &second].concat()),
                ([pack(&second), vec![0; 700], pack(&second), vec![0; 3]].concat(), second.repeat(2)),
            ] {
                for portions in [(1, 7), (7, 1), (3, 1 << 20), (usize::MAX, 1000)] {
                    let unpacked = unpack_in(portions, compression, &packed);
                    assert!(unpacked == (expected.clone(), None), "{compression:?} {portions:?}");
                }
            }
        }
        let skippable = [b"\x50\x2a\x4d\x18\x03\0\0\0abc".to_vec(), pack(Compression::Zstd, b"x")].concat();
        assert_eq!(unpack(Compression::Zstd, &skippable), (b"x".to_vec(), None));
    }

    #[test]
    fn other_bytes_after_a_member_are_an_error_behind_the_content() {
        for compression in COMPRESSIONS {
            let packed = [pack(compression, b"content"), vec![0, 0], b"garbage of some length".to_vec()];
            let expected = (b"content".to_vec(), Some(io::ErrorKind::InvalidData));
            assert_eq!(unpack(compression, &packed.concat()), expected, "{compression:?}");
        }
    }

    #[test]
    fn all_content_before_damage_is_yielded() {
        let content = text(30_000);
        for compression in COMPRESSIONS {
            let packed = pack(compression, &content);
            for cut in (1..packed.len()).step_by(packed.len() / 40) {
                let sound = &packed[..cut];
                let (before, error) = unpack(compression, sound);
                assert_eq!(error, Some(io::ErrorKind::UnexpectedEof), "{compression:?} {cut}");
                assert!(content.starts_with(&before), "{compression:?} {cut}");

                let damaged = [sound, &[0xff; 5000]].concat();
                for taken in [1000, 1 << 20] {
                    let (content, error) = unpack_in((usize::MAX, taken), compression, &damaged);
                    assert!(error.is_some(), "{compression:?} {cut} {taken}");
                    assert!(content.starts_with(&before), "{compression:?} {cut} {taken}");
                }
            }
            let (most, _) = unpack(compression, &packed[..packed.len() - 30]);
            assert!(most.len() > content.len() / 2, "{compression:?} {}", most.len());
        }
    }
}
