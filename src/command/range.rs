//! Ranges that cover everything.

use super::argument::{is_any, is_word};
use crate::event::Args;

/// How a range that covers everything is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// `0 -1`.
    Ranks,
    /// `0 -1`, or with BYSCORE and BYLEX as these: ZRANGE.
    Any,
    /// `-inf +inf`.
    Scores,
    /// `+inf -inf`.
    ScoresDown,
    /// `- +`.
    Ids,
    /// `+ -`.
    IdsDown,
}

impl Shape {
    /// The range as written, where it covers everything.
    pub fn whole(self, args: &Args<'_>) -> Option<&'static str> {
        // -1, an infinity, a sign alone, or any of them in escapes; most ranges end in another number.
        let last = args.get(3).and_then(|text| text.raw.first().copied());
        if !matches!(last, Some(b'-' | b'+' | b'i' | b'I' | b'\\')) {
            return None;
        }
        // SORT's and the ranges' LIMIT, and COUNT of streams, bound what is read.
        if (4..args.len()).any(|at| is_any(args, at, &["LIMIT", "COUNT"])) {
            return None;
        }
        let is = |from: &[&str], to: &[&str]| is_any(args, 2, from) && is_any(args, 3, to);
        const LEAST: &[&str] = &["-inf"];
        const MOST: &[&str] = &["+inf", "inf"];
        match self {
            Shape::Ranks => is(&["0"], &["-1"]).then_some(" 0 -1"),
            Shape::Any if (4..args.len()).any(|at| is_word(args, at, "BYSCORE")) => {
                (is(LEAST, MOST) || is(MOST, LEAST)).then_some(" -inf +inf")
            }
            Shape::Any if (4..args.len()).any(|at| is_word(args, at, "BYLEX")) => {
                (is(&["-"], &["+"]) || is(&["+"], &["-"])).then_some(" - +")
            }
            Shape::Any => is(&["0"], &["-1"]).then_some(" 0 -1"),
            Shape::Scores => is(LEAST, MOST).then_some(" -inf +inf"),
            Shape::ScoresDown => is(MOST, LEAST).then_some(" +inf -inf"),
            Shape::Ids => is(&["-"], &["+"]).then_some(" - +"),
            Shape::IdsDown => is(&["+"], &["-"]).then_some(" + -"),
        }
    }
}
