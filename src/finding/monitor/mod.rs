//! Rules over monitor.

mod blocking_without_timeout;
mod busy_polling;
mod cache_without_ttl;
mod clear_text_secret;
mod company;
mod connection_per_request;
mod cross_slot;
mod dominant_client;
mod flush_command;
mod hot_key;
mod key_without_namespace;
pub mod keys;
mod keys_command;
mod large_multi_key;
mod large_value;
mod lock_without_ttl;
mod long_key_name;
mod loop_instead_of_batch;
mod script_sent_each_time;
pub(super) mod server_stalling_command;
mod slow;
mod unbounded_collection;
mod unbounded_read;

use std::cmp::Reverse;

use super::party::{Party, parties};
use super::{EVIDENCE, Facts, Rule, append_most};
use crate::output::number::{self, Noun};
use crate::report::findings::{Evidence, Finding, Number};
use crate::report::{Bytes, Example};
use crate::statistic::sightings::Sighting;
use crate::statistic::sign::Sign;

/// In the order of their weight.
pub const RULES: &[&dyn Rule] = &[
    &keys_command::KeysCommand,
    &flush_command::FlushCommand,
    &server_stalling_command::ServerStallingCommand,
    &dominant_client::DominantClient,
    &hot_key::HotKey,
    &unbounded_read::UnboundedRead,
    &large_value::LargeValue,
    &large_multi_key::LargeMultiKey,
    &cache_without_ttl::CacheWithoutTtl,
    &lock_without_ttl::LockWithoutTtl,
    &unbounded_collection::UnboundedCollection,
    &loop_instead_of_batch::LoopInsteadOfBatch,
    &blocking_without_timeout::BlockingWithoutTimeout,
    &connection_per_request::ConnectionPerRequest,
    &busy_polling::BusyPolling,
    &script_sent_each_time::ScriptSentEachTime,
    &clear_text_secret::ClearTextSecret,
    &cross_slot::CrossSlot,
    &long_key_name::LongKeyName,
    &key_without_namespace::KeyWithoutNamespace,
];

const CALLS: Noun = Noun("call", "calls");
const CLIENTS: Noun = Noun("other client", "other clients");

/// A record of a report as evidence.
fn evidence(example: &Example) -> Evidence {
    Evidence {
        path: example.path.clone(),
        byte_offset: example.byte_offset,
        line: example.line,
        time: Some(example.time),
        text: example.text.clone(),
    }
}

/// The earliest of some records.
fn earliest<'a>(examples: impl Iterator<Item = &'a Example>) -> Vec<Evidence> {
    let mut examples: Vec<_> = examples.collect();
    examples.sort_by_key(|example| (example.time, &example.path, example.byte_offset));
    examples.into_iter().take(EVIDENCE).map(evidence).collect()
}

/// The first calls of some connections, the earliest of them.
fn openings<'a>(facts: &Facts<'_>, addresses: impl Iterator<Item = &'a Bytes>) -> Vec<Evidence> {
    let mut found = earliest(addresses.filter_map(|address| facts.conduct.openings.get(address)));
    for evidence in &mut found {
        // A name alone, of which the capture shows the words.
        evidence.text = evidence.text.replace('|', " ");
    }
    found
}

/// Findings of one rule about clients that are shown one by one.
const EACH: usize = 20;

/// Appends what a rule found of clients, the worst first. Past [`EACH`] they are counted: all of a fleet may do the
/// same.
fn append_clients(mut findings: Vec<Finding>, found: &mut Vec<Finding>) {
    findings.sort_by_key(|finding| Reverse(finding.severity));
    append_most(findings, EACH, "clients", found);
}

/// What shows a sign, by who did it.
fn sighted<'a>(facts: &Facts<'a>, sign: Sign) -> Vec<Party<'a, &'a Sighting>> {
    let rows = facts.conduct.sightings.iter().filter(|row| row.sign == sign);
    parties(facts, rows.map(|row| (&row.client, row)))
}

/// All calls of some sightings.
fn calls(rows: &[&Sighting]) -> u64 {
    rows.iter().map(|row| row.calls).sum()
}

/// `once`, `twice`, `6 times`.
fn times(calls: u64) -> String {
    match calls {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        _ => format!("{} times", number::grouped(calls)),
    }
}

/// A number without a threshold.
fn plain(name: &'static str, value: f64) -> Number {
    Number { name, value, threshold: None }
}

/// A number and what it is compared with.
fn against(name: &'static str, value: f64, threshold: f64) -> Number {
    Number { name, value, threshold: Some(threshold) }
}

/// Per cent that `part` is of `whole`.
fn percent(part: u64, whole: u64) -> f64 {
    crate::statistic::share(part, whole) * 100.0
}

/// The names of the commands of some sightings, each once: `GET, SET`.
fn commands<'a>(names: impl Iterator<Item = &'a Bytes>) -> String {
    let mut names: Vec<_> = names.map(Bytes::text).collect();
    names.sort();
    names.dedup();
    names.join(", ")
}
