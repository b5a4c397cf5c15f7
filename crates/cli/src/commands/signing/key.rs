//! Who signs: a private key in a file, or a program that has one.

use std::{
    env,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use ringwall_trust::{PrivateKey, PublicKey};
use zeroize::Zeroizing;

use super::{program, read, warn};
use crate::args::image::sign::KeyArgs;

/// Largest file with a key or a password.
const MAX_BYTES: u64 = 64 << 10;

/// Where passwords are in the environment; the first that is set counts.
const PASSWORDS: [&str; 2] = ["RINGWALL_KEY_PASSWORD", "COSIGN_PASSWORD"];

/// Who signs.
pub(in crate::commands) enum Key {
    /// A private key.
    Own(Box<PrivateKey>),
    /// A program, and the key that verifies what it signs.
    Program(PathBuf, PublicKey),
}

impl Key {
    pub(in crate::commands) fn load(args: &KeyArgs) -> Result<Self> {
        let bytes = read(&args.key, "--key", MAX_BYTES)?;
        let named = || format!("--key {}", args.key.display());
        if let Some(program) = &args.signer {
            let public = PublicKey::from_pem(&bytes).with_context(named)?;
            return Ok(Self::Program(program.clone(), public));
        }
        let password = password(args)?;
        let key = PrivateKey::from_pem(&bytes, password.as_deref().map(Vec::as_slice));
        let key = Box::new(key.with_context(named)?);
        warn_of_readers(&args.key);
        Ok(Self::Own(key))
    }

    /// The key that verifies what is signed.
    pub(in crate::commands) const fn public(&self) -> &PublicKey {
        match self {
            Self::Own(key) => key.public(),
            Self::Program(_, public) => public,
        }
    }

    /// Signs a message. What does not hold under the public key is none and goes nowhere.
    pub(in crate::commands) fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        let signature = match self {
            Self::Own(key) => key.sign(message)?,
            Self::Program(program, _) => program::sign(program, message)
                .with_context(|| format!("--signer {}", program.display()))?,
        };
        if !self.public().has_signed_as_cosign(message, &signature) {
            let key = self.public().fingerprint();
            bail!(
                "what was signed does not hold under the key sha256:{key}, and nothing was written: --signer has to sign what it gets with SHA-256, RSA by PKCS #1 v1.5, and with the key of --key"
            );
        }
        Ok(signature)
    }
}

/// The password; none where none is given, which may be right.
fn password(args: &KeyArgs) -> Result<Option<Zeroizing<Vec<u8>>>> {
    if let Some(file) = &args.password_file {
        let mut password = read(file, "--password-file", MAX_BYTES)?;
        // Editors end a line that nobody means.
        if password.ends_with(b"\n") {
            password.pop();
        }
        if password.ends_with(b"\r") {
            password.pop();
        }
        return Ok(Some(password));
    }
    let mut set = PASSWORDS.iter().filter_map(env::var_os);
    Ok(set
        .next()
        .map(|password| Zeroizing::new(password.into_encoded_bytes())))
}

/// A key that others on this machine can read may be theirs already.
#[cfg(unix)]
fn warn_of_readers(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;

    let Ok(metadata) = path.metadata() else {
        return;
    };
    if metadata.is_file() && metadata.permissions().mode() & 0o077 != 0 {
        let path = path.display();
        warn(&format!(
            "others on this machine may read the key {path}: `chmod 600 {path}`"
        ));
    }
}

#[cfg(not(unix))]
fn warn_of_readers(_: &Path) {}
