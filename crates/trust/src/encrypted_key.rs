//! Private keys as cosign keeps them: PKCS #8 under a password, by scrypt and NaCl's secretbox.
//!
//! Sources: <https://github.com/secure-systems-lab/go-securesystemslib/tree/main/encrypted>,
//! <https://nacl.cr.yp.to/secretbox.html>, RFC 7914.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use poly1305::{Poly1305, universal_hash::KeyInit as _};
use salsa20::{
    XSalsa20,
    cipher::{KeyIvInit as _, StreamCipher as _},
};
use scrypt::{Params, scrypt};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::TrustError;

/// Largest `N`, which is OWASP's: with `r` of 8 it takes 128 MiB, and a file must not ask for more.
const MAX_LOG_N: u32 = 17;

/// The only block size and parallelism that are written.
const BLOCK_SIZE: u32 = 8;
const PARALLELISM: u32 = 1;

/// Bytes of the longest salt: 32 are written.
const MAX_SALT_BYTES: usize = 1 << 10;

/// Bytes of the key of Poly1305, which is the start of the key stream, and of its tag.
const MAC_KEY_BYTES: usize = 32;
const TAG_BYTES: usize = 16;

#[derive(Deserialize)]
struct Wire {
    kdf: Derivation,
    cipher: Cipher,
    ciphertext: String,
}

#[derive(Deserialize)]
struct Derivation {
    name: String,
    params: Cost,
    salt: String,
}

#[derive(Deserialize)]
struct Cost {
    #[serde(rename = "N")]
    n: u64,
    r: u32,
    p: u32,
}

#[derive(Deserialize)]
struct Cipher {
    name: String,
    nonce: String,
}

/// The key in PKCS #8 that a password opens.
pub(crate) fn decrypt(json: &[u8], password: &[u8]) -> Result<Zeroizing<Vec<u8>>, TrustError> {
    let unusable = |reason: String| TrustError::PrivateKey(reason);
    let wire: Wire = serde_json::from_slice(json)
        .map_err(|error| unusable(format!("what is encrypted cannot be understood: {error}")))?;
    if wire.kdf.name != "scrypt" || wire.cipher.name != "nacl/secretbox" {
        let (kdf, cipher) = (&wire.kdf.name, &wire.cipher.name);
        return Err(unusable(format!(
            "it is encrypted by `{kdf}` and `{cipher}`, and not by scrypt and nacl/secretbox"
        )));
    }
    let decode = |text: &str| {
        let bytes = STANDARD.decode(text);
        bytes.map_err(|error| unusable(format!("what is encrypted is no Base64: {error}")))
    };
    let key = derive(&wire.kdf, &decode(&wire.kdf.salt)?, password)?;
    let nonce: [u8; 24] = decode(&wire.cipher.nonce)?
        .try_into()
        .map_err(|_| unusable("its nonce has not 24 bytes".to_owned()))?;
    open(&key, nonce, &decode(&wire.ciphertext)?).ok_or(TrustError::Password {
        reason: "the password does not open it, or the file is damaged",
    })
}

fn derive(
    kdf: &Derivation,
    salt: &[u8],
    password: &[u8],
) -> Result<Zeroizing<[u8; 32]>, TrustError> {
    let cost = &kdf.params;
    let log_n = cost.n.checked_ilog2().filter(|_| cost.n.is_power_of_two());
    let log_n = log_n.filter(|it| (1..=MAX_LOG_N).contains(it));
    let log_n = log_n.filter(|_| (cost.r, cost.p) == (BLOCK_SIZE, PARALLELISM));
    let params = log_n
        .and_then(|it| u8::try_from(it).ok())
        .and_then(|it| Params::new(it, BLOCK_SIZE, PARALLELISM).ok())
        .filter(|_| salt.len() <= MAX_SALT_BYTES)
        .ok_or_else(|| {
            let Cost { n, r, p } = cost;
            TrustError::PrivateKey(format!(
                "it asks for scrypt with N={n}, r={r}, p={p}, which nobody writes"
            ))
        })?;
    let mut key = Zeroizing::new([0; 32]);
    scrypt(password, salt, &params, &mut *key)
        .map_err(|error| TrustError::PrivateKey(error.to_string()))?;
    Ok(key)
}

/// Opens a box: a tag, and behind it what XSalsa20 encrypted.
fn open(key: &[u8; 32], nonce: [u8; 24], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (tag, ciphertext) = sealed.split_at_checked(TAG_BYTES)?;
    let mut bytes = Zeroizing::new(vec![0; MAC_KEY_BYTES]);
    bytes.extend_from_slice(ciphertext);
    let mut stream = XSalsa20::new(&(*key).into(), &nonce.into());
    stream.apply_keystream(&mut bytes);
    let (mac_key, message) = bytes.split_at_checked(MAC_KEY_BYTES)?;
    let mac = Poly1305::new_from_slice(mac_key).ok()?;
    // Nobody can try tags against this: whoever has the file has all of it.
    let is_whole = mac.compute_unpadded(ciphertext).as_slice() == tag;
    is_whole.then(|| Zeroizing::new(message.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(json: &str) -> String {
        decrypt(json.as_bytes(), b"a").unwrap_err().to_string()
    }

    fn written(kdf: &str, n: &str, r: u32, nonce: &str, cipher: &str) -> String {
        format!(
            r#"{{"kdf": {{"name": "{kdf}", "params": {{"N": {n}, "r": {r}, "p": 1}}, "salt": "AA=="}},
                "cipher": {{"name": "{cipher}", "nonce": "{nonce}"}}, "ciphertext": "AAAA"}}"#
        )
    }

    #[test]
    fn a_file_cannot_ask_for_memory_without_bound() {
        let nonce = STANDARD.encode([0; 24]);
        let check = |n: &str, r| refusal(&written("scrypt", n, r, &nonce, "nacl/secretbox"));
        assert!(check("16", 8).contains("the password does not open it"));
        for (n, r) in [
            ("0", 8),
            ("1", 8),
            ("17", 8),
            ("262144", 8),
            ("16", 1 << 30),
            ("18446744073709551615", 8),
        ] {
            assert!(check(n, r).contains("which nobody writes"), "{n} {r}");
        }
        assert!(check("-1", 8).contains("cannot be understood"));
    }

    #[test]
    fn what_is_encrypted_otherwise_is_told() {
        let nonce = STANDARD.encode([0; 24]);
        let other = refusal(&written("argon2", "16", 8, &nonce, "nacl/secretbox"));
        assert!(other.contains("encrypted by `argon2`"), "{other}");
        let other = refusal(&written("scrypt", "16", 8, &nonce, "aes"));
        assert!(other.contains("and `aes`"), "{other}");
        let short = refusal(&written("scrypt", "16", 8, "AAAA", "nacl/secretbox"));
        assert!(short.contains("has not 24 bytes"), "{short}");
        let wrong = refusal(&written("scrypt", "16", 8, "?", "nacl/secretbox"));
        assert!(wrong.contains("no Base64"), "{wrong}");
    }
}
