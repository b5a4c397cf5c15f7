//! TOML.

use serde_json::{Map, Value};
use toml::value::{Datetime, Offset};

use crate::{ParseError, number::double};

pub(crate) fn parse(text: &str) -> Result<Value, ParseError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let table: toml::Table = toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        ParseError::at(text, at, error.message())
    })?;
    convert(toml::Value::Table(table))
}

fn convert(value: toml::Value) -> Result<Value, ParseError> {
    Ok(match value {
        toml::Value::String(text) => Value::String(text),
        // conftest keeps TOML's integers as they are; they do not pass through a double.
        toml::Value::Integer(number) => Value::from(number),
        toml::Value::Float(number) => double(number).ok_or_else(|| {
            ParseError::new(
                1,
                1,
                format!("{number} has no place in JSON, which policies see"),
            )
        })?,
        toml::Value::Boolean(value) => Value::Bool(value),
        toml::Value::Datetime(time) => Value::String(rfc3339(&time)),
        toml::Value::Array(values) => {
            Value::Array(values.into_iter().map(convert).collect::<Result<_, _>>()?)
        }
        toml::Value::Table(table) => {
            let mut object = Map::new();
            for (key, value) in table {
                object.insert(key, convert(value)?);
            }
            Value::Object(object)
        }
    })
}

/// A time as Go's JSON writes it. What TOML leaves open is filled in as conftest's TOML library does on
/// a machine that keeps UTC: no date is the first of January of year 0, no time is midnight.
fn rfc3339(time: &Datetime) -> String {
    let (year, month, day) = time
        .date
        .map_or((0, 1, 1), |date| (date.year, date.month, date.day));
    let (hour, minute, second, nanosecond) = time.time.map_or((0, 0, 0, 0), |time| {
        (
            time.hour,
            time.minute,
            time.second.unwrap_or(0),
            time.nanosecond.unwrap_or(0),
        )
    });
    let fraction = if nanosecond == 0 {
        String::new()
    } else {
        format!(".{nanosecond:09}").trim_end_matches('0').to_owned()
    };
    let offset = match time.offset {
        None | Some(Offset::Z | Offset::Custom { minutes: 0 }) => "Z".to_owned(),
        Some(Offset::Custom { minutes }) => {
            let sign = if minutes < 0 { '-' } else { '+' };
            let minutes = minutes.unsigned_abs();
            format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
        }
    };
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}{offset}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::parse;

    #[test]
    fn values_keep_their_types() {
        assert_eq!(
            parse(
                "a = 1.0\nb = 9007199254740993\nc = [1, 'x']\n[t]\nd = 1979-05-27T00:32:00.500-07:00\n\
                 e = 1979-05-27\nf = 07:32:00\n"
            ),
            Ok(json!({
                "a": 1,
                "b": 9_007_199_254_740_993_i64,
                "c": [1, "x"],
                "t": {
                    "d": "1979-05-27T00:32:00.5-07:00",
                    "e": "1979-05-27T00:00:00Z",
                    "f": "0000-01-01T07:32:00Z",
                },
            }))
        );
    }

    #[test]
    fn errors_have_their_place() {
        let error = parse("a = 1\nb = \n").unwrap_err();
        assert_eq!(error.line, 2);
        assert!(parse("a = nan").is_err());
    }
}
