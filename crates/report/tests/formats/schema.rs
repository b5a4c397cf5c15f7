//! The JSON report against its schema, with the keywords of JSON Schema that the schema uses.

use regex::Regex;
use ringwall_report::json;
use serde_json::Value;

use crate::sample::{self, written};

pub(crate) const SCHEMA: &str = include_str!("../../schema/report-v1.schema.json");

/// What is wrong with `value`, each with its place. A keyword that is not known here panics,
/// so nothing in the schema goes unchecked.
pub(crate) fn errors(root: &Value, schema: &Value, value: &Value, at: &str) -> Vec<String> {
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
            "$schema" | "$defs" | "title" | "description" | "then" | "else" => {}
            "type" => check(
                match demand.as_str().unwrap() {
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
                let (file, pointer) = demand.as_str().unwrap().split_once('#').unwrap();
                // The one other schema that is referred to.
                let other: Value = match file {
                    "" => Value::Null,
                    "report-v1.schema.json" => serde_json::from_str(SCHEMA).unwrap(),
                    file => panic!("$ref to {file}"),
                };
                let root = if file.is_empty() { root } else { &other };
                inner.extend(errors(root, root.pointer(pointer).unwrap(), value, at));
            }
            "properties" => {
                for (field, part) in demand.as_object().unwrap() {
                    if let Some(value) = value.get(field) {
                        inner.extend(errors(root, part, value, &format!("{at}/{field}")));
                    }
                }
            }
            "additionalProperties" => {
                assert!(schema.get("properties").is_none(), "only alone");
                for (field, value) in value.as_object().into_iter().flatten() {
                    inner.extend(errors(root, demand, value, &format!("{at}/{field}")));
                }
            }
            "items" => {
                for (index, value) in value.as_array().into_iter().flatten().enumerate() {
                    inner.extend(errors(root, demand, value, &format!("{at}/{index}")));
                }
            }
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
    serde_json::from_str(&written(|out| json(&sample::report(&files), out))).unwrap()
}

#[test]
fn the_report_holds_to_its_schema() {
    assert_eq!(errors_of(&sample_report()), Vec::<String>::new());
    let empty = written(|out| json(&sample::empty_report(0, Vec::new()), out));
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
