//! What is refused, and where; what is taken.

use super::*;

#[test]
fn defaults_of_parameters_reach_the_code() {
    let rego =
        r#"violation[{"msg": msg}] { msg := sprintf("least %v", [input.parameters.least]) }"#;
    let gatekeeper = policies(
        &[
            template("Least", rego),
            constraint("Least", "a", "parameters: {labels: []}"),
            constraint("Least", "b", "parameters: {least: 7}"),
        ]
        .concat(),
    );
    let violations = review(&gatekeeper, &create(pod(json!({}))));
    assert_eq!(messages(&violations), ["least 1", "least 7"]);
}

#[test]
fn what_is_wrong_with_one_does_not_touch_the_others() {
    let text = [
        template("NeedLabels", LABELS),
        template("Broken", "violation[{\"msg\": msg}] {\n  msg := \n}"),
        template("Unsafe", "violation[{\"msg\": msg}] {\n  x == 1\n}"),
        template("Reaching", "violation[{\"msg\": \"m\"}] {\n  data.secrets.a\n}"),
        template("Calling", "violation[{\"msg\": \"m\"}] {\n  http.send({\"method\": \"get\", \"url\": \"http://a\"})\n}"),
        constraint("NeedLabels", "team", "parameters: {labels: [team]}"),
        constraint("NeedLabels", "typed", "parameters: {labels: team}"),
        constraint("NeedLabels", "named", "parameters: {label: [team]}"),
        constraint("Broken", "a", "match: {}"),
        constraint("Missing", "a", "match: {}"),
        constraint("Needlabels", "b", "match: {}"),
    ]
    .concat();
    let (gatekeeper, problems) = load(&text);
    let told = told(&problems);
    let lines: Vec<_> = told.iter().map(|(line, _)| *line).collect();
    assert!(told.iter().all(|(line, _)| *line > 0), "{told:?}");
    assert!(problems.iter().all(|problem| {
        problem
            .location
            .as_ref()
            .is_some_and(|at| &*at.file == "p.yaml")
    }));
    assert!(lines.len() >= 10, "{told:?}");
    let says = |words: &str| told.iter().any(|(_, message)| message.contains(words));
    assert!(says("rego_parse_error"), "{told:?}");
    assert!(says("rego_unsafe_var_error"), "{told:?}");
    assert!(says("data.secrets"), "{told:?}");
    assert!(says("http.send"), "{told:?}");
    assert!(
        says("`spec.parameters.labels` must be a list, not a text"),
        "{told:?}"
    );
    assert!(
        says("`spec.parameters.label` is an unknown field"),
        "{told:?}"
    );
    assert!(
        says("the ConstraintTemplate of Broken is refused"),
        "{told:?}"
    );
    assert!(
        says("there is no ConstraintTemplate of Missing"),
        "{told:?}"
    );
    assert!(says("the kind is written NeedLabels"), "{told:?}");
    assert_eq!(gatekeeper.templates().len(), 1);
    assert_eq!(
        messages(&review(&gatekeeper, &create(pod(json!({}))))),
        ["label team is missing"]
    );
}

#[test]
fn problems_of_code_have_their_line_in_the_file() {
    let text = template(
        "Broken",
        "violation[{\"msg\": msg}] {\n  msg := \"a\"\n  missing > 1\n}",
    );
    let line = text
        .lines()
        .position(|line| line.contains("missing > 1"))
        .expect("a line")
        + 1;
    let (_, problems) = load(&text);
    let lines: Vec<_> = told(&problems).iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [i64::try_from(line).expect("small")], "{problems:?}");
}

#[test]
fn names_and_targets_must_be_as_gatekeeper_wants_them() {
    let good = template("NeedLabels", LABELS);
    for (from, to, words) in [
        (
            "  name: needlabels\n",
            "  name: labels\n",
            "the name must be the kind in lower case",
        ),
        (
            "kind: NeedLabels\n",
            "kind: ''\n",
            "kind of constraints is missing",
        ),
        (
            "target: admission.k8s.gatekeeper.sh",
            "target: other",
            "unknown target `other`",
        ),
        (
            "gatekeeper.sh/v1\n",
            "gatekeeper.sh/v3\n",
            "unknown version `v3`",
        ),
        (
            "    rego: |",
            "    reg: |",
            "`spec.targets[0].reg` is an unknown field",
        ),
        (
            "          type: object\n",
            "          type: objekt\n",
            "unknown type `objekt`",
        ),
        ("items: {type: string}", "maxItems: 3", "`items` is missing"),
        (
            "violation[",
            "violations[",
            "must have the rule `violation`",
        ),
    ] {
        let (gatekeeper, problems) = load(&good.replacen(from, to, 1));
        let told = told(&problems);
        assert!(
            told.iter()
                .any(|(line, message)| *line > 0 && message.contains(words)),
            "{to}: {told:?}"
        );
        assert_eq!(gatekeeper.templates().len(), 0);
    }
    let (gatekeeper, problems) = load(&[good.as_str(), good.as_str()].concat());
    assert_eq!(gatekeeper.templates().len(), 1);
    assert!(
        told(&problems)[0]
            .1
            .contains("another of this kind and name")
    );
}

