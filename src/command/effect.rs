//! What a call does to the collections that it names: what it adds, takes out, trims, or reads as a whole.
//!
//! As with times to live a call is taken at its word: whether the member was there before, or the list long
//! enough to be trimmed, is not in a capture. Numbers are therefore of what the call offers.

use std::sync::LazyLock;

use super::argument::{integer, is_any, is_word};
use super::{CommandId, all};
use crate::event::{Args, Text};

/// How a command treats the collections at its keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Effect {
    /// Not at all, or in a way that neither grows nor bounds one.
    #[default]
    None,
    /// Adds all arguments from `argv[2]` on: LPUSH.
    Push,
    /// Adds one element without a member of its own: LINSERT.
    Insert,
    /// Adds the arguments from `first` on, every `step`th of which is a member: SADD, HSET.
    Members {
        /// argv index of the first member.
        first: u8,
        /// Arguments per member.
        step: u8,
    },
    /// Adds the member at this argv index: HSETNX, ZINCRBY.
    Member(u8),
    /// Options, then groups of `step` arguments that end in a member: ZADD, GEOADD.
    Scored {
        /// Arguments per member.
        step: u8,
    },
    /// Adds an entry to a stream, and trims it where MAXLEN or MINID stands there: XADD.
    Entry,
    /// Takes out one element, or as many as `argv[2]` says: LPOP, SPOP.
    Pop,
    /// Takes out one element of one of its keys: BLPOP, LMPOP.
    PopOne,
    /// Takes out the members from this argv index on: SREM, HDEL.
    Remove(u8),
    /// Takes out as many elements as `argv[2]` says: LREM.
    RemoveSome,
    /// Takes one element out of its first key and adds it to its second: LMOVE, SMOVE.
    Move,
    /// Bounds the collection: LTRIM, XTRIM, ZREMRANGEBYRANK, HEXPIRE.
    Trim,
    /// Makes an end of what stood at all of its keys: RENAME.
    End,
    /// Replaces what stood at its first key: SUNIONSTORE.
    EndFirst,
    /// Replaces what stood at its last key: COPY.
    EndLast,
    /// Reads all of every key: SMEMBERS, HGETALL, SUNION.
    Whole,
    /// Reads all of its key where `argv[2]` and `argv[3]` are these: LRANGE 0 -1, XRANGE - +.
    WholeRange(Shape),
    /// Reads all of its key unless LIMIT is there; may replace its second: SORT.
    Sort,
    /// Creates a key unless it is there: SETNX.
    Absent,
    /// Creates a key, with NX unless it is there: SET.
    Set,
}

/// How a range that covers everything is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// `0 -1`.
    Ranks,
    /// `0 -1`, or with BYSCORE and BYLEX as these: ZRANGE.
    Any,
    /// `-inf +inf`.
    Scores,
    /// `+inf -inf`.
    ScoresDown,
    /// `- +`.
    Ids,
    /// `+ -`.
    IdsDown,
}

/// What a call does to one of its keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// Elements that it adds.
    pub added: u64,
    /// Where members stand that may have been there before: from, behind the last, step.
    pub members: Option<(usize, usize, usize)>,
    /// Elements that it takes out.
    pub removed: u64,
    /// Whether it bounds the collection.
    pub trims: bool,
    /// Whether what stood at the key is gone behind it.
    pub ends: bool,
    /// How the call asks for the whole collection, where it does: the arguments behind the key that say so.
    pub whole: Option<&'static str>,
}

/// Effects by number of the command.
static EFFECTS: LazyLock<Vec<Effect>> = LazyLock::new(|| all().map(|id| named(id.spec().name)).collect());

/// How a command treats the collections at its keys.
pub fn effect(id: CommandId) -> Effect {
    EFFECTS.get(id.index()).copied().unwrap_or_default()
}

