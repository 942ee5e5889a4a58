//! Each rule on small captures: `fixtures/rules/RULE/CASE/` are the files of one run, and `CASE.set` beside it
//! thresholds that it sets, a line each. What a case finds stands in `tests/golden/rules/RULE.json`, which
//! `REDTRAIL_UPDATE=1 cargo test --test rules` writes: look at what changed before committing it.
//!
//! A case's name says what it shows: `fires…` and `at…` (just at the threshold) are found, `quiet…` and `below…`
//! (just below it) are not.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that finds something amiss fails")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use redtrail::finding::{self, Settings};
use redtrail::options::{Analysis, Reading};
use redtrail::report::findings::Finding;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The cases of a rule, by name.
fn cases(rule: &str) -> BTreeMap<String, PathBuf> {
    let Ok(entries) = fs::read_dir(root().join("fixtures/rules").join(rule)) else { return BTreeMap::new() };
    let folders = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
    folders.map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), path)).collect()
}

/// What the rule finds in a case; paths stand without the machine's part.
fn found(rule: &str, case: &Path, threads: usize, block_bytes: usize) -> Vec<Finding> {
    let mut settings = Settings::default();
    let set = fs::read_to_string(case.with_extension("set")).unwrap_or_default();
    set.lines().for_each(|line| settings.set(line).unwrap());
    let reading = Reading { threads, block_bytes, ..Reading::default() };
    let options = Analysis { reading, settings, ..Analysis::default() };
    let outcome = redtrail::analyze(&[case.to_owned()], &options).unwrap();
    assert!(outcome.failures.is_empty() && outcome.recognized, "{}", case.display());
    let report = outcome.report;
    assert_eq!(report.rejects.total, 0, "{}", case.display());
    let mut findings: Vec<_> = report.findings.into_iter().filter(|finding| finding.rule == rule).collect();
    let start = format!("{}/", case.display()).into_bytes();
    for evidence in findings.iter_mut().flat_map(|finding| &mut finding.evidence) {
        evidence.path.0 = evidence.path.0.strip_prefix(start.as_slice()).unwrap().to_vec().into();
    }
    findings
}

#[test]
fn rules_find_what_their_cases_show() {
    let mut changed = Vec::new();
    for rule in finding::all().map(|rule| rule.about().rule) {
        let golden = root().join("tests/golden/rules").join(format!("{rule}.json"));
        let mut printed = BTreeMap::new();
        for (name, path) in cases(rule) {
            let findings = found(rule, &path, 2, 2 << 20);
            let is_found = name.starts_with("fires") || name.starts_with("at");
            assert!(
                is_found || name.starts_with("quiet") || name.starts_with("below"),
                "{rule}: {name} does not say what it shows"
            );
            assert_eq!(!findings.is_empty(), is_found, "{rule}: {name}: {findings:#?}");
            let other = found(rule, &path, 3, 300);
            assert_eq!(format!("{findings:?}"), format!("{other:?}"), "{rule}: {name}: block size");
            printed.insert(name, findings);
        }
        let printed = serde_json::to_string_pretty(&printed).unwrap() + "\n";
        if std::env::var_os("REDTRAIL_UPDATE").is_some() {
            fs::create_dir_all(golden.parent().unwrap()).unwrap();
            fs::write(&golden, &printed).unwrap();
        } else if fs::read_to_string(&golden).unwrap_or_default() != printed {
            changed.push(rule);
        }
    }
    assert!(changed.is_empty(), "changed: {changed:?}; REDTRAIL_UPDATE=1 writes them, git diff shows how");
}

#[test]
fn each_rule_has_a_case_of_each_sort() {
    for rule in finding::all().map(|rule| rule.about().rule) {
        let cases = cases(rule);
        for sort in ["fires", "quiet", "at", "below"] {
            // A rule without a threshold has no boundary but being there or not.
            let bounded = finding::find(rule).unwrap().about().thresholds.is_empty();
            let is_boundary = matches!(sort, "at" | "below");
            assert!(
                (bounded && is_boundary) || cases.keys().any(|name| name.starts_with(sort)),
                "{rule}: no case is named {sort}…"
            );
        }
    }
}

/// The contract's names, in its order.
const NAMES: &str = "keys-command flush-command server-stalling-command dominant-client hot-key unbounded-read \
    large-value large-multi-key cache-without-ttl lock-without-ttl unbounded-collection loop-instead-of-batch \
    blocking-without-timeout connection-per-request busy-polling script-sent-each-time clear-text-secret \
    cross-slot long-key-name key-without-namespace monitor-running slow-consumer query-buffer idle-clients \
    unnamed-connections connection-leak blocked-client open-transaction closing-client maxclients-near \
    slow-command blocking-delete slow-script slowlog-overflow expiry-storm eviction key-churn low-hit-rate \
    memory-fragmentation memory-near-limit no-memory-limit rejected-connections replica-link-down \
    persistence-failing";

#[test]
fn every_rule_is_there_and_explains_itself() {
    let names: Vec<_> = finding::all().map(|rule| rule.about().rule).collect();
    assert_eq!(names, NAMES.split_whitespace().collect::<Vec<_>>());
    for about in finding::all().map(|rule| rule.about()) {
        for text in [about.detects, about.because, about.severity, about.remedy] {
            assert!(
                text.starts_with(char::is_uppercase) && text.ends_with('.') && text.len() > 20,
                "{}: {text}",
                about.rule
            );
        }
        for threshold in about.thresholds {
            assert!(!threshold.source.is_empty() && threshold.value.is_finite(), "{}", about.rule);
        }
        let text = about.text(&Settings::default());
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    }
}
