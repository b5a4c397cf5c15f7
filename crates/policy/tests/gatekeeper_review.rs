//! Policies from text to violations: what is refused and where, what is enforced, what is said about errors.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "tests may fail loudly"
)]

use std::sync::{Arc, atomic::AtomicBool};

use ringwall_model::Source;
use ringwall_policy::{
    admission::{Action, AdmissionRequest, Operation, Violation},
    gatekeeper::{
        EnforcementPoint, Engine, Gatekeeper, Inventory, InventoryStore, Options, Outcome,
        Settings, Surroundings,
        external_data::{ExternalData, FetchError, Item, Response},
        matching::Mismatch,
    },
    manifest::{Manifest, Problem},
};
use serde_json::{Value, json};

/// A template in Rego of the kind `Kind`, with a schema of its parameters and code below `violation`.
fn template(kind: &str, rego: &str) -> String {
    format!(
        "apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata:
  name: {}
spec:
  crd:
    spec:
      names:
        kind: {kind}
      validation:
        openAPIV3Schema:
          type: object
          properties:
            labels:
              type: array
              items: {{type: string}}
            least: {{type: integer, default: 1}}
  targets:
  - target: admission.k8s.gatekeeper.sh
    rego: |
      package any.name
      {}
---
",
        kind.to_lowercase(),
        rego.trim().replace('\n', "\n      ")
    )
}

const LABELS: &str = r#"
violation[{"msg": msg, "details": {"missing": label}}] {
  label := input.parameters.labels[_]
  not input.review.object.metadata.labels[label]
  msg := sprintf("label %v is missing", [label])
}"#;

/// A constraint with lines below `spec`.
fn constraint(kind: &str, name: &str, spec: &str) -> String {
    format!(
        "apiVersion: constraints.gatekeeper.sh/v1beta1
kind: {kind}
metadata: {{name: {name}}}
spec:
  {}
---
",
        spec.trim().replace('\n', "\n  ")
    )
}

fn load_with(text: &str, options: &Options) -> (Gatekeeper, Vec<Problem>) {
    let (manifests, diagnostics) = Manifest::read(&Arc::new(Source::new("p.yaml", text)));
    assert_eq!(diagnostics, []);
    Gatekeeper::load(&manifests, options)
}

fn load(text: &str) -> (Gatekeeper, Vec<Problem>) {
    load_with(text, &Options::default())
}

/// Policies without a problem.
fn policies(text: &str) -> Gatekeeper {
    let (gatekeeper, problems) = load(text);
    assert_eq!(problems, [], "{text}");
    gatekeeper
}

/// Line and message of each problem; warnings with a minus.
fn told(problems: &[Problem]) -> Vec<(i64, &str)> {
    problems
        .iter()
        .map(|problem| {
            let line = problem
                .location
                .as_ref()
                .map_or(0, |at| at.start.line.into());
            let line = if problem.is_warning { -line } else { line };
            (line, problem.message.as_str())
        })
        .collect()
}

fn pod(labels: Value) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web", "namespace": "prod", "labels": labels},
        "spec": {"containers": [{"name": "app", "image": "nginx"}]},
    })
}

fn create(object: Value) -> AdmissionRequest {
    AdmissionRequest {
        operation: Some(Operation::Create),
        ..AdmissionRequest::from_object(object)
    }
}

fn review(gatekeeper: &Gatekeeper, request: &AdmissionRequest) -> Vec<Violation> {
    let inventory = Inventory::default();
    gatekeeper.review(request, &Surroundings::new(&inventory))
}

fn messages(violations: &[Violation]) -> Vec<&str> {
    violations
        .iter()
        .map(|violation| violation.message.as_str())
        .collect()
}

