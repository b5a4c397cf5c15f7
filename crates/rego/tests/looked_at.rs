//! What a program says that it looks at is enough for it, and no more than a little too much.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

mod needs;

use std::sync::Arc;

use ringwall_rego::{
    Data, Evaluation, Object, Options, Program, Value, Version,
    builtins::{Caches, NoHost},
    compile, parse,
};
use serde_json::json;

fn data() -> Value {
    Value::from(&json!({
        "d": {
            "a": {"name": "one", "port": 1, "deep": {"left": [1, 2], "right": {"x": false}}, "unread": 0},
            "b": {"name": "two", "port": 2, "deep": {"left": [], "right": {}}, "unread": 0},
            "c": {"name": "one", "list": [{"host": "h", "unread": 0}, {"host": "i", "unread": 0}], "unread": 0},
            "e": false,
        },
        "elsewhere": {"unread": 0},
    }))
}

/// Rules of which `v` is asked for, and nothing else.
fn program(rules: &str) -> Program {
    compiled(rules, Some(Box::new(["p", "v"].map(Value::from))))
}

fn compiled(rules: &str, asked_for: Option<Box<[Value]>>) -> Program {
    let text = format!("package p\nimport rego.v1\n{rules}\n");
    let options = Options {
        asked_for,
        ..Options::default()
    };
    let module = parse("p.rego", &text, Version::V1);
    let compiled = module.and_then(|module| compile(&[module], &options));
    compiled.unwrap_or_else(|errors| panic!("{rules}: {errors:?}"))
}

fn input() -> Value {
    Value::from(
        &json!({"key": "a", "name": "one", "at": 1, "same": {"left": [1, 2], "right": {"x": false}}}),
    )
}

fn answer(program: &Program, data: &Value) -> Option<Value> {
    answer_to(program, &input(), data)
}

fn answer_to(program: &Program, input: &Value, data: &Value) -> Option<Value> {
    let data = Data::new(data.clone());
    let caches = Caches::default();
    let mut evaluation = Evaluation::new(&data, &caches, &NoHost);
    evaluation.input = Some(input.clone());
    program
        .evaluate(&["p", "v"].map(Value::from), &evaluation)
        .unwrap()
}

