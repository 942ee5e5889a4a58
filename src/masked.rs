//! Records as they may be shown: values in captures are private, so they stand as their length.

use std::fmt::Write;

use crate::command::{Access, Spec};
use crate::event::{Args, Exactness, Slow, Text};
use crate::format::monitor::line::header_start;
use crate::format::slowlog::marker;
use crate::output::notation::{escape, escape_into};

/// Bytes of a key or pattern that are shown.
const LONGEST: usize = 128;

/// Arguments that are shown; what follows is counted.
const MOST: usize = 24;

/// Bytes that one of them takes, mostly.
const MOSTLY: usize = 24;

/// Words of the commands' own language, which are no values.
const WORDS: [&[u8]; 46] = [
    b"ABORT",
    b"ABSTTL",
    b"ADDR",
    b"ALPHA",
    b"ASC",
    b"ASYNC",
    b"BLOCK",
    b"BY",
    b"BYLEX",
    b"BYSCORE",
    b"CH",
    b"COPY",
    b"COUNT",
    b"DESC",
    b"EX",
    b"EXAT",
    b"FORCE",
    b"GET",
    b"GT",
    b"ID",
    b"INCR",
    b"KEEPTTL",
    b"KEYS",
    b"LADDR",
    b"LIMIT",
    b"LT",
    b"MATCH",
    b"MAXAGE",
    b"MINID",
    b"NO",
    b"NOACK",
    b"NOSAVE",
    b"NOW",
    b"NX",
    b"OFF",
    b"ON",
    b"ONE",
    b"PX",
    b"PXAT",
    b"REPLACE",
    b"REV",
    b"SAVE",
    b"STORE",
    b"STREAMS",
    b"SYNC",
    b"WITHSCORES",
];

/// Bytes of the longest of them.
const LONGEST_WORD: usize = 10;

/// A call with its name, keys and options; other arguments stand as `(12 bytes)`.
pub fn call(spec: &Spec, args: &Args<'_>, keys: &[usize]) -> String {
    let shows = |at: usize, arg: Text<'_>| keys.contains(&at) || speaks(spec, args, at, arg);
    show(args, args.len() as u64, shows, |arg| arg.len() as u64)
}

/// A call of the slow log, likewise; what the server cut off counts. Where it is not certain which
/// argument is which, only the name, the subcommand and the keys stand there.
pub fn slow(spec: Option<&Spec>, entry: &Slow<'_>, keys: &[usize]) -> String {
    let args = entry.args;
    let is_exact = entry.exactness == Exactness::Exact;
    let is_subcommand =
        |at: usize| at == 1 && spec.is_some_and(|spec| spec.name.contains('|') || spec.name == "DEBUG");
    let shows = |at: usize, arg: Text<'_>| {
        keys.contains(&at)
            || is_subcommand(at)
            || marker::more_arguments(arg.raw).is_some()
            || (is_exact && spec.is_some_and(|spec| speaks(spec, &args, at, arg)))
    };
    let length = |arg: Text<'_>| marker::whole_length(arg.raw, arg.len()).unwrap_or(arg.len() as u64);
    let last = args.len().checked_sub(1).and_then(|last| args.get(last));
    let hidden =
        last.and_then(|last| marker::more_arguments(last.raw)).map_or(0, |more| more.saturating_sub(1));
    show(&args, (args.len() as u64).saturating_add(hidden), shows, length)
}

/// The arguments that `shows` allows, and the length of the others. `count` is how many there were.
fn show(
    args: &Args<'_>,
    count: u64,
    shows: impl Fn(usize, Text<'_>) -> bool,
    length_of: impl Fn(Text<'_>) -> u64,
) -> String {
    let mut out = String::with_capacity(args.len().min(MOST) * MOSTLY);
    let mut scratch = Vec::new();
    for (at, arg) in args.iter().enumerate().take(MOST) {
        if at > 0 {
            out.push(' ');
        }
        if at == 0 || shows(at, arg) {
            write_key(arg.bytes(&mut scratch), &mut out);
        } else {
            write_length(length_of(arg), &mut out);
        }
    }
    if args.len() > MOST {
        out.push_str(&format!(" … ({} more arguments)", count.saturating_sub(MOST as u64)));
    }
    out
}

/// A key or pattern, escaped; of a long one the start.
pub fn key(bytes: &[u8]) -> String {
    let mut out = String::new();
    write_key(bytes, &mut out);
    out
}

fn write_key(bytes: &[u8], out: &mut String) {
    match bytes.get(..LONGEST) {
        Some(start) if bytes.len() > LONGEST => {
            escape_into(start, out);
            out.push('…');
        }
        _ => escape_into(bytes, out),
    }
}

/// Whether an argument belongs to the command's own language.
fn speaks(spec: &Spec, args: &Args<'_>, at: usize, arg: Text<'_>) -> bool {
    if at == 1 && (spec.name.contains('|') || matches!(spec.name, "KEYS" | "DEBUG")) {
        return true;
    }
    if may_be_secret(spec, args, at) {
        return false;
    }
    // The name of a setting is shown, never what it was set to.
    if spec.name == "CONFIG|SET" {
        return at.is_multiple_of(2);
    }
    if is_word(arg.raw) {
        return true;
    }
    let after_match = at
        .checked_sub(1)
        .and_then(|before| args.get(before))
        .is_some_and(|before| before.raw.eq_ignore_ascii_case(b"MATCH"));
    let number =
        || !arg.is_empty() && arg.raw.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'.'));
    after_match || ((spec.access == Access::Read || spec.name == "DEBUG") && number())
}

