//! Files of no kind, because the server had no room for who was to make them.

use super::monitor::noise::is_noise;
use crate::event::{Place, is_refusal};

/// What stands where a capture should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Lines with the server's answer.
    pub lines: u64,
    /// The first of them.
    pub first: Place,
}

/// The refusals in `head`, if there are at least as many as lines that are neither these nor what tools print around:
/// a script that asks again and again may print the time in front of each, and a text that quotes one is none.
pub fn refused(head: &[u8]) -> Option<Refused> {
    let (mut found, mut others) = (None, 0);
    let mut place = Place::default();
    for line in head.split_inclusive(|byte| *byte == b'\n') {
        if is_refusal(line) {
            found.get_or_insert(Refused { lines: 0, first: place }).lines += 1;
        } else if !is_noise(line) {
            others += 1;
        }
        place.offset += line.len() as u64;
        place.line += 1;
    }
    found.filter(|found| found.lines >= others)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_told_where_they_are_what_a_file_holds() {
        let found = |lines, offset, line| Some(Refused { lines, first: Place { offset, line } });
        for (head, expected) in [
            ("ERR max number of clients reached\n", found(1, 0, 0)),
            ("-ERR max number of clients reached\r\n", found(1, 0, 0)),
            ("(error) ERR max number of clients reached", found(1, 0, 0)),
            ("ERROR,\"ERR max number of clients reached\"\n", found(1, 0, 0)),
            ("HELLO 3 failed: ERR max number of clients reached\n", found(1, 0, 0)),
            ("-ERR max number of clients + cluster connections reached\r\n", found(1, 0, 0)),
            ("\nERR max number of clients reached\nError: Server closed the connection\n", found(1, 1, 1)),
            (
                "10:00\nERR max number of clients reached\n10:01\nERR max number of clients reached\n",
                found(2, 6, 1),
            ),
            ("10:00\na\nERR max number of clients reached\n", None),
            ("At the limit it answers:\nERR max number of clients reached\nSee maxclients.\n", None),
            ("ERR unknown command\n", None),
            ("", None),
        ] {
            assert_eq!(refused(head.as_bytes()), expected, "{head:?}");
        }
    }
}
