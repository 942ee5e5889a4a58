//! Content that has parts: where each ends, told by a visitor that sees beyond what is handed on.

use std::ops::ControlFlow;

use super::block::{Content, Sizes, next_len};
use super::{SEAM, SIGHT, Seek, Visitor};

/// Reads a part; gives its bytes, `None` at the end of the content.
pub(super) fn read_part(
    content: &mut dyn Content,
    sizes: Sizes,
    visitor: &mut dyn Visitor,
) -> ControlFlow<(), Option<u64>> {
    let mut seam = Part::default();
    let end = seam.end(content, sizes.head, visitor).unwrap_or(usize::MAX).min(sizes.head);
    let ahead = content.ahead(end);
    let head = ahead.get(..end).unwrap_or(ahead);
    if head.is_empty() {
        return ControlFlow::Continue(None);
    }
    let cut = visitor.part(head);
    let mut bytes = 0;
    loop {
        let len = next_len(content, sizes, &cut, &mut |content, window| seam.end(content, window, visitor));
        if len == 0 {
            return ControlFlow::Continue(Some(bytes));
        }
        bytes += len as u64;
        visitor.block(content.take(len))?;
        seam.take(len);
    }
}

/// What is known of where a part ends, in bytes from what comes next.
#[derive(Default)]
struct Part {
    /// Lines that start before were looked at.
    from: usize,
    end: Option<usize>,
}

impl Part {
    /// Where the part ends, if it may end within `len` bytes.
    fn end(&mut self, content: &mut dyn Content, len: usize, visitor: &mut dyn Visitor) -> Option<usize> {
        while self.end.is_none() && self.from < len.saturating_add(SEAM) {
            let wanted = len.saturating_add(SEAM + SIGHT);
            // One byte more tells whether this is the end of the content.
            let ahead = content.ahead(wanted.saturating_add(1));
            let ended = ahead.len() <= wanted;
            let view = ahead.get(..wanted).unwrap_or(ahead);
            match visitor.seek(view, self.from, ended) {
                Seek::Seam(at) => self.end = Some(at),
                Seek::Clear(_) if ended => self.end = Some(view.len()),
                Seek::Clear(from) => self.from = from.max(self.from + 1),
            }
        }
        self.end
    }

    /// So many bytes of it were taken.
    fn take(&mut self, len: usize) {
        self.from = self.from.saturating_sub(len);
        self.end = self.end.map(|end| end.saturating_sub(len));
    }
}

#[cfg(test)]
mod tests {
    use super::super::block::{Streamed, read};
    use super::super::map::Mapped;
    use super::super::testing::{Dribble, Seen, lines};
    use super::super::{HEAD, Opening};
    use super::*;

    fn seen(content: &mut dyn Content, sizes: Sizes) -> Seen {
        let path = b"x/parts";
        let opening = Opening { path, compression: "", stored_bytes: None, modified: None, head: b"" };
        let mut seen = Seen { cut: lines, ..Seen::default() };
        assert!(read(content, opening, sizes, &mut seen).is_continue());
        seen
    }

    #[test]
    fn each_part_is_cut_by_itself() {
        let long = format!("x\n{}-\n#b\ny\n", "filler\n".repeat(2 * SIGHT / 7));
        for (text, parts) in [
            ("x\ny\n#a\nz\n", &["x\ny\n", "#a\nz\n"][..]),
            ("x\n-\n#a\n-\n#b", &["x\n", "-\n#a\n", "-\n#b"]),
            ("#a\n#b\n", &["#a\n", "#b\n"]),
            ("-\n#a\n", &["-\n#a\n"]),
            ("x", &["x"]),
            ("", &[]),
            (&long, &[long.split_at(long.len() - 7).0, "-\n#b\ny\n"]),
        ] {
            for block in if text.len() > 100 { [1 << 14, 100_003, 1 << 20] } else { [1, 5, 1 << 20] } {
                let sizes = Sizes { head: HEAD, block, record: 1 << 20 };
                let mut file = tempfile::tempfile().unwrap();
                std::io::Write::write_all(&mut file, text.as_bytes()).unwrap();
                let found = if text.is_empty() {
                    seen(&mut Streamed::new(&b""[..]), sizes)
                } else {
                    seen(&mut Mapped::new(&file, text.len() as u64, block).unwrap(), sizes)
                };
                let portion = if text.len() > 100 { usize::MAX } else { 3 };
                let streamed = seen(&mut Streamed::new(Dribble { bytes: text.as_bytes(), portion }), sizes);
                assert!(streamed == found, "{text:.20} in blocks of {block}");
                let input = found.only();
                // A part shows as much of itself as a file does.
                let heads: Vec<_> =
                    parts.iter().map(|part| &part.as_bytes()[..part.len().min(HEAD)]).collect();
                assert!(input.parts == heads, "{text:.20}");
                assert_eq!(input.closed, Some((text.len() as u64, None)));
                let mut ends = parts.iter().scan(0, |end, part| {
                    *end += part.len() as u64;
                    Some(*end)
                });
                let mut end = ends.next();
                let mut at = 0;
                for (offset, block) in &input.blocks {
                    assert_eq!(*offset, at);
                    at += block.len() as u64;
                    assert!(end.is_some_and(|end| at <= end), "a block of two parts");
                    end = if end == Some(at) { ends.next() } else { end };
                }
            }
        }
    }
}
