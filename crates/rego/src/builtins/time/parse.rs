//! Reads a date by a layout, as Go's `time.Parse` with the local zone being UTC.

use super::{
    super::BuiltinError,
    Civil,
    civil::{days_in, is_leap},
    layout::{Field, MONTHS, Offset, WEEKDAYS, next},
};

/// Seconds since 1970 and nanoseconds.
pub(super) fn parse(layout: &str, value: &str) -> Result<(i64, i64), BuiltinError> {
    let mut reader = Reader {
        rest: value.as_bytes(),
        ..Reader::default()
    };
    reader
        .read(layout.as_bytes())
        .and_then(|()| reader.finish())
        .ok_or_else(|| {
            BuiltinError::failed(format!(
                "parsing time {value:?} as {layout:?}: cannot parse"
            ))
        })
}

#[derive(Default)]
struct Reader<'v> {
    rest: &'v [u8],
    year: i64,
    month: Option<i64>,
    day: Option<i64>,
    day_of_year: Option<i64>,
    hour: i64,
    minute: i64,
    second: i64,
    nanosecond: i64,
    is_am: bool,
    is_pm: bool,
    /// Seconds east of Greenwich.
    offset: Option<i64>,
    /// `Z` or `UTC` stood somewhere; no offset counts then.
    is_utc: bool,
}

impl<'v> Reader<'v> {
    fn read(&mut self, layout: &[u8]) -> Option<()> {
        let mut rest = layout;
        loop {
            let (prefix, field, behind) = next(rest);
            self.skip(prefix)?;
            let Some(field) = field else {
                return self.rest.is_empty().then_some(());
            };
            rest = behind;
            self.field(field, rest)?;
        }
    }

    /// Text of the layout; spaces there match any number of spaces.
    fn skip(&mut self, prefix: &[u8]) -> Option<()> {
        let mut prefix = prefix;
        while let Some((first, behind)) = prefix.split_first() {
            if *first == b' ' {
                if self.rest.first().is_some_and(|byte| *byte != b' ') {
                    return None;
                }
                prefix = without_spaces(prefix);
                self.rest = without_spaces(self.rest);
                continue;
            }
            self.rest = self.rest.strip_prefix(&[*first])?;
            prefix = behind;
        }
        Some(())
    }

    fn take(&mut self, count: usize) -> Option<&'v [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    /// One or two digits; two if it is fixed.
    fn number(&mut self, is_fixed: bool) -> Option<i64> {
        let count = self
            .rest
            .iter()
            .take(2)
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        if count == 0 || is_fixed && count < 2 {
            return None;
        }
        number(self.take(count)?)
    }

    fn name(&mut self, names: &[&str], length: Option<usize>) -> Option<i64> {
        for (index, name) in names.iter().enumerate() {
            let name = name.get(..length.unwrap_or(name.len()))?.as_bytes();
            if let Some((start, rest)) = self.rest.split_at_checked(name.len())
                && start.eq_ignore_ascii_case(name)
            {
                self.rest = rest;
                return i64::try_from(index).ok();
            }
        }
        None
    }

    fn field(&mut self, field: Field, behind: &[u8]) -> Option<()> {
        match field {
            Field::Year => {
                // A sign may stand in the place of a digit.
                let year = signed(self.take(2)?)?;
                self.year = year + if year >= 69 { 1900 } else { 2000 };
            }
            Field::LongYear => self.year = number(self.take(4)?)?,
            Field::Month => self.month = Some(self.name(&MONTHS, Some(3))? + 1),
            Field::LongMonth => self.month = Some(self.name(&MONTHS, None)? + 1),
            Field::NumMonth | Field::ZeroMonth => {
                let month = self.number(field == Field::ZeroMonth)?;
                self.month = Some(month).filter(|month| (1..=12).contains(month));
                self.month?;
            }
            Field::Weekday => {
                self.name(&WEEKDAYS, Some(3))?;
            }
            Field::LongWeekday => {
                self.name(&WEEKDAYS, None)?;
            }
            Field::Day | Field::UnderDay | Field::ZeroDay => {
                if field == Field::UnderDay {
                    self.rest = self.rest.strip_prefix(b" ").unwrap_or(self.rest);
                }
                self.day = Some(self.number(field == Field::ZeroDay)?);
            }
            Field::UnderYearDay | Field::ZeroYearDay => {
                if field == Field::UnderYearDay {
                    for _ in 0..2 {
                        self.rest = self.rest.strip_prefix(b" ").unwrap_or(self.rest);
                    }
                }
                let count = self
                    .rest
                    .iter()
                    .take(3)
                    .take_while(|byte| byte.is_ascii_digit())
                    .count();
                if count == 0 || field == Field::ZeroYearDay && count < 3 {
                    return None;
                }
                self.day_of_year = number(self.take(count)?);
            }
            Field::Hour => self.hour = self.number(false).filter(|hour| *hour < 24)?,
            Field::Hour12 | Field::ZeroHour12 => {
                self.hour = self
                    .number(field == Field::ZeroHour12)
                    .filter(|hour| *hour <= 12)?;
            }
            Field::Minute | Field::ZeroMinute => {
                self.minute = self
                    .number(field == Field::ZeroMinute)
                    .filter(|minute| *minute < 60)?;
            }
            Field::Second | Field::ZeroSecond => {
                self.second = self
                    .number(field == Field::ZeroSecond)
                    .filter(|second| *second < 60)?;
                self.unasked_fraction(behind)?;
            }
            Field::Pm => match self.take(2)? {
                b"PM" => self.is_pm = true,
                b"AM" => self.is_am = true,
                _ => return None,
            },
            Field::LowerPm => match self.take(2)? {
                b"pm" => self.is_pm = true,
                b"am" => self.is_am = true,
                _ => return None,
            },
            Field::Offset(style) => self.numeric_offset(style)?,
            Field::Abbreviation => self.abbreviation()?,
            Field::Fraction {
                digits,
                keeps_zeros: true,
                ..
            } => self.fraction(digits)?,
            Field::Fraction { .. } => {
                let count = self.fraction_digits();
                if count > 0 {
                    self.fraction(count)?;
                }
            }
        }
        Some(())
    }

