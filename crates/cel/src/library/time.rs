//! What moments and lengths of time are asked.

use jiff::tz::{self, TimeZone};

use super::{Cost, Function};
use crate::{
    error::{EvalError, Fault},
    evaluate::Outcome,
    value::{Timestamp, Value, time::Civil},
};

const ACCESSOR: &[&str] = &["timestamp.() -> int", "timestamp.(string) -> int"];
const SHARED: &[&str] = &[
    "timestamp.() -> int",
    "timestamp.(string) -> int",
    "duration.() -> int",
];

pub(super) const FUNCTIONS: &[Function] = &[
    accessor("getFullYear", ACCESSOR, year),
    accessor("getMonth", ACCESSOR, month),
    accessor("getDate", ACCESSOR, date),
    accessor("getDayOfMonth", ACCESSOR, day_of_month),
    accessor("getDayOfYear", ACCESSOR, day_of_year),
    accessor("getDayOfWeek", ACCESSOR, day_of_week),
    accessor("getHours", SHARED, hours),
    accessor("getMinutes", SHARED, minutes),
    accessor("getSeconds", SHARED, seconds),
    accessor("getMilliseconds", SHARED, milliseconds),
];

const fn accessor(
    name: &'static str,
    overloads: &'static [&'static str],
    call: super::Implementation,
) -> Function {
    Function {
        name,
        overloads,
        call,
        cost: Cost::Fixed(1),
    }
}

/// The calendar and clock at the place that the arguments name, in UTC without one.
fn civil(arguments: &[Value<'_>]) -> Result<Civil, Fault> {
    match arguments {
        [Value::Timestamp(moment)] => Ok(moment.civil(0)),
        [Value::Timestamp(moment), Value::String(zone)] => {
            Ok(moment.civil(offset_at(*moment, zone)?))
        }
        _ => Err(EvalError::overload()),
    }
}

/// Seconds east of Greenwich, at a moment, in a zone: `Europe/Berlin`, `+02:00`.
fn offset_at(moment: Timestamp, zone: &str) -> Result<i64, Fault> {
    if zone.contains(':') {
        return offset(zone)
            .ok_or_else(|| EvalError::argument(format!("unknown time zone {zone}")));
    }
    if zone.is_empty() || zone == "UTC" {
        return Ok(0);
    }
    let known: TimeZone = tz::db()
        .get(zone)
        .map_err(|_| EvalError::argument(format!("unknown time zone {zone}")))?;
    // Names are told apart by their case, as they are names of files to the API server.
    if known.iana_name() != Some(zone) {
        return Err(EvalError::argument(format!("unknown time zone {zone}")));
    }
    // The last day of the year 9999 is beyond what the library knows, and has the offset of the day before.
    let (first, last) = (jiff::Timestamp::MIN, jiff::Timestamp::MAX);
    let seconds = (moment.seconds()).clamp(first.as_second(), last.as_second());
    let instant = jiff::Timestamp::from_second(seconds)
        .map_err(|_| EvalError::argument("a moment outside of what time zones know"))?;
    Ok(known.to_offset(instant).seconds().into())
}

/// Hours that an offset may have. There is no such limit in the API server; no place is as far away.
const MAX_HOURS: i64 = 1_000_000;

/// The seconds of an offset, which cel-go reads as two numbers with whatever signs they have: `+02:00`, `5:30`, `-2:75`.
fn offset(zone: &str) -> Option<i64> {
    let (hours, minutes) = zone.split_once(':')?;
    let number = |text: &str| text.parse::<i64>().ok().filter(|it| it.abs() <= MAX_HOURS);
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    let minutes = if zone.starts_with('-') {
        -minutes
    } else {
        minutes
    };
    Some((hours * 60 + minutes) * 60)
}

fn year<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Int(civil(arguments)?.year))
}

fn month<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Int(civil(arguments)?.month - 1))
}

fn date<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Int(civil(arguments)?.day))
}

fn day_of_month<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Int(civil(arguments)?.day - 1))
}

fn day_of_year<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Int(civil(arguments)?.day_of_year))
}

fn day_of_week<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Int(civil(arguments)?.weekday))
}

fn hours<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [Value::Duration(length)] => Ok(Value::Int(length.nanoseconds() / 3_600_000_000_000)),
        _ => Ok(Value::Int(civil(arguments)?.hour)),
    }
}

fn minutes<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [Value::Duration(length)] => Ok(Value::Int(length.nanoseconds() / 60_000_000_000)),
        _ => Ok(Value::Int(civil(arguments)?.minute)),
    }
}

fn seconds<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [Value::Duration(length)] => Ok(Value::Int(length.nanoseconds() / 1_000_000_000)),
        _ => Ok(Value::Int(civil(arguments)?.second)),
    }
}

fn milliseconds<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [Value::Duration(length)] => Ok(Value::Int(length.nanoseconds() / 1_000_000)),
        [Value::Timestamp(moment), ..] => {
            // The zone must be known, although it decides nothing.
            civil(arguments)?;
            Ok(Value::Int((moment.nanoseconds() / 1_000_000).into()))
        }
        _ => Err(EvalError::overload()),
    }
}
