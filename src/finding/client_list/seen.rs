//! What is looked at of a connection to tell whether it is one of many that leak.

use super::rise::Span;
use crate::intern::{Interner, hash, same};
use crate::report::connections::ConnectionRow;

/// A connection, when it was there, and where it is from: rows are big, so each is looked at once.
pub struct Seen<'a> {
    /// Its row.
    pub row: &'a ConnectionRow,
    /// The snapshots between which it was.
    pub span: Option<Span>,
    /// Whether it is there at the end.
    pub stays: bool,
    /// The number of its name.
    pub name: Option<u32>,
    /// Of its user, library and host; the user `default` says nothing.
    pub origin: [Option<u32>; ORIGINS.len()],
}

/// What connections are from.
pub const ORIGINS: [&str; 3] = ["user", "library", "ip"];

/// Names, users, libraries and hosts, which have numbers.
#[derive(Default)]
pub struct Values {
    /// By their numbers.
    pub all: Interner,
    /// Those that were met last, by what they are: they are often the same again.
    last: [u32; 1 + ORIGINS.len()],
}

impl Seen<'_> {
    /// The same where values have the numbers that `numbers` gives for theirs.
    pub fn renumbered(mut self, numbers: &[u32]) -> Self {
        for number in [&mut self.name].into_iter().chain(&mut self.origin) {
            *number = number.and_then(|number| numbers.get(number as usize).copied());
        }
        self
    }
}

impl Values {
    /// Adds others; gives the numbers here of theirs.
    pub fn append(&mut self, others: &Values) -> Vec<u32> {
        others.all.iter().map(|(hash, value)| self.all.intern(hash, value)).collect()
    }

    /// The number of a value, of the name (0) or of what [`ORIGINS`] tell (from 1 on).
    pub fn number(&mut self, what: usize, value: Option<&[u8]>) -> Option<u32> {
        let (value, last) = (value?, self.last.get_mut(what)?);
        if self.all.is_empty() || !same(self.all.get(*last), value) {
            *last = self.all.intern(hash(value), value);
        }
        Some(*last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_two_parts_have_one_number_each() {
        let (mut one, mut other) = (Values::default(), Values::default());
        let number = |values: &mut Values, what, text: &str| values.number(what, Some(text.as_bytes()));
        assert_eq!((number(&mut one, 0, "a"), number(&mut one, 1, "b")), (Some(0), Some(1)));
        let (name, user) = (number(&mut other, 0, "b"), number(&mut other, 1, "c"));
        let numbers = one.append(&other);
        let row = ConnectionRow::default();
        let seen = Seen { row: &row, span: None, stays: false, name, origin: [user, None, name] };
        let seen = seen.renumbered(&numbers);
        assert_eq!((seen.name, seen.origin), (Some(1), [Some(2), None, Some(1)]));
        assert_eq!(number(&mut one, 2, "c"), Some(2));
    }
}
