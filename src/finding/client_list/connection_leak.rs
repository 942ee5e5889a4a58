//! `connection-leak`: a client that opens connections and does not close them.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};

use foldhash::fast::FixedState;

use super::rise::{Rise, Span, rise};
use super::seen::{ORIGINS, Seen, Values};
use super::{End, MOST, append, evidence, is_capture, is_safe, snapshot_evidence, stem};
use crate::finding::{About, EVIDENCE, Facts, Rule, Threshold};
use crate::intern::{Interner, hash};
use crate::output::number;
use crate::report::Bytes;
use crate::report::connections::{ConnectionRow, SnapshotRow};
use crate::report::findings::{Confidence, Confirmation, Finding, Number, Severity};
use crate::statistic::connections::host;

/// The rule.
pub struct ConnectionLeak;

const PER_MINUTE: Threshold = Threshold {
    name: "per-minute",
    value: 0.1,
    meaning: "growth of so many connections a minute, kept up over the series",
    source: "operators' convention: 144 connections a day",
};

const NOTE: Threshold = Threshold {
    name: "note-connections",
    value: 3.0,
    meaning: "growth by fewer connections than this is not judged",
    source: "redtrail's own choice: with fewer there is no telling growth that is kept up from chance",
};

const CONNECTIONS: Threshold = Threshold {
    name: "connections",
    value: 5.0,
    meaning: "growth by so many connections is a warning",
    source: "redtrail's own choice: pools open a few connections more whenever load asks for them",
};

const ABOUT: About = About {
    rule: "connection-leak",
    kind: "client-list",
    detects: "A client, user, library or host whose connections become more from snapshot to snapshot and \
              are not closed again.",
    because: "Each connection takes memory and one of maxclients. Once those are used up the server refuses \
              everybody, not only the one that leaks.",
    severity: "A warning where the growth is kept up and most of what was opened lies unused; a note for \
               few connections, and where the new ones are in use, which is more load rather than a leak.",
    thresholds: &[PER_MINUTE, NOTE, CONNECTIONS],
    by_rate: true,
    remedy: "Find in the client where a connection is opened and not given back, mostly on the path of an \
             error or where a pool is made anew for each request, and bound its pool. Until then timeout \
             (seconds, 0 by default) lets the server close clients that are idle for longer, subscribers \
             excepted: idle clients of others then see closed connections too. tcp-keepalive closes only \
             those whose host is gone, which does not help here while the process lives.",
};

/// Snapshots from which on a course is more than a moment.
const ENOUGH: u64 = 5;

/// A group that grows.
struct Leak<'a> {
    /// `name`, `user`, `library` or `ip`.
    by: &'static str,
    value: Bytes,
    /// Whether only those without a name are meant.
    unnamed: bool,
    rows: Vec<&'a Seen<'a>>,
    rise: Rise,
}

/// The series of one server, that is judged. Snapshots have their number within it.
struct Course<'a> {
    facts: &'a Facts<'a>,
    /// The snapshot that it ends with.
    last: u64,
    end: &'a End,
}

impl Rule for ConnectionLeak {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn check(&self, facts: &Facts<'_>, found: &mut Vec<Finding>) {
        let connections = &facts.report.connections;
        let ends = End::all(facts);
        let numbers: HashMap<u32, usize, FixedState> = ends.iter().map(|end| end.run).zip(0..).collect();
        let courses: Vec<_> = ends.iter().map(|end| Course::of(facts, end)).collect();
        // Most of the time goes by until rows are there, so they are looked at on two threads.
        let (one, other) = connections.rows.split_at(connections.rows.len() / 2);
        let gather = |rows| gather(rows, &courses, &numbers);
        let (one, other) = rayon::join(|| gather(one), || gather(other));
        let mut findings = Vec::new();
        for ((course, mut one), other) in courses.iter().zip(one).zip(other) {
            let numbers = one.values.append(&other.values);
            let all = one.all.into_iter().chain(other.all.into_iter().map(|seen| seen.renumbered(&numbers)));
            findings.extend(course.findings(&all.collect::<Vec<_>>(), &one.values.all));
        }
        findings.sort_by_key(|finding| Reverse(finding.severity));
        append(findings, found);
    }
}

/// What is seen of the connections of a course.
#[derive(Default)]
struct Gathered<'a> {
    all: Vec<Seen<'a>>,
    values: Values,
}

