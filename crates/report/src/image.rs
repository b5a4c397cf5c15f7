//! What an image holds: version 1 of its JSON, and text for people.
//!
//! The names and the order of the fields are the wire form, and a promise: version 1 only grows.

mod cyclonedx;
pub(crate) mod diff;
mod flaws;
mod inventory;
mod licence;
mod spdx;
mod text;

use std::{collections::BTreeMap, io, sync::Arc};

use ringwall_model::{Date, Finding, NotAssessed, Report, Severity, Status, Subject};
use serde::Serialize;

pub use self::{
    cyclonedx::image_cyclonedx,
    diff::{ImageDiff, image_diff_json, image_diff_text},
    inventory::image_purls,
    spdx::image_spdx,
    text::{ImageTextOptions, image_text},
};
use crate::{
    json::{self, value},
    words::count_words,
};

/// An image, and what was found in it.
#[derive(Clone, Debug)]
pub struct ImageReport {
    /// The image itself.
    pub image: ImageFacts,
    /// Its layers, the lowest first.
    pub layers: Vec<ImageLayer>,
    /// Its packages, in order.
    pub packages: Vec<ImagePackage>,
    /// What is wrong with it, in the order of every report.
    pub findings: Vec<Box<Finding>>,
    /// What could not be looked at.
    pub not_assessed: Vec<ImageGap>,
    /// What it was searched for, besides packages and their flaws: `configuration`, `malware`, `secrets`, `yara`.
    /// What is not named here is not known to be absent, whatever the findings say.
    pub searched_for: Vec<&'static str>,
    /// The advisory database that was asked.
    pub database: Option<ImageDatabase>,
    /// The day on which it was judged.
    pub as_of: Date,
}

/// An advisory database.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ImageDatabase {
    /// The digest of all its parts.
    pub digest: String,
    /// The day on which it was built.
    pub built: String,
}

/// What an image says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ImageFacts {
    /// As the user named it.
    pub name: String,
    /// Names that it has where it is kept.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// Digest of its manifest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// Digests of the indexes that lead to it, the outermost first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub indexes: Vec<String>,
    /// `linux/amd64`.
    pub platform: String,
    /// When it was made, as it says itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// The image that it was built on, as far as it can be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<ImageBase>,
    /// The user that it runs as, as its configuration has it; empty for root.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Its distribution.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distribution: Option<ImageDistribution>,
    /// The SBOM that was read in its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sbom: Option<ImageSbom>,
    /// The root of a file system that was read in its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root_fs: Option<ImageRootFs>,
}

/// The image that another was built on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ImageBase {
    /// How many of the lowest layers are its own, told from the history.
    pub layers: usize,
    /// Its name, where a label says it: `org.opencontainers.image.base.name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl ImageBase {
    /// Which layers are its own: `layers 0 to 3`.
    fn words(&self) -> String {
        match self.layers {
            0 | 1 => "layer 0".to_owned(),
            layers => format!("layers 0 to {}", layers - 1),
        }
    }
}

/// The root of a file system, which has neither layers nor a configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ImageRootFs {
    /// Files, folders and links in it.
    pub entries: u64,
}

impl ImageFacts {
    /// Whether it has layers, so that where something is in them says something.
    fn has_layers(&self) -> bool {
        self.sbom.is_none() && self.root_fs.is_none()
    }
}

/// An SBOM, which tells of an image that was not read itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ImageSbom {
    /// `CycloneDX`, `SPDX`.
    pub format: &'static str,
    /// The version of its form: `1.6`.
    pub version: String,
    /// What made it, as it says.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<String>,
}

/// A distribution, as `os-release` names it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ImageDistribution {
    /// `debian`.
    pub id: String,
    /// `12`; empty where it has none.
    pub version_id: String,
    /// As people write it.
    pub name: String,
}

/// A layer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ImageLayer {
    /// Digest of the layer as it is packed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// Digest of the layer unpacked, as it was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diff_id: Option<String>,
    /// Bytes as it is packed.
    pub size: u64,
    /// Files, folders and links that it brings or removes.
    pub entries: u64,
    /// The command that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
}

/// A package.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ImagePackage {
    /// `deb`, `apk`, `npm`: the type of package URLs.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its package URL, where its name can be one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purl: Option<String>,
    /// What it was built from, where it says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<ImageSource>,
    /// Licences as it states them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub licences: Vec<String>,
    /// The file that tells of it.
    pub path: String,
    /// The layer that brought the file, from 0.
    pub layer: usize,
    /// Whether a package of the distribution's kind brought it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub of_distribution: bool,
    /// The name of that package.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The layer that hides it: it is not in the container, but in the image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hidden_by: Option<usize>,
}

/// What a package was built from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ImageSource {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// Something that could not be looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ImageGap {
    /// Its id.
    pub id: &'static str,
    /// The file, or the first of several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The layer, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layer: Option<usize>,
    /// How many files it stands for, where it is not one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files: Option<usize>,
    /// How many packages it concerns, where it is not one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub packages: Option<usize>,
    /// Why.
    pub reason: String,
    /// The exception that accepts it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exception: Option<ImageException>,
}

/// Why something that was not looked at does not count.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ImageException {
    /// Which mark it is, ours or a peer's.
    pub source: &'static str,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Whose decision it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The last day on which it covers anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

