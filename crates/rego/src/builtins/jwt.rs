//! `io.jwt.*`: JSON web tokens, read, verified and signed.
//! See: RFC 7515 (signatures), RFC 7517 (keys), RFC 7519 (tokens).

mod checks;
mod keys;
mod signature;

use std::sync::Arc;

use super::{
    Answer, Builtin, BuiltinError, Context, Made, Operands, boolean,
    encoding::{decode_base64_url, encode_base64_url, hex},
    list,
    operands::wrong_type,
    signature::{BOOLEAN, OBJECT, STRING, STRING_OBJECT, Type, tuple},
    text,
};
use crate::{
    JsonErrorReason, Object, Value,
    json::{Style, write},
};
use keys::Key;
use signature::{Algorithm, Hash};

const VERIFIED: Type = tuple(&[BOOLEAN, OBJECT, OBJECT]);

pub(super) const BUILTINS: &[Builtin] = &[
    Builtin::new(
        "io.jwt.decode",
        &[STRING],
        tuple(&[OBJECT, OBJECT, STRING]),
        decode,
    ),
    Builtin::new("io.jwt.verify_rs256", &[STRING, STRING], BOOLEAN, |c, x| {
        verify(c, x, Algorithm::RsaPkcs1(Hash::Sha256))
    }),
    Builtin::new("io.jwt.verify_rs384", &[STRING, STRING], BOOLEAN, |c, x| {
        verify(c, x, Algorithm::RsaPkcs1(Hash::Sha384))
    }),
    Builtin::new("io.jwt.verify_rs512", &[STRING, STRING], BOOLEAN, |c, x| {
        verify(c, x, Algorithm::RsaPkcs1(Hash::Sha512))
    }),
    Builtin::new("io.jwt.verify_ps256", &[STRING, STRING], BOOLEAN, |c, x| {
        verify(c, x, Algorithm::RsaPss(Hash::Sha256))
    }),
    Builtin::new("io.jwt.verify_ps384", &[STRING, STRING], BOOLEAN, |c, x| {
        verify(c, x, Algorithm::RsaPss(Hash::Sha384))
    }),
    Builtin::new("io.jwt.verify_ps512", &[STRING, STRING], BOOLEAN, |c, x| {
        verify(c, x, Algorithm::RsaPss(Hash::Sha512))
    }),
    Builtin::new("io.jwt.verify_es256", &[STRING, STRING], BOOLEAN, |c, x| {
        verify(c, x, Algorithm::Ecdsa(Hash::Sha256))
    }),
    Builtin::new("io.jwt.verify_es384", &[STRING, STRING], BOOLEAN, |c, x| {
        verify(c, x, Algorithm::Ecdsa(Hash::Sha384))
    }),
    Builtin::new("io.jwt.verify_es512", &[STRING, STRING], BOOLEAN, |c, x| {
        verify(c, x, Algorithm::Ecdsa(Hash::Sha512))
    }),
    Builtin::new("io.jwt.verify_eddsa", &[STRING, STRING], BOOLEAN, |c, x| {
        verify(c, x, Algorithm::EdDsa)
    }),
    Builtin::new("io.jwt.verify_hs256", &[STRING, STRING], BOOLEAN, |c, x| {
        verify_secret(c, x, Hash::Sha256)
    }),
    Builtin::new("io.jwt.verify_hs384", &[STRING, STRING], BOOLEAN, |c, x| {
        verify_secret(c, x, Hash::Sha384)
    }),
    Builtin::new("io.jwt.verify_hs512", &[STRING, STRING], BOOLEAN, |c, x| {
        verify_secret(c, x, Hash::Sha512)
    }),
    Builtin {
        is_deterministic: false,
        ..Builtin::new(
            "io.jwt.decode_verify",
            &[STRING, STRING_OBJECT],
            VERIFIED,
            checks::decode_verify,
        )
    },
    Builtin {
        is_deterministic: false,
        ..Builtin::new(
            "io.jwt.encode_sign_raw",
            &[STRING, STRING, STRING],
            STRING,
            |c, x| {
                let key = x.string(2)?;
                sign(c, x.string(0)?, x.string(1)?, key)
            },
        )
    },
    Builtin {
        is_deterministic: false,
        ..Builtin::new(
            "io.jwt.encode_sign",
            &[STRING_OBJECT, STRING_OBJECT, STRING_OBJECT],
            STRING,
            |c, x| {
                let mut json = |index: usize| {
                    let mut made = Made::new(c);
                    made.write(|out| write(out, x.value(index), &Style::GO))?;
                    made.text()
                };
                let (header, payload, key) = (json(0)?, json(1)?, json(2)?);
                sign(c, &header, &payload, &key)
            },
        )
    },
];

