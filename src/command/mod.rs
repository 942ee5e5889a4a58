//! What Redis and Valkey know of each command: arity, flags, categories, access, key positions,
//! TTL, complexity, and why it can harm a server.
//!
//! All of it stands in one table, a row per command, made of the servers' own replies and one file
//! written by hand (`fixtures/commands/README.md`).

mod argument;
mod keys;
mod lookup;
mod table;
mod ttl;
mod words;

pub use keys::{Keys, keys};
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
/// write that its flags say. In doubt the first of these wins: script, transaction, pubsub, admin,
/// delete, write, read, connection.
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
    /// CLIENT|SETNAME, WAIT, PING, ECHO, TIME, COMMAND, every HELP.
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
