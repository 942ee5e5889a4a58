//! Keyspace notifications: each change once, whatever number of messages told it.
//!
//! While a block is read, [`OpenEvents`] counts changes by event and key. At the block's end
//! [`OpenEvents::seal`] finds the pattern of each key once and adds up by pattern; sealed parts merge.
//!
//! Whether the first messages of a block tell of a change that began before it is not known there. As
//! long as they are of one database, key and event they are held as they are, and counted when the part
//! is merged into one that knows: that of all blocks before, from the input's beginning on.

mod change;
mod finish;
#[cfg(test)]
mod laws;
mod losses;
mod moments;

use std::collections::{BTreeMap, HashMap};

use foldhash::fast::FixedState;

pub use change::{Change, Delivery, Subject};
use losses::Losses;
use moments::{End, Mark, Moments, OpenMoments};

use super::Period;
use super::patterns::{PatternIndex, Patterns, REST};
use crate::event::{Loss, Notice};
use crate::intern::{Interner, hash};
use crate::pattern::{Learnt, Rules};

/// An event's number.
type EventIndex = u32;

/// What changes are counted by: the key's pattern, the event, and the input's number.
type Counted = (PatternIndex, EventIndex, u32);

/// Different events that are held: Redis has about a hundred, but modules may publish any word.
const MOST_EVENTS: usize = 4_096;

/// Different databases that are held; a server's default is 16.
const MOST_DATABASES: usize = 65_536;

/// Messages and changes.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    messages: u64,
    changes: u64,
}

/// Events by name, and when their changes were.
#[derive(Clone, Debug)]
struct Names {
    names: Interner,
    periods: Vec<Period>,
}

impl Default for Names {
    /// Number 0 is for the events past [`MOST_EVENTS`]; no event has an empty name.
    fn default() -> Self {
        let mut names = Interner::default();
        names.intern(hash(b""), b"");
        Names { names, periods: vec![Period::default()] }
    }
}

impl Names {
    fn number(&mut self, hash: u64, name: &[u8]) -> EventIndex {
        if self.names.len() >= MOST_EVENTS {
            return self.names.find(hash, name).unwrap_or(0);
        }
        let number = self.names.intern(hash, name);
        if number as usize >= self.periods.len() {
            self.periods.push(Period::default());
        }
        number
    }

    /// Takes in the names of what follows; gives the numbers here of the numbers there.
    fn merge(&mut self, later: &Names) -> Vec<EventIndex> {
        let mut numbers = Vec::with_capacity(later.periods.len());
        for ((hash, name), period) in later.names.iter().zip(&later.periods) {
            let number = self.number(hash, name);
            if let Some(mine) = self.periods.get_mut(number as usize) {
                mine.merge(*period);
            }
            numbers.push(number);
        }
        numbers
    }
}

/// The first messages, of one database, key and event, that may belong to a change before them.
#[derive(Clone, Debug)]
struct Head {
    database: u32,
    event: EventIndex,
    event_hash: u64,
    pattern: PatternIndex,
    key: Vec<u8>,
    deliveries: Vec<Delivery>,
    input: u32,
}

impl Head {
    fn subject(&self) -> Subject<'_> {
        Subject { database: self.database, event: self.event_hash, key: &self.key }
    }
}

/// What can join with the messages around.
#[derive(Clone, Debug, Default)]
struct Edges {
    head: Option<Head>,
    /// Whether the messages after `head` cannot belong to it; without a head, to anything before.
    settled: bool,
    /// The last change, once settled.
    open: Change,
}

impl Edges {
    fn close(&mut self) {
        self.settled = true;
        self.open.close();
    }
}

/// What does not depend on patterns.
#[derive(Clone, Debug, Default)]
struct Base {
    messages: u64,
    names: Names,
    databases: BTreeMap<u32, Counts>,
    /// Messages in databases that are not held.
    other_databases: Counts,
    /// Of messages.
    period: Period,
    /// Changes with a time.
    timed: u64,
    edges: Edges,
    losses: Losses,
}

impl Base {
    fn database(&mut self, number: u32) -> &mut Counts {
        if self.databases.len() >= MOST_DATABASES && !self.databases.contains_key(&number) {
            return &mut self.other_databases;
        }
        self.databases.entry(number).or_default()
    }

