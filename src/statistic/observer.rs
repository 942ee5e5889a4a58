//! Folds the records of one block.

use super::Call;
use super::account::Account;
use super::caller::Caller;
use super::clients::{ClientIndex, NO_ADDRESS, Trait};
use super::events::OpenEvents;
use super::keys::OpenKeys;
use super::manner::{Tells, manner};
use super::partial::{Partial, Room};
use super::runs::OpenRuns;
use super::tally::Tally;
use crate::command;
use crate::error::Reject;
use crate::event::{
    Args, ClientRow, Command, Database, Exactness, InfoDump, Loss, Notice, Place, Sink, Skipped, Slow,
    SnapshotStart,
};
use crate::intern::hash;
use crate::pattern::Rules;

/// Takes what a format finds in one block and counts it.
pub struct Observer<'r> {
    input: u32,
    rules: &'r Rules,
    account: Account,
    partial: Partial,
    tally: Tally,
    keys: OpenKeys<'r>,
    runs: OpenRuns<'r>,
    events: OpenEvents,
    only_keys: bool,
    positions: Vec<usize>,
    scratch: Vec<u8>,
}

impl<'r> Observer<'r> {
    /// For `block` of the input numbered `input`, whose keys become patterns by `rules`.
    pub fn new(input: u32, block: &'r [u8], rules: &'r Rules) -> Self {
        Observer {
            input,
            rules,
            account: Account::default(),
            partial: Partial::default(),
            tally: Tally::default(),
            keys: OpenKeys::new(rules, input),
            runs: OpenRuns::new(input, block),
            events: OpenEvents::new(input),
            only_keys: false,
            positions: Vec::new(),
            scratch: Vec::new(),
        }
    }

    /// Uses this room.
    pub fn within(mut self, room: Room) -> Self {
        self.partial.connections.enter(room.connections);
        self.partial.slowlog.enter(room.slowlog);
        self
    }

    /// Of calls, takes the names of their keys alone.
    pub fn only_keys(self) -> Self {
        Observer { only_keys: true, ..self }
    }

    /// The block's part, which has `lines` lines.
    pub fn finish(self, lines: u64) -> Partial {
        let (mut partial, rules) = (self.partial, self.rules);
        for row in self.tally.rows() {
            partial.commands.count(row);
            partial.clients.count(row);
            partial.databases.count(row);
            partial.calls.count(row, self.input);
        }
        partial.clients.end();
        partial.keys = self.keys.seal();
        partial.calls.runs = self.runs.seal();
        partial.events = self.events.seal(rules);
        partial.slowlog.seal(rules);
        let mut account = self.account;
        account.lines = lines;
        partial.accounts.insert(self.input, account);
        partial
    }

    /// What a client says of itself.
    #[inline(never)]
    fn listen(&mut self, tells: Tells, client: ClientIndex, args: &Args<'_>) {
        match tells {
            Tells::Name => self.tell(client, Trait::Name, args, 2),
            Tells::Library => match args.get(2) {
                Some(what) if what.raw.eq_ignore_ascii_case(b"LIB-NAME") => {
                    self.tell(client, Trait::Library, args, 3)
                }
                Some(what) if what.raw.eq_ignore_ascii_case(b"LIB-VER") => {
                    self.tell(client, Trait::Version, args, 3)
                }
                _ => {}
            },
            Tells::Hello => {
                let mut at = 2;
                while let Some(option) = args.get(at) {
                    if option.raw.eq_ignore_ascii_case(b"AUTH") {
                        self.tell(client, Trait::User, args, at + 1);
                        at += 3;
                    } else if option.raw.eq_ignore_ascii_case(b"SETNAME") {
                        self.tell(client, Trait::Name, args, at + 1);
                        at += 2;
                    } else {
                        at += 1;
                    }
                }
            }
            Tells::NoName => self.partial.clients.tell(client, Trait::Name, b""),
            Tells::User if args.len() == 3 => self.tell(client, Trait::User, args, 1),
            Tells::User | Tells::Nothing => {}
        }
    }

