//! The arithmetic behind signatures: ring's where the message is at hand, RustCrypto's where only its digest is.
//!
//! Post-quantum signatures (ML-DSA) are refused as unsupported: neither has them.

use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
use ring::{digest, signature};
use sigstore_verify::{
    crypto::{
        CryptoProvider, Error, HashContext, KeyAlgorithm, Result, SigningScheme,
        install_default_provider,
    },
    types::HashAlgorithm,
};

use crate::rsa;

/// Makes this arithmetic the one that bundles are verified with; called before each use, since it cannot fail twice.
pub(crate) fn install() {
    // Where another was installed first, that one stays, and it verifies just as well.
    let _ = install_default_provider(&Arithmetic);
}

#[derive(Debug)]
struct Arithmetic;

struct Context(digest::Context);

impl HashContext for Context {
    fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    fn finalize(self: Box<Self>) -> Vec<u8> {
        self.0.finish().as_ref().to_vec()
    }
}

impl CryptoProvider for Arithmetic {
    fn hash(&self, algorithm: HashAlgorithm) -> Result<Box<dyn HashContext>> {
        let algorithm = match algorithm {
            HashAlgorithm::Sha2256 => &digest::SHA256,
            HashAlgorithm::Sha2384 => &digest::SHA384,
            HashAlgorithm::Sha2512 => &digest::SHA512,
            _ => return Err(unsupported(format!("digests of the kind {algorithm}"))),
        };
        Ok(Box::new(Context(digest::Context::new(algorithm))))
    }

    fn verify_raw(
        &self,
        scheme: SigningScheme,
        key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<()> {
        let algorithm = algorithm(scheme).ok_or_else(|| unsupported(scheme.name()))?;
        signature::UnparsedPublicKey::new(algorithm, key)
            .verify(message, signature)
            .map_err(|_| wrong(scheme))
    }

    fn verify_prehashed(
        &self,
        scheme: SigningScheme,
        key: &[u8],
        digest: &[u8],
        signature: &[u8],
    ) -> Result<()> {
        let is_right = match (scheme, scheme.key_algorithm()) {
            (_, KeyAlgorithm::EcdsaP256) => {
                let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(key);
                let signature = p256::ecdsa::Signature::from_der(signature);
                let digest = widened::<32>(digest);
                matches!((key, signature), (Ok(key), Ok(signature)) if key.verify_prehash(&digest, &signature).is_ok())
            }
            (_, KeyAlgorithm::EcdsaP384) => {
                let key = p384::ecdsa::VerifyingKey::from_sec1_bytes(key);
                let signature = p384::ecdsa::Signature::from_der(signature);
                let digest = widened::<48>(digest);
                matches!((key, signature), (Ok(key), Ok(signature)) if key.verify_prehash(&digest, &signature).is_ok())
            }
            (
                SigningScheme::RsaPkcs1Sha256
                | SigningScheme::RsaPkcs1Sha384
                | SigningScheme::RsaPkcs1Sha512,
                _,
            ) => rsa::is_signature(key, digest, signature),
            _ => {
                let name = scheme.name();
                return Err(unsupported(format!("{name} over a digest alone")));
            }
        };
        if is_right { Ok(()) } else { Err(wrong(scheme)) }
    }
}

fn algorithm(scheme: SigningScheme) -> Option<&'static dyn signature::VerificationAlgorithm> {
    Some(match scheme {
        SigningScheme::EcdsaP256Sha256 => &signature::ECDSA_P256_SHA256_ASN1,
        SigningScheme::EcdsaP256Sha384 => &signature::ECDSA_P256_SHA384_ASN1,
        SigningScheme::EcdsaP384Sha256 => &signature::ECDSA_P384_SHA256_ASN1,
        SigningScheme::EcdsaP384Sha384 => &signature::ECDSA_P384_SHA384_ASN1,
        SigningScheme::Ed25519 => &signature::ED25519,
        SigningScheme::RsaPkcs1Sha256 => &signature::RSA_PKCS1_2048_8192_SHA256,
        SigningScheme::RsaPkcs1Sha384 => &signature::RSA_PKCS1_2048_8192_SHA384,
        SigningScheme::RsaPkcs1Sha512 => &signature::RSA_PKCS1_2048_8192_SHA512,
        SigningScheme::RsaPssSha256 => &signature::RSA_PSS_2048_8192_SHA256,
        SigningScheme::RsaPssSha384 => &signature::RSA_PSS_2048_8192_SHA384,
        SigningScheme::RsaPssSha512 => &signature::RSA_PSS_2048_8192_SHA512,
        _ => return None,
    })
}

/// A digest at least as wide as the numbers of its curve: a shorter one counts as a small number.
pub(crate) fn widened<const WIDTH: usize>(digest: &[u8]) -> Vec<u8> {
    let missing = WIDTH.saturating_sub(digest.len());
    [vec![0; missing].as_slice(), digest].concat()
}

fn unsupported(what: impl Into<String>) -> Error {
    Error::UnsupportedAlgorithm(what.into())
}

fn wrong(scheme: SigningScheme) -> Error {
    Error::Verification(format!("no {} signature of this key", scheme.name()))
}

#[cfg(test)]
mod tests {
    use ring::{rand::SystemRandom, signature::KeyPair as _};
    use sha2::{Digest as _, Sha256, Sha384};

    use super::*;

    #[test]
    fn a_digest_verifies_as_its_message_does() {
        let random = SystemRandom::new();
        let cases = [
            (
                &signature::ECDSA_P256_SHA256_ASN1_SIGNING,
                SigningScheme::EcdsaP256Sha256,
                Sha256::digest(b"image").to_vec(),
            ),
            (
                &signature::ECDSA_P384_SHA384_ASN1_SIGNING,
                SigningScheme::EcdsaP384Sha384,
                Sha384::digest(b"image").to_vec(),
            ),
        ];
        for (signing, scheme, digest) in cases {
            let pkcs8 = signature::EcdsaKeyPair::generate_pkcs8(signing, &random).unwrap();
            let pair =
                signature::EcdsaKeyPair::from_pkcs8(signing, pkcs8.as_ref(), &random).unwrap();
            let signed = pair.sign(&random, b"image").unwrap();
            let (key, signed) = (pair.public_key().as_ref(), signed.as_ref());
            assert!(Arithmetic.verify_raw(scheme, key, b"image", signed).is_ok());
            assert!(
                Arithmetic
                    .verify_prehashed(scheme, key, &digest, signed)
                    .is_ok()
            );
            assert!(
                Arithmetic
                    .verify_raw(scheme, key, b"other", signed)
                    .is_err()
            );
            let mut other = digest.clone();
            other[0] ^= 1;
            assert!(
                Arithmetic
                    .verify_prehashed(scheme, key, &other, signed)
                    .is_err()
            );
            for damage in 0..signed.len() {
                let mut damaged = signed.to_vec();
                damaged[damage] ^= 1;
                assert!(
                    Arithmetic
                        .verify_prehashed(scheme, key, &digest, &damaged)
                        .is_err()
                );
            }
        }
    }

    #[test]
    fn what_is_not_there_is_unsupported_and_not_wrong() {
        let raw = Arithmetic.verify_raw(SigningScheme::MlDsa44, &[], &[], &[]);
        assert!(matches!(raw, Err(Error::UnsupportedAlgorithm(_))));
        let digest = Arithmetic.verify_prehashed(SigningScheme::Ed25519, &[], &[], &[]);
        assert!(matches!(digest, Err(Error::UnsupportedAlgorithm(_))));
    }
}
