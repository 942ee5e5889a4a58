//! The report's part of the slow log.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::Hash;

use foldhash::fast::FixedState;

use super::durations::{Sketch, measures};
use super::held::{Held, Item, Maker};
use super::order::Order;
use super::settled::{BORDERS, at, bucket};
use super::slowest::Shown;
use super::{MOST, NONE, Slowlog, certainty};
use crate::event::Exactness;
use crate::intern::Interner;
use crate::options::Commandlog;
use crate::output::notation::Time;
use crate::pattern::Patterns;
use crate::report::slowlog as report;
use crate::report::{Bytes, slowlog::Measures};

impl Slowlog {
    /// The report's part. `names` tell the patterns of keys, `paths` are the inputs', `commandlog` is what
    /// the entries were said to be.
    pub fn finish(
        &self,
        names: &Patterns,
        paths: &[Bytes],
        commandlog: Option<Commandlog>,
    ) -> report::Slowlog {
        let log = report::Slowlog {
            commandlog: commandlog.map(Commandlog::name),
            unit: commandlog.map_or("us", Commandlog::unit),
            ..report::Slowlog::default()
        };
        let total = self.total();
        if commandlog.is_some_and(Commandlog::is_large) {
            let large = report::Large {
                total,
                duplicates: self.duplicates,
                rows: self.command_rows(),
                patterns: self.pattern_rows(names),
                clients: self.client_rows(),
                biggest: self.slowest.entries.iter().map(|shown| shown.report(paths)).collect(),
                restarts: self.restarts(&Order::of(self), paths),
            };
            return report::Slowlog { large: Some(large), ..log };
        }
        let by_order = || {
            let order = Order::of(self);
            let by_caller = || {
                let inner = self.inner(&order);
                let is_inner = |shown: &&Shown| self.place(shown).is_some_and(|at| inner.has(at));
                let examples = self.examples.sorted().into_iter().filter(|shown| !is_inner(shown));
                (self.callers(&inner), examples.map(|shown| shown.report(paths)).collect())
            };
            let by_input = || (self.losses(&order, paths), self.restarts(&order, paths));
            rayon::join(by_caller, by_input)
        };
        let by_number = || {
            let (patterns, (rows, clients)) =
                rayon::join(|| self.pattern_rows(names), || (self.command_rows(), self.client_rows()));
            let buckets = if total > 0 { self.buckets() } else { Vec::new() };
            (patterns, rows, clients, buckets)
        };
        let (((callers, examples), ((lost, kept), restarts)), (patterns, rows, clients, buckets)) =
            rayon::join(by_order, by_number);
        report::Slowlog {
            callers,
            examples,
            lost,
            kept,
            total,
            duplicates: self.duplicates,
            rows,
            buckets,
            patterns,
            clients,
            slowest: self.slowest.entries.iter().map(|shown| shown.report(paths)).collect(),
            restarts,
            ..log
        }
    }

    /// How many different entries there are.
    pub fn total(&self) -> u64 {
        (self.old.items.len() + self.young.items.len()) as u64 + self.settled.calls
    }

    /// In words, which bounds took over.
    pub fn bounds(&self) -> Vec<String> {
        let mut bounds = Vec::new();
        if self.settled.calls > 0 {
            bounds.push(format!(
                "more than {MOST} different entries of slow logs: quantiles are off by up to 0.4 %, and an \
                 entry that comes again after {} others counts again",
                MOST / 2
            ));
        }
        if self.is_crowded() {
            bounds.push(
                "more addresses, names or shapes of keys in slow logs than are told apart: the later ones are \
                 in no row"
                    .to_owned(),
            );
        }
        bounds
    }

    /// Durations by something that makers share, of the entries whose places are wanted.
    pub(super) fn durations<K: Copy + Eq + Hash>(
        &self,
        key: impl Fn(&Maker) -> K,
        is_wanted: impl Fn(usize) -> bool,
    ) -> impl Iterator<Item = (K, Vec<u64>)> {
        let mut numbers: HashMap<K, usize, FixedState> = HashMap::default();
        let mut by: Vec<(K, Vec<u64>)> = Vec::new();
        let mut number = |maker| {
            let key = key(maker);
            *numbers.entry(key).or_insert_with(|| {
                by.push((key, Vec::new()));
                by.len() - 1
            })
        };
        let halves = [&self.old, &self.young];
        let [old, young] = halves.map(|held| held.makers().iter().map(&mut number).collect::<Vec<usize>>());
        let all = || numbered(&self.old, &old).chain(numbered(&self.young, &young));
        // There is room for all at once, since growing would copy them.
        let mut counts = vec![0; by.len()];
        all().for_each(|(number, _)| counts.get_mut(number).into_iter().for_each(|count| *count += 1));
        by.iter_mut().zip(counts).for_each(|((_, us), count)| us.reserve_exact(count));
        let mut place = 0;
        all().for_each(|(number, item)| {
            if is_wanted(place)
                && let Some((_, us)) = by.get_mut(number)
            {
                us.push(item.us);
            }
            place += 1;
        });
        by.into_iter().filter(|(_, us)| !us.is_empty())
    }

