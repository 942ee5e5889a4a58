//! What must hold for any keys, tried on generated ones.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::prelude::*;

use super::class::{DIGIT, SEPARATOR};
use super::shape::is_number;
use super::{Alike, Learnt, Rules, is_star, star};

const BOUND: usize = 3;
const ROOT_BOUND: usize = 5;

/// Pieces of which hostile and ordinary keys are made.
fn key() -> impl Strategy<Value = Vec<u8>> {
    const PIECES: &str = concat!(
        ": :: - -- . / { } [ @ + _ * user a fe 7 12 -5 2026 2026-06 2026-06-18 T14 18 17Z 10.0.0.1 db8 ::1 /64 ",
        "0x1f deadbeef 550e8400-e29b-41d4-a716-446655440000 550e8400 01ARZ3NDEKTSV4RRFFQ69G5FAV x@y.zz alice@ ",
        "ключ V1StGXR8_Z5jdHi6B-myT aB3dE6gH9jK2mN5p V2"
    );
    let pieces: Vec<&str> = PIECES.split(' ').chain([" ", "\n"]).collect();
    let piece = prop_oneof![
        20 => proptest::sample::select(pieces).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 1..3),
    ];
    vec(piece, 0..10).prop_map(|pieces| pieces.concat())
}

/// What numbers, and what starts as they do, are made of.
const NUMBERS: &[&str] = &[
    "1", "12", "06", "18", "2026", "12345678", "20260618", ":", ":", ":", "::", "a", "fe", "x", "T14", "/",
    "-", ".",
];

/// What words, and ids of hexadecimal digits, are made of.
const WORDS: &[&str] = &[
    "user",
    "session",
    "image-resize",
    "v2",
    "1",
    "2026",
    "deadbeef",
    "deadbeefdeadbeef",
    "5e483ea4dc1e9666",
    "2026061814181700",
    "550e8400-e29b-41d4-a716-446655440000",
    "12345678-1234-1234-1234-123456789012",
    ":",
    ":",
    ":",
    ":",
    "x",
    "-",
];

/// Shapes whose segments take few or many different values, by position. A segment is a letter, a letter
/// with a number, an id, any of them in braces, or literal.
fn shapes(most: usize) -> impl Strategy<Value = Vec<Vec<u8>>> {
    let widths = [1..12u8, 1..12, 1..12, 1..12];
    widths.prop_flat_map(move |widths| {
        let segment = |width: u8| {
            (0..width, 0..6u8, 0..12u8).prop_map(|(letter, number, form)| {
                let letter = char::from(b'a' + letter);
                match form {
                    0 => "*".to_string(),
                    1 => format!("{{{letter}}}"),
                    2 => "{*}".to_string(),
                    3 => format!("{letter}{number}"),
                    4 => format!("x{number}"),
                    5 => "p".to_string(),
                    6 => format!("{{{letter}"),
                    7 => format!("{letter}*"),
                    _ => letter.to_string(),
                }
            })
        };
        let shape = (widths.map(segment), 1..=4usize, 0..4u8).prop_map(|(segments, length, slash)| {
            let shape = segments[..length].join(":");
            if slash == 0 { shape.replacen(':', "/", 1) } else { shape }.into_bytes()
        });
        vec(shape, 0..most)
    })
}

fn rules() -> Rules {
    Rules::new(b":/", None)
}

/// What each shape became.
type Map = BTreeMap<Vec<u8>, Vec<u8>>;
/// Segments with their separators.
type Path = Vec<Vec<u8>>;

/// A caller that folds shapes into a table and now and then learns and shortens it.
struct Caller {
    learnt: Learnt,
    /// What each shape seen has become so far.
    table: BTreeMap<Vec<u8>, BTreeSet<Vec<u8>>>,
}

impl Caller {
    fn new() -> Self {
        Caller { learnt: Learnt::with_bounds(&rules(), BOUND, ROOT_BOUND), table: BTreeMap::new() }
    }

    fn add(&mut self, shape: &[u8]) {
        self.table.entry(shape.to_vec()).or_default().insert(shape.to_vec());
    }

    fn shorten(&mut self) {
        self.learnt.learn(self.table.keys().map(Vec::as_slice));
        self.map();
    }

    fn map(&mut self) {
        let mut out = Vec::new();
        for (shape, seen) in std::mem::take(&mut self.table) {
            self.learnt.apply(&shape, &mut out);
            self.table.entry(out.clone()).or_default().extend(seen);
        }
    }

    fn merge(mut self, later: Caller) -> Self {
        self.learnt.merge(&later.learnt);
        for (shape, seen) in later.table {
            self.table.entry(shape).or_default().extend(seen);
        }
        self
    }

    /// The patterns of all shapes seen, after learning and after folding.
    fn finish(mut self) -> (Map, Map) {
        let patterns = self.learnt.clone().finish(self.table.keys().map(Vec::as_slice));
        self.shorten();
        let (mut learnt, mut folded) = (BTreeMap::new(), BTreeMap::new());
        let mut out = Vec::new();
        for (pattern, seen) in self.table {
            patterns.apply(&pattern, &mut out);
            for shape in seen {
                learnt.insert(shape.clone(), pattern.clone());
                folded.insert(shape, out.clone());
            }
        }
        (learnt, folded)
    }
}

