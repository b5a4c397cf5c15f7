//! The schema of `ringwall.toml` and the documentation say what the configuration accepts.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says so by failing"
)]

use std::{collections::BTreeSet, fs, path::Path};

use ringwall_checks::Settings;
use ringwall_engine::{Config, Selection};
use serde_json::Value;

/// A table of a configuration: where the schema describes it, a line that opens it, and the keys it
/// cannot be without, with a value for each.
type Table = (
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
);

const TABLES: [Table; 16] = [
    ("", "", &[]),
    ("/properties/checks", "[checks]\n", &[]),
    (
        "/properties/workloads/items",
        "[[workloads]]\n",
        &[("kind", "\"Worker\"")],
    ),
    (
        "/properties/exceptions/items",
        "[[exceptions]]\n",
        &[("checks", "[\"host-network\"]"), ("reason", "\"CNI\"")],
    ),
    ("/properties/image-policy", "[image-policy]\n", &[]),
    (
        "/properties/image-policy/properties/signatures",
        "[image-policy.signatures]\n",
        &[("required", "[\"registry.example.com\"]")],
    ),
    (
        "/properties/image-policy/properties/vulnerabilities",
        "[image-policy.vulnerabilities]\n",
        &[],
    ),
    (
        "/properties/image-policy/properties/findings",
        "[image-policy.findings]\n",
        &[("refuse", "[\"malware\"]")],
    ),
    (
        "/properties/registries/additionalProperties",
        "[registries.\"docker.io\"]\n",
        &[],
    ),
    (
        "/properties/trust/items",
        "[[trust]]\n",
        &[("images", "[\"registry.example.com\"]")],
    ),
    ("/properties/advisories", "[advisories]\n", &[]),
    ("/properties/serve", "[serve]\n", &[]),
    ("/properties/serve/properties/paths", "[serve.paths]\n", &[]),
    ("/properties/serve/properties/scan", "[serve.scan]\n", &[]),
    (
        "/properties/serve/properties/exempt",
        "[serve.exempt]\n",
        &[],
    ),
    (
        "/properties/serve/properties/break-glass",
        "[serve.break-glass]\n",
        &[],
    ),
];

fn schema() -> Value {
    serde_json::from_str(include_str!("../schema/ringwall-toml.schema.json")).expect("JSON")
}

fn properties<'a>(schema: &'a Value, table: &str) -> &'a serde_json::Map<String, Value> {
    schema
        .pointer(&format!("{table}/properties"))
        .and_then(Value::as_object)
        .expect("properties")
}

/// The property with what it refers to.
fn resolved<'a>(schema: &'a Value, property: &'a Value) -> &'a Value {
    match property.get("$ref").and_then(Value::as_str) {
        Some(reference) => schema
            .pointer(reference.trim_start_matches('#'))
            .expect("the reference leads somewhere"),
        None => property,
    }
}

/// A value that the schema allows, as TOML.
fn sample(schema: &Value, property: &Value) -> String {
    let property = resolved(schema, property);
    let word = |key: &str| property.get(key).and_then(Value::as_str);
    if let Some(first) = property.pointer("/enum/0") {
        return first.to_string();
    }
    if let Some(example) = property.pointer("/examples/0") {
        return example.to_string();
    }
    match (word("type"), word("format")) {
        (Some("string"), Some("date")) => "2027-03-31".to_owned(),
        (Some("string"), Some("address")) => "\"127.0.0.1:8443\"".to_owned(),
        (Some("boolean"), _) => "true".to_owned(),
        (Some("object"), _) if !property["required"].is_null() => {
            let needed = property["required"].as_array().expect("a list").iter();
            let needed = needed.filter_map(Value::as_str).map(|key| {
                let value = match key {
                    "required" => "[\"registry.example.com\"]".to_owned(),
                    key => sample(schema, property["properties"].get(key).expect("a property")),
                };
                format!("{key} = {value}")
            });
            format!("{{ {} }}", needed.collect::<Vec<_>>().join(", "))
        }
        (Some("string"), None) => "\"word\"".to_owned(),
        (Some("integer"), _) => "7".to_owned(),
        (Some("array"), _) if property.pointer("/items/properties").is_none() => {
            "[\"host-network\"]".to_owned()
        }
        (Some("array"), _) => "[]".to_owned(),
        (Some("object"), _) => "{}".to_owned(),
        other => panic!("no sample of {other:?}"),
    }
}

/// What the configuration says it would have accepted in the place of an unknown key.
fn accepted(opening: &str) -> BTreeSet<String> {
    let text = format!("{opening}no-such-key = 1\n");
    let error = Config::parse("ringwall.toml", &text)
        .expect_err("an unknown key is refused")
        .to_string();
    let (_, expected) = error
        .split_once(", expected ")
        .expect("the message lists the keys");
    let names = expected.split('`').skip(1).step_by(2);
    names.map(str::to_owned).collect()
}

#[test]
fn the_schema_names_exactly_the_keys_that_are_accepted() {
    let schema = schema();
    for (table, opening, _) in TABLES {
        let named: BTreeSet<String> = properties(&schema, table).keys().cloned().collect();
        assert_eq!(named, accepted(opening), "{opening}");
    }
}

