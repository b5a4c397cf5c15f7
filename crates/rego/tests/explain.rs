//! For each violation it is told what of the input led to it.

#![allow(
    clippy::allow_attributes,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::format_push_string,
    reason = "tests may fail"
)]

use ringwall_rego::{
    Data, Evaluation, Options, Value, Version,
    builtins::{Caches, NoHost},
    compile, parse,
};
use serde_json::{Value as Json, json};

/// Each member's `msg`, and what was read for it as `path=value`.
fn explained(text: &str, input: &Json) -> Vec<String> {
    let program = compile(
        &[parse("p.rego", text, Version::V0).unwrap()],
        &Options::default(),
    )
    .unwrap();
    let data = Data::default();
    let caches = Caches::default();
    let mut evaluation = Evaluation::new(&data, &caches, &NoHost);
    evaluation.input = Some(Value::from(input));
    let path = ["p", "violation"].map(Value::from);
    let derived = program.explain(&path, &evaluation).unwrap();
    let members: Vec<Json> = derived.iter().map(|one| one.member.to_json()).collect();
    let plain = program.evaluate(&path, &evaluation).unwrap().unwrap();
    assert_eq!(plain.to_json(), json!(members), "explaining gives the same");
    derived
        .iter()
        .map(|one| {
            let reads: Vec<String> = one
                .reads
                .iter()
                .map(|read| {
                    let path: Vec<String> = read
                        .path
                        .iter()
                        .map(|key| match key.as_str() {
                            Some(key) => key.to_owned(),
                            None => key.to_json().to_string(),
                        })
                        .collect();
                    let value = read
                        .value
                        .as_ref()
                        .map_or("nothing".to_owned(), |value| value.to_json().to_string());
                    format!("{}={value}", path.join("."))
                })
                .collect();
            format!("{}: {}", one.member.to_json(), reads.join(" "))
        })
        .collect()
}

fn pod() -> Json {
    json!({"review": {"object": {"spec": {
        "containers": [
            {"name": "a", "privileged": true},
            {"name": "b", "privileged": false},
            {"name": "c"},
        ],
        "initContainers": [{"name": "d", "privileged": true}],
    }}}})
}

#[test]
fn the_place_that_a_rule_tests_is_told() {
    let found = explained(
        r"package p
        violation[c.name] { c := input.review.object.spec.containers[_]; c.privileged == true }",
        &pod(),
    );
    assert_eq!(
        found,
        [
            "\"a\": review.object.spec.containers.0.name=\"a\" review.object.spec.containers.0.privileged=true"
        ]
    );
}

#[test]
fn a_value_that_is_missing_is_told_where_it_would_be() {
    let found = explained(
        r#"package p
        violation["x"] { c := input.review.object.spec.containers[i]; not c.privileged; i > 1 }"#,
        &pod(),
    );
    assert_eq!(
        found,
        ["\"x\": review.object.spec.containers.2.privileged=nothing"]
    );
}

#[test]
fn places_are_followed_through_sets_functions_and_rules() {
    let found = explained(
        r"package p
        violation[name] { c := containers[_]; name := bad(c); enabled }
        containers[c] { c := input.review.object.spec.containers[_] }
        containers[c] { c := input.review.object.spec.initContainers[_] }
        bad(c) = name { is_privileged(c); name := c.name }
        is_privileged(c) { c.privileged }
        is_privileged(c) { c.missing }
        enabled { input.review.object.spec.hostPID }
        enabled { not input.parameters.off }",
        &pod(),
    );
    let at = |list: &str, name: &str| {
        format!(
            "\"{name}\": parameters.off=nothing review.object.spec.{list}.0.name=\"{name}\" \
             review.object.spec.{list}.0.privileged=true"
        )
    };
    assert_eq!(found, [at("containers", "a"), at("initContainers", "d")]);
}

#[test]
fn a_rule_that_names_a_part_of_the_input_stands_for_it() {
    let found = explained(
        r"package p
        violation[c.name] { c := spec.containers[_]; c.privileged }
        spec = input.review.object.spec",
        &pod(),
    );
    assert_eq!(
        found,
        [
            "\"a\": review.object.spec.containers.0.name=\"a\" review.object.spec.containers.0.privileged=true"
        ]
    );
}

#[test]
fn comprehensions_and_every_tell_what_they_looked_at() {
    let found = explained(
        r"package p
        violation[n] { names := {c.name | c := input.review.object.spec.initContainers[_]}; n := count(names) }",
        &pod(),
    );
    assert_eq!(found, ["1: review.object.spec.initContainers.0.name=\"d\""]);
}

#[test]
fn a_replaced_input_is_no_place_of_the_input() {
    let found = explained(
        r#"package p
        violation[x] { x := inner with input as {"a": 1}; input.review.object.spec.containers[1].name == "b" }
        inner = x { x := input.a }"#,
        &pod(),
    );
    assert_eq!(found, ["1: review.object.spec.containers.1.name=\"b\""]);
}
