//! Base64, hexadecimal digits and JSON as text.

use base64::{
    DecodeError, Engine,
    alphabet::{STANDARD, URL_SAFE},
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

use super::{
    Answer, Builtin, BuiltinError, Context, Made, Operands, boolean,
    operands::refused,
    signature::{ANY, BOOLEAN, STRING, Type},
    text, text_of_bytes,
};
use crate::{
    JsonErrorReason, Value,
    json::{Style, write},
};

/// Go takes padding where it belongs, and bits behind the last byte whatever they are.
const STRICT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_allow_trailing_bits(true)
    .with_decode_padding_mode(DecodePaddingMode::RequireCanonical);
const PADDED: GeneralPurpose = GeneralPurpose::new(&STANDARD, STRICT);
const URL_PADDED: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, STRICT);
const URL_BARE: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, STRICT.with_encode_padding(false));

const JSON_OPTIONS: Type = Type::Object {
    members: &[("indent", STRING), ("prefix", STRING), ("pretty", BOOLEAN)],
    rest: Some((&STRING, &ANY)),
};

pub(super) const BUILTINS: &[Builtin] = &[
    Builtin::new("base64.encode", &[STRING], STRING, |c, x| {
        encode(c, x, &PADDED)
    }),
    Builtin::new("base64.decode", &[STRING], STRING, |c, x| {
        let text = operand(c, x)?;
        text_of_bytes(decode_base64(text, &PADDED)?)
    }),
    Builtin::new("base64.is_valid", &[STRING], BOOLEAN, |c, x| {
        boolean(match x.value(0) {
            Value::String(text) => {
                c.spend_bytes(text.len())?;
                decode_base64(text, &PADDED).is_ok()
            }
            _ => false,
        })
    }),
    Builtin::new("base64url.encode", &[STRING], STRING, |c, x| {
        encode(c, x, &URL_PADDED)
    }),
    Builtin::new("base64url.encode_no_pad", &[STRING], STRING, |c, x| {
        encode(c, x, &URL_BARE)
    }),
    Builtin::new("base64url.decode", &[STRING], STRING, |c, x| {
        text_of_bytes(decode_base64_url(operand(c, x)?)?)
    }),
    Builtin::new("hex.encode", &[STRING], STRING, |c, x| {
        let plain = operand(c, x)?;
        c.make_bytes(plain.len().saturating_mul(2))?;
        text(&hex(plain.as_bytes()))
    }),
    Builtin::new("hex.decode", &[STRING], STRING, |c, x| {
        text_of_bytes(decode_hex(operand(c, x)?)?)
    }),
    Builtin::new("json.marshal", &[ANY], STRING, |c, x| {
        json(c, x.value(0), "", &Style::GO)
    }),
    Builtin::new(
        "json.marshal_with_options",
        &[ANY, JSON_OPTIONS],
        STRING,
        json_with_options,
    ),
    Builtin::new("json.unmarshal", &[STRING], ANY, |c, x| {
        let text = operand(c, x)?;
        match Value::from_json_text(text.as_bytes()) {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.reason == JsonErrorReason::TooDeep => {
                Err(BuiltinError::halt(error.to_string()))
            }
            Err(error) => Err(BuiltinError::failed(error.to_string())),
        }
    }),
    Builtin::new("json.is_valid", &[STRING], BOOLEAN, |c, x| {
        let Value::String(text) = x.value(0) else {
            return boolean(false);
        };
        c.spend_bytes(text.len())?;
        match Value::from_json_text(text.as_bytes()) {
            Ok(_) => boolean(true),
            Err(error) => match error.reason {
                JsonErrorReason::Syntax(_) => boolean(false),
                JsonErrorReason::NumberTooBig => boolean(true),
                JsonErrorReason::TooDeep => Err(BuiltinError::halt(error.to_string())),
            },
        }
    }),
];

/// The one operand, a text, paid for.
fn operand<'a>(context: &mut Context<'_>, operands: Operands<'a>) -> Result<&'a str, BuiltinError> {
    let text = operands.string(0)?;
    context.spend_bytes(text.len())?;
    Ok(text)
}

fn encode(context: &mut Context<'_>, operands: Operands<'_>, engine: &GeneralPurpose) -> Answer {
    let plain = operand(context, operands)?;
    context.make_bytes(plain.len().saturating_mul(4) / 3)?;
    text(&engine.encode(plain))
}

