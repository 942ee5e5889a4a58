//! A small capture of each kind.

pub const MONITOR: &str = "OK
1718720297.795951 [0 127.0.0.1:33476] \"SET\" \"user:7\" \"v\" \"EX\" \"60\"
1718720298.000001 [0 127.0.0.1:33476] \"GET\" \"user:7\"
";

pub const CLIENTS: &str = "1718720297
id=10 addr=127.0.0.1:48282 laddr=127.0.0.1:18513 fd=19 name=web age=2 idle=2 flags=N db=0 sub=0 psub=0 ssub=0 multi=-1 watch=0 qbuf=0 qbuf-free=20 argv-mem=0 multi-mem=0 rbs=1032 rbp=0 obl=0 oll=0 omem=0 tot-mem=1848 events=r cmd=NULL user=default redir=-1 resp=2 lib-name= lib-ver=
id=11 addr=[::1]:34146 laddr=[::1]:18513 fd=20 name= age=2 idle=0 flags=N db=0 sub=0 psub=0 ssub=0 multi=-1 watch=0 qbuf=0 qbuf-free=16386 argv-mem=0 multi-mem=0 rbs=1032 rbp=0 obl=0 oll=0 omem=0 tot-mem=18216 events=r cmd=client|list user=default redir=-1 resp=2 lib-name= lib-ver=
";

pub const SLOWLOG: &str = "1) 1) (integer) 8
   2) (integer) 1718720297
   3) (integer) 75
   4) 1) \"EVAL\"
      2) \"return 1\"
      3) \"0\"
   5) \"127.0.0.1:38562\"
   6) \"my-app\"
2) 1) (integer) 7
   2) (integer) 1718720296
   3) (integer) 12005
   4) 1) \"KEYS\"
      2) \"user:*\"
   5) \"127.0.0.1:38562\"
   6) \"my-app\"
";

pub const EVENTS: &str = r#""psubscribe","__key*__:*",1
"pmessage","__key*__:*","__keyspace@0__:user:1","set"
"pmessage","__key*__:*","__keyevent@0__:set","user:1"
"pmessage","__key*__:*","__keyspace@0__:user:1","expire"
"pmessage","__key*__:*","__keyevent@0__:expire","user:1"
"#;

pub const INFO: &str = "# Server\r\nredis_version:7.4.1\r\nrun_id:aa\r\ntcp_port:6379\r\nserver_time_usec:1718720297000000\r\n\r\n\
    # Memory\r\nused_memory:1538\r\n";

/// The first bytes of a picture.
pub const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89";

/// A capture, and what it is taken for.
pub struct Capture {
    pub name: &'static str,
    pub content: &'static str,
    pub kind: &'static str,
    pub dialect: &'static str,
    pub reason: &'static str,
    pub records: u64,
    /// Its table of `convert`, and the rows there.
    pub table: (&'static str, usize),
}

pub const CAPTURES: [Capture; 5] = [
    Capture {
        name: "clients.txt",
        content: CLIENTS,
        kind: "client-list",
        dialect: "redis-cli",
        reason: "of the first 2 lines with rows 2 redis-cli",
        records: 2,
        table: ("clients", 2),
    },
    Capture {
        name: "events.csv",
        content: EVENTS,
        kind: "keyspace-events",
        dialect: "redis-cli --csv",
        reason: "of the first 4 messages 4 redis-cli --csv",
        records: 4,
        table: ("events", 2),
    },
    Capture {
        name: "info.txt",
        content: INFO,
        kind: "info",
        dialect: "redis-cli",
        reason: "7 lines of sections and keys; of the first dumps 1 redis-cli",
        records: 1,
        table: ("info", 5),
    },
    Capture {
        name: "monitor.log",
        content: MONITOR,
        kind: "monitor",
        dialect: "redis-cli",
        reason: "of the first 2 records 2 redis-cli",
        records: 2,
        table: ("monitor", 2),
    },
    Capture {
        name: "slowlog.txt",
        content: SLOWLOG,
        kind: "slowlog",
        dialect: "redis-cli",
        reason: "at the start 2 redis-cli; 6 elements each",
        records: 2,
        table: ("slowlog", 2),
    },
];

/// Notifications behind a clock.
pub const TIMED: &str = "\
2024-06-18T14:18:17.100000000Z \"pmessage\",\"*\",\"__keyspace@0__:user:7\",\"set\"
2024-06-18T14:18:17.200000000Z \"pmessage\",\"*\",\"__keyspace@0__:user:7\",\"expire\"
2024-06-18T14:18:19.900000000Z \"pmessage\",\"*\",\"__keyspace@0__:user:7\",\"expired\"
";