/// Whether an argument is one of [`WORDS`]; most are a number or too long.
fn is_word(arg: &[u8]) -> bool {
    arg.len() <= LONGEST_WORD
        && arg.first().is_some_and(u8::is_ascii_alphabetic)
        && WORDS.iter().any(|word| arg.eq_ignore_ascii_case(word))
}

/// Whether an argument may be a password, which may be any word. AUTH names a user or not, AUTH2 does.
fn may_be_secret(spec: &Spec, args: &Args<'_>, at: usize) -> bool {
    let is_behind = |word: &[u8], steps: usize| {
        let before = at.checked_sub(steps).and_then(|before| args.get(before));
        before.is_some_and(|before| before.raw.eq_ignore_ascii_case(word))
    };
    is_behind(b"AUTH", 1)
        || (is_behind(b"AUTH", 2) && spec.name != "MIGRATE")
        || is_behind(b"AUTH2", 1)
        || is_behind(b"AUTH2", 2)
        || is_behind(b"AUTH-PASS", 1)
        || spec.name == "ACL|SETUSER"
}

/// A line that could not be read: its time, database and client where it has them, and the length of the
/// rest. Any other text may be the end of a value, even in front of the first quote.
pub fn line(text: &[u8]) -> String {
    let header = header_start(text).and_then(|start| text.get(start..));
    let (head, rest) = match header.and_then(|header| Some((header, memchr::memchr(b'"', header)?))) {
        Some((header, quote)) => header.split_at(quote),
        None => (&b""[..], text),
    };
    let mut out = escape(head);
    write_length(rest.len() as u64, &mut out);
    out
}

fn write_length(bytes: u64, out: &mut String) {
    // A text takes what is written to it.
    let _ = write!(out, "({bytes} byte{})", if bytes == 1 { "" } else { "s" });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command;
    use crate::format::monitor::line::record;

    fn shown(arguments: &str) -> String {
        let line = format!("1.2 [0 a:1] {arguments}");
        let mut spans = Vec::new();
        record(line.as_bytes(), &mut spans).unwrap();
        let args = Args::new(line.as_bytes(), &spans);
        let spec = command::resolve(&args).unwrap().spec();
        let mut keys = Vec::new();
        command::keys(spec, &args, &mut keys);
        call(spec, &args, &keys)
    }

    #[test]
    fn values_stand_as_their_length() {
        for (arguments, text) in [
            (r#""KEYS" "user:*""#, "KEYS user:*"),
            (r#""flushall" "ASYNC""#, "flushall ASYNC"),
            (r#""SET" "k" "secret" "EX" "60""#, "SET k (6 bytes) EX (2 bytes)"),
            (r#""CONFIG" "SET" "requirepass" "secret""#, "CONFIG SET requirepass (6 bytes)"),
            (r#""DEBUG" "SLEEP" "5""#, "DEBUG SLEEP 5"),
            (r#""AUTH" "1234""#, "AUTH (4 bytes)"),
            (r#""AUTH" "save""#, "AUTH (4 bytes)"),
            (r#""HELLO" "3" "AUTH" "bob" "now""#, "HELLO (1 byte) (4 bytes) (3 bytes) (3 bytes)"),
            (
                r#""MIGRATE" "h" "1" "" "0" "9" "AUTH" "copy" "KEYS" "k""#,
                "MIGRATE (1 byte) (1 byte) (0 bytes) (1 byte) (1 byte) (4 bytes) (4 bytes) KEYS k",
            ),
            (
                r#""MIGRATE" "h" "1" "k" "0" "9" "AUTH2" "on" "off""#,
                "MIGRATE (1 byte) (1 byte) k (1 byte) (1 byte) (5 bytes) (2 bytes) (3 bytes)",
            ),
            (r#""SCAN" "0" "MATCH" "a*" "COUNT" "10""#, "SCAN 0 MATCH a* COUNT 10"),
            (r#""DEL" "a\"b\n""#, "DEL a\\\"b\\n"),
            (r#""ACL" "SETUSER" "bob" ">pw""#, "ACL SETUSER (3 bytes) (3 bytes)"),
        ] {
            assert_eq!(shown(arguments), text);
        }
    }

    #[test]
    fn unreadable_lines_show_no_value() {
        for (text, shown) in [
            (&br#"17.5 [0 a:1] "SET" "k" "sec"#[..], "17.5 [0 a:1] (14 bytes)"),
            (br#"redis-1  | 17.5 [0 a:1] "SET" "sec"#, "17.5 [0 a:1] (10 bytes)"),
            (br#""SET" "k"#, "(8 bytes)"),
            (br#"end of a secret" "EX" "60""#, "(26 bytes)"),
            (br#"17.5 [0 secret"#, "(14 bytes)"),
            (b"", "(0 bytes)"),
        ] {
            assert_eq!(line(text), shown);
        }
    }
}
