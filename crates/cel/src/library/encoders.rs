//! Base64.

use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

use super::{Cost, Function};
use crate::{
    error::EvalError,
    evaluate::Outcome,
    value::{Blob, Value},
};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "base64.decode",
        overloads: &["(string) -> bytes"],
        call: decode,
        cost: Cost::Fixed(1),
    },
    Function {
        name: "base64.encode",
        overloads: &["(bytes) -> string"],
        call: encode,
        cost: Cost::Fixed(1),
    },
];

/// With padding.
const PADDED: GeneralPurpose = engine(DecodePaddingMode::RequireCanonical);
/// Without padding, which is read too.
const BARE: GeneralPurpose = engine(DecodePaddingMode::RequireNone);

const fn engine(padding: DecodePaddingMode) -> GeneralPurpose {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(padding)
        .with_decode_allow_trailing_bits(true);
    GeneralPurpose::new(&STANDARD, config)
}

fn decode<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    let [Value::String(text)] = arguments else {
        return Err(EvalError::overload());
    };
    let plain: String = text
        .chars()
        .filter(|character| !matches!(character, '\n' | '\r'))
        .collect();
    PADDED
        .decode(&plain)
        .or_else(|_| BARE.decode(&plain))
        .map(|bytes| Value::Bytes(Blob::Shared(bytes.into())))
        .map_err(|error| EvalError::argument(format!("illegal base64 data: {error}")))
}

fn encode<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [Value::Bytes(bytes)] => Ok(Value::string(PADDED.encode(&**bytes))),
        _ => Err(EvalError::overload()),
    }
}
