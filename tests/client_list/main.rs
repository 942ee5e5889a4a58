//! CLIENT LIST: every case reads as it should, real series give the numbers that a slow and separate reading
//! gives, and neither block sizes nor threads nor damage change what is right.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // A test may end where something is not as it should be.

mod common;
mod damage;
mod plain;
mod series;
mod tables;

use common::{analysis, content, fixture, report, report_of, row, text, totals};

#[test]
fn every_case_reads_as_it_should() {
    for (name, dialect, rows, noise, snapshots) in [
        ("exec-noraw", "quoted answer", 1, 1, &[1][..]),
        ("r-2.4.18", "redis-cli", 8, 0, &[8]),
        ("r-2.8.24", "redis-cli", 9, 0, &[9]),
        ("r-6.0.20", "redis-cli", 9, 0, &[9]),
        ("r-7.4.1", "redis-cli", 10, 0, &[10]),
        ("r-8.8dev", "redis-cli", 10, 0, &[10]),
        ("redispy", "redis-py", 2, 0, &[2]),
        ("resp3", "RESP", 1, 2, &[1]),
        ("series-noseparator", "redis-cli", 18, 0, &[9, 9]),
        ("series", "mixed", 9, 6, &[3, 3, 2, 1]),
        // An id comes twice: rows of different servers.
        ("tricky", "redis-cli", 6, 0, &[2, 4]),
        ("v-8.0.1", "redis-cli", 9, 0, &[9]),
        ("v-9.1.0", "redis-cli", 10, 0, &[10]),
    ] {
        let report = report(&[fixture(&format!("cases/clientlist-{name}.txt"))]);
        let input = &report.inputs[0];
        assert_eq!((input.kind, input.dialect), ("client-list", dialect), "{name}");
        assert_eq!(
            (input.records, input.noise, input.rejected, input.truncated),
            (rows, noise, 0, 0),
            "{name}"
        );
        assert_eq!(input.accounted.sum(), input.bytes, "{name}");
        assert_eq!(totals(&report), snapshots, "{name}");
    }
}

#[test]
fn cases_keep_their_values() {
    let case = |name: &str| report(&[fixture(&format!("cases/clientlist-{name}.txt"))]);
    let old = case("r-2.4.18");
    let subscriber = old.connections.rows.iter().find(|row| row.fd.get() == Some(8)).unwrap();
    assert_eq!((subscriber.id, text(&subscriber.name), subscriber.kind), (None, None, "pubsub"));
    assert_eq!(
        (subscriber.sub.get(), subscriber.psub.get(), subscriber.age.get(), subscriber.omem.get()),
        (Some(2), Some(1), None, None)
    );
    let snapshot = &old.connections.snapshots[0];
    assert_eq!(
        (snapshot.unnamed, snapshot.memory_bytes, snapshot.monitors, snapshot.blocked),
        (None, None, 1, 1)
    );

    let new = case("r-7.4.1");
    let unix = row(&new, 5);
    assert_eq!(unix.address.text(), "/tmp/redis sock/redis.sock:0");
    assert_eq!(text(&unix.laddr).as_deref(), Some("/tmp/redis sock/redis.sock:0"));
    assert_eq!(text(&row(&new, 4).name).as_deref(), Some("test=_complex_[name]"));
    let client = row(&new, 12);
    assert_eq!(text(&client.cmd).as_deref(), Some("client|setinfo"));
    assert_eq!(text(&client.library).as_deref(), Some("go-redis(,go1.24.4) 9.7.0"));
    assert_eq!(text(&client.flags).as_deref(), Some("tB"));
    let queued = row(&new, 8);
    assert_eq!((queued.multi.get(), queued.watch.get()), (Some(1), Some(1)));
    assert_eq!(new.connections.snapshots[0].in_transaction, 1);

    let tricky = case("tricky");
    let slow = row(&tricky, 40_253_233);
    assert_eq!(slow.address.text(), "fd40:1481:21:dbe0:7021:300:a03:1a06:44426");
    assert_eq!(
        (slow.sub.get(), slow.ssub.get(), slow.oll.get(), slow.kind),
        (Some(896), Some(17), Some(555), "pubsub")
    );
    let masters: Vec<_> = tricky.connections.rows.iter().filter(|row| row.kind == "master").collect();
    assert_eq!(text(&masters[0].user).as_deref(), Some("(superuser)"));
    let open = row(&tricky, 12);
    assert_eq!(
        (open.multi.get(), open.fd.get(), text(&open.name).as_deref()),
        (Some(0), Some(-1), Some("*redacted*"))
    );
    let odd = tricky.connections.rows.iter().find(|row| row.address.text().starts_with('/')).unwrap();
    assert_eq!(
        (odd.age.get(), odd.db.get(), odd.flags.is_none(), odd.tot_mem.get()),
        (Some(-1), None, true, None)
    );
    assert_eq!(row(&tricky, 3).tot_cmds.get(), Some(4));

    let series = case("series");
    let times: Vec<_> = series.connections.snapshots.iter().map(|row| row.time.unwrap().rfc3339()).collect();
    assert_eq!(
        times,
        [
            "2024-06-18T14:18:17.000000Z",
            "2026-06-18T14:19:17.000000Z",
            "2026-06-18T14:20:17.000000Z",
            "2026-06-18T14:21:17.000000Z",
        ]
    );
    // The last one shows a socket's client alone, which connected a second before: it is another than a minute ago.
    assert_eq!(series.connections.restarts, 1);
    let py = case("redispy");
    assert_eq!(text(&row(&py, 6).library).as_deref(), Some("redis-py 99.99.99"));
    assert_eq!(row(&case("exec-noraw"), 4).tot_mem.get(), Some(33_670));
}

