//! The series as tables of the report.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use rayon::prelude::*;

use super::held::{BY, Connection, Group, Position, Sight, Snapshot};
use super::row::NO_TEXT;
use super::series::Series;
use crate::format::client_list::field::Field;
use crate::intern::Interner;
use crate::output::notation::Time;
use crate::report::Bytes;
use crate::report::connections::{ConnectionRow, Connections, GrowthRow, Number, SnapshotRow};

/// See [`super::Connections::finish`].
pub fn finish(series: &Series, texts: &Interner, paths: &[Bytes], bounds: &mut Vec<String>) -> Connections {
    bounds.extend(series.bounds());
    // Files come in any order.
    let earliest = series.snapshots().iter().filter_map(|held| held.elapsed).min().unwrap_or(0);
    let snapshots =
        || -> Vec<_> { series.snapshots().iter().map(|held| snapshot(held, earliest, paths)).collect() };
    let (rows, (snapshots, growth)) =
        rayon::join(|| rows(series, texts, paths), || (snapshots(), growth(series, texts)));
    Connections {
        restarts: snapshots.iter().map(|row| u64::from(row.restarted)).sum(),
        snapshots,
        rows,
        growth,
    }
}

/// Every connection, the biggest output buffer first; of those with the same the ones that the last snapshot has.
fn rows(series: &Series, texts: &Interner, paths: &[Bytes]) -> Vec<ConnectionRow> {
    // What is sorted is moved often, and rows are big.
    let ends = server_ends(series);
    let is_open =
        |held: &Connection| ends.get(&held.server).is_some_and(|(_, last)| *last == held.last.position);
    let weight =
        |held: &Connection| Reverse((held.peak_output, is_open(held), held.row.number(Field::TotMem)));
    let all = series.connections();
    let mut sorted: Vec<_> = (0_u32..)
        .zip(all)
        .map(|(number, held)| (weight(held), held.run, number, held.row.id, held))
        .collect();
    let rest = |held: &Connection| (texts.get(held.row.text(Field::Addr)), held.row.number(Field::Fd));
    // Of those that are alike the one that came first is first, so sorting needs no room of its own.
    sorted.par_sort_unstable_by(
        |(a, run, number, id, one), (b, other_run, other_number, other_id, other)| {
            (a, run, id)
                .cmp(&(b, other_run, other_id))
                .then_with(|| (rest(one), number).cmp(&(rest(other), other_number)))
        },
    );
    let mut listed = [Listed::of(series), Listed::of(series)];
    let seen: Vec<Seen> = all.iter().map(|held| seen(held, &mut listed)).collect();
    let seen = |number: u32| seen.get(number as usize).copied().unwrap_or_default();
    sorted
        .into_par_iter()
        .map(|(_, _, number, _, held)| connection(held, seen(number), texts, paths))
        .collect()
}

/// The numbers of the first and the last snapshot that show a connection.
type Seen = [Option<u32>; 2];

/// Connections in the order of their coming were seen in the order of the snapshots.
fn seen(held: &Connection, [first, last]: &mut [Listed<'_>; 2]) -> Seen {
    [first.number(held.first), last.number(held.last)]
}

fn path(paths: &[Bytes], input: u32) -> Bytes {
    paths.get(input as usize).cloned().unwrap_or_default()
}

fn snapshot(held: &Snapshot, earliest: i64, paths: &[Bytes]) -> SnapshotRow {
    SnapshotRow {
        time: held.time.map(Time),
        elapsed_seconds: held.elapsed.and_then(|seconds| seconds.checked_sub(earliest)?.try_into().ok()),
        path: path(paths, held.position.input),
        byte_offset: held.place.offset,
        line: held.place.line + 1,
        run: held.run,
        server: held.server,
        restarted: held.restarted,
        total: held.total,
        by_type: held.by_type,
        blocked: held.blocked,
        monitors: held.by_type.monitor,
        in_transaction: held.in_transaction,
        idle_over_1h: held.idle_over_1h,
        unnamed: held.unnamed,
        output_buffer_bytes: held.output,
        query_buffer_bytes: held.query,
        memory_bytes: held.memory,
    }
}

/// Finds the numbers of snapshots.
struct Listed<'a> {
    snapshots: &'a [Snapshot],
    /// The one that was found last: connections of a time stand together.
    last: usize,
}

