//! Mutators by the dozen over pods of all sorts.

use ringwall_policy::{
    admission::Operation,
    gatekeeper::Gatekeeper,
    gatekeeper::Options,
    gatekeeper::{
        external_data::NoExternalData,
        matching::ObjectSource,
        mutation::{Mutators, Target},
    },
    manifest::Manifest,
};
use serde_json::{Value, json};

use super::{dice::Dice, oracle};

const LOCATIONS: [&str; 18] = [
    "spec.nodeName",
    "spec.securityContext.runAsUser",
    "spec.containers[name: app].image",
    "spec.containers[name: *].image",
    "spec.containers[name: new].image",
    "spec.containers[name: *].securityContext.privileged",
    "spec.containers[image: nginx].name",
    "spec.containers.image",
    "spec.containers[name: app]",
    "spec.containers[name: *]",
    "spec.containers[name: app].name",
    "spec.containers[name: app].ports[port: 80].name",
    "spec.containers[name: *].args",
    "spec.\"dotted.key\".x",
    "metadata.labels.x",
    "spec..x",
    "spec.list[key: 1].value",
    "spec.containers",
];

fn apply_to(dice: &mut Dice) -> Value {
    let mut entry = json!({"groups": [""], "versions": ["v1"], "kinds": [dice.pick(&["Pod", "Pod", "Pod", "Service"])]});
    if dice.one_in(4) {
        entry["operations"] = dice
            .pick(&[
                json!(["CREATE"]),
                json!(["UPDATE"]),
                json!(["*"]),
                json!(["CREATE", "UPDATE"]),
                json!(["DELETE"]),
                json!(["*", "CREATE"]),
            ])
            .clone();
    }
    if dice.one_in(20) {
        entry["kinds"] = json!([]);
    }
    json!([entry])
}

fn path_tests(dice: &mut Dice, location: &str) -> Value {
    let parts: Vec<_> = location.split('.').collect();
    let length = 1 + dice.roll(parts.len());
    let prefix = if dice.one_in(6) {
        "spec.other".to_owned()
    } else {
        parts[..length].join(".")
    };
    json!([{"subPath": prefix, "condition": dice.pick(&["MustExist", "MustNotExist"])}])
}

fn mutator(dice: &mut Dice, index: usize) -> Value {
    let kind = *dice.pick(&[
        "Assign",
        "Assign",
        "ModifySet",
        "AssignImage",
        "AssignMetadata",
    ]);
    let location = *dice.pick(&LOCATIONS);
    let value = dice
        .pick(&[
            json!("text"),
            json!(7),
            json!({"name": "app", "image": "other"}),
            json!({"name": "else"}),
            json!(["x"]),
            json!([{"name": "app", "image": "nginx"}]),
            json!(null),
        ])
        .clone();
    let assign = match dice.roll(6) {
        0 => json!({"fromMetadata": {"field": dice.pick(&["name", "namespace"])}}),
        1 if dice.one_in(4) => json!({"value": value, "fromMetadata": {"field": "name"}}),
        _ => json!({"value": value}),
    };
    let mut spec = match kind {
        "AssignMetadata" => json!({
            "location": dice.pick(&["metadata.labels.a", "metadata.labels.\"b/c\"", "metadata.annotations.a", "metadata.name", "metadata.labels", "metadata.labels[a: b].c"]),
            "parameters": {"assign": dice.pick(&[json!({"value": "x"}), json!({"value": 1}), json!({"fromMetadata": {"field": "namespace"}})])},
        }),
        "Assign" => json!({"location": location, "parameters": {"assign": assign}}),
        "ModifySet" => json!({
            "location": dice.pick(&[location, "spec.containers[name: *].args", "spec.args"]),
            "parameters": {
                "operation": dice.pick(&["merge", "prune"]),
                "values": {"fromList": dice.pick(&[json!(["x", "y"]), json!(["x"]), json!([1, {"a": "b"}]), json!(["z", "z"])])},
            },
        }),
        _ => json!({
            "location": dice.pick(&[location, "spec.containers[name: *].image"]),
            "parameters": dice.pick(&[
                json!({"assignTag": ":v2"}),
                json!({"assignDomain": "registry.example.com"}),
                json!({"assignPath": "a/b", "assignDomain": "localhost:5000"}),
                json!({"assignPath": "gcr.io/b"}),
                json!({"assignTag": "v2"}),
                json!({}),
                json!({"assignPath": "repo", "assignTag": "@sha256:0123456789abcdef0123456789abcdef"}),
            ]),
        }),
    };
    if kind != "AssignMetadata" {
        spec["applyTo"] = apply_to(dice);
        if dice.one_in(3) {
            let location = spec["location"].as_str().unwrap_or("").to_owned();
            spec["parameters"]["pathTests"] = path_tests(dice, &location);
        }
    }
    if dice.one_in(4) {
        spec["match"] = dice
            .pick(&[
                json!({"labelSelector": {"matchLabels": {"a": "x"}}}),
                json!({"excludedNamespaces": ["prod"]}),
                json!({"name": "web*"}),
                json!({"namespaceSelector": {"matchLabels": {"a": "b"}}}),
                json!({"source": "Generated"}),
                json!({"scope": "Namespaced"}),
            ])
            .clone();
    }
    json!({
        "apiVersion": format!("mutations.gatekeeper.sh/{}", if kind == "AssignImage" { "v1alpha1" } else { "v1" }),
        "kind": kind,
        "metadata": {"name": format!("m{index}")},
        "spec": spec,
    })
}

