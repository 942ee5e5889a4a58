//! CLIENT LIST from bytes to report, on a generated series. Every benchmark asserts what it counted, so
//! that a broken parser cannot look fast.

#![allow(clippy::expect_used)] // A benchmark may end where it cannot run.

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

/// Dumps a minute apart of a server with so many clients, of which some are replaced each time.
fn generated() -> Vec<u8> {
    let mut out = Vec::new();
    for snapshot in 0..SNAPSHOTS {
        let time = 1_795_172_000 + snapshot * 60;
        out.extend_from_slice(format!("{time}\n").as_bytes());
        for client in 0..CLIENTS {
            // A client of every seven lives ten minutes, the others stay.
            let since = if client % 7 == 0 { snapshot / 10 * 10 } else { 0 };
            let id = 3 + client + since * CLIENTS;
            let (age, port) = ((snapshot - since) * 60 + 1, 20_000 + id % 40_000);
            out.extend_from_slice(
                format!(
                    "id={id} addr=10.0.{}.{}:{port} laddr=10.0.9.9:6379 fd={} name=app-{} age={age} idle={} flags=N db=0 sub=0 psub=0 ssub=0 multi=-1 watch=0 qbuf=0 qbuf-free=0 argv-mem=0 multi-mem=0 rbs=1032 rbp=0 obl=0 oll=0 omem={} tot-mem=1936 events=r cmd=get user=default redir=-1 resp=2 lib-name=redis-py lib-ver=5.0.1 tot-net-in={} tot-net-out=15 tot-cmds=3\n",
                    client % 5,
                    client % 250,
                    8 + client,
                    client % 9,
                    client % 60,
                    client % 3 * 20_000,
                    snapshot * 99,
                )
                .as_bytes(),
            );
        }
    }
    out
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

#[divan::bench]
fn parse_generated(bencher: Bencher) {
    let bytes = generated();
    bencher.counter(BytesCount::of_slice(&bytes)).bench_local(|| {
        let mut count = Count::default();
        ClientList.scan(&bytes, 0, &mut count);
        assert_eq!(count.0, SNAPSHOTS * CLIENTS);
    });
}

#[divan::bench(args = [1, 2])]
fn report_generated(bencher: Bencher, threads: usize) {
    let bytes = generated();
    let path: PathBuf =
        std::env::temp_dir().join(format!("redtrail-bench-clients-{}-{threads}.log", std::process::id()));
    fs::write(&path, &bytes).expect("a file to read");
    let options = Analysis { reading: Reading { threads, ..Reading::default() }, ..Analysis::default() };
    // The clients that stay, and those that are replaced every ten minutes.
    let replaced = CLIENTS.div_ceil(7);
    let connections = CLIENTS - replaced + replaced * SNAPSHOTS / 10;
    bencher.counter(BytesCount::of_slice(&bytes)).bench_local(|| {
        let report = redtrail::analyze(std::slice::from_ref(&path), &options).expect("a report").report;
        assert_eq!(report.totals.records, SNAPSHOTS * CLIENTS);
        assert_eq!(report.connections.snapshots.len() as u64, SNAPSHOTS);
        assert_eq!(report.connections.rows.len() as u64, connections);
    });
    let _ = fs::remove_file(&path);
}
