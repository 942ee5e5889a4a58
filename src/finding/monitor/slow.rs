//! What the slow log says of calls that MONITOR shows.

use crate::finding::Facts;
use crate::finding::party::Party;
use crate::finding::slowlog::calls::places;
use crate::output::number::{self, Noun};
use crate::report::findings::{Confirmation, Evidence};
use crate::report::slowlog::{MonitorCall, SlowestRow};
use crate::statistic::Period;

/// Microseconds that an entry's time may be off: the log counts whole seconds.
const SECOND: i64 = 1_000_000;

/// The slowest call of a command that the party made in the period. An entry without address and name (Redis
/// before 4.0) counts where its time fits.
pub fn slowest<'a, T>(
    facts: &Facts<'a>,
    party: &Party<'_, T>,
    commands: &[&str],
    period: Period,
) -> Option<&'a SlowestRow> {
    let is_party = |row: &SlowestRow| match (&row.entry.client, &row.entry.name) {
        (_, Some(name)) if *name == party.subject => true,
        (Some(client), _) => party.addresses.contains(facts.address(client)),
        (None, name) => name.is_none(),
    };
    let fits = |row: &SlowestRow| {
        let took = i64::try_from(row.us).unwrap_or(i64::MAX);
        let latest = period.last.saturating_add(SECOND).saturating_add(took);
        (period.first.saturating_sub(SECOND)..=latest).contains(&row.entry.time.0)
    };
    let rows = facts.report.slowlog.slowest.iter();
    let named = rows.filter(|row| commands.iter().any(|name| name.as_bytes() == row.entry.command.0));
    named.filter(|row| is_party(row) && fits(row)).max_by_key(|row| row.us)
}

/// Records with those of the slowest call in front.
pub fn first(slowest: Option<&SlowestRow>, records: Vec<Evidence>) -> Vec<Evidence> {
    let mut shown = slowest.map(places).unwrap_or_default();
    for record in records {
        if !shown.iter().any(|held| (&held.path, held.byte_offset) == (&record.path, record.byte_offset)) {
            shown.push(record);
        }
    }
    shown
}

/// The same as a sentence.
pub fn confirmation(row: &SlowestRow) -> Confirmation {
    let id = row.entry.id.map(|id| format!(", entry {id}")).unwrap_or_default();
    Confirmation {
        kind: "slowlog",
        text: format!(
            "The slow log has one that took {}: {}{id}.{}",
            number::latency(row.us),
            row.entry.args,
            row.entry.monitor.as_ref().map(silence).unwrap_or_default()
        ),
    }
}

/// What MONITOR shows beside a slow call.
fn silence(call: &MonitorCall) -> String {
    let pause = number::latency(call.pause_us);
    let others = call
        .calls_in_second
        .map(|calls| format!("; in that second {} came", Noun("call", "calls").count(calls)));
    format!(" Beside it MONITOR is silent for {pause}{}.", others.unwrap_or_default())
}
