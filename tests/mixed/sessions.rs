//! What an operator's terminal or a collecting script leaves behind.

use serde_json::Value;

use super::{case, counts, kinds, report};

/// As a terminal records it.
fn terminal(text: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(text).replace("\r\n", "\n").replace('\n', "\r\n");
    text.into_bytes()
}

/// The times of the snapshots of clients.
fn snapshot_times(report: &Value) -> Vec<Option<&str>> {
    let snapshots = report["connections"]["snapshots"].as_array().unwrap();
    snapshots.iter().map(|snapshot| snapshot["time"].as_str()).collect()
}

#[test]
fn a_session_on_a_terminal() {
    let mut content =
        b"Script started on 2026-11-20 11:14:00+00:00 [TERM=\"xterm\"]\r\n$ redis-cli\r\n".to_vec();
    for (command, case_name) in [
        ("info", "info-r-7.4.1.txt"),
        ("client list", "clientlist-r-7.4.1.txt"),
        ("slowlog get", "slowlog-r-7.4.1-tty.txt"),
        ("monitor", "monitor-7.4-raw.txt"),
    ] {
        content.extend(format!("127.0.0.1:6379> {command}\r\n").into_bytes());
        content.extend(terminal(&case(case_name)));
    }
    content.extend(
        b"^C\r\n$ redis-cli slowlog get\r\n".iter().chain(&terminal(&case("slowlog-r-7.4.1-tty.txt"))),
    );
    content.extend(b"$ exit\r\nScript done on 2026-11-20 11:16:00+00:00\r\n");
    let report = report(&content);
    assert_eq!(kinds(&report), ["info", "client-list", "slowlog", "monitor"]);
    let expected = [("client-list", 10), ("info", 1), ("monitor", 29), ("slowlog", 18)];
    for (kind, records) in expected {
        assert_eq!(counts(&report)[kind], [records, 0, 0], "{kind}");
    }
    assert_eq!(report["slowlog"]["duplicates"], 9);
    // Time passes before a person types.
    assert_eq!(snapshot_times(&report), [None]);
}

#[test]
fn a_script_that_collects() {
    for (heading, info, slowlog) in [
        ("", "info-r-2.6.17.txt", "slowlog-r-7.4.1-raw.txt"),
        ("", "info-r-2.6.17.txt", "slowlog-8.10-seven-raw.txt"),
        ("\n=== {} ===\n", "info-r-2.6.17.txt", "slowlog-r-7.4.1-raw.txt"),
        ("\n{}:\n", "info-r-2.6.17.txt", "slowlog-r-7.4.1-raw.txt"),
        ("## {}\n", "info-r-2.6.17.txt", "slowlog-r-2.8.24-raw.txt"),
        ("-----\n{}\n-----\n", "info-r-2.6.17.txt", "slowlog-r-7.4.1-json.txt"),
    ] {
        let mut content = Vec::new();
        for minute in 10..14 {
            content.extend(format!("Thu Jun 18 14:{minute}:17 UTC 2026\n").into_bytes());
            for (command, name) in
                [("INFO", info), ("CLIENT LIST", "clientlist-r-7.4.1.txt"), ("SLOWLOG", slowlog)]
            {
                content.extend(heading.replace("{}", command).into_bytes());
                content.extend(case(name));
            }
        }
        let slow = counts(&report(&case(slowlog)))["slowlog"][0];
        let report = report(&content);
        assert_eq!(kinds(&report), ["info", "client-list", "slowlog"], "{heading:?}");
        for (kind, records) in [("info", 4), ("client-list", 40), ("slowlog", 4 * slow)] {
            assert_eq!(counts(&report)[kind], [records, 0, 0], "{kind} behind {heading:?}");
        }
        assert_eq!(report["slowlog"]["duplicates"], 3 * slow, "{heading:?}");
        let times: Vec<_> = (10..14).map(|minute| format!("2026-06-18T14:{minute}:17.000000Z")).collect();
        let times: Vec<_> = times.iter().map(|time| Some(time.as_str())).collect();
        assert_eq!(snapshot_times(&report), times, "{heading:?}");
        let dumps = report["info"]["snapshots"].as_array().unwrap();
        assert_eq!(dumps.iter().map(|dump| dump["time"].as_str()).collect::<Vec<_>>(), times, "{heading:?}");
    }
}

#[test]
fn the_server_tells_when_its_clients_were_listed() {
    let content =
        [case("info-r-7.4.1.txt"), case("clientlist-r-7.4.1.txt"), case("clientlist-r-6.0.20.txt")].concat();
    let report = report(&content);
    assert_eq!(snapshot_times(&report)[0], Some("2026-11-20T11:15:00.637909Z"));
    // MONITOR lasts, so that nothing tells when the next thing was printed.
    let monitor = case("monitor-7.4-raw.txt");
    let content = [case("info-r-7.4.1.txt"), monitor, case("clientlist-r-7.4.1.txt")].concat();
    assert_eq!(snapshot_times(&self::report(&content)), [None]);
}

#[test]
fn two_subscribers_write_into_one_log() {
    let mut content = String::new();
    for at in 0..200 {
        content.push_str(&format!("1795173275.{at:06} [0 127.0.0.1:1] \"SET\" \"k:{at}\" \"v\"\n"));
        if at % 3 > 0 {
            content.push_str(&format!("\"pmessage\",\"*\",\"__keyspace@0__:k:{at}\",\"set\"\n"));
            content.push_str(&format!("\"pmessage\",\"*\",\"__keyevent@0__:set\",\"k:{at}\"\n"));
        }
    }
    let report = report(content.as_bytes());
    assert_eq!(kinds(&report), ["monitor", "keyspace-events"]);
    assert_eq!(counts(&report)["monitor"], [200, 0, 0]);
    assert_eq!(counts(&report)["keyspace-events"], [266, 0, 0]);
    // A change seen on both channels is one.
    assert_eq!(report["keyspace_events"]["total"], 133);
}
