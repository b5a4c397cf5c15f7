//! Values as text for people.

use std::fmt;

use super::Value;

/// Values that are shown of one; messages quote values, and nobody reads more.
const MAX_SHOWN: u32 = 10_000;

impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut left = MAX_SHOWN;
        show(self, f, &mut left)
    }
}

fn show(value: &Value<'_>, f: &mut fmt::Formatter<'_>, left: &mut u32) -> fmt::Result {
    let Some(fewer) = left.checked_sub(1) else {
        return f.write_str("…");
    };
    *left = fewer;
    match value {
        Value::Null => f.write_str("null"),
        Value::Bool(value) => write!(f, "{value}"),
        Value::Int(value) => write!(f, "{value}"),
        Value::Uint(value) => write!(f, "{value}u"),
        Value::Double(value) => write!(f, "{value:?}"),
        Value::String(text) => write!(f, "{:?}", &**text),
        Value::Bytes(bytes) => write!(f, "b\"{}\"", bytes.escape_ascii()),
        Value::List(list) => {
            f.write_str("[")?;
            for (index, element) in list.iter().enumerate() {
                if index > 0 {
                    f.write_str(", ")?;
                }
                show(&element, f, left)?;
            }
            f.write_str("]")
        }
        Value::Map(map) => {
            f.write_str("{")?;
            for (index, (key, value)) in map.iter().enumerate() {
                if index > 0 {
                    f.write_str(", ")?;
                }
                show(&key, f, left)?;
                f.write_str(": ")?;
                show(&value, f, left)?;
            }
            f.write_str("}")
        }
        Value::Timestamp(moment) => write!(f, "timestamp(\"{moment}\")"),
        Value::Duration(duration) => write!(f, "duration(\"{duration}\")"),
        Value::Type(name) => f.write_str(name),
        Value::Optional(None) => f.write_str("optional.none()"),
        Value::Optional(Some(value)) => {
            f.write_str("optional.of(")?;
            show(value, f, left)?;
            f.write_str(")")
        }
        Value::Object(object) => {
            write!(f, "{}{{", object.type_name)?;
            for (index, (name, value)) in object.fields.iter().enumerate() {
                if index > 0 {
                    f.write_str(", ")?;
                }
                write!(f, "{name}: ")?;
                show(value, f, left)?;
            }
            f.write_str("}")
        }
        Value::Opaque(opaque) => match opaque.text() {
            Some(text) => write!(f, "{}({text:?})", opaque.type_name()),
            None => f.write_str(opaque.type_name()),
        },
    }
}
