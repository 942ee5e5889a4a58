//! A set of small numbers, exact and compact: which clients used a key.

/// Numbers of clients. Of one block nearly all are low, and most keys of many have a few users: both fit in place.
#[derive(Clone, Debug)]
pub enum Members {
    /// Low numbers alone: bit `n` for number `n`.
    Low([u64; LOW]),
    /// A few numbers, in order of arrival, then none.
    Few {
        /// How many there are.
        len: u8,
        /// The numbers.
        ids: [u32; FEW],
    },
    /// A bitmap, bit `n` for number `n`.
    Many(Box<[u64]>),
    /// No room for a bitmap: at least so many.
    AtLeast(u64),
}

/// Words for low numbers. With more of them sets would be larger, and fewer stay in the cache.
const LOW: usize = 4;

/// Fewer than would fit: to look at more takes longer than at a bitmap.
const FEW: usize = 4;

/// No number of a client: there are never so many.
pub(super) const FREE: u32 = u32::MAX;

impl Default for Members {
    fn default() -> Self {
        Members::NONE
    }
}

impl Members {
    /// None.
    pub const NONE: Members = Members::Low([0; LOW]);

    /// One.
    pub fn one(id: u32) -> Members {
        let mut one = Members::NONE;
        one.insert(id);
        one
    }

    /// How many different numbers.
    pub fn len(&self) -> u64 {
        match self {
            Members::Few { len, .. } => u64::from(*len),
            Members::Low(bits) => count(bits),
            Members::Many(bits) => count(bits),
            Members::AtLeast(len) => *len,
        }
    }

    /// The highest number.
    pub fn last(&self) -> Option<u32> {
        let mut last = None;
        self.each(|id| last = last.max(Some(id)));
        last
    }

    /// How many of them are as `is` says; all of those whose numbers are not known.
    pub fn count(&self, is: impl Fn(u32) -> bool) -> u64 {
        let mut count = if let Members::AtLeast(len) = self { *len } else { 0 };
        self.each(|id| count += u64::from(is(id)));
        count
    }

    /// Words of memory beside the value itself.
    pub fn words(&self) -> usize {
        match self {
            Members::Many(bits) => bits.len(),
            Members::Low(_) | Members::Few { .. } | Members::AtLeast(_) => 0,
        }
    }

    /// Lets go of the numbers and keeps how many there were.
    pub fn freeze(&mut self) {
        *self = Members::AtLeast(self.len());
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        matches!(self, Members::Low(bits) if count(bits) == 0)
    }

    /// Adds a number.
    #[inline]
    pub fn insert(&mut self, id: u32) {
        if let Members::Low(bits) = self
            && let Some(word) = bits.get_mut((id / 64) as usize)
        {
            *word |= 1 << (id % 64);
            return;
        }
        let is_in = match self {
            Members::Low(_) => false,
            // One by one: all at once cannot be read before a set that was just made has left the processor's buffer
            // of stores.
            Members::Few { len, ids: [first, rest @ ..] } => *first == id || *len > 1 && rest.contains(&id),
            Members::Many(bits) => {
                bits.get((id / 64) as usize).is_some_and(|word| word >> (id % 64) & 1 == 1)
            }
            Members::AtLeast(_) => true,
        };
        if !is_in {
            self.add(id);
        }
    }

    /// Adds a number that is not in.
    #[inline(never)]
    fn add(&mut self, id: u32) {
        match self {
            Members::Low(bits) => {
                let low = *bits;
                if count(&low) < FEW as u64 {
                    *self = Members::Few { len: 0, ids: [FREE; FEW] };
                    each(&low, |held| self.add(held));
                } else {
                    *self = Members::Many(Box::new(low));
                }
                self.add(id);
            }
            Members::Few { len, ids } => {
                if let Some(free) = ids.get_mut(usize::from(*len)) {
                    *free = id;
                    *len += 1;
                    return;
                }
                let mut bits = Box::default();
                let last = ids.iter().fold(id, |last, id| last.max(*id));
                [last, id].iter().chain(ids.iter()).for_each(|id| set(&mut bits, *id));
                *self = Members::Many(bits);
            }
            Members::Many(bits) => set(bits, id),
            Members::AtLeast(_) => {}
        }
    }

    /// Adds every number of `later`, renamed by `names`.
    pub fn merge(&mut self, later: &Members, names: &[u32]) {
        if let Members::AtLeast(len) = later {
            *self = Members::AtLeast(self.len().max(*len));
        }
        later.each(|id| {
            if let Some(name) = names.get(id as usize) {
                self.insert(*name);
            }
        });
    }

