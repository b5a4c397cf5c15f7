//! Rules that begin alike run together, and give what each gives by itself.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail"
)]

use std::fmt::Write as _;

use ringwall_rego::{
    Data, Evaluation, Module, Options, Value, Version,
    builtins::{Caches, NoHost},
    compile, parse,
};
use serde_json::{Value as Json, json};

/// Lines of a body: what they need, what they name, and their text. `$x` is a variable.
const LINES: &[(&[&str], &[&str], &str)] = &[
    (&[], &["f", "c"], "$c := input.spec[$f][_]"),
    (&[], &["k", "d"], "$d := data.d[$k]"),
    (&[], &["l"], "$l := input.labels"),
    (&[], &[], "not input.off"),
    (&[], &[], "input.kind == \"Pod\""),
    (&[], &["e"], "$e := input.more[_]"),
    (&["c"], &[], "not exempt($c)"),
    (&["e"], &[], "not exempt($e)"),
    (&["e"], &[], "not $e.limits.cpu"),
    (&["e"], &["n"], "$n := $e.name"),
    (&["e"], &["p"], "some $p in $e.ports"),
    (&["c"], &[], "not $c.limits.cpu"),
    (&["c"], &[], "$c.name != \"b\""),
    (&["c"], &["n"], "$n := $c.name"),
    (&["c"], &["r", "m"], "$m := $c.limits[$r]"),
    (&["c"], &["p"], "some $p in $c.ports"),
    (&["c"], &[], "every q in $c.ports { q > 80 }"),
    (&["c"], &["a"], "$a := [q | q := $c.ports[_]; q > 80]"),
    (
        &["c"],
        &["z"],
        "$z := count($c.ports) with input.off as true",
    ),
    (&["a"], &[], "count($a) > 1"),
    (&["p"], &[], "$p >= 443"),
    (&["n"], &[], "startswith($n, \"a\")"),
    (&["n", "d"], &[], "$d.name == $n"),
    (&["m"], &[], "$m == 1"),
    (&["d"], &["h"], "$h := double($d.port)"),
    (&["h", "p"], &[], "$h < $p"),
    (&["l"], &["v"], "$v := $l[_]"),
    (&["v", "n"], &[], "$v == $n"),
    (&["c"], &["i"], "walk($c, [$i, 443])"),
    (&["c"], &[], "other[$c.name]"),
];

const HELPERS: &str = r#"
exempt(c) if c.name == "x"
exempt(c) if startswith(c.image, "safe/")
double(n) := n * 2
other contains c.name if { c := input.spec[_][_]; not c.limits }
other contains c.name if { c := input.spec[_][_]; not exempt(c); c.ports[_] == 80 }
"#;

/// Numbers that are the same every time: Knuth's linear congruence.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = self.0.wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }
}

/// Bodies as places of lines; most of them begin as one before.
fn bodies(numbers: &mut Numbers) -> Vec<Vec<usize>> {
    let mut bodies: Vec<Vec<usize>> = Vec::new();
    for _ in 0..2 + numbers.below(9) {
        let mut body = Vec::new();
        if !bodies.is_empty() && numbers.below(4) > 0 {
            let before = &bodies[numbers.below(bodies.len())];
            body.extend(&before[..numbers.below(before.len() + 1)]);
        }
        for _ in 0..=numbers.below(6) {
            let known = names(&body);
            let is_ready = |line: &usize| {
                let (needs, gives, _) = LINES[*line];
                let is_known = |name: &&str| known.contains(name);
                needs.iter().all(is_known) && !gives.iter().any(is_known)
            };
            let ready: Vec<usize> = (0..LINES.len()).filter(is_ready).collect();
            body.push(ready[numbers.below(ready.len())]);
        }
        bodies.push(body);
    }
    bodies
}

fn names(body: &[usize]) -> Vec<&'static str> {
    body.iter()
        .flat_map(|line| LINES[*line].1)
        .copied()
        .collect()
}

