//! What rules look for in single calls, and how a call shows it.

use crate::command::Spec;
use crate::event::{Args, Text};

/// What shows in a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sign {
    /// KEYS.
    Keys,
    /// FLUSHALL, FLUSHDB.
    Flush,
    /// The server serves nobody meanwhile; the number is for how many milliseconds, 0 where the call does not say.
    Stall,
    /// [`MANY`] keys or more; the number is how many.
    ManyKeys,
    /// Waits until something comes, however long.
    Endless,
    /// A password is in the call.
    Secret,
    /// Keys of several cluster slots; the number is how many keys.
    CrossSlot,
    /// The text of a script; the number is its bytes.
    Script,
}

/// What is looked for in a command's calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Watch {
    /// What its keys show, no more.
    Nothing,
    /// [`Sign::Keys`].
    Keys,
    /// [`Sign::Flush`].
    Flush,
    /// [`Sign::Stall`].
    Stall,
    /// [`Sign::Endless`].
    Blocking,
    /// [`Sign::Secret`].
    Secret,
    /// [`Sign::Script`].
    Script,
}

/// Keys of one call from which on it is looked at: far above what a page or a request needs.
pub const MANY: u64 = 32;

impl Watch {
    /// For the calls of a command.
    pub fn of(spec: &Spec) -> Watch {
        match spec.name {
            "KEYS" => Watch::Keys,
            "FLUSHALL" | "FLUSHDB" => Watch::Flush,
            "DEBUG" | "SAVE" | "SHUTDOWN" | "CLIENT|PAUSE" | "PFSELFTEST" => Watch::Stall,
            "BLPOP" | "BRPOP" | "BRPOPLPUSH" | "BLMOVE" | "BLMPOP" | "BZPOPMIN" | "BZPOPMAX" | "BZMPOP"
            | "XREAD" | "XREADGROUP" | "WAIT" | "WAITAOF" => Watch::Blocking,
            "AUTH" | "HELLO" | "CONFIG|SET" | "ACL|SETUSER" | "MIGRATE" | "SENTINEL|SET" => Watch::Secret,
            "EVAL" | "EVAL_RO" => Watch::Script,
            _ => Watch::Nothing,
        }
    }
}

/// Subcommands of DEBUG that keep the server busy, end it or read the whole data anew (`debugCommand` in Redis's
/// `src/debug.c`).
const STALLING: &[&str] = &[
    "SLEEP",
    "RELOAD",
    "LOADAOF",
    "SEGFAULT",
    "PANIC",
    "ASSERT",
    "OOM",
    "RESTART",
    "CRASH-AND-RECOVER",
    "DIGEST",
    "POPULATE",
];

/// Milliseconds for which a call keeps the server from serving, 0 where it does not say; `None` where it does not.
pub fn stall(spec: &Spec, args: &Args<'_>) -> Option<u64> {
    match spec.name {
        "DEBUG" => {
            let word = args.get(1)?;
            STALLING.iter().find(|name| is(word, name))?;
            if !is(word, "SLEEP") {
                return Some(0);
            }
            // A cast of a float saturates.
            let milliseconds = number(args, 2).unwrap_or(0.0) * 1000.0;
            (milliseconds >= 1.0).then_some(milliseconds as u64)
        }
        "CLIENT|PAUSE" => Some(number(args, 2).unwrap_or(0.0) as u64),
        // SHUTDOWN ABORT takes a shutdown back.
        "SHUTDOWN" => (!args.iter().skip(1).any(|word| is(word, "ABORT"))).then_some(0),
        _ => Some(0),
    }
}