fn decode_base64(text: &str, engine: &GeneralPurpose) -> Result<Vec<u8>, BuiltinError> {
    // Line ends may stand anywhere.
    let decoded = if text.contains(['\r', '\n']) {
        engine.decode(text.replace(['\r', '\n'], ""))
    } else {
        engine.decode(text)
    };
    decoded.map_err(|error| {
        let place = match error {
            DecodeError::InvalidByte(place, _) | DecodeError::InvalidLastSymbol(place, _) => place,
            DecodeError::InvalidLength(_) | DecodeError::InvalidPadding => text.len(),
        };
        BuiltinError::failed(format!("illegal base64 data at input byte {place}"))
    })
}

/// Decodes the alphabet of URLs with or without padding.
pub(super) fn decode_base64_url(text: &str) -> Result<Vec<u8>, BuiltinError> {
    if text.ends_with('=') {
        return decode_base64(text, &URL_PADDED);
    }
    let padding = match text.len() % 4 {
        0 => "",
        2 => "==",
        3 => "=",
        _ => {
            return Err(BuiltinError::failed(format!(
                "illegal base64url string: {text}"
            )));
        }
    };
    decode_base64(&format!("{text}{padding}"), &URL_PADDED)
}

/// Decodes the standard alphabet with padding.
pub(super) fn decode_base64_standard(text: &str) -> Result<Vec<u8>, BuiltinError> {
    decode_base64(text, &PADDED)
}

/// Encodes with the alphabet of URLs, without padding.
pub(super) fn encode_base64_url(bytes: &[u8]) -> String {
    URL_BARE.encode(bytes)
}

/// Two digits for each byte.
pub(super) fn hex(bytes: &[u8]) -> String {
    let mut digits = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        for half in [byte >> 4, byte & 15] {
            digits.extend(char::from_digit(u32::from(half), 16));
        }
    }
    digits
}

pub(super) fn decode_hex(text: &str) -> Result<Vec<u8>, BuiltinError> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .map(|digit| {
            digit
                .to_digit(16)
                .and_then(|digit| u8::try_from(digit).ok())
        })
        .collect();
    let digits = digits.ok_or_else(|| {
        let other = text.chars().find(|digit| !digit.is_ascii_hexdigit());
        let other = other.unwrap_or_default();
        BuiltinError::failed(format!(
            "encoding/hex: invalid byte: U+{:04X} '{other}'",
            u32::from(other)
        ))
    })?;
    let pairs = digits.chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return Err(BuiltinError::failed("encoding/hex: odd length hex string"));
    }
    Ok(pairs
        .map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit))
        .collect())
}

/// A value as JSON text behind a prefix, with `<`, `>` and `&` escaped as Go does.
fn json(context: &mut Context<'_>, value: &Value, prefix: &str, style: &Style<'_>) -> Answer {
    if let Some(number) = odd_number(value) {
        return Err(BuiltinError::failed(format!(
            "json: invalid number literal, trying to marshal {number:?}"
        )));
    }
    let mut made = Made::new(context);
    made.push(prefix)?;
    made.write(|out| write(out, value, style))?;
    made.answer()
}

/// A number in a spelling that JSON does not know.
fn odd_number(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) if !number.is_json() => Some(number.to_string()),
        Value::Array(items) => items.iter().find_map(odd_number),
        Value::Set(set) => set.members().iter().find_map(odd_number),
        Value::Object(object) => object
            .entries()
            .iter()
            .find_map(|(key, value)| odd_number(key).or_else(|| odd_number(value))),
        _ => None,
    }
}

fn json_with_options(context: &mut Context<'_>, operands: Operands<'_>) -> Answer {
    let (mut prefix, mut indent, mut pretty) = ("", "\t", None);
    let mut is_laid_out = false;
    for (key, value) in operands.object(1)?.entries() {
        let Value::String(key) = key else {
            return Err(refused(1, "failed to stringify a key"));
        };
        let text = || {
            value
                .as_str()
                .ok_or_else(|| refused(1, &format!("key {key} failed cast to string")))
        };
        match &**key {
            "prefix" => prefix = text()?,
            "indent" => indent = text()?,
            "pretty" => match value {
                Value::Bool(value) => pretty = Some(*value),
                _ => return Err(refused(1, "key pretty failed cast to bool")),
            },
            other => {
                return Err(refused(
                    1,
                    &format!("object contained unknown key {other:?}"),
                ));
            }
        }
        is_laid_out |= &**key != "pretty";
    }
    let style = Style {
        escapes_html: true,
        lines: pretty.unwrap_or(is_laid_out).then_some((prefix, indent)),
    };
    let prefix = style.lines.map_or("", |(prefix, _)| prefix);
    json(context, operands.value(0), prefix, &style)
}
