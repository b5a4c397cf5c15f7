//! Between values and JSON.

use serde_json::Value as Json;

use super::{Blob, List, Map, Text, Value};
use crate::error::{EvalError, EvalErrorKind, Fault};

/// Levels that a value may nest when it is turned into JSON or told.
pub(crate) const MAX_SAFE_DEPTH: usize = 256;

/// Values that a result may have as JSON.
const MAX_JSON_VALUES: usize = 1_000_000;

impl<'a> Value<'a> {
    /// The value that JSON stands for, borrowed where it lies.
    ///
    /// As in the API server, a number is an int if it is whole and fits 64 bits with a sign, and else a double.
    pub fn from_json(json: &'a Json) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Bool(value) => Self::Bool(*value),
            Json::Number(number) => number.as_i64().map_or_else(
                || Self::Double(number.as_f64().unwrap_or(f64::NAN)),
                Self::Int,
            ),
            Json::String(text) => Self::String(Text::Borrowed(text)),
            Json::Array(elements) => Self::List(List::Json(elements)),
            Json::Object(map) => Self::Map(Map::Json(map)),
        }
    }

    /// The JSON of a value: bytes as Base64, times as text, a missing optional as `null`.
    ///
    /// Fails for what has no JSON: types, authorizers, not-a-number, keys that are no text.
    pub fn to_json(&self) -> Result<Json, EvalError> {
        let mut left = MAX_JSON_VALUES;
        self.json_below(MAX_SAFE_DEPTH, &mut left)
            .map_err(Fault::into_error)
    }

    fn json_below(&self, levels: usize, left: &mut usize) -> Result<Json, Fault> {
        let (Some(levels), Some(fewer)) = (levels.checked_sub(1), left.checked_sub(1)) else {
            return Err(EvalError::fault(
                EvalErrorKind::TooLarge,
                "the value is too large, or nests too deeply",
            ));
        };
        *left = fewer;
        Ok(match self {
            Self::Null | Self::Optional(None) => Json::Null,
            Self::Bool(value) => Json::Bool(*value),
            Self::Int(value) => (*value).into(),
            Self::Uint(value) => (*value).into(),
            Self::Double(value) => serde_json::Number::from_f64(*value)
                .map(Json::Number)
                .ok_or_else(|| EvalError::argument("a number that is not finite has no JSON"))?,
            Self::String(text) => Json::String((**text).to_owned()),
            Self::Bytes(bytes) => Json::String(base64_text(bytes)),
            Self::List(List::Json(elements)) => Json::Array(elements.to_vec()),
            Self::List(list) => Json::Array(
                list.iter()
                    .map(|element| element.json_below(levels, left))
                    .collect::<Result<_, _>>()?,
            ),
            Self::Map(Map::Json(map)) => Json::Object((*map).clone()),
            Self::Map(map) => Json::Object(
                map.iter()
                    .map(|(key, value)| {
                        let key = match key {
                            Value::String(text) => (*text).to_owned(),
                            Value::Int(number) => number.to_string(),
                            Value::Uint(number) => number.to_string(),
                            Value::Bool(value) => value.to_string(),
                            _ => return Err(EvalError::argument("a key that has no JSON")),
                        };
                        Ok((key, value.json_below(levels, left)?))
                    })
                    .collect::<Result<_, Fault>>()?,
            ),
            Self::Timestamp(moment) => Json::String(moment.to_string()),
            Self::Duration(duration) => Json::String(duration.to_string()),
            Self::Optional(Some(value)) => value.json_below(levels, left)?,
            Self::Object(object) => Json::Object(
                object
                    .fields
                    .iter()
                    .map(|(name, value)| Ok(((**name).to_owned(), value.json_below(levels, left)?)))
                    .collect::<Result<_, Fault>>()?,
            ),
            Self::Opaque(opaque) => Json::String(opaque.text().ok_or_else(|| {
                EvalError::argument(format!("a value of type {} has no JSON", self.type_name()))
            })?),
            Self::Type(_) => return Err(EvalError::argument("a type has no JSON")),
        })
    }
}

fn base64_text(bytes: &Blob<'_>) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(&**bytes)
}
