//! Runs of ids that go down by one, around and within what may be one entry.

use std::collections::HashMap;

use super::Start;

/// By how much a run must be longer than another that may be the true one: one or two more entries are soon
/// imitated.
const MORE: usize = 3;

/// Whether the run of ids that goes on from one place to another, which has the next id, is longer than every
/// run between the two: what stands there is data, be it a whole slow log or many. Where a run goes on behind
/// the other place, that one may stand in the data of a later poll, and nothing is said. `window` places are
/// looked at on either side.
pub(super) fn is_run_on(starts: &[Start], from: usize, to: usize, window: usize) -> bool {
    let Some(start) = starts.get(from).filter(|_| to > from + 1) else { return false };
    let mut above = 1;
    let mut last = start;
    for start in starts.get(from.saturating_sub(window)..from).unwrap_or_default().iter().rev() {
        if start.precedes(last) {
            (above, last) = (above + 1, start);
        }
    }
    // How many follow each place, and where the last of them stands.
    let mut runs: HashMap<u64, (usize, usize, i64)> = HashMap::new();
    let mut below = 0;
    let mut longest = 0;
    let end = (from + window).min(starts.len());
    for (at, start) in (from + 1..end).zip(starts.get(from + 1..end).unwrap_or_default()).rev() {
        let next =
            start.id.checked_sub(1).and_then(|id| runs.get(&id)).filter(|(.., time)| start.is_before(*time));
        let (length, last) = next.map_or((1, at), |(length, last, _)| (length + 1, *last));
        runs.insert(start.id, (length, last, start.time));
        if at == to {
            below = length;
        } else if at < to {
            if last >= to {
                return false;
            }
            longest = longest.max(length);
        }
    }
    above + below >= longest + MORE
}
