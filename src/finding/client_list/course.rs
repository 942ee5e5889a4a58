//! The series of one server's snapshots, and which connections become more in it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};

use foldhash::fast::FixedState;

use super::rise::{Rise, Span, rise};
use super::seen::{ORIGINS, Seen, Values};
use super::{End, MOST, is_capture, stem};
use crate::intern::{Interner, hash};
use crate::report::Bytes;
use crate::report::connections::{ConnectionRow, Connections, SnapshotRow};
use crate::statistic::connections::host;

/// A group that grows.
pub struct Leak<'a> {
    /// `name`, `user`, `library` or `ip`.
    pub by: &'static str,
    /// It, or of names that differ by a number what they share.
    pub value: Bytes,
    /// Whether only those without a name are meant.
    pub unnamed: bool,
    /// Its connections.
    pub rows: Vec<&'a Seen<'a>>,
    /// How they became more.
    pub rise: Rise,
}

/// The series of one server, that is judged. Snapshots have their number within it.
pub struct Course<'a> {
    connections: &'a Connections,
    end: &'a End,
    /// The snapshot that it ends with.
    pub last: u64,
    least: f64,
    pace: f64,
}

/// What is seen of the connections of a course.
#[derive(Default)]
pub struct Gathered<'a> {
    /// The connections.
    pub all: Vec<Seen<'a>>,
    /// The values that they have the numbers of.
    pub values: Values,
}

/// For each course what is seen of its connections.
pub fn gather<'a, 'c>(
    connections: &'a Connections,
    courses: &'c [Course<'a>],
) -> impl Iterator<Item = (&'c Course<'a>, Gathered<'a>)> {
    let numbers: HashMap<u32, usize, FixedState> =
        courses.iter().map(|course| course.end.run).zip(0..).collect();
    // Most of the time goes by until rows are there, so they are looked at on two threads.
    let (one, other) = connections.rows.split_at(connections.rows.len() / 2);
    let look = |rows| look(rows, courses, &numbers);
    let (one, other) = rayon::join(|| look(one), || look(other));
    courses.iter().zip(one).zip(other).map(|((course, mut one), other)| {
        let numbers = one.values.append(&other.values);
        one.all.extend(other.all.into_iter().map(|seen| seen.renumbered(&numbers)));
        (course, one)
    })
}

/// For each course what is seen of those of these rows that are of it; `numbers` are the courses' by their runs.
fn look<'a>(
    rows: &'a [ConnectionRow],
    courses: &[Course<'_>],
    numbers: &HashMap<u32, usize, FixedState>,
) -> Vec<Gathered<'a>> {
    // Replicas and MONITOR have rules of their own.
    let counts = |row: &ConnectionRow| matches!(row.kind, "normal" | "pubsub") && !is_capture(row);
    let mut gathered: Vec<Gathered<'a>> = courses.iter().map(|_| Gathered::default()).collect();
    if let [all] = &mut gathered[..] {
        all.all.reserve(rows.len());
    }
    let mut run = None;
    for row in rows {
        // Mostly all are of one.
        let (_, number) = match run.filter(|(run, _)| *run == row.run) {
            Some(found) => found,
            None => *run.insert((row.run, numbers.get(&row.run).copied())),
        };
        let Some(number) = number.filter(|_| counts(row)) else { continue };
        if let Some((course, held)) = courses.get(number).zip(gathered.get_mut(number)) {
            held.all.push(course.seen(row, &mut held.values));
        }
    }
    gathered
}

impl<'a> Course<'a> {
    /// Those that end so. Growth by fewer connections than `least`, or by fewer a minute than `pace`, is none.
    pub fn all(connections: &'a Connections, ends: &'a [End], least: f64, pace: f64) -> Vec<Self> {
        ends.iter().map(|end| Course::of(connections, end, least, pace)).collect()
    }