/// Rules that give something with all data, and less or nothing without what they look at.
const RULES: &[&str] = &[
    // Members that are named, compared, and handed on.
    "v contains x if { some x; data.d[x].name == input.name }",
    "v contains x if { o := data.d[x]; o.port > 1 }",
    "v contains o.name if { o := data.d[_] }",
    "v contains x if { some x, o in data.d; o.deep.left[0] == 1 }",
    "v contains x if { o := data.d[x]; o.list[input.at].host == \"i\" }",
    "v contains h if { h := data.d.c.list[_].host }",
    // Documents that somebody looks at as a whole.
    "v := data.d.a.deep",
    "v := x if { x := data.d.a.deep } else := 1",
    "default v := 1\nv := data.d.c.list",
    "v contains data.d.b.deep",
    "v[x] := o.deep if { o := data.d[x] }",
    "v.made[x] := data.d[x].deep if { x := input.key }",
    "v if { data.d.a.deep == input.same }",
    "v if { input.same == data.d[_].deep }",
    "v if { data.d.a.deep != data.d.b.deep }",
    "v := count(data.d.a.deep.left)",
    "v := [data.d.a.deep, 1]",
    "v := {data.d.a.deep}",
    "v := {\"k\": data.d.a.deep}",
    "v := [o | o := data.d.c.list[_]]",
    "v := {o.host: o | o := data.d.c.list[_]}",
    "v := sprintf(\"%v\", [data.d.a.deep])",
    "v := object.get(data.d.a, [\"deep\", \"left\"], 0)",
    "v := object.get(data.d.a, \"deep\", 0)",
    "v := object.get(data.d.a, [\"deep\"], 0).left[0]",
    "v := x if { x := object.get(data.d.b.deep, \"right\", {\"y\": 1}).y } else := 2",
    "v := x if { x := object.get(data.d.none, \"right\", 1) } else := 2",
    "v := object.get(data.d.c, [\"list\", 1, \"host\"], 0)",
    "v := object.get(data.d.a, input.key, data.d.a.deep)",
    "v := object.get(data.d.a, \"none\", data.d.a.deep)",
    "v := object.get(data.d, [\"a\", \"deep\", \"left\", input.at], 0)",
    "v := count(data.d.c.list)",
    "v := count(data.d)",
    "v := count(data.d.a.name)",
    "v := type_name(data.d.a.deep)",
    "v := [type_name(o) | o := data.d.a[_]]",
    "v contains x if { o := data.d.a[x]; is_object(o) }",
    "v contains x if { o := data.d[x]; not is_boolean(o) }",
    "v contains [x, y] if { o := data.d.a[x]; y := is_array(o) }",
    "v contains p if { walk(data.d.a.deep, [p, _]) }",
    "v if { [x, _] = data.d.a.deep.left; x == 1 }",
    "v := y if { {\"left\": y, \"right\": _} = data.d.a.deep }",
    "v if { [_, _] = data.d.a.deep.left }",
    "v := x if { o := data.d.a; {\"name\": x} = o } else := 2",
    "v[x][y] := o if { x := \"k\"; o := data.d.a[y] }",
    "v := 1 if { every o in data.d.c.list { o.host == \"h\" } } else := 2",
    "v if { {\"host\": \"h\", \"unread\": 0} in data.d.c.list }",
    // That they are there, and what is false.
    "v if { data.d.b.deep.right }",
    "v if { not data.d.b.deep.wrong }",
    "v if { not data.d.e }",
    "v contains x if { o := data.d[x]; not o.deep.left[0] }",
    "v contains x if { o := data.d[x]; not o.deep }",
    "v contains k if { data.d.a[k] }",
    "v if { every o in data.d.c.list { o.host != \"none\" } }",
    "v if { every k, _ in data.d.c { k != \"none\" } }",
    // By members that are looked for.
    "g contains {\"m\": o.name, \"f\": f} if { o := data.d[f] }\nv contains m if { g[{\"m\": m, \"f\": \"a\"}] }",
    "g contains {\"m\": o, \"f\": f} if { o := data.d[f] }\nv contains m.deep if { g[{\"m\": m, \"f\": \"a\"}] }",
    "g contains {\"m\": x, \"f\": f} if { o := data.d.c[f][x] }\nv contains m if { g[{\"m\": m, \"f\": \"list\"}] }",
    "g contains {\"m\": x.host, \"f\": i} if { x := data.d.c.list[i] }\nv contains m if { g[{\"m\": m, \"f\": 1}] }",
    // Through rules and functions.
    "n(o) := o.name\nv contains n(data.d[_])",
    "n(o) := m(o.deep)\nm(o) := k(o.right)\nk(o) := o.x\nv if { n(data.d.a) == false }",
    "whole(o) := o\nv := whole(data.d.a.deep).left",
    "same(a, b) if { a.name == b.name }\nv contains [x, y] if { same(data.d[x], data.d[y]) }",
    "part := data.d.a\nv := part.deep.left",
    "parts contains o if { o := data.d[_] }\nv contains o.name if { some o in parts }",
    "f(o) := 1 if { o.port == 1 } else := 2 if { o.name == \"two\" }\nv contains f(data.d[_])",
    "f(\"one\") := 1\nf(\"two\") := 2\nf(\"six\") := 6\nv contains f(data.d[_].name)",
    // With something in its place.
    "f(o) := o.name\ng(o) := o.deep.left\nh(o) := f(o)\nv := x if { x := h(data.d.a) with f as g }",
    "part := input.deep\nv := x if { x := part.left with input as data.d.a }",
    "v := x if { x := data.d.a.name with data.d.a as data.d.b }",
    "f(o) := o.host\nv contains x if { x := f(data.d.b) with f as data.d.a.deep }",
    "g(_) := data.d.a.deep\nv := x if { x := count(data.d.c.list) with count as g }",
    // From a key that is not known.
    "v contains k if { data[k].a.deep }",
    "v := data.d[input.key].deep",
];

