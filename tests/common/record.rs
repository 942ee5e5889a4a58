//! What a format makes of bytes, in words that a test can compare.

use redtrail::error::Reject;
use redtrail::event::{Command, Database, Exactness, Place, Sink, Skipped};
use redtrail::format;

/// What one call of the sink said.
struct Seen {
    place: Place,
    bytes: u64,
    what: String,
}

/// Keeps all that it is told.
#[derive(Default)]
struct Recorder(Vec<Seen>);

impl Sink for Recorder {
    fn command(&mut self, command: &Command<'_>) {
        let args: Vec<_> = command.args.iter().map(|arg| shown(arg.bytes(&mut Vec::new()))).collect();
        let database = match command.database {
            Database::Number(number) => number.to_string(),
            Database::Namespace(name) => shown(name),
        };
        let client = match command.client {
            None => "-".to_owned(),
            Some(b"") => "''".to_owned(),
            Some(client) => client.escape_ascii().to_string(),
        };
        let mark = match command.exactness {
            Exactness::Exact => '=',
            Exactness::Inexact => '~',
            Exactness::NameOnly => '?',
        };
        let what = format!("{} {database} {client} {mark} {}", command.time, args.join("|"));
        self.0.push(Seen { place: command.place, bytes: command.bytes, what });
    }

    fn reject(&mut self, reject: Reject<'_>) {
        let what = format!("reject: {}", reject.reason);
        self.0.push(Seen { place: reject.place, bytes: reject.bytes, what });
    }

    fn skip(&mut self, place: Place, bytes: u64, why: Skipped) {
        let what = match why {
            Skipped::Noise | Skipped::Refusal => "noise",
            Skipped::Truncated => "truncated",
        };
        self.0.push(Seen { place, bytes, what: what.to_owned() });
    }

    fn gap(&mut self, place: Place) {
        self.0.push(Seen { place, bytes: 0, what: "start".to_owned() });
    }
}

/// An argument as it is shown: `|` parts arguments.
pub fn shown(arg: &[u8]) -> String {
    arg.escape_ascii().to_string().replace('|', r"\x7c")
}

/// What detection and the format say of `bytes`, read as one block: `TIME DB CLIENT = ARG|ARG` for a record
/// (`~` where it is inexact, `?` where only the name is known), `noise`, `truncated`, `start`, `reject: why`.
///
/// Panics unless every byte went to exactly one call, in order, with the line it stands in.
pub fn scan(bytes: &[u8]) -> Vec<String> {
    let mut recorder = Recorder::default();
    // Nothing at all is of no kind.
    if let Some(format) = format::detect(bytes, Some(format::Kind::Monitor), None).format {
        format.scan(bytes, 0, &mut recorder);
    }
    let (mut offset, mut line) = (0, 0);
    for seen in &recorder.0 {
        let Place { offset: at, line: in_line } = seen.place;
        if seen.bytes > 0 {
            assert_eq!((at, in_line), (offset, line), "{} of {:?}", seen.what, bytes.escape_ascii());
        }
        let end = offset + seen.bytes;
        line += bytes[offset as usize..end as usize].iter().filter(|byte| **byte == b'\n').count() as u64;
        offset = end;
    }
    assert_eq!(offset, bytes.len() as u64, "all bytes of {:?}", bytes.escape_ascii());
    recorder.0.into_iter().map(|seen| seen.what).collect()
}
