//! Values as conftest 0.71.1 printed them for the same text.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::parse;

fn check(text: &str, expected: &Value) {
    assert_eq!(&parse(text).unwrap(), expected, "{text}");
}

#[test]
fn scalars_are_those_of_yaml_1_1() {
    check(
        "a: yes\nb: 'yes'\nc: 0777\nd: 0x1F\ne: 1_000\nf: 1.0\ng: ~\nh:\ni: 2001-12-14\nj: 1e3\nk: 0o17\n\
         l: .5\nm: 12345678901234567890\nn: n\ny: n\no: 08\np: !!str 1\nq: 1:30\nr: |\n  x\n  y\ns: !foo 7\n",
        &json!({
            "a": true, "b": "yes", "c": 511, "d": 31, "e": 1000, "f": 1, "g": null, "h": null,
            "i": "2001-12-14", "j": 1000, "k": 15, "l": 0.5, "m": 12_345_678_901_234_567_000f64,
            "false": false, "true": false, "o": 8, "p": "1", "q": "1:30", "r": "x\ny\n", "s": "7",
        }),
    );
}

#[test]
fn keys_are_text() {
    check(
        "1: a\ntrue: b\n1.5: c\non: d\nx: 1\nx: 2\n1000000.5: e\n",
        &json!({"1": "a", "true": "d", "1.5": "c", "x": 2, "1.0000005e+06": "e"}),
    );
    assert!(parse("~: a").is_err());
    assert!(parse("[a]: b").is_err());
}

#[test]
fn aliases_and_merges() {
    check(
        "a: &a {x: 1, w: 2}\nb: &b {x: 3, z: 4}\nc:\n  w: 0\n  <<: [*a, *b]\n  z: 5\nd: *a\n\"<<\": 1\n",
        &json!({
            "a": {"x": 1, "w": 2}, "b": {"x": 3, "z": 4}, "c": {"x": 1, "w": 2, "z": 5},
            "d": {"x": 1, "w": 2}, "<<": 1,
        }),
    );
    assert!(parse("a: &a [1]\nb: {<<: *a}").is_err());
    assert!(parse("a: &a [*a]").is_err());
}

#[test]
fn documents_are_split_at_their_lines() {
    check("---\na: 1\n---\nb: 2\n", &json!([{"a": 1}, {"b": 2}]));
    check("# note\n---\na: 1\n", &json!([null, {"a": 1}]));
    check("---\na: 1\n", &json!({"a": 1}));
    check("a: 1\r\n---\r\nb: 2\r\n", &json!([{"a": 1}, {"b": 2}]));
    check("%YAML 1.1\n---\na: 1\n", &json!({"a": 1}));
    check("", &Value::Null);
}

/// conftest reads the first of these only, and says nothing about the second.
#[test]
fn every_document_is_read() {
    check("a: 1\n--- # note\nb: 2\n", &json!([{"a": 1}, {"b": 2}]));
}

#[test]
fn errors_have_their_place_in_the_file() {
    let error = parse("a: 1\n---\nb: [\n").unwrap_err();
    assert!(error.line >= 3, "{error}");
    let error = parse("a:\n\tb: 1\n").unwrap_err();
    assert_eq!(error.line, 2, "{error}");
}

#[test]
fn expansion_is_bounded() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for at in 0..9 {
        let alias = format!("*a{at}");
        let aliases = [alias.as_str(); 10].join(", ");
        writeln!(bomb, "a{}: &a{} [{aliases}]", at + 1, at + 1).unwrap();
    }
    assert!(
        parse(&bomb)
            .unwrap_err()
            .message
            .contains("expands to more")
    );
    let mut deep = "a0: &a0 [x]\n".to_owned();
    for at in 0..500 {
        writeln!(deep, "a{}: &a{} [*a{at}]", at + 1, at + 1).unwrap();
    }
    assert!(parse(&deep).unwrap_err().message.contains("nested deeper"));
    assert!(parse(&"[".repeat(100_000)).is_err());
}
