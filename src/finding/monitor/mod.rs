//! Rules over monitor.

mod cache_without_ttl;
mod hot_key;
mod key_without_namespace;
mod keys;
mod large_value;
mod lock_without_ttl;
mod long_key_name;
mod unbounded_collection;
mod unbounded_read;

use super::Rule;
use crate::report::Example;
use crate::report::findings::{Evidence, Number};

/// In the order of their weight.
pub const RULES: &[&dyn Rule] = &[
    &hot_key::HotKey,
    &unbounded_read::UnboundedRead,
    &large_value::LargeValue,
    &cache_without_ttl::CacheWithoutTtl,
    &lock_without_ttl::LockWithoutTtl,
    &unbounded_collection::UnboundedCollection,
    &long_key_name::LongKeyName,
    &key_without_namespace::KeyWithoutNamespace,
];

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

/// A number without a threshold.
fn plain(name: &'static str, value: f64) -> Number {
    Number { name, value, threshold: None }
}

/// A number and what it is compared with.
fn against(name: &'static str, value: f64, threshold: f64) -> Number {
    Number { name, value, threshold: Some(threshold) }
}
