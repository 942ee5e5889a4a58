//! One incident over three kinds of capture: who, with which library, what, for how long, and where to look.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that finds something amiss fails")]

#[path = "common/binary.rs"]
mod binary;

use serde_json::Value;

#[test]
fn the_readme_tells_the_story_as_the_report_does() {
    let ran = binary::run(&["analyze", "-q", "fixtures/incident-folder"], b"");
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let finding = readme.split("```text\n").find(|block| block.starts_with("  critical")).unwrap();
    let finding = finding.split("```").next().unwrap();
    assert!(ran.stdout.contains(finding), "{finding}\nis not in\n{}", ran.stdout);
}

#[test]
fn names_and_lines_are_joined() {
    let ran = binary::run(&["analyze", "-q", "--to", "json", "fixtures/incident-folder"], b"");
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    // No client names itself in this MONITOR: all of it comes from CLIENT LIST.
    let clients = report["clients"]["rows"].as_array().unwrap();
    let culprit = clients.iter().find(|row| row["client"] == "10.0.3.17:52110").unwrap();
    assert_eq!((&culprit["name"], &culprit["library"]), (&"legacy-report".into(), &"redis-py 5.0.1".into()));
    assert_eq!(report["identities"], serde_json::json!({"addresses": 5, "known": 5, "unmatched": 0}));
    // Each KEYS of the slow log has its line; the HGETALL, which no line of MONITOR shows, has none.
    let monitor = std::fs::read_to_string("fixtures/incident-folder/monitor.log").unwrap();
    for row in report["slowlog"]["slowest"].as_array().unwrap() {
        let line = row["monitor"]["line"].as_u64();
        let shown = line.map(|line| monitor.lines().nth(line as usize - 1).unwrap());
        assert_eq!(shown.is_some_and(|line| line.ends_with("\"KEYS\" \"user:*\"")), row["command"] == "KEYS");
        assert_eq!(line.is_some(), row["command"] == "KEYS");
        assert!(row["monitor"]["pause_us"].as_u64() >= line.and(row["us"].as_u64()));
    }
}

#[test]
fn the_exit_status_tells_how_bad_it_is() {
    let folder = "fixtures/incident-folder";
    let control = "fixtures/incidents/control-web";
    for (args, status) in [
        (&["--fail-on", "critical", folder][..], 5),
        (&["--fail-on", "warning", folder], 5),
        (&["--fail-on", "critical", "--set", "keys-command.critical-ms=2000", folder], 0),
        (&["--fail-on", "warning", "--set", "keys-command.critical-ms=2000", folder], 5),
        (&[folder], 0),
        (&["--fail-on", "warning", control], 0),
        (&["--fail-on", "info", control], 5),
        (&["--set", "no-such-rule.ms=1", folder], 2),
        (&["--set", "keys-command.no-such=1", folder], 2),
        (&["--set", "keys-command.critical-ms=soon", folder], 2),
        (&["--set", "keys-command.critical-ms=-1", folder], 2),
    ] {
        assert_eq!(binary::run(&[&["analyze", "-q"], args].concat(), b"").status, status, "{args:?}");
    }
}

#[test]
fn rules_are_listed_and_explained() {
    let list = binary::run(&["rules"], b"");
    assert_eq!((list.status, &*list.stderr), (0, ""));
    for about in redtrail::finding::all().map(|rule| rule.about()) {
        assert!(list.stdout.lines().any(|line| line.trim_start().starts_with(about.rule)), "{}", about.rule);
        let shown = binary::run(&["rules", about.rule], b"");
        assert_eq!(shown.stdout, about.text(&Default::default()), "{}", about.rule);
    }
    let set = binary::run(&["rules", "slow-command", "--set", "slow-command.ms=50"], b"");
    assert!(set.stdout.contains("--set slow-command.ms=50\n"), "{}", set.stdout);
    assert_eq!(binary::run(&["rules", "no-such-rule"], b"").status, 2);
}