fn named(name: &str) -> Effect {
    match name {
        "LPUSH" | "RPUSH" | "LPUSHX" | "RPUSHX" => Effect::Push,
        "LINSERT" => Effect::Insert,
        "SADD" => Effect::Members { first: 2, step: 1 },
        "HSET" | "HMSET" => Effect::Members { first: 2, step: 2 },
        "HSETNX" | "HINCRBY" | "HINCRBYFLOAT" => Effect::Member(2),
        "ZINCRBY" => Effect::Member(3),
        "ZADD" => Effect::Scored { step: 2 },
        "GEOADD" => Effect::Scored { step: 3 },
        "XADD" => Effect::Entry,
        "LPOP" | "RPOP" | "SPOP" | "ZPOPMIN" | "ZPOPMAX" => Effect::Pop,
        "BLPOP" | "BRPOP" | "BZPOPMIN" | "BZPOPMAX" | "LMPOP" | "BLMPOP" | "ZMPOP" | "BZMPOP" => {
            Effect::PopOne
        }
        "SREM" | "ZREM" | "HDEL" | "XDEL" => Effect::Remove(2),
        // Behind the key stand FIELDS or IDS and a count, or a group too.
        "HGETDEL" | "XDELEX" => Effect::Remove(4),
        "XACKDEL" => Effect::Remove(5),
        "LREM" => Effect::RemoveSome,
        "RPOPLPUSH" | "BRPOPLPUSH" | "LMOVE" | "BLMOVE" | "LMOVEM" | "BLMOVEM" | "SMOVE" => Effect::Move,
        "LTRIM" | "XTRIM" | "ZREMRANGEBYRANK" | "ZREMRANGEBYSCORE" | "ZREMRANGEBYLEX" | "HEXPIRE"
        | "HPEXPIRE" | "HEXPIREAT" | "HPEXPIREAT" | "HSETEX" => Effect::Trim,
        "RENAME" | "RENAMENX" | "MOVE" => Effect::End,
        "SUNIONSTORE" | "SINTERSTORE" | "SDIFFSTORE" | "ZUNIONSTORE" | "ZINTERSTORE" | "ZDIFFSTORE"
        | "ZRANGESTORE" | "GEOSEARCHSTORE" | "RESTORE" => Effect::EndFirst,
        "COPY" => Effect::EndLast,
        "SMEMBERS" | "HGETALL" | "HKEYS" | "HVALS" | "SUNION" | "SINTER" | "SDIFF" | "ZUNION" | "ZINTER"
        | "ZDIFF" => Effect::Whole,
        "LRANGE" | "ZREVRANGE" => Effect::WholeRange(Shape::Ranks),
        "ZRANGE" => Effect::WholeRange(Shape::Any),
        "ZRANGEBYSCORE" => Effect::WholeRange(Shape::Scores),
        "ZREVRANGEBYSCORE" => Effect::WholeRange(Shape::ScoresDown),
        "XRANGE" | "ZRANGEBYLEX" => Effect::WholeRange(Shape::Ids),
        "XREVRANGE" | "ZREVRANGEBYLEX" => Effect::WholeRange(Shape::IdsDown),
        "SORT" | "SORT_RO" => Effect::Sort,
        "SETNX" => Effect::Absent,
        "SET" => Effect::Set,
        _ => Effect::None,
    }
}

impl Effect {
    /// Whether a call can do something to a collection.
    pub fn is_any(self) -> bool {
        !matches!(self, Effect::None | Effect::Absent | Effect::Set)
    }

    /// Whether a call creates its key only where it is missing.
    pub fn is_absent(self, args: &Args<'_>) -> bool {
        match self {
            Effect::Absent => true,
            // Mostly nothing is escaped, and two bytes tell.
            Effect::Set => (3..args.len()).any(|at| match args.get(at) {
                Some(Text { raw, escapes: 0 }) => raw.eq_ignore_ascii_case(b"NX"),
                _ => is_word(args, at, "NX"),
            }),
            _ => false,
        }
    }

    /// What a call does to the `n`th of its `of` keys.
    #[inline]
    pub fn on(self, args: &Args<'_>, n: usize, of: usize) -> Done {
        let len = args.len();
        let mut done = Done::default();
        match self {
            Effect::None | Effect::Absent | Effect::Set => {}
            Effect::Push => done.added = (len as u64).saturating_sub(2),
            Effect::Insert => done.added = 1,
            Effect::Members { first, step } => done.offer(usize::from(first), len, usize::from(step)),
            Effect::Member(at) => done.offer(usize::from(at), len.min(usize::from(at) + 1), 1),
            Effect::Scored { step } => {
                let mut at = 2;
                // Mostly a number stands there.
                let has_options = args.get(at).is_some_and(|text| text.escapes > 0 || is_letter(text.raw));
                while has_options && is_any(args, at, &["NX", "GT", "LT", "CH", "INCR"]) {
                    at += 1;
                }
                // With XX nothing is added.
                if !(has_options && is_word(args, at, "XX")) {
                    done.offer(at + usize::from(step) - 1, len, usize::from(step));
                }
            }
            Effect::Entry => {
                done.added = 1;
                done.trims = trims(args);
            }
            Effect::Pop => done.removed = count(args),
            Effect::PopOne => done.removed = 1,
            Effect::Remove(first) => done.removed = (len as u64).saturating_sub(u64::from(first)),
            Effect::RemoveSome => done.removed = count(args),
            Effect::Move => (done.removed, done.added) = if n == 0 { (1, 0) } else { (0, 1) },
            Effect::Trim => done.trims = true,
            Effect::End => done.ends = true,
            Effect::EndFirst => done.ends = n == 0,
            Effect::EndLast => done.ends = n + 1 == of,
            Effect::Whole => done.whole = Some(""),
            Effect::WholeRange(shape) => done.whole = shape.whole(args),
            Effect::Sort if n > 0 => done.ends = true,
            Effect::Sort => {
                let limited = (2..len).any(|at| is_word(args, at, "LIMIT"));
                done.whole = (!limited).then_some("");
            }
        }
        done
    }
}

