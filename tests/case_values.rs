//! Every case of every kind: what it is taken for, what became of its lines, and values that only its form
//! or version has. `cases.rs`, `client_list.rs`, `slowlog.rs`, `events.rs` and `info` hold the rest.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that finds something amiss fails"
)]

#[path = "common/fixture.rs"]
mod fixture;
#[path = "common/report.rs"]
mod report;
#[path = "common/table.rs"]
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use polars::prelude::DataFrame;
use redtrail::error::Reject;
use redtrail::event::{Channel, Notice, Place, Sink, Skipped};
use redtrail::format;
use redtrail::options::{Analysis, Commandlog};
use serde_json::Value;

/// Kind, dialect, and records, inexact ones, rejects, noise, truncated, gaps.
type Taken = (&'static str, &'static str, [u64; 6]);

const CASES: [(&str, Taken); 59] = [
    ("clientlist-exec-noraw.txt", ("client-list", "quoted answer", [1, 0, 0, 1, 0, 0])),
    ("clientlist-r-2.4.18.txt", ("client-list", "redis-cli", [8, 0, 0, 0, 0, 0])),
    ("clientlist-r-2.8.24.txt", ("client-list", "redis-cli", [9, 0, 0, 0, 0, 0])),
    ("clientlist-r-6.0.20.txt", ("client-list", "redis-cli", [9, 0, 0, 0, 0, 0])),
    ("clientlist-r-7.4.1.txt", ("client-list", "redis-cli", [10, 0, 0, 0, 0, 0])),
    ("clientlist-r-8.8dev.txt", ("client-list", "redis-cli", [10, 0, 0, 0, 0, 0])),
    ("clientlist-redispy.txt", ("client-list", "redis-py", [2, 0, 0, 0, 0, 0])),
    // The length of the answer, and a blank line behind it.
    ("clientlist-resp3.txt", ("client-list", "RESP", [1, 0, 0, 2, 0, 0])),
    ("clientlist-series-noseparator.txt", ("client-list", "redis-cli", [18, 0, 0, 0, 0, 0])),
    // Two times, a blank line, two decorations, an error.
    ("clientlist-series.txt", ("client-list", "mixed", [9, 0, 0, 6, 0, 0])),
    ("clientlist-tricky.txt", ("client-list", "redis-cli", [6, 0, 0, 0, 0, 0])),
    ("clientlist-v-8.0.1.txt", ("client-list", "redis-cli", [9, 0, 0, 0, 0, 0])),
    ("clientlist-v-9.1.0.txt", ("client-list", "redis-cli", [10, 0, 0, 0, 0, 0])),
    ("commandlog-9.1-large-reply-json.txt", ("slowlog", "redis-cli --json", [1, 0, 0, 0, 0, 0])),
    ("commandlog-9.1-large-reply-tty.txt", ("slowlog", "redis-cli", [1, 0, 0, 0, 0, 0])),
    ("commandlog-9.1-large-request-raw.txt", ("slowlog", "redis-cli raw", [1, 0, 0, 0, 0, 0])),
    ("events-8.8dev-subkey-csv.txt", ("keyspace-events", "redis-cli --csv", [16, 0, 0, 1, 0, 0])),
    ("events-pylogger.log", ("keyspace-events", "JSON behind a logger's prefix", [3, 0, 0, 9, 0, 1])),
    ("events-r-6.2.16-csv.txt", ("keyspace-events", "redis-cli --csv", [6, 0, 0, 2, 0, 0])),
    ("events-r-6.2.16-raw.txt", ("keyspace-events", "redis-cli raw", [6, 0, 0, 1, 0, 0])),
    ("events-r-6.2.16-ttypty.txt", ("keyspace-events", "redis-cli on a terminal", [2, 0, 0, 3, 0, 0])),
    ("events-r-7.4.1-csv.txt", ("keyspace-events", "redis-cli --csv", [6, 0, 0, 1, 0, 0])),
    ("events-r-7.4.1-json.txt", ("keyspace-events", "redis-cli --json", [6, 0, 0, 1, 0, 0])),
    ("events-r-7.4.1-quoted-json.txt", ("keyspace-events", "redis-cli --quoted-json", [6, 0, 0, 1, 0, 0])),
    ("events-r-7.4.1-raw.txt", ("keyspace-events", "redis-cli raw", [6, 0, 0, 1, 0, 0])),
    ("events-r-7.4.1-tty.txt", ("keyspace-events", "redis-cli on a terminal", [6, 0, 0, 1, 0, 0])),
    ("events-redispy-repr.txt", ("keyspace-events", "redis-py", [6, 0, 0, 1, 0, 0])),
    ("events-repl-7.4.txt", ("keyspace-events", "redis-cli on a terminal", [1, 0, 0, 3, 0, 0])),
    ("info-r-2.6.17.txt", ("info", "redis-cli", [1, 0, 0, 0, 0, 0])),
    ("info-r-7.4.1.txt", ("info", "redis-cli", [1, 0, 0, 0, 0, 0])),
    ("info-v-9.1.0.txt", ("info", "redis-cli", [1, 0, 0, 0, 0, 0])),
    ("monitor-2.4-raw.txt", ("monitor", "Redis 2.4 and older", [8, 0, 0, 1, 0, 0])),
    ("monitor-5.0-raw.txt", ("monitor", "redis-cli", [8, 0, 0, 1, 0, 0])),
    ("monitor-7.4-csv.txt", ("monitor", "redis-cli --csv or --json", [2, 0, 0, 1, 0, 0])),
    ("monitor-7.4-json.txt", ("monitor", "redis-cli --csv or --json", [2, 0, 0, 1, 0, 0])),
    ("monitor-7.4-quoted-json.txt", ("monitor", "redis-cli --quoted-json", [2, 0, 0, 1, 0, 0])),
    ("monitor-7.4-raw.txt", ("monitor", "redis-cli", [29, 0, 0, 1, 0, 0])),
    ("monitor-7.4-resp.txt", ("monitor", "RESP", [29, 0, 0, 1, 0, 0])),
    ("monitor-7.4-tty.txt", ("monitor", "terminal", [2, 0, 0, 1, 0, 0])),
    ("monitor-other-servers.txt", ("monitor", "mixed", [11, 0, 0, 0, 0, 0])),
    ("monitor-prefixed.txt", ("monitor", "mixed", [13, 0, 0, 2, 0, 0])),
    ("monitor-redisinsight.log", ("monitor", "RedisInsight profiler", [29, 0, 0, 0, 0, 0])),
    ("monitor-redispy.txt", ("monitor", "redis-py", [5, 5, 0, 0, 0, 0])),
    ("monitor-truncated.txt", ("monitor", "mixed", [4, 0, 0, 5, 2, 1])),
    ("monitor-unescaped-quotes.txt", ("monitor", "unescaped quotes", [3, 3, 0, 0, 0, 0])),
    ("slowlog-8.10-seven-raw.txt", ("slowlog", "redis-cli raw", [2, 0, 0, 0, 0, 0])),
    ("slowlog-8.10-seven-tty.txt", ("slowlog", "redis-cli", [2, 0, 0, 0, 0, 0])),
    ("slowlog-aws.json", ("slowlog", "ElastiCache JSON", [2, 0, 0, 0, 0, 0])),
    ("slowlog-aws.txt", ("slowlog", "ElastiCache text", [1, 0, 0, 0, 0, 0])),
    ("slowlog-enterprise-tty.txt", ("slowlog", "redis-cli", [2, 0, 0, 0, 0, 0])),
    // Inexact: a value with line ends, and EVAL's text with spaces in it or arguments of any number.
    ("slowlog-r-2.8.24-raw.txt", ("slowlog", "redis-cli raw", [9, 2, 0, 0, 0, 0])),
    ("slowlog-r-2.8.24-tty.txt", ("slowlog", "redis-cli", [9, 0, 0, 0, 0, 0])),
    ("slowlog-r-7.4.1-csv.txt", ("slowlog", "redis-cli --csv", [9, 0, 0, 0, 0, 0])),
    ("slowlog-r-7.4.1-json.txt", ("slowlog", "redis-cli --json", [9, 0, 0, 0, 0, 0])),
    ("slowlog-r-7.4.1-quoted-json.txt", ("slowlog", "redis-cli --quoted-json", [9, 0, 0, 0, 0, 0])),
    ("slowlog-r-7.4.1-raw.txt", ("slowlog", "redis-cli raw", [9, 2, 0, 0, 0, 0])),
    ("slowlog-r-7.4.1-tty.txt", ("slowlog", "redis-cli", [9, 0, 0, 0, 0, 0])),
    ("slowlog-redispy.txt", ("slowlog", "redis-py", [9, 1, 0, 0, 0, 0])),
    ("slowlog-v-8.0.1-raw.txt", ("slowlog", "redis-cli raw", [9, 2, 0, 0, 0, 0])),
];

