//! The slowest entries of each command, so that a rare one can be shown beside a frequent one.

use std::collections::BTreeMap;

use super::slowest::{Shown, Slowest};

/// Entries of a command that are kept: what a finding shows.
const MOST: usize = crate::finding::EVIDENCE;

/// By the command's first word: not every form of an entry tells its subcommand. Only commands that
/// the table holds, so that these are few.
#[derive(Clone, Debug, Default)]
pub(super) struct Examples {
    by: BTreeMap<Vec<u8>, Slowest<MOST>>,
}

fn word(command: &[u8]) -> &[u8] {
    command.split(|byte| *byte == b'|').next().unwrap_or_default()
}

impl Examples {
    /// Whether an entry of this duration would be kept.
    pub(super) fn takes(&self, command: &[u8], us: u64) -> bool {
        self.by.get(word(command)).is_none_or(|held| held.takes(us))
    }

    /// Keeps an entry that was not seen before, if it is slow enough.
    pub(super) fn offer(&mut self, shown: &Shown) {
        self.by.entry(word(&shown.command).to_vec()).or_default().offer(shown.clone());
    }

    /// As [`Slowest::merge`], but an entry stays in the form in which it was seen first: with so few kept, a part may
    /// no longer hold the form that tells more.
    pub(super) fn merge(
        &mut self,
        later: Examples,
        lines: impl Fn(u32) -> u64,
        is_known: impl Fn(u128) -> bool,
    ) {
        for (word, mut later) in later.by {
            later.entries.retain(|shown| !is_known(shown.identity));
            self.by.entry(word).or_default().merge(later, &lines, &is_known);
        }
    }

    /// The slowest first; of equally slow ones in the order of their commands.
    pub(super) fn sorted(&self) -> Vec<&Shown> {
        let mut all: Vec<_> = self.by.values().flat_map(|held| &held.entries).collect();
        all.sort_by_key(|shown| std::cmp::Reverse(shown.us));
        all
    }
}
