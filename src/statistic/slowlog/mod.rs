//! Slow calls: by command, pattern and client, each entry once.
//!
//! The server keeps its last entries, and people ask for them again and again: what was seen before, in
//! this input or another, is dropped ([`identity`]), though of the forms of one entry that which tells its
//! arguments best gives its keys. So an entry is kept by itself until the end, 48 bytes of it, and only counted when all are known. A script's calls are entries of their own, with ids
//! below the script's; nothing is added across entries, since their times lie within the script's.

pub mod callers;
mod durations;
mod examples;
mod finish;
mod held;
pub mod identity;
pub mod keys;
mod known;
mod losses;
mod order;
mod settled;
mod slowest;
#[cfg(test)]
mod tests;

use super::commands::Commands;
use super::timeline::Timeline;
use crate::event::{Args, Exactness, Slow};
use crate::intern::{Interner, SPREAD, hash, same};
use crate::pattern::Rules;
use examples::Examples;
use held::{Held, Id, Item, Maker};
use identity::Identity;
use settled::Settled;
use slowest::{Shown, Slowest};

/// Entries that are kept one by one, about 100 MB. Past it the older half is only counted: its durations
/// go into sketches, and an entry of it that comes again counts again.
pub const MOST: usize = 1 << 20;

/// Entries from which on a part is merged at once: half a megabyte.
const LARGE: usize = 10_000;

/// The slowest entries that are shown.
const SLOWEST: usize = 100;

/// Different addresses, names or shapes of keys that are told apart, each; later ones are counted nowhere
/// but in the tables by other things.
const MOST_NAMES: usize = 262_144;

/// No number.
const NONE: u32 = u32::MAX;

/// See the module.
#[derive(Clone, Debug)]
pub struct Slowlog {
    /// As [`MOST`].
    most: usize,
    /// The entries, in two halves: letting go of the older one changes nothing in the other.
    old: Held,
    young: Held,
    /// Entries that were dropped.
    duplicates: u64,
    commands: Commands,
    clients: Texts,
    names: Texts,
    /// While a block is read: its keys.
    keys: Texts,
    shapes: Texts,
    slowest: Slowest<SLOWEST>,
    examples: Examples,
    settled: Settled,
    identity: Identity,
    positions: Vec<usize>,
    scratch: Vec<u8>,
}

impl Default for Slowlog {
    fn default() -> Self {
        Slowlog {
            most: MOST,
            old: Held::default(),
            young: Held::default(),
            duplicates: 0,
            commands: Commands::default(),
            clients: Texts::default(),
            names: Texts::default(),
            keys: Texts::unbounded(),
            shapes: Texts::default(),
            slowest: Slowest::default(),
            examples: Examples::default(),
            settled: Settled::default(),
            identity: Identity::default(),
            positions: Vec::new(),
            scratch: Vec::new(),
        }
    }
}

/// What is left of a block's part once it is merged.
#[derive(Debug, Default)]
pub struct Room {
    held: Held,
    keys: Interner,
}

impl Slowlog {
    /// Uses this room, before anything else.
    pub fn enter(&mut self, Room { held, keys }: Room) {
        (self.young, self.keys.texts) = (held, keys);
    }

    /// Takes in a record of the input numbered `input`.
    pub fn observe(&mut self, entry: &Slow<'_>, input: u32) {
        let identity = self.identity.of(entry, input);
        let certainty = certainty(entry.exactness);
        let id = Id::new(entry.id);
        let known = self.young.find(id, identity);
        if let Some(number) = known {
            self.duplicates += 1;
            if !self.young.is_better(number, certainty) {
                return;
            }
        }
        let (command, spec) = self.commands.resolve(&entry.args);
        keys::keys(spec, entry, &mut self.positions);
        let (texts, scratch) = (&mut self.keys, &mut self.scratch);
        let keys = self.positions.iter().filter_map(|at| texts.argument(&entry.args, *at, scratch));
        let keys = self.young.list(keys);
        if let Some(number) = known {
            self.young.improve(number, certainty, command, keys);
            let shown =
                Shown::new(entry, identity, input, self.commands.name(command), spec, &self.positions);
            self.slowest.improve(shown);
            return;
        }
        let who = &mut self.identity;
        let maker = self.young.number(Maker {
            input,
            command,
            client: entry.client.map_or(NONE, |client| who.client.number(|| self.clients.number(client))),
            name: entry.name.map_or(NONE, |name| who.name.number(|| self.names.number(name))),
            certainty,
        });
        self.young.push(identity, Item { id, time: entry.time, us: entry.us, maker, keys });
        let is_example = spec.is_some() && self.examples.takes(command, &self.commands, entry.us);
        if is_example || self.slowest.takes(entry.us) {
            let name = self.commands.name(command);
            let shown = Shown::new(entry, identity, input, name, spec, &self.positions);
            if is_example {
                self.examples.offer(&shown);
            }
            self.slowest.offer(shown);
        }
    }

