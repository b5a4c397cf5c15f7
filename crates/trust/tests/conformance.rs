//! Sigstore's own conformance cases for bundles, all of them: none is excused.
//!
//! Source: <https://github.com/sigstore/sigstore-conformance>, `test/assets/bundle-verify`, Apache-2.0.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "tests may fail loudly, and say what they ran"
)]

use std::{fs, path::Path};

use ringwall_trust::{
    Artifact, Identity, LogUse, Pattern, PublicKey, Signer, TrustError, TrustRoot, Verified,
    verify_bundle,
};
use sha2::{Digest as _, Sha256};

const CASES: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../../shared/sigstore-conformance/bundle-verify"
);

/// As the README beside the cases says.
const SUBJECT: &str = "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main";
const ISSUER: &str = "https://token.actions.githubusercontent.com";

struct Case {
    name: String,
    bundle: Vec<u8>,
    artifact: Vec<u8>,
    subject: String,
    issuer: String,
    key: Option<Vec<u8>>,
    root: Option<Vec<u8>>,
}

impl Case {
    fn read(folder: &Path) -> Self {
        let file = |name: &str| fs::read(folder.join(name)).ok();
        let text = |name: &str, default: &str| {
            let text = file(name).map(|bytes| String::from_utf8(bytes).unwrap());
            text.map_or_else(|| default.to_owned(), |text| text.trim().to_owned())
        };
        let artifact = file("artifact");
        Self {
            name: folder.file_name().unwrap().to_str().unwrap().to_owned(),
            bundle: file("bundle.sigstore.json").unwrap(),
            artifact: artifact.unwrap_or_else(|| fs::read(folder.join("../a.txt")).unwrap()),
            subject: text("identity", SUBJECT),
            issuer: text("issuer", ISSUER),
            key: file("key.pub"),
            root: file("trusted_root.json"),
        }
    }

    fn must_fail(&self) -> bool {
        self.name.ends_with("_fail")
    }

    fn signer(&self, pattern: impl Fn(&str) -> Pattern) -> Result<Signer, TrustError> {
        Ok(match &self.key {
            Some(pem) => Signer::Key(PublicKey::from_pem(pem)?, LogUse::Required),
            None => Signer::Identity(Identity {
                issuer: pattern(&self.issuer),
                subject: pattern(&self.subject),
            }),
        })
    }

    fn root(&self) -> Result<TrustRoot, TrustError> {
        match &self.root {
            Some(json) => TrustRoot::from_json(json),
            None => TrustRoot::embedded(),
        }
    }

    fn verify(&self, artifact: Artifact<'_>) -> Result<Verified, TrustError> {
        let signer = self.signer(|text| Pattern::Exact(text.to_owned()))?;
        verify_bundle(&self.bundle, artifact, &signer, &self.root()?)
    }
}

fn cases() -> Vec<Case> {
    let Ok(folder) = fs::read_dir(CASES) else {
        println!("skipped: ../shared is not here");
        return Vec::new();
    };
    let mut folders: Vec<_> = folder
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    let cases: Vec<_> = folders.iter().map(|folder| Case::read(folder)).collect();
    assert_eq!(cases.len(), 41);
    cases
}

#[test]
fn every_case_of_the_conformance_suite_is_right() {
    let mut wrong = Vec::new();
    let cases = cases();
    for case in &cases {
        let digest = Artifact::Sha256(Sha256::digest(&case.artifact).into());
        for artifact in [Artifact::Bytes(&case.artifact), digest] {
            let outcome = case.verify(artifact);
            match &outcome {
                Ok(verified) => println!("{}: holds: {:?}", case.name, verified.signed_at),
                Err(error) => println!("{}: fails: {error}", case.name),
            }
            if outcome.is_err() != case.must_fail() {
                wrong.push(format!("{}: {outcome:?}", case.name));
            }
        }
    }
    println!("{} cases, each by its bytes and by its digest", cases.len());
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn what_holds_says_who_and_when() {
    for case in cases().iter().filter(|case| !case.must_fail()) {
        let verified = case.verify(Artifact::Bytes(&case.artifact)).unwrap();
        assert!(verified.is_logged, "{}", case.name);
        match &verified.signer {
            ringwall_trust::VerifiedSigner::Key => assert!(case.key.is_some()),
            ringwall_trust::VerifiedSigner::Identity { issuer, subject } => {
                assert_eq!((issuer, subject), (&case.issuer, &case.subject));
                let year = verified.signed_at.unwrap().to_string();
                assert!(year.starts_with("202"), "{year}");
            }
        }
    }
}

#[test]
fn nothing_holds_for_another_artifact_signer_or_root() {
    for case in cases().iter().filter(|case| !case.must_fail()) {
        let name = &case.name;
        let root = case.root().unwrap();
        let signer = case
            .signer(|text| Pattern::regex(&regex_of(text)).unwrap())
            .unwrap();
        let check = |artifact: &[u8], signer: &Signer, root: &TrustRoot| {
            verify_bundle(&case.bundle, Artifact::Bytes(artifact), signer, root)
        };
        check(&case.artifact, &signer, &root).unwrap_or_else(|error| panic!("{name}: {error}"));
        let other = check(b"another artifact", &signer, &root);
        assert!(other.is_err(), "{name}: {other:?}");
        if let Signer::Identity(right) = &signer {
            let nobody = || Pattern::Exact("https://nobody.example".to_owned());
            let part = Pattern::regex("github").unwrap();
            for wrong in [
                Identity {
                    issuer: nobody(),
                    ..right.clone()
                },
                Identity {
                    subject: nobody(),
                    ..right.clone()
                },
                Identity {
                    subject: part,
                    ..right.clone()
                },
                Identity {
                    issuer: right.subject.clone(),
                    subject: right.issuer.clone(),
                },
            ] {
                let error = check(&case.artifact, &Signer::Identity(wrong), &root).unwrap_err();
                assert!(
                    matches!(error, TrustError::Signer { .. }),
                    "{name}: {error}"
                );
            }
        }
        // A root without logs and authorities trusts nobody.
        let empty =
            br#"{"mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1"}"#;
        let empty = TrustRoot::from_json(empty).unwrap();
        let outcome = check(&case.artifact, &signer, &empty);
        assert!(outcome.is_err(), "{name}: {outcome:?}");
    }
}

/// A pattern that only this text matches.
fn regex_of(text: &str) -> String {
    text.replace('.', r"\.")
}

#[test]
fn a_bundle_that_was_changed_anywhere_it_counts_does_not_hold() {
    for name in ["rekor2-dsse-happy-path", "rekor2-happy-path"] {
        let Some(case) = cases().into_iter().find(|case| case.name == name) else {
            return;
        };
        let signer = case.signer(|text| Pattern::Exact(text.to_owned())).unwrap();
        let root = case.root().unwrap();
        let (mut damaged, mut refused) = (0, 0);
        for at in (0..case.bundle.len()).step_by(29) {
            let mut bundle = case.bundle.clone();
            if !bundle[at].is_ascii_alphanumeric() {
                continue;
            }
            bundle[at] = if bundle[at] == b'A' { b'B' } else { b'A' };
            damaged += 1;
            let outcome = verify_bundle(&bundle, Artifact::Bytes(&case.artifact), &signer, &root);
            if outcome.is_err() {
                refused += 1;
            }
        }
        println!("{name}: {refused} of {damaged} changes refused");
        // What is left are names of unknown fields and values that a version 2 log does not use.
        assert!(refused * 10 > damaged * 9, "{name}: {refused} of {damaged}");
    }
}
