//! What rules judge by.

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap, HashSet};

use super::about::{About, Threshold};
use super::settings::Settings;
use super::tools;
use crate::report::{Bytes, ClientRow, Report};
use crate::statistic::calls::Conduct;
use crate::statistic::uses::NAMESPACES;

/// Summaries of a run, and the thresholds.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// The report's tables; no finding is in it yet.
    pub report: &'a Report,
    /// What clients do, beside the report.
    pub conduct: &'a Conduct,
    settings: &'a Settings,
    clients: HashMap<&'a Bytes, &'a ClientRow>,
    tools: HashSet<&'a Bytes>,
    /// Places among the report's connections.
    present: OnceCell<Vec<usize>>,
}

impl<'a> Facts<'a> {
    /// Of a report whose tables hold every row.
    pub fn new(report: &'a Report, conduct: &'a Conduct, settings: &'a Settings) -> Self {
        let clients = report.clients.rows.iter().map(|row| (&row.client, row)).collect();
        let tools =
            report.clients.rows.iter().filter(|row| tools::is_tool(row)).map(|row| &row.client).collect();
        Facts { report, conduct, settings, clients, tools, present: OnceCell::new() }
    }

    /// Places of the connections that are there when the captures end, as `find` finds them once: there may be many
    /// others.
    pub fn present(&self, find: impl FnOnce() -> Vec<usize>) -> &[usize] {
        self.present.get_or_init(find)
    }

    /// What a threshold is.
    pub fn limit(&self, about: &About, threshold: &Threshold) -> f64 {
        self.settings.limit(about, threshold)
    }

    /// Whether a capture of this kind was read, as `--kind` names it.
    pub fn has(&self, kind: &str) -> bool {
        self.report.inputs.iter().any(|input| input.kind == kind && input.records > 0)
    }

    /// Seconds that the captures of a kind cover, from the first record to the last; `None` where no clock
    /// tells.
    pub fn seconds(&self, kind: &str) -> Option<f64> {
        let inputs = || self.report.inputs.iter().filter(|input| input.kind == kind);
        let first = inputs().filter_map(|input| input.first).min()?;
        let last = inputs().filter_map(|input| input.last).max()?;
        Some(last.0.saturating_sub(first.0) as f64 / 1e6)
    }

    /// Whether all that a client does is to look at the server, as consoles, exporters and sweeps do.
    pub fn is_tool(&self, row: &ClientRow) -> bool {
        self.tools.contains(&row.client)
    }

    /// The clients that are no tools.
    pub fn applications(&self) -> impl Iterator<Item = &'a ClientRow> + use<'a, '_> {
        self.report.clients.rows.iter().filter(|row| !self.is_tool(row))
    }

    /// What to know before a command on a key is typed: redis-cli begins in database 0, and keys may be in another.
    pub fn elsewhere(&self) -> Option<String> {
        let seen = self.conduct.uses.iter().map(|row| row.database).filter(|number| *number < NAMESPACES);
        let mut used: BTreeSet<u64> = seen.collect();
        if used.is_empty() {
            let dump = self.report.info.snapshots.last();
            used.extend(dump.iter().flat_map(|dump| &dump.keyspace).map(|row| row.db));
        }
        let names: Vec<_> = used.iter().map(u64::to_string).collect();
        match names.as_slice() {
            [] => None,
            [only] if only == "0" => None,
            [only] => Some(format!("The keys are in database {only}: type SELECT {only} first.")),
            _ => Some(format!(
                "Keys are used in databases {}: type SELECT with the right number first.",
                names.join(", ")
            )),
        }
    }

    /// The row of a client address.
    pub fn client(&self, address: &Bytes) -> Option<&'a ClientRow> {
        self.clients.get(address).copied()
    }
}

/// What a client is called: its name where known, else its address.
pub fn subject(row: &ClientRow) -> &Bytes {
    row.name.as_ref().unwrap_or(&row.client)
}
