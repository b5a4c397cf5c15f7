//! Private keys in every form that is read: what they sign holds under the key that verifies it.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests may fail loudly, and say what they skip"
)]

use std::{
    io::{ErrorKind, Write as _},
    process::{Command, Stdio},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ringwall_trust::{PrivateKey, PublicKey, TrustError};

/// Made by `cosign generate-key-pair`, for tests and nothing else.
const KEY: &[u8] = include_bytes!("data/cosign.key");
const PUBLIC: &[u8] = include_bytes!("data/cosign.pub");
const PASSWORD: &[u8] = b"open-sesame-4711";

/// What OpenSSL writes; `None` where it is not here.
fn openssl(words: &[&str], input: &[u8]) -> Option<Vec<u8>> {
    let program = Command::new("openssl")
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut program = match program {
        Ok(program) => program,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            println!("skipped: openssl is not here");
            return None;
        }
        Err(error) => panic!("openssl: {error}"),
    };
    program.stdin.take().unwrap().write_all(input).unwrap();
    let output = program.wait_with_output().unwrap();
    assert!(output.status.success(), "openssl {words:?}");
    Some(output.stdout)
}

fn reason(pem: &[u8], password: Option<&[u8]>) -> String {
    PrivateKey::from_pem(pem, password).unwrap_err().to_string()
}

#[test]
fn a_key_of_cosign_signs() {
    let key = PrivateKey::from_pem(KEY, Some(PASSWORD)).unwrap();
    let public = PublicKey::from_pem(PUBLIC).unwrap();
    assert_eq!(key.public().fingerprint(), public.fingerprint());
    let signature = key.sign(b"image").unwrap();
    assert!(public.has_signed(b"image", &signature));
    assert!(!public.has_signed(b"other", &signature));
    assert_eq!(key.sign(b"image").unwrap(), signature);
    assert!(!format!("{key:?}").contains("SecretKey"));
    // Older versions wrote another name over the same.
    let older = String::from_utf8(KEY.to_vec()).unwrap();
    let older = older.replace("SIGSTORE", "COSIGN");
    assert!(PrivateKey::from_pem(older.as_bytes(), Some(PASSWORD)).is_ok());
}

#[test]
fn only_its_password_opens_a_key() {
    let wrong = reason(KEY, Some(b"open-sesame-4712"));
    assert!(
        wrong.contains("the password does not open it, or the file is damaged"),
        "{wrong}"
    );
    let none = reason(KEY, None);
    assert!(none.contains("no password is given"), "{none}");
    assert!(none.contains("COSIGN_PASSWORD"), "{none}");
}

#[test]
fn keys_of_openssl_sign() {
    let cases: [(&str, &[&str]); 4] = [
        (
            "ECDSA P-256",
            &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
        ),
        (
            "ECDSA P-384",
            &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
        ),
        ("Ed25519", &["-algorithm", "ed25519"]),
        (
            "RSA",
            &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
        ),
    ];
    for (kind, words) in cases {
        let Some(pem) = openssl(&[&["genpkey"], words].concat(), b"") else {
            return;
        };
        let mut forms = vec![pem.clone()];
        if kind != "Ed25519" {
            // The form from before PKCS #8.
            forms.push(openssl(&["pkey", "-traditional"], &pem).unwrap());
        }
        let public = openssl(&["pkey", "-pubout"], &pem).unwrap();
        let public = PublicKey::from_pem(&public).unwrap();
        assert_eq!(public.kind(), kind);
        for form in forms {
            let key = PrivateKey::from_pem(&form, None).unwrap();
            assert_eq!(key.public().fingerprint(), public.fingerprint(), "{kind}");
            let signature = key.sign(b"image").unwrap();
            assert!(public.has_signed(b"image", &signature), "{kind}");
            assert!(!public.has_signed(b"images", &signature), "{kind}");
        }
    }
}

#[test]
fn parameters_before_a_key_do_no_harm() {
    let words = ["ecparam", "-name", "prime256v1", "-genkey"];
    let Some(pem) = openssl(&words, b"") else {
        return;
    };
    assert!(String::from_utf8_lossy(&pem).contains("BEGIN EC PARAMETERS"));
    assert!(PrivateKey::from_pem(&pem, None).is_ok());
}

#[test]
fn keys_that_cannot_sign_say_why() {
    assert!(reason(PUBLIC, None).contains("it is a public key"));
    assert!(reason(b"", None).contains("holds no private key"));
    assert!(reason(&[0xff], None).contains("no text"));
    assert!(reason(&vec![b' '; 65 << 10], None).contains("larger than 64 KiB"));
    assert!(reason(b"-----BEGIN PRIVATE KEY-----\nAAAA", None).contains("its end is missing"));
    for (begin, wanted) in [
        ("ENCRYPTED PRIVATE KEY", "cosign import-key-pair"),
        ("OPENSSH PRIVATE KEY", "`OPENSSH PRIVATE KEY` are unknown"),
        ("PRIVATE KEY", "the key cannot sign"),
        ("EC PRIVATE KEY", "P-256 and P-384"),
        ("RSA PRIVATE KEY", "2,048 to 4,096 bits"),
        (
            "ENCRYPTED SIGSTORE PRIVATE KEY",
            "what is encrypted cannot be understood",
        ),
    ] {
        let pem = format!("-----BEGIN {begin}-----\nAAAA\n-----END {begin}-----\n");
        let told = reason(pem.as_bytes(), Some(b""));
        assert!(told.contains(wanted), "{begin}: {told}");
    }
    for curve in ["secp521r1", "secp256k1"] {
        let curve = format!("ec_paramgen_curve:{curve}");
        let words = ["genpkey", "-algorithm", "EC", "-pkeyopt", &curve];
        let Some(pem) = openssl(&words, b"") else {
            return;
        };
        let told = reason(&pem, None);
        assert!(told.contains("do not sign"), "{told}");
    }
}

#[test]
fn a_damaged_key_is_refused_or_signs_as_what_it_is() {
    for words in [
        ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
        ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
        ["-algorithm", "ed25519", "-outform", "PEM"],
    ] {
        let Some(pem) = openssl(&[&["genpkey"][..], &words].concat(), b"") else {
            return;
        };
        let text = String::from_utf8(pem).unwrap();
        let body: String = text
            .lines()
            .filter(|line| !line.starts_with("-----"))
            .collect();
        let der = STANDARD.decode(body).unwrap();
        let check = |der: &[u8]| {
            let body = STANDARD.encode(der);
            let pem = format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n");
            if let Ok(key) = PrivateKey::from_pem(pem.as_bytes(), None) {
                let signature = key.sign(b"image").unwrap();
                assert!(key.public().has_signed_as_cosign(b"image", &signature));
            }
        };
        for at in 0..der.len() {
            for value in [0, 1, 0x7f, 0x80, 0xff, der[at] ^ 1] {
                let mut damaged = der.clone();
                damaged[at] = value;
                check(&damaged);
            }
            check(&der[..at]);
        }
    }
}

#[test]
fn a_damaged_key_never_signs() {
    let body_start = KEY.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    let at = body_start + 500;
    let mut damaged = KEY.to_vec();
    damaged[at] = if damaged[at] == b'A' { b'B' } else { b'A' };
    let error = PrivateKey::from_pem(&damaged, Some(PASSWORD)).unwrap_err();
    assert!(
        matches!(
            error,
            TrustError::Password { .. } | TrustError::PrivateKey(_)
        ),
        "{error}"
    );
}
