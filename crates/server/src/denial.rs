//! What a refusal says: the policy, the place, the value found there, and a patch that all policies admit.

use ringwall_policy::admission::{Action, AdmissionRequest, Source, Violation, patch};
use serde_json::Value;

use crate::{redact::redact, review::Decision, wire::one_line};

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
    let patch = decision.suggestion.as_deref().unwrap_or_default();
    lines.extend(listed.map(|violation| line_with(violation, request, patch)));
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
    line_with(violation, request, &[])
}

/// The same where a patch is known with which nobody refuses the object.
fn line_with(
    violation: &Violation,
    request: &AdmissionRequest,
    patch: &[patch::Operation],
) -> String {
    let mut line = format!(
        "[{}] {}",
        violation.policy,
        one_line(&violation.message, 1_024)
    );
    let Some(path) = place(violation, patch).filter(|path| !path.is_empty()) else {
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

/// The place that a violation is about: of all that it rests on, such as the name in its message, one that a patch
/// changes.
fn place<'v>(violation: &'v Violation, patch: &[patch::Operation]) -> Option<&'v str> {
    let is_within = |inner: &str, outer: &str| {
        let rest = inner.strip_prefix(outer);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let mut paths = violation.paths.iter().map(String::as_str);
    let changed = paths.clone().find(|path| {
        let mut changes = patch.iter().map(patch::Operation::path);
        changes.any(|change| is_within(path, change))
    });
    changed.or_else(|| paths.next())
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
        Some(Value::String(_)) if object.is_some_and(|object| is_secret_there(object, path)) => {
            Found::Hidden
        }
        Some(value) => Found::Shown(value.to_string()),
    }
}

/// Whether a text would be taken out of the record: what surrounds it may tell that it is a secret.
fn is_secret_there(object: &Value, path: &str) -> bool {
    let (around, key) = path.rsplit_once('/').unwrap_or_default();
    let Some(mut around) = object.pointer(around).cloned() else {
        return false;
    };
    redact(&mut around);
    around.pointer(&format!("/{key}")) != object.pointer(path)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn said(object: &Value, path: &str) -> String {
        let source = Source::ValidatingAdmissionPolicy;
        let mut violation = Violation::new(source, "plain", Action::Deny, "no");
        violation.paths = vec![path.to_owned()];
        line(&violation, &AdmissionRequest::from_object(object.clone()))
    }

    #[test]
    fn the_place_is_one_that_the_patch_changes() {
        let object = json!({"metadata": {"name": "web"}, "spec": {"hostNetwork": true, "hostNetworkName": "a"}});
        let mut violation = Violation::new(Source::Gatekeeper, "plain", Action::Deny, "web: no");
        violation.paths = [
            "/metadata/name",
            "/spec/hostNetworkName",
            "/spec/hostNetwork",
        ]
        .map(str::to_owned)
        .to_vec();
        let request = AdmissionRequest::from_object(object);
        let removed = |path: &str| {
            let path = path.to_owned();
            line_with(&violation, &request, &[patch::Operation::Remove { path }])
        };
        let expected = "[plain] web: no; /spec/hostNetwork is true";
        assert_eq!(removed("/spec/hostNetwork"), expected);
        let of_others = "[plain] web: no; /metadata/name is \"web\"";
        assert_eq!(removed("/spec/hostPID"), of_others);
        assert_eq!(line(&violation, &request), of_others);
    }

    #[test]
    fn what_is_a_secret_by_its_surroundings_is_not_shown() {
        let object = json!({"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{
            "args": ["--password", "hunter22", "--level", "debug", "-pPa55w0rd77zz"],
            "env": [
                {"name": "DB_PASSWORD", "value": "hunter22"}, {"name": "LEVEL", "value": "debug"},
                {"name": "AUTH", "value": "Basic Tr0ub4dor-x9"},
            ],
        }]}});
        let at = |path: &str| said(&object, &format!("/spec/containers/0/{path}"));
        for secret in ["args/1", "args/4", "env/0/value", "env/2/value"] {
            assert_eq!(
                at(secret),
                format!("[plain] no; /spec/containers/0/{secret}")
            );
        }
        for plain in ["args/3", "env/1/value"] {
            let expected = format!("[plain] no; /spec/containers/0/{plain} is \"debug\"");
            assert_eq!(at(plain), expected);
        }
        assert!(at("tty").ends_with("/tty is not set"));
    }
}
