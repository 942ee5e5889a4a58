//! Files that hold several kinds: read as the same captures in files of their own, wherever one ends and the next
//! begins, and nowhere else.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that finds something amiss fails")]

#[path = "../common/binary.rs"]
mod binary;
#[path = "../common/fixture.rs"]
mod fixture;

mod damage;
mod hostile;
mod orders;
mod reading;
mod sessions;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use redtrail::options::{Analysis, Reading};
use redtrail::output::{Render, json::Json};
use serde_json::Value;

/// A file of the `cases` fixtures.
fn case(name: &str) -> Vec<u8> {
    fixture::content(&format!("cases/{name}"))
}

/// The bytes of `report.json` for `content` in a file of a fixed name.
fn json(content: &[u8], threads: usize, block_bytes: usize) -> String {
    let dir = tempfile::tempdir().unwrap();
    json_of(dir.path(), content, threads, block_bytes)
}

/// The same in `dir`, so that paths are equal.
fn json_of(dir: &Path, content: &[u8], threads: usize, block_bytes: usize) -> String {
    let path = dir.join("all.txt");
    fs::write(&path, content).unwrap();
    let reading = Reading { threads, block_bytes, ..Reading::default() };
    let outcome = redtrail::analyze(&[path], &Analysis { reading, ..Analysis::default() }).unwrap();
    assert!(outcome.failures.is_empty(), "{:?}", outcome.failures);
    let mut out = Vec::new();
    Json.render(&outcome.report, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// The report; every byte of `content` must be accounted for.
fn report(content: &[u8]) -> Value {
    let report = serde_json::from_str(&json(content, 1, Reading::default().block_bytes)).unwrap();
    accounted(&report, content);
    report
}

/// Panics unless inputs add up to `content`, and every place lies in it.
fn accounted(report: &Value, content: &[u8]) {
    let mut bytes = 0;
    for input in report["inputs"].as_array().unwrap() {
        let sum: u64 =
            input["accounted"].as_object().unwrap().values().map(|sum| sum.as_u64().unwrap()).sum();
        assert_eq!(sum, input["bytes"], "{input}");
        bytes += sum;
    }
    assert_eq!((bytes, bytes), (content.len() as u64, report["totals"]["bytes"].as_u64().unwrap()));
    places(report, content);
}

/// Panics unless each place in a report lies in the line that it names.
fn places(value: &Value, content: &[u8]) -> usize {
    match value {
        Value::Array(values) => values.iter().map(|value| places(value, content)).sum(),
        Value::Object(fields) => {
            let mut found = 0;
            if let (Some(offset), Some(line)) =
                (value["byte_offset"].as_u64(), value["line"].as_u64().filter(|line| *line > 0))
            {
                let before = &content[..usize::try_from(offset).unwrap()];
                let lines = before.iter().filter(|byte| **byte == b'\n').count() as u64;
                assert_eq!(lines + 1, line, "{value}");
                found = 1;
            }
            found + fields.values().map(|value| places(value, content)).sum::<usize>()
        }
        _ => 0,
    }
}

/// Records, rejects and what was cut off, of each kind.
type Counts = BTreeMap<String, [u64; 3]>;

/// What a report says of each kind.
fn counts(report: &Value) -> Counts {
    let mut counts = Counts::new();
    for input in report["inputs"].as_array().unwrap() {
        let count = counts.entry(input["kind"].as_str().unwrap().to_owned()).or_default();
        for (sum, name) in count.iter_mut().zip(["records", "rejected", "truncated"]) {
            *sum += input[name].as_u64().unwrap();
        }
    }
    counts
}

/// The sums of the counts of several files.
fn sums(each: impl IntoIterator<Item = Counts>) -> Counts {
    let mut all = Counts::new();
    for (kind, count) in each.into_iter().flatten() {
        let sums = all.entry(kind).or_default();
        sums.iter_mut().zip(count).for_each(|(sum, one)| *sum += one);
    }
    all
}

/// The kinds of a report's inputs, in order.
fn kinds(report: &Value) -> Vec<&str> {
    report["inputs"].as_array().unwrap().iter().map(|input| input["kind"].as_str().unwrap()).collect()
}
