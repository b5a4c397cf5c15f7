//! What is required of the certificates in an envelope.

use p521::ecdsa::{Signature, SigningKey, signature::Signer as _};
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, KeyUsagePurpose, NameConstraints, SanType,
};
use ringwall_trust::{Certificate, TrustError};
use serde_json::{Value, json};

use crate::{
    jws,
    made::{Authority, Kind, Signer, authority_params, headers, leaf_params, names},
    payload, refused, trust,
};

/// Refuses a certificate of a signer that was changed so.
#[track_caller]
fn leaf(change: impl FnOnce(&mut CertificateParams), words: &str) {
    let root = Authority::root();
    let mut params = leaf_params();
    change(&mut params);
    let signer = root.issue(&params, Kind::P256);
    refused(jws(&signer.jws(&payload()), &trust(&root)), words);
}

/// Refuses an authority between the signer and the root that was changed so.
#[track_caller]
fn between(change: impl FnOnce(&mut CertificateParams), words: &str) {
    let root = Authority::root();
    let mut params = authority_params("Between");
    change(&mut params);
    let signer = root.authority(params).signer(Kind::P256);
    refused(jws(&signer.jws(&payload()), &trust(&root)), words);
}

#[test]
fn a_signer_that_is_an_authority_is_refused() {
    let ca = IsCa::Ca(BasicConstraints::Unconstrained);
    leaf(|it| it.is_ca = ca, "is one of an authority");
    let mut own = leaf_params();
    own.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let signer = Signer::self_signed(&own, Kind::P256);
    let mut trust = trust(&Authority::root());
    trust.authorities = vec![Certificate::from_der(&signer.chain[0]).unwrap()];
    refused(
        jws(&signer.jws(&payload()), &trust),
        "is one of an authority",
    );
}

#[test]
fn a_signer_signs_and_does_nothing_else() {
    use KeyUsagePurpose as Use;

    leaf(
        |it| it.key_usages.clear(),
        "does not say critically what its key is for",
    );
    leaf(
        |it| it.key_usages = vec![Use::ContentCommitment],
        "is not for signing",
    );
    for more in [
        Use::KeyCertSign,
        Use::CrlSign,
        Use::KeyEncipherment,
        Use::DataEncipherment,
        Use::KeyAgreement,
    ] {
        leaf(|it| it.key_usages.push(more), "is for more than signing");
    }
    for other in [
        ExtendedKeyUsagePurpose::Any,
        ExtendedKeyUsagePurpose::ServerAuth,
        ExtendedKeyUsagePurpose::ClientAuth,
        ExtendedKeyUsagePurpose::EmailProtection,
        ExtendedKeyUsagePurpose::TimeStamping,
        ExtendedKeyUsagePurpose::OcspSigning,
    ] {
        leaf(
            |it| it.extended_key_usages.push(other),
            "is also for the use",
        );
    }
    let root = Authority::root();
    for change in [
        |it: &mut CertificateParams| it.extended_key_usages.clear(),
        |it: &mut CertificateParams| it.is_ca = IsCa::NoCa,
        |it: &mut CertificateParams| it.key_usages.push(KeyUsagePurpose::ContentCommitment),
    ] {
        let mut params = leaf_params();
        change(&mut params);
        let envelope = root.issue(&params, Kind::P256).jws(&payload());
        assert!(jws(&envelope, &trust(&root)).is_ok());
    }
}

#[test]
fn what_a_certificate_demands_has_to_be_known() {
    let demanding = |id: &[u64]| {
        let mut extension = CustomExtension::from_oid_content(id, vec![5, 0]);
        extension.set_criticality(true);
        extension
    };
    let words = "has the critical extension 1.2.3.4, which is not known here";
    leaf(
        |it| it.custom_extensions = vec![demanding(&[1, 2, 3, 4])],
        words,
    );
    between(
        |it| it.custom_extensions = vec![demanding(&[1, 2, 3, 4])],
        words,
    );
    // Policies have to be followed only where one is asked for.
    let root = Authority::root();
    let mut params = leaf_params();
    let harmless = CustomExtension::from_oid_content(&[1, 2, 3, 4], vec![5, 0]);
    params.custom_extensions = vec![demanding(&[2, 5, 29, 32]), harmless];
    let signer = root.issue(&params, Kind::P256);
    assert!(jws(&signer.jws(&payload()), &trust(&root)).is_ok());
}