#[test]
fn every_case_is_taken_for_what_it_is() {
    let names = fs::read_dir(fixture::path("cases")).unwrap();
    let names: BTreeSet<_> = names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(names, CASES.map(|(name, _)| name.to_owned()).into(), "every case is here");
    let readme = String::from_utf8(fixture::content("README.md")).unwrap();
    for name in &names {
        // In full, or as the end of a name that goes like the one before.
        let ends = name.match_indices('-').map(|(at, _)| &name[at..]);
        let told = |part: &str| readme.contains(&format!("`{part}`"));
        let mut parts = ends.flat_map(|end| [end, end.strip_suffix(".txt").unwrap_or(end)]);
        assert!(told(name) || parts.any(told), "{name} in fixtures/README.md");
    }
    // Together, as one would give them: no case changes how another is read.
    let report = report::report_of(&fixture::path("cases"));
    let inputs = report["inputs"].as_array().unwrap();
    assert_eq!(inputs.len(), CASES.len());
    for (input, (name, (kind, dialect, counts))) in inputs.iter().zip(CASES) {
        assert!(input["path"].as_str().unwrap().ends_with(&format!("/{name}")), "{name}");
        assert_eq!((&input["kind"], &input["dialect"]), (&kind.into(), &dialect.into()), "{name}");
        let found = ["records", "inexact", "rejected", "noise", "truncated", "gaps"];
        assert_eq!(found.map(|count| input[count].as_u64().unwrap()), counts, "{name}");
        let bytes = fs::metadata(fixture::path("cases").join(name)).unwrap().len();
        let accounted = input["accounted"].as_object().unwrap().values();
        assert_eq!(accounted.map(|bytes| bytes.as_u64().unwrap()).sum::<u64>(), bytes, "{name}");
    }
}

