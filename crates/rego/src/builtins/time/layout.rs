//! Layouts: how the second of January 2006, 15:04:05, in the zone MST, seven hours west, would be written.
//! See: <https://pkg.go.dev/time#Layout>

use std::fmt::Write;

use super::{Civil, Moment, SECOND};

pub(super) const RFC3339: &str = "2006-01-02T15:04:05Z07:00";
pub(super) const RFC3339_NANO: &str = "2006-01-02T15:04:05.999999999Z07:00";

pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
pub(super) const WEEKDAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];

/// The layout of a name that OPA knows, or the text itself.
pub(super) fn named(layout: &str) -> &str {
    match layout {
        "ANSIC" => "Mon Jan _2 15:04:05 2006",
        "UnixDate" => "Mon Jan _2 15:04:05 MST 2006",
        "RubyDate" => "Mon Jan 02 15:04:05 -0700 2006",
        "RFC822" => "02 Jan 06 15:04 MST",
        "RFC822Z" => "02 Jan 06 15:04 -0700",
        "RFC850" => "Monday, 02-Jan-06 15:04:05 MST",
        "RFC1123" => "Mon, 02 Jan 2006 15:04:05 MST",
        "RFC1123Z" => "Mon, 02 Jan 2006 15:04:05 -0700",
        "RFC3339" => RFC3339,
        "RFC3339Nano" => RFC3339_NANO,
        other => other,
    }
}

pub(super) fn weekday(date: &Civil) -> &'static str {
    WEEKDAYS.get(date.weekday()).copied().unwrap_or("Sunday")
}

/// A piece of a layout that stands for part of a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    LongMonth,
    Month,
    NumMonth,
    ZeroMonth,
    LongWeekday,
    Weekday,
    Day,
    UnderDay,
    ZeroDay,
    UnderYearDay,
    ZeroYearDay,
    Hour,
    Hour12,
    ZeroHour12,
    Minute,
    ZeroMinute,
    Second,
    ZeroSecond,
    LongYear,
    Year,
    Pm,
    LowerPm,
    Abbreviation,
    Offset(Offset),
    /// Digits of a fraction; zeros at its end are kept or not.
    Fraction {
        digits: usize,
        separator: u8,
        keeps_zeros: bool,
    },
}

/// How an offset from Greenwich is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each part of it is there or not"
)]
pub(super) struct Offset {
    /// `Z` stands for no offset.
    pub(super) has_z: bool,
    pub(super) has_colons: bool,
    pub(super) has_minutes: bool,
    pub(super) has_seconds: bool,
}

/// The text before the first field, the field, and what follows it.
pub(super) fn next(layout: &[u8]) -> (&[u8], Option<Field>, &[u8]) {
    for at in 0..layout.len() {
        let rest = layout.get(at..).unwrap_or_default();
        if let Some((skipped, length, field)) = field(rest) {
            return (
                layout.get(..at + skipped).unwrap_or_default(),
                Some(field),
                rest.get(length..).unwrap_or_default(),
            );
        }
    }
    (layout, None, &[])
}

/// The field at the start of a layout: how many bytes before it are text, where it ends, and what it is.
fn field(rest: &[u8]) -> Option<(usize, usize, Field)> {
    let starts = |text: &str| rest.starts_with(text.as_bytes());
    // `Jan` in `January` is one field, in `Janus` none.
    let is_word = |length: usize| !rest.get(length).is_some_and(u8::is_ascii_lowercase);
    let found = match rest.first()? {
        b'J' if starts("January") => (7, Field::LongMonth),
        b'J' if starts("Jan") && is_word(3) => (3, Field::Month),
        b'M' if starts("Monday") => (6, Field::LongWeekday),
        b'M' if starts("Mon") && is_word(3) => (3, Field::Weekday),
        b'M' if starts("MST") => (3, Field::Abbreviation),
        b'0' => match rest.get(1)? {
            b'1' => (2, Field::ZeroMonth),
            b'2' => (2, Field::ZeroDay),
            b'3' => (2, Field::ZeroHour12),
            b'4' => (2, Field::ZeroMinute),
            b'5' => (2, Field::ZeroSecond),
            b'6' => (2, Field::Year),
            _ if starts("002") => (3, Field::ZeroYearDay),
            _ => return None,
        },
        b'1' if starts("15") => (2, Field::Hour),
        b'1' => (1, Field::NumMonth),
        b'2' if starts("2006") => (4, Field::LongYear),
        b'2' => (1, Field::Day),
        b'_' if starts("_2006") => return Some((1, 5, Field::LongYear)),
        b'_' if starts("_2") => (2, Field::UnderDay),
        b'_' if starts("__2") => (3, Field::UnderYearDay),
        b'3' => (1, Field::Hour12),
        b'4' => (1, Field::Minute),
        b'5' => (1, Field::Second),
        b'P' if starts("PM") => (2, Field::Pm),
        b'p' if starts("pm") => (2, Field::LowerPm),
        b'-' | b'Z' => offset(rest)?,
        b'.' | b',' => fraction(rest)?,
        _ => return None,
    };
    Some((0, found.0, found.1))
}