#[test]
fn an_authority_vouches_for_no_names_but_those_it_may() {
    let root = Authority::root();
    let below = |permitted: Vec<GeneralSubtree>, excluded: Vec<GeneralSubtree>, names: &[&str]| {
        let mut params = authority_params("Between");
        params.name_constraints = Some(NameConstraints {
            permitted_subtrees: permitted,
            excluded_subtrees: excluded,
        });
        let mut leaf = leaf_params();
        leaf.subject_alt_names = names
            .iter()
            .map(|name| SanType::DnsName((*name).try_into().unwrap()))
            .collect();
        let signer = root.authority(params).issue(&leaf, Kind::P256);
        jws(&signer.jws(&payload()), &trust(&root))
    };
    let directory = |parts: &[(DnType, &str)]| GeneralSubtree::DirectoryName(names(parts));
    let (us, shop) = (
        (DnType::CountryName, "US"),
        (DnType::OrganizationName, "shop.example"),
    );
    let of_us = || vec![directory(std::slice::from_ref(&us))];
    let elsewhere = || vec![directory(&[(DnType::CountryName, "DE")])];
    let hosts = || vec![GeneralSubtree::DnsName("shop.example".to_owned())];
    assert!(below(of_us(), elsewhere(), &[]).is_ok());
    assert!(below([elsewhere(), of_us()].concat(), vec![], &[]).is_ok());
    let words = "CN=Shop,O=shop.example,ST=WA,C=US has a name that CN=Between may not vouch for";
    refused(below(elsewhere(), vec![], &[]), words);
    refused(below(vec![], of_us(), &[]), words);
    let small = directory(&[(DnType::CountryName, "us")]);
    refused(below(vec![], vec![small], &[]), words);
    // A name begins with the country.
    refused(below(vec![directory(&[shop])], vec![], &[]), words);
    // Names of servers are not compared, and matter only where there are some.
    assert!(below(hosts(), vec![], &[]).is_ok());
    refused(
        below(hosts(), vec![], &["evil.example"]),
        "not compared here",
    );
    assert!(below(of_us(), vec![], &["evil.example"]).is_ok());
}

#[test]
fn authorities_issue_certificates() {
    between(|it| it.is_ca = IsCa::NoCa, "is not one of an authority");
    between(
        |it| it.is_ca = IsCa::ExplicitNoCa,
        "is not one of an authority",
    );
    between(
        |it| it.key_usages.clear(),
        "does not say critically what its key is for",
    );
    between(
        |it| it.key_usages = vec![KeyUsagePurpose::CrlSign],
        "is not for issuing",
    );
}

#[test]
fn no_more_authorities_stand_below_one_than_it_allows() {
    let limited = |most: u8| {
        let mut params = authority_params("Limited");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(most));
        params
    };
    let root = Authority::made(limited(0), Kind::P256);
    assert!(jws(&root.signer(Kind::P256).jws(&payload()), &trust(&root)).is_ok());
    let below = root.authority(authority_params("Below"));
    let words = "allows fewer authorities below it";
    refused(
        jws(&below.signer(Kind::P256).jws(&payload()), &trust(&root)),
        words,
    );
    let root = Authority::made(limited(1), Kind::P256);
    let below = root.authority(authority_params("Below"));
    assert!(jws(&below.signer(Kind::P256).jws(&payload()), &trust(&root)).is_ok());
}

#[test]
fn a_chain_stands_in_its_order_and_is_whole() {
    let root = Authority::root();
    let between = root.authority(authority_params("Between"));
    let signer = between.signer(Kind::P256);
    let check = |order: &[usize], words: &str| {
        let mut changed = between.issue(&leaf_params(), Kind::P256);
        let all = [changed.chain.clone(), root.signer(Kind::P256).chain].concat();
        changed.chain = order.iter().map(|at| all[*at].clone()).collect();
        refused(jws(&changed.jws(&payload()), &trust(&root)), words);
    };
    assert!(jws(&signer.jws(&payload()), &trust(&root)).is_ok());
    check(&[], "there is none");
    check(&[0], "ends the chain, and is no root");
    check(&[0, 1], "ends the chain, and is no root");
    check(&[0, 2], "is not issued by CN=Root");
    check(&[0, 2, 1], "is not issued by CN=Root");
    check(&[0, 1, 2, 2], "is its own root, and others stand behind it");
    check(&[0; 17], "more than 16");
    // An authority of the same name that issued nothing.
    let mut forged = root
        .authority(authority_params("Between"))
        .signer(Kind::P256);
    forged.chain[1] = between.chain[0].clone();
    refused(
        jws(&forged.jws(&payload()), &trust(&root)),
        "is not issued by CN=Between",
    );
}

