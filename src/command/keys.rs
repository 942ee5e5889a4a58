//! Which arguments of a call are keys.
//!
//! The forms are those of the servers' key specs, and of `getkeys_proc` in Redis's `src/db.c` where a
//! spec says less. Channels are not keys, nor are search indices, nor the patterns of SORT's BY and GET.

use std::ops::Range;

use super::Spec;
use super::argument::{integer, is_any, is_word};
use crate::event::{Args, Command, Exactness};

/// Where a command has its keys; `argv[0]` is the name, a subcommand is `argv[1]`.
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
    /// `argv[1]` and the last STORE operand: SORT.
    Sort,
    /// `argv[1]` and the last STORE or STOREDIST operand: GEORADIUS, GEORADIUSBYMEMBER.
    Georadius {
        /// argv index where the options start.
        options: u8,
    },
    /// `argv[3]` or, where that is empty, all after KEYS: MIGRATE.
    Migrate,
}

impl Keys {
    /// One key, right behind the name: GET.
    pub const FIRST: Keys = Keys::Range { first: 1, last: 1, step: 1 };
}

/// The keys that a record certainly names, as [`keys`] finds them.
///
/// Where quotes stood unescaped a value can pose as further arguments, so that of the keys only one right
/// behind the name is certain; where only the name is known there is none.
pub fn certain_keys(spec: &Spec, record: &Command<'_>, out: &mut Vec<usize>) {
    out.clear();
    match record.exactness {
        Exactness::Exact => keys(spec, &record.args, out),
        Exactness::Inexact => {
            keys(spec, &record.args, out);
            out.retain(|at| *at == 1);
        }
        Exactness::NameOnly => {}
    }
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
            if first >= end || end > args.len() {
                return;
            }
            match usize::from(step) {
                // Most have one key, and nothing has to be divided.
                1 => out.extend(first..end),
                step if (end - first).is_multiple_of(step) => out.extend((first..end).step_by(step)),
                _ => {}
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

#[cfg(test)]
mod tests {
    use super::super::argument::Call;
    use super::super::resolve;
    use super::*;

    /// The keys of a call written with spaces; `''` stands for the empty argument.
    fn found(call: &str) -> String {
        let words: Vec<&str> = call.split(' ').map(|word| if word == "''" { "" } else { word }).collect();
        let [plain, escaped] = [Call::new(&words), Call::escaped(&words)].map(|call| {
            let args = call.args();
            let mut out = vec![7];
            keys(resolve(&args).unwrap().spec(), &args, &mut out);
            out
        });
        assert_eq!(plain, escaped, "{call}");
        plain.iter().map(|index| words[*index]).collect::<Vec<_>>().join(" ")
    }

    #[track_caller]
    fn check(rows: &[(&str, &str)]) {
        for (call, keys) in rows {
            assert_eq!(found(call), *keys, "{call}");
        }
    }

    #[test]
    fn fixed_positions() {
        check(&[
            ("GET k", "k"),
            ("get k", "k"),
            ("GET", ""),
            ("SET k v EX 10", "k"),
            ("BITFIELD k SET u8 0 1", "k"),
            ("HGETEX k FIELDS 1 f", "k"),
            ("HIMPORT SET k fieldset v", "k"),
            ("MOVE k 1", "k"),
            ("LCS a b LEN", "a b"),
            ("LCS a", ""),
            ("GEOSEARCHSTORE d s FROMMEMBER m BYRADIUS 1 m", "d s"),
            ("ZRANGESTORE d s 0 -1", "d s"),
            ("COPY s d REPLACE", "s d"),
            ("RENAME a b", "a b"),
            ("RENAMENX a b", "a b"),
            ("RENAME a", ""),
            ("SMOVE s d m", "s d"),
            ("LMOVE s d LEFT RIGHT", "s d"),
            ("BLMOVE s d LEFT RIGHT 0", "s d"),
            ("RPOPLPUSH s d", "s d"),
            ("BRPOPLPUSH s d 0", "s d"),
            ("OBJECT ENCODING k", "k"),
            ("OBJECT FREQ", ""),
            ("OBJECT HELP", ""),
            ("XINFO STREAM k FULL", "k"),
            ("XINFO GROUPS k", "k"),
            ("XGROUP CREATE k g $ MKSTREAM", "k"),
            ("XGROUP DESTROY k g", "k"),
            ("MEMORY USAGE k SAMPLES 0", "k"),
            ("MEMORY USAGE", ""),
            ("PFDEBUG GETREG k", "k"),
            ("XADD k * f v", "k"),
            ("XACK k g 1-1", "k"),
        ]);
    }

    #[test]
    fn up_to_the_end() {
        check(&[
            ("DEL a", "a"),
            ("DEL a b c", "a b c"),
            ("DEL", ""),
            ("MGET a b", "a b"),
            ("WATCH a b", "a b"),
            ("PFMERGE d a b", "d a b"),
            ("PFMERGE d", "d"),
            ("SUNIONSTORE d a b", "d a b"),
            ("SINTERSTORE d a", "d a"),
            ("SDIFFSTORE d a", "d a"),
            ("BITOP AND d a b", "d a b"),
            ("BITOP NOT d a", "d a"),
            ("BITOP NOT", ""),
            ("BLPOP a b 0", "a b"),
            ("BRPOP a 0", "a"),
            ("BZPOPMIN a b 1.5", "a b"),
            ("BZPOPMAX a 0", "a"),
            ("BLPOP 0", ""),
            ("BLPOP", ""),
            ("MSET a 1 b 2 c 3", "a b c"),
            ("MSETNX a 1", "a"),
            ("MSET a 1 b", ""),
            ("MSET", ""),
        ]);
    }

    #[test]
    fn counted_keys() {
        check(&[
            ("EVAL script 2 a b x y", "a b"),
            ("EVAL script 0 x", ""),
            ("EVAL script 3 a b", ""),
            ("EVAL script -1 a", ""),
            ("EVAL script 18446744073709551617 a", ""),
            ("EVAL script 9223372036854775807 a", ""),
            ("EVAL script 01 a", ""),
            ("EVAL script one a", ""),
            ("EVAL script", ""),
            ("EVALSHA sha 1 a x", "a"),
            ("EVAL_RO script 1 a", "a"),
            ("EVALSHA_RO sha 2 a b", "a b"),
            ("FCALL f 1 a x", "a"),
            ("FCALL_RO f 2 a b x", "a b"),
            ("ZUNION 2 a b WITHSCORES", "a b"),
            ("ZINTER 1 a", "a"),
            ("ZDIFF 2 a b", "a b"),
            ("ZDIFF 3 a b", ""),
            ("SINTERCARD 2 a b LIMIT 5", "a b"),
            ("ZINTERCARD 1 a", "a"),
            ("SDIFFCARD 1 a", "a"),
            ("LMPOP 2 a b LEFT", "a b"),
            ("LMPOP 0 LEFT", ""),
            ("ZMPOP 1 a MIN COUNT 10", "a"),
            ("BLMPOP 0 2 a b LEFT", "a b"),
            ("BLMPOP 5 9 a b LEFT", ""),
            ("BZMPOP 1.5 1 a MAX", "a"),
            ("ZUNIONSTORE d 2 a b WEIGHTS 1 2", "d a b"),
            ("ZINTERSTORE d 1 a", "d a"),
            ("ZDIFFSTORE d 2 a b", "d a b"),
            ("ZUNIONSTORE d 3 a b", ""),
            ("ZUNIONSTORE d 0", ""),
            ("ZUNIONSTORE d -2 a b", ""),
            ("MSETEX 2 a 1 b 2 EX 10", "a b"),
            ("MSETEX 1 a 1", "a"),
            ("MSETEX 2 a 1 b", ""),
            ("MSETEX 9223372036854775807 a 1", ""),
        ]);
    }

    #[test]
    fn streams() {
        check(&[
            ("XREAD STREAMS a 0", "a"),
            ("XREAD COUNT 10 BLOCK 0 streams a b 0 $", "a b"),
            ("XREAD STREAMS STREAMS 0", "STREAMS"),
            ("XREAD STREAMS a b 0", ""),
            ("XREAD STREAMS", ""),
            ("XREAD COUNT STREAMS", ""),
            ("XREAD", ""),
            ("XREADGROUP GROUP g c STREAMS a >", "a"),
            ("XREADGROUP GROUP STREAMS c COUNT 1 NOACK STREAMS a b > >", "a b"),
            ("XREADGROUP GROUP g STREAMS STREAMS a >", "a"),
            ("XREADGROUP COUNT 1 GROUP streams streams STREAMS a >", "a"),
            ("XREADGROUP GROUP g c CLAIM 100 STREAMS a >", "a"),
            ("XREADGROUP GROUP g c", ""),
        ]);
    }

    #[test]
    fn sort() {
        check(&[
            ("SORT k", "k"),
            ("SORT k BY w_* GET o_* GET # DESC ALPHA", "k"),
            ("SORT k STORE d", "k d"),
            ("SORT k store d STORE e", "k e"),
            ("SORT k STORE d STORE", "k d"),
            ("SORT k LIMIT STORE x DESC", "k"),
            ("SORT k LIMIT 0 STORE STORE d", "k d"),
            ("SORT k BY STORE GET STORE STORE d", "k d"),
            ("SORT k STORE STORE x", "k STORE"),
            ("SORT k STORE", "k"),
            ("SORT", ""),
            ("SORT_RO k BY STORE GET x", "k"),
        ]);
    }

    #[test]
    fn georadius() {
        check(&[
            ("GEORADIUS k 1 2 3 km", "k"),
            ("GEORADIUS k 1 2 3 km WITHDIST COUNT 5 ASC STORE d", "k d"),
            ("GEORADIUS k 1 2 3 km STORE d STOREDIST e", "k e"),
            ("GEORADIUS k 1 2 3 STORE d", "k"),
            ("GEORADIUS k 1 2 3 km STORE", "k"),
            ("GEORADIUS k", "k"),
            ("GEORADIUSBYMEMBER k m 3 km storedist d", "k d"),
            ("GEORADIUSBYMEMBER k STORE 3 km", "k"),
            ("GEORADIUSBYMEMBER k m 3 STORE STORE d", "k d"),
            ("GEORADIUS_RO k 1 2 3 km STORE d", "k"),
            ("GEORADIUS", ""),
        ]);
    }

    #[test]
    fn migrate() {
        check(&[
            ("MIGRATE h 6379 k 0 1000", "k"),
            ("MIGRATE h 6379 k 0 1000 COPY REPLACE", "k"),
            ("MIGRATE h 6379 k 0 1000 KEYS a b", "k"),
            ("MIGRATE h 6379 '' 0 1000 KEYS a b", "a b"),
            ("MIGRATE h 6379 '' 0 1000 COPY AUTH KEYS KEYS a b", "a b"),
            ("MIGRATE h 6379 '' 0 1000 AUTH2 KEYS KEYS KEYS a", "a"),
            ("MIGRATE h 6379 '' 0 1000 AUTH (redacted) keys a", "a"),
            ("MIGRATE h 6379 '' 0 1000 AUTH KEYS a", ""),
            ("MIGRATE h 6379 '' 0 1000 KEYS", ""),
            ("MIGRATE h 6379 '' 0 1000", ""),
            ("MIGRATE h 6379 k", ""),
        ]);
    }

    #[test]
    fn modules() {
        check(&[
            ("JSON.GET k $", "k"),
            ("JSON.MGET a b $.x", "a b"),
            ("JSON.MGET a", ""),
            ("JSON.MSET a $ 1 b $ 2", "a b"),
            ("JSON.MSET a $ 1 b $", ""),
            ("JSON.DEBUG MEMORY k $", "k"),
            ("JSON.DEBUG HELP", ""),
            ("TS.ADD k * 1", "k"),
            ("TS.MADD a 1 2 b 1 2", "a b"),
            ("TS.MADD a 1", ""),
            ("TS.CREATERULE a b AGGREGATION avg 60", "a b"),
            ("TS.DELETERULE a b", "a b"),
            ("TS.MGET FILTER a=b", ""),
            ("TS.MRANGE - + FILTER a=b", ""),
            ("TS.QUERYINDEX a=b", ""),
            ("BF.ADD k i", "k"),
            ("CF.RESERVE k 1000", "k"),
            ("TOPK.LIST k", "k"),
            ("CMS.MERGE d 2 a b WEIGHTS 1 2", "d a b"),
            ("CMS.MERGE d 3 a b", ""),
            ("TDIGEST.MERGE d 1 a OVERRIDE", "d a"),
            ("TDIGEST.MERGE d x a", ""),
            ("VADD k VALUES 1 0.5 e", "k"),
            ("FT.SEARCH index query", ""),
            ("FT.CREATE index SCHEMA f TEXT", ""),
            ("FT.DROPINDEX index DD", ""),
        ]);
    }

    #[test]
    fn arguments_that_are_no_keys() {
        check(&[
            ("SELECT 1", ""),
            ("PING hello", ""),
            ("PUBLISH channel message", ""),
            ("SUBSCRIBE channel", ""),
            ("SPUBLISH channel message", ""),
            ("SSUBSCRIBE channel", ""),
            ("KEYS *", ""),
            ("SCAN 0 MATCH *", ""),
            ("CONFIG GET maxmemory", ""),
            ("COMMAND GETKEYS GET k", ""),
        ]);
    }
}
