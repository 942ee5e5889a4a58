//! Key to pattern: `user:7:profile` and `user:8:profile` are both `user:*:profile`.
//!
//! It goes in two steps. [`Rules::shape`] looks at one key alone and stars the parts that are ids by
//! their shape (numbers, UUIDs, dates …). [`Learnt`] looks at all shapes of the capture and stars the
//! positions that take too many values, whatever these look like (`user:alice`, `user:bob` …).
//!
//! ```
//! use redtrail::pattern::{Learnt, Rules};
//!
//! let rules = Rules::default();
//! let mut shape = Vec::new();
//! rules.shape(b"lock:{order:12}", &mut shape);
//! assert_eq!(shape, b"lock:{order:*}");
//!
//! // At the end, with the shapes of all keys:
//! let shapes = [&b"user:*:profile"[..], b"user:alice:profile", &shape];
//! let patterns = Learnt::new(&rules).finish(shapes.into_iter());
//! let mut pattern = Vec::new();
//! patterns.apply(b"user:alice:profile", &mut pattern);
//! assert_eq!(pattern, b"user:*:profile");
//! ```

mod address;
mod alike;
mod class;
mod date;
mod finish;
mod id;
#[cfg(test)]
mod laws;
mod learn;
mod shape;
mod tree;

pub use alike::Alike;
pub use finish::Patterns;
pub use learn::{BOUND, Learnt, ROOT_BOUND};
pub use shape::Rules;

/// What a segment becomes when its position is an id: `*`, with the hash tag's braces it carries.
fn star(value: &[u8]) -> &'static [u8] {
    let (opens, rest) = match value.strip_prefix(b"{") {
        Some(rest) => (true, rest),
        None => (false, value),
    };
    match (opens, rest.ends_with(b"}")) {
        (false, false) => b"*",
        (true, false) => b"{*",
        (false, true) => b"*}",
        (true, true) => b"{*}",
    }
}

/// Whether the segment is nothing but an id already.
fn is_star(value: &[u8]) -> bool {
    value == star(value)
}
