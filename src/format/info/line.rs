//! What a line of a file of INFO dumps is, told by the line alone.

use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while1};
use nom::combinator::{all_consuming, rest, verify};
use nom::error::Error;
use nom::sequence::{preceded, separated_pair};
use nom::{IResult, Parser};

use crate::format::clock;
use crate::format::monitor::noise::is_noise;

/// A line, without its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line<'a> {
    /// Nothing but white space.
    Blank,
    /// `# Memory`.
    Section {
        /// `Memory`.
        name: &'a [u8],
        /// Whether servers print a section of that name.
        known: bool,
    },
    /// A key that servers print, and its value.
    Known(&'a [u8], &'a [u8]),
    /// Looks like a key and its value.
    Loose(&'a [u8], &'a [u8]),
    /// A whole dump in quotes or braces; [`super::wrap`] reads it.
    Wrapped,
    /// A script's clock, in microseconds since 1970.
    Clock(i64),
    /// The length of a RESP string or array.
    Frame,
    /// What tools print.
    Noise,
    /// `# ` and words that are no section's name.
    Comment,
    /// Anything else.
    Other,
}

/// Sections that servers print.
///
/// Sources: `src/server.c` (`gen…InfoString`) and `src/sentinel.c` of Redis and Valkey, dumps of Redis 8 (Keysizes),
/// Valkey 9.1 (TLS, Cluster Info, Scripting Engines) and KeyDB 6.3, `server_family.cc` of Dragonfly (Tiered),
/// `server.cc` of Kvrocks (RocksDB).
const SECTIONS: [&[u8]; 22] = [
    b"Server",
    b"Clients",
    b"Memory",
    b"Persistence",
    b"Stats",
    b"Replication",
    b"CPU",
    b"Modules",
    b"Commandstats",
    b"Errorstats",
    b"Latencystats",
    b"Cluster",
    b"Keyspace",
    b"Keysizes",
    b"Debug",
    b"Sentinel",
    b"TLS",
    b"Cluster Info",
    b"Scripting Engines",
    b"KeyDB",
    b"Tiered",
    b"RocksDB",
];

/// How keys start that servers print. Words that other files hold too (`os`, `role`) are not here:
/// they are fields where a dump is open.
const STEMS: [&[u8]; 62] = [
    b"active_defrag_",
    b"allocator_",
    b"aof_",
    b"arch_bits",
    b"async_loading",
    b"blocked_clients",
    b"client_biggest_",
    b"client_longest_",
    b"client_recent_",
    b"clients_in_timeout_",
    b"cluster_connections",
    b"cluster_enabled",
    b"cmdstat_",
    b"config_file",
    b"connected_clients",
    b"connected_slaves",
    b"dragonfly_version",
    b"errorstat_",
    b"evicted_",
    b"expire_cycle_",
    b"expired_keys",
    b"expired_stale_",
    b"gcc_version",
    b"instantaneous_",
    b"io_threaded_",
    b"io_threads_",
    b"keyspace_hits",
    b"keyspace_misses",
    b"kvrocks_version",
    b"latency_percentiles_usec_",
    b"latest_fork_usec",
    b"lazyfree",
    b"lru_clock",
    b"master_failover_state",
    b"master_host",
    b"master_last_io_",
    b"master_link_",
    b"master_port",
    b"master_repl",
    b"master_sync_",
    b"maxclients",
    b"maxmemory",
    b"mem_",
    b"migrate_cached_sockets",
    b"multiplexing_api",
    b"pubsub_channels",
    b"pubsub_patterns",
    b"rdb_",
    b"redis_",
    b"rejected_connections",
    b"repl_backlog_",
    b"second_repl_offset",
    b"server_time_usec",
    b"slave_",
    b"sync_full",
    b"sync_partial_",
    b"tcp_port",
    b"total_",
    b"tracking_",
    b"uptime_in_",
    b"used_",
    b"valkey_",
];

/// Bytes of the longest key or section: far more than any server prints.
const LONGEST: usize = 256;

