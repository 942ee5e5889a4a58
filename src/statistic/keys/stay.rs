//! Which keys stay when they are too many.

use super::{Keys, NOT_HELD};

/// Keys with fewer calls are counted by these, to tell how many calls keys that stay have at least.
const COUNTED: usize = if cfg!(test) { 4 } else { 4_096 };

/// Keys with more calls than these stay, and of those that have as many the first `others`.
#[derive(Debug, PartialEq)]
struct Least {
    calls: u64,
    others: usize,
}

impl Least {
    /// Of keys with these calls `most` stay.
    fn of(calls: impl Iterator<Item = u64> + Clone, most: usize) -> Least {
        let mut counted = [0; COUNTED];
        let mut beyond = 0;
        for calls in calls.clone() {
            let keys = usize::try_from(calls).ok().and_then(|calls| counted.get_mut(calls));
            *keys.unwrap_or(&mut beyond) += 1;
        }
        if beyond > most {
            let mut order: Vec<u64> = calls.filter(|calls| *calls >= COUNTED as u64).collect();
            let calls = *order.select_nth_unstable_by(most, |a, b| b.cmp(a)).1;
            return Least { calls, others: most - order.iter().filter(|more| **more > calls).count() };
        }
        let mut left = most - beyond;
        for (calls, keys) in (0..COUNTED).zip(&counted).rev() {
            if *keys > left {
                return Least { calls: calls as u64, others: left };
            }
            left -= keys;
        }
        Least { calls: 0, others: usize::MAX }
    }
}

/// The numbers of keys that stay, a bit for each, and what these become.
#[derive(Default)]
struct Staying {
    bits: Vec<u64>,
    /// How many stay that stand before those of a word.
    before: Vec<u32>,
}

impl Staying {
    fn of(keys: usize) -> Staying {
        Staying { bits: vec![0; keys.div_ceil(64)], before: Vec::new() }
    }

    fn add(&mut self, key: u32) {
        self.bits.get_mut(key as usize / 64).into_iter().for_each(|word| *word |= 1 << (key % 64));
    }

    fn has(&self, key: u32) -> bool {
        self.bits.get(key as usize / 64).is_some_and(|word| word >> (key % 64) & 1 == 1)
    }

    /// All are in.
    fn number(&mut self) {
        let mut numbers = 0;
        let before = self.bits.iter().map(|word| {
            let before = numbers;
            numbers += word.count_ones();
            before
        });
        self.before = before.collect();
    }

    /// The new number of a key.
    fn numbered(&self, key: u32) -> u32 {
        match (self.bits.get(key as usize / 64), self.before.get(key as usize / 64)) {
            (Some(word), Some(before)) if self.has(key) => {
                before + (word & ((1 << (key % 64)) - 1)).count_ones()
            }
            _ => NOT_HELD,
        }
    }
}

impl Keys {
    /// Lets go of the keys used least until `most` are left; examples stay.
    pub(super) fn let_go(&mut self, most: usize) {
        match &mut self.door {
            Some(door) => door.narrow(),
            None => _ = self.door(),
        }
        let Least { calls, mut others } = Least::of(self.rows.iter().map(|row| row.calls), most);
        let mut staying = Staying::of(self.rows.len());
        for (key, row) in (0..).zip(&self.rows) {
            let is_other = row.calls == calls && others > 0;
            others -= usize::from(is_other);
            if row.calls > calls || is_other {
                staying.add(key);
            }
        }
        let samples = self.patterns.iter().flat_map(|(_, _, counts)| counts.samples.iter().copied());
        samples.for_each(|key| staying.add(key));
        staying.number();
        let (mut habits, mut sets) = (std::mem::take(&mut self.habits), std::mem::take(&mut self.sets));
        self.habits.overflowed = habits.overflowed;
        self.words = 0;
        let mut key = 0;
        self.rows.retain_mut(|row| {
            let stays = staying.has(key);
            if stays {
                habits.keep(&mut row.habit, &mut self.habits);
                sets.keep(&mut row.users, &mut self.sets);
                self.words += self.sets.words(row.users);
            } else {
                self.door.iter_mut().for_each(|door| door.leave(self.keys.hash_of(key), row.most()));
                self.patterns.get_mut(row.pattern).into_iter().for_each(|counts| counts.unset += row.unset);
            }
            key += 1;
            stays
        });
        self.kept = self.rows.len();
        let mut key = 0;
        self.origins.retain(|_| {
            key += 1;
            staying.has(key - 1)
        });
        self.keys.retain(|key| staying.has(key));
        self.mark();
        for counts in self.patterns.rows_mut() {
            counts.samples.iter_mut().for_each(|key| *key = staying.numbered(*key));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cmp::Reverse;

    use super::*;

    #[test]
    fn those_with_the_most_calls_stay_and_of_the_same_those_that_came_first() {
        for calls in [
            &[][..],
            &[0],
            &[1, 1, 1, 1],
            &[0, 3, 1, 0, 2, 3, 1],
            &[9, 1, 5, 9, 2, 7, 9, 5],
            &[u64::MAX, 4, 4, 1 << 40, 3],
        ] {
            for most in 0..=calls.len() + 1 {
                let Least { calls: least, mut others } = Least::of(calls.iter().copied(), most);
                let mut stay: Vec<usize> = Vec::new();
                for (key, calls) in calls.iter().enumerate() {
                    if *calls > least {
                        stay.push(key);
                    } else if *calls == least && others > 0 {
                        others -= 1;
                        stay.push(key);
                    }
                }
                let mut expected: Vec<usize> = (0..calls.len()).collect();
                expected.sort_by_key(|key| (Reverse(calls[*key]), *key));
                expected.truncate(most);
                expected.sort();
                assert_eq!(stay, expected, "{most} of {calls:?}");
            }
        }
    }

    #[test]
    fn those_that_stay_are_numbered_in_their_order() {
        let stay = [0, 1, 5, 63, 64, 70, 199];
        let mut staying = Staying::of(200);
        stay.iter().rev().for_each(|key| staying.add(*key));
        staying.add(256);
        staying.number();
        for key in 0..300 {
            let number = stay.iter().position(|stays| *stays == key);
            assert_eq!(staying.has(key), number.is_some(), "{key}");
            assert_eq!(staying.numbered(key), number.map_or(NOT_HELD, |number| number as u32), "{key}");
        }
    }
}
