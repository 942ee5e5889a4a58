//! Is it a file of INFO dumps, and in which dialect?

use memchr::memchr;

use super::Info;
use super::line::{Line, classify};
use super::reader::{Reader, Tally};
use crate::format::forms::Forms;
use crate::format::{Kind, Reading};

/// Lines that are looked at, blank ones not counted: more than one dump with every section has.
const LINES: u64 = 1_000;

/// Tells whether `head` starts a file of INFO dumps: there is one, and at least half of the first
/// lines belong to dumps.
pub fn probe(head: &[u8]) -> Option<Reading> {
    let tally = Reader::new(head, 0).sample(LINES);
    (tally.dumps > 0 && tally.own >= tally.other).then(|| reading(&tally))
}

/// Whether a dump starts with a line that `rest` follows: a section that servers print and a key behind it, or
/// the version, which comes first where there are no sections; or a whole dump in quotes or braces.
pub fn starts(line: &[u8], rest: &[u8]) -> bool {
    let text = line.strip_prefix(b"txt:").unwrap_or(line);
    let next = rest.get(..memchr(b'\n', rest).unwrap_or(rest.len())).unwrap_or_default();
    match classify(text) {
        Line::Section { known: true, .. } => matches!(classify(next), Line::Known(..)),
        Line::Known(b"redis_version", _) => matches!(classify(next), Line::Known(..) | Line::Loose(..)),
        Line::Wrapped => Reader::new(line, 0).sample(LINES).dumps > 0,
        _ => false,
    }
}

/// The server's clock, where the line is that of a dump which tells it; in microseconds since 1970.
pub fn server_time(line: &[u8]) -> Option<i64> {
    let digits = line.trim_ascii_end().strip_prefix(b"server_time_usec:")?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// The same where `--kind info` was given.
pub fn force(head: &[u8]) -> Reading {
    reading(&Reader::new(head, 0).sample(LINES)).forced()
}

fn reading(tally: &Tally) -> Reading {
    let plain = tally.dumps - tally.resp - tally.quoted - tally.dicts;
    let mut forms = Forms::new(Some);
    forms.add_all("redis-cli", plain);
    forms.add_all("RESP", tally.resp);
    forms.add_all("quoted", tally.quoted);
    forms.add_all("redis-py", tally.dicts);
    let reason = match forms.listed() {
        None => "no dump among the first lines".to_owned(),
        Some(each) => format!("{} lines of sections and keys; of the first dumps {each}", tally.own),
    };
    Reading::of(Kind::Info, forms.dialect(), reason, Info)
}
