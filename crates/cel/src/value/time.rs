//! Moments and lengths of time, with the text that Go and protobuf write.
//!
//! The calendar is the proleptic Gregorian one; days are counted as in
//! <https://howardhinnant.github.io/date_algorithms.html>.

use std::{cmp::Ordering, fmt};

const NANOS: i64 = 1_000_000_000;
const DAY: i64 = 86_400;

/// The first second of year 1.
const FIRST: i64 = -62_135_596_800;
/// The last second of year 9999.
const LAST: i64 = 253_402_300_799;

/// A moment between the years 1 and 9999, to the nanosecond.
///
/// Remembers the offset that it was written with, to be written so again; it does not count otherwise.
#[derive(Clone, Copy, Debug)]
pub struct Timestamp {
    seconds: i64,
    nanos: u32,
    /// Seconds east of Greenwich.
    offset: i32,
}

impl PartialEq for Timestamp {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Timestamp {}

impl PartialOrd for Timestamp {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Timestamp {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.seconds, self.nanos).cmp(&(other.seconds, other.nanos))
    }
}

/// A length of time in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duration(i64);

/// A moment as calendars and clocks tell it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Civil {
    pub(crate) year: i64,
    pub(crate) month: i64,
    pub(crate) day: i64,
    /// From 0, which is the first of January.
    pub(crate) day_of_year: i64,
    /// From 0, which is Sunday.
    pub(crate) weekday: i64,
    pub(crate) hour: i64,
    pub(crate) minute: i64,
    pub(crate) second: i64,
}

impl Timestamp {
    /// A moment in seconds and nanoseconds since 1970. `None` outside of the years 1 to 9999.
    pub fn new(seconds: i64, nanos: u32) -> Option<Self> {
        ((FIRST..=LAST).contains(&seconds) && i64::from(nanos) < NANOS).then_some(Self {
            seconds,
            nanos,
            offset: 0,
        })
    }

    /// Whole seconds since 1970, rounded down.
    pub fn seconds(self) -> i64 {
        self.seconds
    }

    /// What is beyond the whole seconds.
    pub fn nanoseconds(self) -> u32 {
        self.nanos
    }

    /// Whether it is the first moment that can be told.
    pub(crate) fn is_zero(self) -> bool {
        self.seconds == FIRST && self.nanos == 0
    }

    /// Reads RFC 3339, as Go reads it.
    pub fn parse(text: &str) -> Option<Self> {
        let (date, time) = text.split_at_checked(10)?;
        let time = time.strip_prefix('T')?;
        let [year, month, day] = fields(date, '-', [4, 2, 2])?;
        // Go takes an hour of one digit too.
        let of_hour = if time.as_bytes().get(1) == Some(&b':') {
            1
        } else {
            2
        };
        let (clock, rest) = time.split_at_checked(of_hour + 6)?;
        let [hour, minute, second] = fields(clock, ':', [of_hour, 2, 2])?;
        let (nanos, zone) = match rest.strip_prefix(['.', ',']) {
            Some(rest) => {
                let length = rest.bytes().take_while(u8::is_ascii_digit).count();
                let (digits, zone) = rest.split_at_checked(length)?;
                (fraction(digits)?, zone)
            }
            None => (0, rest),
        };
        let offset = if zone == "Z" { 0 } else { offset(zone)? };
        let days = days_of_month(year, month)?;
        if !(1..=days).contains(&day) || hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let seconds = days_from_civil(year, month, day) * DAY + hour * 3600 + minute * 60 + second;
        let moment = Self::new(seconds - offset, nanos)?;
        Some(Self {
            offset: i32::try_from(offset).ok()?,
            ..moment
        })
    }

    /// The sum with a length of time.
    pub(crate) fn plus(self, duration: Duration) -> Option<Self> {
        self.moved(i128::from(duration.0))
    }

    /// The moment a length of time earlier.
    pub(crate) fn minus(self, duration: Duration) -> Option<Self> {
        self.moved(-i128::from(duration.0))
    }

    fn moved(self, nanos: i128) -> Option<Self> {
        let moment = Self::from_total(self.total() + nanos)?;
        Some(Self {
            offset: self.offset,
            ..moment
        })
    }

    /// How long after another it is.
    pub(crate) fn since(self, other: Self) -> Option<Duration> {
        i64::try_from(self.total() - other.total())
            .ok()
            .map(Duration)
    }