/// A rule under a head; its variables have names of its own, and their order is not that of other rules.
fn rule(number: usize, body: &[usize], is_set: bool, numbers: &mut Numbers) -> String {
    let own = |name: &str| format!("{}{name}{number}", ["a_", "m_", "z_"][number % 3]);
    let known = names(body);
    let told: Vec<String> = known
        .iter()
        .filter(|_| numbers.below(3) > 0)
        .map(|name| own(name))
        .collect();
    let told = told.join(", ");
    let mut text = if is_set {
        format!("v contains [{told}] if {{\n")
    } else {
        format!("v[[{told}]] := true if {{\n")
    };
    for line in body {
        let mut line = LINES[*line].2.to_owned();
        for name in &known {
            line = line.replace(&format!("${name}"), &own(name));
        }
        writeln!(text, "    {line}").unwrap();
    }
    text.push_str("}\n");
    text
}

fn inputs() -> Vec<Json> {
    let container = |name: &str, limits: Json, ports: Json| {
        let image = if name == "a3" { "safe/image" } else { "image" };
        json!({"name": name, "image": image, "limits": limits, "ports": ports})
    };
    let containers = [
        container("a1", json!({"cpu": 1, "memory": 2}), json!([443, 8443])),
        container("a2", json!({"memory": 1}), json!([80])),
        container("a3", json!({"cpu": 1}), json!([])),
        container("b", json!({}), json!([443])),
        container("x", json!(null), json!([80, 443])),
        json!({"name": "bare"}),
    ];
    vec![
        json!({}),
        json!({"kind": "Pod", "more": containers, "labels": {"app": "a1", "team": "b"}, "spec": {
            "containers": containers, "initContainers": [containers[0], containers[3]], "replicas": 3}}),
        json!({"kind": "Job", "off": true, "more": [containers[3], containers[2]], "labels": ["a2"], "spec": {"containers": [containers[1]]}}),
        json!({"kind": "Pod", "spec": {"x": {"y": containers[0], "z": containers[5]}, "volumes": []}}),
    ]
}

fn modules(text: &str) -> Vec<Module> {
    let module = parse("p.rego", text, Version::V1);
    vec![module.unwrap_or_else(|errors| panic!("{text}: {errors:?}"))]
}

#[test]
fn rules_that_begin_alike_give_what_each_gives() {
    let data = Data::new(Value::from(&json!({"d": {
        "one": {"name": "a1", "port": 100}, "two": {"name": "b", "port": 300}, "three": {"port": "x"},
    }})));
    let caches = Caches::default();
    let mut numbers = Numbers(1);
    let (mut members, mut groups) = (0, 0);
    for round in 0..600 {
        let is_set = round % 3 > 0;
        let mut text = format!("package p\nimport rego.v1\n{HELPERS}");
        let rules = bodies(&mut numbers);
        for (number, body) in rules.iter().enumerate() {
            text.push_str(&rule(number, body, is_set, &mut numbers));
        }
        let modules = modules(&text);
        let compiled = |plain| {
            let options = Options {
                plain,
                ..Options::default()
            };
            compile(&modules, &options).unwrap_or_else(|errors| panic!("{text}: {errors:?}"))
        };
        let (shared, each) = (compiled(false), compiled(true));
        groups += 1;
        for input in inputs() {
            let mut evaluation = Evaluation::new(&data, &caches, &NoHost);
            evaluation.input = Some(Value::from(&input));
            let path = ["p", "v"].map(Value::from);
            let expected = each.evaluate(&path, &evaluation).unwrap();
            let found = shared.evaluate(&path, &evaluation).unwrap();
            assert_eq!(found, expected, "{text}\n{input}");
            members += match &found {
                Some(Value::Set(set)) => set.members().len(),
                Some(Value::Object(object)) => object.entries().len(),
                other => panic!("{other:?}"),
            };
        }
    }
    // Otherwise nothing was held against anything.
    assert!(members > 20 * groups, "{members} of {groups}");
}