    fn tell(&mut self, client: ClientIndex, what: Trait, args: &Args<'_>, at: usize) {
        if let Some(text) = args.get(at) {
            let value = text.bytes(&mut self.scratch);
            // What the server prints instead of a secret tells no user.
            if what != Trait::User || value != b"(redacted)" {
                self.partial.clients.tell(client, what, value);
            }
        }
    }
}

impl Sink for Observer<'_> {
    fn command(&mut self, record: &Command<'_>) {
        self.account.record(record.bytes, Some(record.time), record.exactness == Exactness::Exact);
        let args = record.args;
        let command = self.partial.commands.number(&args);
        let manner = manner(command);
        let keys = if manner.has_key && record.exactness == Exactness::Exact {
            // Most commands, without a call.
            if args.len() > 1 { &[1][..] } else { &[] }
        } else {
            self.positions.clear();
            if let Some(spec) = manner.spec {
                command::certain_keys(spec, record, &mut self.positions);
            }
            &self.positions
        };
        if self.only_keys {
            self.keys.name(keys.iter().filter_map(|at| args.get(*at)));
            return;
        }
        let clients = &mut self.partial.clients;
        let in_script = record.client == Some(b"lua");
        let client = if in_script {
            self.partial.caller.client(|| clients.number(b"lua"))
        } else {
            clients.number(record.client.unwrap_or(NO_ADDRESS))
        };
        let first = keys.first().and_then(|at| args.get(*at));
        let (raw_key, key, key_hash) = match &first {
            None => (&b""[..], &b""[..], 0),
            Some(text) => {
                let key = text.bytes(&mut self.scratch);
                (text.raw, key, hash(key))
            }
        };
        let call = Call {
            record,
            command,
            manner,
            client,
            in_script,
            payload: record.payload,
            keys,
            key,
            key_hash,
            raw_key,
        };
        self.tally.observe(&call);
        self.partial.clients.call(client);
        if let Database::Namespace(name) = record.database {
            self.partial.databases.call(name);
        }
        let absent = self.keys.observe(&call);
        self.partial.calls.sightings.compare(&call, self.input);
        if !in_script {
            self.runs.observe(&call, absent);
        }
        self.partial.timeline.observe(&call);
        self.partial.pauses.observe(&call, self.input);
        // What holds for the calls after this one is told last.
        if manner.is_special {
            self.partial.single_out(&call, self.input);
            self.listen(manner.tells, client, &args);
        }
    }

    fn client(&mut self, row: &ClientRow<'_>) {
        self.account.record(row.bytes, row.time, true);
        self.partial.connections.observe(row, self.input);
    }

    fn snapshot(&mut self, start: &SnapshotStart) {
        if let Some(time) = start.time {
            self.account.period.add(time);
        }
        self.partial.connections.snapshot(start, self.input);
    }

    fn slow(&mut self, entry: &Slow<'_>) {
        self.account.record(entry.bytes, Some(entry.time), entry.exactness == Exactness::Exact);
        self.partial.slowlog.observe(entry, self.input);
    }

    fn notice(&mut self, notice: &Notice<'_>) {
        self.account.record(notice.bytes, notice.time, notice.exact);
        if let Some(time) = self.events.observe(notice) {
            self.partial.timeline.event(time);
        }
    }

    fn loss(&mut self, loss: &Loss) {
        self.gap(loss.place);
        self.events.lose(loss);
    }

    fn info(&mut self, dump: &InfoDump<'_>) {
        self.account.record(dump.bytes, dump.when(), true);
        self.partial.info.observe(dump, self.input);
    }

    fn reject(&mut self, reject: Reject<'_>) {
        self.account.reject(&reject);
    }

    fn skip(&mut self, place: Place, bytes: u64, why: Skipped) {
        self.account.skip(place, bytes, why);
    }

    fn gap(&mut self, _: Place) {
        self.account.start();
        self.partial.caller = Caller::Nobody;
        self.partial.pauses.part();
        self.runs.gap();
    }
}
