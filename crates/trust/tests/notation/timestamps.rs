//! Timestamps, made by openssl; where it is not here, the tests say so and skip.

use std::{fs, path::Path, process::Command};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use rcgen::{CustomExtension, date_time_ymd};
use ringwall_trust::{
    Action, Certificate, NotationFormat, NotationTrust, NotationVerified, TimestampUse, TrustError,
    verify_notation,
};
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    at,
    made::{Authority, Cbor, Kind, Signer, leaf_params, pem},
    payload, refused, target, trust,
};

const CONFIG: &str = "[tsa]
default_tsa = one
[one]
serial = serial
crypto_device = builtin
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
accuracy = secs:1, millisecs:500
ordering = yes
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = sha256
";

/// Who vouches for times.
struct Clock {
    root: Authority,
    folder: TempDir,
}

fn openssl(folder: &Path, words: &[&str]) -> bool {
    let output = Command::new("openssl")
        .args(words)
        .current_dir(folder)
        .output();
    output.is_ok_and(|it| it.status.success())
}

impl Clock {
    /// `None` where there is no openssl.
    fn new(kind: Kind) -> Option<Self> {
        let mut params = leaf_params();
        // For timestamps alone, and critically.
        let usage = [0x30, 0x0a, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 8];
        let mut usage = CustomExtension::from_oid_content(&[2, 5, 29, 37], usage.to_vec());
        usage.set_criticality(true);
        params.extended_key_usages.clear();
        params.custom_extensions = vec![usage];
        let root = Authority::root();
        let signer = root.issue(&params, kind);
        let folder = TempDir::new().unwrap();
        if !openssl(folder.path(), &["version"]) {
            println!("skipped: openssl is not here");
            return None;
        }
        for (name, text) in [
            ("tsa.cnf", CONFIG.to_owned()),
            ("serial", "01\n".to_owned()),
            ("tsa.pem", pem(&signer.chain[0])),
            ("tsa.key", signer.key_pem()),
        ] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        Some(Self { root, folder })
    }

    fn token(&self, signature: &[u8], digest: &str) -> Vec<u8> {
        let folder = self.folder.path();
        fs::write(folder.join("signature"), signature).unwrap();
        let query = [
            "ts",
            "-query",
            "-data",
            "signature",
            "-cert",
            "-out",
            "q",
            digest,
        ];
        assert!(openssl(folder, &query));
        let words = "ts -reply -queryfile q -config tsa.cnf -signer tsa.pem -inkey tsa.key -token_out -out token";
        assert!(openssl(folder, &words.split(' ').collect::<Vec<_>>()));
        fs::read(folder.join("token")).unwrap()
    }

    /// An envelope with a timestamp over its own signature.
    fn stamped(&self, signer: &Signer, digest: &str) -> Value {
        let mut envelope: Value = serde_json::from_slice(&signer.jws(&payload())).unwrap();
        let signature = envelope["signature"].as_str().unwrap();
        let signature = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(signature);
        put(&mut envelope, &self.token(&signature.unwrap(), digest));
        envelope
    }

    /// Whoever signed is trusted, and so is this clock.
    fn trust(&self, root: &Authority) -> NotationTrust {
        let mut trust = trust(root);
        trust.timestamp_authorities =
            vec![Certificate::from_der(self.root.chain.last().unwrap()).unwrap()];
        trust
    }
}

fn put(envelope: &mut Value, token: &[u8]) {
    envelope["header"]["io.cncf.notary.timestampSignature"] = STANDARD.encode(token).into();
}

fn verify(
    envelope: &Value,
    trust: &NotationTrust,
    time: &str,
) -> Result<NotationVerified, TrustError> {
    let text = envelope.to_string();
    verify_notation(
        text.as_bytes(),
        NotationFormat::Jws,
        &[target()],
        trust,
        at(time),
    )
}

/// After all certificates of these tests.
const LATER: &str = "2101-01-01T00:00:00Z";
/// While they are valid.
const BEFORE: &str = "2099-01-01T00:00:00Z";

#[test]
fn a_timestamp_proves_that_certificates_were_valid() {
    for (kind, digest) in [
        (Kind::P256, "-sha256"),
        (Kind::P384, "-sha384"),
        (Kind::Rsa2048, "-sha256"),
        (Kind::Rsa3072, "-sha512"),
    ] {
        let Some(clock) = Clock::new(kind) else {
            return;
        };
        let root = Authority::root();
        let envelope = clock.stamped(&root.signer(Kind::P256), digest);
        let verified = verify(&envelope, &clock.trust(&root), LATER).unwrap();
        let signed_at = verified.signed_at.unwrap();
        assert!(signed_at.duration_since(Timestamp::now()).abs().as_secs() < 60);
        assert_eq!(verified.claimed_at, None);
        assert_eq!(verified.unenforced, []);
        // Without anybody who vouches for it, it proves nothing.
        let alone = verify(&envelope, &trust(&root), LATER);
        refused(alone, "no authority is trusted for the timestamp");
    }
}