#[test]
fn a_constraint_says_what_it_forbids() {
    let gatekeeper = policies(
        &[
            template("NeedLabels", LABELS),
            constraint("NeedLabels", "team", "parameters: {labels: [team, app]}"),
        ]
        .concat(),
    );
    let violations = review(&gatekeeper, &create(pod(json!({"app": "web"}))));
    assert_eq!(messages(&violations), ["label team is missing"]);
    assert_eq!(violations[0].policy, "NeedLabels/team");
    assert_eq!(violations[0].action, Action::Deny);
    assert_eq!(violations[0].details, json!({"missing": "team"}));
    assert!(!violations[0].is_error);
    assert_eq!(
        review(&gatekeeper, &create(pod(json!({"app": "a", "team": "b"})))),
        []
    );
}

#[test]
fn a_violation_tells_the_places_it_rests_on() {
    let rego = r#"
violation[{"msg": "privileged"}] {
  container := input.review.object.spec.containers[_]
  container.securityContext["a/b"] == true
}"#;
    let gatekeeper = policies(
        &[
            template("Privileged", rego),
            constraint("Privileged", "a", "match: {}"),
        ]
        .concat(),
    );
    let mut object = pod(json!({}));
    object["spec"]["containers"] =
        json!([{"name": "a"}, {"name": "b", "securityContext": {"a/b": true}}]);
    let inventory = Inventory::default();
    let mut surroundings = Surroundings::new(&inventory);
    assert_eq!(
        gatekeeper.review(&create(object.clone()), &surroundings)[0].paths,
        [""; 0]
    );
    surroundings.tells_paths = true;
    let violations = gatekeeper.review(&create(object), &surroundings);
    assert_eq!(
        violations[0].paths,
        ["/spec/containers/1/securityContext/a~1b"]
    );
}

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
fn actions_are_by_point() {
    let scoped = "enforcementAction: scoped
scopedEnforcementActions:
- {action: warn, enforcementPoints: [{name: '*'}]}
- {action: deny, enforcementPoints: [{name: validation.gatekeeper.sh}]}
parameters: {labels: [team]}";
    let gatekeeper = policies(
        &[
            template("NeedLabels", LABELS),
            constraint(
                "NeedLabels",
                "dry",
                "enforcementAction: dryrun\nparameters: {labels: [team]}",
            ),
            constraint("NeedLabels", "scoped", scoped),
        ]
        .concat(),
    );
    let inventory = Inventory::default();
    let actions = |point| {
        let surroundings = Surroundings::new(&inventory).at(point);
        let violations = gatekeeper.review(&create(pod(json!({}))), &surroundings);
        violations
            .iter()
            .map(|violation| violation.action)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        actions(EnforcementPoint::Webhook),
        [Action::Audit, Action::Warn, Action::Deny]
    );
    assert_eq!(
        actions(EnforcementPoint::Audit),
        [Action::Audit, Action::Warn]
    );
}

#[test]
fn a_run_time_error_is_told_for_each_constraint() {
    let conflict =
        "violation[{\"msg\": x}] { x := f(1) }\nf(x) = \"a\" { x == 1 }\nf(x) = \"b\" { x == 1 }";
    let gatekeeper = policies(
        &[
            template("Conflict", conflict),
            template("NeedLabels", LABELS),
            constraint("Conflict", "a", "enforcementAction: warn"),
            constraint("Conflict", "b", "match: {}"),
            constraint("NeedLabels", "team", "parameters: {labels: [team]}"),
        ]
        .concat(),
    );
    let violations = review(&gatekeeper, &create(pod(json!({}))));
    let told: Vec<_> = violations
        .iter()
        .map(|one| (one.policy.as_str(), one.action, one.is_error))
        .collect();
    assert_eq!(
        told,
        [
            ("Conflict/a", Action::Warn, true),
            ("Conflict/b", Action::Deny, true),
            ("NeedLabels/team", Action::Deny, false),
        ]
    );
    assert!(
        violations[0].message.contains("eval_conflict_error"),
        "{}",
        violations[0].message
    );
}

#[test]
fn a_violation_without_a_message_is_an_error() {
    for rego in [
        "violation[{\"message\": \"a\"}] { true }",
        "violation[\"a\"] { true }",
        "violation[{\"msg\": 1}] { true }",
    ] {
        let gatekeeper =
            policies(&[template("Odd", rego), constraint("Odd", "a", "match: {}")].concat());
        let violations = review(&gatekeeper, &create(pod(json!({}))));
        assert!(
            violations.len() == 1 && violations[0].is_error,
            "{rego}: {violations:?}"
        );
    }
}

