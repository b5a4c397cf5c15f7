//! `time.*`: dates, clocks, zones and durations, as Go's `time` has them.
//!
//! Nothing here reads a clock; `time.now_ns` is the time the evaluation was given. Zones come from the database
//! that is compiled in. The zone `Local` is refused: what a policy says must not depend on the machine.

mod civil;
mod duration;
mod layout;
mod parse;
mod zone;

use super::{
    Answer, Builtin, BuiltinError, Context, Operands, list,
    operands::{refused, wrong_type},
    signature::{NUMBER, STRING, Type, tuple},
    text,
};
use crate::{Number, Value};
use civil::Civil;
use zone::Zone;

const MOMENT: Type = Type::AnyOf(&[NUMBER, tuple(&[NUMBER, STRING])]);
const FORMATTED: Type = Type::AnyOf(&[
    NUMBER,
    tuple(&[NUMBER, STRING]),
    tuple(&[NUMBER, STRING, STRING]),
]);
const THREE: Type = tuple(&[NUMBER, NUMBER, NUMBER]);
const SIX: Type = tuple(&[NUMBER, NUMBER, NUMBER, NUMBER, NUMBER, NUMBER]);

const SECOND: i64 = 1_000_000_000;

pub(super) const BUILTINS: &[Builtin] = &[
    Builtin {
        is_deterministic: false,
        ..Builtin::new("time.now_ns", &[], NUMBER, |c, _| {
            Ok(Some(Value::from(c.now_ns)))
        })
    },
    Builtin::new("time.parse_ns", &[STRING, STRING], NUMBER, |c, x| {
        let (layout, value) = (x.string(0)?, x.string(1)?);
        c.spend_bytes(layout.len() + value.len())?;
        nanoseconds(parse::parse(layout::named(layout), value)?)
    }),
    Builtin::new("time.parse_rfc3339_ns", &[STRING], NUMBER, |c, x| {
        let value = x.string(0)?;
        c.spend_bytes(value.len())?;
        nanoseconds(parse::parse(layout::RFC3339, value)?)
    }),
    Builtin::new("time.parse_duration_ns", &[STRING], NUMBER, |c, x| {
        let value = x.string(0)?;
        c.spend_bytes(value.len())?;
        Ok(Some(Value::from(duration::parse(value)?)))
    }),
    Builtin::new("time.format", &[FORMATTED], STRING, |c, x| {
        let (moment, layout) = moment(x.value(0))?;
        let layout = match &layout {
            Some(layout) if !layout.is_empty() => layout::named(layout),
            _ => layout::RFC3339_NANO,
        };
        c.spend_bytes(layout.len())?;
        text(&layout::format(&moment, layout))
    }),
    Builtin::new("time.date", &[MOMENT], THREE, |_, x| {
        let date = moment(x.value(0))?.0.civil();
        numbers(&[date.year, date.month, date.day])
    }),
    Builtin::new("time.clock", &[MOMENT], THREE, |_, x| {
        let clock = moment(x.value(0))?.0.civil();
        numbers(&[clock.hour, clock.minute, clock.second])
    }),
    Builtin::new("time.weekday", &[MOMENT], STRING, |_, x| {
        text(layout::weekday(&moment(x.value(0))?.0.civil()))
    }),
    Builtin::new(
        "time.add_date",
        &[NUMBER, NUMBER, NUMBER, NUMBER],
        NUMBER,
        add_date,
    ),
    Builtin::new("time.diff", &[MOMENT, MOMENT], SIX, difference),
];

/// A moment and the zone it is shown in.
struct Moment {
    /// Nanoseconds since 1970.
    nanoseconds: i64,
    zone: Zone,
}

impl Moment {
    fn seconds(&self) -> i64 {
        self.nanoseconds.div_euclid(SECOND)
    }

    fn civil(&self) -> Civil {
        let offset = self.zone.offset(self.seconds());
        Civil::from_seconds(self.seconds() + offset)
    }
}

fn numbers(values: &[i64]) -> Answer {
    list(values.iter().copied().map(Value::from).collect())
}

fn too_far() -> BuiltinError {
    BuiltinError::failed("time outside of valid range")
}