#[test]
fn a_timestamp_stands_in_cose_as_well() {
    let Some(clock) = Clock::new(Kind::P256) else {
        return;
    };
    let root = Authority::root();
    // Signatures with RSA by PSS differ each time, as those of elliptic curves do: what was signed is signed no more.
    let signer = root.signer(Kind::P256);
    let envelope = signer.cose(&payload());
    let signature = &envelope[envelope.len() - 64..];
    let token = Cbor::Bytes(clock.token(signature, "-sha256"));
    let name = Cbor::text("io.cncf.notary.timestampSignature").bytes();
    // Behind the certificates, in a map that has one member more.
    let certificates = signer.chain.iter().cloned().map(Cbor::Bytes).collect();
    let member = [Cbor::Number(33).bytes(), Cbor::List(certificates).bytes()].concat();
    let start = envelope
        .windows(member.len())
        .position(|it| it == member)
        .unwrap();
    let end = start + member.len();
    let mut stamped = [&envelope[..end], &name, &token.bytes(), &envelope[end..]].concat();
    stamped[start - 1] += 1;
    let later = at(LATER);
    let trust = clock.trust(&root);
    let verified = verify_notation(&stamped, NotationFormat::Cose, &[target()], &trust, later);
    assert!(verified.unwrap().signed_at.is_some());
}

#[test]
fn a_timestamp_that_proves_nothing_is_refused() {
    let Some(clock) = Clock::new(Kind::P256) else {
        return;
    };
    let Some(other) = Clock::new(Kind::P256) else {
        return;
    };
    let root = Authority::root();
    let signer = root.signer(Kind::P256);
    let trust = clock.trust(&root);
    let mut envelope = clock.stamped(&signer, "-sha256");
    verify(&envelope, &trust, BEFORE).unwrap();
    // By somebody else, over something else, changed, and from the future.
    let refuse = |envelope: &Value, words: &str| refused(verify(envelope, &trust, BEFORE), words);
    refuse(&other.stamped(&signer, "-sha256"), "in a `tsa` trust store");
    let token = clock.token(b"another signature", "-sha256");
    put(&mut envelope, &token);
    refuse(&envelope, "over another signature");
    let envelope = clock.stamped(&signer, "-sha256");
    let past = verify(&envelope, &trust, "2025-01-01T00:00:00Z");
    refused(past, "which is yet to come");
    let token = envelope["header"]["io.cncf.notary.timestampSignature"].as_str();
    let token = STANDARD.decode(token.unwrap()).unwrap();
    let right = verify(&envelope, &trust, BEFORE).unwrap();
    for at in (0..token.len()).step_by(3) {
        let mut changed = token.clone();
        changed[at] ^= 0x10;
        let mut envelope = envelope.clone();
        put(&mut envelope, &changed);
        // Some of it nobody signs, such as the number of the form.
        if let Ok(verified) = verify(&envelope, &trust, BEFORE) {
            assert_eq!(verified.signed_at, right.signed_at, "{at}");
        }
        put(&mut envelope, &token[..at]);
        assert!(verify(&envelope, &trust, BEFORE).is_err(), "{at}");
    }
    // One that is demanded has to be there.
    let without = serde_json::from_slice(&signer.jws(&payload())).unwrap();
    refuse(&without, "it has no timestamp");
}

#[test]
fn policies_say_when_a_timestamp_is_asked_for() {
    let Some(clock) = Clock::new(Kind::P256) else {
        return;
    };
    let root = Authority::root();
    let envelope = serde_json::from_slice(&root.signer(Kind::P256).jws(&payload())).unwrap();
    let mut trust = clock.trust(&root);
    refused(verify(&envelope, &trust, BEFORE), "it has no timestamp");
    trust.timestamps = TimestampUse::AfterCertExpiry;
    assert!(verify(&envelope, &trust, BEFORE).is_ok());
    refused(verify(&envelope, &trust, LATER), "it has no timestamp");
    trust.demands.authentic_timestamp = Action::Log;
    let verified = verify(&envelope, &trust, LATER).unwrap();
    assert_eq!(verified.unenforced[0].what, "authenticTimestamp");
}

#[test]
fn a_signature_of_before_or_after_its_certificate_is_refused() {
    let Some(clock) = Clock::new(Kind::P256) else {
        return;
    };
    let root = Authority::root();
    for (from, until) in [(2099, 2100), (2020, 2021)] {
        let mut params = leaf_params();
        params.not_before = date_time_ymd(from, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
        let envelope = clock.stamped(&root.issue(&params, Kind::P256), "-sha256");
        refused(
            verify(&envelope, &clock.trust(&root), LATER),
            "the timestamp",
        );
    }
}
