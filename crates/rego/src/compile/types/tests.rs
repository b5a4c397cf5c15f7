//! Small modules and what is said about the kinds of their values.

use crate::{Options, ast::Version, compile, parse};

fn errors(rules: &str) -> Vec<String> {
    let module = parse("p.rego", &format!("package p\n{rules}"), Version::V1).unwrap();
    match compile(&[module], &Options::default()) {
        Ok(_) => Vec::new(),
        Err(errors) => errors
            .iter()
            .map(|error| error.to_string().trim_start_matches("p.rego:").to_owned())
            .collect(),
    }
}

#[test]
fn what_can_never_be_defined_is_an_error() {
    for (rules, expected) in [
        (
            r#"p if 1 == "a""#,
            "2:6: rego_type_error: match error: number == string never holds",
        ),
        (
            r"p if { x := [1, 2]; x = {1} }",
            "2:21: rego_type_error: match error: array = set of number never holds",
        ),
        (
            r#"p := "a" + 1"#,
            "2:6: rego_type_error: plus: invalid argument(s): operand 1 is string but must be number",
        ),
        (
            r"p if { x := count(input); startswith(x, input.y) }",
            "2:27: rego_type_error: startswith: invalid argument(s): operand 1 is number but must be string",
        ),
        (
            r#"p if { x := {"a": {"b": 1}}; x.a.c }"#,
            "2:30: rego_type_error: undefined ref: object never has \"c\"",
        ),
        (
            r"p := [x | x := [1, 2][5]]",
            "2:11: rego_type_error: undefined ref: array never has 5",
        ),
        (
            r"p if { q.b == 1 }
q := 3",
            "2:8: rego_type_error: undefined ref: number never has \"b\"",
        ),
        (
            r"p if { count(f(1)) > 1 }
f(x) := x + 1",
            "2:8: rego_type_error: count: invalid argument(s): operand 1 is number but must be any<string, array[any], object[any: any], set[any]>",
        ),
        (
            r#"p if { some x in q; x == "a" }
q contains 1 if input.a
q contains 2"#,
            "2:21: rego_type_error: match error: number == string never holds",
        ),
        (
            r#"p if not 1 == "a""#,
            "2:6: rego_type_error: match error: number == string never holds",
        ),
    ] {
        assert_eq!(errors(rules), [expected], "{rules}");
    }
}

#[test]
fn what_may_be_defined_is_none() {
    for rules in [
        "p if input.x == 1 + data.y",
        "p if input.x.y.z[_] == [1, \"a\"][_]",
        "p if { some x in [1, \"a\"]; x == \"a\" }",
        "f(x) := x + 1 if is_number(x)\nf(x) := count(x) if is_string(x)\np := f(\"a\")",
        "p if { x := [1, 2]; x[i] == 2; i == 1 }",
        "p if { x := {\"a\": 1}; some k; x[k] == 1; k != \"b\" }",
        "default q := {}\np if q.a == 1",
        "q := 1\np if q.a == 2 with data.p.q as {\"a\": 2}",
        "p if count(1) == 2 with count as 2",
        "p if { x := set(); x == {1} }",
        "p if { x := {[1, 2], \"a\"}; x[[1, 2]] }",
        "q[x] := y if { some x, y in input }\np if q.a == 1\nr if q.b == \"c\"",
        "p if 1 != \"a\"",
        "p if every x in [1, 2] { x == \"a\" }",
        "q := 1 if input.a\nq := \"a\" if input.b\np if q == \"a\"",
    ] {
        assert_eq!(errors(rules), [""; 0], "{rules}");
    }
}
