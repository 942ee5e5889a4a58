//! The command: exit statuses, streams, files and options.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that finds something amiss fails")]

#[path = "common/binary.rs"]
mod binary;

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use binary::Ran;
use serde_json::Value;

fn run<S: AsRef<std::ffi::OsStr>>(args: &[S]) -> Ran {
    binary::run(args, b"")
}

const RAW: &str = "fixtures/cases/monitor-7.4-raw.txt";

fn json(args: &[&str]) -> Value {
    let ran = run(&[&["analyze", "-q", "--to", "json"], args].concat());
    assert_eq!((ran.status, &*ran.stderr), (0, ""), "{args:?}");
    serde_json::from_str(&ran.stdout).unwrap()
}

/// A directory with these files.
fn directory(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, content) in files {
        fs::write(directory.path().join(name), content).unwrap();
    }
    directory
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Not a capture of anything.
const PICTURE: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0\x90wS\xde";

/// Nine records and one that cannot be read.
fn one_in_ten() -> Vec<u8> {
    let good = b"1795173275.236004 [0 127.0.0.1:1] \"GET\" \"k\"\n".repeat(9);
    [&good[..], b"1795173275.236004 [0 127.0.0.1:1] \"GET\" \"k\n"].concat()
}

#[test]
fn exit_statuses() {
    let mixed =
        directory(&[("picture.png", PICTURE), ("empty.log", b""), ("monitor.log", &fs::read(RAW).unwrap())]);
    let nothing = directory(&[("picture.png", PICTURE), ("empty.log", b"")]);
    let rejects = directory(&[("monitor.log", &one_in_ten())]);
    let empty = directory(&[]);
    let (mixed, nothing, rejects, empty) =
        (text(mixed.path()), text(nothing.path()), text(rejects.path()), text(empty.path()));
    let missing = &format!("{empty}/missing");
    for (status, args) in [
        (0, &["analyze", RAW][..]),
        (0, &["analyze", mixed]),
        (0, &["analyze", "--max-rejects", "10%", rejects]),
        (0, &["analyze", "--max-rejects", "0.5", rejects]),
        (0, &["--help"]),
        (0, &["--version"]),
        (1, &["analyze", missing]),
        (1, &["analyze", missing, RAW]),
        (1, &["analyze", "-o", &format!("{missing}/report.json"), RAW]),
        (1, &["convert", missing, "-o", &format!("{nothing}/tables")]),
        (2, &[]),
        (2, &["analyze"]),
        (2, &["analyze", "--no-such-option", RAW]),
        (2, &["analyze", "--to", "parquet", RAW]),
        (2, &["analyze", "-o", "report.xyz", RAW]),
        (2, &["analyze", "-o", "report", RAW]),
        (2, &["analyze", "--separator", "", RAW]),
        (2, &["analyze", "--pattern-depth", "0", RAW]),
        (2, &["analyze", "-j", "257", RAW]),
        (2, &["analyze", "--bucket", "7s", RAW]),
        (2, &["analyze", "--max-rejects", "200%", RAW]),
        (2, &["analyze", "--kind", "picture", RAW]),
        (2, &["analyze", "--commandlog", "large", RAW]),
        (2, &["convert", RAW]),
        (2, &["convert", "--kind", "picture", RAW, "-o", &format!("{nothing}/tables")]),
        (2, &["completions", "cmd"]),
        (2, &["no-such-command"]),
        (3, &["analyze", nothing]),
        (3, &["analyze", empty]),
        (3, &["analyze", "fixtures/other"]),
        (3, &["convert", nothing, "-o", &format!("{nothing}/tables")]),
        (4, &["analyze", rejects]),
        (4, &["analyze", "--max-rejects", "9.9%", rejects]),
        (4, &["analyze", "--max-rejects", "0", rejects]),
    ] {
        let ran = run(args);
        assert_eq!(ran.status, status, "{args:?}: {}", ran.stderr);
        // Usage is wrong before anything is read; everything else still reports what it can.
        let reports = status != 2 && args[0] == "analyze" && !args.contains(&"-o");
        assert_eq!(ran.stdout.starts_with("redtrail 0."), reports || args == ["--version"], "{args:?}");
        assert!(status != 2 || !ran.stderr.is_empty(), "{args:?}");
    }
}

#[test]
fn what_cannot_be_read_is_told_and_the_rest_is_read() {
    let directory = directory(&[("monitor.log", &fs::read(RAW).unwrap())]);
    #[cfg(unix)]
    std::os::unix::fs::symlink("nowhere", directory.path().join("dangling")).unwrap();
    let missing = directory.path().join("missing");
    let ran = run(&["analyze", "-q", "--to", "json", text(&missing), text(directory.path())]);
    assert_eq!(ran.status, 1);
    let failures: Vec<_> = ran.stderr.lines().collect();
    assert_eq!(failures.len(), if cfg!(unix) { 2 } else { 1 }, "{failures:?}");
    assert!(failures[0].contains("missing: No such file"), "{failures:?}");
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["totals"]["records"], 29);
}

