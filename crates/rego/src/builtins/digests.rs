//! `crypto.*`: checksums, with a key and without. What concerns certificates and keys is refused by name.

use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use super::{
    Answer, Availability, Builtin, Context, Operands, boolean,
    encoding::hex,
    signature::{BOOLEAN, STRING, STRING_OBJECT, Type, array, tuple},
    text,
};

const CERTIFICATES: Type = array(&STRING_OBJECT);
const VERIFIED: Type = tuple(&[BOOLEAN, CERTIFICATES]);
const NO_CERTIFICATES: &str = "ringwall does not take certificates and private keys apart";

pub(super) const BUILTINS: &[Builtin] = &[
    Builtin::new("crypto.md5", &[STRING], STRING, digest::<Md5>),
    Builtin::new("crypto.sha1", &[STRING], STRING, digest::<Sha1>),
    Builtin::new("crypto.sha256", &[STRING], STRING, digest::<Sha256>),
    Builtin::new(
        "crypto.hmac.md5",
        &[STRING, STRING],
        STRING,
        keyed::<Hmac<Md5>>,
    ),
    Builtin::new(
        "crypto.hmac.sha1",
        &[STRING, STRING],
        STRING,
        keyed::<Hmac<Sha1>>,
    ),
    Builtin::new(
        "crypto.hmac.sha256",
        &[STRING, STRING],
        STRING,
        keyed::<Hmac<Sha256>>,
    ),
    Builtin::new(
        "crypto.hmac.sha512",
        &[STRING, STRING],
        STRING,
        keyed::<Hmac<Sha512>>,
    ),
    Builtin::new("crypto.hmac.equal", &[STRING, STRING], BOOLEAN, |c, x| {
        let (first, second) = (x.string(0)?, x.string(1)?);
        c.spend_bytes(first.len())?;
        // All bytes are looked at, so that the time tells nothing about where they differ.
        let differing = first
            .bytes()
            .zip(second.bytes())
            .fold(0, |differing, (a, b)| differing | (a ^ b));
        boolean(first.len() == second.len() && differing == 0)
    }),
    refused("crypto.x509.parse_certificates", &[STRING], CERTIFICATES),
    refused(
        "crypto.x509.parse_and_verify_certificates",
        &[STRING],
        VERIFIED,
    ),
    refused(
        "crypto.x509.parse_and_verify_certificates_with_options",
        &[STRING, STRING_OBJECT],
        VERIFIED,
    ),
    refused(
        "crypto.x509.parse_certificate_request",
        &[STRING],
        STRING_OBJECT,
    ),
    refused(
        "crypto.x509.parse_rsa_private_key",
        &[STRING],
        STRING_OBJECT,
    ),
    refused(
        "crypto.x509.parse_keypair",
        &[STRING, STRING],
        STRING_OBJECT,
    ),
    refused("crypto.parse_private_keys", &[STRING], CERTIFICATES),
];

const fn refused(name: &'static str, parameters: &'static [Type], result: Type) -> Builtin {
    Builtin::declared(
        name,
        parameters,
        result,
        Availability::Refused(NO_CERTIFICATES),
    )
}

fn digest<D: Digest>(context: &mut Context<'_>, operands: Operands<'_>) -> Answer {
    let message = operands.string(0)?;
    context.spend_bytes(message.len())?;
    text(&hex(&D::digest(message.as_bytes())))
}

fn keyed<M: Mac + KeyInit>(context: &mut Context<'_>, operands: Operands<'_>) -> Answer {
    let (message, key) = (operands.string(0)?, operands.string(1)?);
    context.spend_bytes(message.len() + key.len())?;
    text(&hex(&keyed_bytes::<M>(message.as_bytes(), key.as_bytes())))
}

/// The checksum of a message with a key of any length.
pub(super) fn keyed_bytes<M: Mac + KeyInit>(message: &[u8], key: &[u8]) -> Vec<u8> {
    match <M as KeyInit>::new_from_slice(key) {
        Ok(mac) => mac.chain_update(message).finalize().into_bytes().to_vec(),
        // Every length of a key is good for HMAC.
        Err(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected values are those of RFC 2202 and RFC 4231, test case 2.
    #[test]
    fn keyed_checksums() {
        let (message, key) = (b"what do ya want for nothing?", b"Jefe");
        for (digest, expected) in [
            (
                keyed_bytes::<Hmac<Md5>>(message, key),
                "750c783e6ab0b503eaa86e310a5db738",
            ),
            (
                keyed_bytes::<Hmac<Sha1>>(message, key),
                "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
            ),
            (
                keyed_bytes::<Hmac<Sha256>>(message, key),
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
        ] {
            assert_eq!(hex(&digest), expected);
        }
    }
}
