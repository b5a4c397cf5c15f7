//! The JSON report against its schema, with the keywords of JSON Schema that the schema uses.

use std::{collections::BTreeMap, sync::LazyLock};

use regex::Regex;
use ringwall_report::json;
use serde_json::Value;

use crate::sample::{self, written};

pub(crate) const SCHEMA: &str = include_str!("../../schema/report-v1.schema.json");

/// Schemas that others refer to.
fn other_schema(file: &str) -> &'static Value {
    static SCHEMAS: LazyLock<BTreeMap<&str, Value>> = LazyLock::new(|| {
        let texts = [
            ("report-v1.schema.json", SCHEMA),
            (
                "spdx.SNAPSHOT.schema.json",
                include_str!("../data/cyclonedx/spdx.SNAPSHOT.schema.json"),
            ),
            (
                "jsf-0.82.SNAPSHOT.schema.json",
                include_str!("../data/cyclonedx/jsf-0.82.SNAPSHOT.schema.json"),
            ),
        ];
        let parsed = texts.map(|(file, text)| (file, serde_json::from_str(text).unwrap()));
        parsed.into()
    });
    SCHEMAS
        .get(file)
        .unwrap_or_else(|| panic!("$ref to {file}"))
}

/// What is wrong with `value`, each with its place. A keyword that is not known here panics,
/// so nothing in the schema goes unchecked.
pub(crate) fn errors(root: &Value, schema: &Value, value: &Value, at: &str) -> Vec<String> {
    if *schema == Value::Bool(false) {
        return vec![format!("{at}: is not allowed: {value}")];
    }
    let mut found = Vec::new();
    let mut check = |holds: bool, what: &str| {
        if !holds {
            found.push(format!("{at}: {what}: {value}"));
        }
    };
    let mut inner = Vec::new();
    let has = |field: &Value| value.get(field.as_str().unwrap()).is_some();
    for (keyword, demand) in schema.as_object().unwrap() {
        match keyword.as_str() {
            "$schema" | "$id" | "$defs" | "definitions" | "title" | "description" | "$comment"
            | "examples" | "default" | "meta:enum" | "deprecated" | "then" | "else" => {}
            "type" => check(
                match demand.as_str().unwrap() {
                    "null" => value.is_null(),
                    "object" => value.is_object(),
                    "array" => value.is_array(),
                    "string" => value.is_string(),
                    "boolean" => value.is_boolean(),
                    "number" => value.is_number(),
                    "integer" => value.is_u64() || value.is_i64(),
                    other => panic!("type {other}"),
                },
                "type",
            ),
            "const" => check(value == demand, "const"),
            "enum" => check(demand.as_array().unwrap().contains(value), "enum"),
            "minimum" => check(value.as_f64() >= demand.as_f64(), "minimum"),
            "maximum" => check(value.as_f64() <= demand.as_f64(), "maximum"),
            "minLength" => check(
                value.as_str().map(|text| text.chars().count() as u64) >= demand.as_u64(),
                "minLength",
            ),
            "maxLength" => check(
                value.as_str().map(|text| text.chars().count() as u64) <= demand.as_u64(),
                "maxLength",
            ),
            "maxItems" => check(
                value.as_array().map(|items| items.len() as u64) <= demand.as_u64(),
                "maxItems",
            ),
            "uniqueItems" => {
                let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
                let mut texts: Vec<_> = items.iter().map(Value::to_string).collect();
                texts.sort();
                texts.dedup();
                check(texts.len() == items.len(), "uniqueItems");
            }
            "format" => {
                let pattern = match demand.as_str().unwrap() {
                    "date-time" => r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$",
                    "iri-reference" | "uri" => r#"^[^\s<>"{}|\\^`]*$"#,
                    "idn-email" => "@",
                    other => panic!("format {other}"),
                };
                let is_it = Regex::new(pattern)
                    .unwrap()
                    .is_match(value.as_str().unwrap_or(" "));
                check(is_it, "format");
            }
            "minItems" => check(
                value.as_array().map(|items| items.len() as u64) >= demand.as_u64(),
                "minItems",
            ),
            "pattern" => check(
                Regex::new(demand.as_str().unwrap())
                    .unwrap()
                    .is_match(value.as_str().unwrap_or("")),
                "pattern",
            ),
            "required" => check(demand.as_array().unwrap().iter().all(has), "required"),
            "dependentRequired" => {
                for (field, others) in demand.as_object().unwrap() {
                    let holds =
                        value.get(field).is_none() || others.as_array().unwrap().iter().all(has);
                    check(holds, "dependentRequired");
                }
            }
            "not" => check(!errors(root, demand, value, at).is_empty(), "not"),
            "if" => {
                let holds = errors(root, demand, value, at).is_empty();
                let branch = &schema[if holds { "then" } else { "else" }];
                inner.extend(errors(root, branch, value, at));
            }
            "allOf" => {
                for part in demand.as_array().unwrap() {
                    inner.extend(errors(root, part, value, at));
                }
            }
            "$ref" => {
                let (file, pointer) = demand
                    .as_str()
                    .unwrap()
                    .split_once('#')
                    .unwrap_or((demand.as_str().unwrap(), ""));
                let root = if file.is_empty() {
                    root
                } else {
                    other_schema(file)
                };
                inner.extend(errors(root, root.pointer(pointer).unwrap(), value, at));
            }
            "oneOf" | "anyOf" => {
                let parts = demand.as_array().unwrap().iter();
                let wrong: Vec<_> = parts.map(|part| errors(root, part, value, at)).collect();
                let holding = wrong.iter().filter(|wrong| wrong.is_empty()).count();
                check(holding == 1 || holding > 1 && keyword == "anyOf", keyword);
                if holding == 0 {
                    inner.extend(wrong.concat());
                }
            }
            "properties" => {
                for (field, part) in demand.as_object().unwrap() {
                    if let Some(value) = value.get(field) {
                        inner.extend(errors(root, part, value, &format!("{at}/{field}")));
                    }
                }
            }
            "additionalProperties" => {
                for (field, value) in value.as_object().into_iter().flatten() {
                    let known = schema.get("properties").and_then(|known| known.get(field));
                    if known.is_none() {
                        inner.extend(errors(root, demand, value, &format!("{at}/{field}")));
                    }
                }
            }
            "items" => {
                for (index, value) in value.as_array().into_iter().flatten().enumerate() {
                    // One schema for all, or one for each; what is beyond them, `maxItems` counts.
                    let Some(demand) = (if demand.is_array() {
                        demand.get(index)
                    } else {
                        Some(demand)
                    }) else {
                        continue;
                    };
                    inner.extend(errors(root, demand, value, &format!("{at}/{index}")));
                }
            }
            // `items` is a list there.
            "additionalItems" => assert_eq!(
                schema["maxItems"],
                schema["items"].as_array().unwrap().len()
            ),
            other => panic!("keyword {other}"),
        }
    }
    found.extend(inner);
    found
}

