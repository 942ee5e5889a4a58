//! How the number of some connections went over a series of snapshots.

/// The first and the last snapshot that show a connection, by number.
pub type Span = (u64, u64);

/// Parts of a series that must each lie above the one before; of fewer snapshots each is a part.
const PARTS: u64 = 4;

/// Snapshots below which nothing can be said to go on.
const FEWEST: u64 = 3;

/// How the number went, from the snapshot after which it first changed to the last of the series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rise {
    /// The last snapshot before the number first changed.
    pub begin: u64,
    /// Connections in that snapshot.
    pub first: u64,
    /// Connections in the last snapshot.
    pub last: u64,
    /// The most in one snapshot.
    pub peak: u64,
    /// Snapshots.
    pub snapshots: u64,
    /// Whether it rose and went on rising: in four parts of the series each lies above the one before, no
    /// step makes more than half of the growth (a pool that is filled, a deployment; of only two steps none
    /// more than two thirds), the most that it fell in between is a quarter of it at most (the ups and
    /// downs of a load), and it rose in the last part too.
    pub kept_up: bool,
}

/// The rise of connections in a series that ends with the snapshot `end`; `None` where there is nobody.
pub fn rise(spans: &[Span], end: u64) -> Option<Rise> {
    let appear = spans.iter().map(|(first, _)| *first).min().filter(|appear| *appear <= end)?;
    let changes = changes(spans, end);
    // Before the number changed for the first time nothing rose.
    let begin = changes.iter().find(|(at, _)| *at > appear).map_or(appear, |(at, _)| at - 1);
    let snapshots = end - begin + 1;
    let parts = snapshots.min(PARTS);
    // The last snapshot of what comes before the last part.
    let before_last = begin + (snapshots * (parts - 1) / parts).saturating_sub(1);
    let (mut count, mut first, mut peak, mut fall, mut step, mut early) = (0, 0, 0, 0, 0, 0);
    for (at, change) in &changes {
        count += change;
        if *at <= begin {
            first = count;
        } else {
            step = step.max(*change);
        }
        peak = peak.max(count);
        fall = fall.max(peak - count);
        if *at <= before_last {
            early = count;
        }
    }
    let grown = count - first;
    let is_steady = if snapshots == FEWEST { step * 3 <= grown * 2 } else { step * 2 <= grown };
    let kept_up = snapshots >= FEWEST
        && grown > 0
        && is_steady
        && fall * 4 <= grown
        && count > early
        && parts_rise(spans, begin, snapshots, parts);
    let number = |count: i64| u64::try_from(count).unwrap_or(0);
    Some(Rise { begin, first: number(first), last: number(count), peak: number(peak), snapshots, kept_up })
}

/// The snapshots up to `end` before which the number changed, and by how much.
fn changes(spans: &[Span], end: u64) -> Vec<(u64, i64)> {
    let steps = spans.iter().flat_map(|(first, last)| [(*first, 1), (last + 1, -1)]);
    let mut changes: Vec<(u64, i64)> = if end <= spans.len() as u64 {
        // Where most snapshots change something, all are counted.
        let mut all: Vec<_> = (0..=end).map(|at| (at, 0)).collect();
        for (at, step) in steps {
            if let Some((_, change)) = usize::try_from(at).ok().and_then(|at| all.get_mut(at)) {
                *change += step;
            }
        }
        all
    } else {
        let mut steps: Vec<_> = steps.filter(|(at, _)| *at <= end).collect();
        steps.sort_unstable();
        let sum = |steps: &[(u64, i64)]| Some((steps.first()?.0, steps.iter().map(|(_, step)| step).sum()));
        steps.chunk_by(|(at, _), (next, _)| at == next).filter_map(sum).collect()
    };
    changes.retain(|(_, change)| *change != 0);
    changes
}

