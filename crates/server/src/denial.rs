//! What a refusal says: the policy, the place, the value found there, and a patch that all policies admit.

use ringwall_policy::admission::{Action, AdmissionRequest, Source, Violation, patch};
use serde_json::Value;

use crate::{review::Decision, wire::one_line};

/// Most violations that a message lists.
const MAX_LISTED: usize = 20;

/// Longest text of a patch in a message; a longer one is only recorded.
const MAX_PATCH: usize = 4_096;

/// Longest value that a message shows, in characters.
const MAX_VALUE: usize = 64;

/// The message of a refusal.
pub(crate) fn message(decision: &Decision, request: &AdmissionRequest) -> String {
    let denied: Vec<&Violation> = decision
        .verdict
        .violations
        .iter()
        .filter(|violation| violation.action == Action::Deny)
        .collect();
    let mut lines = vec![match denied.len() {
        1 => "refused by ringwall:".to_owned(),
        count => format!("refused by ringwall for {count} reasons:"),
    }];
    let listed = denied.iter().take(MAX_LISTED);
    lines.extend(listed.map(|violation| line(violation, request)));
    if denied.len() > MAX_LISTED {
        lines.push(format!("and {} more", denied.len() - MAX_LISTED));
    }
    if let Some(operations) = &decision.suggestion {
        let operations: Vec<Value> = operations.iter().map(patch::Operation::to_json).collect();
        let count = operations.len();
        let text = Value::Array(operations).to_string();
        lines.push(if text.len() <= MAX_PATCH {
            format!("this JSON patch of the object passes all policies: {text}")
        } else {
            format!("a JSON patch of {count} operations passes all policies; it is in the record of the decision")
        });
    }
    lines.join("\n")
}

/// A violation in one line: policy, message, place and value.
pub(crate) fn line(violation: &Violation, request: &AdmissionRequest) -> String {
    let mut line = format!(
        "[{}] {}",
        violation.policy,
        one_line(&violation.message, 1_024)
    );
    let Some(path) = violation.paths.first().filter(|path| !path.is_empty()) else {
        return line;
    };
    line.push_str("; ");
    line.push_str(path);
    match value(violation, request, path) {
        Found::Missing => line.push_str(" is not set"),
        Found::Shown(value) => {
            line.push_str(" is ");
            line.push_str(&value);
        }
        Found::Hidden => {}
    }
    line
}

enum Found {
    Missing,
    Shown(String),
    Hidden,
}

/// The value at a path, where it may be shown: short, and no secret.
fn value(violation: &Violation, request: &AdmissionRequest, path: &str) -> Found {
    let object = request.object.as_ref().or(request.old_object.as_ref());
    let Some(value) = object.map(|object| object.pointer(path)) else {
        return Found::Hidden;
    };
    let is_secret = request.kind.kind == "Secret"
        || (violation.source == Source::Check && violation.policy.starts_with("plaintext-"));
    match value {
        None => Found::Missing,
        _ if is_secret => Found::Hidden,
        Some(Value::Object(_) | Value::Array(_)) => Found::Hidden,
        Some(Value::String(text)) if text.chars().count() > MAX_VALUE => Found::Hidden,
        Some(value) => Found::Shown(value.to_string()),
    }
}
