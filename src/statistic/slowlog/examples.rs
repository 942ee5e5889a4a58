//! The slowest entries of each command, so that a rare one can be shown beside a frequent one.

use std::collections::BTreeMap;

use super::slowest::{Shown, Slowest};
use crate::statistic::commands::Commands;

/// Entries of a command that are kept: what a finding shows.
const MOST: usize = crate::finding::EVIDENCE;

/// By the command's first word: not every form of an entry tells its subcommand. Only commands that
/// the table holds, so that these are few.
#[derive(Clone, Debug, Default)]
pub(super) struct Examples {
    by: BTreeMap<Vec<u8>, Slowest<MOST>>,
    /// By number of the command, durations up to which no entry is kept any more.
    floors: Vec<Option<u64>>,
}

fn word(command: &[u8]) -> &[u8] {
    command.split(|byte| *byte == b'|').next().unwrap_or_default()
}

impl Examples {
    /// Whether an entry of this duration would be kept. `commands` tells the name of the command.
    pub(super) fn takes(&mut self, command: u32, commands: &Commands, us: u64) -> bool {
        let floor = self.floors.get(command as usize).copied().flatten();
        if floor.is_some_and(|floor| us <= floor) {
            return false;
        }
        let held = self.by.get(word(commands.name(command)));
        if held.is_none_or(|held| held.takes(us)) {
            return true;
        }
        if self.floors.len() <= command as usize {
            self.floors.resize(command as usize + 1, None);
        }
        if let Some(floor) = self.floors.get_mut(command as usize) {
            // What is kept only becomes slower.
            *floor = held.and_then(|held| held.entries.last()).map(|last| last.us);
        }
        false
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
        is_known: impl Fn(&Shown) -> bool,
    ) {
        for (word, mut later) in later.by {
            later.entries.retain(|shown| !is_known(shown));
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
