//! Staged incidents: each culprit is found by name, and nobody else is blamed.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that finds something amiss fails")]

use std::fs;
use std::path::{Path, PathBuf};

use redtrail::options::{Analysis, Reading};
use redtrail::report::findings::{Finding, Severity};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/incidents")
}

/// Each incident's folder, and the rules and subjects that its truth expects.
fn incidents() -> Vec<(PathBuf, Vec<(String, String)>)> {
    let mut found: Vec<_> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .map(|path| {
            let truth = fs::read(path.with_extension("json")).unwrap();
            let truth: serde_json::Value = serde_json::from_slice(&truth).unwrap();
            let word = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
            let expected = truth["expect"].as_array().unwrap();
            (path, expected.iter().map(|e| (word(&e["rule"]), word(&e["subject"]))).collect())
        })
        .collect();
    found.sort();
    found
}

fn findings(path: &Path, threads: usize, block_bytes: usize) -> Vec<Finding> {
    let reading = Reading { threads, block_bytes, ..Reading::default() };
    let options = Analysis { reading, ..Analysis::default() };
    redtrail::analyze(&[path.to_owned()], &options).unwrap().report.findings
}

#[test]
fn culprits_are_named_and_nobody_else_is_blamed() {
    for (path, expected) in incidents() {
        let found: Vec<(String, String)> = findings(&path, 2, 2 << 20)
            .iter()
            .filter(|finding| finding.severity >= Severity::Warning)
            .map(|finding| (finding.rule.to_owned(), finding.subject.text()))
            .collect();
        assert_eq!(found, expected, "{}", path.display());
    }
}

#[test]
fn findings_do_not_depend_on_threads_or_blocks() {
    for (path, _) in incidents() {
        let one = format!("{:?}", findings(&path, 1, 2 << 20));
        for (threads, block_bytes) in [(2, 2 << 20), (3, 20_000), (7, 70_001)] {
            assert_eq!(one, format!("{:?}", findings(&path, threads, block_bytes)), "{}", path.display());
        }
    }
}
