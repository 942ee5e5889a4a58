//! `connection-leak`: a client that opens connections and does not close them.

use std::cmp::Reverse;

use super::course::{Course, Gathered, Leak, gather};
use super::seen::Seen;
use super::{End, append, evidence, is_safe, snapshot_evidence};
use crate::finding::{About, EVIDENCE, Facts, Rule, Threshold};
use crate::output::number;
use crate::report::Bytes;
use crate::report::connections::ConnectionRow;
use crate::report::findings::{Confidence, Confirmation, Finding, Number, Severity};

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

impl Rule for ConnectionLeak {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn check(&self, facts: &Facts<'_>, found: &mut Vec<Finding>) {
        let connections = &facts.report.connections;
        let courses = Course::all(
            connections,
            End::all(facts),
            facts.limit(&ABOUT, &NOTE),
            facts.limit(&ABOUT, &PER_MINUTE),
        );
        let mut findings = Vec::new();
        for (course, Gathered { all, values }) in gather(connections, &courses) {
            findings
                .extend(course.leaks(&all, &values.all).into_iter().map(|leak| finding(facts, course, leak)));
        }
        findings.sort_by_key(|finding| Reverse(finding.severity));
        append(findings, found);
    }
}

fn finding(facts: &Facts<'_>, course: &Course<'_>, leak: Leak<'_>) -> Finding {
    let Leak { by, value, unnamed, mut rows, rise } = leak;
    let what = words(by, &value, unnamed);
    let (least, limit) = (facts.limit(&ABOUT, &CONNECTIONS), facts.limit(&ABOUT, &PER_MINUTE));
    let grown = rise.last.saturating_sub(rise.first);
    let shows = |at: u64| {
        let row = course.snapshot(at)?;
        let is_there =
            |held: &&&Seen<'_>| held.span.is_some_and(|(first, last)| (first..=last).contains(&at));
        let count = rows.iter().filter(is_there).count();
        Some(snapshot_evidence(row, format!("{count} of {} connections: {what}", row.total)))
    };
    let middle = rise.begin + (course.last - rise.begin) / 2;
    let mut shown: Vec<_> = [rise.begin, middle, course.last].into_iter().filter_map(shows).collect();
    rows.retain(|seen| seen.span.is_some_and(|(first, _)| first > rise.begin && first <= course.last));
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
    let pace = course.minutes(&rise).map(|minutes| (minutes, grown as f64 / minutes));
    let over = pace.map_or_else(
        || format!("over {} snapshots", rise.snapshots),
        |(minutes, pace)| format!("in {} ({pace:.1} a minute)", number::duration((minutes * 60e6) as u64)),
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
    let pace_number = pace.map(|(_, value)| Number { name: PER_MINUTE.name, value, threshold: Some(limit) });
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
        confirmed_by: grown_by_info(facts, grown).into_iter().chain(calls(facts, by, &value)).collect(),
        command: command(by, &value),
        subject: value,
        ..Finding::of(&ABOUT)
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
