//! The arithmetic of envelopes and of the certificates in them.
//!
//! Which algorithm an envelope is signed with follows from the key alone, as in
//! <https://github.com/notaryproject/specifications/blob/main/specs/signature-specification.md#algorithm-selection>:
//! what the envelope says of it has to be the same, and never decides.

use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
use ring::signature::{
    self, ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384,
    RSA_PSS_2048_8192_SHA512,
};
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use x509_cert::{der::asn1::ObjectIdentifier, spki::SubjectPublicKeyInfoOwned};

use crate::{TrustError, crypto::widened, rsa};

/// What an envelope is signed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EnvelopeAlgorithm {
    Ps256,
    Ps384,
    Ps512,
    Es256,
    Es384,
    Es512,
}

/// The digest under a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

/// How a signature is made with a key of its sort.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Padding {
    /// RSA by PKCS #1 v1.5.
    Pkcs1,
    /// RSA by PSS, with as much salt as the digest has bytes.
    Pss,
    /// ECDSA, both numbers in DER.
    Der,
    /// ECDSA, both numbers one behind the other.
    Fixed,
    /// As Ed25519 has it, which knows one way only.
    Plain,
}

/// A public key in a certificate.
#[derive(Clone, Debug)]
pub(crate) enum Key {
    /// The `RSAPublicKey`, and the bits of its modulus.
    Rsa(Vec<u8>, u64),
    /// The point, as SEC 1 writes it.
    Curve(Curve, Vec<u8>),
    Ed25519(Vec<u8>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Curve {
    P256,
    P384,
    P521,
}

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const EDWARDS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const P521: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");

impl EnvelopeAlgorithm {
    /// By its name in JWS.
    pub(crate) fn of_jws(name: &str) -> Option<Self> {
        let all = [
            Self::Ps256,
            Self::Ps384,
            Self::Ps512,
            Self::Es256,
            Self::Es384,
            Self::Es512,
        ];
        all.into_iter().find(|it| it.name() == name)
    }

    /// Its name, which is that of JWS.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::Es512 => "ES512",
        }
    }

    pub(crate) const fn hash(self) -> Hash {
        match self {
            Self::Ps256 | Self::Es256 => Hash::Sha256,
            Self::Ps384 | Self::Es384 => Hash::Sha384,
            Self::Ps512 | Self::Es512 => Hash::Sha512,
        }
    }

    const fn padding(self) -> Padding {
        match self {
            Self::Ps256 | Self::Ps384 | Self::Ps512 => Padding::Pss,
            Self::Es256 | Self::Es384 | Self::Es512 => Padding::Fixed,
        }
    }
}

impl Hash {
    pub(crate) fn of(self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(message).to_vec(),
            Self::Sha384 => Sha384::digest(message).to_vec(),
            Self::Sha512 => Sha512::digest(message).to_vec(),
        }
    }

    /// By its name in certificates: SHA-2 alone.
    pub(crate) fn of_identifier(identifier: ObjectIdentifier) -> Option<Self> {
        match identifier.to_string().as_str() {
            "2.16.840.1.101.3.4.2.1" => Some(Self::Sha256),
            "2.16.840.1.101.3.4.2.2" => Some(Self::Sha384),
            "2.16.840.1.101.3.4.2.3" => Some(Self::Sha512),
            _ => None,
        }
    }
}

impl Key {
    pub(crate) fn new(info: &SubjectPublicKeyInfoOwned) -> Result<Self, TrustError> {
        let unusable = || TrustError::Certificate("its public key is damaged".to_owned());
        let bytes = info.subject_public_key.as_bytes().ok_or_else(unusable)?;
        let algorithm = &info.algorithm;
        if algorithm.oid == RSA {
            let bits = rsa::modulus_bits(bytes).ok_or_else(|| {
                TrustError::Certificate(
                    "its RSA key is damaged, or has less than 2,048 or more than 8,192 bits"
                        .to_owned(),
                )
            })?;
            return Ok(Self::Rsa(bytes.to_vec(), bits));
        }
        if algorithm.oid == EDWARDS {
            return Ok(Self::Ed25519(bytes.to_vec()));
        }
        if algorithm.oid != EC {
            return Err(unsupported(algorithm.oid));
        }
        let curve = algorithm.parameters.as_ref();
        let curve: ObjectIdentifier = curve
            .and_then(|curve| curve.decode_as().ok())
            .ok_or_else(unusable)?;
        let curve = match curve {
            P256 => Curve::P256,
            P384 => Curve::P384,
            P521 => Curve::P521,
            other => return Err(unsupported(other)),
        };
        Ok(Self::Curve(curve, bytes.to_vec()))
    }

