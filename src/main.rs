//! The `redtrail` command.

fn main() {}
