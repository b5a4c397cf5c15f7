//! Trees of small texts, errors and their places, and texts that want to break the reader.

mod render;

use render::{body, module};

use super::{parse, parse_query, parse_reference};
use crate::{
    ErrorCode,
    ast::{TermKind, Version},
};

fn query(text: &str) -> String {
    match parse_query(text, Version::V1) {
        Ok(expressions) => body(&expressions),
        Err(errors) => format!("error: {}", errors[0]),
    }
}

fn read(version: Version, text: &str) -> String {
    match parse("p.rego", text, version) {
        Ok(read) => module(&read),
        Err(errors) => {
            let told: Vec<_> = errors.iter().map(ToString::to_string).collect();
            format!("error: {}", told.join("\n"))
        }
    }
}

fn rules(version: Version, text: &str) -> String {
    read(version, &format!("package p\n{text}"))
}

#[track_caller]
fn check(found: &str, expected: &str) {
    assert_eq!(found, expected);
}

#[test]
fn operators_bind_as_in_opa() {
    for (text, expected) in [
        ("1 + 2 * 3", "plus(1, mul(2, 3))"),
        ("1 - 2 - 3", "minus(minus(1, 2), 3)"),
        ("(1 + 2) * 3", "mul(plus(1, 2), 3)"),
        ("a | b & c", "or(a, and(b, c))"),
        ("a & b | c == d", "equal(or(and(a, b), c), d)"),
        ("a + 1 < b % 2", "lt(plus(a, 1), rem(b, 2))"),
        ("a == b == c", "equal(equal(a, b), c)"),
        ("x := a == b", "assign(x, equal(a, b))"),
        ("[x, 1] = y", "eq([x, 1], y)"),
        ("x in xs", "member_2(x, xs)"),
        ("k, v in xs", "member_3(k, v, xs)"),
        ("x + 1 in xs == ys", "member_2(plus(x, 1), equal(xs, ys))"),
        ("x in xs in ys", "member_2(member_2(x, xs), ys)"),
        ("f((k, v in xs))", "f(member_3(k, v, xs))"),
        ("f(x in xs, 1)", "f(member_2(x, xs), 1)"),
        ("-x.y", "minus(0, x.y)"),
        ("1 -2", "minus(1, 2)"),
        ("-1 - -2", "minus(-1, -2)"),
        ("a.b / c[d]", "div(a.b, c[d])"),
    ] {
        check(&query(text), expected);
    }
}

