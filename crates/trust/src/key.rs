//! Public keys that somebody trusts.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest as _, Sha256};
use sigstore_verify::{
    crypto::{KeyAlgorithm, SigningScheme, VerificationKey},
    types::{DerPublicKey, SignatureBytes},
};
use x509_cert::{
    der::{
        self, Decode as _, Encode as _,
        asn1::{AnyRef, BitStringRef, ObjectIdentifier},
    },
    spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef},
};

use crate::{TrustError, crypto, hex, rsa};

/// Bytes of the longest key in PEM: an RSA key of 8,192 bits has some 1,500.
const MAX_PEM_BYTES: usize = 64 << 10;

/// `rsaEncryption` of RFC 8017.
const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// How a key of RSA begins that says nothing but its numbers.
const RSA_LABEL: &str = "-----BEGIN RSA PUBLIC KEY-----";

/// A public key: ECDSA on P-256 or P-384, Ed25519, or RSA of 2,048 to 8,192 bits.
#[derive(Clone, Debug)]
pub struct PublicKey {
    der: DerPublicKey,
    algorithm: KeyAlgorithm,
}

impl PublicKey {
    /// Reads a key in PEM (`-----BEGIN PUBLIC KEY-----`), as `cosign public-key` and `openssl pkey -pubout` write it, or
    /// one of RSA in the form of PKCS #1.
    pub fn from_pem(pem: &[u8]) -> Result<Self, TrustError> {
        let unusable = |reason: &dyn ToString| TrustError::Key(reason.to_string());
        if pem.len() > MAX_PEM_BYTES {
            return Err(unusable(&"it is larger than 64 KiB"));
        }
        let text = std::str::from_utf8(pem).map_err(|_| unusable(&"it is no text"))?;
        if text.contains("PRIVATE KEY-----") {
            return Err(unusable(&"it is a private key"));
        }
        let of_rsa = text.matches(RSA_LABEL).count();
        if text.matches("BEGIN PUBLIC KEY-----").count() + of_rsa > 1 {
            return Err(unusable(&"the file holds several"));
        }
        let der = match of_rsa {
            0 => DerPublicKey::from_pem(text).map_err(|error| unusable(&error))?,
            _ => of_pkcs1(text).map_err(|reason| unusable(&reason))?,
        };
        let key = Self::new(der)?;
        // Nothing that it signs would ever hold.
        if matches!(key.algorithm, KeyAlgorithm::Rsa) && !key.has_modulus() {
            return Err(unusable(&"of RSA, keys of 2,048 to 8,192 bits are"));
        }
        Ok(key)
    }

    /// Whether its numbers are such that signatures of RSA can be verified with them.
    fn has_modulus(&self) -> bool {
        SubjectPublicKeyInfoRef::from_der(self.der.as_bytes())
            .is_ok_and(|info| rsa::modulus_bits(info.subject_public_key.raw_bytes()).is_some())
    }

    /// A key from its `SubjectPublicKeyInfo`.
    pub(crate) fn from_der(der: Vec<u8>) -> Result<Self, TrustError> {
        Self::new(DerPublicKey::new(der))
    }

    fn new(der: DerPublicKey) -> Result<Self, TrustError> {
        let unusable = |reason: &dyn ToString| TrustError::Key(reason.to_string());
        let algorithm = KeyAlgorithm::from_spki(&der).map_err(|error| unusable(&error))?;
        if schemes(algorithm).is_empty() {
            return Err(unusable(&format!(
                "keys of the kind {algorithm:?} are not supported"
            )));
        }
        Ok(Self { der, algorithm })
    }

    /// What people call its kind.
    pub const fn kind(&self) -> &'static str {
        match self.algorithm {
            KeyAlgorithm::EcdsaP256 => "ECDSA P-256",
            KeyAlgorithm::EcdsaP384 => "ECDSA P-384",
            KeyAlgorithm::Ed25519 => "Ed25519",
            KeyAlgorithm::Rsa => "RSA",
            _ => "another",
        }
    }

    /// The SHA-256 of the key (of its `SubjectPublicKeyInfo`), in hexadecimal digits.
    pub fn fingerprint(&self) -> String {
        hex(&self.sha256())
    }

    /// The same in bytes.
    pub(crate) fn sha256(&self) -> crate::Sha256 {
        Sha256::digest(self.der.as_bytes()).into()
    }

    /// Whether a message bears a signature of this key, in one of the ways that cosign signs.
    pub fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        crypto::install();
        let signature = SignatureBytes::from_bytes(signature);
        schemes(self.algorithm).iter().any(|scheme| {
            VerificationKey::from_spki_with_scheme(&self.der, *scheme)
                .is_ok_and(|key| key.verify(message, &signature).is_ok())
        })
    }

    /// The same in the one way that every version of cosign verifies: with SHA-256, RSA by PKCS #1 v1.5.
    pub fn has_signed_as_cosign(&self, message: &[u8], signature: &[u8]) -> bool {
        crypto::install();
        let signature = SignatureBytes::from_bytes(signature);
        schemes(self.algorithm).first().is_some_and(|scheme| {
            VerificationKey::from_spki_with_scheme(&self.der, *scheme)
                .is_ok_and(|key| key.verify(message, &signature).is_ok())
        })
    }

    pub(crate) const fn algorithm(&self) -> KeyAlgorithm {
        self.algorithm
    }

    pub(crate) const fn der(&self) -> &DerPublicKey {
        &self.der
    }
}

/// A key of RSA in the form of PKCS #1, as all others are: with a word for what it is.
fn of_pkcs1(text: &str) -> Result<DerPublicKey, String> {
    let inside = text.split_once(RSA_LABEL).and_then(|(_, rest)| {
        let (inside, _) = rest.split_once("-----END RSA PUBLIC KEY-----")?;
        Some(inside.split_whitespace().collect::<String>())
    });
    let inside = inside.ok_or("it does not end")?;
    let numbers = STANDARD.decode(inside).map_err(|error| error.to_string())?;
    let encode = || {
        let info = SubjectPublicKeyInfoRef {
            algorithm: AlgorithmIdentifierRef {
                oid: RSA_ENCRYPTION,
                parameters: Some(AnyRef::NULL),
            },
            subject_public_key: BitStringRef::from_bytes(&numbers)?,
        };
        info.to_der()
    };
    let der = encode().map_err(|error: der::Error| error.to_string())?;
    Ok(DerPublicKey::new(der))
}

/// How cosign signs with a key: with SHA-256 whatever the curve since its first versions, with the curve's own hash
/// since bundles; RSA by PKCS #1 v1.5, and by PSS where a key management service does so.
///
/// The first way of each is the one of its first versions.
///
/// See: `LoadVerifier` of <https://github.com/sigstore/sigstore/blob/main/pkg/signature/verifier.go>.
const fn schemes(algorithm: KeyAlgorithm) -> &'static [SigningScheme] {
    use SigningScheme as S;

    match algorithm {
        KeyAlgorithm::EcdsaP256 => &[S::EcdsaP256Sha256, S::EcdsaP256Sha384],
        KeyAlgorithm::EcdsaP384 => &[S::EcdsaP384Sha256, S::EcdsaP384Sha384],
        KeyAlgorithm::Ed25519 => &[S::Ed25519],
        KeyAlgorithm::Rsa => &[
            S::RsaPkcs1Sha256,
            S::RsaPkcs1Sha384,
            S::RsaPkcs1Sha512,
            S::RsaPssSha256,
            S::RsaPssSha384,
            S::RsaPssSha512,
        ],
        _ => &[],
    }
}
