//! `analyze`: everything under some paths as one report.

use std::io;
use std::path::PathBuf;

use crate::error::Result;
use crate::event::Sink;
use crate::finding::{self, Facts};
use crate::format::Refused;
use crate::join;
use crate::options::Analysis;
use crate::output::notation::{Time, escape};
use crate::report::findings::Identities;
use crate::report::{Accounted, Bytes, Generator, InputRow, RejectSample, Rejects, Report, Totals};
use crate::scan::{self, Input, Note, Step, Work, scan};
use crate::source;
use crate::statistic::Period;
use crate::statistic::calls::Conduct;
use crate::statistic::observer::Observer;
use crate::statistic::partial::{Partial, Room, Summary};

/// A report, and what stood in its way.
pub struct Outcome {
    /// What was found.
    pub report: Report,
    /// What could not be read, in words.
    pub failures: Vec<String>,
    /// Inputs that were opened and are of no kind that is read, in words.
    pub unread: Vec<String>,
    /// Whether at least one input is of a kind that is read; of a kind that was forced, whether it has a record.
    pub recognized: bool,
    /// To take it to pieces takes long: who ends the process can forget it.
    pub counted: Counted,
}

/// What the report was made of.
pub struct Counted {
    /// All that was counted.
    pub partial: Partial,
    /// What room parts left.
    pub rooms: Vec<Room>,
}

/// Reads everything under `paths`.
///
/// # Errors
/// Only what ends a run; unreadable paths and records are in the [`Outcome`].
pub fn analyze(paths: &[PathBuf], options: &Analysis) -> Result<Outcome> {
    let pool = scan::pool(&options.reading)?;
    let mut run = Run::default();
    let fold = |work: &Work<'_>, room| observe(work, options, room);
    let take = |step| Ok(run.take(step, options));
    let rooms = scan(&pool, &source::plan(paths), &options.reading, fold, Partial::is_large, take)?;
    // Tables and rules are independent of each other, so the threads that folded finish them.
    Ok(pool.install(|| run.finish(options, rooms)))
}

/// Counts one block.
pub fn observe(work: &Work<'_>, options: &Analysis, room: Room) -> Partial {
    fold(work, Observer::new(work.input, work.block.bytes(), &options.rules).within(room))
}

/// Takes only the keys of one block, for their patterns.
pub fn observe_keys(work: &Work<'_>, options: &Analysis) -> Partial {
    fold(work, Observer::new(work.input, work.block.bytes(), &options.rules).only_keys())
}

fn fold(work: &Work<'_>, mut observer: Observer<'_>) -> Partial {
    if let Some(start) = work.snapshot() {
        observer.snapshot(&start);
    }
    let lines = work.format.scan(work.block.bytes(), work.block.offset, &mut observer);
    observer.finish(lines)
}

/// What is gathered while steps come in.
#[derive(Default)]
struct Run {
    inputs: Vec<(Input, u64, Option<String>)>,
    /// Of the present file, before what comes next.
    lines: u64,
    partial: Partial,
    failures: Vec<String>,
}

impl Run {
    /// Gives the room that is left.
    fn take(&mut self, step: Step<Partial>, options: &Analysis) -> Room {
        let mut left = Room::default();
        match step {
            Step::Note(Note::Open(input)) => {
                if !input.beside {
                    self.partial.end_input();
                    self.lines = 0;
                }
                let number = u32::try_from(self.inputs.len()).unwrap_or(u32::MAX);
                self.partial.start_input(number, &input.path, input.modified);
                self.inputs.push((input, 0, None));
            }
            Step::Part { input, part, .. } => {
                (self.lines, left) = self.partial.merge_at(self.lines, input, *part, &options.rules);
            }
            Step::Note(Note::Close { input, stretches, bytes, error }) => {
                if let Some((input, size, why)) = self.inputs.get_mut(input as usize) {
                    *size = bytes;
                    if let Some(stretches) = stretches {
                        let of = if stretches == 1 { "1 stretch" } else { &format!("{stretches} stretches") };
                        input.reading.reason.push_str(&format!("; {of} of a file of several kinds"));
                    }
                    *why = error.as_ref().map(io::Error::to_string);
                    self.failures.extend(error.map(|error| format!("{}: {error}", escape(&input.path))));
                }
            }
            Step::Note(Note::Fail { path, error }) => {
                self.failures.push(format!("{}: {error}", escape(&path)));
            }
        }
        left
    }

