//! scratch conformance
mod opa;
use ringwall_rego::*;
use std::collections::BTreeMap;
use std::panic;

fn run(case: &opa::Case) -> Result<Vec<Bindings>, Vec<Error>> {
    let mut modules = Vec::new();
    for (i, m) in case.modules.iter().enumerate() {
        modules.push(parse(&format!("m{i}.rego"), m, case.version)?);
    }
    let program = compile(&modules, &Options::default())?;
    let query = program.query(&case.query, case.version)?;
    let data = Data::new(
        case.data
            .clone()
            .unwrap_or_else(|| Value::from(&serde_json::json!({}))),
    );
    let caches = builtins::Caches::default();
    let mut ev = Evaluation::new(&data, &caches, &builtins::NoHost);
    ev.input = case.input.clone();
    if let Some(t) = &case.input_term {
        let e = compile(&[], &Options::default())?;
        let q = e.query(&format!("x = {t}"), case.version)?;
        let b = e.ask(&q, &ev).map_err(|e| vec![e])?;
        ev.input = b[0].get("x").cloned();
    }
    ev.strict_builtin_errors = case.strict_error;
    ev.limits.steps = 5_000_000;
    program.ask(&query, &ev).map_err(|e| vec![e])
}
fn text(b: &[Value]) -> Vec<String> {
    let mut v: Vec<String> = b.iter().map(|b| b.to_json().to_string()).collect();
    v.sort();
    v
}

#[test]
fn conf() {
    let folder = opa::folder().unwrap();
    let cases = opa::cases(&folder);
    let mut ok = 0;
    let mut bad: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for case in &cases {
        if let Ok(f) = std::env::var("CASE")
            && !case.note.contains(&f)
            && !case.file.contains(&f)
        {
            continue;
        }
        let got = panic::catch_unwind(|| run(case));
        let (good, what) = match got {
            Err(_) => (false, "PANIC".to_owned()),
            Ok(Ok(b)) => {
                let rows: Vec<Value> = b
                    .iter()
                    .map(|b| {
                        Value::from(&serde_json::Value::Object(
                            b.iter()
                                .map(|(k, v)| (k.to_string(), v.to_json()))
                                .collect(),
                        ))
                    })
                    .collect();
                let good = if case.wants_error() {
                    false
                } else if let Some(want) = &case.want_result {
                    text(want) == text(&rows)
                } else if let Some(d) = case.want_defined {
                    d != rows.is_empty()
                } else {
                    true
                };
                (
                    good,
                    format!(
                        "{:?} want {:?} {:?}",
                        text(&rows),
                        case.want_result.as_ref().map(|w| text(w)),
                        case.want_error_code
                    ),
                )
            }
            Ok(Err(e)) => {
                let msg = e
                    .iter()
                    .map(std::string::ToString::to_string)
                    .collect::<Vec<_>>()
                    .join(" | ");
                let code_ok = case
                    .want_error_code
                    .as_ref()
                    .is_none_or(|c| e.iter().any(|e| e.code.as_str() == c));
                (
                    case.wants_error() && code_ok,
                    format!(
                        "{msg} WANT {:?} {:?} {:?}",
                        case.want_error_code,
                        case.want_error,
                        case.want_result.as_ref().map(|w| text(w))
                    ),
                )
            }
        };
        if good {
            ok += 1;
        } else {
            let dir = case.file.split('/').take(2).collect::<Vec<_>>().join("/");
            bad.entry(dir)
                .or_default()
                .push(format!("{} {:?}: {}", case.file, case.note, what));
        }
    }
    let n: usize = bad.values().map(Vec::len).sum();
    for (d, b) in &bad {
        println!("## {d}: {}", b.len());
    }
    for b in bad.values() {
        for b in b {
            println!("-- {}", b.chars().take(600).collect::<String>());
        }
    }
    println!("OK {ok} BAD {n}");
}
