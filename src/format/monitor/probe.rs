//! Is it a MONITOR capture, and in which dialect?

use memchr::memmem;

use super::Monitor;
use super::fast::{self, Second};
use super::line::{self, header};
use super::noise::is_start;
use super::reader::{Form, Reader};
use crate::event::Span;
use crate::format::forms::{Forms, Nowhere, whole_lines};
use crate::format::{Kind, Reading};
use crate::source::HEAD;

/// Lines that are looked at, noise not counted. Enough for a mixture to show.
const LINES: usize = 200;

/// Tells whether `head` starts a MONITOR capture: at least half of its first lines (noise apart) are
/// records, or it holds the server's `OK` and nothing else but records, damaged or not.
pub fn probe(head: &[u8], insight: Option<bool>) -> Option<Reading> {
    let sample = Sample::take(head, insight);
    let records = sample.forms.records();
    let count = |form| sample.forms.count(form);
    let lines = records + count(Form::Rejected) + count(Form::Text) + count(Form::Truncated);
    let started = count(Form::Start) > 0 && count(Form::Text) == 0;
    let damaged = started && (records > 0 || lines == 0);
    // A first line that is longer than what is shown of it.
    if head.len() >= HEAD && memchr::memchr(b'\n', head).is_none() && header(head).is_ok() {
        return Some(sample.reading());
    }
    // What is mostly other text with a record quoted in it is no capture.
    (damaged || (records > 0 && records * 2 >= lines)).then(|| sample.reading())
}

/// The same where `--kind monitor` was given.
pub fn force(head: &[u8], insight: Option<bool>) -> Reading {
    Sample::take(head, insight).reading().forced()
}

/// Tells records line by line.
pub struct Lines {
    reader: Reader,
    spans: Vec<Span>,
    second: Second,
    whole: Vec<u8>,
}

impl Lines {
    /// `insight` as in [`probe`].
    pub fn new(insight: bool) -> Self {
        Lines {
            reader: Reader::new(insight, 1),
            spans: Vec::new(),
            second: Second::default(),
            whole: Vec::new(),
        }
    }

    /// Whether a line begins as redis-cli prints a record, which no other kind's line does.
    pub fn begins(&mut self, line: &[u8]) -> bool {
        fast::begins(line, &mut self.second)
    }

    /// Whether a line is nothing but a record as redis-cli prints it.
    fn is_plain(&mut self, line: &[u8]) -> bool {
        line::record_after(&mut self.second, line, &mut self.spans).is_ok()
    }

    /// Whether a line is a record in any form but that with unescaped quotes, which is a guess. The first quote
    /// of a line with a prefix must open the command's name: else other text quotes a record.
    pub fn is_record(&mut self, line: &[u8]) -> bool {
        if self.is_plain(line) {
            return true;
        }
        if memchr::memchr2(b'"', b'\'', line).is_none() {
            return false;
        }
        self.whole.clear();
        self.whole.extend_from_slice(line);
        self.whole.push(b'\n');
        let mut form = Form::Text;
        self.reader.lines(&self.whole, &mut Nowhere, |found| {
            form = found;
            true
        });
        match form {
            Form::Tolerant => false,
            Form::Prefixed => {
                let quote = memchr::memchr2(b'"', b'{', line).unwrap_or(0);
                let before = line.get(..quote).unwrap_or_default();
                before.ends_with(b" ") && before.iter().any(u8::is_ascii_digit)
            }
            form => dialect(form).is_some(),
        }
    }
}

struct Sample {
    insight: bool,
    forms: Forms<Form>,
}

impl Sample {
    fn take(head: &[u8], insight: Option<bool>) -> Self {
        let insight = insight.unwrap_or_else(|| looks_like_insight(head));
        let mut forms = Forms::new(dialect);
        let mut seen = 0;
        Reader::new(insight, 0).lines(whole_lines(head), &mut Nowhere, |form| {
            forms.add(form);
            seen += usize::from(form != Form::Noise && form != Form::Start);
            seen < LINES
        });
        Sample { insight, forms }
    }

    fn reading(&self) -> Reading {
        let mut reason = match self.forms.listed() {
            None => "no record among the first lines".to_owned(),
            Some(each) => format!("of the first {} records {each}", self.forms.records()),
        };
        if self.insight {
            reason.push_str("; escapes stand doubled, as in RedisInsight's log");
        }
        Reading::of(Kind::Monitor, self.forms.dialect(), reason, Monitor { insight: self.insight })
    }
}

/// The name of a form of records; `None` for what is no record.
fn dialect(form: Form) -> Option<&'static str> {
    Some(match form {
        Form::Plain => "redis-cli",
        Form::Old => "Redis 2.4 and older",
        Form::Kvrocks => "Kvrocks",
        Form::Terminal => "terminal",
        Form::Resp => "RESP",
        Form::Quoted => "redis-cli --csv or --json",
        Form::QuotedJson => "redis-cli --quoted-json",
        Form::Docker => "docker json-file",
        Form::Cri => "CRI log",
        Form::Prefixed => "prefixed lines",
        Form::Insight => "RedisInsight profiler",
        Form::Python => "redis-py",
        Form::Tolerant => "unescaped quotes",
        Form::Start | Form::Noise | Form::Text | Form::Rejected | Form::Truncated => return None,
    })
}

/// Whether escapes stand doubled, as JSON around Redis's escapes does: `\\xff` where redis-cli prints
/// `\xff`. Data can hold `\\n` in redis-cli's notation too (a JSON text with an escaped line end), so
/// only a doubled `\\xHH` is a sign, and any single escape but `\"` speaks against it. Only lines that
/// begin as RedisInsight's do are asked: `--csv`, docker and redis-py double escapes as well. Nor does
/// RedisInsight keep the server's `OK`.
fn looks_like_insight(head: &[u8]) -> bool {
    // Most captures have none at all.
    if memmem::find(head, DOUBLED).is_none() {
        return false;
    }
    let mut doubled = false;
    for line in head.split(|byte| *byte == b'\n') {
        if is_start(line) {
            return false;
        }
        if header(line).is_ok() {
            if holds_single_escape(line) {
                return false;
            }
            doubled = doubled || holds_doubled_escape(line);
        }
    }
    doubled
}

/// How `\xHH` begins where escapes stand doubled.
const DOUBLED: &[u8] = b"\\\\x";

fn holds_doubled_escape(line: &[u8]) -> bool {
    memmem::find_iter(line, DOUBLED).any(|at| {
        let digits = line.get(at + 3..at + 5).unwrap_or_default();
        let odd = at > 0 && line.get(at - 1) == Some(&b'\\');
        !odd && digits.len() == 2 && digits.iter().all(|d| matches!(d, b'0'..=b'9' | b'a'..=b'f'))
    })
}

fn holds_single_escape(head: &[u8]) -> bool {
    let mut rest = head;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        match rest.get(at + 1) {
            Some(b'x' | b'n' | b'r' | b't' | b'a' | b'b') => return true,
            _ => rest = rest.get(at + 2..).unwrap_or_default(),
        }
    }
    false
}
