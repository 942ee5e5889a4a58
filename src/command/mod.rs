//! What Redis and Valkey know of each command: arity, flags, categories, access, key positions,
//! TTL, complexity, and why it can harm a server.
//!
//! All of it stands in one table, a row per command, made of the servers' own replies and one file
//! written by hand (`fixtures/commands/README.md`).

mod argument;
mod effect;
mod keys;
mod lookup;
mod range;
mod table;
mod ttl;
mod words;

pub use effect::{Done, Effect, Offer, effect};
pub use keys::{Keys, certain_keys, keys};
pub use lookup::{find, is_container, resolve};
pub use ttl::{Expiry, Target, Ttl, ttl};
pub use words::{Categories, Category, Flag, Flags};

/// A row of the table. Rows are in order of their names, so ids are too.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct CommandId(u16);

/// What is known of one command.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// Upper case; below a container with its name, `CONFIG|GET`.
    pub name: &'static str,
    /// Number of arguments, names included; negative = at least so many. A module's is read off its syntax.
    pub arity: i16,
    /// COMMAND's flags.
    pub flags: Flags,
    /// The ACL categories, those that follow from the flags included.
    pub categories: Categories,
    /// What it does, in one word.
    pub access: Access,
    /// Which arguments are keys.
    pub keys: Keys,
    /// What becomes of the time to live of its keys.
    pub expiry: Expiry,
    /// The leading O(…) of the documentation, `O(N+M*log(M))`; empty where it starts otherwise.
    pub complexity: &'static str,
    /// The documentation's group: `string`, `sorted-set`, `search` …
    pub group: &'static str,
    /// What it does to the server, a sentence; `None` for commands that cannot harm one by
    /// themselves.
    ///
    /// The list is written by hand and narrower than the category `@dangerous`, which also holds
    /// commands that only show something (INFO, ROLE, CLIENT|LIST, CONFIG|GET, SLOWLOG|GET, LASTSAVE,
    /// SORT) and what every replica sends (PSYNC, REPLCONF). Reads of whole collections are not on
    /// it: whether SMEMBERS harms depends on the set.
    pub danger: Option<&'static str>,
}

/// What a command does, in one word.
///
/// A command that writes only with some options (SORT, GEORADIUS, GETEX, BITFIELD) counts as the
/// write that its flags say; commands in several of these groups count in the one that tells more
/// (SCRIPT|FLUSH is script, PFDEBUG admin, WATCH transaction, DBSIZE admin).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Access {
    /// Looks at data: GET, KEYS, SCAN, TTL, TYPE, OBJECT|ENCODING, FT.SEARCH.
    Read,
    /// Changes data, times to live included: SET, EXPIRE, RENAME, XREADGROUP, FT.CREATE.
    Write,
    /// Removes whole keys: DEL, GETDEL, FLUSHALL, JSON.DEL.
    Delete,
    /// Looks at the server or changes it: CONFIG, INFO, DBSIZE, CLIENT|LIST, all of CLUSTER and SENTINEL.
    Admin,
    /// Messages: PUBLISH, SUBSCRIBE, PUBSUB|NUMSUB.
    PubSub,
    /// Scripts and functions: EVAL, FCALL, SCRIPT|LOAD, FUNCTION|LIST.
    Script,
    /// MULTI, EXEC, DISCARD, WATCH, UNWATCH.
    Transaction,
    /// The connection itself, and questions answered without data or settings: AUTH, HELLO, SELECT,
    /// CLIENT|SETNAME, WAIT, PING, ECHO, TIME, COMMAND, CONFIG|HELP.
    Connection,
}

impl Access {
    /// The word in reports: `read`, `write` …
    pub fn name(self) -> &'static str {
        match self {
            Access::Read => "read",
            Access::Write => "write",
            Access::Delete => "delete",
            Access::Admin => "admin",
            Access::PubSub => "pubsub",
            Access::Script => "script",
            Access::Transaction => "transaction",
            Access::Connection => "connection",
        }
    }
}

