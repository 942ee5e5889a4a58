//! JSON values and redis-py's dicts.

use memchr::memmem;

use super::super::entry::emit;
use super::super::fast::Array;
use super::super::json::{Flaw, Notation, is_quoted};
use super::super::object::{Found, looks_like_entry};
use super::super::terminal::trim_end;
use super::super::words;
use super::borders::window_end;
use super::{Form, Piece, Reader};
use crate::event::{Args, Sink, Skipped};

impl Reader {
    /// A line that holds only brackets: what stands around the entries of an array.
    pub(super) fn bracket(&mut self, rest: &[u8], length: usize, sink: &mut dyn Sink) -> Piece {
        let line = trim_end(rest.get(..length).unwrap_or(rest));
        let within = rest.get(length..).unwrap_or_default().trim_ascii_start();
        match (line.trim_ascii(), within.first()) {
            // An entry that goes on in the next line.
            ([.., b'['], Some(b'0'..=b'9')) => self.value(rest, length, line.len() - 1, sink),
            _ => self.skip(rest, length, Form::Noise, sink),
        }
    }

    /// A JSON object or redis-py's dict.
    pub(super) fn braces(&mut self, rest: &[u8], length: usize, at: usize, sink: &mut dyn Sink) -> Piece {
        let within = rest.get(at + 1..length).unwrap_or_default().trim_ascii_start();
        if within.first() != Some(&b'\'') {
            return self.value(rest, length, at, sink);
        }
        let line = rest.get(at..length).unwrap_or_default();
        let mut buffers = std::mem::take(&mut self.buffers);
        let piece = match words::dict(line, &mut buffers) {
            Some((left, entry, parted)) => {
                let used = behind(rest, at + line.len() - left.len());
                let at = self.take(rest, used, at);
                emit(
                    &entry.fields(&buffers.text),
                    Args::new(&buffers.text, &buffers.spans),
                    parted,
                    at,
                    sink,
                );
                Piece::of(Form::Python)
            }
            None if length == rest.len() && !rest.ends_with(b"\n") => {
                self.skip(rest, length, Form::Truncated, sink)
            }
            None => self.reject(rest, length, "a dict that is no entry of the slow log", sink),
        };
        self.buffers = buffers;
        piece
    }

    /// A JSON value that starts `at` bytes into `rest`, whose first line has `length` bytes.
    pub(super) fn value(&mut self, rest: &[u8], length: usize, at: usize, sink: &mut dyn Sink) -> Piece {
        let mut notation = self.notation(rest, length);
        let line = rest.get(at..length).unwrap_or_default();
        if notation == Notation::Json
            && let Some(array) = Array::read(line, &mut self.spans)
        {
            let used = behind(rest, at + array.bytes);
            let mut spot = self.take_within(used, used == length && rest.get(length - 1) == Some(&b'\n'));
            spot.place.offset += at as u64;
            array.emit(line, &self.spans, spot, sink);
            return Piece::of(Form::Json);
        }
        let mut window = length;
        let mut read = self.objects.read(line, notation);
        if read.is_err() && notation == Notation::Quoted && self.objects.read(line, Notation::Json).is_ok() {
            // Data with backslashes and nothing else that is escaped.
            notation = Notation::Json;
            read = self.objects.read(line, notation);
        }
        if read == Err(Flaw::Cut) {
            // It may go on in the lines below, up to what must be the next piece.
            window = window_end(rest, length);
            read = self.objects.read(rest.get(at..window).unwrap_or_default(), notation);
        }
        let text = rest.get(at..window).unwrap_or_default();
        match read {
            Ok(size) => {
                let used = behind(rest, at + size);
                let spot = self.take(rest, used, at);
                let form = match self.objects.emit(text, notation, spot, sink) {
                    Found::Array if notation == Notation::Quoted => Form::QuotedJson,
                    Found::Array => Form::Json,
                    Found::Aws => Form::Aws,
                    Found::Object => Form::Objects,
                    Found::Broken => Form::Rejected,
                    Found::Nothing => {
                        sink.skip(spot.place, spot.bytes, Skipped::Noise);
                        Form::Text
                    }
                };
                Piece::of(form)
            }
            Err(Flaw::Cut) if window == rest.len() => self.skip(rest, window, Form::Truncated, sink),
            Err(_) if looks_like_entry(text) || memmem::find(text, b"uration").is_some() => {
                self.reject(rest, window, "JSON that breaks off", sink)
            }
            Err(_) => self.skip(rest, window, Form::Text, sink),
        }
    }

    /// The notation of the line that `rest` is in, told once for each.
    fn notation(&mut self, rest: &[u8], length: usize) -> Notation {
        let here = self.place.offset;
        if here >= self.told {
            let line = rest.get(..length).unwrap_or(rest);
            self.told = here + length as u64;
            let is_array = trim_end(line).first() == Some(&b'[');
            if is_array && is_quoted(line) {
                self.quoted = self.told;
            }
        }
        if here < self.quoted { Notation::Quoted } else { Notation::Json }
    }
}

/// Behind a value that ends at `end`: commas and brackets that follow belong to it, up to the line's end.
fn behind(rest: &[u8], end: usize) -> usize {
    let tail = rest.get(end..).unwrap_or_default();
    let marks = tail.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b',' | b']')).count();
    end + marks + usize::from(tail.get(marks) == Some(&b'\n'))
}
