//! A module is any text: reading, checking, compiling and evaluating it ends in time, in a value or an error.
//!
//! The first byte chooses the version. What compiles is evaluated as a whole under small limits, with an input that
//! has a bit of everything.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use ringwall_rego::{
    Data, Evaluation, Limits, Options, Value,
    ast::Version,
    builtins::{Caches, NoHost},
    check, compile, parse, parse_query, parse_reference,
};

static INPUT: LazyLock<Value> = LazyLock::new(|| {
    Value::from(&serde_json::json!({
        "x": [1, 2.5, "a", null, true, {"y": [{"z": "b"}]}],
        "request": {"object": {"metadata": {"name": "n", "labels": {"a": "b"}}}},
    }))
});

fuzz_target!(|text: &str| {
    let (version, text) = match text.strip_prefix('0') {
        Some(rest) => (Version::V0, rest),
        None => (Version::V1, text),
    };
    let _ = parse_query(text, version);
    let _ = parse_reference(text);
    let Ok(module) = parse("fuzz.rego", text, version) else {
        return;
    };
    for rule in &module.rules {
        assert!(
            module.source.text.get(rule.span.start as usize..rule.span.end as usize).is_some(),
            "a rule stands in the text"
        );
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
    evaluation.input = Some(INPUT.clone());
    evaluation.limits = Limits {
        steps: 20_000,
        bytes: 4 << 20,
        depth: 64,
    };
    let indexed = program.evaluate(&[], &evaluation);
    evaluation.indexes = false;
    if let (Ok(indexed), Ok(plain)) = (indexed, program.evaluate(&[], &evaluation)) {
        assert_eq!(indexed, plain, "indexes change nothing but the time");
    }
});
