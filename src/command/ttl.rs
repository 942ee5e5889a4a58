//! What a call does to the time to live of its keys.
//!
//! The times of hash fields do not count. A call is taken at its word: whether NX, XX, GT or the key's
//! absence kept it from doing anything is not known, nor whether an absolute time had passed.

use super::argument::{integer, is_any};
use super::keys::{counted, stored};
use super::{Keys, Spec};
use crate::event::Args;

/// What a call does to the time to live of its keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ttl {
    /// They keep what they have; a key that the call creates has none (HSET, INCR, LPUSH), unless
    /// it comes with one (COPY, RENAME).
    Untouched,
    /// All of its keys have one now.
    Set,
    /// These of its keys have none now: SET without an option, MSET, PERSIST, the destination of a STORE.
    Cleared(Target),
    /// The time is zero or negative: EXPIRE removes the key.
    Expired,
}

/// Which of a call's keys are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// All.
    All,
    /// The first alone, the destination of SUNIONSTORE.
    First,
    /// The last alone, the destination of SORT … STORE.
    Last,
}

impl Target {
    /// Whether the `n`th of a call's `of` keys is meant.
    pub fn is(self, n: usize, of: usize) -> bool {
        match self {
            Target::All => true,
            Target::First => n == 0,
            Target::Last => n + 1 == of,
        }
    }
}

/// How a command's arguments say what becomes of the time to live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// It stays.
    Keep,
    /// It goes: MSET, PERSIST, ZUNIONSTORE.
    Clear(Target),
    /// By options: SET, GETEX, INCREX.
    Options {
        /// argv index where the options start.
        first: u8,
        /// Whether a call without any leaves the key without a time to live.
        clears: bool,
    },
    /// By options after counted pairs; a call without any clears: MSETEX.
    Pairs,
    /// By the time at this argv index, which must be positive: SETEX.
    Operand(u8),
    /// By the time at `argv[2]`, which may lie in the past: EXPIRE.
    Expire,
    /// By the time at `argv[2]`, 0 meaning none: RESTORE.
    Restore,
    /// The destination loses it where there is one: SORT, GEORADIUS.
    Store,
}

/// What the call does to the time to live of its keys. A call that the server would refuse
/// (short, a time that is no number, `SET k v EX 0`) touches nothing.
pub fn ttl(spec: &Spec, args: &Args<'_>) -> Ttl {
    match spec.expiry {
        Expiry::Keep => Ttl::Untouched,
        Expiry::Clear(target) => Ttl::Cleared(target),
        Expiry::Options { first, clears } => options(args, usize::from(first), clears),
        Expiry::Pairs => match spec.keys {
            Keys::Counted { count, step, .. } => {
                counted(args, count, step).map_or(Ttl::Untouched, |pairs| options(args, pairs.end, true))
            }
            _ => Ttl::Untouched,
        },
        Expiry::Operand(at) => positive(args, usize::from(at)),
        Expiry::Expire => match integer(args, 2) {
            Some(..=0) => Ttl::Expired,
            Some(_) => Ttl::Set,
            None => Ttl::Untouched,
        },
        Expiry::Restore => match integer(args, 2) {
            Some(0) => Ttl::Cleared(Target::All),
            _ => positive(args, 2),
        },
        Expiry::Store => stored(spec.keys, args).map_or(Ttl::Untouched, |_| Ttl::Cleared(Target::Last)),
    }
}

/// Options in any order from `first` on: the first that speaks of the time to live decides.
fn options(args: &Args<'_>, first: usize, clears: bool) -> Ttl {
    if args.len() < first {
        return Ttl::Untouched;
    }
    let mut at = first;
    while at < args.len() {
        if is_any(args, at, &["EX", "PX", "EXAT", "PXAT"]) {
            return positive(args, at + 1);
        }
        if is_any(args, at, &["KEEPTTL"]) {
            return Ttl::Untouched;
        }
        if is_any(args, at, &["PERSIST"]) {
            return Ttl::Cleared(Target::All);
        }
        // Options of SET and INCREX with a value of their own, which may look like an option.
        let operand =
            is_any(args, at, &["IFEQ", "IFNE", "IFDEQ", "IFDNE", "BYINT", "BYFLOAT", "LBOUND", "UBOUND"]);
        at += 1 + usize::from(operand);
    }
    if clears { Ttl::Cleared(Target::All) } else { Ttl::Untouched }
}

fn positive(args: &Args<'_>, at: usize) -> Ttl {
    match integer(args, at) {
        Some(1..) => Ttl::Set,
        _ => Ttl::Untouched,
    }
}

#[cfg(test)]
mod tests {
    use super::super::argument::Call;
    use super::super::resolve;
    use super::*;

    const ALL: Ttl = Ttl::Cleared(Target::All);
    const FIRST: Ttl = Ttl::Cleared(Target::First);
    const LAST: Ttl = Ttl::Cleared(Target::Last);

    #[track_caller]
    fn check(rows: &[(&str, Ttl)]) {
        for (call, effect) in rows {
            let words: Vec<&str> = call.split(' ').collect();
            for call in [Call::new(&words), Call::escaped(&words)] {
                let args = call.args();
                assert_eq!(ttl(resolve(&args).unwrap().spec(), &args), *effect, "{words:?}");
            }
        }
    }

