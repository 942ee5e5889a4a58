//! Slow calls: by command, pattern and client, each entry once.
//!
//! The server keeps its last entries, and people ask for them again and again: what was seen before, in
//! this input or another, is dropped ([`identity`]), though of the forms of one entry that which tells its
//! arguments best gives its keys. So an entry is kept by itself until the end, some 80
//! bytes of it, and only counted when all are known. A script's calls are entries of their own, with ids
//! below the script's; nothing is added across entries, since their times lie within the script's.

pub mod callers;
mod durations;
mod examples;
mod finish;
pub mod identity;
pub mod keys;
mod losses;
mod settled;
mod slowest;
#[cfg(test)]
mod tests;

use hashbrown::HashTable;

use super::commands::Commands;
use super::timeline::Timeline;
use crate::event::{Exactness, Slow};
use crate::intern::{Interner, hash};
use crate::pattern::Rules;
use examples::Examples;
use identity::Identity;
use settled::Settled;
use slowest::{Shown, Slowest};

/// Entries that are kept one by one, about 150 MB. Past it the older half is only counted: its durations
/// go into sketches, and an entry of it that comes again counts again.
pub const MOST: usize = 1 << 20;

/// The slowest entries that are shown.
const SLOWEST: usize = 100;

/// Different addresses, names or shapes of keys that are told apart, each; later ones are counted nowhere
/// but in the tables by other things.
const MOST_NAMES: usize = 262_144;

/// No number.
const NONE: u32 = u32::MAX;

/// An entry.
#[derive(Clone, Copy, Debug)]
struct Item {
    identity: u128,
    id: Option<u64>,
    time: i64,
    us: u64,
    input: u32,
    command: u32,
    client: u32,
    name: u32,
    /// How far its arguments are certain; the greater the better.
    certainty: u8,
    /// Where the numbers of its keys' shapes stand in `uses`; while a block is read, of its keys.
    uses: (u32, u32),
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Slowlog {
    /// In order of first appearance.
    items: Vec<Item>,
    /// Numbers of items by identity.
    known: HashTable<u32>,
    /// Entries that were dropped.
    duplicates: u64,
    commands: Commands,
    clients: Interner,
    names: Interner,
    /// While a block is read: its keys.
    keys: Interner,
    shapes: Interner,
    uses: Vec<u32>,
    slowest: Slowest<SLOWEST>,
    examples: Examples,
    settled: Settled,
    identity: Identity,
    positions: Vec<usize>,
    scratch: Vec<u8>,
    /// Whether something was not told apart for its number.
    crowded: bool,
}

impl Slowlog {
    /// Takes in a record of the input numbered `input`.
    pub fn observe(&mut self, entry: &Slow<'_>, input: u32) {
        let identity = self.identity.of(entry, input);
        let certainty = certainty(entry.exactness);
        let known = self.find(identity);
        if let Some(number) = known {
            self.duplicates += 1;
            if !self.is_better(number, certainty) {
                return;
            }
        }
        let (command, spec) = self.commands.resolve(&entry.args);
        keys::keys(spec, entry, &mut self.positions);
        let from = self.uses.len();
        for text in self.positions.iter().filter_map(|at| entry.args.get(*at)) {
            let key = text.bytes(&mut self.scratch);
            let number = self.keys.intern(hash(key), key);
            self.uses.push(number);
        }
        let uses = (small(from), small(self.uses.len() - from));
        if let Some(number) = known {
            self.improve(number, certainty, command, uses);
            let shown =
                Shown::new(entry, identity, input, self.commands.name(command), spec, &self.positions);
            self.slowest.improve(shown);
            return;
        }
        let item = Item {
            identity,
            id: entry.id,
            time: entry.time,
            us: entry.us,
            input,
            command,
            client: entry.client.map_or(NONE, |client| number(&mut self.clients, client, &mut self.crowded)),
            name: entry.name.map_or(NONE, |name| number(&mut self.names, name, &mut self.crowded)),
            certainty,
            uses,
        };
        self.push(item);
        let name = self.commands.name(command);
        let is_example = spec.is_some() && self.examples.takes(name, entry.us);
        if is_example || self.slowest.takes(entry.us) {
            let shown = Shown::new(entry, identity, input, name, spec, &self.positions);
            if is_example {
                self.examples.offer(&shown);
            }
            self.slowest.offer(shown);
        }
    }

    /// Whether an entry that is known comes in a form that tells more.
    fn is_better(&self, number: u32, certainty: u8) -> bool {
        self.items.get(number as usize).is_some_and(|item| item.certainty < certainty)
    }

    fn improve(&mut self, number: u32, certainty: u8, command: u32, uses: (u32, u32)) {
        if let Some(item) = self.items.get_mut(number as usize) {
            (item.certainty, item.command, item.uses) = (certainty, command, uses);
        }
    }

    /// The block is read: keys become shapes.
    pub fn seal(&mut self, rules: &Rules) {
        let keys = std::mem::take(&mut self.keys);
        let uses = std::mem::take(&mut self.uses);
        let mut shape = Vec::new();
        let mut shapes = Vec::with_capacity(keys.len());
        for (_, key) in keys.iter() {
            rules.shape(key, &mut shape);
            shapes.push(number(&mut self.shapes, &shape, &mut self.crowded));
        }
        let mut items = std::mem::take(&mut self.items);
        for item in &mut items {
            let keys = slice(&uses, item.uses).iter().map(|key| shapes.get(*key as usize).copied());
            item.uses = self.add_uses(keys.flatten());
        }
        self.items = items;
        self.settle(MOST);
    }

