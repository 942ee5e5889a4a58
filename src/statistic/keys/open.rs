//! Counts by key while a block is read.

use std::ops::Range;

use super::Keys;
use super::lot::Lot;
use super::users::{Sets, Users};
use crate::command::{self, Done, Effect, Ttl};
use crate::event::{Exactness, Text};
use crate::intern::{Interner, hash};
use crate::pattern::Rules;
use crate::statistic::Call;
use crate::statistic::habits::{Habits, LARGE, NONE};
use crate::statistic::manner::{Class, Touch};
use crate::statistic::spot::{Form, Near};

/// What one block does with one key, as far as adding up by pattern asks for it.
#[derive(Clone, Debug)]
pub(super) struct Use {
    /// Calls by [`Class`]. A block has fewer than 2³² calls.
    pub calls: [u32; 4],
    pub payload: u64,
    pub ttl_set: u32,
    pub unset: u32,
    pub habit: u32,
    pub users: Users,
    pub ended: bool,
    pub is_stream: bool,
}

impl Use {
    /// Copied from what is constant, see [`Near::new`].
    const NONE: Use = Use {
        calls: [0; 4],
        payload: 0,
        ttl_set: 0,
        unset: 0,
        habit: NONE,
        users: Users::NONE,
        ended: false,
        is_stream: false,
    };

    pub fn calls(&self, class: Class) -> u64 {
        self.calls.get(class as usize).copied().unwrap_or_default().into()
    }
}

/// The call on a key that is shown, see [`super::Origin`].
#[derive(Clone, Copy, Debug)]
pub(super) struct First {
    pub near: Near,
    pub absent: u32,
    pub tried: u32,
}

/// Keys that are counted together. More of them, and what is counted no longer stays in the cache of one core:
/// with these it takes some 700 kB. Those of a block that has more are merged as though they were of several blocks.
pub(super) const TOGETHER: usize = 4_096;

/// What a call does to its keys.
struct Change {
    ttl: Ttl,
    effect: Effect,
    /// Whether it creates its key only where it is missing.
    absent: bool,
    ends: bool,
}

/// One key of a call.
struct Part {
    /// Which of the keys.
    n: usize,
    /// It stands at `argv[at]`.
    at: usize,
    /// The arguments that count as its own: from, and behind the last.
    from: usize,
    to: usize,
    /// The bytes of these.
    payload: u64,
}

/// Counts by key while a block is read.
#[derive(Clone, Debug)]
pub struct OpenKeys<'r> {
    rules: &'r Rules,
    /// The number of the block's input.
    input: u32,
    pub(super) keys: Interner,
    pub(super) uses: Vec<Use>,
    firsts: Vec<First>,
    pub(super) sets: Sets,
    pub(super) habits: Habits,
    /// Keys before these.
    sealed: Vec<Lot>,
    scratch: Vec<u8>,
}

impl<'r> OpenKeys<'r> {
    /// For a block of the input numbered `input`, whose keys become patterns by `rules`.
    pub fn new(rules: &'r Rules, input: u32) -> Self {
        OpenKeys {
            rules,
            input,
            keys: Interner::default(),
            // Of most blocks all are used, and growing would copy them.
            uses: Vec::with_capacity(TOGETHER),
            firsts: Vec::with_capacity(TOGETHER),
            sets: Sets::default(),
            habits: Habits::default(),
            sealed: Vec::new(),
            scratch: Vec::new(),
        }
    }

    /// Counts the keys of a call; tells whether it creates its key only where it is missing.
    #[inline]
    pub fn observe(&mut self, call: &Call<'_>) -> bool {
        let touch = call.manner.touch;
        // Of arguments that are only likely nothing is known.
        let is_plain =
            touch == Touch::Use || touch == Touch::Collection && call.record.exactness == Exactness::Exact;
        match call.keys {
            [] => false,
            // Most calls have one key and leave what stands there as it is.
            [at] if is_plain && call.payload < LARGE => {
                let index = self.number(call.key_hash, call.key, call, *at);
                self.add(index, call, call.payload);
                if touch == Touch::Collection {
                    self.collect(call.manner.effect, call, (0, *at), index);
                }
                false
            }
            _ => self.all(call),
        }
    }

