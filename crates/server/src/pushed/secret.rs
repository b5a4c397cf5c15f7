//! What a registry shows to be believed: the value of its `Authorization` header, kept in a file.

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use ringwall_collect::{file_state, read_image_report};
use sha2::{Digest as _, Sha256};

/// Shortest value; one that can be guessed lets anybody have images scanned.
const SHORTEST: usize = 16;

/// A secret that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// The file cannot be read.
    #[error("the secret of notifications {file} {reason}")]
    Read {
        /// The file.
        file: String,
        /// Why.
        reason: String,
    },
    /// It has too few characters, or more than one line.
    #[error("the secret of notifications {file} must be one line of {SHORTEST} characters or more")]
    Weak {
        /// The file.
        file: String,
    },
}

pub(super) struct Secret {
    file: PathBuf,
    state: Mutex<State>,
}

struct State {
    /// A digest, so that comparing takes the same time whatever comes.
    digest: [u8; 32],
    seen: String,
}

impl Secret {
    pub(super) fn read(file: PathBuf) -> Result<Self, SecretError> {
        let seen = file_state(&file);
        let digest = digest_of(&file)?;
        Ok(Self {
            file,
            state: Mutex::new(State { digest, seen }),
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes over another secret; where it cannot be used, the last good one stays.
    pub(super) fn reload(&self) {
        let seen = file_state(&self.file);
        if self.lock().seen == seen {
            return;
        }
        let read = digest_of(&self.file);
        let mut state = self.lock();
        state.seen = seen;
        match read {
            Ok(digest) => {
                state.digest = digest;
                tracing::info!("the secret of notifications was taken over");
            }
            Err(error) => tracing::error!(%error, "the last good secret stays"),
        }
    }

    /// Whether a value is the secret.
    pub(super) fn is(&self, value: &[u8]) -> bool {
        let shown: [u8; 32] = Sha256::digest(value.trim_ascii()).into();
        let known = self.lock().digest;
        let differ = shown
            .iter()
            .zip(known)
            .fold(0, |all, (one, other)| all | (one ^ other));
        differ == 0
    }
}

fn digest_of(file: &Path) -> Result<[u8; 32], SecretError> {
    let name = || file.display().to_string();
    let text = read_image_report(file).map_err(|reason| SecretError::Read {
        file: name(),
        reason,
    })?;
    let text = text.trim();
    if text.len() < SHORTEST || text.contains(['\n', '\r']) {
        return Err(SecretError::Weak { file: name() });
    }
    Ok(Sha256::digest(text).into())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn only_the_whole_secret_counts_and_another_is_taken_over() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        fs::write(&file, "Bearer 0123456789abcdef\n").unwrap();
        let secret = Secret::read(file.clone()).unwrap();
        assert!(secret.is(b"Bearer 0123456789abcdef"));
        for wrong in [
            "",
            "Bearer",
            "Bearer 0123456789abcde",
            "bearer 0123456789abcdef",
        ] {
            assert!(!secret.is(wrong.as_bytes()), "{wrong}");
        }
        fs::write(&file, "short").unwrap();
        secret.reload();
        assert!(secret.is(b"Bearer 0123456789abcdef"));
        fs::write(&file, "Basic c2hvcDpvcGVuLXNlc2FtZQ==").unwrap();
        secret.reload();
        assert!(!secret.is(b"Bearer 0123456789abcdef"));
        assert!(secret.is(b"Basic c2hvcDpvcGVuLXNlc2FtZQ=="));
    }

    #[test]
    fn what_can_be_guessed_is_no_secret() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        let refused = |text: &str| {
            fs::write(&file, text).unwrap();
            matches!(Secret::read(file.clone()), Err(SecretError::Weak { .. }))
        };
        assert!(refused("") && refused("Bearer abc") && refused(&"0123456789\n".repeat(9)));
        fs::remove_file(&file).unwrap();
        assert!(matches!(
            Secret::read(file.clone()),
            Err(SecretError::Read { .. })
        ));
    }
}
