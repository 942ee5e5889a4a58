//! Rows into snapshots: where one dump of CLIENT LIST ends and the next begins.
//!
//! A new snapshot starts at a sign that the format tells (blank line, time, decoration, a new answer), where
//! the times in front of rows jump by more than a second or start or end, and where a client comes a second
//! time. `redis-cli -r N -i S` prints nothing between dumps; there only a client that comes again tells. Those in front of
//! it may be of the new dump already: servers rotate their list, so a new client can stand anywhere. If the client that asked
//! had just connected, whoever has a higher id connected later, so such rows are the new dump's.

use std::collections::HashSet;
use std::ops::Range;

use crate::intern::hash;

/// Rows of a snapshot that are held back until it ends; a longer one is handed on in parts.
const MOST: usize = 65_536;

/// Clients of a snapshot that are told apart; past it repetitions are not noticed. About 32 MB.
const MOST_SEEN: usize = 1 << 20;

/// What makes a client the same within a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Who {
    /// Its id.
    Id(u64),
    /// The hash of its address and file descriptor, where there is no id.
    Place(u64),
}

/// What the splitter must know of a row.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    who: Who,
    time: Option<i64>,
    age: Option<i64>,
    asks: bool,
}

impl Mark {
    /// From a row's fields, as far as it has them.
    pub fn new(id: Option<u64>, address: &[u8], fd: Option<i64>) -> Self {
        let place = || hash(address).wrapping_add(hash(&fd.unwrap_or(i64::MIN).to_le_bytes()).rotate_left(1));
        let who = id.map_or_else(|| Who::Place(place()), Who::Id);
        Mark { who, time: None, age: None, asks: false }
    }

    /// The time in front of the row.
    pub fn timed(self, time: Option<i64>) -> Self {
        Mark { time, ..self }
    }

    /// Its age, and whether it may be the client that asks for the list.
    pub fn aged(self, age: Option<i64>, idle: Option<i64>, cmd: &[u8]) -> Self {
        Mark { age, asks: idle == Some(0) && matches!(cmd, b"client" | b"client|list"), ..self }
    }

    /// Whether it had just connected; an age of -1 is none.
    fn asked_anew(&self) -> bool {
        self.asks && self.age.is_some_and(|age| (0..=1).contains(&age))
    }
}

/// Rows of one snapshot.
#[derive(Debug)]
pub struct Dump<'a, R> {
    /// Its time in microseconds since 1970.
    pub time: Option<i64>,
    /// The time of what stands behind it, where that tells one: it is no later.
    pub until: Option<i64>,
    /// Its number within the input.
    pub number: u32,
    /// Its rows, in order.
    pub rows: &'a [(Mark, R)],
    /// Whether there were rows of it before.
    pub continued: bool,
    /// Whether more of its rows may come.
    pub more: bool,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Splitter<R> {
    /// Time of the file's name, for its first snapshot if that has no other.
    named: Option<i64>,
    /// Whether the input parts its snapshots by signs.
    signed: bool,
    /// Time of the present snapshot.
    time: Option<i64>,
    /// That of the next one.
    until: Option<i64>,
    /// Whether signs stand behind the present one.
    is_over: bool,
    rows: Vec<(Mark, R)>,
    seen: HashSet<Who, foldhash::fast::FixedState>,
    /// The first client of the snapshot that may have asked for it and had just connected, as redis-cli has.
    asked: Option<Mark>,
    /// The last such client of those before: one that stays, as `redis-cli -r` does, did not connect anew.
    asker: Option<Who>,
    /// Of `rows`, those that seem to be the next snapshot's before a client came again; settled when somebody asks for it.
    turn: Option<Range<usize>>,
    number: u32,
    continued: bool,
}

impl<R> Default for Splitter<R> {
    fn default() -> Self {
        Splitter {
            named: None,
            signed: false,
            time: None,
            until: None,
            is_over: false,
            rows: Vec::new(),
            seen: HashSet::default(),
            asked: None,
            asker: None,
            turn: None,
            number: 0,
            continued: false,
        }
    }
}