/// The rows that `convert` makes of a case.
fn converted(case: &str, name: &str) -> DataFrame {
    let dir = tempfile::tempdir().unwrap();
    let paths = [fixture::path("cases").join(case)];
    redtrail::convert(&paths, dir.path(), true, &Analysis::default()).unwrap();
    table::read(&dir.path().join(format!("{name}.parquet")))
}

#[test]
fn client_lists_keep_what_only_some_versions_print() {
    // Case, one column that tells the row, and what else is in it; `-` where the version prints none.
    for (case, row, expected) in [
        ("r-2.4.18", "addr=0.0.0.0:0", "id=-, name=-, age=-, omem=-, tot_mem=-, username=-, flags=N"),
        ("r-2.4.18", "flags=x", "id=-, addr=127.0.0.1:41470, cmd=set"),
        ("r-2.4.18", "cmd=psubscribe", "flags=N, sub=2, psub=1"),
        ("r-2.8.24", "addr=/tmp/redis.sock:0", "id=4, flags=U, cmd=ping, multi=-1, username=-, tot_mem=-"),
        ("r-2.8.24", "id=9", "cmd=NULL, flags=N, name="),
        (
            "r-6.0.20",
            "flags=P",
            "id=7, sub=2, psub=1, username=default, argv_mem=0, tot_mem=17048, laddr=-, resp=-",
        ),
        ("r-6.0.20", "addr=/tmp/redis.sock:0", "id=6, flags=U, username=default"),
        ("r-7.4.1", "flags=tB", "id=12, cmd=client|setinfo, redir=0, resp=3, lib_name=go-redis(,go1.24.4)"),
        ("r-7.4.1", "flags=x", "id=8, multi=1, watch=1, multi_mem=29, io_thread=-, tot_cmds=-"),
        ("r-7.4.1", "flags=U", "id=5, laddr=/tmp/redis sock/redis.sock:0, name=, cmd=ping"),
        ("r-7.4.1", "flags=b", "id=9, cmd=blpop, argv_mem=12"),
        ("r-7.4.1", "flags=O", "id=7, cmd=monitor, rbp=92"),
        ("r-7.4.1", "flags=P", "id=6, sub=2, psub=1, ssub=0"),
        ("v-8.0.1", "flags=P", "tot_net_in=62, tot_net_out=93, tot_cmds=2, capa=-, io_thread=-"),
        ("v-9.1.0", "flags=U", "addr=[/tmp/redis.sock:0]:0, capa=, tot_net_in=14, tot_net_out=7, tot_cmds=1"),
        (
            "r-8.8dev",
            "flags=x",
            "io_thread=0, tot_cmds=2, read_events=3, avg_pipeline_len_sum=3, avg_pipeline_len_cnt=3, \
             omem_shared=0, omem_unshared=0, capa=-",
        ),
        (
            "tricky",
            "addr=/tmp/redis sock/redis.sock:0",
            "id=7, name=test=_complex_[name], age=-1, db=-, flags=-, cmd=client|list, lib_name=go-redis(,go1.24.4), lib_ver=",
        ),
        ("tricky", "id=40253233", "ow=0, owmem=0, numops=9, watch=3, events=r, username=default"),
        ("tricky", "flags=M", "id=7, username=(superuser), addr=127.0.0.1:18001"),
        (
            "tricky",
            "flags=tRBx",
            "fd=-1, multi=0, events=, capa=r, name=*redacted*, username=*redacted*, redir=5, cmd=NULL",
        ),
        (
            "tricky",
            "id=3",
            "flags=-, tid=0, irqmatch=1, pipeline=0, pbuf=0, tot_read_calls=4, tot_dispatches=0, phase=readsock, name=w1",
        ),
        ("tricky", "namespace=__namespace", "id=5, obuf=0, cmd=client, flags=N"),
        ("exec-noraw", "id=4", "flags=x, multi=1, cmd=exec, tot_mem=33670, lib_ver="),
        ("resp3", "id=5", "cmd=client|list, resp=3, lib_ver=, byte_offset=6"),
        ("redispy", "id=5", "name=, cmd=client|list, lib_name=, snapshot_number=0"),
        ("redispy", "id=6", "name=py, lib_name=redis-py, lib_ver=99.99.99, snapshot_number=0"),
    ] {
        let frame = converted(&format!("clientlist-{case}.txt"), "clients");
        let (column, value) = row.split_once('=').unwrap();
        let mut at = (0..frame.height()).filter(|row| table::cell(&frame, column, *row) == value);
        let (at, more) = (at.next().unwrap(), at.next());
        assert_eq!(more, None, "{case}: {row} is one row");
        for field in expected.split(", ") {
            let (name, value) = field.split_once('=').unwrap();
            assert_eq!(table::cell(&frame, name, at), value, "{case}: {name} where {row}");
        }
        assert_eq!(frame.column("other").unwrap().null_count(), frame.height(), "{case}: all are known");
    }
}