/// For each course what is seen of those of these rows that are of it; `numbers` are the courses' by their runs.
fn gather<'a>(
    rows: &'a [ConnectionRow],
    courses: &[Course<'_>],
    numbers: &HashMap<u32, usize, FixedState>,
) -> Vec<Gathered<'a>> {
    // Replicas and MONITOR have rules of their own.
    let counts = |row: &ConnectionRow| matches!(row.kind, "normal" | "pubsub") && !is_capture(row);
    let mut gathered: Vec<Gathered<'a>> = courses.iter().map(|_| Gathered::default()).collect();
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
    /// It ends with the last snapshot with a time: where others have one, a snapshot without it has no place in the
    /// course. Where none has, with the last.
    fn of(facts: &'a Facts<'a>, end: &'a End) -> Self {
        let mut course = Course { facts, last: 0, end };
        let all = 0..course.end.snapshots.len() as u64;
        let timed = all.clone().rfind(|at| course.snapshot(*at).is_some_and(|row| row.time.is_some()));
        course.last = timed.or(all.last()).unwrap_or_default();
        course
    }

    fn findings(&self, all: &[Seen<'_>], values: &Interner) -> Vec<Finding> {
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
        leaks.into_iter().map(|leak| self.finding(leak)).collect()
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
    fn leaks(&self, rows: &[&Seen<'_>]) -> Option<Rise> {
        let least = self.facts.limit(&ABOUT, &NOTE);
        let span = |seen: &&Seen<'_>| -> Option<Span> {
            let (first, last) = seen.span?;
            Some((first, if seen.stays { self.last } else { last }))
        };
        let rise = rise(&rows.iter().filter_map(span).collect::<Vec<_>>(), self.last)?;
        let grown = rise.last.checked_sub(rise.first)? as f64;
        let pace = self.facts.limit(&ABOUT, &PER_MINUTE);
        let is_fast = self.minutes(&rise).is_none_or(|minutes| grown / minutes >= pace);
        (rise.kept_up && grown >= least && is_fast).then_some(rise)
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
                let rise = self.leaks(&rows)?;
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
        let least = self.facts.limit(&ABOUT, &NOTE);
        let mut counts = vec![0_u32; values.len()];
        for number in rows.iter().filter_map(|seen| number(seen)) {
            counts.get_mut(number as usize).into_iter().for_each(|count| *count += 1);
        }
        let enough =
            |number: &u32| counts.get(*number as usize).is_some_and(|count| f64::from(*count) >= least);
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
                let Some(rise) = self.leaks(&rows) else { continue };
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
    fn minutes(&self, rise: &Rise) -> Option<f64> {
        let (first, last) = (self.snapshot(rise.begin)?, self.snapshot(self.last)?);
        let timed =
            last.time.zip(first.time).map(|(last, first)| last.0.saturating_sub(first.0) as f64 / 60e6);
        let aged = || {
            let seconds = last.elapsed_seconds?.checked_sub(first.elapsed_seconds?)?;
            Some(seconds as f64 / 60.0)
        };
        timed.or_else(aged).filter(|minutes| *minutes > 0.0)
    }

    fn snapshot(&self, at: u64) -> Option<&SnapshotRow> {
        let at = self.end.snapshots.get(usize::try_from(at).ok()?)?;
        self.facts.report.connections.snapshots.get(usize::try_from(*at).ok()?)
    }

    fn finding(&self, leak: Leak<'_>) -> Finding {
        let Leak { by, value, unnamed, mut rows, rise } = leak;
        let what = words(by, &value, unnamed);
        let (least, limit) = (self.facts.limit(&ABOUT, &CONNECTIONS), self.facts.limit(&ABOUT, &PER_MINUTE));
        let grown = rise.last.saturating_sub(rise.first);
        let shows = |at: u64| {
            let row = self.snapshot(at)?;
            let is_there =
                |held: &&&Seen<'_>| held.span.is_some_and(|(first, last)| (first..=last).contains(&at));
            let count = rows.iter().filter(is_there).count();
            Some(snapshot_evidence(row, format!("{count} of {} connections: {what}", row.total)))
        };
        let middle = rise.begin + (self.last - rise.begin) / 2;
        let mut shown: Vec<_> = [rise.begin, middle, self.last].into_iter().filter_map(shows).collect();
        rows.retain(|seen| seen.span.is_some_and(|(first, _)| first > rise.begin && first <= self.last));
        let opened = rows.len() as u64;
        rows.retain(|seen| seen.stays);
        let mut rows: Vec<_> = rows.into_iter().map(|seen| seen.row).collect();
        let (left, unused) = (rows.len() as u64, rows.iter().filter(|row| is_unused(row)).count() as u64);
        let closed = match opened - left {
            0 => "none was closed".to_owned(),
            closed => format!("{} of {opened} that were opened were closed again", number::grouped(closed)),
        };
        let is_leak = unused * 2 >= left;
        let is_bad = is_leak && grown as f64 >= least;
        let pace = self.minutes(&rise).map(|minutes| (minutes, grown as f64 / minutes));
        let over = pace.map_or_else(
            || format!("over {} snapshots", rise.snapshots),
            |(minutes, pace)| {
                format!("in {} ({pace:.1} a minute)", number::duration((minutes * 60e6) as u64))
            },
        );
        let mut detail = match pace {
            Some((_, pace)) => format!("The growth is {pace:.2} connections a minute (a leak from {limit})"),
            None => format!("The capture has no clock to tell a rate by; the growth is {grown} connections"),
        };
        detail.push_str(&format!(
            " and was kept up over {} snapshots; {closed}. Of the {left} that are new and there at the \
             end, {unused} {} unused for at least half of their lives.",
            rise.snapshots,
            if unused == 1 { "was" } else { "were" },
        ));
        if !is_leak {
            detail.push_str(" Most are in use, so this looks like more load rather than a leak.");
        }
        // The longest unused ones show best what was forgotten.
        rows.sort_by_key(|row| (Reverse(is_unused(row)), Reverse(row.idle.get())));
        shown.extend(rows.iter().take(EVIDENCE).map(|row| evidence(row)));
        let plain = |name, value: u64| Number { name, value: value as f64, threshold: None };
        let pace_number =
            pace.map(|(_, value)| Number { name: PER_MINUTE.name, value, threshold: Some(limit) });
        let numbers = [
            Number { name: CONNECTIONS.name, value: grown as f64, threshold: Some(least) },
            plain("first", rise.first),
            plain("last", rise.last),
            plain("closed", opened - left),
            plain("unused", unused),
        ];
        Finding {
            severity: if is_bad { Severity::Warning } else { Severity::Info },
            confidence: if pace.is_some() && is_leak && rise.snapshots >= ENOUGH {
                Confidence::High
            } else {
                Confidence::Medium
            },
            title: format!("{what} went from {} to {} connections {over}; {closed}.", rise.first, rise.last),
            detail,
            numbers: pace_number.into_iter().chain(numbers).collect(),
            evidence: shown,
            confirmed_by: grown_by_info(self.facts, grown)
                .into_iter()
                .chain(calls(self.facts, by, &value))
                .collect(),
            command: command(by, &value),
            subject: value,
            ..Finding::of(&ABOUT)
        }
    }
}

/// Calls of a connection, so many at most: what opens it (HELLO, AUTH, CLIENT SETNAME) and little work.
const FEW: u64 = 10;

/// How little MONITOR shows of the connections of a name.
fn calls(facts: &Facts<'_>, by: &str, value: &Bytes) -> Option<Confirmation> {
    let rows = facts.report.clients.rows.iter();
    let theirs = rows.filter(|row| by == "name" && row.name.as_ref() == Some(value));
    let (connections, calls) =
        theirs.fold((0_u64, 0_u64), |(count, calls), row| (count + 1, calls + row.calls));
    (connections > 1 && calls <= connections.saturating_mul(FEW)).then(|| Confirmation {
        kind: "monitor",
        text: format!(
            "MONITOR: {} connections of {} made {}, {:.1} each.",
            number::grouped(connections),
            value.text(),
            number::Noun("call", "calls").count(calls),
            calls as f64 / connections as f64
        ),
    })
}

/// That INFO shows more connections too, where all of its dumps are of one run of a server.
fn grown_by_info(facts: &Facts<'_>, grown: u64) -> Option<Confirmation> {
    let dumps = &facts.report.info.snapshots;
    let (first, last) = (dumps.first()?, dumps.last()?);
    if dumps.iter().any(|dump| dump.server.run_id != first.server.run_id) {
        return None;
    }
    let (from, to) = (first.clients.connected?, last.clients.connected?);
    // The dumps may not cover the whole growth.
    (to.saturating_sub(from).saturating_mul(2) >= grown).then(|| Confirmation {
        kind: "info",
        text: format!(
            "INFO: connected_clients went from {} to {}.",
            number::grouped(from),
            number::grouped(to)
        ),
    })
}

/// Who it is, as the subject of a sentence.
fn words(by: &str, value: &Bytes, unnamed: bool) -> String {
    let clients = if unnamed { "Clients without a name" } else { "Clients" };
    let value = value.text();
    match by {
        "name" => value,
        "user" => format!("{clients} of user {value}"),
        "library" => format!("{clients} with library {value}"),
        _ => format!("{clients} from {value}"),
    }
}

/// Nobody used it for at least half of its life. Who only waits to be sent something does not tell: a
/// subscriber is used by what it is sent. Ages are whole seconds, so the youngest do not tell either.
fn is_unused(row: &ConnectionRow) -> bool {
    let (Some(age), Some(idle)) = (row.age.get(), row.idle.get()) else { return true };
    row.kind == "pubsub" || age <= 1 || idle.saturating_mul(2) >= age
}

/// Lists the connections, where the group is a plain word in one field.
fn command(by: &str, value: &Bytes) -> Option<String> {
    let text = value.text();
    let field = match by {
        "name" => format!("name={text} "),
        "ip" if text == "unix" => return None,
        "ip" if text.contains(':') => format!("addr=[{text}]:"),
        "ip" => format!("addr={text}:"),
        // A user may stand last in a row and a library is two fields.
        _ => return None,
    };
    is_safe(value).then(|| format!("redis-cli CLIENT LIST | grep -F ' {field}'"))
}
