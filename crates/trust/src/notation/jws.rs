//! Envelopes as JSON web signatures.
//!
//! Sources: <https://github.com/notaryproject/specifications/blob/main/specs/signature-envelope-jws.md>, RFC 7515.

use std::{collections::BTreeMap, fmt};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jiff::Timestamp;
use serde::{
    Deserialize, Deserializer,
    de::{Error as _, MapAccess, Visitor},
};
use serde_json::Value;

use super::{
    algorithm::EnvelopeAlgorithm,
    envelope::{
        AUTHENTIC_TIME, EXPIRY, Envelope, PLUGIN, PLUGIN_VERSION, RawHeaders, SCHEME, SIGNING_TIME,
        malformed,
    },
};
use crate::TrustError;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    payload: String,
    protected: String,
    header: Unprotected,
    signature: String,
}

#[derive(Deserialize)]
struct Unprotected {
    x5c: Vec<String>,
    #[serde(rename = "io.cncf.notary.timestampSignature")]
    timestamp: Option<String>,
}

/// Members of an object, none of which is there twice.
struct Members(BTreeMap<String, Value>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = BTreeMap::new();
                while let Some((name, value)) = map.next_entry::<String, Value>()? {
                    if members.contains_key(&name) {
                        return Err(A::Error::custom(format!("`{name}` is there twice")));
                    }
                    members.insert(name, value);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Object)
    }
}

impl Members {
    fn text(&mut self, name: &str) -> Result<Option<String>, TrustError> {
        match self.0.remove(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(malformed(&format!("the header `{name}` is no text"))),
        }
    }

    fn time(&mut self, name: &str) -> Result<Option<Timestamp>, TrustError> {
        let text = self.text(name)?;
        let time = text.map(|text| text.parse()).transpose();
        time.map_err(|_| malformed(&format!("the header `{name}` is no time by RFC 3339")))
    }
}

pub(super) fn parse(bytes: &[u8]) -> Result<Envelope, TrustError> {
    let wire: Wire = serde_json::from_slice(bytes).map_err(|error| malformed(&error))?;
    let decode = |text: &str| {
        let bytes = URL_SAFE_NO_PAD.decode(text);
        bytes.map_err(|error| malformed(&error))
    };
    let protected = decode(&wire.protected)?;
    let mut members: Members =
        serde_json::from_slice(&protected).map_err(|error| malformed(&error))?;
    let algorithm = members.text("alg")?.unwrap_or_default();
    let algorithm = EnvelopeAlgorithm::of_jws(&algorithm)
        .ok_or_else(|| malformed(&format!("`{algorithm}` signs no envelope")))?;
    // RFC 7797 would have the payload signed as it is.
    for name in ["b64", "x5c"] {
        if members.0.contains_key(name) {
            return Err(malformed(&format!(
                "the header `{name}` is not to be signed"
            )));
        }
    }
    let critical = match members.0.remove("crit") {
        Some(Value::Array(names)) => names
            .into_iter()
            .map(|name| match name {
                Value::String(name) => Ok(name),
                _ => Err(malformed(&"a critical header has no name")),
            })
            .collect::<Result<_, _>>()?,
        _ => return Err(malformed(&"it does not list its critical headers")),
    };
    let headers = RawHeaders {
        content_type: members.text("cty")?,
        critical,
        scheme: members.text(SCHEME)?,
        signing_time: members.time(SIGNING_TIME)?,
        authentic_time: members.time(AUTHENTIC_TIME)?,
        expiry: members.time(EXPIRY)?,
        plugin: members.text(PLUGIN)?,
        plugin_version: members.text(PLUGIN_VERSION)?,
    };
    let certificates = wire.header.x5c.iter().map(|text| STANDARD.decode(text));
    let timestamp = wire.header.timestamp.filter(|text| !text.is_empty());
    let timestamp = timestamp.map(|text| STANDARD.decode(text)).transpose();
    Ok(Envelope {
        algorithm,
        headers: headers.check()?,
        payload: decode(&wire.payload)?,
        signed: format!("{}.{}", wire.protected, wire.payload).into_bytes(),
        signature: decode(&wire.signature)?,
        certificates: certificates
            .collect::<Result<_, _>>()
            .map_err(|error| malformed(&error))?,
        timestamp: timestamp.map_err(|error| malformed(&error))?,
    })
}