    /// Adds every number of `other`.
    pub fn union(&mut self, other: &Members) {
        match (&mut *self, other) {
            (Members::Low(bits), Members::Low(more)) => add(bits, more),
            (Members::Many(bits), Members::Many(more)) => {
                make_room(bits, more.len());
                add(bits, more);
            }
            (_, Members::AtLeast(len)) => *self = Members::AtLeast(self.len().max(*len)),
            _ => other.each(|id| self.insert(id)),
        }
    }

    fn each(&self, mut take: impl FnMut(u32)) {
        match self {
            Members::Few { len, ids } => {
                ids.iter().take(usize::from(*len)).for_each(|id| take(*id));
            }
            Members::Low(bits) => each(bits, take),
            Members::Many(bits) => each(bits, take),
            Members::AtLeast(_) => {}
        }
    }
}

fn count(bits: &[u64]) -> u64 {
    bits.iter().map(|word| u64::from(word.count_ones())).sum()
}

/// The number of every bit.
#[inline]
fn each(bits: &[u64], mut take: impl FnMut(u32)) {
    for (word, base) in bits.iter().zip((0_u32..).step_by(64)) {
        let mut left = *word;
        while left != 0 {
            take(base + left.trailing_zeros());
            left &= left - 1;
        }
    }
}

/// Adds all of `more`, which are no more words.
fn add(bits: &mut [u64], more: &[u64]) {
    bits.iter_mut().zip(more).for_each(|(word, more)| *word |= more);
}

fn set(bits: &mut Box<[u64]>, id: u32) {
    let word = (id / 64) as usize;
    make_room(bits, word + 1);
    if let Some(word) = bits.get_mut(word) {
        *word |= 1 << (id % 64);
    }
}

/// Makes it hold so many words: a power of two of them, so that it does not grow word by word.
#[inline]
fn make_room(bits: &mut Box<[u64]>, words: usize) {
    if bits.len() < words {
        grow(bits, words.next_power_of_two());
    }
}

#[inline(never)]
fn grow(bits: &mut Box<[u64]>, words: usize) {
    let mut longer = vec![0; words].into_boxed_slice();
    add(&mut longer, bits);
    *bits = longer;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(ids: &[u32]) -> Members {
        let mut members = Members::default();
        ids.iter().for_each(|id| members.insert(*id));
        members
    }

    #[test]
    fn numbers_count_once() {
        for (ids, len) in [
            (&[][..], 0),
            (&[7][..], 1),
            (&[7, 7, 0], 2),
            (&[1, 2, 3, 4], 4),
            (&[1, 2, 3, 4, 900, 4], 5),
            (&[1, 255, 256, 1], 3),
            (&[900, 7, 300, 900, 8, 299, 7], 5),
            (&[256, 255, 1_000_000, 0, 1, 2, 255], 6),
        ] {
            let set = of(ids);
            assert_eq!((set.len(), set.is_empty(), set.last()), (len, len == 0, ids.iter().copied().max()));
            assert_eq!(set.count(|id| ids.contains(&id)), len);
        }
    }

    #[test]
    fn sets_unite_and_rename() {
        let all: Vec<u32> = (0..200).collect();
        for (a, b, len) in
            [(&all[..3], &all[2..5], 5), (&all[..100], &all[50..200], 200), (&all[..2], &all[..100], 100)]
        {
            for (a, b) in [(a, b), (b, a)] {
                for (more, len) in [(&[][..], len), (&[300], len + 1), (&[300, 301, 302, 303, 304], len + 5)]
                {
                    let (mut set, mut other) = (of(&[a, more].concat()), of(b));
                    other.union(&set);
                    set.union(&of(b));
                    assert_eq!([set.len(), other.len()], [len; 2]);
                }
            }
        }
        assert_eq!(of(&all).count(|id| id % 2 == 0), 100);
        let mut set = of(&[5]);
        set.merge(&of(&[0, 1, 2]), &[9, 5, 8]);
        assert_eq!(set.len(), 3);
    }

    #[test]
    fn a_frozen_set_keeps_its_size() {
        let mut set = of(&[1, 2, 3, 4, 500]);
        assert_eq!(set.words(), 8);
        set.freeze();
        set.insert(9);
        set.union(&of(&[1, 2]));
        assert_eq!((set.len(), set.words(), set.count(|_| false)), (5, 0, 5));
        let mut other = of(&[7]);
        other.merge(&set, &[]);
        assert_eq!(other.len(), 5);
    }

    #[test]
    fn a_set_stays_small() {
        assert!(size_of::<Members>() <= 40);
    }
}
