//! The command line: flags to checked options.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::error::{Error, Result};
use crate::finding::Settings;
use crate::format::Kind;
use crate::options::{Analysis, Commandlog, Reading};
use crate::pattern::Rules;
use crate::report::findings::Severity;

/// Reads saved Redis and Valkey captures and reports what happened.
///
/// Nothing is ever sent to a server. Values of keys are never shown.
#[derive(Debug, Parser)]
#[command(name = "redtrail", version, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Aggregate everything under the paths into one report
    Analyze(Analyze),
    /// Write one row per record, as Parquet tables
    Convert(Convert),
    /// List the finding rules, or explain one
    Rules(RulesArgs),
    /// Print shell completions
    Completions {
        /// For which shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
}

/// `analyze`.
#[derive(Debug, Args)]
pub struct Analyze {
    /// What to read.
    #[command(flatten)]
    pub input: Input,
    /// How keys become patterns.
    #[command(flatten)]
    pub keys: Keys,
    /// What goes to standard error.
    #[command(flatten)]
    pub messages: Messages,
    /// Write the report here; repeatable. The suffix (.json, .txt) tells the form, a path ending in / is a
    /// directory of Parquet tables
    #[arg(short, long, value_name = "PATH")]
    pub output: Vec<String>,
    /// The form on standard output, or of every -o whatever its suffix
    #[arg(long, value_enum, value_name = "FORM")]
    pub to: Option<Form>,
    /// Rows a table shows: 20 in text; all in json and parquet unless this is given
    #[arg(short = 'n', long, value_name = "N")]
    pub top: Option<usize>,
    /// Width of the timeline's buckets: 1s, 10s, 1m or auto
    #[arg(long, value_name = "WIDTH", default_value = "auto", value_parser = bucket)]
    pub bucket: Bucket,
    /// Share of records that may be unreadable before the exit status is 4: 1% or 0.01
    #[arg(long, value_name = "SHARE", default_value = "1%", value_parser = ratio)]
    pub max_rejects: f64,
    /// Exit with status 5 where a finding is at least so bad
    #[arg(long, value_enum, value_name = "SEVERITY")]
    pub fail_on: Option<SeverityName>,
    /// Thresholds.
    #[command(flatten)]
    pub thresholds: Thresholds,
    /// Show more: reasons, all examples, sample keys
    #[arg(short, long)]
    pub verbose: bool,
    /// Colour in text
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = When::Auto)]
    pub color: When,
}

/// `rules`.
#[derive(Debug, Args)]
pub struct RulesArgs {
    /// The rule to explain
    #[arg(value_name = "RULE")]
    pub rule: Option<String>,
    /// Thresholds.
    #[command(flatten)]
    pub thresholds: Thresholds,
}

/// Thresholds of the finding rules.
#[derive(Debug, Args)]
pub struct Thresholds {
    /// Set a threshold of a finding rule, as in slow-command.ms=50; repeatable
    #[arg(long, value_name = "RULE.NAME=VALUE")]
    pub set: Vec<String>,
}

impl Thresholds {
    /// The checked thresholds.
    ///
    /// # Errors
    /// One that there is not, or a value that cannot be.
    pub fn settings(&self) -> Result<Settings> {
        let mut settings = Settings::default();
        self.set.iter().try_for_each(|text| settings.set(text)).map_err(Error::Usage)?;
        Ok(settings)
    }
}

/// How bad a finding is, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SeverityName {
    /// Any finding
    Info,
    /// A warning or worse
    Warning,
    /// A critical finding
    Critical,
}

impl SeverityName {
    /// The severity.
    pub fn severity(self) -> Severity {
        match self {
            SeverityName::Info => Severity::Info,
            SeverityName::Warning => Severity::Warning,
            SeverityName::Critical => Severity::Critical,
        }
    }
}

/// `convert`.
#[derive(Debug, Args)]
pub struct Convert {
    /// What to read.
    #[command(flatten)]
    pub input: Input,
    /// How keys become patterns.
    #[command(flatten)]
    pub keys: Keys,
    /// What goes to standard error.
    #[command(flatten)]
    pub messages: Messages,
    /// The directory for the tables; made if need be
    #[arg(short, long, value_name = "DIR")]
    pub output: PathBuf,
    /// Keep all arguments, values too: they may hold secrets
    #[arg(long)]
    pub with_values: bool,
}

/// What to read, and how.
#[derive(Debug, Args)]
pub struct Input {
    /// Files, directories (read recursively) or - for standard input; plain, gzip, zstd, xz, bzip2 or tar
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// The kind of every file, where its content is not to decide
    #[arg(long, value_enum)]
    pub kind: Option<KindName>,
    /// Whether MONITOR lines are RedisInsight's profiler log, where the content is not to decide
    #[arg(long, value_enum, value_name = "DIALECT")]
    pub dialect: Option<Dialect>,
    /// What slow logs are, where they come from COMMANDLOG GET: no dump says it, and the large types count
    /// bytes
    #[arg(long, value_enum, value_name = "TYPE")]
    pub commandlog: Option<CommandlogName>,
    /// Threads; 0 means all cores. The output never depends on it
    #[arg(short = 'j', long, value_name = "N", default_value_t = 0)]
    pub threads: usize,
    /// Bytes of a block
    #[arg(long, value_name = "N", hide = true, default_value_t = crate::options::BLOCK_BYTES)]
    pub block_bytes: usize,
}

