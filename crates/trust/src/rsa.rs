//! RSA signatures by PKCS #1 v1.5 over a digest: ring has them over messages alone.
//!
//! Source: RFC 8017, sections 8.2.2 and 9.2. Only public numbers are at work, so time tells nothing.

use num_bigint::BigUint;
use x509_cert::der::{Decode, Reader, SliceReader, asn1::UintRef};

/// Bits of the smallest and the largest modulus, as ring has them.
const MODULUS_BITS: std::ops::RangeInclusive<u64> = 2048..=8192;

/// Bits of the largest exponent, as ring has it: a longer one only takes time.
const MAX_EXPONENT_BITS: u64 = 33;

/// Whether a signature is one of the key over a SHA-256, SHA-384 or SHA-512.
pub(crate) fn is_signature(key: &[u8], digest: &[u8], signature: &[u8]) -> bool {
    let Some((modulus, exponent)) = numbers(key) else {
        return false;
    };
    let Some(prefix) = prefix(digest.len()) else {
        return false;
    };
    let size = usize::try_from(modulus.bits().div_ceil(8)).unwrap_or(0);
    let signature_number = BigUint::from_bytes_be(signature);
    if signature.len() != size || signature_number >= modulus {
        return false;
    }
    let Some(padding) = size.checked_sub(3 + prefix.len() + digest.len()) else {
        return false;
    };
    let expected = [
        [0, 1].as_slice(),
        &vec![0xff; padding],
        &[0],
        &prefix,
        digest,
    ]
    .concat();
    signature_number.modpow(&exponent, &modulus) == BigUint::from_bytes_be(&expected)
}

/// The bits of the modulus of an `RSAPublicKey`; none where it is damaged, too small or too large.
pub(crate) fn modulus_bits(key: &[u8]) -> Option<u64> {
    numbers(key).map(|(modulus, _)| modulus.bits())
}

/// Modulus and exponent of an `RSAPublicKey`.
fn numbers(key: &[u8]) -> Option<(BigUint, BigUint)> {
    let mut reader = SliceReader::new(key).ok()?;
    let numbers = reader.sequence(|inner| {
        let modulus = UintRef::decode(inner)?;
        let exponent = UintRef::decode(inner)?;
        Ok::<_, x509_cert::der::Error>((
            BigUint::from_bytes_be(modulus.as_bytes()),
            BigUint::from_bytes_be(exponent.as_bytes()),
        ))
    });
    let (modulus, exponent) = numbers.ok().filter(|_| reader.is_finished())?;
    let is_sound = MODULUS_BITS.contains(&modulus.bits())
        && modulus.bit(0)
        && exponent.bit(0)
        && (2..=MAX_EXPONENT_BITS).contains(&exponent.bits());
    is_sound.then_some((modulus, exponent))
}

/// The start of the `DigestInfo`, up to the digest. See: RFC 8017, section 9.2, note 1.
fn prefix(digest_bytes: usize) -> Option<[u8; 19]> {
    let (algorithm, size) = match digest_bytes {
        32 => (1, 32),
        48 => (2, 48),
        64 => (3, 64),
        _ => return None,
    };
    let mut prefix = [
        0x30, 0, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 0, 5, 0, 4, 0,
    ];
    let [_, whole, .., last, _, _, _, length] = &mut prefix;
    *whole = 0x11 + size;
    *last = algorithm;
    *length = size;
    Some(prefix)
}

#[cfg(test)]
pub(crate) mod tests {
    use ring::{rand::SystemRandom, rsa::KeyPair, signature};
    use sha2::{Digest as _, Sha256, Sha384, Sha512};

    use super::*;

    /// Made for these tests: `openssl genpkey -algorithm RSA`, 2048 bits, as RFC 8017 writes private keys.
    pub(crate) const KEY: &[u8] = include_bytes!("../tests/data/rsa-2048.der");

    #[test]
    fn digests_verify_as_ring_signs_their_messages() {
        let pair = KeyPair::from_der(KEY).unwrap();
        let key = pair.public().as_ref();
        let mut signed = vec![0; pair.public().modulus_len()];
        let cases: [(&dyn signature::RsaEncoding, Vec<u8>); 3] = [
            (
                &signature::RSA_PKCS1_SHA256,
                Sha256::digest(b"image").to_vec(),
            ),
            (
                &signature::RSA_PKCS1_SHA384,
                Sha384::digest(b"image").to_vec(),
            ),
            (
                &signature::RSA_PKCS1_SHA512,
                Sha512::digest(b"image").to_vec(),
            ),
        ];
        for (encoding, digest) in cases {
            pair.sign(encoding, &SystemRandom::new(), b"image", &mut signed)
                .unwrap();
            assert!(is_signature(key, &digest, &signed));
            assert!(!is_signature(key, &Sha256::digest(b"other"), &signed));
            assert!(!is_signature(key, &digest[1..], &signed));
            assert!(!is_signature(key, &digest, &signed[1..]));
            assert!(!is_signature(key, &digest, &[&[0], &*signed].concat()));
            assert!(!is_signature(&key[..40], &digest, &signed));
            let mut damaged = signed.clone();
            damaged[100] ^= 1;
            assert!(!is_signature(key, &digest, &damaged));
        }
    }
}