#[test]
fn inputs_of_no_kind_are_named() {
    let ran = run(&["analyze", "fixtures/other"]);
    for (file, kind) in [("commands.json", "unknown"), ("notes.md", "unknown"), ("picture.png", "unknown")] {
        let line = format!("redtrail: fixtures/other/{file}: not read: {kind}: ");
        assert!(ran.stderr.contains(&line), "{line} in {}", ran.stderr);
        assert!(ran.stdout.contains(file), "{file} in {}", ran.stdout);
    }
    assert_eq!(run(&["analyze", "-q", "fixtures/other"]).stderr, "");
}

#[test]
fn standard_output_holds_the_report_alone() {
    let plain = run(&["analyze", "--to", "json", "fixtures"]);
    assert!(!plain.stderr.is_empty());
    for args in [
        &["--progress", "always"][..],
        &["--progress", "never"],
        &["-q"],
        &["-j", "1", "--block-bytes", "1000"],
        &["--color", "always"],
    ] {
        let ran = run(&[&["analyze", "--to", "json", "fixtures"], args].concat());
        assert_eq!(ran.stdout, plain.stdout, "{args:?}");
    }
    assert!(serde_json::from_str::<Value>(&plain.stdout).is_ok());
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    for args in [
        &["analyze", "--to", "json", "fixtures/captures"][..],
        &["completions", "bash"],
        &["completions", "fish"],
        &["man"],
    ] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_redtrail"))
            .args(args)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Closed before anything was written.
        drop(child.stdout.take());
        let mut stderr = String::new();
        child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        assert_eq!((child.wait().unwrap().code(), &*stderr), (Some(0), ""), "{args:?}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_a_failure() {
    for args in [&["analyze", RAW][..], &["analyze", "--to", "json", RAW], &["completions", "zsh"], &["man"]]
    {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_redtrail"))
            .args(args)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .stdout(full)
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{args:?}: {stderr}");
        assert_eq!(stderr, "redtrail: standard output: No space left on device (os error 28)\n", "{args:?}");
    }
}

#[test]
fn several_outputs_hold_the_same_report() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    let (json, txt, tables, data) = (at("a.json"), at("b.txt"), at("c/d/"), at("e.dat"));
    let ran = run(&["analyze", "-q", "-o", &json, "-o", &txt, "-o", &tables, RAW]);
    assert_eq!((ran.status, &*ran.stdout, &*ran.stderr), (0, "", ""));
    assert_eq!(fs::read_to_string(&json).unwrap(), run(&["analyze", "--to", "json", RAW]).stdout);
    assert_eq!(fs::read_to_string(&txt).unwrap(), run(&["analyze", RAW]).stdout);
    let mut names: Vec<_> = fs::read_dir(&tables)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    for table in
        ["clients", "commands", "dangerous", "collections", "hot_keys", "inputs", "key_patterns", "timeline"]
    {
        assert!(names.contains(&format!("{table}.parquet")), "{table} among {names:?}");
    }
    assert!(names.iter().all(|name| name.ends_with(".parquet")), "{names:?}");
    // --to overrides the suffix.
    assert_eq!(run(&["analyze", "--to", "json", "-o", &data, "-o", &txt, RAW]).status, 0);
    assert_eq!(fs::read(&data).unwrap(), fs::read(&json).unwrap());
    assert_eq!(fs::read(&txt).unwrap(), fs::read(&json).unwrap());
}

