//! Mutators on objects, as Gatekeeper's documentation and its own tests have them.

use std::sync::Arc;

use ringwall_model::Source;
use serde_json::json;

use super::*;
use crate::{
    gatekeeper::external_data::{FetchError, NoExternalData, Response},
    manifest::{Manifest, Problem},
};

fn parse(text: &str) -> Result<Mutator, Vec<Problem>> {
    let (manifests, diagnostics) = Manifest::read(&Arc::new(Source::new("mutator.yaml", text)));
    assert_eq!(diagnostics, []);
    Mutator::parse(&manifests[0]).map(|(mutator, _)| mutator)
}

/// A mutator of pods with everything but `spec` made up.
fn mutator(kind: &str, name: &str, spec: &str) -> Mutator {
    let apply_to = if kind == "AssignMetadata" {
        ""
    } else {
        "  applyTo: [{groups: [''], versions: [v1], kinds: [Pod]}]\n"
    };
    let text = format!(
        "apiVersion: mutations.gatekeeper.sh/v1\nkind: {kind}\nmetadata: {{name: {name}, generation: 3}}\nspec:\n{apply_to}  {}\n",
        spec.trim().replace('\n', "\n  ")
    );
    parse(&text).unwrap_or_else(|problems| panic!("{text}\n{problems:?}"))
}

fn assign(location: &str, parameters: &str) -> Mutator {
    mutator(
        "Assign",
        "a",
        &format!("location: {location}\nparameters: {parameters}"),
    )
}

fn pod() -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web", "namespace": "prod"},
        "spec": {"containers": [
            {"name": "app", "image": "nginx:1"},
            {"name": "side", "image": "envoy:2", "args": ["x"]},
        ]},
    })
}

fn target(object: &Value) -> Target<'_> {
    Target {
        object,
        namespace: "prod",
        namespace_object: None,
        user: "jane",
        source: ObjectSource::Original,
        operation: Some(Operation::Create),
    }
}

fn run(mutators: Vec<Mutator>, object: &Value) -> Result<Mutation, MutationError> {
    Mutators::new(mutators).mutate(&target(object), &NoExternalData)
}

/// What stands at a pointer afterwards.
fn after(mutator: Mutator, pointer: &str) -> Option<Value> {
    let mutation = run(vec![mutator], &pod()).expect("a mutation");
    mutation.object.pointer(pointer).cloned()
}

#[test]
fn a_value_is_put_in_place_and_its_way_is_made() {
    let value = assign("spec.securityContext.runAsUser", "{assign: {value: 7}}");
    assert_eq!(
        after(value, "/spec/securityContext"),
        Some(json!({"runAsUser": 7}))
    );
    let value = assign(
        "spec.dnsPolicy",
        "{assign: {value: null}}".replace("null", "[]").as_str(),
    );
    assert_eq!(after(value, "/spec/dnsPolicy"), Some(json!([])));
}

#[test]
fn members_of_lists_are_chosen_by_key() {
    let one = assign(
        "'spec.containers[name: side].image'",
        "{assign: {value: new}}",
    );
    assert_eq!(
        after(one.clone(), "/spec/containers/0/image"),
        Some(json!("nginx:1"))
    );
    assert_eq!(after(one, "/spec/containers/1/image"), Some(json!("new")));
    let all = assign("'spec.containers[name: *].tty'", "{assign: {value: true}}");
    assert_eq!(
        after(all.clone(), "/spec/containers/0/tty"),
        Some(json!(true))
    );
    assert_eq!(after(all, "/spec/containers/1/tty"), Some(json!(true)));
    let number = assign("'spec.ports[port: 80].name'", "{assign: {value: http}}");
    assert_eq!(
        after(number, "/spec/ports"),
        Some(json!([{"port": 80, "name": "http"}]))
    );
}