#[test]
fn snapshots_without_separators_are_parted_where_an_id_comes_again() {
    let frame = converted("clientlist-series-noseparator.txt", "clients");
    let rows = (0..frame.height())
        .map(|row| (table::cell(&frame, "snapshot_number", row), table::cell(&frame, "id", row)));
    let mut snapshots: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (number, id) in rows {
        assert!(snapshots.entry(number).or_default().insert(id), "an id comes once in a snapshot");
    }
    let sizes: Vec<_> = snapshots.values().map(BTreeSet::len).collect();
    assert_eq!(sizes, [9, 9]);
    assert!(snapshots["0"].intersection(&snapshots["1"]).count() >= 8);
}

#[test]
fn slow_logs_hide_and_lose_what_their_forms_do() {
    for (case, row, expected) in [
        // ElastiCache puts a marker in place of keys and values.
        ("slowlog-aws.json", 0, "id=296, us=0, argc=2, key=-, client=192.168.12.104:55452"),
        ("slowlog-aws.json", 1, "id=297, us=10412, argc=41, key=-"),
        ("slowlog-aws.txt", 0, "id=-, us=30, key=-, time=1605631822000000, client=192.168.12.104:55452"),
        // redis-py joins arguments by spaces.
        ("slowlog-redispy.txt", 0, "id=8, command=EVAL, args_exact=false, name=my-app"),
        ("slowlog-redispy.txt", 1, "id=7, command=GET, client=, name="),
        ("slowlog-r-7.4.1-raw.txt", 6, "id=2, command=SET, args_exact=false"),
        ("slowlog-r-7.4.1-raw.txt", 7, "id=1, command=SET, args_exact=true, key=k1, argc=3"),
        ("slowlog-enterprise-tty.txt", 0, "id=14, complexity=N:4712,M:3788, client=-, name=-"),
        ("slowlog-enterprise-tty.txt", 1, "id=9, complexity=, command=KEYS"),
        ("slowlog-8.10-seven-raw.txt", 0, "id=12, command=DEL, key=33, argc=2, name="),
    ] {
        let frame = converted(case, "slowlog");
        for field in expected.split(", ") {
            let (name, value) = field.split_once('=').unwrap();
            assert_eq!(table::cell(&frame, name, row), value, "{case}: {name} of row {row}");
        }
    }
}

