//! Names that look like what stands around them, and what comes between messages.

use proptest::prelude::*;

use super::printed::printed;
use super::*;

/// What a block says.
#[derive(Debug, Default, PartialEq)]
struct Read {
    /// Database, event and key.
    messages: Vec<(u32, Vec<u8>, Vec<u8>)>,
    losses: Vec<u64>,
    noise: u64,
    truncated: u64,
    rejected: u64,
    bytes: u64,
}

impl Sink for Read {
    fn notice(&mut self, notice: &Notice<'_>) {
        self.bytes += notice.bytes;
        self.messages.push((notice.database, notice.event.to_vec(), notice.key.to_vec()));
    }
    fn loss(&mut self, loss: &Loss) {
        self.losses.push(loss.place.line + 1);
    }
    fn reject(&mut self, reject: Reject<'_>) {
        self.bytes += reject.bytes;
        self.rejected += 1;
    }
    fn skip(&mut self, _: Place, bytes: u64, why: Skipped) {
        self.bytes += bytes;
        match why {
            Skipped::Noise | Skipped::Refusal => self.noise += 1,
            Skipped::Truncated => self.truncated += 1,
        }
    }
    fn gap(&mut self, _: Place) {}
}

fn read(text: &[u8], doubled: bool) -> Read {
    let mut read = Read::default();
    Reader::new(doubled, 0).read(text, &mut read, &mut |_| true);
    assert_eq!(read.bytes, text.len() as u64);
    read
}

/// One whole message in raw output, and what it says.
const K: &str = "pmessage\n*\n__keyspace@0__:k\nset\n";

#[test]
fn other_channels_are_no_part_of_keys() {
    // Messages, noise, truncated.
    for (text, counts) in [
        (format!("{K}pmessage\n*\nnews\nhello\n{K}"), [2, 1, 0]),
        (format!("{K}pmessage\n*\nnews\nhello\nyou\n{K}"), [2, 2, 0]),
        (format!("{K}pmessage\nn?ws\nnews\n\n{K}"), [2, 1, 0]),
        (format!("pmessage\n*\nnews\n{K}{K}"), [2, 1, 0]),
        (format!("{K}pmessage\r\n*\r\nnews\r\nhello\r\n{K}"), [2, 1, 0]),
        (
            "message\n__keyevent@0__:set\nk\nmessage\nnews\nhello\nmessage\n__keyevent@0__:set\nk\n".into(),
            [2, 3, 0],
        ),
        (format!("{K}message\nnews\nhello\n{K}"), [2, 3, 0]),
        (format!("{K}pmessage\n__key*\nnews\nset\n{K}"), [2, 0, 0]),
    ] {
        let read = read(text.as_bytes(), false);
        assert_eq!([read.messages.len() as u64, read.noise, read.truncated], counts, "{text}");
        assert_eq!((read.rejected, read.losses.len()), (0, 0));
    }
}

#[test]
fn what_was_cut_off_takes_nothing_along() {
    let (terminal, csv) = (
        "1) \"pmessage\"\n2) \"*\"\n3) \"__keyspace@0__:k\"\n4) \"set\"\n",
        "\"pmessage\",\"*\",\"__keyspace@0__:k\",\"set\"\n",
    );
    // Messages, truncated, rejected, losses: each with the next message and with a new subscription behind.
    for (whole, cut, counts) in [
        (K, "pmessage\n*\n__keyspace@0__:cut\n", [2, 1, 0]),
        (K, "pmessage\n*\n", [2, 1, 0]),
        (K, "pmessage\n", [2, 1, 0]),
        (terminal, "1) \"pmessage\"\n2) \"*\"\n", [2, 1, 0]),
        (csv, "\"pmessage\",\"*\",\"__keyspace@0__:c\n", [2, 0, 1]),
    ] {
        let answer = match whole {
            K => "psubscribe\n*\n1\n",
            _ if whole == csv => "\"psubscribe\",\"*\",1\n",
            _ => "1) \"psubscribe\"\n2) \"*\"\n3) (integer) 1\n",
        };
        for between in ["", answer] {
            let text = format!("{whole}{cut}{between}{whole}");
            let read = read(text.as_bytes(), false);
            // What stands behind a whole message in raw output is one with it, until it is taken off.
            let found = [read.messages.len() as u64, read.truncated, read.rejected];
            assert_eq!(found, counts, "{text}");
            assert!(
                read.messages.iter().all(|(_, event, key)| (&event[..], &key[..]) == (b"set", b"k")),
                "{text}"
            );
            assert_eq!(read.losses.len(), usize::from(!between.is_empty()), "{text}");
        }
    }
}