/// Tells what a line is; carriage returns at its end do not matter.
pub fn classify(line: &[u8]) -> Line<'_> {
    let line = line.trim_ascii_end();
    if line.trim_ascii_start().is_empty() {
        return Line::Blank;
    }
    if let Some(name) = section(line) {
        return Line::Section { name, known: is_known_section(name) };
    }
    let pair = field(line);
    if let Some((key, value)) = pair.filter(|(key, value)| is_known(key, value)) {
        return Line::Known(key, value);
    }
    if matches!(line, [b'"' | b'{' | b'\'', ..])
        || matches!(line, [b'[', .., b']'] if line.contains(&b'"'))
        || line.ends_with(b"\"") && super::wrap::behind_number(line).is_some()
    {
        return Line::Wrapped;
    }
    if let Some(time) = script_clock(line) {
        return Line::Clock(time);
    }
    if is_frame(line) {
        return Line::Frame;
    }
    if is_noise(line) {
        return Line::Noise;
    }
    match pair {
        _ if line.first() == Some(&b'#') => Line::Comment,
        Some((key, value)) => Line::Loose(key, value),
        None => Line::Other,
    }
}

/// `# Name` with a name that starts with a letter, of letters, digits, `_`, `-`, `.` and single spaces.
fn section(line: &[u8]) -> Option<&[u8]> {
    let name = take_while1(|b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b' '));
    let name = verify(name, |name: &[u8]| {
        name.len() <= LONGEST && name.first().is_some_and(u8::is_ascii_alphabetic)
    });
    let parsed: IResult<_, _, Error<&[u8]>> =
        all_consuming(preceded((tag(&b"#"[..]), take_while1(|b| b == b' ')), name)).parse(line);
    parsed.ok().map(|(_, name)| name)
}

