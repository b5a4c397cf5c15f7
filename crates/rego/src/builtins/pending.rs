//! Builtins that are declared but not there yet.

use super::{Availability, Builtin, signature::{ANY, ARRAY, BOOLEAN, COLLECTION, LIST, NULL, NUMBER, OBJECT, SET, STRING, STRING_ARRAY, STRING_LIST, STRING_OBJECT, STRING_SET, Type, array, object, tuple}};

pub(super) const BUILTINS: &[Builtin] = &[
    pending("yaml.marshal", &[ANY], STRING),
    pending("yaml.unmarshal", &[STRING], ANY),
    pending("yaml.is_valid", &[STRING], BOOLEAN),
    Builtin { is_deterministic: false, ..pending("json.verify_schema", &[Type::AnyOf(&[STRING, OBJECT])], tuple(&[BOOLEAN, Type::AnyOf(&[NULL, STRING])])) },
    Builtin { is_deterministic: false, ..pending("json.match_schema", &[Type::AnyOf(&[STRING, OBJECT]), Type::AnyOf(&[STRING, OBJECT])], tuple(&[BOOLEAN, array(&Type::Object { members: &[("desc", STRING), ("error", STRING), ("field", STRING), ("type", STRING)], rest: None })])) },
    pending("providers.aws.sign_req", &[STRING_OBJECT, STRING_OBJECT, NUMBER], OBJECT),
];

const fn pending(name: &'static str, parameters: &'static [Type], result: Type) -> Builtin {
    Builtin::declared(name, parameters, result, Availability::Refused("ringwall does not have it yet"))
}

