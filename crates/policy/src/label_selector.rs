//! Label selectors over the labels of an object.

use std::fmt;

use serde_json::{Map, Value};

/// A `LabelSelector`: all of its requirements must hold; none selects everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelSelector {
    requirements: Vec<Requirement>,
}

/// One condition on one label.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Requirement {
    key: String,
    operator: Operator,
    values: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
}

impl LabelSelector {
    /// Reads `matchLabels` and `matchExpressions`.
    ///
    /// The error says what the API server would refuse, with a JSON pointer from the selector.
    pub(crate) fn parse(written: &Value) -> Result<Self, (String, String)> {
        let fields = written.as_object().into_iter().flatten();
        let mut unknown = fields.filter(|(field, _)| !FIELDS.contains(&field.as_str()));
        if let Some((field, _)) = unknown.next() {
            let message = format!(
                "`{field}` is no field of a selector, which has {}",
                FIELDS.join(" and ")
            );
            return Err((String::new(), message));
        }
        let mut requirements = Vec::new();
        for (key, value) in entries(written, "matchLabels") {
            let value = text(value).map_err(|message| ("/matchLabels".to_owned(), message))?;
            let requirement = Requirement {
                key: key.clone(),
                operator: Operator::In,
                values: vec![value],
            };
            requirement
                .check()
                .map_err(|message| ("/matchLabels".to_owned(), message))?;
            requirements.push(requirement);
        }
        let expressions = written.get("matchExpressions").and_then(Value::as_array);
        for (index, expression) in expressions.into_iter().flatten().enumerate() {
            let fault = |message| (format!("/matchExpressions/{index}"), message);
            let requirement = Requirement::parse(expression).map_err(fault)?;
            requirement.check().map_err(fault)?;
            requirements.push(requirement);
        }
        Ok(Self { requirements })
    }

    /// The first requirement that labels do not satisfy; `None` if the selector selects them.
    pub(crate) fn unsatisfied(&self, labels: Option<&Map<String, Value>>) -> Option<String> {
        self.first_unsatisfied(labels).map(ToString::to_string)
    }

    /// Whether labels satisfy all of it.
    pub fn selects(&self, labels: Option<&Map<String, Value>>) -> bool {
        self.first_unsatisfied(labels).is_none()
    }

    /// What one label alone tells: whether the selector selects an object that has it, whatever others there are.
    pub(crate) fn selects_by(&self, key: &str, value: &str) -> Option<bool> {
        let is_about = |requirement: &&Requirement| requirement.key == key;
        let mut of_key = self.requirements.iter().filter(is_about);
        if !of_key.all(|requirement| requirement.holds(Some(value))) {
            return Some(false);
        }
        self.requirements
            .iter()
            .all(|requirement| requirement.key == key)
            .then_some(true)
    }

    /// Whether it selects everything.
    pub fn is_empty(&self) -> bool {
        self.requirements.is_empty()
    }

    fn first_unsatisfied(&self, labels: Option<&Map<String, Value>>) -> Option<&Requirement> {
        // Labels of which one is no text are no labels to the API's own reader.
        let labels = labels.filter(|labels| labels.values().all(Value::is_string));
        let of = |key: &str| labels?.get(key)?.as_str();
        self.requirements
            .iter()
            .find(|requirement| !requirement.holds(of(&requirement.key)))
    }
}

/// What a selector has.
const FIELDS: [&str; 2] = ["matchLabels", "matchExpressions"];

/// The value of a label, which is a text: `true` and `1` without quotes are none.
fn text(value: &Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        other => Err(format!("the value {other} is no text: put it in quotes")),
    }
}

fn entries<'a>(written: &'a Value, field: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    written
        .get(field)
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
}

impl Requirement {
    fn parse(written: &Value) -> Result<Self, String> {
        let field = |field: &str| written.get(field).and_then(Value::as_str).unwrap_or("");
        let operator = match field("operator") {
            "In" => Operator::In,
            "NotIn" => Operator::NotIn,
            "Exists" => Operator::Exists,
            "DoesNotExist" => Operator::DoesNotExist,
            other => {
                return Err(format!(
                    "`{other}` is no operator; operators are In, NotIn, Exists, DoesNotExist"
                ));
            }
        };
        let values = written.get("values").and_then(Value::as_array);
        let values = values.into_iter().flatten().map(text);
        Ok(Self {
            key: field("key").to_owned(),
            operator,
            values: values.collect::<Result<_, _>>()?,
        })
    }

    fn check(&self) -> Result<(), String> {
        if !is_qualified_name(&self.key) {
            return Err(format!("`{}` is no label key", self.key));
        }
        match self.operator {
            Operator::In | Operator::NotIn if self.values.is_empty() => {
                return Err("operators In and NotIn need values".to_owned());
            }
            Operator::Exists | Operator::DoesNotExist if !self.values.is_empty() => {
                return Err("operators Exists and DoesNotExist take no values".to_owned());
            }
            _ => {}
        }
        match self.values.iter().find(|value| !is_label_value(value)) {
            Some(value) => Err(format!("`{value}` is no value of a label")),
            None => Ok(()),
        }
    }

