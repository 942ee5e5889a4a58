//! Rules over events.

mod eviction;
mod expiry_storm;
mod key_churn;

use super::Rule;
use crate::notification::class;
use crate::output::number::Noun;
use crate::report::events::KeyChange;
use crate::report::findings::Evidence;
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

/// Changes of one event to keys of a pattern, by the input's number.
fn inputs(report: &Report, pattern: &Bytes, event: &[u8]) -> impl Iterator<Item = (u32, u64)> {
    let rows = report.keyspace_events.patterns.iter();
    rows.filter(move |row| row.pattern == *pattern && row.event.0 == event)
        .flat_map(|row| row.inputs.iter().copied())
}

/// Whether an event tells of a write.
fn is_write(event: &[u8]) -> bool {
    "$lshzt".contains(class(event).letter)
}

/// Changes of one event to keys of a pattern.
fn changes(report: &Report, pattern: &Bytes, event: &[u8]) -> u64 {
    inputs(report, pattern, event).map(|(_, calls)| calls).sum()
}
