//! JSON text to values and back, without anything in between.
//!
//! Numbers keep their text, so nothing is rounded. Of members with the same key the last one stays.
//! Bytes that are no UTF-8 and halves of surrogate pairs become U+FFFD, as in Go.

mod read;
mod write;

use std::fmt;

use crate::Value;

pub(crate) use write::{Style, write};

/// How deep arrays and objects may be nested.
pub const MAX_JSON_DEPTH: usize = 1_000;

/// What is wrong where a good value is followed by something else.
pub(crate) const TRAILING: &str = "something stands behind the value";

/// Why a text is not taken as JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonError {
    /// What is wrong.
    pub reason: JsonErrorReason,
    /// The byte at which it was found.
    pub offset: usize,
}

/// What is wrong with a JSON text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonErrorReason {
    /// It is no JSON.
    Syntax(&'static str),
    /// A number is beyond the limits of OPA.
    NumberTooBig,
    /// It is nested deeper than [`MAX_JSON_DEPTH`].
    TooDeep,
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.reason {
            JsonErrorReason::Syntax(what) => write!(f, "{what} at byte {}", self.offset),
            JsonErrorReason::NumberTooBig => {
                write!(f, "invalid number: number too big at byte {}", self.offset)
            }
            JsonErrorReason::TooDeep => {
                write!(
                    f,
                    "nested deeper than {MAX_JSON_DEPTH} at byte {}",
                    self.offset
                )
            }
        }
    }
}

impl std::error::Error for JsonError {}

impl Value {
    /// Reads one JSON value; nothing but white space may stand behind it.
    pub fn from_json_text(text: &[u8]) -> Result<Self, JsonError> {
        read::read(text)
    }

    /// The value as compact JSON: sets become arrays, and a key that is no string becomes its JSON text.
    pub fn to_json_text(&self) -> String {
        let mut out = String::new();
        let _ = write(&mut out, self, &Style::COMPACT);
        out
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::Set;

    #[test]
    fn what_is_read_is_written_again() {
        for text in [
            "null",
            "true",
            "[]",
            "{}",
            r#"{"a":[1,2.50,1e3,-0,100000000000000000000],"b":{"c":"é\n\"\\/"}}"#,
        ] {
            let value = Value::from_json_text(text.as_bytes()).unwrap();
            assert_eq!(value.to_json_text(), text);
        }
    }

    #[test]
    fn the_last_of_equal_keys_stays() {
        let value = Value::from_json_text(br#"{"b":1,"a":2,"b":3}"#).unwrap();
        assert_eq!(value.to_json_text(), r#"{"a":2,"b":3}"#);
    }

    #[test]
    fn escapes_are_read() {
        let value = Value::from_json_text(br#""\u00e9\ud83d\ude00\ud83d\t\/\ude00x""#).unwrap();
        assert_eq!(value.as_str(), Some("é😀\u{fffd}\t/\u{fffd}x"));
        let value = Value::from_json_text(b"\"a\xffb\"").unwrap();
        assert_eq!(value.as_str(), Some("a\u{fffd}b"));
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for text in [
            "",
            " ",
            "nul",
            "tru",
            "[1,]",
            "[1",
            "{",
            "{\"a\"}",
            "{\"a\":}",
            "{a:1}",
            "01",
            "1.",
            ".5",
            "+1",
            "1e",
            "\"a",
            "\"\\x\"",
            "\"\\u12\"",
            "\"\n\"",
            "1 2",
            "[] ]",
            "--1",
            "NaN",
            "{\"a\":1,}",
            "'a'",
        ] {
            assert!(Value::from_json_text(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn depth_and_size_are_bounded() {
        let deep = "[".repeat(MAX_JSON_DEPTH + 1);
        let error = Value::from_json_text(deep.as_bytes()).unwrap_err();
        assert_eq!(error.reason, JsonErrorReason::TooDeep);
        let error = Value::from_json_text(b"1e999999").unwrap_err();
        assert_eq!(error.reason, JsonErrorReason::NumberTooBig);
        let most = format!(
            "{}{}",
            "[".repeat(MAX_JSON_DEPTH),
            "]".repeat(MAX_JSON_DEPTH)
        );
        assert!(Value::from_json_text(most.as_bytes()).is_ok());
    }

    #[test]
    fn sets_are_arrays_and_keys_are_texts() {
        let set = Value::Set(Arc::new(Set::from_members(vec![
            Value::from("b"),
            Value::from(1),
        ])));
        assert_eq!(set.to_json_text(), r#"[1,"b"]"#);
        let object = Value::Object(Arc::new(crate::Object::from_entries(vec![
            (set, Value::Null),
            (Value::from(10), Value::from(1)),
            (Value::from("10"), Value::from(2)),
            (Value::from("1"), Value::from(3)),
        ])));
        assert_eq!(object.to_json_text(), r#"{"1":3,"10":2,"[1,\"b\"]":null}"#);
    }
}
