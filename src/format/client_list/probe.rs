//! Is it CLIENT LIST, and in which dialect?

use memchr::memmem;

use super::ClientList;
use super::field::Finder;
use super::reader::{Form, Reader};
use super::row;
use super::separator::prefix_time;
use crate::format::forms::{Forms, Nowhere};
use crate::format::{Kind, Reading};

/// Lines that are looked at, noise not counted. Enough for a mixture to show.
const LINES: usize = 200;

/// Signs of captures that may quote a row.
const OTHERS: [&[u8]; 6] =
    [b"redis_version:", b"__keyspace@", b"__keyevent@", b"__subkey", b"1) 1) (integer) ", b"'start_time': "];

/// Tells whether `head` holds CLIENT LIST: most of its first lines are rows, or it is other text around
/// rows (Redis's log, a crash report, a shell's record) that shows no sign of another kind.
pub fn probe(head: &[u8]) -> Option<Reading> {
    let forms = sample(head);
    let rows = forms.records();
    let others = forms.count(Form::Rejected) + forms.count(Form::Noise) + forms.count(Form::Truncated);
    let finds = |sign: &[u8]| memmem::find(head, sign).is_some();
    let is = rows > 0 && (rows >= others || finds(b" CLIENT LIST OUTPUT ") || !OTHERS.into_iter().any(finds));
    is.then(|| reading(&forms))
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
    reading(&sample(head)).forced()
}

fn sample(head: &[u8]) -> Forms<Form> {
    let mut forms = Forms::new(dialect);
    let mut seen = 0;
    Reader::new(0).lines(head, &mut Nowhere, &mut |form| {
        forms.add(form);
        seen += usize::from(form != Form::Noise && form != Form::Separator);
        seen < LINES
    });
    forms
}

fn reading(forms: &Forms<Form>) -> Reading {
    let dialect = if forms.count(Form::Length) > 0 { "RESP" } else { forms.dialect() };
    let reason = match forms.listed() {
        None => "no row among the first lines".to_owned(),
        Some(each) => format!("of the first {} lines with rows {each}", forms.records()),
    };
    Reading::of(Kind::ClientList, dialect, reason, ClientList)
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
