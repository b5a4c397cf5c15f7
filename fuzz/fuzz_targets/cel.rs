//! Expressions are any text over any object: they are refused or evaluated, within their budget, always the same way.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ringwall_cel::{
    Bindings, Budget, Error,
    admission::{self, Variables},
};

fuzz_target!(|text: &str| {
    // What follows a line of `@` is the object, if it is JSON.
    let (text, object) = text.split_once("\n@\n").unwrap_or((text, ""));
    let object = serde_json::from_str(object).unwrap_or(serde_json::Value::Null);
    let environment = admission::environment(
        37,
        Variables {
            params: true,
            authorizer: true,
            mutation: true,
        },
    );
    let program = match environment.compile(text) {
        Ok(program) => program,
        Err(errors) => {
            assert!(!errors.is_empty());
            for Error { span, .. } in errors {
                let range = span.start as usize..span.end as usize;
                assert!(range.start <= range.end && range.start <= text.len());
            }
            return;
        }
    };
    let mut seen = Vec::new();
    for _ in 0..2 {
        let mut bindings = Bindings::new();
        bindings
            .bind_json("object", &object)
            .bind_json("params", &object);
        let mut budget = Budget::new(100_000);
        let result = program.evaluate(&bindings, &mut budget);
        assert_eq!(budget.remaining() + budget.spent().min(100_000), 100_000);
        seen.push((
            result.map(|value| (value.to_string(), value.to_json().ok())),
            budget.spent(),
        ));
    }
    assert_eq!(seen[0], seen[1]);
});
