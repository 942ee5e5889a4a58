//! CLIENT LIST from bytes to report, on a generated series. Every benchmark asserts what it counted, so
//! that a broken parser cannot look fast.

#![allow(clippy::expect_used)] // A benchmark may end where it cannot run.

#[path = "common/blocks.rs"]
mod blocks;

use std::fs;
use std::hint::black_box;
use std::path::PathBuf;

use divan::Bencher;
use divan::counter::BytesCount;
use redtrail::error::Reject;
use redtrail::event::{ClientRow, Place, Sink, Skipped};
use redtrail::format::Format;
use redtrail::format::client_list::ClientList;
use redtrail::options::{Analysis, Reading};

fn main() {
    divan::main();
}

const SNAPSHOTS: u64 = 200;
const CLIENTS: u64 = 1_000;

/// What tools put around rows.
#[derive(Clone, Copy, Debug)]
enum Form {
    /// As Valkey 8.0 prints them, a time before each dump.
    Plain,
    /// As Redis 2.8 prints them.
    Old,
    /// `time,` in front of each row.
    Timed,
    /// `docker logs --timestamps`.
    Dated,
    /// A terminal's line ends.
    Terminal,
    /// RESP3.
    Resp,
    /// One quoted string a dump.
    Quoted,
    /// redis-py's dicts, one list a dump.
    Python,
    /// Docker's JSON log.
    Docker,
}

const FORMS: [Form; 9] = [
    Form::Plain,
    Form::Old,
    Form::Timed,
    Form::Dated,
    Form::Terminal,
    Form::Resp,
    Form::Quoted,
    Form::Python,
    Form::Docker,
];

/// Dumps a minute apart of a server with so many clients, of which some are replaced each time.
fn generated(form: Form) -> Vec<u8> {
    let mut out = String::new();
    for snapshot in 0..SNAPSHOTS {
        let time = 1_795_172_000 + snapshot * 60;
        let rows: Vec<String> = (0..CLIENTS).map(|client| row(snapshot, client, form)).collect();
        let mut lines = |before: &str, after: &str| {
            for row in &rows {
                out.extend([before, row, after, "\n"]);
            }
        };
        match form {
            Form::Timed => lines(&format!("{time},"), ""),
            Form::Dated => {
                lines(&format!("2026-06-18T{:02}:{:02}:17.000000001Z ", snapshot / 60, snapshot % 60), "")
            }
            Form::Docker => {
                lines("{\"log\":\"", "\\n\",\"stream\":\"stdout\",\"time\":\"2026-06-18T14:18:17.1Z\"}")
            }
            Form::Terminal => {
                lines("", "\r");
                out.push_str("\r\n");
            }
            Form::Resp => {
                let bytes: usize = rows.iter().map(|row| row.len() + 1).sum();
                out.push_str(&format!("={}\r\ntxt:{}\n\r\n", bytes + 4, rows.join("\n")));
            }
            Form::Quoted => out.push_str(&format!("\"{}\\n\"\n", rows.join("\\n"))),
            Form::Python => {
                let field = |field: &str| format!("'{}'", field.replacen('=', "': '", 1));
                let dict = |row: &String| row.split(' ').map(field).collect::<Vec<_>>().join(", ");
                let dicts: Vec<_> = rows.iter().map(|row| format!("{{{}}}", dict(row))).collect();
                out.push_str(&format!("[{}]\n", dicts.join(", ")));
            }
            Form::Plain | Form::Old => {
                lines("", "");
                out.push_str(&format!("{}\n", time + 60));
            }
        }
    }
    out.into_bytes()
}

fn row(snapshot: u64, client: u64, form: Form) -> String {
    // A client of every seven lives ten minutes, the others stay.
    let since = if client.is_multiple_of(7) { snapshot / 10 * 10 } else { 0 };
    let id = 3 + client + since * CLIENTS;
    let (age, port) = ((snapshot - since) * 60 + 1, 20_000 + id % 40_000);
    let (fd, name, idle, omem) = (8 + client, client % 9, client % 60, client % 3 * 20_000);
    let host = format!("10.0.{}.{}:{port}", client % 5, client % 250);
    let sent = snapshot * 99;
    if matches!(form, Form::Old) {
        return format!(
            "id={id} addr={host} fd={fd} name=app-{name} age={age} idle={idle} flags=N db=0 sub=0 psub=0 multi=-1 qbuf=0 qbuf-free=0 obl=0 oll=0 omem={omem} events=r cmd=get"
        );
    }
    format!(
        "id={id} addr={host} laddr=10.0.9.9:6379 fd={fd} name=app-{name} age={age} idle={idle} flags=N db=0 sub=0 psub=0 ssub=0 multi=-1 watch=0 qbuf=0 qbuf-free=0 argv-mem=0 multi-mem=0 rbs=1032 rbp=0 obl=0 oll=0 omem={omem} tot-mem=1936 events=r cmd=get user=default redir=-1 resp=2 lib-name=redis-py lib-ver=5.0.1 tot-net-in={sent} tot-net-out=15 tot-cmds=3"
    )
}

/// Counts rows and keeps the optimiser from dropping them.
#[derive(Default)]
struct Count(u64);

impl Sink for Count {
    fn client(&mut self, row: &ClientRow<'_>) {
        black_box(row.fields);
        self.0 += 1;
    }
    fn reject(&mut self, _: Reject<'_>) {}
    fn skip(&mut self, _: Place, _: u64, _: Skipped) {}
    fn gap(&mut self, _: Place) {}
}

#[divan::bench(args = FORMS)]
fn parse(bencher: Bencher, form: Form) {
    let bytes = generated(form);
    bencher.counter(BytesCount::of_slice(&bytes)).bench_local(|| {
        let mut count = Count::default();
        ClientList.scan(&bytes, 0, &mut count);
        assert_eq!(count.0, SNAPSHOTS * CLIENTS);
    });
}

/// Blocks as a run cuts them, counted and merged on one thread.
#[divan::bench(args = FORMS)]
fn observe(bencher: Bencher, form: Form) {
    let bytes = generated(form);
    bencher.counter(BytesCount::of_slice(&bytes)).bench_local(|| {
        let found = blocks::summary(&ClientList, &bytes).connections;
        assert_eq!((found.snapshots.len() as u64, found.rows.len() as u64), (SNAPSHOTS, connections()));
    });
}

/// The clients that stay, and those that are replaced every ten minutes.
fn connections() -> u64 {
    let replaced = CLIENTS.div_ceil(7);
    CLIENTS - replaced + replaced * SNAPSHOTS / 10
}

#[divan::bench(args = [1, 2])]
fn report_generated(bencher: Bencher, threads: usize) {
    let bytes = generated(Form::Plain);
    let path: PathBuf =
        std::env::temp_dir().join(format!("redtrail-bench-clients-{}-{threads}.log", std::process::id()));
    fs::write(&path, &bytes).expect("a file to read");
    let options = Analysis { reading: Reading { threads, ..Reading::default() }, ..Analysis::default() };
    bencher.counter(BytesCount::of_slice(&bytes)).bench_local(|| {
        let report = redtrail::analyze(std::slice::from_ref(&path), &options).expect("a report").report;
        assert_eq!(report.totals.records, SNAPSHOTS * CLIENTS);
        assert_eq!(report.connections.snapshots.len() as u64, SNAPSHOTS);
        assert_eq!(report.connections.rows.len() as u64, connections());
    });
    let _ = fs::remove_file(&path);
}
