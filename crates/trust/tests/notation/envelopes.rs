//! The envelope itself: both forms, their headers, what is signed, and what somebody did to it.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ringwall_trust::{NotationFormat, SigningScheme, verify_notation};
use serde_json::{Value, json};

use crate::{
    DIGEST, NOW, at, cose, jws,
    made::{Authority, Cbor, Kind, Signer, headers},
    payload, refused, target, trust,
};

const KINDS: [Kind; 5] = [
    Kind::P256,
    Kind::P384,
    Kind::Rsa2048,
    Kind::Rsa3072,
    Kind::Rsa4096,
];

fn shop() -> (Authority, Signer) {
    let root = Authority::root();
    let signer = root.signer(Kind::P256);
    (root, signer)
}

/// The headers of JWS, changed.
fn with(change: impl FnOnce(&mut Value)) -> Value {
    let mut headers = headers(Kind::P256);
    change(&mut headers);
    headers
}

#[test]
fn both_forms_hold_with_every_kind_of_key() {
    let root = Authority::root();
    for kind in KINDS {
        let signer = root.signer(kind);
        for verified in [
            jws(&signer.jws(&payload()), &trust(&root)),
            cose(&signer.cose(&payload()), &trust(&root)),
        ] {
            let verified = verified.unwrap();
            assert_eq!(verified.digest, [10; 32]);
            assert_eq!(verified.subject, "CN=Shop,O=shop.example,ST=WA,C=US");
            assert_eq!(verified.authority, "CN=Root");
            assert_eq!(verified.scheme, SigningScheme::X509);
            assert_eq!(verified.claimed_at, Some(at("2026-03-01T11:00:00Z")));
            assert_eq!((verified.signed_at, verified.expiry), (None, None));
            assert_eq!(verified.annotations["team"], "shop");
            assert_eq!(verified.unenforced, []);
        }
    }
}

#[test]
fn a_changed_payload_is_refused() {
    let (root, signer) = shop();
    let envelope: Value = serde_json::from_slice(&signer.jws(&payload())).unwrap();
    let mut changed = envelope.clone();
    changed["payload"] = URL_SAFE_NO_PAD
        .encode(
            json!({"targetArtifact": {
        "mediaType": "a", "digest": DIGEST, "size": 500 }})
            .to_string(),
        )
        .into();
    let words = "the signature is not made by CN=Shop";
    refused(jws(changed.to_string().as_bytes(), &trust(&root)), words);
    let mut changed = envelope;
    let more = with(|it| it["more"] = 1.into()).to_string();
    changed["protected"] = URL_SAFE_NO_PAD.encode(more).into();
    refused(jws(changed.to_string().as_bytes(), &trust(&root)), words);
    // Every byte that is signed counts, and so does the signature.
    let envelope = signer.cose(&payload());
    for at in (0..envelope.len()).step_by(7) {
        let mut changed = envelope.clone();
        changed[at] ^= 1;
        assert!(cose(&changed, &trust(&root)).is_err(), "{at}");
    }
}

#[test]
fn what_another_key_signed_is_refused() {
    let (root, signer) = shop();
    let mut other = root.signer(Kind::P256);
    other.chain = signer.chain;
    let words = "the signature is not made by CN=Shop";
    refused(jws(&other.jws(&payload()), &trust(&root)), words);
    refused(cose(&other.cose(&payload()), &trust(&root)), words);
}

#[test]
fn what_is_about_something_else_is_refused() {
    let (root, signer) = shop();
    let about = |name: &str, value: Value, words: &str| {
        let mut payload = payload();
        payload["targetArtifact"][name] = value;
        refused(jws(&signer.jws(&payload), &trust(&root)), words);
        refused(cose(&signer.cose(&payload), &trust(&root)), words);
    };
    let other = format!("sha256:{}", "0b".repeat(32));
    about("digest", other.as_str().into(), "it is about sha256:0b0b");
    about("digest", "sha512:0a".into(), "it is about sha512:0a");
    about("size", 501.into(), "something of 501 bytes");
    about("mediaType", "text/plain".into(), "of the type text/plain");
    about("size", "500".into(), "cannot be understood");
    let verify = |targets: &[_]| {
        let envelope = signer.jws(&payload());
        verify_notation(
            &envelope,
            NotationFormat::Jws,
            targets,
            &trust(&root),
            at(NOW),
        )
    };
    let mut index = target();
    index.digest = [11; 32];
    refused(
        verify(std::slice::from_ref(&index)),
        "it is about sha256:0a0a",
    );
    assert!(verify(&[index, target()]).is_ok());
}

