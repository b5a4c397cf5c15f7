//! Builtins that are part of the language, and those that reach outside or are refused.

use super::{
    Answer, Availability, Builtin, Context, Operands, boolean,
    signature::{
        ANY, ARRAY, BOOLEAN, NULL, NUMBER, OBJECT, SET, STRING, STRING_OBJECT, STRING_SET, Type,
        array, tuple,
    },
};

const DOCUMENT: Type = Type::AnyOf(&[STRING, OBJECT]);
const MISMATCH: Type = Type::Object {
    members: &[
        ("desc", STRING),
        ("error", STRING),
        ("field", STRING),
        ("type", STRING),
    ],
    rest: None,
};
const NO_SCHEMAS: &str = "ringwall does not check documents against JSON schemas";
const NO_GRAPHQL: &str = "ringwall reads no GraphQL";

pub(super) const BUILTINS: &[Builtin] = &[
    Builtin {
        is_relation: true,
        ..evaluated("walk", &[ANY], tuple(&[ARRAY, ANY]))
    },
    evaluated("rego.metadata.chain", &[], ARRAY),
    evaluated("rego.metadata.rule", &[], ANY),
    Builtin {
        variadic: Some(ANY),
        result: None,
        ..evaluated("print", &[], ANY)
    },
    Builtin {
        result: None,
        ..evaluated("internal.print", &[array(&SET)], ANY)
    },
    Builtin {
        result: None,
        ..evaluated("internal.test_case", &[ARRAY], ANY)
    },
    Builtin::new("trace", &[STRING], BOOLEAN, trace),
    outside("http.send", &[STRING_OBJECT], OBJECT),
    outside("opa.runtime", &[], STRING_OBJECT),
    outside("net.lookup_ip_addr", &[STRING], STRING_SET),
    outside("external_data", &[OBJECT], OBJECT),
    // conftest's own, which it answers itself.
    outside("parse_config", &[STRING, STRING], ANY),
    outside("parse_config_file", &[STRING], ANY),
    outside("parse_combined_config_files", &[array(&STRING)], ANY),
    refused(
        "graphql.parse",
        &[DOCUMENT, DOCUMENT],
        tuple(&[OBJECT, OBJECT]),
        NO_GRAPHQL,
    ),
    refused(
        "graphql.parse_and_verify",
        &[DOCUMENT, DOCUMENT],
        tuple(&[BOOLEAN, OBJECT, OBJECT]),
        NO_GRAPHQL,
    ),
    refused("graphql.parse_query", &[STRING], OBJECT, NO_GRAPHQL),
    refused("graphql.parse_schema", &[STRING], OBJECT, NO_GRAPHQL),
    refused(
        "graphql.is_valid",
        &[DOCUMENT, DOCUMENT],
        BOOLEAN,
        NO_GRAPHQL,
    ),
    refused("graphql.schema_is_valid", &[DOCUMENT], BOOLEAN, NO_GRAPHQL),
    refused(
        "strings.render_template",
        &[STRING, STRING_OBJECT],
        STRING,
        "ringwall does not run Go templates",
    ),
    Builtin {
        is_deterministic: false,
        ..refused(
            "json.verify_schema",
            &[DOCUMENT],
            tuple(&[BOOLEAN, Type::AnyOf(&[NULL, STRING])]),
            NO_SCHEMAS,
        )
    },
    Builtin {
        is_deterministic: false,
        ..refused(
            "json.match_schema",
            &[DOCUMENT, DOCUMENT],
            tuple(&[BOOLEAN, array(&MISMATCH)]),
            NO_SCHEMAS,
        )
    },
    refused(
        "providers.aws.sign_req",
        &[STRING_OBJECT, STRING_OBJECT, NUMBER],
        OBJECT,
        "ringwall signs no requests",
    ),
    refused(
        "rego.parse_module",
        &[STRING, STRING],
        STRING_OBJECT,
        "ringwall's syntax trees are not OPA's",
    ),
];

const fn evaluated(name: &'static str, parameters: &'static [Type], result: Type) -> Builtin {
    Builtin::declared(name, parameters, result, Availability::Evaluator)
}

const fn outside(name: &'static str, parameters: &'static [Type], result: Type) -> Builtin {
    Builtin {
        is_deterministic: false,
        ..Builtin::declared(name, parameters, result, Availability::Host)
    }
}

const fn refused(
    name: &'static str,
    parameters: &'static [Type],
    result: Type,
    reason: &'static str,
) -> Builtin {
    Builtin::declared(name, parameters, result, Availability::Refused(reason))
}

/// Tells the host something, and is true.
fn trace(context: &mut Context<'_>, operands: Operands<'_>) -> Answer {
    context.host.note(operands.string(0)?);
    boolean(true)
}