fn failed(message: impl Into<std::borrow::Cow<'static, str>>) -> BuiltinError {
    BuiltinError::failed(message)
}

/// The three parts of a token, still encoded.
#[derive(Clone, Copy)]
struct Token<'t> {
    header: &'t str,
    payload: &'t str,
    signature: &'t str,
}

impl<'t> Token<'t> {
    fn new(text: &'t str) -> Result<Self, BuiltinError> {
        let parts: Vec<&str> = text.split('.').collect();
        match parts.as_slice() {
            [_] => Err(failed("encoded JWT had no period separators")),
            [header, payload, signature] => Ok(Self {
                header,
                payload,
                signature,
            }),
            parts => Err(failed(format!(
                "encoded JWT must have 3 sections, found {}",
                parts.len()
            ))),
        }
    }

    fn header(&self) -> Result<Arc<Object>, BuiltinError> {
        let header = part("header", self.header)?;
        let header = json_object(&header).map_err(|error| BuiltinError {
            message: format!("bad JWT header: {error}").into(),
            ..error
        })?;
        if header.get_str("enc").is_some() {
            return Err(failed("JWT is a JWE object, which is not supported"));
        }
        Ok(header)
    }

    /// What is signed: header and payload as they stand.
    fn signed(&self) -> String {
        format!("{}.{}", self.header, self.payload)
    }
}

/// Decodes a part of a token.
fn part(name: &str, encoded: &str) -> Result<Vec<u8>, BuiltinError> {
    decode_base64_url(encoded)
        .map_err(|error| failed(format!("JWT {name} had invalid encoding: {error}")))
}

fn json_object(text: &[u8]) -> Result<Arc<Object>, BuiltinError> {
    match Value::from_json_text(text) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(failed("decoded JSON type was not an Object")),
        Err(error) if error.reason == JsonErrorReason::TooDeep => {
            Err(BuiltinError::halt(error.to_string()))
        }
        Err(error) => Err(failed(format!("invalid JSON: {error}"))),
    }
}

/// Header, payload and signature of a token; of the one inside, if it holds another.
fn decode(context: &mut Context<'_>, operands: Operands<'_>) -> Answer {
    let mut text = operands.string(0)?.to_string();
    loop {
        context.spend_bytes(text.len())?;
        let token = Token::new(&text)?;
        let header = token.header()?;
        let payload = part("payload", token.payload)?;
        match header.get_str("cty") {
            Some(Value::String(kind)) if &**kind == "JWT" => {
                let inner = String::from_utf8(payload)
                    .map_err(|_| failed("JWT payload had invalid encoding"))?;
                inner.trim_matches(['"', '\'']).clone_into(&mut text);
                continue;
            }
            Some(Value::String(_)) | None => {}
            Some(_) => return Err(BuiltinError::halt("io.jwt.decode: cty is no string")),
        }
        let payload = json_object(&payload)?;
        let signature = hex(&part("signature", token.signature)?);
        return list(vec![
            Value::Object(header),
            Value::Object(payload),
            Value::from(&*signature),
        ]);
    }
}