    /// Keeps each number once; gives where they stand.
    fn add_uses(&mut self, numbers: impl Iterator<Item = u32>) -> (u32, u32) {
        let from = self.uses.len();
        for number in numbers.filter(|number| *number != NONE) {
            if !self.uses.get(from..).is_some_and(|held| held.contains(&number)) {
                self.uses.push(number);
            }
        }
        (small(from), small(self.uses.len() - from))
    }

    /// Appends what follows; `lines` tells how many lines of an input came before.
    pub fn merge(&mut self, later: Slowlog, lines: impl Fn(u32) -> u64) {
        self.crowded |= later.crowded;
        self.duplicates += later.duplicates;
        let commands = self.commands.merge(&later.commands);
        let clients = renumber(&mut self.clients, &later.clients, &mut self.crowded);
        let names = renumber(&mut self.names, &later.names, &mut self.crowded);
        let shapes = renumber(&mut self.shapes, &later.shapes, &mut self.crowded);
        let get = |numbers: &[u32], number: u32| numbers.get(number as usize).copied().unwrap_or(NONE);
        let items = &self.items;
        let known = &self.known;
        let is_known = |identity| held(known, items, identity).is_some();
        self.slowest.merge(later.slowest, &lines, is_known);
        self.examples.merge(later.examples, &lines, is_known);
        for item in &later.items {
            let known = self.find(item.identity);
            self.duplicates += u64::from(known.is_some());
            if known.is_some_and(|number| !self.is_better(number, item.certainty)) {
                continue;
            }
            let uses = slice(&later.uses, item.uses).iter().map(|shape| get(&shapes, *shape));
            let uses = self.add_uses(uses);
            let command = get(&commands, item.command);
            match known {
                Some(number) => self.improve(number, item.certainty, command, uses),
                None => {
                    let (client, name) = (get(&clients, item.client), get(&names, item.name));
                    self.push(Item { command, client, name, uses, ..*item });
                }
            }
        }
        self.settled.merge(later.settled, &commands, &clients, &names, &shapes);
        self.settle(MOST);
    }

    /// Shapes of the keys that were seen.
    pub fn shapes(&self) -> impl Iterator<Item = &[u8]> + Clone {
        self.shapes.iter().map(|(_, shape)| shape)
    }

    /// Adds the different entries to the timeline.
    pub fn count_into(&self, timeline: &mut Timeline) {
        timeline.merge(self.settled.timeline.clone());
        self.items.iter().for_each(|item| timeline.slow(item.time));
    }

    fn find(&self, identity: u128) -> Option<u32> {
        held(&self.known, &self.items, identity)
    }

    fn push(&mut self, item: Item) {
        let number = small(self.items.len());
        self.items.push(item);
        let items = &self.items;
        self.known.insert_unique(short(item.identity), number, |number| {
            items.get(*number as usize).map_or(0, |item| short(item.identity))
        });
    }

    /// Past `most` entries, counts the older ones and lets them go; half as many stay.
    fn settle(&mut self, most: usize) {
        if self.items.len() <= most {
            return;
        }
        let items = std::mem::take(&mut self.items);
        let uses = std::mem::take(&mut self.uses);
        self.known.clear();
        let (old, young) = items.split_at(items.len() - most / 2);
        for item in old {
            self.settled.add(item, slice(&uses, item.uses));
        }
        for item in young {
            let kept = self.add_uses(slice(&uses, item.uses).iter().copied());
            self.push(Item { uses: kept, ..*item });
        }
    }
}

/// The greater, the more certain.
fn certainty(exactness: Exactness) -> u8 {
    match exactness {
        Exactness::NameOnly => 0,
        Exactness::Inexact => 1,
        Exactness::Exact => 2,
    }
}

/// The item of this identity.
fn held(known: &HashTable<u32>, items: &[Item], identity: u128) -> Option<u32> {
    let is = |number: &u32| items.get(*number as usize).is_some_and(|item| item.identity == identity);
    known.find(short(identity), is).copied()
}

fn short(identity: u128) -> u64 {
    (identity >> 64) as u64
}

/// Bounded by what fits into memory long before.
fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(NONE)
}

fn slice(uses: &[u32], (from, count): (u32, u32)) -> &[u32] {
    uses.get(from as usize..from as usize + count as usize).unwrap_or_default()
}

/// The number of `text`; [`NONE`] where no more are told apart.
fn number(texts: &mut Interner, text: &[u8], crowded: &mut bool) -> u32 {
    let hash = hash(text);
    if texts.len() < MOST_NAMES {
        return texts.intern(hash, text);
    }
    let found = texts.find(hash, text);
    *crowded |= found.is_none();
    found.unwrap_or(NONE)
}

/// The numbers here of the numbers there.
fn renumber(texts: &mut Interner, later: &Interner, crowded: &mut bool) -> Vec<u32> {
    later.iter().map(|(_, text)| number(texts, text, crowded)).collect()
}