#[test]
fn what_is_no_certificate_is_refused() {
    let root = Authority::root();
    let mut signer = root.signer(Kind::P256);
    signer.chain[1] = b"no certificate".to_vec();
    refused(
        jws(&signer.jws(&payload()), &trust(&root)),
        "the certificate cannot be understood",
    );
    let chain = root.signer(Kind::P256);
    let der = &chain.chain[0];
    for end in 0..der.len() {
        assert!(Certificate::from_der(&der[..end]).is_err(), "{end}");
    }
    assert!(Certificate::from_der(&[der.clone(), vec![0]].concat()).is_err());
}

#[test]
fn a_key_on_p521_signs() {
    let certificate = include_bytes!("../data/notation-p521.cer");
    let key = SigningKey::from_slice(include_bytes!("../data/notation-p521.key")).unwrap();
    // The envelope of somebody else, signed again.
    let root = Authority::root();
    let mut signer = root.signer(Kind::P256);
    signer.chain = vec![certificate.to_vec()];
    let mut headers = headers(Kind::P256);
    headers["alg"] = "ES512".into();
    let envelope = signer.jws_with(&headers, &payload(), &json!({}));
    let mut envelope: Value = serde_json::from_slice(&envelope).unwrap();
    let part = |name: &str| envelope[name].as_str().unwrap().to_owned();
    let signed = format!("{}.{}", part("protected"), part("payload"));
    let signature: Signature = key.sign(signed.as_bytes());
    let encoded = base64::Engine::encode(
        &base64::engine::general_purpose::URL_SAFE_NO_PAD,
        signature.to_bytes(),
    );
    envelope["signature"] = encoded.into();
    let mut trust = trust(&root);
    trust.authorities = vec![Certificate::from_der(certificate).unwrap()];
    let now = crate::at("2030-01-01T00:00:00Z");
    let verify = |envelope: &Value| {
        let bytes = envelope.to_string();
        let format = ringwall_trust::NotationFormat::Jws;
        ringwall_trust::verify_notation(bytes.as_bytes(), format, &[crate::target()], &trust, now)
    };
    let verified = verify(&envelope).unwrap();
    assert_eq!(verified.subject, "CN=P-521,O=shop.example,ST=WA,C=US");
    envelope["signature"] = "AAAA".into();
    refused(verify(&envelope), "the signature is not made by CN=P-521");
}

#[test]
fn files_of_certificates_are_read_in_pem_and_in_der() {
    let (root, other) = (Authority::root(), Authority::root());
    let der = &root.chain[0];
    let one = Certificate::from_file(der).unwrap();
    assert_eq!(one, [Certificate::from_der(der).unwrap()]);
    let text = format!(
        "ours:\n{}\nand theirs:\n{}",
        root.root_pem(),
        other.root_pem()
    );
    let both = Certificate::from_file(text.as_bytes()).unwrap();
    assert_eq!(both.len(), 2);
    assert_eq!(both[0], one[0]);
    // Who signs itself is trusted alone; whom somebody else issued vouches for nobody.
    let own = Signer::self_signed(&leaf_params(), Kind::P256);
    assert!(Certificate::from_file(&own.chain[0]).is_ok());
    let issued = &root.signer(Kind::P256).chain[0];
    let error = Certificate::from_file(issued).unwrap_err();
    assert!(matches!(error, TrustError::Certificate(_)), "{error}");
    let key = own.key_pem();
    for wrong in [
        "",
        "hello",
        &key,
        "-----BEGIN CERTIFICATE-----\nAAAA",
        "-----BEGIN ",
    ] {
        let error = Certificate::from_file(wrong.as_bytes()).unwrap_err();
        assert!(matches!(error, TrustError::Malformed { .. }), "{wrong}");
        assert!(!error.to_string().contains("MIG"), "{error}");
    }
}