impl Done {
    fn offer(&mut self, first: usize, end: usize, step: usize) {
        let arguments = end.saturating_sub(first);
        // Nearly all have one argument, or two; a division takes as long as all else.
        self.added = match step {
            1 => arguments,
            2 => arguments.div_ceil(2),
            _ => arguments.div_ceil(step),
        } as u64;
        self.members = Some((first, end, step));
    }

    /// Whether it tells of a collection.
    pub fn is_habit(&self) -> bool {
        self.added > 0 || self.removed > 0 || self.trims || self.whole.is_some()
    }
}

impl Shape {
    /// The range as written, where it covers everything.
    fn whole(self, args: &Args<'_>) -> Option<&'static str> {
        // -1, an infinity, a sign alone, or any of them in escapes; most ranges end in another number.
        let last = args.get(3).and_then(|text| text.raw.first().copied());
        if !matches!(last, Some(b'-' | b'+' | b'i' | b'I' | b'\\')) {
            return None;
        }
        // SORT's and the ranges' LIMIT, and COUNT of streams, bound what is read.
        if (4..args.len()).any(|at| is_any(args, at, &["LIMIT", "COUNT"])) {
            return None;
        }
        let is = |from: &[&str], to: &[&str]| is_any(args, 2, from) && is_any(args, 3, to);
        const LEAST: &[&str] = &["-inf"];
        const MOST: &[&str] = &["+inf", "inf"];
        match self {
            Shape::Ranks => is(&["0"], &["-1"]).then_some(" 0 -1"),
            Shape::Any if (4..args.len()).any(|at| is_word(args, at, "BYSCORE")) => {
                (is(LEAST, MOST) || is(MOST, LEAST)).then_some(" -inf +inf")
            }
            Shape::Any if (4..args.len()).any(|at| is_word(args, at, "BYLEX")) => {
                (is(&["-"], &["+"]) || is(&["+"], &["-"])).then_some(" - +")
            }
            Shape::Any => is(&["0"], &["-1"]).then_some(" 0 -1"),
            Shape::Scores => is(LEAST, MOST).then_some(" -inf +inf"),
            Shape::ScoresDown => is(MOST, LEAST).then_some(" +inf -inf"),
            Shape::Ids => is(&["-"], &["+"]).then_some(" - +"),
            Shape::IdsDown => is(&["+"], &["-"]).then_some(" + -"),
        }
    }
}

fn is_letter(text: &[u8]) -> bool {
    text.first().is_some_and(u8::is_ascii_alphabetic)
}

/// Elements of the largest collection (redis.io, data types: 2³² - 1): nothing takes out more.
const LARGEST: u64 = u32::MAX as u64;

/// The number at `argv[2]`, 1 where there is none.
fn count(args: &Args<'_>) -> u64 {
    integer(args, 2).map_or(1, i64::unsigned_abs).clamp(1, LARGEST)
}

/// Whether an XADD trims: options stand between the key and the entry's id.
fn trims(args: &Args<'_>) -> bool {
    let mut at = 2;
    while is_any(args, at, &["NOMKSTREAM", "KEEPREF", "DELREF", "ACKED"]) {
        at += 1;
    }
    is_any(args, at, &["MAXLEN", "MINID"])
}

#[cfg(test)]
mod tests {
    use super::super::argument::Call;
    use super::super::lookup::find;
    use super::*;

    /// What the call does to its first key.
    fn done(call: &str) -> Done {
        let words: Vec<&str> = call.split(' ').collect();
        let call = Call::new(&words);
        effect(find(words[0].as_bytes(), None).unwrap()).on(&call.args(), 0, 1)
    }