impl<'a> Listed<'a> {
    fn of(series: &'a Series) -> Self {
        Listed { snapshots: series.snapshots(), last: 0 }
    }

    fn number(&mut self, sight: Sight) -> Option<u32> {
        let is = |at: &usize| self.snapshots.get(*at).is_some_and(|held| held.position == sight.position);
        let near = [self.last, self.last + 1].into_iter().find(is);
        let found = near.or_else(|| {
            self.snapshots.binary_search_by_key(&sight.position, |snapshot| snapshot.position).ok()
        })?;
        self.last = found;
        u32::try_from(found).ok()
    }
}

fn connection(held: &Connection, seen: Seen, texts: &Interner, paths: &[Bytes]) -> ConnectionRow {
    let row = &held.row;
    let text = |field| Some(row.text(field)).filter(|text| *text != NO_TEXT).map(|text| texts.get(text));
    let told = |field| text(field).filter(|text| !text.is_empty()).map(Bytes::from);
    let number = |field| Number::from(row.number(field));
    let [first_snapshot, last_snapshot] = seen.map(|number| number.map(u64::from));
    let created = held.last.time.zip(row.age());
    ConnectionRow {
        id: row.id,
        run: held.run,
        address: Bytes::from(text(Field::Addr).unwrap_or_default()),
        laddr: told(Field::Laddr),
        name: told(Field::Name),
        user: told(Field::User),
        library: Some(Bytes::from(library(texts, row.text(Field::LibName), row.text(Field::LibVer))))
            .filter(|library| !library.0.is_empty()),
        kind: row.kind(row.flags(texts)).name(),
        age: number(Field::Age),
        idle: number(Field::Idle),
        flags: text(Field::Flags).map(Bytes::from),
        db: number(Field::Db),
        cmd: text(Field::Cmd).map(Bytes::from),
        fd: number(Field::Fd),
        sub: number(Field::Sub),
        psub: number(Field::Psub),
        ssub: number(Field::Ssub),
        multi: number(Field::Multi),
        watch: number(Field::Watch),
        qbuf: number(Field::Qbuf),
        obl: number(Field::Obl),
        oll: number(Field::Oll),
        omem: number(Field::Omem),
        tot_mem: number(Field::TotMem),
        tot_net_in: number(Field::TotNetIn),
        tot_net_out: number(Field::TotNetOut),
        tot_cmds: number(Field::TotCmds),
        peak_output: held.peak_output,
        peak_query: held.peak_query,
        snapshots: held.snapshots,
        first_snapshot,
        last_snapshot,
        created: created.map(|(time, age)| Time(time.saturating_sub(age.saturating_mul(1_000_000)))),
        first: held.first.time.map(Time),
        last: held.last.time.map(Time),
        path: path(paths, row.input),
        byte_offset: row.place.offset,
        line: row.place.line + 1,
    }
}

/// Library and version in one.
fn library(texts: &Interner, name: u32, version: u32) -> Vec<u8> {
    let (name, version) = (texts.get(name), texts.get(version));
    if name.is_empty() || version.is_empty() {
        [name, version].concat()
    } else {
        [name, b" ", version].concat()
    }
}

/// What became of a group's connections.
#[derive(Clone, Copy, Default)]
struct Lives {
    /// In the first snapshot of their server, and in the last.
    first: u64,
    last: u64,
    births: u64,
    deaths: u64,
    /// Of the dead, those with an age, and its sum.
    aged: u64,
    seconds: i64,
}

