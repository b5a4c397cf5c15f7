//! What a finding is known again by in the next report.

use std::{collections::BTreeMap, fmt::Write as _};

use ringwall_model::{Finding, NotAssessed, Subject};
use sha2::{Digest as _, Sha256};

/// Bytes of a fingerprint.
const FINGERPRINT_BYTES: usize = 16;

/// Fingerprints of one report, in its order.
///
/// They stay the same when lines move: check, file, subject and message count, and of findings that are alike in all
/// of these which one it is.
#[derive(Default)]
pub(crate) struct Fingerprints {
    twins: BTreeMap<[u8; FINGERPRINT_BYTES], u32>,
}

impl Fingerprints {
    /// Hexadecimal digits, a colon, and a count that begins with 1.
    pub(crate) fn of(&mut self, finding: &Finding) -> String {
        let (check, file) = (&*finding.check, &*finding.location.file);
        self.hashed(check, file, &finding.subject, &finding.message)
    }

    /// The same of what could not be looked at.
    pub(crate) fn of_gap(&mut self, gap: &NotAssessed) -> String {
        let file = gap.location.as_ref().map_or("", |location| &location.file);
        self.hashed(&gap.id, file, &gap.subject, &gap.reason)
    }

    fn hashed(&mut self, id: &str, file: &str, subject: &Subject, words: &str) -> String {
        let mut hash = Sha256::new();
        for part in [
            Some(id),
            Some(file),
            subject.api_version.as_deref(),
            subject.kind.as_deref(),
            subject.namespace.as_deref(),
            subject.name.as_deref(),
            subject.container.as_deref(),
            subject.image.as_deref(),
            subject.file.as_deref(),
            Some(words),
        ] {
            let part = part.unwrap_or("");
            // With its length, so that no two lists of parts are the same bytes.
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        let mut fingerprint = [0; FINGERPRINT_BYTES];
        for (to, from) in fingerprint.iter_mut().zip(hash.finalize()) {
            *to = from;
        }
        let twin = self.twins.entry(fingerprint).or_default();
        *twin += 1;
        let mut text = String::new();
        for byte in fingerprint {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        let _ = write!(text, ":{twin}");
        text
    }
}