    fn command_rows<M: From<Measures>>(&self) -> Vec<report::CommandRow<M>> {
        let mut held: Vec<Vec<u64>> = Vec::new();
        for (command, us) in self.durations(|maker| maker.command, |_| true) {
            if let Some(held) = at(&mut held, command) {
                *held = us;
            }
        }
        let settled = self.settled.commands.all();
        let rows = all(held, &settled)
            .map(|(command, measures)| (Bytes::from(self.commands.name(command)), measures));
        sorted(rows).map(|(command, m)| report::CommandRow { command, measures: M::from(m) }).collect()
    }

    fn pattern_rows<M: From<Measures>>(&self, names: &Patterns) -> Vec<report::PatternRow<M>> {
        let mut finals = Interner::default();
        let mut name = Vec::new();
        let numbers: Vec<u32> = self
            .shapes()
            .map(|shape| {
                names.apply(shape, &mut name);
                finals.intern(crate::intern::hash(&name), &name)
            })
            .collect();
        let of = |shape: &u32| numbers.get(*shape as usize).copied();
        let halves = [&self.old, &self.young];
        // As above.
        let mut counts = vec![0; finals.len()];
        for half in halves {
            let all = half.items.iter().flat_map(|item| half.keys(&item.keys).iter().filter_map(of));
            all.for_each(|pattern| {
                counts.get_mut(pattern as usize).into_iter().for_each(|count| *count += 1)
            });
        }
        let mut held: Vec<Vec<u64>> = counts.into_iter().map(Vec::with_capacity).collect();
        let mut patterns = Vec::new();
        for half in halves {
            for item in &half.items {
                patterns.clear();
                patterns.extend(half.keys(&item.keys).iter().filter_map(of));
                if patterns.len() > 1 {
                    patterns.sort_unstable();
                    patterns.dedup();
                }
                for pattern in &patterns {
                    at(&mut held, *pattern).into_iter().for_each(|held| held.push(item.us));
                }
            }
        }
        let mut settled: BTreeMap<u32, Sketch> = BTreeMap::new();
        for (shape, sketch) in &self.settled.shapes.all() {
            if let Some(pattern) = of(shape) {
                settled.entry(pattern).or_default().merge(sketch);
            }
        }
        let rows =
            all(held, &settled).map(|(pattern, measures)| (Bytes::from(finals.get(pattern)), measures));
        sorted(rows).map(|(pattern, m)| report::PatternRow { pattern, measures: M::from(m) }).collect()
    }

    fn client_rows<R: From<report::ClientMeasures>>(&self) -> Vec<R> {
        let mut sums = self.settled.clients.clone();
        for (item, maker) in self.made().filter(|(_, maker)| maker.client != NONE) {
            at(&mut sums, maker.client).into_iter().for_each(|sum| sum.add(item, maker.name));
        }
        let mut rows: Vec<_> = (0..)
            .zip(sums)
            .filter(|(_, sum)| sum.calls > 0)
            .map(|(client, sum)| {
                let name =
                    (sum.name != NONE).then(|| self.names.get(sum.name)).filter(|name| !name.is_empty());
                report::ClientMeasures {
                    client: Bytes::from(self.clients.get(client)),
                    name: name.map(Bytes::from),
                    calls: sum.calls,
                    total: sum.total,
                    max: sum.max,
                }
            })
            .collect();
        rows.sort_by(|a, b| (Reverse(a.total), &a.client).cmp(&(Reverse(b.total), &b.client)));
        rows.into_iter().map(R::from).collect()
    }

    fn buckets(&self) -> Vec<report::Bucket> {
        let mut counts = self.settled.buckets;
        for item in self.items() {
            if let Some(count) = counts.get_mut(bucket(item.us)) {
                *count += 1;
            }
        }
        let ends = BORDERS.iter().skip(1).copied().map(Some).chain([None]);
        let rows = BORDERS.into_iter().zip(ends).zip(counts);
        rows.map(|((from_us, to_us), calls)| report::Bucket { from_us, to_us, calls }).collect()
    }

