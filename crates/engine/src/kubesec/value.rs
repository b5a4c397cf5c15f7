//! A document as kubesec sees it: YAML made JSON, numbers made floats, printed as Go prints.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    fmt::{self, Write as _},
};

use ringwall_input::yaml::{Node, Value as Scalar};
use ringwall_model::Span;

/// A JSON value; objects are sorted by key, as Go prints them.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value<'a> {
    Null,
    Bool(bool),
    Number(f64),
    String(Cow<'a, str>),
    Array(Vec<Value<'a>>),
    Object(BTreeMap<Cow<'a, str>, Value<'a>>),
}

/// Something that YAML allows and JSON does not.
#[derive(Debug)]
pub(super) struct NoJson {
    pub(super) span: Span,
    pub(super) reason: &'static str,
}

impl<'a> Value<'a> {
    /// A YAML node in the way of the Go library that kubesec reads YAML with.
    pub(super) fn from_node(node: Node<'a>) -> Result<Self, NoJson> {
        Ok(match node.value() {
            Scalar::Null => Self::Null,
            Scalar::Bool(value) => Self::Bool(value),
            #[expect(
                clippy::cast_precision_loss,
                reason = "kubesec reads every number as a float"
            )]
            Scalar::Int(value) => Self::Number(value as f64),
            Scalar::Float(value) if value.is_finite() => Self::Number(value),
            Scalar::Float(_) => {
                return Err(NoJson {
                    span: node.span(),
                    reason: "JSON has no infinity and no NaN",
                });
            }
            Scalar::String(text) => Self::String(Cow::Borrowed(text)),
            Scalar::Sequence => {
                let items = node.items().map(Self::from_node);
                Self::Array(items.collect::<Result<_, _>>()?)
            }
            Scalar::Mapping => {
                let mut object = BTreeMap::new();
                Self::add_entries(node, &mut object)?;
                Self::Object(object)
            }
        })
    }

    /// Entries in the order of the text: a later one wins, and what `<<` brings counts where it stands.
    fn add_entries(
        node: Node<'a>,
        object: &mut BTreeMap<Cow<'a, str>, Self>,
    ) -> Result<(), NoJson> {
        for (key, value) in node.written_entries() {
            if key.text() == "<<" && !key.is_quoted() {
                Self::merge(value, object)?;
            } else {
                object.insert(key_text(key)?, Self::from_node(value)?);
            }
        }
        Ok(())
    }

    fn merge(value: Node<'a>, object: &mut BTreeMap<Cow<'a, str>, Self>) -> Result<(), NoJson> {
        if value.is_mapping() {
            return Self::add_entries(value, object);
        }
        let mappings: Vec<_> = value.items().collect();
        if !value.is_sequence() || !mappings.iter().all(|item| item.is_mapping()) {
            return Err(NoJson {
                span: value.span(),
                reason: "`<<` needs an object or a list of objects",
            });
        }
        // The first of several wins.
        mappings
            .into_iter()
            .rev()
            .try_for_each(|mapping| Self::add_entries(mapping, object))
    }

    /// The value at the end of a path of keys; only objects have keys.
    pub(super) fn get(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |value, key| match value {
            Self::Object(object) => object.get(*key),
            _ => None,
        })
    }

    pub(super) fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// What a message calls it.
    pub(super) const fn noun(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::String(_) => "a string",
            Self::Array(_) => "a list",
            Self::Object(_) => "an object",
        }
    }
}

impl From<serde_json::Value> for Value<'static> {
    fn from(value: serde_json::Value) -> Self {
        match value {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(value) => Self::Bool(value),
            serde_json::Value::Number(value) => Self::Number(value.as_f64().unwrap_or(0.0)),
            serde_json::Value::String(text) => Self::String(Cow::Owned(text)),
            serde_json::Value::Array(items) => {
                Self::Array(items.into_iter().map(Self::from).collect())
            }
            serde_json::Value::Object(entries) => Self::Object(
                entries
                    .into_iter()
                    .map(|(key, value)| (Cow::Owned(key), Self::from(value)))
                    .collect(),
            ),
        }
    }
}

/// The text that a YAML key has in JSON.
fn key_text(key: Node<'_>) -> Result<Cow<'_, str>, NoJson> {
    Ok(match key.value() {
        Scalar::String(text) => Cow::Borrowed(text),
        Scalar::Bool(true) => Cow::Borrowed("true"),
        Scalar::Bool(false) => Cow::Borrowed("false"),
        Scalar::Int(value) => Cow::Owned(value.to_string()),
        Scalar::Float(value) if value.is_nan() => Cow::Borrowed(".nan"),
        Scalar::Float(f64::INFINITY) => Cow::Borrowed(".inf"),
        Scalar::Float(f64::NEG_INFINITY) => Cow::Borrowed("-.inf"),
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the library writes keys with 32 bits of precision"
        )]
        Scalar::Float(value) => Cow::Owned(go_float(&format!("{:e}", value as f32))),
        Scalar::Null | Scalar::Sequence | Scalar::Mapping => {
            return Err(NoJson {
                span: key.span(),
                reason: "a key must be text, a number or a boolean",
            });
        }
    })
}

