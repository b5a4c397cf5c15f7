//! Private keys that sign.
//!
//! Sources: RFC 5958 (PKCS #8), RFC 5915 (EC keys), RFC 8017 (RSA), RFC 8410 (Ed25519), RFC 7468 (PEM).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use p256::{
    ecdsa::signature::hazmat::PrehashSigner as _,
    pkcs8::{ObjectIdentifier, PrivateKeyInfoRef},
};
use ring::{
    rand::SystemRandom,
    rsa,
    signature::{Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256},
};
use sha2::{Digest as _, Sha256};
use x509_cert::{
    der::{
        Decode as _, Encode as _,
        asn1::{Any, BitString},
    },
    spki::{AlgorithmIdentifier, SubjectPublicKeyInfo},
};
use zeroize::Zeroizing;

use crate::{PublicKey, TrustError, encrypted_key};

/// Bytes of the longest key in PEM: what cosign writes of an RSA key of 4,096 bits has some 5,000.
const MAX_PEM_BYTES: usize = 64 << 10;

const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// `NULL`, which stands beside the name of RSA.
const NULL: [u8; 2] = [5, 0];

/// A private key: ECDSA on P-256 or P-384, Ed25519, or RSA of 2,048 to 4,096 bits.
#[derive(Debug)]
pub struct PrivateKey {
    pair: Pair,
    public: PublicKey,
}

/// None of these shows its secret to `Debug`, and those of ECDSA wipe it.
#[derive(Debug)]
enum Pair {
    P256(p256::ecdsa::SigningKey),
    P384(p384::ecdsa::SigningKey),
    Ed25519(Ed25519KeyPair),
    Rsa(rsa::KeyPair),
}

impl PrivateKey {
    /// Reads a key in PEM: as cosign encrypts it, PKCS #8, or the older forms of EC and RSA keys.
    /// The password is for the first; it may be empty.
    pub fn from_pem(pem: &[u8], password: Option<&[u8]>) -> Result<Self, TrustError> {
        let (label, bytes) = block(pem)?;
        let pair = match &*label {
            "ENCRYPTED SIGSTORE PRIVATE KEY" | "ENCRYPTED COSIGN PRIVATE KEY" => {
                let password = password.ok_or(TrustError::Password {
                    reason: "no password is given",
                })?;
                Pair::pkcs8(&encrypted_key::decrypt(&bytes, password)?)
            }
            "PRIVATE KEY" => Pair::pkcs8(&bytes),
            "EC PRIVATE KEY" => Pair::sec1(&bytes),
            "RSA PRIVATE KEY" => Pair::rsa(rsa::KeyPair::from_der(&bytes)),
            "ENCRYPTED PRIVATE KEY" => Err(unusable(
                "it is encrypted as OpenSSL does; `cosign import-key-pair` makes one of it that can be read",
            )),
            other => Err(unusable(&format!("keys of the form `{other}` are unknown"))),
        }?;
        let public = pair.public()?;
        Ok(Self { pair, public })
    }

    /// The key that verifies what this one signs.
    pub const fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Signs a message as cosign does: with SHA-256, RSA by PKCS #1 v1.5. The same message gets the same signature.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, TrustError> {
        let failed = |_| unusable("it does not sign");
        let digest = Sha256::digest(message);
        Ok(match &self.pair {
            Pair::P256(key) => {
                let signature: p256::ecdsa::Signature =
                    key.sign_prehash(&digest).map_err(failed)?;
                signature.to_der().as_bytes().to_vec()
            }
            Pair::P384(key) => {
                let signature: p384::ecdsa::Signature =
                    key.sign_prehash(&digest).map_err(failed)?;
                signature.to_der().as_bytes().to_vec()
            }
            Pair::Ed25519(key) => key.sign(message).as_ref().to_vec(),
            Pair::Rsa(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                // What is random here hides the key while it is at work, and does not show in the signature.
                key.sign(
                    &RSA_PKCS1_SHA256,
                    &SystemRandom::new(),
                    message,
                    &mut signature,
                )
                .map_err(|_| unusable("it does not sign"))?;
                signature
            }
        })
    }
}