#[test]
fn other_modes_print_the_same() {
    for server in ["redis-2.8.24", "redis-6.2.14", "redis-7.0.15", "valkey-8.0.1"] {
        for mode in ["noraw", "resp3", "json"] {
            let path = fixture(&format!("captures-client-list/{server}/client-list-{mode}.txt"));
            let rows =
                content(&path).split(|byte| *byte == b'\n').filter(|line| line.starts_with(b"id=")).count();
            let report = report(&[path]);
            assert_eq!(totals(&report), [rows as u64], "{server} {mode}");
        }
    }
}

#[test]
fn wrappers_come_off() {
    let row = "id=4 addr=127.0.0.1:1 fd=8 name=a age=5 idle=0 flags=N db=0 sub=0 psub=0 cmd=get";
    let two = "id=5 addr=127.0.0.1:2 fd=9 name= age=3 idle=0 flags=N db=0 sub=0 psub=0 cmd=get";
    let dict = |row: &str, quote: &str, glue: &str, end: &str| {
        let field = |field: &str| {
            let (key, value) = field.split_once('=').unwrap();
            format!("{quote}{key}{quote}: {quote}{value}{quote}")
        };
        format!("{{{}{end}}}", row.split(' ').map(field).collect::<Vec<_>>().join(glue))
    };
    let json = dict(row, "\"", ",\n    ", "\n  ");
    for (text, snapshots) in [
        (format!("{row}\r\n{two}\r\n"), &[2][..]),
        (format!("\x1b[32m{row}\x1b[0m\n{two}\n"), &[2]),
        (format!("127.0.0.1:6379> client list\n{row}\n{two}\n127.0.0.1:6379> client list\n{row}\n"), &[2, 1]),
        (format!("${}\r\n{row}\n{two}\n\r\n", row.len() + two.len() + 2), &[2]),
        (format!("=99\r\ntxt:{row}\n{two}\n\r\n"), &[2]),
        (format!("1) \"{row}\\n{two}\\n\"\n"), &[2]),
        (format!("\"{row}\\n{two}\\n\"\n\"{row}\\n\"\n"), &[2, 1]),
        (format!("[\"OK\",\"QUEUED\",[\"{row}\\n{two}\\n\"]]\n"), &[2]),
        (format!("\"{row}\\\\n{two}\\\\n\"\n"), &[2]),
        (format!("[\"{row}\\n\",\"{two}\\n\"]\n"), &[2]),
        (format!("[\"{row}\", \"{two}\"]\n"), &[2]),
        (format!("[\"{row}\\\\n\",\"{two}\\\\n\"]\n"), &[2]),
        (format!("[\n  \"{row}\\n\",\n  \"{two}\\n\"\n]\n"), &[2]),
        (format!("[\"{row}\\n{two}\\n\",\"OK\",\"{two}\\n\"]\n"), &[2, 1]),
        (format!("[\"{two}\"]\n[\"{row}\"]\n"), &[1, 1]),
        (format!("1) \"{row}\"\n2) \"{two}\"\n"), &[2]),
        (format!("1781792357,\"{row}\"\n1781792357,\"{two}\"\n1781792417,\"{row}\"\n"), &[2, 1]),
        (
            format!(
                "time,client\r\n2026-06-18 14:18:17,\"{row}\"\r\n2026-06-18 14:18:17,\"{two}\"\r\n2026-06-18 14:19:17,\"{two}\"\r\n"
            ),
            &[2, 1],
        ),
        (format!("1781792357,\"{row}\\n{two}\\n\"\n1781792417,\"{row}\\n\"\n"), &[2, 1]),
        (format!("2026-06-18T14:18:17.795951123Z {row}\n2026-06-18T14:18:17.795951999Z {two}\n"), &[2]),
        (format!("1781792357,{row}\n1781792357,{two}\n1781792417,{row}\n"), &[2, 1]),
        (format!("redis-1  | {row}\nredis-1  | {two}\n"), &[2]),
        (
            format!(
                "{{\"log\":\"{row}\\n\",\"stream\":\"stdout\"}}\n{{\"log\":\"{two}\\n\",\"stream\":\"stdout\"}}\n"
            ),
            &[2],
        ),
        (format!("[{}, {}]\n", dict(row, "'", ", ", ""), dict(two, "'", ", ", "")), &[2]),
        (format!("[{},\n {}]\n", dict(row, "'", ",\n  ", ""), dict(two, "'", ",\n  ", "")), &[2]),
        (format!("[\n  {json},\n  {}\n]\n", json.replace("\"4\"", "\"6\"")), &[2]),
        (format!("{}\n{}\n", dict(row, "'", ", ", ""), dict(two, "'", ", ", "")), &[2]),
        (format!("=== node1 ===\n{row}\n=== node2 ===\n{two}\n"), &[1, 1]),
        (format!("# node 1\n{row}\n# node 2\n{two}\n"), &[1, 1]),
        (format!("[node1]\r\n{row}\r\n[node2]\r\n{two}\r\n"), &[1, 1]),
        (format!("{row}\n10.0.0.2:6379>\n{two}\n"), &[1, 1]),
        (format!("==> a <==\n{row}\n==> b <==\n{two}\n"), &[1, 1]),
        (format!(">>> Calling client list\n10.0.0.1:6379: {row}\n\n10.0.0.2:6379: {two}\n"), &[1, 1]),
        (format!("11/20/2026 17:03:39\n{row}\n11/20/2026 17:04:39\n{two}\n"), &[1, 1]),
        (
            format!(
                "12:M 18 Jun 2026 14:19:17.123 # Client {row} scheduled to be closed ASAP for overcoming of output buffer limits.\n"
            ),
            &[1],
        ),
        (
            format!(
                "=== REDIS BUG REPORT START ===\n\n------ CURRENT CLIENT INFO ------\n{row}\nargv[0]: 'get'\n"
            ),
            &[1],
        ),
    ] {
        for block in [1, 40, 1 << 20] {
            let report = report_of(text.as_bytes(), "x.log", &analysis(block, 1));
            let input = &report.inputs[0];
            assert_eq!(input.kind, "client-list", "{text}");
            assert_eq!(totals(&report), snapshots, "{text}");
            assert_eq!((input.rejected, input.truncated), (0, 0), "{text}");
            assert_eq!(input.accounted.sum(), text.len() as u64, "{text}");
            assert!(
                report.connections.rows.iter().any(|row| row.age.get() == Some(5) && row.fd.get() == Some(8)),
                "{text}"
            );
        }
    }
}