/// The first and the last snapshot of each server.
fn server_ends(series: &Series) -> BTreeMap<u32, (Position, Position)> {
    let mut ends = BTreeMap::new();
    for Snapshot { server, position, .. } in series.snapshots() {
        ends.entry(*server).or_insert((*position, *position)).1 = *position;
    }
    ends
}

fn growth(series: &Series, texts: &Interner) -> Vec<GrowthRow> {
    let Some((first, last)) = series.ends() else { return Vec::new() };
    let between = |from: Option<i64>, to: Option<i64>| from.zip(to).map(|(from, to)| to.saturating_sub(from));
    let timed = between(first.time, last.time).map(|micros| micros as f64 / 60_000_000.0);
    let aged = between(first.elapsed, last.elapsed).map(|seconds| seconds as f64 / 60.0);
    let minutes = timed.or(aged).filter(|minutes| *minutes > 0.0);
    let ends = server_ends(series);
    let is_one = ends.len() <= 1;
    let mut lives = vec![Lives::default(); series.groups().len()];
    for connection in series.connections() {
        let (begin, end) = match ends.get(&connection.server) {
            Some(ends) if !is_one => *ends,
            _ => (first.position, last.position),
        };
        let is_new = connection.first.position > begin;
        let is_gone = connection.last.position < end;
        for group in connection.groups {
            let Some(lives) = lives.get_mut(group as usize) else { continue };
            lives.births += u64::from(is_new);
            lives.deaths += u64::from(is_gone);
            lives.first += u64::from(!is_new);
            lives.last += u64::from(!is_gone);
            if let Some(age) = connection.row.age().filter(|_| is_gone) {
                lives.aged += 1;
                lives.seconds = lives.seconds.saturating_add(age);
            }
        }
    }
    let row = |(group, lives): (&Group, &Lives)| {
        let count = |(position, count): (_, u64), end| if position == end { count } else { 0 };
        let (first_count, last_count) = match is_one {
            true => (count(group.first, first.position), count(group.last, last.position)),
            // Servers take turns in the series.
            false => (lives.first, lives.last),
        };
        let a_minute = |count: f64| minutes.map(|minutes| count / minutes);
        GrowthRow {
            by: BY.get(usize::from(group.by)).copied().unwrap_or_default(),
            value: Bytes::from(library(texts, group.value.0, group.value.1)),
            first_count,
            last_count,
            peak: group.peak,
            per_minute: a_minute(last_count as f64 - first_count as f64),
            trend_per_minute: trend(series, group),
            births: lives.births,
            deaths: lives.deaths,
            births_per_minute: a_minute(lives.births as f64),
            deaths_per_minute: a_minute(lives.deaths as f64),
            mean_lifetime_seconds: (lives.aged > 0).then(|| lives.seconds as f64 / lives.aged as f64),
        }
    };
    let mut rows: Vec<_> = series.groups().iter().zip(&lives).map(row).collect();
    // Nothing is learnt from a grouping in which nobody said anything.
    let told: Vec<_> = rows.iter().filter(|row| !row.value.0.is_empty()).map(|row| row.by).collect();
    rows.retain(|row| told.contains(&row.by));
    let weight = |row: &GrowthRow| {
        let grown = i128::from(row.last_count) - i128::from(row.first_count);
        (BY.iter().position(|by| *by == row.by), Reverse((grown, row.peak)))
    };
    rows.sort_by(|a, b| (weight(a), &a.value).cmp(&(weight(b), &b.value)));
    rows
}

/// The slope of the line with the least squares, a minute; snapshots without the group count 0.
fn trend(series: &Series, group: &Group) -> Option<f64> {
    let timed = series.timed();
    let spread = timed.count * timed.sums.1 - timed.sums.0 * timed.sums.0;
    let slope = timed.count * group.sums.1 - timed.sums.0 * group.sums.0;
    (spread > 0).then(|| slope as f64 / spread as f64 * 60_000.0)
}
