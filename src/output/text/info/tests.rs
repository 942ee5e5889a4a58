//! What the section looks like.

use console::measure_text_width;

use super::*;
use crate::output::sample::{START, after, b, empty};
use crate::output::text::Text;
use crate::output::{Render, View, top};
use crate::report::info::*;

fn text(report: &Report, width: usize) -> String {
    let mut out = Vec::new();
    Text { view: View { width, ..View::default() } }.render(report, &mut out).unwrap();
    String::from_utf8(out).unwrap().split_once("\n\n").map(|(_, text)| text.to_owned()).unwrap_or_default()
}

fn dump(run: &str, at: i64) -> InfoSnapshot {
    let mut dump = InfoSnapshot {
        path: b("info.txt"),
        line: 1 + at.unsigned_abs(),
        time: Some(after(at)),
        role: Some(b("slave")),
        keyspace: vec![InfoDatabase {
            fields: DatabaseFields { keys: Some(702), expires: Some(700), ..Default::default() },
            ..InfoDatabase::default()
        }],
        commandstats: vec![
            InfoCommand {
                command: b("KEYS"),
                fields: CommandFields {
                    calls: Some(3),
                    usec: Some(3_000_000),
                    usec_per_call: Some(1e6),
                    ..Default::default()
                },
                ..InfoCommand::default()
            },
            InfoCommand {
                command: b("GET"),
                fields: CommandFields {
                    usec: Some(1_000_000),
                    usec_per_call: Some(0.65),
                    ..Default::default()
                },
                ..InfoCommand::default()
            },
        ],
        errorstats: vec![InfoError { prefix: b("OOM"), count: 1204 }],
        ..InfoSnapshot::default()
    };
    for (key, value) in [
        (&b"redis_mode"[..], &b"standalone"[..]),
        (b"run_id", run.as_bytes()),
        (b"tcp_port", b"6379"),
        (b"uptime_in_seconds", b"7500"),
    ] {
        assert!(dump.server.take(key, value));
    }
    dump.server.name = Some(b("redis"));
    dump.server.version = Some(b("7.0.15"));
    for (key, value) in [(&b"connected_clients"[..], &b"49"[..]), (b"maxclients", b"10000")] {
        assert!(dump.clients.take(key, value));
    }
    for (key, value) in [
        (&b"used_memory"[..], &b"1539792"[..]),
        (b"maxmemory", b"2000000"),
        (b"maxmemory_policy", b"allkeys-lru"),
        (b"mem_fragmentation_ratio", b"8.37"),
    ] {
        assert!(dump.memory.take(key, value));
    }
    for (key, value) in [
        (&b"instantaneous_ops_per_sec"[..], &b"5300"[..]),
        (b"rejected_connections", b"3"),
        (b"evicted_keys", b"12"),
    ] {
        assert!(dump.stats.take(key, value));
    }
    dump.stats.hit_rate = Some(0.069);
    assert!(dump.replication.take(b"master_link_status", b"down"));
    assert!(dump.persistence.take(b"rdb_last_bgsave_status", b"err"));
    dump
}

fn rate(from: u64, reset: bool) -> InfoRate {
    InfoRate {
        from,
        to: from + 1,
        first: Some(START),
        seconds: Some(60.0),
        reset,
        commands_per_second: (!reset).then_some(5300.25),
        hit_rate: (!reset).then_some(0.5),
        memory_change: Some(-1_000_000),
        ..InfoRate::default()
    }
}

#[test]
fn a_dump_is_a_block() {
    let mut report = empty();
    report.info.snapshots.push(dump("a", 0));
    report.info.snapshots.push(InfoSnapshot { path: b("stats.txt"), line: 1, ..InfoSnapshot::default() });
    assert_eq!(
        text(&report, 80),
        "\
INFO  2 dumps of 2 runs of a server
  redis 7.0.15 · standalone · slave · port 6379 · up 2 h 5 min · at 17:03:39
    info.txt line 1
    clients  49 connected of at most 10,000 · 3 rejected
    memory   1.54 MB used · fragmentation 8.37 · limit 2.00 MB · allkeys-lru
    load     5,300 calls/s · hit rate 6.9 %
    keys     702 in 1 database · 700 with a time to live · 12 evicted
    time in  KEYS 75.0 %, 1 s a call · GET 25.0 %, 0.7 µs a call
    errors   1,204 OOM
    broken   the link to the master is down · the last BGSAVE failed
  a server
    stats.txt line 1
"
    );
}

#[test]
fn of_a_series_the_ends_and_the_rates_are_shown() {
    let mut report = empty();
    report.info.snapshots.extend((0..5).map(|at| dump("a", at)));
    report.info.rates = vec![rate(0, false), rate(1, true)];
    report.info.restarts.push(InfoRestart { port: Some(6379), time: Some(START), ..InfoRestart::default() });
    let shown = text(&report, 80);
    assert_eq!(shown.matches("redis 7.0.15").count(), 2, "{shown}");
    assert!(shown.contains("    … 3 dumps between this and the last one\n"), "{shown}");
    assert!(shown.contains("  the server on port 6379 started anew at 17:03:39\n"), "{shown}");
    let rates = "
INFO, BETWEEN DUMPS  2 intervals
  from      length  commands/s  hit rate    memory
  17:03:39   1 min      5300.2    50.0 %  -1.00 MB
  17:03:39   1 min                        -1.00 MB  reset
";
    assert!(shown.ends_with(rates), "{shown}");
    for width in 0..200 {
        for line in text(&report, width).lines() {
            assert!(measure_text_width(line) <= width.max(40), "{width}: {line}");
        }
    }
}

#[test]
fn cutting_tables_cuts_those_within_dumps() {
    let mut report = empty();
    report.info.snapshots.extend((0..5).map(|at| dump("a", at)));
    top::cut(&mut report, 1);
    assert_eq!(report.info.snapshots.len(), 5);
    assert!(report.info.snapshots.iter().all(|dump| dump.commandstats.len() == 1));
}
