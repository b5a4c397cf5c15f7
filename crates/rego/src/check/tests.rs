//! Small modules and what is said about them.

use super::{check, data_conflicts};
use crate::{Value, ast::Version, parse};

#[track_caller]
fn expect(version: Version, strict: bool, rules: &str, expected: &[&str]) {
    let module = parse("p.rego", &format!("package p\n{rules}"), version).unwrap();
    let found: Vec<_> = check(&[module], strict)
        .iter()
        .map(|error| error.to_string().trim_start_matches("p.rego:").to_owned())
        .collect();
    assert_eq!(found, expected, "{rules}");
}

#[test]
fn two_imports_of_one_name_are_an_error_since_version_1() {
    let text = "import data.a.x\nimport data.b.x\np { x.y }";
    expect(Version::V0, false, text, &[]);
    expect(
        Version::V0,
        true,
        text,
        &[
            "3:1: rego_compile_error: import must not shadow import data.a.x; give one of them another name with `as`",
        ],
    );
    expect(
        Version::V1,
        false,
        "import data.a.x\nimport data.b as x\np if x",
        &[
            "3:1: rego_compile_error: import must not shadow import data.a.x; give one of them another name with `as`",
        ],
    );
}

#[test]
fn input_and_data_keep_their_meaning_since_version_1() {
    expect(
        Version::V1,
        false,
        "input := 1\nf(data) := data\np if { input := 2 }",
        &[
            "2:1: rego_compile_error: rules must not shadow input (use a different rule name)",
            "3:3: rego_compile_error: args must not shadow data (use a different variable name)",
            "4:8: rego_compile_error: variables must not shadow input (use a different variable name)",
        ],
    );
    expect(Version::V0, false, "p { input := 2; input }", &[]);
    expect(
        Version::V0,
        false,
        "data.x { true }",
        &[
            "2:1: rego_unsupported_error: a rule named data hides the document of that name, use a different name",
        ],
    );
}

#[test]
fn a_variable_that_some_declares_must_be_used() {
    expect(
        Version::V1,
        false,
        "p if { some x, y; input[x] }",
        &["2:16: rego_compile_error: declared var y unused"],
    );
    expect(
        Version::V1,
        false,
        "p contains x if { some x; input[x] }",
        &[],
    );
    expect(
        Version::V1,
        false,
        "p contains x if { some x in input }",
        &[],
    );
    expect(
        Version::V1,
        false,
        "p := [x | some x, y; input[x]]",
        &["2:19: rego_compile_error: declared var y unused"],
    );
    expect(
        Version::V1,
        false,
        "p if { every v in input { some i; v > 1 } }",
        &["2:32: rego_compile_error: declared var i unused"],
    );
}

#[test]
fn the_names_of_every_must_be_used_in_its_body() {
    expect(
        Version::V1,
        false,
        "p if { every k, v in input { v > 1 } }",
        &["2:14: rego_compile_error: declared var k unused"],
    );
    expect(
        Version::V1,
        false,
        "p if { every _, v in input { v > 1 } }",
        &[],
    );
}

#[test]
fn strict_mode_wants_everything_used() {
    expect(
        Version::V1,
        true,
        "import data.a\nimport input.b as c\np if { x := 1; [y, _] := [2, 3]; y > 1 }\nf(x, _, z) := z if c",
        &[
            "2:1: rego_compile_error: import a unused",
            "4:8: rego_compile_error: assigned var x unused",
            "5:3: rego_compile_error: unused argument x, write `_` in its place",
        ],
    );
    expect(
        Version::V1,
        true,
        "f(x, y) := 1 if { x > 1 } else := 2 if { y }\ng(x, x) := 1",
        &[],
    );
}

#[test]
fn print_gives_no_value() {
    expect(
        Version::V1,
        false,
        "p if { print(1); x := print(2); x }",
        &["2:23: rego_type_error: print(...) used as value, but it gives none"],
    );
}

#[test]
fn rules_and_base_documents_have_their_own_places() {
    let module = parse(
        "p.rego",
        "package a.b\nc.d := 1\ne := 2\nf[x] := 1 if x := 2",
        Version::V1,
    );
    let data = serde_json::json!({"a": {"b": {"c": {"d": 1}, "g": 3, "f": {}}}});
    let found: Vec<_> = data_conflicts(&[module.unwrap()], &Value::from(&data))
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        found,
        [
            "p.rego:2:1: rego_compile_error: conflicting rule for data path a/b/c/d found",
            "p.rego:4:1: rego_compile_error: conflicting rule for data path a/b/f found",
        ]
    );
}