    /// The block is read: keys become shapes.
    pub fn seal(&mut self, rules: &Rules) {
        let mut keys = std::mem::replace(&mut self.keys, Texts::unbounded());
        let mut shape = Vec::new();
        let mut shapes = Vec::with_capacity(keys.texts.len());
        for (_, key) in keys.texts.iter() {
            rules.shape(key, &mut shape);
            shapes.push(self.shapes.number(&shape));
        }
        let mut items = std::mem::take(&mut self.young.items);
        let lists = self.young.take_lists();
        for item in &mut items {
            item.keys = self.young.renumbered(&lists, item.keys, |key| get(&shapes, key));
        }
        self.young.items = items;
        if self.young.items.len() > self.most {
            let young = std::mem::take(&mut self.young);
            self.take(&young, |maker| maker, |shape| shape);
        }
        keys.texts.clear();
        self.keys.texts = keys.texts;
    }

    /// Whether there are many entries, for a part of an input.
    pub fn is_large(&self) -> bool {
        self.young.items.len() >= LARGE
    }

    /// Appends what follows; `lines` tells how many lines of an input came before. Gives the room that is left.
    pub fn merge(&mut self, later: Slowlog, lines: impl Fn(u32) -> u64) -> Room {
        self.duplicates += later.duplicates;
        let commands = self.commands.merge(&later.commands);
        let clients = self.clients.merge(&later.clients);
        let names = self.names.merge(&later.names);
        let shapes = self.shapes.merge(&later.shapes);
        let (old, young) = (&self.old, &self.young);
        let is_known = |shown: &Shown| {
            let (id, identity) = (Id::new(shown.id), shown.identity);
            young.find(id, identity).or_else(|| old.find(id, identity)).is_some()
        };
        self.slowest.merge(later.slowest, &lines, is_known);
        self.examples.merge(later.examples, &lines, is_known);
        self.settled.merge(&later.settled, &commands, &clients, &names, &shapes);
        let renumber = |maker: Maker| Maker {
            command: get(&commands, maker.command),
            client: get(&clients, maker.client),
            name: get(&names, maker.name),
            ..maker
        };
        for held in [&later.old, &later.young] {
            self.take(held, renumber, |shape| get(&shapes, shape));
        }
        let (mut held, keys) = (later.young, later.keys.texts);
        held.clear();
        Room { held, keys }
    }

    /// Takes over entries, with other numbers; those that are known already only if they tell more.
    fn take(&mut self, later: &Held, renumber: impl Fn(Maker) -> Maker, shape: impl Fn(u32) -> u32) {
        // The numbers here of the makers there, as they come.
        let mut makers = vec![NONE; later.makers().len()];
        // From there on none is known.
        let above = later.known.above([&self.old.known, &self.young.known]);
        for (number, (identity, item)) in later.all().enumerate() {
            if above == Some(number)
                && self.young.items.len() + later.items.len() - number <= self.most / 2
                && self.young.append(later, number, &renumber, &shape)
            {
                return;
            }
            let known = match self.young.find(item.id, identity) {
                Some(number) => Some((&mut self.young, number)),
                None => self.old.find(item.id, identity).map(|number| (&mut self.old, number)),
            };
            match known {
                Some((held, number)) => {
                    self.duplicates += 1;
                    let maker = later.maker(item);
                    if held.is_better(number, maker.certainty) {
                        let keys = held.renumbered(later, item.keys, &shape);
                        held.improve(number, maker.certainty, renumber(maker).command, keys);
                    }
                }
                None => {
                    if self.young.items.len() >= self.most / 2 {
                        self.settle();
                        makers.fill(NONE);
                    }
                    let keys = self.young.renumbered(later, item.keys, &shape);
                    let mut number = || self.young.number(renumber(later.maker(item)));
                    let maker = match makers.get_mut(item.maker as usize) {
                        Some(known) if *known != NONE => *known,
                        Some(free) => {
                            *free = number();
                            *free
                        }
                        None => number(),
                    };
                    self.young.push(identity, Item { maker, keys, ..*item });
                }
            }
        }
    }

