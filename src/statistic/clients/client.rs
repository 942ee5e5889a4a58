//! One client: its calls, by command and by name, and what it says of itself.

use crate::statistic::Period;
use crate::statistic::commands::CommandIndex;

/// Names that are told apart per address: ports are used again, but by few programs. A later name
/// counts under the one before it.
const NAMES: usize = 64;

/// One address.
#[derive(Clone, Debug, Default)]
pub struct Client {
    pub(in crate::statistic) calls: u64,
    pub(super) in_scripts: u64,
    pub(super) payload: u64,
    pub(super) period: Period,
    pub(in crate::statistic) commands: Vec<(CommandIndex, u64)>,
    /// Calls before the first name.
    unnamed: u64,
    /// The names it gave itself, in order of their first use, with the calls made under each.
    pub(super) names: Vec<(Vec<u8>, u64)>,
    /// The present one of `names`.
    present: Option<usize>,
    pub(in crate::statistic) user: Option<Vec<u8>>,
    pub(super) library: Option<Vec<u8>>,
    pub(super) version: Option<Vec<u8>>,
}

impl Client {
    pub(super) fn merge(&mut self, later: &Client, commands: &[CommandIndex]) {
        self.calls += later.calls;
        self.in_scripts += later.in_scripts;
        self.payload += later.payload;
        self.period.merge(later.period);
        for (command, calls) in &later.commands {
            if let Some(command) = commands.get(*command as usize) {
                self.add_command(*command, *calls);
            }
        }
        *self.under_name() += later.unnamed;
        for (name, calls) in &later.names {
            self.set_name(name);
            *self.under_name() += calls;
        }
        if let Some((name, _)) = later.present.and_then(|at| later.names.get(at)) {
            self.set_name(name);
        }
        for (mine, later) in [
            (&mut self.user, &later.user),
            (&mut self.library, &later.library),
            (&mut self.version, &later.version),
        ] {
            if later.is_some() {
                mine.clone_from(later);
            }
        }
    }

    /// Where calls under the present name are counted.
    fn under_name(&mut self) -> &mut u64 {
        match self.present.and_then(|at| self.names.get_mut(at)) {
            Some((_, calls)) => calls,
            None => &mut self.unnamed,
        }
    }

    /// Counts the calls since it set a name last under that name.
    pub(super) fn settle(&mut self) {
        let told = self.unnamed + self.names.iter().map(|(_, calls)| calls).sum::<u64>();
        let calls = self.calls.saturating_sub(told);
        *self.under_name() += calls;
    }

    pub(super) fn set_name(&mut self, name: &[u8]) {
        let held = self.names.iter().position(|(held, _)| held == name);
        if held.is_none() && self.names.len() < NAMES {
            self.names.push((name.to_vec(), 0));
            self.present = Some(self.names.len() - 1);
        } else {
            self.present = held.or(self.present);
        }
    }

    pub(super) fn add_command(&mut self, command: CommandIndex, calls: u64) {
        match self.commands.iter().position(|(held, _)| *held == command) {
            Some(at) => {
                if let Some((_, count)) = self.commands.get_mut(at) {
                    *count += calls;
                }
                // What is called often moves to the front, where it is found sooner.
                if at > 0 {
                    self.commands.swap(at, at - 1);
                }
            }
            None => self.commands.push((command, calls)),
        }
    }

    /// Its names with their calls. What it called before its first name (HELLO, AUTH, SELECT)
    /// belongs to that name: a connection names itself when it opens.
    pub(in crate::statistic) fn named_calls(&self) -> impl Iterator<Item = (&[u8], u64)> {
        let head = self.unnamed;
        let nameless = self.names.is_empty().then_some((&b""[..], head));
        let named =
            self.names.iter().enumerate().map(move |(at, (name, calls))| {
                (name.as_slice(), if at == 0 { calls + head } else { *calls })
            });
        nameless.into_iter().chain(named)
    }

    /// The name it goes by at the end.
    pub fn name(&self) -> Option<&[u8]> {
        self.present
            .and_then(|at| self.names.get(at))
            .map(|(name, _)| name.as_slice())
            .filter(|name| !name.is_empty())
    }

    /// Library and version in one.
    pub(in crate::statistic) fn library(&self) -> Option<Vec<u8>> {
        let mut text = self.library.clone()?;
        if let Some(version) = &self.version {
            text.push(b' ');
            text.extend_from_slice(version);
        }
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_go_to_the_name_of_the_moment() {
        let mut client = Client { unnamed: 2, ..Client::default() };
        client.set_name(b"a");
        *client.under_name() += 3;
        let mut later = Client { unnamed: 1, ..Client::default() };
        later.set_name(b"b");
        *later.under_name() += 4;
        client.merge(&later, &[]);
        let calls: Vec<_> = client.named_calls().collect();
        assert_eq!(calls, [(&b"a"[..], 6), (b"b", 4)]);
        assert_eq!(client.name(), Some(&b"b"[..]));
        // Back to an earlier name, and more names than are held.
        client.set_name(b"a");
        *client.under_name() += 1;
        assert_eq!((client.names.len(), client.name()), (2, Some(&b"a"[..])));
        (0..2 * NAMES).for_each(|n| client.set_name(n.to_string().as_bytes()));
        *client.under_name() += 1;
        assert_eq!(client.names.len(), NAMES);
        assert_eq!(client.named_calls().map(|(_, calls)| calls).sum::<u64>(), 12);
    }
}
