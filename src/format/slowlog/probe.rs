//! Is it a slow log, and in which form?

use memchr::memchr;

use super::entry::{Address, address};
use super::raw::{self, Path, Places};
use super::reader::{Form, Reader};
use super::{Slowlog, noise};
use crate::format::forms::{Forms, Nowhere, whole_lines};
use crate::format::{Kind, Reading};

pub use super::raw::Start as RawStart;

/// Pieces that are looked at, noise not counted.
const PIECES: usize = 200;

/// Bytes in which raw output must show itself.
const WINDOW: usize = 64 << 10;

/// Tells whether `head` starts a slow log: at least half of its first pieces (what tools print apart) are
/// entries, or it starts as raw output does.
pub fn probe(head: &[u8]) -> Option<Reading> {
    let sample = Sample::take(head);
    let entries = sample.forms.records();
    let count = |form| sample.forms.count(form);
    let others = count(Form::Rejected) + count(Form::Text) + count(Form::Truncated);
    if entries > 0 && entries >= others {
        return Some(sample.reading());
    }
    raw_entries(head).map(|(entries, elements)| raw_reading(head, entries, elements))
}

/// Whether an entry starts with a line that `rest` follows, in any form but the raw one and that of
/// ElastiCache's text, which has no sign of its own.
pub fn starts(line: &[u8], rest: &[u8]) -> bool {
    let numbers = line.trim_ascii_start();
    match numbers.first() {
        Some(b'1'..=b'9') => {
            let digits = numbers.iter().take_while(|byte| byte.is_ascii_digit()).count();
            match numbers.get(digits..) {
                Some(tail) if tail.starts_with(b") 1) (integer) ") => {
                    let next = rest.get(..memchr(b'\n', rest).unwrap_or(rest.len())).unwrap_or_default();
                    next.trim_ascii_start().starts_with(b"2) (integer) ")
                }
                Some([b',', ..]) => Sample::take(line).forms.records() > 0,
                _ => false,
            }
        }
        Some(b'0') => line.starts_with(b"0,") && Sample::take(line).forms.records() > 0,
        Some(b'[') => Sample::take(line).forms.records() > 0,
        Some(b'{') => {
            numbers.starts_with(b"{\"CacheClusterId\"")
                || line.len() < WINDOW && Sample::take(line).forms.records() > 0
                || numbers == b"{" && rest.trim_ascii_start().starts_with(b"\"CacheClusterId\"")
        }
        _ => false,
    }
}

/// The raw entry that may start with `text`.
pub fn raw_start(text: &[u8]) -> Option<RawStart> {
    raw::first(text)
}

/// The raw entries that may start in `text`, and where.
pub fn raw_starts(text: &[u8]) -> Vec<(usize, RawStart)> {
    Places::of(text).placed().collect()
}

/// Whether a line is an address as slow logs show it, and not empty.
pub fn is_socket(line: &[u8]) -> bool {
    address(line.trim_ascii_end()) == Address::Socket
}

/// The same where `--kind slowlog` was given.
pub fn force(head: &[u8]) -> Reading {
    let reading = probe(head).unwrap_or_else(|| {
        let sample = Sample::take(head);
        let starts = Places::of(head.get(..WINDOW).unwrap_or(head)).starts.len();
        if sample.forms.records() == 0 && starts > 0 {
            raw_reading(head, starts, None)
        } else {
            sample.reading()
        }
    });
    reading.forced()
}

/// Entries of raw output that `head` holds, and their elements. Numbers of an entry must be the first thing
/// in it that is not noise, or where the start is cut off, two of them must follow each other.
fn raw_entries(head: &[u8]) -> Option<(usize, Option<u8>)> {
    let head = head.get(..WINDOW).unwrap_or(head);
    let places = Places::of(head);
    if places.starts.is_empty() {
        return None;
    }
    let clean = places.head().split(|byte| *byte == b'\n').all(|line| noise::is_noise(line.trim_ascii_end()));
    let chained = places.starts.windows(2).any(|pair| match pair {
        [one, other] => other.id.checked_add(1) == Some(one.id) && other.time <= one.time,
        _ => false,
    });
    if !clean && !chained {
        return None;
    }
    let path = Path::best(&places);
    Some((path.entries().max(1), Some(path.elements())))
}

fn raw_reading(head: &[u8], entries: usize, elements: Option<u8>) -> Reading {
    let mut reason =
        format!("{} that start with an id, a time and a duration in a line each", entries_of(entries));
    if let Some(elements) = elements {
        reason.push_str(&format!("; {elements} elements each"));
    }
    let format = Slowlog { raw: true, elements, scale: raw::Scale::of(head) };
    Reading::of(Kind::Slowlog, "redis-cli raw", reason, format)
}

fn entries_of(count: usize) -> String {
    if count == 1 { "1 entry".to_owned() } else { format!("{count} entries") }
}

struct Sample {
    forms: Forms<Form>,
    elements: Option<u8>,
}

impl Sample {
    fn take(head: &[u8]) -> Self {
        let mut forms = Forms::new(dialect);
        let mut elements = None;
        let mut seen = 0;
        let whole = if head.len() < crate::source::HEAD { head } else { whole_lines(head) };
        Reader::new(Slowlog::default(), 0).read(whole, &mut Nowhere, &mut |piece| {
            forms.add(piece.form);
            elements = elements.or(piece.elements);
            seen += usize::from(piece.form != Form::Noise);
            seen < PIECES
        });
        Sample { forms, elements }
    }

    fn reading(&self) -> Reading {
        let mut reason = match self.forms.listed() {
            None => "no entry at the start".to_owned(),
            Some(each) => format!("at the start {each}"),
        };
        if let Some(elements) = self.elements {
            reason.push_str(&format!("; {elements} elements each"));
        }
        let format = Slowlog { raw: false, elements: self.elements, scale: None };
        Reading::of(Kind::Slowlog, self.forms.dialect(), reason, format)
    }
}

/// The name of a form of entries; `None` for what is no entry.
fn dialect(form: Form) -> Option<&'static str> {
    Some(match form {
        Form::Terminal => "redis-cli",
        Form::Recorded => "terminal",
        Form::Csv => "redis-cli --csv",
        Form::Json => "redis-cli --json",
        Form::QuotedJson => "redis-cli --quoted-json",
        Form::Aws => "ElastiCache JSON",
        Form::AwsText => "ElastiCache text",
        Form::Objects => "JSON lines",
        Form::Python => "redis-py",
        Form::Noise | Form::Text | Form::Rejected | Form::Truncated => return None,
    })
}