/// As Go's `%v` prints it: `map[a:1 b:[x y]]`, `<nil>`.
impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("<nil>"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Number(value) => f.write_str(&go_float(&format!("{value:e}"))),
            Self::String(text) => f.write_str(text),
            Self::Array(items) => {
                f.write_char('[')?;
                for (index, item) in items.iter().enumerate() {
                    let blank = if index == 0 { "" } else { " " };
                    write!(f, "{blank}{item}")?;
                }
                f.write_char(']')
            }
            Self::Object(entries) => {
                f.write_str("map[")?;
                for (index, (key, value)) in entries.iter().enumerate() {
                    let blank = if index == 0 { "" } else { " " };
                    write!(f, "{blank}{key}:{value}")?;
                }
                f.write_char(']')
            }
        }
    }
}

/// Go's `%g` with the fewest digits, from Rust's `1.5e7`: an exponent below -4 or above 5 is written.
fn go_float(scientific: &str) -> String {
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let (sign, mantissa) = mantissa
        .strip_prefix('-')
        .map_or(("", mantissa), |rest| ("-", rest));
    if !(-4..6).contains(&exponent) {
        let direction = if exponent < 0 { '-' } else { '+' };
        return format!("{sign}{mantissa}e{direction}{:02}", exponent.unsigned_abs());
    }
    let digits = mantissa.replace('.', "");
    let zeros = exponent.unsigned_abs() as usize;
    if exponent < 0 {
        return format!("{sign}0.{}{digits}", "0".repeat(zeros - 1));
    }
    let whole: String = digits
        .chars()
        .chain(std::iter::repeat('0'))
        .take(zeros + 1)
        .collect();
    let fraction = digits.get(zeros + 1..).unwrap_or("");
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{whole}{point}{fraction}")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ringwall_input::yaml;
    use ringwall_model::Source;

    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let (documents, diagnostics) = yaml::parse(&Arc::new(Source::new("a.yaml", text)));
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
        let value = Value::from_node(documents[0].root()).unwrap();
        assert_eq!(value.to_string(), expected, "{text}");
    }

    #[test]
    fn numbers_are_printed_as_go_prints_floats() {
        for (text, expected) in [
            ("0", "0"),
            ("-0.0", "-0"),
            ("123456", "123456"),
            ("1234567", "1.234567e+06"),
            ("1000000", "1e+06"),
            ("100000", "100000"),
            ("1.5", "1.5"),
            ("1234.5", "1234.5"),
            ("0.0001", "0.0001"),
            ("0.000012", "1.2e-05"),
            ("-2500.25", "-2500.25"),
            ("1e100", "1e+100"),
        ] {
            check(text, expected);
        }
    }

    #[test]
    fn maps_are_sorted_and_lists_have_blanks() {
        check(
            "b: [x, 1, null, true]\na: {z: 1, c: ''}",
            "map[a:map[c: z:1] b:[x 1 <nil> true]]",
        );
    }

    #[test]
    fn keys_become_text() {
        check("1: a\n", "map[1:a]");
        check("on: a\n", "map[true:a]");
        check("1.5: a\n", "map[1.5:a]");
    }

    #[test]
    fn later_entries_win_and_merges_count_where_they_stand() {
        check("a: 1\na: 2\n", "map[a:2]");
        check(
            "o: &o {a: 1}\np: {a: 2, <<: *o}",
            "map[o:map[a:1] p:map[a:1]]",
        );
        check(
            "o: &o {a: 1}\np: {<<: *o, a: 2}",
            "map[o:map[a:1] p:map[a:2]]",
        );
        check(
            "o: &o {a: 1}\nq: &q {a: 3, b: 3}\np: {<<: [*o, *q]}",
            "map[o:map[a:1] p:map[a:1 b:3] q:map[a:3 b:3]]",
        );
    }

    #[test]
    fn what_json_has_no_word_for_is_refused() {
        for text in ["~: 1", "? [a]\n: 1", "a: .nan", "a: -.inf", "<<: 1"] {
            let (documents, _) = yaml::parse(&Arc::new(Source::new("a.yaml", text)));
            assert!(Value::from_node(documents[0].root()).is_err(), "{text}");
        }
    }
}
