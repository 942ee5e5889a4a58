//! The README says what is: its reports are what the command prints, its tables name every field, column
//! and option, and nothing else.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that finds something amiss fails"
)]

#[path = "common/binary.rs"]
mod binary;
#[path = "common/fixture.rs"]
mod fixture;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

use polars::prelude::{ParquetReader, SerReader};
use redtrail::format::client_list::field::Field;
use serde_json::Value;

fn readme() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap()
}

/// What stands behind a heading, up to the next one of the same or a higher rank.
fn chapter(heading: &str) -> String {
    let readme = readme();
    let (_, behind) = readme.split_once(&format!("\n{heading}\n")).unwrap();
    let rank = heading.split(' ').next().unwrap().len();
    let ends = (1..=rank).filter_map(|rank| behind.find(&format!("\n{} ", "#".repeat(rank))));
    behind[..ends.min().unwrap_or(behind.len())].to_owned()
}

/// What stands between backticks.
fn marked(text: &str) -> BTreeSet<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// What the folder of the README's example holds: files here, and what they are called there.
const INCIDENT: [(&str, &str); 6] = [
    ("captures-client-list/redis-7.0.15/clients-series.log.xz", "clients.log.xz"),
    ("captures-events/redis-7.0.15/events-pylogger.log.xz", "events.log.xz"),
    ("captures-info/redis-7.0.15.txt.zst", "info.txt"),
    ("captures/redis-7.0.15.log.zst", "monitor.log.zst"),
    ("other/picture.png", "picture.png"),
    ("captures-slowlog/redis-7.0.15/slowlog-raw.log", "slowlog.txt"),
];

#[test]
fn reports_are_what_the_command_prints() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("incident")).unwrap();
    for (file, name) in INCIDENT {
        let path = dir.path().join("incident").join(name);
        if name.ends_with(".txt") {
            fs::write(path, fixture::content(file)).unwrap();
        } else {
            fs::copy(fixture::path(file), path).unwrap();
        }
    }
    let capture = fixture::content("captures/redis-7.0.15.log.zst");
    fs::write(dir.path().join("monitor.log"), capture).unwrap();

    let readme = readme();
    let blocks: Vec<_> =
        readme.split("```text\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    let reports: Vec<_> = blocks.into_iter().filter(|block| block.starts_with("redtrail ")).collect();
    for (path, block) in ["monitor.log", "incident"].iter().zip(&reports) {
        let mut run = Command::new(env!("CARGO_BIN_EXE_redtrail"));
        let ran = run.args(["analyze", "-q", "--color", "never", path]).current_dir(dir.path()).output();
        let output = String::from_utf8(ran.unwrap().stdout).unwrap();
        let mut rest = &*output;
        for part in block.split("[…]\n") {
            let (_, behind) =
                rest.split_once(part).unwrap_or_else(|| panic!("not there:\n{part}\nin\n{output}"));
            rest = behind;
        }
    }
    assert_eq!(reports.len(), 2);
}

/// Every name of a field in `value`, but of objects whose names come from the capture.
fn names(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                found.insert(name.clone());
                if name != "other" {
                    names(value, found);
                }
            }
        }
        Value::Array(rows) => rows.iter().for_each(|row| names(row, found)),
        _ => {}
    }
}

fn report(args: &[&str]) -> Value {
    let ran = binary::run(&[&["analyze", "-q", "--to", "json"], args].concat(), b"");
    assert_eq!(ran.stderr, "");
    serde_json::from_str(&ran.stdout).unwrap()
}

