//! The fields of rows that follow each other: nearly all have the same keys in the same order, and most values are those
//! of the row before. What stands there again byte for byte is not read again.

use wide::u8x16;

use super::field::{Field, Finder};
use super::row::{self, Flaw, LEAST, Pair, space};
use crate::event::Again;

/// See the module.
#[derive(Debug, Default)]
pub struct Fields<'a> {
    pairs: Vec<Pair<'a>>,
    /// The row that was read last, and its place.
    text: &'a [u8],
    place: u64,
    /// Where in it each field begins; empty where the next row cannot be compared to it.
    starts: Vec<usize>,
    again: Again,
}

/// Fields that a row may have to be compared: those for which there is a bit.
const MOST: usize = u64::BITS as usize;

// Each known field has a bit too.
const _: () = assert!(Field::ALL.len() <= MOST);

impl<'a> Fields<'a> {
    /// Reads a row that begins with its anchor and stands at `place`; `finder` knows the order of the rows before.
    pub fn read(&mut self, text: &'a [u8], place: u64, finder: &mut Finder) -> Result<(), Flaw> {
        self.again = Again { place: self.place, fields: 0 };
        let is_read = self.next(text, finder) || self.first(text, finder);
        (self.text, self.place) = (text, place);
        if is_read {
            return Ok(());
        }
        self.starts.clear();
        self.again.fields = 0;
        row::fields(text, &mut self.pairs, finder)
    }

    /// Keys and values in their order.
    pub fn pairs(&self) -> &[Pair<'a>] {
        &self.pairs
    }

    /// Which of them are the same as in the row before.
    pub fn again(&self) -> Again {
        self.again
    }

    /// Reads a row with the keys of the one before.
    fn next(&mut self, text: &'a [u8], finder: &Finder) -> bool {
        let (mut at, mut from) = (0, 0);
        while let Some(before) = self.starts.get(at).copied() {
            let (now, rest) = (from, self.text.get(before..).unwrap_or_default());
            let same = common(text.get(from..).unwrap_or_default(), rest);
            while let Some([start, next]) =
                self.starts.get_mut(at..at + 2).and_then(|pair| pair.first_chunk_mut())
                && *next - before <= same
            {
                *start = from;
                from = now + (*next - before);
                self.again.fields |= 1 << at;
                at += 1;
            }
            // What differs, or is the last.
            let (Some(held), Some(start)) = (self.pairs.get_mut(at), self.starts.get_mut(at)) else {
                return false;
            };
            let Some((pair, next)) = finder.expected(at).and_then(|field| one(text, from, field)) else {
                return false;
            };
            if !std::ptr::eq(held.0, pair.0) {
                return false;
            }
            (*held, *start) = (pair, from);
            (at, from) = (at + 1, next);
        }
        at > 0 && from == text.len() + 1
    }

    /// Reads a row with the fields of those before in the same order, all of them known and no value with a space.
    fn first(&mut self, text: &'a [u8], finder: &Finder) -> bool {
        self.pairs.clear();
        self.starts.clear();
        self.again.fields = 0;
        let (mut from, mut met, mut is_each_once) = (0, 0_u64, true);
        for field in finder.seen() {
            let Some((field, (pair, next))) = field.and_then(|field| Some((field, one(text, from, field)?)))
            else {
                return false;
            };
            let bit = 1 << field as u32;
            if met & bit != 0 {
                is_each_once = false;
                // Another row begins there.
                if field == Field::Addr {
                    return false;
                }
            }
            met |= bit;
            self.pairs.push(pair);
            self.starts.push(from);
            from = next;
        }
        if !is_each_once || self.pairs.len() > MOST {
            self.starts.clear();
        }
        self.pairs.len() >= LEAST && from == text.len() + 1
    }
}

/// The field that begins at `from` if it is this one, and where the next one begins.
#[inline]
fn one(text: &[u8], from: usize, field: Field) -> Option<(Pair<'_>, usize)> {
    let behind = field.value_in(text.get(from..)?)?;
    let end = space(behind);
    Some(((field.key(), behind.get(..end)?), text.len() - behind.len() + end + 1))
}