#[test]
fn a_member_that_is_missing_is_made_with_its_key() {
    let new = assign("'spec.containers[name: new].image'", "{assign: {value: i}}");
    assert_eq!(
        after(new, "/spec/containers/2"),
        Some(json!({"name": "new", "image": "i"}))
    );
    let whole = assign(
        "'spec.containers[name: new]'",
        "{assign: {value: {name: new, image: i}}}",
    );
    assert_eq!(
        after(whole, "/spec/containers/2"),
        Some(json!({"name": "new", "image": "i"}))
    );
    let replaced = assign(
        "'spec.containers[name: app]'",
        "{assign: {value: {name: app}}}",
    );
    assert_eq!(
        after(replaced, "/spec/containers/0"),
        Some(json!({"name": "app"}))
    );
    let none = assign(
        "'spec.initContainers[name: *].image'",
        "{assign: {value: i}}",
    );
    assert_eq!(after(none, "/spec/initContainers"), None);
}

#[test]
fn path_tests_keep_a_mutator_from_making_or_replacing() {
    let must_exist = |path: &str| {
        assign(
            "'spec.containers[name: new].image'",
            &format!(
                "{{pathTests: [{{subPath: '{path}', condition: MustExist}}], assign: {{value: i}}}}"
            ),
        )
    };
    assert_eq!(
        after(
            must_exist("spec.containers[name: new]"),
            "/spec/containers/2"
        ),
        None
    );
    assert!(after(must_exist("spec.containers"), "/spec/containers/2").is_some());
    let absent = |location: &str| {
        assign(
            location,
            &format!(
                "{{pathTests: [{{subPath: {location}, condition: MustNotExist}}], assign: {{value: x}}}}"
            ),
        )
    };
    assert_eq!(
        after(absent("spec.nodeName"), "/spec/nodeName"),
        Some(json!("x"))
    );
    assert_eq!(
        after(
            absent("'spec.containers[name: app].image'"),
            "/spec/containers/0/image"
        ),
        Some(json!("nginx:1"))
    );
}

#[test]
fn assign_if_looks_at_what_stands_there() {
    let conditional = |condition: &str| {
        assign(
            "'spec.containers[name: app].image'",
            &format!("{{assignIf: {condition}, assign: {{value: new}}}}"),
        )
    };
    let at = "/spec/containers/0/image";
    assert_eq!(
        after(conditional("{in: ['nginx:1']}"), at),
        Some(json!("new"))
    );
    assert_eq!(
        after(conditional("{in: ['nginx:2']}"), at),
        Some(json!("nginx:1"))
    );
    assert_eq!(
        after(conditional("{notIn: ['nginx:1']}"), at),
        Some(json!("nginx:1"))
    );
}

#[test]
fn metadata_is_only_added() {
    let label = |key: &str, assign: &str| {
        mutator(
            "AssignMetadata",
            "m",
            &format!("location: metadata.labels.{key}\nparameters: {{assign: {assign}}}"),
        )
    };
    assert_eq!(
        after(label("a", "{value: b}"), "/metadata/labels"),
        Some(json!({"a": "b"}))
    );
    assert_eq!(
        after(
            label("a", "{fromMetadata: {field: name}}"),
            "/metadata/labels/a"
        ),
        Some(json!("web"))
    );
    assert_eq!(
        after(
            label(
                "'\"a/b\"'".trim_matches('\''),
                "{fromMetadata: {field: namespace}}"
            ),
            "/metadata/labels/a~1b"
        ),
        Some(json!("prod"))
    );
    let mut labelled = pod();
    labelled["metadata"]["labels"] = json!({"a": "old"});
    let mutation = run(vec![label("a", "{value: new}")], &labelled).expect("a mutation");
    assert_eq!(mutation.object, labelled);
    assert_eq!((mutation.iterations, mutation.applied), (0, Vec::new()));
}

#[test]
fn the_namespace_of_the_request_is_lent_and_taken_back() {
    let label = mutator(
        "AssignMetadata",
        "m",
        "location: metadata.labels.ns\nparameters: {assign: {fromMetadata: {field: namespace}}}",
    );
    let bare = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"generateName": "web-"}});
    let mutation = run(vec![label], &bare).expect("a mutation");
    assert_eq!(
        mutation.object["metadata"],
        json!({"generateName": "web-", "labels": {"ns": "prod"}})
    );
}

