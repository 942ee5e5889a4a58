//! Entries in the order of their ids.

use super::Slowlog;
use super::held::{Item, Maker};

/// The entries that have an id, in order of these, and of their first appearance.
pub(super) struct Order<'a> {
    log: &'a Slowlog,
    /// Ids, and the places of their entries.
    ids: Vec<(u64, u32)>,
    is_one_log: bool,
}

impl<'a> Order<'a> {
    pub(super) fn of(log: &'a Slowlog) -> Self {
        let mut ids: Vec<(u64, u32)> = Vec::with_capacity(log.items().count());
        let mut poll = 0;
        for (at, item) in (0..).zip(log.items()) {
            let Some(id) = item.id.get() else { continue };
            // A poll gives the newest first; turned round, polls of one log are in order.
            if ids.last().is_some_and(|(before, _)| id.checked_add(1) != Some(*before)) {
                ids.get_mut(poll..).unwrap_or_default().reverse();
                poll = ids.len();
            }
            ids.push((id, at));
        }
        ids.get_mut(poll..).unwrap_or_default().reverse();
        ids.sort_unstable();
        let mut order = Order { log, ids, is_one_log: false };
        order.is_one_log = order.goes_on();
        order
    }

    /// Whether later entries have greater ids, and each another one.
    fn goes_on(&self) -> bool {
        let times =
            self.ids.iter().map(|(id, at)| (*id, self.made(*at).map_or(i64::MIN, |(item, _)| item.time)));
        let later = times.clone().skip(1);
        times.zip(later).all(|((id, time), (next, later))| id < next && time <= later)
    }

    /// The same, found before.
    pub(super) fn is_one_log(&self) -> bool {
        self.is_one_log
    }

    /// Whether every entry has an id.
    pub(super) fn has_all(&self) -> bool {
        self.ids.len() == self.log.items().count()
    }

    /// Places, entries of an id, and their makers.
    pub(super) fn with_id(&self, id: u64) -> impl Iterator<Item = (usize, (&'a Item, Maker))> + '_ {
        let from = self.ids.partition_point(|(held, _)| *held < id);
        let all = self.ids.get(from..).unwrap_or_default().iter().take_while(move |(held, _)| *held == id);
        all.filter_map(|(_, at)| Some((*at as usize, self.made(*at)?)))
    }

    fn made(&self, at: u32) -> Option<(&'a Item, Maker)> {
        let (old, young) = (&self.log.old, &self.log.young);
        let at = at as usize;
        let (held, at) = match at.checked_sub(old.items.len()) {
            None => (old, at),
            Some(at) => (young, at),
        };
        held.items.get(at).map(|item| (item, held.maker(item)))
    }
}

/// Places of entries.
#[derive(Debug, Default)]
pub(super) struct Places(Vec<bool>);

impl Places {
    pub(super) fn add(&mut self, at: usize) {
        if at >= self.0.len() {
            self.0.resize(at + 1, false);
        }
        if let Some(held) = self.0.get_mut(at) {
            *held = true;
        }
    }

    pub(super) fn has(&self, at: usize) -> bool {
        self.0.get(at) == Some(&true)
    }
}
