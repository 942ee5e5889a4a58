//! Numbers for people: grouped digits, shares, bytes, durations, rates. Units are always shown.

use std::fmt::Write;

/// `1,231,580`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// What is counted, as one and as many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Noun(pub &'static str, pub &'static str);

impl Noun {
    /// `1 call`, `1,204 calls`.
    pub fn count(self, number: u64) -> String {
        format!("{} {}", grouped(number), if number == 1 { self.0 } else { self.1 })
    }
}

/// `part` of `whole`, 0…1; not a number where `whole` is 0.
pub fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { f64::NAN } else { part as f64 / whole as f64 }
}

/// A share of 1 as `11.9 %`. Something never shows as nothing (`<0.1 %`), nor less than all as all
/// (`>99.9 %`); what is not a number shows as `–`.
pub fn share(share: f64) -> String {
    if share.is_nan() {
        "–".to_owned()
    } else if share > 0.0 && share < 0.0005 {
        "<0.1 %".to_owned()
    } else if (0.9995..1.0).contains(&share) {
        ">99.9 %".to_owned()
    } else {
        format!("{:.1} %", share * 100.0)
    }
}

/// Bytes in decimal units with three digits, `1.02 GB`; exact below 1,000: `999 B`.
pub fn bytes(bytes: u64) -> String {
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut unit: u128 = 1;
    let mut last = String::new();
    for name in ["kB", "MB", "GB", "TB", "PB", "EB"] {
        unit *= 1000;
        for (decimals, scale) in [(2, 100), (1, 10), (0, 1)] {
            let value = (u128::from(bytes) * scale + unit / 2) / unit;
            if value < 1000 {
                let (whole, part) = (value / scale, value % scale);
                return if decimals == 0 {
                    format!("{whole} {name}")
                } else {
                    format!("{whole}.{part:0decimals$} {name}")
                };
            }
            last = format!("{value} {name}");
        }
    }
    last
}

/// A duration in microseconds: `157 µs`, `3.157 s` below 10 s, `10 s`, `10 min 10 s`, `2 h 5 min`, `3 d 4 h`.
pub fn duration(micros: u64) -> String {
    let seconds = micros / 1_000_000;
    match micros {
        0 => return "0 s".to_owned(),
        1..1_000 => return format!("{micros} µs"),
        1_000..10_000_000 if !micros.is_multiple_of(1_000_000) => {
            return format!("{seconds}.{:03} s", micros / 1000 % 1000);
        }
        _ => {}
    }
    let (big, big_unit, small, small_unit) = match seconds {
        0..60 => (seconds, "s", 0, ""),
        60..3_600 => (seconds / 60, "min", seconds % 60, "s"),
        3_600..86_400 => (seconds / 3_600, "h", seconds % 3_600 / 60, "min"),
        _ => (seconds / 86_400, "d", seconds % 86_400 / 3_600, "h"),
    };
    let mut out = format!("{} {big_unit}", grouped(big));
    if small > 0 {
        // Writing to a String cannot fail.
        let _ = write!(out, " {small} {small_unit}");
    }
    out
}

/// How long one call took: as [`duration`], but below a second `412 ms`, `10.4 ms`, `1.28 ms`.
pub fn latency(micros: u64) -> String {
    match micros {
        1_000..10_000 => format!("{}.{:02} ms", micros / 1_000, micros % 1_000 / 10),
        10_000..100_000 => format!("{}.{} ms", micros / 1_000, micros % 1_000 / 100),
        100_000..1_000_000 => format!("{} ms", micros / 1_000),
        _ => duration(micros),
    }
}

/// Calls a second, `18,812 calls/s`; below 10 with one digit more.
pub fn rate(calls: u64, seconds: u64) -> String {
    let seconds = seconds.max(1);
    if seconds > 1 && calls / seconds < 10 {
        let tenths = (u128::from(calls) * 10 + u128::from(seconds) / 2) / u128::from(seconds);
        return match tenths {
            0 if calls > 0 => "<0.1 calls/s".to_owned(),
            _ => format!("{}.{} calls/s", tenths / 10, tenths % 10),
        };
    }
    format!("{} calls/s", grouped(calls / seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_have_three_digits() {
        for (micros, text) in [
            (0, "0 s"),
            (157, "157 µs"),
            (1_289, "1.28 ms"),
            (10_412, "10.4 ms"),
            (412_999, "412 ms"),
            (999_999, "999 ms"),
            (1_500_000, "1.500 s"),
            (75_000_000, "1 min 15 s"),
        ] {
            assert_eq!(latency(micros), text);
        }
    }

    #[test]
    fn digits_are_grouped() {
        for (number, shown) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (12_345, "12,345"),
            (1_231_580, "1,231,580"),
            (u64::MAX, "18,446,744,073,709,551,615"),
        ] {
            assert_eq!(grouped(number), shown);
        }
        let call = Noun("call", "calls");
        assert_eq!([call.count(0), call.count(1), call.count(2)], ["0 calls", "1 call", "2 calls"]);
    }

    #[test]
    fn shares_never_lie_about_nothing_and_all() {
        for (value, shown) in [
            (0.0, "0.0 %"),
            (0.000_01, "<0.1 %"),
            (0.000_6, "0.1 %"),
            (0.119_35, "11.9 %"),
            (0.9994, "99.9 %"),
            (0.99999, ">99.9 %"),
            (1.0, "100.0 %"),
            (f64::NAN, "–"),
        ] {
            assert_eq!(share(value), shown);
        }
        assert_eq!(share(ratio(1, 3)), "33.3 %");
        assert_eq!(share(ratio(0, 0)), "–");
        assert_eq!(share(ratio(u64::MAX, u64::MAX)), "100.0 %");
    }

    #[test]
    fn bytes_have_three_digits() {
        for (value, shown) in [
            (0, "0 B"),
            (999, "999 B"),
            (1_000, "1.00 kB"),
            (9_994, "9.99 kB"),
            (9_995, "10.0 kB"),
            (99_950, "100 kB"),
            (999_499, "999 kB"),
            (999_500, "1.00 MB"),
            (1_024_000_000, "1.02 GB"),
            (u64::MAX, "18.4 EB"),
        ] {
            assert_eq!(bytes(value), shown);
        }
    }

    #[test]
    fn durations_have_two_units() {
        for (micros, shown) in [
            (0, "0 s"),
            (157, "157 µs"),
            (1_000, "0.001 s"),
            (3_157_400, "3.157 s"),
            (2_000_000, "2 s"),
            (9_999_999, "9.999 s"),
            (10_000_000, "10 s"),
            (59_999_999, "59 s"),
            (60_000_000, "1 min"),
            (610_000_000, "10 min 10 s"),
            (7_500_000_000, "2 h 5 min"),
            (273_600_000_000, "3 d 4 h"),
            (u64::MAX, "213,503,982 d 8 h"),
        ] {
            assert_eq!(duration(micros), shown);
        }
    }

    #[test]
    fn rates_are_a_second() {
        for (calls, seconds, shown) in [
            (18_812, 1, "18,812 calls/s"),
            (3, 1, "3 calls/s"),
            (25, 10, "2.5 calls/s"),
            (1, 60, "<0.1 calls/s"),
            (0, 60, "0.0 calls/s"),
            (7, 0, "7 calls/s"),
            (u64::MAX, 1, "18,446,744,073,709,551,615 calls/s"),
        ] {
            assert_eq!(rate(calls, seconds), shown);
        }
    }
}