    #[test]
    fn what_is_added_and_taken_out() {
        for (call, added, removed) in [
            ("LPUSH k a b c", 3, 0),
            ("LPUSH k", 0, 0),
            ("LINSERT k BEFORE a b", 1, 0),
            ("SADD k a b", 2, 0),
            ("HSET k f v g w", 2, 0),
            ("HSETNX k f v", 1, 0),
            ("HINCRBY k f 1", 1, 0),
            ("ZADD k 1 a", 1, 0),
            ("ZADD k NX CH 1 a 2 b", 2, 0),
            ("ZADD k XX 1 a", 0, 0),
            ("ZADD k CH XX 1 a", 0, 0),
            ("ZADD k", 0, 0),
            ("ZINCRBY k 1 a", 1, 0),
            ("GEOADD k 1 2 a 3 4 b", 2, 0),
            ("XADD k * f v", 1, 0),
            ("LPOP k", 0, 1),
            ("LPOP k 10", 0, 10),
            ("LPOP k 9223372036854775807", 0, LARGEST),
            ("LREM k -9223372036854775808 a", 0, LARGEST),
            ("SPOP k x", 0, 1),
            ("BLPOP k 0", 0, 1),
            ("LREM k -2 a", 0, 2),
            ("LREM k 0 a", 0, 1),
            ("SREM k a b", 0, 2),
            ("HDEL k", 0, 0),
            ("HGETDEL k FIELDS 2 a b", 0, 2),
            ("RPOPLPUSH k l", 0, 1),
            ("GET k", 0, 0),
        ] {
            let done = done(call);
            assert_eq!((done.added, done.removed), (added, removed), "{call}");
        }
        let lmove = effect(find(b"LMOVE", None).unwrap());
        let call = Call::new(&["LMOVE", "a", "b", "LEFT", "RIGHT"]);
        assert_eq!((lmove.on(&call.args(), 1, 2).added, lmove.on(&call.args(), 1, 2).removed), (1, 0));
    }

    #[test]
    fn members_are_found_behind_options() {
        for (call, members) in [
            ("SADD k a b", Some((2, 4, 1))),
            ("HSET k f v", Some((2, 4, 2))),
            ("ZADD k NX 1 a", Some((4, 5, 2))),
            ("GEOADD k 1 2 a", Some((4, 5, 3))),
            ("ZINCRBY k 1 a", Some((3, 4, 1))),
            ("LPUSH k a", None),
        ] {
            assert_eq!(done(call).members, members, "{call}");
        }
    }

    #[test]
    fn what_bounds_a_collection() {
        for (call, trims, ends) in [
            ("LTRIM k 0 9", true, false),
            ("XADD k MAXLEN ~ 1000 * f v", true, false),
            ("XADD k nomkstream minid 1-1 * f v", true, false),
            ("XADD k 1-1 MAXLEN v", false, false),
            ("ZREMRANGEBYRANK k 0 -11", true, false),
            ("RENAME k l", false, true),
            ("SUNIONSTORE k a", false, true),
            ("LPUSH k MAXLEN", false, false),
        ] {
            let done = done(call);
            assert_eq!((done.trims, done.ends), (trims, ends), "{call}");
        }
    }

    #[test]
    fn whole_collections_are_told_by_their_range() {
        for (call, whole) in [
            ("SMEMBERS k", Some("")),
            ("HGETALL k", Some("")),
            ("LRANGE k 0 -1", Some(" 0 -1")),
            ("LRANGE k 0 99", None),
            ("LRANGE k -10 -1", None),
            ("ZRANGE k 0 -1 WITHSCORES", Some(" 0 -1")),
            ("ZRANGE k -inf +inf BYSCORE", Some(" -inf +inf")),
            ("ZRANGE k +inf -inf BYSCORE REV", Some(" -inf +inf")),
            ("ZRANGE k -inf +inf BYSCORE LIMIT 0 10", None),
            ("ZRANGE k 0 -1 BYSCORE", None),
            ("ZRANGE k - + BYLEX", Some(" - +")),
            ("zrangebyscore k -inf +inf", Some(" -inf +inf")),
            ("ZRANGEBYSCORE k -inf +inf LIMIT 0 1", None),
            ("ZRANGEBYSCORE k 0 100", None),
            ("ZREVRANGEBYSCORE k +inf -inf", Some(" +inf -inf")),
            ("XRANGE k - +", Some(" - +")),
            ("XRANGE k - + COUNT 10", None),
            ("XREVRANGE k + -", Some(" + -")),
            ("SORT k", Some("")),
            ("SORT k LIMIT 0 10", None),
            ("LRANGE k 0", None),
            ("GET k", None),
        ] {
            assert_eq!(done(call).whole, whole, "{call}");
        }
    }

    #[test]
    fn keys_that_are_created_where_missing() {
        for (call, absent) in [
            ("SETNX k v", true),
            ("SET k v NX", true),
            ("SET k v PX 30000 nx", true),
            ("SET k v EX 60", false),
            ("SET k NX", false),
            ("SET k v XX", false),
            ("SET k v", false),
        ] {
            let words: Vec<&str> = call.split(' ').collect();
            let effect = effect(find(words[0].as_bytes(), None).unwrap());
            assert_eq!(effect.is_absent(&Call::new(&words).args()), absent, "{call}");
            assert_eq!(effect.is_absent(&Call::escaped(&words).args()), absent, "{call} escaped");
        }
    }
}
