//! Which arguments of a call are keys.
//!
//! The forms are those of the servers' key specs, and of `getkeys_proc` in Redis's `src/db.c` where a
//! spec says less. Channels are not keys, nor are search indices, nor the patterns of SORT's BY and GET.

use std::ops::Range;

use super::Spec;
use super::argument::{integer, is_any, is_word};
use crate::event::Args;

/// Where a command has its keys; argv[0] is the name, a subcommand is argv[1].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keys {
    /// Nowhere: PING, SCAN, PUBLISH, FT.SEARCH.
    None,
    /// From `first` to `last` every `step`th: GET, MSET, BLPOP, XGROUP|CREATE.
    Range {
        /// argv index of the first key.
        first: u8,
        /// argv index of the last argument that belongs to a key; negative counts from the end, -1 is the last.
        last: i8,
        /// Arguments per key: 2 where a value follows each key.
        step: u8,
    },
    /// A number of keys, then the keys: EVAL, ZUNIONSTORE, LMPOP, MSETEX.
    Counted {
        /// argv index of the number; the keys follow it.
        count: u8,
        /// Arguments per key.
        step: u8,
        /// argv index of one more key before them, the destination.
        destination: Option<u8>,
    },
    /// The first half of what follows STREAMS: XREAD, XREADGROUP.
    Streams,
    /// argv[1] and the last STORE operand: SORT.
    Sort,
    /// argv[1] and the last STORE or STOREDIST operand: GEORADIUS, GEORADIUSBYMEMBER.
    Georadius {
        /// argv index where the options start.
        options: u8,
    },
    /// argv[3] or, where that is empty, all after KEYS: MIGRATE.
    Migrate,
}

/// Puts the argv indices of the call's keys into `out`, which is emptied first.
///
/// Their order is that of the arguments; every index is below `args.len()`. A call whose form the
/// server would not take (short, odd, a count that is no number or too big) has no keys.
pub fn keys(spec: &Spec, args: &Args<'_>, out: &mut Vec<usize>) {
    out.clear();
    match spec.keys {
        Keys::None => {}
        Keys::Range { first, last, step } => {
            let first = usize::from(first);
            let end = match usize::try_from(last) {
                Ok(last) => last + 1,
                Err(_) => (args.len() + 1).saturating_sub(usize::from(last.unsigned_abs())),
            };
            let step = usize::from(step);
            if first < end && end <= args.len() && (end - first).is_multiple_of(step) {
                out.extend((first..end).step_by(step));
            }
        }
        Keys::Counted { count, step, destination } => {
            if let Some(block) = counted(args, count, step) {
                out.extend(destination.map(usize::from));
                out.extend(block.step_by(usize::from(step)));
            }
        }
        Keys::Streams => out.extend(streams(args)),
        Keys::Sort | Keys::Georadius { .. } => {
            if args.len() > 1 {
                out.push(1);
                out.extend(stored(spec.keys, args));
            }
        }
        Keys::Migrate => migrate(args, out),
    }
}

/// The arguments of the keys that the number at `count` announces, `step` for each; `None` where the
/// number is none, not positive, or more than there are.
pub(super) fn counted(args: &Args<'_>, count: u8, step: u8) -> Option<Range<usize>> {
    let count = usize::from(count);
    let number = usize::try_from(integer(args, count)?).ok()?;
    let first = count + 1;
    let end = number.checked_mul(usize::from(step))?.checked_add(first)?;
    (number > 0 && end <= args.len()).then_some(first..end)
}

/// The key that the call stores its result in, for commands that do so on demand.
pub(super) fn stored(keys: Keys, args: &Args<'_>) -> Option<usize> {
    let (mut at, stores, skipped): (_, &[&str], &[(&str, usize)]) = match keys {
        Keys::Sort => (2, &["STORE"], &[("LIMIT", 2), ("BY", 1), ("GET", 1)]),
        Keys::Georadius { options } => (usize::from(options), &["STORE", "STOREDIST"], &[("COUNT", 1)]),
        _ => return None,
    };
    let mut found = None;
    while at < args.len() {
        if is_any(args, at, stores) {
            // The server takes the last of several.
            at += 1;
            found = (at < args.len()).then_some(at).or(found);
        } else {
            at += operands(args, at, skipped);
        }
        at += 1;
    }
    found
}

/// XREAD and XREADGROUP: a group or consumer may be named STREAMS, so operands are stepped over.
fn streams(args: &Args<'_>) -> Range<usize> {
    const OPERANDS: &[(&str, usize)] =
        &[("GROUP", 2), ("COUNT", 1), ("BLOCK", 1), ("CLAIM", 1), ("MAXCOUNT", 1), ("MAXSIZE", 1)];
    let mut at = 1;
    while at < args.len() {
        if is_word(args, at, "STREAMS") {
            let first = at + 1;
            let rest = args.len() - first;
            return if rest.is_multiple_of(2) { first..first + rest / 2 } else { 0..0 };
        }
        at += 1 + operands(args, at, OPERANDS);
    }
    0..0
}

/// `MIGRATE host port key|"" db timeout [COPY] [REPLACE] [AUTH password] [AUTH2 user password] [KEYS key …]`
fn migrate(args: &Args<'_>, out: &mut Vec<usize>) {
    const KEY: usize = 3;
    const OPTIONS: usize = 6;
    const OPERANDS: &[(&str, usize)] = &[("AUTH", 1), ("AUTH2", 2)];
    if args.len() < OPTIONS {
        return;
    }
    if args.get(KEY).is_some_and(|key| !key.is_empty()) {
        out.push(KEY);
        return;
    }
    let mut at = OPTIONS;
    while at < args.len() {
        if is_word(args, at, "KEYS") {
            out.extend(at + 1..args.len());
            return;
        }
        at += 1 + operands(args, at, OPERANDS);
    }
}

/// How many operands the option at `at` takes; options that are not in `table` take none.
fn operands(args: &Args<'_>, at: usize, table: &[(&str, usize)]) -> usize {
    table.iter().find(|(word, _)| is_word(args, at, word)).map_or(0, |(_, count)| *count)
}