/// How keys become patterns.
#[derive(Debug, Args)]
pub struct Keys {
    /// What parts the segments of keys
    #[arg(long, value_name = "CHARS", default_value = ":")]
    pub separator: String,
    /// Keep the first N segments of keys and turn the rest into *, instead of telling ids by their shape
    #[arg(long, value_name = "N")]
    pub pattern_depth: Option<usize>,
}

/// What goes to standard error.
#[derive(Debug, Args)]
pub struct Messages {
    /// No warnings and no progress
    #[arg(short, long)]
    pub quiet: bool,
    /// Progress on standard error
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = When::Auto)]
    pub progress: When,
}

/// A form of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// Aligned tables for people
    Text,
    /// The whole report
    Json,
    /// One table per file
    Parquet,
}

impl Form {
    /// The name that the outputs know it by.
    pub fn name(self) -> &'static str {
        match self {
            Form::Text => "text",
            Form::Json => "json",
            Form::Parquet => "parquet",
        }
    }
}

/// When to do what needs a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl When {
    /// Whether now, where `auto` is what a terminal would want.
    pub fn now(self, auto: bool) -> bool {
        match self {
            When::Auto => auto,
            When::Always => true,
            When::Never => false,
        }
    }
}

/// A kind by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum KindName {
    /// Lines of MONITOR
    Monitor,
    /// CLIENT LIST
    ClientList,
    /// SLOWLOG GET
    Slowlog,
    /// Keyspace notifications
    KeyspaceEvents,
    /// INFO
    Info,
}

impl KindName {
    fn kind(self) -> Kind {
        match self {
            KindName::Monitor => Kind::Monitor,
            KindName::ClientList => Kind::ClientList,
            KindName::Slowlog => Kind::Slowlog,
            KindName::KeyspaceEvents => Kind::KeyspaceEvents,
            KindName::Info => Kind::Info,
        }
    }
}

/// A type of COMMANDLOG by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CommandlogName {
    /// What took long, in microseconds
    Slow,
    /// Large requests, in bytes
    LargeRequest,
    /// Large replies, in bytes
    LargeReply,
}

impl CommandlogName {
    fn commandlog(self) -> Commandlog {
        match self {
            CommandlogName::Slow => Commandlog::Slow,
            CommandlogName::LargeRequest => Commandlog::LargeRequest,
            CommandlogName::LargeReply => Commandlog::LargeReply,
        }
    }
}

/// How the arguments of MONITOR lines are escaped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Dialect {
    /// As Redis prints them
    RedisCli,
    /// As JSON strings around that
    Redisinsight,
}

/// A width of buckets in seconds; `None` follows the length of the capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket(pub Option<u64>);

fn bucket(text: &str) -> std::result::Result<Bucket, String> {
    match text {
        "auto" => Ok(Bucket(None)),
        "1s" => Ok(Bucket(Some(1))),
        "10s" => Ok(Bucket(Some(10))),
        "1m" => Ok(Bucket(Some(60))),
        _ => Err("one of 1s, 10s, 1m, auto".to_owned()),
    }
}

fn ratio(text: &str) -> std::result::Result<f64, String> {
    let (number, unit) = match text.strip_suffix('%') {
        Some(number) => (number, 100.0),
        None => (text, 1.0),
    };
    match number.trim().parse::<f64>() {
        Ok(value) if (0.0..=1.0).contains(&(value / unit)) => Ok(value / unit),
        _ => Err("a share such as 1% or 0.01".to_owned()),
    }
}

/// Threads that can be asked for: past so many they are in each other's way.
const THREADS: usize = 256;

/// The checked options of a run.
///
/// # Errors
/// A separator or depth that cannot be.
pub fn analysis(input: &Input, keys: &Keys, progress: bool, bucket: Option<u64>) -> Result<Analysis> {
    if keys.separator.is_empty() || !keys.separator.is_ascii() {
        return Err(Error::Usage(
            "--separator takes one or more ASCII characters, as in --separator :/".to_owned(),
        ));
    }
    if keys.pattern_depth == Some(0) {
        return Err(Error::Usage("--pattern-depth is at least 1".to_owned()));
    }
    if input.threads > THREADS {
        return Err(Error::Usage(format!("--threads is at most {THREADS}")));
    }
    if input.block_bytes == 0 {
        return Err(Error::Usage("--block-bytes is at least 1".to_owned()));
    }
    Ok(Analysis {
        reading: Reading {
            kind: input.kind.map(KindName::kind),
            insight: input.dialect.map(|dialect| dialect == Dialect::Redisinsight),
            threads: input.threads,
            block_bytes: input.block_bytes,
            progress,
        },
        rules: Rules::new(keys.separator.as_bytes(), keys.pattern_depth),
        bucket,
        commandlog: input.commandlog.map(CommandlogName::commandlog),
        settings: Settings::default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flags_are_consistent() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }

    #[test]
    fn shares_and_widths_are_checked() {
        for (text, value) in [
            ("1%", Some(0.01)),
            ("0.5", Some(0.5)),
            ("100%", Some(1.0)),
            ("5", None),
            ("x", None),
            ("-1%", None),
            ("NaN", None),
        ] {
            assert_eq!(ratio(text).ok(), value, "{text}");
        }
        for (text, width) in
            [("auto", Some(None)), ("10s", Some(Some(10))), ("1m", Some(Some(60))), ("2s", None)]
        {
            assert_eq!(bucket(text).ok(), width.map(Bucket), "{text}");
        }
    }
}