fn is_known_section(name: &[u8]) -> bool {
    SECTIONS.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// A key without white space and, behind the first colon, a value that starts with none.
fn field(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let key = verify(take_while1(|b: u8| b != b':' && b.is_ascii_graphic()), |key: &[u8]| {
        key.len() <= LONGEST && key.first().is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_')
    });
    // A client's own error can hold anything in its first word.
    let error = verify(take_while(|b| b != b':'), |key: &[u8]| key.starts_with(b"errorstat_"));
    let value = verify(rest, |value: &[u8]| !matches!(value.first(), Some(b' ' | b'\t')));
    let parsed: IResult<_, _, Error<&[u8]>> =
        separated_pair(alt((error, key)), tag(&b":"[..]), value).parse(line);
    parsed.ok().map(|(_, pair)| pair)
}

fn is_known(key: &[u8], value: &[u8]) -> bool {
    // `db0:keys=1,…`, `slave0:ip=…`.
    let numbered = |stem: &[u8], part: &[u8]| {
        key.strip_prefix(stem).is_some_and(|n| !n.is_empty() && n.iter().all(u8::is_ascii_digit))
            && value.starts_with(part)
    };
    matches!(key, b"run_id" | b"hz" | b"process_id")
        || STEMS.iter().any(|stem| key.starts_with(stem))
        || numbered(b"db", b"keys=")
        || numbered(b"slave", b"ip=")
}

/// `$4567` and `*3` of RESP2, `=4571` and `%3` of RESP3.
fn is_frame(line: &[u8]) -> bool {
    matches!(line, [b'$' | b'=' | b'*' | b'%', digits @ ..]
        if !digits.is_empty() && digits.len() < 12 && digits.iter().all(u8::is_ascii_digit))
}

/// The time on a line that shows one: alone, decorated (`--- 1718720297 ---`), named (`time: …`), or
/// before other words.
fn script_clock(line: &[u8]) -> Option<i64> {
    let decoration = |byte: &u8| b"-=#*[]<>| \t".contains(byte);
    let start = line.iter().position(|byte| !decoration(byte))?;
    let end = line.iter().rposition(|byte| !decoration(byte))?;
    let line = line.get(start..=end)?;
    let named = [&b"time"[..], b"date", b"timestamp", b"ts"].iter().find_map(|name| {
        let (head, tail) = line.split_at_checked(name.len())?;
        let behind = tail.strip_prefix(b":").or_else(|| tail.strip_prefix(b"="))?;
        head.eq_ignore_ascii_case(name).then_some(behind)
    });
    clock::time(named.unwrap_or(line)).or_else(|| {
        let (time, rest) = clock::leading(line)?;
        rest.first()
            .is_some_and(|byte| matches!(byte, b' ' | b'\t' | b',' | b';' | b']' | b')'))
            .then_some(time)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_tell_what_they_are() {
        let known = |name| Line::Section { name, known: true };
        let rows: [(&[u8], Line<'_>); 46] = [
            (b"", Line::Blank),
            (b" \r", Line::Blank),
            (b"# Server\r", known(b"Server")),
            (b"# server", known(b"server")),
            (b"#  Cluster Info", known(b"Cluster Info")),
            (b"# search_index", Line::Section { name: b"search_index", known: false }),
            (b"# Last DBSIZE SCAN time: never", Line::Comment),
            (b"# 1 more", Line::Comment),
            (b"redis_version:7.0.15\r", Line::Known(b"redis_version", b"7.0.15")),
            (b"config_file:C:\\redis\\a.conf", Line::Known(b"config_file", b"C:\\redis\\a.conf")),
            (b"executable:/usr/bin/x:y z", Line::Loose(b"executable", b"/usr/bin/x:y z")),
            (b"config_file:", Line::Known(b"config_file", b"")),
            (b"cmdstat_config|get:calls=3", Line::Known(b"cmdstat_config|get", b"calls=3")),
            (b"errorstat_my err:count=3", Line::Known(b"errorstat_my err", b"count=3")),
            (b"db0:keys=1,expires=0", Line::Known(b"db0", b"keys=1,expires=0")),
            (b"db0:x", Line::Loose(b"db0", b"x")),
            (b"dbx:keys=1", Line::Loose(b"dbx", b"keys=1")),
            (b"os:Linux 6.1 x86_64", Line::Loose(b"os", b"Linux 6.1 x86_64")),
            (b"localhost:6379", Line::Loose(b"localhost", b"6379")),
            (b"Host: a", Line::Other),
            (b"10.0.0.1:6379", Line::Other),
            (b"$4567\r", Line::Frame),
            (b"=4571", Line::Frame),
            (b"1718720297", Line::Clock(1_718_720_297_000_000)),
            (b"--- 1718720297 ---", Line::Clock(1_718_720_297_000_000)),
            (b"# 2026-06-18 14:19:17", Line::Clock(1_781_792_357_000_000)),
            (b"=== 2026-06-18T14:19:17Z ===", Line::Clock(1_781_792_357_000_000)),
            (b"Thu Jun 18 14:19:17 UTC 2026", Line::Clock(1_781_792_357_000_000)),
            (b"time: 1718720297", Line::Clock(1_718_720_297_000_000)),
            (b"timestamp=1718720297", Line::Clock(1_718_720_297_000_000)),
            (b"2026-06-18 14:19:17 redis-1", Line::Clock(1_781_792_357_000_000)),
            (b"127.0.0.1:6379> info", Line::Noise),
            (b"OK", Line::Noise),
            (b"-----", Line::Noise),
            (b"Error: Server closed the connection", Line::Noise),
            (b"\"# Server\\r\\n\"", Line::Wrapped),
            (b"1) \"# Server\\r\\n\"", Line::Wrapped),
            (b"{'redis_version': '7'}", Line::Wrapped),
            (b"[\"OK\"]", Line::Wrapped),
            (b"[[\"# CPU\\r\\n\"]]", Line::Wrapped),
            (b"[7,\"# CPU\\r\\n\"]", Line::Wrapped),
            (b"[[ 2026-06-18 14:19:17 ]]", Line::Clock(1_781_792_357_000_000)),
            (b"[2026-06-18 14:19:17]", Line::Clock(1_781_792_357_000_000)),
            (b"Fr 20. Nov 17:03:39 CET 2026", Line::Clock(1_795_190_619_000_000)),
            (b"20/Nov/2026:17:03:39 +0000", Line::Clock(1_795_194_219_000_000)),
            (b"master_host:::1", Line::Known(b"master_host", b"::1")),
        ];
        for (line, expected) in rows {
            assert_eq!(classify(line), expected, "{}", line.escape_ascii());
        }
    }
}
