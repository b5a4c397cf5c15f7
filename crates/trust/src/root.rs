//! Whose certificates, logs and timestamps count.

use jiff::Timestamp;
use sigstore_verify::{
    Verifier,
    trust_root::{SIGSTORE_PRODUCTION_TRUSTED_ROOT, TrustedRoot},
};

use crate::{TrustError, bounded, crypto};

/// The day on which the embedded root was taken from Sigstore's public instance.
pub const EMBEDDED_ON: &str = "2026-10-23";

/// The authorities and logs of a Sigstore instance.
///
/// Keys of logs and authorities change every few years: a root that was made before a change refuses what was signed
/// after it, and never accepts what it should not.
pub struct TrustRoot {
    verifier: Verifier,
    newest_start: Option<Timestamp>,
}

impl std::fmt::Debug for TrustRoot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TrustRoot")
            .field("newest_start", &self.newest_start)
            .finish_non_exhaustive()
    }
}

impl TrustRoot {
    /// Sigstore's public instance, as it was [when this was built](EMBEDDED_ON).
    pub fn embedded() -> Result<Self, TrustError> {
        Self::from_json(SIGSTORE_PRODUCTION_TRUSTED_ROOT.as_bytes())
    }

    /// Any instance, by its `trusted_root.json`.
    ///
    /// See: <https://github.com/sigstore/protobuf-specs/blob/main/protos/sigstore_trustroot.proto>.
    pub fn from_json(json: &[u8]) -> Result<Self, TrustError> {
        crypto::install();
        let text = std::str::from_utf8(bounded(json, "trust root")?);
        let text = text.map_err(|_| TrustError::Root("it is no text".to_owned()))?;
        let root = TrustedRoot::from_json(text);
        let root = root.map_err(|error| TrustError::Root(error.to_string()))?;
        let verifier = Verifier::new(&root);
        Ok(Self {
            verifier: verifier.map_err(|error| TrustError::Root(error.to_string()))?,
            newest_start: newest_start(&root),
        })
    }

    /// When the newest of its keys began to count: the root is no older than that.
    pub const fn newest_start(&self) -> Option<Timestamp> {
        self.newest_start
    }

    pub(crate) const fn verifier(&self) -> &Verifier {
        &self.verifier
    }
}

fn newest_start(root: &TrustedRoot) -> Option<Timestamp> {
    let logs = root.tlogs.iter().map(|log| log.public_key.valid_for);
    let certificate_logs = root.ctlogs.iter().map(|log| log.public_key.valid_for);
    let authorities = root.certificate_authorities.iter().map(|it| it.valid_for);
    let timestamps = root.timestamp_authorities.iter().map(|it| it.valid_for);
    let periods = logs
        .chain(certificate_logs)
        .chain(authorities)
        .chain(timestamps);
    let starts = periods.flatten().map(|period| period.start.as_second());
    Timestamp::from_second(starts.max()?).ok()
}

#[cfg(test)]
mod tests {
    use sha2::{Digest as _, Sha256};

    use super::*;
    use crate::hex;

    #[test]
    fn the_embedded_root_is_the_one_of_its_day() {
        let root = TrustRoot::embedded().unwrap();
        let newest = root.newest_start().unwrap().to_string();
        assert!(newest.as_str() < EMBEDDED_ON, "{newest}");
        // Where this fails, a newer sigstore-trust-root brought a newer root: its changelog has the day.
        assert_eq!(
            hex(&Sha256::digest(SIGSTORE_PRODUCTION_TRUSTED_ROOT)),
            "6494e21ea73fa7ee769f85f57d5a3e6a08725eae1e38c755fc3517c9e6bc0b66"
        );
    }

    #[test]
    fn what_is_no_root_is_refused() {
        for wrong in ["", "[]", "{}", "\u{fffd}", "{\"mediaType\": 1}"] {
            let root = TrustRoot::from_json(wrong.as_bytes());
            assert!(matches!(root, Err(TrustError::Root(_))), "{wrong}");
        }
        assert!(matches!(
            TrustRoot::from_json(&[0xff]),
            Err(TrustError::Root(_))
        ));
    }
}
