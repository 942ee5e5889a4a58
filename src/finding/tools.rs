//! Clients that look at the server itself: consoles, exporters, sweeps over all keys. What they do is how a capture
//! is made, and nobody is to be blamed for it.

use crate::report::ClientRow;

/// Commands that ask for the server's state, or that every connection sends first.
const POLLS: &[&str] = &[
    "ACL|WHOAMI",
    "AUTH",
    "CLIENT|GETNAME",
    "CLIENT|ID",
    "CLIENT|INFO",
    "CLIENT|LIST",
    "CLIENT|NO-EVICT",
    "CLIENT|NO-TOUCH",
    "CLIENT|SETINFO",
    "CLIENT|SETNAME",
    "CLUSTER|INFO",
    "CLUSTER|MYID",
    "CLUSTER|NODES",
    "CLUSTER|SHARDS",
    "CLUSTER|SLOTS",
    "COMMAND",
    "COMMAND|COUNT",
    "COMMAND|DOCS",
    "COMMANDLOG|GET",
    "COMMANDLOG|LEN",
    "CONFIG|GET",
    "DBSIZE",
    "ECHO",
    "HELLO",
    "INFO",
    "LASTSAVE",
    "LATENCY|DOCTOR",
    "LATENCY|HISTOGRAM",
    "LATENCY|HISTORY",
    "LATENCY|LATEST",
    "MEMORY|DOCTOR",
    "MEMORY|STATS",
    "MODULE|LIST",
    "MONITOR",
    "PING",
    "PUBSUB|CHANNELS",
    "PUBSUB|NUMPAT",
    "PUBSUB|NUMSUB",
    "QUIT",
    "READONLY",
    "ROLE",
    "SELECT",
    "SLOWLOG|GET",
    "SLOWLOG|LEN",
    "TIME",
];

/// With any of these a client walks over all keys: `redis-cli --bigkeys`, `--memkeys`, `--hotkeys`, `--scan`.
const WALKS: &[&str] = &["MEMORY|USAGE", "OBJECT|FREQ", "SCAN", "TYPE"];

/// What such a walk asks of each key beside.
const SIZES: &[&str] =
    &["HLEN", "LLEN", "OBJECT|ENCODING", "OBJECT|IDLETIME", "SCARD", "STRLEN", "XLEN", "ZCARD"];

/// Whether all that a client does is to look at the server.
pub fn is_tool(row: &ClientRow) -> bool {
    let mut walks = false;
    let mut sizes = false;
    for command in row.commands.iter().map(|held| held.command.0.as_slice()) {
        walks |= is_in(WALKS, command);
        sizes |= is_in(SIZES, command);
        if ![POLLS, WALKS, SIZES].iter().any(|table| is_in(table, command)) {
            return false;
        }
    }
    walks || !sizes
}

fn is_in(table: &[&str], command: &[u8]) -> bool {
    table.iter().any(|held| held.as_bytes() == command)
}

/// Commands that a connection sends about itself before its first request.
pub fn is_greeting(command: &[u8]) -> bool {
    [&b"AUTH"[..], b"CLIENT|SETINFO", b"CLIENT|SETNAME", b"HELLO", b"QUIT", b"READONLY", b"SELECT"]
        .contains(&command)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::output::notation::Time;
    use crate::report::{Bytes, CommandCalls};

    /// A client without a name that made one call of each command.
    pub(in crate::finding) fn row(client: &str, commands: &str) -> ClientRow {
        let commands = commands.split_whitespace();
        ClientRow {
            client: Bytes::from(client.as_bytes()),
            kind: "tcp",
            address: Bytes::from(client.as_bytes()),
            port: None,
            name: None,
            user: None,
            library: None,
            calls: 1,
            share: 0.0,
            in_scripts: 0,
            payload_bytes: 0,
            commands: commands
                .map(|name| CommandCalls { command: Bytes::from(name.as_bytes()), calls: 1 })
                .collect(),
            first: Time(0),
            last: Time(0),
        }
    }

    #[test]
    fn tools_are_told_from_applications() {
        for (commands, tool) in [
            ("INFO", true),
            ("CLIENT|SETNAME COMMAND|DOCS SLOWLOG|GET", true),
            ("SELECT SCAN TYPE STRLEN HLEN", true),
            ("SCAN MEMORY|USAGE", true),
            ("DBSIZE SCAN OBJECT|FREQ PING", true),
            ("TYPE LLEN", true),
            // A poller of one queue, and applications that also do what tools do.
            ("LLEN", false),
            ("PING GET", false),
            ("SCAN DEL", false),
            ("COMMAND|DOCS KEYS", false),
        ] {
            assert_eq!(is_tool(&row("10.0.0.1:50000", commands)), tool, "{commands}");
        }
    }
}