#[test]
fn a_program_gives_the_same_without_what_it_does_not_look_at() {
    let data = data();
    let nothing = Value::from(&json!({}));
    for rules in RULES {
        let program = program(rules);
        let expected = answer(&program, &data);
        assert!(expected.is_some(), "{rules}");
        let needed = needs::needed(&program, &data);
        assert_eq!(answer(&program, &needed), expected, "{rules}: {needed}");
        if !rules.contains("not ") && !rules.ends_with("else := 2") {
            assert_ne!(answer(&program, &nothing), expected, "{rules}");
        }
    }
}

#[test]
fn a_program_gives_the_same_without_what_it_does_not_look_at_in_the_input() {
    let (Value::Object(own), Value::Object(data)) = (input(), data()) else {
        panic!("no objects");
    };
    let entries = [own.entries(), data.entries()].concat();
    let input = Value::Object(Arc::new(Object::from_entries(entries)));
    let nothing = Value::from(&json!({}));
    for rules in RULES {
        let rules = rules.replace("data", "input");
        let program = program(&rules);
        let expected = answer_to(&program, &input, &nothing);
        assert!(expected.is_some(), "{rules}");
        let needed = needs::cut(program.needs_of_input(), &input);
        let is_enough = answer_to(&program, &needed, &nothing) == expected;
        assert!(is_enough, "{rules}: {needed}");
        if !rules.contains("not ") && !rules.ends_with("else := 2") {
            let without = answer_to(&program, &nothing, &nothing);
            assert_ne!(without, expected, "{rules}");
        }
    }
}