    fn holds(&self, value: Option<&str>) -> bool {
        let is_listed = || value.is_some_and(|value| self.values.iter().any(|one| one == value));
        match self.operator {
            Operator::In => is_listed(),
            Operator::NotIn => !is_listed(),
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
        }
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = &self.key;
        match (self.operator, self.values.as_slice()) {
            (Operator::In, [value]) => write!(f, "{key}={value}"),
            (Operator::In, values) => write!(f, "{key} in ({})", values.join(",")),
            (Operator::NotIn, values) => write!(f, "{key} notin ({})", values.join(",")),
            (Operator::Exists, _) => f.write_str(key),
            (Operator::DoesNotExist, _) => write!(f, "!{key}"),
        }
    }
}

/// Whether a text is a label key: an optional DNS prefix with `/`, and a name of at most 63 characters.
fn is_qualified_name(text: &str) -> bool {
    match text.split_once('/') {
        Some((prefix, name)) => is_dns_subdomain(prefix) && is_name(name),
        None => is_name(text),
    }
}

/// Whether a text may be the value of a label: empty, or a name.
fn is_label_value(text: &str) -> bool {
    text.is_empty() || is_name(text)
}

fn is_name(text: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    text.len() <= 63
        && text.bytes().all(is_inner)
        && text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text.ends_with(|last: char| last.is_ascii_alphanumeric())
}

/// Whether a text is a DNS subdomain (RFC 1123), as names of objects must be.
pub(crate) fn is_dns_subdomain(text: &str) -> bool {
    let is_outer = |byte: Option<&u8>| {
        byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    text.len() <= 253
        && text.split('.').all(|label| {
            let bytes = label.as_bytes();
            is_outer(bytes.first())
                && is_outer(bytes.last())
                && bytes
                    .iter()
                    .all(|&byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn unsatisfied(selector: &Value, labels: &Value) -> Option<String> {
        LabelSelector::parse(selector)
            .expect("a selector")
            .unsatisfied(labels.as_object())
    }

    #[test]
    fn requirements_hold_as_documented() {
        let labels = json!({"app": "web", "tier": ""});
        for (expression, expected) in [
            (
                json!({"key": "app", "operator": "In", "values": ["web", "db"]}),
                None,
            ),
            (
                json!({"key": "app", "operator": "In", "values": ["db", "mq"]}),
                Some("app in (db,mq)"),
            ),
            (
                json!({"key": "app", "operator": "NotIn", "values": ["web"]}),
                Some("app notin (web)"),
            ),
            (
                json!({"key": "other", "operator": "NotIn", "values": ["web"]}),
                None,
            ),
            (json!({"key": "tier", "operator": "Exists"}), None),
            (json!({"key": "other", "operator": "Exists"}), Some("other")),
            (
                json!({"key": "tier", "operator": "DoesNotExist"}),
                Some("!tier"),
            ),
        ] {
            let selector = json!({"matchExpressions": [expression]});
            assert_eq!(
                unsatisfied(&selector, &labels).as_deref(),
                expected,
                "{selector}"
            );
        }
        let selector = json!({"matchLabels": {"app": "db"}});
        assert_eq!(unsatisfied(&selector, &labels).as_deref(), Some("app=db"));
        assert_eq!(unsatisfied(&json!({}), &labels), None);
        let broken = json!({"app": "web", "tier": 1});
        assert!(unsatisfied(&json!({"matchLabels": {"app": "web"}}), &broken).is_some());
    }

    #[test]
    fn what_the_server_refuses_is_refused() {
        for (selector, pointer) in [
            (json!({"matchLabel": {"a": "b"}}), ""),
            (json!({"matchLabels": {"a": true}}), "/matchLabels"),
            (
                json!({"matchExpressions": [{"key": "a", "operator": "In", "values": [1]}]}),
                "/matchExpressions/0",
            ),
            (json!({"matchLabels": {"-a": "b"}}), "/matchLabels"),
            (json!({"matchLabels": {"a": "b c"}}), "/matchLabels"),
            (
                json!({"matchExpressions": [{"key": "a", "operator": "In"}]}),
                "/matchExpressions/0",
            ),
            (
                json!({"matchExpressions": [{"key": "a", "operator": "Exists", "values": ["b"]}]}),
                "/matchExpressions/0",
            ),
            (
                json!({"matchExpressions": [{"key": "a", "operator": "Equals"}]}),
                "/matchExpressions/0",
            ),
            (
                json!({"matchExpressions": [{"key": "X/a", "operator": "Exists"}]}),
                "/matchExpressions/0",
            ),
        ] {
            let (found, _) = LabelSelector::parse(&selector).expect_err("no selector");
            assert_eq!(found, pointer, "{selector}");
        }
    }
}
