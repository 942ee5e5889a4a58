//! Is it CLIENT LIST, and in which dialect?

use std::collections::BTreeMap;

use memchr::memmem;

use super::ClientList;
use super::field::Finder;
use super::reader::{Form, Reader};
use super::row;
use super::separator::prefix_time;
use crate::error::Reject;
use crate::event::{Place, Sink, Skipped};
use crate::format::{Kind, Reading};

/// Lines that are looked at, noise not counted. Enough for a mixture to show.
const LINES: usize = 200;

/// Signs of captures that may quote a row.
const OTHERS: [&[u8]; 6] =
    [b"redis_version:", b"__keyspace@", b"__keyevent@", b"__subkey", b"1) 1) (integer) ", b"'start_time': "];

/// Tells whether `head` holds CLIENT LIST: most of its first lines are rows, or it is other text around
/// rows (Redis's log, a crash report, a shell's record) that shows no sign of another kind.
pub fn probe(head: &[u8]) -> Option<Reading> {
    let sample = Sample::take(head);
    let rows = sample.rows();
    let others = sample.count(Form::Rejected) + sample.count(Form::Noise) + sample.count(Form::Truncated);
    let finds = |sign: &[u8]| memmem::find(head, sign).is_some();
    let is = rows > 0 && (rows >= others || finds(b" CLIENT LIST OUTPUT ") || !OTHERS.into_iter().any(finds));
    is.then(|| sample.reading(false))
}

/// Whether a line is a row, or an answer in quotes or braces, with nothing in front but a clock or a number.
pub fn is_row(line: &[u8]) -> bool {
    if let Some(first) = row::anchor(line) {
        let (prefix, row) = line.split_at(first);
        return match prefix {
            b"" | b"txt:" => row::fields(row, &mut Vec::new(), &mut Finder::default()).is_ok(),
            [before @ .., b'"'] => {
                before.iter().all(|byte| b" )QUEUD".contains(byte) || byte.is_ascii_digit())
            }
            _ => memchr::memchr2(b'"', b'\'', prefix).is_none() && prefix_time(prefix).is_some(),
        };
    }
    let text = line.strip_prefix(b"[").unwrap_or(line);
    [&b"{'id': '"[..], b"{\"id\": \"", b"{'addr': '"].iter().any(|start| text.starts_with(start))
        && memmem::find(line, b"flags").is_some()
}

/// The same where `--kind client-list` was given.
pub fn force(head: &[u8]) -> Reading {
    Sample::take(head).reading(true)
}

struct Sample {
    forms: BTreeMap<Form, usize>,
}

impl Sample {
    fn take(head: &[u8]) -> Self {
        let mut forms = BTreeMap::new();
        let mut seen = 0;
        Reader::new(0).lines(head, &mut Nowhere, &mut |form| {
            *forms.entry(form).or_insert(0) += 1;
            seen += usize::from(form != Form::Noise && form != Form::Separator);
            seen < LINES
        });
        Sample { forms }
    }

    fn count(&self, form: Form) -> usize {
        self.forms.get(&form).copied().unwrap_or(0)
    }

    fn rows(&self) -> usize {
        self.forms.iter().filter(|(form, _)| dialect(**form).is_some()).map(|(_, count)| count).sum()
    }

    fn reading(&self, forced: bool) -> Reading {
        let named = self.forms.iter().filter_map(|(form, count)| Some((*count, dialect(*form)?)));
        let mut forms: Vec<_> = named.collect();
        forms.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
        let dialect = match forms.as_slice() {
            _ if self.count(Form::Length) > 0 => "RESP",
            [] => "redis-cli",
            [(_, only)] => only,
            _ => "mixed",
        };
        let each: Vec<_> = forms.iter().map(|(count, name)| format!("{count} {name}")).collect();
        let mut reason = match each.as_slice() {
            [] => "no row among the first lines".to_owned(),
            each => format!("of the first {} lines with rows {}", self.rows(), each.join(", ")),
        };
        if forced {
            reason.push_str("; forced by --kind");
        }
        Reading::of(Kind::ClientList, dialect, reason, ClientList)
    }
}

/// The name of a form of rows; `None` for what is no row.
fn dialect(form: Form) -> Option<&'static str> {
    Some(match form {
        Form::Plain => "redis-cli",
        Form::Terminal => "terminal",
        Form::Prefixed => "prefixed lines",
        Form::Quoted => "quoted answer",
        Form::Python => "redis-py",
        Form::Docker => "docker json-file",
        Form::Length | Form::Separator | Form::Noise | Form::Rejected | Form::Truncated => return None,
    })
}

/// Looking at lines must not count them.
struct Nowhere;

impl Sink for Nowhere {
    fn reject(&mut self, _: Reject<'_>) {}
    fn skip(&mut self, _: Place, _: u64, _: Skipped) {}
    fn gap(&mut self, _: Place) {}
}
