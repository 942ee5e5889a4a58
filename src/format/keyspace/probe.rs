//! Are these keyspace notifications, and in which form?

use memchr::memmem;

use super::Keyspace;
use super::reader::{Form, Reader};
use crate::format::forms::{Forms, Nowhere, whole_lines};
use crate::format::{Kind, Reading};

/// Messages that are looked at. Enough for a mixture to show.
const MESSAGES: usize = 200;

/// Pieces that are looked at where there are fewer messages.
const PIECES: usize = 2_000;

/// Tells whether `head` starts a capture of keyspace notifications: it holds at least one, or the answer
/// to a subscription to their channels. Their form is of nothing else.
pub fn probe(head: &[u8]) -> Option<Reading> {
    let sample = Sample::take(head);
    let answered = sample.forms.count(Form::Answer) > 0
        && [&b"__key"[..], b"__subkey"].iter().any(|sign| memmem::find(head, sign).is_some());
    (sample.forms.records() > 0 || answered).then(|| sample.reading())
}

/// The same where `--kind keyspace-events` was given.
pub fn force(head: &[u8]) -> Reading {
    Sample::take(head).reading().forced()
}

struct Sample {
    doubled: bool,
    forms: Forms<Form>,
}

impl Sample {
    fn take(head: &[u8]) -> Self {
        let doubled = looks_doubled(head);
        let mut forms = Forms::new(dialect);
        let (mut messages, mut pieces) = (0, 0);
        Reader::new(doubled, 0).read(whole_lines(head), &mut Nowhere, &mut |form| {
            forms.add(form);
            messages += usize::from(dialect(form).is_some());
            pieces += 1;
            messages < MESSAGES && (pieces < PIECES || messages > 0)
        });
        Sample { doubled, forms }
    }

    fn reading(&self) -> Reading {
        let reason = match self.forms.listed() {
            None if self.forms.count(Form::Answer) > 0 => {
                "a subscription to channels of notifications".to_owned()
            }
            None => "no message among the first lines".to_owned(),
            Some(each) => format!("of the first {} messages {each}", self.forms.records()),
        };
        let format = Keyspace { doubled: self.doubled };
        Reading::of(Kind::KeyspaceEvents, self.forms.dialect(), reason, format)
    }
}

/// The name of a form of messages; `None` for what is no message.
fn dialect(form: Form) -> Option<&'static str> {
    Some(match form {
        Form::Terminal => "redis-cli on a terminal",
        Form::Raw => "redis-cli raw",
        Form::Csv => "redis-cli --csv",
        Form::Json => "redis-cli --json",
        Form::QuotedJson => "redis-cli --quoted-json",
        Form::Objects => "JSON lines",
        Form::Logger => "JSON behind a logger's prefix",
        Form::Python => "redis-py",
        Form::Answer | Form::Noise | Form::Rejected | Form::Truncated => return None,
    })
}

/// Whether JSON arrays hold `sdscatrepr` with its backslashes doubled: `\\xff` where `--json` prints the
/// byte itself. Data can hold `\\n` in JSON too (a path), so only a doubled `\\xHH` is a sign, and any byte
/// from 0x80, or an escape of JSON's alone, speaks against it.
fn looks_doubled(head: &[u8]) -> bool {
    let mut sign = false;
    let arrays = head.split(|byte| *byte == b'\n').filter(|line| memmem::find(line, b"[\"").is_some());
    for line in arrays {
        if line.iter().any(|byte| *byte >= 0x80) {
            return false;
        }
        let mut rest = line;
        while let Some(at) = memchr::memchr(b'\\', rest) {
            let escape = rest.get(at..).unwrap_or_default();
            let used = match escape {
                [_, b'\\', b'\\', b'\\', ..] => 4,
                [_, b'\\', b'x', high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                    sign = true;
                    5
                }
                [_, b'\\', _, ..] => 3,
                _ => return false,
            };
            rest = escape.get(used..).unwrap_or_default();
        }
    }
    sign
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_named() {
        for (head, dialect) in [
            (&b"\"pmessage\",\"*\",\"__keyspace@0__:k\",\"set\"\n"[..], Some("redis-cli --csv")),
            (b"[\"pmessage\",\"*\",\"__keyspace@0__:k\xff\",\"set\"]\n", Some("redis-cli --json")),
            (b"[\"pmessage\",\"*\",\"__keyspace@0__:k\\\\xff\",\"set\"]\n", Some("redis-cli --quoted-json")),
            (b"1) \"message\"\n2) \"__keyevent@0__:set\"\n3) \"k\"\n", Some("redis-cli on a terminal")),
            (b"message\n__keyevent@0__:set\nk\n", Some("redis-cli raw")),
            (
                b"x - INFO - {\"channel\":\"__keyevent@0__:set\",\"data\":\"k\"}\n",
                Some("JSON behind a logger's prefix"),
            ),
            (b"{\"channel\":\"__keyevent@0__:set\",\"data\":\"k\"}\n", Some("JSON lines")),
            (b"{'channel': b'__keyevent@0__:set', 'data': b'k'}\n", Some("redis-py")),
            (b"psubscribe\n__key*__:*\n1\n", Some("redis-cli")),
            (b"message\n__keyevent@0__:set\nk\n\"message\",\"__keyevent@0__:set\",\"k\"\n", Some("mixed")),
            (b"\"message\",\"news\",\"__keyspace\"\n", None),
            (b"psubscribe\nnews*\n1\n", None),
            (b"hello __keyspace@0__:k\n", None),
            (b"", None),
        ] {
            assert_eq!(probe(head).map(|reading| reading.dialect), dialect, "{}", head.escape_ascii());
            assert_eq!(force(head).kind, Kind::KeyspaceEvents);
        }
    }
}