#[test]
fn a_commandlog_counts_bytes_where_it_is_said() {
    for (file, said, bytes) in [
        ("large-reply-json", Commandlog::LargeReply, 308),
        ("large-reply-tty", Commandlog::LargeReply, 308),
        ("large-request-raw", Commandlog::LargeRequest, 330),
    ] {
        let path = fixture::path("cases").join(format!("commandlog-9.1-{file}.txt"));
        let told = report::report(
            std::slice::from_ref(&path),
            &Analysis { commandlog: Some(said), ..Analysis::default() },
        );
        assert_eq!(told["slowlog"]["large"]["biggest"][0]["bytes"], bytes, "{file}");
        assert_eq!((&told["slowlog"]["unit"], &told["slowlog"]["total"]), (&"bytes".into(), &0.into()));
        let untold = report::report_of(&path);
        assert_eq!(
            untold["slowlog"]["slowest"][0]["us"], bytes,
            "{file}: nothing in the file tells the unit"
        );
    }
}

/// Event, key and fields of each message.
#[derive(Default)]
struct Fields(Vec<[String; 3]>);

impl Sink for Fields {
    fn notice(&mut self, notice: &Notice<'_>) {
        let fields = if notice.channel == Channel::Subkeyspaceitem { notice.field } else { b"" };
        self.0.push([notice.event, notice.key, fields].map(|text| text.escape_ascii().to_string()));
    }
    fn reject(&mut self, reject: Reject<'_>) {
        panic!("{}", reject.reason);
    }
    fn skip(&mut self, _: Place, _: u64, _: Skipped) {}
    fn gap(&mut self, _: Place) {}
}