#[test]
fn an_endless_policy_is_stopped_and_named() {
    let rego = "violation[{\"msg\": \"m\"}] { count({[a, b, c] | a := numbers.range(1, 1000)[_]; b := numbers.range(1, 1000)[_]; c := numbers.range(1, 1000)[_]}) == 0 }";
    let text = [
        template("Endless", rego),
        constraint("Endless", "a", "match: {}"),
    ]
    .concat();
    let mut settings = Settings::default();
    settings.rego_limits.steps = 100_000;
    let (gatekeeper, problems) = load_with(
        &text,
        &Options {
            settings,
            ..Options::default()
        },
    );
    assert_eq!(problems, []);
    let violations = review(&gatekeeper, &create(pod(json!({}))));
    assert_eq!(violations.len(), 1);
    assert!(violations[0].is_error && violations[0].policy == "Endless/a");

    let stop = Arc::new(AtomicBool::new(true));
    let inventory = Inventory::default();
    let surroundings = Surroundings {
        stop: Some(&stop),
        ..Surroundings::new(&inventory)
    };
    let gatekeeper = policies(&text);
    let violations = gatekeeper.review(&create(pod(json!({}))), &surroundings);
    assert!(
        violations.len() == 1 && violations[0].is_error,
        "{violations:?}"
    );
}

#[test]
fn a_deletion_is_about_the_object_that_goes() {
    let rego = r#"violation[{"msg": msg}] { msg := sprintf("%v %v", [input.review.operation, input.review.object.metadata.name]) }"#;
    let gatekeeper = policies(
        &[
            template("Gone", rego),
            constraint(
                "Gone",
                "a",
                "match: {kinds: [{apiGroups: [''], kinds: [Pod]}]}",
            ),
        ]
        .concat(),
    );
    let mut request = create(pod(json!({})));
    request.operation = Some(Operation::Delete);
    request.old_object = request.object.take();
    assert_eq!(messages(&review(&gatekeeper, &request)), ["DELETE web"]);
    request.old_object = None;
    let violations = review(&gatekeeper, &request);
    assert!(
        violations.len() == 1 && violations[0].is_error,
        "{violations:?}"
    );
}

#[test]
fn templates_of_some_operations_count_in_the_webhook_only() {
    let text = [
        template("NeedLabels", LABELS).replacen(
            "    rego: |",
            "    operations: [UPDATE]\n    rego: |",
            1,
        ),
        constraint("NeedLabels", "a", "parameters: {labels: [team]}"),
    ]
    .concat();
    let gatekeeper = policies(&text);
    assert_eq!(review(&gatekeeper, &create(pod(json!({})))), []);
    let inventory = Inventory::default();
    let audit = Surroundings::new(&inventory).at(EnforcementPoint::Audit);
    assert_eq!(gatekeeper.review(&create(pod(json!({}))), &audit).len(), 1);
}

