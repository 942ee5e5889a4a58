//! What these tests share.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use redtrail::options::{Analysis, Reading};
use redtrail::report::Report;
use redtrail::report::connections::ConnectionRow;

pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

/// A fixture's content, unpacked.
pub fn content(path: &Path) -> Vec<u8> {
    let bytes = fs::read(path).unwrap();
    if path.extension().is_some_and(|suffix| suffix == "xz") {
        let mut out = Vec::new();
        liblzma::read::XzDecoder::new(&bytes[..]).read_to_end(&mut out).unwrap();
        return out;
    }
    bytes
}

pub fn analysis(block_bytes: usize, threads: usize) -> Analysis {
    let reading = Reading { block_bytes, threads, ..Reading::default() };
    Analysis { reading, ..Analysis::default() }
}

pub fn report(paths: &[PathBuf]) -> Report {
    redtrail::analyze(paths, &analysis(1 << 20, 1)).unwrap().report
}

/// The report of a text, saved under a name.
pub fn report_of(text: &[u8], name: &str, options: &Analysis) -> Report {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    fs::write(&path, text).unwrap();
    let mut report = redtrail::analyze(&[path], options).unwrap().report;
    report.inputs[0].path = Default::default();
    for row in &mut report.connections.snapshots {
        row.path = Default::default();
    }
    for row in &mut report.connections.rows {
        row.path = Default::default();
    }
    for evidence in report.findings.iter_mut().flat_map(|finding| &mut finding.evidence) {
        evidence.path = Default::default();
    }
    report
}

pub fn cases() -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(fixture("cases"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("clientlist-"))
        .collect();
    paths.sort();
    paths
}

pub fn totals(report: &Report) -> Vec<u64> {
    report.connections.snapshots.iter().map(|row| row.total).collect()
}

pub fn text(bytes: &Option<redtrail::report::Bytes>) -> Option<String> {
    bytes.as_ref().map(|bytes| bytes.text())
}

pub fn row(report: &Report, id: u64) -> &ConnectionRow {
    report.connections.rows.iter().find(|row| row.id == Some(id)).unwrap()
}