#[test]
fn every_field_of_the_report_is_named() {
    let dir = tempfile::tempdir().unwrap();
    // Two dumps of a run and one of the next: rates, a restart, a replica.
    let dump = |run: &str, uptime: u32, calls: u32| {
        format!(
            "redis_version:7.4.1\r\nrun_id:{run}\r\ntcp_port:1\r\nuptime_in_seconds:{uptime}\r\n\
             slave0:ip=a,port=1,state=online,offset=1,lag=0\r\ncmdstat_get:calls={calls},usec=1\r\n"
        )
    };
    let dumps = [dump("a", 100, 1), dump("a", 110, 5), dump("b", 1, 1)];
    let series: String = dumps.iter().zip(0..).map(|(dump, at)| format!("17187202{at}0\n{dump}")).collect();
    let info = dir.path().join("info.txt");
    fs::write(&info, series).unwrap();
    let mut found = BTreeSet::new();
    let mut all = report(&["-n", "3", "fixtures", info.to_str().unwrap()]);
    // Groups hold the server's fields under its own words, shortened.
    for dump in all["info"]["snapshots"].as_array_mut().unwrap() {
        for group in ["server", "clients", "memory", "stats", "replication", "persistence", "cpu"] {
            dump[group] = Value::Null;
        }
    }
    names(&all, &mut found);
    names(
        &report(&["--commandlog", "large-reply", "fixtures/cases/commandlog-9.1-large-reply-tty.txt"]),
        &mut found,
    );
    // What the first rows of all fixtures together do not show.
    names(&report(&["fixtures/incident-folder"]), &mut found);
    names(&report(&["fixtures/cases/slowlog-enterprise-tty.txt"]), &mut found);
    let json = chapter("### JSON").replace("[]`", "`");
    let told = marked(&json);
    let missing: Vec<_> = found.difference(&told).collect();
    // What the generator and a sum of bytes hold speaks for itself, and so do the servers' percentiles.
    let plain = ["unread", "version"];
    assert_eq!(missing, plain, "fields that the README does not name");

    // Nothing else is told: `error` is that of a damaged file.
    let plain =
        |name: &str| name.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'0'..=b'9' | b'_'));
    let other = told.difference(&found).filter(|name| plain(name) && *name != "error");
    assert_eq!(other.collect::<Vec<_>>(), [""; 0], "names that no report has");
}

#[test]
fn every_column_of_convert_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().to_str().unwrap();
    assert_eq!(binary::run(&["convert", "-q", "fixtures/cases", "-o", out], b"").status, 0);
    let parquet = chapter("### Parquet");
    let mut told: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut table = String::new();
    for row in parquet.lines().filter(|line| line.starts_with('|')) {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        table = marked(cells[1]).pop_first().unwrap_or(table);
        told.entry(table.clone()).or_default().extend(marked(cells[3]));
    }
    told.remove("");
    let fields: BTreeSet<_> = Field::ALL.iter().map(|field| field.column().to_owned()).collect();
    for (table, mut columns) in told {
        let file = File::open(dir.path().join(format!("{table}.parquet"))).unwrap();
        let frame = ParquetReader::new(file).finish().unwrap();
        let found: BTreeSet<_> = frame.get_column_names().iter().map(|name| name.to_string()).collect();
        if table == "clients" {
            // "One for each field that servers print", with two examples.
            columns.retain(|name| !["lib-name", "user"].contains(&name.as_str()));
            columns.extend(fields.iter().cloned());
        }
        assert_eq!(found, columns, "{table}");
    }
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 5);
}

#[test]
fn every_option_is_named() {
    let options = |text: &str| -> BTreeSet<String> {
        let words = text.split(|c: char| !c.is_ascii_lowercase() && c != '-');
        words.filter(|word| word.starts_with("--") && !word.ends_with('-')).map(str::to_owned).collect()
    };
    let help = |command| options(&binary::run(&[command, "--help"], b"").stdout);
    let (analyze, convert) = (help("analyze"), help("convert"));
    let told = options(&chapter("## Options"));
    let mut all: BTreeSet<_> = analyze.union(&convert).cloned().collect();
    all.remove("--help");
    assert_eq!(told, all);
    let line =
        chapter("## Options").lines().filter(|line| line.starts_with("`convert` takes")).collect::<String>();
    assert!(options(&line).is_subset(&convert), "{line}");
}
