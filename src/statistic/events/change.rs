//! Which messages tell of one change.
//!
//! Redis publishes a change on the keyspace channel, then on the keyevent channel, then on those of hash
//! fields, and each subscription that matches gets a copy of each. So consecutive messages of equal
//! database, key and event are one change until a subscription gets a second message on one channel.

use crate::event::{Channel, Notice, Place};
use crate::intern::hash;

/// Copies that are told apart: subscriptions times channels. Past it a message starts a new change.
const COPIES: usize = 64;

/// What changed, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject<'a> {
    /// The database.
    pub database: u32,
    /// The hash of the event.
    pub event: u64,
    /// The key.
    pub key: &'a [u8],
}

/// Which message it was that told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The hash of the subscriber's pattern.
    subscription: u64,
    channel: Channel,
    /// The hash of the field, on the channel that has one message for each field.
    field: u64,
    /// In microseconds since 1970.
    pub time: Option<i64>,
    /// Where the message stands.
    pub place: Place,
}

impl Delivery {
    /// What a notice says of itself.
    pub fn of(notice: &Notice<'_>) -> Self {
        let field = if notice.field.is_empty() { 0 } else { hash(notice.field) };
        Delivery {
            subscription: hash(notice.subscription),
            channel: notice.channel,
            field,
            time: notice.time,
            place: notice.place,
        }
    }

    /// Whether this message cannot be of a change that `earlier` told of. A change names each field once,
    /// so one on many fields, told by them alone, ends where its first field comes again.
    fn repeats(&self, earlier: &Delivery) -> bool {
        self.subscription == earlier.subscription
            && self.channel == earlier.channel
            && (self.channel != Channel::Subkeyspaceitem || self.field == earlier.field)
    }

    /// Whether `earlier` speaks for this one too: further fields need not be kept.
    fn is_kept_by(&self, earlier: &Delivery) -> bool {
        self.subscription == earlier.subscription && self.channel == earlier.channel
    }
}

/// The change that the last messages told of.
#[derive(Clone, Debug, Default)]
pub struct Change {
    database: u32,
    event: u64,
    key: Vec<u8>,
    /// Empty where there is none.
    told: Vec<Delivery>,
}

impl Change {
    /// Takes in the next message; whether it starts a new change.
    pub fn starts(&mut self, subject: Subject<'_>, delivery: &Delivery) -> bool {
        let joins = self.told.len() < COPIES
            && self.is_of(subject)
            && !self.told.iter().any(|earlier| delivery.repeats(earlier));
        if !joins {
            if !self.is_of(subject) {
                self.database = subject.database;
                self.event = subject.event;
                self.key.clear();
                self.key.extend_from_slice(subject.key);
            }
            self.told.clear();
        }
        if !self.told.iter().any(|earlier| delivery.is_kept_by(earlier)) {
            self.told.push(*delivery);
        }
        !joins
    }

    /// Whether it is open and of this subject.
    pub fn is_of(&self, subject: Subject<'_>) -> bool {
        !self.told.is_empty()
            && self.event == subject.event
            && self.database == subject.database
            && self.key == subject.key
    }

    /// What follows is another one.
    pub fn close(&mut self) {
        self.told.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_one_change() {
        use Channel::{Keyevent as E, Keyspace as K, Subkeyspaceitem as I};
        // Subscription, channel, key, field.
        type Message = (&'static str, Channel, &'static str, &'static str);
        let rows: [(&[Message], usize); 9] = [
            (&[("p", K, "a", ""), ("p", E, "a", "")], 1),
            (&[("p", K, "a", ""), ("p", E, "a", ""), ("p", K, "a", ""), ("p", E, "a", "")], 2),
            (&[("p", E, "a", ""), ("p", K, "a", ""), ("p", E, "a", "")], 2),
            (&[("p", K, "a", ""), ("p", K, "a", "")], 2),
            (&[("p", K, "a", ""), ("q", K, "a", ""), ("p", E, "a", ""), ("q", E, "a", "")], 1),
            (&[("p", K, "a", ""), ("p", K, "b", ""), ("p", E, "a", "")], 3),
            (&[("p", K, "a", ""), ("p", I, "a", "f"), ("p", I, "a", "g"), ("p", K, "a", "")], 2),
            (&[("p", I, "a", "f"), ("p", I, "a", "g"), ("p", I, "a", "f"), ("p", I, "a", "g")], 2),
            (&[], 0),
        ];
        for (messages, changes) in rows {
            let mut change = Change::default();
            let starts = messages.iter().filter(|(subscription, channel, key, field)| {
                let delivery = Delivery::of(&Notice {
                    place: Default::default(),
                    bytes: 1,
                    time: None,
                    database: 0,
                    channel: *channel,
                    subscription: subscription.as_bytes(),
                    event: b"set",
                    key: key.as_bytes(),
                    field: field.as_bytes(),
                    exact: true,
                });
                change.starts(Subject { database: 0, event: hash(b"set"), key: key.as_bytes() }, &delivery)
            });
            assert_eq!(starts.count(), changes, "{messages:?}");
        }
    }
}
