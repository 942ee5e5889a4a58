//! The `redtrail` command: exit status, standard streams, files.

use std::fs;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use redtrail::analyze::Outcome;
use redtrail::cli::{self, Cli, Command, Form, Messages};
use redtrail::error::{Error, Result};
use redtrail::finding;
use redtrail::options::Analysis;
use redtrail::output::number::{self, Noun};
use redtrail::output::whole::{Whole, shown};
use redtrail::output::{self, Render, View, top};
use redtrail::report::Report;
use redtrail::source::{self, Item};

/// Something could not be read or written.
const FAILED: u8 = 1;
/// The command line makes no sense.
const USAGE: u8 = 2;
/// Nothing was recognised.
const NOTHING: u8 = 3;
/// Too many records could not be read.
const REJECTS: u8 = 4;
/// A finding is as bad as `--fail-on` says.
const FOUND: u8 = 5;

const RECORDS: Noun = Noun("record", "records");
const FINDINGS: Noun = Noun("finding", "findings");

fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match &cli.command {
        Command::Analyze(args) => analyze(args),
        Command::Convert(args) => convert(args),
        Command::Rules(args) => rules(args),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "redtrail", &mut script);
            print(&script)
        }
        Command::Man => man(),
    };
    ExitCode::from(result.unwrap_or_else(|error| complain(&error)))
}

/// Tells an error; gives the exit status.
fn complain(error: &Error) -> u8 {
    match error {
        // Who reads our output has seen enough: `redtrail analyze … | head`.
        Error::Io { source, .. } if source.kind() == io::ErrorKind::BrokenPipe => 0,
        error => {
            say(&error.to_string());
            if matches!(error, Error::Usage(_)) { USAGE } else { FAILED }
        }
    }
}

fn analyze(args: &cli::Analyze) -> Result<u8> {
    let outputs = outputs(args)?;
    let mut options = cli::analysis(&args.input, &args.keys, progress(&args.messages), args.bucket.0)?;
    options.settings = args.thresholds.settings()?;
    let Outcome { mut report, failures, unread, recognized, counted } =
        redtrail::analyze(&args.input.paths, &options)?;
    tell(&args.messages, &failures, &unread);
    if failures.is_empty() && report.inputs.is_empty() {
        say("nothing to read: the paths hold no file");
    } else if !recognized {
        tell_forced(&args.messages, &options);
    }
    outputs.iter().try_for_each(|(_, path)| spare(&args.input.paths, *path, &report))?;
    let (read, rejected) = (report.totals.records, report.totals.rejected);
    // One that cannot be written says nothing of the others.
    let mut failed = !failures.is_empty();
    let mut put = |report: &Report, form, path| {
        failed |= write(args, report, form, path).is_err_and(|error| complain(&error) != 0);
    };
    // Text cuts its tables itself, and tells of each how many rows there are.
    let (text, whole): (Vec<_>, Vec<_>) = outputs.into_iter().partition(|(form, _)| *form == Form::Text);
    text.into_iter().for_each(|(form, path)| put(&report, form, path));
    if let Some(top) = args.top {
        top::cut(&mut report, top);
    }
    whole.into_iter().for_each(|(form, path)| put(&report, form, path));
    let bad = args.fail_on.map_or(0, |least| {
        report.findings.iter().filter(|finding| finding.severity >= least.severity()).count()
    });
    // The process ends here: to take a big report to pieces would take long and give nobody memory.
    std::mem::forget((report, counted));
    let status = match status(failed, recognized, read, rejected, args.max_rejects) {
        0 if bad > 0 => FOUND,
        status => status,
    };
    if !args.messages.quiet {
        match status {
            REJECTS => say(&format!(
                "{} of {} could not be read",
                number::grouped(rejected),
                RECORDS.count(read + rejected)
            )),
            FOUND => say(&format!("--fail-on: {}", FINDINGS.count(bad as u64))),
            _ => {}
        }
    }
    Ok(status)
}

/// Makes sure that no output takes the place of a capture that was read.
///
/// # Errors
/// It would.
fn spare(paths: &[PathBuf], output: Option<&str>, report: &Report) -> Result<()> {
    let Some(there) = output.and_then(|path| fs::canonicalize(path).ok()).filter(|there| there.is_file())
    else {
        return Ok(());
    };
    let files = source::plan(paths).items.into_iter().filter_map(|item| match item {
        Item::File(path) => Some(path),
        Item::Stdin => None,
    });
    let mut same = files.filter(|path| fs::canonicalize(path).is_ok_and(|path| path == there));
    let holds_records = |path: PathBuf| {
        let path = path.as_os_str().as_encoded_bytes();
        // Files of an archive are shown below it.
        let is_of = |held: &[u8]| held.strip_prefix(path).is_some_and(|rest| matches!(rest, [] | [b'/', ..]));
        report.inputs.iter().any(|input| input.records > 0 && is_of(&input.path.0))
    };
    match same.any(holds_records) {
        true => Err(Error::Usage(format!("-o would replace {}, which is a capture", shown(&there)))),
        false => Ok(()),
    }
}

fn rules(args: &cli::RulesArgs) -> Result<u8> {
    let settings = args.thresholds.settings()?;
    let text = match &args.rule {
        None => finding::list(),
        Some(name) => match finding::find(name) {
            Some(rule) => rule.about().text(&settings),
            None => return Err(Error::Usage(finding::unknown(name))),
        },
    };
    print(text.as_bytes())
}