fn path(shape: &[u8]) -> Path {
    shape.split_inclusive(|byte| b":/".contains(byte)).map(<[u8]>::to_vec).collect()
}

/// The definition of learning, word for word and without regard to time.
fn define(shapes: &BTreeSet<Vec<u8>>) -> Map {
    let mut paths: BTreeMap<&Vec<u8>, Path> = shapes.iter().map(|shape| (shape, path(shape))).collect();
    let ends = |segment: &[u8]| !segment.last().is_some_and(|byte| b":/".contains(byte));
    let split = |segment: &[u8]| {
        let length = segment.len() - usize::from(!ends(segment));
        (segment[..length].to_vec(), segment[length..].to_vec())
    };
    let stem = |value: &[u8]| {
        let text = String::from_utf8(value.to_vec()).unwrap();
        text.split(|c: char| c.is_ascii_digit()).fold(None, |stem: Option<String>, part| match stem {
            None => Some(part.to_string()),
            Some(stem) if stem.ends_with('*') && part.is_empty() => Some(stem),
            Some(stem) => Some(stem + "*" + part),
        })
    };
    for depth in 0..paths.values().map(Vec::len).max().unwrap_or(0) {
        let mut groups: BTreeMap<(Path, bool), BTreeSet<Vec<u8>>> = BTreeMap::new();
        for path in paths.values().filter(|path| path.len() > depth) {
            let values = groups.entry((path[..depth].to_vec(), ends(&path[depth]))).or_default();
            if !is_star(&split(&path[depth]).0) {
                values.insert(path[depth].clone());
            }
        }
        for path in paths.values_mut().filter(|path| path.len() > depth) {
            let values = &groups[&(path[..depth].to_vec(), ends(&path[depth]))];
            let (value, separator) = split(&path[depth]);
            if depth == 0 && separator.is_empty() {
                let stems: BTreeSet<_> = values.iter().map(|value| stem(value)).collect();
                let same = |other: &&Vec<u8>| stem(other) == stem(&value);
                if stems.len() > ROOT_BOUND {
                    path[depth] = star(&value).to_vec();
                } else if !is_star(&value) && values.iter().filter(same).count() > BOUND {
                    path[depth] = stem(&value).unwrap().into_bytes();
                }
            } else if values.len() > if depth == 0 { ROOT_BOUND } else { BOUND } {
                path[depth] = [star(&value), &separator].concat();
            }
        }
    }
    paths.into_iter().map(|(shape, path)| (shape.clone(), path.concat())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn a_shape_is_short_and_its_own_shape(key in key()) {
        let rules = Rules::default();
        let (mut once, mut twice) = (Vec::new(), Vec::new());
        rules.shape(&key, &mut once);
        prop_assert!(once.len() <= key.len());
        rules.shape(&once, &mut twice);
        prop_assert_eq!(String::from_utf8_lossy(&once), String::from_utf8_lossy(&twice));
    }

    #[test]
    fn any_bytes_have_a_shape(key in vec(any::<u8>(), 0..64), separators in vec(any::<u8>(), 0..4), depth in 0..4usize) {
        let mut out = Vec::new();
        Rules::new(&separators, None).shape(&key, &mut out);
        prop_assert!(out.len() <= key.len());
        Rules::new(&separators, Some(depth)).shape(&key, &mut out);
        prop_assert!(out.len() <= key.len() + 1);
    }

    #[test]
    fn keys_that_are_alike_have_one_shape(
        pieces in prop_oneof![
            vec(key(), 1..3).prop_map(|keys| keys.concat()),
            vec(proptest::sample::select(NUMBERS), 0..9).prop_map(|pieces| pieces.concat().into_bytes()),
            vec(proptest::sample::select(WORDS), 0..9).prop_map(|pieces| pieces.concat().into_bytes()),
        ],
        separators in proptest::sample::select(&[":", ":/", ":-", "/", "", "1", ":7"][..]),
        others in prop_oneof![
            vec(proptest::sample::select(&b"0123456789abcdef"[..]), 64),
            vec(b'0'..=b'9', 64),
            Just(b"20260618141817".to_vec()),
        ],
    ) {
        let rules = Rules::new(separators.as_bytes(), None);
        let (mut one, mut two) = (Vec::new(), Vec::new());
        let alike = rules.shape(&pieces, &mut one);
        let others = others.into_iter().cycle();
        let other: Vec<u8> = pieces.iter().zip(others).enumerate().map(|(at, (byte, other))| match alike {
            Alike::Hex(from, to) if (from..to).contains(&at) && byte.is_ascii_hexdigit() => other,
            Alike::Except(from, to) if (from..to).contains(&at) => *byte,
            _ if byte.is_ascii_digit() => b'0' + other % 10,
            _ => *byte,
        }).collect();
        prop_assert_eq!(alike.holds(&pieces, &other), alike != Alike::Nothing);
        if alike != Alike::Nothing {
            rules.shape(&other, &mut two);
            prop_assert_eq!(String::from_utf8_lossy(&one), String::from_utf8_lossy(&two));
        }
    }

    #[test]
    fn only_some_bytes_may_differ_in_keys_that_are_alike(
        key in vec(b'.'..=b'i', 0..40), at in 0..40usize, byte in any::<u8>(), ends in (0..20usize, 0..40usize),
    ) {
        let mut other = key.clone();
        other.iter_mut().skip(at).take(1).for_each(|held| *held = byte);
        let id = ends.0.min(key.len())..ends.1.min(key.len()).max(ends.0.min(key.len()));
        let small_hex = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let may = |at: usize, byte: &u8| byte.is_ascii_digit() || id.contains(&at) && small_hex(byte);
        let pairs = || key.iter().zip(&other).enumerate();
        let digits = pairs().all(|(_, (a, b))| a == b || (a.is_ascii_digit() && b.is_ascii_digit()));
        prop_assert_eq!(Alike::Digits.holds(&key, &other), digits);
        let hex = pairs().all(|(at, (a, b))| a == b || (may(at, a) && may(at, b)));
        prop_assert_eq!(Alike::Hex(id.start, id.end).holds(&key, &other), hex);
        let except = pairs().all(|(at, (a, b))| a == b || !id.contains(&at) && may(at, a) && may(at, b));
        prop_assert_eq!(Alike::Except(id.start, id.end).holds(&key, &other), except);
        prop_assert!(!Alike::Digits.holds(&key, &[&key[..], b"1"].concat()));
        prop_assert!(!Alike::Hex(id.start, id.end).holds(&key, &[&key[..], b"1"].concat()));
        prop_assert!(!Alike::Except(id.start, id.end).holds(&key, &[&key[..], b"1"].concat()));
    }

    #[test]
    fn a_number_told_by_what_follows_is_a_number(
        pieces in vec(proptest::sample::select(NUMBERS), 0..14),
        separators in proptest::sample::select(&[":", ":/", ":-", ":.", "/", ""][..]),
    ) {
        let (key, rules) = (pieces.concat().into_bytes(), Rules::new(separators.as_bytes(), None));
        let mut from = 0;
        while from < key.len() {
            let (end, held) = rules.classes.run(&key, from, SEPARATOR);
            if held == DIGIT && is_number(&key, end, end - from) {
                for fresh in [false, true] {
                    let mut out = Vec::new();
                    prop_assert_eq!(rules.words(&key, from..end, held, fresh, &mut out), end);
                    prop_assert_eq!(out, b"*");
                }
            }
            from = end + 1;
        }
    }

    #[test]
    fn learning_is_what_it_is_defined_to_be(shapes in shapes(150)) {
        let mut caller = Caller::new();
        shapes.iter().for_each(|shape| caller.add(shape));
        prop_assert_eq!(caller.finish().0, define(&shapes.into_iter().collect()));
    }

    #[test]
    fn neither_order_nor_parts_nor_moments_matter(
        shapes in shapes(150),
        order in any::<prop::sample::Index>(),
        moments in vec((any::<prop::sample::Index>(), any::<bool>()), 0..6),
        border in any::<prop::sample::Index>(),
        maps in any::<bool>(),
    ) {
        let mut whole = Caller::new();
        shapes.iter().for_each(|shape| whole.add(shape));

        let mut shuffled = shapes.clone();
        if !shuffled.is_empty() {
            let by = order.index(shuffled.len());
            shuffled.rotate_left(by);
            let evens = shuffled.iter().step_by(2);
            let odds = shuffled.iter().skip(1).step_by(2);
            shuffled = evens.chain(odds.rev()).cloned().collect();
        }
        let border = border.index(shuffled.len() + 1);
        let mut parts = [Caller::new(), Caller::new()];
        for (index, shape) in shuffled.iter().enumerate() {
            let part = &mut parts[usize::from(index >= border)];
            part.add(shape);
            for (moment, learns) in &moments {
                if moment.index(shuffled.len()) == index {
                    if *learns { part.shorten() } else { part.map() }
                }
            }
        }
        let [first, second] = parts;
        let mut merged = first.merge(second);
        if maps {
            merged.map();
        }
        prop_assert_eq!(merged.finish(), whole.finish());
    }

    #[test]
    fn a_final_pattern_is_its_own(shapes in shapes(100)) {
        let mut caller = Caller::new();
        shapes.iter().for_each(|shape| caller.add(shape));
        caller.shorten();
        let patterns = caller.learnt.clone().finish(caller.table.keys().map(Vec::as_slice));
        let (mut once, mut twice) = (Vec::new(), Vec::new());
        for pattern in caller.table.keys() {
            patterns.apply(pattern, &mut once);
            patterns.apply(&once, &mut twice);
            prop_assert_eq!(&once, &twice);
        }
    }
}
