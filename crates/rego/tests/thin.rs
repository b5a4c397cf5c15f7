//! thin
use ringwall_rego::ast::Version;
use ringwall_rego::*;
fn run(module: &str, path: &[&str], input: serde_json::Value) -> String {
    let m = match parse("m.rego", module, Version::V0) {
        Ok(m) => m,
        Err(e) => return format!("{e:?}"),
    };
    let p = match compile(&[m], &Options::default()) {
        Ok(p) => p,
        Err(e) => return format!("{e:?}"),
    };
    let data = Data::default();
    let caches = builtins::Caches::default();
    let mut ev = Evaluation::new(&data, &caches, &builtins::NoHost);
    ev.input = Some(Value::from(&input));
    let path: Vec<Value> = path.iter().map(|p| Value::from(*p)).collect();
    match p.evaluate(&path, &ev) {
        Ok(v) => v.map_or("undefined".to_owned(), |v| v.to_json().to_string()),
        Err(e) => e.to_string(),
    }
}
#[test]
fn thin() {
    let m = r#"package p
    violation[{"msg": msg}] { c := input.xs[_]; c.a == 1; not c.b; msg := sprintf("bad %v", [c.n]) }
    f(x) = y { y := x + 1 }
    a = f(2) { true }
    b[k] = v { v := input.o[k] }
    g(x) = 1 { x == 1 } { x == 2 }
    c = g(2)
    d { not input.x == 1 }
    e { not startswith(input.x, "a") }

    i = x { x := input.foo } else = 3 { true }
    j = y { y := data.p.i with input as {"foo": 9} }
    k { some i; input.xs[i].a == 2 }
    "#;
    let input = serde_json::json!({"xs": [{"a": 1, "n": "x"}, {"a": 1, "b": true, "n": "y"}, {"a": 2}], "o": {"k": {"z": 1}}});
    for q in ["violation", "a", "b", "c", "d", "e", "h", "i", "j", "k"] {
        println!("{q}: {}", run(m, &["p", q], input.clone()));
    }
    println!("{}", run(m, &["p"], input.clone()));
    panic!();
}
