//! Reports as JSON values.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use redtrail::options::Analysis;
use serde_json::Value;

/// The report of `paths`.
pub fn report(paths: &[PathBuf], options: &Analysis) -> Value {
    let outcome = redtrail::analyze(paths, options).unwrap();
    serde_json::to_value(&outcome.report).unwrap()
}

/// The report of one file.
pub fn report_of(path: &Path) -> Value {
    report(&[path.to_path_buf()], &Analysis::default())
}

/// Calls by command.
pub fn calls(report: &Value) -> BTreeMap<String, u64> {
    let rows = report["commands"]["rows"].as_array().unwrap().iter();
    rows.map(|row| (row["command"].as_str().unwrap().to_owned(), row["calls"].as_u64().unwrap())).collect()
}