fn offset(rest: &[u8]) -> Option<(usize, Field)> {
    let (first, rest) = rest.split_first()?;
    let (length, has_colons, has_minutes, has_seconds) = if rest.starts_with(b"070000") {
        (7, false, true, true)
    } else if rest.starts_with(b"07:00:00") {
        (9, true, true, true)
    } else if rest.starts_with(b"0700") {
        (5, false, true, false)
    } else if rest.starts_with(b"07:00") {
        (6, true, true, false)
    } else if rest.starts_with(b"07") {
        (3, false, false, false)
    } else {
        return None;
    };
    let field = Field::Offset(Offset {
        has_z: *first == b'Z',
        has_colons,
        has_minutes,
        has_seconds,
    });
    Some((length, field))
}

fn fraction(rest: &[u8]) -> Option<(usize, Field)> {
    let (separator, rest) = rest.split_first()?;
    let digit = rest.first().filter(|digit| matches!(digit, b'0' | b'9'))?;
    let digits = rest.iter().take_while(|next| *next == digit).count();
    if rest.get(digits).is_some_and(u8::is_ascii_digit) {
        return None;
    }
    let field = Field::Fraction {
        digits,
        separator: *separator,
        keeps_zeros: *digit == b'0',
    };
    Some((digits + 1, field))
}

/// A moment written by a layout.
pub(super) fn format(moment: &Moment, layout: &str) -> String {
    let date = moment.civil();
    let mut out = Vec::with_capacity(layout.len() + 8);
    let mut rest = layout.as_bytes();
    while !rest.is_empty() {
        let (prefix, field, behind) = next(rest);
        out.extend_from_slice(prefix);
        if let Some(field) = field {
            out.extend_from_slice(write(moment, &date, field).as_bytes());
        }
        rest = behind;
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn write(moment: &Moment, date: &Civil, field: Field) -> String {
    let month = usize::try_from(date.month - 1)
        .ok()
        .and_then(|index| MONTHS.get(index))
        .copied()
        .unwrap_or("January");
    let short = |name: &str| name.get(..3).unwrap_or(name).to_owned();
    let hour12 = match date.hour % 12 {
        0 => 12,
        hour => hour,
    };
    let half = |is_upper: bool| {
        match (date.hour >= 12, is_upper) {
            (true, true) => "PM",
            (false, true) => "AM",
            (true, false) => "pm",
            (false, false) => "am",
        }
        .to_owned()
    };
    match field {
        Field::LongMonth => month.to_owned(),
        Field::Month => short(month),
        Field::NumMonth => date.month.to_string(),
        Field::ZeroMonth => format!("{:02}", date.month),
        Field::LongWeekday => weekday(date).to_owned(),
        Field::Weekday => short(weekday(date)),
        Field::Day => date.day.to_string(),
        Field::UnderDay => format!("{:2}", date.day),
        Field::ZeroDay => format!("{:02}", date.day),
        Field::UnderYearDay => format!("{:3}", date.day_of_year()),
        Field::ZeroYearDay => format!("{:03}", date.day_of_year()),
        Field::Hour => format!("{:02}", date.hour),
        Field::Hour12 => hour12.to_string(),
        Field::ZeroHour12 => format!("{hour12:02}"),
        Field::Minute => date.minute.to_string(),
        Field::ZeroMinute => format!("{:02}", date.minute),
        Field::Second => date.second.to_string(),
        Field::ZeroSecond => format!("{:02}", date.second),
        Field::LongYear => format!("{:04}", date.year),
        Field::Year => format!("{:02}", date.year % 100),
        Field::Pm => half(true),
        Field::LowerPm => half(false),
        Field::Abbreviation => moment.zone.abbreviation(moment.seconds()),
        Field::Offset(style) => write_offset(moment.zone.offset(moment.seconds()), style),
        Field::Fraction {
            digits,
            separator,
            keeps_zeros,
        } => write_fraction(
            moment.nanoseconds.rem_euclid(SECOND),
            digits,
            separator,
            keeps_zeros,
        ),
    }
}

fn write_offset(offset: i64, style: Offset) -> String {
    if offset == 0 && style.has_z {
        return "Z".to_owned();
    }
    let minutes = offset / 60;
    let sign = if minutes < 0 { '-' } else { '+' };
    let magnitude = if minutes < 0 { -offset } else { offset };
    let minutes = minutes.abs();
    let colon = if style.has_colons { ":" } else { "" };
    let mut text = format!("{sign}{:02}", minutes / 60);
    if style.has_minutes {
        let _ = write!(text, "{colon}{:02}", minutes % 60);
    }
    if style.has_seconds {
        let _ = write!(text, "{colon}{:02}", magnitude % 60);
    }
    text
}

fn write_fraction(nanoseconds: i64, digits: usize, separator: u8, keeps_zeros: bool) -> String {
    let mut text = format!("{nanoseconds:09}");
    text.truncate(digits);
    if !keeps_zeros {
        let kept = text.trim_end_matches('0').len();
        text.truncate(kept);
        if text.is_empty() {
            return text;
        }
    }
    format!("{}{text}", char::from(separator))
}
