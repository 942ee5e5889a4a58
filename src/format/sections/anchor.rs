//! Lines that only one kind of capture prints.
//!
//! What stands in front of an anchor is nothing, or what tools put there; never what could be the start of a
//! record that quotes another kind's line.

use memchr::{memchr, memchr2};

use crate::format::info::line::{Line, classify};
use crate::format::keyspace::{clock::Clock, look, start};
use crate::format::monitor::noise::{is_noise, is_prompt, is_start};
use crate::format::monitor::{probe::Lines, wrap};
use crate::format::{Kind, client_list, info, slowlog};

/// Tells anchors.
pub struct Anchors {
    monitor: Lines,
    plain: Vec<u8>,
    buffer: Vec<u8>,
}

impl Anchors {
    /// `insight` as in [`crate::format::detect`].
    pub fn new(insight: Option<bool>) -> Self {
        Anchors { monitor: Lines::new(insight.unwrap_or(false)), plain: Vec::new(), buffer: Vec::new() }
    }

    /// Whose anchor the first line of `view` is. Lines of the `present` kind are told first, because they can
    /// hold what looks like another's behind a prefix.
    pub fn at(&mut self, view: &[u8], present: Option<Kind>) -> Option<Kind> {
        let end = memchr(b'\n', view)?;
        let line = view.get(..end)?;
        if line.is_empty() {
            return None;
        }
        let rest = view.get(end + 1..).unwrap_or_default();
        // Most lines of most files.
        match present {
            Some(Kind::Monitor) if self.monitor.begins(line) => return Some(Kind::Monitor),
            Some(Kind::ClientList) if client_list::probe::is_row(line) => return Some(Kind::ClientList),
            Some(Kind::Info) if belongs(line) => return Some(Kind::Info),
            Some(Kind::Slowlog) if slowlog::probe::raw_start(view).is_some() => return Some(Kind::Slowlog),
            Some(Kind::Slowlog) if slowlog::probe::starts(line, rest) => return Some(Kind::Slowlog),
            Some(Kind::Slowlog) if is_inner(line) => return None,
            Some(Kind::KeyspaceEvents) if self.is_printed(line) && self.is_message(view) => {
                return Some(Kind::KeyspaceEvents);
            }
            _ => {}
        }
        if is_text(line) {
            return None;
        }
        // Only raw entries begin so.
        if line.trim_ascii_end().iter().all(u8::is_ascii_digit) {
            return slowlog::probe::raw_start(view).map(|_| Kind::Slowlog);
        }
        let mut plain = std::mem::take(&mut self.plain);
        plain.clear();
        let mut text = wrap::trim_end(line);
        if memchr2(0x1b, b'\r', text).is_some() {
            wrap::terminal(text, &mut plain);
            text = &plain;
        }
        let kind = self.kind(text, rest, view);
        self.plain = plain;
        kind
    }

    fn kind(&mut self, text: &[u8], rest: &[u8], view: &[u8]) -> Option<Kind> {
        if is_noise(text) {
            return None;
        }
        if self.monitor.is_record(text) {
            return Some(Kind::Monitor);
        }
        if slowlog::probe::starts(text, rest) || slowlog::probe::raw_start(view).is_some() {
            return Some(Kind::Slowlog);
        }
        if client_list::probe::is_row(text) {
            return Some(Kind::ClientList);
        }
        if self.is_message(view) {
            return Some(Kind::KeyspaceEvents);
        }
        info::probe::starts(text, rest).then_some(Kind::Info)
    }

    /// Whether a line begins as redis-cli's do in a capture of messages: not as an object, of which there are
    /// other kinds.
    fn is_printed(&mut self, line: &[u8]) -> bool {
        !matches!(look::look(line, &mut self.buffer).head, look::Head::Object | look::Head::Other)
    }

    /// A message or the answer to a subscription, behind a clock or nothing.
    fn is_message(&mut self, view: &[u8]) -> bool {
        let line = view.get(..memchr(b'\n', view).unwrap_or(view.len())).unwrap_or_default();
        let look = look::look(line, &mut self.buffer);
        if look.head == look::Head::Other
            || !(look.prefix.is_empty() || look.time(&mut Clock::default()).is_some())
        {
            return false;
        }
        matches!(start::start(view, &mut self.buffer), Some(start::Start::Message | start::Start::Answer))
    }

