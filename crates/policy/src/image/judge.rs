//! One image against the policy.

mod content;

use std::{collections::BTreeMap, sync::Arc};

use globset::GlobSet;
use ringwall_input::image_reference::{ImageReference, ImageReferenceError};
use ringwall_model::Date;

use super::{
    Assessed, ImageFacts, ImagePolicyConfig, ImagePolicyError, Requirement,
    config::{Repositories, digests, namespaces, repositories},
    pattern::canonical_repository,
};
use crate::admission::Action;

/// The annotation that lifts the policy where that is allowed; its value is the reason.
///
/// The API server shows an `ImageReview` only annotations whose key holds `.image-policy.k8s.io/`.
pub const BREAK_GLASS: &str = "ringwall.image-policy.k8s.io/break-glass";

/// One thing that the policy has against an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageProblem {
    /// The rule, in kebab case: `repository-not-allowed`, `latest-tag`.
    pub rule: &'static str,
    /// What follows.
    pub action: Action,
    /// One sentence that names the image.
    pub message: String,
    /// Whether it could not be looked at, rather than was found wanting.
    pub is_not_assessed: bool,
}

/// Where an image would run.
#[derive(Clone, Debug, Default)]
pub struct ImageContext<'a> {
    /// The namespace; empty where it is not known.
    pub namespace: &'a str,
    /// The reason given with [`BREAK_GLASS`], if the annotation is there.
    pub break_glass: Option<&'a str>,
}

/// What the policy says about images.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImageVerdict {
    /// What it has against them, in the order of the images.
    pub problems: Vec<ImageProblem>,
    /// The reason for which the policy was lifted, where it was.
    pub break_glass: Option<String>,
    /// That an annotation asked to lift the policy where that is not allowed.
    pub refused_break_glass: bool,
}

impl ImageVerdict {
    /// Whether the images may run.
    pub fn is_allowed(&self) -> bool {
        self.break_glass.is_some()
            || !self
                .problems
                .iter()
                .any(|problem| problem.action == Action::Deny)
    }
}

/// A policy, ready to judge.
pub struct ImagePolicy {
    allowed: Option<Repositories>,
    denied: Repositories,
    signed: Repositories,
    break_glass: GlobSet,
    config: ImagePolicyConfig,
    facts: Arc<dyn ImageFacts>,
    as_of: Date,
}

impl ImagePolicy {
    /// A policy with whoever knows about images; `as_of` is the day on which ages are judged.
    ///
    /// # Errors
    ///
    /// For patterns and digests that cannot be used.
    pub fn new(
        config: ImagePolicyConfig,
        facts: Arc<dyn ImageFacts>,
        as_of: Date,
    ) -> Result<Self, ImagePolicyError> {
        let signed = config
            .signatures
            .as_ref()
            .map_or(&[][..], |signatures| &signatures.required);
        Ok(Self {
            allowed: match config.allowed.as_slice() {
                [] => None,
                patterns => Some(repositories(patterns)?),
            },
            denied: repositories(&config.denied)?,
            signed: repositories(signed)?,
            break_glass: namespaces(&config.break_glass_namespaces)?,
            config,
            facts,
            as_of,
        })
    }

    /// The digests of the configuration by full reference, for [`Offline`](super::Offline).
    ///
    /// # Errors
    ///
    /// For references and digests that are none.
    pub fn known_digests(
        config: &ImagePolicyConfig,
    ) -> Result<BTreeMap<String, String>, ImagePolicyError> {
        digests(&config.digests)
    }

    /// Judges images that would run together.
    pub fn judge<'i>(
        &self,
        images: impl IntoIterator<Item = &'i str>,
        context: &ImageContext<'_>,
    ) -> ImageVerdict {
        let mut verdict = ImageVerdict::default();
        for image in images {
            self.judge_one(image, &mut verdict.problems);
        }
        if let Some(reason) = context.break_glass.map(str::trim) {
            let is_allowed = !reason.is_empty() && self.break_glass.is_match(context.namespace);
            if is_allowed {
                verdict.break_glass = Some(reason.to_owned());
            } else {
                verdict.refused_break_glass = true;
            }
        }
        verdict
    }

    fn judge_one(&self, image: &str, problems: &mut Vec<ImageProblem>) {
        let mut refuse = |rule: &'static str, message: String| {
            problems.push(ImageProblem {
                rule,
                action: Action::Deny,
                message,
                is_not_assessed: false,
            });
        };
        let reference = match read(image) {
            Ok(reference) => reference,
            Err(why) => {
                refuse(
                    "unreadable-image",
                    format!("'{image}' is no image's name: {why}"),
                );
                return;
            }
        };
        let name = canonical_repository(&reference.name());
        if self.denied.contain(&name) {
            refuse(
                "repository-denied",
                format!("image {image} comes from {name}, which is denied"),
            );
        } else if self
            .allowed
            .as_ref()
            .is_some_and(|allowed| !allowed.contain(&name))
        {
            refuse(
                "repository-not-allowed",
                format!(
                    "image {image} comes from {name}, which is not among the allowed repositories"
                ),
            );
        }
        let has_digest = reference.digest.is_some();
        match self.config.require {
            Some(Requirement::Digest) if !has_digest => {
                refuse("missing-digest", format!("image {image} has no digest"));
            }
            Some(Requirement::Tag) if !has_digest && reference.tag.is_none() => {
                refuse(
                    "missing-tag",
                    format!("image {image} has neither tag nor digest"),
                );
            }
            _ => {}
        }
        if self.config.refuse_latest && !has_digest && reference.effective_tag() == Some("latest") {
            refuse(
                "latest-tag",
                format!("image {image} has the tag latest, which moves"),
            );
        }
        self.judge_content(image, &reference, problems);
    }

    /// The digest of an image, where its name has one or it is known.
    pub fn known_digest(&self, image: &str) -> Option<String> {
        let reference = read(image).ok()?;
        match self.digest(&reference) {
            Assessed::Known(digest) => Some(digest),
            Assessed::Not(_) => None,
        }
    }

    fn digest(&self, reference: &ImageReference<'_>) -> Assessed<String> {
        match reference.digest {
            Some(digest) => Assessed::Known(digest.to_owned()),
            None => self.facts.digest(reference),
        }
    }

    /// Whom an image runs as by its own configuration, for each of its platforms that is known.
    pub fn users(&self, image: &str) -> Vec<String> {
        let reference = read(image);
        reference.map_or_else(|_| Vec::new(), |reference| self.facts.users(&reference))
    }

    /// The reference with its digest behind it, where the policy asks for that and the digest is known.
    pub fn with_digest(&self, image: &str) -> Option<String> {
        if !self.config.add_digests {
            return None;
        }
        let reference = read(image).ok()?;
        if reference.digest.is_some() {
            return None;
        }
        match self.facts.digest(&reference) {
            Assessed::Known(digest) => Some(format!("{image}@{digest}")),
            Assessed::Not(_) => None,
        }
    }
}

/// Reads an image's name as the runtimes of nodes do: to these, `sha256:` with hexadecimal digits behind it is the id of
/// an image that they have, or the beginning of one, whatever repository it came from, and no tag of a repository
/// `sha256`.
fn read(image: &str) -> Result<ImageReference<'_>, ImageReferenceError> {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    match image.strip_prefix("sha256:") {
        Some(digits) if !digits.is_empty() && digits.bytes().all(is_digit) => {
            Err(ImageReferenceError::IsIdentifier)
        }
        _ => ImageReference::parse(image),
    }
}