impl CommandId {
    /// The row.
    #[expect(clippy::indexing_slicing, reason = "ids are made of rows alone")]
    pub fn spec(self) -> &'static Spec {
        &table::TABLE[self.index()]
    }

    /// The id of a row's number.
    pub fn from_index(index: usize) -> Option<CommandId> {
        u16::try_from(index).ok().filter(|row| usize::from(*row) < count()).map(CommandId)
    }

    /// The row's number, below [`count`].
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// Rows in the table.
pub fn count() -> usize {
    table::TABLE.len()
}

/// Every row, in order.
pub fn all() -> impl Iterator<Item = CommandId> {
    (0..).map(CommandId).take(count())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::argument::Call;
    use super::*;

    fn spec(name: &str) -> &'static Spec {
        find(name.as_bytes(), None).unwrap_or_else(|| panic!("{name}")).spec()
    }

    #[test]
    fn commands_have_the_access_that_the_rules_say() {
        for (access, names) in [
            (
                "read",
                "GET KEYS SCAN RANDOMKEY EXISTS TTL TYPE TOUCH OBJECT|ENCODING MEMORY|USAGE FT.SEARCH JSON.GET",
            ),
            (
                "write",
                "SET EXPIRE PEXPIREAT PERSIST HSET SORT GETEX RENAME SWAPDB XGROUP|CREATE XREADGROUP JSON.SET",
            ),
            ("delete", "DEL UNLINK GETDEL FLUSHDB FLUSHALL DELIFEQ DELEX JSON.DEL"),
            (
                "admin",
                "CONFIG|GET INFO DBSIZE SLOWLOG|GET DEBUG SHUTDOWN CLIENT|KILL CLIENT|LIST CLIENT|PAUSE CLUSTER|SLOTS ROLE SENTINEL|MASTERS",
            ),
            ("pubsub", "PUBLISH SPUBLISH SUBSCRIBE PSUBSCRIBE PUBSUB|NUMSUB"),
            ("script", "EVAL EVALSHA_RO FCALL SCRIPT|LOAD SCRIPT|FLUSH FUNCTION|LIST"),
            ("transaction", "MULTI EXEC DISCARD WATCH UNWATCH"),
            (
                "connection",
                "AUTH HELLO PING ECHO SELECT QUIT RESET CLIENT|SETNAME CLIENT|SETINFO CLIENT|ID COMMAND COMMAND|DOCS TIME WAIT CONFIG|HELP",
            ),
        ] {
            for name in names.split(' ') {
                assert_eq!(spec(name).access.name(), access, "{name}");
            }
        }
    }

    #[test]
    fn access_agrees_with_flags() {
        for spec in all().map(CommandId::spec) {
            let (reads, writes) = (spec.flags.contains(Flag::Readonly), spec.flags.contains(Flag::Write));
            assert!(!(reads && writes), "{}", spec.name);
            match spec.access {
                Access::Read => assert!(reads || spec.categories.contains(Category::Read), "{}", spec.name),
                Access::Write | Access::Delete => assert!(writes, "{}", spec.name),
                _ => {}
            }
        }
    }

    #[test]
    fn categories_that_follow_from_flags_are_there() {
        for spec in all().map(CommandId::spec) {
            let has = |word| spec.categories.contains(word);
            let (fast, slow) = (has(Category::Fast), has(Category::Slow));
            assert!(fast != slow, "{}", spec.name);
            assert_eq!(spec.flags.contains(Flag::Write), has(Category::Write), "{}", spec.name);
            if spec.flags.contains(Flag::Admin) {
                assert!(has(Category::Admin) && has(Category::Dangerous), "{}", spec.name);
            }
        }
    }

    #[test]
    fn danger_is_told_in_one_sentence_of_those_that_can_harm() {
        for name in "KEYS FLUSHALL FLUSHDB SAVE BGSAVE BGREWRITEAOF SHUTDOWN DEBUG CONFIG|SET CONFIG|REWRITE \
            CONFIG|RESETSTAT MONITOR SLAVEOF REPLICAOF MIGRATE SWAPDB SCRIPT|FLUSH SCRIPT|KILL FUNCTION|FLUSH \
            FUNCTION|DELETE FUNCTION|RESTORE CLIENT|KILL CLIENT|PAUSE CLIENT|NO-EVICT CLUSTER|RESET CLUSTER|FAILOVER \
            CLUSTER|FORGET CLUSTER|MEET CLUSTER|SETSLOT CLUSTER|FLUSHSLOTS FAILOVER ACL|SETUSER ACL|DELUSER ACL|LOAD \
            MODULE|LOAD MODULE|LOADEX MODULE|UNLOAD SLOWLOG|RESET LATENCY|RESET COMMANDLOG|RESET PFDEBUG MEMORY|PURGE \
            SENTINEL|FAILOVER SENTINEL|RESET FT.DROPINDEX"
            .split_whitespace()
        {
            assert!(spec(name).danger.is_some(), "{name}");
        }
        for name in
            "INFO ROLE CLIENT|LIST CONFIG|GET SLOWLOG|GET LASTSAVE SORT PSYNC SMEMBERS HGETALL DEL".split(' ')
        {
            assert_eq!(spec(name).danger, None, "{name}");
        }
        for why in all().filter_map(|id| id.spec().danger) {
            assert!(
                why.starts_with(char::is_uppercase) && why.ends_with('.') && !why.contains(". "),
                "{why}"
            );
        }
    }

    #[test]
    fn rows_are_in_order_and_of_their_ids() {
        let names: Vec<_> = all().map(|id| id.spec().name).collect();
        assert!(names.is_sorted());
        assert_eq!(names.len(), count());
        assert!(all().map(CommandId::index).eq(0..count()));
    }

    proptest! {
        /// Whatever the arguments, keys are arguments after the name, in order, each once.
        #[test]
        fn keys_and_ttl_hold_for_any_arguments(
            rest in prop::collection::vec(argument(), 0..12),
            escaped: bool,
        ) {
            let mut out = vec![usize::MAX];
            for spec in all().map(CommandId::spec) {
                let mut words: Vec<Vec<u8>> = spec.name.split('|').map(|name| name.into()).collect();
                let named = words.len();
                words.extend(rest.iter().cloned());
                let call = if escaped { Call::escaped(&words) } else { Call::new(&words) };
                keys(spec, &call.args(), &mut out);
                prop_assert!(out.is_sorted_by(|a, b| a < b), "{} {out:?}", spec.name);
                prop_assert!(out.iter().all(|key| (named..words.len()).contains(key)), "{} {out:?}", spec.name);
                if let Ttl::Cleared(target) = ttl(spec, &call.args()) {
                    prop_assert_eq!((0..out.len()).any(|n| target.is(n, out.len())), !out.is_empty());
                }
                prop_assert_eq!(resolve(&call.args()).map(|id| id.spec().name), Some(spec.name));
            }
        }
    }

    /// Keywords, numbers and anything else.
    fn argument() -> impl Strategy<Value = Vec<u8>> {
        let word = prop::sample::select(vec![
            "",
            "STREAMS",
            "GROUP",
            "STORE",
            "storedist",
            "LIMIT",
            "BY",
            "KEYS",
            "AUTH2",
            "EX",
            "pxat",
            "KEEPTTL",
            "PERSIST",
            "0",
            "1",
            "2",
            "3",
            "-1",
            "9223372036854775807",
            "18446744073709551616",
        ]);
        prop_oneof![word.prop_map(|word| word.as_bytes().to_vec()), prop::collection::vec(any::<u8>(), 0..8)]
    }
}