    /// Digits behind a point or comma.
    fn fraction_digits(&self) -> usize {
        match self.rest.split_first() {
            Some((b'.' | b',', rest)) => {
                rest.iter().take_while(|byte| byte.is_ascii_digit()).count()
            }
            _ => 0,
        }
    }

    /// A fraction may follow the seconds though the layout has none there.
    fn unasked_fraction(&mut self, behind: &[u8]) -> Option<()> {
        let count = self.fraction_digits();
        if count == 0 || matches!(next(behind).1, Some(Field::Fraction { .. })) {
            return Some(());
        }
        self.fraction(count)
    }

    /// A point or comma and so many digits, of which nine count.
    fn fraction(&mut self, count: usize) -> Option<()> {
        let (separator, digits) = self.take(count + 1)?.split_first()?;
        if !matches!(separator, b'.' | b',') {
            return None;
        }
        let digits = digits.get(..count.min(9))?;
        let scale = u32::try_from(9 - digits.len()).ok()?;
        self.nanosecond = signed(digits).filter(|value| *value >= 0)? * 10_i64.pow(scale);
        Some(())
    }

    fn numeric_offset(&mut self, style: Offset) -> Option<()> {
        if style.has_z
            && let Some(rest) = self.rest.strip_prefix(b"Z")
        {
            self.rest = rest;
            self.is_utc = true;
            return Some(());
        }
        let sign = match self.take(1)? {
            b"+" => 1,
            b"-" => -1,
            _ => return None,
        };
        let mut part = |has_colon: bool| {
            if has_colon && self.take(1)? != b":" {
                return None;
            }
            number(self.take(2)?)
        };
        let hours = part(false)?;
        let minutes = if style.has_minutes {
            part(style.has_colons)?
        } else {
            0
        };
        let seconds = if style.has_seconds {
            part(style.has_colons)?
        } else {
            0
        };
        if hours > 24 || minutes > 60 || seconds > 60 {
            return None;
        }
        self.offset = Some(sign * ((hours * 60 + minutes) * 60 + seconds));
        Some(())
    }

    /// A name of a zone. None but UTC says what its offset is, not even `GMT+3`.
    fn abbreviation(&mut self) -> Option<()> {
        if let Some(rest) = self.rest.strip_prefix(b"UTC") {
            self.rest = rest;
            self.is_utc = true;
            return Some(());
        }
        let length = abbreviation_length(self.rest)?;
        self.take(length)?;
        Some(())
    }

    fn finish(mut self) -> Option<(i64, i64)> {
        if self.is_pm && self.hour < 12 {
            self.hour += 12;
        } else if self.is_am && self.hour == 12 {
            self.hour = 0;
        }
        let (mut month, mut day) = (self.month.unwrap_or(1), self.day.unwrap_or(1));
        if let Some(day_of_year) = self.day_of_year {
            if !(1..=365 + i64::from(is_leap(self.year))).contains(&day_of_year) {
                return None;
            }
            (month, day) = (1, day_of_year);
            while day > days_in(self.year, month) {
                day -= days_in(self.year, month);
                month += 1;
            }
            if self.month.is_some_and(|given| given != month)
                || self.day.is_some_and(|given| given != day)
            {
                return None;
            }
        }
        if day < 1 || day > days_in(self.year, month) {
            return None;
        }
        let seconds = Civil {
            year: self.year,
            month,
            day,
            hour: self.hour,
            minute: self.minute,
            second: self.second,
        }
        .to_seconds();
        let offset = self.offset.filter(|_| !self.is_utc).unwrap_or(0);
        Some((seconds - offset, self.nanosecond))
    }
}

fn without_spaces(bytes: &[u8]) -> &[u8] {
    let count = bytes.iter().take_while(|byte| **byte == b' ').count();
    bytes.get(count..).unwrap_or_default()
}

/// A number of digits only.
fn number(digits: &[u8]) -> Option<i64> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// A number with a sign or without.
fn signed(text: &[u8]) -> Option<i64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// How many bytes at the start of a text are the name of a zone.
fn abbreviation_length(text: &[u8]) -> Option<usize> {
    let signed = |text: &[u8]| {
        let digits = text
            .split_first()
            .filter(|(sign, _)| matches!(sign, b'+' | b'-'))
            .map(|(_, rest)| rest.iter().take_while(|byte| byte.is_ascii_digit()).count())?;
        let hours = number(text.get(1..=digits)?)?;
        (hours <= 23).then_some(digits + 1)
    };
    if text.len() < 3 {
        return None;
    }
    if text.starts_with(b"ChST") || text.starts_with(b"MeST") {
        return Some(4);
    }
    if let Some(rest) = text.strip_prefix(b"GMT") {
        return Some(3 + signed(rest).unwrap_or(0));
    }
    if let Some(b'+' | b'-') = text.first() {
        return signed(text);
    }
    let capitals = text
        .iter()
        .take(6)
        .take_while(|byte| byte.is_ascii_uppercase())
        .count();
    match capitals {
        3 => Some(3),
        4 if text.get(3) == Some(&b'T') || text.starts_with(b"WITA") => Some(4),
        5 if text.get(4) == Some(&b'T') => Some(5),
        _ => None,
    }
}
