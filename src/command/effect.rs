//! What a call does to the collections that it names: what it adds, takes out, trims, or reads as a whole.
//!
//! As with times to live a call is taken at its word: whether the member was there before, or the list long
//! enough to be trimmed, is not in a capture. Numbers are therefore of what the call offers.

use std::sync::LazyLock;

use super::argument::{integer, is_any, is_word};
use super::range::Shape;
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
    /// Takes out one element of one of its keys: BLPOP.
    PopOne,
    /// Takes elements out of one of its keys, as many as a last option COUNT says: LMPOP.
    PopSome,
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
    /// Replaces what stood at the keys behind its first: GEORADIUS with STORE.
    EndRest,
    /// Makes an end of what stood at its keys, unless the word COPY stands there: MIGRATE.
    Send,
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

/// What a call does to one of its keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// Nothing of these.
    Nothing,
    /// Adds so many elements.
    Adds(u64),
    /// Adds members, which may have been there before.
    Offers(Offer),
    /// Adds an entry to a stream.
    Enters {
        /// Whether it bounds the stream.
        trims: bool,
    },
    /// Takes out so many elements.
    Removes(u64),
    /// Bounds the collection.
    Trims,
    /// What stood at the key is gone behind it.
    Ends,
    /// Asks for the whole collection: the arguments behind the key that say so.
    Whole(&'static str),
}

/// Where the members stand that a call adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer {
    /// argv index of the first.
    pub first: usize,
    /// Behind the last.
    pub end: usize,
    /// Arguments per member.
    pub step: usize,
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
        "BLPOP" | "BRPOP" | "BZPOPMIN" | "BZPOPMAX" => Effect::PopOne,
        "LMPOP" | "BLMPOP" | "ZMPOP" | "BZMPOP" => Effect::PopSome,
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
        "GEORADIUS" | "GEORADIUSBYMEMBER" => Effect::EndRest,
        "MIGRATE" => Effect::Send,
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
        match self {
            Effect::None | Effect::Absent | Effect::Set => Done::Nothing,
            Effect::Push if len > 2 => Done::Adds(len as u64 - 2),
            Effect::Push => Done::Nothing,
            Effect::Insert => Done::Adds(1),
            Effect::Members { first, step } => Done::offer(usize::from(first), len, usize::from(step)),
            Effect::Member(at) => Done::offer(usize::from(at), len.min(usize::from(at) + 1), 1),
            Effect::Scored { step } => match scores(args) {
                Some(at) => Done::offer(at + usize::from(step) - 1, len, usize::from(step)),
                None => Done::Nothing,
            },
            Effect::Entry => Done::Enters { trims: trims(args) },
            Effect::Pop => popped(integer(args, 2)),
            Effect::PopOne => Done::Removes(1),
            Effect::PopSome if is_word(args, len.saturating_sub(2), "COUNT") => {
                popped(integer(args, len - 1))
            }
            Effect::PopSome => Done::Removes(1),
            // 0 is all that are equal.
            Effect::RemoveSome => {
                Done::Removes(integer(args, 2).map_or(1, i64::unsigned_abs).clamp(1, LARGEST))
            }
            Effect::Remove(first) => match len.saturating_sub(usize::from(first)) {
                0 => Done::Nothing,
                removed => Done::Removes(removed as u64),
            },
            Effect::Move if n == 0 => Done::Removes(1),
            Effect::Move => Done::Adds(1),
            Effect::Trim => Done::Trims,
            Effect::End => Done::Ends,
            Effect::EndFirst if n == 0 => Done::Ends,
            Effect::EndLast if n + 1 == of => Done::Ends,
            Effect::EndRest if n > 0 => Done::Ends,
            Effect::Send if !(4..len).any(|at| is_word(args, at, "COPY")) => Done::Ends,
            Effect::EndFirst | Effect::EndLast | Effect::EndRest | Effect::Send => Done::Nothing,
            Effect::Whole => Done::Whole(""),
            Effect::WholeRange(shape) => shape.whole(args).map_or(Done::Nothing, Done::Whole),
            Effect::Sort if n > 0 => Done::Ends,
            Effect::Sort if is_limited(args) => Done::Nothing,
            Effect::Sort => Done::Whole(""),
        }
    }
}

impl Done {
    #[inline]
    fn offer(first: usize, end: usize, step: usize) -> Done {
        if first < end { Done::Offers(Offer { first, end, step }) } else { Done::Nothing }
    }
}

impl Offer {
    /// How many.
    #[inline]
    pub fn count(self) -> u64 {
        let arguments = self.end.saturating_sub(self.first);
        // Nearly all have one argument, or two; a division takes as long as all else.
        match self.step {
            1 => arguments as u64,
            2 => arguments.div_ceil(2) as u64,
            step => arguments.div_ceil(step) as u64,
        }
    }
}

/// Whether an option can stand at this argv index: no number, no `*` and no `-` can.
#[inline]
fn may_be_word(args: &Args<'_>, at: usize) -> bool {
    args.get(at).is_some_and(|text| text.escapes > 0 || text.raw.first().is_some_and(u8::is_ascii_alphabetic))
}

