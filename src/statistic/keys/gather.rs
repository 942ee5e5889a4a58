//! What single keys show, gathered by pattern for the rules.

use std::cmp::Reverse;

use super::collections::held;
use super::{Key, Keys, Origin};
use crate::report::habits::Habits;
use crate::report::{Bytes, Example};
use crate::statistic::clients::Clients;
use crate::statistic::habits::{Flushed, Habit};
use crate::statistic::patterns::PatternIndex;
use crate::statistic::spot::Spot;

/// Calls that are shown of each sort.
const SHOWN: usize = 5;

/// The first few of what is put in, by rank.
#[derive(Clone, Debug)]
struct First<R> {
    held: Vec<(R, u32, Spot)>,
}

impl<R> Default for First<R> {
    fn default() -> Self {
        First { held: Vec::new() }
    }
}

impl<R: Ord> First<R> {
    fn put(&mut self, rank: R, key: u32, spot: Spot) {
        let at = self.held.partition_point(|(held, ..)| *held <= rank);
        if at < SHOWN {
            self.held.insert(at, (rank, key, spot));
            self.held.truncate(SHOWN);
        }
    }
}

/// What is gathered of one pattern.
#[derive(Clone, Debug, Default)]
struct Gathered {
    habits: Habits,
    longest: Option<(u64, u32, Spot)>,
    without: First<(u32, u64)>,
    absent: First<(u32, u64)>,
    whole: First<(Reverse<u64>, (u32, u64))>,
    large: First<(Reverse<u64>, (u32, u64))>,
    growing: First<(Reverse<u64>, u32)>,
}

impl Gathered {
    fn key(&mut self, number: u32, len: u64, row: &Key, origin: &Origin) {
        let spot = origin.spot;
        if self.longest.is_none_or(|(longest, ..)| longest < len) {
            self.longest = Some((len, number, spot));
        }
        self.habits.with_ttl += u64::from(row.gave_ttl && row.unset == 0);
        if row.unset > 0 && !row.ended {
            self.habits.without_ttl += 1;
            self.without.put(spot.order(), number, spot);
        }
        if origin.absent > 0 {
            self.habits.absent += u64::from(origin.absent);
            self.absent.put(spot.order(), number, spot);
        }
    }

    /// `held` came to stay, or for as long as a time to live lets it.
    fn habit(&mut self, number: u32, row: &Key, habit: &Habit, held: Option<u64>) {
        let kept = held.filter(|_| !row.gave_ttl);
        let stayed = kept.unwrap_or_default();
        if habit.whole_reads > 0 {
            // A list that is filled anew again and again had fewer at a time than were added.
            let is_anew = row.gave_ttl && habit.different().is_none();
            let size = held.filter(|_| !is_anew).unwrap_or_default();
            self.habits.whole_reads += habit.whole_reads;
            self.habits.whole_elements = self.habits.whole_elements.max(size);
            let command = habit.read.spec().map_or("", |spec| spec.name);
            if let Err(at) = self.habits.whole_commands.binary_search(&command) {
                self.habits.whole_commands.insert(at, command);
            }
            self.whole.put((Reverse(size), habit.read.order()), number, habit.read);
        }
        if habit.largest > 0 {
            self.large.put((Reverse(habit.largest), habit.large.order()), number, habit.large);
        }
        if habit.added > 0 && kept.is_none() {
            self.habits.bounded += 1;
        } else if habit.added > 0 {
            self.habits.unbounded += 1;
            if habit.different().is_none() {
                self.habits.kept += stayed;
            }
            self.growing.put((Reverse(stayed), number), number, Spot::default());
        }
    }
}

/// The habits of every pattern, by its number.
pub(super) fn gather(
    keys: &Keys,
    patterns: usize,
    clients: &Clients,
    flushed: &Flushed,
    paths: &[Bytes],
) -> Vec<Habits> {
    let mut gathered = vec![Gathered::default(); patterns];
    let rows = keys.rows.iter().zip(&keys.origins);
    for ((number, (_, key)), (row, origin)) in (0..).zip(keys.keys.iter()).zip(rows) {
        let Some(pattern) = gathered.get_mut(row.pattern as usize) else { continue };
        pattern.key(number, key.len() as u64, row, origin);
        if let Some(habit) = keys.habits.get(row.habit) {
            pattern.habit(number, row, habit, held(row, habit, flushed));
        }
    }
    let samples = |pattern: usize| {
        let counts = PatternIndex::try_from(pattern).ok().and_then(|index| keys.patterns.get(index));
        let samples = counts.map(|counts| counts.samples.as_slice()).unwrap_or_default();
        samples.iter().filter_map(|key| Some((*key, keys.origins.get(*key as usize)?.spot)))
    };
    let example = |key: u32, spot: &Spot| spot.example(keys.keys.get(key), paths);
    (0..)
        .zip(gathered)
        .map(|(pattern, gathered)| finish(gathered, keys, samples(pattern), example, clients, paths))
        .collect()
}

fn finish(
    gathered: Gathered,
    keys: &Keys,
    samples: impl Iterator<Item = (u32, Spot)>,
    example: impl Fn(u32, &Spot) -> Example,
    clients: &Clients,
    paths: &[Bytes],
) -> Habits {
    let habit = |key: u32| keys.rows.get(key as usize).and_then(|row| keys.habits.get(row.habit));
    let growing = gathered.growing.held.iter().filter_map(|(_, key, _)| {
        habit(*key).map(|habit| habit.growing(keys.keys.get(*key), clients, paths))
    });
    Habits {
        calls: samples.map(|(key, spot)| example(key, &spot)).collect(),
        longest_key: gathered.longest.map(|(len, key, spot)| (len, example(key, &spot))),
        without_ttl_calls: shown(&gathered.without, &example),
        absent_calls: shown(&gathered.absent, &example),
        whole_calls: shown(&gathered.whole, &example),
        large: gathered.large.held.iter().map(|((len, _), key, spot)| (len.0, example(*key, spot))).collect(),
        growing: growing.collect(),
        ..gathered.habits
    }
}

fn shown<R>(first: &First<R>, example: impl Fn(u32, &Spot) -> Example) -> Vec<Example> {
    first.held.iter().map(|(_, key, spot)| example(*key, spot)).collect()
}