    /// Whether a message or the answer to a subscription starts with `view`, in raw output.
    pub fn is_bare_message(&mut self, view: &[u8]) -> bool {
        let line = view.get(..memchr(b'\n', view).unwrap_or(view.len())).unwrap_or_default();
        matches!(look::look(line, &mut self.buffer).head, look::Head::Bare(_))
            && start::start(view, &mut self.buffer).is_some()
    }

    /// Whether a line belongs to the anchor of that kind behind it.
    pub fn leads(&self, kind: Kind, line: &[u8]) -> bool {
        let line = line.trim_ascii();
        let of_kind = match kind {
            Kind::Monitor => is_start(line),
            Kind::KeyspaceEvents => {
                line.starts_with(b"Reading messages...")
                    || line.starts_with(b"{'type': 'psubscribe'")
                    || line.starts_with(b"{'type': 'subscribe'")
            }
            _ => matches!(classify(line), Line::Clock(_) | Line::Frame),
        };
        of_kind || is_prompt(line) || is_heading(line)
    }
}

/// `=== CLIENT LIST ===`, `--- 2 ---`, `## INFO`.
fn is_heading(line: &[u8]) -> bool {
    matches!(line, [one @ (b'=' | b'-' | b'#' | b'*'), other, ..] if one == other)
}

/// Whether a line is an element within an entry of a slow log on a terminal, and no reply of its own, which
/// stands at most two spaces in.
fn is_inner(line: &[u8]) -> bool {
    let Some(element) = line.strip_prefix(b"   ") else { return false };
    let element = element.trim_ascii_start();
    let digits = element.iter().take_while(|byte| byte.is_ascii_digit()).count();
    digits > 0 && element.get(digits..).is_some_and(|rest| rest.starts_with(b") "))
}

/// Whether a line has no sign of any anchor: told by its bytes alone, as most lines of raw output are.
fn is_text(line: &[u8]) -> bool {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let ends = [&b"message"[..], b"subscribe"].iter().any(|word| line.ends_with(word));
    let starts = [&b"#"[..], b"redis_version", b"txt:"].iter().any(|word| line.starts_with(word));
    let (mut is_number, mut has_sign) = (true, false);
    for byte in line {
        is_number &= byte.is_ascii_digit();
        has_sign |= SIGNS.get(usize::from(*byte)) == Some(&true);
    }
    !(ends || starts || is_number || has_sign)
}

/// Bytes that text has not, by their number.
static SIGNS: [bool; 256] = {
    let mut signs = [false; 256];
    let mut byte = 0;
    #[allow(clippy::indexing_slicing)] // Checked while compiling.
    while byte < signs.len() {
        signs[byte] = matches!(byte as u8, b'"' | b'\'' | b'{' | b'=' | b')' | b'\r' | 0x1b);
        byte += 1;
    }
    signs
};

/// Bytes of the longest line that is taken for a heading in plain words.
const HEADING: usize = 64;

/// Whether a line is a heading in plain words (`SLOWLOG:`), and no part of a record.
pub fn names(kind: Kind, line: &[u8]) -> bool {
    let word: &[u8] = match kind {
        Kind::Monitor => b"monitor",
        Kind::ClientList => b"client",
        Kind::Slowlog => b"slow",
        Kind::KeyspaceEvents => b"subscribe",
        Kind::Info => b"info",
        Kind::Empty | Kind::Unknown => return false,
    };
    let line = line.trim_ascii();
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b" -_$#>/.".contains(byte);
    line.len() <= HEADING
        && line.strip_suffix(b":").unwrap_or(line).iter().all(is_plain)
        && line.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word))
}

/// Whether a line is one of a dump of INFO: sections and keys, whatever their values hold.
fn belongs(line: &[u8]) -> bool {
    matches!(classify(line), Line::Section { .. } | Line::Known(..))
}

/// Whether a line is redis-cli's prompt.
pub fn is_typed(line: &[u8]) -> bool {
    is_prompt(line.trim_ascii())
}

/// The time on a line that scripts print in front of a dump.
pub fn clock(line: &[u8]) -> Option<i64> {
    match classify(line) {
        Line::Clock(time) => Some(time),
        _ => None,
    }
}
