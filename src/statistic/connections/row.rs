//! A row of CLIENT LIST with what the report needs of it, in fixed space.

use super::splitter::Mark;
use crate::event::{ClientRow, Place};
use crate::format::client_list::field::{Field, Finder, number};
use crate::intern::{Interner, hash, same};

/// No text: the field is missing.
pub const NO_TEXT: u32 = u32::MAX;

/// No number: the field is missing, or no number.
const NO_NUMBER: i64 = i64::MIN;

/// The same in few bytes.
const NO_SMALL: i32 = i32::MIN;

/// Fields that are kept as texts.
const TEXTS: [Field; 8] = [
    Field::Addr,
    Field::Laddr,
    Field::Name,
    Field::User,
    Field::LibName,
    Field::LibVer,
    Field::Flags,
    Field::Cmd,
];

/// Fields that are kept as numbers.
const NUMBERS: [Field; 17] = [
    Field::Fd,
    Field::Age,
    Field::Idle,
    Field::Db,
    Field::Sub,
    Field::Psub,
    Field::Ssub,
    Field::Multi,
    Field::Watch,
    Field::Qbuf,
    Field::Obl,
    Field::Oll,
    Field::Omem,
    Field::TotMem,
    Field::TotNetIn,
    Field::TotNetOut,
    Field::TotCmds,
];

/// Where a field is kept.
#[derive(Clone, Copy)]
enum Slot {
    Id,
    Text(usize),
    Number(usize),
    Nowhere,
}

/// By number of the field.
const SLOTS: [Slot; Field::ALL.len()] = {
    let mut slots = [Slot::Nowhere; Field::ALL.len()];
    let mut at = 0;
    #[allow(clippy::indexing_slicing)] // Checked while compiling.
    while at < TEXTS.len() {
        slots[TEXTS[at] as usize] = Slot::Text(at);
        at += 1;
    }
    at = 0;
    #[allow(clippy::indexing_slicing)] // Checked while compiling.
    while at < NUMBERS.len() {
        slots[NUMBERS[at] as usize] = Slot::Number(at);
        at += 1;
    }
    #[allow(clippy::indexing_slicing)] // Checked while compiling.
    {
        slots[Field::Id as usize] = Slot::Id;
    }
    slots
};

/// Numbers of texts, in the order of their fields here.
pub type Texts = [u32; TEXTS.len()];

/// None.
pub const NO_TEXTS: Texts = [NO_TEXT; TEXTS.len()];

/// See the module.
#[derive(Clone, Debug)]
pub struct Row {
    /// The number of its input.
    pub input: u32,
    /// Where it stands.
    pub place: Place,
    /// The time in front of it.
    pub time: Option<i64>,
    /// Its id.
    pub id: Option<u64>,
    pub texts: Texts,
    /// Mostly all are small: there are many rows, and each is moved a few times.
    small: [i32; NUMBERS.len()],
    /// All of them, where one is not.
    wide: Option<Box<Numbers>>,
}

type Numbers = [i64; NUMBERS.len()];

/// A number in few bytes, if it fits.
fn narrow(number: i64) -> Option<i32> {
    if number == NO_NUMBER {
        Some(NO_SMALL)
    } else {
        i32::try_from(number).ok().filter(|small| *small != NO_SMALL)
    }
}

impl Row {
    /// A row for a record, and which of its fields are in it: those that are known to be as in the row `before`. The others
    /// are to be [taken](Row::take).
    #[inline]
    pub fn of(before: Option<&Row>, record: &ClientRow<'_>, input: u32) -> (Self, u64) {
        let (place, time) = (record.place, record.time);
        match before.filter(|before| before.tells(record)) {
            Some(before) => (Row { input, place, time, wide: None, ..*before }, record.again.fields),
            None => {
                let small = [NO_SMALL; NUMBERS.len()];
                (Row { input, place, time, id: None, texts: NO_TEXTS, small, wide: None }, 0)
            }
        }
    }

    /// Whether this is the row that a record says to be the same as in some fields, and small.
    fn tells(&self, record: &ClientRow<'_>) -> bool {
        record.again.fields != 0 && record.again.place == self.place.offset && self.wide.is_none()
    }

    /// Takes over the fields of a record but for those in `again`; texts get their numbers in `texts`. `before` are those of
    /// a row before, of which most are the same.
    pub fn take(
        &mut self,
        record: &ClientRow<'_>,
        again: u64,
        before: &Texts,
        finder: &mut Finder,
        texts: &mut Interner,
    ) {
        let is_new = |at: usize| again.checked_shr(at as u32).is_none_or(|bits| bits & 1 == 0);
        for (at, (key, value)) in record.fields.iter().enumerate().filter(|(at, _)| is_new(*at)) {
            let Some(field) = finder.find(at, key) else { continue };
            match SLOTS.get(field as usize) {
                Some(Slot::Id) => self.id = number(value).and_then(|id| u64::try_from(id).ok()),
                Some(Slot::Text(slot)) => {
                    if let (Some(text), Some(before)) = (self.texts.get_mut(*slot), before.get(*slot)) {
                        let again = *before != NO_TEXT && same(texts.get(*before), value);
                        *text = if again { *before } else { texts.intern(hash(value), value) };
                    }
                }
                Some(Slot::Number(slot)) => self.set(*slot, number(value).unwrap_or(NO_NUMBER)),
                Some(Slot::Nowhere) | None => {}
            }
        }
    }

    fn set(&mut self, slot: usize, number: i64) {
        match narrow(number).filter(|_| self.wide.is_none()) {
            Some(number) => self.small.get_mut(slot).into_iter().for_each(|held| *held = number),
            None => {
                let all = || {
                    Box::new(self.small.map(|small| if small == NO_SMALL { NO_NUMBER } else { small.into() }))
                };
                self.wide.get_or_insert_with(all).get_mut(slot).into_iter().for_each(|held| *held = number);
            }
        }
    }

