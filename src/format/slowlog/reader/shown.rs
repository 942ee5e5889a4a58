//! Entries as terminals show them.

use memchr::memchr;

use super::super::entry::{Parted, emit};
use super::super::terminal::{self, trim_end};
use super::{Form, Piece, Reader};
use crate::event::{Args, Sink, Span};
use crate::format::monitor::wrap;

impl Reader {
    /// An entry as terminals show it: its first line and all that belong to it.
    pub(super) fn entry(&mut self, rest: &[u8], sink: &mut dyn Sink) -> Piece {
        let mut clean = std::mem::take(&mut self.clean);
        let mut shown = std::mem::take(&mut self.shown);
        clean.clear();
        let mut used = 0;
        let mut column = None;
        let mut recorded = false;
        for whole in rest.split_inclusive(|byte| *byte == b'\n') {
            let line = trim_end(whole);
            let drawn = memchr(0x1b, line).is_some() || memchr(b'\r', line).is_some();
            shown.clear();
            if drawn {
                wrap::terminal(line, &mut shown);
            }
            let line = if drawn { shown.as_slice() } else { line };
            let belongs = match column {
                None => {
                    column = terminal::head(line).map(|head| head.column());
                    column.is_some()
                }
                Some(column) => terminal::belongs(column, line),
            };
            if !belongs {
                break;
            }
            if drawn && !recorded {
                // What stood as it shows is copied only now.
                clean.extend_from_slice(rest.get(..used).unwrap_or_default());
                recorded = true;
            }
            if recorded {
                clean.extend_from_slice(line);
                clean.push(b'\n');
            }
            used += whole.len();
        }
        self.shown = shown;
        let returns = rest.get(..used).is_some_and(|text| text.ends_with(b"\r\n"));
        let mut spans = std::mem::take(&mut self.spans);
        let text = if recorded { clean.as_slice() } else { rest.get(..used).unwrap_or_default() };
        let piece = self.terminal(rest, used, text, recorded || returns, &mut spans, sink);
        self.spans = spans;
        self.clean = clean;
        piece
    }

    fn terminal(
        &mut self,
        rest: &[u8],
        used: usize,
        text: &[u8],
        recorded: bool,
        spans: &mut Vec<Span>,
        sink: &mut dyn Sink,
    ) -> Piece {
        let last = used == rest.len();
        let Some(parts) = terminal::entry(text, spans) else {
            if last {
                return self.skip(rest, used, Form::Truncated, sink);
            }
            return self.reject(rest, used, "an entry whose elements do not follow each other", sink);
        };
        if last && self.format.elements.is_some_and(|elements| parts.count < u64::from(elements)) {
            return self.skip(rest, used, Form::Truncated, sink);
        }
        let at = self.take(rest, used, 0);
        let mut decoded = std::mem::take(&mut self.decoded);
        emit(&parts.fields(&mut decoded), Args::new(text, spans), Parted::Quoted, at, sink);
        self.decoded = decoded;
        let form = if recorded { Form::Recorded } else { Form::Terminal };
        Piece { elements: u8::try_from(parts.count).ok(), ..Piece::of(form) }
    }
}
