//! Indexes over data change how long an evaluation takes, never what it gives.

#![allow(
    clippy::allow_attributes,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::format_push_string,
    reason = "tests may fail"
)]

mod library;
mod needs;
#[path = "opa/yaml.rs"]
mod yaml;

use ringwall_rego::{
    Data, Evaluation, Options, Program, Value, Version,
    builtins::{Caches, NoHost},
    compile, parse,
};
use serde_json::json;

/// A small generator (xorshift, Marsaglia 2003): the same numbers in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

/// Policies that look for documents by what is in them, each in another way.
const POLICIES: &[&str] = &[
    // Through a walk inside of the document, with filters before and after.
    r#"package p
    violation[{"msg": msg}] {
        host := input.review.object.spec.rules[_].host
        other := data.inventory.namespace[ns][version]["Ingress"][name]
        startswith(version, "networking")
        other.spec.rules[_].host == host
        not same(other, input.review)
        msg := sprintf("%v/%v/%v %v", [ns, version, name, host])
    }
    same(a, b) { a.metadata.name == b.object.metadata.name; a.metadata.namespace == b.object.metadata.namespace }"#,
    // Through a function.
    r#"package p
    key(object) = joined { parts := [s | s = concat(":", [k, v]); v = object.spec.labels[k]]; joined := concat(",", sort(parts)) }
    violation[{"msg": msg}] {
        mine := key(input.review.object)
        other := data.inventory.namespace[ns][_]["Ingress"][name]
        theirs := key(other)
        mine == theirs
        msg := sprintf("%v/%v", [ns, name])
    }"#,
    // The other way round, with the namespace given.
    r#"package p
    violation[{"msg": name}] {
        ns := input.review.object.metadata.namespace
        other := data.inventory.namespace[ns][_]["Ingress"][name]
        input.review.object.spec.labels.app == other.spec.labels.app
    }"#,
    // A constant, and a value that is a key further on.
    r#"package p
    violation[{"msg": [ns, name, k]}] {
        other := data.inventory.namespace[ns][_].Ingress[name]
        other.spec.labels.tier == "web"
        input.review.object.spec.rules[_].host == other.spec.rules[k].host
    }"#,
    // In a comprehension, counted.
    r#"package p
    violation[{"msg": msg}] {
        host := input.review.object.spec.rules[_].host
        found := [[ns, name] | other := data.inventory.namespace[ns][_].Ingress[name]; other.spec.rules[i].host == host]
        count(found) > 1
        msg := sprintf("%v %v", [host, found])
    }"#,
    // With a document replaced, where no index holds.
    r#"package p
    hit[name] {
        other := data.inventory.namespace[_][_].Ingress[name]
        other.spec.rules[_].host == input.review.object.spec.rules[_].host
    }
    violation[{"msg": x}] { x := hit with data.inventory.namespace.extra as {"v": {"Ingress": {"made": input.review.object}}} }
    violation[{"msg": ["plain", x]}] { x := hit[_] }"#,
];

fn compiled(text: &str) -> Program {
    compile(
        &[parse("p.rego", text, Version::V0).unwrap()],
        &Options::default(),
    )
    .unwrap()
}

fn ingress(random: &mut Random, name: u64) -> serde_json::Value {
    let hosts: Vec<_> = (0..random.below(3))
        .map(|_| match random.below(9) {
            0 => json!({}),
            1 => json!({"host": random.below(3)}),
            _ => json!({"host": format!("h{}", random.below(12))}),
        })
        .collect();
    let mut spec = json!({"rules": hosts, "labels": {"app": format!("a{}", random.below(4))}});
    if random.below(2) == 0 {
        spec["labels"]["tier"] = "web".into();
    }
    let version = if random.below(2) == 0 {
        "networking.k8s.io/v1"
    } else {
        "extensions/v1beta1"
    };
    json!({
        "apiVersion": version,
        "kind": "Ingress",
        "metadata": {"name": format!("i{name}"), "namespace": format!("n{}", name % 4)},
        "spec": spec,
    })
}

fn path_of(object: &serde_json::Value) -> Vec<Value> {
    ["inventory", "namespace"]
        .into_iter()
        .chain(
            [
                "/metadata/namespace",
                "/apiVersion",
                "/kind",
                "/metadata/name",
            ]
            .map(|path| object.pointer(path).unwrap().as_str().unwrap()),
        )
        .map(Value::from)
        .collect()
}

