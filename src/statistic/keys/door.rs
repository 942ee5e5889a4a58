//! What is known of the keys that are not held, once keys were let go: for each group of them, told by some bits
//! of their hash, how many calls any one can have had.
//!
//! A key that comes is held from then on if its group has more calls than groups have on average, and a margin.
//! Of keys that each come a few times nearly none does, however many there are; one that comes often does soon.

/// Groups: one for each key that may be held, 4 MB.
const GROUPS: usize = 1 << 20;

/// Calls above the average from which on a key is held, before the keys held were ever too many.
const MARGIN: u64 = 4;

#[derive(Clone, Debug)]
pub(super) struct Door {
    /// By group: none of its keys that is not held has had more calls.
    most: Vec<u32>,
    /// The sum of these.
    sum: u64,
    margin: u64,
}

impl Door {
    pub fn new() -> Door {
        Door { most: vec![0; GROUPS], sum: 0, margin: MARGIN }
    }

    /// How many calls of this key are missing at most, which is not held.
    pub fn missed(&self, hash: u64) -> u32 {
        self.most.get(group(hash)).copied().unwrap_or_default()
    }

    /// A key that is not held comes with up to so many calls. If it is to be held, how many before these are missing
    /// at most; else they are.
    pub fn knock(&mut self, hash: u64, calls: u64) -> Option<u32> {
        let most = self.most.get_mut(group(hash))?;
        if u64::from(*most) + calls > (self.sum / GROUPS as u64).saturating_add(self.margin) {
            return Some(*most);
        }
        *most = most.saturating_add(saturate(calls));
        self.sum += calls;
        None
    }

    /// A key is no longer held, which had up to so many calls.
    pub fn leave(&mut self, hash: u64, calls: u64) {
        if let Some(most) = self.most.get_mut(group(hash)) {
            let before = std::mem::replace(most, saturate(calls).max(*most));
            self.sum += u64::from(*most - before);
        }
    }

    /// The keys held were too many.
    pub fn narrow(&mut self) {
        self.margin = self.margin.saturating_mul(2);
    }

    /// Appends what follows: what is missing here and there is missing.
    pub fn merge(&mut self, later: &Door) {
        for (mine, theirs) in self.most.iter_mut().zip(&later.most) {
            *mine = mine.saturating_add(*theirs);
        }
        self.sum += later.sum;
        self.margin = self.margin.max(later.margin);
    }
}

/// Of bits that the tables of keys do not look at.
fn group(hash: u64) -> usize {
    (hash >> 40) as usize % GROUPS
}

/// More calls of keys that are let go need years of capture.
fn saturate(calls: u64) -> u32 {
    u32::try_from(calls).unwrap_or(u32::MAX)
}