/// Whether a blocking call waits for ever: its timeout is 0.
pub fn is_endless(spec: &Spec, args: &Args<'_>) -> bool {
    let last = args.len().saturating_sub(1);
    let at = match spec.name {
        "BLPOP" | "BRPOP" | "BRPOPLPUSH" | "BLMOVE" | "BZPOPMIN" | "BZPOPMAX" | "WAIT" | "WAITAOF" => {
            Some(last)
        }
        "BLMPOP" | "BZMPOP" => Some(1),
        // Options stand before the first key; a group's name may be any word, but not behind STREAMS.
        _ => (1..last)
            .take_while(|at| !args.get(*at).is_some_and(|word| is(word, "STREAMS")))
            .find(|at| args.get(*at).is_some_and(|word| is(word, "BLOCK")))
            .map(|at| at + 1),
    };
    args.len() > 2 && at.and_then(|at| number(args, at)) == Some(0.0)
}

/// Settings whose value is a password.
const SECRETS: &[&str] =
    &["requirepass", "masterauth", "primaryauth", "tls-key-file-pass", "tls-client-key-file-pass"];

/// Whether a password stands in the call in clear text.
pub fn has_secret(spec: &Spec, args: &Args<'_>) -> bool {
    let shows = |at: usize| args.get(at).is_some_and(|text| !text.is_empty() && text.raw != b"(redacted)");
    let after = |word: &str, behind: usize| {
        (1..args.len()).any(|at| args.get(at).is_some_and(|text| is(text, word)) && shows(at + behind))
    };
    match spec.name {
        "AUTH" => args.len() <= 3 && shows(args.len().saturating_sub(1)) && args.len() > 1,
        "HELLO" => after("AUTH", 2),
        "MIGRATE" => args.len() > 6 && (after("AUTH", 1) || after("AUTH2", 2)),
        "CONFIG|SET" => (2..args.len()).step_by(2).any(|at| {
            args.get(at).is_some_and(|name| SECRETS.iter().any(|held| is(name, held))) && shows(at + 1)
        }),
        "SENTINEL|SET" => after("auth-pass", 1),
        _ => args.iter().skip(3).any(|rule| matches!(rule.raw, [b'>' | b'<', _, ..])),
    }
}

/// Slots of a cluster (`CLUSTER_SLOTS` in Redis's `src/cluster.h`).
const SLOTS: u16 = 16_384;

/// Whether two keys are of different cluster slots, by what counts of each (`keyHashSlot` in Redis's
/// `src/cluster.h`).
// Called: in place it has all made ready for the next key, where mostly the first tells.
#[inline(never)]
pub fn are_apart(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return slot(a) != slot(b);
    }
    // Of texts as long as each other the sums differ by the sum of what differs, which is mostly the end.
    let (a, a_rest) = a.as_chunks::<4>();
    let (b, b_rest) = b.as_chunks::<4>();
    let fours = a.iter().zip(b).map(|(a, b)| (u32::from_ne_bytes(*a) ^ u32::from_ne_bytes(*b)).to_ne_bytes());
    let crc = fours.skip_while(|four| *four == [0; 4]).fold(0, next_four);
    let rest = a_rest.iter().zip(b_rest).map(|(a, b)| a ^ b);
    !rest.fold(crc, next).is_multiple_of(SLOTS)
}

/// What counts of a key: what stands between the first `{` and the next `}`, unless that is nothing.
#[inline]
pub fn hashed(key: &[u8]) -> &[u8] {
    // Most keys have none of it.
    if may_open(key) { tag(key).unwrap_or(key) } else { key }
}

/// Whether there is a `{`: sooner than by `memchr`, as keys are short.
#[inline]
fn may_open(key: &[u8]) -> bool {
    let is_in = |bytes: &[u8; 8]| {
        // A byte that is `{` becomes 0, and 0 borrows from the bit above it.
        let rest = u64::from_ne_bytes(*bytes) ^ u64::from_ne_bytes([b'{'; 8]);
        rest.wrapping_sub(ONES) & !rest & ONES << 7 != 0
    };
    match (key.first_chunk(), key.last_chunk()) {
        (Some(first), Some(last)) => {
            is_in(first) || is_in(last) || key.len() > 16 && key.as_chunks().0.iter().any(is_in)
        }
        _ => key.contains(&b'{'),
    }
}

