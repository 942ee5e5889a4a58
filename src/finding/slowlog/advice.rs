//! What to do in place of a slow command.

use crate::command::Spec;
use crate::report::slowlog::SlowestRow;

/// What to change, and what to type.
pub struct Advice {
    pub remedy: String,
    pub command: Option<String>,
}

/// Elements that a cursor's step looks at: some hundred are quick, ten (the default) are many steps.
const COUNT: u64 = 500;

/// Where the call had little to do.
const MACHINE: &str = "Look at the machine at that moment: memory swapped out, a fork for BGSAVE, a disk that does not \
                       keep up, a processor taken by others.";

/// What a complexity means, in words.
pub fn work(complexity: &str) -> String {
    match complexity {
        "" => String::new(),
        "O(1)" => "By itself its work does not grow with the data (O(1)).".to_owned(),
        "O(log(N))" | "O(log N)" => format!("By itself its work hardly grows with the data ({complexity})."),
        other => format!("Its work grows with the elements that it goes through ({other})."),
    }
}

/// For commands by their names; `example` is the slowest call.
pub fn of(name: &str, spec: Option<&Spec>, example: Option<&SlowestRow>) -> Advice {
    let shown = example.filter(|row| row.entry.args_exact).map(|row| row.entry.args.as_str());
    let first = shown.and_then(|args| args.split(' ').nth(1)).filter(|word| is_plain(word));
    let scan = |what: &str, scan: &str, by: &str| {
        let on = first.map(|key| format!(" {key}")).unwrap_or_default();
        Advice {
            remedy: format!(
                "{what} Read it in parts: {scan}{on} with a cursor and COUNT {COUNT}{by}. Better, keep the \
                 collection small: split it, or keep apart what is read often."
            ),
            command: first.map(|key| format!("{scan} {key} 0 COUNT {COUNT}")),
        }
    };
    let text = |remedy: &str| Advice { remedy: remedy.to_owned(), command: None };
    match name {
        "KEYS" => {
            let pattern = first.map(|pattern| format!(" with MATCH {pattern}")).unwrap_or_default();
            Advice {
                remedy: format!(
                    "KEYS goes through every key of the database, whatever the pattern. Use SCAN{pattern} and \
                     COUNT {COUNT}, which does the same in short steps, or keep the names that belong \
                     together in a set."
                ),
                command: first.map(|pattern| format!("SCAN 0 MATCH {pattern} COUNT {COUNT}")),
            }
        }
        "SMEMBERS" => scan("SMEMBERS reads the whole set.", "SSCAN", ""),
        "HGETALL" | "HKEYS" | "HVALS" => scan(
            &format!("{name} reads the whole hash."),
            "HSCAN",
            ", or the fields that are needed by HMGET",
        ),
        "LRANGE" => text(
            "Read the list in parts: LRANGE key 0 499, then 500 999 and so on. Keep it short with LTRIM where \
             only the newest elements are of use; the middle of a long list is slow to reach.",
        ),
        "ZRANGE" | "ZREVRANGE" | "ZRANGEBYSCORE" | "ZREVRANGEBYSCORE" | "ZRANGEBYLEX" | "ZREVRANGEBYLEX" => {
            text(
                "Read the sorted set in parts: a hundred ranks at a time, or by score with LIMIT, going on from the \
             last score and not by a growing offset.",
            )
        }
        "SORT" | "SORT_RO" => text(
            "SORT goes through the whole collection, and sorts it, even with LIMIT. Keep the elements in a \
             sorted set, which is always in order, or sort in the client. BY and GET with patterns look up a \
             key for each element.",
        ),
        "SUNION" | "SINTER" | "SDIFF" | "SUNIONSTORE" | "SINTERSTORE" | "SDIFFSTORE" | "ZUNION"
        | "ZINTER" | "ZDIFF" | "ZUNIONSTORE" | "ZINTERSTORE" | "ZDIFFSTORE" | "SINTERCARD" | "ZINTERCARD" => {
            text(
                "It goes through every element of its sets. Keep the result and update it as the sets change, work \
             it out on a replica, or do it for parts of the sets.",
            )
        }
        "LREM" | "LINSERT" | "LINDEX" | "LSET" | "LPOS" => text(
            "It walks the list to find its element. Use a hash, a set or a sorted set where elements are looked \
             for, and a list only for its ends.",
        ),
        "HDEL" | "SREM" | "ZREM" | "LTRIM" | "XTRIM" | "XDEL" | "ZREMRANGEBYRANK" | "ZREMRANGEBYSCORE"
        | "ZREMRANGEBYLEX" | "SPOP" => {
            text("It removes many elements at once. Remove them in parts, a few hundred at a time.")
        }
        "MGET" | "MSET" | "MSETNX" | "HMGET" | "HMSET" | "HSET" | "SADD" | "ZADD" | "LPUSH" | "RPUSH"
        | "SMISMEMBER" | "EXISTS" | "TOUCH"
            if shown.is_some_and(is_small) =>
        {
            text(MACHINE)
        }
        "MGET" | "MSET" | "MSETNX" | "HMGET" | "HMSET" | "HSET" | "SADD" | "ZADD" | "LPUSH" | "RPUSH"
        | "SMISMEMBER" | "UNLINK" | "EXISTS" | "TOUCH" => text(
            "It names very many keys or elements, or carries big values. Send a hundred at a time, and let \
             other clients have their turn between.",
        ),
        "SCAN" | "SSCAN" | "HSCAN" | "ZSCAN" => text(
            "Each step looks at COUNT elements: ask for some hundred, not for all. A small hash or set is \
             given whole, whatever COUNT says.",
        ),
        "XRANGE" | "XREVRANGE" | "XREAD" | "XREADGROUP" => text("Read the stream in parts: give COUNT."),
        "SAVE" => {
            text("SAVE writes all data while everybody waits. Use BGSAVE, or leave it to the server's plan.")
        }
        "BGSAVE" | "BGREWRITEAOF" => text(
            "The time is that of the fork, which grows with the memory of the server. Turn transparent huge \
             pages off, split the data over several servers, or save on a replica.",
        ),
        "DEBUG" => text("DEBUG is for developers of the server. Take it away from applications by ACL."),
        _ if spec.is_none_or(|spec| matches!(spec.complexity, "" | "O(1)" | "O(log(N))" | "O(log N)")) => {
            text(&format!("Look at what the call carried (a value of megabytes). {MACHINE}"))
        }
        _ => text(super::slow_command::REMEDY),
    }
}

/// Words of a call that names a few keys or elements at most; a length is two words.
const FEW: usize = 16;

/// Bytes of an argument from which on it takes time by itself, as `large-value` has it.
const BIG: u64 = 100_000;

/// Whether a call, as it is shown, names and carries little.
fn is_small(args: &str) -> bool {
    let lengths = args.split('(').skip(1).filter_map(|rest| rest.split(' ').next()?.parse::<u64>().ok());
    args.split(' ').count() <= FEW && lengths.max().is_none_or(|longest| longest < BIG)
}

/// Whether a word can stand in a command to paste as it is, into redis-cli or behind it in a shell.
fn is_plain(word: &str) -> bool {
    !word.is_empty()
        && word.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"'\\`$;&|<>()!#".contains(&byte))
}