/// Where the scores of ZADD start; `None` with XX, which adds nothing.
#[inline]
fn scores(args: &Args<'_>) -> Option<usize> {
    if may_be_word(args, 2) { behind_options(args) } else { Some(2) }
}

#[inline(never)]
fn behind_options(args: &Args<'_>) -> Option<usize> {
    let mut at = 2;
    while is_any(args, at, &["NX", "GT", "LT", "CH", "INCR"]) {
        at += 1;
    }
    (!is_word(args, at, "XX")).then_some(at)
}

/// Whether a SORT reads a part.
#[inline(never)]
fn is_limited(args: &Args<'_>) -> bool {
    (2..args.len()).any(|at| is_word(args, at, "LIMIT"))
}

/// Elements of the largest collection (redis.io, data types: 2³² - 1): nothing takes out more.
const LARGEST: u64 = u32::MAX as u64;

/// What takes out so many elements, one where it is not said how many. Redis refuses less than none.
fn popped(count: Option<i64>) -> Done {
    match count.map_or(1, |count| u64::try_from(count).unwrap_or(0)) {
        0 => Done::Nothing,
        count => Done::Removes(count.min(LARGEST)),
    }
}

/// Whether an XADD trims: options stand between the key and the entry's id.
#[inline(never)]
fn trims(args: &Args<'_>) -> bool {
    let mut at = 2;
    while may_be_word(args, at) {
        if is_any(args, at, &["MAXLEN", "MINID"]) {
            return true;
        }
        if !is_any(args, at, &["NOMKSTREAM", "KEEPREF", "DELREF", "ACKED"]) {
            return false;
        }
        at += 1;
    }
    false
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

    /// Elements that are added and taken out.
    fn counts(done: Done) -> (u64, u64) {
        match done {
            Done::Adds(added) => (added, 0),
            Done::Offers(offer) => (offer.count(), 0),
            Done::Enters { .. } => (1, 0),
            Done::Removes(removed) => (0, removed),
            Done::Nothing | Done::Trims | Done::Ends | Done::Whole(_) => (0, 0),
        }
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
            ("LPOP k 0", 0, 0),
            ("SPOP k -1", 0, 0),
            ("BLPOP k 0", 0, 1),
            ("LMPOP 1 k LEFT", 0, 1),
            ("LMPOP 1 k LEFT count 100", 0, 100),
            ("LMPOP 1 COUNT LEFT", 0, 1),
            ("BLMPOP 0 2 k l RIGHT COUNT 5", 0, 5),
            ("ZMPOP 1 k MIN COUNT 0", 0, 0),
            ("BZMPOP 0 1 k MAX COUNT 9223372036854775807", 0, LARGEST),
            ("LREM k -2 a", 0, 2),
            ("LREM k 0 a", 0, 1),
            ("SREM k a b", 0, 2),
            ("HDEL k", 0, 0),
            ("HGETDEL k FIELDS 2 a b", 0, 2),
            ("RPOPLPUSH k l", 0, 1),
            ("GET k", 0, 0),
        ] {
            assert_eq!(counts(done(call)), (added, removed), "{call}");
        }
        let lmove = effect(find(b"LMOVE", None).unwrap());
        let call = Call::new(&["LMOVE", "a", "b", "LEFT", "RIGHT"]);
        assert_eq!(lmove.on(&call.args(), 1, 2), Done::Adds(1));
        let georadius = effect(find(b"GEORADIUS", None).unwrap());
        let call = Call::new(&["GEORADIUS", "k", "1", "2", "3", "m", "STORE", "l"]);
        assert_eq!(georadius.on(&call.args(), 1, 2), Done::Ends);
    }

    #[test]
    fn members_are_found_behind_options() {
        for (call, first, end, step) in [
            ("SADD k a b", 2, 4, 1),
            ("HSET k f v", 2, 4, 2),
            ("ZADD k NX 1 a", 4, 5, 2),
            ("GEOADD k 1 2 a", 4, 5, 3),
            ("ZINCRBY k 1 a", 3, 4, 1),
        ] {
            assert_eq!(done(call), Done::Offers(Offer { first, end, step }), "{call}");
        }
    }

    #[test]
    fn what_bounds_a_collection() {
        for (call, bounds) in [
            ("LTRIM k 0 9", Done::Trims),
            ("XADD k MAXLEN ~ 1000 * f v", Done::Enters { trims: true }),
            ("XADD k nomkstream minid 1-1 * f v", Done::Enters { trims: true }),
            ("XADD k 1-1 MAXLEN v", Done::Enters { trims: false }),
            ("ZREMRANGEBYRANK k 0 -11", Done::Trims),
            ("RENAME k l", Done::Ends),
            ("SUNIONSTORE k a", Done::Ends),
            ("MIGRATE h 1 k 0 5", Done::Ends),
            ("MIGRATE h 1 k 0 5 COPY", Done::Nothing),
            ("GEORADIUS k 1 2 3 m STORE l", Done::Nothing),
            ("LPUSH k MAXLEN", Done::Adds(1)),
        ] {
            assert_eq!(done(call), bounds, "{call}");
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
            assert_eq!(done(call), whole.map_or(Done::Nothing, Done::Whole), "{call}");
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
