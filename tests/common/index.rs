//! `fixtures/index.json`: what each fixture holds, counted by something other than redtrail.

use serde_json::Value;

use super::fixture;

/// The entries, in order.
pub fn index() -> Vec<Value> {
    serde_json::from_slice(&fixture::content("index.json")).unwrap()
}

/// The files of one folder with their entries.
pub fn files(folder: &str) -> Vec<(String, Value)> {
    let entries = index().into_iter().map(|entry| (entry["file"].as_str().unwrap().to_owned(), entry));
    entries.filter(|(file, _)| file.starts_with(folder)).collect()
}
