//! What is known about images besides their names.

use std::collections::BTreeMap;

use ringwall_input::image_reference::ImageReference;
use ringwall_model::{Date, Severity};

use super::{ImageFindings, ImageReports, canonical_repository};

/// What was found out, or why it could not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Assessed<T> {
    /// It was looked at.
    Known(T),
    /// It was not, and this is why, in a few words.
    Not(String),
}

/// Whether an image is signed by someone who may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signature {
    /// A signature was verified; who signed.
    Verified(String),
    /// None was found that counts; why.
    Missing(String),
}

/// A vulnerability of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vulnerability {
    /// `CVE-...`, `GHSA-...`, or a distribution's id.
    pub id: String,
    /// How bad it is.
    pub severity: Severity,
    /// Whether it is known to be exploited.
    pub is_exploited: bool,
    /// Whether a version without it exists.
    pub has_fix: bool,
    /// The day it was published, where that is known.
    pub published: Option<Date>,
}

/// The vulnerabilities of an image, as far as they are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vulnerabilities {
    /// Those that were found.
    pub found: Vec<Vulnerability>,
    /// What could not be looked at, so that there may be more.
    pub unknown: Option<String>,
}

/// Whoever knows something about images. Nothing is known unless a method says otherwise.
pub trait ImageFacts: Send + Sync {
    /// The digest that a tag stands for.
    fn digest(&self, _image: &ImageReference<'_>) -> Assessed<String> {
        Assessed::Not("no registry was asked".to_owned())
    }

    /// The signature of an image.
    fn signature(&self, _image: &ImageReference<'_>, _digest: &str) -> Assessed<Signature> {
        Assessed::Not("no report about its signatures is there".to_owned())
    }

    /// The vulnerabilities of an image.
    fn vulnerabilities(
        &self,
        _image: &ImageReference<'_>,
        _digest: &str,
    ) -> Assessed<Vulnerabilities> {
        Assessed::Not("no report about its vulnerabilities is there".to_owned())
    }

    /// What was found in an image besides that.
    fn findings(&self, _image: &ImageReference<'_>, _digest: &str) -> Assessed<ImageFindings> {
        Assessed::Not("no report about what is in it is there".to_owned())
    }

    /// Whom the image runs as by its own configuration, for each of its platforms that is known: by its digest, or by
    /// its tag as it was last looked at.
    fn users(&self, _image: &ImageReference<'_>) -> Vec<String> {
        Vec::new()
    }
}

/// What a configuration and reports say, and nothing from outside.
#[derive(Clone, Debug, Default)]
pub struct Offline {
    /// Digests by full reference with a tag.
    digests: BTreeMap<String, String>,
    reports: Option<ImageReports>,
}

impl Offline {
    /// Knows these digests, by full reference: `docker.io/library/nginx:1.27`.
    pub fn new(digests: BTreeMap<String, String>) -> Self {
        Self {
            digests,
            reports: None,
        }
    }

    /// Knows these reports as well.
    #[must_use]
    pub fn with_reports(mut self, reports: ImageReports) -> Self {
        self.reports = Some(reports);
        self
    }
}

impl ImageFacts for Offline {
    fn digest(&self, image: &ImageReference<'_>) -> Assessed<String> {
        match self.digests.get(&tagged(image)) {
            Some(digest) => Assessed::Known(digest.clone()),
            None => Assessed::Not(
                "the digest of its tag is not known, and no registry was asked".to_owned(),
            ),
        }
    }

    fn signature(&self, image: &ImageReference<'_>, digest: &str) -> Assessed<Signature> {
        match &self.reports {
            Some(reports) => reports.signature(image, digest),
            None => Assessed::Not(NO_REPORTS.to_owned()),
        }
    }

    fn vulnerabilities(
        &self,
        image: &ImageReference<'_>,
        digest: &str,
    ) -> Assessed<Vulnerabilities> {
        match &self.reports {
            Some(reports) => reports.vulnerabilities(image, digest),
            None => Assessed::Not(NO_REPORTS.to_owned()),
        }
    }

    fn findings(&self, image: &ImageReference<'_>, digest: &str) -> Assessed<ImageFindings> {
        match &self.reports {
            Some(reports) => reports.findings(image, digest),
            None => Assessed::Not(NO_REPORTS.to_owned()),
        }
    }

    fn users(&self, image: &ImageReference<'_>) -> Vec<String> {
        let reports = self.reports.as_ref();
        reports.map_or_else(Vec::new, |reports| reports.users(image))
    }
}

/// A reference with its tag, by the one name of its repository: `docker.io/library/nginx:1.27`.
pub(super) fn tagged(image: &ImageReference<'_>) -> String {
    let tag = image.effective_tag().unwrap_or("latest");
    format!("{}:{tag}", canonical_repository(&image.name()))
}

const NO_REPORTS: &str = "the policy names no folder with reports about images";