#[test]
fn evaluations_with_and_without_indexes_give_the_same_while_data_change() {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let caches = Caches::default();
    let programs: Vec<Program> = POLICIES.iter().map(|text| compiled(text)).collect();
    let mut found = vec![0; programs.len()];
    let mut data = Data::new(Value::from(&json!({})));
    for round in 0..400 {
        let changed = ingress(&mut random, round % 60);
        let document = (random.below(5) > 0).then(|| Value::from(&changed));
        data = data.with(&path_of(&changed), document);
        let new = ingress(&mut random, 1_000);
        let input = Value::from(&json!({"review": {"object": new}}));
        for (index, program) in programs.iter().enumerate() {
            let ask = |data: &Data, indexes| {
                let mut evaluation = Evaluation::new(data, &caches, &NoHost);
                evaluation.input = Some(input.clone());
                evaluation.indexes = indexes;
                program
                    .evaluate(&["p", "violation"].map(Value::from), &evaluation)
                    .unwrap()
            };
            let scanned = ask(&data, false);
            let indexed = ask(&data, true);
            assert_eq!(indexed, scanned, "round {round}: {}", POLICIES[index]);
            if round % 8 == 0 {
                let needed = Data::new(needs::needed(program, data.value()));
                assert_eq!(ask(&needed, true), scanned, "{}", POLICIES[index]);
            }
            if let Some(Value::Set(set)) = scanned {
                found[index] += set.members().len();
            }
        }
    }
    assert!(found.iter().all(|count| *count > 50), "{found:?}");
}

#[test]
fn an_index_is_shared_between_threads_and_states() {
    let program = compiled(POLICIES[0]);
    let caches = Caches::default();
    let mut random = Random(7);
    let mut data = Data::new(Value::from(&json!({})));
    for name in 0..200 {
        let object = ingress(&mut random, name);
        data = data.with(&path_of(&object), Some(Value::from(&object)));
    }
    let input = Value::from(&json!({"review": {"object": ingress(&mut random, 1_000)}}));
    let ask = |data: &Data| {
        let mut evaluation = Evaluation::new(data, &caches, &NoHost);
        evaluation.input = Some(input.clone());
        program
            .evaluate(&["p", "violation"].map(Value::from), &evaluation)
            .unwrap()
    };
    let expected = ask(&data);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..50 {
                    assert_eq!(ask(&data), expected);
                }
            });
        }
    });
    let copy = data.clone();
    assert_eq!(ask(&copy), expected);
}

#[test]
fn an_index_once_made_answers_without_walking() {
    let caches = Caches::default();
    let mut random = Random(11);
    let mut data = Data::new(Value::from(&json!({})));
    for name in 0..2_000 {
        let object = ingress(&mut random, name);
        data = data.with(&path_of(&object), Some(Value::from(&object)));
    }
    let mut new = ingress(&mut random, 1_000);
    new["spec"]["rules"] = json!([{"host": "new.example.com"}]);
    new["spec"]["labels"] = json!({"app": "new"});
    let input = Value::from(&json!({"review": {"object": new}}));
    // One has only a constant to find documents by, and the last one replaces data.
    for text in [0, 1, 2, 4].map(|index| POLICIES[index]) {
        let program = compiled(text);
        let ask = |indexes, steps| {
            let mut evaluation = Evaluation::new(&data, &caches, &NoHost);
            evaluation.input = Some(input.clone());
            evaluation.indexes = indexes;
            evaluation.limits.steps = steps;
            program.evaluate(&["p", "violation"].map(Value::from), &evaluation)
        };
        let expected = ask(false, 1_000_000).unwrap();
        program
            .make_indexes(&Evaluation::new(&data, &caches, &NoHost))
            .unwrap();
        assert_eq!(ask(true, 300).as_ref(), Ok(&expected), "{text}");
        assert!(ask(false, 300).is_err(), "{text}");
    }
}

#[test]
fn a_document_that_fails_leaves_the_walk_to_decide() {
    // The function has two values for one document, which only counts if the filter before lets it through.
    let program = compiled(
        r"package p
        key(object) = x { x := object.keys[_] }
        violation[name] {
            other := data.inventory.namespace[_][_].Ingress[name]
            other.checked
            key(other) == input.key
        }",
    );
    let document = |checked: bool, keys: serde_json::Value| {
        Value::from(&json!({"checked": checked, "keys": keys}))
    };
    let path = |name: &str| ["inventory", "namespace", "n", "v1", "Ingress", name].map(Value::from);
    let caches = Caches::default();
    let ask = |data: &Data, indexes| {
        let mut evaluation = Evaluation::new(data, &caches, &NoHost);
        evaluation.input = Some(Value::from(&json!({"key": "a"})));
        evaluation.indexes = indexes;
        program
            .evaluate(&["p", "violation"].map(Value::from), &evaluation)
            .map_err(|error| error.code)
    };
    let data = Data::new(Value::from(&json!({})))
        .with(&path("good"), Some(document(true, json!(["a"]))))
        .with(&path("bad"), Some(document(false, json!(["a", "b"]))));
    assert!(ask(&data, false).is_ok());
    assert_eq!(ask(&data, true), ask(&data, false));
    let data = data.with(&path("bad"), Some(document(true, json!(["a", "b"]))));
    assert!(ask(&data, false).is_err());
    assert_eq!(ask(&data, true), ask(&data, false));
    let data = data.with(&path("bad"), None);
    assert!(ask(&data, false).is_ok());
    assert_eq!(ask(&data, true), ask(&data, false));
}