    /// The one algorithm that envelopes are signed with by such a key.
    pub(crate) fn envelope_algorithm(&self) -> Result<EnvelopeAlgorithm, TrustError> {
        match self {
            Self::Rsa(_, 2048) => Ok(EnvelopeAlgorithm::Ps256),
            Self::Rsa(_, 3072) => Ok(EnvelopeAlgorithm::Ps384),
            Self::Rsa(_, 4096) => Ok(EnvelopeAlgorithm::Ps512),
            Self::Curve(Curve::P256, _) => Ok(EnvelopeAlgorithm::Es256),
            Self::Curve(Curve::P384, _) => Ok(EnvelopeAlgorithm::Es384),
            Self::Curve(Curve::P521, _) => Ok(EnvelopeAlgorithm::Es512),
            Self::Rsa(_, bits) => Err(TrustError::Certificate(format!(
                "its RSA key has {bits} bits, and nothing else than 2,048, 3,072 or 4,096 signs"
            ))),
            Self::Ed25519(_) => Err(TrustError::Certificate(
                "its key is one of Ed25519, which does not sign in Notation's format".to_owned(),
            )),
        }
    }

    /// Whether an envelope is signed with it.
    pub(crate) fn has_signed_envelope(
        &self,
        algorithm: EnvelopeAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        self.has_signed(algorithm.hash(), algorithm.padding(), message, signature)
    }

    /// Whether a message is signed with it in some way; a way of another sort of key is none.
    pub(crate) fn has_signed(
        &self,
        hash: Hash,
        padding: Padding,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        match (self, padding) {
            (Self::Rsa(key, _), Padding::Pkcs1 | Padding::Pss) => {
                let algorithm = match (padding, hash) {
                    (Padding::Pss, Hash::Sha256) => &RSA_PSS_2048_8192_SHA256,
                    (Padding::Pss, Hash::Sha384) => &RSA_PSS_2048_8192_SHA384,
                    (Padding::Pss, Hash::Sha512) => &RSA_PSS_2048_8192_SHA512,
                    (_, Hash::Sha256) => &RSA_PKCS1_2048_8192_SHA256,
                    (_, Hash::Sha384) => &RSA_PKCS1_2048_8192_SHA384,
                    (_, Hash::Sha512) => &RSA_PKCS1_2048_8192_SHA512,
                };
                let key = signature::UnparsedPublicKey::new(algorithm, key);
                key.verify(message, signature).is_ok()
            }
            (Self::Ed25519(key), Padding::Plain) => {
                let key = signature::UnparsedPublicKey::new(&ED25519, key);
                key.verify(message, signature).is_ok()
            }
            (Self::Curve(curve, key), Padding::Der | Padding::Fixed) => {
                on_curve(*curve, key, hash, padding, message, signature)
            }
            _ => false,
        }
    }
}

/// ECDSA: ring's where it has it, RustCrypto's else.
fn on_curve(
    curve: Curve,
    key: &[u8],
    hash: Hash,
    padding: Padding,
    message: &[u8],
    signature: &[u8],
) -> bool {
    use ring::signature as known;

    let algorithm: &dyn known::VerificationAlgorithm = match (curve, hash, padding) {
        (Curve::P256, Hash::Sha256, Padding::Fixed) => &known::ECDSA_P256_SHA256_FIXED,
        (Curve::P384, Hash::Sha384, Padding::Fixed) => &known::ECDSA_P384_SHA384_FIXED,
        (Curve::P256, Hash::Sha256, Padding::Der) => &known::ECDSA_P256_SHA256_ASN1,
        (Curve::P256, Hash::Sha384, Padding::Der) => &known::ECDSA_P256_SHA384_ASN1,
        (Curve::P384, Hash::Sha256, Padding::Der) => &known::ECDSA_P384_SHA256_ASN1,
        (Curve::P384, Hash::Sha384, Padding::Der) => &known::ECDSA_P384_SHA384_ASN1,
        _ => return over_digest(curve, key, &hash.of(message), padding, signature),
    };
    let key = known::UnparsedPublicKey::new(algorithm, key);
    key.verify(message, signature).is_ok()
}

