//! What a case says about the violations of its object.

use regex::Regex;
use serde_json::Value;

use crate::admission::Violation;

/// A statement about violations.
#[derive(Clone, Debug)]
pub(super) struct Assertion {
    wanted: Wanted,
    /// Only violations whose message it finds something in are counted.
    message: Option<Regex>,
}

/// How many violations there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Some,
    None,
    Exactly(usize),
}

impl Assertion {
    pub(super) fn parse(written: &Value) -> Result<Self, String> {
        let number = |number: &Value| number.as_u64().and_then(|count| count.try_into().ok());
        let wanted = match written.get("violations") {
            None | Some(Value::Null | Value::Bool(true)) => Wanted::Some,
            Some(Value::Bool(false)) => Wanted::None,
            Some(Value::String(word)) if word == "yes" => Wanted::Some,
            Some(Value::String(word)) if word == "no" => Wanted::None,
            Some(other) => number(other)
                .map(Wanted::Exactly)
                .ok_or_else(|| format!("violations must be yes, no or a number, not {other}"))?,
        };
        let message = match written.get("message").and_then(Value::as_str) {
            Some(pattern) => Some(
                Regex::new(pattern)
                    .map_err(|error| format!("message is no regular expression: {error}"))?,
            ),
            None => None,
        };
        Ok(Self { wanted, message })
    }

    /// Whether it is true, or why not.
    pub(super) fn check(&self, violations: &[Violation]) -> Result<(), String> {
        let counted = |violation: &&Violation| {
            let message = self.message.as_ref();
            message.is_none_or(|message| message.is_match(&violation.message))
        };
        let count = violations.iter().filter(counted).count();
        let wanted = match self.wanted {
            Wanted::Some if count > 0 => return Ok(()),
            Wanted::None if count == 0 => return Ok(()),
            Wanted::Exactly(wanted) if count == wanted => return Ok(()),
            Wanted::Some => "at least one".to_owned(),
            Wanted::None => "none".to_owned(),
            Wanted::Exactly(wanted) => format!("exactly {wanted}"),
        };
        let which = match &self.message {
            Some(message) => format!(" whose message matches `{message}`"),
            None => String::new(),
        };
        let messages: Vec<_> = violations.iter().map(|one| one.message.as_str()).collect();
        let found = if messages.is_empty() {
            "there are none".to_owned()
        } else {
            format!("there are: {}", messages.join("; "))
        };
        Err(format!(
            "{count} violations{which}, {wanted} expected; {found}"
        ))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::admission::{Action, Source};

    fn violation(message: &str) -> Violation {
        Violation {
            source: Source::Gatekeeper,
            policy: "K/n".to_owned(),
            binding: None,
            action: Action::Deny,
            message: message.to_owned(),
            details: Value::Null,
            paths: Vec::new(),
            status: None,
            is_error: false,
        }
    }

    #[test]
    fn violations_are_counted() {
        let two = [violation("image a"), violation("label b")];
        for (written, holds_for_two, holds_for_none) in [
            (json!({}), true, false),
            (json!({"violations": "yes"}), true, false),
            (json!({"violations": true}), true, false),
            (json!({"violations": "no"}), false, true),
            (json!({"violations": false}), false, true),
            (json!({"violations": 2}), true, false),
            (json!({"violations": 1}), false, false),
            (json!({"violations": 0}), false, true),
            (json!({"violations": 1, "message": "^image"}), true, false),
            (json!({"message": "c$"}), false, false),
            (json!({"violations": "no", "message": "c$"}), true, true),
        ] {
            let assertion = Assertion::parse(&written).expect("an assertion");
            assert_eq!(assertion.check(&two).is_ok(), holds_for_two, "{written}");
            assert_eq!(assertion.check(&[]).is_ok(), holds_for_none, "{written}");
        }
    }

    #[test]
    fn other_assertions_are_refused() {
        for written in [
            json!({"violations": "maybe"}),
            json!({"violations": -1}),
            json!({"violations": []}),
            json!({"message": "("}),
        ] {
            assert!(Assertion::parse(&written).is_err(), "{written}");
        }
    }
}
