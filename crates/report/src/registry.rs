//! What is in registries, and what may go: version 1 of its JSON, and text for people.
//!
//! The names and the order of the fields are the wire form, and a promise: version 1 only grows.

mod text;

use std::io;

use ringwall_model::Date;
use serde::Serialize;

use crate::{
    VerificationWanted,
    json::{list, value},
};

pub use text::{RegistryTextOptions, registry_text};

/// What is in registries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistryReport {
    /// The day that counts as today.
    pub as_of: Date,
    /// What was asked about each image.
    pub asked: RegistryAsked,
    /// The repositories, by name.
    pub repositories: Vec<RegistryRepository>,
    /// What is to be deleted, where that was asked for.
    pub plan: Option<RegistryPlan>,
    /// What could not be looked at.
    pub not_assessed: Vec<RegistryGap>,
}

/// What was asked about each image.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RegistryAsked {
    /// Days after which an image is stale.
    pub stale_days: u32,
    /// Who has to have signed; none where nobody was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signer: Option<VerificationWanted>,
    /// From which severity on an image is vulnerable; none where its vulnerabilities were not asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<&'static str>,
    /// Whether it was asked who uses it.
    pub uses: bool,
}

/// A repository.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RegistryRepository {
    /// Registry and path.
    pub name: String,
    /// How many tags it has, those of signatures too, as far as they were read.
    pub tags: usize,
    /// What its tags name, the newest first.
    pub images: Vec<RegistryImage>,
}

/// What one or several tags name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RegistryImage {
    /// Its digest.
    pub digest: String,
    /// The tags that name it.
    pub tags: Vec<String>,
    /// `image`, `index`, `artifact`; `attached` for what is kept beside an image, which is listed where that is gone.
    pub kind: &'static str,
    /// What it was kept beside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The day on which it was made, as it says itself; of an index, its newest image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// The images for each platform; itself where it is one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub platforms: Vec<RegistryPlatform>,
    /// Bytes of configuration and layers, as they are packed; of an index, of all its images.
    pub size: u64,
    /// Whether it is signed: `verified` by the one who is named, `unverified` where something is there and nobody or
    /// somebody else made it, `missing`, `unknown`.
    pub signature: &'static str,
    /// Its vulnerabilities, where they were asked for and something is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vulnerabilities: Option<RegistryFlaws>,
    /// The malware in it, where reports were asked for and one says something of the image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub malware: Option<RegistryMalware>,
    /// Who uses it, where that was asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub used_by: Vec<String>,
    /// Those of them that name it by one of its tags, and get another image when the tag moves.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub used_by_tag: Vec<String>,
    /// What is to be said of it.
    pub marks: Vec<RegistryMark>,
}

/// An image for a platform.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RegistryPlatform {
    /// `linux/amd64`.
    pub platform: String,
    /// Its digest.
    pub digest: String,
}

/// How many vulnerabilities an image has, each counted once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RegistryFlaws {
    /// Of severity critical.
    pub critical: usize,
    /// Of severity high.
    pub high: usize,
    /// Of severity medium.
    pub medium: usize,
    /// Of severity low, and below.
    pub low: usize,
    /// Why there may be more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
}

/// The malware in an image.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RegistryMalware {
    /// The checks that found some.
    pub found: Vec<String>,
    /// Why there may be more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
}

/// What is to be said of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RegistryMark {
    /// It is old, or its distribution has no support any more.
    Stale,
    /// It does not say when it was made, or a day that cannot be.
    Undated,
    /// It is not signed, or not by the one who is named.
    Unsigned,
    /// It has a vulnerability of the severity that was asked for, or above.
    Vulnerable,
    /// Nobody knows whether it is vulnerable.
    Unknown,
    /// There is malware in it.
    Infected,
    /// Nobody knows whether there is malware in it.
    Unsearched,
    /// Something that was looked at uses it by a tag, which may move.
    Unpinned,
    /// Nothing that was looked at uses it.
    Unused,
    /// It was kept beside an image that is gone.
    Dangling,
}

