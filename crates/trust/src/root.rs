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
    /// What is missing for certificates to count.
    missing: Option<&'static str>,
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
            missing: missing(&root),
        })
    }

    /// When the newest of its keys began to count: the root is no older than that.
    pub const fn newest_start(&self) -> Option<Timestamp> {
        self.newest_start
    }

    /// Refuses one by which no certificate would ever count, so that nobody could be told by name.
    pub fn require_certificates(&self) -> Result<(), TrustError> {
        match self.missing {
            None => Ok(()),
            Some(missing) => Err(TrustError::Root(format!(
                "it names no {missing}, so that nobody is known by a certificate"
            ))),
        }
    }

    pub(crate) const fn verifier(&self) -> &Verifier {
        &self.verifier
    }
}

/// A certificate counts where an authority issued it, a certificate log has it, and something tells when it signed.
fn missing(root: &TrustedRoot) -> Option<&'static str> {
    if root.certificate_authorities.is_empty() {
        Some("certificate authorities")
    } else if root.ctlogs.is_empty() {
        Some("certificate logs")
    } else if root.tlogs.is_empty() && root.timestamp_authorities.is_empty() {
        Some("transparency logs and no timestamp authorities")
    } else {
        None
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
    fn a_root_by_which_no_certificate_counts_says_so() {
        let without = |keys: &[&str]| {
            let mut root: serde_json::Value =
                serde_json::from_str(SIGSTORE_PRODUCTION_TRUSTED_ROOT).unwrap();
            for key in keys {
                root[*key] = serde_json::json!([]);
            }
            TrustRoot::from_json(root.to_string().as_bytes())
                .unwrap()
                .require_certificates()
        };
        assert!(without(&[]).is_ok());
        for key in ["tlogs", "timestampAuthorities"] {
            assert!(without(&[key]).is_ok(), "{key}");
        }
        for (keys, words) in [
            (
                &["certificateAuthorities"][..],
                "no certificate authorities",
            ),
            (&["ctlogs"], "no certificate logs"),
            (&["tlogs", "timestampAuthorities"], "no transparency logs"),
        ] {
            let error = without(keys).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
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
