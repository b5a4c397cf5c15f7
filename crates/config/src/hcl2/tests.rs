//! Values as conftest 0.71.1 printed them for the same text.

use serde_json::{Value, json};

use super::parse;

fn check(text: &str, expected: &Value) {
    assert_eq!(&parse(text).unwrap(), expected, "{text}");
}

#[test]
fn blocks_nest_by_labels() {
    check(
        "resource \"a\" \"x\" {\n  n = 1\n}\nresource \"a\" \"y\" {}\nresource a x { n = 2 }\nlocals {\n  \
         b { c = true }\n  b {}\n}\n",
        &json!({
            "resource": {"a": {"x": [{"n": 1}, {"n": 2}], "y": [{}]}},
            "locals": [{"b": [{"c": true}, {}]}],
        }),
    );
    assert!(parse("a \"b\" {}\na {}\n").is_err());
}

#[test]
fn expressions_are_their_own_source() {
    check(
        "a = var.x\nb = [1, -2.50, \"s\", var.y[0], null]\nc = { d = 1, \"e\" : f(1, 2), (g) = !true\n h.i = 2 }\n\
         j = a ? b : c\nk = (1 + 2) * 3\nl = [for x in y : x.z if x]\nm = -n\no = p.*.q\n",
        &json!({
            "a": "${var.x}",
            "b": [1, -2.5, "s", "${var.y[0]}", null],
            "c": {"d": 1, "e": "${f(1, 2)}", "${(g)}": false, "h.i": 2},
            "j": "${a ? b : c}",
            "k": "${(1 + 2) * 3}",
            "l": "${[for x in y : x.z if x]}",
            "m": "${-n}",
            "o": "${p.*.q}",
        }),
    );
}

#[test]
fn templates_keep_their_interpolations() {
    check(
        "a = \"x ${var.y} $${z} \\\"q\\\" \\u00e9\"\nb = \"${var.y}\"\nc = \"${1.50}\"\n\
         d = \"n${1.50}${true}${c ? \"t\" : \"f\"}\"\ne = \"%{if a}yes%{else}no%{endif}%{for k, v in m}${v}%{endfor}\"\n\
         f = \"a  ${~ b ~}  c\"\n",
        &json!({
            "a": "x ${var.y} $${z} \"q\" é",
            "b": "${var.y}",
            "c": 1.5,
            "d": "n1.5true%{if c}t%{else}f%{endif}",
            "e": "%{if a}yes%{else}no%{endif}%{for k, v in m}${v}%{endfor}",
            "f": "a${b}c",
        }),
    );
}

#[test]
fn heredocs_lose_their_indentation() {
    check(
        "a = <<EOT\n  x\ny ${z}\nEOT\nb = <<-EOT\n    x\n\n      y\n    EOT\nc = 1\n",
        &json!({"a": "  x\ny ${z}\n", "b": "x\n\n  y\n", "c": 1}),
    );
}

#[test]
fn errors_have_their_place() {
    for (text, message) in [
        ("a = ", "1:5: expected an expression"),
        ("a = 1 b = 2\n", "1:7: expected the end of the line"),
        ("a = 1\na = 2\n", "2:1: a is set twice"),
        ("a {\n", "2:1: expected }"),
        ("a = \"x\n\"", "1:7: line break in a quoted text"),
        ("a = [1 2]", "1:8: expected , or ]"),
        ("}\n", "1:1: unexpected }"),
    ] {
        assert_eq!(parse(text).unwrap_err().to_string(), message, "{text}");
    }
}

#[test]
fn nesting_is_bounded() {
    for open in ["a = [", "a {\n", "(", "!", "-", "x ? y : ", "\"${", "f("] {
        let text = format!("a = {}", open.repeat(100_000));
        assert!(parse(&text).is_err(), "{open}");
    }
    let directives = format!("a = \"{}\"", "%{if x}".repeat(100_000));
    assert!(parse(&directives).is_err());
}