    fn total(self) -> i128 {
        i128::from(self.seconds) * i128::from(NANOS) + i128::from(self.nanos)
    }

    fn from_total(total: i128) -> Option<Self> {
        let nanos = i128::from(NANOS);
        Self::new(
            i64::try_from(total.div_euclid(nanos)).ok()?,
            u32::try_from(total.rem_euclid(nanos)).ok()?,
        )
    }

    /// How calendars and clocks tell it at an offset in seconds.
    pub(crate) fn civil(self, offset: i64) -> Civil {
        let local = self.seconds + offset;
        let days = local.div_euclid(DAY);
        let second_of_day = local.rem_euclid(DAY);
        let (year, month, day) = civil_from_days(days);
        Civil {
            year,
            month,
            day,
            day_of_year: days - days_from_civil(year, 1, 1),
            weekday: (days + 4).rem_euclid(7),
            hour: second_of_day / 3600,
            minute: second_of_day / 60 % 60,
            second: second_of_day % 60,
        }
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let civil = self.civil(self.offset.into());
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
            civil.year, civil.month, civil.day, civil.hour, civil.minute, civil.second
        )?;
        if self.nanos > 0 {
            let digits = format!("{:09}", self.nanos);
            write!(f, ".{}", digits.trim_end_matches('0'))?;
        }
        if self.offset == 0 {
            return f.write_str("Z");
        }
        let sign = if self.offset < 0 { '-' } else { '+' };
        let minutes = self.offset.unsigned_abs() / 60;
        write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

impl Duration {
    /// A length in nanoseconds.
    pub fn from_nanoseconds(nanos: i64) -> Self {
        Self(nanos)
    }

    /// Its length in nanoseconds.
    pub fn nanoseconds(self) -> i64 {
        self.0
    }

    /// Reads what Go writes: `1h30m`, `-1.5s`, `100ms`, `0`.
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, mut rest) = match text.as_bytes().first()? {
            b'-' => (true, text.get(1..)?),
            b'+' => (false, text.get(1..)?),
            _ => (false, text),
        };
        if rest == "0" {
            return Some(Self(0));
        }
        if rest.is_empty() {
            return None;
        }
        let mut total: u128 = 0;
        while !rest.is_empty() {
            let whole = rest.bytes().take_while(u8::is_ascii_digit).count();
            let (digits, after) = rest.split_at_checked(whole)?;
            let (decimals, after) = match after.strip_prefix('.') {
                Some(after) => {
                    let length = after.bytes().take_while(u8::is_ascii_digit).count();
                    after.split_at_checked(length)?
                }
                None => ("", after),
            };
            if digits.is_empty() && decimals.is_empty() {
                return None;
            }
            let length = after
                .bytes()
                .take_while(|byte| *byte != b'.' && !byte.is_ascii_digit())
                .count();
            let (unit, after) = after.split_at_checked(length)?;
            let unit: u128 = match unit {
                "ns" => 1,
                "us" | "µs" | "μs" => 1_000,
                "ms" => 1_000_000,
                "s" => 1_000_000_000,
                "m" => 60_000_000_000,
                "h" => 3_600_000_000_000,
                _ => return None,
            };
            let digits: u128 = if digits.is_empty() {
                0
            } else {
                digits.parse().ok()?
            };
            total = total.checked_add(digits.checked_mul(unit)?)?;
            let mut part = unit;
            let mut beyond: u128 = 0;
            // Digits below a billionth of a nanosecond decide nothing.
            let mut scale: u128 = 1;
            for digit in decimals.bytes().take(22) {
                scale *= 10;
                beyond = beyond * 10 + u128::from(digit - b'0');
            }
            part = part.checked_mul(beyond)? / scale;
            total = total.checked_add(part)?;
            rest = after;
        }
        let total = i128::try_from(total).ok()?;
        i64::try_from(if negative { -total } else { total })
            .ok()
            .map(Self)
    }

    pub(crate) fn plus(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    pub(crate) fn minus(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }
}

impl fmt::Display for Duration {
    /// In seconds, as protobuf writes it in JSON: `5400s`, `0.1s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let magnitude = self.0.unsigned_abs();
        let nanos = NANOS.unsigned_abs();
        write!(f, "{sign}{}", magnitude / nanos)?;
        let beyond = magnitude % nanos;
        if beyond > 0 {
            let digits = format!("{beyond:09}");
            write!(f, ".{}", digits.trim_end_matches('0'))?;
        }
        f.write_str("s")
    }
}