#[test]
fn another_algorithm_than_that_of_the_key_is_refused() {
    let (root, signer) = shop();
    let named = |name: &str| {
        let headers = with(|it| it["alg"] = name.into());
        jws(
            &signer.jws_with(&headers, &payload(), &json!({})),
            &trust(&root),
        )
    };
    refused(
        named("ES384"),
        "signed with ES384, and its key signs with ES256",
    );
    refused(
        named("PS256"),
        "signed with PS256, and its key signs with ES256",
    );
    // Those that somebody would like to be taken for one: without a key, with the certificate as a password, with
    // another padding.
    for name in ["none", "None", "", "HS256", "RS256", "EdDSA", "es256"] {
        refused(named(name), "signs no envelope");
    }
    let numbered = |number: Cbor| {
        let mut headers = signer.cose_headers();
        headers[0].1 = number;
        cose(
            &signer.cose_with(headers, &payload(), Vec::new()),
            &trust(&root),
        )
    };
    refused(numbered(Cbor::Number(-37)), "signed with PS256");
    // HMAC, AES, and names.
    refused(numbered(Cbor::Number(5)), "`5` signs no envelope");
    refused(numbered(Cbor::Number(1)), "`1` signs no envelope");
    refused(numbered(Cbor::text("ES256")), "names no algorithm");
    let mut without = signer.cose_headers();
    without.remove(0);
    let envelope = signer.cose_with(without, &payload(), Vec::new());
    refused(cose(&envelope, &trust(&root)), "names no algorithm");
}

#[test]
fn an_empty_signature_is_refused() {
    let (root, signer) = shop();
    let mut envelope: Value = serde_json::from_slice(&signer.jws(&payload())).unwrap();
    for wrong in ["", "AA", &URL_SAFE_NO_PAD.encode([0; 64])] {
        envelope["signature"] = wrong.into();
        let text = envelope.to_string();
        refused(
            jws(text.as_bytes(), &trust(&root)),
            "the signature is not made by",
        );
    }
}

#[test]
fn another_type_of_payload_is_refused() {
    let (root, signer) = shop();
    for wrong in ["application/vnd.oci.descriptor.v1+json", ""] {
        let headers = with(|it| it["cty"] = wrong.into());
        let envelope = signer.jws_with(&headers, &payload(), &json!({}));
        refused(jws(&envelope, &trust(&root)), "its payload is of the type");
    }
    let headers = with(|it| {
        it.as_object_mut().unwrap().remove("cty");
    });
    let envelope = signer.jws_with(&headers, &payload(), &json!({}));
    refused(
        jws(&envelope, &trust(&root)),
        "its payload is of the type ``",
    );
    let mut headers = signer.cose_headers();
    headers[2].1 = Cbor::Number(50);
    let envelope = signer.cose_with(headers, &payload(), Vec::new());
    refused(
        cose(&envelope, &trust(&root)),
        "its payload is of the type ``",
    );
}

