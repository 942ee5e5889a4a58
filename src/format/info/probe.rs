//! Is it a file of INFO dumps, and in which dialect?

use std::sync::Arc;

use super::Info;
use super::reader::{Reader, Tally};
use crate::format::{Kind, Reading};

/// Lines that are looked at, blank ones not counted: more than one dump with every section has.
const LINES: u64 = 1_000;

/// Tells whether `head` starts a file of INFO dumps: there is one, and at least half of the first
/// lines belong to dumps.
pub fn probe(head: &[u8]) -> Option<Reading> {
    let tally = Reader::new(head, 0).sample(LINES);
    (tally.dumps > 0 && tally.own >= tally.other).then(|| reading(tally, ""))
}

/// The same where `--kind info` was given.
pub fn force(head: &[u8]) -> Reading {
    reading(Reader::new(head, 0).sample(LINES), "; forced by --kind")
}

fn reading(tally: Tally, forced: &str) -> Reading {
    let plain = tally.dumps - tally.resp - tally.quoted - tally.dicts;
    let mut forms =
        [(plain, "redis-cli"), (tally.resp, "RESP"), (tally.quoted, "quoted"), (tally.dicts, "redis-py")];
    forms.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
    let forms: Vec<_> = forms.into_iter().filter(|(count, _)| *count > 0).collect();
    let dialect = match forms.as_slice() {
        [] => "redis-cli",
        [(_, only)] => only,
        _ => "mixed",
    };
    let each: Vec<_> = forms.iter().map(|(count, name)| format!("{count} {name}")).collect();
    let reason = match each.as_slice() {
        [] => "no dump among the first lines".to_owned(),
        each => format!("{} lines of sections and keys; of the first dumps {}", tally.own, each.join(", ")),
    };
    Reading { kind: Kind::Info, dialect, reason: reason + forced, format: Some(Arc::new(Info)) }
}
