//! What the expressions of admission policies may use, made once for each set of variables.

use std::sync::LazyLock;

use ringwall_cel::{
    Environment,
    admission::{Variables, environment},
};

/// The release of Kubernetes whose library expressions have.
const MINOR: u16 = 37;

/// For match conditions, variables, validations, messages and audit annotations. Messages have no `authorizer`.
pub(crate) fn validation(has_params: bool, has_authorizer: bool) -> Environment {
    static ALL: LazyLock<[Environment; 4]> = LazyLock::new(|| {
        [(false, false), (false, true), (true, false), (true, true)].map(|(params, authorizer)| {
            environment(
                MINOR,
                Variables {
                    params,
                    authorizer,
                    mutation: false,
                },
            )
        })
    });
    let [none, authorizer, params, both] = &*ALL;
    match (has_params, has_authorizer) {
        (false, false) => none,
        (false, true) => authorizer,
        (true, false) => params,
        (true, true) => both,
    }
    .clone()
}

/// For mutations, which construct `Object{...}` or `JSONPatch{...}`.
pub(crate) fn mutation(params: bool) -> Environment {
    environment(
        MINOR,
        Variables {
            params,
            authorizer: true,
            mutation: true,
        },
    )
}

/// Whether an expression may read the namespace around the request.
pub(crate) fn reads_namespace(expression: &str) -> bool {
    expression.contains("namespaceObject")
}

/// Whether an expression may ask what subjects may do.
pub(crate) fn asks_access(expression: &str) -> bool {
    expression.contains("authorizer")
}

/// Whether an expression may ask who makes the request.
pub(crate) fn asks_user(expression: &str) -> bool {
    expression.contains("userInfo")
}
