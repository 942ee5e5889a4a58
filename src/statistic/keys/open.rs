//! Counts by key while a block is read.

use std::ops::Range;

use super::{Key, Keys};
use crate::command::{self, Access, CommandId, Effect, Ttl};
use crate::event::Exactness;
use crate::intern::{Interner, hash};
use crate::pattern::Rules;
use crate::statistic::Call;
use crate::statistic::habits::{Habits, LARGE, NONE};
use crate::statistic::members::Members;
use crate::statistic::patterns::Patterns;
use crate::statistic::spot::{Form, Spot};

/// What one block does with one key.
#[derive(Clone, Debug)]
pub(super) struct Use {
    pub calls: u64,
    pub reads: u64,
    pub writes: u64,
    pub deletes: u64,
    pub ttl_set: u64,
    pub payload: u64,
    pub unset: u64,
    pub absent: u32,
    pub ended: bool,
    pub habit: u32,
    pub spot: Spot,
    pub clients: Members,
}

impl Use {
    pub fn new(spot: Spot) -> Use {
        Use {
            calls: 0,
            reads: 0,
            writes: 0,
            deletes: 0,
            ttl_set: 0,
            payload: 0,
            unset: 0,
            absent: 0,
            ended: false,
            habit: NONE,
            spot,
            clients: Members::default(),
        }
    }
}

/// Counts by key while a block is read.
#[derive(Clone, Debug, Default)]
pub struct OpenKeys {
    pub(super) keys: Interner,
    pub(super) uses: Vec<Use>,
    pub(super) habits: Habits,
    scratch: Vec<u8>,
}

impl OpenKeys {
    /// Counts the keys of a call of the input numbered `input`.
    pub fn observe(&mut self, call: &Call<'_>, input: u32) {
        let args = call.args();
        let (Some(spec), false) = (call.spec, call.keys.is_empty()) else { return };
        let ttl = command::ttl(spec, &args);
        let (set, cleared) = match ttl {
            Ttl::Set => (true, &[][..]),
            Ttl::Cleared(target) => (false, target.of(call.keys)),
            Ttl::Untouched | Ttl::Expired => (false, &[][..]),
        };
        // Arguments that are only likely add no elements and no options.
        let effect = match CommandId::from_index(call.command as usize) {
            Some(id) if call.record.exactness == Exactness::Exact => command::effect(id),
            _ => Effect::None,
        };
        let is_habitual = effect.is_any();
        let ends = ttl == Ttl::Expired || spec.access == Access::Delete;
        let mut from = 1;
        for (n, at) in call.keys.iter().enumerate() {
            // A key's own arguments reach to the next key; the first also has those in front of it.
            let to = call.keys.get(n + 1).copied().unwrap_or(args.len());
            let Some(text) = args.get(*at) else { continue };
            let key = text.bytes(&mut self.scratch);
            let index = self.keys.intern(hash(key), key) as usize;
            if index >= self.uses.len() {
                self.uses.push(Use::new(Spot::new(call, input, *at, Form::Plain)));
            }
            let Some(used) = self.uses.get_mut(index) else { continue };
            used.calls += 1;
            match spec.access {
                Access::Read => used.reads += 1,
                Access::Write => used.writes += 1,
                Access::Delete => used.deletes += 1,
                _ => {}
            }
            if set {
                used.ttl_set += 1;
                used.unset = 0;
                used.absent = 0;
                used.spot = Spot::new(call, input, *at, Form::Plain);
            } else if cleared.contains(at) {
                let absent = effect.is_absent(&args);
                if used.unset == 0 {
                    let form = if absent { Form::Absent } else { Form::Plain };
                    used.spot = Spot::new(call, input, *at, form);
                }
                used.unset += 1;
                used.absent = used.absent.saturating_add(u32::from(absent));
            }
            used.ended |= ends;
            let payload = args.payload_of(from..to);
            used.payload += payload;
            used.clients.insert(call.client);
            if is_habitual {
                self.collect(effect, call, input, (n, *at), index);
            }
            if payload >= LARGE && spec.access == Access::Write {
                self.weigh(call, input, *at, from..to, index);
            }
            from = to;
        }
    }

    /// What the call does to the collection at its `n`th key, which stands at `argv[at]` and has the number `key`.
    // Apart from `observe`, which is faster without the registers that this takes; likewise `weigh`.
    #[inline(never)]
    fn collect(&mut self, effect: Effect, call: &Call<'_>, input: u32, (n, at): (usize, usize), key: usize) {
        let Some(used) = self.uses.get_mut(key) else { return };
        let done = effect.on(&call.args(), n, call.keys.len());
        used.ended |= done.ends;
        if done.is_habit()
            && let Some(habit) = self.habits.at(&mut used.habit)
        {
            habit.observe(&done, call, input, at, &mut self.scratch);
        }
    }

    /// Notes the largest of the values in `range`, which are written to the key of the number `key`.
    #[inline(never)]
    fn weigh(&mut self, call: &Call<'_>, input: u32, at: usize, range: Range<usize>, key: usize) {
        let args = call.args();
        let values = range.filter(|value| *value != at).filter_map(|value| args.get(value));
        let largest = values.map(|value| value.len() as u64).max().unwrap_or_default();
        if largest >= LARGE
            && let Some(used) = self.uses.get_mut(key)
            && let Some(habit) = self.habits.at(&mut used.habit)
        {
            habit.write(largest, call, input, at);
        }
    }

    /// Finds the pattern of each key and adds up by pattern.
    pub fn seal(self, rules: &Rules) -> Keys {
        let mut patterns = Patterns::default();
        let mut shape = Vec::new();
        let mut rows = Vec::with_capacity(self.uses.len());
        let mut words = 0;
        for ((key, (_, bytes)), used) in (0..).zip(self.keys.iter()).zip(self.uses) {
            rules.shape(bytes, &mut shape);
            let pattern = patterns.number(&shape);
            if let Some(counts) = patterns.get_mut(pattern) {
                counts.calls += used.calls;
                counts.reads += used.reads;
                counts.writes += used.writes;
                counts.deletes += used.deletes;
                counts.ttl_set += used.ttl_set;
                counts.payload += used.payload;
                counts.clients.union(&used.clients);
                counts.sample(key);
            }
            let gave_ttl = used.ttl_set > 0;
            words += used.clients.words();
            let Use { calls, unset, absent, ended, habit, spot, clients, .. } = used;
            rows.push(Key {
                calls,
                unset,
                absent,
                gave_ttl,
                late: false,
                ended,
                pattern,
                habit,
                spot,
                clients,
            });
        }
        Keys { keys: self.keys, rows, patterns, habits: self.habits, floor: None, learnt: None, words }
    }
}
