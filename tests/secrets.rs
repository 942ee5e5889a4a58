//! No value of any key, and no password, is in anything that redtrail writes; `convert --with-values` alone
//! keeps them.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that finds something amiss fails")]

#[path = "common/binary.rs"]
mod binary;

use std::fs;
use std::path::Path;

use polars::prelude::{AnyValue, ParquetReader, SerReader};

const SECRET: &str = "hunter2swordfish";

/// Arguments with a secret, `§`, where values, passwords, scripts and texts stand.
const CALLS: &[&str] = &[
    r#""SET" "k" "§" "EX" "60""#,
    r#""set" "k" "prefix § suffix" "KEEPTTL""#,
    r#""SETEX" "k" "60" "§""#,
    r#""GETSET" "k" "§""#,
    r#""APPEND" "k" "§""#,
    r#""MSET" "a" "§" "b" "§""#,
    r#""HSET" "h" "field" "§" "§" "v""#,
    r#""SADD" "s" "§" "§""#,
    r#""ZADD" "z" "1" "§""#,
    r#""LPUSH" "l" "§""#,
    r#""XADD" "x" "*" "f" "§""#,
    r#""RESTORE" "r" "0" "§""#,
    r#""PUBLISH" "channel" "§""#,
    r#""ECHO" "§""#,
    r#""PING" "§""#,
    r#""AUTH" "§""#,
    r#""AUTH" "user" "§""#,
    r#""HELLO" "3" "AUTH" "user" "§" "SETNAME" "app""#,
    r#""CONFIG" "SET" "requirepass" "§""#,
    r#""CONFIG" "SET" "maxmemory" "1gb" "masterauth" "§""#,
    r#""ACL" "SETUSER" "bob" "on" ">§" "~*""#,
    r#""MIGRATE" "10.0.0.1" "6379" "k" "0" "10" "AUTH" "§""#,
    r#""MIGRATE" "10.0.0.1" "6379" "" "0" "10" "AUTH2" "user" "§" "KEYS" "k""#,
    r#""SENTINEL" "SET" "main" "auth-pass" "§""#,
    r#""EVAL" "return '§'" "1" "k" "§""#,
    r#""EVALSHA" "5e483ea4dc1e96665e483ea4dc1e96665e483ea4" "0" "§""#,
    r#""SCRIPT" "LOAD" "return '§'""#,
    r#""FUNCTION" "LOAD" "REPLACE" "§""#,
    r#""FUNCTION" "RESTORE" "§" "FLUSH""#,
    r#""FCALL" "f" "1" "k" "§""#,
    r#""MODULE" "LOADEX" "/x.so" "CONFIG" "auth" "§""#,
    r#""DEBUG" "SLEEP" "§""#,
    r#""SHUTDOWN" "§""#,
    r#""FLUSHALL" "§""#,
    r#""CLIENT" "KILL" "§""#,
    r#""REPLICAOF" "§" "6379""#,
    r#""SORT" "k" "BY" "§" "GET" "§" "LIMIT" "0" "1""#,
    r#""JSON.SET" "doc" "$" "{\"password\":\"§\"}""#,
    r#""FT.SEARCH" "index" "@name:§""#,
    r#""MYMODULE.COMMAND" "§" "§""#,
    // Quotes that some relay unescaped.
    r#""SET" "k" "{"password":"§","n":1}""#,
    r#""MSET" "a" "{"x":"1" "password":"§" "z"}""#,
    r#""DEL" "a" "{"x":"1" "password":"§" "z"}""#,
    // No end, no quotes, two lines met.
    r#""SET" "k" "§"#,
    r#""SET" "k" "§" and "§" "#,
    r#"SET k §"#,
    r#""SET" "k" "§1795173275.236004 [0 127.0.0.1:1] "GET" "k""#,
];

/// Lines that are no records, as cuts leave them.
const LINES: &[&str] = &[
    r#""SET" "k" "§""#,
    r#"§" "EX" "60""#,
    r#"the end of § "x""#,
    r#"1795173275.236004 [0 § "k" "v""#,
    r#"1795173275.2360 §"#,
    r#"§"#,
];

fn capture(directory: &Path) -> String {
    let mut text = String::new();
    for call in CALLS {
        text.push_str(&format!("1795173275.236004 [0 127.0.0.1:1] {call}\n"));
    }
    for line in LINES {
        text.push_str(&format!("{line}\n"));
    }
    text.push_str("1795173275.236004 [0 127.0.0.1:1] \"SET\" \"k\" \"§");
    let path = directory.join("monitor.log");
    fs::write(&path, text.replace('§', SECRET)).unwrap();
    path.to_str().unwrap().to_owned()
}

fn holds(bytes: &[u8]) -> bool {
    memchr::memmem::find(bytes, SECRET.as_bytes()).is_some()
}

/// Every text and byte string of a table.
fn cells(value: &AnyValue<'_>, out: &mut Vec<u8>) {
    match value {
        AnyValue::Binary(bytes) => out.extend_from_slice(bytes),
        AnyValue::BinaryOwned(bytes) => out.extend_from_slice(bytes),
        AnyValue::List(list) => list.iter().for_each(|value| cells(&value, out)),
        // Times cannot hold a secret, and polars cannot print them without their zones' names.
        AnyValue::Datetime(..) => {}
        other => out.extend_from_slice(other.str_value().as_bytes()),
    }
    out.push(b'\n');
}

/// The cells of all tables in `directory`, and the bytes of the files.
fn tables(directory: &Path) -> Vec<u8> {
    let mut out = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        out.extend(fs::read(&path).unwrap());
        let frame = ParquetReader::new(fs::File::open(&path).unwrap()).finish().unwrap();
        for column in frame.columns() {
            column.as_materialized_series().iter().for_each(|value| cells(&value, &mut out));
        }
    }
    out
}

#[test]
fn secrets_stay_in_the_capture() {
    let directory = tempfile::tempdir().unwrap();
    let path = capture(directory.path());
    assert!(holds(&fs::read(&path).unwrap()));
    let at = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    let (report_tables, rows, with_values) = (at("report/"), at("rows"), at("values"));
    for args in [
        &["analyze", &path][..],
        &["analyze", "-v", &path],
        &["analyze", "-v", "-n", "1000", &path],
        &["analyze", "--to", "json", &path],
        &["analyze", "--kind", "monitor", "--pattern-depth", "1", "--to", "json", &path],
        &["analyze", "--dialect", "redisinsight", "--to", "json", &path],
        &["analyze", "--kind", "info", &path],
        &["analyze", "-o", &report_tables, &path],
        &["convert", &path, "-o", &rows],
    ] {
        let ran = binary::run(args, b"");
        assert!([0, 3, 4].contains(&ran.status), "{args:?}: {}", ran.stderr);
        for output in [&ran.stdout, &ran.stderr] {
            let line = output.lines().find(|line| holds(line.as_bytes()));
            assert_eq!(line, None, "{args:?}");
        }
        assert!(ran.stdout.len() > 100 || args.len() > 3, "{args:?} says something");
    }
    for directory in [&report_tables, &rows] {
        let tables = tables(Path::new(directory));
        assert!(memchr::memmem::find(&tables, b"127.0.0.1:1").is_some(), "cells are looked at");
        let at = memchr::memmem::find(&tables, SECRET.as_bytes());
        assert_eq!(at, None, "{directory}");
    }
    // The search finds what is there.
    assert_eq!(binary::run(&["convert", &path, "--with-values", "-o", &with_values], b"").status, 0);
    assert!(holds(&tables(Path::new(&with_values))));
}