fn status(failed: bool, recognized: bool, read: u64, rejected: u64, most: f64) -> u8 {
    if failed {
        FAILED
    } else if !recognized {
        NOTHING
    } else if rejected as f64 > most * (read + rejected) as f64 {
        REJECTS
    } else {
        0
    }
}

/// What is to be written where; no path means standard output.
fn outputs(args: &cli::Analyze) -> Result<Vec<(Form, Option<&str>)>> {
    if args.output.is_empty() {
        return match args.to {
            Some(Form::Parquet) => {
                Err(Error::Usage("parquet is a directory of tables: use -o DIR/".to_owned()))
            }
            to => Ok(vec![(to.unwrap_or(Form::Text), None)]),
        };
    }
    let form = |path: &str| match (args.to, path.rsplit_once('.').map(|(_, suffix)| suffix)) {
        (Some(form), _) => Ok(form),
        (None, _) if path.ends_with('/') => Ok(Form::Parquet),
        (None, Some("json")) => Ok(Form::Json),
        (None, Some("txt")) => Ok(Form::Text),
        (None, _) => Err(Error::Usage(format!(
            "{path}: no form has this suffix: use .json, .txt, a path ending in /, or --to"
        ))),
    };
    args.output.iter().map(|path| Ok((form(path)?, Some(path.as_str())))).collect()
}

fn write(args: &cli::Analyze, report: &Report, form: Form, path: Option<&str>) -> Result<()> {
    if let (Form::Parquet, Some(path)) = (form, path) {
        return output::parquet::write_report(report, Path::new(path));
    }
    let terminal = path.is_none() && io::stdout().is_terminal();
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let view = View {
        top: args.top.unwrap_or(View::default().top),
        width: if terminal { width() } else { View::default().width },
        color: args.color.now(terminal && !no_color),
        verbose: args.verbose,
    };
    let renders = output::all(view);
    let Some(render) = renders.iter().find(|render| render.name() == form.name()) else {
        return Err(Error::Usage(format!("no such form: {}", form.name())));
    };
    match path {
        None => render_to(&**render, report, BufWriter::new(io::stdout().lock()))
            .map_err(|error| Error::io("standard output", error)),
        Some(path) => {
            let mut whole = Whole::new(PathBuf::from(path));
            let out = whole.create()?;
            render_to(&**render, report, out).map_err(|error| whole.failed(error))?;
            whole.publish()
        }
    }
}

fn render_to(render: &dyn Render, report: &Report, mut out: impl Write) -> io::Result<()> {
    render.render(report, &mut out)?;
    out.flush()
}

/// Columns of the terminal.
fn width() -> usize {
    let (_, columns) = console::Term::stdout().size();
    usize::from(columns)
}

fn convert(args: &cli::Convert) -> Result<u8> {
    let options = cli::analysis(&args.input, &args.keys, progress(&args.messages), None)?;
    let outcome = redtrail::convert(&args.input.paths, &args.output, args.with_values, &options)?;
    tell(&args.messages, &outcome.failures, &outcome.unread);
    if !outcome.recognized {
        tell_forced(&args.messages, &options);
    }
    if !args.messages.quiet {
        if !outcome.learnt && args.keys.pattern_depth.is_none() {
            say("standard input cannot be read twice: patterns hold no learnt ids");
        }
        for (table, rows) in &outcome.rows {
            say(&format!("{rows} rows in {}", shown(&args.output.join(format!("{table}.parquet")))));
        }
        if outcome.rejected > 0 {
            let count = RECORDS.count(outcome.rejected);
            say(&format!("{count} could not be read and stand in no table: redtrail analyze tells where"));
        }
    }
    Ok(status(!outcome.failures.is_empty(), outcome.recognized, 0, 0, 1.0))
}

fn man() -> Result<u8> {
    let mut page = Vec::new();
    let mut write = || -> io::Result<()> {
        clap_mangen::Man::new(Cli::command()).render(&mut page)?;
        for command in Cli::command().get_subcommands() {
            writeln!(page, ".SH \"REDTRAIL {}\"", command.get_name().to_uppercase())?;
            let part = clap_mangen::Man::new(command.clone());
            part.render_description_section(&mut page)?;
            part.render_options_section(&mut page)?;
        }
        Ok(())
    };
    write().map_err(|error| Error::io("the manual page", error))?;
    print(&page)
}

/// Writes to standard output; the libraries that made `text` panic where nobody reads it.
fn print(text: &[u8]) -> Result<u8> {
    let mut out = io::stdout().lock();
    out.write_all(text).and_then(|()| out.flush()).map_err(|error| Error::io("standard output", error))?;
    Ok(0)
}

fn progress(messages: &Messages) -> bool {
    !messages.quiet && messages.progress.now(io::stderr().is_terminal())
}

fn tell(messages: &Messages, failures: &[String], unread: &[String]) {
    failures.iter().for_each(|failure| say(failure));
    if !messages.quiet {
        unread.iter().for_each(|input| say(input));
    }
}

/// Nothing was recognized: says so where `--kind` had the word.
fn tell_forced(messages: &Messages, options: &Analysis) {
    if let Some(kind) = options.reading.kind.filter(|_| !messages.quiet) {
        say(&format!("no file holds a record of --kind {}", kind.name()));
    }
}

/// A message for the person at the terminal.
fn say(message: &str) {
    // With standard error gone there is nobody to tell.
    let _ = writeln!(io::stderr(), "redtrail: {message}");
}
