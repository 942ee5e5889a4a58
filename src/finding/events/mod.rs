//! Rules over events.

mod eviction;
mod expiry_storm;
mod key_churn;

use super::Rule;
use crate::output::number::{Noun, grouped};
use crate::report::events::KeyChange;
use crate::report::findings::{Confirmation, Evidence};
use crate::report::{Bytes, Report};

/// In the order of their weight.
pub const RULES: &[&dyn Rule] = &[&expiry_storm::ExpiryStorm, &eviction::Eviction, &key_churn::KeyChurn];

/// Keys, as one and as many.
const KEYS: Noun = Noun("key", "keys");

/// A change as evidence.
fn evidence(event: &str, change: &KeyChange) -> Evidence {
    Evidence {
        path: change.path.clone(),
        byte_offset: change.byte_offset,
        line: change.line,
        time: change.time,
        text: format!("{event} {}", change.key.text()),
    }
}

/// Changes of one event to keys of a pattern.
fn changes(report: &Report, pattern: &Bytes, event: &[u8]) -> u64 {
    let rows = report.keyspace_events.patterns.iter();
    rows.filter(|row| row.pattern == *pattern && row.event.0 == event).map(|row| row.calls).sum()
}

/// What MONITOR says of a pattern's keys and their times to live.
fn ttl_in_monitor(report: &Report, pattern: &Bytes) -> Option<Confirmation> {
    let row = report.key_patterns.rows.iter().find(|row| row.pattern == *pattern && row.ttl_set > 0)?;
    let text = format!(
        "MONITOR: {} gave keys of {} a time to live, and {} wrote to them, from {}.",
        Noun("call", "calls").count(row.ttl_set),
        pattern.text(),
        grouped(row.writes),
        Noun("client", "clients").count(row.clients)
    );
    Some(Confirmation { kind: "monitor", text })
}