#[test]
fn nothing_is_no_key() {
    for text in [
        "{\"channel\":\"__keyevent@0__:set\",\"data\":null}\n",
        "{'type': 'pmessage', 'pattern': b'*', 'channel': b'__keyevent@0__:set', 'data': None}\n",
    ] {
        let read = read(text.as_bytes(), false);
        assert_eq!((read.messages.len(), read.rejected), (0, 1), "{text}");
    }
}

/// Parts of names that have a meaning somewhere.
const PARTS: [&[u8]; 20] = [
    b"user:1",
    b"\"",
    b"'",
    b"\\",
    b"\\x41",
    b"\\n",
    b",",
    b"\",\"",
    b"__keyspace@0__:",
    b"__keyevent@0__:set",
    b"__:",
    b"pmessage",
    b"message",
    b"1) \"pmessage\"",
    b"{\"channel\":\"x\"}",
    b"[",
    b" - ERROR - ",
    b"Error: Server closed the connection",
    b"\t",
    b" ",
];

/// Parts that not every form can hold unharmed.
const BINARY: [&[u8]; 7] =
    [b"\n", b"\r", b"\xff\xfe", b"\0", b"\x1b[0m", "é".as_bytes(), b"\nmessage of a kind\n"];

fn key(binary: bool) -> impl Strategy<Value = Vec<u8>> {
    let odd = if binary { BINARY.to_vec() } else { vec![&b"k"[..]] };
    let part = prop_oneof![3 => proptest::sample::select(PARTS.to_vec()), 1 => proptest::sample::select(odd)];
    proptest::collection::vec(part, 0..5).prop_map(|parts| parts.concat())
}

/// What a subscriber of a form prints for its subscription.
fn answer(form: usize) -> &'static [u8] {
    match form {
        0 => b"psubscribe\n__key*__:*\n1\n",
        1 => b"\"psubscribe\",\"__key*__:*\",1\n",
        2 => b"1) \"psubscribe\"\n2) \"__key*__:*\"\n3) (integer) 1\n",
        3 | 4 => b"[\"psubscribe\",\"__key*__:*\",1]\n",
        _ => b"{'type': 'psubscribe', 'pattern': None, 'channel': b'__key*__:*', 'data': 1}\n",
    }
}

/// Prints each change twice, with subscriptions anew where `anew` says so, and reads it back.
fn holds(form: usize, changes: &[(u32, usize, Vec<u8>, bool)], returns: bool) -> Result<(), TestCaseError> {
    let mut text = answer(form).to_vec();
    let mut expected = Vec::new();
    let (mut anew, mut lost) = (0, 0);
    for (at, (database, event, key, again)) in changes.iter().enumerate() {
        if *again {
            text.extend(answer(form));
            anew += 1;
            // One of several in a row is enough.
            lost += usize::from(at > 0);
        }
        let event = ["set", "expired", "xgroup-create"][*event].as_bytes();
        let space = [format!("__keyspace@{database}__:").as_bytes(), key].concat();
        let by_event = [format!("__keyevent@{database}__:").as_bytes(), event].concat();
        text.extend(printed(form, [b"__key*__:*", &space, event]));
        text.extend(printed(form, [b"__key*__:*", &by_event, key]));
        expected.extend([(*database, event.to_vec(), key.clone()), (*database, event.to_vec(), key.clone())]);
    }
    if returns {
        text = text.split(|byte| *byte == b'\n').collect::<Vec<_>>().join(&b"\r\n"[..]);
    }
    let read = read(&text, form == 4);
    prop_assert_eq!(&read.messages, &expected);
    prop_assert_eq!((read.noise, read.truncated, read.rejected), (1 + anew, 0, 0));
    prop_assert_eq!(read.losses.len(), 1 + lost);
    Ok(())
}

proptest! {
    #[test]
    fn every_form_holds_any_name(
        changes in proptest::collection::vec((0..3_u32, 0..3_usize, key(false), any::<bool>()), 0..12),
        form in 0..7_usize,
        returns in any::<bool>(),
    ) {
        holds(form, &changes, returns)?;
    }

    #[test]
    fn escapes_hold_any_byte(
        changes in proptest::collection::vec((0..3_u32, 0..3_usize, key(true), any::<bool>()), 0..12),
        // Raw output has no escapes; text in JSON and Python is Unicode.
        form in proptest::sample::select(vec![1_usize, 2, 4, 5]),
        returns in any::<bool>(),
    ) {
        holds(form, &changes, returns)?;
    }

    #[test]
    fn raw_output_is_found_again_behind_line_ends(
        changes in proptest::collection::vec((0..3_u32, 0..3_usize, "[a-z\n:]{0,6}[a-z]", any::<bool>()), 0..12),
        returns in any::<bool>(),
    ) {
        let changes: Vec<_> = changes.into_iter().map(|(a, b, key, d)| (a, b, key.into_bytes(), d)).collect();
        holds(0, &changes, returns)?;
    }
}