    fn finish(mut self, options: &Analysis, rooms: Vec<Room>) -> Outcome {
        let rows: Vec<_> =
            (0..).zip(&self.inputs).map(|(number, input)| row(number, input, &self.partial)).collect();
        let paths: Vec<_> = rows.iter().map(|row| row.path.clone()).collect();
        let mut summary = self.partial.finish(&options.rules, &paths, options.bucket, options.commandlog);
        let unread = self.inputs.iter().filter(|(input, ..)| input.reading.format.is_none());
        let unread = unread.map(|(input, ..)| self::unread(input));
        let book = std::mem::take(&mut summary.book);
        let (mut report, conduct) = report(rows, summary, rejects(&self.partial, &paths));
        join::name_slow(&mut report, &book);
        report.identities = join::identities(&report, &book);
        report.remarks = finding::remarks(&report);
        report.findings = finding::check(&Facts::new(&report, &conduct, &options.settings));
        Outcome {
            unread: unread.collect(),
            // What a kind was forced on is of that kind if something of it was found.
            recognized: match options.reading.kind {
                Some(_) => report.totals.records > 0,
                None => self.inputs.iter().any(|(input, ..)| input.reading.format.is_some()),
            },
            report,
            failures: self.failures,
            counted: Counted { partial: self.partial, rooms },
        }
    }
}

fn row(number: u32, (input, bytes, error): &(Input, u64, Option<String>), partial: &Partial) -> InputRow {
    let account = partial.accounts.get(&number).cloned().unwrap_or_default();
    let unread = if input.reading.format.is_some() { 0 } else { *bytes };
    let (first, last) = times(account.period);
    let (refusals, refusal) = match input.reading.refused {
        Some(Refused { lines, first }) => (lines, first),
        None => (account.refusals, account.refusal),
    };
    InputRow {
        path: Bytes::from(input.path.as_slice()),
        kind: input.reading.kind.name(),
        dialect: input.reading.dialect,
        reason: input.reading.reason.clone(),
        compression: input.compression,
        bytes: *bytes,
        records: account.records,
        inexact: account.inexact,
        rejected: account.rejected,
        noise: account.noise,
        refusals,
        refusal: (refusal.offset, refusal.line + 1),
        truncated: account.truncated,
        gaps: account.gaps,
        accounted: Accounted { unread, ..account.bytes },
        first,
        last,
        error: error.clone(),
    }
}

/// Says that an input is not read, and why.
pub fn unread(input: &Input) -> String {
    format!("{}: not read: {}: {}", escape(&input.path), input.reading.kind.name(), input.reading.reason)
}

fn times(period: Period) -> (Option<Time>, Option<Time>) {
    let some = period.first <= period.last;
    (some.then_some(Time(period.first)), some.then_some(Time(period.last)))
}

fn rejects(partial: &Partial, paths: &[Bytes]) -> Rejects {
    let mut rejects = Rejects { total: 0, samples: Vec::new() };
    for (input, account) in &partial.accounts {
        rejects.total += account.rejected;
        rejects.samples.extend(account.samples.iter().map(|sample| RejectSample {
            path: paths.get(*input as usize).cloned().unwrap_or_default(),
            byte_offset: sample.place.offset,
            line: sample.place.line + 1,
            reason: sample.reason,
            text: sample.text.clone(),
        }));
    }
    rejects
}

fn report(inputs: Vec<InputRow>, summary: Summary, rejects: Rejects) -> (Report, Conduct) {
    let sum = |count: fn(&InputRow) -> u64| inputs.iter().map(count).sum();
    let first = inputs.iter().filter_map(|input| input.first).min();
    let last = inputs.iter().filter_map(|input| input.last).max();
    let micros = first.zip(last).map_or(0, |(first, last)| last.0.saturating_sub(first.0));
    let report = Report {
        schema: "redtrail-report/1",
        generator: Generator { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") },
        totals: Totals {
            bytes: sum(|input| input.bytes),
            records: sum(|input| input.records),
            rejected: sum(|input| input.rejected),
            noise: sum(|input| input.noise),
            truncated: sum(|input| input.truncated),
            first,
            last,
            seconds: micros as f64 / 1_000_000.0,
        },
        findings: Vec::new(),
        remarks: Vec::new(),
        identities: Identities::default(),
        inputs,
        commands: summary.commands,
        clients: summary.clients,
        client_groups: summary.client_groups,
        key_patterns: summary.key_patterns,
        hot_keys: summary.hot_keys,
        collections: summary.collections,
        dangerous: summary.dangerous,
        databases: summary.databases,
        timeline: summary.timeline,
        connections: summary.connections,
        slowlog: summary.slowlog,
        keyspace_events: summary.events,
        info: summary.info,
        rejects,
        bounds: summary.bounds,
    };
    (report, summary.conduct)
}
