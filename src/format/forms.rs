//! How the start of a capture is written: which forms its records have.

use std::collections::BTreeMap;

use crate::error::Reject;
use crate::event::{Place, Sink, Skipped};

/// Pieces of a capture's start, by the form that a kind's reader found.
pub(super) struct Forms<F> {
    counts: BTreeMap<F, usize>,
    name: fn(F) -> Option<&'static str>,
}

impl<F: Copy + Ord> Forms<F> {
    /// `name` names the forms that records have; the others are of what is no record.
    pub fn new(name: fn(F) -> Option<&'static str>) -> Self {
        Forms { counts: BTreeMap::new(), name }
    }

    /// One more piece.
    pub fn add(&mut self, form: F) {
        self.add_all(form, 1);
    }

    /// So many more pieces.
    pub fn add_all(&mut self, form: F, count: usize) {
        if count > 0 {
            *self.counts.entry(form).or_default() += count;
        }
    }

    /// Pieces of one form.
    pub fn count(&self, form: F) -> usize {
        self.counts.get(&form).copied().unwrap_or_default()
    }

    /// Pieces that are records.
    pub fn records(&self) -> usize {
        self.named().map(|(count, _)| count).sum()
    }

    /// The name of the form that all records have.
    pub fn dialect(&self) -> &'static str {
        let mut names = self.named().map(|(_, name)| name);
        match (names.next(), names.next()) {
            (None, _) => "redis-cli",
            (Some(only), None) => only,
            _ => "mixed",
        }
    }

    /// How many records have which form, as in `3 redis-cli, 1 terminal`; `None` where there is no record.
    pub fn listed(&self) -> Option<String> {
        let mut forms: Vec<_> = self.named().collect();
        forms.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
        let each: Vec<_> = forms.iter().map(|(count, name)| format!("{count} {name}")).collect();
        (!each.is_empty()).then(|| each.join(", "))
    }

    fn named(&self) -> impl Iterator<Item = (usize, &'static str)> {
        self.counts.iter().filter_map(|(form, count)| Some((*count, (self.name)(*form)?)))
    }
}

/// The whole lines of a capture's start, which may end inside one: that says nothing about the capture.
pub(super) fn whole_lines(head: &[u8]) -> &[u8] {
    memchr::memrchr(b'\n', head).map_or(head, |end| head.get(..=end).unwrap_or_default())
}

/// Where records go that are looked at, and not counted.
pub(super) struct Nowhere;

impl Sink for Nowhere {
    fn reject(&mut self, _: Reject<'_>) {}
    fn skip(&mut self, _: Place, _: u64, _: Skipped) {}
    fn gap(&mut self, _: Place) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_counted_and_named() {
        let name = |form: char| match form {
            'a' => Some("A"),
            'b' => Some("B"),
            _ => None,
        };
        for (pieces, dialect, listed) in [
            ("", "redis-cli", None),
            ("xx", "redis-cli", None),
            ("axa", "A", Some("2 A")),
            ("ba", "mixed", Some("1 A, 1 B")),
            ("bxab", "mixed", Some("2 B, 1 A")),
        ] {
            let mut forms = Forms::new(name);
            pieces.chars().for_each(|form| forms.add(form));
            let others = pieces.matches('x').count();
            assert_eq!((forms.dialect(), forms.listed().as_deref()), (dialect, listed), "{pieces}");
            assert_eq!((forms.records(), forms.count('x')), (pieces.len() - others, others));
        }
    }

    #[test]
    fn only_whole_lines_are_looked_at() {
        for (head, whole) in [("a\nb\nc", "a\nb\n"), ("a\n", "a\n"), ("a", "a"), ("", "")] {
            assert_eq!(whole_lines(head.as_bytes()), whole.as_bytes());
        }
    }
}