#[test]
fn people_are_told_why_nothing_happened() {
    let config = "apiVersion: config.gatekeeper.sh/v1alpha1
kind: Config
metadata: {name: config, namespace: gatekeeper-system}
spec: {match: [{excludedNamespaces: [kube-*], processes: [webhook]}]}
---
";
    let gatekeeper = policies(&[
        config.to_owned(),
        template("NeedLabels", LABELS),
        constraint("NeedLabels", "a", "match: {namespaces: [dev]}\nparameters: {labels: [team]}"),
        constraint("NeedLabels", "b", "enforcementAction: scoped\nscopedEnforcementActions: [{action: deny, enforcementPoints: [{name: audit.gatekeeper.sh}]}]"),
        constraint("NeedLabels", "c", "match: {namespaceSelector: {matchLabels: {a: b}}}"),
        constraint("NeedLabels", "d", "match: {kinds: [{kinds: [Pod]}]}"),
    ].concat());
    let inventory = Inventory::default();
    let surroundings = Surroundings::new(&inventory);
    let explained = gatekeeper.explain(&create(pod(json!({}))), &surroundings);
    let outcomes: Vec<_> = explained.iter().map(|one| &one.outcome).collect();
    assert_eq!(
        outcomes[0],
        &Outcome::NotMatched {
            object: Some(Mismatch::Namespaces {
                namespace: "prod".to_owned()
            }),
            old_object: None,
        }
    );
    assert_eq!(outcomes[1], &Outcome::NotEnforced);
    assert!(matches!(outcomes[2], Outcome::Judged(found) if found.len() == 1 && found[0].is_error));
    assert_eq!(outcomes[3], &Outcome::Judged(Vec::new()));

    let mut kube = pod(json!({}));
    kube["metadata"]["namespace"] = json!("kube-system");
    let request = create(kube);
    assert_eq!(gatekeeper.review(&request, &surroundings), []);
    let explained = gatekeeper.explain(&request, &surroundings);
    assert_eq!(
        explained[0].outcome,
        Outcome::NamespaceExcluded {
            namespace: "kube-system".to_owned(),
            pattern: "kube-*".to_owned(),
        }
    );
    let audit = gatekeeper.review(&request, &surroundings.at(EnforcementPoint::Audit));
    assert!(!audit.is_empty());
}

#[test]
fn the_inventory_has_the_others() {
    let rego = r#"
violation[{"msg": msg}] {
  other := data.inventory.namespace[ns][_]["Service"][name]
  other.spec.port == input.review.object.spec.port
  msg := sprintf("%v/%v has the port", [ns, name])
}
violation[{"msg": msg}] {
  team := data.inventory.cluster.v1.Namespace[input.review.object.metadata.namespace].metadata.labels.team
  msg := sprintf("of team %v", [team])
}
violation[{"msg": msg}] { msg := sprintf("in %v", [input.review.namespaceObject.metadata.labels.team]) }"#;
    let gatekeeper = policies(
        &[
            template("Ports", rego),
            constraint(
                "Ports",
                "a",
                "match: {namespaceSelector: {matchLabels: {team: red}}}",
            ),
        ]
        .concat(),
    );
    let service = |name: &str, port: u16| {
        json!({
            "apiVersion": "v1", "kind": "Service",
            "metadata": {"name": name, "namespace": "prod"}, "spec": {"port": port},
        })
    };
    let mut store = InventoryStore::new();
    store.insert(&service("a", 80));
    store.insert(&service("b", 81));
    store.insert(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "prod", "labels": {"team": "red"}}}));
    let inventory = store.snapshot();
    let violations = gatekeeper.review(&create(service("c", 81)), &Surroundings::new(&inventory));
    assert_eq!(
        messages(&violations),
        ["in red", "of team red", "prod/b has the port"]
    );
}

#[test]
fn what_follows_from_an_object_is_judged_too() {
    let expansion = "apiVersion: expansion.gatekeeper.sh/v1beta1
kind: ExpansionTemplate
metadata: {name: pods}
spec:
  applyTo: [{groups: [apps], versions: [v1], kinds: [Deployment]}]
  templateSource: spec.template
  generatedGVK: {group: '', version: v1, kind: Pod}
  enforcementAction: warn
---
";
    let gatekeeper = policies(
        &[
            expansion.to_owned(),
            template("NeedLabels", LABELS),
            constraint(
                "NeedLabels",
                "all",
                "match: {kinds: [{kinds: [Pod]}]}\nparameters: {labels: [team]}",
            ),
            constraint(
                "NeedLabels",
                "sent",
                "match: {source: Original, kinds: [{kinds: [Pod]}]}\nparameters: {labels: [team]}",
            ),
        ]
        .concat(),
    );
    let deployment = json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "prod"},
        "spec": {"template": {"metadata": {"labels": {}}, "spec": {}}},
    });
    let violations = review(&gatekeeper, &create(deployment));
    assert_eq!(
        messages(&violations),
        ["[Implied by pods] label team is missing"]
    );
    assert_eq!(violations[0].action, Action::Warn);
    assert_eq!(review(&gatekeeper, &create(pod(json!({})))).len(), 2);

    let broken = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "w"}, "spec": {}});
    let violations = review(&gatekeeper, &create(broken));
    assert!(
        violations.len() == 1 && violations[0].is_error,
        "{violations:?}"
    );
}