#[test]
fn critical_headers_that_nobody_knows_are_refused() {
    const SCHEME: &str = "io.cncf.notary.signingScheme";

    let (root, signer) = shop();
    let check = |critical: Value, words: &str| {
        let headers = with(|it| {
            it["crit"] = critical.clone();
            it["com.example.more"] = 1.into();
        });
        let envelope = signer.jws_with(&headers, &payload(), &json!({}));
        refused(jws(&envelope, &trust(&root)), words);
    };
    check(
        json!([SCHEME, "com.example.more"]),
        "`com.example.more` is critical",
    );
    check(json!([SCHEME, "alg"]), "`alg` is critical");
    check(json!([SCHEME, SCHEME]), "critical twice");
    check(
        json!([SCHEME, "io.cncf.notary.expiry"]),
        "`io.cncf.notary.expiry` is missing",
    );
    check(json!([]), "`io.cncf.notary.signingScheme` is not critical");
    check(Value::Null, "does not list its critical headers");
    check(json!([1]), "has no name");
    let check = |critical: Vec<Cbor>, words: &str| {
        let mut headers = signer.cose_headers();
        headers[1].1 = Cbor::List(critical);
        let envelope = signer.cose_with(headers, &payload(), Vec::new());
        refused(cose(&envelope, &trust(&root)), words);
    };
    check(
        vec![Cbor::text(SCHEME), Cbor::text("more")],
        "`more` is critical",
    );
    check(
        vec![Cbor::text(SCHEME), Cbor::Number(33)],
        "`33` is critical",
    );
    check(vec![Cbor::Bytes(vec![1])], "has no name");
    // What is not critical may be there.
    let headers = with(|it| it["com.example.more"] = 1.into());
    let envelope = signer.jws_with(&headers, &payload(), &json!({}));
    assert!(jws(&envelope, &trust(&root)).is_ok());
}

#[test]
fn an_expiry_has_to_be_critical() {
    let (root, signer) = shop();
    let headers = with(|it| it["io.cncf.notary.expiry"] = "2030-01-01T00:00:00Z".into());
    let envelope = signer.jws_with(&headers, &payload(), &json!({}));
    refused(jws(&envelope, &trust(&root)), "expiry` is not critical");
}

#[test]
fn schemes_have_their_own_times() {
    let (root, signer) = shop();
    let check = |change: &dyn Fn(&mut Value), words: &str| {
        let envelope = signer.jws_with(&with(change), &payload(), &json!({}));
        refused(jws(&envelope, &trust(&root)), words);
    };
    let remove = |it: &mut Value, name: &str| {
        it.as_object_mut().unwrap().remove(name);
    };
    check(
        &|it| it["io.cncf.notary.signingScheme"] = "notary.x510".into(),
        "no signing scheme",
    );
    check(
        &|it| remove(it, "io.cncf.notary.signingScheme"),
        "no signing scheme",
    );
    check(
        &|it| remove(it, "io.cncf.notary.signingTime"),
        "does not say when",
    );
    check(
        &|it| it["io.cncf.notary.signingTime"] = "yesterday".into(),
        "no time by RFC 3339",
    );
    check(
        &|it| it["io.cncf.notary.authenticSigningTime"] = "2026-01-01T00:00:00Z".into(),
        "a time that the scheme notary.x509 does not know",
    );
    check(
        &|it| it["io.cncf.notary.signingScheme"] = "notary.x509.signingAuthority".into(),
        "a time that the scheme notary.x509.signingAuthority does not know",
    );
}

#[test]
fn headers_that_are_there_twice_are_refused() {
    let (root, signer) = shop();
    let text = headers(Kind::P256).to_string();
    let text = text.replacen('{', "{\"alg\":\"none\",", 1);
    let envelope = signer.jws_of(&text, &payload(), &json!({}));
    refused(jws(&envelope, &trust(&root)), "`alg` is there twice");
    let envelope = String::from_utf8(signer.jws(&payload())).unwrap();
    let twice = envelope.replacen('{', "{\"payload\":\"e30\",", 1);
    refused(jws(twice.as_bytes(), &trust(&root)), "duplicate field");
    let mut headers = signer.cose_headers();
    headers.push((Cbor::Number(1), Cbor::Number(-39)));
    let envelope = signer.cose_with(headers, &payload(), Vec::new());
    refused(cose(&envelope, &trust(&root)), "a header is there twice");
    let unsigned = vec![(Cbor::Number(33), Cbor::List(Vec::new()))];
    let envelope = signer.cose_with(signer.cose_headers(), &payload(), unsigned);
    refused(cose(&envelope, &trust(&root)), "a header is there twice");
}