impl<R> Splitter<R> {
    /// Another input begins; `named` is the time in its name.
    pub fn start_input(&mut self, named: Option<i64>, out: &mut impl FnMut(Dump<'_, R>)) {
        self.close(out);
        *self = Splitter {
            named,
            rows: std::mem::take(&mut self.rows),
            seen: std::mem::take(&mut self.seen),
            ..Splitter::default()
        };
    }

    /// A new snapshot begins with the next row, if there were rows of the present one.
    pub fn sign(&mut self, time: Option<i64>) {
        self.signed = true;
        self.is_over = true;
        // Of several lines between two dumps the last time counts.
        self.until = time.or(self.until);
    }

    /// The next row.
    pub fn row(&mut self, mark: Mark, row: R, out: &mut impl FnMut(Dump<'_, R>)) {
        if self.is_over {
            self.close(out);
            self.time = self.until.take().or(self.time);
            self.is_over = false;
        }
        if let Some((last, _)) = self.rows.last() {
            let jumps = match (last.time, mark.time) {
                (Some(last), Some(time)) => time.abs_diff(last) > 1_000_000,
                (last, time) => last.is_some() != time.is_some(),
            };
            if jumps {
                self.until = mark.time;
                self.close(out);
                self.until = None;
            }
        }
        if self.seen.contains(&mark.who) {
            self.again(mark, out);
        } else if mark.asks && self.turn.is_some() {
            self.settle(out);
        } else if self.asks_anew(&mark) && !self.signed && self.asked.is_some() {
            // Somebody else asks, and nobody stayed.
            let at = self.born_since(None);
            if at < self.rows.len() {
                self.close_at(at, out);
            }
        }
        if self.seen.len() < MOST_SEEN {
            self.seen.insert(mark.who);
        }
        if self.asks_anew(&mark) {
            self.asked.get_or_insert(mark);
        }
        self.rows.push((mark, row));
        if self.rows.len() >= MOST {
            self.settle(out);
            self.hand_on(self.rows.len(), true, out);
        }
    }

    /// Whether a client may have asked for the snapshot and had just connected.
    fn asks_anew(&self, mark: &Mark) -> bool {
        mark.asked_anew() && self.asker != Some(mark.who)
    }

    /// A client comes a second time: it is the next snapshot's, and so may those before it be.
    fn again(&mut self, mark: Mark, out: &mut impl FnMut(Dump<'_, R>)) {
        let before = self.position(mark.who);
        let later = before.map_or(0, |at| at + 1);
        if let Some(turn) = self.turn.as_mut().filter(|turn| turn.start < later && later <= turn.end) {
            // Nobody has asked for the next snapshot yet, so this row before was none of it.
            turn.start = later;
            return;
        }
        self.settle(out);
        let before = self.position(mark.who);
        let later = before.map_or(0, |at| at + 1);
        let age = before.and_then(|at| self.rows.get(at)).and_then(|(held, _)| held.age);
        let elapsed = mark.age.zip(age).map(|(now, before)| now.saturating_sub(before));
        let at = self.born_since(elapsed).max(later);
        let asks = |(mark, _): &(Mark, R)| mark.asks;
        if at == self.rows.len() || mark.asks || self.rows.get(at..).is_some_and(|rows| rows.iter().any(asks))
        {
            return self.close_at(at, out);
        }
        self.turn = Some(at..self.rows.len());
        self.seen.clear();
        self.seen.extend(self.rows.iter().skip(at).map(|(mark, _)| mark.who));
    }

    /// What seemed to be the next snapshot is.
    fn settle(&mut self, out: &mut impl FnMut(Dump<'_, R>)) {
        if let Some(turn) = self.turn.take() {
            self.close_at(turn.start, out);
        }
    }

    /// Where a client last stands among the rows.
    fn position(&self, who: Who) -> Option<usize> {
        self.rows.iter().rposition(|(held, _)| held.who == who)
    }

    /// Where the rows begin whose clients connected after the present snapshot was asked for; `elapsed` are
    /// the seconds since, where they are known.
    fn born_since(&self, elapsed: Option<i64>) -> usize {
        let Some(asked) = self.asked else { return self.rows.len() };
        let is_new = |mark: &Mark| match (asked.who, mark.who) {
            (Who::Id(asked), Who::Id(id)) => id > asked,
            (asked, who) => who != asked && mark.age.zip(elapsed).is_some_and(|(age, most)| age <= most),
        };
        self.rows.iter().rposition(|(mark, _)| !is_new(mark)).map_or(0, |at| at + 1)
    }

    /// The present snapshot ends.
    pub fn close(&mut self, out: &mut impl FnMut(Dump<'_, R>)) {
        self.settle(out);
        self.close_at(self.rows.len(), out);
    }

    /// The present snapshot ends before row `at`; what follows is the next one's.
    fn close_at(&mut self, at: usize, out: &mut impl FnMut(Dump<'_, R>)) {
        if at == 0 && !self.continued {
            return;
        }
        self.hand_on(at, false, out);
        self.number += 1;
        self.continued = false;
        self.time = None;
        self.named = None;
        self.asker = self.asked.map(|asked| asked.who).or(self.asker);
        self.asked = self.rows.iter().map(|(mark, _)| *mark).find(|mark| self.asks_anew(mark));
        self.seen.clear();
        self.seen.extend(self.rows.iter().map(|(mark, _)| mark.who));
    }

    fn hand_on(&mut self, at: usize, more: bool, out: &mut impl FnMut(Dump<'_, R>)) {
        let first = self.rows.first().and_then(|(mark, _)| mark.time);
        // Kept for the parts to come.
        self.time = self.time.or(first).or(self.named);
        let rows = self.rows.get(..at).unwrap_or_default();
        let (time, until, number, continued) = (self.time, self.until, self.number, self.continued);
        out(Dump { time, until, number, rows, continued, more });
        self.rows.drain(..at);
        self.continued = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Steps: `7` a row with this id, `7@5` with an age, `7?` of a client that has just asked, `7t3` with a
    /// time in seconds in front, `-` a sign, `-3` one with a time.
    fn split(steps: &str) -> String {
        let mut splitter: Splitter<u64> = Splitter::default();
        let mut shown = Vec::new();
        let mut out = |dump: Dump<'_, u64>| {
            let ids: Vec<_> = dump.rows.iter().map(|(_, id)| id.to_string()).collect();
            let time = dump.time.map(|time| format!("{}:", time / 1_000_000)).unwrap_or_default();
            shown.push(format!("{time}{}", ids.join(" ")));
        };
        splitter.start_input(Some(99_000_000), &mut out);
        for step in steps.split(' ').filter(|step| !step.is_empty()) {
            if let Some(time) = step.strip_prefix('-') {
                splitter.sign(time.parse::<i64>().ok().map(|time| time * 1_000_000));
                continue;
            }
            let (step, time) = step.split_once('t').unwrap_or((step, ""));
            let (step, age) = step.split_once('@').unwrap_or((step, ""));
            let id = step.trim_end_matches('?').parse().unwrap();
            let (cmd, age) =
                if step.ends_with('?') { (&b"client"[..], Some(0)) } else { (&b"get"[..], age.parse().ok()) };
            let time = time.parse::<i64>().ok().map(|time| time * 1_000_000);
            splitter.row(Mark::new(Some(id), b"", None).timed(time).aged(age, Some(0), cmd), id, &mut out);
        }
        splitter.close(&mut out);
        shown.join(" | ")
    }

    #[test]
    fn snapshots_are_parted() {
        for (steps, expected) in [
            ("1 2 3", "99:1 2 3"),
            ("-5 1 2 - -6 1", "5:1 2 | 6:1"),
            ("-5 - 1 2", "5:1 2"),
            ("-5 -7 1 2", "7:1 2"),
            ("-5 1 - 2", "5:1 | 2"),
            ("-5 1 2 1 2", "5:1 2 | 1 2"),
            ("1 2 1 2 1", "99:1 2 | 1 2 | 1"),
            ("1t5 2t5 1t9", "5:1 2 | 9:1"),
            ("1t5 2t6 3t7 4t9", "5:1 2 3 | 9:4"),
            ("-5 1 2 3t9", "5:1 2 | 9:3"),
            ("-5 1t6 2t6", "5:1 2"),
            // The one who asks ends a dump where ages jump behind it.
            ("1@9 2? 7@5 1@10 3?", "99:1 2 | 7 1 3"),
            ("1@9 2? 3@5 4?", "99:1 2 | 3 4"),
            ("1? 2?", "99:1 2"),
            ("- 1@9 2? 3@5 4?", "99:1 2 3 4"),
            // Servers rotate their lists: the one who asks stands anywhere.
            ("9@8 10? 3@20 4@9 9@9 11? 3@21 4@10", "99:9 10 3 4 | 9 11 3 4"),
            ("3@9 4? 7@0 8? 3@10 5@1", "99:3 4 | 7 8 3 5"),
            // 5 and 6 connected between the question and the answer, as they are there in the next dump.
            ("3@9 4? 5@0 6@0 3@9 5@0 6@0 7?", "99:3 4 5 6 | 3 5 6 7"),
            ("3@9 4? 5@0 6@0 3@9 6@0 7? 3@9", "99:3 4 5 6 | 3 6 7 | 3"),
            // 5 did so after the answer.
            ("3@9 4? 5@0 3@10 6? 3@11", "99:3 4 | 5 3 6 | 3"),
            ("3@9 4? 5@0 3@10 3@11 5@1", "99:3 4 | 5 3 | 3 5"),
            ("1@9 2@0 1@10 2@1", "99:1 2 | 1 2"),
            // Who stays and asks again connected before those with higher ids.
            ("3@9 4? 3@10 4? 5@0 3@11 4? 5@1 3@12 4? 5@2", "99:3 4 | 3 4 5 | 3 4 5 | 3 4 5"),
            ("-", ""),
            ("", ""),
        ] {
            assert_eq!(split(steps), expected, "{steps}");
        }
    }

    #[test]
    fn a_long_snapshot_comes_in_parts() {
        let mut splitter: Splitter<()> = Splitter::default();
        let mut seen = Vec::new();
        let mut out =
            |dump: Dump<'_, ()>| seen.push((dump.rows.len(), dump.number, dump.continued, dump.more));
        for id in 0..MOST as u64 + 2 {
            splitter.row(Mark::new(Some(id), b"", None), (), &mut out);
        }
        splitter.row(Mark::new(Some(0), b"", None), (), &mut out);
        splitter.close(&mut out);
        assert_eq!(seen, [(MOST, 0, false, true), (2, 0, true, false), (1, 1, false, false)]);
    }
}
