//! Durations: their sum, quantiles and greatest.

use std::collections::BTreeMap;

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
    held.sort_unstable();
    let mut calls = held.len() as u64;
    let mut total = held.iter().fold(0, |sum: u64, us| sum.saturating_add(*us));
    let mut max = held.last().copied().unwrap_or(0);
    let all = settled.map(|settled| {
        let mut all = settled.clone();
        held.iter().for_each(|us| all.add(*us));
        (calls, total, max) = (all.calls, all.total, all.max);
        all
    });
    // The nearest rank: the smallest value that so many per cent of the values do not exceed.
    let quantile = |percent: u64| {
        let rank = (u128::from(calls) * u128::from(percent)).div_ceil(100).max(1) as u64;
        match &all {
            Some(all) => all.at(rank),
            None => held.get(rank as usize - 1).copied().unwrap_or(0),
        }
    };
    Measures { calls, total, p50: quantile(50), p95: quantile(95), p99: quantile(99), max }
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