#[test]
fn sets_are_merged_and_pruned() {
    let set = |operation: &str, location: &str, list: &str| {
        mutator(
            "ModifySet",
            "s",
            &format!(
                "location: '{location}'\nparameters: {{operation: {operation}, values: {{fromList: {list}}}}}"
            ),
        )
    };
    let all = "spec.containers[name: *].args";
    let merge = set("merge", all, "[x, z]");
    assert_eq!(
        after(merge.clone(), "/spec/containers/0/args"),
        Some(json!(["x", "z"]))
    );
    assert_eq!(
        after(merge, "/spec/containers/1/args"),
        Some(json!(["x", "z"]))
    );
    let prune = set("prune", all, "[x]");
    assert_eq!(after(prune.clone(), "/spec/containers/0/args"), None);
    assert_eq!(after(prune, "/spec/containers/1/args"), Some(json!([])));
    let no_list = run(
        vec![set("merge", "spec.containers[name: *].image", "[x]")],
        &pod(),
    );
    assert!(
        matches!(no_list, Err(MutationError::Apply { .. })),
        "{no_list:?}"
    );
}

#[test]
fn images_are_set_by_their_parts() {
    let image = mutator(
        "AssignImage",
        "i",
        "location: 'spec.containers[name: *].image'\nparameters: {assignDomain: registry.example.com, assignTag: ':v9'}",
    );
    assert_eq!(
        after(image, "/spec/containers/1/image"),
        Some(json!("registry.example.com/envoy:v9"))
    );
}

#[test]
fn an_object_that_is_otherwise_is_an_error() {
    for location in ["spec.containers.image", "'spec[name: a].b'", "metadata2.x"] {
        let mutation = run(
            vec![assign(location, "{assign: {value: 1}}")],
            &json!({
                "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "metadata2": null, "spec": {"containers": []},
            }),
        );
        assert!(
            matches!(mutation, Err(MutationError::Apply { .. })),
            "{location}"
        );
    }
}

#[test]
fn mutators_build_on_each_other_until_nothing_changes() {
    let first = mutator(
        "Assign",
        "z",
        "location: spec.nodeName\nparameters: {assign: {value: n1}}",
    );
    let second = mutator(
        "Assign",
        "a",
        "location: spec.a\nparameters: {pathTests: [{subPath: spec, condition: MustExist}], assign: {value: 1}}\nmatch: {labelSelector: {matchLabels: {go: 'yes'}}}",
    );
    let label = mutator(
        "AssignMetadata",
        "l",
        "location: metadata.labels.go\nparameters: {assign: {value: 'yes'}}",
    );
    let mutation = run(vec![first, second, label], &pod()).expect("a mutation");
    assert_eq!(mutation.object["spec"]["a"], json!(1));
    assert_eq!(mutation.object["spec"]["nodeName"], json!("n1"));
    assert_eq!(
        mutation.applied,
        ["Assign a", "Assign z", "AssignMetadata l"]
    );
    assert_eq!(mutation.iterations, 3);

    let mut mutation = mutation;
    mutation.annotate("id-1");
    assert_eq!(
        mutation.object["metadata"]["annotations"],
        json!({
            "gatekeeper.sh/mutations": "Assign//a:3, Assign//z:3, AssignMetadata//l:3",
            "gatekeeper.sh/mutation-id": "id-1",
        })
    );
}

#[test]
fn mutators_that_undo_each_other_are_an_error() {
    let set = |name: &str, operation: &str| {
        mutator(
            "ModifySet",
            name,
            &format!(
                "location: spec.list\nparameters: {{operation: {operation}, values: {{fromList: [x]}}}}"
            ),
        )
    };
    // Merged, then pruned: the same after each round.
    assert!(run(vec![set("a", "merge"), set("b", "prune")], &pod()).is_ok());
    let turn = |name: &str, from: u8, to: u8| {
        assign(
            "spec.x",
            &format!("{{assignIf: {{in: [{from}]}}, assign: {{value: {to}}}}}"),
        )
        .renamed(name)
    };
    let mut object = pod();
    object["spec"]["x"] = json!(1);
    // 1 becomes 3 in one round, and 3 becomes 1 in the next.
    let endless = run(
        vec![turn("a", 1, 2), turn("b", 3, 1), turn("c", 2, 3)],
        &object,
    );
    assert_eq!(
        endless,
        Err(MutationError::NotConverging {
            iterations: 4,
            mutators: vec!["Assign b".to_owned()],
        })
    );
}