    /// Shapes of the keys that were seen.
    pub fn shapes(&self) -> impl Iterator<Item = &[u8]> + Clone {
        self.shapes.texts.iter().map(|(_, shape)| shape)
    }

    /// The times of entries that are no longer kept one by one, which are none here from then on.
    pub fn settled(&mut self) -> Timeline {
        std::mem::take(&mut self.settled.timeline)
    }

    /// Adds the entries that are kept one by one to the timeline.
    pub fn count_into(&self, timeline: &mut Timeline) {
        self.items().for_each(|item| timeline.slow(item.time));
    }

    /// The entries that are kept one by one.
    fn items(&self) -> impl Iterator<Item = &Item> + Clone {
        self.old.items.iter().chain(&self.young.items)
    }

    /// The same with their makers.
    fn made(&self) -> impl Iterator<Item = (&Item, Maker)> + Clone {
        self.old.made().chain(self.young.made())
    }

    /// Where an entry stands among them.
    fn place(&self, shown: &Shown) -> Option<usize> {
        let (id, identity) = (Id::new(shown.id), shown.identity);
        let old = self.old.find(id, identity).map(|number| number as usize);
        let young = || Some(self.old.items.len() + self.young.find(id, identity)? as usize);
        old.or_else(young)
    }

    /// Whether something was not told apart for its number.
    fn is_crowded(&self) -> bool {
        [&self.clients, &self.names, &self.shapes].into_iter().any(|texts| texts.crowded)
    }

    /// Counts the older half and lets it go.
    fn settle(&mut self) {
        std::mem::swap(&mut self.old, &mut self.young);
        for item in &self.young.items {
            self.settled.add(item, &self.young.maker(item), self.young.keys(&item.keys));
        }
        self.settled.close();
        self.young.clear();
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

/// The number here of a number there.
fn get(numbers: &[u32], number: u32) -> u32 {
    numbers.get(number as usize).copied().unwrap_or(NONE)
}

/// Texts that have numbers.
#[derive(Clone, Debug)]
struct Texts {
    texts: Interner,
    /// The number that was given last: a client's calls stand together.
    last: u32,
    /// Of short arguments, by a few bits of a hash: mostly it is one of few.
    quick: Vec<(u128, u32)>,
    most: usize,
    /// Whether some have none.
    crowded: bool,
}

/// So many, a power of two.
const QUICK: usize = 256;

impl Default for Texts {
    fn default() -> Self {
        let (texts, quick) = (Interner::default(), Vec::new());
        Texts { texts, last: NONE, quick, most: MOST_NAMES, crowded: false }
    }
}

impl Texts {
    /// All are told apart.
    fn unbounded() -> Self {
        Texts { most: usize::MAX, ..Texts::default() }
    }

    /// The number of `text`; [`NONE`] where no more are told apart.
    #[inline]
    fn number(&mut self, text: &[u8]) -> u32 {
        if self.last != NONE && same(self.texts.get(self.last), text) {
            return self.last;
        }
        self.last = self.add(hash(text), text);
        self.last
    }

    /// The number of an argument, if there is one.
    #[inline]
    fn argument(&mut self, args: &Args<'_>, at: usize, scratch: &mut Vec<u8>) -> Option<u32> {
        let Some(short) = args.short(at) else { return Some(self.number(args.get(at)?.bytes(scratch))) };
        let both = short as u64 ^ (short >> 64) as u64;
        let place = (both.wrapping_mul(SPREAD) >> (64 - QUICK.ilog2())) as usize;
        match self.quick.get(place) {
            Some((held, number)) if *held == short => Some(*number),
            _ => self.short_argument(short, place, args.get(at)?.raw),
        }
    }

    #[inline(never)]
    fn short_argument(&mut self, short: u128, place: usize, text: &[u8]) -> Option<u32> {
        let number = self.add(hash(text), text);
        self.quick.resize(QUICK, (0, NONE));
        *self.quick.get_mut(place)? = (short, number);
        Some(number)
    }

    fn add(&mut self, hash: u64, text: &[u8]) -> u32 {
        if self.texts.len() < self.most {
            return self.texts.intern(hash, text);
        }
        let found = self.texts.find(hash, text);
        self.crowded |= found.is_none();
        found.unwrap_or(NONE)
    }

    fn get(&self, number: u32) -> &[u8] {
        self.texts.get(number)
    }

    /// The numbers here of the numbers there.
    fn merge(&mut self, later: &Texts) -> Vec<u32> {
        self.crowded |= later.crowded;
        later.texts.iter().map(|(hash, text)| self.add(hash, text)).collect()
    }
}
