//! Builtins that are declared but not there yet.

use super::{Availability, Builtin, signature::{ANY, ARRAY, BOOLEAN, COLLECTION, LIST, NULL, NUMBER, OBJECT, SET, STRING, STRING_ARRAY, STRING_LIST, STRING_OBJECT, STRING_SET, Type, array, object, tuple}};

pub(super) const BUILTINS: &[Builtin] = &[
    pending("yaml.marshal", &[ANY], STRING),
    pending("yaml.unmarshal", &[STRING], ANY),
    pending("yaml.is_valid", &[STRING], BOOLEAN),
    pending("io.jwt.decode", &[STRING], tuple(&[OBJECT, OBJECT, STRING])),
    pending("io.jwt.verify_rs256", &[STRING, STRING], BOOLEAN),
    pending("io.jwt.verify_rs384", &[STRING, STRING], BOOLEAN),
    pending("io.jwt.verify_rs512", &[STRING, STRING], BOOLEAN),
    pending("io.jwt.verify_ps256", &[STRING, STRING], BOOLEAN),
    pending("io.jwt.verify_ps384", &[STRING, STRING], BOOLEAN),
    pending("io.jwt.verify_ps512", &[STRING, STRING], BOOLEAN),
    pending("io.jwt.verify_es256", &[STRING, STRING], BOOLEAN),
    pending("io.jwt.verify_es384", &[STRING, STRING], BOOLEAN),
    pending("io.jwt.verify_es512", &[STRING, STRING], BOOLEAN),
    pending("io.jwt.verify_eddsa", &[STRING, STRING], BOOLEAN),
    pending("io.jwt.verify_hs256", &[STRING, STRING], BOOLEAN),
    pending("io.jwt.verify_hs384", &[STRING, STRING], BOOLEAN),
    pending("io.jwt.verify_hs512", &[STRING, STRING], BOOLEAN),
    Builtin { is_deterministic: false, ..pending("io.jwt.decode_verify", &[STRING, STRING_OBJECT], tuple(&[BOOLEAN, OBJECT, OBJECT])) },
    Builtin { is_deterministic: false, ..pending("io.jwt.encode_sign_raw", &[STRING, STRING, STRING], STRING) },
    Builtin { is_deterministic: false, ..pending("io.jwt.encode_sign", &[STRING_OBJECT, STRING_OBJECT, STRING_OBJECT], STRING) },
    Builtin { is_deterministic: false, ..pending("time.now_ns", &[], NUMBER) },
    pending("time.parse_ns", &[STRING, STRING], NUMBER),
    pending("time.parse_rfc3339_ns", &[STRING], NUMBER),
    pending("time.parse_duration_ns", &[STRING], NUMBER),
    pending("time.format", &[Type::AnyOf(&[NUMBER, tuple(&[NUMBER, STRING]), tuple(&[NUMBER, STRING, STRING])])], STRING),
    pending("time.date", &[Type::AnyOf(&[NUMBER, tuple(&[NUMBER, STRING])])], tuple(&[NUMBER, NUMBER, NUMBER])),
    pending("time.clock", &[Type::AnyOf(&[NUMBER, tuple(&[NUMBER, STRING])])], tuple(&[NUMBER, NUMBER, NUMBER])),
    pending("time.weekday", &[Type::AnyOf(&[NUMBER, tuple(&[NUMBER, STRING])])], STRING),
    pending("time.add_date", &[NUMBER, NUMBER, NUMBER, NUMBER], NUMBER),
    pending("time.diff", &[Type::AnyOf(&[NUMBER, tuple(&[NUMBER, STRING])]), Type::AnyOf(&[NUMBER, tuple(&[NUMBER, STRING])])], tuple(&[NUMBER, NUMBER, NUMBER, NUMBER, NUMBER, NUMBER])),
    pending("crypto.x509.parse_certificates", &[STRING], array(&STRING_OBJECT)),
    pending("crypto.x509.parse_and_verify_certificates", &[STRING], tuple(&[BOOLEAN, array(&STRING_OBJECT)])),
    pending("crypto.x509.parse_and_verify_certificates_with_options", &[STRING, STRING_OBJECT], tuple(&[BOOLEAN, array(&STRING_OBJECT)])),
    pending("crypto.md5", &[STRING], STRING),
    pending("crypto.sha1", &[STRING], STRING),
    pending("crypto.sha256", &[STRING], STRING),
    pending("crypto.x509.parse_certificate_request", &[STRING], STRING_OBJECT),
    pending("crypto.x509.parse_rsa_private_key", &[STRING], STRING_OBJECT),
    pending("crypto.x509.parse_keypair", &[STRING, STRING], STRING_OBJECT),
    pending("crypto.parse_private_keys", &[STRING], array(&STRING_OBJECT)),
    pending("crypto.hmac.md5", &[STRING, STRING], STRING),
    pending("crypto.hmac.sha1", &[STRING, STRING], STRING),
    pending("crypto.hmac.sha256", &[STRING, STRING], STRING),
    pending("crypto.hmac.sha512", &[STRING, STRING], STRING),
    pending("crypto.hmac.equal", &[STRING, STRING], BOOLEAN),
    Builtin { is_deterministic: false, ..pending("json.verify_schema", &[Type::AnyOf(&[STRING, OBJECT])], tuple(&[BOOLEAN, Type::AnyOf(&[NULL, STRING])])) },
    Builtin { is_deterministic: false, ..pending("json.match_schema", &[Type::AnyOf(&[STRING, OBJECT]), Type::AnyOf(&[STRING, OBJECT])], tuple(&[BOOLEAN, array(&Type::Object { members: &[("desc", STRING), ("error", STRING), ("field", STRING), ("type", STRING)], rest: None })])) },
    pending("providers.aws.sign_req", &[STRING_OBJECT, STRING_OBJECT, NUMBER], OBJECT),
];

const fn pending(name: &'static str, parameters: &'static [Type], result: Type) -> Builtin {
    Builtin::declared(name, parameters, result, Availability::Refused("ringwall does not have it yet"))
}

