//! Polls of `redis-cli --csv`.

use super::super::entry::{Parted, emit};
use super::super::terminal::trim_end;
use super::{Form, Piece, Reader};
use crate::event::Sink;

impl Reader {
    /// A poll of `--csv`: one line.
    pub(super) fn poll(&mut self, rest: &[u8], length: usize, sink: &mut dyn Sink) -> Piece {
        let whole = rest.get(..length).unwrap_or(rest);
        let ended = whole.ends_with(b"\n");
        let text = trim_end(whole);
        let mut line = std::mem::take(&mut self.line);
        let mut decoded = std::mem::take(&mut self.decoded);
        line.read(text, ended);
        let is_whole = ended && line.end == text.len();
        let shape = line.shape(text, self.format.shape(), is_whole);
        let is_short = !ended && line.end == text.len() && line.is_short(text, shape);
        let count = line.entries.len() - usize::from(is_short);
        let mut piece = Piece::of(Form::Csv);
        let mut left = rest;
        for (number, entry) in line.entries.iter().take(count).enumerate() {
            let last = number + 1 == line.entries.len() && line.end == text.len();
            let used = if last { whole.len() - entry.bytes.start } else { entry.bytes.len() };
            let at = self.take_within(used, last && ended);
            left = left.get(used..).unwrap_or_default();
            let (fields, args) = line.fields(text, entry, shape, &mut decoded);
            let more = usize::from(fields.client.is_some()) * 2 + usize::from(fields.argc.is_some());
            piece.elements = u8::try_from(4 + more + usize::from(fields.complexity.is_some())).ok();
            emit(&fields, args, Parted::Quoted, at, sink);
        }
        let behind =
            line.entries.get(..count).and_then(|entries| entries.last()).map_or(0, |last| last.bytes.end);
        if is_short || line.end < text.len() {
            let used = whole.len() - behind;
            let found = if ended {
                self.reject(left, used, "numbers and texts that are no entry", sink)
            } else {
                self.skip(left, used, Form::Truncated, sink)
            };
            if count == 0 {
                piece = found;
            }
            piece.torn = found.torn;
        }
        self.line = line;
        self.decoded = decoded;
        piece
    }
}