    /// The number of a field's text.
    pub fn text(&self, field: Field) -> u32 {
        match SLOTS.get(field as usize) {
            Some(Slot::Text(slot)) => self.texts.get(*slot).copied().unwrap_or(NO_TEXT),
            _ => NO_TEXT,
        }
    }

    /// A field's number.
    pub fn number(&self, field: Field) -> Option<i64> {
        match SLOTS.get(field as usize) {
            Some(Slot::Number(slot)) => match &self.wide {
                Some(wide) => wide.get(*slot).copied().filter(|number| *number != NO_NUMBER),
                None => {
                    self.small.get(*slot).filter(|number| **number != NO_SMALL).map(|number| (*number).into())
                }
            },
            _ => None,
        }
    }

    /// Seconds since it connected; -1 is none.
    pub fn age(&self) -> Option<i64> {
        self.number(Field::Age).filter(|age| *age >= 0)
    }

    /// Texts get the numbers that `numbers` gives for theirs.
    pub fn renumber(&mut self, numbers: &[u32]) {
        for text in &mut self.texts {
            *text = numbers.get(*text as usize).copied().unwrap_or(NO_TEXT);
        }
    }

    /// What parts snapshots.
    pub fn mark(&self, texts: &Interner) -> Mark {
        let text = |field| texts.get(self.text(field));
        Mark::new(self.id, text(Field::Addr), self.number(Field::Fd)).timed(self.time).aged(
            self.number(Field::Age),
            self.number(Field::Idle),
            text(Field::Cmd),
        )
    }

    /// Bytes that wait for the client to read them; `None` where the version prints neither part.
    pub fn output(&self) -> Option<i64> {
        match (self.number(Field::Obl), self.number(Field::Omem)) {
            (None, None) => None,
            (fixed, list) => Some(fixed.unwrap_or(0).saturating_add(list.unwrap_or(0))),
        }
    }

    /// The letters of its flags.
    pub fn flags(&self, texts: &Interner) -> Flags {
        let all = texts.get(self.text(Field::Flags)).iter();
        Flags(all.fold(0, |flags, letter| flags | 1_u128.checked_shl((*letter).into()).unwrap_or(0)))
    }

    /// What the connection is for, as [`crate::report::connections::ByType`] tells.
    pub fn kind(&self, flags: Flags) -> Kind {
        let has = |letter| flags.has(letter);
        let subscribed = [Field::Sub, Field::Psub, Field::Ssub]
            .into_iter()
            .any(|field| self.number(field).is_some_and(|count| count > 0));
        if has(b'O') {
            Kind::Monitor
        } else if has(b'S') || has(b'g') {
            Kind::Replica
        } else if has(b'M') || has(b'o') {
            Kind::Master
        } else if has(b'P') || subscribed {
            Kind::Pubsub
        } else {
            Kind::Normal
        }
    }
}

/// Flags, a bit for each that is ASCII.
#[derive(Clone, Copy, Debug)]
pub struct Flags(u128);

impl Flags {
    /// Whether a letter, which is ASCII, is one of them.
    pub fn has(self, letter: u8) -> bool {
        self.0 >> (letter & 0x7f) & 1 == 1
    }
}

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing of the others.
    Normal,
    /// Subscribed.
    Pubsub,
    /// A replica.
    Replica,
    /// The link to a master.
    Master,
    /// MONITOR.
    Monitor,
}

impl Kind {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Normal => "normal",
            Kind::Pubsub => "pubsub",
            Kind::Replica => "replica",
            Kind::Master => "master",
            Kind::Monitor => "monitor",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Again;
    use crate::format::client_list::row::fields;

    fn row(text: &str, texts: &mut Interner) -> Row {
        let mut pairs = Vec::new();
        fields(text.as_bytes(), &mut pairs, &mut Finder::default()).unwrap();
        let again = Again::default();
        let record = ClientRow { place: Place::default(), bytes: 0, time: None, fields: &pairs, again };
        let (mut row, again) = Row::of(None, &record, 0);
        row.take(&record, again, &NO_TEXTS, &mut Finder::default(), texts);
        row
    }

    #[test]
    fn missing_is_not_zero() {
        let mut texts = Interner::default();
        let row = row("id=7 addr=a:1 fd=-1 name= age=-1 omem=x", &mut texts);
        assert_eq!((row.id, row.number(Field::Fd), row.number(Field::Age)), (Some(7), Some(-1), Some(-1)));
        assert_eq!((row.number(Field::Idle), row.number(Field::Omem)), (None, None));
        assert_eq!((row.text(Field::User), texts.get(row.text(Field::Name))), (NO_TEXT, &b""[..]));
        assert_eq!(row.output(), None);
    }

    #[test]
    fn kinds_follow_flags_and_subscriptions() {
        for (fields, kind) in [
            ("flags=N sub=0 psub=0", Kind::Normal),
            ("flags=N sub=0 psub=1", Kind::Pubsub),
            ("flags=P sub=0 ssub=0", Kind::Pubsub),
            ("flags=O sub=0 psub=0", Kind::Monitor),
            ("flags=SO sub=0 psub=0", Kind::Monitor),
            ("flags=S sub=0 psub=0", Kind::Replica),
            ("flags=M sub=0 psub=0", Kind::Master),
            ("flags=b sub=0 psub=0", Kind::Normal),
            ("sub=0 psub=0", Kind::Normal),
        ] {
            let mut texts = Interner::default();
            let row = row(&format!("id=7 addr=a:1 fd=3 name= {fields}"), &mut texts);
            assert_eq!(row.kind(row.flags(&texts)), kind, "{fields}");
        }
    }
}
