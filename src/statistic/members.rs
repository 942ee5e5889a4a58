//! A set of small numbers, exact and compact: which clients used a key.

/// Numbers of clients. Most keys have one or two users, so a few fit in place.
#[derive(Clone, Debug)]
pub enum Members {
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

/// As many as fit beside the bitmap without making the set larger than 24 bytes.
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
    pub const NONE: Members = Members::Few { len: 0, ids: [FREE; FEW] };

    /// One.
    pub const fn one(id: u32) -> Members {
        Members::Few { len: 1, ids: [id, FREE, FREE, FREE] }
    }

    /// How many different numbers.
    pub fn len(&self) -> u64 {
        match self {
            Members::Few { len, .. } => u64::from(*len),
            Members::Many(bits) => bits.iter().map(|word| u64::from(word.count_ones())).sum(),
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
            Members::Few { .. } | Members::AtLeast(_) => 0,
        }
    }

    /// Lets go of the numbers and keeps how many there were.
    pub fn freeze(&mut self) {
        *self = Members::AtLeast(self.len());
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        matches!(self, Members::Few { len: 0, .. })
    }

    /// Adds a number.
    #[inline]
    pub fn insert(&mut self, id: u32) {
        let is_in = match self {
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
            Members::Few { len, ids } => {
                if let Some(free) = ids.get_mut(usize::from(*len)) {
                    *free = id;
                    *len += 1;
                    return;
                }
                let mut bits = Box::default();
                ids.iter().chain([&id]).for_each(|id| set(&mut bits, *id));
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
            (Members::Many(bits), Members::Many(more)) => {
                make_room(bits, more.len());
                bits.iter_mut().zip(more.iter()).for_each(|(word, more)| *word |= more);
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
            Members::Many(bits) => {
                for (word, base) in bits.iter().zip((0_u32..).step_by(64)) {
                    let mut left = *word;
                    while left != 0 {
                        take(base + left.trailing_zeros());
                        left &= left - 1;
                    }
                }
            }
            Members::AtLeast(_) => {}
        }
    }
}

fn set(bits: &mut Box<[u64]>, id: u32) {
    let word = (id / 64) as usize;
    make_room(bits, word + 1);
    if let Some(word) = bits.get_mut(word) {
        *word |= 1 << (id % 64);
    }
}

/// Makes it hold so many words: a power of two of them, so that it does not grow word by word.
fn make_room(bits: &mut Box<[u64]>, words: usize) {
    if bits.len() < words {
        let mut longer = std::mem::take(bits).into_vec();
        longer.resize(words.next_power_of_two(), 0);
        *bits = longer.into_boxed_slice();
    }
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
        for (ids, len) in
            [(&[][..], 0), (&[7][..], 1), (&[7, 7, 0], 2), (&[1, 2, 3, 4], 4), (&[1, 2, 3, 4, 900, 4], 5)]
        {
            assert_eq!(of(ids).len(), len);
        }
    }

    #[test]
    fn sets_unite_and_rename() {
        let all: Vec<u32> = (0..200).collect();
        for (a, b, len) in
            [(&all[..3], &all[2..5], 5), (&all[..100], &all[50..200], 200), (&all[..2], &all[..100], 100)]
        {
            let mut set = of(a);
            set.union(&of(b));
            assert_eq!(set.len(), len);
        }
        assert_eq!(of(&all).count(|id| id % 2 == 0), 100);
        let mut set = of(&[5]);
        set.merge(&of(&[0, 1, 2]), &[9, 5, 8]);
        assert_eq!(set.len(), 3);
    }

    #[test]
    fn a_frozen_set_keeps_its_size() {
        let mut set = of(&[1, 2, 3, 4, 5]);
        assert_eq!(set.words(), 1);
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
        assert!(size_of::<Members>() <= 24);
    }
}
