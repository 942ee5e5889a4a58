//! All statistics of a stretch of a capture, as one value that merges with what follows.

use std::collections::BTreeMap;

use super::Call;
use super::account::Account;
use super::caller::Caller;
use super::calls::{Calls, Conduct};
use super::clients::{self, Clients};
use super::commands::Commands;
use super::connections::{self, Connections};
use super::dangerous::Dangerous;
use super::databases::Databases;
use super::events::Events;
use super::groups;
use super::info::{self, Info};
use super::keys::{self, Keys};
use super::pauses::{Pauses, Wanted};
use super::slowlog::{self, Slowlog};
use super::timeline::Timeline;
use crate::join::Book;
use crate::options::Commandlog;
use crate::pattern::{Learnt, Patterns, Rules};
use crate::report;
use crate::report::{
    Bytes, ClientGroupRow, ClientRow, Collections, CommandRow, DangerousRow, DatabaseRow, HotKeyRow,
    PatternRow, Rows, Table,
};

/// What was found in a stretch of the run's inputs.
#[derive(Clone, Debug, Default)]
pub struct Partial {
    /// By number of the input.
    pub accounts: BTreeMap<u32, Account>,
    pub(super) commands: Commands,
    pub(super) clients: Clients,
    pub(super) keys: Keys,
    pub(super) dangerous: Dangerous,
    pub(super) databases: Databases,
    pub(super) timeline: Timeline,
    pub(super) pauses: Pauses,
    pub(super) caller: Caller,
    pub(super) connections: Connections,
    pub(super) slowlog: Slowlog,
    pub(super) events: Events,
    pub(super) info: Info,
    pub(super) calls: Calls,
}

/// What is left of a part once it is merged: room for the next one. Of rows and entries that are kept one by one
/// this is much of what a block takes.
#[derive(Debug, Default)]
pub struct Room {
    pub(super) connections: connections::Room,
    pub(super) slowlog: slowlog::Room,
}

impl Partial {
    /// Takes what a single call shows that is of a special [`Manner`](super::manner::Manner).
    #[inline(never)]
    pub(super) fn single_out(&mut self, call: &Call<'_>, input: u32) {
        self.dangerous.observe(call, input);
        self.calls.sightings.watch(call, input);
        if call.manner.runs_script && !call.in_script {
            self.caller = Caller::Client(call.client);
        }
    }

    /// Appends what follows, and gives the room that is left of it.
    pub fn merge(&mut self, later: Partial, rules: &Rules) -> Room {
        let commands = self.commands.merge(&later.commands);
        let caller = self.caller.client(|| self.clients.number(b"lua"));
        let numbers = self.clients.merge(&later.clients, &commands, caller);
        let accounts = &self.accounts;
        self.keys
            .merge(later.keys, &numbers, rules, |input| accounts.get(&input).map_or(0, |held| held.lines));
        self.dangerous
            .merge(later.dangerous, &commands, |input| accounts.get(&input).map_or(0, |held| held.lines));
        self.pauses.merge(later.pauses, &commands, &numbers, |input| {
            accounts.get(&input).map_or(0, |held| held.lines)
        });
        self.calls.merge(later.calls, &commands, &numbers, |input| {
            accounts.get(&input).map_or(0, |held| held.lines)
        });
        self.info.merge(later.info, |input| accounts.get(&input).map_or(0, |held| held.lines));
        let connections = self
            .connections
            .merge(later.connections, |input| accounts.get(&input).map_or(0, |held| held.lines));
        let slowlog =
            self.slowlog.merge(later.slowlog, |input| accounts.get(&input).map_or(0, |held| held.lines));
        self.databases.merge(&later.databases);
        self.timeline.merge(later.timeline);
        let timeline = &mut self.timeline;
        self.events.merge(
            later.events,
            rules,
            |input| accounts.get(&input).map_or(0, |held| held.lines),
            |time| timeline.event(time),
        );
        self.caller.merge(later.caller, &numbers);
        for (input, account) in later.accounts {
            self.accounts.entry(input).or_default().merge(account);
        }
        Room { connections, slowlog }
    }

    /// Whether it is best merged at once: see [`Keys::is_large`], and rows and entries that wait take memory that the next
    /// part could use.
    pub fn is_large(&self) -> bool {
        self.keys.is_large() || self.slowlog.is_large() || self.connections.is_large()
    }

    /// Appends what follows of one input, before which its file has so many lines; gives the lines of the file
    /// up to its end, and what [`Partial::merge`] gives. A file of several kinds is several inputs, and they share its lines.
    pub fn merge_at(&mut self, lines: u64, input: u32, later: Partial, rules: &Rules) -> (u64, Room) {
        self.accounts.entry(input).or_default().lines = lines;
        let room = self.merge(later, rules);
        (self.accounts.get(&input).map_or(lines, |account| account.lines), room)
    }

    /// The input numbered `input` begins, and this is the run's own value, into which all parts are merged
    /// in order. `modified` is when the file was last written to, in microseconds since 1970.
    pub fn start_input(&mut self, input: u32, path: &[u8], modified: Option<i64>) {
        self.connections.start_input(input, path, modified);
    }

    /// An input ends here: what follows is another server's, or another time.
    pub fn end_input(&mut self) {
        self.caller = Caller::Nobody;
        self.pauses.part();
        self.calls.gap();
        self.events.end_input();
        self.keys.end_input(|client, input| self.calls.is_in(client, input));
    }
}

