//! Durations: their sum, quantiles and greatest.

use std::collections::{BTreeMap, HashMap};

use foldhash::fast::FixedState;

use super::NONE;
use super::settled::at;
use crate::intern::SPREAD;
use crate::report::slowlog::Measures;

/// Cells of one power of two: the middle of a cell is off by 1/256, 0.4 %, at most.
const CELLS: u64 = 128;
/// Up to here each value has its own cell.
const EXACT: u64 = 2 * CELLS;

/// Durations that are no longer kept one by one: numbers of values by cells of growing width, as in an
/// HDR histogram. What comes out depends on the values alone, not on their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sketch {
    calls: u64,
    total: u64,
    max: u64,
    cells: BTreeMap<u64, u64>,
}

impl Sketch {
    pub(super) fn add(&mut self, us: u64) {
        self.calls += 1;
        self.total = self.total.saturating_add(us);
        self.max = self.max.max(us);
        *self.cells.entry(cell(us)).or_default() += 1;
    }

    pub(super) fn merge(&mut self, later: &Sketch) {
        self.calls += later.calls;
        self.total = self.total.saturating_add(later.total);
        self.max = self.max.max(later.max);
        for (cell, count) in &later.cells {
            *self.cells.entry(*cell).or_default() += count;
        }
    }

    /// The middle of the cell that holds the value of this rank, counted from 1.
    fn at(&self, rank: u64) -> u64 {
        let mut seen = 0;
        for (cell, count) in &self.cells {
            seen += count;
            if seen >= rank {
                return middle(*cell).min(self.max);
            }
        }
        self.max
    }
}

/// Sketches by number, each in its own cells of one table: most have few, so that each would be another table to
/// look into.
#[derive(Clone, Debug, Default)]
pub(super) struct Sketches {
    sums: Vec<Sum>,
    /// By number, and cell in the lowest bits.
    cells: HashMap<u64, u64, FixedState>,
    /// Of these the last that were met, with what is not in the table yet: until [`Sketches::close`].
    near: Vec<(u64, u64)>,
}

/// So many.
const NEAR: usize = 1024;

#[derive(Clone, Debug, Default)]
struct Sum {
    calls: u64,
    total: u64,
    max: u64,
}

/// Bits of a cell's number: there are 58 times [`CELLS`].
const CELL_BITS: u32 = 13;

impl Sketches {
    pub(super) fn add(&mut self, number: u32, us: u64) {
        self.sum(number, &Sum { calls: 1, total: us, max: us });
        let key = u64::from(number) << CELL_BITS | cell(us);
        let at = (key.wrapping_mul(SPREAD) >> (64 - NEAR.ilog2())) as usize;
        self.near.resize(NEAR, (0, 0));
        let Some((held, count)) = self.near.get_mut(at) else { return };
        if *held != key {
            if *count > 0 {
                *self.cells.entry(*held).or_default() += *count;
            }
            (*held, *count) = (key, 0);
        }
        *count += 1;
    }

    /// Nothing is added for now.
    pub(super) fn close(&mut self) {
        for (key, count) in self.near.drain(..).filter(|(_, count)| *count > 0) {
            *self.cells.entry(key).or_default() += count;
        }
    }

    fn sum(&mut self, number: u32, later: &Sum) {
        if let Some(sum) = at(&mut self.sums, number) {
            sum.calls += later.calls;
            sum.total = sum.total.saturating_add(later.total);
            sum.max = sum.max.max(later.max);
        }
    }

    /// Adds what follows; `numbers` tells the numbers here of the numbers there.
    pub(super) fn merge(&mut self, later: &Sketches, numbers: &[u32]) {
        for (sum, number) in later.sums.iter().zip(numbers) {
            if sum.calls > 0 && *number != NONE {
                self.sum(*number, sum);
            }
        }
        for (key, count) in &later.cells {
            let number = numbers.get((key >> CELL_BITS) as usize).filter(|number| **number != NONE);
            if let Some(number) = number {
                let cell = key & ((1 << CELL_BITS) - 1);
                *self.cells.entry(u64::from(*number) << CELL_BITS | cell).or_default() += count;
            }
        }
    }

    /// Each by itself.
    pub(super) fn all(&self) -> BTreeMap<u32, Sketch> {
        let with_calls = (0_u32..).zip(&self.sums).filter(|(_, sum)| sum.calls > 0);
        let mut all: BTreeMap<_, _> = with_calls
            .map(|(number, Sum { calls, total, max })| {
                (number, Sketch { calls: *calls, total: *total, max: *max, cells: BTreeMap::new() })
            })
            .collect();
        for (key, count) in &self.cells {
            if let Some(sketch) = all.get_mut(&((key >> CELL_BITS) as u32)) {
                *sketch.cells.entry(key & ((1 << CELL_BITS) - 1)).or_default() += count;
            }
        }
        all
    }
}

