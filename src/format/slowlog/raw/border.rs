//! Where raw output can be cut without looking at all of it.
//!
//! A place weighs steps to the next [`WINDOW`] places and no others. So a border is certain in the middle of a stretch
//! of twice as many places, each of which is an entry up to the next one, with a socket's address at its end, and
//! goes on with the next id or with a later poll in which no id is lower. There the way goes from each place
//! to the next one, whatever stands before and behind:
//!
//! - A step within the stretch skips an entry or more, each of which is worth a step of a poll at least. It ends
//!   behind an address too, so it weighs no more than the step to the next place does: as an entry with the next
//!   id if that place has it, else as a poll.
//! - A step of a poll would weigh less if the next id came later, which it does not, since none is lower.
//! - So sums behind the border differ from those in front of it by the same number, whatever it is, for all places
//!   that can be seen from further in front.

use super::chain::{Scales, WINDOW};
use super::room::Room;
use super::shape::Shape;
use super::weight::{ENTRY, POLL, weigh};
use super::{Path, Places};
use crate::format::slowlog::entry::Address;

/// Places that are certain on either side of a border.
const AROUND: usize = WINDOW + 8;

/// Bytes at a window's end in which a border is looked for, first and at most.
const TAILS: [usize; 3] = [256 << 10, 1 << 20, 4 << 20];

/// How all entries of an input are read, as its start tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::format::slowlog) struct Scale {
    pub(super) shape: Shape,
    /// As [`Scales`] has it.
    pub(super) sparse: bool,
    /// As [`Places`] has it.
    pub(super) crlf: bool,
}

impl Scale {
    /// That of an input which starts with `head`, if enough of it is there to tell.
    pub(in crate::format::slowlog) fn of(head: &[u8]) -> Option<Self> {
        let places = Places::of(head);
        Path::of_sample(&places).map(|scales| scales.scale(places.crlf))
    }
}

/// The last border in `text`, 0 if there is none. Behind it the same number of places stands that are certain.
pub(in crate::format::slowlog) fn last_border(text: &[u8], scale: Scale) -> usize {
    // Without addresses nothing is certain.
    if !matches!(scale.shape, Shape::Six | Shape::Seven) {
        return 0;
    }
    for tail in TAILS {
        let from = text.len().saturating_sub(tail);
        let rest = text.get(from..).unwrap_or_default();
        // A line starts there, or behind the next line end.
        let line = if from == 0 { Some(0) } else { memchr::memchr(b'\n', rest).map(|end| end + 1) };
        let found = line.and_then(|line| Some(line + border(rest.get(line..)?, scale)?));
        match found {
            Some(at) => return from + at,
            None if from == 0 => return 0,
            None => {}
        }
    }
    0
}

fn border(text: &[u8], scale: Scale) -> Option<usize> {
    let Room { from, starts, best, dead } = Room::take();
    let places = Places::within(text, Some(scale.crlf), from, starts);
    let at = certain(&places, scale);
    Room { from: places.from, starts: places.starts, best, dead }.give();
    at
}

fn certain(places: &Places<'_>, scale: Scale) -> Option<usize> {
    let scales = Scales::new(places, scale);
    let mut certain = 0;
    for at in (0..places.starts.len().checked_sub(WINDOW + 1)?).rev() {
        certain = if goes_on(places, &scales, at) { certain + 1 } else { 0 };
        if certain == 2 * AROUND {
            return places.starts.get(at + AROUND).map(|start| places.lines().at(start.line()));
        }
    }
    None
}