impl Partial {
    /// From the shape of a key to its pattern in the whole capture, whichever kinds of input it stands in.
    pub fn patterns(&self, rules: &Rules) -> Patterns {
        let mut learnt = Learnt::new(rules);
        [self.keys.learnt(), self.events.learnt()].into_iter().flatten().for_each(|held| learnt.merge(held));
        learnt.finish(self.keys.shapes().chain(self.events.shapes()).chain(self.slowlog.shapes()))
    }
}

/// The finished tables.
pub struct Summary {
    /// By command.
    pub commands: Table<CommandRow>,
    /// By client.
    pub clients: Table<ClientRow>,
    /// By what clients share.
    pub client_groups: Rows<ClientGroupRow>,
    /// By key pattern.
    pub key_patterns: Table<PatternRow>,
    /// The most used keys.
    pub hot_keys: Rows<HotKeyRow>,
    /// Keys whose calls add elements.
    pub collections: Collections,
    /// Dangerous calls.
    pub dangerous: Table<DangerousRow>,
    /// By database.
    pub databases: Rows<DatabaseRow>,
    /// Over time.
    pub timeline: report::Timeline,
    /// From CLIENT LIST.
    pub connections: report::connections::Connections,
    /// From SLOWLOG.
    pub slowlog: report::slowlog::Slowlog,
    /// From keyspace notifications.
    pub events: report::events::Events,
    /// From INFO.
    pub info: report::info::Info,
    /// What clients do, for the rules.
    pub conduct: Conduct,
    /// Bounds that took over.
    pub bounds: Vec<String>,
    /// Who is who by CLIENT LIST.
    pub book: Book,
}

impl Partial {
    /// Finishes every statistic. `paths` are the inputs' by number, `bucket` the timeline's width in
    /// seconds where one was asked for, `commandlog` what slow logs were said to be.
    pub fn finish(
        &mut self,
        rules: &Rules,
        paths: &[Bytes],
        bucket: Option<u64>,
        commandlog: Option<Commandlog>,
    ) -> Summary {
        let patterns = self.patterns(rules);
        self.keys.end_input(|client, input| self.calls.is_in(client, input));
        let keys::Tables { patterns: key_patterns, hot: hot_keys, there, collections, mut bounds } =
            self.keys.finish(&patterns, &self.clients, &self.calls.sightings.flushed(), paths);
        let timeline = &mut self.timeline;
        self.events.settle(|time| timeline.event(time));
        bounds.extend(self.events.bounds());
        bounds.extend(self.slowlog.bounds());
        if self.clients.rest() > 0 {
            bounds.push(format!(
                "more than {} client addresses: the later ones are counted together",
                clients::MOST
            ));
        }
        if self.info.more() > 0 {
            bounds.push(format!(
                "more than {} dumps of INFO, or {} MiB of them: the {} after these are counted and not shown",
                info::MOST,
                info::MOST_BYTES >> 20,
                self.info.more()
            ));
        }
        let connections = self.connections.finish(paths, &mut bounds);
        // Of calls alone it is asked who made them.
        let has_calls = self.commands.total() > 0 || self.slowlog.total() > 0;
        let book = if has_calls { Book::of(&connections) } else { Book::default() };
        self.clients.learn(|address, period| book.find(address, period));
        let commands = self.commands.finish(&self.clients);
        let settled = self.slowlog.settled();
        let (log, timeline) = (&self.slowlog, &mut self.timeline);
        let count = || {
            // Large is not slow.
            if !commandlog.is_some_and(Commandlog::is_large) {
                timeline.merge(settled);
                log.count_into(timeline);
            }
        };
        let (mut slowlog, ()) = rayon::join(|| log.finish(&patterns, paths, commandlog), count);
        let totals = connections.snapshots.iter().filter_map(|row| Some((row.time?.0, row.total)));
        self.timeline.connections(totals);
        self.tie(&mut slowlog, paths);
        Summary {
            clients: self.clients.finish(&self.commands),
            client_groups: groups::finish(&self.clients, commands.total),
            dangerous: self.dangerous.finish(&self.commands, &self.clients, paths),
            databases: self.databases.finish(commands.total),
            timeline: self.timeline.finish(bucket),
            connections,
            book,
            slowlog,
            events: self.events.finish(&patterns, paths),
            info: self.info.finish(paths),
            conduct: self.calls.finish(&self.commands, &self.clients, there, paths),
            commands,
            key_patterns,
            hot_keys,
            collections,
            bounds,
        }
    }

    /// Finds the MONITOR lines of the slowest calls.
    fn tie(&self, slowlog: &mut report::slowlog::Slowlog, paths: &[Bytes]) {
        for row in slowlog.slowest.iter_mut().chain(&mut slowlog.examples) {
            let entry = &mut row.entry;
            let client =
                entry.client.as_ref().map(|client| client.0.as_slice()).filter(|client| !client.is_empty());
            let wanted = Wanted { time: entry.time.0, us: row.us, command: &entry.command.0, client };
            let found = self.pauses.find(&wanted, &self.clients, &self.commands);
            entry.monitor = found.map(|found| found.row(paths, self.timeline.calls_at(entry.time.0)));
        }
    }
}
