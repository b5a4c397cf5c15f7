//! Signatures: RSA by RFC 8017, ECDSA, Ed25519 and HMAC.

use hmac::Hmac;
use num_bigint::BigUint;
use p256::ecdsa::signature::hazmat::PrehashVerifier;
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::{
    super::digests::keyed_bytes,
    BuiltinError,
    keys::{Curve, Key, Verifying},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    fn digest(self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(message).to_vec(),
            Self::Sha384 => Sha384::digest(message).to_vec(),
            Self::Sha512 => Sha512::digest(message).to_vec(),
        }
    }

    const fn size(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    pub(super) fn keyed(self, message: &[u8], key: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => keyed_bytes::<Hmac<Sha256>>(message, key),
            Self::Sha384 => keyed_bytes::<Hmac<Sha384>>(message, key),
            Self::Sha512 => keyed_bytes::<Hmac<Sha512>>(message, key),
        }
    }

    /// The start of the `DigestInfo` that PKCS #1 signs, up to the digest.
    /// See: RFC 8017, section 9.2, note 1.
    const fn prefix(self) -> [u8; 19] {
        let (last, size) = match self {
            Self::Sha256 => (1, 32),
            Self::Sha384 => (2, 48),
            Self::Sha512 => (3, 64),
        };
        [
            0x30,
            0x11 + size,
            0x30,
            0x0d,
            0x06,
            0x09,
            0x60,
            0x86,
            0x48,
            0x01,
            0x65,
            0x03,
            0x04,
            0x02,
            last,
            0x05,
            0x00,
            0x04,
            size,
        ]
    }
}

/// How a token is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    RsaPkcs1(Hash),
    RsaPss(Hash),
    Ecdsa(Hash),
    EdDsa,
    Hmac(Hash),
}

impl Algorithm {
    /// The algorithm of a name, as `RS256`.
    pub(super) fn named(name: &str) -> Option<Self> {
        if name == "EdDSA" {
            return Some(Self::EdDsa);
        }
        let (family, size) = name.split_at_checked(2)?;
        let hash = match size {
            "256" => Hash::Sha256,
            "384" => Hash::Sha384,
            "512" => Hash::Sha512,
            _ => return None,
        };
        match family {
            "RS" => Some(Self::RsaPkcs1(hash)),
            "PS" => Some(Self::RsaPss(hash)),
            "ES" => Some(Self::Ecdsa(hash)),
            "HS" => Some(Self::Hmac(hash)),
            _ => None,
        }
    }

    /// Whether a message was signed with the key.
    pub(super) fn verify(self, key: &Verifying, message: &[u8], signature: &[u8]) -> bool {
        match (self, &key.key) {
            (Self::RsaPkcs1(hash), Key::Rsa { modulus, exponent }) => {
                pkcs1(hash, modulus, exponent, message, signature)
            }
            (Self::RsaPss(hash), Key::Rsa { modulus, exponent }) => {
                salt_length(hash, modulus, exponent, message, signature).is_some()
            }
            (Self::Ecdsa(hash), Key::Ec(curve, point)) => {
                ecdsa(*curve, point, &hash.digest(message), signature)
            }
            (Self::EdDsa, Key::Ed25519(key)) => ed25519(key, message, signature),
            _ => false,
        }
    }

    /// As [`Algorithm::verify`], and as strict as `io.jwt.decode_verify` is: the curve is the one of the algorithm,
    /// the salt as long as the hash, and secrets are keys too.
    pub(super) fn verify_strictly(
        self,
        key: &Verifying,
        message: &[u8],
        signature: &[u8],
    ) -> Result<bool, BuiltinError> {
        match (self, &key.key) {
            (_, Key::Secret(secret)) => Ok(self.verify_secret(secret, message, signature)),
            (Self::Ecdsa(hash), Key::Ec(curve, _)) => {
                let meant = match hash {
                    Hash::Sha256 => Curve::P256,
                    Hash::Sha384 => Curve::P384,
                    Hash::Sha512 => Curve::P521,
                };
                if *curve != meant {
                    return Err(BuiltinError::halt(
                        "io.jwt.decode_verify: the key is on another curve than the algorithm",
                    ));
                }
                if signature.len() != 2 * curve.size() {
                    return Ok(false);
                }
                Ok(self.verify(key, message, signature))
            }
            (Self::RsaPss(hash), Key::Rsa { modulus, exponent }) => {
                match salt_length(hash, modulus, exponent, message, signature) {
                    Some(length) if length != hash.size() => Err(BuiltinError::halt(
                        "io.jwt.decode_verify: the salt is not as long as the hash",
                    )),
                    found => Ok(found.is_some()),
                }
            }
            _ => Ok(self.verify(key, message, signature)),
        }
    }

    /// Whether a message was signed with a secret.
    pub(super) fn verify_secret(self, secret: &[u8], message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Hmac(hash) => are_equal(&hash.keyed(message, secret), signature),
            _ => false,
        }
    }
}

/// Compares without telling by time where the difference is.
pub(super) fn are_equal(first: &[u8], second: &[u8]) -> bool {
    first.len() == second.len()
        && first
            .iter()
            .zip(second)
            .fold(0, |differing, (a, b)| differing | (a ^ b))
            == 0
}

/// Keys below this many bits are broken, those above would take long.
const RSA_BITS: std::ops::RangeInclusive<u64> = 1_024..=16_384;

