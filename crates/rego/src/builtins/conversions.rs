//! Which type a value has, and values of another type.

use std::sync::Arc;

use num_bigint::BigInt;

use super::{
    Answer, Builtin, BuiltinError, Context, Operands, boolean, list,
    operands::wrong_type,
    signature::{ANY, ARRAY, BOOLEAN, NULL, NUMBER, OBJECT, SET, STRING, Type},
    text,
};
use crate::{Number, ParseNumberError, Set, Value};

pub(super) const BUILTINS: &[Builtin] = &[
    Builtin::new("is_null", &[ANY], BOOLEAN, |_, x| {
        boolean(matches!(x.value(0), Value::Null))
    }),
    Builtin::new("is_boolean", &[ANY], BOOLEAN, |_, x| {
        boolean(matches!(x.value(0), Value::Bool(_)))
    }),
    Builtin::new("is_number", &[ANY], BOOLEAN, |_, x| {
        boolean(matches!(x.value(0), Value::Number(_)))
    }),
    Builtin::new("is_string", &[ANY], BOOLEAN, |_, x| {
        boolean(matches!(x.value(0), Value::String(_)))
    }),
    Builtin::new("is_array", &[ANY], BOOLEAN, |_, x| {
        boolean(matches!(x.value(0), Value::Array(_)))
    }),
    Builtin::new("is_object", &[ANY], BOOLEAN, |_, x| {
        boolean(matches!(x.value(0), Value::Object(_)))
    }),
    Builtin::new("is_set", &[ANY], BOOLEAN, |_, x| {
        boolean(matches!(x.value(0), Value::Set(_)))
    }),
    Builtin::new("type_name", &[ANY], STRING, |_, x| {
        text(x.value(0).type_name())
    }),
    Builtin::new(
        "to_number",
        &[Type::AnyOf(&[NULL, BOOLEAN, NUMBER, STRING])],
        NUMBER,
        to_number,
    ),
    Builtin::new("cast_null", &[ANY], NULL, |_, x| same(x, "null")).deprecated(),
    Builtin::new("cast_boolean", &[ANY], BOOLEAN, |_, x| same(x, "boolean")).deprecated(),
    Builtin::new("cast_string", &[ANY], STRING, |_, x| same(x, "string")).deprecated(),
    Builtin::new("cast_object", &[ANY], OBJECT, |_, x| same(x, "object")).deprecated(),
    Builtin::new("cast_array", &[ANY], ARRAY, |c, x| {
        let members = x.members(0, &["array", "set"])?;
        c.spend_values(members.len())?;
        list(members.to_vec())
    })
    .deprecated(),
    Builtin::new("cast_set", &[ANY], SET, |c, x| {
        let members = x.members(0, &["array", "set"])?;
        c.spend_values(members.len())?;
        Ok(Some(Value::Set(Arc::new(Set::from_members(
            members.to_vec(),
        )))))
    })
    .deprecated(),
];

/// The operand itself, if it has the type.
fn same(operands: Operands<'_>, name: &str) -> Answer {
    let value = operands.value(0);
    if value.type_name() == name {
        Ok(Some(value.clone()))
    } else {
        Err(wrong_type(0, value, &[name]))
    }
}

fn to_number(context: &mut Context<'_>, operands: Operands<'_>) -> Answer {
    let number = match operands.value(0) {
        Value::Null | Value::Bool(false) => Number::from(0),
        Value::Bool(true) => Number::from(1),
        Value::Number(number) => number.clone(),
        Value::String(text) => {
            context.spend_bytes(text.len())?;
            parse(text)?
        }
        other => {
            return Err(wrong_type(
                0,
                other,
                &["null", "boolean", "number", "string"],
            ));
        }
    };
    Ok(Some(Value::Number(number)))
}

/// The number in a text, as Go's `strconv.ParseFloat` reads it. One with underscores or in base 16 is spelt anew.
fn parse(text: &str) -> Result<Number, BuiltinError> {
    let unsigned = text.trim_start_matches(['+', '-']);
    if ["inf", "infinity", "nan"]
        .iter()
        .any(|name| unsigned.eq_ignore_ascii_case(name))
    {
        return Err(wrong_type(0, &Value::from(text), &["valid number string"]));
    }
    let refused =
        |what: &str| BuiltinError::failed(format!("strconv.ParseFloat: parsing {text:?}: {what}"));
    let number = if text.contains(['_', 'x', 'X']) {
        has_good_underscores(text)
            .then(|| text.replace('_', ""))
            .and_then(|plain| hexadecimal(&plain).or_else(|| plain.parse().ok()))
            .ok_or_else(|| refused("invalid syntax"))?
    } else {
        text.parse().map_err(|error| {
            refused(match error {
                ParseNumberError::Syntax => "invalid syntax",
                ParseNumberError::TooBig => "value out of range",
            })
        })?
    };
    if number.as_f64().is_infinite() {
        return Err(refused("value out of range"));
    }
    Ok(number)
}

/// Whether underscores stand between digits only, or behind `0x`.
fn has_good_underscores(text: &str) -> bool {
    let rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    let hexadecimal = rest.strip_prefix("0x").or_else(|| rest.strip_prefix("0X"));
    let is_digit =
        |byte: u8| byte.is_ascii_digit() || hexadecimal.is_some() && byte.is_ascii_hexdigit();
    let mut last = if hexadecimal.is_some() { b'0' } else { b'!' };
    for byte in hexadecimal.unwrap_or(rest).bytes() {
        let is_good = match byte {
            b'_' => is_digit(last),
            other => last != b'_' || is_digit(other),
        };
        if !is_good {
            return false;
        }
        last = byte;
    }
    last != b'_'
}

/// A floating point number in base 16, `0x1.8p-3`.
fn hexadecimal(text: &str) -> Option<Number> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let rest = rest
        .strip_prefix("0x")
        .or_else(|| rest.strip_prefix("0X"))?;
    let (mantissa, exponent) = rest.split_once(['p', 'P'])?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let is_number = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    let value = BigInt::parse_bytes(digits.as_bytes(), 16).filter(|_| is_number)? * sign;
    let exponent: i32 = exponent.parse().ok()?;
    let scale = exponent.checked_sub(i32::try_from(4 * fraction.len()).ok()?)?;
    let power = Number::from_integer(&(BigInt::from(1) << scale.unsigned_abs().min(5_000)));
    let value = Number::from_integer(&value);
    if scale < 0 {
        value.divided_by(&power).ok()
    } else {
        Some(value.times(&power))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_spellings_are_numbers_too() {
        for (text, expected) in [
            ("1_000", "1000"),
            ("0x10p0", "16"),
            ("-0x1.8p1", "-3"),
            ("0x_1p-2", "0.25"),
            ("+5", "+5"),
            (".5", ".5"),
        ] {
            assert_eq!(parse(text).unwrap().to_string(), expected, "{text}");
        }
        for text in [
            "0x10", "1__0", "_1", "1_", "0xp1", "1_e3", "0x1p", "inf", "1e400", "",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
