//! Where a call on a key stands, small enough to be kept for every key: its text is made again when it is shown.

use super::Call;
use crate::command::{CommandId, Spec};
use crate::masked;
use crate::output::notation::Time;
use crate::report::{Bytes, Example};

/// A call on one key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spot {
    offset: u64,
    line: u64,
    time: i64,
    /// The number of its input.
    pub input: u32,
    command: u16,
    /// Number of arguments; [`MANY`] for so many or more.
    argc: u8,
    form: Form,
}

/// Arguments that are counted.
const MANY: u8 = u8::MAX;

/// What is known of the arguments behind the key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// How many there are.
    #[default]
    Plain,
    /// One of them is NX.
    Absent,
    /// The key is not the first argument.
    Among,
    /// They start with `0 -1`.
    Ranks,
    /// `-inf +inf`.
    Scores,
    /// `+inf -inf`.
    ScoresDown,
    /// `- +`.
    Ids,
    /// `+ -`.
    IdsDown,
}

/// The forms that are ranges, as [`crate::command::Done::Whole`] has them.
const RANGES: [(Form, &str); 5] = [
    (Form::Ranks, " 0 -1"),
    (Form::Scores, " -inf +inf"),
    (Form::ScoresDown, " +inf -inf"),
    (Form::Ids, " - +"),
    (Form::IdsDown, " + -"),
];

impl Form {
    /// That of a range; plain for a command that needs none.
    pub fn whole(range: &str) -> Form {
        RANGES.iter().find(|(_, held)| *held == range).map_or(Form::Plain, |(form, _)| *form)
    }

    fn range(self) -> &'static str {
        RANGES.iter().find(|(form, _)| *form == self).map_or("", |(_, range)| *range)
    }
}

impl Spot {
    /// Of a call of the input numbered `input`, whose key stands at `argv[at]`.
    #[inline]
    pub fn new(call: &Call<'_>, input: u32, at: usize, form: Form) -> Spot {
        Near::new(call, at, form).of(input)
    }

    /// The same with the lines that its input had before the block in which it was read.
    pub fn behind(self, lines: &impl Fn(u32) -> u64) -> Spot {
        Spot { line: self.line + lines(self.input), ..self }
    }

    /// In the order of the inputs.
    pub fn order(&self) -> (u32, u64) {
        (self.input, self.offset)
    }

    /// When, in microseconds since 1970.
    pub fn time(&self) -> i64 {
        self.time
    }

    /// The command.
    pub fn spec(&self) -> Option<&'static Spec> {
        CommandId::from_index(usize::from(self.command)).map(CommandId::spec)
    }

    /// As it is shown: without values; `paths` are the inputs'.
    pub fn example(&self, key: &[u8], paths: &[Bytes]) -> Example {
        Example {
            path: paths.get(self.input as usize).cloned().unwrap_or_default(),
            byte_offset: self.offset,
            line: self.line + 1,
            time: Time(self.time),
            text: self.text(key),
        }
    }

    fn text(&self, key: &[u8]) -> String {
        let name = self.spec().map_or(String::new(), |spec| spec.name.replace('|', " "));
        let key = masked::key(key);
        let range = match self.form {
            Form::Among => return format!("{name} … {key} … ({} arguments)", self.argc.saturating_sub(1)),
            Form::Absent if self.argc > 3 => return format!("{name} {key} … NX"),
            form => form.range(),
        };
        let shown = 2 + range.split_whitespace().count();
        match usize::from(self.argc).saturating_sub(shown) {
            0 => format!("{name} {key}{range}"),
            _ if self.argc == MANY => format!("{name} {key}{range} … (250 more arguments or more)"),
            1 => format!("{name} {key}{range} … (1 more argument)"),
            more => format!("{name} {key}{range} … ({more} more arguments)"),
        }
    }
}

/// The same as long as it is among calls of one block, which has fewer than 2³² lines and is of one input.
#[derive(Clone, Copy, Debug, Default)]
pub struct Near {
    offset: u64,
    time: i64,
    line: u32,
    command: u16,
    argc: u8,
    form: Form,
}

impl Near {
    /// Of no call.
    pub const NONE: Near = Near { offset: 0, time: 0, line: 0, command: 0, argc: 0, form: Form::Plain };

    /// Of a call whose key stands at `argv[at]`.
    // Written where it is kept: a copy would be read as a whole before its parts have left the processor's buffer of
    // stores, and wait for all that is in it.
    #[inline]
    pub fn new(call: &Call<'_>, at: usize, form: Form) -> Near {
        Near {
            offset: call.record.place.offset,
            time: call.record.time,
            line: u32::try_from(call.record.place.line).unwrap_or(u32::MAX),
            command: u16::try_from(call.command).unwrap_or(u16::MAX),
            argc: u8::try_from(call.args().len()).unwrap_or(MANY),
            form: if at == 1 { form } else { Form::Among },
        }
    }

    /// With the number of its input.
    #[inline]
    pub fn of(self, input: u32) -> Spot {
        let Near { offset, time, line, command, argc, form } = self;
        Spot { offset, line: line.into(), time, input, command, argc, form }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command;

    fn spot(name: &str, argc: u8, form: Form) -> Spot {
        let command = command::find(name.as_bytes(), None).unwrap().index() as u16;
        Spot { command, argc, form, ..Spot::default() }
    }

    #[test]
    fn texts_show_the_key_and_no_value() {
        for (name, argc, form, text) in [
            ("GET", 2, Form::Plain, "GET a\\nb"),
            ("SET", 3, Form::Plain, "SET a\\nb … (1 more argument)"),
            ("LPUSH", 9, Form::Plain, "LPUSH a\\nb … (7 more arguments)"),
            ("SADD", 255, Form::Plain, "SADD a\\nb … (250 more arguments or more)"),
            ("SET", 4, Form::Absent, "SET a\\nb … NX"),
            ("SETNX", 3, Form::Absent, "SETNX a\\nb … (1 more argument)"),
            ("LRANGE", 4, Form::whole(" 0 -1"), "LRANGE a\\nb 0 -1"),
            ("ZRANGE", 5, Form::whole(" 0 -1"), "ZRANGE a\\nb 0 -1 … (1 more argument)"),
            ("SMEMBERS", 2, Form::whole(""), "SMEMBERS a\\nb"),
            ("MGET", 5, Form::Among, "MGET … a\\nb … (4 arguments)"),
        ] {
            assert_eq!(spot(name, argc, form).text(b"a\nb"), text);
        }
    }

    #[test]
    fn a_spot_is_small() {
        assert!(size_of::<Spot>() <= 32);
    }
}
