//! The formats: what each kind of capture looks like, and how its bytes become records.

pub mod lexical;