#[test]
fn older_templates_let_any_parameter_through() {
    let text = [
        template("NeedLabels", LABELS).replacen("gatekeeper.sh/v1\n", "gatekeeper.sh/v1beta1\n", 1),
        constraint(
            "NeedLabels",
            "a",
            "parameters: {labels: [team], other: {x: 1}}",
        ),
    ]
    .concat();
    let gatekeeper = policies(&text);
    assert_eq!(
        messages(&review(&gatekeeper, &create(pod(json!({}))))),
        ["label team is missing"]
    );
}

#[test]
fn libraries_are_imported_below_data_lib() {
    let text = "apiVersion: templates.gatekeeper.sh/v1beta1
kind: ConstraintTemplate
metadata: {name: withlib}
spec:
  crd: {spec: {names: {kind: WithLib}}}
  targets:
  - target: admission.k8s.gatekeeper.sh
    rego: |
      package a
      import data.lib.words
      violation[{\"msg\": words.greet(input.review.object.metadata.name)}] { true }
    libs:
    - |
      package lib.words
      greet(name) = sprintf(\"hello %v\", [name])
---
"
    .to_owned()
        + &constraint("WithLib", "a", "match: {}");
    let gatekeeper = policies(&text);
    assert_eq!(
        messages(&review(&gatekeeper, &create(pod(json!({}))))),
        ["hello web"]
    );
}

#[test]
fn data_that_nothing_copies_is_told() {
    let needs = template("NeedLabels", LABELS).replacen(
        "  name: needlabels\n",
        "  name: needlabels\n  annotations:\n    metadata.gatekeeper.sh/requires-sync-data: '[[{\"groups\": [\"\"], \"versions\": [\"v1\"], \"kinds\": [\"Service\"]}]]'\n",
        1,
    );
    let sync = "apiVersion: syncset.gatekeeper.sh/v1alpha1\nkind: SyncSet\nmetadata: {name: s}\nspec: {gvks: [{group: '', version: v1, kind: Service}]}\n---\n";
    let used = constraint("NeedLabels", "a", "match: {}");
    let unsynced = |text: &str| policies(text).unsynced().count();
    assert_eq!(unsynced(&needs), 0);
    assert_eq!(unsynced(&[needs.as_str(), &used].concat()), 1);
    assert_eq!(unsynced(&[needs.as_str(), &used, sync].concat()), 0);
}

#[test]
fn code_may_be_of_either_version_of_rego() {
    let of = |version: &str, rego: &str| {
        "apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: versioned}
spec:
  crd: {spec: {names: {kind: Versioned}}}
  targets:
  - target: admission.k8s.gatekeeper.sh
    code:
    - engine: Rego
      source:
        version: VERSION
        rego: |
          package a
          REGO
---
"
        .replace("VERSION", version)
        .replace("REGO", rego)
    };
    let new =
        r#"violation contains {"msg": "new"} if input.review.object.metadata.name in {"web"}"#;
    let old = r#"violation[{"msg": "old"}] { input.review.object.metadata.name == "web" }"#;
    let constraint = constraint("Versioned", "a", "match: {}");
    for (version, rego, message) in [("v1", new, "new"), ("v0", old, "old"), ("''", old, "old")] {
        let gatekeeper = policies(&[of(version, rego), constraint.clone()].concat());
        let violations = review(&gatekeeper, &create(pod(json!({}))));
        assert_eq!(messages(&violations), [message], "{version}");
    }
    let (_, problems) = load(&of("v1", old));
    assert!(
        told(&problems).iter().any(|(line, _)| *line == 14),
        "{problems:?}"
    );
}
