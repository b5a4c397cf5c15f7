//! Expressions are any text over any object: they are refused or evaluated, within their budget, always the same way.
//!
//! What follows a line of `@` is the object, if it is JSON.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use ringwall_cel::{
    AccessRequest, AccessReview, Authorizer, AuthorizerBackend, Bindings, Budget, Environment,
    Error, Subject, Value,
    admission::{self, Variables},
};
use serde_json::{Value as Json, json};

const COST: u64 = 100_000;

static ENVIRONMENT: LazyLock<Environment> = LazyLock::new(|| {
    admission::environment(
        37,
        Variables {
            params: true,
            authorizer: true,
            mutation: true,
        },
    )
});
static REQUEST: LazyLock<Json> = LazyLock::new(|| {
    json!({
        "kind": {"group": "", "version": "v1", "kind": "Pod"},
        "resource": {"group": "", "version": "v1", "resource": "pods"},
        "name": "web", "namespace": "shop", "operation": "UPDATE", "dryRun": false,
        "userInfo": {"username": "alice", "groups": ["system:authenticated"], "extra": {"a": ["b"]}},
    })
});
static NAMESPACE: LazyLock<Json> = LazyLock::new(
    || json!({"metadata": {"name": "shop", "labels": {"team": "sales"}, "creationTimestamp": "2026-11-27T10:00:00Z"}}),
);

fuzz_target!(|text: &str| {
    let (text, object) = text.split_once("\n@\n").unwrap_or((text, ""));
    let object = serde_json::from_str(object).unwrap_or(Json::Null);
    let program = match ENVIRONMENT.compile(text) {
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
    let first = evaluate(&program, &object);
    assert_eq!(first, evaluate(&program, &object));
});

/// The value or the error, and what it cost.
fn evaluate(
    program: &ringwall_cel::Program,
    object: &Json,
) -> (Result<(String, Option<Json>), String>, u64) {
    let authorizer = Authorizer::new(&Everything);
    let resource = authorizer
        .clone()
        .request_resource("", "pods", "", "shop", "web");
    let mut bindings = Bindings::new();
    bindings
        .bind_json("object", object)
        .bind_json("oldObject", object)
        .bind_json("params", object)
        .bind_json("request", &REQUEST)
        .bind_json("namespaceObject", &NAMESPACE)
        .bind("authorizer", authorizer.value())
        .bind("authorizer.requestResource", resource);
    let mut budget = Budget::new(COST);
    let result = program.evaluate(&bindings, &mut budget);
    let result = result.map(|value: Value<'_>| (value.to_string(), value.to_json().ok()));
    assert_eq!(budget.remaining() + budget.spent().min(COST), COST);
    (result.map_err(|error| format!("{error:?}")), budget.spent())
}

/// Allows the verb `get`, and does not know about others.
struct Everything;

impl AuthorizerBackend for Everything {
    fn review(&self, request: &AccessRequest<'_>) -> Result<AccessReview, String> {
        let (verb, subject) = match request {
            AccessRequest::Path { verb, subject, .. } => (*verb, *subject),
            AccessRequest::Resource { verb, subject, .. } => (*verb, *subject),
        };
        if verb != "get" {
            return Err(format!("nobody knows whether {subject:?} may {verb}"));
        }
        Ok(AccessReview {
            allowed: *subject == Subject::Requester,
            ..AccessReview::default()
        })
    }
}