    /// Adds a call that has so many bytes for the key of this number.
    #[inline]
    fn add(&mut self, index: usize, call: &Call<'_>, payload: u64) {
        if let Some(used) = self.uses.get_mut(index) {
            if let Some(calls) = used.calls.get_mut(call.manner.class as usize) {
                *calls += 1;
            }
            used.payload += payload;
            self.sets.insert(&mut used.users, call.client);
        }
    }

    /// Takes keys that are not counted.
    pub fn name<'t>(&mut self, keys: impl Iterator<Item = Text<'t>>) {
        let mut scratch = std::mem::take(&mut self.scratch);
        for text in keys {
            let key = text.bytes(&mut scratch);
            let hash = hash(key);
            if self.keys.intern(hash, key) as usize == self.uses.len() {
                self.make_room(hash, key);
                self.push(Near::NONE, Users::NONE);
            }
        }
        self.scratch = scratch;
    }

    /// The number of the key at `argv[at]`.
    #[inline]
    fn number(&mut self, hash: u64, key: &[u8], call: &Call<'_>, at: usize) -> usize {
        let index = self.keys.intern(hash, key) as usize;
        if index < self.uses.len() { index } else { self.first(hash, key, call, at) }
    }

    // Called once for most keys, from the way of every call, which it would only make longer.
    #[inline(never)]
    fn first(&mut self, hash: u64, key: &[u8], call: &Call<'_>, at: usize) -> usize {
        self.make_room(hash, key);
        self.push(Near::new(call, at, Form::Plain), Users::one(call.client));
        self.uses.len() - 1
    }

    // Written where it is kept, see [`Near::new`].
    #[inline]
    pub(super) fn push(&mut self, near: Near, users: Users) {
        self.uses.push(Use { users, ..Use::NONE });
        self.firsts.push(First { near, absent: 0, tried: 0 });
    }

    /// For a key that was just interned, and has no use yet.
    fn make_room(&mut self, hash: u64, key: &[u8]) {
        if self.uses.len() >= TOGETHER {
            self.turn();
            self.keys.intern(hash, key);
        }
    }

    /// Finds the patterns of the keys so far, while they are in the cache, and begins anew in the same memory.
    pub(super) fn turn(&mut self) {
        let keys = self.keys.take(self.uses.len());
        let (habits, sets) = (self.habits.take(), self.sets.take());
        let mut lot = Lot { keys, input: self.input, sets, habits, ..Lot::default() };
        lot.seal(&self.uses, &self.firsts, self.rules);
        self.sealed.push(lot);
        self.uses.clear();
        self.firsts.clear();
    }

    /// Counts the keys of a call that may change them, as [`OpenKeys::observe`].
    #[inline(never)]
    fn all(&mut self, call: &Call<'_>) -> bool {
        let Some(spec) = call.manner.spec else { return false };
        let args = call.args();
        let ttl = if call.manner.keeps_ttl { Ttl::Untouched } else { command::ttl(spec, &args) };
        // Arguments that are only likely add no elements and no options.
        let is_exact = call.record.exactness == Exactness::Exact;
        let effect = if is_exact { call.manner.effect } else { Effect::None };
        let ends = ttl == Ttl::Expired || call.manner.class == Class::Delete;
        let absent = effect.is_absent(&args);
        let change = Change { ttl, effect, absent, ends };
        if let [at] = call.keys {
            let part = Part { n: 0, at: *at, from: 1, to: args.len(), payload: call.payload };
            self.change(call, &change, call.key_hash, call.key, part);
            return absent;
        }
        let mut scratch = std::mem::take(&mut self.scratch);
        let mut from = 1;
        for (n, at) in call.keys.iter().enumerate() {
            // A key's own arguments reach to the next key; the first also has those in front of it.
            let to = call.keys.get(n + 1).copied().unwrap_or(args.len());
            if let Some(text) = args.get(*at) {
                let key = text.bytes(&mut scratch);
                let part = Part { n, at: *at, from, to, payload: args.payload_of(from..to) };
                self.change(call, &change, hash(key), key, part);
            }
            from = to;
        }
        self.scratch = scratch;
        absent
    }

    /// Counts one key of a call, and what belongs to it.
    // In place: what is asked of the call is asked once for all of its keys.
    #[inline(always)]
    fn change(&mut self, call: &Call<'_>, change: &Change, hash: u64, key: &[u8], part: Part) {
        let Change { ttl, effect, absent, ends } = *change;
        let Part { n, at, from, to, payload } = part;
        let index = self.number(hash, key, call, at);
        self.add(index, call, payload);
        let Some(used) = self.uses.get_mut(index) else { return };
        used.ended |= ends;
        used.is_stream |= call.manner.works_stream;
        let is_set = ttl == Ttl::Set;
        let is_cleared = matches!(ttl, Ttl::Cleared(target) if target.is(n, call.keys.len()));
        let is_shown = is_set || is_cleared && used.unset == 0;
        used.ttl_set += u32::from(is_set);
        used.unset = if is_set { 0 } else { used.unset + u32::from(is_cleared) };
        if is_shown {
            let form = if absent && is_cleared { Form::Absent } else { Form::Plain };
            self.show(index, call, at, form);
        }
        if absent && let Some(first) = self.firsts.get_mut(index) {
            first.tried += 1;
            first.absent += u32::from(is_cleared);
        }
        if effect.is_any() {
            self.collect(effect, call, (n, at), index);
        }
        if payload >= LARGE && call.manner.class == Class::Write {
            self.weigh(call, at, from..to, index);
        }
    }

    /// Has a key show this call, which gives it a time to live, or is the first since then that leaves it without.
    #[inline(never)]
    fn show(&mut self, key: usize, call: &Call<'_>, at: usize, form: Form) {
        if let Some(first) = self.firsts.get_mut(key) {
            first.near = Near::new(call, at, form);
            first.absent = 0;
        }
    }

    /// What the call does to the collection at its `n`th key, which stands at `argv[at]` and has the number `key`.
    // Apart from `observe`, which is faster without the registers that this takes; likewise `show` and `weigh`.
    #[inline(never)]
    fn collect(&mut self, effect: Effect, call: &Call<'_>, (n, at): (usize, usize), key: usize) {
        let Some(used) = self.uses.get_mut(key) else { return };
        match effect.on(&call.record.args, n, call.keys.len()) {
            Done::Ends => used.ended = true,
            Done::Nothing => {}
            done => {
                if let Some(habit) = self.habits.at(&mut used.habit) {
                    habit.observe(done, call, self.input, at, &mut self.scratch);
                }
            }
        }
    }

    /// Notes the largest of the values in `range`, which are written to the key of the number `key`.
    #[inline(never)]
    fn weigh(&mut self, call: &Call<'_>, at: usize, range: Range<usize>, key: usize) {
        let args = call.args();
        let values = range.filter(|value| *value != at).filter_map(|value| args.get(value));
        let largest = values.map(|value| value.len() as u64).max().unwrap_or_default();
        if largest >= LARGE
            && let Some(used) = self.uses.get_mut(key)
            && let Some(habit) = self.habits.at(&mut used.habit)
        {
            habit.write(largest, call, self.input, at);
        }
    }

    /// The keys with their patterns, and what adds up by pattern.
    pub fn seal(mut self) -> Keys {
        self.turn();
        Keys { lots: self.sealed, ..Keys::default() }
    }
}