    /// It ends with the last snapshot with a time: where others have one, a snapshot without it has no place in the
    /// course. Where none has, with the last.
    fn of(connections: &'a Connections, end: &'a End, least: f64, pace: f64) -> Self {
        let mut course = Course { connections, end, last: 0, least, pace };
        let all = 0..course.end.snapshots.len() as u64;
        let timed = all.clone().rfind(|at| course.snapshot(*at).is_some_and(|row| row.time.is_some()));
        course.last = timed.or(all.last()).unwrap_or_default();
        course
    }

    /// What leaks of these, whose values are `values`.
    pub fn leaks<'r>(&self, all: &'r [Seen<'r>], values: &Interner) -> Vec<Leak<'r>> {
        let mut rest: Vec<&Seen<'_>> = all.iter().collect();
        let mut leaks = Vec::new();
        // What says most comes first, and what it explains is not counted again: names, then names that
        // differ by a number, then where the nameless come from, then where all come from.
        self.take(&mut rest, &mut leaks, values, |seen| seen.name);
        let mut stems = Values::default();
        let mut by_name: HashMap<u32, Option<u32>, FixedState> = HashMap::default();
        for name in rest.iter().filter_map(|seen| seen.name) {
            by_name.entry(name).or_insert_with(|| {
                let stem = stem(&Bytes::from(values.get(name)));
                stems.number(0, Some(&stem.0).filter(|stem| stem.contains(&b'*')).map(|stem| stem.as_slice()))
            });
        }
        self.take(&mut rest, &mut leaks, &stems.all, |seen| by_name.get(&seen.name?).copied().flatten());
        for unnamed in [true, false] {
            for _ in 0..MOST {
                let Some(leak) = self.from(&rest, values, unnamed) else { break };
                let taken: HashSet<*const Seen<'_>, FixedState> =
                    leak.rows.iter().map(|seen| std::ptr::from_ref(*seen)).collect();
                rest.retain(|seen| !taken.contains(&std::ptr::from_ref(*seen)));
                leaks.push(leak);
            }
        }
        leaks
    }

    fn seen<'r>(&self, row: &'r ConnectionRow, values: &mut Values) -> Seen<'r> {
        let told = |value: &'r Option<Bytes>| value.as_ref().map(|value| value.0.as_slice());
        let user = told(&row.user).filter(|user| *user != b"default");
        let origin = [
            values.number(1, user),
            values.number(2, told(&row.library)),
            values.number(3, Some(host(&row.address.0))),
        ];
        let name = values.number(0, told(&row.name));
        Seen { row, span: self.span(row), stays: self.end.has(row), name, origin }
    }

    /// The snapshots between which a connection was there.
    fn span(&self, row: &ConnectionRow) -> Option<Span> {
        let snapshots = &self.end.snapshots;
        // Mostly all are of this run.
        let is_own = |at: u64| usize::try_from(at).is_ok_and(|own| snapshots.get(own) == Some(&at));
        let within = |at: u64| {
            if is_own(at) { at } else { snapshots.partition_point(|held| *held < at) as u64 }
        };
        row.first_snapshot.map(within).zip(row.last_snapshot.map(within))
    }

    /// Whether this is growth that is kept up, and fast enough.
    fn grows(&self, rows: &[&Seen<'_>]) -> Option<Rise> {
        let span = |seen: &&Seen<'_>| -> Option<Span> {
            let (first, last) = seen.span?;
            Some((first, if seen.stays { self.last } else { last }))
        };
        let rise = rise(&rows.iter().filter_map(span).collect::<Vec<_>>(), self.last)?;
        let grown = rise.last.checked_sub(rise.first)? as f64;
        let is_fast = self.minutes(&rise).is_none_or(|minutes| grown / minutes >= self.pace);
        (rise.kept_up && grown >= self.least && is_fast).then_some(rise)
    }

    /// Takes out of `rest` the names that leak, the fastest first.
    fn take<'r>(
        &self,
        rest: &mut Vec<&'r Seen<'r>>,
        leaks: &mut Vec<Leak<'r>>,
        values: &Interner,
        name: impl Fn(&Seen<'_>) -> Option<u32>,
    ) {
        let groups = self.groups(rest, values, &name).into_iter();
        let mut found: Vec<_> = groups
            .filter_map(|(value, rows)| {
                let rise = self.grows(&rows)?;
                Some(Leak { by: "name", value, unnamed: false, rows, rise })
            })
            .collect();
        let number = |leak: &Leak<'_>| values.find(hash(&leak.value.0), &leak.value.0);
        let taken: HashSet<u32, FixedState> = found.iter().filter_map(number).collect();
        if !taken.is_empty() {
            rest.retain(|seen| !name(seen).is_some_and(|name| taken.contains(&name)));
        }
        found.sort_by_key(|leak| Reverse(leak.rise.last - leak.rise.first));
        leaks.extend(found);
    }

    /// Connections by the value of this number, in the order of the values; without those of too few to be judged.
    fn groups<'r>(
        &self,
        rows: &[&'r Seen<'r>],
        values: &Interner,
        number: impl Fn(&Seen<'_>) -> Option<u32>,
    ) -> BTreeMap<Bytes, Vec<&'r Seen<'r>>> {
        let mut counts = vec![0_u32; values.len()];
        for number in rows.iter().filter_map(|seen| number(seen)) {
            counts.get_mut(number as usize).into_iter().for_each(|count| *count += 1);
        }
        let enough =
            |number: &u32| counts.get(*number as usize).is_some_and(|count| f64::from(*count) >= self.least);
        let mut groups: HashMap<u32, Vec<&Seen<'_>>, FixedState> = HashMap::default();
        for seen in rows {
            if let Some(number) = number(seen).filter(enough) {
                groups.entry(number).or_default().push(seen);
            }
        }
        groups.into_iter().map(|(number, rows)| (Bytes::from(values.get(number)), rows)).collect()
    }

    /// The user, library or host that leaks; of several the one that is the leak most of all: whose
    /// connections are new for the greatest part.
    fn from<'r>(&self, rest: &[&'r Seen<'r>], values: &Interner, unnamed: bool) -> Option<Leak<'r>> {
        let rest: Vec<_> = rest.iter().copied().filter(|seen| !unnamed || seen.name.is_none()).collect();
        let mut best: Option<(f64, Leak<'r>)> = None;
        for (at, by) in ORIGINS.into_iter().enumerate() {
            let from = |seen: &Seen<'_>| seen.origin.get(at).copied().flatten();
            for (value, rows) in self.groups(&rest, values, from) {
                let Some(rise) = self.grows(&rows) else { continue };
                let part = (rise.last - rise.first) as f64 / rise.last as f64;
                if best.as_ref().is_none_or(|(most, _)| part > *most) {
                    best = Some((part, Leak { by, value, unnamed, rows, rise }));
                }
            }
        }
        best.map(|(_, leak)| leak)
    }

    /// From the first snapshot with any of them to the last; `None` where neither a clock nor the age of a client
    /// tells.
    pub fn minutes(&self, rise: &Rise) -> Option<f64> {
        let (first, last) = (self.snapshot(rise.begin)?, self.snapshot(self.last)?);
        let timed =
            last.time.zip(first.time).map(|(last, first)| last.0.saturating_sub(first.0) as f64 / 60e6);
        let aged = || {
            let seconds = last.elapsed_seconds?.checked_sub(first.elapsed_seconds?)?;
            Some(seconds as f64 / 60.0)
        };
        timed.or_else(aged).filter(|minutes| *minutes > 0.0)
    }

    /// One of its snapshots.
    pub fn snapshot(&self, at: u64) -> Option<&SnapshotRow> {
        let at = self.end.snapshots.get(usize::try_from(at).ok()?)?;
        self.connections.snapshots.get(usize::try_from(*at).ok()?)
    }
}
