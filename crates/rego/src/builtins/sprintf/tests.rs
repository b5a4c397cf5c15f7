//! Expected texts are what Go's `fmt.Sprintf` gives.

use super::*;
use crate::builtins::{Caches, NoHost};

fn formatted(format: &str, arguments: &str) -> String {
    let caches = Caches::default();
    let mut context = Context::new(&caches, &NoHost, 0, 0, 1_000_000);
    let values = Value::from_json_text(arguments.as_bytes()).unwrap();
    let Value::Array(values) = values else {
        panic!("{arguments} is no array")
    };
    let answer = sprintf(&mut context, &Arc::from(format), &values);
    answer.unwrap().unwrap().as_str().unwrap().to_owned()
}

#[test]
fn verbs_and_types() {
    for (format, arguments, expected) in [
        ("%v %v %v %v", r#"["a", 1, 1.5, true]"#, "a 1 1.5 true"),
        ("%v", r#"[["a", {"b": null}]]"#, r#"["a", {"b": null}]"#),
        ("%s", "[1]", "%!s(int64=1)"),
        ("%d", r#"["x"]"#, "%!d(string=x)"),
        ("%d", "[1.0]", "%!d(float64=1)"),
        ("%t", "[true]", "%!t(string=true)"),
        ("%q", r#"["a\"b"]"#, r#""a\"b""#),
        ("%x %X", r#"["hi", 255]"#, "6869 FF"),
        ("%d", "[123456789012345678901]", "123456789012345678901"),
        ("%s", "[123456789012345678901]", "123456789012345678901"),
        (
            "%T %T %T %T",
            r#"["", 1, 1.0, 123456789012345678901]"#,
            "string int64 float64 *big.Int",
        ),
    ] {
        assert_eq!(formatted(format, arguments), expected, "{format}");
    }
}

#[test]
fn widths_and_flags() {
    for (format, arguments, expected) in [
        (
            "%05d|%-5d|%+d|% d",
            "[42, 42, 42, 42]",
            "00042|42   |+42| 42",
        ),
        (
            "%-10s|%10s|%.2s",
            r#"["ab", "ab", "abc"]"#,
            "ab        |        ab|ab",
        ),
        ("%6.2f|%.0f|%f", "[3.14159, 2.5, 1.0]", "  3.14|2|1.000000"),
        (
            "%e|%g|%G",
            "[1234.5678, 1e21, 1e-7]",
            "1.234568e+03|1e+21|1E-07",
        ),
        ("%*d", "[5, 1]", "    1"),
        ("%[2]d %[1]d", "[1, 2]", "2 1"),
        ("%#x %#o %b %O", "[255, 8, 5, 8]", "0xff 010 101 0o10"),
        ("%c %U", "[65, 8364]", "A U+20AC"),
    ] {
        assert_eq!(formatted(format, arguments), expected, "{format}");
    }
}

#[test]
fn mistakes_stand_in_the_text() {
    for (format, arguments, expected) in [
        ("%d", "[]", "%!d(MISSING)"),
        ("x", "[1]", "x%!(EXTRA int64=1)"),
        ("%", "[]", "%!(NOVERB)"),
        ("%!", "[1]", "%!!(int64=1)"),
        ("%[3]d", "[1]", "%!d(BADINDEX)"),
        ("%*d", r#"["x", 1]"#, "%!(BADWIDTH)1"),
        ("100%", "[]", "100%!(NOVERB)"),
        ("%%", "[]", "%"),
    ] {
        assert_eq!(formatted(format, arguments), expected, "{format}");
    }
}