fn cell(value: u64) -> u64 {
    if value < EXACT {
        return value;
    }
    // At least 8, so that nothing below shifts by less than 0.
    let power = u64::from(value.ilog2());
    (power - 6) * CELLS + ((value >> (power - 7)) & (CELLS - 1))
}

fn middle(cell: u64) -> u64 {
    if cell < EXACT {
        return cell;
    }
    let shift = cell / CELLS - 1;
    let first = (CELLS + cell % CELLS) << shift;
    first + (1 << shift) / 2
}

/// What the durations come to: those that are held, in any order, and those that are not.
pub(super) fn measures(held: &mut [u64], settled: Option<&Sketch>) -> Measures {
    let Some(settled) = settled else { return exact(held) };
    let mut all = settled.clone();
    held.iter().for_each(|us| all.add(*us));
    let quantile = |percent| all.at(rank(all.calls, percent));
    Measures {
        calls: all.calls,
        total: all.total,
        p50: quantile(50),
        p95: quantile(95),
        p99: quantile(99),
        max: all.max,
    }
}

/// The same where all are held.
fn exact(held: &mut [u64]) -> Measures {
    let calls = held.len() as u64;
    let total = held.iter().fold(0, |sum: u64, us| sum.saturating_add(*us));
    let max = held.iter().copied().max().unwrap_or(0);
    // Each quantile is among those up to the one before it.
    let mut left = held;
    let mut quantile = |percent| {
        let at = rank(calls, percent) as usize - 1;
        if at >= left.len() {
            return left.iter().copied().max().unwrap_or(0);
        }
        let (_, found, _) = left.select_nth_unstable(at);
        let found = *found;
        left = std::mem::take(&mut left).get_mut(..=at).unwrap_or_default();
        found
    };
    let (p99, p95, p50) = (quantile(99), quantile(95), quantile(50));
    Measures { calls, total, p50, p95, p99, max }
}

/// The nearest rank, from 1: that of the smallest value that so many per cent of the values do not exceed.
fn rank(calls: u64, percent: u64) -> u64 {
    (u128::from(calls) * u128::from(percent)).div_ceil(100).max(1) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_the_nearest_rank() {
        let hundred: Vec<u64> = (1..=100).rev().collect();
        for (values, expected) in [
            (&[7][..], (7, 7, 7, 7)),
            (&[3, 1], (1, 3, 3, 3)),
            (&[15, 20, 35, 40, 50], (35, 50, 50, 50)),
            (&hundred, (50, 95, 99, 100)),
            (&[], (0, 0, 0, 0)),
        ] {
            let m = measures(&mut values.to_vec(), None);
            assert_eq!((m.p50, m.p95, m.p99, m.max), expected);
            assert_eq!((m.calls, m.total), (values.len() as u64, values.iter().sum()));
        }
    }

    #[test]
    fn sketches_are_off_by_little() {
        let mut state = 1_u64;
        for bits in [4, 9, 20, 40, 63] {
            let mut sketch = Sketch::default();
            let mut held = Vec::new();
            let mut values = Vec::new();
            for n in 0..1_000 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let value = (state >> (64 - bits)) / 1_000;
                values.push(value);
                if n % 3 == 0 { held.push(value) } else { sketch.add(value) }
            }
            let exact = measures(&mut values, None);
            let about = measures(&mut held, Some(&sketch));
            assert_eq!((about.calls, about.total, about.max), (exact.calls, exact.total, exact.max));
            for (about, exact) in [(about.p50, exact.p50), (about.p95, exact.p95), (about.p99, exact.p99)] {
                assert!(about.abs_diff(exact) as f64 <= exact as f64 / 256.0, "{about} for {exact}");
            }
        }
        assert_eq!((cell(255), cell(256), cell(257), cell(258)), (255, 256, 256, 257));
        assert!(middle(cell(u64::MAX)) >= u64::MAX / 256 * 255);
    }

    #[test]
    fn sketches_merge() {
        let (mut a, mut b, mut both) = (Sketch::default(), Sketch::default(), Sketch::default());
        for value in [5, 5_000, 5_000_000] {
            a.add(value);
            b.add(value * 3);
            both.add(value);
            both.add(value * 3);
        }
        a.merge(&b);
        assert_eq!(a, both);
    }
}