#[test]
fn what_the_schema_allows_is_accepted() {
    let schema = schema();
    for (table, opening, required) in TABLES {
        for (key, property) in properties(&schema, table) {
            let others = required.iter().filter(|(name, _)| name != key);
            let others = others.map(|(name, value)| format!("{name} = {value}\n"));
            // Of repositories, not every word is one that a pattern can be about.
            let own = required
                .iter()
                .find(|(name, _)| name == key && *name == "images");
            let value = own.map_or_else(
                || sample(&schema, property),
                |(_, value)| (*value).to_owned(),
            );
            let text = format!(
                "{opening}{}{}{key} = {value}\n",
                others.collect::<String>(),
                companion(table, key),
            );
            let parsed = Config::parse("ringwall.toml", &text);
            assert!(parsed.is_ok(), "{text}\n{}", parsed.unwrap_err());
        }
    }
}

/// What a setting of `[[trust]]` is not understood without, which the schema does not say.
fn companion(table: &str, key: &str) -> &'static str {
    if table != "/properties/trust/items" {
        return "";
    }
    match key {
        "identity" | "identity-regexp" => "issuer = \"word\"\n",
        "issuer" | "issuer-regexp" => "identity = \"word\"\n",
        "certificate" => "subject = \"word\"\n",
        "subject" => "certificate = \"word\"\n",
        "notation-policy" => "trust-store = \"word\"\n",
        "trust-store" => "notation-policy = \"word\"\n",
        "images" | "trust-root" | "require-log" => "key = \"word\"\n",
        _ => "",
    }
}

#[test]
fn what_the_schema_requires_is_required() {
    let schema = schema();
    for (table, opening, required) in TABLES {
        let pointer = format!("{table}/required");
        let named: Vec<&str> = schema
            .pointer(&pointer)
            .and_then(Value::as_array)
            .map(|names| names.iter().filter_map(Value::as_str).collect())
            .unwrap_or_default();
        let known: Vec<&str> = required.iter().map(|(name, _)| *name).collect();
        assert_eq!(named, known, "{pointer}");
        for left_out in &named {
            let others = required.iter().filter(|(name, _)| name != left_out);
            let others = others.map(|(name, value)| format!("{name} = {value}\n"));
            let text = format!("{opening}{}", others.collect::<String>());
            assert!(Config::parse("ringwall.toml", &text).is_err(), "{text}");
        }
    }
}

#[test]
fn severities_are_those_of_the_schema() {
    let schema = schema();
    let words = schema
        .pointer("/$defs/severity/enum")
        .and_then(Value::as_array)
        .expect("a list");
    let all = ringwall_model::Severity::ALL.map(|severity| Value::from(severity.as_str()));
    assert_eq!(words, &all);
}

#[test]
fn the_schema_tells_the_defaults_of_checks() {
    let schema = schema();
    let checks = properties(&schema, "/properties/checks");
    let default = |key: &str| checks.get(key).and_then(|property| property.get("default"));
    let settings = Settings::default();
    let lists = [
        ("allowed-registries", settings.allowed_registries),
        ("required-labels", settings.required_labels),
        ("required-image-labels", settings.required_image_labels),
        ("allowed-image-labels", settings.allowed_image_labels),
        (
            "allowed-priority-classes",
            settings.allowed_priority_classes,
        ),
    ];
    for (key, list) in lists {
        assert_eq!(default(key), Some(&Value::from(list)), "{key}");
    }
    let numbers = [
        ("min-user-id", settings.min_user_id),
        ("min-replicas", settings.min_replicas),
        ("max-token-seconds", settings.max_token_seconds),
    ];
    for (key, number) in numbers {
        assert_eq!(default(key), Some(&Value::from(number)), "{key}");
    }
}

fn page(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../docs")
        .join(name);
    fs::read_to_string(path).expect("the page is there")
}

#[test]
fn every_configuration_in_the_documentation_is_accepted() {
    for name in ["configuration.md", "exceptions.md", "image-policy.md"] {
        let page = page(name);
        let fences: Vec<&str> = page
            .split("```toml\n")
            .skip(1)
            .filter_map(|rest| rest.split("```").next())
            .collect();
        assert!(!fences.is_empty(), "{name} shows no configuration");
        for text in fences {
            let config = Config::parse("ringwall.toml", text)
                .unwrap_or_else(|error| panic!("{name}: {error}\n{text}"));
            let accepted = config.exceptions.iter().flat_map(|entry| &entry.checks);
            let ids: Vec<String> = (config.only.iter().chain(&config.skip))
                .chain(config.severities.keys())
                .chain(accepted)
                .cloned()
                .collect();
            let known = Selection::new(&ids, &[], &[]).map(|_| ());
            assert_eq!(known, Ok(()), "{name}:\n{text}");
        }
    }
}

#[test]
fn every_key_is_documented() {
    let schema = schema();
    let page = page("configuration.md");
    for (table, _, _) in TABLES {
        for key in properties(&schema, table).keys() {
            assert!(
                page.contains(&format!("`{key}`")),
                "docs/configuration.md does not describe `{key}`"
            );
        }
    }
}