impl ImageGap {
    /// Ids of gaps about what is wrong with packages that are known.
    pub const OF_FLAWS: [&'static str; 6] = [
        "unassessed-vulnerabilities",
        "undecided-vulnerability",
        "unrated-vulnerabilities",
        "unreadable-advisories",
        "stale-advisories",
        "unsupported-distribution",
    ];

    fn is_of_flaws(&self) -> bool {
        Self::OF_FLAWS.contains(&self.id)
    }

    /// What it is about and why, as it was read: not for a terminal.
    fn words(&self) -> String {
        let place = match (&self.path, self.files, self.packages) {
            (Some(path), Some(files), _) if files != 1 => {
                format!("{files} files, the first /{path}: ")
            }
            (Some(path), _, Some(packages)) if packages != 1 => {
                format!("{packages} packages, the first in /{path}: ")
            }
            (Some(path), ..) => format!("/{path}: "),
            (None, _, Some(packages)) => format!("{}: ", count_words(packages, "package")),
            (None, ..) => String::new(),
        };
        match self.layer {
            Some(layer) if self.files.is_none() => {
                format!("{place}{} (layer {layer})", self.reason)
            }
            _ => format!("{place}{}", self.reason),
        }
    }
}

impl ImageReport {
    /// Of an image in which nothing was looked at yet.
    pub fn new(as_of: Date) -> Self {
        Self {
            image: ImageFacts::default(),
            layers: Vec::new(),
            packages: Vec::new(),
            findings: Vec::new(),
            not_assessed: Vec::new(),
            searched_for: Vec::new(),
            database: None,
            as_of,
        }
    }

    /// The report that every other format is written from.
    pub fn report(&self) -> Report {
        let gaps = self.not_assessed.iter().map(|gap| NotAssessed {
            id: gap.id.into(),
            subject: Arc::new(Subject {
                image: Some(self.image.name.as_str().into()),
                file: gap.path.as_deref().map(Into::into),
                ..Subject::default()
            }),
            location: None,
            reason: gap.reason.clone(),
            status: Status::Fail,
        });
        let assessed = [
            ("images", 1),
            ("layers", self.layers.len() as u64),
            ("packages", self.visible().count() as u64),
        ];
        Report::new(
            self.findings.clone(),
            gaps.collect(),
            BTreeMap::from(assessed),
            BTreeMap::new(),
            self.as_of,
        )
    }

    /// Findings that count, of a severity.
    fn failing(&self, severity: Severity) -> usize {
        let findings = self.findings.iter();
        findings
            .filter(|finding| finding.fails() && finding.severity == severity)
            .count()
    }

    /// Whether something was not looked at and no exception accepts that.
    pub fn is_incomplete(&self) -> bool {
        self.not_assessed.iter().any(|gap| gap.exception.is_none())
    }

    /// Whether anything at or above `threshold` counts.
    pub fn fails_at(&self, threshold: Severity) -> bool {
        let mut findings = self.findings.iter();
        findings.any(|finding| finding.fails() && finding.severity >= threshold)
    }

    /// Packages that a container sees.
    fn visible(&self) -> impl Iterator<Item = &ImagePackage> + Clone {
        let packages = self.packages.iter();
        packages.filter(|package| package.hidden_by.is_none())
    }

    /// Counts by the type of packages, those that a container sees.
    fn counts(&self) -> BTreeMap<&'static str, usize> {
        let mut counts = BTreeMap::new();
        for package in self.visible() {
            *counts.entry(package.kind).or_default() += 1;
        }
        counts
    }
}

/// Writes the JSON, version 1; one package and one finding stand on one line.
pub fn image_json(report: &ImageReport, out: &mut dyn io::Write) -> io::Result<()> {
    out.write_all(b"{\"version\":1,\n\"image\":")?;
    value(&report.image, out)?;
    out.write_all(b",\n\"summary\":{\"packages\":")?;
    value(&report.counts(), out)?;
    out.write_all(b",\"fail\":{")?;
    for (index, severity) in Severity::ALL.into_iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        write!(out, "{comma}\"{severity}\":{}", report.failing(severity))?;
    }
    let findings = report.findings.iter();
    let accepted = findings.filter(|it| matches!(it.status, Status::Accepted(_)));
    write!(out, "}},\"accepted\":{}}},\n\"layers\":[", accepted.count())?;
    json::list(report.layers.iter(), out)?;
    out.write_all(b"],\n\"packages\":[")?;
    json::list(report.packages.iter(), out)?;
    out.write_all(b"],\n\"findings\":[")?;
    json::findings(&report.findings, &BTreeMap::new(), out)?;
    out.write_all(b"],\n\"not_assessed\":[")?;
    json::list(report.not_assessed.iter(), out)?;
    out.write_all(b"],\n\"searched_for\":")?;
    value(&report.searched_for, out)?;
    out.write_all(b",\n")?;
    if let Some(database) = &report.database {
        out.write_all(b"\"database\":")?;
        value(database, out)?;
        out.write_all(b",\n")?;
    }
    out.write_all(b"\"as_of\":")?;
    value(&report.as_of.to_string(), out)?;
    out.write_all(b"}\n")
}
