//! What is counted of MONITOR's calls: all statistics for each mix of calls, each statistic on its own,
//! merging, and the tables at the end. Every benchmark asserts what it counted.

#[path = "common/blocks.rs"]
mod blocks;
#[path = "common/shop.rs"]
mod shop;

use std::collections::BTreeSet;

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use redtrail::command;
use redtrail::error::Reject;
use redtrail::event::{Args, Command, Database, Place, Sink, Skipped};
use redtrail::format::Format;
use redtrail::format::monitor::Monitor;
use redtrail::intern::hash;
use redtrail::pattern::Rules;
use redtrail::statistic::Call;
use redtrail::statistic::clients::Clients;
use redtrail::statistic::commands::Commands;
use redtrail::statistic::dangerous::Dangerous;
use redtrail::statistic::databases::Databases;
use redtrail::statistic::keys::OpenKeys;
use redtrail::statistic::manner::manner;
use redtrail::statistic::pauses::{Pauses, Wanted};
use redtrail::statistic::runs::OpenRuns;
use redtrail::statistic::sightings::Sightings;
use redtrail::statistic::tally::Tally;
use redtrail::statistic::timeline::Timeline;
use shop::{CALLS, Mix};

fn main() {
    divan::main();
}

/// Lines to tables: reading them, all statistics, merging, finishing.
#[divan::bench(args = Mix::ALL)]
fn all(bencher: Bencher, mix: Mix) {
    let bytes = shop::capture(mix);
    bencher
        .counter(BytesCount::of_slice(&bytes))
        .bench_local(|| assert_eq!(blocks::summary(&Monitor::default(), &bytes).commands.total, CALLS));
}

/// The parts of blocks become one.
#[divan::bench(args = Mix::ALL)]
fn merge(bencher: Bencher, mix: Mix) {
    let rules = Rules::default();
    let bytes = shop::capture(mix);
    let parts = blocks::parts(&Monitor::default(), &bytes, &rules);
    bencher.counter(BytesCount::of_slice(&bytes)).with_inputs(|| parts.clone()).bench_local_values(|parts| {
        let run = blocks::merged(parts, &rules);
        assert_eq!(run.accounts.values().map(|account| account.records).sum::<u64>(), CALLS);
        run
    });
}

/// The value of a run becomes tables.
#[divan::bench(args = Mix::ALL)]
fn finish(bencher: Bencher, mix: Mix) {
    let rules = Rules::default();
    let bytes = shop::capture(mix);
    let run = blocks::merged(blocks::parts(&Monitor::default(), &bytes, &rules), &rules);
    bencher.counter(BytesCount::of_slice(&bytes)).with_inputs(|| run.clone()).bench_local_values(|run| {
        let summary = blocks::finished(run, &rules);
        assert_eq!(summary.commands.total, CALLS);
        summary
    });
}

/// Calls by client, command and database, and the tables of these.
#[divan::bench(args = Mix::ALL)]
fn tally(bencher: Bencher, mix: Mix) {
    let calls = Calls::of(mix);
    calls.each(bencher, Tally::default, Tally::observe, |held| {
        let (mut commands, mut databases) = (calls.commands.clone(), Databases::default());
        for row in held.rows() {
            commands.count(row);
            databases.count(row);
        }
        assert_eq!(commands.total(), CALLS);
        assert_eq!(databases.finish(CALLS).rows.iter().map(|row| row.calls).sum::<u64>(), CALLS);
    });
}

/// The numbers of commands and of addresses.
#[divan::bench(args = Mix::ALL)]
fn numbers(bencher: Bencher, mix: Mix) {
    let calls = Calls::of(mix);
    calls.each(
        bencher,
        || (Commands::default(), Clients::default(), 0),
        |(commands, clients, same), call| {
            let client = clients.number(call.record.client.unwrap_or_default());
            *same += u64::from(commands.number(&call.args()) == call.command && client == call.client);
        },
        |(.., same)| assert_eq!(same, CALLS),
    );
}

/// Keys, their patterns, and what rules judge them by.
#[divan::bench(args = Mix::ALL)]
fn keys(bencher: Bencher, mix: Mix) {
    let calls = Calls::of(mix);
    let rules = Rules::default();
    let shapes = match mix {
        Mix::Shop => 6,
        Mix::Reads => 2,
        Mix::Collections => 4,
        Mix::Expiring | Mix::ManyKeys | Mix::NewKeys => 1,
        // A pattern is no key.
        Mix::Harmful => 0,
    };
    calls.each(
        bencher,
        || OpenKeys::new(&rules, 0),
        |held, call| _ = held.observe(call),
        |held| assert_eq!(held.seal().shapes().collect::<BTreeSet<_>>().len(), shapes),
    );
}

/// It keeps five examples; the counts are those of commands and clients.
#[divan::bench(args = [Mix::Shop, Mix::Harmful])]
fn dangerous(bencher: Bencher, mix: Mix) {
    let calls = Calls::of(mix);
    let expected = if mix == Mix::Harmful { 5 } else { 0 };
    calls.each(
        bencher,
        Dangerous::default,
        |held, call| {
            if call.manner.is_special {
                held.observe(call, 0);
            }
        },
        |held| {
            let rows = held.finish(&calls.commands, &calls.clients, &[]).rows;
            assert_eq!(rows.iter().map(|row| row.examples.len()).sum::<usize>(), expected);
        },
    );
}

