//! SLOWLOG GET and COMMANDLOG GET.
//!
//! An entry has an id, seconds since 1970, microseconds and arguments; since Redis 4.0 the client's address
//! and name; since 8.10 the number of arguments. Redis Software puts sizes before the arguments. redis-cli
//! prints it in six forms, libraries and ElastiCache in others; each has its file here. Of COMMANDLOG's
//! large types the third number is bytes, which no dump says: it is asked.
//!
//! Most forms can be told line by line (`reader`). Raw output cannot (`raw`): it is read whole, or up to where
//! enough stands on both sides to be certain.

mod arities;
mod csv;
mod entry;
mod fast;
mod json;
pub mod marker;
mod noise;
mod object;
pub mod probe;
mod raw;
mod reader;
mod terminal;
#[cfg(test)]
mod testing;
mod words;

use super::{Format, lexical};
use crate::event::Sink;
use csv::Shape;

/// Reads slow logs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Slowlog {
    /// Whether the input is redis-cli's raw output.
    pub raw: bool,
    /// Elements of the first entry, where it showed them: for places that leave it open.
    pub elements: Option<u8>,
    /// How raw output is read, where its start tells.
    scale: Option<raw::Scale>,
}

impl Slowlog {
    fn shape(&self) -> Option<Shape> {
        self.elements.map(|elements| if elements < 6 { Shape::Four } else { Shape::Six })
    }
}

impl Format for Slowlog {
    fn cut(&self, bytes: &[u8]) -> usize {
        match self.scale {
            Some(scale) => raw::last_border(bytes, scale),
            // A raw entry's end is only known from all that follow.
            None if self.raw => 0,
            None => reader::last_start(*self, bytes),
        }
    }

    fn scan(&self, block: &[u8], start: u64, sink: &mut dyn Sink) -> u64 {
        if self.raw {
            return raw::read(block, start, self.scale, sink);
        }
        let mut reader = reader::Reader::new(*self, start);
        reader.read(block, sink, &mut |_| true);
        let lines = reader.lines(block);
        debug_assert_eq!(lines, lexical::lines(block));
        lines
    }
}