/// A one in each byte.
const ONES: u64 = u64::from_ne_bytes([1; 8]);

/// What stands between the first `{` and the next `}`.
#[inline(never)]
fn tag(key: &[u8]) -> Option<&[u8]> {
    let open = memchr::memchr(b'{', key)?;
    let rest = key.get(open + 1..)?;
    rest.get(..memchr::memchr(b'}', rest)?).filter(|tag| !tag.is_empty())
}

/// The slot by what counts of a key.
fn slot(hashed: &[u8]) -> u16 {
    crc16(hashed) % SLOTS
}

/// CRC16 as XMODEM has it: polynomial 0x1021, start 0. Four bytes at once, which do not wait for each other.
fn crc16(bytes: &[u8]) -> u16 {
    let (fours, rest) = bytes.as_chunks::<4>();
    let crc = fours.iter().copied().fold(0, next_four);
    rest.iter().copied().fold(crc, next)
}

/// The sum with four bytes more.
fn next_four(crc: u16, [a, b, c, d]: [u8; 4]) -> u16 {
    let [last, third, second, first] = &CRC;
    let [high, low] = crc.to_be_bytes();
    of(first, high ^ a) ^ of(second, low ^ b) ^ of(third, c) ^ of(last, d)
}

/// The sum with a byte more.
fn next(crc: u16, byte: u8) -> u16 {
    let [high, low] = crc.to_be_bytes();
    u16::from(low) << 8 ^ of(&CRC[0], high ^ byte)
}

fn of(table: &[u16; 256], at: u8) -> u16 {
    table.get(usize::from(at)).copied().unwrap_or_default()
}

/// What a byte makes of the sum: the last of all, and with one, two and three bytes behind it.
static CRC: [[u16; 256]; 4] = tables();

#[expect(clippy::indexing_slicing, reason = "runs at compile time, where a wrong index is an error")]
const fn tables() -> [[u16; 256]; 4] {
    let mut tables = [[0; 256]; 4];
    let mut at = 0;
    while at < 256 {
        let mut crc = (at as u16) << 8;
        let mut behind = 0;
        while behind < 4 {
            let mut bit = 0;
            while bit < 8 {
                crc = if crc & 0x8000 == 0 { crc << 1 } else { crc << 1 ^ 0x1021 };
                bit += 1;
            }
            tables[behind][at] = crc;
            behind += 1;
        }
        at += 1;
    }
    tables
}

fn is(text: Text<'_>, word: &str) -> bool {
    text.raw.eq_ignore_ascii_case(word.as_bytes())
}