/// Whether the mean of each part of the series is above that of the part before.
fn parts_rise(spans: &[Span], begin: u64, snapshots: u64, parts: u64) -> bool {
    let border = |part: u64| begin + snapshots * part / parts;
    let mean = |part: u64| {
        let (from, to) = (border(part), border(part + 1));
        let inside = |(first, last): &Span| (last + 1).min(to).saturating_sub(*first.max(&from));
        (spans.iter().map(inside).sum::<u64>(), to - from)
    };
    // a / b < c / d, without fractions.
    let below = |(a, b): (u64, u64), (c, d): (u64, u64)| {
        u128::from(a) * u128::from(d) < u128::from(c) * u128::from(b)
    };
    (1..parts).all(|part| below(mean(part - 1), mean(part)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Connections whose numbers in the snapshots are these: the last that came goes first.
    fn spans(counts: &[usize]) -> Vec<Span> {
        let mut open: Vec<u64> = Vec::new();
        let mut spans = Vec::new();
        for (at, count) in counts.iter().enumerate() {
            let at = at as u64;
            while open.len() > *count {
                spans.push((open.pop().unwrap(), at - 1));
            }
            open.resize(*count, at);
        }
        let end = counts.len() as u64 - 1;
        spans.extend(open.into_iter().map(|first| (first, end)));
        spans
    }

    #[test]
    fn changes_are_the_same_however_they_are_counted() {
        let few = [(0, 2), (1, 9), (3, 3), (3, 8), (4, 4), (9, 9)];
        let many: Vec<Span> = few.iter().copied().cycle().take(few.len() * 3).collect();
        for end in 0..12 {
            let thrice: Vec<_> = changes(&few, end).iter().map(|(at, change)| (*at, change * 3)).collect();
            assert_eq!(changes(&many, end), thrice, "{end}");
        }
        assert_eq!(changes(&few, 8), [(0, 1), (1, 1), (3, 1), (5, -1)]);
    }

    #[test]
    fn only_what_goes_on_rising_keeps_up() {
        for (counts, kept_up) in [
            // Leaks: steady, late, slow, with churn, after a start within the series.
            (&[4, 8, 12, 16, 20][..], true),
            (&[4, 8, 11, 15, 19, 22, 26, 30, 34, 37, 41, 45], true),
            (&[2, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5, 6, 6, 7], true),
            (&[4, 9, 8, 14, 13, 18, 24, 22, 28, 33], true),
            (&[0, 0, 0, 4, 8, 12, 16, 20], true),
            (&[1, 2, 3, 4], true),
            (&[4, 8, 12], true),
            (&[1, 4, 10], true),
            (&[4, 4, 4, 4, 4, 4, 4, 8, 12, 16, 20, 24], true),
            // A pool that warms up and stays.
            (&[1, 5, 10, 15, 20, 20, 20, 20, 20, 20, 20, 20], false),
            (&[0, 20, 20, 20, 20, 20], false),
            (&[1, 5, 9, 9], false),
            (&[1, 9, 12], false),
            // A deployment: old and new side by side, or more of them from then on.
            (&[10, 10, 10, 20, 20, 10, 10, 10], false),
            (&[10, 10, 10, 20, 20, 20, 20, 20], false),
            // Ups and downs of a load, and what shrinks.
            (&[3, 9, 4, 10, 5, 12, 6, 13], false),
            (&[3, 6, 9, 12, 9, 6, 3, 3], false),
            (&[12, 10, 8, 6, 4, 2], false),
            (&[5, 5, 5, 5, 5, 5], false),
            // Too short to tell.
            (&[4, 12], false),
            (&[4], false),
        ] {
            let rise = rise(&spans(counts), counts.len() as u64 - 1).unwrap();
            assert_eq!(rise.kept_up, kept_up, "{counts:?}");
            let start = *counts.iter().find(|count| **count > 0).unwrap();
            let flat = counts.iter().take_while(|count| **count == 0 || **count == start).count();
            let shown: Vec<_> = match counts.len() - flat {
                0 => counts.iter().skip_while(|count| **count == 0).collect(),
                _ => counts[flat - 1..].iter().collect(),
            };
            assert_eq!(
                (rise.first, rise.last, rise.peak, rise.snapshots),
                (
                    *shown[0] as u64,
                    *counts.last().unwrap() as u64,
                    *counts.iter().max().unwrap() as u64,
                    shown.len() as u64
                ),
                "{counts:?}"
            );
        }
        assert_eq!(rise(&[], 5), None);
    }
}
