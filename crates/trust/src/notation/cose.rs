//! Envelopes in CBOR: `COSE_Sign1`, with its tag.
//!
//! Sources: <https://github.com/notaryproject/specifications/blob/main/specs/signature-envelope-cose.md>, RFC 9052.

use jiff::Timestamp;

use super::{
    algorithm::EnvelopeAlgorithm,
    cbor::{Value, write_bytes},
    envelope::{
        AUTHENTIC_TIME, EXPIRY, Envelope, PLUGIN, PLUGIN_VERSION, RawHeaders, SCHEME, SIGNING_TIME,
        TIMESTAMP, malformed,
    },
};
use crate::TrustError;

/// The tag of a message that one signer signed.
const SIGNED_BY_ONE: u64 = 18;

/// The tag of a time in seconds. See: RFC 8949, section 3.4.2.
const EPOCH: u64 = 1;

// Labels of headers. See: <https://www.iana.org/assignments/cose/cose.xhtml#header-parameters>.
const ALGORITHM: i64 = 1;
const CRITICAL: i64 = 2;
const CONTENT_TYPE: i64 = 3;
const CERTIFICATES: i64 = 33;

/// Headers, none of which is there twice.
struct Headers<'v, 'b>(&'v [(Value<'b>, Value<'b>)]);

pub(super) fn parse(bytes: &[u8]) -> Result<Envelope, TrustError> {
    let message = Value::parse(bytes)?;
    let Value::Tagged(SIGNED_BY_ONE, message) = message else {
        return Err(malformed(&"it is not tagged as COSE_Sign1"));
    };
    let Value::List(parts) = *message else {
        return Err(malformed(&"it is no list"));
    };
    let [
        Value::Bytes(signed_headers),
        unprotected,
        Value::Bytes(payload),
        Value::Bytes(signature),
    ] = parts.as_slice()
    else {
        return Err(malformed(&"it has other parts than COSE_Sign1"));
    };
    let protected = Value::parse(signed_headers)?;
    let protected = Headers::new(&protected)?;
    let unprotected = Headers::new(unprotected)?;
    let critical = match protected.get(&Value::Integer(CRITICAL)) {
        Some(Value::List(names)) => names.iter().map(|name| match name {
            Value::Text(name) => Ok((*name).to_owned()),
            Value::Integer(label) => Ok(label.to_string()),
            _ => Err(malformed(&"a critical header has no name")),
        }),
        _ => return Err(malformed(&"it does not list its critical headers")),
    };
    let headers = RawHeaders {
        content_type: match protected.get(&Value::Integer(CONTENT_TYPE)) {
            Some(Value::Text(name)) => Some((*name).to_owned()),
            _ => None,
        },
        critical: critical.collect::<Result<_, _>>()?,
        scheme: protected.text(SCHEME)?,
        signing_time: protected.time(SIGNING_TIME)?,
        authentic_time: protected.time(AUTHENTIC_TIME)?,
        expiry: protected.time(EXPIRY)?,
        plugin: protected.text(PLUGIN)?,
        plugin_version: protected.text(PLUGIN_VERSION)?,
    };
    let algorithm = algorithm(protected.get(&Value::Integer(ALGORITHM)))?;
    let label = Value::Integer(CERTIFICATES);
    let certificates = match (unprotected.get(&label), protected.get(&label)) {
        (Some(Value::List(all)), None) | (None, Some(Value::List(all))) => all,
        (Some(_), Some(_)) => return Err(malformed(&"it has its certificates twice")),
        _ => return Err(malformed(&"it has no list of certificates")),
    };
    let certificates = certificates.iter().map(|value| match value {
        Value::Bytes(der) => Ok(der.to_vec()),
        _ => Err(malformed(&"a certificate is no bytes")),
    });
    let timestamp = match unprotected.get(&Value::Text(TIMESTAMP)) {
        None | Some(Value::Bytes([])) => None,
        Some(Value::Bytes(token)) => Some(token.to_vec()),
        Some(_) => return Err(malformed(&"its timestamp is no bytes")),
    };
    Ok(Envelope {
        algorithm,
        headers: headers.check()?,
        certificates: certificates.collect::<Result<_, _>>()?,
        timestamp,
        signed: signed(signed_headers, payload),
        signature: signature.to_vec(),
        payload: payload.to_vec(),
    })
}

/// What is signed: `Sig_structure`, without anything from outside. See: RFC 9052, section 4.4.
fn signed(headers: &[u8], payload: &[u8]) -> Vec<u8> {
    const CONTEXT: &[u8] = b"Signature1";

    // A list of four, and a text of ten bytes.
    let mut out = vec![0x84, 0x6a];
    out.extend_from_slice(CONTEXT);
    for part in [headers, &[], payload] {
        write_bytes(part, &mut out);
    }
    out
}

/// See: <https://www.iana.org/assignments/cose/cose.xhtml#algorithms>.
fn algorithm(value: Option<&Value<'_>>) -> Result<EnvelopeAlgorithm, TrustError> {
    match value {
        Some(Value::Integer(-7)) => Ok(EnvelopeAlgorithm::Es256),
        Some(Value::Integer(-35)) => Ok(EnvelopeAlgorithm::Es384),
        Some(Value::Integer(-36)) => Ok(EnvelopeAlgorithm::Es512),
        Some(Value::Integer(-37)) => Ok(EnvelopeAlgorithm::Ps256),
        Some(Value::Integer(-38)) => Ok(EnvelopeAlgorithm::Ps384),
        Some(Value::Integer(-39)) => Ok(EnvelopeAlgorithm::Ps512),
        Some(Value::Integer(other)) => Err(malformed(&format!("`{other}` signs no envelope"))),
        _ => Err(malformed(&"it names no algorithm")),
    }
}

impl<'v, 'b> Headers<'v, 'b> {
    fn new(value: &'v Value<'b>) -> Result<Self, TrustError> {
        let Value::Map(members) = value else {
            return Err(malformed(&"its headers are no map"));
        };
        for (at, (name, _)) in members.iter().enumerate() {
            if !matches!(name, Value::Integer(_) | Value::Text(_)) {
                return Err(malformed(&"a header has no name"));
            }
            if members.iter().take(at).any(|(other, _)| other == name) {
                return Err(malformed(&"a header is there twice"));
            }
        }
        Ok(Self(members))
    }

    fn get(&self, name: &Value<'_>) -> Option<&'v Value<'b>> {
        let found = self.0.iter().find(|(it, _)| it == name);
        found.map(|(_, value)| value)
    }

    fn text(&self, name: &str) -> Result<Option<String>, TrustError> {
        match self.get(&Value::Text(name)) {
            None => Ok(None),
            Some(Value::Text(text)) => Ok(Some((*text).to_owned())),
            Some(_) => Err(malformed(&format!("the header `{name}` is no text"))),
        }
    }

    fn time(&self, name: &str) -> Result<Option<Timestamp>, TrustError> {
        let seconds = match self.get(&Value::Text(name)) {
            None => return Ok(None),
            Some(Value::Tagged(EPOCH, value)) => match **value {
                Value::Integer(seconds) => Some(seconds),
                _ => None,
            },
            Some(_) => None,
        };
        let time = seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
        time.map(Some)
            .ok_or_else(|| malformed(&format!("the header `{name}` is no time in seconds")))
    }
}