#[test]
fn of_the_input_too_what_it_does_not_look_at_is_left_out() {
    let input = json!({"review": {
        "object": {
            "metadata": {"name": "a", "managedFields": [{"manager": "m"}]},
            "spec": {"containers": [{"name": "b", "image": "c"}], "nodeName": "d"},
        },
        "userInfo": {"username": "e"},
    }});
    for (rules, needed) in [
        (
            "containers contains c if { c := input.review.object.spec.containers[_] }\nv if { containers[_].name == \"b\" }",
            json!({"review": {"object": {"spec": {"containers": [{"name": "b"}]}}}}),
        ),
        (
            // By a set of a set, and a function.
            "some_of contains c if { c := input.review.object.spec.containers[_] }
            all contains c if { some_of[c] }
            named(c) if { c.name == \"b\" }
            v contains 1 if { some c in all; named(c) }",
            json!({"review": {"object": {"spec": {"containers": [{"name": "b"}]}}}}),
        ),
        (
            "named(o) := o.metadata.name\nv := named(input.review.object)",
            json!({"review": {"object": {"metadata": {"name": "a"}}}}),
        ),
        (
            "v if { c := input.review.object.spec.containers[_]; not c.tty }\nv if { input.review.object.metadata }",
            json!({"review": {"object": {"metadata": {}, "spec": {"containers": [{}]}}}}),
        ),
        (
            "v if { input.review.object.spec.nodeName with input.review.userInfo as 1 }",
            json!({"review": input.get("review")}),
        ),
        ("v := data.x", json!({})),
        (
            // Of each rule for itself, and of functions for all.
            "v contains 1 if { o := input.review.object; o.metadata.name }
            v contains 2 if { o := input.review.userInfo.username; o == input.review.object.spec.nodeName }
            f(o) if { o.metadata.none }
            f(p) if { n := p.spec.containers; n[_].image }
            v contains 3 if { f(input.review.object) }",
            json!({"review": {
                "object": {"metadata": {"name": "a"}, "spec": {"containers": [{"image": "c"}], "nodeName": "d"}},
                "userInfo": {"username": "e"},
            }}),
        ),
        (
            "v := object.get(object.get(input, \"review\", {}), [\"object\", \"metadata\", \"name\"], \"\")",
            json!({"review": {"object": {"metadata": {"name": "a"}}}}),
        ),
        (
            "v := count(input.review.object.spec.containers)",
            json!({"review": {"object": {"spec": {"containers": [{}]}}}}),
        ),
        (
            "v if { is_object(input.review.object.metadata) }",
            json!({"review": {"object": {"metadata": {}}}}),
        ),
        (
            // Of the members that somebody looks for.
            "g contains {\"m\": c.name, \"f\": f} if { c := input.review.object[f][_][_] }
            v contains m if { g[{\"m\": m, \"f\": \"spec\"}] }
            v contains m if { g[{\"m\": m, \"f\": \"status\"}] }",
            json!({"review": {"object": {"spec": {"containers": [{"name": "b"}], "nodeName": "d"}}}}),
        ),
        ("v := json.marshal(input)", input.clone()),
    ] {
        let program = program(rules);
        assert_eq!(
            needs::cut(program.needs_of_input(), &Value::from(&input)),
            Value::from(&needed),
            "{rules}"
        );
    }
}

/// Sets whose members are more, or stand in another order, for a field that nobody reads.
#[test]
fn members_of_a_set_are_whole_where_their_number_or_order_tells() {
    let data = Value::from(&json!({"l": [
        {"a": 2, "host": "h"}, {"a": 1, "host": "i"}, {"a": 3, "host": "h"},
    ]}));
    let members = "s contains o if { o := data.l[_] }\n";
    for rules in [
        "v := [o.host | some o in s]",
        "v := [o.host | s[o]]",
        "v := [x | x := {o.host | some o in s}[_]]",
        "v := {[o.host | some o in s; o.host != t] | some t in [\"i\"]}",
        "t contains o if { some o in s }\nv := [o.host | some o in t]",
        "v := count(s)",
        "v := s",
        "v := [s, 1]",
        "v contains x if { x := s }",
        "hosts(all) := [o.host | some o in all]\nv := hosts(s)",
        "number(all) := count(all)\nv := number(s)",
        "v if { some o in data.l; o in s }",
        "v if { s[data.l[1]] }",
        "v if { s[{\"a\": 2, \"host\": \"h\"}] }",
        "v := json.marshal(s)",
        "v := data.p[\"s\"]",
        "t.s contains o if { some o in s }\nv := x if { some n in [\"s\"]; x := data.p.t[n] }",
        "t.s contains o if { some o in s }\nv := [o | some n in [\"s\"]; some o in data.p.t[n]]",
        "v := x if { every k, o in s { k.a > 0; o.host }; x := 1 }",
        "v contains k if { some k, o in s; o.host }",
        "v contains o.host if { some o in s }",
        "v[o.host] := 1 if { some o in s }",
        "v := \"two\" if { some o, p in s; o.host == \"h\"; p.a == 1 } else := \"none\"",
    ] {
        let rules = format!("{members}{rules}");
        let program = program(&rules);
        let expected = answer(&program, &data);
        assert!(expected.is_some(), "{rules}");
        let needed = needs::needed(&program, &data);
        assert_eq!(answer(&program, &needed), expected, "{rules}: {needed}");
    }
    // Whoever may ask for the set itself gets all of it.
    let any = compiled(&format!("{members}v := 1"), None);
    assert_eq!(needs::needed(&any, &data), data);
    let of_one = program(&format!("{members}v contains o.host if {{ some o in s }}"));
    let hosts = json!({"l": [{"host": "h"}, {"host": "i"}, {"host": "h"}]});
    assert_eq!(needs::needed(&of_one, &data), Value::from(&hosts));
}

#[test]
fn what_it_does_not_look_at_is_left_out() {
    for (rules, needed) in [
        (
            "v contains x if { some x; data.d[x].name == input.name }",
            json!({"d": {"a": {"name": "one"}, "b": {"name": "two"}, "c": {"name": "one"}, "e": false}}),
        ),
        (
            "same(a, b) if { a.name == b.name }\nv if { same(data.d.a, input) }",
            json!({"d": {"a": {"name": "one"}}}),
        ),
        (
            "v if { not data.d.a[input.key] }",
            json!({"d": {"a": {"name": "one", "port": 1, "deep": {}, "unread": 0}}}),
        ),
        (
            "v contains h if { h := data.d.c.list[_].host }",
            json!({"d": {"c": {"list": [{"host": "h"}, {"host": "i"}]}}}),
        ),
        ("v := input", json!({})),
    ] {
        let program = program(rules);
        assert_eq!(
            needs::needed(&program, &data()),
            Value::from(&needed),
            "{rules}"
        );
    }
}