    /// Where an input's ids fall while time goes on. In an input that holds the logs of several servers
    /// ids fall too: then they go on from where another server's were, or that server's go on later.
    fn restarts(&self, order: &Order<'_>, paths: &[Bytes]) -> Vec<report::Restart> {
        if order.is_one_log() {
            return Vec::new();
        }
        let mut items: Vec<(u32, i64, u64)> =
            self.made().filter_map(|(item, maker)| Some((maker.input, item.time, item.id.get()?))).collect();
        items.sort_unstable();
        let mut resumed: HashMap<(u32, u64), usize, FixedState> = HashMap::default();
        let mut before = None;
        for (at, (input, _, id)) in items.iter().enumerate() {
            if before != id.checked_sub(1).map(|before| (*input, before)) {
                resumed.insert((*input, *id), at);
            }
            before = Some((*input, *id));
        }
        let mut restarts = Vec::new();
        let mut seen: HashMap<(u32, u64), u32, FixedState> = HashMap::default();
        for (at, pair) in items.windows(2).enumerate() {
            let [(input, time, id), (next_input, next_time, next_id)] = pair else { continue };
            *seen.entry((*input, *id)).or_default() += 1;
            if input != next_input || next_time <= time || next_id >= id {
                continue;
            }
            let of = |id: Option<u64>| Some((*input, id?));
            // Where an id was seen more often than the one behind it, somebody's log goes on there.
            let times = |id: Option<u64>| of(id).and_then(|key| seen.get(&key).copied()).unwrap_or(0);
            let continues = times(next_id.checked_sub(1)) > times(Some(*next_id));
            let is_resumed =
                of(id.checked_add(1)).is_some_and(|key| resumed.get(&key).is_some_and(|n| *n > at + 1));
            if !continues && !is_resumed {
                restarts.push((*input, *next_time, *next_id));
            }
        }
        // Servers do not start anew every few calls: that is several logs, mixed.
        let of = |items: &[(u32, i64, u64)], input: u32| items.iter().filter(|item| item.0 == input).count();
        let inputs: BTreeSet<u32> = restarts.iter().map(|restart| restart.0).collect();
        let mixed =
            inputs.into_iter().filter(|input| of(&restarts, *input) > (of(&items, *input) / APART).max(2));
        let mixed: BTreeSet<u32> = mixed.collect();
        restarts
            .into_iter()
            .filter(|(input, ..)| !mixed.contains(input))
            .map(|(input, time, id)| report::Restart {
                path: paths.get(input as usize).cloned().unwrap_or_default(),
                time: Time(time),
                id,
            })
            .collect()
    }
}

/// All entries with the numbers that `of` has for their makers.
fn numbered<'a>(held: &'a Held, of: &'a [usize]) -> impl Iterator<Item = (usize, &'a Item)> {
    held.items.iter().map(|item| (of.get(item.maker as usize).copied().unwrap_or(usize::MAX), item))
}

/// Entries between two starts of a server, at least, on the whole.
const APART: usize = 10;

/// What the durations of each number come to.
fn all(held: Vec<Vec<u64>>, settled: &BTreeMap<u32, Sketch>) -> impl Iterator<Item = (u32, Measures)> {
    let mut held: BTreeMap<u32, Vec<u64>> = (0..).zip(held).filter(|(_, held)| !held.is_empty()).collect();
    for number in settled.keys() {
        held.entry(*number).or_default();
    }
    held.into_iter().map(|(number, mut held)| (number, measures(&mut held, settled.get(&number))))
}

/// What took longest first.
fn sorted(rows: impl Iterator<Item = (Bytes, Measures)>) -> impl Iterator<Item = (Bytes, Measures)> {
    let mut rows: Vec<_> = rows.collect();
    rows.sort_by(|(a, m), (b, n)| (Reverse(m.total), a).cmp(&(Reverse(n.total), b)));
    rows.into_iter()
}

impl Shown {
    fn report<R: From<report::Entry>>(&self, paths: &[Bytes]) -> R {
        let bytes = |field: &Option<Vec<u8>>| field.as_deref().map(Bytes::from);
        R::from(report::Entry {
            id: self.id,
            time: Time(self.time),
            value: self.us,
            command: Bytes::from(self.command.as_slice()),
            args: self.text.clone(),
            args_exact: self.certainty == certainty(Exactness::Exact),
            client: bytes(&self.client),
            monitor: None,
            name: bytes(&self.name),
            complexity: bytes(&self.complexity),
            path: paths.get(self.input as usize).cloned().unwrap_or_default(),
            byte_offset: self.place.offset,
            line: self.place.line + 1,
        })
    }
}
