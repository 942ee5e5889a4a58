//! What rules judge by.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::OnceLock;

use super::about::{About, Threshold};
use super::client_list::End;
use super::info::newest;
use super::settings::Settings;
use super::tools;
use crate::report::info::InfoSnapshot;
use crate::report::{Bytes, ClientRow, InputRow, Report};
use crate::statistic::calls::Conduct;
use crate::statistic::clients::socket;
use crate::statistic::uses::{NAMESPACES, UseRow};

/// Summaries of a run, and the thresholds.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// The report's tables; no finding is in it yet.
    pub report: &'a Report,
    /// What clients do, beside the report.
    pub conduct: &'a Conduct,
    settings: &'a Settings,
    clients: HashMap<&'a Bytes, &'a ClientRow>,
    /// Those that are a socket's, by its path.
    sockets: HashMap<&'a [u8], &'a ClientRow>,
    tools: HashSet<&'a Bytes>,
    /// By the client's address.
    uses: HashMap<&'a Bytes, &'a [UseRow]>,
    /// The last dump of each server.
    dumps: Vec<&'a InfoSnapshot>,
    ends: OnceLock<Vec<End>>,
    /// Places among the report's connections.
    present: OnceLock<Vec<usize>>,
}

impl<'a> Facts<'a> {
    /// Of a report whose tables hold every row.
    pub fn new(report: &'a Report, conduct: &'a Conduct, settings: &'a Settings) -> Self {
        let clients = report.clients.rows.iter().map(|row| (&row.client, row)).collect();
        let tools =
            report.clients.rows.iter().filter(|row| tools::is_tool(row)).map(|row| &row.client).collect();
        let rows = report.clients.rows.iter().filter(|row| is_socket(row));
        let sockets = rows.filter_map(|row| Some((socket(&row.client.0)?, row))).collect();
        let rows = conduct.uses.chunk_by(|a, b| a.client == b.client);
        let uses = rows.filter_map(|rows| Some((&rows.first()?.client, rows))).collect();
        let dumps = newest(report);
        let (ends, present) = (OnceLock::new(), OnceLock::new());
        Facts { report, conduct, settings, clients, sockets, tools, uses, dumps, ends, present }
    }

    /// Where the captures of CLIENT LIST end, as `find` finds it once.
    pub fn ends(&self, find: impl FnOnce() -> Vec<End>) -> &[End] {
        self.ends.get_or_init(find)
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

    /// The last dump of the only server; `None` where INFO tells of none or of several, as other kinds do not say
    /// which of them they are of.
    pub fn dump(&self) -> Option<&'a InfoSnapshot> {
        match self.dumps.as_slice() {
            [only] => Some(only),
            _ => None,
        }
    }

    /// Seconds that the captures of a kind cover; `None` where no clock tells.
    pub fn seconds(&self, kind: &str) -> Option<f64> {
        covered(self.report.inputs.iter().filter(|input| input.kind == kind))
    }

    /// Seconds from an application's first call in MONITOR to the last one, at least one, or what the captures cover
    /// where that is less; `None` where no clock tells.
    pub fn seconds_at_work(&self) -> Option<f64> {
        let first = self.applications().map(|row| row.first).min()?;
        let last = self.applications().map(|row| row.last).max()?;
        let work = last.0.saturating_sub(first.0) as f64 / 1e6;
        Some(self.seconds("monitor")?.min(work.max(1.0)))
    }

    /// Seconds that the captures of these numbers cover; `None` where no clock tells.
    pub fn seconds_of(&self, inputs: impl IntoIterator<Item = u32>) -> Option<f64> {
        let inputs = inputs.into_iter();
        covered(inputs.filter_map(|input| self.report.inputs.get(input as usize)))
    }

    /// Whether all that a client does is to look at the server, as consoles, exporters and sweeps do.
    pub fn is_tool(&self, row: &ClientRow) -> bool {
        self.tools.contains(&row.client)
    }

    /// What a client address calls, by input and database.
    pub fn uses(&self, client: &Bytes) -> &'a [UseRow] {
        self.uses.get(client).copied().unwrap_or_default()
    }

    /// The clients that are no tools.
    pub fn applications(&self) -> impl Iterator<Item = &'a ClientRow> + use<'a, '_> {
        self.report.clients.rows.iter().filter(|row| !self.is_tool(row))
    }

    /// What to know before a command on a key is typed: redis-cli begins in database 0, and keys may be in another.
    pub fn elsewhere(&self) -> Option<String> {
        let seen = self.conduct.uses.iter().filter(|row| row.calls > 0).map(|row| row.database);
        let mut used: BTreeSet<u64> = seen.filter(|number| *number < NAMESPACES).collect();
        if used.is_empty() {
            used.extend(self.dumps.iter().flat_map(|dump| &dump.keyspace).map(|row| row.db));
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

    /// The row of a client address, as any kind of capture prints it.
    pub fn client(&self, address: &Bytes) -> Option<&'a ClientRow> {
        let socket = || self.sockets.get(socket(&address.0)?).copied();
        self.clients.get(address).copied().or_else(socket)
    }

    /// An address as MONITOR prints it, if it does.
    pub fn address<'b>(&self, address: &'b Bytes) -> &'b Bytes
    where
        'a: 'b,
    {
        self.client(address).map_or(address, |row| &row.client)
    }
}

/// What a client is called: its name where known, else its address. All who come by a socket's path have one address,
/// so the name that one of them gave itself is not the others'.
pub fn subject(row: &ClientRow) -> &Bytes {
    row.name.as_ref().filter(|_| !is_socket(row)).unwrap_or(&row.client)
}

/// Whether the address is a socket's path, which is that of every local client.
pub fn is_socket(row: &ClientRow) -> bool {
    row.kind == "unix"
}

/// Seconds that captures cover, what several cover at once as one and the time between them as none; `None` where no
/// clock tells.
fn covered<'r>(inputs: impl Iterator<Item = &'r InputRow>) -> Option<f64> {
    let mut spans: Vec<_> = inputs
        .filter_map(|input| input.first.zip(input.last))
        .map(|(first, last)| (first.0, last.0))
        .collect();
    spans.sort_unstable();
    let (mut until, mut covered) = (spans.first()?.0, 0_u64);
    for (first, last) in spans {
        covered = covered.saturating_add_signed(last.saturating_sub(first.max(until)).max(0));
        until = until.max(last);
    }
    Some(covered as f64 / 1e6)
}