fn number(args: &Args<'_>, at: usize) -> Option<f64> {
    std::str::from_utf8(args.get(at)?.raw).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command;
    use crate::format::monitor::line::record;

    fn of<T>(call: &str, ask: impl Fn(&Spec, &Args<'_>) -> T) -> T {
        let words: Vec<_> = call.split(' ').map(|word| format!("\"{word}\"")).collect();
        let line = format!("1.2 [0 a:1] {}", words.join(" "));
        let mut spans = Vec::new();
        record(line.as_bytes(), &mut spans).unwrap();
        let args = Args::new(line.as_bytes(), &spans);
        ask(command::resolve(&args).unwrap().spec(), &args)
    }

    #[test]
    fn slots_are_those_of_a_cluster() {
        // CLUSTER KEYSLOT's answers; the first is the specification's check value of XMODEM.
        for (key, slot_of) in [
            ("123456789", 0x31c3),
            ("foo", 12182),
            ("bar", 5061),
            ("{user1000}.following", 3443),
            ("{user1000}.followers", 3443),
            ("", 0),
        ] {
            assert_eq!(slot(hashed(key.as_bytes())), slot_of, "{key}");
        }
        for (key, tag) in [
            ("foo{}{bar}", "foo{}{bar}"),
            ("foo{{bar}}zap", "{bar"),
            ("foo{bar}{zap}", "bar"),
            ("{a}bcdefghijk", "a"),
            ("abcdefghijk{l}", "l"),
            ("abcdef{gh}ijklmnopq", "gh"),
            ("abc|}zabcdefz{}", "abc|}zabcdefz{}"),
        ] {
            assert_eq!(hashed(key.as_bytes()), tag.as_bytes(), "{key}");
        }
        let keys =
            ["", "a", "b", "user:1", "user:2", "user:10", "x:{user:1}", "user:31216", "user:95555", "{}a"];
        for (a, b) in keys.iter().flat_map(|a| keys.iter().map(move |b| (a.as_bytes(), b.as_bytes()))) {
            let (a, b) = (hashed(a), hashed(b));
            assert_eq!(are_apart(a, b), slot(a) != slot(b), "{}", a.escape_ascii());
        }
    }

    #[test]
    fn stalling_calls_are_told_from_harmless_ones() {
        for (call, milliseconds) in [
            ("DEBUG SLEEP 0.5", Some(500)),
            ("debug sleep 2", Some(2000)),
            ("DEBUG SLEEP 0", None),
            ("DEBUG SLEEP -1", None),
            ("DEBUG SLEEP", None),
            ("DEBUG RELOAD", Some(0)),
            ("DEBUG OBJECT k", None),
            ("DEBUG JMAP", None),
            ("DEBUG HELP", None),
            ("SAVE", Some(0)),
            ("SHUTDOWN NOSAVE", Some(0)),
            ("SHUTDOWN ABORT", None),
            ("CLIENT PAUSE 1500 ALL", Some(1500)),
        ] {
            assert_eq!(of(call, stall), milliseconds, "{call}");
        }
    }

    #[test]
    fn waiting_for_ever_is_a_timeout_of_nothing() {
        for (call, endless) in [
            ("BLPOP a b 0", true),
            ("BRPOP a 0.0", true),
            ("BLPOP a 5", false),
            ("BLMOVE a b LEFT RIGHT 0", true),
            ("BLMPOP 0 1 a LEFT", true),
            ("BZMPOP 1 1 a MIN", false),
            ("XREAD BLOCK 0 STREAMS s $", true),
            ("XREAD COUNT 10 BLOCK 100 STREAMS s $", false),
            ("XREAD STREAMS s 0", false),
            ("XREAD STREAMS BLOCK 0", false),
            ("XREADGROUP GROUP g c BLOCK 0 STREAMS s >", true),
            ("WAIT 1 0", true),
        ] {
            assert_eq!(of(call, is_endless), endless, "{call}");
        }
    }

    #[test]
    fn passwords_are_seen_and_redacted_ones_are_none() {
        for (call, secret) in [
            ("AUTH pw", true),
            ("AUTH user pw", true),
            ("AUTH (redacted)", false),
            ("AUTH (redacted) (redacted)", false),
            ("HELLO 3 AUTH user pw SETNAME app", true),
            ("HELLO 3 AUTH (redacted) (redacted)", false),
            ("HELLO 3", false),
            ("CONFIG SET requirepass pw", true),
            ("CONFIG SET maxmemory 1gb masterauth pw", true),
            ("CONFIG SET requirepass (redacted)", false),
            ("CONFIG SET maxmemory requirepass", false),
            ("ACL SETUSER bob on >pw ~*", true),
            ("ACL SETUSER bob on #5e483e ~*", false),
            ("ACL SETUSER >bob on", false),
            ("MIGRATE h 6379 k 0 10 AUTH pw", true),
            ("MIGRATE h 6379 k 0 10 AUTH2 user pw", true),
            ("MIGRATE h 6379 k 0 10 COPY", false),
            ("SENTINEL SET main auth-pass pw", true),
        ] {
            assert_eq!(of(call, has_secret), secret, "{call}");
        }
    }
}