#[test]
fn other_forms_are_refused() {
    let (root, signer) = shop();
    let envelope: Value = serde_json::from_slice(&signer.jws(&payload())).unwrap();
    // The general form, with a list of signatures, and the compact one.
    let general = json!({"payload": envelope["payload"], "signatures": [envelope]}).to_string();
    refused(
        jws(general.as_bytes(), &trust(&root)),
        "unknown field `signatures`",
    );
    refused(jws(b"e30.e30.e30", &trust(&root)), "cannot be understood");
    refused(
        jws(&signer.cose(&payload()), &trust(&root)),
        "cannot be understood",
    );
    refused(
        cose(&signer.jws(&payload()), &trust(&root)),
        "cannot be understood",
    );
    // Without the tag.
    let envelope = signer.cose(&payload());
    refused(
        cose(&envelope[9..], &trust(&root)),
        "not tagged as COSE_Sign1",
    );
    let behind = [envelope, vec![0]].concat();
    refused(cose(&behind, &trust(&root)), "stands behind its end");
}

#[test]
fn what_is_nested_without_end_is_refused_and_what_is_huge_is_not_read() {
    let (root, signer) = shop();
    let deep = [vec![0xd2], vec![0x81; 900_000]].concat();
    refused(cose(&deep, &trust(&root)), "nested too deep");
    let deep = "[".repeat(900_000);
    refused(jws(deep.as_bytes(), &trust(&root)), "cannot be understood");
    let deep = format!("{{\"alg\":{}", "[".repeat(500_000));
    let envelope = signer.jws_of(&deep, &payload(), &json!({}));
    refused(jws(&envelope, &trust(&root)), "recursion limit");
    // A countersignature, in whose signed headers is another one, and so on.
    let mut nested = Vec::new();
    for _ in 0..1_000 {
        let inner = vec![
            Cbor::Bytes(nested.split_off(0)),
            Cbor::Map(Vec::new()),
            Cbor::Bytes(vec![1]),
        ];
        let headers = vec![(Cbor::Number(7), Cbor::List(inner))];
        nested = Cbor::Map(headers).bytes();
    }
    let mut headers = signer.cose_headers();
    headers.push((Cbor::text("nested"), Cbor::Bytes(nested)));
    let envelope = signer.cose_with(headers, &payload(), Vec::new());
    cose(&envelope, &trust(&root)).unwrap();
    // Lengths that are claimed and not there.
    for wrong in [0x9b, 0xbb, 0x5b, 0x7b] {
        let bytes = [&[0xd2, wrong][..], &[0xff; 8]].concat();
        refused(cose(&bytes, &trust(&root)), "cannot be understood");
    }
    let huge = vec![b' '; (1 << 20) + 1];
    for error in [jws(&huge, &trust(&root)), cose(&huge, &trust(&root))] {
        let error = error.unwrap_err();
        assert!(error.is_undecided(), "{error}");
        assert!(error.to_string().contains("larger than 1 MiB"), "{error}");
    }
}

#[test]
fn a_plugin_that_is_demanded_leaves_it_open() {
    let (root, signer) = shop();
    let headers = with(|it| {
        it["crit"] = json!([
            "io.cncf.notary.signingScheme",
            "io.cncf.notary.verificationPlugin"
        ]);
        it["io.cncf.notary.verificationPlugin"] = "com.example.plugin".into();
    });
    let envelope = signer.jws_with(&headers, &payload(), &json!({}));
    let error = jws(&envelope, &trust(&root)).unwrap_err();
    assert!(error.is_undecided(), "{error}");
    assert!(
        error.to_string().contains("the plugin com.example.plugin"),
        "{error}"
    );
    // Whoever is not trusted demands nothing.
    refused(
        jws(&envelope, &trust(&Authority::root())),
        "it is signed by",
    );
}