fn object(dice: &mut Dice) -> Value {
    let containers = dice
        .pick(&[
            json!([{"name": "app", "image": "nginx"}]),
            json!([{"name": "app", "image": "gcr.io/x/nginx:1", "args": ["x", "q"]}, {"name": "side", "image": "envoy@sha256:0", "ports": [{"port": 80}]}]),
            json!([{"name": "new"}, {"image": 1}]),
            json!([]),
            json!({"image": "x"}),
            json!(["text"]),
        ])
        .clone();
    let mut object = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "web", "namespace": "prod"},
        "spec": {"containers": containers},
    });
    if dice.one_in(3) {
        object["metadata"]["labels"] = json!({"a": "x"});
    }
    if dice.one_in(3) {
        object["spec"]["list"] = json!([{"key": 1}, {"key": "1"}]);
        object["spec"]["args"] = json!(["x", 1]);
        object["spec"]["nodeName"] = json!("n");
    }
    if dice.one_in(20) {
        object.as_object_mut().expect("an object").remove("spec");
    }
    object
}

#[test]
fn objects_are_changed_as_gatekeeper_changes_them() {
    let mut cases = Vec::new();
    for seed in 0..2_000 {
        let dice = &mut Dice::new(seed);
        let count = 1 + dice.roll(4);
        let mutators: Vec<_> = (0..count).map(|index| mutator(dice, index)).collect();
        let object = object(dice);
        let namespace = (!dice.one_in(3)).then(|| {
            let labels = dice.pick(&[json!({}), json!({"a": "b"})]).clone();
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "prod", "labels": labels}})
        });
        let operation = *dice.pick(&[Some(Operation::Create), Some(Operation::Update), None]);
        cases.push((seed, mutators, object, namespace, operation));
    }
    let questions: Vec<_> = cases
        .iter()
        .map(|(_, mutators, object, namespace, operation)| {
            json!({
                "ask": "mutate",
                "mutators": mutators,
                "object": object,
                "namespace": namespace,
                "operation": operation.map_or("", Operation::as_str),
            })
        })
        .collect();
    let Some(answers) = oracle::ask(&questions) else {
        return;
    };
    let mut differences = Vec::new();
    let (mut changed, mut failed) = (0, 0);
    for ((seed, mutators, object, namespace, operation), theirs) in cases.iter().zip(&answers) {
        let mut refused = Vec::new();
        let mut kept = Vec::new();
        for (index, mutator) in (0i64..).zip(mutators) {
            let manifest = Manifest::new(mutator.clone());
            let (_, problems) = Gatekeeper::load([&manifest], &Options::default());
            if problems.iter().any(|problem| !problem.is_warning) {
                refused.push(index);
            } else {
                kept.push(manifest);
            }
        }
        let (gatekeeper, _) = Gatekeeper::load(&kept, &Options::default());
        let mutators_of: &Mutators = gatekeeper.mutators();
        let target = Target {
            object,
            namespace: "",
            namespace_object: namespace.as_ref(),
            user: "",
            source: ObjectSource::Original,
            operation: *operation,
        };
        let ours = mutators_of.mutate(&target, &NoExternalData);
        let is_same = refused == theirs.refused
            && match &ours {
                Ok(mutation) => !theirs.failed && theirs.object.as_ref() == Some(&mutation.object),
                Err(_) => theirs.failed,
            };
        failed += usize::from(theirs.failed);
        changed += usize::from(!theirs.failed && theirs.object.as_ref() != Some(object));
        if !is_same {
            differences.push(format!(
                "seed {seed} {operation:?} {}\n  object {object}\n  ours   refused {refused:?} {ours:?}\n  theirs {theirs:?}",
                json!(mutators)
            ));
        }
    }
    println!(
        "compared: {} of which {changed} changed and {failed} failed",
        cases.len()
    );
    assert!(
        differences.is_empty(),
        "{} of {} differ:\n{}",
        differences.len(),
        cases.len(),
        differences
            .iter()
            .take(10)
            .cloned()
            .collect::<Vec<_>>()
            .join("\n")
    );
}