#[test]
fn terms_have_their_kinds() {
    for (text, expected) in [
        ("[]", "[]"),
        ("{}", "{}"),
        ("set()", "set()"),
        ("{1, 2,}", "{1, 2}"),
        ("[1, 2,]", "[1, 2]"),
        ("[, 1]", "[1]"),
        (r#"{"a": 1, b: [2]}"#, r#"{"a": 1, b: [2]}"#),
        ("{x | x > 1}", "{x | gt(x, 1)}"),
        ("[x | x > 1; y]", "[x | gt(x, 1); y]"),
        ("{k: v | v = xs[k]}", "{k: v | eq(v, xs[k])}"),
        ("{a | b, c}", "{or(a, b), c}"),
        ("[a | b == 1, c]", "[equal(or(a, b), 1), c]"),
        ("{a | b, c in d}", "{a | member_3(b, c, d)}"),
        ("{a | b, c in d, e}", "{or(a, b), member_2(c, d), e}"),
        ("{a | b in c, d}", "{member_2(or(a, b), c), d}"),
        ("{a | b,}", "{or(a, b)}"),
        ("{a | b, c in d; e}", "{a | member_3(b, c, d); e}"),
        ("{k: a | b, c: d}", "{k: or(a, b), c: d}"),
        ("{k: a | b,}", "{k: or(a, b)}"),
        ("{k: a | b, c in d}", "{k: a | member_3(b, c, d)}"),
        ("{a + 1: b | c}", "{plus(a, 1): b | c}"),
        ("{1 + a | b, c}", "{or(plus(1, a), b), c}"),
        ("[a | b | c]", "[a | or(b, c)]"),
        ("[x | some x in xs]", "[x | some x in xs]"),
        (r#"{"a": 1}[x]"#, r#"{"a": 1}[x]"#),
        ("[1, 2][_]", "[1, 2][$0]"),
        ("f(x)[y].z", "f(x)[y].z"),
        ("a.b.f(x, y)", "a.b.f(x, y)"),
        ("input", "input"),
        ("input.x[_][y][\"a b\"]", "input.x[$0][y][\"a b\"]"),
        ("a.if.not", "a.if.not"),
        ("not.x", "not.x"),
        ("contains(x, y)", "contains(x, y)"),
        ("1e3", "1e3"),
        (".5", "0.5"),
        ("0.25", "0.25"),
        ("`a\\n\nb`", r#""a\\n\nb""#),
        (r#""\u00e9\ud83d\ude00\"\/""#, r#""é😀\"/""#),
        (r#""\ud83d""#, "\"\u{fffd}\""),
        (r#"$"a{x}b{y + 1}\{c""#, r#"$"a"+x+"b"+plus(y, 1)+"{c""#),
        ("$`a\\n{f($\"{x}\")}\n`", r#"$"a\\n"+f($x)+"\n""#),
        (r#"$"{{"a": 1}.a}""#, r#"${"a": 1}.a"#),
        (r#"$"{x with y as 1}""#, "$[$0 | eq($0, x) with y as 1][0]"),
    ] {
        check(&query(text), expected);
    }
}

#[test]
fn an_expression_ends_at_a_newline_before_a_parenthesis_or_bracket() {
    check(&query("x := a\n(b)"), "assign(x, a); b");
    check(&query("a\n[b]"), "a; [b]");
    check(
        &query("a\n.b"),
        "error: query:2:1: rego_parse_error: unexpected `.`, expected a term (a reference has no space before its dots)",
    );
    check(&query("a +\n b"), "plus(a, b)");
    check(&query("f(\n a,\n b\n)"), "f(a, b)");
    check(
        &query("x == 1\nwith.y == 2"),
        "equal(x, 1); equal(with.y, 2)",
    );
}

#[test]
fn expressions_have_their_modifiers() {
    for (text, expected) in [
        ("not a == b", "not equal(a, b)"),
        ("some x, y", "some x, y"),
        ("some x\nxs[x]", "some x; xs[x]"),
        ("some [x, 1] in xs", "some [x, 1] in xs"),
        ("some k, v in xs", "some k, v in xs"),
        ("every x in xs { x > 1; y }", "every x in xs {gt(x, 1); y}"),
        ("every k, v in xs { k }", "every k, v in xs {k}"),
        (
            "a with input.x as 1 with data.y as {2}",
            "a with input.x as 1 with data.y as {2}",
        ),
        ("not f(x) with f as g", "not f(x) with f as g"),
    ] {
        check(&query(text), expected);
    }
}

#[test]
fn heads_of_rules_say_what_is_defined() {
    for (version, text, expected) in [
        (Version::V0, "p { a }", "p = true { a }"),
        (Version::V0, "p = 1 { a }", "p = 1 { a }"),
        (Version::V0, "p := 1", "p := 1 { true }"),
        (Version::V0, "p[x] { a }", "p contains x { a }"),
        (Version::V0, "p.q { a }", "p contains \"q\" { a }"),
        (Version::V0, "p[1]", "p contains 1 { true }"),
        (Version::V0, "p[k] = v { a }", "p[k] = v { a }"),
        (Version::V0, "p.q.r { a }", "p.q.r = true { a }"),
        (Version::V0, "f(x) = y { a }", "f(x) = y { a }"),
        (
            Version::V0,
            "f(x) { a } { b }",
            "f(x) = true { a }\nf(x) = true { b }",
        ),
        (
            Version::V0,
            "f(_) { a } else = 2 { b } else = 3",
            "f($0) = true { a } else f($1) = 2 { b } else f($2) = 3 { true }",
        ),
        (
            Version::V0,
            "p[x] { a } { b }",
            "p contains x { a }\np contains x { b }",
        ),
        (Version::V0, "default p = {1}", "default p = {1} { true }"),
        (Version::V0, "if { in }", "if = true { in }"),
        (
            Version::V0,
            "every[x] { contains(x, in) }",
            "every contains x { contains(x, in) }",
        ),
        (Version::V1, "p if a", "p = true { a }"),
        (Version::V1, "p if { a; b }", "p = true { a; b }"),
        (Version::V1, "p if { a }", "p = true { a }"),
        (Version::V1, "p if {a: 1}", "p = true { {a: 1} }"),
        (Version::V1, "p if {a | b}", "p = true { {a | b} }"),
        (
            Version::V1,
            "p if {1} == {a}",
            "p = true { equal({1}, {a}) }",
        ),
        (Version::V1, "p contains x if a", "p contains x { a }"),
        (Version::V1, "p contains 1", "p contains 1 { true }"),
        (Version::V1, "p.q[x].r := y if a", "p.q[x].r := y { a }"),
        (Version::V1, "p.q contains x if a", "p.q contains x { a }"),
        (Version::V1, "p[x] if a", "p[x] = true { a }"),
        (Version::V1, "p[x] := y if a", "p[x] := y { a }"),
        (
            Version::V1,
            "default f(_) := 1",
            "default f($0) := 1 { true }",
        ),
        (
            Version::V1,
            "p := 1 if a else := 2 if { b } else := 3",
            "p := 1 { a } else p := 2 { b } else p := 3 { true }",
        ),
        (Version::V1, "p if x in xs", "p = true { member_2(x, xs) }"),
        (
            Version::V1,
            "p := x if some x in xs",
            "p := x { some x in xs }",
        ),
        (Version::V1, "p if not a", "p = true { not a }"),
        (Version::V1, "p if { $\"{x}\" }", "p = true { $x }"),
    ] {
        check(&rules(version, text), expected);
    }
}

#[test]
fn keywords_come_by_version_and_import() {
    let with =
        |import: &str, rule: &str| read(Version::V0, &format!("package p\n{import}\n{rule}"));
    check(
        &with("import future.keywords.in", "p { x in xs }"),
        "p = true { member_2(x, xs) }",
    );
    check(
        &with("import future.keywords.every", "p { every x in xs { x } }"),
        "p = true { every x in xs {x} }",
    );
    check(
        &with("import future.keywords", "p contains x if some x in xs"),
        "p contains x { some x in xs }",
    );
    check(&with("import rego.v1", "p if { a }"), "p = true { a }");
    check(
        &with("import rego.v1", "p { a }"),
        "error: p.rego:3:1: rego_parse_error: `if` is needed before the body of a rule",
    );
    check(
        &with("import rego.v1", "p[x] if { a } { b }\nq[1]"),
        "error: p.rego:4:1: rego_parse_error: a rule that makes a set needs `contains` before the member",
    );
    check(
        &with("", "p { x in xs }"),
        "error: p.rego:3:7: rego_parse_error: unexpected name `in`, expected an operator, a newline, `;` or `}` \
         (in this version `x in xs` needs `import future.keywords.in`)",
    );
    check(
        &with("", "p if { x }"),
        "error: p.rego:3:1: rego_parse_error: a rule needs a value (`:= ..`) or a body \
         (in this version `if` needs `import future.keywords.if`)",
    );
    let refused = parse(
        "p",
        "package p\nimport future.keywords\np if not {x}",
        Version::V0,
    );
    assert_eq!(
        refused.err().map(|errors| errors[0].code),
        Some(ErrorCode::Unsupported)
    );
}

#[test]
fn logical_operators_take_bodies_that_hold_or_not() {
    let v2 = |rules: &str| read(Version::V1, &format!("package p\nimport rego.v2\n{rules}"));
    // What holds is `every _ in [0] { .. }`; each `_` has a name of its own.
    for (text, expected) in [
        ("p if a and b", "p = true { every $2 in [0] {a} and {b} }"),
        ("p if not {a; b}", "p = true { not every $0 in [0] {a; b} }"),
        (
            "p if not a == b",
            "p = true { not every $0 in [0] {equal(a, b)} }",
        ),
        (
            "p if a or b",
            "p = true { not every $2 in [0] {not every $0 in [0] {a}; not every $1 in [0] {b}} }",
        ),
        (
            "p if or(a, b) == and(a, b)",
            "p = true { equal(or(a, b), and(a, b)) }",
        ),
        ("p if a.or.and", "p = true { a.or.and }"),
        ("p if (a | b) == c", "p = true { equal(or(a, b), c) }"),
    ] {
        let expected =
            expected.replace("{a} and {b}", "{every $0 in [0] {a}; every $1 in [0] {b}}");
        check(&v2(text), &expected);
    }
    for same in [
        ["p if a and b and c", "p if {a} and {b} and {c}"],
        ["p if a or b and c", "p if a or (b and c)"],
        ["p if not (a or b)", "p if not ((a or b))"],
        ["p := [x | a or x]", "p := [x | (a or x)]"],
    ] {
        // Parentheses add a level that means nothing.
        let [left, right] = same.map(v2);
        assert!(
            !left.starts_with("error") && !right.starts_with("error"),
            "{left}\n{right}"
        );
    }
    for text in [
        "p if a with input as 1 and b",
        "p if {1, 2} == x and b",
        "p if a and {1, 2}",
        "p if a and {b | c}",
        "p if not {}",
        "p if a and",
        "p if and",
        "and := 1",
        "p if print(1) and a",
        "p if (a and b",
    ] {
        let found = v2(text);
        assert!(found.starts_with("error: "), "{text} gives {found}");
    }
}

#[test]
fn each_statement_that_is_wrong_is_told() {
    check(
        &rules(
            Version::V1,
            "p if { x == }\nq := 1\nr := !x\ns if {\n  a b\n}\nt := \"a",
        ),
        "error: p.rego:2:13: rego_parse_error: unexpected `}`, expected a term\n\
         p.rego:4:6: rego_parse_error: `!` is no operator, write `not`\n\
         p.rego:6:5: rego_parse_error: unexpected name `b`, expected an operator, a newline, `;` or `}`\n\
         p.rego:8:6: rego_parse_error: a string is not closed, it needs another `\"` on its line",
    );
}

#[test]
fn what_opa_refuses_is_refused() {
    for (version, text) in [
        (Version::V1, "p { a }"),
        (Version::V1, "p if {}\nq[x] { a }"),
        (Version::V1, "p if { a; }"),
        (Version::V1, "p if { a, b }"),
        (Version::V1, "p if not some x in xs"),
        (Version::V1, "p contains x if a else := 1"),
        (Version::V1, "p if a else := 1 if b { c }"),
        (Version::V1, "p := 1; q := 2"),
        (Version::V1, "p := 1 with input as 2"),
        (Version::V1, "default p := input.x"),
        (Version::V1, "default f(x, x) := 1"),
        (Version::V1, "default f(1) := 1"),
        (Version::V1, "every := 1"),
        (Version::V1, "p"),
        (Version::V1, "p.q.r"),
        (Version::V1, "p := 01"),
        (Version::V1, "p := 1."),
        (Version::V1, "p := 1x"),
        (Version::V1, "p := 1e999999"),
        (Version::V1, r#"p := "\x""#),
        (Version::V1, r#"p := "\u12""#),
        (Version::V1, r#"p := "a".b"#),
        (Version::V1, "p := a .b"),
        (Version::V1, "p := $\"{x = 1}\""),
        (Version::V1, "p := $\"{x\""),
        (Version::V1, "import foo"),
        (Version::V1, "import data.if"),
        (Version::V1, "import data.a as input"),
        (Version::V1, "import data.a[x]"),
        (Version::V0, "import future.keywords.what"),
        (Version::V0, "import data.a.not"),
        (Version::V0, "p[k] = v { a } else = 1 { b }"),
        (Version::V0, "default p[1]"),
        (Version::V0, "package q"),
        (Version::V0, "1"),
        (Version::V0, "p := $\"a\""),
        (Version::V0, "count(x)"),
        (Version::V0, "p [x] = 1"),
        (Version::V0, "f()"),
        (Version::V0, "set() { a }"),
    ] {
        let found = rules(version, text);
        assert!(found.starts_with("error: "), "{text} gives {found}");
    }
    for text in ["", "# nothing", "p := 1", "package a[x]", "package 1"] {
        let found = read(Version::V1, text);
        assert!(found.starts_with("error: "), "{text} gives {found}");
    }
}

#[test]
fn metadata_stands_before_what_it_describes() {
    let text = "# METADATA\n# title: The package\npackage p\n\n# METADATA\n# description: |\n#   two\n#   lines\n\
                # authors:\n# - Jane Doe <jane@example.com>\n# custom:\n#   level: 3\n# entrypoint: true\np := 1\n\nq := 2";
    let read = parse("p", text, Version::V1).unwrap();
    let found: Vec<_> = read
        .annotations
        .iter()
        .map(|annotation| (annotation.rule, annotation.value.clone()))
        .collect();
    assert_eq!(
        found,
        [
            (
                None,
                serde_json::json!({"scope": "package", "title": "The package"})
            ),
            (
                Some(0),
                serde_json::json!({
                    "scope": "document", "description": "two\nlines\n", "custom": {"level": 3},
                    "authors": [{"name": "Jane Doe", "email": "jane@example.com"}], "entrypoint": true,
                })
            ),
        ]
    );
}

#[test]
fn metadata_that_is_wrong_is_told_on_its_line() {
    for (text, position) in [
        ("# METADATA\n# title: a\n# scope: x\np := 1", "p.rego:2:1"),
        ("# METADATA\n# title: a\n# b: [\np := 1", "p.rego:4:1"),
        ("# METADATA\n# scope: package\np := 1", "p.rego:2:1"),
        ("# METADATA\np := 1", "p.rego:2:1"),
        ("p := 1\n# METADATA\n# title: a", "p.rego:3:1"),
        (
            "# METADATA\n# title: a\nimport data.x\np := 1",
            "p.rego:2:1",
        ),
    ] {
        let found = rules(Version::V1, text);
        assert!(
            found.starts_with(&format!("error: {position}: ")),
            "{text} gives {found}"
        );
    }
}

#[test]
fn references_are_read_alone() {
    let parts = parse_reference("data.a[\"b c\"]").unwrap();
    assert!(matches!(&parts[2].kind, TermKind::String(name) if &**name == "b c"));
    assert_eq!(parse_reference("input").unwrap().len(), 1);
    assert!(parse_reference("data.a + 1").is_err());
    assert!(parse_reference("1").is_err());
}

#[test]
fn hostile_texts_are_refused_in_time_and_without_overflow() {
    let deep = 20_000;
    for (open, middle, close) in [
        ("(", "1", ")"),
        ("[", "1", "]"),
        ("{", "1", "}"),
        ("{1:", "1", "}"),
        ("f(", "1", ")"),
        ("x[", "1", "]"),
        ("[x|", "1", "]"),
        ("{x|y,", "1", "}"),
        ("{x|y in z,", "1", "}"),
        ("{x:y|z,", "1", "}"),
        ("not ", "1", ""),
        ("- ", "1", ""),
        ("$\"{", "1", "}\""),
        ("every x in xs {", "1", "}"),
        ("{a} and (", "1", ")"),
        ("not {", "1", "}"),
        ("(a or ", "1", ")"),
        ("[x | {a} and ", "1", "]"),
        ("1 + ", "1", ""),
        ("[x |\n some y in ", "1", "]"),
    ] {
        for text in [
            format!("{}{middle}{}", open.repeat(deep), close.repeat(deep)),
            open.repeat(deep),
        ] {
            assert!(parse_query(&text, Version::V1).is_err(), "{open}");
            let module = format!("package p\nimport rego.v2\nr if {{ {text} }}");
            assert!(parse("p", &module, Version::V1).is_err(), "{open}");
        }
    }
    let elses = format!("package p\np := 1 if a {}", "else := 2 if b ".repeat(deep));
    assert!(parse("p", &elses, Version::V1).is_err());
    let errors = parse("p", &"package p\n!\n".repeat(deep), Version::V1).unwrap_err();
    assert!(errors.len() <= 20);
}

#[test]
fn what_is_deep_but_allowed_is_read() {
    for depth in [10, 30, 45] {
        let text = format!("{}1{}", "[(".repeat(depth), ")]".repeat(depth));
        assert!(parse_query(&text, Version::V1).is_ok(), "{depth}");
    }
    let sum = vec!["1"; 200].join(" + ");
    assert!(parse_query(&sum, Version::V1).is_ok());
}
