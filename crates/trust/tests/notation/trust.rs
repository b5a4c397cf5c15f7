//! Who is trusted, and what is demanded of them.

use rcgen::{DnType, date_time_ymd};
use ringwall_trust::{
    Action, Certificate, DistinguishedName, Identities, NotationFormat, TrustError, verify_notation,
};
use serde_json::json;

use crate::{
    NOW, at, jws,
    made::{Authority, Kind, Signer, headers, leaf_params, names},
    payload, refused, target, trust,
};

#[test]
fn an_authority_that_nobody_trusts_is_refused() {
    let (root, other) = (Authority::root(), Authority::root());
    let envelope = root.signer(Kind::P256).jws(&payload());
    let words = "under CN=Root, and no certificate of these is among the authorities";
    refused(jws(&envelope, &trust(&other)), words);
    let mut nobody = trust(&root);
    nobody.authorities.clear();
    refused(jws(&envelope, &nobody), words);
    // Those who vouch for times or sign for others vouch for no signers.
    nobody.signing_authorities = trust(&root).authorities;
    nobody.timestamp_authorities = trust(&root).authorities;
    refused(jws(&envelope, &nobody), words);
}

#[test]
fn whoever_is_named_has_to_be_named_by_the_certificate() {
    let root = Authority::root();
    let envelope = root.signer(Kind::P256).jws(&payload());
    let named = |name: &str| {
        let mut trust = trust(&root);
        trust.identities = Identities::Named(vec![DistinguishedName::parse(name).unwrap()]);
        jws(&envelope, &trust)
    };
    for right in [
        "C=US",
        "CN=Shop, O=shop.example",
        "ST=WA,C=US,CN=Shop,O=shop.example",
    ] {
        assert!(named(right).is_ok(), "{right}");
    }
    for wrong in [
        "C=DE",
        "CN=shop",
        "CN=Sho",
        "CN=Shop, OU=a",
        "CN=Shop\\,O=shop.example",
    ] {
        refused(
            named(wrong),
            "it is signed by CN=Shop,O=shop.example,ST=WA,C=US",
        );
    }
    let mut anybody = trust(&root);
    anybody.identities = Identities::Any;
    assert!(jws(&envelope, &anybody).is_ok());
}

#[test]
fn a_name_in_another_attribute_is_not_that_name() {
    let root = Authority::root();
    let mut params = leaf_params();
    params.distinguished_name = names(&[(DnType::CommonName, "a,O=shop.example,C=US,ST=WA")]);
    let envelope = root.issue(&params, Kind::P256).jws(&payload());
    refused(
        jws(&envelope, &trust(&root)),
        "it is signed by CN=a\\,O=shop.example",
    );
}

#[test]
fn a_name_that_says_two_things_is_nobodys() {
    let root = Authority::root();
    let mut params = leaf_params();
    // A second organisation, by its number.
    let again = DnType::CustomDnType(vec![2, 5, 4, 10]);
    params.distinguished_name.push(again, "evil.example");
    let envelope = root.issue(&params, Kind::P256).jws(&payload());
    let mut trust = trust(&root);
    refused(
        jws(&envelope, &trust),
        "it is signed by O=evil.example,CN=Shop,O=shop.example",
    );
    for name in ["O=shop.example", "O=evil.example"] {
        trust.identities = Identities::Named(vec![DistinguishedName::parse(name).unwrap()]);
        refused(jws(&envelope, &trust), "it is signed by");
    }
    trust.identities = Identities::Named(vec![DistinguishedName::parse("CN=Shop").unwrap()]);
    assert!(jws(&envelope, &trust).is_ok());
}

#[test]
fn any_certificate_of_the_chain_may_be_the_trusted_one() {
    let root = Authority::root();
    let between = root.authority(crate::made::authority_params("Between"));
    let signer = between.signer(Kind::P384);
    assert_eq!(signer.chain.len(), 3);
    for at in 0..3 {
        let mut trust = trust(&root);
        trust.authorities = vec![Certificate::from_der(&signer.chain[at]).unwrap()];
        let verified = jws(&signer.jws(&payload()), &trust).unwrap();
        assert_eq!(
            verified.authority_fingerprint,
            trust.authorities[0].fingerprint()
        );
    }
}

#[test]
fn a_certificate_that_signed_itself_is_its_own_root() {
    let signer = Signer::self_signed(&leaf_params(), Kind::P256);
    let mut trust = trust(&Authority::root());
    refused(
        jws(&signer.jws(&payload()), &trust),
        "it is signed by CN=Shop",
    );
    trust.authorities = vec![Certificate::from_der(&signer.chain[0]).unwrap()];
    let verified = jws(&signer.jws(&payload()), &trust).unwrap();
    assert_eq!(verified.fingerprint, verified.authority_fingerprint);
}

