//! Takes secrets out of what is recorded: the data of Secrets, values under names of secrets, and what
//! detectors know by its form.

use ringwall_secrets::{Detectors, looks_like_secret_name, looks_like_secret_value};
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

/// Shortest word behind a scheme of authentication that is taken for credentials where nothing else says so.
const SHORTEST_CREDENTIAL: usize = 6;

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

/// Hides what options and assignments among the arguments of a command promise to be a secret: `["--password", "a"]`,
/// `-pSecret1`, `--password=a`, `X-Api-Key: a`.
fn redact_arguments(items: &mut [Value]) {
    let texts = items.iter().filter_map(Value::as_str);
    let is_of_database = texts.clone().any(|text| {
        let text = text.to_ascii_lowercase();
        DATABASE_CLIENTS.iter().any(|client| text.contains(client))
    });
    let mut before = Before::Other;
    for item in items {
        let Value::String(text) = item else {
            before = Before::Other;
            continue;
        };
        let is_option = text.starts_with('-');
        let is_plausible = |value: &str| is_of_database || looks_like_password(value);
        match before {
            Before::Secret if !is_option => REDACTED.clone_into(text),
            Before::Short if !is_option && is_plausible(text) && !is_number(text) => {
                REDACTED.clone_into(text);
            }
            Before::User if !is_option && text.contains(':') => REDACTED.clone_into(text),
            _ => redact_argument(text, &is_plausible),
        }
        before = match text.as_str() {
            "-p" => Before::Short,
            "-u" | "--user" => Before::User,
            option if is_option && is_secret_key(option) => Before::Secret,
            _ => Before::Other,
        };
    }
}

/// Programs that take a password right behind `-p`, which to most others is a port or a path.
const DATABASE_CLIENTS: [&str; 3] = ["mysql", "mariadb", "sshpass"];

/// Whether a word that nothing names is one that people do not choose for projects, profiles and the like.
fn looks_like_password(word: &str) -> bool {
    let has = |is_one: fn(&char) -> bool| word.chars().any(|one| is_one(&one));
    word.len() >= 8
        && has(char::is_ascii_digit)
        && has(char::is_ascii_lowercase)
        && has(char::is_ascii_uppercase)
        && looks_like_secret_value(word)
}

/// Whether a word is a port, several of them, or an address with one.
fn is_number(word: &str) -> bool {
    word.chars()
        .all(|one| one.is_ascii_digit() || ":./".contains(one))
}

/// What an argument says of the next one.
#[derive(Clone, Copy)]
enum Before {
    /// A secret by its name.
    Secret,
    /// `-p`: a password or a port.
    Short,
    /// A user, with a password behind a colon.
    User,
    Other,
}

fn redact_argument(text: &mut String, is_plausible: &dyn Fn(&str) -> bool) {
    if let Some(value) = text.strip_prefix("-p")
        && is_plausible(value)
        && value.starts_with(|one: char| one.is_ascii_graphic() && !"-=/:".contains(one))
        && !is_number(value)
    {
        *text = format!("-p{REDACTED}");
        return;
    }
    let assigned = text.split_once(['=', ':']).filter(|(key, value)| {
        !value.starts_with("//") && !key.contains(char::is_whitespace) && is_secret_key(key)
    });
    // `--header=X-Api-Key: a`: what promises a secret is the last word before the colon.
    let header = text.split_once(": ").filter(|(head, value)| {
        let name = head.rsplit(['=', '"', '\'', ' ']).next();
        name.is_some_and(looks_like_secret_name) && looks_like_secret_value(value)
    });
    if let Some((_, value)) = assigned.or(header)
        && !value.trim().is_empty()
    {
        let kept = text.len() - value.len();
        text.replace_range(kept.., REDACTED);
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

/// What stands before credentials in a header of HTTP.
const SCHEMES: [&str; 5] = ["apikey", "basic", "bearer", "negotiate", "token"];

/// Hides the credentials of HTTP authentication: in every header of a text, and where they are all of it.
fn redact_authorization(text: &mut String) {
    let mut from = 0;
    loop {
        // Upper case or lower, the places of ASCII stay.
        let lower = text.to_ascii_lowercase();
        let header = lower
            .get(from..)
            .and_then(|rest| rest.find("authorization"));
        let Some(at) = header.map(|at| from + at + "authorization".len()) else {
            break;
        };
        from = at;
        let rest = text.get(at..).unwrap_or_default();
        let value = rest.trim_start_matches(|one: char| "\"' ".contains(one));
        let Some(value) = value.strip_prefix([':', '=']) else {
            continue;
        };
        let value = value.trim_start_matches(|one: char| "\"' ".contains(one));
        let secret = without_scheme(value).unwrap_or(value);
        let end = secret.find(|one: char| one.is_whitespace() || "\"',".contains(one));
        let start = text.len() - secret.len();
        let end = start + end.unwrap_or(secret.len());
        if end > start {
            text.replace_range(start..end, REDACTED);
            from = start + REDACTED.len();
        }
    }
    if let Some(secret) = without_scheme(text.trim())
        && secret.len() >= SHORTEST_CREDENTIAL
        && !secret.contains(char::is_whitespace)
        && secret.contains(|one: char| one.is_ascii_digit() || one.is_ascii_uppercase())
    {
        let kept = text.trim_end().len() - secret.len();
        text.replace_range(kept.., REDACTED);
    }
}

/// What follows a scheme of authentication and a blank.
fn without_scheme(text: &str) -> Option<&str> {
    let (scheme, rest) = text.split_once(' ')?;
    let is_scheme = SCHEMES
        .iter()
        .any(|known| scheme.eq_ignore_ascii_case(known));
    is_scheme.then(|| rest.trim_start())
}

fn redact_text(text: &mut String) {
    if text.len() < SHORTEST {
        return;
    }
    redact_authorization(text);
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
    fn passwords_behind_short_options_and_in_headers_are_redacted() {
        let redacted = |arguments: Value| {
            let mut value = json!({ "args": arguments });
            redact(&mut value);
            value["args"].to_string()
        };
        for secret in [
            json!(["-pPa55w0rd77zz"]),
            json!(["mysql", "-u", "root", "-phunter"]),
            json!(["-p", "Pa55w0rd77zz"]),
            json!(["curl", "-u", "ann:hunter2", "https://example.com"]),
            json!(["--header", "Authorization: Bearer Tr0ub4dor-x9"]),
            json!([
                "-c",
                "curl -H 'Authorization: Tr0ub4dor-x9' https://example.com"
            ]),
            json!(["--header=X-Api-Key: hunter2", "--password=hunter2"]),
            json!(["X-Api-Key: hunter2"]),
        ] {
            let text = redacted(secret);
            for part in ["Pa55", "hunter", "Tr0ub"] {
                assert!(!text.contains(part), "{text}");
            }
        }
        for plain in [
            json!(["-p8080:80", "-p", "8080", "-p/var/lib", "-parallel"]),
            json!(["-u", "1000", "-user", "app", "--level=debug"]),
            json!([
                "serve",
                "--listen=:8443",
                "Basic usage",
                "Bearer tokens are taken"
            ]),
        ] {
            assert_eq!(redacted(plain.clone()), plain.to_string());
        }
        let mut variable = json!([{"name": "AUTH", "value": "Basic Tr0ub4dor-x9"}]);
        redact(&mut variable);
        assert_eq!(variable[0]["value"], format!("Basic {REDACTED}"));
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
