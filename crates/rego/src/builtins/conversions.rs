//! Which type a value has, and values of another type.

use std::sync::Arc;

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

/// The number in a text. Hexadecimal ones, which OPA lets through here and then can neither print nor pass on
/// as JSON, are refused.
fn parse(text: &str) -> Result<Number, BuiltinError> {
    let unsigned = text.trim_start_matches(['+', '-']);
    if ["inf", "infinity", "nan"]
        .iter()
        .any(|name| unsigned.eq_ignore_ascii_case(name))
    {
        return Err(wrong_type(0, &Value::from(text), &["valid number string"]));
    }
    let number: Number = text.parse().map_err(|error| {
        BuiltinError::failed(match error {
            ParseNumberError::Syntax => {
                format!("strconv.ParseFloat: parsing {text:?}: invalid syntax")
            }
            ParseNumberError::TooBig => {
                format!("strconv.ParseFloat: parsing {text:?}: value out of range")
            }
        })
    })?;
    if number.as_f64().is_infinite() {
        return Err(BuiltinError::failed(format!(
            "strconv.ParseFloat: parsing {text:?}: value out of range"
        )));
    }
    Ok(number)
}