#[test]
fn options_change_what_they_say() {
    let rows = |report: &Value, table: &str| report[table]["rows"].as_array().unwrap().clone();
    let plain = json(&["fixtures/captures/redis-2.8.24.log.gz"]);
    let cut = json(&["-n", "2", "fixtures/captures/redis-2.8.24.log.gz"]);
    for table in ["commands", "clients", "key_patterns", "dangerous"] {
        assert_eq!(rows(&cut, table)[..], rows(&plain, table)[..2], "{table}");
        assert!(rows(&plain, table).len() > 2 && plain[table]["other"].is_null(), "{table}");
        let sum = |report: &Value| -> u64 {
            let shown = rows(report, table).iter().map(|row| row["calls"].as_u64().unwrap()).sum::<u64>();
            shown + report[table]["other"]["calls"].as_u64().unwrap_or(0)
        };
        assert_eq!(plain[table]["total"], sum(&plain), "{table}");
        assert_eq!(cut[table]["total"], sum(&cut), "{table}");
        assert_eq!(cut[table]["other"]["rows"], rows(&plain, table).len() - 2, "{table}");
    }
    let keys = directory(&[(
        "monitor.log",
        b"1795173275.1 [0 127.0.0.1:1] \"MGET\" \"shop:eu:cart\" \"shop/eu/7\" \"shop:us:cart\"\n\
          1795173400.1 [0 127.0.0.1:1] \"PING\"\n",
    )]);
    let patterns = |args: &[&str]| -> Vec<String> {
        let report = json(&[args, &[text(keys.path())]].concat());
        rows(&report, "key_patterns").iter().map(|row| row["pattern"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(patterns(&[]), ["shop/eu/*", "shop:eu:cart", "shop:us:cart"]);
    assert_eq!(patterns(&["--pattern-depth", "1"]), ["shop:*", "shop/eu/7"]);
    assert_eq!(patterns(&["--pattern-depth", "2"]), ["shop/eu/7", "shop:eu:*", "shop:us:*"]);
    assert_eq!(
        patterns(&["--separator", "/", "--pattern-depth", "2"]),
        ["shop/eu/*", "shop:eu:cart", "shop:us:cart"]
    );
    for (width, seconds, buckets) in [("1s", 1, 2), ("10s", 10, 2), ("1m", 60, 2), ("auto", 1, 2)] {
        let timeline = json(&["--bucket", width, text(keys.path())])["timeline"].clone();
        assert_eq!(timeline["bucket_seconds"], seconds, "{width}");
        assert_eq!(timeline["rows"].as_array().unwrap().len(), buckets, "{width}");
    }
    let forced = json(&["--kind", "monitor", "fixtures/other/notes.md"]);
    assert_eq!(forced["inputs"][0]["kind"], "monitor");
    let insight = json(&["--dialect", "redis-cli", "fixtures/cases/monitor-redisinsight.log"]);
    assert!(rows(&insight, "hot_keys").iter().any(|row| row["key"] == r#"caf\\xc3\\xa9 \\xe2\\x98\\x83"#));
}

#[test]
fn standard_input_is_read_plain_and_compressed() {
    let plain = fs::read(RAW).unwrap();
    let zstd = zstd::encode_all(&plain[..], 3).unwrap();
    for (stdin, compression) in [(&plain, ""), (&zstd, "zstd")] {
        let ran = binary::run(&["analyze", "--to", "json", "-"], stdin);
        let report: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(report["inputs"][0]["path"], "-");
        assert_eq!(report["inputs"][0]["compression"], compression);
        assert_eq!(report["totals"]["records"], 29);
    }
    assert_eq!(binary::run(&["analyze", "-"], b"").status, 3);
    assert_eq!(binary::run(&["analyze", "-"], PICTURE).status, 3);
    let tables = tempfile::tempdir().unwrap();
    let Ran { status, stdout, stderr } = binary::run(&["convert", "-", "-o", text(tables.path())], &plain);
    assert_eq!((status, &*stdout), (0, ""));
    assert!(stderr.contains("standard input cannot be read twice"), "{stderr}");
    assert!(stderr.contains("29 rows"), "{stderr}");
}

#[test]
fn help_completions_and_the_manual_are_printed() {
    for args in [&["--help"][..], &["-h"], &["analyze", "--help"], &["convert", "-h"], &["help"], &["man"]] {
        let ran = run(args);
        assert_eq!((ran.status, &*ran.stderr), (0, ""), "{args:?}");
        assert!(ran.stdout.contains("redtrail"), "{args:?}");
    }
    for shell in ["bash", "zsh", "fish"] {
        let ran = run(&["completions", shell]);
        assert_eq!((ran.status, &*ran.stderr), (0, ""), "{shell}");
        assert!(ran.stdout.contains("pattern-depth"), "{shell} knows the options");
    }
}

/// Anything a terminal would obey: control characters but the line end.
fn obeyed(output: &str) -> Option<char> {
    output.chars().find(|c| c.is_control() && *c != '\n')
}

#[test]
fn colour_is_for_terminals_and_nothing_of_a_capture_reaches_them_raw() {
    let hostile = b"OK\n\
        1795173275.236004 [0 unix:/tmp/\x1b[31m.sock] \"SET\" \"\\x1b[2J\\x1b]0;title\\a\\xc2\\x9b1m\" \"v\"\n\
        1795173275.236005 [0 127.0.0.1:1\x1b] \"CLIENT\" \"SETNAME\" \"\\x1b[31mname\\r\"\n\
        1795173275.236005 [0 127.0.0.1:1] \"\\x1b[31mcommand\" \"\\xe2\\x80\\xae\"\n\
        1795173275.236006 [0 127.0.0.1:2] \"KEYS\" \"\\x1b[31m*\\r\\n\"\n\
        1795173275.236007 [0 127.0.0.1:2] \"CONFIG\" \"SET\" \"\\x1b[31mx\" \"1\"\n\
        1795173275.236008 [0 \x1b[31mnamespace 127.0.0.1:2] \"GET\" \"k\"\n\
        1795173275.236009 [0 127.0.0.1:\x1b[31m2] \"GET\" \"k\n";
    let name = "\u{1b}[31mcapture\r\n.log";
    let directory = directory(&[(name, hostile), ("\u{1b}[1m.png", PICTURE)]);
    let path = text(directory.path());
    for args in [&["analyze", "-v", path][..], &["analyze", "--to", "json", path]] {
        let ran = run(args);
        assert_eq!(ran.status, 4);
        assert_eq!(obeyed(&ran.stdout), None, "{}", ran.stdout.escape_debug());
        assert_eq!(obeyed(&ran.stderr), None, "{}", ran.stderr.escape_debug());
        assert!(ran.stdout.contains(r"\x1b[31m"), "it is shown, escaped");
    }
    assert!(obeyed(&run(&["analyze", "--color", "always", RAW]).stdout).is_some());
    assert_eq!(obeyed(&run(&["analyze", "--color", "auto", RAW]).stdout), None);
    assert_eq!(obeyed(&run(&["analyze", "--color", "never", RAW]).stdout), None);
}

#[test]
#[cfg(target_os = "linux")]
fn paths_need_not_be_text() {
    use std::os::unix::ffi::OsStringExt;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(std::ffi::OsString::from_vec(b"\xff\xfe.log".to_vec()));
    fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join(RAW), &path).unwrap();
    let args: Vec<PathBuf> = ["analyze", "--to", "json"].iter().map(PathBuf::from).chain([path]).collect();
    let ran = run(&args);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert!(report["inputs"][0]["path"].as_str().unwrap().ends_with(r"/\xff\xfe.log"));
}

#[test]
fn no_report_takes_the_place_of_a_capture() {
    let capture = fs::read(RAW).unwrap();
    let directory = directory(&[("monitor.txt", &capture), ("report.json", b"{}"), ("a.txt", b"old")]);
    let at = |name: &str| directory.path().join(name);
    let run_to = |name: &str| run(&["analyze", "-o", text(&at(name)), text(directory.path())]);
    let ran = run_to("monitor.txt");
    assert_eq!((ran.status, fs::read(at("monitor.txt")).unwrap()), (2, capture));
    assert!(ran.stderr.contains("monitor.txt, which is a capture"), "{}", ran.stderr);
    // What stands there of a run before is no capture.
    for _ in 0..2 {
        assert_eq!((run_to("report.json").status, run_to("a.txt").status), (0, 0));
        assert!(fs::read(at("report.json")).unwrap().len() > 1000);
    }
}

#[test]
fn what_can_be_written_is_written() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| text(&directory.path().join(name)).to_owned();
    fs::write(at("file"), "").unwrap();
    let ran = run(&["analyze", "-q", "-o", &at("no/a.json"), "-o", &at("file/"), "-o", &at("b.json"), RAW]);
    assert_eq!((ran.status, ran.stderr.lines().count()), (1, 2), "{}", ran.stderr);
    assert_eq!(fs::read_to_string(at("b.json")).unwrap(), run(&["analyze", "--to", "json", RAW]).stdout);
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2);
}

#[test]
fn a_status_is_explained() {
    let rejects = directory(&[("monitor.log", &one_in_ten())]);
    let path = text(rejects.path());
    for (args, expected) in [
        (&["analyze", path][..], "1 of 10 records could not be read"),
        (&["analyze", "--fail-on", "info", RAW], "--fail-on: "),
        (&["analyze", "-q", path], ""),
        (&["analyze", "-q", "--fail-on", "info", RAW], ""),
    ] {
        let ran = run(args);
        assert!(
            ran.stderr.contains(expected) && ran.stderr.is_empty() == expected.is_empty(),
            "{}",
            ran.stderr
        );
    }
}

#[test]
fn how_many_rows_there_are_is_told_of_a_table_that_is_cut() {
    let fixture = "fixtures/incident-folder";
    let whole = run(&["analyze", fixture]).stdout;
    let cut = run(&["analyze", "-n", "1", fixture]).stdout;
    let headings = |text: &str| {
        let lines = text.lines().filter(|line| line.starts_with(|first: char| first.is_ascii_uppercase()));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(headings(&cut), headings(&whole));
    assert!(cut.lines().count() < whole.lines().count());
}

#[test]
fn a_file_is_only_written_where_it_was_asked_for() {
    let directory = tempfile::tempdir().unwrap();
    let mut file = fs::File::create(directory.path().join("monitor.log")).unwrap();
    file.write_all(&fs::read(RAW).unwrap()).unwrap();
    let ran = run(&["analyze", text(directory.path())]);
    assert_eq!(ran.status, 0);
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
}
