//! What Redis says of keys: the events of keyspace notifications and their classes.
//!
//! Source: the calls of `notifyKeyspaceEvent` in Redis 2.8 to 8.8 and Valkey 8 to 9, the letters of
//! `notify-keyspace-events` in `redis.conf`.

/// What switches an event on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Class {
    /// In `notify-keyspace-events`.
    pub letter: char,
    /// In reports.
    pub name: &'static str,
}

/// Events that no list below holds: modules may publish any word.
pub const MODULE: Class = Class { letter: 'd', name: "module" };

const CLASSES: [(Class, &[&str]); 14] = [
    (
        Class { letter: 'g', name: "generic" },
        &[
            "del",
            "expire",
            "rename_from",
            "rename_to",
            "persist",
            "move_from",
            "move_to",
            "restore",
            "copy_to",
        ],
    ),
    (
        Class { letter: '$', name: "string" },
        &["set", "setrange", "append", "incrby", "incrbyfloat", "setbit", "pfadd"],
    ),
    (
        Class { letter: 'l', name: "list" },
        &["lpush", "rpush", "lpop", "rpop", "linsert", "lset", "lrem", "ltrim", "sortstore"],
    ),
    (
        Class { letter: 's', name: "set" },
        &["sadd", "srem", "spop", "sinterstore", "sunionstore", "sdiffstore"],
    ),
    (
        Class { letter: 'h', name: "hash" },
        &["hset", "hincrby", "hincrbyfloat", "hdel", "hexpire", "hpersist", "hexpired"],
    ),
    (
        Class { letter: 'z', name: "zset" },
        &[
            "zadd",
            "zincr",
            "zrem",
            "zpopmin",
            "zpopmax",
            "zremrangebyscore",
            "zremrangebyrank",
            "zremrangebylex",
            "zinterstore",
            "zunionstore",
            "zdiffstore",
            "zrangestore",
            "georadiusstore",
            "geosearchstore",
        ],
    ),
    (
        Class { letter: 't', name: "stream" },
        &[
            "xadd",
            "xdel",
            "xtrim",
            "xsetid",
            "xgroup-create",
            "xgroup-setid",
            "xgroup-destroy",
            "xgroup-createconsumer",
            "xgroup-delconsumer",
        ],
    ),
    (Class { letter: 'x', name: "expired" }, &["expired"]),
    (Class { letter: 'e', name: "evicted" }, &["evicted"]),
    (Class { letter: 'm', name: "keymiss" }, &["keymiss"]),
    (Class { letter: 'n', name: "new" }, &["new"]),
    (Class { letter: 'o', name: "overwritten" }, &["overwritten"]),
    (Class { letter: 'c', name: "type_changed" }, &["type_changed"]),
    (
        Class { letter: 'a', name: "array" },
        &["arset", "armset", "arinsert", "arring", "arseek", "ardel", "ardelrange"],
    ),
];

/// The class of an event by its name as published.
pub fn class(event: &[u8]) -> Class {
    let found = CLASSES.iter().find(|(_, events)| events.iter().any(|name| name.as_bytes() == event));
    found.map_or(MODULE, |(class, _)| *class)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn events_have_their_class() {
        for (event, letter) in [
            ("set", '$'),
            ("del", 'g'),
            ("expire", 'g'),
            ("expired", 'x'),
            ("evicted", 'e'),
            ("hexpired", 'h'),
            ("zremrangebyrank", 'z'),
            ("xgroup-create", 't'),
            ("keymiss", 'm'),
            ("new", 'n'),
            ("arring", 'a'),
            ("overwritten", 'o'),
            ("type_changed", 'c'),
            ("json.set", 'd'),
            ("SET", 'd'),
            ("", 'd'),
        ] {
            assert_eq!(class(event.as_bytes()).letter, letter, "{event}");
        }
    }

    #[test]
    fn no_event_stands_twice() {
        let all: Vec<_> = CLASSES.iter().flat_map(|(_, events)| events.iter()).collect();
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
    }
}