impl RegistryMark {
    /// All of them, in order.
    pub const ALL: [Self; 10] = [
        Self::Stale,
        Self::Undated,
        Self::Unsigned,
        Self::Vulnerable,
        Self::Unknown,
        Self::Infected,
        Self::Unsearched,
        Self::Unpinned,
        Self::Unused,
        Self::Dangling,
    ];

    /// The word for it, on the command line and in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stale => "stale",
            Self::Undated => "undated",
            Self::Unsigned => "unsigned",
            Self::Vulnerable => "vulnerable",
            Self::Unknown => "unknown",
            Self::Infected => "infected",
            Self::Unsearched => "unsearched",
            Self::Unpinned => "unpinned",
            Self::Unused => "unused",
            Self::Dangling => "dangling",
        }
    }
}

/// What is deleted, or would be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RegistryPlan {
    /// Whether it was carried out.
    pub is_carried_out: bool,
    /// The marks that select.
    pub marks: Vec<RegistryMark>,
    /// Bytes of the manifests; layers are freed by the registry, when nothing names them any more.
    pub manifest_bytes: u64,
    /// What goes, in the order in which it goes.
    pub deletions: Vec<RegistryDeletion>,
    /// What is selected by its marks, and stays.
    pub kept: Vec<RegistryKept>,
}

/// A manifest that goes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RegistryDeletion {
    /// The repository.
    pub repository: String,
    /// The manifest.
    pub digest: String,
    /// The tags that go with it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Why, in a few words.
    pub reason: String,
    /// With which manifest it goes; none where it goes for its own marks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub with: Option<String>,
    /// Bytes of the manifest.
    pub manifest_bytes: u64,
    /// What became of it.
    pub outcome: RegistryOutcome,
    /// Why it could not be deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// What became of a manifest that is to go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RegistryOutcome {
    /// It would go.
    #[default]
    Planned,
    /// It is deleted.
    Deleted,
    /// Somebody else, or the registry itself, had deleted it.
    Gone,
    /// It could not be deleted.
    Failed,
    /// It was left, as what it belongs to could not be deleted.
    Left,
}

/// An image that is selected by its marks, and stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RegistryKept {
    /// The repository.
    pub repository: String,
    /// The image.
    pub digest: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// Why it stays.
    pub reason: String,
}

/// Something that could not be looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct RegistryGap {
    /// Its id.
    pub id: &'static str,
    /// The repository, where it is in one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// What, in it or elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub what: Option<String>,
    /// Why.
    pub reason: String,
}

impl RegistryReport {
    /// Whether something has one of these marks.
    pub fn has(&self, marks: &[RegistryMark]) -> bool {
        let mut images = self.repositories.iter().flat_map(|it| &it.images);
        images.any(|image| image.marks.iter().any(|mark| marks.contains(mark)))
    }

    /// Whether something could not be looked at, or not be deleted. Malware that nobody looked for counts where its mark
    /// is one that was asked about.
    pub fn is_incomplete(&self, asked: &[RegistryMark]) -> bool {
        let deletions = self.plan.iter().flat_map(|plan| &plan.deletions);
        let mut outcomes = deletions.map(|it| it.outcome);
        !self.not_assessed.is_empty()
            || self.has(&[RegistryMark::Unknown])
            || (asked.contains(&RegistryMark::Infected) && self.has(&[RegistryMark::Unsearched]))
            || outcomes
                .any(|outcome| matches!(outcome, RegistryOutcome::Failed | RegistryOutcome::Left))
    }
}

/// Writes the JSON, version 1; one repository stands on one line.
pub fn registry_json(report: &RegistryReport, out: &mut dyn io::Write) -> io::Result<()> {
    out.write_all(b"{\"version\":1,\n\"as_of\":")?;
    value(&report.as_of.to_string(), out)?;
    out.write_all(b",\n\"asked\":")?;
    value(&report.asked, out)?;
    out.write_all(b",\n\"repositories\":[")?;
    list(report.repositories.iter(), out)?;
    out.write_all(b"]")?;
    if let Some(plan) = &report.plan {
        out.write_all(b",\n\"plan\":")?;
        value(plan, out)?;
    }
    out.write_all(b",\n\"not_assessed\":[")?;
    list(report.not_assessed.iter(), out)?;
    out.write_all(b"]}\n")
}
