//! Entries in the order of their ids.

use super::Slowlog;
use super::held::{Item, Maker};

/// The entries that have an id, in order of these, and of their first appearance.
pub(super) struct Order<'a> {
    log: &'a Slowlog,
    /// Their places.
    places: Vec<u32>,
    is_one_log: bool,
}

impl<'a> Order<'a> {
    pub(super) fn of(log: &'a Slowlog) -> Self {
        let mut order = Order { log, places: Vec::with_capacity(log.items().count()), is_one_log: false };
        let places = &mut order.places;
        let (mut poll, mut before) = (0, None);
        for (at, item) in (0..).zip(log.items()) {
            let Some(id) = item.id.get() else { continue };
            // A poll gives the newest first; turned round, polls of one log are in order.
            if before.is_some_and(|before| id.checked_add(1) != Some(before)) {
                places.get_mut(poll..).unwrap_or_default().reverse();
                poll = places.len();
            }
            places.push(at);
            before = Some(id);
        }
        places.get_mut(poll..).unwrap_or_default().reverse();
        order.is_one_log = order.goes_on();
        if !order.is_one_log {
            // What is sorted is looked at often, and entries stand anywhere.
            let mut ids: Vec<(u64, u32)> = order.places.iter().map(|at| (order.id(*at), *at)).collect();
            ids.sort_unstable();
            order.places = ids.into_iter().map(|(_, at)| at).collect();
            order.is_one_log = order.goes_on();
        }
        order
    }

    /// Whether later entries have greater ids, and each another one.
    fn goes_on(&self) -> bool {
        let item = |at: &u32| self.made(*at).map(|(item, _)| (item.id.get(), item.time));
        let mut items = self.places.iter().filter_map(item);
        let Some(mut before) = items.next() else { return true };
        items.all(|next| {
            let (id, time) = std::mem::replace(&mut before, next);
            id < next.0 && time <= next.1
        })
    }

    /// The same, found before.
    pub(super) fn is_one_log(&self) -> bool {
        self.is_one_log
    }

    /// Whether every entry has an id.
    pub(super) fn has_all(&self) -> bool {
        self.places.len() == self.log.items().count()
    }

    /// Places, entries of an id, and their makers. The first place that is looked at is `near`.
    pub(super) fn with_id(
        &self,
        id: u64,
        near: usize,
    ) -> impl Iterator<Item = (usize, (&'a Item, Maker))> + '_ {
        // In one log no other entry has the id.
        let near = u32::try_from(near).ok().filter(|near| self.is_one_log && self.id(*near) == id);
        let from = match near {
            Some(_) => self.places.len(),
            None => self.places.partition_point(|at| self.id(*at) < id),
        };
        let all = self.places.get(from..).unwrap_or_default().iter().copied();
        let all = near.into_iter().chain(all.take_while(move |at| self.id(*at) == id));
        all.filter_map(|at| Some((at as usize, self.made(at)?)))
    }

    /// The id of the entry at one of these places.
    fn id(&self, at: u32) -> u64 {
        self.made(at).and_then(|(item, _)| item.id.get()).unwrap_or(u64::MAX)
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
