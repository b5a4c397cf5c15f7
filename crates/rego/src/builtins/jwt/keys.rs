//! Keys: certificates and public keys in PEM, and sets of JSON web keys.

use num_bigint::BigUint;
use x509_cert::{
    Certificate,
    der::{Decode, Encode},
    spki::{ObjectIdentifier, SubjectPublicKeyInfoOwned},
};

use super::{
    super::encoding::decode_base64_standard, BuiltinError, decode_base64_url, failed,
    signature::Algorithm,
};
use crate::{JsonErrorReason, Object, Value, json::TRAILING};

/// A key and the words beside it in a set.
pub(super) struct Verifying {
    pub(super) id: String,
    pub(super) algorithm: String,
    pub(super) key: Key,
}

/// A key that verifies, or a secret.
pub(super) enum Key {
    Rsa {
        modulus: BigUint,
        exponent: BigUint,
    },
    /// An uncompressed point.
    Ec(Curve, Vec<u8>),
    Ed25519([u8; 32]),
    /// A private key of Ed25519.
    Ed25519Private([u8; 32]),
    Secret(Vec<u8>),
    /// Another private key, which verifies nothing.
    Private,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Curve {
    P256,
    P384,
    P521,
}

impl Curve {
    /// Bytes of a coordinate.
    pub(super) const fn size(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }
}

fn unreadable(what: &str) -> BuiltinError {
    BuiltinError::halt(format!("io.jwt: {what}, which ringwall does not read"))
}

/// Reads a certificate or a public key in PEM, or a set of keys.
pub(super) fn read(text: &str) -> Result<Vec<Verifying>, BuiltinError> {
    let Some((label, body, rest)) = pem(text) else {
        return read_set(text);
    };
    if !rest.is_empty() {
        return Err(failed("extra data after a PEM certificate block"));
    }
    if body.contains(':') {
        return Err(unreadable("a PEM block has headers"));
    }
    let body: String = body.split_ascii_whitespace().collect();
    let der = decode_base64_standard(&body)?;
    let info = match label {
        "CERTIFICATE" => Certificate::from_der(&der)
            .map_err(|error| failed(format!("failed to parse a PEM certificate: {error}")))?
            .tbs_certificate()
            .subject_public_key_info()
            .clone(),
        "PUBLIC KEY" => SubjectPublicKeyInfoOwned::from_der(&der)
            .map_err(|error| failed(format!("failed to parse a PEM public key: {error}")))?,
        _ => {
            return Err(failed("failed to extract a Key from the PEM certificate"));
        }
    };
    Ok(vec![Verifying {
        id: String::new(),
        algorithm: String::new(),
        key: public_key(&info)?,
    }])
}

/// The first block of a PEM text: its label, its lines, and what follows it.
fn pem(text: &str) -> Option<(&str, &str, &str)> {
    let start = if text.starts_with("-----BEGIN ") {
        0
    } else {
        text.find("\n-----BEGIN ")? + 1
    };
    let text = text.get(start + "-----BEGIN ".len()..)?;
    let (label, text) = text.split_once("-----")?;
    let (_, text) = text.split_once('\n')?;
    let end = format!("-----END {label}-----");
    let (body, rest) = text.split_once(&*end)?;
    let rest = rest.trim_start_matches([' ', '\t', '\r']);
    Some((label, body, rest.strip_prefix('\n').unwrap_or(rest)))
}

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const P521: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");

fn public_key(info: &SubjectPublicKeyInfoOwned) -> Result<Key, BuiltinError> {
    let bytes = info
        .subject_public_key
        .as_bytes()
        .ok_or_else(|| failed("a public key is no whole number of bytes"))?;
    match info.algorithm.oid {
        RSA => {
            let (modulus, exponent) =
                rsa_numbers(bytes).ok_or_else(|| failed("x509: invalid RSA public key"))?;
            Ok(Key::Rsa { modulus, exponent })
        }
        EC => {
            let curve = info
                .algorithm
                .parameters
                .as_ref()
                .and_then(|parameters| parameters.to_der().ok())
                .and_then(|der| ObjectIdentifier::from_der(&der).ok());
            let curve = match curve {
                Some(P256) => Curve::P256,
                Some(P384) => Curve::P384,
                Some(P521) => Curve::P521,
                _ => return Err(unreadable("a key is on another curve")),
            };
            ec_key(curve, bytes.to_vec())
        }
        ED25519 => bytes
            .try_into()
            .map(Key::Ed25519)
            .map_err(|_| failed("x509: wrong Ed25519 public key size")),
        _ => Err(unreadable("a public key is of another kind")),
    }
}

/// `SEQUENCE { INTEGER modulus, INTEGER exponent }`
fn rsa_numbers(der: &[u8]) -> Option<(BigUint, BigUint)> {
    let (inner, rest) = element(der, 0x30)?;
    let (modulus, behind) = element(inner, 0x02)?;
    let (exponent, end) = element(behind, 0x02)?;
    let is_good = rest.is_empty()
        && end.is_empty()
        && [modulus, exponent]
            .iter()
            .all(|number| number.first().is_some_and(|first| *first < 0x80));
    is_good.then(|| {
        (
            BigUint::from_bytes_be(modulus),
            BigUint::from_bytes_be(exponent),
        )
    })
}

/// The content of a DER element with a tag, and what follows it.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let rest = der.strip_prefix(&[tag])?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(*first), rest),
        0x81..=0x83 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            let length = bytes
                .iter()
                .fold(0, |length, byte| length << 8 | usize::from(*byte));
            (length, rest)
        }
        _ => return None,
    };
    rest.split_at_checked(length)
}

