//! Captures, and what is read of them.

use std::collections::HashSet;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use redtrail::error::Reject;
use redtrail::event::{Channel, Loss, Notice, Place, Sink, Skipped};
use redtrail::format::{self, Kind};
use redtrail::options::{Analysis, Reading};
use redtrail::report::Report;

pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

pub fn unpacked(name: &str) -> Vec<u8> {
    let file = fs::File::open(fixture(name)).unwrap();
    let mut bytes = Vec::new();
    liblzma::read::XzDecoder::new(file).read_to_end(&mut bytes).unwrap();
    bytes
}

pub fn cases() -> Vec<PathBuf> {
    let mut all: Vec<_> =
        fs::read_dir(fixture("cases")).unwrap().map(|entry| entry.unwrap().path()).collect();
    all.retain(|path| path.file_name().unwrap().to_str().unwrap().starts_with("events-"));
    all.sort();
    all
}

/// A message, owned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub time: Option<i64>,
    pub database: u32,
    pub channel: Channel,
    pub subscription: Vec<u8>,
    pub event: Vec<u8>,
    pub key: Vec<u8>,
    pub exact: bool,
}

/// Takes everything, and checks that each byte comes once and in order.
#[derive(Default)]
pub struct All {
    pub end: u64,
    pub messages: Vec<Message>,
    pub noise: u64,
    pub truncated: u64,
    pub rejected: u64,
    pub losses: Vec<(u64, &'static str)>,
}

impl All {
    fn bytes(&mut self, place: Place, bytes: u64) {
        assert_eq!(place.offset, self.end, "a byte is missing or comes twice");
        assert!(bytes > 0);
        self.end += bytes;
    }
}

impl Sink for All {
    fn notice(&mut self, notice: &Notice<'_>) {
        self.bytes(notice.place, notice.bytes);
        self.messages.push(Message {
            time: notice.time,
            database: notice.database,
            channel: notice.channel,
            subscription: notice.subscription.to_vec(),
            event: notice.event.to_vec(),
            key: notice.key.to_vec(),
            exact: notice.exact,
        });
    }
    fn loss(&mut self, loss: &Loss) {
        self.losses.push((loss.place.line + 1, loss.reason));
    }
    fn reject(&mut self, reject: Reject<'_>) {
        self.bytes(reject.place, reject.bytes);
        self.rejected += 1;
    }
    fn skip(&mut self, place: Place, bytes: u64, why: Skipped) {
        self.bytes(place, bytes);
        match why {
            Skipped::Noise | Skipped::Refusal => self.noise += 1,
            Skipped::Truncated => self.truncated += 1,
        }
    }
    fn gap(&mut self, _: Place) {}
}

/// Reads `bytes` as the content tells, or as `--kind` would, in one block.
pub fn read(bytes: &[u8]) -> All {
    let mut reading = format::detect(bytes, None, None);
    if reading.kind != Kind::KeyspaceEvents {
        reading = format::detect(bytes, Some(Kind::KeyspaceEvents), None);
    }
    let mut all = All::default();
    if let Some(format) = reading.format {
        format.scan(bytes, 0, &mut all);
        assert_eq!(all.end, bytes.len() as u64);
    }
    all
}

pub fn analyze(paths: &[PathBuf], block_bytes: usize, threads: usize) -> Report {
    let reading = Reading { block_bytes, threads, ..Reading::default() };
    redtrail::analyze(paths, &Analysis { reading, ..Analysis::default() }).unwrap().report
}

pub fn json(report: &Report) -> String {
    serde_json::to_string_pretty(report).unwrap()
}

/// What one subscription's messages come to, slowly: a change is a run of one database, key and event in
/// which no channel and no copy comes twice.
pub fn changes(messages: &[Message]) -> Vec<&Message> {
    let mut all: Vec<&Message> = Vec::new();
    let mut told: HashSet<(Vec<u8>, String)> = HashSet::new();
    for message in messages {
        let subject = |message: &Message| (message.database, message.key.clone(), message.event.clone());
        let item = message.channel == Channel::Subkeyspaceitem;
        let by = (message.subscription.clone(), format!("{:?}", message.channel));
        let joins =
            all.last().is_some_and(|last| subject(last) == subject(message)) && (item || !told.contains(&by));
        if !joins {
            told.clear();
            all.push(message);
        }
        told.insert(by);
    }
    all
}

pub const TIME: i64 = 1_750_256_290_000_000;
