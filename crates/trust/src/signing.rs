//! What is signed, and the forms in which cosign keeps it.
//!
//! Sources: <https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md>, `ATTESTATION_SPEC.md` and
//! `BUNDLE_SPEC.md` beside it, <https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md>.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};

use crate::{
    MAX_BYTES, PublicKey, SIGNATURE_PREDICATE, Sha256, Statement, TrustError,
    dsse::{STATEMENT_TYPE, pae},
    hex,
    simple_signing::SIGNATURE_TYPE,
};

/// The media type of a Sigstore bundle, as it is written.
pub const BUNDLE_TYPE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

/// What a signature of cosign 1 and 2 signs: that whoever signs means this image, and calls it so.
pub fn signature_payload(
    reference: &str,
    image: &Sha256,
    annotations: &BTreeMap<String, String>,
) -> Vec<u8> {
    let optional = (!annotations.is_empty()).then_some(annotations);
    let payload = json!({
        "critical": {
            "identity": { "docker-reference": reference },
            "image": { "docker-manifest-digest": format!("sha256:{}", hex(image)) },
            "type": SIGNATURE_TYPE,
        },
        "optional": optional,
    });
    payload.to_string().into_bytes()
}

/// The statement that says as much in a bundle.
pub fn signature_statement(image: &Sha256, annotations: &BTreeMap<String, String>) -> Vec<u8> {
    let digest = json!({ "sha256": hex(image) });
    let subject = if annotations.is_empty() {
        json!({ "digest": digest })
    } else {
        json!({ "digest": digest, "annotations": annotations })
    };
    let statement = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "predicateType": SIGNATURE_PREDICATE,
        "subject": [subject],
        "predicate": {},
    });
    statement.to_string().into_bytes()
}

/// The statement that says something of an image; the predicate is an object in JSON, and stays as it was written.
pub fn attestation_statement(
    name: &str,
    image: &Sha256,
    predicate_type: &str,
    predicate: &str,
) -> Result<Vec<u8>, TrustError> {
    const WHAT: &str = "predicate";
    if predicate.len() > MAX_BYTES {
        return Err(TrustError::TooMuchToSign { what: WHAT });
    }
    serde_json::from_str::<Map<String, Value>>(predicate)
        .map_err(|error| TrustError::malformed(WHAT, &error))?;
    let head = json!({
        "_type": "https://in-toto.io/Statement/v0.1",
        "predicateType": predicate_type,
        "subject": [{ "name": name, "digest": { "sha256": hex(image) } }],
    });
    let mut statement = head.to_string();
    // Numbers and the order of fields would not survive being read and written.
    statement.pop();
    statement.push_str(",\"predicate\":");
    statement.push_str(predicate.trim());
    statement.push('}');
    // One that is nested too deep for us to read again, for one.
    Statement::parse(statement.as_bytes())?;
    Ok(statement.into_bytes())
}

/// What is signed of a statement.
pub fn statement_message(statement: &[u8]) -> Vec<u8> {
    pae(STATEMENT_TYPE, statement)
}

/// A signed statement as cosign 1 and 2 keep it: an envelope.
pub fn signed_envelope(statement: &[u8], signature: &[u8]) -> Result<Vec<u8>, TrustError> {
    written(&signed(statement, signature), "attestation")
}

/// A signed statement as a Sigstore bundle, which names the key by its digest.
pub fn signed_bundle(
    statement: &[u8],
    signature: &[u8],
    key: &PublicKey,
) -> Result<Vec<u8>, TrustError> {
    let bundle = json!({
        "mediaType": BUNDLE_TYPE,
        "verificationMaterial": { "publicKey": { "hint": STANDARD.encode(key.sha256()) } },
        "dsseEnvelope": signed(statement, signature),
    });
    written(&bundle, "bundle")
}

fn signed(statement: &[u8], signature: &[u8]) -> Value {
    json!({
        "payload": STANDARD.encode(statement),
        "payloadType": STATEMENT_TYPE,
        "signatures": [{ "keyid": "", "sig": STANDARD.encode(signature) }],
    })
}

