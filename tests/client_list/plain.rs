//! The plainest reading of a series, to compare with.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::common::fixture;

/// A client's fields when last seen, the times of its first and last snapshot, and how many show it.
pub type Seen<'a> = (&'a BTreeMap<String, String>, i64, i64, u64);

/// What a series shows by the plainest reading: lines of digits are times, every other line a client.
pub struct Plain {
    pub snapshots: Vec<(i64, Vec<BTreeMap<String, String>>)>,
}

impl Plain {
    pub fn read(bytes: &[u8]) -> Self {
        let mut snapshots: Vec<(i64, Vec<BTreeMap<String, String>>)> = Vec::new();
        for line in std::str::from_utf8(bytes).unwrap().lines().filter(|line| !line.is_empty()) {
            if let Ok(time) = line.parse::<i64>() {
                snapshots.push((time, Vec::new()));
                continue;
            }
            let fields = line.split(' ').map(|field| field.split_once('=').unwrap());
            let client = fields.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
            snapshots.last_mut().unwrap().1.push(client);
        }
        Plain { snapshots }
    }

    pub fn sum(clients: &[BTreeMap<String, String>], key: &str) -> Option<u64> {
        let values: Vec<u64> = clients.iter().filter_map(|client| client.get(key)?.parse().ok()).collect();
        (!values.is_empty()).then(|| values.iter().sum())
    }

    /// Connections of each snapshot that have this value.
    pub fn counts(&self, value: impl Fn(&BTreeMap<String, String>) -> String, wanted: &str) -> Vec<u64> {
        let count = |clients: &Vec<_>| clients.iter().filter(|client| value(client) == wanted).count() as u64;
        self.snapshots.iter().map(|(_, clients)| count(clients)).collect()
    }
}

pub fn group(by: &str, client: &BTreeMap<String, String>) -> String {
    let get = |key: &str| client.get(key).cloned().unwrap_or_default();
    match by {
        "ip" => match get("addr") {
            unix if unix.starts_with('/') => "unix".to_owned(),
            tcp => tcp.rsplit_once(':').unwrap().0.trim_matches(['[', ']']).to_owned(),
        },
        "library" => format!("{} {}", get("lib-name"), get("lib-ver")).trim().to_owned(),
        by => get(by),
    }
}

pub fn series() -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = ["redis-2.8.24", "redis-6.2.14", "redis-7.0.15", "valkey-8.0.1"]
        .iter()
        .map(|server| fixture(&format!("captures-client-list/{server}/clients-series.log")))
        .map(|path| if path.exists() { path } else { path.with_extension("log.xz") })
        .collect();
    paths.push(fixture("incidents-client-list/connection-leak.log.xz"));
    paths.push(fixture("incidents-client-list/slow-consumer.log"));
    paths
}