/// The bytes that were signed, as long as the modulus. Public numbers only, so the time it takes tells nothing.
fn rsa(modulus: &BigUint, exponent: &BigUint, signature: &[u8]) -> Option<Vec<u8>> {
    let size = usize::try_from(modulus.bits().div_ceil(8)).ok()?;
    let is_good = RSA_BITS.contains(&modulus.bits())
        && modulus.bit(0)
        && exponent.bit(0)
        && exponent.bits() <= 31
        && *exponent > BigUint::from(1u8)
        && signature.len() == size;
    let signature = BigUint::from_bytes_be(signature);
    if !is_good || signature >= *modulus {
        return None;
    }
    let message = signature.modpow(exponent, modulus).to_bytes_be();
    let mut padded = vec![0; size.checked_sub(message.len())?];
    padded.extend(message);
    Some(padded)
}

/// RSASSA-PKCS1-v1_5: what was signed must be exactly what is to be signed.
fn pkcs1(
    hash: Hash,
    modulus: &BigUint,
    exponent: &BigUint,
    message: &[u8],
    signature: &[u8],
) -> bool {
    let Some(found) = rsa(modulus, exponent, signature) else {
        return false;
    };
    let prefix = hash.prefix();
    let digest = hash.digest(message);
    let Some(padding) = found.len().checked_sub(3 + prefix.len() + digest.len()) else {
        return false;
    };
    if padding < 8 {
        return false;
    }
    let expected = [
        [0, 1].as_slice(),
        &vec![0xff; padding],
        &[0],
        &prefix,
        &digest,
    ]
    .concat();
    found == expected
}

/// RSASSA-PSS with MGF1 of the same hash; the length of the salt if the signature is good.
fn salt_length(
    hash: Hash,
    modulus: &BigUint,
    exponent: &BigUint,
    message: &[u8],
    signature: &[u8],
) -> Option<usize> {
    let encoded = rsa(modulus, exponent, signature)?;
    // One bit less than the modulus, in whole bytes.
    let bits = usize::try_from(modulus.bits()).ok()? - 1;
    let size = bits.div_ceil(8);
    let (front, encoded) = encoded.split_at_checked(encoded.len().checked_sub(size)?)?;
    if front.iter().any(|byte| *byte != 0) {
        return None;
    }
    let (trailer, encoded) = encoded.split_last()?;
    let (masked, check) = encoded.split_at_checked(encoded.len().checked_sub(hash.size())?)?;
    if *trailer != 0xbc {
        return None;
    }
    let unused = u32::try_from(8 * size - bits).ok()?;
    let allowed = 0xff_u8.checked_shr(unused)?;
    if masked.first()? & !allowed != 0 {
        return None;
    }
    let mask = mgf1(hash, check, masked.len());
    let mut block: Vec<u8> = masked.iter().zip(mask).map(|(a, b)| a ^ b).collect();
    *block.first_mut()? &= allowed;
    let zeros = block.iter().take_while(|byte| **byte == 0).count();
    let (_, rest) = block.split_at_checked(zeros)?;
    let (one, salt) = rest.split_first()?;
    if *one != 1 {
        return None;
    }
    let hashed = hash.digest(&[[0; 8].as_slice(), &hash.digest(message), salt].concat());
    are_equal(&hashed, check).then_some(salt.len())
}

/// The mask of RFC 8017, appendix B.2.1.
fn mgf1(hash: Hash, seed: &[u8], length: usize) -> Vec<u8> {
    let mut mask = Vec::with_capacity(length + hash.size());
    let mut counter: u32 = 0;
    while mask.len() < length {
        mask.extend(hash.digest(&[seed, &counter.to_be_bytes()].concat()));
        counter += 1;
    }
    mask.truncate(length);
    mask
}

/// The two numbers of a signature are its halves.
fn ecdsa(curve: Curve, point: &[u8], digest: &[u8], signature: &[u8]) -> bool {
    let Some((r, s)) = signature.split_at_checked(signature.len() / 2) else {
        return false;
    };
    let fixed = |number: &[u8]| {
        let significant = number
            .iter()
            .position(|byte| *byte != 0)
            .and_then(|at| number.get(at..))
            .unwrap_or_default();
        let missing = curve.size().checked_sub(significant.len())?;
        Some([vec![0; missing].as_slice(), significant].concat())
    };
    let (Some(r), Some(s)) = (fixed(r), fixed(s)) else {
        return false;
    };
    let signature = [r, s].concat();
    // A digest shorter than the numbers of the curve counts as a small number.
    let missing = curve.size().saturating_sub(digest.len());
    let digest = [vec![0; missing].as_slice(), digest].concat();
    macro_rules! verify {
        ($curve:ident) => {{
            let key = $curve::ecdsa::VerifyingKey::from_sec1_bytes(point);
            let signature = $curve::ecdsa::Signature::from_slice(&signature);
            match (key, signature) {
                (Ok(key), Ok(signature)) => key.verify_prehash(&digest, &signature).is_ok(),
                _ => false,
            }
        }};
    }
    match curve {
        Curve::P256 => verify!(p256),
        Curve::P384 => verify!(p384),
        Curve::P521 => verify!(p521),
    }
}

pub(super) fn sign_ed25519(key: &[u8; 32], message: &[u8]) -> Vec<u8> {
    let key = ed25519_dalek::SigningKey::from_bytes(key);
    let signature = ed25519_dalek::Signer::sign(&key, message);
    signature.to_bytes().to_vec()
}

fn ed25519(key: &[u8; 32], message: &[u8], signature: &[u8]) -> bool {
    let key = ed25519_dalek::VerifyingKey::from_bytes(key);
    let signature = ed25519_dalek::Signature::from_slice(signature);
    match (key, signature) {
        (Ok(key), Ok(signature)) => {
            ed25519_dalek::Verifier::verify(&key, message, &signature).is_ok()
        }
        _ => false,
    }
}
