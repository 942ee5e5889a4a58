//! What goes wrong: an [`Error`] ends the run, a [`Reject`] is one record that could not be read.

use std::fmt;
use std::io;

use crate::event::Place;

/// Ends a run.
#[derive(Debug)]
pub enum Error {
    /// A path could not be opened, read or written.
    Io {
        /// What was being done, and to which path.
        what: String,
        /// The system's own word.
        source: io::Error,
    },
    /// The options contradict each other or make no sense; ends with the flag to try.
    Usage(String),
    /// A table could not be written.
    Table(String),
}

impl Error {
    /// An input or output error that says what was being done to which path.
    pub fn io(what: impl Into<String>, source: io::Error) -> Self {
        Error::Io { what: what.into(), source }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Io { what, source } => write!(f, "{what}: {source}"),
            Error::Usage(text) | Error::Table(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Io { source, .. } => Some(source),
            Error::Usage(_) | Error::Table(_) => None,
        }
    }
}

/// Result of whatever can end a run.
pub type Result<T> = std::result::Result<T, Error>;

/// One record that could not be read. The run goes on.
#[derive(Clone, Copy, Debug)]
pub struct Reject<'a> {
    /// Where the record starts.
    pub place: Place,
    /// Its bytes, the line end included.
    pub bytes: u64,
    /// What is wrong with it, in words for a person.
    pub reason: &'static str,
    /// The record as it stands.
    pub text: &'a [u8],
}