impl Pair {
    fn pkcs8(der: &[u8]) -> Result<Self, TrustError> {
        let info = PrivateKeyInfoRef::try_from(der).map_err(|error| unusable(&error))?;
        let curve = info.algorithm.parameters_oid().ok();
        match (info.algorithm.oid, curve) {
            (EC, Some(P256)) => {
                let key = p256::SecretKey::try_from(info).map_err(|error| unusable(&error))?;
                Ok(Self::P256(key.into()))
            }
            (EC, Some(P384)) => {
                let key = p384::SecretKey::try_from(info).map_err(|error| unusable(&error))?;
                Ok(Self::P384(key.into()))
            }
            (ED25519, _) => {
                // Go and OpenSSL leave the public half out, which ring makes of the other then.
                let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der);
                pair.map(Self::Ed25519).map_err(|error| unusable(&error))
            }
            (RSA, _) => Self::rsa(rsa::KeyPair::from_pkcs8(der)),
            (other, _) => Err(unusable(&format!("keys of the kind {other} do not sign"))),
        }
    }

    fn sec1(der: &[u8]) -> Result<Self, TrustError> {
        if let Ok(key) = p256::SecretKey::from_sec1_der(der) {
            return Ok(Self::P256(key.into()));
        }
        let key = p384::SecretKey::from_sec1_der(der);
        key.map(|key| Self::P384(key.into()))
            .map_err(|_| unusable("it is on neither of the curves P-256 and P-384"))
    }

    fn rsa(key: Result<rsa::KeyPair, ring::error::KeyRejected>) -> Result<Self, TrustError> {
        key.map(Self::Rsa).map_err(|error| {
            unusable(&format!(
                "it is no RSA key of 2,048 to 4,096 bits that can be used: {error}"
            ))
        })
    }

    fn public(&self) -> Result<PublicKey, TrustError> {
        let curve = |oid: ObjectIdentifier| Some(Any::from(oid));
        let (kind, parameters, key) = match self {
            Self::P256(key) => {
                let point = key.verifying_key().to_sec1_point(false);
                (EC, curve(P256), point.as_bytes().to_vec())
            }
            Self::P384(key) => {
                let point = key.verifying_key().to_sec1_point(false);
                (EC, curve(P384), point.as_bytes().to_vec())
            }
            Self::Ed25519(key) => (ED25519, None, key.public_key().as_ref().to_vec()),
            Self::Rsa(key) => {
                let null = Any::from_der(&NULL).map_err(|error| unusable(&error))?;
                (RSA, Some(null), key.public_key().as_ref().to_vec())
            }
        };
        let info = SubjectPublicKeyInfo {
            algorithm: AlgorithmIdentifier {
                oid: kind,
                parameters,
            },
            subject_public_key: BitString::from_bytes(&key).map_err(|error| unusable(&error))?,
        };
        PublicKey::from_der(info.to_der().map_err(|error| unusable(&error))?)
    }
}

/// The first private key of a text in PEM: what it is, and its bytes.
/// Other things may stand before it, as the parameters of a curve do in what OpenSSL writes.
fn block(pem: &[u8]) -> Result<(String, Zeroizing<Vec<u8>>), TrustError> {
    const END: &str = "PRIVATE KEY";
    if pem.len() > MAX_PEM_BYTES {
        return Err(unusable("it is larger than 64 KiB"));
    }
    let text = std::str::from_utf8(pem).map_err(|_| unusable("it is no text"))?;
    let mut lines = text.lines().map(str::trim);
    let label = lines.by_ref().find_map(|line| {
        let label = line.strip_prefix("-----BEGIN ")?.strip_suffix("-----")?;
        label.ends_with(END).then_some(label)
    });
    let Some(label) = label else {
        return Err(unusable(if text.contains("PUBLIC KEY-----") {
            "it is a public key"
        } else {
            "it holds no private key in PEM"
        }));
    };
    let end = format!("-----END {label}-----");
    let mut body = Zeroizing::new(String::with_capacity(text.len()));
    for line in lines {
        if line == end {
            let bytes = STANDARD.decode(&*body).map(Zeroizing::new);
            let bytes = bytes.map_err(|_| unusable("what is inside is no Base64"))?;
            return Ok((label.to_owned(), bytes));
        }
        body.push_str(line);
    }
    Err(unusable("its end is missing"))
}

fn unusable(reason: &(impl ToString + ?Sized)) -> TrustError {
    TrustError::PrivateKey(reason.to_string())
}
