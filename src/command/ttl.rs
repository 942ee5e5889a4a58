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
    /// Those of `keys`, the indices that [`super::keys`] found, that are meant.
    pub fn of(self, keys: &[usize]) -> &[usize] {
        match self {
            Target::All => keys,
            Target::First => keys.get(..1).unwrap_or_default(),
            Target::Last => keys.split_at(keys.len().saturating_sub(1)).1,
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
    /// By the time at argv[2], which may lie in the past: EXPIRE.
    Expire,
    /// By the time at argv[2], 0 meaning none: RESTORE.
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
            Keys::Counted { count, step, .. } => counted(args, count, step)
                .map_or(Ttl::Untouched, |pairs| options(args, pairs.end, true)),
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
        Expiry::Store => {
            stored(spec.keys, args).map_or(Ttl::Untouched, |_| Ttl::Cleared(Target::Last))
        }
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
