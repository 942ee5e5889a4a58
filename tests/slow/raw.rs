//! Raw output of redis-cli, written by an independent few lines and read back: arguments with line ends,
//! binary data, and imitations of entries.

use super::read::read;
use proptest::prelude::*;

/// An entry as the server holds it.
#[derive(Clone, Debug)]
pub struct Logged {
    pub id: u64,
    pub seconds: u64,
    pub us: u64,
    pub args: Vec<Vec<u8>>,
    pub client: Vec<u8>,
    pub name: Vec<u8>,
}

/// Elements of an entry; 5 is Redis Software's.
const ELEMENTS: [u8; 4] = [4, 5, 6, 7];

/// What redis-cli prints where its output is no terminal.
fn write(entries: &[Logged], elements: u8, out: &mut Vec<u8>) {
    for entry in entries {
        let mut lines = vec![
            entry.id.to_string().into_bytes(),
            entry.seconds.to_string().into_bytes(),
            entry.us.to_string().into_bytes(),
        ];
        if elements == 5 {
            lines.push(format!("Complexity info: N:{},M:1", entry.us).into_bytes());
        }
        lines.extend(entry.args.iter().cloned());
        if elements > 5 {
            lines.push(entry.client.clone());
            lines.push(entry.name.clone());
        }
        if elements > 6 {
            lines.push(entry.args.len().to_string().into_bytes());
        }
        for line in lines {
            out.extend(line);
            out.push(b'\n');
        }
    }
}

/// Data with what could mislead a reader. `None` stands for the id that would follow.
#[derive(Clone, Debug)]
pub enum Value {
    Bytes(Vec<u8>),
    /// What looks like another entry, in the middle of other text.
    Imitation {
        id: Option<u64>,
        seconds: u64,
        end: &'static str,
    },
    /// A whole entry with address and name, though no id that could follow.
    Entry {
        id: u64,
        seconds: u64,
    },
}

fn value() -> impl Strategy<Value = Value> {
    let line = prop::sample::select(vec![
        &b"k"[..],
        b"",
        b"\n",
        b"a\nb",
        b"a\n\n",
        b"\r\n",
        b"12",
        b"1795172499",
        b"10.0.0.1:5",
        b"x\x00\xff\n\"q\\",
        b"-1",
        b"... (5 more bytes)",
        b"OK",
        b"---",
        b"caf\xc3\xa9",
        b"1795172499\n12\n13",
    ]);
    prop_oneof![
        4 => line.prop_map(|line| Value::Bytes(line.to_vec())),
        1 => prop::collection::vec(any::<u8>(), 0..40).prop_map(Value::Bytes),
        2 => (prop::option::of(0_u64..40), 1_795_172_000_u64..1_795_174_000, prop::sample::select(vec!["GET", "GET\nk", "SET\na\nb", "x y"]))
            .prop_map(|(id, seconds, end)| Value::Imitation { id, seconds, end }),
        1 => (prop::sample::select(vec![4_u64, 8, 12, 60, 64, 1_000]), 1_795_172_000_u64..1_795_174_000)
            .prop_map(|(id, seconds)| Value::Entry { id, seconds }),
    ]
}

pub fn logged() -> impl Strategy<Value = (Vec<Value>, &'static str, usize, u64, u64)> {
    let command = prop::sample::select(vec![
        ("GET", 1),
        ("SET", 2),
        ("DEL", 3),
        ("HSET", 3),
        ("EVAL", 4),
        ("ping", 0),
        ("NoSuch", 2),
    ]);
    let client = prop::sample::select(vec![0_usize, 0, 0, 1, 2]);
    (prop::collection::vec(value(), 4), command, client, 0_u64..3, 0_u64..2_000_000).prop_map(
        |(values, (name, count), client, later, us)| (values[..count].to_vec(), name, client, later, us),
    )
}

