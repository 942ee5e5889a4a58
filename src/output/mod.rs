//! The outputs: each turns a [`crate::report::Report`] into one form.

pub mod notation;
pub mod parquet;
pub mod tables;
