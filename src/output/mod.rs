//! The outputs: each turns a [`crate::report::Report`] into one form.

pub mod notation;
