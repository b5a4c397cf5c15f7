//! A module is any text: reading, checking, compiling and evaluating it ends in time, in a value or an error.
//!
//! A leading `0` chooses the first version of the language. What follows a line of `@` is the input, if it is JSON, and
//! what follows another one a query. What compiles is evaluated as a whole under small limits, with indexes and without
//! them, and each of its sets is explained.

#![no_main]

use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use ringwall_rego::{
    Data, Evaluation, Limits, Module, Options, Program, Value,
    ast::{Rule, TermKind, Version},
    builtins::{Caches, NoHost},
    check, compile, parse, parse_query, parse_reference,
};

/// It has a bit of everything.
static INPUT: LazyLock<Value> = LazyLock::new(|| {
    Value::from(&serde_json::json!({
        "x": [1, 2.5, "a", null, true, {"y": [{"z": "b"}]}],
        "request": {"object": {"metadata": {"name": "n", "labels": {"a": "b"}}}},
        "review": {"object": {"spec": {"containers": [{"name": "app", "image": "nginx:1"}]}}},
        "parameters": {"labels": [{"key": "a", "allowedRegex": "^b$"}], "cpu": "100m", "message": "m"},
    }))
});

fuzz_target!(|text: &str| {
    let (version, text) = match text.strip_prefix('0') {
        Some(rest) => (Version::V0, rest),
        None => (Version::V1, text),
    };
    let mut parts = text.splitn(3, "\n@\n");
    let text = parts.next().unwrap_or_default();
    let input = parts
        .next()
        .and_then(|part| serde_json::from_str::<serde_json::Value>(part).ok());
    let input = input.map_or_else(|| INPUT.clone(), |json| Value::from(&json));
    let query = parts.next();
    let _ = parse_query(query.unwrap_or(text), version);
    let _ = parse_reference(query.unwrap_or(text));
    let Ok(module) = parse("fuzz.rego", text, version) else {
        return;
    };
    for rule in &module.rules {
        lies_in(text, rule.span);
        for reference in module.references(rule) {
            lies_in(text, reference.span);
        }
    }
    let modules = [module];
    if !check(&modules, true).is_empty() {
        return;
    }
    let Ok(program) = compile(&modules, &Options::default()) else {
        return;
    };
    let (data, caches) = (Data::new(INPUT.clone()), Caches::default());
    let mut evaluation = Evaluation::new(&data, &caches, &NoHost);
    evaluation.input = Some(input);
    evaluation.limits = Limits {
        steps: 20_000,
        bytes: 4 << 20,
        depth: 64,
    };
    let _ = program.make_indexes(&evaluation);
    let indexed = program.evaluate(&[], &evaluation);
    for rule in &modules[0].rules {
        explain(&program, &modules[0], rule, &evaluation);
    }
    if let Some(Ok(query)) = query.map(|text| program.query(text, version)) {
        let _ = program.ask(&query, &evaluation);
    }
    evaluation.indexes = false;
    if let (Ok(indexed), Ok(plain)) = (indexed, program.evaluate(&[], &evaluation)) {
        assert_eq!(indexed, plain, "indexes change nothing but the time");
    }
});

/// Whoever asks where the members of a set come from is told of the same members.
fn explain(program: &Program, module: &Module, rule: &Rule, evaluation: &Evaluation<'_>) {
    let Some(TermKind::Var(name)) = rule.head.reference.first().map(|term| &term.kind) else {
        return;
    };
    let path: Vec<_> = module
        .package
        .iter()
        .chain([name])
        .map(|key| Value::String(Arc::clone(key)))
        .collect();
    if let (Ok(Some(Value::Set(set))), Ok(derived)) = (
        program.evaluate(&path, evaluation),
        program.explain(&path, evaluation),
    ) {
        let told: Vec<_> = derived.into_iter().map(|one| one.member).collect();
        assert_eq!(
            told,
            set.members(),
            "whoever asks why is told of the same members"
        );
    }
}

fn lies_in(text: &str, span: ringwall_rego::Span) {
    assert!(
        text.get(span.start as usize..span.end as usize).is_some(),
        "{span:?} is not in the text"
    );
}
