//! Clients as a reader knows them: a name, or an address, or the machine on which many connections do the same.

use std::collections::{BTreeMap, BTreeSet};

use super::Facts;
use super::facts::{is_socket, subject};
use crate::report::{Bytes, ClientRow};

/// Some connections that are one to a reader, with what each of them has to show.
#[derive(Clone, Debug)]
pub struct Party<'a, T> {
    /// The name where they have one, else the address, or the IP where they are several.
    pub subject: Bytes,
    /// Their addresses.
    pub addresses: BTreeSet<&'a Bytes>,
    /// Whether its address is that of every local client, so that nothing tells them apart.
    pub is_socket: bool,
    /// Machine and library, where all of them have one and the subject does not say it: `10.0.3.17, jedis 5.1.0`.
    about: String,
    /// What they show, in the order in which it was given.
    pub items: Vec<T>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Who<'a> {
    Known(&'a Bytes),
    Host(&'a Bytes),
}

/// Puts together what belongs to one party. Items that stand together do the same: that is for the caller to see
/// to, since nameless connections of one IP are taken as one.
pub fn parties<'a, T>(
    facts: &Facts<'a>,
    items: impl IntoIterator<Item = (&'a Bytes, T)>,
) -> Vec<Party<'a, T>> {
    named_parties(facts, items.into_iter().map(|(address, item)| (address, None, item)))
}

/// Likewise, where an item may tell the client's name.
pub fn named_parties<'a, T>(
    facts: &Facts<'a>,
    items: impl IntoIterator<Item = (&'a Bytes, Option<&'a Bytes>, T)>,
) -> Vec<Party<'a, T>> {
    let mut found: BTreeMap<Who<'_>, (BTreeSet<&Bytes>, Vec<T>)> = BTreeMap::new();
    for (address, name, item) in items {
        let (row, address) = (facts.client(address), facts.address(address));
        let who = match (name, row) {
            (Some(name), _) => Who::Known(name),
            (None, Some(row)) if row.kind == "tcp" && row.name.is_none() => Who::Host(&row.address),
            (None, Some(row)) => Who::Known(subject(row)),
            (None, None) => Who::Known(address),
        };
        let held = found.entry(who).or_default();
        held.0.insert(address);
        held.1.push(item);
    }
    let party = |(who, (addresses, items)): (Who<'_>, (BTreeSet<&'a Bytes>, Vec<T>))| {
        let subject = match (who, addresses.first()) {
            (Who::Host(_), Some(address)) if addresses.len() == 1 => (*address).clone(),
            (Who::Known(name) | Who::Host(name), _) => name.clone(),
        };
        let about = about(facts, &subject, &addresses);
        let is_socket = addresses.first().is_some_and(|only| **only == subject)
            && addresses.iter().any(|address| facts.client(address).is_some_and(is_socket));
        Party { subject, addresses, is_socket, about, items }
    };
    found.into_iter().map(party).collect()
}

fn about(facts: &Facts<'_>, subject: &Bytes, addresses: &BTreeSet<&Bytes>) -> String {
    let rows = || addresses.iter().filter_map(|address| facts.client(address));
    // MONITOR prints no more of who runs a script, and where the capture begins within one its caller is not in it.
    if rows().any(|row| row.kind == "lua") {
        return "a script whose caller the capture does not show".to_owned();
    }
    if rows().any(|row| is_socket(row) && row.client == *subject) {
        return "local clients share this address".to_owned();
    }
    let same = |of: fn(&ClientRow) -> Option<&Bytes>| {
        let first = rows().next().and_then(of)?;
        rows().all(|row| of(row) == Some(first)).then_some(first)
    };
    let host = same(|row| Some(&row.address).filter(|host| !host.0.is_empty()));
    let host = host.filter(|host| !addresses.contains(subject) && *host != subject);
    let library = same(|row| row.library.as_ref());
    let parts: Vec<_> = [host, library].into_iter().flatten().map(Bytes::text).collect();
    parts.join(", ")
}

impl<T> Party<'_, T> {
    /// What to type to close a connection of the party, where it has one only and its address can be pasted
    /// as it is.
    pub fn kill(&self) -> Option<String> {
        let only = self.addresses.first().filter(|_| self.addresses.len() == 1)?;
        let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b".:[]".contains(byte);
        let has_port = only.0.iter().rev().take_while(|byte| byte.is_ascii_digit()).count() > 0;
        (has_port && only.0.contains(&b':') && only.0.iter().all(is_plain) && only.0.first() != Some(&b':'))
            .then(|| format!("CLIENT KILL ADDR {}", only.text()))
    }

    /// `legacy-report (10.0.3.17, jedis 5.1.0)`, `10.0.0.5 (20 connections)`, or the subject alone where nothing else
    /// is known.
    pub fn title(&self) -> String {
        if self.subject.0.is_empty() {
            return "A client without an address".to_owned();
        }
        let count = Some(self.addresses.len()).filter(|count| *count > 1);
        let parts = count.map(|count| format!("{count} connections")).into_iter();
        let parts: Vec<_> = parts.chain((!self.about.is_empty()).then(|| self.about.clone())).collect();
        let subject = self.subject.text();
        if parts.is_empty() { subject } else { format!("{subject} ({})", parts.join(", ")) }
    }
}