#[divan::bench]
fn timeline(bencher: Bencher) {
    let calls = Calls::of(Mix::Shop);
    calls.each(bencher, Timeline::default, Timeline::observe, |mut held| {
        assert_eq!(held.finish(None).rows.iter().map(|row| row.calls).sum::<u64>(), CALLS);
    });
}

#[divan::bench]
fn pauses(bencher: Bencher) {
    let calls = Calls::of(Mix::Shop);
    let wanted = Wanted { time: 1_795_172_001_000_000, us: 50_000, command: b"GET", client: None };
    calls.each(
        bencher,
        Pauses::default,
        |held, call| held.observe(call, 0),
        |held| assert!(held.find(&wanted, &calls.clients, &calls.commands).is_none()),
    );
}

/// Calls of one client after the other that could be one.
#[divan::bench(args = [Mix::Shop, Mix::NewKeys])]
fn runs(bencher: Bencher, mix: Mix) {
    let calls = Calls::of(mix);
    // The new keys are all written by SET. Where they take turns, chance makes runs of 16 calls in all.
    let expected = if mix == Mix::NewKeys { CALLS } else { 16 };
    calls.each(
        bencher,
        || OpenRuns::new(0, calls.capture),
        |held, call| held.observe(call, false),
        |held| {
            let rows = held.seal().finish(&calls.commands, &calls.clients, &[]);
            assert_eq!(rows.iter().map(|row| row.calls).sum::<u64>(), expected);
        },
    );
}

/// Calls that rules show: each harmful one is there.
#[divan::bench(args = [Mix::Reads, Mix::Harmful])]
fn sightings(bencher: Bencher, mix: Mix) {
    let calls = Calls::of(mix);
    let expected = if mix == Mix::Harmful { CALLS } else { 0 };
    calls.each(
        bencher,
        Sightings::default,
        |held, call| {
            held.compare(call, 0);
            if call.manner.is_special {
                held.watch(call, 0);
            }
        },
        |held| {
            let rows = held.finish(&calls.commands, &calls.clients, &[]);
            assert_eq!(rows.iter().map(|row| row.calls).sum::<u64>(), expected);
        },
    );
}

/// The calls of a capture, ready for statistics, and who made them.
struct Calls {
    capture: &'static [u8],
    calls: Vec<Call<'static>>,
    commands: Commands,
    clients: Clients,
}

impl Calls {
    /// What they borrow is never freed.
    fn of(mix: Mix) -> Calls {
        let mut all = Calls {
            capture: kept(&shop::capture(mix)),
            calls: Vec::new(),
            commands: Commands::default(),
            clients: Clients::default(),
        };
        Monitor::default().scan(all.capture, 0, &mut all);
        assert_eq!(all.calls.len() as u64, CALLS);
        all
    }

    /// Measures `observe` on every call; `check` looks at the result.
    fn each<S>(
        &self,
        bencher: Bencher,
        empty: impl Fn() -> S,
        observe: impl Fn(&mut S, &Call<'_>),
        check: impl Fn(S),
    ) {
        bencher.counter(ItemsCount::new(CALLS)).with_inputs(&empty).bench_local_values(|mut held| {
            self.calls.iter().for_each(|call| observe(&mut held, call));
            held
        });
        let mut held = empty();
        self.calls.iter().for_each(|call| observe(&mut held, call));
        check(held);
    }
}

fn kept(bytes: &[u8]) -> &'static [u8] {
    Box::leak(bytes.into())
}

impl Sink for Calls {
    fn command(&mut self, record: &Command<'_>) {
        // As they stand in the capture; a record's spans count from its start.
        let line = self.capture.get(record.place.offset as usize..).unwrap_or_default();
        let args = Args::new(line, Box::leak(record.args.spans().into()));
        assert!(args.iter().eq(record.args.iter()));
        let record: &'static Command<'static> = Box::leak(Box::new(Command {
            args,
            client: record.client.map(kept),
            database: match record.database {
                Database::Number(number) => Database::Number(number),
                Database::Namespace(name) => Database::Namespace(kept(name)),
            },
            ..*record
        }));
        let (command, spec) = self.commands.resolve(&args);
        let mut keys = Vec::new();
        if let Some(spec) = spec {
            command::certain_keys(spec, record, &mut keys);
        }
        let mut scratch = Vec::new();
        let first = keys.first().and_then(|at| args.get(*at));
        let key = first.map(|text| kept(text.bytes(&mut scratch)));
        self.calls.push(Call {
            record,
            command,
            manner: manner(command),
            client: self.clients.number(record.client.unwrap_or_default()),
            in_script: false,
            payload: record.payload,
            keys: Box::leak(keys.into()),
            key: key.unwrap_or_default(),
            key_hash: key.map_or(0, hash),
            raw_key: first.map_or(&b""[..], |text| text.raw),
        });
    }
    fn reject(&mut self, _: Reject<'_>) {}
    fn skip(&mut self, _: Place, _: u64, _: Skipped) {}
    fn gap(&mut self, _: Place) {}
}