/// Says of each key that it is fine, except of `bad`.
struct Scanner;

impl ExternalData for Scanner {
    fn fetch(&self, provider: &str, keys: &[String]) -> Result<Response, FetchError> {
        assert_eq!(provider, "scanner");
        let item = |key: &String| Item {
            key: key.clone(),
            value: json!("fine"),
            error: if key == "bad" {
                "has holes".to_owned()
            } else {
                String::new()
            },
        };
        Ok(Response {
            is_idempotent: true,
            items: keys.iter().map(item).collect(),
            system_error: String::new(),
        })
    }
}

#[test]
fn providers_are_asked_from_rego() {
    let rego = r#"
violation[{"msg": msg}] {
  images := [image | image := input.review.object.spec.containers[_].image]
  response := external_data({"provider": "scanner", "keys": images})
  [image, error] := response.errors[_]
  msg := sprintf("%v %v", [image, error])
}
violation[{"msg": response.system_error}] {
  response := external_data({"provider": "scanner", "keys": ["x"]})
  response.system_error != ""
}"#;
    let gatekeeper =
        policies(&[template("Scan", rego), constraint("Scan", "a", "match: {}")].concat());
    let mut object = pod(json!({}));
    object["spec"]["containers"][0]["image"] = json!("bad");
    let inventory = Inventory::default();
    let surroundings = Surroundings {
        providers: &Scanner,
        ..Surroundings::new(&inventory)
    };
    assert_eq!(
        messages(&gatekeeper.review(&create(object.clone()), &surroundings)),
        ["bad has holes"]
    );
    // Nobody to ask is told to the policy, and so to people.
    assert_eq!(
        messages(&review(&gatekeeper, &create(object))),
        ["provider scanner cannot be asked here"]
    );
}

#[test]
fn mutators_make_a_patch() {
    let text = "apiVersion: mutations.gatekeeper.sh/v1
kind: AssignMetadata
metadata: {name: team}
spec:
  match: {excludedNamespaces: [kube-*]}
  location: metadata.labels.team
  parameters: {assign: {value: red}}
---
apiVersion: mutations.gatekeeper.sh/v1
kind: Assign
metadata: {name: list}
spec:
  applyTo: [{groups: [''], versions: [v1], kinds: [Pod]}]
  location: 'spec.containers[name: app].image'
  parameters: {assign: {value: a}}
---
apiVersion: mutations.gatekeeper.sh/v1
kind: Assign
metadata: {name: object}
spec:
  applyTo: [{groups: [''], versions: [v1], kinds: [Pod]}]
  location: spec.containers.image
  parameters: {assign: {value: a}}
";
    let (gatekeeper, problems) = load(text);
    assert_eq!(
        told(&problems),
        [
            (
                14,
                "left out: it takes the object for something else than Assign object"
            ),
            (
                22,
                "left out: it takes the object for something else than Assign list"
            ),
        ]
    );
    let inventory = Inventory::default();
    let surroundings = Surroundings::new(&inventory);
    let mutated = gatekeeper
        .mutate(&create(pod(json!({}))), &surroundings)
        .expect("no error")
        .expect("a patch");
    assert_eq!(
        mutated.patch,
        [json!({"op": "add", "path": "/metadata/labels/team", "value": "red"})]
    );
    assert_eq!(mutated.applied, ["AssignMetadata team"]);
    let again = gatekeeper.mutate(&create(mutated.object), &surroundings);
    assert_eq!(again, Ok(None));
}