    #[test]
    fn set() {
        check(&[
            ("SET k v", ALL),
            ("SET k v NX", ALL),
            ("SET k v EX 10", Ttl::Set),
            ("set k v ex 10", Ttl::Set),
            ("SET k v PX 10 NX", Ttl::Set),
            ("SET k v NX GET EXAT 1795172499", Ttl::Set),
            ("SET k v XX PXAT 1795172499000", Ttl::Set),
            ("SET k v KEEPTTL", Ttl::Untouched),
            ("SET k v xx keepttl", Ttl::Untouched),
            ("SET k EX", ALL),
            ("SET EX KEEPTTL", ALL),
            ("SET k v IFEQ EX", ALL),
            ("SET k v IFEQ KEEPTTL PX 5", Ttl::Set),
            ("SET k v IFDNE EX GET", ALL),
            ("SET k v EX 0", Ttl::Untouched),
            ("SET k v EX -5", Ttl::Untouched),
            ("SET k v EX ten", Ttl::Untouched),
            ("SET k v EX 9223372036854775808", Ttl::Untouched),
            ("SET k v EX", Ttl::Untouched),
            ("SET k", Ttl::Untouched),
            ("SET", Ttl::Untouched),
        ]);
    }

    #[test]
    fn other_setters() {
        check(&[
            ("SETEX k 10 v", Ttl::Set),
            ("SETEX k 0 v", Ttl::Untouched),
            ("PSETEX k 10 v", Ttl::Set),
            ("PSETEX k v", Ttl::Untouched),
            ("GETEX k", Ttl::Untouched),
            ("GETEX k EX 10", Ttl::Set),
            ("GETEX k pxat 10", Ttl::Set),
            ("GETEX k PERSIST", ALL),
            ("GETEX", Ttl::Untouched),
            ("MSETEX 2 a 1 b 2 EX 10", Ttl::Set),
            ("MSETEX 1 a 1 NX PX 10", Ttl::Set),
            ("MSETEX 1 a 1 KEEPTTL", Ttl::Untouched),
            ("MSETEX 1 EX 10", ALL),
            ("MSETEX 5 a 1 EX 10", Ttl::Untouched),
            ("MSETEX x a 1 EX 10", Ttl::Untouched),
            ("INCREX k", Ttl::Untouched),
            ("INCREX k BYINT 5 EX 60 ENX", Ttl::Set),
            ("INCREX k PERSIST", ALL),
            ("INCREX k LBOUND EX UBOUND 10", Ttl::Untouched),
            ("EXPIRE k 10", Ttl::Set),
            ("EXPIRE k 10 NX", Ttl::Set),
            ("EXPIRE k 0", Ttl::Expired),
            ("EXPIRE k -1", Ttl::Expired),
            ("EXPIRE k soon", Ttl::Untouched),
            ("EXPIRE k", Ttl::Untouched),
            ("PEXPIRE k 10", Ttl::Set),
            ("EXPIREAT k 1795172499", Ttl::Set),
            ("EXPIREAT k 0", Ttl::Expired),
            ("PEXPIREAT k -1", Ttl::Expired),
            ("RESTORE k 1000 dump", Ttl::Set),
            ("RESTORE k 1795172499000 dump ABSTTL REPLACE", Ttl::Set),
            ("RESTORE k 0 dump", ALL),
            ("RESTORE k -1 dump", Ttl::Untouched),
        ]);
    }

    #[test]
    fn clearing() {
        check(&[
            ("SETNX k v", ALL),
            ("GETSET k v", ALL),
            ("MSET a 1 b 2", ALL),
            ("MSETNX a 1", ALL),
            ("PERSIST k", ALL),
            ("SUNIONSTORE d a b", FIRST),
            ("SINTERSTORE d a b", FIRST),
            ("SDIFFSTORE d a b", FIRST),
            ("ZUNIONSTORE d 1 a", FIRST),
            ("ZINTERSTORE d 1 a", FIRST),
            ("ZDIFFSTORE d 1 a", FIRST),
            ("ZRANGESTORE d a 0 -1", FIRST),
            ("GEOSEARCHSTORE d a FROMMEMBER m BYRADIUS 1 m", FIRST),
            ("BITOP AND d a b", FIRST),
            ("SORT k STORE d", LAST),
            ("SORT k", Ttl::Untouched),
            ("SORT k LIMIT 0 STORE", Ttl::Untouched),
            ("GEORADIUS k 1 2 3 km STORE d", LAST),
            ("GEORADIUS k 1 2 3 km", Ttl::Untouched),
            ("GEORADIUSBYMEMBER k m 3 km STOREDIST d", LAST),
        ]);
    }

    #[test]
    fn everything_else_leaves_it() {
        for call in [
            "GET k",
            "HSET k f v",
            "LPUSH k v",
            "SADD k m",
            "ZADD k 1 m",
            "INCR k",
            "APPEND k v",
            "COPY a b",
            "RENAME a b",
            "DEL k",
            "GETDEL k",
            "HEXPIRE k 10 FIELDS 1 f",
            "HSETEX k EX 10 FIELDS 1 f v",
            "HGETEX k EX 10 FIELDS 1 f",
            "HPERSIST k FIELDS 1 f",
            "PFMERGE d a",
            "XADD k * f v",
            "JSON.SET k $ 1",
        ] {
            check(&[(call, Ttl::Untouched)]);
        }
    }

    #[test]
    fn a_target_picks_its_keys() {
        for (target, keys, picked) in [
            (Target::All, &[1, 2, 3][..], &[1, 2, 3][..]),
            (Target::First, &[1, 2, 3], &[1]),
            (Target::Last, &[1, 2, 3], &[3]),
            (Target::First, &[], &[]),
            (Target::Last, &[], &[]),
            (Target::All, &[], &[]),
        ] {
            let of = keys.len();
            let meant: Vec<_> = (0..of).filter(|n| target.is(*n, of)).map(|n| keys[n]).collect();
            assert_eq!(meant, picked);
        }
    }
}