#[test]
fn what_expired_is_refused_where_that_is_demanded() {
    let root = Authority::root();
    let expiring = |time: &str| {
        let mut headers = headers(Kind::P256);
        headers["io.cncf.notary.expiry"] = time.into();
        headers["crit"] = json!(["io.cncf.notary.signingScheme", "io.cncf.notary.expiry"]);
        root.signer(Kind::P256)
            .jws_with(&headers, &payload(), &json!({}))
    };
    let strict = trust(&root);
    let later = jws(&expiring("2026-06-01T00:00:01Z"), &strict).unwrap();
    assert_eq!(later.expiry, Some(at("2026-06-01T00:00:01Z")));
    let envelope = expiring(NOW);
    refused(
        jws(&envelope, &strict),
        "it expired on 2026-06-01T00:00:00Z",
    );
    let mut lax = strict.clone();
    lax.demands.expiry = Action::Log;
    let verified = jws(&envelope, &lax).unwrap();
    assert_eq!(verified.unenforced.len(), 1);
    assert_eq!(verified.unenforced[0].what, "expiry");
    refused(
        jws(&expiring("2026-01-01T00:00:00Z"), &lax),
        "expired before it was signed",
    );
}

#[test]
fn certificates_that_are_not_valid_now_are_refused_where_that_is_demanded() {
    let root = Authority::root();
    let mut params = leaf_params();
    params.not_before = date_time_ymd(2026, 1, 1);
    params.not_after = date_time_ymd(2026, 6, 1);
    let envelope = root.issue(&params, Kind::P256).jws(&payload());
    let at = |time: &str, action: Action| {
        let mut trust = trust(&root);
        trust.demands.authentic_timestamp = action;
        verify_notation(
            &envelope,
            NotationFormat::Jws,
            &[target()],
            &trust,
            at(time),
        )
    };
    assert!(at("2026-06-01T00:00:00Z", Action::Enforce).is_ok());
    refused(
        at("2026-06-01T00:00:01Z", Action::Enforce),
        "was valid until 2026-06-01",
    );
    refused(
        at("2025-12-31T23:59:59Z", Action::Enforce),
        "is valid from 2026-01-01",
    );
    let verified = at("2026-06-01T00:00:01Z", Action::Log).unwrap();
    assert_eq!(verified.unenforced[0].what, "authenticTimestamp");
}

#[test]
fn a_signing_authority_vouches_for_the_time() {
    let root = Authority::root();
    let mut params = leaf_params();
    params.not_after = date_time_ymd(2026, 4, 1);
    let signer = root.issue(&params, Kind::P256);
    let signed_by = |signer: &Signer, time: &str| {
        let mut headers = headers(Kind::P256);
        let members = headers.as_object_mut().unwrap();
        members.remove("io.cncf.notary.signingTime");
        headers["io.cncf.notary.signingScheme"] = "notary.x509.signingAuthority".into();
        headers["io.cncf.notary.authenticSigningTime"] = time.into();
        headers["crit"] = json!([
            "io.cncf.notary.signingScheme",
            "io.cncf.notary.authenticSigningTime"
        ]);
        signer.jws_with(&headers, &payload(), &json!({}))
    };
    let signed = |time: &str| signed_by(&signer, time);
    let envelope = signed("2026-03-01T00:00:00Z");
    // An authority of signers is none that signs for others.
    refused(
        jws(&envelope, &trust(&root)),
        "among the signing authorities",
    );
    let mut service = trust(&root);
    std::mem::swap(&mut service.authorities, &mut service.signing_authorities);
    let verified = jws(&envelope, &service).unwrap();
    assert_eq!(verified.signed_at, Some(at("2026-03-01T00:00:00Z")));
    assert_eq!(verified.claimed_at, None);
    let later = signed("2026-04-01T00:00:01Z");
    refused(jws(&later, &service), "before the time of signing");
    // Clocks differ by minutes, and nobody signed in the days to come.
    let lasting = root.signer(Kind::P256);
    let soon = signed_by(&lasting, "2026-06-01T00:04:00Z");
    assert!(jws(&soon, &service).is_ok());
    let ahead = signed_by(&lasting, "2026-06-01T00:06:00Z");
    refused(jws(&ahead, &service), "which is in the future");
    service.demands.authentic_timestamp = Action::Log;
    let verified = jws(&ahead, &service).unwrap();
    assert_eq!(verified.signed_at, None);
    assert_eq!(verified.unenforced[0].what, "authenticTimestamp");
}

#[test]
fn whether_it_was_revoked_is_not_known_where_somebody_could_be_asked() {
    let root = Authority::root();
    let mut params = leaf_params();
    let list = "http://crl.example/shop.crl".to_owned();
    params.crl_distribution_points = vec![rcgen::CrlDistributionPoint { uris: vec![list] }];
    let envelope = root.issue(&params, Kind::P256).jws(&payload());
    let strict = trust(&root);
    let error = jws(&envelope, &strict).unwrap_err();
    assert!(matches!(error, TrustError::Revocation { .. }), "{error}");
    assert!(error.is_undecided());
    for action in [Action::Log, Action::Skip] {
        let mut lax = strict.clone();
        lax.demands.revocation = action;
        let verified = jws(&envelope, &lax).unwrap();
        assert_eq!(verified.unenforced[0].what, "revocation");
    }
}
