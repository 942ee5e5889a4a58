//! Captures agree with the servers they were taken from.
//!
//! Each capture holds two calls of `INFO commandstats`, and `fixtures/truth` the difference of what the
//! server answered: how often it ran each command from the first of the two (which the second counts)
//! up to the second (which it does not). The lines in between must come to the same numbers, apart from
//! calls that the server keeps from MONITOR. Those are named here one by one.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that finds something amiss fails"
)]

#[path = "common/fixture.rs"]
mod fixture;
#[path = "common/report.rs"]
mod report;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::Value;

/// A command that MONITOR and the server count differently, and why.
struct Hidden {
    command: &'static str,
    by_server: u64,
    in_capture: u64,
    why: &'static str,
}

const fn hidden(command: &'static str, by_server: u64) -> Hidden {
    Hidden { command, by_server, in_capture: 0, why: "MONITOR does not show administrators' commands" }
}

const SERVERS: &[(&str, &str, &[Hidden])] = &[
    (
        "redis-2.8.24",
        "log.gz",
        &[
            hidden("config", 4),
            hidden("debug", 1),
            Hidden {
                command: "blpop",
                by_server: 5,
                in_capture: 6,
                why: "one call that blocked was served as LPOP",
            },
            Hidden {
                command: "lpop",
                by_server: 1,
                in_capture: 0,
                why: "a blocked BLPOP is counted as the LPOP that serves it, which no client sent",
            },
        ],
    ),
    (
        "redis-6.2.14",
        "log.xz",
        &[
            hidden("acl", 2),
            hidden("client", 135),
            hidden("config", 4),
            hidden("debug", 1),
            hidden("slowlog", 1),
        ],
    ),
    (
        "redis-7.0.15",
        "log.zst",
        &[
            hidden("acl|deluser", 1),
            hidden("acl|setuser", 1),
            hidden("client|list", 11),
            hidden("config|get", 3),
            hidden("config|set", 1),
            hidden("slowlog|get", 1),
        ],
    ),
    (
        "valkey-8.0.1",
        "log.bz2",
        &[
            hidden("acl|deluser", 1),
            hidden("acl|setuser", 1),
            hidden("client|list", 10),
            hidden("config|get", 3),
            hidden("config|set", 1),
            hidden("slowlog|get", 1),
            Hidden {
                command: "bzpopmin",
                by_server: 3,
                in_capture: 4,
                why: "MONITOR shows a call when it blocks, the server counts it when it is served: one still blocked",
            },
        ],
    ),
];

#[test]
fn calls_are_as_many_as_the_server_counted() {
    for (server, suffix, exceptions) in SERVERS {
        let truth: BTreeMap<String, u64> =
            serde_json::from_slice(&fixture::content(&format!("truth/{server}.json"))).unwrap();
        // Servers before 7.0 count CLIENT as one, whatever the subcommand.
        let parts = truth.keys().any(|command| command.contains('|'));
        let content = fixture::content(&format!("captures/{server}.{suffix}"));
        let between = tempfile::NamedTempFile::new().unwrap();
        fs::write(between.path(), between_the_counts(&content)).unwrap();
        let report = report::report_of(between.path());
        assert_eq!(report["totals"]["rejected"], 0, "{server}");
        let mut shown = BTreeMap::new();
        for (command, calls) in report::calls(&report) {
            let command = command.to_lowercase();
            let name = if parts { &command } else { command.split('|').next().unwrap() };
            *shown.entry(name.to_owned()).or_insert(0) += calls;
        }
        let names: BTreeSet<&String> = truth.keys().chain(shown.keys()).collect();
        for name in names {
            let both = (truth.get(name).copied().unwrap_or(0), shown.get(name).copied().unwrap_or(0));
            match exceptions.iter().find(|hidden| hidden.command == name) {
                Some(Hidden { by_server, in_capture, why, .. }) => {
                    assert_ne!(by_server, in_capture, "{server}: {name} needs no exception");
                    assert_eq!(both, (*by_server, *in_capture), "{server}: {name}: {why}");
                }
                None => assert_eq!(both.0, both.1, "{server}: {name}, server and capture"),
            }
        }
        for hidden in *exceptions {
            assert!(truth.contains_key(hidden.command), "{server}: {} was never called", hidden.command);
        }
        assert!(truth.values().sum::<u64>() > 24_000, "{server}: the truth is no empty one");
    }
}

/// The lines from the first `INFO commandstats` up to the second.
fn between_the_counts(content: &[u8]) -> &[u8] {
    let starts: Vec<usize> = memchr::memmem::find_iter(content, b"] \"INFO\" \"commandstats\"\n")
        .map(|at| content[..at].iter().rposition(|byte| *byte == b'\n').unwrap() + 1)
        .collect();
    match starts[..] {
        [first, second] => &content[first..second],
        _ => panic!("{} calls of INFO commandstats", starts.len()),
    }
}

#[test]
fn whole_captures_have_no_reject() {
    let report = report::report_of(&fixture::path("captures"));
    let inputs = report["inputs"].as_array().unwrap();
    assert_eq!(inputs.len(), SERVERS.len());
    for input in inputs {
        let lost: Vec<&Value> =
            ["rejected", "truncated", "inexact", "gaps"].map(|count| &input[count]).to_vec();
        assert_eq!(lost, [0, 0, 0, 0], "{}", input["path"]);
        assert_eq!(input["noise"], 1, "the server's OK in {}", input["path"]);
    }
}
