//! Times of messages, most of which are of the same second as the one before.

use crate::format::clock;

/// The last second that was read as a time.
#[derive(Debug, Default)]
pub struct Clock {
    /// `2026-06-18T14:19:17`.
    second: [u8; SECOND],
    /// In microseconds since 1970.
    micros: i64,
}

/// Length of a time without fraction and zone.
const SECOND: usize = 19;

impl Clock {
    /// [`clock::time`].
    pub fn time(&mut self, text: &[u8]) -> Option<i64> {
        let micros = match text.get(SECOND..) {
            Some([]) => Some(0),
            Some([b'.' | b',', digits @ ..]) => {
                fraction(digits).filter(|(_, rest)| rest.is_empty()).map(|(micros, _)| micros)
            }
            _ => None,
        };
        match micros {
            Some(micros) => self.at(text, micros).unwrap_or_else(|| clock::time(text)),
            None => clock::time(text),
        }
    }

    /// The time of [`clock::leading`].
    pub fn leading(&mut self, text: &[u8]) -> Option<i64> {
        let any = || Some(clock::leading(text)?.0);
        let Some([b'.', digits @ ..]) = text.get(SECOND..) else { return any() };
        match fraction(digits) {
            Some((micros, [b'Z', ..])) => self.at(text, micros).unwrap_or_else(any),
            _ => any(),
        }
    }

    /// The second that a text starts with, and so many microseconds more. `None` where it starts with none
    /// in the usual spelling, `Some(None)` where that is no time.
    fn at(&mut self, text: &[u8], micros: i64) -> Option<Option<i64>> {
        let second = text.first_chunk()?;
        if self.second != *second {
            let fits =
                |(byte, sample): (&u8, &u8)| byte == sample || (*sample == b'9' && byte.is_ascii_digit());
            if !second.iter().zip(b"9999-99-99T99:99:99").all(fits) {
                return None;
            }
            let Some(time) = clock::time(second) else { return Some(None) };
            self.micros = time;
            self.second = *second;
        }
        Some(Some(self.micros + micros))
    }
}

/// The first six digits of a decimal fraction, and what follows all of them.
fn fraction(text: &[u8]) -> Option<(i64, &[u8])> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = text.split_at(digits);
    let micros =
        (0..6).fold(0, |micros, at| micros * 10 + digits.get(at).map_or(0, |digit| i64::from(digit & 0x0f)));
    (!digits.is_empty()).then_some((micros, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_one_second_are_those_of_the_grammar() {
        let mut clock = Clock::default();
        for text in [
            "2026-06-18T14:19:17.123456",
            "2026-06-18T14:19:17.123456",
            "2026-06-18T14:19:17",
            "2026-06-18T14:19:17,000001",
            "2026-06-18T14:19:17.12",
            "2026-06-18T14:19:17.123456+02:00",
            "2026-06-18T14:19:17Z",
            "2026-06-18T14:19:17.1Z",
            "2026-06-18T14:19:17.123456789Z x",
            "2026-06-18T14:19:17.Z",
            "2026-06-18T14:19:17.5 x",
            "2026-02-30T14:19:17.5Z",
            "2026-06-18T14:19:60.5Z",
            "2026-06-18T14:19:18.x23456",
            "2026-06-18 14:19:59.000000",
            "2026-13-18 14:19:59.000000",
            "2026-06-8T14:19+0200",
            "2026-6-8T14:19+0200.000000",
            "2026-06-18T14:19.12.000000",
            "1781792357123456789",
            "Thu Jun 18 14:19:17 2026",
            "",
        ] {
            assert_eq!(clock.time(text.as_bytes()), clock::time(text.as_bytes()), "{text}");
            let leading = clock::leading(text.as_bytes()).map(|(time, _)| time);
            assert_eq!(clock.leading(text.as_bytes()), leading, "{text}");
        }
    }
}
