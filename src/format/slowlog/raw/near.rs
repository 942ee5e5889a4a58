//! Whether an id comes again soon.

use super::Start;
use super::chain::WINDOW;

/// Where ids stand behind a place, as far as it is told: the nearest of each in a table by their last bits.
pub(super) struct Near(Vec<u32>);

/// Ids of the places in a window, and room.
const IDS: usize = 8 * WINDOW;

impl Default for Near {
    fn default() -> Self {
        Near(vec![u32::MAX; IDS])
    }
}

impl Near {
    /// Adds a place in front of all that were added.
    pub(super) fn add(&mut self, id: u64, at: usize) {
        if let Some(held) = self.0.get_mut(id as usize % IDS) {
            *held = at as u32;
        }
    }

    /// Whether a place with this id may stand in the window behind `from`: of those with the same last bits the nearest
    /// is known.
    pub(super) fn may_have(&self, id: u64, starts: &[Start], from: usize) -> bool {
        let nearest = self.0.get(id as usize % IDS).map_or(usize::MAX, |at| *at as usize);
        nearest < starts.len() && nearest - from <= WINDOW
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_in_the_window_is_never_missed() {
        let ids = |at: usize| (at * 7_919 % 601 + at % 3 * IDS) as u64;
        let starts: Vec<Start> = (0..2_000).map(|at| Start { id: ids(at), time: 0, line: 0 }).collect();
        let mut near = Near::default();
        let mut told = [0; 2];
        for from in (0..starts.len()).rev() {
            let window = starts.iter().skip(from + 1).take(WINDOW);
            for id in [ids(from), ids(from) + 1, 599 + 3 * IDS as u64] {
                let has = window.clone().any(|start| start.id == id);
                let may = near.may_have(id, &starts, from);
                assert!(may || !has, "{id} behind {from}");
                told[usize::from(may)] += 1;
            }
            near.add(ids(from), from);
        }
        assert!(told[0] > 0 && told[1] > 0, "{told:?}");
    }
}