/// A point that is on its curve.
fn ec_key(curve: Curve, point: Vec<u8>) -> Result<Key, BuiltinError> {
    let is_on_curve = point.first() == Some(&4)
        && match curve {
            Curve::P256 => p256::ecdsa::VerifyingKey::from_sec1_bytes(&point).is_ok(),
            Curve::P384 => p384::ecdsa::VerifyingKey::from_sec1_bytes(&point).is_ok(),
            Curve::P521 => p521::ecdsa::VerifyingKey::from_sec1_bytes(&point).is_ok(),
        };
    if is_on_curve {
        Ok(Key::Ec(curve, point))
    } else {
        Err(failed("a public key is not on its curve"))
    }
}

/// Reads one JSON web key or a set of them.
pub(super) fn read_set(text: &str) -> Result<Vec<Verifying>, BuiltinError> {
    let document = Value::from_json_text(text.as_bytes()).map_err(|error| {
        // OPA does not look at what stands behind the keys.
        if error.reason == JsonErrorReason::Syntax(TRAILING) {
            unreadable("something stands behind the keys")
        } else {
            failed(format!("failed to parse a JWK key (set): {error}"))
        }
    })?;
    let Value::Object(document) = document else {
        return Err(failed("failed to parse a JWK key (set)"));
    };
    let keys = match document.get_str("keys") {
        None => vec![web_key(&document)?],
        Some(Value::Array(keys)) => keys
            .iter()
            .map(|key| match key {
                Value::Object(key) => web_key(key),
                _ => Err(failed("failed to parse a JWK key (set)")),
            })
            .collect::<Result<_, _>>()?,
        Some(_) => return Err(failed("failed to parse a JWK key (set)")),
    };
    // Keys for something else than signatures stay out.
    Ok(keys
        .into_iter()
        .filter(|key| key.algorithm.is_empty() || Algorithm::named(&key.algorithm).is_some())
        .collect())
}

/// The algorithms that a key may name though they are none of signatures.
const OTHER_ALGORITHMS: &[&str] = &[
    "RSA1_5",
    "RSA-OAEP",
    "RSA-OAEP-256",
    "A128KW",
    "A192KW",
    "A256KW",
    "dir",
    "ECDH-ES",
    "ECDH-ES+A128KW",
    "ECDH-ES+A192KW",
    "ECDH-ES+A256KW",
    "A128GCMKW",
    "A192GCMKW",
    "A256GCMKW",
];

fn web_key(key: &Object) -> Result<Verifying, BuiltinError> {
    let text = |name: &str| match key.get_str(name) {
        None => Ok(""),
        Some(Value::String(text)) => Ok(&**text),
        Some(_) => Err(failed(format!(
            "failed to parse a JWK key: {name} is no string"
        ))),
    };
    let bytes = |name: &str| {
        let encoded = text(name)?;
        if encoded.is_empty() {
            return Err(failed(format!(
                "failed to parse a JWK key: {name} is missing"
            )));
        }
        // Both alphabets are taken, and line ends among them.
        let encoded = encoded
            .replace(['\r', '\n'], "")
            .replace('+', "-")
            .replace('/', "_");
        decode_base64_url(encoded.trim_end_matches('='))
    };
    let algorithm = text("alg")?;
    if !algorithm.is_empty()
        && Algorithm::named(algorithm).is_none()
        && !OTHER_ALGORITHMS.contains(&algorithm)
    {
        return Err(unreadable("a key names an unknown algorithm"));
    }
    let parsed = match text("kty")? {
        "RSA" => {
            let modulus = BigUint::from_bytes_be(&bytes("n")?);
            let exponent = BigUint::from_bytes_be(&bytes("e")?);
            if !exponent.bit(0) {
                return Err(failed(
                    "failed to parse a JWK key: the exponent must be a positive odd integer",
                ));
            }
            Key::Rsa { modulus, exponent }
        }
        "EC" => {
            let curve = match text("crv")? {
                "P-256" => Curve::P256,
                "P-384" => Curve::P384,
                "P-521" => Curve::P521,
                "secp256k1" => return Err(unreadable("a key is on another curve")),
                other => {
                    return Err(failed(format!(
                        "failed to parse a JWK key (set): invalid curve {other}"
                    )));
                }
            };
            let mut point = vec![4];
            for coordinate in [bytes("x")?, bytes("y")?] {
                let missing = curve
                    .size()
                    .checked_sub(coordinate.len())
                    .ok_or_else(|| failed("failed to parse a JWK key: a coordinate is too long"))?;
                point.extend(std::iter::repeat_n(0, missing));
                point.extend(coordinate);
            }
            ec_key(curve, point)?
        }
        "OKP" if text("crv")? == "Ed25519" => bytes("x")?
            .try_into()
            .map(Key::Ed25519)
            .map_err(|_| failed("failed to parse a JWK key: x is not 32 bytes long"))?,
        "oct" => Key::Secret(bytes("k")?),
        "OKP" if matches!(text("crv")?, "Ed448" | "X25519" | "X448") => {
            return Err(unreadable("a key is on another curve"));
        }
        other => {
            return Err(failed(format!(
                "failed to parse a JWK key (set): invalid key type from JSON ({other})"
            )));
        }
    };
    let parsed = match parsed {
        Key::Secret(_) => parsed,
        _ if text("d")?.is_empty() => parsed,
        Key::Ed25519(_) => bytes("d")?
            .try_into()
            .map(Key::Ed25519Private)
            .map_err(|_| failed("failed to parse a JWK key: d is not 32 bytes long"))?,
        _ => Key::Private,
    };
    Ok(Verifying {
        id: text("kid")?.to_owned(),
        algorithm: algorithm.to_owned(),
        key: parsed,
    })
}