pub fn poll(
    made: Vec<(Vec<Value>, &'static str, usize, u64, u64)>,
    newest: u64,
    end: u64,
    elements: u8,
) -> Vec<Logged> {
    let mut seconds = end;
    let mut id = newest;
    let mut entries = Vec::new();
    for (values, name, client, later, us) in made {
        let mut args = vec![name.as_bytes().to_vec()];
        args.extend(values.into_iter().map(|value| match value {
            Value::Bytes(bytes) => bytes,
            Value::Imitation { id: imitated, seconds, end } => {
                // Without an address behind each entry, an id of the log cannot be told from one in its data.
                let imitated = match imitated {
                    Some(id) if elements > 5 => id,
                    None if elements > 5 => id.saturating_sub(1),
                    other => 100 + other.unwrap_or(50),
                };
                format!("not me\n{imitated}\n{seconds}\n{}\n{end}", us % 100).into_bytes()
            }
            // Nor can whole ones.
            Value::Entry { .. } if elements < 6 => b"v".to_vec(),
            Value::Entry { id, seconds } => imitated(&[id], seconds).into_bytes(),
        }));
        let (client, name) = match client {
            0 => ("10.0.0.7:40630", "app"),
            1 => ("10.0.0.8:40631", ""),
            _ => ("", ""),
        };
        entries.push(Logged { id, seconds, us, args, client: client.into(), name: name.into() });
        seconds -= later;
        id = id.saturating_sub(1);
    }
    entries
}

/// Data that holds whole entries of these ids.
fn imitated(ids: &[u64], seconds: u64) -> String {
    let entry = |id| format!("{id}\n{seconds}\n7\nGET\nk\n10.0.0.3:7\nfake\n");
    let all: String = ids.iter().map(entry).collect();
    format!("v\n10.0.0.3:7\nfake\n{all}5")
}

/// Entries of these ids; that numbered `holder` has `value` as its last argument.
fn holding(ids: std::ops::RangeInclusive<u64>, holder: u64, value: &str) -> Vec<Logged> {
    let args = |id: u64| match id == holder {
        true => vec![b"SET".to_vec(), b"dump".to_vec(), value.as_bytes().to_vec()],
        false => vec![b"GET".to_vec(), b"k".to_vec()],
    };
    let newest = *ids.end();
    let entry = |id| Logged {
        id,
        seconds: 1_795_173_000 + newest,
        us: 5,
        args: args(id),
        client: b"10.0.0.7:40630".to_vec(),
        name: b"app".to_vec(),
    };
    ids.rev().map(entry).collect()
}

fn ids(bytes: &[u8]) -> Vec<u64> {
    read(bytes).entries.iter().map(|entry| entry.id.unwrap()).collect()
}

/// Somebody kept a slow log in Redis, and writing it was slow.
#[test]
fn a_slow_log_in_an_argument_is_none() {
    for (elements, imitations, seconds) in [
        (6, &[12, 11, 10][..], 1_795_172_000),
        (6, &[12, 11, 10], 1_795_173_035),
        (6, &[99, 98, 97], 1_795_173_535),
        (7, &[27, 26, 25], 1_795_172_000),
        (6, &[12, 11, 10, 9, 8], 1_795_172_000),
    ] {
        let mut bytes = Vec::new();
        write(&holding(26..=35, 30, &imitated(imitations, seconds)), elements, &mut bytes);
        assert_eq!(ids(&bytes), (26..=35).rev().collect::<Vec<_>>(), "{imitations:?} at {seconds}");
    }
}

/// One whole entry with the next id, and the numbers of the true one behind it.
#[test]
fn an_imitation_of_the_next_entry_is_none() {
    for elements in [6, 7] {
        for (holder, seconds) in [34, 30, 27].into_iter().flat_map(|holder| {
            [1_795_172_000, 1_795_173_000 + holder - 2, 1_795_173_000 + holder].map(|at| (holder, at))
        }) {
            let count = if elements == 7 { "3\n" } else { "" };
            let value = format!("v\n10.0.0.3:7\nfake\n{count}{}\n{seconds}\n7\nSET\nk\nv", holder - 1);
            let mut bytes = Vec::new();
            write(&holding(26..=35, holder, &value), elements, &mut bytes);
            assert_eq!(ids(&bytes), (26..=35).rev().collect::<Vec<_>>(), "{holder} at {seconds}");
            assert!(read(&bytes).entries.iter().all(|entry| entry.us == 5), "{holder} at {seconds}");
        }
    }
}

/// What a later poll holds, though it goes on with the ids of the one before, hides no five entries.
#[test]
fn the_next_id_in_a_later_poll_hides_none() {
    for holder in [84, 82, 80] {
        let mut bytes = Vec::new();
        write(&holding(26..=35, 0, ""), 6, &mut bytes);
        write(&holding(80..=89, holder, &imitated(&[25], 1_795_172_500)), 6, &mut bytes);
        let expected: Vec<u64> = [26..=35, 80..=89].into_iter().flat_map(Iterator::rev).collect();
        assert_eq!(ids(&bytes), expected, "{holder}");
    }
}

/// `date; redis-cli slowlog get` in a loop, in many countries.
#[test]
fn dates_between_polls_are_noise() {
    for date in [
        "Thu Jun 18 14:19:17 UTC 2026",
        "Do 18. Jun 14:19:17 CEST 2026",
        "pt lis 20 17:03:39 CET 2026",
        "2026年 06月 18日 14:19:17",
        "18.06.2026 14:19:17",
        "18.06.2026",
        "14:19:17",
        "--- 2026-06-18 ---",
    ] {
        for elements in ELEMENTS {
            for between in [format!("{date}\n"), format!("\n{date}\n\n")] {
                let mut bytes = Vec::new();
                for newest in [35, 41, 60] {
                    bytes.extend_from_slice(between.as_bytes());
                    write(&holding(newest - 9..=newest, 0, ""), elements, &mut bytes);
                }
                let found = read(&bytes);
                assert!(found.rejects.is_empty() && found.truncated == 0, "{elements} {between}");
                let expected: Vec<u64> =
                    [26..=35, 32..=41, 51..=60].into_iter().flat_map(Iterator::rev).collect();
                assert_eq!(ids(&bytes), expected, "{elements} {between}");
                assert!(
                    found.entries.iter().all(|entry| entry.args == [&b"GET"[..], b"k"]),
                    "{elements} {between}"
                );
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn arguments_do_not_split_entries(
        first in prop::collection::vec(logged(), 4..10),
        second in prop::collection::vec(logged(), 4..10),
        elements in prop::sample::select(ELEMENTS.to_vec()),
        separator in prop::sample::select(vec!["", "=== 2026-11-20T11:00:00Z ===\n", "\n2026-11-20 11:00:00\n", "Do 18. Jun 14:19:17 CEST 2026\n", "18.06.2026\n14:19:17\n"]),
    ) {
        // An entry whose end nothing marks is told by what comes next, so the oldest one holds no imitation,
        // or, with an address behind each entry, no whole ones.
        let calm = |mut made: Vec<(Vec<Value>, &'static str, usize, u64, u64)>| {
            if let Some((values, ..)) = made.last_mut() {
                for value in values.iter_mut().filter(|value| elements < 6 || matches!(value, Value::Entry { .. })) {
                    *value = Value::Bytes(b"v".to_vec());
                }
            }
            // Beside a whole imitated entry a second imitation can split it: which is which nothing tells.
            for (values, ..) in &mut made {
                if values.iter().any(|value| matches!(value, Value::Entry { .. })) {
                    let mut whole = 0;
                    for value in values.iter_mut().filter(|value| !matches!(value, Value::Bytes(_))) {
                        whole += usize::from(matches!(value, Value::Entry { .. }));
                        if whole != 1 || !matches!(value, Value::Entry { .. }) {
                            *value = Value::Bytes(b"v".to_vec());
                        }
                    }
                }
            }
            made
        };
        let (first, second) = (calm(first), calm(second));
        let mut known = poll(first, 30, 1_795_173_000, elements);
        let mut later = poll(second, 41, 1_795_173_100, elements);
        // At the end of a poll empty lines can be an address, a name, or what scripts put between polls.
        for poll in [&mut known, &mut later] {
            if let Some(last) = poll.last_mut().filter(|last| last.client.is_empty()) {
                last.client = b"10.0.0.9:1".to_vec();
            }
        }
        let mut bytes = Vec::new();
        write(&known, elements, &mut bytes);
        bytes.extend_from_slice(separator.as_bytes());
        write(&later, elements, &mut bytes);
        known.extend(later);
        let found = read(&bytes);
        let ids = |n: &[u64]| n.to_vec();
        prop_assert_eq!(
            ids(&found.entries.iter().map(|entry| entry.id.unwrap()).collect::<Vec<_>>()),
            ids(&known.iter().map(|entry| entry.id).collect::<Vec<_>>())
        );
        prop_assert!(found.rejects.is_empty() && found.truncated == 0);
        for (entry, known) in found.entries.iter().zip(&known) {
            prop_assert_eq!((entry.time, entry.us), (known.seconds as i64 * 1_000_000, known.us));
            prop_assert_eq!(entry.args.join(&b'\n'), known.args.join(&b'\n'));
            if entry.exact {
                prop_assert_eq!(&entry.args, &known.args);
                // A value may be the server's marker itself.
                prop_assert!(elements < 7 || entry.argc == Some(known.args.len() as u64));
            }
            if elements > 5 {
                prop_assert_eq!((&entry.client, &entry.name), (&Some(known.client.clone()), &Some(known.name.clone())));
            }
        }
    }
}

/// Somebody asks for one entry again and again.
#[test]
fn polls_of_one_entry_are_told_apart() {
    let entries: Vec<_> = (0..40)
        .map(|id| Logged {
            id,
            seconds: 1_795_170_000 + id,
            us: 5,
            args: vec![b"SET".to_vec(), b"k".to_vec(), b"l1\n500\n1795172499\n42\nGET".to_vec()],
            client: b"10.0.0.7:40630".to_vec(),
            name: b"app".to_vec(),
        })
        .collect();
    let mut bytes = Vec::new();
    write(&entries, 6, &mut bytes);
    let found: Vec<_> = read(&bytes).entries.iter().map(|entry| entry.id.unwrap()).collect();
    assert_eq!(found, (0..40).collect::<Vec<_>>());
}

/// Proxies and Dragonfly number entries with gaps, however few there are.
#[test]
fn ids_with_gaps_are_told() {
    for elements in [5, 6, 7] {
        for known in [&[90, 81][..], &[90, 81, 17], &[90, 81, 17, 3]] {
            let mut bytes = Vec::new();
            for id in known {
                write(&holding(*id..=*id, 0, ""), elements, &mut bytes);
            }
            assert_eq!(ids(&bytes), known, "{elements}");
        }
    }
}
