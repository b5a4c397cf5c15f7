//! What a repository holds: its tags, and the manifests that they lead to.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Digest, Platform};

/// What a repository holds, as far as it could be read. What no tag leads to is known to the registry alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RepositoryContents {
    /// Registry and path.
    pub name: String,
    /// The tags that were read, with what they name.
    pub tags: BTreeMap<String, Digest>,
    /// What these lead to, and what is kept beside it.
    pub manifests: BTreeMap<Digest, Kept>,
    /// What something names and the registry does not have.
    pub absent: BTreeSet<Digest>,
    /// What could not be read.
    pub missing: Vec<Missing>,
    /// Tags that were not read, as nobody asked for them.
    pub unread_tags: usize,
}

/// Something that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// What, in the repository.
    pub what: String,
    /// Why.
    pub reason: String,
    /// Whether it may lead to manifests that are not known now, so that nobody can tell what a deletion would break.
    pub hides_manifests: bool,
}

/// A manifest or an index that a repository keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// What it is.
    pub kind: KeptKind,
    /// Bytes of the manifest itself.
    pub manifest_bytes: u64,
    /// Bytes of what it names, as they are packed; of an index none, as its images have them.
    pub content_bytes: u64,
    /// The manifests that an index names, each with the platform that the index states.
    pub children: Vec<(Digest, Option<Platform>)>,
    /// What it is kept beside.
    pub subject: Option<Digest>,
    /// The configuration of an image, by which some runtimes know it.
    pub config: Option<Digest>,
    /// Whether the configuration could be read; of what is no image, none is.
    pub is_read: bool,
    /// When it was made, as it says itself.
    pub created: Option<String>,
    /// What it is for, as its configuration says.
    pub platform: Option<Platform>,
    /// Whether it names what may be a signature.
    pub has_signatures: bool,
    /// Manifests that refer to it, by a list of the registry or under a tag.
    pub referrers: BTreeSet<Digest>,
}

/// What a manifest is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeptKind {
    /// Several manifests under one digest.
    Index,
    /// A container image for one platform.
    Image,
    /// A chart, a policy, a signature: something that no runtime runs.
    Artifact,
}

/// A tag that tells what its manifest is kept beside: `sha256-<digest>` for a list of what refers to an image, and with
/// `.sig`, `.att` or `.sbom` behind it what cosign 1 and 2 keep.
///
/// See: <https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#referrers-tag-schema>,
/// <https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md#tag-based-discovery>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttachedTag {
    /// What it is kept beside.
    pub subject: Digest,
    /// Whether it names a list of manifests.
    pub is_list: bool,
    /// Whether it names signatures or attestations.
    pub is_signature: bool,
}

impl AttachedTag {
    /// Reads a tag; none where it is a tag as any other.
    pub fn parse(tag: &str) -> Option<Self> {
        let rest = tag.strip_prefix("sha256-")?;
        let (hex, end) = match rest.split_once('.') {
            Some((hex, end)) => (hex, Some(end)),
            None => (rest, None),
        };
        if !matches!(end, None | Some("sig" | "att" | "sbom")) {
            return None;
        }
        Some(Self {
            subject: format!("sha256:{hex}").parse().ok()?,
            is_list: end.is_none(),
            is_signature: matches!(end, Some("sig" | "att")),
        })
    }
}

impl RepositoryContents {
    /// Whether everything is known that tags lead to.
    pub fn is_complete(&self) -> bool {
        self.unread_tags == 0 && !self.missing.iter().any(|it| it.hides_manifests)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_tell_what_they_are_kept_beside() {
        let hex = "0a".repeat(32);
        let subject = Digest::new([10; 32]);
        let check = |end: &str, expected: Option<(bool, bool)>| {
            let found = AttachedTag::parse(&format!("sha256-{hex}{end}"));
            let expected = expected.map(|(is_list, is_signature)| AttachedTag {
                subject,
                is_list,
                is_signature,
            });
            assert_eq!(found, expected, "{end}");
        };
        check("", Some((true, false)));
        check(".sig", Some((false, true)));
        check(".att", Some((false, true)));
        check(".sbom", Some((false, false)));
        // Somebody's own.
        check(".old", None);
        check(".sig.old", None);
        check("0", None);
        check("-amd64", None);
        assert_eq!(AttachedTag::parse("latest"), None);
        assert_eq!(AttachedTag::parse("sha256-"), None);
    }
}
