//! Keys of a block that were counted together, as they wait to be merged. Of a capture with many keys most of what a
//! block comes to is this, and nearly all of it is looked at once: so it is kept short.

use super::open::{First, TOGETHER, Use};
use super::users::{Sets, Users};
use super::{Key, Origin};
use crate::intern::Interner;
use crate::pattern::{Alike, Rules};
use crate::statistic::habits::Habits;
use crate::statistic::manner::Class;
use crate::statistic::patterns::{PatternIndex, Patterns};

/// Keys of one block that were counted together.
#[derive(Clone, Debug, Default)]
pub(super) struct Lot {
    pub keys: Interner,
    pub rows: Vec<Row>,
    /// The number of the block's input.
    pub input: u32,
    pub sets: Sets,
    pub patterns: Patterns,
    pub habits: Habits,
}

/// What is counted of one key: as [`Key`] and [`Origin`], which a block needs less room for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    first: First,
    calls: u32,
    unset: u32,
    habit: u32,
    users: Users,
    /// Its [`PatternIndex`].
    pattern: u16,
    marks: u8,
}

// Each key can be of another pattern, and the rest is one.
const _: () = assert!(TOGETHER < u16::MAX as usize);

/// A call gave it a time to live.
const GAVE_TTL: u8 = 1;
/// See [`Key::ended`].
const ENDED: u8 = 2;
/// See [`Key::is_stream`].
const STREAM: u8 = 4;

impl Row {
    /// The same of a run, of the input numbered `input`.
    #[inline]
    pub fn of(&self, input: u32) -> (Key, Origin) {
        let Row { first: First { near, absent, tried }, calls, unset, habit, users, pattern, marks } = *self;
        let key = Key {
            calls: calls.into(),
            unset: unset.into(),
            missed: 0,
            pattern: pattern.into(),
            habit,
            users,
            gave_ttl: marks & GAVE_TTL != 0,
            ended: marks & ENDED != 0,
            is_stream: marks & STREAM != 0,
        };
        (key, Origin { spot: near.of(input), absent, tried, input, here: calls })
    }
}

/// The patterns of the last keys, by their length and first byte: most keys are like one of these.
struct Recent<'k>([Option<(&'k [u8], Alike, PatternIndex)>; RECENT]);

/// Places for them.
const RECENT: usize = 64;

impl<'k> Recent<'k> {
    fn of(&mut self, key: &[u8]) -> Option<&mut Option<(&'k [u8], Alike, PatternIndex)>> {
        let at = key.len() + usize::from(key.first().copied().unwrap_or_default());
        self.0.get_mut(at % RECENT)
    }

    fn find(&mut self, key: &[u8]) -> Option<PatternIndex> {
        let held = self.of(key).copied().flatten();
        held.filter(|(held, alike, _)| alike.holds(held, key)).map(|(.., pattern)| pattern)
    }

    fn put(&mut self, key: &'k [u8], alike: Alike, pattern: PatternIndex) {
        if let Some(place) = self.of(key) {
            *place = Some((key, alike, pattern));
        }
    }
}

impl Lot {
    /// Finds the pattern of each key and adds up by pattern.
    pub fn seal(&mut self, uses: &[Use], firsts: &[First], rules: &Rules) {
        let Lot { keys, rows, sets, patterns, .. } = self;
        let (mut shape, mut before, mut pattern) = (Vec::new(), Vec::new(), None);
        let mut recent = Recent([None; RECENT]);
        rows.reserve_exact(uses.len());
        for ((key, (_, bytes)), (used, first)) in (0..).zip(keys.iter()).zip(uses.iter().zip(firsts)) {
            let pattern = match recent.find(bytes) {
                Some(found) => found,
                None => {
                    let alike = rules.shape(bytes, &mut shape);
                    let found = match pattern {
                        Some(pattern) if shape == before => pattern,
                        _ => *pattern.insert(patterns.number(&shape)),
                    };
                    std::mem::swap(&mut shape, &mut before);
                    if alike != Alike::Nothing {
                        recent.put(bytes, alike, found);
                    }
                    found
                }
            };
            // A block has fewer than 2³² calls.
            let calls = used.calls.iter().sum();
            if let Some(counts) = patterns.get_mut(pattern) {
                counts.calls += u64::from(calls);
                counts.reads += used.calls(Class::Read);
                counts.writes += used.calls(Class::Write);
                counts.deletes += used.calls(Class::Delete);
                counts.ttl_set += u64::from(used.ttl_set);
                counts.payload += used.payload;
                sets.unite(used.users, &mut counts.clients);
                counts.sample(key);
            }
            rows.push(Row {
                first: *first,
                calls,
                unset: used.unset,
                habit: used.habit,
                users: used.users,
                pattern: u16::try_from(pattern).unwrap_or_default(),
                marks: (u8::from(used.ttl_set > 0) * GAVE_TTL)
                    | (u8::from(used.ended) * ENDED)
                    | (u8::from(used.is_stream) * STREAM),
            });
        }
    }
}
