//! Keyspace notifications: every case reads as its server meant it, every form of one log says the same,
//! and neither blocks, threads nor damage change what is counted.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that finds something amiss fails"
)]

mod captures;
mod cases;
mod common;
mod damage;
mod tables;
