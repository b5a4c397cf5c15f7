//! Takes secrets out of what is recorded: the data of Secrets, values under names of secrets, and what
//! detectors know by its form.

use ringwall_secrets::{Detectors, looks_like_secret_name};
use serde_json::{Map, Value};

/// What stands in the place of a secret.
pub(crate) const REDACTED: &str = "<redacted>";

/// Kinds whose whole content is a credential, and the fields that hold it.
const CREDENTIALS: [(&str, &[&str]); 3] = [
    ("Secret", &["data", "stringData"]),
    ("TokenReview", &["spec"]),
    ("TokenRequest", &["status"]),
];

/// The annotation in which `kubectl apply` keeps the whole object, secrets included.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Shortest text that a detector could know something in.
const SHORTEST: usize = 12;

/// Takes secrets out of a value, at any depth.
pub(crate) fn redact(value: &mut Value) {
    match value {
        Value::Object(members) => redact_object(members),
        Value::Array(items) => {
            redact_arguments(items);
            items.iter_mut().for_each(redact);
        }
        Value::String(text) => redact_text(text),
        _ => {}
    }
}

/// Hides what follows an option that promises a secret among the arguments of a command: `["--password", "hunter2"]`.
fn redact_arguments(items: &mut [Value]) {
    let mut is_next = false;
    for item in items {
        let Value::String(text) = item else {
            is_next = false;
            continue;
        };
        let is_option = text.starts_with('-');
        if is_next && !is_option {
            REDACTED.clone_into(text);
        }
        is_next = is_option && is_secret_key(text);
    }
}

fn redact_object(members: &mut Map<String, Value>) {
    redact_event(members);
    redact_operation(members);
    let kind = members.get("kind").and_then(Value::as_str).unwrap_or("");
    let fields = CREDENTIALS
        .iter()
        .find(|(credential, _)| *credential == kind)
        .map_or(&[][..], |(_, fields)| fields);
    // In a list of Secrets, items need not say what they are.
    let is_list_of_secrets = kind == "SecretList";
    // `{name: DB_PASSWORD, value: ...}`, as containers have it.
    let is_named_secret = members
        .get("name")
        .and_then(Value::as_str)
        .is_some_and(looks_like_secret_name);
    for (key, value) in members.iter_mut() {
        match value {
            _ if fields.contains(&key.as_str()) => hide(value),
            Value::Array(items) if is_list_of_secrets && key == "items" => {
                for item in items {
                    for field in ["data", "stringData"] {
                        if let Some(data) = item.get_mut(field) {
                            hide(data);
                        }
                    }
                    redact(item);
                }
            }
            Value::String(text) if key == LAST_APPLIED => redact_embedded(text),
            Value::String(text) if key == "value" && is_named_secret => REDACTED.clone_into(text),
            // Of `secretName: web` and the like, the value is a name and no secret.
            Value::String(text) if is_secret_key(key) => REDACTED.clone_into(text),
            _ => redact(value),
        }
    }
}

/// What an audit event holds of Secrets: a patch says nowhere what it is of.
fn redact_event(members: &mut Map<String, Value>) {
    let resource = members
        .get("objectRef")
        .and_then(|object| object.get("resource"));
    if resource.and_then(Value::as_str) != Some("secrets") {
        return;
    }
    for field in ["requestObject", "responseObject"] {
        if let Some(object) = members.get_mut(field) {
            redact_of_secret(object);
        }
    }
}

