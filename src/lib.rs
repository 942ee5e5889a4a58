//! Reads what people save when a Redis or Valkey server misbehaves, and reports what happened.
//!
//! Data flows one way: a source yields blocks that start at records, a format turns a block's bytes
//! into records, statistics fold them, a report shows what they found, outputs print the report.
//! See `ARCHITECTURE.md` for the rooms and the reasons.

pub mod analyze;
pub mod cli;
pub mod command;
pub mod convert;
pub mod error;
pub mod event;
pub mod finding;
pub mod format;
pub mod intern;
pub mod join;
pub mod masked;
pub mod notification;
pub mod options;
pub mod output;
pub mod pattern;
mod progress;
pub mod report;
pub mod scan;
pub mod source;
pub mod statistic;

pub use analyze::analyze;
pub use convert::convert;