/// Whether the signature of a token is one of a key in a certificate, a public key or a set of keys.
fn verify(context: &mut Context<'_>, operands: Operands<'_>, algorithm: Algorithm) -> Answer {
    let text = operands.string(0)?;
    context.spend_bytes(text.len())?;
    let token = Token::new(text)?;
    let keys = keys::read(operands.string(1)?)?;
    let signature = decode_base64_url(token.signature)?;
    let fields = token.header()?;
    let header = checks::Header::new(&fields)?;
    let signed = token.signed();
    context.spend(1_000)?;
    let named = keys
        .iter()
        .find(|key| !header.key_id.is_empty() && key.id == header.key_id);
    if let Some(key) = named {
        return boolean(algorithm.verify(key, signed.as_bytes(), &signature));
    }
    for key in &keys {
        if !key.algorithm.is_empty() && key.algorithm != header.algorithm {
            continue;
        }
        context.spend(1_000)?;
        if algorithm.verify(key, signed.as_bytes(), &signature) {
            return boolean(true);
        }
    }
    boolean(false)
}

fn verify_secret(context: &mut Context<'_>, operands: Operands<'_>, hash: Hash) -> Answer {
    let (text, secret) = (operands.string(0)?, operands.string(1)?);
    context.spend_bytes(text.len() + secret.len())?;
    let token = Token::new(text)?;
    let signature = decode_base64_url(token.signature)?;
    let expected = hash.keyed(token.signed().as_bytes(), secret.as_bytes());
    boolean(signature::are_equal(&signature, &expected))
}

/// Signs with a secret, or with a key of Ed25519. Keys of RSA and ECDSA are left to those who hold them: signing
/// with them must take the same time whatever the key is.
fn sign(context: &mut Context<'_>, header: &str, payload: &str, key: &str) -> Answer {
    context.spend_bytes(header.len() + payload.len() + key.len())?;
    let keys = keys::read_set(key)?;
    let Some(key) = keys.first() else {
        return Err(failed("no keys found in JWK set"));
    };
    let fields = match Value::from_json_text(header.as_bytes()) {
        Ok(Value::Object(fields)) => fields,
        Ok(_) => Arc::default(),
        Err(error) => {
            let what = if header.is_empty() {
                "cannot parse empty string".to_owned()
            } else {
                error.to_string()
            };
            return Err(failed(format!(
                "missing or invalid 'alg' header: cannot parse JSON: {what}"
            )));
        }
    };
    let Some(Value::String(algorithm)) = fields.get_str("alg") else {
        return Err(failed(
            r#"missing or invalid 'alg' header: jwsbb: header "alg" not found"#,
        ));
    };
    let algorithm = Algorithm::named(algorithm)
        .ok_or_else(|| failed(format!("unknown JWS algorithm: {algorithm}")))?;
    let is_token = match fields.get_str("typ") {
        Some(Value::String(kind)) => &**kind == "JWT",
        _ => true,
    };
    if is_token && Value::from_json_text(payload.as_bytes()).is_err() {
        return Err(failed("type is JWT but payload is not JSON"));
    }
    let signed = format!(
        "{}.{}",
        encode_base64_url(header.as_bytes()),
        encode_base64_url(payload.as_bytes())
    );
    let signature = match (algorithm, &key.key) {
        (Algorithm::Hmac(hash), Key::Secret(secret)) => hash.keyed(signed.as_bytes(), secret),
        (Algorithm::EdDsa, Key::Ed25519Private(key)) => {
            signature::sign_ed25519(key, signed.as_bytes())
        }
        (Algorithm::Hmac(_) | Algorithm::EdDsa, _) => {
            return Err(failed("the key is not one that the algorithm signs with"));
        }
        _ => {
            return Err(BuiltinError::halt(
                "ringwall signs tokens with HS256, HS384, HS512 and EdDSA only",
            ));
        }
    };
    text(&format!("{signed}.{}", encode_base64_url(&signature)))
}

#[cfg(test)]
mod tests;