    /// A change began.
    fn change(&mut self, database: u32, event: EventIndex, time: Option<i64>) {
        self.database(database).changes += 1;
        if let Some(time) = time {
            self.timed += 1;
            if let Some(period) = self.names.periods.get_mut(event as usize) {
                period.add(time);
            }
        }
    }
}

/// Counts by event and key while a block is read.
#[derive(Clone, Debug, Default)]
pub struct OpenEvents {
    base: Base,
    /// The event's number, four bytes, and the key.
    uses: Interner,
    changes: Vec<u64>,
    moments: OpenMoments,
    input: u32,
    scratch: Vec<u8>,
}

impl OpenEvents {
    /// For a block of the input numbered `input`.
    pub fn new(input: u32) -> Self {
        OpenEvents { input, moments: OpenMoments::new(input), ..OpenEvents::default() }
    }

    /// Takes in a message. Where it starts a change, gives that change's time.
    pub fn observe(&mut self, notice: &Notice<'_>) -> Option<i64> {
        let base = &mut self.base;
        base.messages += 1;
        base.database(notice.database).messages += 1;
        base.losses.message(notice.time);
        if let Some(time) = notice.time {
            base.period.add(time);
        }
        let event_hash = hash(notice.event);
        let subject = Subject { database: notice.database, event: event_hash, key: notice.key };
        let delivery = Delivery::of(notice);
        if !base.edges.settled {
            match &mut base.edges.head {
                Some(head) if head.subject() == subject => {
                    head.deliveries.push(delivery);
                    return None;
                }
                Some(_) => base.edges.settled = true,
                none => {
                    *none = Some(Head {
                        database: notice.database,
                        event: base.names.number(event_hash, notice.event),
                        event_hash,
                        pattern: REST,
                        key: notice.key.to_vec(),
                        deliveries: vec![delivery],
                        input: self.input,
                    });
                    return None;
                }
            }
        }
        if !base.edges.open.starts(subject, &delivery) {
            return None;
        }
        let event = base.names.number(event_hash, notice.event);
        base.change(notice.database, event, notice.time);
        self.scratch.clear();
        self.scratch.extend_from_slice(&event.to_le_bytes());
        self.scratch.extend_from_slice(notice.key);
        let index = self.uses.intern(hash(&self.scratch), &self.scratch) as usize;
        match self.changes.get_mut(index) {
            Some(changes) => *changes += 1,
            None => self.changes.push(1),
        }
        let mark = |end| Mark { end, usage: index as u32, place: notice.place, time: notice.time };
        self.moments.change(End::of(notice.event).map(mark));
        notice.time
    }

    /// The subscriber lost its connection.
    pub fn lose(&mut self, loss: &Loss) {
        self.base.losses.add(loss, self.input);
        self.base.edges.close();
    }

    /// Finds the pattern of each key and adds up by pattern.
    pub fn seal(self, rules: &Rules) -> Events {
        let mut events = Events { base: self.base, ..Events::default() };
        let mut shape = Vec::new();
        if let Some(head) = &mut events.base.edges.head {
            rules.shape(&head.key, &mut shape);
            head.pattern = events.patterns.number(&shape);
        }
        let mut patterns = Vec::with_capacity(self.uses.len());
        for ((_, used), changes) in self.uses.iter().zip(self.changes) {
            let Some((event, key)) = used.split_first_chunk() else { continue };
            rules.shape(key, &mut shape);
            let pattern = events.patterns.number(&shape);
            patterns.push(pattern);
            let counted = (pattern, EventIndex::from_le_bytes(*event), self.input);
            *events.changes.entry(counted).or_default() += changes;
        }
        events.moments = self.moments.seal(|usage| {
            let key = self.uses.get(usage).split_first_chunk::<4>().map_or(&b""[..], |(_, key)| key);
            (patterns.get(usage as usize).copied().unwrap_or(REST), key)
        });
        events
    }
}

/// Counts by event, pattern and input.
#[derive(Clone, Debug, Default)]
pub struct Events {
    base: Base,
    /// Their names; the counts that they could have are those of [`super::keys`].
    patterns: Patterns,
    learnt: Option<Learnt>,
    changes: HashMap<Counted, u64, FixedState>,
    /// Of the changes after the head.
    moments: Moments,
}

