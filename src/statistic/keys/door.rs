//! What is known of the keys that are not held, once keys were let go: for each group of them, told by some bits
//! of their hash, how many calls any one can have had; and which groups no key that is held is of, so that most keys
//! that come need no look into the table of those, which is out of the cache.
//!
//! A key that comes is held from then on if its group has more calls than groups have on average, and a margin.
//! Of keys that each come a few times nearly none does, however many there are; one that comes often does soon.

/// Groups: one for each key that may be held, 4 MB.
const GROUPS: usize = 1 << 20;

/// Calls above the average from which on a key is held, before the keys held were ever too many.
const MARGIN: u64 = 8;

/// What is known of a group, in one word.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Group(u32);

/// Bits that tell how many calls: none of the group's keys that is not held has had more. That any has more needs years
/// of capture, since more than half a million keys have at least as many. The other bits are [`mark`]s.
const CALLS: u32 = 24;
const MOST_CALLS: u32 = (1 << CALLS) - 1;

impl Group {
    fn most(self) -> u32 {
        self.0 & MOST_CALLS
    }

    fn set_most(&mut self, most: u64) {
        self.0 = self.0 & !MOST_CALLS | u32::try_from(most).unwrap_or(u32::MAX).min(MOST_CALLS);
    }

    /// Whether a key of this group can be held.
    pub fn can_hold(self, hash: u64) -> bool {
        self.0 & mark(hash) != 0
    }
}

/// The bit that all keys held set of those that share further bits of the hash.
fn mark(hash: u64) -> u32 {
    1 << (CALLS + (hash >> 32) as u32 % (u32::BITS - CALLS))
}

#[derive(Clone, Debug)]
pub(super) struct Door {
    groups: Vec<Group>,
    /// The sum of their calls.
    sum: u64,
    margin: u64,
}

impl Door {
    pub fn new() -> Door {
        Door { groups: vec![Group::default(); GROUPS], sum: 0, margin: MARGIN }
    }

    /// What is known of a key's group.
    pub fn group(&self, hash: u64) -> Group {
        self.groups.get(group(hash)).copied().unwrap_or_default()
    }

    /// A key is held.
    pub fn hold(&mut self, hash: u64) {
        if let Some(group) = self.groups.get_mut(group(hash)) {
            group.0 |= mark(hash);
        }
    }

    /// No key is held.
    pub fn hold_none(&mut self) {
        self.groups.iter_mut().for_each(|group| group.0 = group.most());
    }

    /// How many calls of this key are missing at most, which is not held.
    pub fn missed(&self, hash: u64) -> u32 {
        self.group(hash).most()
    }

    /// A key that is not held comes with up to so many calls. If it is to be held, how many before these are missing
    /// at most; else they are.
    pub fn knock(&mut self, hash: u64, calls: u64) -> Option<u32> {
        let group = self.groups.get_mut(group(hash))?;
        let most = u64::from(group.most()) + calls;
        if most > (self.sum / GROUPS as u64).saturating_add(self.margin) {
            return Some(group.most());
        }
        group.set_most(most);
        self.sum += calls;
        None
    }

    /// A key is no longer held, which had up to so many calls.
    pub fn leave(&mut self, hash: u64, calls: u64) {
        if let Some(group) = self.groups.get_mut(group(hash)) {
            let before = group.most();
            group.set_most(calls.max(before.into()));
            self.sum += u64::from(group.most() - before);
        }
    }

    /// The keys held were too many.
    pub fn narrow(&mut self) {
        self.margin = self.margin.saturating_mul(2);
    }

    /// Appends what follows: what is missing here and there is missing.
    pub fn merge(&mut self, later: &Door) {
        for (mine, theirs) in self.groups.iter_mut().zip(&later.groups) {
            mine.set_most(u64::from(mine.most()) + u64::from(theirs.most()));
        }
        self.sum += later.sum;
        self.margin = self.margin.max(later.margin);
    }
}

/// Of bits that the tables of keys do not look at.
fn group(hash: u64) -> usize {
    (hash >> 40) as usize % GROUPS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_and_keys_held_of_a_group_do_not_mix() {
        let mut door = Door::new();
        // Of one group: the first three share a mark, and the last has another.
        let [held, same, again, other] = [5 << 40, 5 << 40 | 1, 5 << 40 | 8 << 32, 5 << 40 | 7 << 32];
        door.hold(held);
        for (calls, most) in [(3, 3), (2, 3), (1 << 40, MOST_CALLS), (1, MOST_CALLS)] {
            door.leave(other, calls);
            assert_eq!(
                [held, same, again, other, 6 << 40].map(|key| door.missed(key)),
                [most, most, most, most, 0]
            );
            let can_hold = [held, same, again, other, 6 << 40].map(|key| door.group(key).can_hold(key));
            assert_eq!(can_hold, [true, true, true, false, false]);
        }
        let mut merged = Door::new();
        merged.hold(other);
        merged.merge(&door);
        assert_eq!([held, other].map(|key| merged.group(key).can_hold(key)), [false, true]);
        door.hold_none();
        assert_eq!((door.group(held).can_hold(held), door.missed(held)), (false, MOST_CALLS));
    }
}
