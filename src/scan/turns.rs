//! Results that come in any order are taken in theirs.

use std::collections::VecDeque;
use std::sync::mpsc::Sender;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Step;
use crate::error::Result;

/// Results that are taken one behind the other at least: what they are merged into is then in the cache (measured:
/// 8 % less time than one by one).
const LEAST: usize = 8;

/// Results beyond these that are made or wait, for each thread: enough that no thread waits for the others, few
/// enough to bound the memory.
const EACH: usize = 4;

/// Takes results in the order of their numbers, on whichever thread brings the one that was missing.
pub(super) struct Turns<P, R, F, L> {
    waiting: Mutex<Waiting<P>>,
    take: Mutex<F>,
    is_large: L,
    /// What is left of those that were taken: that of the last one is still in the cache.
    rooms: Mutex<Vec<R>>,
}

struct Waiting<P> {
    /// From the one whose turn is next on.
    steps: VecDeque<Option<Step<P>>>,
    /// The number of the first of these.
    next: usize,
    /// Results that are taken one behind the other at least.
    least: usize,
    /// Whether a thread is taking.
    taking: bool,
    /// Lets a further result be made; `None` once nothing more is taken.
    give: Option<Sender<()>>,
    result: Result<()>,
}

impl<P, R: Default, F: FnMut(Step<P>) -> Result<R>, L: Fn(&P) -> bool> Turns<P, R, F, L> {
    /// Results go to `take`, which gives the room that is left of each; those that are large as soon as it is their
    /// turn: they push one another out of the cache. Through `give` goes a token for each that may be made.
    pub(super) fn new(take: F, is_large: L, threads: usize, give: Sender<()>) -> Self {
        // Nobody listens any more once everything is read.
        let _ = (0..LEAST + EACH * threads).try_for_each(|_| give.send(()));
        let waiting = Waiting {
            steps: VecDeque::new(),
            next: 0,
            least: LEAST,
            taking: false,
            give: Some(give),
            result: Ok(()),
        };
        Turns { waiting: Mutex::new(waiting), take: Mutex::new(take), is_large, rooms: Mutex::default() }
    }

    /// Room for a result.
    pub(super) fn room(&self) -> R {
        lock(&self.rooms).pop().unwrap_or_default()
    }

    /// Brings a result; numbers start at 0, and each comes once.
    pub(super) fn put(&self, number: usize, step: Step<P>) {
        let mut waiting = lock(&self.waiting);
        let at = number.saturating_sub(waiting.next);
        if at >= waiting.steps.len() {
            waiting.steps.resize_with(at + 1, || None);
        }
        if let Some(place) = waiting.steps.get_mut(at) {
            *place = Some(step);
        }
        self.take(waiting);
    }

    /// Results are taken as they come from now on: no more than are being made come any more.
    pub(super) fn hurry(&self) {
        let mut waiting = lock(&self.waiting);
        waiting.least = 1;
        self.take(waiting);
    }

    /// What came of it, and what room is left. All results were brought, and [`Turns::hurry`] was called.
    pub(super) fn finish(self) -> Result<Vec<R>> {
        let rooms = self.rooms.into_inner().unwrap_or_else(PoisonError::into_inner);
        self.waiting.into_inner().unwrap_or_else(PoisonError::into_inner).result.map(|()| rooms)
    }

    /// Takes results as long as there are enough whose turn it is, unless another thread does.
    fn take<'s>(&'s self, mut waiting: MutexGuard<'s, Waiting<P>>) {
        if waiting.taking {
            return;
        }
        loop {
            let ready = waiting.steps.iter().take_while(|step| step.is_some()).count();
            let is_large = |step: &Step<P>| matches!(step, Step::Part { part, .. } if (self.is_large)(part));
            waiting.taking =
                ready >= waiting.least || waiting.steps.iter().take(ready).flatten().any(is_large);
            if !waiting.taking {
                return;
            }
            waiting.next += ready;
            let steps: Vec<_> = waiting.steps.drain(..ready).flatten().collect();
            let Some(give) = waiting.give.clone() else { return };
            drop(waiting);
            let result = steps.into_iter().try_for_each(|step| {
                let _ = give.send(());
                let is_part = matches!(step, Step::Part { .. });
                let room = (lock(&self.take))(step)?;
                if is_part {
                    lock(&self.rooms).push(room);
                }
                Ok(())
            });
            waiting = lock(&self.waiting);
            if result.is_err() {
                waiting.give = None;
                waiting.result = result;
            }
        }
    }
}