fn over_digest(
    curve: Curve,
    key: &[u8],
    digest: &[u8],
    padding: Padding,
    signature: &[u8],
) -> bool {
    macro_rules! verify {
        ($curve:ident, $width:literal) => {{
            let key = $curve::ecdsa::VerifyingKey::from_sec1_bytes(key);
            let signature = match padding {
                Padding::Der => $curve::ecdsa::Signature::from_der(signature),
                _ => $curve::ecdsa::Signature::from_slice(signature),
            };
            let digest = widened::<$width>(digest);
            matches!((key, signature), (Ok(key), Ok(signature)) if key.verify_prehash(&digest, &signature).is_ok())
        }};
    }
    match curve {
        Curve::P256 => verify!(p256, 32),
        Curve::P384 => verify!(p384, 48),
        Curve::P521 => verify!(p521, 66),
    }
}

/// How a certificate or a timestamp says that it is signed.
///
/// See: RFC 4055 and RFC 5758.
pub(crate) fn way_of_signing(
    algorithm: &x509_cert::spki::AlgorithmIdentifierOwned,
) -> Result<(Hash, Padding), TrustError> {
    let refused = |name: &str| {
        Err(TrustError::Certificate(format!(
            "it is signed with {name}, which anybody may forge"
        )))
    };
    match algorithm.oid.to_string().as_str() {
        "1.2.840.113549.1.1.11" => Ok((Hash::Sha256, Padding::Pkcs1)),
        "1.2.840.113549.1.1.12" => Ok((Hash::Sha384, Padding::Pkcs1)),
        "1.2.840.113549.1.1.13" => Ok((Hash::Sha512, Padding::Pkcs1)),
        "1.2.840.10045.4.3.2" => Ok((Hash::Sha256, Padding::Der)),
        "1.2.840.10045.4.3.3" => Ok((Hash::Sha384, Padding::Der)),
        "1.2.840.10045.4.3.4" => Ok((Hash::Sha512, Padding::Der)),
        // Ed25519 has a hash of its own.
        "1.3.101.112" => Ok((Hash::Sha512, Padding::Plain)),
        "1.2.840.113549.1.1.10" => {
            let parameters = algorithm
                .parameters
                .as_ref()
                .map(x509_cert::der::Any::value);
            let all = [
                (Hash::Sha256, 1, 32),
                (Hash::Sha384, 2, 48),
                (Hash::Sha512, 3, 64),
            ];
            let mut all = all.into_iter();
            let known = all.find(|(_, name, salt)| parameters == Some(&pss(*name, *salt)));
            known
                .map(|(hash, ..)| (hash, Padding::Pss))
                .ok_or_else(|| unsupported(algorithm.oid))
        }
        "1.2.840.113549.1.1.4" => refused("MD5"),
        "1.2.840.113549.1.1.5" | "1.2.840.10045.4.1" => refused("SHA-1"),
        _ => Err(unsupported(algorithm.oid)),
    }
}

/// What `RSASSA-PSS-params` holds where one digest is used throughout, with as much salt as it has bytes.
///
/// See: RFC 4055, section 3.1.
fn pss(digest: u8, salt: u8) -> [u8; 52] {
    let mut parameters = [
        // The digest.
        0xa0, 0x0f, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 0, 5, 0,
        // The mask, by the same digest.
        0xa1, 0x1c, 0x30, 0x1a, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 8, //
        0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 0, 5, 0, //
        // The salt.
        0xa2, 3, 2, 1, 0,
    ];
    for (at, value) in [(14, digest), (44, digest), (51, salt)] {
        if let Some(byte) = parameters.get_mut(at) {
            *byte = value;
        }
    }
    parameters
}

fn unsupported(identifier: ObjectIdentifier) -> TrustError {
    TrustError::Unsupported(format!("its certificates use the algorithm {identifier}"))
}