/// Nanoseconds since 1970 of a moment in seconds and nanoseconds.
fn nanoseconds((seconds, fraction): (i64, i64)) -> Answer {
    let total = i128::from(seconds) * i128::from(SECOND) + i128::from(fraction);
    i64::try_from(total)
        .map(|total| Some(Value::from(total)))
        .map_err(|_| too_far())
}

/// Reads a number of nanoseconds, or an array of that, a zone and a layout.
fn moment(value: &Value) -> Result<(Moment, Option<std::sync::Arc<str>>), BuiltinError> {
    const EXPECTED: &str = "either number (ns) or [number (ns), string (tz)]";
    let string = |value: &Value| match value {
        Value::String(text) => Ok(std::sync::Arc::clone(text)),
        other => Err(wrong_type(0, other, &["string"])),
    };
    let mut zone = Zone::Utc;
    let mut layout = None;
    let number = match value {
        Value::Number(number) => number,
        Value::Array(items) if !items.is_empty() => {
            let number = match items.first() {
                Some(Value::Number(number)) => number,
                other => {
                    let got = other.unwrap_or(&Value::Null);
                    return Err(wrong_type(0, got, &["number"]));
                }
            };
            if let Some(name) = items.get(1) {
                zone = Zone::named(&string(name)?)?;
            }
            if let Some(third) = items.get(2) {
                layout = Some(string(third)?);
            }
            number
        }
        other => {
            return Err(refused(
                0,
                &format!("must be {EXPECTED} but got {}", other.type_name()),
            ));
        }
    };
    let nanoseconds = whole(number).ok_or_else(|| BuiltinError::failed("timestamp too big"))?;
    Ok((Moment { nanoseconds, zone }, layout))
}

/// A number of 64 bits, however it is spelt.
fn whole(number: &Number) -> Option<i64> {
    if let Some(value) = number.as_i64() {
        return Some(value);
    }
    let binary = number.as_binary();
    if !binary.is_integer() {
        return None;
    }
    i64::try_from(binary.truncated()).ok()
}

/// Adds years, months and days to a date; the 31st of a shorter month is the first days of the next.
fn add_date(_: &mut Context<'_>, operands: Operands<'_>) -> Answer {
    let (moment, _) = moment(operands.value(0))?;
    let (years, months, days) = (
        operands.integer(1)?,
        operands.integer(2)?,
        operands.integer(3)?,
    );
    // No date that is far from this one can be given in nanoseconds.
    if [years, months / 12, days / 366]
        .iter()
        .any(|years| years.abs() > 10_000)
    {
        return Err(too_far());
    }
    let date = moment.civil();
    let seconds = Civil {
        year: date.year + years,
        month: date.month + months,
        day: date.day + days,
        ..date
    }
    .to_seconds();
    let seconds = moment.zone.to_utc(seconds);
    nanoseconds((seconds, moment.nanoseconds.rem_euclid(SECOND)))
}

/// The difference in years, months, days, hours, minutes and seconds, in the zone of the first operand.
fn difference(_: &mut Context<'_>, operands: Operands<'_>) -> Answer {
    let (first, _) = moment(operands.value(0))?;
    let (second, _) = moment(operands.value(1))?;
    let second = Moment {
        zone: first.zone.clone(),
        ..second
    };
    let (earlier, later) = if first.nanoseconds > second.nanoseconds {
        (second.civil(), first.civil())
    } else {
        (first.civil(), second.civil())
    };
    let mut year = later.year - earlier.year;
    let mut month = later.month - earlier.month;
    let mut day = later.day - earlier.day;
    let mut hour = later.hour - earlier.hour;
    let mut minute = later.minute - earlier.minute;
    let mut second = later.second - earlier.second;
    let borrow = |value: &mut i64, above: &mut i64, size: i64| {
        if *value < 0 {
            *value += size;
            *above -= 1;
        }
    };
    borrow(&mut second, &mut minute, 60);
    borrow(&mut minute, &mut hour, 60);
    borrow(&mut hour, &mut day, 24);
    borrow(
        &mut day,
        &mut month,
        civil::days_in(earlier.year, earlier.month),
    );
    borrow(&mut month, &mut year, 12);
    numbers(&[year, month, day, hour, minute, second])
}

#[cfg(test)]
mod tests;