/// A thread that panics ends the run, so what it held is not looked at again.
fn lock<T>(held: &Mutex<T>) -> MutexGuard<'_, T> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::sync::mpsc::{Receiver, channel};

    use super::super::Note;
    use super::*;
    use crate::error::Error;

    fn step(part: usize) -> Step<usize> {
        Step::Part { input: 0, bytes: 0, part: Box::new(part) }
    }

    /// What is taken of results that come in this order, up to `most`, and the tokens.
    fn taken(order: &[usize], most: usize) -> (Vec<usize>, bool, Receiver<()>) {
        let (give, tokens) = channel();
        let mut taken = Vec::new();
        let take = |step: Step<usize>| {
            if taken.len() == most {
                return Err(Error::Usage(String::new()));
            }
            taken.extend(match step {
                Step::Part { part, .. } => Some(*part),
                Step::Note(_) => None,
            });
            Ok(())
        };
        let turns = Turns::new(take, |part| part % 7 == 3, 2, give);
        order.iter().for_each(|number| turns.put(*number, step(*number)));
        turns.hurry();
        let is_ok = turns.finish().is_ok();
        (taken, is_ok, tokens)
    }

    #[test]
    fn results_are_taken_in_the_order_of_their_numbers() {
        let forth: Vec<_> = (0..40).collect();
        let back: Vec<_> = (0..40).rev().collect();
        let mixed: Vec<_> = (0..40).map(|at| at * 7 % 40).collect();
        for order in [&forth, &back, &mixed] {
            let (taken, is_ok, tokens) = taken(order, 40);
            assert_eq!((taken, is_ok), (forth.clone(), true));
            assert_eq!(tokens.iter().count(), 40 + LEAST + 2 * EACH);
        }
    }

    #[test]
    fn what_is_left_of_the_last_part_is_the_next_room() {
        let (give, _tokens) = channel();
        let take = |step: Step<usize>| match step {
            Step::Part { part, .. } => Ok(Some(*part)),
            Step::Note(_) => Ok(None),
        };
        let turns = Turns::new(take, |_| false, 1, give);
        assert_eq!(turns.room(), None);
        (0..LEAST - 1).for_each(|number| turns.put(number, step(number)));
        let error = std::io::Error::other("gone");
        turns.put(LEAST - 1, Step::Note(Note::Fail { path: Vec::new(), error }));
        assert_eq!((turns.room(), turns.room()), (Some(LEAST - 2), Some(LEAST - 3)));
        turns.hurry();
        assert_eq!(turns.finish().map(|rooms| rooms.len()).ok(), Some(LEAST - 3));
    }

    #[test]
    fn a_large_result_is_taken_as_soon_as_it_is_its_turn() {
        let taken = RefCell::new(Vec::new());
        let take = |step: Step<usize>| {
            taken.borrow_mut().push(matches!(step, Step::Part { part, .. } if *part == 2));
            Ok(())
        };
        let turns = Turns::new(take, |part| *part == 2, 2, channel().0);
        let after = [0, 2, 1, 3].map(|number| {
            turns.put(number, step(number));
            taken.borrow().len()
        });
        assert_eq!(after, [0, 0, 3, 3]);
        assert_eq!(*taken.borrow(), [false, false, true]);
    }

    #[test]
    fn behind_an_error_nothing_is_taken() {
        let all: Vec<_> = (0..40).collect();
        let (taken, is_ok, tokens) = taken(&all, 10);
        assert_eq!((taken, is_ok), ((0..10).collect(), false));
        // No result would find its turn, so no more are asked for.
        assert!(tokens.iter().count() < 40);
    }
}