/// A template in CEL with lines below `source`.
fn cel(kind: &str, source: &str) -> String {
    format!(
        "apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata:
  name: {}
spec:
  crd: {{spec: {{names: {{kind: {kind}}}, validation: {{openAPIV3Schema: {{type: object, properties: {{max: {{type: integer}}}}}}}}}}}}
  targets:
  - target: admission.k8s.gatekeeper.sh
    code:
    - engine: K8sNativeValidation
      source:
        {}
---
",
        kind.to_lowercase(),
        source.trim().replace('\n', "\n        ")
    )
}

#[test]
fn cel_sees_parameters_and_the_object() {
    let source = "variables:
- name: replicas
  expression: variables.anyObject.spec.replicas
validations:
- expression: variables.replicas <= variables.params.max
  messageExpression: '\"at most \" + string(variables.params.max)'
- expression: object != null
  message: gone
- expression: variables.replicas > 0";
    let gatekeeper = policies(
        &[
            cel("Replicas", source),
            constraint("Replicas", "a", "parameters: {max: 3}"),
        ]
        .concat(),
    );
    assert_eq!(
        gatekeeper
            .templates()
            .next()
            .map(|template| template.engine()),
        Some(Engine::Cel)
    );
    let deployment = |replicas: i64| json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}, "spec": {"replicas": replicas}});
    assert_eq!(
        messages(&review(&gatekeeper, &create(deployment(5)))),
        ["at most 3"]
    );
    assert_eq!(
        messages(&review(&gatekeeper, &create(deployment(0)))),
        ["failed expression: variables.replicas > 0"]
    );
    assert_eq!(review(&gatekeeper, &create(deployment(1))), []);
    let mut request = create(deployment(1));
    request.operation = Some(Operation::Delete);
    request.old_object = request.object.take();
    assert_eq!(messages(&review(&gatekeeper, &request)), ["gone"]);
}

#[test]
fn cel_that_fails_forbids_unless_it_is_told_to_ignore() {
    let source = "validations:\n- expression: object.spec.missing == 1";
    let closed = policies(
        &[
            cel("Closed", source),
            constraint("Closed", "a", "match: {}"),
        ]
        .concat(),
    );
    let violations = review(&closed, &create(pod(json!({}))));
    assert!(
        violations.len() == 1 && violations[0].is_error,
        "{violations:?}"
    );
    let open = format!("failurePolicy: Ignore\n{source}");
    let open = policies(&[cel("Open", &open), constraint("Open", "a", "match: {}")].concat());
    assert_eq!(review(&open, &create(pod(json!({})))), []);
    let condition = "matchCondition:\n- {name: a, expression: 'object.metadata.name != \"web\"'}\nvalidations:\n- expression: 'false'";
    let skipped = policies(
        &[
            cel("Skipped", condition),
            constraint("Skipped", "a", "match: {}"),
        ]
        .concat(),
    );
    assert_eq!(review(&skipped, &create(pod(json!({})))), []);
}

#[test]
fn cel_that_means_nothing_is_refused() {
    for (source, words) in [
        ("validations:\n- expression: object.spec.", "Syntax"),
        ("validations:\n- expression: '1 + 1'", "must give bool"),
        (
            "validations:\n- expression: params.spec",
            "undeclared reference",
        ),
        (
            "validations:\n- {expression: 'true', messageExpression: '1'}",
            "must give string",
        ),
        (
            "variables:\n- {name: params, expression: '1'}\nvalidations:\n- expression: 'true'",
            "reserved",
        ),
        (
            "variables:\n- {name: gatekeeper_internal_a, expression: '1'}\nvalidations:\n- expression: 'true'",
            "reserved",
        ),
        (
            "failurePolicy: Maybe\nvalidations:\n- expression: 'true'",
            "Fail or Ignore",
        ),
        ("validation:\n- expression: 'true'", "no validations"),
    ] {
        let (gatekeeper, problems) = load(&cel("Wrong", source));
        assert_eq!(gatekeeper.templates().len(), 0, "{source}");
        let told = told(&problems);
        assert!(
            told.iter()
                .any(|(line, message)| *line > 0 && message.contains(words)),
            "{source}: {told:?}"
        );
    }
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
fn policies_are_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Gatekeeper>();
    shared::<Inventory>();
}
