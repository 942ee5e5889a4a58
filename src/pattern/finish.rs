//! The last step: words that stand where ids stand fold into them.
//!
//! Beside `user:*:profile` a single `user:alice:profile` is one more user. What tells is the literal
//! rest: `bull:q:wait` beside `bull:q:*` is no job, and stays.

use std::collections::HashSet;

use foldhash::fast::FixedState;

use super::class::Classes;
use super::learn::Learnt;
use super::{is_star, star};

/// How many segments of a pattern are tried: far more than keys have, and a bound for hostile ones.
const SEGMENTS: usize = 32;

/// From shapes to the patterns of the report.
///
/// It holds one copy of each pattern that learning left.
#[derive(Clone, Debug)]
pub struct Patterns {
    learnt: Learnt,
    known: HashSet<Vec<u8>, FixedState>,
}

impl Patterns {
    pub(super) fn new<'a>(learnt: Learnt, shapes: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut known = HashSet::default();
        let mut pattern = Vec::new();
        for shape in shapes {
            learnt.apply(shape, &mut pattern);
            if !known.contains(&pattern) {
                known.insert(pattern.clone());
            }
        }
        Patterns { learnt, known }
    }

    /// Replaces `out` by the pattern of `shape`, one of those that [`Learnt::finish`] was shown (or of what
    /// [`Learnt::apply`] made of them).
    ///
    /// A word below the first segment becomes `*` where the pattern with the `*` is known too and holds
    /// a literal segment after it. It is tried from the left until nothing more folds, always against
    /// the patterns that learning left, so that each pattern's result depends on that set alone.
    pub fn apply(&self, shape: &[u8], out: &mut Vec<u8>) {
        self.learnt.apply(shape, out);
        if let Some(classes) = self.learnt.classes() {
            let mut folded = Vec::new();
            while self.fold(classes, out, &mut folded) {
                std::mem::swap(out, &mut folded);
            }
        }
    }

    /// Whether the first word that can fold did, into `folded`.
    fn fold(&self, classes: &Classes, pattern: &[u8], folded: &mut Vec<u8>) -> bool {
        let mut segments = [(0, 0); SEGMENTS];
        let (mut start, mut literal) = (0, 0);
        let mut rest = Some(pattern);
        for index in 0.. {
            let Some(from) = rest else { break };
            let (value, after) = classes.split(from);
            if let Some(segment) = segments.get_mut(index) {
                *segment = (start, value.len());
            }
            if !value.is_empty() && !is_star(value) {
                literal = start;
            }
            start += value.len() + 1;
            rest = after.map(|(_, rest)| rest);
        }
        // Neither the namespace nor what has no literal segment after it.
        let tried = segments.iter().skip(1).take_while(|&&(start, _)| start < literal && start > 0);
        for &(start, length) in tried {
            let (before, value, after) = match pattern.split_at_checked(start) {
                Some((before, rest)) => match rest.split_at_checked(length) {
                    Some((value, after)) => (before, value, after),
                    None => break,
                },
                None => break,
            };
            if value.is_empty() || value.contains(&b'*') {
                continue;
            }
            folded.clear();
            for part in [before, star(value), after] {
                folded.extend_from_slice(part);
            }
            if self.known.contains(folded.as_slice()) {
                return true;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use crate::pattern::{Learnt, Rules};

    #[test]
    fn words_fold_into_ids_with_the_same_rest() {
        let shapes = [
            "user:*:profile",
            "user:alice:profile",
            "user:alice:cart",
            "user:admin",
            "user:*",
            "bull:q:*",
            "bull:q:wait",
            "bull:q:wait:x",
            "bull:q:*:lock",
            "bull:q:lost:lock",
            "rate:*:*",
            "rate:api:*",
            "rate:{api}:*:s",
            "rate:{*}:*:s",
            "*:profile",
            "user:profile",
            "a:*:b:*:c",
            "a:x:b:*:c",
            "a:x:b:y:c",
            "a:z:b:y:c",
            "user::profile",
            "user:v*:profile",
        ];
        let patterns = Learnt::new(&Rules::default()).finish(shapes.iter().map(|shape| shape.as_bytes()));
        let mut out = Vec::new();
        for shape in shapes {
            let folded = match shape {
                "user:alice:profile" => "user:*:profile",
                "bull:q:lost:lock" => "bull:q:*:lock",
                "rate:{api}:*:s" => "rate:{*}:*:s",
                // One word after the other.
                "a:x:b:*:c" | "a:x:b:y:c" => "a:*:b:*:c",
                same => same,
            };
            patterns.apply(shape.as_bytes(), &mut out);
            assert_eq!(String::from_utf8_lossy(&out), folded);
        }
    }
}
