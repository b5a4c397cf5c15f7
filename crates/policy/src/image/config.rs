//! The section `[image-policy]` of `ringwall.toml`.

use std::collections::BTreeMap;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use ringwall_input::image_reference::ImageReference;
use ringwall_model::Severity;
use serde::Deserialize;

use super::{
    findings::FindingConfig,
    pattern::{canonical_repository, checked, with_port},
};

/// Which images may run.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ImagePolicyConfig {
    /// Repositories that images may come from, as patterns over `registry/path`; empty: all.
    pub allowed: Vec<String>,
    /// Repositories that images must not come from, whatever `allowed` says.
    pub denied: Vec<String>,
    /// What a reference must have besides a repository.
    pub require: Option<Requirement>,
    /// Whether the tag `latest`, written or implied, is refused.
    pub refuse_latest: bool,
    /// Whether a mutating webhook adds digests that are known to references without one.
    pub add_digests: bool,
    /// Digests that are known, by reference with a tag.
    pub digests: BTreeMap<String, String>,
    /// What follows where something that the policy asks for could not be looked at.
    pub not_assessed: NotAssessedAction,
    /// Namespaces in which the annotation `ringwall.image-policy.k8s.io/break-glass` lifts the policy.
    pub break_glass_namespaces: Vec<String>,
    /// How long, in seconds, what is known about a digest counts.
    pub cache_seconds: u64,
    /// The folder with reports of `ringwall image -o json` and `ringwall image verify -o json`, as seen from
    /// the configuration.
    pub reports: Option<String>,
    /// How many days a report counts.
    pub reports_max_age_days: u32,
    /// Which images must be signed.
    pub signatures: Option<SignatureConfig>,
    /// Which vulnerabilities an image must not have.
    pub vulnerabilities: Option<VulnerabilityConfig>,
    /// Which other findings refuse an image.
    pub findings: Option<FindingConfig>,
}

impl Default for ImagePolicyConfig {
    fn default() -> Self {
        Self {
            allowed: Vec::new(),
            denied: Vec::new(),
            require: None,
            refuse_latest: false,
            add_digests: false,
            digests: BTreeMap::new(),
            not_assessed: NotAssessedAction::Deny,
            break_glass_namespaces: Vec::new(),
            cache_seconds: 300,
            reports: None,
            reports_max_age_days: 30,
            signatures: None,
            vulnerabilities: None,
            findings: None,
        }
    }
}

/// What a reference must have.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Requirement {
    /// A tag or a digest.
    Tag,
    /// A digest.
    Digest,
}

/// What follows where something could not be looked at.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum NotAssessedAction {
    /// The image is refused.
    Deny,
    /// The image runs, and the client is warned.
    Warn,
}

/// Which images must be signed.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SignatureConfig {
    /// Patterns over `registry/path`.
    pub required: Vec<String>,
}

/// Which vulnerabilities an image must not have. One that meets every condition refuses the image.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct VulnerabilityConfig {
    /// Lowest severity that counts.
    #[serde(deserialize_with = "severity")]
    pub severity: Severity,
    /// Whether only those with a fix count.
    pub only_fixable: bool,
    /// Days since publication before one counts.
    pub grace_days: u32,
    /// Whether one that is known to be exploited counts in any case.
    pub refuse_exploited: bool,
}

impl Default for VulnerabilityConfig {
    fn default() -> Self {
        Self {
            severity: Severity::Critical,
            only_fixable: false,
            grace_days: 0,
            refuse_exploited: true,
        }
    }
}

fn severity<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Severity, D::Error> {
    let word = String::deserialize(from)?;
    word.parse().map_err(serde::de::Error::custom)
}

/// A policy that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImagePolicyError {
    /// A pattern is malformed, or can never match.
    #[error("image-policy: the pattern '{pattern}' {reason}")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// What is wrong with it, and what to write.
        reason: String,
    },
    /// A known digest belongs to no reference with a tag, or is none.
    #[error("image-policy: digests: '{reference}' {reason}")]
    Digest {
        /// The reference.
        reference: String,
        /// What is wrong.
        reason: String,
    },
}

/// Compiles patterns over `registry/path`; `*` stays within a part, `**` crosses slashes.
///
/// One without wildcards also covers everything below it: `registry.example.com/team`.
pub(super) fn repositories(patterns: &[String]) -> Result<Repositories, ImagePolicyError> {
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        let error = |reason: String| ImagePolicyError::Pattern {
            pattern: pattern.clone(),
            reason,
        };
        let checked = checked(pattern).map_err(error)?;
        let mut add = |text: &str| {
            let glob = GlobBuilder::new(text).literal_separator(true).build();
            set.add(glob.map_err(|glob| error(format!("cannot be used: {}", glob.kind())))?);
            Ok(())
        };
        add(&checked)?;
        if !checked.contains(['*', '?', '[', '{']) {
            add(&format!("{}/**", checked.trim_end_matches('/')))?;
        }
    }
    let set = set.build().map_err(|error| ImagePolicyError::Pattern {
        pattern: patterns.join(", "),
        reason: error.kind().to_string(),
    });
    set.map(Repositories)
}

/// A set of repositories, by patterns over `registry/path`.
#[derive(Clone, Debug)]
pub struct Repositories(GlobSet);

impl Repositories {
    /// Reads patterns.
    ///
    /// # Errors
    ///
    /// What is wrong with one of them, and what to write.
    pub fn new(patterns: &[String]) -> Result<Self, String> {
        match repositories(patterns) {
            Ok(repositories) => Ok(repositories),
            Err(ImagePolicyError::Pattern { pattern, reason }) => {
                Err(format!("the pattern '{pattern}' {reason}"))
            }
            Err(error) => Err(error.to_string()),
        }
    }

    /// Whether a repository is one of them, by its registry and path.
    pub fn contain(&self, name: &str) -> bool {
        let name = canonical_repository(name);
        self.0.is_match(&name) || with_port(&name).is_some_and(|name| self.0.is_match(name))
    }
}

/// Compiles patterns of namespaces.
pub(super) fn namespaces(patterns: &[String]) -> Result<GlobSet, ImagePolicyError> {
    let mut set = GlobSetBuilder::new();
    let error = |pattern: &str, error: &globset::Error| ImagePolicyError::Pattern {
        pattern: pattern.to_owned(),
        reason: format!("cannot be used: {}", error.kind()),
    };
    for pattern in patterns {
        set.add(globset::Glob::new(pattern).map_err(|glob| error(pattern, &glob))?);
    }
    set.build()
        .map_err(|glob| error(&patterns.join(", "), &glob))
}

/// Known digests by the full reference, `docker.io/library/nginx:1.27`.
pub(super) fn digests(
    known: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, ImagePolicyError> {
    let mut found = BTreeMap::new();
    for (text, digest) in known {
        let error = |reason: String| ImagePolicyError::Digest {
            reference: text.clone(),
            reason,
        };
        let reference =
            ImageReference::parse(text).map_err(|why| error(format!("is no reference: {why}")))?;
        let Some(tag) = reference.effective_tag() else {
            return Err(error("has a digest already".to_owned()));
        };
        let name = reference.name();
        let with_digest = format!("{name}@{digest}");
        ImageReference::parse(&with_digest).map_err(|why| error(why.to_string()))?;
        found.insert(
            format!("{}:{tag}", canonical_repository(&name)),
            digest.clone(),
        );
    }
    Ok(found)
}