/// Whether the entry at a place is certain to end at the next one.
fn goes_on(places: &Places<'_>, scales: &Scales<'_>, at: usize) -> bool {
    let Some([start, behind @ ..]) = places.starts.get(at..=at + WINDOW) else { return false };
    let (Some(next), Some(segment)) = (behind.first(), scales.segment(at, at + 1)) else { return false };
    let consecutive = start.precedes(next);
    if !consecutive && behind.iter().any(|place| place.id < start.id) {
        return false;
    }
    let weighed = weigh(segment, next, consecutive, scales.shape, scales.sparse);
    weighed.is_some_and(|step| step.fit.address == Address::Socket && step.weight >= ENTRY + POLL)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::read;
    use super::*;
    use crate::format::slowlog::testing::Told;

    /// A poll: how many ids it is ahead of the one before, its entries, and which of them holds data that looks
    /// like entries.
    type Poll = (u64, usize, Option<(usize, u8)>);

    fn text(polls: &[Poll], newline: &str) -> String {
        let (mut newest, mut time, mut out) = (100, 1_795_172_000, String::new());
        for (ahead, entries, data) in polls {
            (newest, time) = (newest + ahead, time + 5);
            for entry in 0..*entries as u64 {
                let id = newest.saturating_sub(entry);
                out += &format!("{id}\n{time}\n7\nSET\nk\n");
                match data.filter(|(at, _)| *at == entry as usize) {
                    // What goes on with the id, what does not, and what is cut off.
                    Some((_, 0)) => {
                        for imitated in 1..12 {
                            let id = id.saturating_sub(imitated);
                            out += &format!("{id}\n{time}\n7\nGET\nk\n10.0.0.7:40630\napp\n");
                        }
                    }
                    Some((_, 1)) => out += "7\n1795172000\n7\nGET\nk\n10.0.0.7:40630\n\n",
                    Some((_, 2)) => out += "7\n1795172000\n7\n",
                    _ => out += "v\n",
                }
                out += "10.0.0.7:40630\napp\n";
            }
        }
        out.replace('\n', newline)
    }

    /// Polls in which anything can stand.
    fn wild() -> impl Strategy<Value = Vec<Poll>> {
        let data = prop::option::weighted(0.2, (0_usize..20, 0_u8..3));
        let poll = (prop_oneof![4 => 20_u64..40, 1 => 0_u64..20], 1_usize..21, data);
        prop::collection::vec(poll, 0..50)
    }

    /// Enough polls, in which nothing but entries stands.
    fn calm() -> impl Strategy<Value = Vec<Poll>> {
        let several = prop::collection::vec((20_u64..40, 15_usize..21, Just(None)), 125..160);
        let one = (1_u64..3, 1_900_usize..2_000).prop_map(|(ahead, polls)| vec![(ahead, 1, None); polls]);
        prop_oneof![3 => several, 1 => one]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn what_is_cut_there_is_read_as_the_whole_is(
            before in wild(),
            within in calm(),
            behind in wild(),
            crlf in any::<bool>(),
        ) {
            let text = text(&[before, within, behind].concat(), if crlf { "\r\n" } else { "\n" }).into_bytes();
            let Some(scale) = Scale::of(&text) else { return Ok(()) };
            let at = last_border(&text, scale);
            prop_assert!(at > 0 || scale.shape == Shape::Four);
            let mut whole = Told::default();
            read(&text, 0, None, &mut whole);
            let mut parts = Told::default();
            read(&text[..at], 0, Some(scale), &mut parts);
            read(&text[at..], at as u64, Some(scale), &mut parts);
            prop_assert_eq!(whole, parts, "{}", at);
        }
    }

    #[test]
    fn there_are_borders_in_polls_and_between_them() {
        let long: Vec<Poll> = (0..100).map(|_| (30, 20, None)).collect();
        let one: Vec<Poll> = (0..2_000).map(|_| (1, 1, None)).collect();
        for polls in [long, one] {
            let text = text(&polls, "\n");
            let scale = Scale::of(text.as_bytes()).unwrap();
            let at = last_border(text.as_bytes(), scale);
            assert!(at > 0 && text[..at].ends_with("app\n"));
        }
        let few = text(&[(30, 20, None); 30], "\n");
        assert_eq!(last_border(few.as_bytes(), Scale::of(few.as_bytes()).unwrap()), 0);
    }
}
