//! What a rule says of itself: the text of `redtrail rules` and the base of every threshold.

use std::fmt::Write;

use super::settings::Settings;

/// A number that a rule compares with, which `--set RULE.NAME=VALUE` changes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Threshold {
    /// `ms`, `critical-ms`: lower case, the unit in the name where it is not a plain count.
    pub name: &'static str,
    /// What it is unless set.
    pub value: f64,
    /// What it bounds, a few words: `a call that takes so many milliseconds is a warning`.
    pub meaning: &'static str,
    /// Where the number comes from.
    pub source: &'static str,
}

/// What a rule says of itself.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// The rule's name: the problem, never its cure.
    pub rule: &'static str,
    /// The kind of capture it reads, as `--kind` names it.
    pub kind: &'static str,
    /// What it looks for, a sentence.
    pub detects: &'static str,
    /// Why that matters, a sentence or two.
    pub because: &'static str,
    /// How severity follows the size of the harm.
    pub severity: &'static str,
    /// The numbers it compares with.
    pub thresholds: &'static [Threshold],
    /// Whether what it finds rests on a rate, which a short capture tells badly.
    pub by_rate: bool,
    /// What to change.
    pub remedy: &'static str,
}

impl About {
    /// The whole text, with the thresholds as they are set.
    pub fn text(&self, settings: &Settings) -> String {
        let mut out = String::new();
        let mut line = |label: &str, text: &str| {
            // Writing to a String cannot fail.
            let _ = writeln!(out, "\n{label}\n{}", wrapped(text));
        };
        line("Detects", self.detects);
        line("Matters because", self.because);
        line("Severity", self.severity);
        line("Remedy", self.remedy);
        if !self.thresholds.is_empty() {
            out.push_str("\nThresholds\n");
        }
        for threshold in self.thresholds {
            let value = settings.limit(self, threshold);
            let text = format!("{}. Source: {}", threshold.meaning, threshold.source);
            let _ = writeln!(out, "  --set {}.{}={value}\n{}", self.rule, threshold.name, indented(&text, 6));
        }
        format!("{} ({})\n{out}", self.rule, self.kind)
    }
}

/// Columns of a paragraph.
const WIDTH: usize = 80;

fn wrapped(text: &str) -> String {
    indented(text, 2)
}

fn indented(text: &str, indent: usize) -> String {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if indent + line.chars().count() + 1 + word.chars().count() <= WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.iter().map(|line| format!("{:indent$}{line}", "")).collect::<Vec<_>>().join("\n")
}
