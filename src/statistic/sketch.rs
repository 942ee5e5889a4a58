//! About how many different members were added to a collection: exact for a few, then registers of one byte.

/// Registers: 4.6 % standard error (1.04 / sqrt(512), Flajolet et al. 2007), in 512 bytes.
const REGISTERS: usize = 512;

/// Bits of a hash that choose the register.
const INDEX_BITS: u32 = REGISTERS.ilog2();

/// Members that are held one by one.
const FEW: usize = 7;

/// Different members. What it holds follows from the members alone, not from their order.
#[derive(Clone, Debug)]
pub enum Sketch {
    /// The hashes of the first few; only the first `len` count.
    Few {
        /// How many of `hashes` count.
        len: u8,
        /// The hashes.
        hashes: [u32; FEW],
    },
    /// The longest run of zeros seen for each register.
    Many(Box<[u8; REGISTERS]>),
}

impl Default for Sketch {
    fn default() -> Self {
        Sketch::Few { len: 0, hashes: [0; FEW] }
    }
}

impl Sketch {
    /// Adds a member by its [`crate::intern::hash`].
    #[inline]
    pub fn insert(&mut self, hash: u64) {
        self.add((hash >> 32) as u32);
    }

    #[inline]
    fn add(&mut self, hash: u32) {
        match self {
            Sketch::Many(registers) => raise(registers, hash),
            Sketch::Few { .. } => self.add_few(hash),
        }
    }

    #[inline(never)]
    fn add_few(&mut self, hash: u32) {
        match self {
            Sketch::Many(_) => {}
            Sketch::Few { len, hashes } => {
                if hashes.iter().take(usize::from(*len)).any(|held| *held == hash) {
                    return;
                }
                if let Some(free) = hashes.get_mut(usize::from(*len)) {
                    *free = hash;
                    *len += 1;
                    return;
                }
                let mut registers = Box::new([0; REGISTERS]);
                hashes.iter().chain([&hash]).for_each(|hash| raise(&mut registers, *hash));
                *self = Sketch::Many(registers);
            }
        }
    }

    /// Adds every member of `other`.
    pub fn union(&mut self, other: Sketch) {
        match (&mut *self, other) {
            (Sketch::Many(mine), Sketch::Many(theirs)) => {
                mine.iter_mut().zip(theirs.iter()).for_each(|(mine, theirs)| *mine = (*mine).max(*theirs));
            }
            (_, Sketch::Few { len, hashes }) => {
                hashes.iter().take(usize::from(len)).for_each(|hash| self.add(*hash));
            }
            (Sketch::Few { .. }, many) => {
                let few = std::mem::replace(self, many);
                self.union(few);
            }
        }
    }

    /// About how many; exact up to `FEW`.
    pub fn estimate(&self) -> u64 {
        let registers = match self {
            Sketch::Few { len, .. } => return u64::from(*len),
            Sketch::Many(registers) => registers,
        };
        let m = REGISTERS as f64;
        let zeros = registers.iter().filter(|run| **run == 0).count();
        let sum: f64 = registers.iter().map(|run| 1.0 / (1_u64 << run) as f64).sum();
        let raw = 0.7213 / (1.0 + 1.079 / m) * m * m / sum;
        // Few members leave registers empty, and counting these is then the better estimate.
        let estimate = if raw <= 2.5 * m && zeros > 0 { m * (m / zeros as f64).ln() } else { raw };
        estimate.round() as u64
    }
}

fn raise(registers: &mut [u8; REGISTERS], hash: u32) {
    let run = (hash << INDEX_BITS | 1 << (INDEX_BITS - 1)).leading_zeros() as u8 + 1;
    if let Some(held) = registers.get_mut((hash >> (u32::BITS - INDEX_BITS)) as usize) {
        *held = (*held).max(run);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intern::hash;

    fn of(members: std::ops::Range<u32>) -> Sketch {
        let mut sketch = Sketch::default();
        members.for_each(|n| sketch.insert(hash(format!("member:{n}").as_bytes())));
        sketch
    }

    #[test]
    fn few_are_exact_and_many_are_about_right() {
        for count in [0, 1, 7] {
            assert_eq!(of(0..count).estimate(), u64::from(count));
        }
        for count in [8_u32, 50, 300, 1_000, 10_000, 100_000] {
            let error = of(0..count).estimate().abs_diff(count.into()) as f64 / f64::from(count);
            assert!(error < 3.0 * 0.046, "{count}: {error}");
        }
    }

    #[test]
    fn members_count_once_wherever_they_are_added() {
        for (a, b) in [(0..3, 2..5), (0..3, 0..500), (0..500, 0..3), (0..400, 300..900)] {
            let mut united = of(a.clone());
            united.union(of(b.clone()));
            let mut both = of(a);
            b.for_each(|n| both.insert(hash(format!("member:{n}").as_bytes())));
            assert_eq!(united.estimate(), both.estimate());
        }
    }
}