/// Hides the data of a Secret, of those in a list, and what a patch of one writes.
fn redact_of_secret(object: &mut Value) {
    match object {
        Value::Object(members) => {
            for (key, value) in members.iter_mut() {
                match key.as_str() {
                    "data" | "stringData" | "value" => hide(value),
                    "items" => redact_of_secret(value),
                    _ => {}
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(redact_of_secret),
        // A patch in another notation than JSON.
        Value::String(text) => REDACTED.clone_into(text),
        _ => {}
    }
}

/// What an operation of a JSON patch writes, as if it stood at its path: `/spec/containers/0/env/0/value`.
fn redact_operation(members: &mut Map<String, Value>) {
    let (Some(Value::String(_)), Some(Value::String(path))) =
        (members.get("op"), members.get("path"))
    else {
        return;
    };
    let mut steps = path.rsplit('/');
    let key = steps.next().unwrap_or("");
    let key = key.replace("~1", "/").replace("~0", "~");
    // The name of the variable, which would say whether it is one, is not in the patch.
    let is_variable = key == "value" && steps.nth(1) == Some("env");
    match members.get_mut("value") {
        Some(Value::String(text)) if key == LAST_APPLIED => redact_embedded(text),
        Some(Value::String(text)) if is_variable || is_secret_key(&key) => {
            REDACTED.clone_into(text);
        }
        _ => {}
    }
}

/// Whether a key says that its value is a secret itself, and not the name of one.
fn is_secret_key(key: &str) -> bool {
    let lower = key.to_ascii_lowercase();
    looks_like_secret_name(key)
        && !["name", "ref", "path", "file", "key", "id"]
            .iter()
            .any(|end| lower.ends_with(end))
}

/// Hides every text below, and keeps the keys: what is in a Secret may be known, its values not.
fn hide(value: &mut Value) {
    match value {
        Value::Object(members) => members.values_mut().for_each(hide),
        Value::Array(items) => items.iter_mut().for_each(hide),
        Value::Null => {}
        _ => *value = Value::String(REDACTED.to_owned()),
    }
}

/// An object written as text inside of another.
fn redact_embedded(text: &mut String) {
    match serde_json::from_str::<Value>(text) {
        Ok(mut value) => {
            redact(&mut value);
            *text = value.to_string();
        }
        Err(_) => REDACTED.clone_into(text),
    }
}

fn redact_text(text: &mut String) {
    if text.len() < SHORTEST {
        return;
    }
    let mut found = Detectors::builtin().scan(text);
    found.sort_by_key(|one| std::cmp::Reverse(one.span.start));
    for one in found {
        if text.get(one.span.range()).is_some() {
            text.replace_range(one.span.range(), REDACTED);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nothing_of_a_secret_is_left() {
        let last = json!({"kind": "Secret", "stringData": {"token": "hunter2hunter2"}}).to_string();
        let mut value = json!({"request": {"object": {
            "kind": "Secret", "metadata": {"name": "db", "annotations": {LAST_APPLIED: last}},
            "data": {"password": "aHVudGVyMmh1bnRlcjI="}, "stringData": {"a": "hunter2hunter2"}, "type": "Opaque",
        }}});
        redact(&mut value);
        let text = value.to_string();
        assert!(
            !text.contains("hunter2") && !text.contains("aHVudGVy"),
            "{text}"
        );
        let object = &value["request"]["object"];
        assert_eq!(object["data"], json!({"password": REDACTED}));
        assert_eq!(object["metadata"]["name"], "db");
        assert_eq!(object["type"], "Opaque");
    }

    #[test]
    fn variables_and_lists_are_redacted_and_names_of_secrets_stay() {
        let mut value = json!({
            "env": [{"name": "DB_PASSWORD", "value": "correct horse"}, {"name": "MODE", "value": "fast"}],
            "volumes": [{"secret": {"secretName": "web-tls"}}],
            "list": {"kind": "SecretList", "items": [{"data": {"a": "aHVudGVyMg=="}}]},
        });
        redact(&mut value);
        assert_eq!(value["env"][0]["value"], REDACTED);
        assert_eq!(value["env"][1]["value"], "fast");
        assert_eq!(value["volumes"][0]["secret"]["secretName"], "web-tls");
        assert_eq!(value["list"]["items"][0]["data"]["a"], REDACTED);
    }

    #[test]
    fn arguments_behind_an_option_are_redacted() {
        let mut value = json!({"args": ["app", "--db-password", "hunter2", "--token", "-v", "--token-file", "/token"]});
        redact(&mut value);
        assert_eq!(
            value["args"],
            json!([
                "app",
                "--db-password",
                REDACTED,
                "--token",
                "-v",
                "--token-file",
                "/token"
            ])
        );
    }

    #[test]
    fn patches_of_secrets_and_of_variables_leave_nothing() {
        let event = |resource: &str, object: Value| {
            let mut event = json!({
                "kind": "Event", "verb": "patch", "objectRef": {"resource": resource},
                "requestObject": object,
            });
            redact(&mut event);
            event["requestObject"].to_string()
        };
        let merge = event(
            "secrets",
            json!({"metadata": {"labels": {"a": "b"}}, "data": {"dsn": "hunter2"}, "stringData": {"user": "hunter2"}}),
        );
        assert!(
            !merge.contains("hunter2") && merge.contains(r#""a":"b""#),
            "{merge}"
        );
        for operation in [
            json!({"op": "replace", "path": "/data/dsn", "value": "hunter2"}),
            json!({"op": "add", "path": "/stringData", "value": {"user": "hunter2"}}),
        ] {
            let patch = event("secrets", json!([operation]));
            assert!(!patch.contains("hunter2"), "{patch}");
            assert!(patch.contains(r#""path":"#), "{patch}");
        }
        let yaml = event("secrets", json!("data: {dsn: hunter2}"));
        assert!(!yaml.contains("hunter2"), "{yaml}");

        let env = "/spec/template/spec/containers/0/env/0";
        let last = json!({"kind": "Secret", "data": {"a": "hunter2"}}).to_string();
        for (path, value) in [
            (format!("{env}/value"), "hunter2"),
            ("/data/password".to_owned(), "hunter2"),
            (
                format!("/metadata/annotations/{}", LAST_APPLIED.replace('/', "~1")),
                last.as_str(),
            ),
        ] {
            let operation = json!({"op": "add", "path": path, "value": value});
            let patch = event("deployments", json!([operation]));
            assert!(!patch.contains("hunter2"), "{patch}");
        }
        let name = json!([{"op": "replace", "path": format!("{env}/name"), "value": "MODE"}]);
        assert!(event("deployments", name).contains("MODE"));
    }
}