/// The seconds of `+01:00` or `-08:00`, up to what Go takes for a zone.
fn offset(zone: &str) -> Option<i64> {
    let (sign, rest) = match zone.as_bytes().first()? {
        b'+' => (1, zone.get(1..)?),
        b'-' => (-1, zone.get(1..)?),
        _ => return None,
    };
    let (hours, minutes) = rest.split_once(':')?;
    if hours.len() != 2 || minutes.len() != 2 {
        return None;
    }
    let hours = digits(hours)?;
    let minutes = digits(minutes)?;
    (hours <= 24 && minutes <= 60).then_some(sign * (hours * 3600 + minutes * 60))
}

fn digits(text: &str) -> Option<i64> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

fn fields(text: &str, separator: char, lengths: [usize; 3]) -> Option<[i64; 3]> {
    let mut parts = text.split(separator);
    let mut values = [0; 3];
    for (value, length) in values.iter_mut().zip(lengths) {
        let part = parts.next()?;
        if part.len() != length {
            return None;
        }
        *value = digits(part)?;
    }
    parts.next().is_none().then_some(values)
}

fn fraction(decimals: &str) -> Option<u32> {
    if decimals.is_empty() {
        return None;
    }
    let mut nanos = 0;
    for place in 0..9 {
        let digit = decimals
            .as_bytes()
            .get(place)
            .map_or(0, |digit| digit - b'0');
        nanos = nanos * 10 + u32::from(digit);
    }
    Some(nanos)
}

fn is_leap(year: i64) -> bool {
    (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
}

fn days_of_month(year: i64, month: i64) -> Option<i64> {
    Some(match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => return None,
    })
}

fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_and_written() {
        for (text, seconds, nanos) in [
            ("1970-01-01T00:00:00Z", 0, 0),
            ("2009-02-13T23:31:30Z", 1_234_567_890, 0),
            ("0001-01-01T00:00:00Z", FIRST, 0),
            ("9999-12-31T23:59:59.999999999Z", LAST, 999_999_999),
            ("1969-12-31T23:59:59.5Z", -1, 500_000_000),
        ] {
            let moment = Timestamp::parse(text).unwrap();
            assert_eq!((moment.seconds, moment.nanos), (seconds, nanos), "{text}");
            assert_eq!(moment.to_string(), text);
        }
        let moment = Timestamp::parse("2023-01-01T01:00:00+01:00").unwrap();
        assert_eq!(moment.to_string(), "2023-01-01T01:00:00+01:00");
        assert_eq!(Some(moment), Timestamp::parse("2023-01-01T00:00:00Z"));
        for (text, same) in [
            ("2023-01-01T1:02:03,5Z", "2023-01-01T01:02:03.5Z"),
            ("2023-01-01T01:00:00+23:60", "2022-12-31T01:00:00Z"),
        ] {
            let moments = [text, same].map(|text| Timestamp::parse(text).unwrap());
            assert_eq!(moments[0], moments[1], "{text}");
        }
        for wrong in [
            "",
            "2023-02-29T00:00:00Z",
            "2023-01-01",
            "2023-01-01T24:00:00Z",
            "2023-01-01T00:00:00",
            "0000-12-31T00:00:00Z",
            "2023-01-01T00:00:00.Z",
            "2023-01-01T:00:00Z",
            "2023-01-01T001:00:00Z",
            "2023-01-01T00:00:00+23:61",
        ] {
            assert_eq!(Timestamp::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn lengths_are_read_and_written() {
        for (text, nanos, shown) in [
            ("1h30m", 5_400_000_000_000, "5400s"),
            ("-1.5s", -1_500_000_000, "-1.5s"),
            ("100ms", 100_000_000, "0.1s"),
            ("0", 0, "0s"),
            ("1ns", 1, "0.000000001s"),
        ] {
            let duration = Duration::parse(text).unwrap();
            assert_eq!(duration.0, nanos, "{text}");
            assert_eq!(duration.to_string(), shown);
        }
        for wrong in ["", "1", "s", "1d", "9999999h", "-", "1.s2"] {
            assert_eq!(Duration::parse(wrong), None, "{wrong}");
        }
    }
}