impl Mutator {
    fn renamed(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }
}

#[test]
fn mutators_that_disagree_are_left_out() {
    let list = assign(
        "'spec.containers[name: app].image'",
        "{assign: {value: new}}",
    );
    let object = mutator(
        "Assign",
        "b",
        "location: spec.containers.image\nparameters: {assign: {value: new}}",
    );
    let other = mutator(
        "Assign",
        "c",
        "location: spec.x\nparameters: {assign: {value: 1}}",
    );
    let mutators = Mutators::new([list, object, other]);
    let conflicts: Vec<_> = mutators.conflicts().collect();
    assert_eq!(conflicts.len(), 2);
    assert_eq!(conflicts[0].mutator, "Assign a");
    assert_eq!(conflicts[0].others, ["Assign b"]);
    let mutation = mutators
        .mutate(&target(&pod()), &NoExternalData)
        .expect("a mutation");
    assert_eq!(mutation.applied, ["Assign c"]);
}

#[test]
fn kinds_and_operations_limit_mutators() {
    let text = |operations: &str| {
        format!(
            "apiVersion: mutations.gatekeeper.sh/v1\nkind: Assign\nmetadata: {{name: a}}\nspec:\n  applyTo: [{{groups: [''], versions: [v1], kinds: [Pod], operations: {operations}}}]\n  location: spec.x\n  parameters: {{assign: {{value: 1}}}}\n"
        )
    };
    let applied = |operations: &str, operation: Option<Operation>| {
        let mutators = Mutators::new([parse(&text(operations)).expect("a mutator")]);
        let object = pod();
        let target = Target {
            operation,
            ..target(&object)
        };
        !mutators
            .mutate(&target, &NoExternalData)
            .expect("a mutation")
            .applied
            .is_empty()
    };
    let (create, update) = (Some(Operation::Create), Some(Operation::Update));
    assert!(applied("[]", create) && applied("['*']", update) && applied("[]", None));
    assert!(applied("[CREATE]", create) && !applied("[CREATE]", update));
    assert!(!applied("[CREATE]", None) && applied("[CREATE, UPDATE]", None));
    assert!(!applied("[]", Some(Operation::Delete)));
    for refused in ["[DELETE]", "['*', CREATE]", "[CREATE, CREATE]"] {
        assert!(parse(&text(refused)).is_err(), "{refused}");
    }
}

#[test]
fn what_gatekeeper_refuses_is_refused_with_a_line() {
    let base = "apiVersion: mutations.gatekeeper.sh/v1\nkind: Assign\nmetadata:\n  name: a\nspec:\n  applyTo: [{groups: [''], versions: [v1], kinds: [Pod]}]\n  location: spec.x\n  parameters:\n    assign: {value: 1}\n";
    assert!(parse(base).is_ok());
    for (from, to, line) in [
        ("location: spec.x", "location: spec..x", 7),
        ("location: spec.x", "location: metadata.labels.x", 7),
        ("location: spec.x", "location: 'spec.a[name: b].name'", 7),
        ("location: spec.x", "location: 'spec.a[name: *]'", 9),
        ("location: spec.x", "location: 'spec.a[name: b]'", 9),
        ("kinds: [Pod]", "kinds: []", 6),
        ("applyTo: [{", "applyTo: [] #", 6),
        ("{value: 1}", "{}", 9),
        ("{value: 1}", "{value: 1, fromMetadata: {field: name}}", 9),
        ("{value: 1}", "{fromMetadata: {field: uid}}", 9),
        (
            "{value: 1}",
            "{externalData: {provider: p, failurePolicy: UseDefault}}",
            9,
        ),
        ("{value: 1}", "{vlaue: 1}", 9),
        (
            "    assign:",
            "    pathTests: [{subPath: status, condition: MustExist}]\n    assign:",
            9,
        ),
        ("name: a\n", "name: A\n", 4),
        ("gatekeeper.sh/v1", "gatekeeper.sh/v2", 1),
        ("kind: Assign", "kind: AssignImage", 9),
        ("kind: Assign", "kind: Assigns", 2),
    ] {
        let text = base.replacen(from, to, 1);
        let problems = parse(&text).expect_err(&text);
        let lines: Vec<_> = (problems.iter())
            .map(|problem| problem.location.as_ref().map_or(0, |at| at.start.line))
            .collect();
        assert!(lines.contains(&line), "{text}: {problems:?}");
    }
}

