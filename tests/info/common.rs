//! What these tests share.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use redtrail::options::{Analysis, Reading};
use redtrail::output::{Render, json::Json};
use redtrail::report::Report;
use serde_json::Value;

pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

/// A fixture's content, whatever it is stored as.
pub fn content(name: &str) -> Vec<u8> {
    let bytes = fs::read(fixture(name)).unwrap();
    let mut out = Vec::new();
    match name.rsplit_once('.').unwrap().1 {
        "zst" => zstd::Decoder::new(&bytes[..]).unwrap().read_to_end(&mut out).unwrap(),
        "xz" => liblzma::read::XzDecoder::new(&bytes[..]).read_to_end(&mut out).unwrap(),
        _ => return bytes,
    };
    out
}

pub fn analyze(paths: &[PathBuf], reading: Reading) -> Report {
    redtrail::analyze(paths, &Analysis { reading, ..Analysis::default() }).unwrap().report
}

/// The report of one file that holds `bytes`.
pub fn report_of(bytes: &[u8], reading: Reading) -> Report {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("info.txt");
    fs::write(&path, bytes).unwrap();
    let mut report = analyze(&[path], reading);
    report.inputs[0].path = Default::default();
    report.info.snapshots.iter_mut().for_each(|dump| dump.path = Default::default());
    report.rejects.samples.iter_mut().for_each(|sample| sample.path = Default::default());
    let evidence = report.findings.iter_mut().flat_map(|finding| &mut finding.evidence);
    evidence.for_each(|evidence| evidence.path = Default::default());
    report
}

pub fn text(report: &Report) -> String {
    let mut out = Vec::new();
    Json.render(report, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// `info` of the report, as JSON.
pub fn info(bytes: &[u8]) -> Value {
    let report = report_of(bytes, Reading::default());
    serde_json::from_str::<Value>(&text(&report)).unwrap()["info"].clone()
}

/// A small dump.
pub const DUMP: &str = "# Server\r\nredis_version:7.4.1\r\nrun_id:aa\r\ntcp_port:6379\r\nuptime_in_seconds:100\r\n\r\n# Stats\r\ntotal_commands_processed:10\r\n";

/// A dump at a time, with a run and counters.
pub fn dump(run: &str, uptime: u64, commands: u64, hits: u64) -> String {
    format!(
        "# Server\r\nredis_version:7.4.1\r\nrun_id:{run}\r\ntcp_port:6379\r\nuptime_in_seconds:{uptime}\r\nconfig_file:/etc/r.conf\r\n\r\n\
         # Stats\r\ntotal_commands_processed:{commands}\r\ntotal_connections_received:5\r\nkeyspace_hits:{hits}\r\nkeyspace_misses:10\r\n\r\n\
         # Commandstats\r\ncmdstat_get:calls={commands},usec={uptime},usec_per_call=1.00\r\ncmdstat_set:calls=7,usec=7,usec_per_call=1.00\r\n"
    )
}