fn errors_of(report: &Value) -> Vec<String> {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    errors(&schema, &schema, report, "")
}

fn sample_report() -> Value {
    let files = sample::files();
    let text = written(|out| json(&sample::report(&files), &sample::context(&files), out));
    serde_json::from_str(&text).unwrap()
}

#[test]
fn the_report_holds_to_its_schema() {
    assert_eq!(errors_of(&sample_report()), Vec::<String>::new());
    let (empty, files) = (sample::empty_report(0, Vec::new()), sample::files());
    let empty = written(|out| json(&empty, &sample::context(&files), out));
    assert_eq!(
        errors_of(&serde_json::from_str(&empty).unwrap()),
        Vec::<String>::new()
    );
}

/// The example of the format's description.
#[test]
fn the_described_example_holds_to_the_schema() {
    let mut example: Value = serde_json::from_str(
        r#"{"version": 1,
         "summary": {"assessed": {"resources": 12, "dockerfiles": 2}, "skipped": {"files": 31}, "fail": {"critical": 1, "high": 3, "medium": 0, "low": 2, "info": 0}, "accepted": 1},
         "findings": [
          {"check": "privileged-container", "ring": "container", "severity": "critical", "status": "fail", "group": "web.yaml:9",
           "message": "container app runs privileged",
           "subject": {"apiVersion": "v1", "kind": "Pod", "namespace": "default", "name": "web", "container": "app"},
           "location": {"file": "web.yaml", "line": 9, "column": 7, "end_line": 9, "end_column": 23},
           "remediation": "...", "controls": ["pss:baseline", "cis:5.2.2", "mitre:T1611"],
           "fix": {"safety": "unsafe", "edits": [{"file": "web.yaml", "start": 151, "end": 174, "text": ""}]}}],
         "not_assessed": [{"id": "unparsable-file", "subject": {"file": "broken.yaml"}, "location": {"file": "broken.yaml", "line": 3, "column": 1}, "reason": "tab in indentation"}]}"#,
    )
    .unwrap();
    assert_eq!(errors_of(&example).len(), 1, "it lacks `as_of` only");
    example["as_of"] = "2026-11-21".into();
    assert_eq!(errors_of(&example), Vec::<String>::new());
}

#[test]
fn what_breaks_the_promise_is_refused() {
    let breaks: [(&str, Value); 6] = [
        ("/findings/0/severity", "worst".into()),
        ("/findings/0/location/line", 0.into()),
        ("/findings/0/message", "".into()),
        ("/findings/0/status", "accepted".into()),
        ("/as_of", "today".into()),
        ("/summary/accepted", Value::Null),
    ];
    for (pointer, content) in breaks {
        let mut report = sample_report();
        *report.pointer_mut(pointer).unwrap() = content;
        assert!(!errors_of(&report).is_empty(), "{pointer}");
    }
}