/// Says `<key>!` of every key but `bad`.
struct Shout {
    is_idempotent: bool,
}

impl ExternalData for Shout {
    fn fetch(&self, provider: &str, keys: &[String]) -> Result<Response, FetchError> {
        if provider == "down" {
            return NoExternalData.fetch(provider, keys);
        }
        Ok(Response {
            is_idempotent: self.is_idempotent,
            items: (keys.iter())
                .map(|key| Item {
                    key: key.clone(),
                    value: json!(format!("{key}!")),
                    error: if key == "bad" {
                        "no".to_owned()
                    } else {
                        String::new()
                    },
                })
                .collect(),
            system_error: String::new(),
        })
    }
}

#[test]
fn providers_give_values_at_the_end() {
    let external = |more: &str| {
        assign(
            "'spec.containers[name: *].image'",
            &format!("{{assign: {{externalData: {{provider: shout{more}}}}}}}"),
        )
    };
    let object = pod();
    let images = |mutator: Mutator, object: &Value, is_idempotent| {
        let mutators = Mutators::new([mutator]);
        mutators
            .mutate(&target(object), &Shout { is_idempotent })
            .map(|mutation| {
                let containers = mutation.object["spec"]["containers"].clone();
                let containers = containers.as_array().cloned().unwrap_or_default();
                containers
                    .iter()
                    .map(|container| container["image"].clone())
                    .collect::<Vec<_>>()
            })
    };
    assert_eq!(
        images(external(""), &object, true),
        Ok(vec![json!("nginx:1!"), json!("envoy:2!")])
    );
    assert_eq!(
        images(external(", dataSource: Username"), &object, true),
        Ok(vec![json!("jane!"), json!("jane!")])
    );
    assert!(images(external(""), &object, false).is_err());

    let mut bad = pod();
    bad["spec"]["containers"][0]["image"] = json!("bad");
    assert!(matches!(
        images(external(""), &bad, true),
        Err(MutationError::ExternalData { .. })
    ));
    assert_eq!(
        images(external(", failurePolicy: Ignore"), &bad, true),
        Ok(vec![json!("bad"), json!("envoy:2!")])
    );
    assert_eq!(
        images(
            external(", failurePolicy: UseDefault, default: d"),
            &bad,
            true
        ),
        Ok(vec![json!("d"), json!("envoy:2!")])
    );
}

#[test]
fn a_value_assigned_later_takes_the_place_of_one_that_is_waited_for() {
    let external = assign("spec.a", "{assign: {externalData: {provider: down}}}");
    let value = mutator(
        "Assign",
        "b",
        "location: spec.a\nparameters: {assign: {value: x}}",
    );
    let mutation = run(vec![external, value], &pod()).expect("a mutation");
    assert_eq!(mutation.object["spec"]["a"], json!("x"));
}

#[test]
fn an_unknown_namespace_is_an_error() {
    let selective = mutator(
        "Assign",
        "a",
        "location: spec.x\nparameters: {assign: {value: 1}}\nmatch: {namespaceSelector: {matchLabels: {a: b}}}",
    );
    assert!(matches!(
        run(vec![selective], &pod()),
        Err(MutationError::Match { .. })
    ));
}
