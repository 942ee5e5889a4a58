//! Byte strings that take no room of their own where they are short.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::ops::Deref;

/// Bytes that are kept in place: most names and addresses. With their number they take what a `Vec` does.
const SHORT: usize = 22;

/// A byte string. A report has many, most of them short.
#[derive(Clone, Debug)]
pub struct Text(Held);

#[derive(Clone, Debug)]
enum Held {
    Short(u8, [u8; SHORT]),
    Long(Box<[u8]>),
}

impl Text {
    /// None.
    pub const EMPTY: Text = Text(Held::Short(0, [0; SHORT]));

    /// Its bytes.
    pub fn as_slice(&self) -> &[u8] {
        match &self.0 {
            Held::Short(len, bytes) => bytes.get(..usize::from(*len)).unwrap_or_default(),
            Held::Long(bytes) => bytes,
        }
    }
}

impl Deref for Text {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.as_slice()
    }
}

impl From<&[u8]> for Text {
    fn from(bytes: &[u8]) -> Self {
        let mut short = [0; SHORT];
        match (short.get_mut(..bytes.len()), u8::try_from(bytes.len())) {
            (Some(place), Ok(len)) => {
                place.copy_from_slice(bytes);
                Text(Held::Short(len, short))
            }
            _ => Text(Held::Long(bytes.into())),
        }
    }
}

impl From<Vec<u8>> for Text {
    fn from(bytes: Vec<u8>) -> Self {
        if bytes.len() > SHORT { Text(Held::Long(bytes.into())) } else { Text::from(bytes.as_slice()) }
    }
}

impl Default for Text {
    fn default() -> Self {
        Text::EMPTY
    }
}

impl AsRef<[u8]> for Text {
    fn as_ref(&self) -> &[u8] {
        self.as_slice()
    }
}

impl<T: AsRef<[u8]> + ?Sized> PartialEq<T> for Text {
    fn eq(&self, other: &T) -> bool {
        self.as_slice() == other.as_ref()
    }
}

impl PartialEq<Text> for &[u8] {
    fn eq(&self, other: &Text) -> bool {
        *self == other.as_slice()
    }
}

impl Eq for Text {}

impl PartialOrd for Text {
    fn partial_cmp(&self, other: &Text) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Text {
    fn cmp(&self, other: &Text) -> Ordering {
        self.as_slice().cmp(other.as_slice())
    }
}

impl Hash for Text {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_slice().hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_what_they_were_made_of() {
        let all: Vec<u8> = (0..2 * SHORT as u8).rev().collect();
        for length in 0..all.len() {
            let bytes = &all[..length];
            let (one, other) = (Text::from(bytes), Text::from(bytes.to_vec()));
            assert_eq!((one.as_slice(), other.as_slice()), (bytes, bytes));
            assert_eq!((&one, one.cmp(&other)), (&other, Ordering::Equal));
            let more = Text::from(&all[..=length]);
            assert_eq!((one == more, one.cmp(&more)), (false, Ordering::Less));
        }
        assert!(Text::default().is_empty());
    }

    #[test]
    fn what_is_kept_in_place_takes_no_more_than_what_tells_of_it_elsewhere() {
        assert_eq!(size_of::<Option<Text>>(), size_of::<Vec<u8>>());
    }
}