impl Events {
    /// Appends what follows. `lines` tells how many lines of an input came before; `began` takes the
    /// times of changes that only now are known to have begun.
    pub fn merge(
        &mut self,
        later: Events,
        rules: &Rules,
        lines: impl Fn(u32) -> u64,
        began: impl FnMut(i64),
    ) {
        let base = later.base;
        let patterns = self.patterns.merge_names(&later.patterns);
        let events = self.base.names.merge(&base.names);
        let pattern = |index: PatternIndex| patterns.get(index as usize).copied().unwrap_or(REST);
        let event = |index: EventIndex| events.get(index as usize).copied().unwrap_or(0);

        let Edges { head, settled, open } = base.edges;
        match head {
            Some(mut head) => {
                for delivery in &mut head.deliveries {
                    delivery.place.line += lines(head.input);
                }
                let head = Head { pattern: pattern(head.pattern), event: event(head.event), ..head };
                self.join(head, began);
            }
            None if settled => self.base.edges.close(),
            None => {}
        }
        if settled {
            self.base.edges.settled = true;
            self.base.edges.open = open;
        }
        for ((of, by, input), changes) in later.changes {
            *self.changes.entry((pattern(of), event(by), input)).or_default() += changes;
        }
        self.moments.merge(later.moments, pattern, &lines);
        let mine = &mut self.base;
        mine.messages += base.messages;
        mine.timed += base.timed;
        mine.period.merge(base.period);
        for (number, counts) in base.databases {
            let held = mine.database(number);
            held.messages += counts.messages;
            held.changes += counts.changes;
        }
        mine.other_databases.messages += base.other_databases.messages;
        mine.other_databases.changes += base.other_databases.changes;
        mine.losses.merge(base.losses, lines);

        if let Some(theirs) = &later.learnt {
            self.learnt.get_or_insert_with(|| Learnt::new(rules)).merge(theirs);
        }
        if let Some(numbers) = self.patterns.compress(rules, &mut self.learnt) {
            self.renumber(&numbers);
        }
    }

    /// Takes in messages of one subject that follow.
    fn join(&mut self, head: Head, began: impl FnMut(i64)) {
        let edges = &mut self.base.edges;
        if !edges.settled {
            match &mut edges.head {
                Some(mine) if mine.subject() == head.subject() => {
                    return mine.deliveries.extend(head.deliveries);
                }
                Some(_) => edges.settled = true,
                none => {
                    *none = Some(head);
                    return;
                }
            }
        }
        self.count(head, began);
    }

    fn count(&mut self, head: Head, mut began: impl FnMut(i64)) {
        for delivery in &head.deliveries {
            if self.base.edges.open.starts(head.subject(), delivery) {
                self.base.change(head.database, head.event, delivery.time);
                *self.changes.entry((head.pattern, head.event, head.input)).or_default() += 1;
                let end = End::of(self.base.names.names.get(head.event));
                self.moments.merge(Moments::one(&head, delivery, end), |pattern| pattern, |_| 0);
                if let Some(time) = delivery.time {
                    began(time);
                }
            }
        }
    }

    fn renumber(&mut self, numbers: &[PatternIndex]) {
        let pattern = |index: PatternIndex| numbers.get(index as usize).copied().unwrap_or(REST);
        for ((of, by, input), changes) in std::mem::take(&mut self.changes) {
            *self.changes.entry((pattern(of), by, input)).or_default() += changes;
        }
        if let Some(head) = &mut self.base.edges.head {
            head.pattern = pattern(head.pattern);
        }
        self.moments.renumber(pattern);
    }

    /// An input ends here: what follows is another subscriber's, or another time.
    pub fn end_input(&mut self) {
        self.base.edges.close();
        self.base.losses.end_input();
    }

    /// What was learnt from shapes that are no longer held.
    pub fn learnt(&self) -> Option<&Learnt> {
        self.learnt.as_ref()
    }

    /// The shapes of all keys, or what they became.
    pub fn shapes(&self) -> impl Iterator<Item = &[u8]> + Clone {
        self.patterns.iter().map(|(_, name, _)| name)
    }
}
