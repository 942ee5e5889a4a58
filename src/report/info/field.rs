//! How the report's fields take what a server prints.

use crate::output::notation::Time;
use crate::report::Bytes;

/// One value of a dump, for outputs that write all of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'a> {
    /// A count or an amount.
    Count(Option<u64>),
    /// An amount that can be below 0.
    Signed(Option<i64>),
    /// A ratio, share or fraction.
    Real(Option<f64>),
    /// A byte string.
    Text(Option<&'a Bytes>),
    /// A time.
    Time(Option<Time>),
}

/// A group of fields whose names the server tells.
pub trait Fields: Default {
    /// Takes in a field; says no where the group has no such field, has it already, or cannot read it.
    fn take(&mut self, key: &[u8], value: &[u8]) -> bool;

    /// Shows every value, in order.
    fn cells<'a>(&'a self, see: &mut dyn FnMut(&'static str, Cell<'a>));
}

/// A type of values, by how a server prints them.
pub(super) trait Value: Sized {
    fn read(text: &[u8]) -> Option<Self>;
    fn cell(held: &Option<Self>) -> Cell<'_>;
}

/// A number that fills its text.
fn number<N: std::str::FromStr>(text: &[u8]) -> Option<N> {
    let digits = text.iter().all(|b| b.is_ascii_digit() || matches!(b, b'-' | b'+' | b'.' | b'e'));
    std::str::from_utf8(text).ok().filter(|_| digits)?.parse().ok()
}

impl Value for u64 {
    fn read(text: &[u8]) -> Option<Self> {
        number(text)
    }
    fn cell(held: &Option<Self>) -> Cell<'_> {
        Cell::Count(*held)
    }
}

impl Value for i64 {
    fn read(text: &[u8]) -> Option<Self> {
        number(text)
    }
    fn cell(held: &Option<Self>) -> Cell<'_> {
        Cell::Signed(*held)
    }
}

impl Value for f64 {
    fn read(text: &[u8]) -> Option<Self> {
        number(text).filter(|number: &f64| number.is_finite())
    }
    fn cell(held: &Option<Self>) -> Cell<'_> {
        Cell::Real(*held)
    }
}

impl Value for Bytes {
    fn read(text: &[u8]) -> Option<Self> {
        Some(Bytes::from(text))
    }
    fn cell(held: &Option<Self>) -> Cell<'_> {
        Cell::Text(held.as_ref())
    }
}

impl Value for Time {
    /// Seconds since 1970.
    fn read(text: &[u8]) -> Option<Self> {
        number::<i64>(text)?.checked_mul(1_000_000).map(Time)
    }
    fn cell(held: &Option<Self>) -> Cell<'_> {
        Cell::Time(*held)
    }
}

/// Fills a slot that is free, if the text can be read.
pub(super) fn set<V: Value>(slot: &mut Option<V>, text: &[u8]) -> bool {
    let free = slot.is_none();
    if free {
        *slot = V::read(text);
    }
    free && slot.is_some()
}

/// A group of fields, each with the names that servers print it under; one without names is worked out.
macro_rules! fields {
    ($(#[$about:meta])* $group:ident {
        $($(#[$doc:meta])* $field:ident: $type:ty $(= $($key:literal)|+)?,)+
    }) => {
        $(#[$about])*
        #[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
        pub struct $group {
            $($(#[$doc])* pub $field: Option<$type>,)+
        }

        impl Fields for $group {
            fn take(&mut self, key: &[u8], value: &[u8]) -> bool {
                match key {
                    $($($($key)|+ => set(&mut self.$field, value),)?)+
                    _ => false,
                }
            }

            fn cells<'a>(&'a self, see: &mut dyn FnMut(&'static str, Cell<'a>)) {
                $(see(stringify!($field), Value::cell(&self.$field));)+
            }
        }
    };
}
pub(super) use fields;