#[test]
fn names_within_messages_may_hold_what_parts_them() {
    let bytes = fixture::content("cases/events-8.8dev-subkey-csv.txt");
    let mut found = Fields::default();
    format::detect(&bytes, None, None).format.unwrap().scan(&bytes, 0, &mut found);
    let mut expected = Vec::new();
    for event in ["hset", "hdel"] {
        // By key, event, subkey, subkey event, one for each field, subkey space event.
        for field in ["", "", "", "", "f,1", "g:2", ""] {
            expected.push([event, "my|h", field].map(str::to_owned));
        }
    }
    expected.extend([(); 2].map(|()| ["del", "my|h", ""].map(str::to_owned)));
    assert_eq!(found.0, expected);
}

#[test]
fn addresses_of_monitor_are_told_apart() {
    let clients = |case: &str| -> BTreeSet<String> {
        let report = report::report_of(&fixture::path("cases").join(case));
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let rows = report["clients"]["rows"].as_array().unwrap();
        let names = ["client", "kind", "address", "port", "calls", "in_scripts"];
        rows.iter().map(|row| names.map(|name| text(&row[name])).join("|")).collect()
    };
    for (case, expected) in [
        (
            "monitor-other-servers.txt",
            &[
                "|internal||null|1|0",
                "|unknown||null|2|0",
                "10.1.1.1:4001|tcp|10.1.1.1|4001|1|0",
                "127.0.0.1:40012|tcp|127.0.0.1|40012|2|0",
                "152.99.77.50:1544|tcp|152.99.77.50|1544|1|0",
                "?:0|internal||null|1|0",
                "REPLICATION:0|internal||null|1|0",
                "[fd00::1:2]:6379|tcp|fd00::1:2|6379|1|0",
                "fd40:1481:21:dbe0:7021:300:a03:1a06:44426|tcp|fd40:1481:21:dbe0:7021:300:a03:1a06|44426|1|0",
            ][..],
        ),
        // The calls of a script count under who ran it.
        ("monitor-redispy.txt", &["127.0.0.1:49098|tcp|127.0.0.1|49098|5|1"]),
        ("monitor-5.0-raw.txt", &["127.0.0.1:58938|tcp|127.0.0.1|58938|8|2"]),
        ("monitor-2.4-raw.txt", &["|unknown||null|8|0"]),
        (
            "monitor-7.4-raw.txt",
            &[
                "127.0.0.1:33476|tcp|127.0.0.1|33476|15|0",
                "127.0.0.1:33488|tcp|127.0.0.1|33488|9|2",
                "127.0.0.1:33496|tcp|127.0.0.1|33496|1|0",
                "[::1]:45176|tcp|::1|45176|1|0",
                "unix:/var/run/redis/redis.sock|unix||null|2|0",
                "|internal||null|1|0",
            ],
        ),
    ] {
        assert_eq!(clients(case), expected.iter().map(|row| (*row).to_owned()).collect(), "{case}");
    }
}

#[test]
fn a_line_within_an_argument_is_no_call() {
    let report = report::report_of(&fixture::path("cases/monitor-prefixed.txt"));
    let expected = [("ECHO", 1), ("GET", 11), ("SET", 1)].map(|(name, calls)| (name.to_owned(), calls));
    assert_eq!(report::calls(&report), BTreeMap::from(expected));
}

#[test]
fn passwords_of_cases_stay_in_them() {
    for (case, password) in [("monitor-5.0-raw.txt", "clearpw"), ("monitor-2.4-raw.txt", "\"pw\"")] {
        assert!(String::from_utf8(fixture::content(&format!("cases/{case}"))).unwrap().contains(password));
        let report = report::report_of(&fixture::path("cases").join(case)).to_string();
        assert!(!report.contains(password), "{case}");
    }
}