/// What would not be read again must not be written.
fn written(json: &Value, what: &'static str) -> Result<Vec<u8>, TrustError> {
    let bytes = json.to_string().into_bytes();
    if bytes.len() > MAX_BYTES {
        return Err(TrustError::TooMuchToSign { what });
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use crate::{Envelope, Payload, sha256_from_hex};

    use super::*;

    fn text(bytes: Vec<u8>) -> String {
        String::from_utf8(bytes).unwrap()
    }

    fn words() -> BTreeMap<String, String> {
        BTreeMap::from([("team".to_owned(), "a \"b\"".to_owned())])
    }

    #[test]
    fn a_payload_is_what_the_specification_shows() {
        let image = [10; 32];
        let digits = "0a".repeat(32);
        let none = BTreeMap::new();
        assert_eq!(
            text(signature_payload("shop.example/shop", &image, &none)),
            format!(
                r#"{{"critical":{{"identity":{{"docker-reference":"shop.example/shop"}},"image":{{"docker-manifest-digest":"sha256:{digits}"}},"type":"cosign container image signature"}},"optional":null}}"#
            )
        );
        let payload = Payload::parse(&signature_payload("shop", &image, &words())).unwrap();
        assert_eq!(payload.digest, image);
        assert_eq!(payload.annotations["team"], "a \"b\"");
    }

    #[test]
    fn a_statement_of_a_signature_says_no_more_than_that() {
        let image = sha256_from_hex(&"0b".repeat(32)).unwrap();
        let statement = Statement::parse(&signature_statement(&image, &words())).unwrap();
        assert!(statement.is_signature());
        let subject = statement.subject(&image).unwrap();
        assert_eq!(subject.annotations["team"], "a \"b\"");
        let bare = text(signature_statement(&image, &BTreeMap::new()));
        assert!(!bare.contains("annotations"), "{bare}");
    }

    #[test]
    fn a_predicate_stays_as_it_was_written() {
        let predicate = "{\"z\": 1.10, \"a\": 123456789012345678901234567890, \"z2\": \"é\"}";
        let written = format!("\n {predicate}\n");
        let statement = attestation_statement("shop", &[1; 32], "https://a/b", &written).unwrap();
        assert!(text(statement.clone()).ends_with(&format!(",\"predicate\":{predicate}}}")));
        let parsed = Statement::parse(&statement).unwrap();
        assert_eq!(parsed.predicate_type, "https://a/b");
        assert_eq!(parsed.subject(&[1; 32]).unwrap().name, "shop");
        for wrong in ["", "{", "[]", "7", "{} {}", "{\"a\": 1},\"subject\":[]"] {
            let error = attestation_statement("shop", &[1; 32], "https://a/b", wrong);
            assert!(error.is_err(), "{wrong}");
        }
        let nested = |depth| format!("{{\"a\": {}{}}}", "[".repeat(depth), "]".repeat(depth));
        for depth in [126, 127, 128, 1_000_000] {
            let error = attestation_statement("shop", &[1; 32], "https://a/b", &nested(depth));
            assert!(error.is_err(), "{depth}");
        }
        let most = attestation_statement("shop", &[1; 32], "https://a/b", &nested(120));
        assert!(Statement::parse(&most.unwrap()).is_ok());
    }

    #[test]
    fn an_envelope_holds_the_statement_and_its_signature() {
        let envelope = Envelope::parse(&signed_envelope(b"{}", &[1, 2]).unwrap()).unwrap();
        assert_eq!(envelope.payload, b"{}");
        assert_eq!(envelope.payload_type, STATEMENT_TYPE);
        assert_eq!(envelope.signatures, [[1, 2]]);
        // Base64 makes it larger than the bound.
        let large = signed_envelope(&vec![b' '; 13 << 20], &[]);
        assert!(matches!(large, Err(TrustError::TooMuchToSign { .. })));
    }
}