/// With how many equal bytes two texts start at least.
#[inline]
fn common(a: &[u8], b: &[u8]) -> usize {
    let (parts, others) = (a.as_chunks::<16>().0, b.as_chunks::<16>().0);
    let mut same = 0;
    for (part, other) in parts.iter().zip(others) {
        let are = u8x16::new(*part).simd_eq(u8x16::new(*other)).to_bitmask();
        if are != 0xffff {
            return same + are.trailing_ones() as usize;
        }
        same += 16;
    }
    same
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A row as some values: of `name` a few forms, of the others numbers.
    fn row(values: &[usize], order: usize) -> String {
        let names = ["", "a", "worker-1", "two words", "a=b", "addr=x", "fd=9"];
        let name = names[values[1] % names.len()];
        let (id, age, idle) = (values[0], values[2], values[3]);
        match order {
            0..6 => format!(
                "id={id} addr=10.0.0.7:{} fd=8 name={name} age={age} idle={idle} flags=N db=0 sub=0 psub=0 multi=-1 \
                 qbuf={} obl=0 cmd=get user=default",
                40_000 + id,
                values[4],
            ),
            6 => format!(
                "id={id} addr=a:1 name={name} fd=8 age={age} db=0 sub=0 psub=0 db=0 idle={idle} cmd=get"
            ),
            7 => format!("id={id} addr=a:1 fd=8 age={age} idle={idle} name={name} cmd=get novel=1"),
            8 => format!("id={id} addr=a:1 fd=8 name={name} addr=b:2 age=1 idle=0 "),
            _ => format!("id={id} addr=/tmp/a b.sock:0 fd=8 name={name} age=1"),
        }
    }

    proptest! {
        #[test]
        fn rows_are_read_as_each_for_itself(
            rows in prop::collection::vec((prop::collection::vec(0_usize..12, 5), 0_usize..10, 1_usize..4), 1..12),
        ) {
            let rows: Vec<String> =
                rows.iter().flat_map(|(values, order, times)| vec![row(values, *order); *times]).collect();
            let (mut finder, mut fields) = (Finder::default(), Fields::default());
            let mut before: Vec<Pair<'_>> = Vec::new();
            for (place, text) in (0..).zip(&rows) {
                let mut alone = Vec::new();
                let read = row::fields(text.as_bytes(), &mut alone, &mut Finder::default());
                prop_assert_eq!(fields.read(text.as_bytes(), place, &mut finder), read, "{}", text);
                let again = fields.again();
                if read.is_ok() {
                    prop_assert_eq!(fields.pairs(), &alone[..], "{}", text);
                } else {
                    prop_assert_eq!(again.fields, 0);
                }
                if again.fields != 0 {
                    prop_assert_eq!(again.place + 1, place);
                    let keys = |pairs: &[Pair<'_>]| -> Vec<Vec<u8>> { pairs.iter().map(|(key, _)| key.to_vec()).collect() };
                    prop_assert_eq!(keys(&alone), keys(&before));
                }
                for (at, (pair, held)) in alone.iter().zip(&before).enumerate() {
                    prop_assert!(again.fields >> at & 1 == 0 || pair == held, "{} {}", text, at);
                }
                before = alone;
            }
        }
    }

    #[test]
    fn what_stands_there_again_is_told() {
        let rows = [
            "id=1 addr=10.0.0.7:4000 fd=8 name=a age=2 idle=0 flags=N db=0 sub=0 psub=0 multi=-1 cmd=get",
            "id=1 addr=10.0.0.7:4000 fd=8 name=a age=2 idle=0 flags=N db=0 sub=0 psub=0 multi=-1 cmd=get",
            "id=12 addr=10.0.0.7:4001 fd=8 name=b age=2 idle=0 flags=N db=0 sub=0 psub=0 multi=-1 cmd=set",
        ];
        let (mut finder, mut fields) = (Finder::default(), Fields::default());
        let mut again = Vec::new();
        for text in rows {
            fields.read(text.as_bytes(), 7, &mut finder).unwrap();
            again.push(fields.again().fields);
        }
        // The first two tell the order and where fields begin.
        assert_eq!((again[0], again[1]), (0, 0));
        assert_eq!(again[2] & 0b1011, 0);
        assert_eq!(again[2].count_ones(), 8, "{:b}", again[2]);
    }
}
